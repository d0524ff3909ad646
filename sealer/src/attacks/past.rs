//! Rows C05, C07 to C11, C13, T01, T03, T04, T07: certificates, their states and their dates, at the best time known.
use dossier::Instant;

use super::ca::{Identity, Plan, authority, certify, extension, later, name, responder, seal, unit};
use super::forge::{bytes_of, pack, with};
use super::{good, judge_at, sample};
use crate::asn1::{context, sequence};
use crate::cms::{self, Additions, SealParts};
use crate::{SealLevel, TrustAnchors, Verdict, Verification, layout, oid};

/// A whole world of authorities around the good bundle, in which one thing is then changed.
pub(super) struct World {
    pub(super) now: Instant,
    pub(super) root: Identity,
    pub(super) issuing: Identity,
    pub(super) signer: Identity,
    pub(super) unit: Identity,
    /// Elements of the `crls` field of the seal.
    pub(super) states: Vec<Vec<u8>>,
    pub(super) stamped: bool,
}

pub(super) fn plan(name: &'static str, serial: u64, extensions: Vec<Vec<u8>>) -> Plan {
    let now = good().etude.clock.now();
    Plan { name, serial, from: later(now, -400), to: later(now, 400), extensions }
}

impl World {
    pub(super) fn new() -> Self {
        Self::of(seal(), unit(true), authority(Some(0)))
    }

    /// With these extensions of signer, unit and issuing authority.
    fn of(signer: Vec<Vec<u8>>, unit: Vec<Vec<u8>>, issuing: Vec<Vec<u8>>) -> Self {
        let now = good().etude.clock.now();
        let root = certify(&plan("ESSAI racine", 1, authority(None)), None);
        let issuing = certify(&plan("ESSAI émettrice", 2, issuing), Some(&root));
        let signer = certify(&plan("ESSAI sceau", 3, signer), Some(&issuing));
        let unit = certify(&plan("ESSAI horodatage", 4, unit), Some(&root));
        let mut world = Self { now, root, issuing, signer, unit, states: Vec::new(), stamped: true };
        world.states = vec![world.crl_of(&world.issuing, &[]), world.crl_of(&world.root, &[])];
        world
    }

    /// A list of the day before, good until ten days later.
    pub(super) fn crl_of(&self, authority: &Identity, entries: &[(&Identity, Instant, Option<u8>)]) -> Vec<u8> {
        authority.crl(later(self.now, -1), later(self.now, 10), entries)
    }

    /// The same, made two days later.
    fn later_crl(&self, authority: &Identity, entries: &[(&Identity, Instant, Option<u8>)]) -> Vec<u8> {
        authority.crl(later(self.now, 2), later(self.now, 10), entries)
    }

    pub(super) fn chain(&self) -> Vec<crate::x509::Certificate> {
        [&self.signer, &self.issuing, &self.root].map(|i| i.certificate.clone()).to_vec()
    }

    /// The seal over the manifest of the good bundle.
    pub(super) fn seal(&self) -> Vec<u8> {
        self.seal_with(|signature| self.unit.token(signature, self.now, &[&self.root]))
    }

    /// The same, with the token that `stamp` makes of the signature.
    fn seal_with(&self, stamp: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let manifest = bytes_of(&good().entries, layout::MANIFEST_1);
        let chain = self.chain();
        let attributes = cms::signed_attributes(&manifest, &chain[0], Some(self.now));
        let signature = self.signer.sign(&attributes);
        let token = stamp(&signature);
        let parts = SealParts { chain: &chain, attributes: &attributes, signature: &signature };
        let bare = cms::wrap(&parts, self.stamped.then_some(token.as_slice()));
        let additions = Additions { certificates: &[], revocation: &self.states, token: None };
        cms::extend(&bare, &additions).unwrap()
    }

    fn anchors(&self) -> TrustAnchors {
        TrustAnchors::of(vec![self.root.certificate.clone()])
    }

    /// The verdict on the bundle, `days` later.
    fn judged(&self, days: i64) -> Verification {
        let bytes = pack(&with(&good().entries, layout::SIGNATURE_1, &self.seal()));
        self.judge(bytes, later(self.now, days))
    }

    /// The verdict on these octets at `at`, with the root of this world.
    pub(super) fn judge(&self, bytes: Vec<u8>, at: Instant) -> Verification {
        judge_at(bytes, &self.anchors(), self.root.certificate.der().to_vec(), at)
    }

    #[track_caller]
    fn is(&self, days: i64, verdict: Verdict, code: &str) {
        let checked = self.judged(days);
        let codes = sample::codes(&checked.findings);
        assert!(checked.verdict == verdict && codes.contains(&code), "{verdict:?} {code}: {:#?}", checked.findings);
    }
}

#[test]
fn everything_right_passes_until_the_authority_of_time_ended() {
    let world = World::new();
    for days in [0, 30, 300] {
        let checked = world.judged(days);
        assert_eq!(checked.verdict, Verdict::Pass, "{:#?}", checked.findings);
        assert_eq!(checked.facts.level, Some(SealLevel::LongTerm));
    }
    // The unit's certificate ended, and no later token covers this one (as DSS has it, OUT_OF_BOUNDS_NO_POE).
    world.is(500, Verdict::Indeterminate, "time.authority_expired");
}

#[test]
fn c07_expired_without_a_token() {
    let world = World { stamped: false, ..World::new() };
    world.is(500, Verdict::Indeterminate, "trust.out_of_bounds_no_poe");
}

#[test]
fn c08_the_signer_is_revoked() {
    let (before, after) = (-3, 1);
    for (days, reason, verdict, code) in [
        (before, None, Verdict::Fail, "revocation.revoked"),
        (before, Some(4), Verdict::Fail, "revocation.revoked"),
        (before, Some(6), Verdict::Indeterminate, "revocation.doubt"),
        (after, None, Verdict::Pass, "revocation.later"),
        (after, Some(4), Verdict::Pass, "revocation.later"),
        (after, Some(1), Verdict::Indeterminate, "revocation.doubt"),
    ] {
        let mut world = World::new();
        let at = later(world.now, days);
        world.states =
            vec![world.later_crl(&world.issuing, &[(&world.signer, at, reason)]), world.crl_of(&world.root, &[])];
        world.is(5, verdict, code);
        if days == before && reason != Some(6) {
            // Without a token, the signature's own date is after the revocation: nothing saves it.
            World { stamped: false, ..world }.is(5, Verdict::Fail, "revocation.revoked");
        }
    }
}

#[test]
fn c08_the_issuing_authority_is_revoked() {
    let mut world = World::new();
    let at = later(world.now, -3);
    world.states[1] = world.crl_of(&world.root, &[(&world.issuing, at, Some(2))]);
    world.is(5, Verdict::Fail, "revocation.revoked");
}

#[test]
fn c09_data_that_do_not_cover_the_time() {
    let world = World::new();
    let old = world.issuing.crl(later(world.now, -30), later(world.now, -20), &[]);
    let root = world.crl_of(&world.root, &[]);
    // nextUpdate long ago; then nothing at all; then the list of an authority that did not issue the signer.
    for states in [vec![old, root.clone()], vec![root.clone()], Vec::new()] {
        World { states, ..World::new() }.is(5, Verdict::Indeterminate, "revocation.missing");
    }
    // A list signed by a key nobody knows is a place where octets could be changed: false, not only useless.
    let stranger = certify(&plan("ESSAI inconnue", 9, authority(None)), None);
    let foreign = stranger.crl(later(world.now, -1), later(world.now, 10), &[]);
    let states = vec![foreign, root.clone(), world.crl_of(&world.issuing, &[])];
    World { states, ..World::new() }.is(5, Verdict::Fail, "revocation.unexplained");
    // The list of the right name, with a signature of another key.
    let mut forged = world.crl_of(&world.issuing, &[]);
    let last = forged.len() - 1;
    forged[last] ^= 1;
    World { states: vec![forged, root], ..World::new() }.is(5, Verdict::Fail, "revocation.unexplained");
}

#[test]
fn c09_answers_of_responders() {
    let world = World::new();
    let root = world.crl_of(&world.root, &[]);
    let delegate = certify(&plan("ESSAI réponses", 5, responder(oid::KP_OCSP_SIGNING)), Some(&world.issuing));
    let other = certify(&plan("ESSAI réponses 2", 6, responder(oid::KP_TIME_STAMPING)), Some(&world.issuing));
    let cousin = certify(&plan("ESSAI réponses 3", 7, responder(oid::KP_OCSP_SIGNING)), Some(&world.root));
    let (yesterday, soon) = (later(world.now, -1), later(world.now, 10));
    let answer = |by: &Identity, this, next| by.ocsp(&world.signer, &world.issuing, this, next);
    for (answer, verdict) in [
        (answer(&delegate, yesterday, soon), Verdict::Pass),
        (answer(&world.issuing, yesterday, soon), Verdict::Pass),
        (answer(&other, yesterday, soon), Verdict::Indeterminate),
        (answer(&cousin, yesterday, soon), Verdict::Indeterminate),
        (answer(&delegate, later(world.now, -30), later(world.now, -20)), Verdict::Indeterminate),
        (delegate.ocsp(&world.unit, &world.root, yesterday, soon), Verdict::Indeterminate),
    ] {
        let mut states = vec![answer, root.clone()];
        states.sort();
        let checked = World { states, ..World::new() }.judged(5);
        assert_eq!(checked.verdict, verdict, "{:#?}", checked.findings);
    }
}

#[test]
fn c10_authorities_that_may_not_issue() {
    let unknown = const_oid::ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.77");
    let no_flag = vec![extension(oid::CE_KEY_USAGE, true, &crate::asn1::bit_string(1, &[0x06]))];
    let no_usage =
        vec![authority(None).remove(0), extension(oid::CE_KEY_USAGE, true, &crate::asn1::bit_string(7, &[0x80]))];
    let critical = [authority(None), vec![extension(unknown, true, &[5, 0])]].concat();
    let subtree = sequence(&[&context(0, &sequence(&[&context(4, &name("AUTRE"))]))]);
    let names = [authority(None), vec![extension(oid::CE_NAME_CONSTRAINTS, true, &subtree)]].concat();
    let policy = extension(oid::CE_POLICY_CONSTRAINTS, true, &sequence(&[&[0x80, 1, 0]]));
    let policies = [authority(None), vec![policy]].concat();
    for issuing in [no_flag, no_usage, critical, names, policies] {
        World::of(seal(), unit(true), issuing).is(5, Verdict::Fail, "trust.chain_broken");
    }
    // The root allows no intermediate.
    let mut world = World::new();
    world.root = certify(&plan("ESSAI racine", 1, authority(Some(0))), None);
    world.is(5, Verdict::Fail, "trust.chain_broken");
    // A signer whose usage is another one, or that carries a critical extension unknown here.
    let encipherment = vec![extension(oid::CE_KEY_USAGE, true, &crate::asn1::bit_string(5, &[0x20]))];
    let odd = [seal(), vec![extension(unknown, true, &[5, 0])]].concat();
    for signer in [encipherment, odd] {
        World::of(signer, unit(true), authority(None)).is(5, Verdict::Fail, "trust.chain_broken");
    }
}

#[test]
fn t03_the_authority_of_the_token_is_revoked() {
    for (days, reason, verdict, code) in [
        (-3, Some(4), Verdict::Fail, "revocation.revoked"),
        (1, Some(0), Verdict::Pass, "revocation.later"),
        (1, Some(3), Verdict::Pass, "revocation.later"),
        (1, Some(5), Verdict::Pass, "revocation.later"),
        (1, Some(1), Verdict::Indeterminate, "revocation.doubt"),
        (1, None, Verdict::Indeterminate, "revocation.doubt"),
    ] {
        let mut world = World::new();
        let at = later(world.now, days);
        world.states[1] = world.later_crl(&world.root, &[(&world.unit, at, reason)]);
        world.is(5, verdict, code);
    }
}

#[test]
fn t04_an_authority_without_the_purpose() {
    let none = vec![extension(oid::CE_KEY_USAGE, true, &crate::asn1::bit_string(7, &[0x80]))];
    for unit in [unit(false), none] {
        World::of(seal(), unit, authority(Some(0))).is(0, Verdict::Fail, "time.certificate");
    }
}

#[test]
fn c13_states_taken_away_lower_the_level() {
    let world = World { states: Vec::new(), ..World::new() };
    let checked = world.judged(5);
    assert_eq!((checked.verdict, checked.facts.level), (Verdict::Indeterminate, Some(SealLevel::Timestamped)));
}

/// The bundle under a seal whose token is `stamp`'s.
fn stamped(world: &World, stamp: impl Fn(&[u8]) -> Vec<u8>) -> Verification {
    let bytes = pack(&with(&good().entries, layout::SIGNATURE_1, &world.seal_with(stamp)));
    world.judge(bytes, world.now)
}

#[test]
fn t01_a_token_over_something_else() {
    let world = World::new();
    let checked = stamped(&world, |_| world.unit.token(b"autre chose", world.now, &[&world.root]));
    assert_eq!(checked.verdict, Verdict::Fail);
    assert!(sample::codes(&checked.findings).contains(&"time.imprint"), "{:#?}", checked.findings);
}

#[test]
fn t07_times_as_authorities_write_them() {
    let world = World::new();
    let digits: String = world.now.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    let second = sequence(&[&crate::asn1::integer_u64(1)]);
    let judged = |time: String, accuracy: &[u8]| {
        let made = crate::asn1::tlv(crate::asn1::Tag::GENERALIZED_TIME, time.as_bytes());
        stamped(&world, |signature| world.unit.token_of(signature, (&made, accuracy), &[&world.root]))
    };
    // A fraction of a second is read to the millisecond (RFC 3161 2.4.2).
    let checked = judged(format!("{digits}.25Z"), &second);
    assert_eq!(checked.verdict, Verdict::Pass, "{:#?}", checked.findings);
    assert_eq!(checked.facts.timestamps[0].gen_time.as_millisecond().rem_euclid(1000), 250);
    // Without an accuracy, none is made up.
    let checked = judged(format!("{digits}Z"), &[]);
    assert_eq!((checked.verdict, checked.facts.timestamps[0].accuracy_us), (Verdict::Pass, None));
    assert!(sample::codes(&checked.findings).contains(&"time.no_accuracy"), "{:#?}", checked.findings);
    // A local offset, none, a comma, trailing zeros, an empty fraction: not the one form (RFC 5280 4.1.2.5.2, X.690 11.7).
    for form in ["+0100", "", ",5Z", ".50Z", ".Z", ".0Z"] {
        let checked = judged(format!("{digits}{form}"), &second);
        assert_eq!(checked.verdict, Verdict::Fail, "{form}");
        assert!(sample::codes(&checked.findings).contains(&"time.malformed"), "{form}: {:#?}", checked.findings);
    }
}

#[test]
fn c11_a_root_that_only_the_bundle_vouches_for() {
    let world = World::new();
    let bytes = pack(&with(&good().entries, layout::SIGNATURE_1, &world.seal()));
    let stranger = certify(&plan("ESSAI autre racine", 9, authority(None)), None);
    let anchors = TrustAnchors::of(vec![stranger.certificate.clone()]);
    let checked = judge_at(bytes, &anchors, stranger.certificate.der().to_vec(), world.now);
    assert_eq!(checked.verdict, Verdict::Indeterminate, "{:#?}", checked.findings);
    assert!(sample::codes(&checked.findings).contains(&"trust.no_chain"), "{:#?}", checked.findings);
    assert_eq!(checked.facts.level, None);
}

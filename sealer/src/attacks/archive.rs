//! Rows C13, T08, T09: the chain of archive manifests, each fault alone.
use dossier::{Instant, Sha256Digest};

use super::ca::{Identity, Plan, certify, later, unit};
use super::forge::{Entry, entry, pack, with};
use super::past::{World, plan};
use super::{good, sample};
use crate::asic::{self, AsicManifest, AsicReference};
use crate::cms::{self, Additions};
use crate::{SealLevel, Verdict, layout};

/// A bundle of the forger's world, prolonged `rounds` times; `edit` may change the manifest of each round.
pub(super) struct Chain {
    pub(super) world: World,
    pub(super) entries: Vec<Entry>,
}

impl Chain {
    pub(super) fn new() -> Self {
        let world = World::new();
        let entries = with(&good().entries, layout::SIGNATURE_1, &world.seal());
        Self { world, entries }
    }

    /// One more archive manifest, with a token of `unit` made at `made`.
    pub(super) fn prolong(&mut self, unit: &Identity, made: Instant, edit: impl Fn(&mut AsicManifest)) {
        let meta: Vec<&str> = self.entries.iter().map(|e| e.name.as_str()).filter(|n| layout::is_meta(n)).collect();
        let count = layout::archives(&meta).unwrap();
        let token_name = layout::archive_names(count, count + 1).1;
        let mut files = Vec::new();
        for e in self.entries.iter_mut().filter(|e| e.name != layout::MIMETYPE) {
            let root_file = e.name == layout::ARCHIVE_MANIFEST;
            if root_file {
                e.name = layout::archive_names(count - 1, count + 1).0;
            }
            let sha256 = Sha256Digest::of(&e.bytes);
            files.push(AsicReference { name: e.name.clone(), media_type: None, sha256, root_file });
        }
        let mut manifest =
            AsicManifest { protector: token_name.clone(), protector_type: asic::TYPE_TOKEN.into(), files };
        edit(&mut manifest);
        let octets = asic::write(&manifest);
        let token = unit.token(&octets, made, &[&self.world.root]);
        let state = self.world.root.crl(later(made, -1), later(made, 10), &[]);
        let additions = Additions { certificates: &[], revocation: &[state], token: None };
        let token = cms::extend(&token, &additions).unwrap();
        self.entries.push(entry(layout::ARCHIVE_MANIFEST, &octets));
        self.entries.push(entry(&token_name, &token));
    }

    #[track_caller]
    fn is(&self, days: i64, verdict: Verdict, code: &str) {
        let at = later(self.world.now, days);
        let checked = self.world.judge(pack(&self.entries), at);
        let codes = sample::codes(&checked.findings);
        assert!(checked.verdict == verdict && codes.contains(&code), "{verdict:?} {code}: {:#?}", checked.findings);
        if verdict == Verdict::Pass {
            assert_eq!(checked.facts.level, Some(SealLevel::Archived));
        }
    }
}

/// A timestamp unit valid from `from` to `to`, in days.
fn unit_of(world: &World, from: i64, to: i64) -> Identity {
    let plan = plan("ESSAI horodatage d'archive", 8, unit(true));
    certify(&Plan { from: later(world.now, from), to: later(world.now, to), ..plan }, Some(&world.root))
}

#[test]
fn a_chain_in_order_passes_after_the_first_unit_ended() {
    let mut chain = Chain::new();
    let first = unit_of(&chain.world, -10, 300);
    chain.prolong(&first, later(chain.world.now, 1), |_| {});
    chain.is(2, Verdict::Pass, "seal.level");
    chain.prolong(&chain.world.unit.clone(), later(chain.world.now, 200), |_| {});
    chain.is(250, Verdict::Pass, "seal.level");
    chain.is(350, Verdict::Pass, "seal.level");
}

#[test]
fn t08_times_out_of_order() {
    let mut chain = Chain::new();
    let now = chain.world.now;
    chain.prolong(&unit_of(&chain.world, -10, 300), later(now, -2), |_| {});
    chain.is(2, Verdict::Fail, "archive.order");
    // The first archive token came in time; the next one after its end.
    let mut chain = Chain::new();
    chain.prolong(&unit_of(&chain.world, -10, 100), later(now, 1), |_| {});
    chain.prolong(&chain.world.unit.clone(), later(now, 200), |_| {});
    chain.is(250, Verdict::Fail, "archive.late");
}

#[test]
fn t09_something_is_left_out() {
    let left_out = |name: &'static str| move |m: &mut AsicManifest| m.files.retain(|f| f.name != name);
    for name in [layout::SIGNATURE_1, layout::MANIFEST_1, layout::CONSTAT] {
        let mut chain = Chain::new();
        chain.prolong(&chain.world.unit.clone(), later(chain.world.now, 1), left_out(name));
        chain.is(2, Verdict::Fail, "archive.uncovered");
    }
    for name in ["META-INF/ASiCArchiveManifest001.xml", "META-INF/timestamp003.tst"] {
        let mut chain = Chain::new();
        chain.prolong(&chain.world.unit.clone(), later(chain.world.now, 1), |_| {});
        chain.prolong(&chain.world.unit.clone(), later(chain.world.now, 2), left_out(name));
        chain.is(3, Verdict::Fail, "archive.uncovered");
    }
}

#[test]
fn t09_the_predecessor_is_named_once() {
    type Edit = fn(&mut AsicManifest);
    let none: Edit = |m| m.files.iter_mut().for_each(|f| f.root_file = false);
    let two: Edit = |m| m.files[0].root_file = true;
    for edit in [none, two] {
        let mut chain = Chain::new();
        chain.prolong(&chain.world.unit.clone(), later(chain.world.now, 1), |_| {});
        chain.prolong(&chain.world.unit.clone(), later(chain.world.now, 2), edit);
        chain.is(3, Verdict::Fail, "archive.rootfile");
    }
    let mut chain = Chain::new();
    chain.prolong(&chain.world.unit.clone(), later(chain.world.now, 1), two);
    chain.is(3, Verdict::Fail, "archive.rootfile");
}

#[test]
fn t09_a_manifest_that_protects_something_else() {
    let mut chain = Chain::new();
    let other = |m: &mut AsicManifest| m.protector = layout::TOKEN_2.into();
    chain.prolong(&chain.world.unit.clone(), later(chain.world.now, 1), other);
    chain.is(3, Verdict::Fail, "manifest.protector");
    let mut chain = Chain::new();
    let more = |m: &mut AsicManifest| {
        let mut file = m.files[0].clone();
        file.name = "screens/absent.png".into();
        m.files.push(file);
    };
    chain.prolong(&chain.world.unit.clone(), later(chain.world.now, 1), more);
    chain.is(3, Verdict::Fail, "archive.absent");
}

#[test]
fn c13_states_taken_away_break_the_archive() {
    let mut chain = Chain::new();
    chain.prolong(&chain.world.unit.clone(), later(chain.world.now, 1), |_| {});
    let bare = World { states: Vec::new(), ..World::new() };
    chain.entries = with(&chain.entries, layout::SIGNATURE_1, &bare.seal());
    chain.is(3, Verdict::Fail, "archive.digest");
}

#[test]
fn t03_an_archive_token_saves_an_older_one() {
    for (days, verdict, code) in
        [(5, Verdict::Pass, "revocation.later"), (1, Verdict::Indeterminate, "revocation.doubt")]
    {
        let mut chain = Chain::new();
        let (now, unit) = (chain.world.now, chain.world.unit.clone());
        let revoked = chain.world.root.crl(later(now, 6), later(now, 20), &[(&unit, later(now, days), Some(1))]);
        chain.prolong(&unit_of(&chain.world, -10, 300), later(now, 3), |_| {});
        // Lists may come with any token: this one with the archive token.
        let token = chain.entries.pop().unwrap();
        let additions = Additions { certificates: &[], revocation: &[revoked], token: None };
        chain.entries.push(entry(&token.name, &cms::extend(&token.bytes, &additions).unwrap()));
        chain.is(8, verdict, code);
    }
}

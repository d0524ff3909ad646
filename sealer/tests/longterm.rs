//! Levels B-LT and below: what is gathered at sealing from real CRLs and a real OCSP responder, and how its lack is told.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

#[path = "support/sample.rs"]
mod sample;

use std::path::{Path, PathBuf};
use std::time::Duration;

use fixtures::{Manner, Manners, Published};
use sample::*;
use sealer::{
    HttpNetwork, Network, Offline, SealLevel, SealedBundle, SystemRandom, TimestampAuthority, Verdict, Verification,
    add_time, renew, verify,
};

/// A place to seal: the test PKI, its authorities, and the étude of its seal.
struct Place {
    work: tempfile::TempDir,
    _dir: tempfile::TempDir,
    pki: Published,
    one: Tsa,
    two: Tsa,
    etude: Etude,
}

fn place() -> Place {
    let (dir, pki) = pki();
    let (one, two) = (tsa(&pki, Manners::Good, "une"), tsa(&pki, Manners::Second, "deux"));
    let etude = etude_of(&pki, &pki.signer());
    Place { work: tempfile::tempdir().unwrap(), _dir: dir, pki, one, two, etude }
}

impl Place {
    fn target(&self) -> PathBuf {
        self.work.path().join("2026-0142.asice")
    }

    fn seal(&self, network: &dyn Network) -> Result<SealedBundle, sealer::SealError> {
        let authorities: [&dyn TimestampAuthority; 2] = [&self.one.client, &self.two.client];
        let folder = tempfile::tempdir().unwrap();
        let dossier = closed(folder.path());
        self.etude.seal_from(&dossier, &authorities, network, &self.target(), &|_| {})
    }

    fn verify(&self) -> Verification {
        verify(&self.target(), &self.etude.anchors, self.etude.clock.now())
    }
}

impl Place {
    fn renew(&self, network: &dyn Network) -> Result<SealedBundle, sealer::SealError> {
        let authorities: [&dyn TimestampAuthority; 2] = [&self.two.client, &self.one.client];
        renew(&self.target(), &authorities, network, self.etude.clock.as_ref(), &SystemRandom)
    }

    fn names(&self) -> Vec<String> {
        run("zipinfo", &["-1", text(&self.target())], self.work.path()).lines().map(str::to_owned).collect()
    }
}

fn http() -> HttpNetwork {
    HttpNetwork::with_deadline(Duration::from_secs(3))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn everything_is_embedded_and_public_tools_agree() {
    let place = place();
    let bundle = place.seal(&http()).unwrap_or_else(|e| panic!("{e}: {e:#?}"));
    assert!(!codes(&bundle.findings).contains(&"revocation.not_gathered"), "{:#?}", bundle.findings);
    let checked = place.verify();
    assert_eq!(checked.verdict, Verdict::Pass, "{:#?}", checked.findings);
    assert_eq!(codes(&checked.findings), ["seal.level", "time.session_open", "trust.essai"]);
    assert_eq!(checked.facts.level, Some(SealLevel::LongTerm));
    // The network is not needed any more.
    place.pki.set_manner(Manner::Absent);
    assert_eq!(place.verify().verdict, Verdict::Pass);
    let out = place.work.path().join("deplie");
    run("unzip", &["-q", text(&place.target()), "-d", text(&out)], place.work.path());
    let (signature, manifest) = ("META-INF/signature001.p7s", "META-INF/ASiCManifest001.xml");
    let root = place.pki.root_pem();
    let mut arguments = vec!["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", signature, "-content"];
    arguments.extend([manifest, "-CAfile", text(&root), "-purpose", "any", "-crl_check_all", "-out", "/dev/null"]);
    run("openssl", &arguments, &out);
    let printed = run("openssl", &["cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", signature], &out);
    assert!(printed.contains("version: 5") && printed.contains("1.3.6.1.5.5.7.16.2"), "{printed}");
    let second = place.two.server.root_pem();
    let mut arguments = vec!["ts", "-verify", "-token_in", "-in", "META-INF/timestamp002.tst"];
    arguments.extend(["-data", "META-INF/ASiCManifest002.xml", "-CAfile", text(second)]);
    run("openssl", &arguments, &out);
}

#[test]
fn without_the_sources_the_level_is_told_and_can_be_raised_later() {
    let place = place();
    let bundle = place.seal(&Offline).unwrap();
    let checked = place.verify();
    assert!(codes(&bundle.findings).contains(&"revocation.not_gathered"), "{:#?}", bundle.findings);
    assert_eq!(checked.verdict, Verdict::Indeterminate, "{:#?}", checked.findings);
    assert_eq!(checked.facts.level, Some(SealLevel::Timestamped));
    // The signer, the first unit, the authority of both, the second unit.
    let missing = checked.findings.iter().filter(|f| f.code == "revocation.missing").count();
    assert_eq!(missing, 4, "{:#?}", checked.findings);
    // Later, with the network: what was missing is added, then covered.
    place.renew(&http()).unwrap_or_else(|e| panic!("{e}: {e:#?}"));
    let checked = place.verify();
    assert_eq!(checked.verdict, Verdict::Pass, "{:#?}", checked.findings);
    assert_eq!(checked.facts.level, Some(SealLevel::Archived));
}

#[test]
fn a_bundle_is_prolonged_again_and_again() {
    let place = place();
    place.seal(&http()).unwrap();
    let before = place.names();
    for round in 1..=3_usize {
        place.renew(&http()).unwrap_or_else(|e| panic!("{round}: {e}: {e:#?}"));
        let checked = place.verify();
        assert_eq!(checked.verdict, Verdict::Pass, "{round}: {:#?}", checked.findings);
        assert_eq!(checked.facts.level, Some(SealLevel::Archived));
        assert_eq!(checked.facts.timestamps.len(), 2 + round);
        assert_eq!(place.names().len(), before.len() + 2 * round);
    }
    let added = place.names().split_off(before.len());
    let expected = [
        "META-INF/ASiCArchiveManifest001.xml",
        "META-INF/timestamp003.tst",
        "META-INF/ASiCArchiveManifest002.xml",
        "META-INF/timestamp004.tst",
        "META-INF/ASiCArchiveManifest.xml",
        "META-INF/timestamp005.tst",
    ];
    assert_eq!(added, expected);
    let out = place.work.path().join("deplie");
    run("unzip", &["-q", text(&place.target()), "-d", text(&out)], place.work.path());
    for pair in expected.chunks(2) {
        let root = place.two.server.root_pem();
        let arguments = ["ts", "-verify", "-token_in", "-in", pair[1], "-data", pair[0], "-CAfile", text(root)];
        run("openssl", &arguments, &out);
    }
    let error = add_time(&place.target(), &[&place.one.client], &http(), place.etude.clock.as_ref(), &SystemRandom);
    assert_eq!(error.unwrap_err().code(), "seal.already_stamped");
    // Without any anchor nothing is proven, and nothing is held false.
    let nobody = verify(&place.target(), &sealer::TrustAnchors::none(), place.etude.clock.now());
    assert_eq!(nobody.verdict, Verdict::Indeterminate, "{:#?}", nobody.findings);
}

#[test]
fn what_cannot_be_prolonged_stays_as_it_was() {
    let place = place();
    let folder = tempfile::tempdir().unwrap();
    place.etude.seal_from(&closed(folder.path()), &[], &http(), &place.target(), &|_| {}).unwrap();
    let before = std::fs::read(place.target()).unwrap();
    assert_eq!(place.renew(&http()).unwrap_err().code(), "seal.not_stamped");
    assert_eq!(std::fs::read(place.target()).unwrap(), before);
    std::fs::remove_file(place.target()).unwrap();
    place.seal(&http()).unwrap();
    let before = std::fs::read(place.target()).unwrap();
    place.one.server.set_manners(Manners::Garbage);
    place.two.server.set_manners(Manners::Refuses);
    assert_eq!(place.renew(&http()).unwrap_err().code(), "seal.no_timestamp");
    let late = dossier::FixedClock::new("2050-01-01T00:00:00Z".parse().unwrap(), Duration::from_millis(1));
    let authorities: [&dyn TimestampAuthority; 2] = [&place.one.client, &place.two.client];
    let error = renew(&place.target(), &authorities, &http(), &late, &SystemRandom).unwrap_err();
    assert_eq!(error.code(), "seal.too_late", "{error:#?}");
    assert_eq!(std::fs::read(place.target()).unwrap(), before);
}

#[test]
fn a_unit_that_was_revoked_prolongs_nothing() {
    let place = place();
    place.seal(&http()).unwrap();
    let before = std::fs::read(place.target()).unwrap();
    place.pki.revoke("tsa1", "superseded").unwrap();
    let clock = place.etude.clock.as_ref();
    let error = renew(&place.target(), &[&place.one.client], &http(), clock, &SystemRandom).unwrap_err();
    assert_eq!(error.code(), "seal.self_check", "{error:#?}");
    assert_eq!(std::fs::read(place.target()).unwrap(), before);
    // What it stamped before stays good, and the other authority prolongs it.
    place.renew(&http()).unwrap_or_else(|e| panic!("{e}: {e:#?}"));
    assert_eq!(place.verify().verdict, Verdict::Pass);
}

#[test]
fn one_source_of_two_is_enough_where_both_are_announced() {
    let place = place();
    place.pki.set_manner(Manner::CrlOnly);
    place.seal(&http()).unwrap();
    let checked = place.verify();
    assert_eq!((checked.verdict, checked.facts.level), (Verdict::Pass, Some(SealLevel::LongTerm)));
}

#[test]
fn nothing_wrong_is_ever_embedded() {
    for (manner, word) in [
        (Manner::Absent, "HTTP 404"),
        (Manner::Redirect, "HTTP 302"),
        (Manner::Garbage, "tag"),
        (Manner::Huge, "réponse de plus de"),
        (Manner::OcspOnly, "HTTP 404"),
    ] {
        let place = place();
        place.pki.set_manner(manner);
        let bundle = place.seal(&http()).unwrap_or_else(|e| panic!("{manner:?}: {e}: {e:#?}"));
        let told = |word: &str| bundle.findings.iter().any(|f| f.found.as_ref().is_some_and(|t| t.contains(word)));
        assert!(told(word), "{manner:?}: {:#?}", bundle.findings);
        let checked = place.verify();
        assert_eq!(checked.verdict, Verdict::Indeterminate, "{manner:?}: {:#?}", checked.findings);
        assert_eq!(checked.facts.level, Some(SealLevel::Timestamped), "{manner:?}");
        assert!(place.pki.requests() < 40, "{manner:?}: {} requests", place.pki.requests());
    }
}

#[test]
fn an_answer_without_delegation_or_of_another_request_is_refused() {
    let place = place();
    place.pki.set_manner(Manner::NotDelegated);
    let bundle = place.seal(&http()).unwrap();
    let told = |bundle: &SealedBundle, word: &str| {
        bundle.findings.iter().any(|f| f.found.as_ref().is_some_and(|t| t.contains(word)))
    };
    assert!(told(&bundle, "no delegation"), "{:#?}", bundle.findings);
    std::fs::remove_file(place.target()).unwrap();
    place.pki.set_manner(Manner::Replay);
    // The first answer is kept, then given again.
    let first = place.seal(&http()).unwrap();
    assert!(told(&first, "nonce"), "{:#?}", first.findings);
}

#[test]
fn a_revoked_signer_seals_nothing() {
    let place = place();
    let etude = etude_of(&place.pki, &place.pki.revoked_signer());
    let place = Place { etude, ..place };
    let error = place.seal(&http()).unwrap_err();
    assert_eq!(error.code(), "seal.self_check", "{error:#?}");
    assert!(!place.target().exists());
}

#[test]
fn a_token_added_later_brings_the_level_with_it() {
    let place = place();
    let folder = tempfile::tempdir().unwrap();
    let dossier = closed(folder.path());
    place.etude.seal_from(&dossier, &[], &http(), &place.target(), &|_| {}).unwrap();
    assert_eq!(place.verify().facts.level, Some(SealLevel::BasicSignature));
    let clock = place.etude.clock.as_ref();
    let authorities: [&dyn TimestampAuthority; 2] = [&place.one.client, &place.two.client];
    add_time(&place.target(), &authorities, &http(), clock, &SystemRandom).unwrap_or_else(|e| panic!("{e}: {e:#?}"));
    let checked = place.verify();
    assert_eq!((checked.verdict, checked.facts.level), (Verdict::Pass, Some(SealLevel::LongTerm)));
}

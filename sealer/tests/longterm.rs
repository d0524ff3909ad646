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
    add_time, verify,
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
        let dossier = closed(tempfile::tempdir_in(self.work.path()).unwrap().path());
        self.etude.seal_from(&dossier, &authorities, network, &self.target(), &|_| {})
    }

    fn verify(&self) -> Verification {
        verify(&self.target(), &self.etude.anchors, self.etude.clock.now())
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
    assert_eq!(codes(&checked.findings), ["seal.level", "trust.essai"]);
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
    // The signer, its authority, both units and the authority of the first.
    let missing = checked.findings.iter().filter(|f| f.code == "revocation.missing").count();
    assert_eq!(missing, 5, "{:#?}", checked.findings);
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
    let dossier = closed(tempfile::tempdir_in(place.work.path()).unwrap().path());
    place.etude.seal_from(&dossier, &[], &http(), &place.target(), &|_| {}).unwrap();
    assert_eq!(place.verify().facts.level, Some(SealLevel::BasicSignature));
    let clock = place.etude.clock.as_ref();
    let authorities: [&dyn TimestampAuthority; 2] = [&place.one.client, &place.two.client];
    add_time(&place.target(), &authorities, &http(), clock, &SystemRandom).unwrap_or_else(|e| panic!("{e}: {e:#?}"));
    let checked = place.verify();
    assert_eq!((checked.verdict, checked.facts.level), (Verdict::Pass, Some(SealLevel::LongTerm)));
}

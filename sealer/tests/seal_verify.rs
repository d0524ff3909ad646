//! Seal, then verify, then have OpenSSL and coreutils judge the same file.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

#[path = "support/sample.rs"]
mod sample;

use dossier::Level;
use fixtures::Manners;
use sample::*;
use sealer::{SealProgress, TimestampAuthority, Verdict, verify};

#[test]
fn without_authority_the_seal_says_that_it_bears_no_time() {
    let work = tempfile::tempdir().unwrap();
    // The dossier first: each has a clock of its own, which stands still between readings.
    let dossier = closed(work.path());
    let etude = etude();
    let target = work.path().join("2026-0142.asice");
    let bundle = etude.seal(&dossier, &[], &target).unwrap_or_else(|e| panic!("{e}: {e:?}"));
    assert!(!bundle.timestamped);
    let checked = verify(&target, &etude.anchors, etude.clock.now());
    assert_eq!(checked.verdict, Verdict::Indeterminate, "{:#?}", checked.findings);
    let expected = ["revocation.no_source", "seal.level", "time.absent", "time.session_open", "trust.essai"];
    assert_eq!(codes(&checked.findings), expected);
    let verified = checked.bundle.unwrap();
    assert!(!verified.manifest().seal_time.timestamped);
    assert!(verified.manifest().findings.iter().any(|f| f.code == "time.absent"));
    assert_eq!(verified.sha256(), bundle.sha256);
    let text = verified.read(&path("captures/0001-texte.txt")).unwrap();
    assert_eq!(text, "Écran".as_bytes());
    let names: Vec<_> = std::fs::read_dir(work.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing but dossier and bundle: {names:?}");
}

#[test]
fn the_manifest_states_the_accounts_of_the_journal() {
    let work = tempfile::tempdir().unwrap();
    // The dossier first: each has a clock of its own, which stands still between readings.
    let dossier = closed(work.path());
    let etude = etude();
    let target = work.path().join("2026-0142.asice");
    etude.seal(&dossier, &[], &target).unwrap_or_else(|e| panic!("{e}: {e:?}"));
    let checked = verify(&target, &etude.anchors, etude.clock.now());
    let manifest = checked.bundle.unwrap().manifest().clone();
    let stated = manifest.incompleteness.reconciliations;
    assert_eq!(stated.len(), 2);
    assert_eq!((stated[0].requests_cdp, stated[0].requests_netlog, stated[0].packet_flows), (2, Some(3), None));
    assert_eq!(stated[0].unmatched[0].url, "http://example.org/y");
    assert_eq!(stated[0].report.as_ref().unwrap().as_str(), "net/rapprochement.json");
    assert!(!stated[0].agrees() && !stated[1].agrees());
    assert_eq!(stated[1].why.as_deref(), Some("Le journal est absent."));
}

#[test]
fn two_authorities_and_independent_judges() {
    let work = tempfile::tempdir().unwrap();
    let (_dir, pki) = pki();
    let (first, second) = (tsa(&pki, Manners::Good, "une"), tsa(&pki, Manners::Second, "deux"));
    // The dossier first: each has a clock of its own, which stands still between readings.
    let dossier = closed(work.path());
    let etude = etude();
    let target = work.path().join("2026-0142.asice");
    let authorities: [&dyn TimestampAuthority; 2] = [&first.client, &second.client];
    let told = |progress| {
        if let SealProgress::Timestamp { error, .. } = progress {
            assert_eq!(error, None);
        }
    };
    let bundle = etude.seal_told(&dossier, &authorities, &target, &told).unwrap_or_else(|e| panic!("{e}: {e:?}"));
    assert!(bundle.timestamped, "{:#?}", bundle.findings);
    let anchors = etude.anchors.clone().with(first.client.anchors()).with(second.client.anchors());
    let checked = verify(&target, &anchors, etude.clock.now());
    assert_eq!(checked.verdict, Verdict::Pass, "{:#?}", checked.findings);
    assert!(checked.findings.iter().any(|f| f.code == "trust.essai" && f.level == Level::Warn));
    assert_eq!(checked.facts.timestamps.len(), 2);
    let nobody = verify(&target, &sealer::TrustAnchors::none(), etude.clock.now());
    assert_eq!(nobody.verdict, Verdict::Indeterminate, "{:#?}", nobody.findings);
    assert!(codes(&nobody.findings).contains(&"trust.no_chain"));
    judges(&target, &etude.root_pem(), second.server.root_pem(), work.path());
}

/// The commands of LISEZMOI.txt.
fn judges(bundle: &std::path::Path, root: &std::path::Path, second: &std::path::Path, work: &std::path::Path) {
    let out = work.join("deplie");
    run("unzip", &["-q", bundle.to_str().unwrap(), "-d", out.to_str().unwrap()], work);
    run("sha256sum", &["-c", "SHA256SUMS"], &out);
    let cms = ["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "META-INF/signature001.p7s", "-content"];
    let manifest = "META-INF/ASiCManifest001.xml";
    let mut arguments = cms.to_vec();
    arguments.extend([manifest, "-CAfile", root.to_str().unwrap(), "-purpose", "any", "-out", "/dev/null"]);
    run("openssl", &arguments, &out);
    let ts =
        ["ts", "-verify", "-token_in", "-in", "META-INF/timestamp002.tst", "-data", "META-INF/ASiCManifest002.xml"];
    let mut arguments = ts.to_vec();
    arguments.extend(["-CAfile", second.to_str().unwrap()]);
    run("openssl", &arguments, &out);
    let text = run("file", &["-b", bundle.to_str().unwrap()], work);
    assert!(text.contains("application/vnd.etsi.asic-e+zip") || text.contains("ASiC-E"), "{text}");
}

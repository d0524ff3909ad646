//! Qualified or not: what trusted lists say of the officer, and nothing without them.
use std::sync::Arc;

use fixtures::SealKind;
use fixtures::lists::{ListKey, ListSigner, MadeList, MadeService, usage};
use sealer::lists::{KnownServices, import};
use sealer::pades::{PadesReport, verify};

use crate::bench::{How, shared, software};
use crate::pdfs::{classic, objects};
use crate::sample::codes;

/// What is said of a signed file under one service of the issuing authority.
fn judged(octets: &[u8], services: Vec<MadeService>) -> PadesReport {
    let (bench, work) = (shared(), tempfile::tempdir().unwrap());
    let signer = ListSigner::create(work.path(), "nation", ListKey::P256).unwrap();
    let list = MadeList { services, ..MadeList::new("XA", 56) }.signed(&signer).unwrap();
    let pem = std::fs::read(&signer.certificate).unwrap();
    let made = import(&[("liste".into(), list)], &pem, &work.path().join("c"), false, bench.clock.now()).unwrap();
    let anchors = bench.anchors.clone().with_lists(Arc::new(KnownServices::of(made.snapshot)));
    verify(octets, &anchors, bench.clock.now())
}

#[test]
fn the_lists_say_it_and_nothing_else_does() {
    let bench = shared();
    let plain = classic(&objects());
    let officer = bench.sign_by(&plain, &How::default(), &software(&bench.pki.officer("clerc"))).unwrap().octets;
    let granted = |kind: &str| MadeService::new("CA/QC", &bench.pki.issuing_pem(), "granted", &usage(kind));
    let facts = |report: &PadesReport| report.signatures[0].is_qualified();
    // The certificate says so itself; that is a claim.
    let alone = bench.verify(&officer);
    assert!(alone.signatures[0].qc_statements.as_ref().is_some_and(|said| said.compliance && said.types == ["esign"]));
    assert_eq!(facts(&alone), None);
    assert!(codes(&alone.findings).contains(&"pv.sig.not_judged"));
    let told = judged(&officer, vec![granted("ForeSignatures")]);
    assert_eq!(facts(&told), Some(true), "{:#?}", told.findings);
    assert!(codes(&told.findings).contains(&"pv.sig.qualified"));
    let nowhere = judged(&officer, Vec::new());
    assert_eq!(facts(&nowhere), Some(false), "{:#?}", nowhere.findings);
    let late = vec![granted("ForeSignatures").then("withdrawn", "2026-03-01T00:00:00Z")];
    assert_eq!(facts(&judged(&officer, late)), Some(false));
    // A qualified seal is no qualified signature.
    let seal = software(&bench.pki.seal(SealKind::Qualified).unwrap());
    let sealed = bench.sign_by(&plain, &How::default(), &seal).unwrap().octets;
    let told = judged(&sealed, vec![granted("ForeSeals")]);
    assert_eq!(facts(&told), Some(false), "{:#?}", told.findings);
    assert!(codes(&told.findings).contains(&"pv.sig.not_qualified") && !told.has_failed());
}

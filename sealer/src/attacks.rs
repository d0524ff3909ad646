//! Attacks on a good bundle, one vector a rule: each must be refused with the code that names it. The forger here holds
//! the office's key where the attack needs a valid signature over something false.
#[path = "../tests/support/sample.rs"]
mod sample;

mod anchors;
mod archive;
mod ca;
mod contents;
mod copies;
mod disclosure;
mod forge;
mod page;
mod past;
mod receipts;
mod signatures;
mod vectors;
mod whole;
mod zips;

use std::path::Path;
use std::sync::OnceLock;

use dossier::Instant;
use forge::{Entry, unpack};
use vectors::Vectors;

use crate::{Answer, TrustAnchors, Verdict, Verification, verify_bytes};

/// A good bundle (without token), its entries, and the étude that sealed it.
struct Good {
    etude: sample::Etude,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

fn good() -> &'static Good {
    static GOOD: OnceLock<Good> = OnceLock::new();
    GOOD.get_or_init(|| {
        let work = tempfile::tempdir().unwrap();
        let etude = sample::etude();
        let dossier = sample::closed(work.path());
        let target = work.path().join("x.asice");
        etude.seal(&dossier, &[], &target).unwrap_or_else(|e| panic!("{e}"));
        let bytes = std::fs::read(&target).unwrap();
        let entries = unpack(&bytes);
        Good { etude, bytes, entries }
    })
}

fn judge(bytes: Vec<u8>) -> Verification {
    let root = std::fs::read(good().etude.root_pem()).unwrap();
    judge_at(bytes, &good().etude.anchors, root, good().etude.clock.now())
}

/// Judges with these anchors, of which `root` is the only one, and writes down.
fn judge_at(bytes: Vec<u8>, anchors: &TrustAnchors, root: Vec<u8>, at: Instant) -> Verification {
    static VECTORS: OnceLock<Option<Vectors>> = OnceLock::new();
    let checked = verify_bytes(bytes.clone(), anchors, at);
    let folder = || std::env::var_os(vectors::FOLDER).map(|folder| Vectors::new(Path::new(&folder)));
    if let Some(vectors) = VECTORS.get_or_init(folder) {
        vectors.keep_with(&vectors::test_name(), &bytes, &[root], at, &checked);
    }
    agree(&checked);
    checked
}

/// The worst answer of the claims is the verdict, and every finding belongs to one.
#[track_caller]
fn agree(checked: &Verification) {
    let answers: Vec<Answer> = checked.claims.iter().map(|claim| claim.answer).collect();
    let worst = if answers.contains(&Answer::Refused) {
        Verdict::Fail
    } else if answers.contains(&Answer::Undetermined) {
        Verdict::Indeterminate
    } else {
        Verdict::Pass
    };
    assert_eq!(worst, checked.verdict, "{:#?}", checked.claims);
    let told: usize = checked.claims.iter().map(|claim| claim.codes.len()).sum();
    assert_eq!(told, checked.findings.len());
    // Nothing is said of what was not looked at, unless something before it failed.
    assert!(!answers.contains(&Answer::NotExamined) || worst == Verdict::Fail, "{:#?}", checked.claims);
}

/// The bundle must FAIL, and `code` must be among the reasons.
#[track_caller]
fn refused(bytes: Vec<u8>, code: &str) {
    let checked = judge(bytes);
    let codes = sample::codes(&checked.findings);
    assert_eq!(checked.verdict, Verdict::Fail, "{code}: {codes:?}");
    assert!(codes.contains(&code), "{code} expected: {:#?}", checked.findings);
    assert!(checked.bundle.is_none());
}

#[test]
fn the_forge_gives_back_the_good_bundle_octet_for_octet() {
    assert_eq!(forge::pack(&good().entries), good().bytes);
    let resealed = forge::reseal(&good().entries, |_| {});
    let checked = judge(forge::pack(&resealed));
    assert_eq!(checked.verdict, Verdict::Indeterminate, "{:#?}", checked.findings);
    let expected = ["revocation.no_source", "seal.level", "time.absent", "time.session_open", "trust.essai"];
    assert_eq!(sample::codes(&checked.findings), expected);
}

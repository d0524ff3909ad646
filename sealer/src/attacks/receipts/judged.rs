//! What each made receipt is judged to be: verdict, codes, golden texts.
use super::*;

#[test]
fn d06_e04_e08_f05_every_receipt_gets_its_verdict_and_its_codes() {
    for vector in vectors() {
        let told = vector.judged();
        let codes: Vec<&str> = told.findings.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(
            (told.verdict, codes),
            (vector.verdict, vector.codes.clone()),
            "{}: {:#?}",
            vector.name,
            told.findings
        );
        assert_eq!(told.attests.is_empty(), told.verdict == Verdict::Fail, "{}", vector.name);
    }
}

/// The whole text that a clerk reads, octet for octet.
#[test]
fn d06_the_french_verdicts_are_the_golden_ones() {
    for name in ["jeton", "point", "effacement", "autre-document", "sans-date"] {
        let vector = vectors().into_iter().find(|vector| vector.name == name).unwrap();
        let told = receipt_lines(&vector.judged(), vector.at, "racines/").join("\n") + "\n";
        golden(&format!("recepisse-{name}.txt"), told.as_bytes());
    }
}

/// The same objects are read by the package that writes them (`signification`, `tests/effacement.rs`).
#[test]
fn d06_the_objects_judged_here_are_the_golden_ones() {
    let at = Bench::new().at;
    golden("preuve.json", &bytes(&receipt(at)));
    golden("effacement.json", &bytes(&erasure(at)));
}

fn golden(name: &str, told: &[u8]) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("CONSTAT_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, told).unwrap();
    }
    let expected = std::fs::read(&path).unwrap_or_default();
    assert_eq!(
        String::from_utf8_lossy(told),
        String::from_utf8_lossy(&expected),
        "{name}; CONSTAT_BLESS=1 rewrites it"
    );
}

#[test]
fn a_receipt_is_told_from_everything_else() {
    let folder = tempfile::tempdir().unwrap();
    let (zip, bundle) = (folder.path().join("r.zip"), folder.path().join("x.asice"));
    std::fs::write(&zip, pack_receipt(&Bench::new().good()).unwrap()).unwrap();
    std::fs::write(&bundle, &super::super::good().bytes).unwrap();
    assert!(
        is_receipt(&zip) && !is_receipt(&bundle) && !is_receipt(folder.path()) && !is_receipt(&folder.path().join("n"))
    );
    std::fs::write(folder.path().join(PREUVE), b"{}").unwrap();
    assert!(is_receipt(folder.path()) && is_receipt(&folder.path().join(PREUVE)));
    let told = verify_receipt(folder.path(), &TrustAnchors::none(), Bench::new().at);
    assert_eq!((told.verdict, told.document), (Verdict::Fail, DocumentFate::Aucun));
}

/// One bit changed anywhere in what proves: never a PASS.
#[test]
fn e04_no_changed_bit_of_what_proves_passes() {
    let bench = Bench::new();
    for name in [PREUVE, "preuve.json.p7s", "preuve.json.tst"] {
        let length = bench.good()[name].len();
        for place in (0..length).step_by((length / 60).max(1)) {
            let mut files = bench.good();
            files.get_mut(name).unwrap()[place] ^= 1 << (place % 8);
            let vector = vector(&bench, "bit", files, Verdict::Fail, &[]);
            assert_ne!(vector.judged().verdict, Verdict::Pass, "{name}, octet {place}");
        }
    }
}

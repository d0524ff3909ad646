//! Evidence records through the binary: a folder prolonged by one token, renewed, judged, and judged false when it is.
use std::fs;

use super::support::{Bench, codes, small_bundle, text, world};

#[test]
fn a_folder_is_prolonged_by_one_token_and_renewed() {
    let bench = Bench::new();
    let (folder, anchors) = (bench.path("scelles"), world().pki.anchors_dir());
    fs::create_dir(&folder).unwrap();
    for name in ["a", "b", "c"] {
        fs::copy(small_bundle(), folder.join(format!("{name}.asice"))).unwrap();
    }
    let prolong = || bench.run(&["--json", "sceller", "--prolonger-lot", text(&folder)]);
    for stamps in [1, 2] {
        let answer = prolong().expect(0).json();
        for item in answer["bundles"].as_array().unwrap() {
            assert_eq!(item["stamps"], stamps, "{answer}");
        }
    }
    let one = folder.join("b.asice");
    let verify = |json: bool| {
        let words = ["verifier", text(&one), "--ancres", text(&anchors)];
        bench.run(&json.then_some("--json").into_iter().chain(words).collect::<Vec<_>>())
    };
    let verdict = verify(true).expect(0).json();
    assert_eq!(verdict["seal"]["record"]["stamps"], 2, "{verdict}");
    assert!(codes(&verdict).contains(&"record.proven".to_owned()), "{verdict}");
    assert!(verify(false).expect(0).stdout.contains("Preuve d'archivage : "));
    // Another bundle in its place: the record does not speak of it.
    let other = Bench::new();
    other.capture(&format!("{}/redirige/1", world().sites.base()), "AUTRE").expect(0);
    fs::copy(other.bundle("AUTRE"), &one).unwrap();
    let verdict = verify(true).expect(1).json();
    assert!(codes(&verdict).contains(&"record.digest".to_owned()), "{verdict}");
    // It is left out of the next renewal, which goes on for the others.
    let answer = prolong().expect(1).json();
    assert_eq!((&answer["refused"], &answer["bundles"][0]["stamps"]), (&1.into(), &3.into()), "{answer}");
}

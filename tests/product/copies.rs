//! A bundle copied on a medium, read again, consulted; and what stops a copy.
use std::fs;

use super::support::{Bench, small_bundle, text};

#[test]
fn a_bundle_is_copied_read_again_and_followed() {
    let bench = Bench::new();
    let bundle = bench.path("2026-0142.asice");
    fs::copy(small_bundle(), &bundle).unwrap();
    let (stick, safe) = (bench.path("cle"), bench.path("coffre"));
    fs::create_dir_all(&stick).unwrap();
    fs::create_dir_all(&safe).unwrap();
    let both = ["--json", "copier", text(&bundle), "--vers", text(&stick), "--vers", text(&safe), "--qui", "Me Martin"];
    let made = bench.run(&both).expect(0).json();
    assert_eq!(made["copies"].as_array().unwrap().len(), 2, "{made}");
    assert_eq!(made["copies"][1]["line"], 2, "{made}");
    assert!(made["copies"][0]["medium"]["filesystem"].is_string(), "{made}");
    let copy = stick.join("2026-0142.asice");
    assert_eq!(fs::read(&copy).unwrap(), fs::read(&bundle).unwrap());
    bench.run(&["--json", "copier", text(&bundle), "--vers", text(&stick)]).expect_error(2, "copier.in_the_way");
    bench.run(&["--json", "copier", text(&bundle), "--vers", "/absent"]).expect_error(2, "copier.folder");
    bench.run(&["copier", text(&bundle), "--relire", text(&copy), "--consigner", "consultation"]).expect(0);
    // The one octet in which a copy differs.
    let changed = bench.path("autre.asice");
    let mut octets = fs::read(&bundle).unwrap();
    *octets.last_mut().unwrap() ^= 1;
    fs::write(&changed, octets).unwrap();
    bench.run(&["--json", "copier", text(&bundle), "--relire", text(&changed)]).expect_error(1, "copier.differs");
    let told = bench.run(&["--json", "copier", text(&bundle)]).expect(0).json();
    let lines = told["lines"].as_array().unwrap();
    let acts: Vec<String> = lines
        .iter()
        .map(|line| format!("{}:{}", line["act"].as_str().unwrap(), line["result"].as_str().unwrap()))
        .collect();
    let expected =
        ["copied:ok", "copied:ok", "copied:failed", "verified:ok", "opened:ok", "verified:failed"].map(str::to_owned);
    assert_eq!(acts, expected, "a folder that is not there is no act");
    assert_eq!(lines[0]["by"]["declared"], "Me Martin");
    // The copy is a bundle like the other; nobody follows it.
    bench.verify(&copy).expect(0);
    assert!(!stick.join("2026-0142.copies.jsonl").exists());
    // The bundle is followed: who verifies it is told.
    bench.verify(&bundle).expect(0);
    let told = bench.run(&["--json", "copier", text(&bundle)]).expect(0).json();
    let last = &told["lines"][6];
    assert_eq!(
        (last["act"].as_str(), last["what"].as_str()),
        (Some("verified"), Some("constat verifier : PASS")),
        "{last}"
    );

    let journal = bench.path("2026-0142.copies.jsonl");
    let text_of = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text_of.replacen("Me Martin", "Me Durand", 1)).unwrap();
    bench.run(&["--json", "copier", text(&bundle)]).expect_error(1, "copier.journal");
    bench.run(&["--json", "copier", "/absent.asice"]).expect_error(2, "cli.no_file");
}

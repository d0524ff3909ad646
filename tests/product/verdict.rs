//! The verdict as an opposing expert takes it: each claim redone with public tools, on paper, and over many bundles.
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::support::{Bench, small_bundle, text, world};

/// The bundle unpacked as the answer says, in `folder`; the folder where commands run.
fn prepared(folder: &Path, bundle: &Path, answer: &Value) -> std::path::PathBuf {
    fs::copy(bundle, folder.join("SCELLE.asice")).unwrap();
    let roots = folder.join("RACINES");
    fs::create_dir(&roots).unwrap();
    for root in fs::read_dir(world().pki.anchors_dir()).unwrap() {
        let root = root.unwrap();
        fs::copy(root.path(), roots.join(root.file_name())).unwrap();
    }
    let output = bash(answer["prepare"].as_str().unwrap(), folder);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder.join("dossier")
}

fn bash(command: &str, folder: &Path) -> Output {
    Command::new("bash").args(["-c", command]).current_dir(folder).output().unwrap()
}

/// Runs the commands of each claim; the claims for which one failed.
fn redone(answer: &Value, folder: &Path) -> Vec<String> {
    let mut failed = Vec::new();
    for claim in answer["claims"].as_array().unwrap() {
        for command in claim["redo"].as_array().unwrap() {
            let command = command.as_str().unwrap();
            // The tool of the web archive is asked by the conformance run.
            if !command.starts_with("wacz ") && !bash(command, folder).status.success() {
                failed.push(format!("{}: {command}", claim["claim"].as_str().unwrap()));
            }
        }
    }
    failed
}

fn answer_of<'a>(answer: &'a Value, claim: &str) -> &'a str {
    let claims = answer["claims"].as_array().unwrap();
    claims.iter().find(|one| one["claim"] == claim).unwrap()["answer"].as_str().unwrap()
}

#[test]
fn neither_language_nor_time_zone_nor_order_changes_a_verdict() {
    let bench = Bench::new();
    bench.capture(&format!("{}/redirige/1", world().sites.base()), "LANGUE").expect(0);
    let bundle = bench.bundle("LANGUE");
    let (anchors, mirrored) = (world().pki.anchors_dir(), bench.path("ancres-autrement"));
    fs::create_dir(&mirrored).unwrap();
    for (number, root) in fs::read_dir(&anchors).unwrap().enumerate() {
        fs::copy(root.unwrap().path(), mirrored.join(format!("{}.pem", 9 - number))).unwrap();
    }
    let at = bench.verify(&bundle).expect(0).json()["at"].as_str().unwrap().to_owned();
    let told = |anchors: &Path, language: &str, zone: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_constat"));
        command.args(["--json", "verifier", text(&bundle), "--a-la-date", &at, "--ancres"]).arg(anchors);
        let output = command.env("LC_ALL", language).env("LANG", language).env("TZ", zone).output().unwrap();
        let mut answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        // Where the roots were read is the reader's own word.
        answer["anchors"].take();
        (output.status.code(), answer)
    };
    let first = told(&anchors, "C", "UTC");
    assert_eq!((first.0, &first.1["verdict"]), (Some(0), &"PASS".into()));
    for (folder, language, zone) in [
        (&anchors, "tr_TR.UTF-8", "Pacific/Kiritimati"),
        (&mirrored, "fr_FR.ISO-8859-1", "America/St_Johns"),
        (&mirrored, "ar_EG.UTF-8", "Nulle/Part"),
    ] {
        assert_eq!(told(folder, language, zone), first, "{language} {zone}");
    }
}

#[test]
fn the_commands_it_prints_give_the_answers_it_gives() {
    let bench = Bench::new();
    bench.capture(&format!("{}/redirige/1", world().sites.base()), "REFAIRE").expect(0);
    let bundle = bench.bundle("REFAIRE");
    let answer = bench.verify(&bundle).expect(0).json();
    for claim in answer["claims"].as_array().unwrap() {
        let answer = claim["answer"].as_str().unwrap();
        let beside = ["long_term", "anchors"].iter().any(|name| claim["claim"] == *name);
        let expected = if beside { "not_claimed" } else { "established" };
        assert!(answer.starts_with(expected), "{claim}");
    }
    let folder = tempfile::tempdir().unwrap();
    let unpacked = prepared(folder.path(), &bundle, &answer);
    assert_eq!(redone(&answer, &unpacked), Vec::<String>::new());
    // The same commands find what was changed since.
    let journal = unpacked.join("journal.jsonl");
    let changed = fs::read_to_string(&journal).unwrap().replacen("\"seq\":3", "\"seq\":4", 1);
    fs::write(&journal, changed).unwrap();
    let failed = redone(&answer, &unpacked);
    for claim in ["contents:", "journal:"] {
        assert!(failed.iter().any(|line| line.starts_with(claim)), "{failed:?}");
    }
}

#[test]
fn a_changed_octet_makes_its_claim_false_and_the_later_ones_not_examined() {
    let folder = tempfile::tempdir().unwrap();
    let changed = folder.path().join("change.asice");
    let mut bytes = fs::read(small_bundle()).unwrap();
    let name = b"journal.jsonl";
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap() + name.len() + 60;
    bytes[at] ^= 1;
    fs::write(&changed, bytes).unwrap();
    let answer = Bench::new().verify(&changed).expect(1).json();
    assert_eq!(answer_of(&answer, "contents"), "refused", "{answer}");
    assert_eq!(answer_of(&answer, "signature"), "established");
    assert_ne!(answer_of(&answer, "journal"), "established");
}

#[test]
fn the_report_is_a_pdf_that_says_the_same_and_carries_it() {
    let bench = Bench::new();
    let (bundle, anchors) = (small_bundle(), world().pki.anchors_dir());
    let pdf = bench.path("verdict.pdf");
    let answer = bench
        .run(&["--json", "verifier", text(bundle), "--ancres", text(&anchors), "--rapport", text(&pdf)])
        .expect(0)
        .json();
    let said = Command::new("pdftotext").arg(&pdf).arg("-").output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    for expected in ["RAPPORT DE VÉRIFICATION", "PASS", "PETIT.asice", "ESSAI", "openssl cms -verify"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let attached = bench.path("verdict.json");
    let detached = Command::new("pdfdetach").args(["-save", "1", "-o"]).args([&attached, &pdf]).status().unwrap();
    assert!(detached.success());
    let attached: Value = serde_json::from_slice(&fs::read(&attached).unwrap()).unwrap();
    for key in ["verdict", "claims", "findings", "bundle_sha256", "seal"] {
        assert_eq!(attached[key], answer[key], "{key}");
    }
    // A bundle that is false has a report too.
    let garbage = bench.path("faux.asice");
    fs::write(&garbage, b"PK").unwrap();
    let faux = bench.path("faux.pdf");
    bench.run(&["verifier", text(&garbage), "--ancres", text(&anchors), "--rapport", text(&faux)]).expect(1);
    let said = Command::new("pdftotext").arg(&faux).arg("-").output().unwrap();
    assert!(String::from_utf8(said.stdout).unwrap().contains("FAIL"));
}

#[test]
fn a_folder_of_bundles_gives_each_its_verdict_and_the_worst_of_them() {
    let bench = Bench::new();
    let (folder, anchors) = (bench.path("scelles"), world().pki.anchors_dir());
    fs::create_dir_all(folder.join("2026")).unwrap();
    let good = fs::read(small_bundle()).unwrap();
    fs::write(folder.join("2026/a.asice"), &good).unwrap();
    fs::write(folder.join("2026/c.asice"), &good).unwrap();
    fs::write(folder.join("autre.txt"), b"x").unwrap();
    let verify = |json: bool| {
        let words = ["verifier", text(&folder), "--ancres", text(&anchors), "--taches", "3"];
        let words: Vec<&str> = json.then_some("--json").into_iter().chain(words).collect();
        bench.run(&words)
    };
    assert_eq!(verify(true).expect(0).json()["counts"]["PASS"], 2);
    fs::write(folder.join("b.asice"), &good[..good.len() - 7]).unwrap();
    let answer = verify(true).expect(1).json();
    assert_eq!((&answer["verdict"], &answer["total"]), (&"FAIL".into(), &3.into()));
    let verdicts: Vec<&str> =
        answer["bundles"].as_array().unwrap().iter().map(|one| one["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["PASS", "PASS", "FAIL"]);
    let said = verify(false).expect(1).stdout;
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[2].starts_with("FAIL") && lines[2].contains("b.asice"), "{said}");
    assert!(said.contains("3 scellés : 1 FAIL, 2 PASS"), "{said}");
    let empty = bench.path("vide");
    fs::create_dir(&empty).unwrap();
    bench.run(&["verifier", text(&empty)]).expect_error(2, "cli.no_bundle");
    bench.run(&["verifier", text(&folder), "--rapport", "x.pdf"]).expect_error(2, "cli.pv_of_folder");
}

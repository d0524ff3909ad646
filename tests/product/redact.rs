//! A copy handed over without the cookies of a session: it passes, says what it is, and is refused where an original is asked.
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::support::{Bench, codes, text, world};

const SCENARIO: &str = r#"
[dossier]
reference = "CAVIARDE"

[[etape]]
aller = "{base}/redirige/1"

[[etape]]
capturer = "Une page"

[[etape]]
aller = "{base}/protocole/saut/3"

[[etape]]
capturer = "Une page derrière des témoins de connexion"
"#;

/// What the format's own text says redoes the check of records.
fn published_check() -> String {
    let format = include_str!("../../sealer/dossier/FORMAT.md");
    let (_, rest) = format.split_once("```python\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// Everything that stands in the folder, gzip undone, as one text of octets.
fn everything_in(folder: &Path) -> Vec<u8> {
    let command = "find . -type f ! -name '*.gz' -exec cat {} + ; find . -name '*.gz' -exec zcat {} +";
    Command::new("bash").args(["-c", command]).current_dir(folder).output().unwrap().stdout
}

fn holds(octets: &[u8], text: &str) -> bool {
    octets.windows(text.len()).any(|window| window == text.as_bytes())
}

fn unpacked(bundle: &Path, folder: &Path) -> Vec<u8> {
    let status = Command::new("unzip").arg("-qq").args([bundle, Path::new("-d"), folder]).status().unwrap();
    assert!(status.success());
    everything_in(folder)
}

#[test]
fn the_cookies_of_a_session_are_withheld_and_the_rest_still_verifies() {
    let bench = Bench::new();
    let (scenario, dossiers) = (bench.scenario("scenario.toml", SCENARIO), bench.dossiers());
    bench.run(&["--json", "capturer", text(&scenario), "--dossiers", text(&dossiers)]).expect(0);
    let (bundle, copy, anchors) = (bench.bundle("CAVIARDE"), bench.path("copie.asice"), world().pki.anchors_dir());
    let exchange = format!("{}/protocole/saut/*=témoins de connexion", world().sites.base());
    let arguments = ["--json", "caviarder", text(&bundle), "--retirer-echange", &exchange, "--demandeur", "Me Martin"];
    let to = ["--sortie", text(&copy), "--ancres", text(&anchors)];
    let made = bench.run(&[&arguments[..], &to].concat()).expect(0).json();
    assert_eq!(made["verdict"], "PASS", "{made}");
    let (all, withheld) =
        (made["copy"]["records"].as_u64().unwrap(), made["copy"]["records_withheld"].as_u64().unwrap());
    assert!(withheld >= 12 && withheld < all, "four hops of three records at least: {made}");
    let warned: Vec<&str> = made["warnings"].as_array().unwrap().iter().map(|w| w["code"].as_str().unwrap()).collect();
    assert!(warned.contains(&"disclosure.still_told"), "the journal tells the address: {made}");

    let (was, is) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let package = tempfile::tempdir().unwrap();
    unpacked(&bundle, was.path());
    assert!(holds(&unpacked(&was.path().join("capture.wacz"), package.path()), "saut2=oui"));
    assert!(!holds(&unpacked(&copy, is.path()), "saut2=oui"));
    let checked = Command::new("python3").args(["-c", &published_check()]).current_dir(is.path()).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    redone(&bench.verify(&copy).expect(0).json(), is.path());

    let told = bench.run(&["verifier", text(&copy), "--ancres", text(&anchors)]).expect(0).stdout;
    assert!(told.starts_with("COPIE CAVIARDÉE"), "{told}");
    for expected in
        ["Me Martin", "témoins de connexion", "enregistrements de l'archive", "Verdict : PASS (COPIE CAVIARDÉE"]
    {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(!told.contains("/protocole/saut/2"), "the address is not told: {told}");
    let verdict = bench.verify(&copy).expect(0).json();
    assert_eq!(codes(&verdict).first().map(String::as_str), Some("disclosure.redacted"));
    assert_eq!(verdict["copy"]["asked_by"], "Me Martin");
    refused_as_original(&bench, &copy, &anchors);
    on_paper(&bench, &bundle, &copy, &anchors);
    folder(&bench, &copy, &anchors);
}

/// The commands the verdict gives for the files do not stumble over those that are withheld.
fn redone(verdict: &Value, folder: &Path) {
    let claims = verdict["claims"].as_array().unwrap();
    let contents = claims.iter().find(|claim| claim["claim"] == "contents").unwrap();
    assert_eq!(contents["redo"].as_array().unwrap().len(), 2);
    for command in contents["redo"].as_array().unwrap() {
        let output = Command::new("bash").args(["-c", command.as_str().unwrap()]).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

fn refused_as_original(bench: &Bench, copy: &Path, anchors: &Path) {
    let (pv, again) = (bench.path("pv.pdf"), bench.path("encore.asice"));
    let (copy, anchors) = (text(copy), text(anchors));
    for arguments in [
        vec!["rediger", copy, "--sortie", text(&pv), "--ancres", anchors],
        vec!["norme", copy, "--ancres", anchors],
        vec!["sceller", "--prolonger", copy],
        vec!["sceller", "--horodater", copy],
        vec!["caviarder", copy, "--retirer", "screens/=x", "--sortie", text(&again), "--ancres", anchors],
    ] {
        bench.run(&arguments).expect_error(1, "disclosure.redacted_copy");
    }
    assert!(!pv.exists() && !again.exists());
}

/// The procès-verbal of the original is confronted with the copy; the report on paper says what it is about.
fn on_paper(bench: &Bench, bundle: &Path, copy: &Path, anchors: &Path) {
    let (pv, report) = (bench.path("pv.pdf"), bench.path("verdict.pdf"));
    let anchors = text(anchors);
    bench.run(&["rediger", text(bundle), "--sortie", text(&pv), "--ancres", anchors]).expect(0);
    let compared = bench
        .run(&["--json", "verifier", text(copy), text(&pv), "--ancres", anchors, "--rapport", text(&report)])
        .expect(0)
        .json();
    let told: Vec<&Value> = compared["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["code"].as_str().unwrap().starts_with("pv."))
        .collect();
    let [agrees] = told[..] else { panic!("one finding about the document: {compared}") };
    assert_eq!(agrees["code"], "pv.agrees");
    assert!(agrees["what"].as_str().unwrap().contains("que la copie déclare"), "{agrees}");
    let said = Command::new("pdftotext").arg(&report).arg("-").output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("COPIE CAVIARDÉE"), "{said}");
}

fn folder(bench: &Bench, copy: &Path, anchors: &Path) {
    let many = bench.path("scelles");
    fs::create_dir(&many).unwrap();
    fs::copy(copy, many.join("copie.asice")).unwrap();
    let told = bench.run(&["verifier", text(&many), "--ancres", text(anchors)]).expect(0).stdout;
    assert!(told.contains("COPIE CAVIARDÉE"), "{told}");
    assert!(
        told.contains("1 scellés : 1 PASS ; copies caviardées, qui ne sont pas des scellés d'origine : 1"),
        "{told}"
    );
    let rows: Value = bench.run(&["--json", "verifier", text(&many), "--ancres", text(anchors)]).expect(0).json();
    assert_eq!((&rows["bundles"][0]["copy"], &rows["copies"]), (&true.into(), &1.into()));
    let prolonged = bench.run(&["--json", "sceller", "--prolonger-lot", text(&many)]).expect(1).json();
    assert_eq!(prolonged["bundles"][0]["refused"], "disclosure.redacted_copy", "{prolonged}");
    assert_eq!(fs::read_dir(&many).unwrap().count(), 1, "no record beside the copy");
}

#[test]
fn a_list_says_what_to_withhold_and_mistakes_are_told() {
    let bench = Bench::new();
    let (bundle, anchors) = (super::support::small_bundle(), world().pki.anchors_dir());
    let (list, copy) = (bench.path("retraits.toml"), bench.path("copie.asice"));
    let base = world().sites.base();
    fs::write(
        &list,
        format!(
            "demandeur = \"Me Martin\"\n[[fichier]]\nchemin = \"screens/\"\nmotif = \"visages\"\n[[echange]]\n\
             adresse = \"{base}/redirige/1\"\nmotif = \"adresse privée\"\nmontrer_adresse = true\n"
        ),
    )
    .unwrap();
    let run = |more: &[&str]| {
        let base = ["caviarder", text(bundle), "--sortie", text(&copy), "--ancres", text(&anchors)];
        bench.run(&[&base[..], more].concat())
    };
    let told = run(&["--liste", text(&list)]).expect(0).stdout;
    for expected in ["screens/", "visages", "adresse privée", "/redirige/1", "Verdict de la copie : PASS"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    run(&["--retirer", "screens/=x"]).expect_error(2, "seal.target_exists");
    fs::remove_file(&copy).unwrap();
    run(&[]).expect_error(2, "disclosure.nothing");
    run(&["--retirer", "constat.json=x"]).expect_error(2, "disclosure.unknown_file");
    run(&["--retirer-echange", "http://ailleurs.test/=x"]).expect_error(2, "disclosure.unknown_exchange");
    run(&["--retirer", "journal.jsonl"]).expect_error(2, "caviarder.reason");
    run(&["--retirer", "journal.jsonl="]).expect_error(2, "caviarder.reason");
    fs::write(&list, "[[fichier]]\nchemin = 3\n").unwrap();
    run(&["--liste", text(&list)]).expect_error(2, "caviarder.list");
    assert!(!copy.exists());
}

//! Runs compared with one another, and made again unattended: what appeared, vanished and changed, exactly; what is not valid is refused.
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::support::{Answer, Bench, text, world};

/// What every output of a watch says.
const NATURE: &str = "veille : relevé technique, non un constat";

/// A wall of publications, served by the sites at `/veille-…/`; its text, its items and its picture are given.
struct Wall {
    folder: PathBuf,
    address: String,
}

impl Wall {
    fn new(bench: &Bench, name: &str) -> Self {
        let folder = bench.path(name);
        fs::create_dir(&folder).unwrap();
        let prefix = format!("/veille-{name}/");
        world().sites.mount(&prefix, &folder).unwrap();
        let wall = Self { folder, address: format!("{}{prefix}mur.html", world().sites.base()) };
        wall.shows("Titre", "Présentation", &FIRST, "#002395");
        wall
    }

    fn shows(&self, title: &str, words: &str, items: &[(&str, &str, &str)], colour: &str) {
        let articles: String = items
            .iter()
            .map(|(id, author, said)| {
                format!("<article data-id={id}><b class=auteur>{author}</b> <div class=texte>{said}</div></article>")
            })
            .collect();
        let page = format!(
            "<!doctype html><html lang=fr><meta charset=utf-8><title>{title}</title>\
             <style>body {{ margin: 200px 0 0; height: 1500px; position: relative }} \
             img {{ position: absolute; left: 300px; top: -150px }} article {{ height: 60px }}</style>\
             <p>{words}</p><p>{} publications</p><img src=image.svg width=60 height=40>{articles}",
            items.len()
        );
        fs::write(self.folder.join("mur.html"), page).unwrap();
        let image = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='60' height='40'><rect width='60' height='40' fill='{colour}'/></svg>"
        );
        fs::write(self.folder.join("image.svg"), image).unwrap();
    }

    fn scenario(&self, bench: &Bench, more: &str) -> PathBuf {
        bench.scenario(
            "mur.toml",
            &format!(
                "[dossier]\nreference = \"MUR\"\n{more}[acces]\nmode = \"public\"\n[[etape]]\naller = \"{}\"\n\
                 [[etape]]\ncapturer = \"La page\"\n[[etape]]\nrecueillir = {{ titre = \"Le mur\" }}\n",
                self.address
            ),
        )
    }
}

const FIRST: [(&str, &str, &str); 3] =
    [("a", "Ada", "Je reste."), ("b", "Blaise", "Je m'en vais."), ("c", "Claude", "Je change.")];

/// Captures the wall under `reference`.
fn captured(bench: &Bench, scenario: &Path, reference: &str) -> PathBuf {
    bench.capture(text(scenario), reference).expect(0);
    bench.bundle(reference)
}

fn compared(bench: &Bench, before: &Path, after: &Path, more: &[&str]) -> Answer {
    let anchors = world().pki.anchors_dir();
    let mut arguments = vec!["--json", "comparer", text(before), text(after), "--ancres", text(&anchors)];
    arguments.extend_from_slice(more);
    bench.run(&arguments)
}

fn keys(items: &Value) -> Vec<&str> {
    items.as_array().unwrap().iter().map(|item| item["cle"].as_str().unwrap()).collect()
}

#[test]
fn what_appeared_vanished_and_changed_is_told_exactly() {
    let bench = Bench::new();
    let wall = Wall::new(&bench, "tout");
    let scenario = wall.scenario(&bench, "");
    let before = captured(&bench, &scenario, "AVANT");
    let items = [
        ("d", "Denis", "J'arrive."),
        ("a", "Ada", "Je reste."),
        ("c", "Claude", "J'ai changé."),
        ("e", "Eve", "Aussi."),
    ];
    wall.shows("Autre titre", "Autre présentation", &items, "#ed2939");
    let after = captured(&bench, &scenario, "APRES");

    let output = bench.path("comparaison");
    let found = compared(&bench, &before, &after, &["--sortie", text(&output)]).expect(1).json();
    assert_eq!(found["before"]["verdict"], "PASS", "{found:#}");
    assert_eq!((&found["changed"], &found["same_scenario"]), (&json!(true), &json!(true)));
    assert_eq!((&found["steps"], &found["captures"], &found["not_compared"]), (&json!([]), &json!([]), &json!([])));
    // The page
    let pages = found["pages"].as_array().unwrap();
    assert_eq!(pages.len(), 1, "{found:#}");
    assert_eq!((&pages[0]["before"]["title"], &pages[0]["after"]["title"]), (&json!("Titre"), &json!("Autre titre")));
    assert_eq!((&pages[0]["after"]["status"], &pages[0]["after"]["url"]), (&json!(200), &json!(wall.address)));
    texts_are_told(&found);
    lists_are_told(&found);
    // The picture
    let picture = &found["pictures"][0];
    assert_ne!(picture["pixels_before"], picture["pixels_after"]);
    assert_eq!(picture["region"]["top"], 50, "{picture:#}");
    let png = fs::read(output.join(picture["picture"].as_str().unwrap())).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    let told = fs::read_to_string(output.join("comparaison.txt")).unwrap();
    assert!(told.contains("+ apparue : Denis") && told.contains("compteur du site 3 → 4"), "{told}");
    let kept: Value = serde_json::from_slice(&fs::read(output.join("comparaison.json")).unwrap()).unwrap();
    assert_eq!(kept, found);
    compared(&bench, &before, &after, &["--sortie", text(&output)]).expect_error(2, "comparer.not_empty");

    // The dossiers say the same as their bundles.
    let dossiers = compared(&bench, &bench.dossiers().join("AVANT"), &bench.dossiers().join("APRES"), &[]);
    let dossiers = dossiers.expect(1).json();
    for part in ["steps", "pages", "texts", "lists"] {
        assert_eq!(dossiers[part], found[part], "{part}");
    }
    refused(&bench, &before);
}

/// The text, line by line.
fn texts_are_told(found: &Value) {
    let lines = found["texts"][0]["lines"].as_array().unwrap();
    let of = |mark: &str| {
        let ours = lines.iter().filter(|line| line["mark"] == mark);
        ours.map(|line| line["text"].as_str().unwrap()).filter(|text| !text.is_empty()).collect::<Vec<_>>()
    };
    for went in ["Présentation", "3 publications", "Je m'en vais.", "Je change."] {
        assert!(of("-").contains(&went), "{went}: {lines:#?}");
    }
    for came in ["Autre présentation", "4 publications", "J'arrive.", "J'ai changé.", "Aussi."] {
        assert!(of("+").contains(&came), "{came}: {lines:#?}");
    }
    assert!(!of("-").contains(&"Je reste.") && !of("+").contains(&"Je reste."), "{lines:#?}");
}

/// The items and the site's own counter.
fn lists_are_told(found: &Value) {
    let list = &found["lists"][0];
    assert_eq!((&list["before"]["counter"], &list["after"]["counter"]), (&json!(3), &json!(4)), "{list:#}");
    assert_eq!((keys(&list["appeared"]), keys(&list["vanished"])), (vec!["d", "e"], vec!["b"]), "{list:#}");
    assert_eq!(keys(&list["changed"]), ["c"], "{list:#}");
    let change = &list["changed"][0];
    let texts = (&change["before"]["texte"], &change["after"]["texte"]);
    assert_eq!(texts, (&json!("Je change."), &json!("J'ai changé.")));
}

/// What is not valid is not compared.
fn refused(bench: &Bench, bundle: &Path) {
    let mut bytes = fs::read(bundle).unwrap();
    let at = bytes.windows(7).position(|w| w == b"openssl").unwrap();
    bytes[at] = b'0';
    let altered = bench.path("altere.asice");
    fs::write(&altered, bytes).unwrap();
    compared(bench, bundle, &altered, &[]).expect_error(4, "comparer.not_valid");
    fs::write(&altered, b"ceci n'est pas un scelle").unwrap();
    compared(bench, &altered, bundle, &[]).expect_error(4, "comparer.not_valid");
    let (good, bad) = (bench.dossiers().join("AVANT"), bench.dossiers().join("APRES"));
    // A file that is no longer what its journal says is not compared, and this is told.
    fs::write(bad.join("captures/0001-texte.txt"), b"autre chose").unwrap();
    let found = compared(bench, &good, &bad, &[]).expect(1).json();
    assert_eq!(found["texts"], json!([]));
    assert!(found["not_compared"][0].as_str().unwrap().contains("captures/0001-texte.txt"), "{found:#}");
    let journal = bad.join("journal.jsonl");
    let changed = fs::read_to_string(&journal).unwrap().replacen("MUR", "MUT", 1).replacen("APRES", "APRET", 1);
    fs::write(&journal, changed).unwrap();
    compared(bench, &good, &bad, &[]).expect_error(4, "comparer.not_valid");
    compared(bench, &good, &bench.path("rien"), &[]).expect_error(2, "comparer.no_run");
    compared(bench, &good, &bench.dossiers(), &[]).expect_error(2, "comparer.no_run");
}

#[test]
fn a_picture_that_changed_is_framed_and_nothing_else_is_told() {
    let bench = Bench::new();
    let wall = Wall::new(&bench, "image");
    let scenario = wall.scenario(&bench, "");
    let dossiers = bench.dossiers();
    let run = |reference: &str| {
        let arguments = ["capturer", text(&scenario), "--dossiers", text(&dossiers), "--reference", reference];
        bench.run(&[&arguments[..], &["--sans-sceau"]].concat()).expect(0);
        dossiers.join(reference)
    };
    let (first, second) = (run("UN"), run("DEUX"));
    let same = compared(&bench, &first, &second, &[]).expect(0).json();
    assert_eq!((&same["changed"], &same["not_compared"]), (&json!(false), &json!([])), "{same:#}");
    wall.shows("Titre", "Présentation", &FIRST, "#ed2939");
    let third = run("TROIS");
    let output = bench.path("comparaison");
    let found = compared(&bench, &first, &third, &["--sortie", text(&output)]).expect(1).json();
    for part in ["steps", "pages", "captures", "texts", "lists", "not_compared"] {
        assert_eq!(found[part], json!([]), "{part} {found:#}");
    }
    let region = &found["pictures"][0]["region"];
    let place = ["top", "before_rows", "after_rows", "left", "right"].map(|key| region[key].as_u64().unwrap());
    assert_eq!(place, [50, 40, 40, 300, 360], "{region:#}");
    assert!(output.join("etape-0002-difference.png").is_file());
    let told = bench.run(&["comparer", text(&first), text(&third)]).expect(1);
    assert!(
        told.stdout.contains("image de la page changée") && told.stdout.contains("non un constat"),
        "{}",
        told.stdout
    );
}

/// `veille`, with what is common to every test.
fn watched(bench: &Bench, scenario: &Path, more: &[&str]) -> Answer {
    let dossiers = bench.dossiers();
    bench.run(&[&["--json", "veille", text(scenario), "--dossiers", text(&dossiers)], more].concat())
}

#[test]
fn a_run_made_by_a_timer_is_compared_with_the_one_before() {
    let bench = Bench::new();
    let wall = Wall::new(&bench, "minuterie");
    let scenario = wall.scenario(&bench, "");
    let first = watched(&bench, &scenario, &["--une-fois"]).expect(0).json();
    assert_eq!(
        (&first["nature"], &first["state"], &first["comparison"]),
        (&json!(NATURE), &json!("complete"), &Value::Null)
    );
    let bundle = PathBuf::from(first["bundle"].as_str().unwrap());
    assert_eq!(bench.verify(&bundle).expect(0).json()["verdict"], "PASS");
    // The page is gone for a time: this is told, and hides no change from the run after it.
    fs::remove_file(wall.folder.join("mur.html")).unwrap();
    let gone = watched(&bench, &scenario, &["--une-fois"]).expect(1).json();
    assert_eq!(gone["state"], "partial");
    let page = &gone["comparison"]["pages"][0];
    assert_eq!((&page["before"]["status"], &page["after"]["status"]), (&json!(200), &json!(404)), "{gone:#}");
    assert_eq!(gone["comparison"]["steps"][0]["after"]["code"], "capture.sheet_mismatch", "{gone:#}");
    wall.shows("Titre", "Présentation", &[FIRST[0], FIRST[2], ("z", "Zoé", "Me voici.")], "#002395");
    let second = watched(&bench, &scenario, &["--une-fois"]);
    assert!(second.stderr.contains(NATURE), "{}", second.stderr);
    let second = second.expect(1).json();
    let comparison = &second["comparison"];
    assert_eq!((&comparison["nature"], &comparison["before"]["reference"]), (&json!(NATURE), &first["reference"]));
    assert_eq!(keys(&comparison["lists"][0]["appeared"]), ["z"], "{comparison:#}");
    assert_eq!(keys(&comparison["lists"][0]["vanished"]), ["b"], "{comparison:#}");
    // Beside the evidence, never in it.
    let folder = bench.dossiers().join(format!("{}-comparaison", second["reference"].as_str().unwrap()));
    assert_eq!(second["comparison_folder"], text(&folder));
    let told = fs::read_to_string(folder.join("comparaison.txt")).unwrap();
    assert!(told.starts_with(NATURE) && told.contains("+ apparue : Zoé"), "{told}");
    assert_eq!(bench.verify(&PathBuf::from(second["bundle"].as_str().unwrap())).expect(0).json()["verdict"], "PASS");
}

#[test]
fn runs_follow_one_another_and_a_failure_does_not_end_them() {
    let bench = Bench::new();
    let wall = Wall::new(&bench, "suite");
    let scenario = wall.scenario(&bench, "");
    let answer = watched(&bench, &scenario, &["--toutes-les", "2s", "--fois", "2", "--sans-sceau"]).expect(0);
    let runs: Vec<Value> = answer.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(runs.len(), 2, "{}", answer.stdout);
    assert_ne!(runs[0]["reference"], runs[1]["reference"]);
    assert_eq!(runs[1]["comparison"]["before"]["reference"], runs[0]["reference"]);
    assert_eq!(runs[1]["comparison"]["changed"], false, "{:#}", runs[1]);
    let more = ["--toutes-les", "1s", "--fois", "2", "--navigateur", "/n/existe/pas"];
    let answer = watched(&bench, &scenario, &more).expect_error(3, "capture.no_browser");
    let runs: Vec<Value> = answer.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(runs.len(), 2, "{}", answer.stdout);
    for run in runs {
        assert_eq!((&run["nature"], &run["error"]["code"]), (&json!(NATURE), &json!("capture.no_browser")));
    }
}

#[test]
fn a_watch_waits_visibly_and_stops_when_it_is_asked_to() {
    let bench = Bench::new();
    let dossiers = bench.dossiers();
    let url = world().sites.base();
    let arguments =
        ["veille", &url, "--dossiers", text(&dossiers), "--toutes-les", "6h", "--navigateur", "/n/existe/pas"];
    let mut child = bench.start(&arguments);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let told = lines.find(|line| line.starts_with("Prochain passage : le ")).expect("the next run is told");
    assert!(told.contains("UTC+"), "{told}");
    let stopped = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert!(lines.any(|line| line.starts_with("Arrêt demandé : la veille est finie.")));
    assert_eq!(child.wait().unwrap().code(), Some(3), "its only run failed");
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains(NATURE), "{said}");
}

#[test]
fn what_needs_an_officer_is_refused() {
    let bench = Bench::new();
    let wall = Wall::new(&bench, "refus");
    let present = "[[presents]]\nnom = \"Solène Arbrefin\"\nqualite = \"gérante\"\n";
    for more in [present, "[justifications]\nZ67-PRE-08 = \"Parce que.\"\n"] {
        let scenario = wall.scenario(&bench, more);
        watched(&bench, &scenario, &["--une-fois"]).expect_error(2, "veille.attended");
    }
    let scenario = wall.scenario(&bench, "");
    watched(&bench, &scenario, &["--une-fois", "--assiste"]).expect_error(2, "cli.usage_unknown");
    watched(&bench, &scenario, &[]).expect_error(2, "cli.usage_missing");
    watched(&bench, &scenario, &["--toutes-les", "souvent"]).expect_error(2, "cli.usage_value");
    watched(&bench, &scenario, &["--une-fois", "--toutes-les", "6h"]).expect_error(2, "cli.usage_conflict");
    watched(&bench, &scenario, &["--une-fois", "--jusqu-a", "demain"]).expect_error(2, "cli.date");
    let over = watched(&bench, &scenario, &["--toutes-les", "6h", "--jusqu-a", "2020-01-01T00:00:00Z"]).expect(0);
    assert!(over.stdout.is_empty() && over.stderr.contains("0 passage"), "{}", over.stderr);
    assert_eq!(fs::read_dir(bench.dossiers()).unwrap().count(), 0);
}

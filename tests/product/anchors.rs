//! Anchors as an office meets them: configured, made with the seal, completed, checked by a reader; never in the seal's way.
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use fixtures::{Calendar, CalendarManners};
use serde_json::Value;

use super::support::{Bench, codes, text, world};

fn page() -> String {
    format!("{}/redirige/1", world().sites.base())
}

/// A witness that runs until it is dropped.
struct Witness {
    child: Child,
    address: String,
    key: String,
}

impl Witness {
    fn start(bench: &Bench, name: &str, log: &str) -> Self {
        let folder = bench.path(name);
        let full = format!("{name}.example/temoin");
        let arguments = ["--json", "journal", "temoin", "--dossier", text(&folder), "--nom", &full, "--journal", log];
        let mut command = bench.command(&arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        let said = |key: &str| told[key].as_str().unwrap().to_owned();
        Self { child, address: said("address"), key: said("key") }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Adds an `[ancrage]` section to the étude of a bench.
fn anchored(bench: &Bench, section: &str) {
    let etude = bench.path("etude.toml");
    let text = std::fs::read_to_string(&etude).unwrap();
    std::fs::write(&etude, format!("{text}[ancrage]\n{section}")).unwrap();
}

fn states(verdict: &Value) -> Vec<&str> {
    verdict["seal"]["anchors"].as_array().unwrap().iter().map(|a| a["state"].as_str().unwrap()).collect()
}

#[test]
fn a_capture_is_anchored_and_a_reader_checks_it() {
    let bench = Bench::new();
    let calendars = [CalendarManners::Good, CalendarManners::Good].map(|m| Calendar::start(m).unwrap());
    let folder = bench.path("journal");
    let made =
        bench.run(&["--json", "journal", "initialiser", "--dossier", text(&folder), "--nom", "etude.example/journal"]);
    let key = made.expect(0).json()["key"].as_str().unwrap().to_owned();
    bench.run(&["journal", "initialiser", "--dossier", text(&folder), "--nom", "x"]).expect_error(3, "log.file");
    let witnesses = ["une", "deux"].map(|name| Witness::start(&bench, name, &key));
    let [one, two] = &witnesses;
    let policy = format!(
        "log {key}\nwitness une {} {}\nwitness deux {} {}\ngroup tous all une deux\nquorum tous\n",
        one.key, one.address, two.key, two.address
    );
    std::fs::write(bench.path("politique.txt"), policy).unwrap();
    let addresses = calendars.each_ref().map(Calendar::url);
    anchored(
        &bench,
        &format!(
            "calendriers = {addresses:?}\nchaine_essai = true\njournal = \"journal\"\npolitique = \"politique.txt\"\n"
        ),
    );
    let captured = bench.capture(&page(), "ANCRE").expect(0);
    assert!(!captured.stderr.contains("Ancre non obtenue"), "{}", captured.stderr);
    let bundle = bench.bundle("ANCRE");
    // An opposing expert without anything: the verdict stands, the claims are told.
    let bare = bench.verify(&bundle).expect(0).json();
    assert_eq!(states(&bare), ["pending", "unchecked"]);
    let policy = bench.path("politique.txt");
    let anchors = world().pki.anchors_dir();
    let asked = ["verifier", text(&bundle), "--ancres", text(&anchors), "--politique", text(&policy)];
    let told = bench.run(&asked).expect(0).stdout;
    assert!(told.contains("Ancre      : Journal des sceaux : feuille 0 d'un arbre de 1"), "{told}");
    assert!(told.contains("une le ") && told.contains("politique remplie (2 sur 2"), "{told}");
    assert!(told.contains("OpenTimestamps : en attente, promesse de http://127.0.0.1:"), "{told}");
    // Confirmed by one calendar, awaited of the other: completed from the whole folder.
    calendars[0].confirm(3);
    let dossiers = bench.dossiers();
    let done = bench.run(&["--json", "ancrer", text(&dossiers)]).expect(0).json();
    assert_eq!(
        (done["bundles"].as_array().unwrap().len(), &done["bundles"][0]["changed"]),
        (1, &true.into()),
        "{done}"
    );
    assert_eq!(codes(&done["bundles"][0]), ["anchor.waiting"]);
    std::fs::write(bench.path("entetes.bin"), calendars[0].headers()).unwrap();
    let etude = std::fs::read_to_string(bench.path("etude.toml")).unwrap();
    std::fs::write(bench.path("etude.toml"), etude + "entetes = \"entetes.bin@900000\"\n").unwrap();
    let checked = bench.run(&["--json", "verifier", text(&bundle)]).expect(0).json();
    assert_eq!(states(&checked), ["proven", "proven"], "{checked}");
    // Held against the rules of the real chain, a chain of tests proves nothing: it is false to give it as proof.
    let headers = format!("{}@900000", text(&bench.path("entetes.bin")));
    let asked = ["--json", "verifier", text(&bundle), "--ancres", text(&anchors), "--entetes", &headers];
    let refused = bench.run(&asked).expect(1).json();
    assert!(codes(&refused).contains(&"anchor.false".to_owned()), "{refused}");
    let headers = format!("{}@900000", text(&bench.path("politique.txt")));
    let asked = ["verifier", text(&bundle), "--ancres", text(&anchors), "--entetes", &headers];
    bench.run(&asked).expect_error(2, "anchor.headers");
    // The archive token covers the anchors.
    bench.run(&["sceller", "--prolonger", text(&bundle)]).expect(0);
    let checked = bench.run(&["--json", "verifier", text(&bundle)]).expect(0).json();
    assert_eq!((states(&checked), &checked["seal"]["level"]), (vec!["proven", "proven"], &"B-LTA".into()), "{checked}");
    let shown = bench.run(&["journal", "montrer"]).expect(0).stdout;
    assert!(shown.contains(&key) && shown.contains("une.example/temoin"), "{shown}");
}

#[test]
fn anchors_that_cannot_be_had_stop_nothing() {
    let bench = Bench::new();
    let silent = [CalendarManners::Status(503), CalendarManners::Garbage].map(|m| Calendar::start(m).unwrap());
    let addresses = silent.each_ref().map(Calendar::url);
    // The log is not there at all: a mistake of configuration, told, and the capture is sealed all the same.
    anchored(&bench, &format!("calendriers = {addresses:?}\njournal = \"absent\"\n"));
    let captured = bench.capture(&page(), "SANS-JOURNAL").expect(0);
    assert!(captured.stderr.contains("Ancre non obtenue : [log.file]"), "{}", captured.stderr);
    bench.verify(&bench.bundle("SANS-JOURNAL")).expect(0);
    let etude = bench.path("etude.toml");
    let section = std::fs::read_to_string(&etude).unwrap().replace("journal = \"absent\"\n", "");
    std::fs::write(&etude, section).unwrap();
    let captured = bench.capture(&page(), "SANS-CALENDRIER").expect(0);
    assert!(captured.stderr.contains("HTTP 503"), "{}", captured.stderr);
    let bundle = bench.bundle("SANS-CALENDRIER");
    assert_eq!(bench.verify(&bundle).expect(0).json()["seal"]["anchors"], Value::Null);
    bench.run(&["ancrer", text(&bundle)]).expect(3);
    silent[1].set_manners(CalendarManners::Good);
    let told = bench.run(&["ancrer", text(&bundle)]).expect(3).stdout;
    assert!(told.contains("Ancré : ") && told.contains("en attente"), "{told}");
}

#[test]
fn mistakes_of_configuration_are_named() {
    let bench = Bench::new();
    let missing = bench.path("rien.asice");
    bench.run(&["ancrer", text(&missing)]).expect_error(2, "etude.no_anchor");
    for (section, word) in [
        ("calendriers = [\"https://a.example\"]\n", "deux au moins"),
        ("calendriers = [\"ftp://a.example\", \"https://b.example\"]\n", "http://"),
        ("inconnu = 1\n", "inconnu"),
    ] {
        let bench = Bench::new();
        anchored(&bench, section);
        let told = bench.run(&["ancrer", text(&missing)]).expect_error(2, "etude.invalid");
        assert!(told.stderr.contains(word), "{}", told.stderr);
    }
}

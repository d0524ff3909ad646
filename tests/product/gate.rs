//! The gate before the first page: a constat is refused with its list, a relevé technique goes on and tells every gap.
use std::fs;

use dossier::{Journal, JournalEntry, Outcome, op};
use serde_json::{Value, json};

use super::attended::{Desk, justifications};
use super::support::{Bench, text, world};

fn scenario(bench: &Bench, reference: &str, more: &str) -> std::path::PathBuf {
    let steps = "[[etape]]\naller = \"{base}/\"\n[[etape]]\ncapturer = \"La page\"\n";
    bench.scenario(&format!("{reference}.toml"), &format!("[dossier]\nreference = \"{reference}\"\n{more}{steps}"))
}

fn journal(bench: &Bench, reference: &str) -> Vec<JournalEntry> {
    let file = fs::File::open(bench.dossiers().join(reference).join("journal.jsonl")).unwrap();
    Journal::read(file).unwrap().0.entries().to_vec()
}

fn gate(journal: &[JournalEntry]) -> &JournalEntry {
    let lines: Vec<&JournalEntry> = journal.iter().filter(|e| e.op == op::NORM_GATE).collect();
    assert_eq!(lines.len(), 1);
    let page = journal.iter().find(|e| [op::STEP_BEGIN, op::PAGE_REACHED].contains(&e.op)).unwrap();
    assert!(lines[0].seq < page.seq, "judged before the first page");
    lines[0]
}

fn gaps(entry: &JournalEntry) -> Vec<(String, String)> {
    let gaps = entry.data["gaps"].as_array().unwrap();
    gaps.iter().map(|g| (g["requirement"].as_str().unwrap().into(), g["weight"].as_str().unwrap().into())).collect()
}

fn assisted(bench: &Bench, reference: &str, more: &str) -> Desk {
    let (scenario, dossiers) = (scenario(bench, reference, more), bench.dossiers());
    Desk::open(bench, &["capturer", text(&scenario), "--dossiers", text(&dossiers), "--assiste"], None)
}

#[test]
fn without_any_source_a_constat_is_refused_before_the_first_page() {
    // Nothing outside is named: no clock, no public address.
    let bench = Bench::new();
    let (code, screen) = assisted(&bench, "REFUSE", &justifications()).end();
    assert_eq!(code, 1, "{screen}");
    for part in ["[bloquant] Adresses IP", "Z67-PRE-10", "[mesures] adresse_publique", "capture.preliminaries"] {
        assert!(screen.contains(part), "« {part} » is not told: {screen}");
    }
    let journal = journal(&bench, "REFUSE");
    let gate = gate(&journal);
    assert_eq!(gate.outcome, Outcome::Failed);
    assert!(gate.data["refused"].as_array().unwrap().contains(&Value::from("Z67-PRE-10")), "{gate:?}");
    assert!(!journal.iter().any(|e| e.op == op::PAGE_REACHED), "no page was asked for");
    let ends: Vec<Outcome> = journal.iter().filter(|e| e.op == op::STEP_END).map(|e| e.outcome).collect();
    assert_eq!(ends, [Outcome::NotDone; 2]);
    let stop = journal.iter().find(|e| e.op == op::SESSION_STOP).unwrap();
    assert_eq!(stop.text("why"), Some("preliminaries"));
    // What was measured is sealed all the same, and holds.
    assert_eq!(bench.verify(&bench.bundle("REFUSE")).expect(0).json()["verdict"], "PASS");
}

#[test]
fn without_any_source_a_releve_technique_goes_on_and_prints_each_gap() {
    let bench = Bench::new();
    let (scenario, dossiers) = (scenario(&bench, "RELEVE", ""), bench.dossiers());
    let answer = bench.run(&["capturer", text(&scenario), "--dossiers", text(&dossiers)]).expect(0);
    let journal = journal(&bench, "RELEVE");
    let gate = gate(&journal);
    assert_eq!(gate.outcome, Outcome::Ok);
    assert_eq!(
        (&gate.data["refused"], &gate.data["attended"]),
        (&json!([]), &json!(false)),
        "nobody attends: nothing is refused"
    );
    let gaps = gaps(gate);
    for (id, weight) in [("Z67-PRE-10", "block"), ("Z67-OPS-02", "justify")] {
        assert!(gaps.contains(&(id.to_owned(), weight.to_owned())), "{id}: {gaps:?}");
    }
    for (id, _) in &gaps {
        assert!(answer.stderr.contains(id.as_str()), "{id} is not printed: {}", answer.stderr);
    }
    assert!(journal.iter().any(|e| e.op == op::PAGE_REACHED && e.outcome == Outcome::Ok));
    let (bundle, pv, anchors) = (bench.bundle("RELEVE"), bench.path("releve.pdf"), world().pki.anchors_dir());
    let drawn = bench.run(&["--json", "rediger", text(&bundle), "--sortie", text(&pv), "--ancres", text(&anchors)]);
    let drawn = drawn.expect(0).json();
    assert!(drawn["title"].as_str().unwrap().starts_with("RELEVÉ TECHNIQUE"), "{drawn}");
    let printed = std::process::Command::new("pdftotext").arg(&pv).arg("-").output().unwrap();
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    for (id, _) in &gaps {
        assert!(printed.contains(id.as_str()), "{id} is not in the document");
    }
}

#[test]
fn the_officer_answers_in_writing_for_what_may_be_justified_or_the_session_ends() {
    let bench = Bench::measuring();
    // A clock held against nothing may be justified, in the officer's own words, at the terminal.
    let quiet = justifications().replace("Z67-OPS-02 = \"machine d'essai\"\n", "");
    let configuration = fs::read_to_string(bench.path("etude.toml")).unwrap();
    let without: Vec<&str> = configuration.lines().filter(|line| !line.starts_with("serveurs = ")).collect();
    fs::write(bench.path("etude.toml"), without.join("\n")).unwrap();
    let mut desk = assisted(&bench, "ECRITE", &quiet);
    let asked = desk.until("Votre justification");
    assert!(asked.contains("Z67-OPS-02") && asked.contains("[temps] serveurs"), "{asked}");
    desk.type_line("Horloge comparée à l'horloge parlante de l'étude.\n");
    desk.until("[o = oui, n = non, pause, passer, étape, arrêter]");
    desk.type_line("o\n");
    desk.until("Votre constatation");
    desk.type_line("\n");
    let (code, screen) = desk.end();
    assert_eq!(code, 0, "{screen}");
    let lines = journal(&bench, "ECRITE");
    assert_eq!(gate(&lines).outcome, Outcome::Ok);
    let written: Vec<_> = lines.iter().filter(|e| e.op == op::NORM_JUSTIFICATION).collect();
    let own = written.iter().find(|e| e.text("requirement") == Some("Z67-OPS-02")).unwrap();
    assert_eq!((own.outcome, own.text("given")), (Outcome::Declared, Some("officer")));
    assert_eq!(own.text("why"), Some("Horloge comparée à l'horloge parlante de l'étude."));
    let (bundle, pv, anchors) = (bench.bundle("ECRITE"), bench.path("pv.pdf"), world().pki.anchors_dir());
    bench.run(&["rediger", text(&bundle), "--sortie", text(&pv), "--ancres", text(&anchors)]).expect(0);
    let printed = std::process::Command::new("pdftotext").args(["-layout"]).arg(&pv).arg("-").output().unwrap();
    assert!(String::from_utf8_lossy(&printed.stdout).contains("parlante"), "the act prints the justification");

    // An empty line is no justification.
    let mut desk = assisted(&bench, "VIDE", &quiet);
    desk.until("Votre justification");
    desk.type_line("\n");
    let (code, screen) = desk.end();
    assert_eq!(code, 1, "{screen}");
    let lines = journal(&bench, "VIDE");
    assert_eq!(gate(&lines).outcome, Outcome::Failed);
    assert!(!lines.iter().any(|e| e.op == op::PAGE_REACHED));
}

#[test]
fn a_justification_of_something_unknown_is_a_mistake_of_the_scenario() {
    let bench = Bench::new();
    let (scenario, dossiers) =
        (scenario(&bench, "FAUTE", "[justifications]\nZ67-PRE-99 = \"rien\"\n"), bench.dossiers());
    let answer = bench.run(&["capturer", text(&scenario), "--dossiers", text(&dossiers)]);
    answer.expect_error(2, "scenario.justification");
    assert!(fs::read_dir(bench.dossiers()).unwrap().next().is_none(), "nothing was created");
}

#[test]
fn the_table_of_the_machine_says_what_to_do() {
    let bench = Bench::new();
    let told = bench.run(&["--json", "controler"]).expect(1).json();
    let rows = told["requirements"].as_array().unwrap();
    assert!(rows.len() >= 36, "{}", rows.len());
    let address = rows.iter().find(|row| row["id"] == "Z67-PRE-10").unwrap();
    assert_eq!((&address["weight"], &address["state"]), (&"block".into(), &"not_met".into()));
    assert!(address["todo"].as_str().unwrap().contains("adresse_publique"));
    assert!(told["blocking"].as_u64().unwrap() >= 1);
    let shown = bench.run(&["controler"]).expect(1);
    assert!(shown.stdout.contains("Z67-PRE-10") && shown.stdout.contains("à faire :"), "{}", shown.stdout);
    assert!(shown.stdout.contains("Un constat serait refusé"), "{}", shown.stdout);
}

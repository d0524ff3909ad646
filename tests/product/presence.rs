//! The officer's screen and its film, sealed, verified and told by the act; and what a session that is killed leaves of it.
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dossier::{Journal, JournalEntry, Outcome, op};
use fixtures::Screen;
use rustix::process::{Pid, Signal, kill_process};

use super::attended::{Desk, justifications};
use super::support::{Bench, text, world};

const SCENARIO: &str = "[dossier]\nreference = \"REF\"\nJUSTIFICATIONS[presence]\nfilm = true\n[[etape]]\n\
    aller = \"{base}/son/\"\n[[etape]]\ncapturer = \"La page\"\n[[etape]]\nattendre = { secondes = SECONDS }\n";

fn journal(bench: &Bench, reference: &str) -> Vec<JournalEntry> {
    let file = fs::File::open(bench.dossiers().join(reference).join("journal.jsonl")).unwrap();
    Journal::read(file).unwrap().0.entries().to_vec()
}

fn plan(bench: &Bench, reference: &str, seconds: u32) -> std::path::PathBuf {
    let plan = SCENARIO.replace("REF", reference).replace("JUSTIFICATIONS", &justifications());
    bench.scenario(&format!("{reference}.toml"), &plan.replace("SECONDS", &seconds.to_string()))
}

#[test]
fn what_the_officer_saw_is_sealed_verified_and_told() {
    let (bench, screen) = (Bench::measuring(), Screen::start().unwrap());
    let (scenario, dossiers) = (plan(&bench, "ECRAN", 3), bench.dossiers());
    let arguments = ["capturer", text(&scenario), "--dossiers", text(&dossiers), "--assiste"];
    let mut desk = Desk::open(&bench, &arguments, Some(screen.name()));
    let shown = desk.until("[o = oui, n = non, pause, passer, étape, arrêter]");
    assert!(shown.contains("captures/0001-bureau.png (écran entier)"), "{shown}");
    desk.type_line("o\n");
    desk.until("Votre constatation");
    desk.type_line("\n");
    let (code, rest) = desk.end();
    assert_eq!(code, 0, "{rest}");
    let lines = journal(&bench, "ECRAN");
    let film = lines.iter().rfind(|e| e.op == op::FILM_RECORDING).unwrap();
    assert_eq!((film.outcome, film.data["sound"].as_bool()), (Outcome::Ok, Some(true)), "{film:?}");
    let picture = lines.iter().find(|e| e.op == op::PICTURE_DESKTOP).unwrap();
    assert_eq!((picture.outcome, picture.data["clock_shown"].as_bool()), (Outcome::Ok, Some(true)), "{picture:?}");
    assert_eq!(bench.verify(&bench.bundle("ECRAN")).expect(0).json()["verdict"], "PASS");
    let (bundle, pv, anchors) = (bench.bundle("ECRAN"), bench.path("pv.pdf"), world().pki.anchors_dir());
    bench.run(&["rediger", text(&bundle), "--sortie", text(&pv), "--ancres", text(&anchors)]).expect(0);
    let printed = Command::new("pdftotext").arg(&pv).arg("-").output().unwrap();
    let printed = String::from_utf8_lossy(&printed.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "Film de la session :",
        "son du navigateur enregistré : oui",
        "Image de l’écran entier",
        "horloge de l’appareil",
    ] {
        assert!(printed.replace('\'', "’").contains(part), "« {part} » : {printed}");
    }
    // A film that was changed after the seal is found out.
    let changed = bench.path("change.asice");
    let mut bytes = fs::read(&bundle).unwrap();
    let name = b"film/0001.webm";
    // In the file itself: after a local header (APPNOTE 4.3.7), of which the name is the 31st octet.
    let header = |w: &[u8]| w.starts_with(b"PK\x03\x04") && w.ends_with(name);
    let at = bytes.windows(30 + name.len()).position(header).unwrap() + 30 + name.len() + 500;
    bytes[at] ^= 1;
    fs::write(&changed, bytes).unwrap();
    assert_eq!(bench.verify(&changed).expect(1).json()["verdict"], "FAIL");
}

#[test]
fn a_session_that_is_killed_leaves_the_segment_under_way_and_it_is_stated() {
    let (bench, screen) = (Bench::new(), Screen::start().unwrap());
    let (scenario, dossiers) = (plan(&bench, "COUPE", 120), bench.dossiers());
    let mut command = bench.command(&["capturer", text(&scenario), "--dossiers", text(&dossiers)]);
    let mut child = command.env("DISPLAY", screen.name()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let under_way = dossiers.join("COUPE/film/en-cours-0001.webm");
    let deadline = Instant::now() + Duration::from_secs(120);
    while !under_way.metadata().is_ok_and(|file| file.len() > 5000) {
        assert!(Instant::now() < deadline, "nothing is filmed");
        std::thread::sleep(Duration::from_millis(50));
    }
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::KILL).unwrap();
    child.wait().unwrap();
    bench.run(&["--json", "sceller", text(&dossiers.join("COUPE"))]).expect(0);
    let lines = journal(&bench, "COUPE");
    assert_eq!(lines.last().unwrap().text("state"), Some("interrupted"));
    let stated = lines.iter().filter(|e| e.op == op::FINDING && e.text("code") == Some("dossier.remains"));
    let names: Vec<&str> = stated.filter_map(|e| e.text("found")).collect();
    assert!(names.iter().any(|name| name.starts_with("film/en-cours-")), "{names:?}");
    assert_eq!(bench.verify(&bench.bundle("COUPE")).expect(0).json()["verdict"], "PASS");
}

//! The officer attends: asked at a terminal about each capture; the answers make the act a constat, or say it is none.
use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use dossier::{Journal, JournalEntry, Outcome, op};

use super::support::{Bench, text, world};

/// The end of the question.
pub(crate) const QUESTION: &str = "[o = oui, n = non, pause, passer, étape, arrêter]";
/// What is asked after a yes.
pub(crate) const OWN: &str = "Votre constatation";

const SCENARIO: &str = "[dossier]\nreference = \"REF\"\nJUSTIFICATIONS[[etape]]\naller = \"{base}/redirige/1\"\n\
    [[etape]]\ncapturer = \"La page\"\n[[etape]]\ncapturer = \"La page, encore\"\n";

/// The binary under a pseudo-terminal, and what it wrote there.
pub(crate) struct Desk {
    child: Child,
    keys: Option<ChildStdin>,
    screen: Receiver<Vec<u8>>,
    seen: String,
}

impl Desk {
    /// Starts `capturer --assiste` under `script` (util-linux), with a display or without.
    pub(crate) fn open(bench: &Bench, arguments: &[&str], display: Option<&str>) -> Self {
        let constat = bench.command(arguments);
        let quoted = |word: &std::ffi::OsStr| format!("'{}'", word.to_str().unwrap().replace('\'', "'\\''"));
        let line: Vec<String> = std::iter::once(constat.get_program()).chain(constat.get_args()).map(quoted).collect();
        let mut script = Command::new("script");
        script.args(["-qefc", &format!("exec {}", line.join(" ")), "/dev/null"]);
        script.envs(constat.get_envs().filter_map(|(name, value)| Some((name, value?))));
        script.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").envs(display.map(|value| ("DISPLAY", value)));
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = script.spawn().expect("script is missing: install util-linux");
        let mut output = child.stdout.take().unwrap();
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0_u8; 4096];
            while let Ok(n @ 1..) = output.read(&mut bytes) {
                if sender.send(bytes[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { keys: child.stdin.take(), child, screen, seen: String::new() }
    }

    /// Waits until `text` is written after what was seen, and gives what was written up to there.
    pub(crate) fn until(&mut self, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(120);
        let mut bytes = std::mem::take(&mut self.seen).into_bytes();
        loop {
            let written = String::from_utf8_lossy(&bytes).into_owned();
            if let Some(at) = written.find(text) {
                let (before, after) = written.split_at(at + text.len());
                self.seen = after.to_owned();
                return before.to_owned();
            }
            match self.screen.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(more) => bytes.extend(more),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("« {text} » was never written: {written}")
                }
            }
        }
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        let keys = self.keys.as_mut().unwrap();
        keys.write_all(line.as_bytes()).and_then(|()| keys.flush()).unwrap();
    }

    /// The exit code of the binary, and what it wrote last.
    pub(crate) fn end(mut self) -> (i32, String) {
        let mut rest = std::mem::take(&mut self.seen);
        while let Ok(more) = self.screen.recv_timeout(Duration::from_secs(120)) {
            rest += &String::from_utf8_lossy(&more);
        }
        (self.child.wait().unwrap().code().unwrap_or(-1), rest)
    }
}

/// The officer's words for what a machine of tests may lack.
pub(crate) fn justifications() -> String {
    let ids = ["PRE-01", "PRE-02", "PRE-07", "PRE-08", "PRE-09", "PRE-12", "OPS-02", "OPS-17"];
    let lines = ids.map(|id| format!("Z67-{id} = \"machine d'essai\"\n"));
    format!("[justifications]\n{}", lines.concat())
}

/// Opens the desk on the scenario, under `reference`.
pub(crate) fn attend(bench: &Bench, reference: &str, display: Option<&str>) -> Desk {
    let plan = SCENARIO.replace("REF", reference).replace("JUSTIFICATIONS", &justifications());
    let scenario = bench.scenario(&format!("{reference}.toml"), &plan);
    let dossiers = bench.dossiers();
    Desk::open(bench, &["capturer", text(&scenario), "--dossiers", text(&dossiers), "--assiste"], display)
}

fn journal(bench: &Bench, reference: &str) -> Vec<JournalEntry> {
    let file = fs::File::open(bench.dossiers().join(reference).join("journal.jsonl")).unwrap();
    Journal::read(file).unwrap().0.entries().to_vec()
}

fn answers(journal: &[JournalEntry]) -> Vec<(Outcome, Option<&str>)> {
    journal.iter().filter(|e| e.op == op::STEP_ACKNOWLEDGED).map(|e| (e.outcome, e.text("by"))).collect()
}

fn finding(journal: &[JournalEntry], code: &str) -> bool {
    journal.iter().any(|e| e.op == op::FINDING && e.text("code") == Some(code))
}

/// `rediger --json` of a bundle.
fn drawn(bench: &Bench, reference: &str) -> serde_json::Value {
    let (bundle, pv, anchors) = (bench.bundle(reference), bench.path("pv.pdf"), world().pki.anchors_dir());
    bench.run(&["--json", "rediger", text(&bundle), "--sortie", text(&pv), "--ancres", text(&anchors)]).expect(0).json()
}

#[test]
fn what_the_officer_acknowledges_is_a_constat() {
    let bench = Bench::measuring();
    let mut desk = attend(&bench, "ASSISTE", None);
    // Typed before anything was shown: it answers nothing.
    desk.type_line("o\no\n");
    let shown = desk.until(QUESTION);
    let root = bench.dossiers().join("ASSISTE");
    let picture = fs::read(root.join("screens/0001-page.png")).expect("kept before the question");
    let sha256 = dossier::Sha256Digest::of(&picture).to_string();
    for part in ["Capture n° 1", "La page", &sha256, text(&root.join("screens/0001-page.png")), "Camille Essai"] {
        assert!(shown.contains(part), "« {part} » is not in what the officer was shown: {shown}");
    }
    assert!(answers(&journal(&bench, "ASSISTE")).is_empty(), "nobody has answered yet");
    desk.type_line("o\n");
    desk.until(OWN);
    desk.type_line("Un titre manifestement faux.\n");
    let shown = desk.until("« conserver »");
    assert!(shown.contains("« manifestement »") && shown.contains("2016-728"), "{shown}");
    desk.type_line("La page affiche un titre en gras.\n");
    desk.until("Capture n° 2");
    desk.until(QUESTION);
    // Neither an empty line nor another word is an answer.
    desk.type_line("\n");
    desk.until(QUESTION);
    desk.type_line("pause\n");
    desk.until("pour finir :");
    desk.type_line("reprendre\n");
    desk.until(QUESTION);
    desk.type_line("étape\n");
    desk.until("Étape, comme au scénario");
    desk.type_line("defiler = \"bas\"\n");
    desk.until(QUESTION);
    desk.type_line("oui\n");
    desk.until(OWN);
    desk.type_line("\n");
    let (code, rest) = desk.end();
    assert_eq!(code, 0, "{rest}");
    let journal = journal(&bench, "ASSISTE");
    assert_eq!(answers(&journal), [(Outcome::Ok, Some("Camille Essai")); 2]);
    let first = journal.iter().find(|e| e.op == op::STEP_ACKNOWLEDGED).unwrap();
    assert_eq!(first.text("sha256"), Some(sha256.as_str()));
    assert_eq!(first.text("words"), Some("La page affiche un titre en gras."));
    let scripted = |e: &&JournalEntry| e.op == op::STEP_BEGIN && e.data.contains_key("scripted");
    assert_eq!(journal.iter().filter(scripted).filter_map(|e| e.text("kind")).collect::<Vec<_>>(), ["defiler"]);
    assert_eq!(journal.iter().filter(|e| e.op == op::PRESENCE_PAUSE).count(), 2);
    assert!(!finding(&journal, "presence.opinion"), "what was written again is no opinion any more");
    assert!(finding(&journal, "capture.headless_attended"), "no window was shown, and it is said");
    assert_eq!(bench.verify(&bench.bundle("ASSISTE")).expect(0).json()["verdict"], "PASS");
    let act = drawn(&bench, "ASSISTE");
    assert_eq!(act["title"], "PROCÈS-VERBAL DE CONSTAT SUR INTERNET", "{act}");
    the_act_tells_the_session(&bench);
}

/// What the officer said, added and let pass stands in the act.
fn the_act_tells_the_session(bench: &Bench) {
    let printed = Command::new("pdftotext").arg(bench.path("pv.pdf")).arg("-").output().unwrap();
    let printed = String::from_utf8_lossy(&printed.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "telle que déclarée : « La page affiche un titre en gras. »",
        "Opération hors du plan de capture",
        "Session reprise par l’officier",
        "Session non filmée",
        "Écran non pris en image",
    ] {
        let plain = |text: &str| text.replace(['\u{a0}', '\u{202f}'], " ").replace('\'', "’");
        assert!(plain(&printed).contains(part), "« {part} » : {printed}");
    }
}

#[test]
fn a_refusal_and_a_stop_are_told_and_never_taken_for_an_answer() {
    let bench = Bench::measuring();
    let mut desk = attend(&bench, "REFUS", None);
    desk.until(QUESTION);
    desk.type_line("n\n");
    desk.until("Motif");
    desk.type_line("page illisible\n");
    desk.until(QUESTION);
    desk.type_line("arrêter\n");
    let (code, rest) = desk.end();
    assert_eq!(code, 1, "{rest}");
    let journal = journal(&bench, "REFUS");
    assert_eq!(answers(&journal), [(Outcome::Failed, None)]);
    assert!(finding(&journal, "capture.not_acknowledged"));
    assert!(journal.iter().any(|e| e.op == op::SESSION_STOP && e.text("why") == Some("officer")));
}

#[test]
fn the_end_of_the_input_and_ctrl_c_end_the_session_at_the_question() {
    let bench = Bench::measuring();
    for (reference, key, why) in [("FIN", "\u{4}", "officer"), ("CTRL-C", "\u{3}", "signal")] {
        let mut desk = attend(&bench, reference, None);
        desk.until(QUESTION);
        desk.type_line(key);
        let (code, rest) = desk.end();
        assert_eq!(code, 1, "{reference}: {rest}");
        let journal = journal(&bench, reference);
        assert!(answers(&journal).is_empty(), "{reference}");
        assert!(journal.iter().any(|e| e.op == op::SESSION_STOP && e.text("why") == Some(why)), "{reference}: {rest}");
        assert_eq!(bench.verify(&bench.bundle(reference)).expect(0).json()["verdict"], "PASS");
    }
}

#[test]
fn without_a_terminal_or_an_officer_nothing_is_attended() {
    let bench = Bench::measuring();
    let dossiers = bench.dossiers();
    let url = world().sites.base();
    let arguments = ["capturer", &url, "--dossiers", text(&dossiers), "--reference", "SEUL", "--assiste"];
    bench.run(&arguments).expect_error(2, "cli.no_terminal");
    let etude = fs::read_to_string(bench.path("etude.toml")).unwrap();
    let (before, after) = (etude.find("[officier]").unwrap(), etude.find("[sceau]").unwrap());
    fs::write(bench.path("etude.toml"), format!("{}{}", &etude[..before], &etude[after..])).unwrap();
    let (code, rest) = Desk::open(&bench, &arguments, None).end();
    assert!(code == 2 && rest.contains("erreur [cli.no_officer]"), "{code}: {rest}");
    assert!(!dossiers.join("SEUL").exists(), "nothing is created for a session that cannot be attended");
}

const LONGER: &str = "[dossier]\nreference = \"REPRISE-ASSISTEE\"\nobjet = \"Constater la page\"\nJUSTIFICATIONS[acces]\nmode = \"public\"\n\
    [[etape]]\naller = \"{base}/types/latin1\"\n[[etape]]\ncapturer = \"La première\"\n[[etape]]\nattendre = { secondes = 8 }\n\
    [[etape]]\ncapturer = \"La seconde\"\n";

/// Waits until the journal has a line that holds; the process that writes it.
fn journalled(bench: &Bench, reference: &str, holds: impl Fn(&JournalEntry) -> bool) -> u64 {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let lines = super::resumption::lines(&bench.dossiers().join(reference));
        if lines.iter().any(&holds) {
            let start = |e: &&JournalEntry| e.op == op::SESSION_OPEN;
            return lines.iter().find(start).and_then(|e| e.data["pid"].as_u64()).unwrap();
        }
        assert!(Instant::now() < deadline, "never journalled");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_attended_session_goes_on_with_its_officer_after_steps_of_his_own() {
    let bench = Bench::measuring();
    let scenario = bench.scenario("reprise.toml", &LONGER.replace("JUSTIFICATIONS", &justifications()));
    let (dossiers, reference) = (bench.dossiers(), "REPRISE-ASSISTEE");
    let mut desk = Desk::open(&bench, &["capturer", text(&scenario), "--dossiers", text(&dossiers), "--assiste"], None);
    desk.until(QUESTION);
    desk.type_line("étape\n");
    desk.until("Étape, comme au scénario");
    desk.type_line("defiler = \"bas\"\n");
    desk.until(QUESTION);
    desk.type_line("oui\n");
    desk.until(OWN);
    desk.type_line("\n");
    let pid = journalled(&bench, reference, |e| e.op == op::STEP_BEGIN && e.integer("step") == Some(3));
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    drop(desk.end());
    let root = dossiers.join(reference);
    let mut desk = Desk::open(&bench, &["capturer", "--reprendre", text(&root)], None);
    let shown = desk.until(QUESTION);
    assert!(shown.contains("La seconde"), "{shown}");
    desk.type_line("oui\n");
    desk.until(OWN);
    desk.type_line("La page affiche un titre.\n");
    let (code, rest) = desk.end();
    assert_eq!(code, 0, "{rest}");
    let journal = journal(&bench, reference);
    assert_eq!(answers(&journal), [(Outcome::Ok, Some("Camille Essai")); 2]);
    let begun = |kind: &str| {
        let of = journal.iter().filter(|e| e.op == op::STEP_BEGIN && e.text("kind") == Some(kind));
        of.map(|e| e.integer("step").unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((begun("defiler"), begun("attendre"), begun("capturer")), (vec![5], vec![3, 3], vec![2, 4]));
    let resumed = journal.iter().find(|e| e.op == op::SESSION_RESUMED).unwrap();
    assert_eq!((resumed.integer("last_step"), resumed.integer("next_step")), (Some(2), Some(3)), "{resumed:#?}");
    assert_eq!(bench.verify(&bench.bundle(reference)).expect(0).json()["verdict"], "PASS");
    assert_eq!(drawn(&bench, reference)["title"], "PROCÈS-VERBAL DE CONSTAT SUR INTERNET");
}

const WALLED: &str = "[dossier]\nreference = \"REF\"\nobjet = \"Constater la page\"\nJUSTIFICATIONS[presence]\nfilm = false\n[acces]\nmode = \"public\"\n\
    [[etape]]\naller = \"{base}/reseau/mur-age\"\n[[etape]]\ncapturer = \"La page derrière son panneau\"\n";

#[test]
fn the_officer_is_asked_at_a_wall_and_his_answer_is_told() {
    let (bench, screen) = (Bench::measuring(), fixtures::Screen::start().unwrap());
    let plan = |reference: &str| WALLED.replace("REF", reference).replace("JUSTIFICATIONS", &justifications());
    let dossiers = bench.dossiers();
    let scenario = bench.scenario("mur.toml", &plan("MUR"));
    let arguments = ["capturer", text(&scenario), "--dossiers", text(&dossiers), "--assiste"];
    let mut desk = Desk::open(&bench, &arguments, Some(screen.name()));
    let shown = desk.until("telle quelle, arrêter]");
    assert!(shown.contains("une déclaration d'âge"), "{shown}");
    desk.type_line("c\n");
    desk.until(QUESTION);
    desk.type_line("oui\n");
    desk.until(OWN);
    desk.type_line("\n");
    let (code, rest) = desk.end();
    assert_eq!(code, 0, "{rest}");
    let journal = journal(&bench, "MUR");
    let answer = journal.iter().find(|e| e.op == op::PAGE_WALL_ANSWER).unwrap();
    assert_eq!((answer.text("kind"), answer.text("answer")), (Some("age"), Some("as_it_is")), "{answer:#?}");
    assert_eq!(bench.verify(&bench.bundle("MUR")).expect(0).json()["verdict"], "PASS");
    drawn(&bench, "MUR");
    let printed = Command::new("pdftotext").arg(bench.path("pv.pdf")).arg("-").output().unwrap();
    let printed = String::from_utf8_lossy(&printed.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(printed.contains("L’officier, interrogé devant le panneau (déclaration d’âge), a répondu"), "{printed}");
    // A stop there ends the session, and is no answer.
    let scenario = bench.scenario("arret.toml", &plan("ARRET-MUR"));
    let arguments = ["capturer", text(&scenario), "--dossiers", text(&dossiers), "--assiste"];
    let mut desk = Desk::open(&bench, &arguments, Some(screen.name()));
    desk.until("telle quelle, arrêter]");
    desk.type_line("arrêter\n");
    assert_eq!(desk.end().0, 1);
}

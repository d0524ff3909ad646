//! An interrupted session goes on: after the last step done, in another browser, each interruption told; or is refused, and why.
use std::fs;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use dossier::{Journal, JournalEntry, Outcome, Standing, op, standing};
use rustix::process::{Pid, Signal, kill_process};

use super::support::{Answer, Bench, codes, text, world};

const SCENARIO: &str = "[dossier]\n[[etape]]\naller = \"{base}/types/latin1?REF=1\"\n[[etape]]\nattendre = { secondes = 4 }\n\
    [[etape]]\ncapturer = \"La première\"\n[[etape]]\naller = \"{base}/types/latin1?REF=2\"\n[[etape]]\ncapturer = \"La seconde\"\n";

/// The journal's whole lines as they are on disk now.
pub(crate) fn lines(root: &Path) -> Vec<JournalEntry> {
    let Ok(file) = fs::File::open(root.join("journal.jsonl")) else { return Vec::new() };
    Journal::read(file).expect("the chain holds").0.entries().to_vec()
}

fn begun(lines: &[JournalEntry], step: i64) -> bool {
    lines.iter().any(|e| e.op == op::STEP_BEGIN && e.integer("step") == Some(step))
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Starts a capture without seal and waits until its second step, which waits, has begun.
fn in_the_second_step(bench: &Bench, scenario: &Path, reference: &str) -> Child {
    let dossiers = bench.dossiers();
    let child = bench.start(&[
        "capturer",
        text(scenario),
        "--dossiers",
        text(&dossiers),
        "--reference",
        reference,
        "--sans-sceau",
    ]);
    let deadline = Instant::now() + Duration::from_secs(120);
    while !begun(&lines(&dossiers.join(reference)), 2) {
        assert!(Instant::now() < deadline, "the second step never began");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn killed(bench: &Bench, scenario: &Path, reference: &str) {
    let mut child = in_the_second_step(bench, scenario, reference);
    signal(&child, Signal::KILL);
    child.wait().unwrap();
}

fn asked(reference: &str, page: u32) -> usize {
    world().sites.requests().iter().filter(|r| r.query == format!("{reference}={page}")).count()
}

#[test]
fn killed_in_a_step_the_session_goes_on_in_another_browser_and_says_so() {
    let bench = Bench::new();
    let scenario = bench.scenario("s.toml", &SCENARIO.replace("REF", "REPRISE"));
    let root = bench.dossiers().join("REPRISE");
    let mut child = in_the_second_step(&bench, &scenario, "REPRISE");
    bench.run(&["capturer", "--reprendre", text(&root)]).expect_error(3, "dossier.in_use");
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    let before = lines(&root);
    let answer = bench.run(&["--json", "capturer", "--reprendre", text(&root)]).expect(0);
    assert_eq!(answer.json()["state"], "complete");
    let after = lines(&root);
    assert_eq!(&after[..before.len()], &before[..], "what was journalled stands");
    let of = |wanted: &dossier::Operation| after.iter().filter(|e| e.op == *wanted).collect::<Vec<_>>();
    let resumed = of(&op::SESSION_RESUMED);
    assert_eq!(resumed.len(), 1);
    assert_eq!((resumed[0].integer("last_step"), resumed[0].integer("next_step")), (Some(1), Some(2)));
    assert_eq!(resumed[0].data["cut"]["step"], 2);
    assert_eq!(resumed[0].data["rebooted"], false);
    assert!(resumed[0].integer("lasted_boottime_ms").is_some_and(|lasted| lasted >= 0));
    let returned = of(&op::SESSION_RETURNED);
    assert_eq!((returned.len(), &returned[0].data["repeated"]), (1, &serde_json::json!([1])));
    let begins: Vec<_> = of(&op::STEP_BEGIN).iter().map(|e| (e.integer("step"), e.integer("repeats"))).collect();
    let expected = [(1, None), (2, None), (1, Some(1)), (2, Some(1)), (3, None), (4, None), (5, None)];
    assert_eq!(begins, expected.map(|(step, repeats)| (Some(step), repeats)));
    assert!(of(&op::STEP_END).iter().all(|e| e.outcome == Outcome::Ok));
    assert_eq!((asked("REPRISE", 1), asked("REPRISE", 2)), (2, 1), "what the site saw is what the journal says");
    // The preliminaries were measured again, in full, and kept apart.
    for measured in [op::MEASURE_BROWSER, op::CLEAN_PROFILE, op::CLEAN_COOKIES, op::MEASURE_MACHINE, op::NORM_GATE] {
        assert_eq!(of(&measured).len(), 2, "{measured}");
    }
    assert!(root.join("net/reprise-1").is_dir());
    let bundle = bench.bundle("REPRISE");
    let verdict = bench.verify(&bundle).expect(0).json();
    assert_eq!(verdict["verdict"], "PASS");
    assert_eq!(codes(&verdict).iter().filter(|code| *code == "session.interrupted").count(), 1, "{verdict:#}");
    let pv = bench.path("pv.pdf");
    bench.run(&["rediger", text(&bundle), "--sortie", text(&pv)]).expect(0);
    bench.run(&["capturer", "--reprendre", text(&root)]).expect_error(2, "dossier.closed");
}

#[test]
fn a_stop_without_seal_leaves_the_dossier_open_and_tells_how_to_go_on() {
    let bench = Bench::new();
    let scenario = bench.scenario("s.toml", &SCENARIO.replace("REF", "SUSPENDUE"));
    let root = bench.dossiers().join("SUSPENDUE");
    let child = in_the_second_step(&bench, &scenario, "SUSPENDUE");
    signal(&child, Signal::INT);
    let answer = Answer::from(child.wait_with_output().unwrap()).expect_error(1, "capture.suspended");
    assert!(answer.stderr.contains(&format!("constat capturer --reprendre {}", root.display())), "{}", answer.stderr);
    assert_eq!(standing(&root), Standing::Open);
    let before = lines(&root);
    assert!(before.iter().any(|e| e.op == op::SESSION_STOP && e.text("why") == Some("signal")));
    assert!(before.iter().any(|e| e.op == op::BROWSER_STOP && e.outcome == Outcome::Ok), "the browser was ended");
    assert!(!begun(&before, 3), "no step was told as not done: it is still to come");
    let again = bench.run(&["--json", "capturer", "--reprendre", text(&root), "--sans-sceau"]).expect(0);
    assert_eq!(again.json()["state"], "complete");
    let accounts = lines(&root).iter().filter(|e| e.op == op::ACCOUNT_RECONCILE).count();
    assert_eq!(accounts, 2, "each browser has its own");
    bench.run(&["sceller", text(&root)]).expect(0);
    assert_eq!(bench.verify(&bench.bundle("SUSPENDUE")).expect(0).json()["verdict"], "PASS");
}

#[test]
fn what_would_be_another_session_is_refused_and_nothing_is_written() {
    let bench = Bench::new();
    let secret = "[dossier]\n[acces]\nmode = \"compte-officier\"\ncompte = \"@essai\"\nqualite_affichee = true\n[[etape]]\n\
                  aller = \"{base}/types/latin1?SECRETE=1\"\n[[etape]]\nattendre = { secondes = 30 }\n[[etape]]\n\
                  saisir = { selecteur = \"#code\", texte = \"Sesame-4711\", secret = true }\n";
    let given = bench.scenario("secret.toml", secret);
    let other = bench.scenario("autre.toml", &secret.replace("SECRETE=1", "SECRETE=2"));
    killed(&bench, &given, "SECRETE");
    let root = bench.dossiers().join("SECRETE");
    let before = fs::read(root.join("journal.jsonl")).unwrap();
    assert!(!String::from_utf8_lossy(&before).contains("Sesame"));
    let resume = ["capturer", "--reprendre", text(&root)];
    let with = |more: &[&str]| bench.run(&[&resume[..], more].concat());
    with(&[]).expect_error(2, "capture.secrets_needed");
    with(&[text(&other)]).expect_error(2, "capture.other_plan");
    with(&["--assiste", text(&given)]).expect_error(2, "capture.not_attended");
    let etude = bench.path("etude.toml");
    let configured = fs::read_to_string(&etude).unwrap();
    fs::write(&etude, configured.replace("prenoms = \"Camille\"", "prenoms = \"Dominique\"")).unwrap();
    with(&[text(&given)]).expect_error(2, "capture.other_officer");
    fs::write(&etude, &configured).unwrap();
    let kept = root.join("screens/etape-0001-arrivee.png");
    let picture = fs::read(&kept).unwrap();
    fs::write(&kept, b"x").unwrap();
    with(&[text(&given)]).expect_error(2, "dossier.artefact_altered");
    fs::write(&kept, picture).unwrap();
    assert_eq!(fs::read(root.join("journal.jsonl")).unwrap(), before, "nothing was written");
    bench.run(&["capturer", "--reprendre", text(&bench.dossiers())]).expect_error(2, "dossier.missing");
}

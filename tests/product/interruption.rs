//! Sessions that are cut: Ctrl-C, `kill -9` at any moment. What was journalled stands, is sealed, and says so.
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use dossier::{Journal, Standing, op, standing};
use rustix::process::{Pid, Signal, kill_process};

use super::support::{Bench, text, world};

/// How many captures are killed; `CONSTAT_KILLS=50` for the long run.
fn kills() -> u32 {
    std::env::var("CONSTAT_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10)
}

const SCENARIO: &str = "[dossier]\n[[etape]]\naller = \"{base}/reseau/\"\n[[etape]]\ndefiler = { maximum = 6 }\n\
    [[etape]]\ncapturer = \"Le fil\"\n[[etape]]\naller = \"{base}/haute/?h=12000\"\n[[etape]]\ncapturer = \"La page haute\"\n";

/// The journal's whole lines as they are on disk now.
fn lines(root: &Path) -> Vec<dossier::JournalEntry> {
    let file = fs::File::open(root.join("journal.jsonl")).unwrap();
    Journal::read(file).expect("the chain holds").0.entries().to_vec()
}

fn send(child: &std::process::Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

#[test]
fn killed_at_any_moment_a_session_is_closed_sealed_and_says_so() {
    let bench = Bench::new();
    let scenario = bench.scenario("long.toml", SCENARIO);
    let dossiers = bench.dossiers();
    let mut with_lines = 0;
    for n in 0..kills() {
        let reference = format!("TUE-{n}");
        let root = dossiers.join(&reference);
        let started = Instant::now();
        let mut child =
            bench.start(&["capturer", text(&scenario), "--dossiers", text(&dossiers), "--reference", &reference]);
        // Spread over the whole capture without chance: 37 is prime to 997, so the moments differ from run to run.
        let moment = Duration::from_millis(150 + u64::from(n * 997 % 37) * 330);
        while started.elapsed() < moment && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let finished = child.try_wait().unwrap().is_some();
        if !finished {
            send(&child, Signal::KILL);
        }
        child.wait().unwrap();
        if finished || standing(&root) != Standing::Open {
            continue;
        }
        let before = lines(&root);
        if before.len() < 2 {
            bench.run(&["sceller", text(&root)]).expect_error(2, "seal.nothing_recorded");
            continue;
        }
        with_lines += 1;
        bench.run(&["--json", "sceller", text(&root)]).expect(0);
        let after = lines(&root);
        assert_eq!(&after[..before.len()], &before[..], "{reference}: a journalled line changed");
        assert_eq!(after.iter().filter(|e| e.op == op::SESSION_INTERRUPTED).count(), 1, "{reference}");
        assert_eq!(after.last().unwrap().text("state"), Some("interrupted"));
        let verdict = bench.verify(&bench.bundle(&reference)).expect(0).json();
        assert_eq!(verdict["verdict"], "PASS", "{reference}");
    }
    assert!(with_lines * 2 >= kills(), "only {with_lines} of {} kills hit a session under way", kills());
}

#[test]
fn ctrl_c_ends_a_capture_cleanly_sealed_as_partial() {
    let bench = Bench::new();
    let scenario = bench.scenario("long.toml", SCENARIO);
    let dossiers = bench.dossiers();
    let root = dossiers.join("CTRLC");
    let child =
        bench.start(&["--json", "capturer", text(&scenario), "--dossiers", text(&dossiers), "--reference", "CTRLC"]);
    let deadline = Instant::now() + Duration::from_secs(60);
    let begun = |root: &Path| {
        fs::File::open(root.join("journal.jsonl"))
            .ok()
            .and_then(|file| Journal::read(file).ok())
            .is_some_and(|(journal, _)| journal.of(&op::STEP_BEGIN).count() >= 2)
    };
    while !begun(&root) {
        assert!(Instant::now() < deadline, "the second step never began");
        std::thread::sleep(Duration::from_millis(20));
    }
    send(&child, Signal::INT);
    let answer = super::support::Answer::from(child.wait_with_output().unwrap()).expect(1);
    assert_eq!(answer.json()["state"], "partial");
    assert!(lines(&root).iter().any(|e| e.op == op::SESSION_STOP && e.text("why") == Some("signal")));
    let verdict = bench.verify(&bench.bundle("CTRLC")).expect(0).json();
    assert_eq!(verdict["verdict"], "PASS");
}

#[test]
fn a_session_without_seal_is_sealed_later_and_once() {
    let bench = Bench::new();
    let url = world().sites.base();
    let dossiers = bench.dossiers();
    bench.run(&["capturer", &url, "--dossiers", text(&dossiers), "--reference", "PLUS-TARD", "--sans-sceau"]).expect(0);
    let root = dossiers.join("PLUS-TARD");
    bench.run(&["sceller", text(&root)]).expect(0);
    bench.run(&["sceller", text(&root)]).expect_error(2, "seal.target_exists");
    bench.run(&["sceller", text(&dossiers)]).expect_error(2, "dossier.missing");
}

#[test]
fn an_altered_dossier_is_not_sealed() {
    let bench = Bench::new();
    let url = world().sites.base();
    let dossiers = bench.dossiers();
    bench.run(&["capturer", &url, "--dossiers", text(&dossiers), "--reference", "ALTERE", "--sans-sceau"]).expect(0);
    let root = dossiers.join("ALTERE");
    let dom = root.join("captures/0001-dom.html");
    let mut bytes = fs::read(&dom).unwrap();
    bytes[10] ^= 1;
    fs::write(&dom, bytes).unwrap();
    bench.run(&["sceller", text(&root)]).expect_error(1, "seal.artefact_altered");
    assert!(!bench.bundle("ALTERE").exists());
}

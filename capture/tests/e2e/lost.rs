//! A page or a browser that is lost in mid-capture: told, replaced, and nothing of what was recorded goes with it.
use std::path::{Path, PathBuf};
use std::time::Duration;

use capture::Stop;
use capture::scenario::Scenario;
use dossier::{Outcome, SessionState, op};
use fixtures::Sites;
use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{Run, play, play_plan};

/// The browser's processes whose command line satisfies `wanted`, found by the private folder the journal names.
fn processes(root: &Path, wanted: impl Fn(&str) -> bool) -> Vec<Pid> {
    let Ok(journal) = std::fs::read_to_string(root.join("ESSAI-1/journal.jsonl")) else { return Vec::new() };
    let mut starts = journal.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let profile = starts.rfind(|l| l["op"] == "browser.start");
    let Some(profile) = profile.and_then(|l| l["data"]["profile"].as_str().map(PathBuf::from)) else {
        return Vec::new();
    };
    let folder = profile.parent().unwrap().display().to_string();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers: Vec<i32> = entries.filter_map(|e| e.file_name().to_str()?.parse().ok()).collect();
    let read = |pid: i32, file: &str| {
        let bytes = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    };
    // A process made by the zygote writes its title over its environment: the session tells whose it is.
    let session = |pid: i32| read(pid, "stat").rsplit(')').next()?.split(' ').nth(4)?.parse::<i32>().ok();
    let main = numbers.iter().find(|pid| read(**pid, "cmdline").contains(&format!("--user-data-dir={folder}")));
    let Some(of_main) = main.and_then(|pid| session(*pid)) else { return Vec::new() };
    let ours = numbers.iter().filter(|pid| session(**pid) == Some(of_main) && wanted(&read(**pid, "cmdline")));
    ours.filter_map(|pid| Pid::from_raw(*pid)).collect()
}

/// Plays steps; once one that waits has begun, kills the processes `wanted`.
async fn play_and_kill(steps: &str, wanted: fn(&str) -> bool) -> (Run, usize) {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("[dossier]\nobjet = \"Essai\"\n{steps}");
    let scenario = Scenario::parse("essai.toml", &text).unwrap();
    let playing = play_plan(scenario, text.into_bytes(), dir.path(), false, Stop::new(), None);
    let killing = async {
        let journal = dir.path().join("ESSAI-1/journal.jsonl");
        while !std::fs::read_to_string(&journal).is_ok_and(|lines| lines.contains("\"kind\":\"attendre\"")) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let pids = processes(dir.path(), wanted);
        for pid in &pids {
            kill_process(*pid, Signal::KILL).unwrap();
        }
        pids.len()
    };
    let (captured, killed) = tokio::join!(playing, killing);
    (Run::of(captured.unwrap(), dir), killed)
}

fn three_pages(sites: &Sites) -> String {
    let base = sites.base();
    format!(
        "[[etape]]\naller = \"{base}/forum/\"\n[[etape]]\nattendre = {{ secondes = 8 }}\n[[etape]]\ncapturer = \"Perdue\"\n\
         [[etape]]\naller = \"{base}/types/latin1\"\n[[etape]]\ncapturer = \"Ensuite\"\n"
    )
}

/// What every replacement must leave: both pages stored, the steps of the lost page told, the others done.
fn assert_replaced(run: &Run, code: &str, ends: &[Outcome]) {
    assert_eq!(run.captured.state, SessionState::Partial);
    assert!(run.codes().contains(&code), "{:?}", run.codes());
    assert!(run.codes().contains(&"capture.browser_replaced"), "{:?}", run.codes());
    let outcomes: Vec<Outcome> = run.lines(&op::STEP_END).iter().map(|e| e.outcome).collect();
    assert_eq!(outcomes, ends, "{:#?}", run.lines(&op::STEP_END));
    let stops = run.lines(&op::BROWSER_STOP);
    assert_eq!(stops.len(), 2);
    assert_eq!((stops[0].outcome, stops[0].text("why")), (Outcome::Deviation, Some(code)));
    assert_eq!(stops[1].outcome, Outcome::Ok);
    let starts = run.lines(&op::BROWSER_START);
    let profiles: Vec<_> = starts.iter().map(|s| s.text("profile").unwrap()).collect();
    assert_ne!(profiles[0], profiles[3], "the second browser has a profile of its own: {profiles:?}");
    for measured in [op::CLEAN_PROFILE, op::CLEAN_COOKIES, op::MEASURE_BROWSER] {
        let lines = run.lines(&measured);
        assert_eq!(lines.iter().map(|l| l.outcome).collect::<Vec<_>>(), [Outcome::Ok, Outcome::Ok], "{measured}");
    }
    assert!(!run.file("screens/0001-page.png").is_empty());
    assert!(run.indexed().iter().any(|(url, _)| url.ends_with("/types/latin1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_process_ends_is_told_and_another_browser_goes_on() {
    let sites = Sites::start().unwrap();
    let renderer = |line: &str| line.contains("--type=renderer");
    let (run, killed) = play_and_kill(&three_pages(&sites), renderer).await;
    assert!(killed > 0);
    use Outcome::{NotDone, Ok};
    assert_replaced(&run, "capture.page_crash", &[Ok, Ok, NotDone, Ok, Ok]);
    assert!(run.indexed().iter().any(|(url, _)| url.ends_with("/forum/")), "what came before the crash is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_is_killed_is_replaced_and_the_archive_goes_on() {
    let sites = Sites::start().unwrap();
    let main = |line: &str| line.contains("--user-data-dir") && !line.contains("--type=");
    let (run, killed) = play_and_kill(&three_pages(&sites), main).await;
    assert_eq!(killed, 1);
    use Outcome::{NotDone, Ok};
    assert_replaced(&run, "capture.browser_lost", &[Ok, Ok, NotDone, Ok, Ok]);
    let forum = run.indexed().iter().filter(|(url, _)| url.ends_with("/forum/")).count();
    assert_eq!(forum, 1, "what came before the loss is stored");
    let accounts = run.lines(&op::ACCOUNT_RECONCILE);
    assert_eq!(accounts.len(), 2, "each browser has its own: {accounts:#?}");
    let first = &accounts[0].data;
    // The network service may see the end of the browser soon enough to end its log.
    if first["netlog"]["finished"] == false {
        assert_eq!(accounts[0].outcome, Outcome::Deviation, "{first:#?}");
        assert!(accounts[0].text("why").is_some_and(|why| why.contains("n'a pas été achevé")));
    } else {
        assert_eq!(accounts[0].text("why"), None, "{first:#?}");
    }
    assert!(first["matched"].as_u64() > Some(1), "a log without its end is read: {first:#?}");
    assert!(!run.unpacked("net/netlog.json.gz").is_empty());
    let second = &accounts[1].data;
    assert_eq!((&second["netlog"]["finished"], &second["browser"]), (&true.into(), &2.into()), "{second:#?}");
    assert!(!run.unpacked("net/netlog-2.json.gz").is_empty() && !run.file("net/rapprochement-2.json").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_without_end_while_the_page_loads_costs_its_ceiling_and_no_more_steps() {
    let sites = Sites::start().unwrap();
    let base = sites.base();
    let run = play(&format!(
        "[limites]\npage_secondes = 5\n[[etape]]\naller = \"{base}/hostile/boucle-immediate\"\n[[etape]]\ncapturer = \"Perdue\"\n\
         [[etape]]\naller = \"{base}/types/latin1\"\n[[etape]]\ncapturer = \"Ensuite\"\n"
    ))
    .await;
    use Outcome::{Failed, NotDone, Ok};
    assert_replaced(&run, "capture.page_unresponsive", &[Failed, NotDone, Ok, Ok]);
    let reached = run.lines(&op::PAGE_REACHED)[0];
    assert_eq!((reached.outcome, reached.text("code")), (Failed, Some("capture.page_unresponsive")));
    assert!(reached.text("url").unwrap().ends_with("/hostile/boucle-immediate"));
    assert_eq!(reached.data["load"]["reason"], "unresponsive");
    assert!(run.indexed().iter().any(|(url, _)| url.ends_with("/boucle-immediate")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_without_end_after_the_load_fails_the_step_that_meets_it() {
    let sites = Sites::start().unwrap();
    let base = sites.base();
    let run = play(&format!(
        "[limites]\npage_secondes = 5\n[[etape]]\naller = \"{base}/hostile/boucle-differee\"\n[[etape]]\nattendre = {{ secondes = 10 }}\n\
         [[etape]]\ncapturer = \"Perdue\"\n[[etape]]\ndefiler = \"bas\"\n\
         [[etape]]\naller = \"{base}/types/latin1\"\n[[etape]]\ncapturer = \"Ensuite\"\n"
    ))
    .await;
    use Outcome::{Failed, NotDone, Ok};
    assert_eq!(run.lines(&op::PAGE_REACHED)[0].outcome, Ok);
    let outcomes: Vec<Outcome> = run.lines(&op::STEP_END).iter().map(|e| e.outcome).collect();
    assert_eq!(outcomes, [Ok, Ok, Failed, NotDone, Ok, Ok]);
    assert!(run.codes().contains(&"capture.page_unresponsive"), "{:?}", run.codes());
    assert!(!run.file("screens/0002-page.png").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_without_end_are_counted_and_the_page_given_up() {
    let sites = Sites::start().unwrap();
    let base = sites.base();
    let run = play(&format!(
        "[limites]\npage_secondes = 5\n[[etape]]\naller = \"{base}/hostile/alertes\"\n\
         [[etape]]\naller = \"{base}/types/latin1\"\n[[etape]]\ncapturer = \"Ensuite\"\n"
    ))
    .await;
    use Outcome::{Failed, Ok};
    assert_replaced(&run, "capture.page_unresponsive", &[Failed, Ok, Ok]);
    let told = run.codes().iter().filter(|code| **code == "capture.dialog").count();
    assert_eq!(told, 20, "one line each for the first ones only");
    assert!(run.codes().contains(&"capture.dialogs"), "{:?}", run.codes());
}

//! However a session ends, what was recorded stands.
use dossier::{Outcome, SessionState, op};
use fixtures::Sites;

use crate::harness::play_until;
use capture::Stop;

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_closes_the_dossier_as_partial() {
    let sites = Sites::start().unwrap();
    let stop = Stop::new();
    let asking = stop.clone();
    let watched = sites.base();
    let watcher = tokio::spawn(async move {
        // Asked while the second step waits: the first page has been answered by then.
        loop {
            if sites.requests().iter().any(|r| r.path == "/style.css") {
                tokio::time::sleep(std::time::Duration::from_secs(3)).await;
                asking.request();
                return sites;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    });
    let steps = format!(
        "[[etape]]\naller = \"{watched}/\"\n[[etape]]\nattendre = {{ secondes = 120 }}\n[[etape]]\ncapturer = \"Jamais\"\n"
    );
    let run = play_until(&steps, stop).await;
    watcher.await.unwrap();
    assert_eq!(run.captured.state, SessionState::Partial);
    assert_eq!(run.only(&op::SESSION_STOP)["why"], "signal");
    let outcomes: Vec<Outcome> = run.lines(&op::STEP_END).iter().map(|e| e.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Failed, Outcome::NotDone]);
    assert!(run.indexed().len() >= 2);
}

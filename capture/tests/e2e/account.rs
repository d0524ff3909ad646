//! The independent accounts of one capture: the recorder's, the network service's, the archive's.
use dossier::{Outcome, Reconciliation, UnmatchedClass, op};
use fixtures::Sites;
use serde_json::Value;

use crate::harness::{Run, play};

/// The only comparison of a run, as the manifest will read it, and how it came out.
fn account(run: &Run) -> (Reconciliation, Outcome) {
    let lines = run.lines(&op::ACCOUNT_RECONCILE);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    let account = serde_json::from_value(Value::Object(lines[0].data.clone())).unwrap();
    (account, lines[0].outcome)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_an_ordinary_page_is_in_both_accounts() {
    let sites = Sites::start().unwrap();
    let run = play(&format!("[[etape]]\naller = \"{}/forum/\"\n[[etape]]\ncapturer = \"Page\"\n", sites.base())).await;
    let (account, outcome) = account(&run);
    eprintln!("{account:#?}");
    assert_eq!(outcome, Outcome::Ok, "{account:#?}");
}

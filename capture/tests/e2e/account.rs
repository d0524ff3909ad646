//! The independent accounts of one capture: the recorder's, the network service's, the archive's, and here the server's.
use std::collections::BTreeSet;

use dossier::{Outcome, Reconciliation, Unmatched, UnmatchedClass, op};
use fixtures::Sites;
use serde_json::Value;

use crate::harness::{Run, play};

/// The only comparison of a run, as the manifest will read it, and the disagreements about addresses of the sites: what
/// the browser itself asks of its maker depends on the machine.
fn account(run: &Run) -> (Reconciliation, Vec<Unmatched>) {
    let lines = run.lines(&op::ACCOUNT_RECONCILE);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    let account: Reconciliation = serde_json::from_value(Value::Object(lines[0].data.clone())).unwrap();
    let apart = account.only_netlog + account.answered_not_stored;
    assert_eq!(lines[0].outcome == Outcome::Deviation, apart > 0, "{account:#?}");
    assert_eq!(run.codes().contains(&"capture.unaccounted"), account.only_netlog_sent > 0, "{account:#?}");
    // The browser's own calls to its maker end on this machine too.
    let its_own = |u: &Unmatched| u.class == UnmatchedClass::OnlyNetlog && u.url.starts_with("http://127.0.0.1:9/");
    let ours = |u: &&Unmatched| u.url.starts_with("http://127.0.0.") && !its_own(u);
    let ours = account.unmatched.iter().filter(ours).cloned().collect();
    (account, ours)
}

fn ending<'a>(unmatched: &'a [Unmatched], end: &str) -> &'a Unmatched {
    let found = unmatched.iter().find(|u| u.url.ends_with(end));
    found.unwrap_or_else(|| panic!("{end} is not listed: {unmatched:#?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_an_ordinary_page_is_in_every_account() {
    let sites = Sites::start().unwrap();
    let run = play(&format!("[[etape]]\naller = \"{}/forum/\"\n[[etape]]\ncapturer = \"Page\"\n", sites.base())).await;
    let (account, ours) = account(&run);
    assert_eq!((ours.len(), account.answered_not_stored, account.why.as_deref()), (0, 0, None), "{account:#?}");
    let received = sites.requests().len() as u64;
    assert!(received > 1);
    let sent = run.lines(&op::ACCOUNT_RECONCILE)[0].data["sent_netlog"].as_u64();
    assert_eq!(sent, Some(received + account.only_netlog_sent), "{account:#?} {:#?}", sites.requests());
    assert_eq!((account.matched, account.exchanges_stored, account.packet_flows), (received, received, None));
    let log: Value = serde_json::from_slice(&run.unpacked("net/netlog.json.gz")).unwrap();
    assert!(log["events"].as_array().unwrap().len() > 100);
    let report: Value = serde_json::from_slice(&run.file("net/rapprochement.json")).unwrap();
    assert_eq!((&report["matched"], &report["unlisted"]), (&received.into(), &0.into()));
    let arguments = run.lines(&op::BROWSER_START)[0].data["arguments"].to_string();
    assert!(arguments.contains("--net-log-capture-mode=Default"), "{arguments}");
    // What the browser asks by itself ends on this machine.
    let own = report["unmatched"].as_array().unwrap().iter();
    assert!(own.clone().all(|u| u["url"].as_str().unwrap().starts_with("http://127.0.0.1:9/")), "{report:#}");
    let asked = log["events"].as_array().unwrap().iter().filter_map(|e| e["params"]["hostname"].as_str());
    let names: BTreeSet<&str> =
        asked.chain(log["events"].as_array().unwrap().iter().filter_map(|e| e["params"]["host"].as_str())).collect();
    assert!(!names.is_empty() && names.iter().all(|name| !name.contains("google")), "no name of its maker: {names:?}");
    let started = &run.lines(&op::BROWSER_START)[1].data;
    let words = |key: &str| started[key].as_array().unwrap().to_vec();
    let (asked, real) = (words("arguments"), words("command_line"));
    assert!(asked.iter().all(|word| real.contains(word)), "{started:#?}");
    let more: Vec<_> = real.iter().filter(|word| !asked.contains(word)).filter_map(|word| word.as_str()).collect();
    let known = ["--disable-extensions", "--remote-debugging-port=0", "--user-data-dir="];
    assert!(more.iter().all(|word| known.iter().any(|known| word.starts_with(known))), "{more:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_left_is_listed_with_the_recorder_s_reason() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/protocole/page/statuts\"\n[[etape]]\nattendre = {{ texte = \"tout est demandé\" }}\n",
        sites.base()
    ))
    .await;
    let (account, ours) = account(&run);
    let blocked = ending(&ours, "/types/bloque.png");
    assert_eq!((blocked.class, blocked.count, blocked.bytes), (UnmatchedClass::OnlyCdp, 1, None));
    assert!(blocked.why.starts_with("bloquée par le navigateur"), "{blocked:?}");
    assert!(!sites.requests().iter().any(|line| line.path == "/types/bloque.png"));
    assert!(ours.iter().all(|u| u.class == UnmatchedClass::OnlyCdp), "{ours:#?}");
    assert_eq!(account.requests_cdp, account.matched + account.only_cdp, "{account:#?}");
    let reasons = &run.lines(&op::ACCOUNT_RECONCILE)[0].data["only_cdp_by_reason"];
    assert!(reasons["blocked"].as_u64() >= Some(1), "{reasons}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_worker_answers_is_not_taken_for_the_network() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/protocole/page/service\"\n\
         [[etape]]\nattendre = {{ texte = \"fabriqué par le service worker / 1000\" }}\n",
        sites.base()
    ))
    .await;
    let (account, ours) = account(&run);
    let server = sites.requests().len() as u64;
    let sent = run.lines(&op::ACCOUNT_RECONCILE)[0].data["sent_netlog"].as_u64();
    let alone = account.unmatched.iter().filter(|u| !ours.contains(u)).map(|u| u.count).sum::<u64>();
    let maker = alone.min(account.only_netlog_sent);
    assert_eq!(sent, Some(server + maker), "the network service and the server count the same: {account:#?}");
    let made = ending(&ours, "/protocole/fabrique");
    assert_eq!(made.class, UnmatchedClass::OnlyCdp, "made by the worker, never on the network: {made:?}");
    let relayed = ending(&ours, "/protocole/octets?relaye");
    assert_eq!((relayed.class, relayed.status, relayed.bytes), (UnmatchedClass::OnlyCdp, Some(200), Some(1000)));
}

//! Bodies that are large or do not end, sockets, and the preliminaries alone.
use std::sync::Arc;

use capture::BrowserChoice;
use capture::scenario::Scenario;
use dossier::{Outcome, SessionState, Software, op};
use fixtures::Sites;

use crate::harness::{TestClock, play};

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_followed_into_a_file_and_stored_whole() {
    let sites = Sites::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let big: Vec<u8> = (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(folder.path().join("gros.bin"), &big).unwrap();
    let page = "<p id=p>attente</p><script>fetch('gros.bin').then(r => r.arrayBuffer()).then(b => p.textContent = 'reçu ' + b.byteLength)</script>";
    std::fs::write(folder.path().join("page.html"), format!("<meta charset=utf-8>{page}")).unwrap();
    sites.mount("/essai/", folder.path()).unwrap();
    let run = play(&format!(
        "[limites]\ncorps_mio = 1\n[[etape]]\naller = \"{}/essai/page.html\"\n\
         [[etape]]\nattendre = {{ texte = \"reçu 3000000\" }}\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    let digest = dossier::Sha256Digest::of(&big).labelled();
    let index = String::from_utf8(run.file("indexes/index.cdxj")).unwrap();
    let line = index.lines().find(|l| l.contains("gros.bin")).expect("the body is in the index");
    assert!(line.contains(&digest), "{line}\n{:#?}", run.lines(&op::INCOMPLETE));
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_and_sockets_do_not_hold_the_page_and_are_told() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{0}/sse/\"\n[[etape]]\naller = \"{0}/ws/\"\n[[etape]]\naller = \"{0}/lente/\"\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    let missing = run.lines(&op::INCOMPLETE);
    let reason = |end: &str| {
        let one = missing.iter().find(|m| m.text("url").is_some_and(|u| u.ends_with(end)));
        one.and_then(|m| m.data.get("reason").cloned())
    };
    let messages = run.indexed().iter().any(|(url, _)| url.starts_with("urn:websocket:"));
    assert!(messages || reason("/ws/canal").is_some(), "the messages are neither stored nor told: {missing:#?}");
    let stored = run.indexed().iter().any(|(url, _)| url.ends_with("/sse/flux"));
    assert!(stored || reason("/sse/flux").is_some(), "the stream is neither stored nor told: {missing:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preliminaries_alone_give_the_facts_a_capture_journals() {
    let scenario = Scenario::for_url("http://127.0.0.1/", None).unwrap();
    let software = Software { name: "constat".into(), version: "0.1.0".into(), binary_sha256: None };
    let clock = Arc::new(TestClock::start());
    let facts = capture::measure(
        &scenario,
        &BrowserChoice::default(),
        &software,
        &capture::Sources::default(),
        clock,
        Arc::new(|_| ()),
    )
    .await
    .unwrap();
    for wanted in [op::MEASURE_BROWSER, op::MEASURE_NETWORK, op::MEASURE_PROXY, op::CLEAN_COOKIES, op::CLEAN_PROFILE] {
        let fact = facts.iter().find(|f| f.op == wanted).unwrap_or_else(|| panic!("{wanted}"));
        assert_eq!(fact.outcome, Outcome::Ok, "{fact:?}");
    }
    assert!(facts.iter().all(|f| f.outcome != Outcome::NotDone || f.data["why"].is_string()));
}

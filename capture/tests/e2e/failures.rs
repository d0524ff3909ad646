//! What goes wrong is recorded with its code, and nothing is bypassed.
use dossier::{Outcome, SessionState, op};
use fixtures::Sites;
use serde_json::Value;

use crate::harness::{Run, play};

async fn go_and_capture(url: &str) -> Run {
    play(&format!("[[etape]]\naller = \"{url}\"\n[[etape]]\ncapturer = \"Page\"\n")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_status_is_a_page_that_was_reached() {
    let sites = Sites::start().unwrap();
    for status in [404_u16, 500] {
        let run = go_and_capture(&format!("{}/erreurs/{status}", sites.base())).await;
        assert_eq!(run.captured.state, SessionState::Complete);
        let reached = run.lines(&op::PAGE_REACHED)[0];
        assert_eq!(reached.outcome, Outcome::Deviation);
        assert_eq!(reached.data["status"], u64::from(status));
        assert!(run.indexed().iter().any(|(url, s)| url.contains("/erreurs/") && *s == status.to_string()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_reached_fails_with_its_code_and_its_picture() {
    let sites = Sites::start().unwrap();
    let cases = [
        (sites.refused(), "capture.refused"),
        ("http://nulle-part.invalid".to_owned(), "capture.dns"),
        (sites.tls_self_signed(), "capture.certificate"),
        (sites.tls_expired(), "capture.certificate"),
    ];
    for (url, code) in cases {
        let run = go_and_capture(&format!("{url}/")).await;
        assert_eq!(run.captured.state, SessionState::Partial, "{url}");
        let reached = run.lines(&op::PAGE_REACHED)[0];
        assert_eq!((reached.outcome, &reached.data["code"]), (Outcome::Failed, &Value::from(code)), "{url}");
        let ends = run.lines(&op::STEP_END);
        assert_eq!((ends[0].outcome, ends[1].outcome), (Outcome::Failed, Outcome::NotDone));
        assert!(!run.file("screens/0001-ecran.png").is_empty());
        if code == "capture.certificate" {
            let facts = run.lines(&op::TARGET_FACTS);
            let refused = facts.iter().find(|f| f.outcome == Outcome::Deviation).expect("the refused certificate");
            assert!(refused.data["certificate"]["sha256"].is_string(), "{refused:#?}");
            assert!(String::from_utf8(run.file("net/certificats.json")).unwrap().contains("BEGIN CERTIFICATE"));
        }
        let missing = run.lines(&op::INCOMPLETE);
        assert!(missing.iter().any(|m| m.data.get("reason") == Some(&Value::from("failed"))), "{url} {missing:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_cut_on_the_way_is_not_told_whole() {
    let sites = Sites::start().unwrap();
    let run = go_and_capture(&format!("{}/erreurs/coupe", sites.base())).await;
    let missing = run.lines(&op::INCOMPLETE);
    let told =
        missing.iter().find(|m| m.data.get("url").and_then(Value::as_str).is_some_and(|u| u.ends_with("/coupe")));
    assert!(told.is_some(), "{:#?}", run.journal.entries());
}

//! Ordinary pages: what was served is in the archive, what was shown is in the pictures.
use dossier::{Outcome, SessionState, op};
use fixtures::Sites;

use crate::harness::play;

fn target(line: &fixtures::RequestLine) -> String {
    if line.query.is_empty() { line.path.clone() } else { format!("{}?{}", line.path, line.query) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simple_page_is_captured_whole() {
    let sites = Sites::start().unwrap();
    let base = sites.base();
    let run = play(&format!("[[etape]]\naller = \"{base}/\"\n[[etape]]\ncapturer = \"Accueil\"\n")).await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.journal.entries());
    for path in [
        "scenario.toml",
        "screens/0001-ecran.png",
        "screens/0001-page.png",
        "screens/0001-tuiles.json",
        "captures/0001-dom.html",
        "captures/0001-texte.txt",
        "captures/0001-impression.pdf",
        "captures/0001-reponse.bin",
        "archive/data.warc.gz",
        "indexes/index.cdxj",
        "pages/pages.jsonl",
    ] {
        assert!(!run.file(path).is_empty(), "{path}");
    }
    let asked: Vec<String> = sites.requests().iter().map(target).collect();
    let indexed: Vec<String> = run.indexed().into_iter().map(|(url, _)| url).collect();
    for target in &asked {
        assert!(indexed.contains(&format!("{base}{target}")), "{target} was served and is not in the index");
    }
    assert_eq!(asked.len(), indexed.len(), "{asked:?} {indexed:?}");
    let reached = run.lines(&op::PAGE_REACHED)[0];
    assert_eq!(reached.outcome, Outcome::Ok);
    assert_eq!(reached.data["load"]["reason"], "network_quiet");
    assert_eq!(reached.data["remote_address"], "127.0.0.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_preflights_and_refusals_across_origins_are_recorded() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/croise/\"\n[[etape]]\nattendre = {{ texte = \"GET sans autorisation\" }}\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    let indexed: Vec<String> = run.indexed().into_iter().map(|(url, _)| url).collect();
    for line in sites.requests() {
        let known = indexed.iter().any(|url| url.contains(&format!("{}{}", line.host, line.path)));
        assert!(known, "{} {} of {} is not in the archive\n{indexed:#?}", line.method, line.path, line.host);
    }
    assert!(run.warc_text().contains("OPTIONS /croise/donnees"), "the preflight is not in the archive");
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_are_stored_with_the_bytes_served() {
    let sites = Sites::start().unwrap();
    let run =
        play(&format!("[[etape]]\naller = \"{}/types/latin1\"\n[[etape]]\ncapturer = \"latin1\"\n", sites.base()))
            .await;
    let body = run.file("captures/0001-reponse.bin");
    assert!(std::str::from_utf8(&body).is_err(), "the body was converted to UTF-8");
    let run = play(&format!("[[etape]]\naller = \"{}/types/gzip\"\n", sites.base())).await;
    let text = run.warc_text();
    assert!(text.contains("x-orig-content-encoding: gzip"), "{}", text.chars().take(3000).collect::<String>());
}

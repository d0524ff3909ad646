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
        "scenario.toml", "screens/0001-ecran.png", "screens/0001-page.png", "screens/0001-tuiles.json",
        "captures/0001-dom.html", "captures/0001-texte.txt", "captures/0001-impression.pdf",
        "captures/0001-reponse.bin", "archive/data.warc.gz", "indexes/index.cdxj", "pages/pages.jsonl",
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

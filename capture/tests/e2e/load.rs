//! The rule by which a page is complete: what held when, and what was still under way at the ceiling.
use dossier::{Outcome, SessionState, op};
use fixtures::Sites;
use serde_json::Value;

use crate::harness::{Run, play};

/// Serves one page and goes there with a ceiling of five seconds.
async fn go(sites: &Sites, html: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.html"), format!("<!doctype html><meta charset=utf-8>{html}")).unwrap();
    sites.mount("/essai/", folder.path()).unwrap();
    let url = format!("{}/essai/page.html", sites.base());
    play(&format!("[limites]\npage_secondes = 5\n[[etape]]\naller = \"{url}\"\n[[etape]]\ncapturer = \"Page\"\n")).await
}

fn load(run: &Run) -> Value {
    run.lines(&op::PAGE_REACHED)[0].data["load"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_criterion_of_a_page_that_ends_is_told_with_its_time() {
    let sites = Sites::start().unwrap();
    let run = go(&sites, "<img src=/lourd/case/1.png><p>ordinaire").await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:?}", run.codes());
    let load = load(&run);
    assert_eq!((&load["rule"], &load["reason"]), (&"chargement/1".into(), &"network_quiet".into()));
    assert_eq!(load["ceiling_ms"], 5000);
    for criterion in ["load_event", "network_quiet", "fonts", "images", "dom_quiet"] {
        let held = load["held_ms"][criterion].as_u64().unwrap_or_else(|| panic!("{criterion}: {load:#}"));
        assert!(held <= load["waited_ms"].as_u64().unwrap(), "{load:#}");
    }
    assert_eq!(load["pending"], Value::Array(Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pending_at_the_ceiling_is_named() {
    let sites = Sites::start().unwrap();
    let html = "<style>@font-face{font-family:Muette;src:url(/erreurs/muet?police)}p{font-family:Muette}</style>\
        <img src=/erreurs/muet?image width=10 height=10><p id=p>texte</p>\
        <script>setInterval(() => { p.textContent = Math.random(); }, 50); fetch('/erreurs/muet?demande')</script>";
    let run = go(&sites, html).await;
    let reached = run.lines(&op::PAGE_REACHED)[0];
    assert_eq!(reached.outcome, Outcome::Deviation);
    let load = load(&run);
    assert_eq!(load["reason"], "maximum");
    for criterion in ["load_event", "network_quiet", "fonts", "images", "dom_quiet"] {
        assert_eq!(load["held_ms"][criterion], Value::Null, "{criterion} {load:#}");
    }
    let named = load["pending"].as_array().unwrap();
    for end in ["?police", "?image", "?demande"] {
        assert!(named.iter().any(|url| url.as_str().unwrap().ends_with(end)), "{end} {load:#}");
    }
    assert_eq!(load["pending_fonts"], serde_json::json!(["Muette"]));
    assert!(load["pending_images"][0].as_str().unwrap().ends_with("?image"), "{load:#}");
    assert!(run.codes().contains(&"capture.load_ceiling"), "{:?}", run.codes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_goes_on_changing_is_told_and_does_not_hold_the_capture() {
    let sites = Sites::start().unwrap();
    let run =
        go(&sites, "<p id=p>heure</p><script>setInterval(() => { p.textContent = Date.now(); }, 50)</script>").await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:?}", run.codes());
    let load = load(&run);
    assert_eq!(load["reason"], "network_quiet");
    assert_eq!(load["held_ms"]["dom_quiet"], Value::Null, "{load:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_renames_its_own_parts_is_still_judged() {
    let sites = Sites::start().unwrap();
    let html = "<form name=images></form><form name=readyState></form><form name=fonts></form><form name=querySelectorAll></form>\
        <img id=constatLoad src=/lourd/case/2.png><script>document.readyState2 = 1; window.performance = null</script>";
    let run = go(&sites, html).await;
    assert_eq!(load(&run)["reason"], "network_quiet", "{:#}", load(&run));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_be_shown_is_named() {
    let sites = Sites::start().unwrap();
    let run = go(&sites, "<img src=/erreurs/404 width=10 height=10><p>texte").await;
    let load = load(&run);
    assert_eq!(load["reason"], "network_quiet", "{load:#}");
    assert!(load["broken_images"][0].as_str().is_some_and(|url| url.ends_with("/erreurs/404")), "{load:#}");
}

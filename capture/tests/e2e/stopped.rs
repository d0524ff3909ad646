//! What a rule of the browser stops is listed once, with its reason, its address and its page: nothing is silent.
use std::collections::BTreeMap;

use dossier::{SessionState, op};
use fixtures::Sites;

use crate::harness::{Run, play, play_with};
use crate::records::{about, one, records};
use crate::traffic_inside::browser_that_trusts;

const WAIT: &str = "[[etape]]\nattendre = { texte = \"fini\" }\n";

/// What was stopped: address to how often; every line names the page and says why.
fn stopped(run: &Run, page: &str) -> BTreeMap<String, u64> {
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    let mut found = BTreeMap::new();
    for line in run.lines(&op::INCOMPLETE).iter().filter(|l| l.text("reason") == Some("blocked")) {
        let url = line.text("url").unwrap();
        let of = line.text("page").unwrap();
        // For the browser, the document of a frame is asked by itself.
        assert!(of == page || of == url, "{line:#?}");
        assert!(line.text("detail").is_some_and(|why| why.len() > 10), "{line:#?}");
        *found.entry(url.to_owned()).or_insert(0) += 1;
    }
    found
}

fn expected(list: &[(&str, &str, u64)]) -> BTreeMap<String, u64> {
    list.iter().map(|(origin, path, times)| (format!("{origin}{path}"), *times)).collect()
}

async fn open(sites: &Sites, name: &str) -> (Run, String) {
    let page = format!("{}/arrets/page/{name}", sites.base());
    (play(&format!("[[etape]]\naller = \"{page}\"\n{WAIT}")).await, page)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_s_own_policy_stops_is_listed_once() {
    let sites = Sites::start().unwrap();
    let (run, page) = open(&sites, "csp").await;
    let (base, other) = (sites.base(), sites.other());
    let socket = base.replace("http", "ws");
    let redirect = format!("/arrets/vers?u={other}/arrets/rien/renvoi.png");
    let all = expected(&[
        (&other, "/arrets/rien/style.css", 1),
        (&base, "/arrets/rien/police.woff2", 1),
        (&other, "/arrets/rien/image.png", 1),
        // The address that was asked leads to one that the policy stops.
        (&base, &redirect, 1),
        (&base, "/arrets/rien/cadre.html", 1),
        (&base, "/arrets/rien/film.mp4", 1),
        (&other, "/arrets/rien/script.js", 1),
        (&base, "/arrets/rien/deux.json", 2),
        (&base, "/arrets/rien/balise", 1),
        (&socket, "/arrets/rien/canal", 1),
        (&base, "/arrets/rien/flux", 1),
        (&base, "/arrets/rien/xhr", 1),
        (&base, "/arrets/rien/du-travailleur", 1),
    ]);
    assert_eq!(stopped(&run, &page), all);
    assert!(!sites.requests().iter().any(|line| line.path.starts_with("/arrets/rien/")), "{:#?}", sites.requests());
    let lines = run.lines(&op::INCOMPLETE);
    let fetch = lines.iter().find(|l| l.text("url").is_some_and(|u| u.ends_with("deux.json"))).unwrap();
    let why = fetch.text("detail").unwrap();
    assert!(why.contains("CSP : connect-src") && why.contains(&page), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_only_reports_stops_nothing() {
    let sites = Sites::start().unwrap();
    let (run, page) = open(&sites, "signale").await;
    assert_eq!(stopped(&run, &page), BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn mixed_content_is_listed() {
    let sites = Sites::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let browser = browser_that_trusts(&sites.tls_good(), folder.path());
    let page = format!("{}/arrets/page/mixte", sites.tls_good());
    let run = play_with(browser, &format!("[[etape]]\naller = \"{page}\"\n{WAIT}")).await;
    let all = expected(&[
        ("http://mixte.invalid", "/script.js", 1),
        ("http://mixte.invalid", "/cadre.html", 1),
        ("http://mixte.invalid", "/donnees.json", 1),
        ("ws://mixte.invalid", "/canal", 1),
    ]);
    assert_eq!(stopped(&run, &page), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rules_of_origins_stop_is_listed_once() {
    let sites = Sites::start().unwrap();
    let other = sites.other();
    let (run, page) = open(&sites, "cors").await;
    let all = expected(&[
        (&other, "/images/paysage-1.png", 1),
        (&other, "/arrets/script/module.js", 1),
        (&other, "/arrets/page/rien", 1),
        (&other, "/images/paysage-2.png", 1),
        (&other, "/images/paysage-3.png", 1),
        (&other, "/arrets/rien/prealable", 1),
    ]);
    assert_eq!(stopped(&run, &page), all);
    let (run, page) = open(&sites, "coep").await;
    let all = expected(&[
        (&other, "/images/paysage-1.png", 1),
        (&other, "/arrets/page/rien", 1),
        (&other, "/images/paysage-2.png", 1),
    ]);
    assert_eq!(stopped(&run, &page), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_belongs_to_its_page_and_names_its_script() {
    let sites = Sites::start().unwrap();
    let (run, page) = open(&sites, "canal").await;
    let lines = run.lines(&op::INCOMPLETE);
    let links: Vec<_> = lines.iter().filter(|l| l.text("url").is_some_and(|u| u.starts_with("ws://"))).collect();
    assert_eq!(links.len(), 2, "{lines:#?}");
    assert!(links.iter().all(|l| l.text("page") == Some(&page)), "{links:#?}");
    let all = records(&run);
    let told = about(&all, one(&all, "request", "/protocole/statut/404?page"));
    assert!(told.contains("initiator: script, ") && told.contains("/arrets/script/canal.js"), "{told}");
}

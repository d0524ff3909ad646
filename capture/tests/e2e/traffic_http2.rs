//! HTTP/2, early hints, brotli and Zstandard, and the redirects a browser makes by itself for strict transport security.
use dossier::{SessionState, op};
use fixtures::Sites;
use fixtures::sites::http2;

use crate::harness::{Run, play_with};
use crate::records::{about, one, records};
use crate::traffic_inside::browser_that_trusts;

const WAIT: &str = "[[etape]]\nattendre = { texte = \"tout est demandé\" }\n";

async fn play(sites: &Sites, extra: &str, steps: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let browser = browser_that_trusts(&sites.http2(), folder.path());
    let script = std::fs::read_to_string(&browser).unwrap().replace(" \"$@\"", &format!(" {extra} \"$@\""));
    std::fs::write(&browser, script).unwrap();
    let run = play_with(browser, steps).await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_over_http2_and_the_hints_before_them_are_stored() {
    let sites = Sites::start().unwrap();
    let run = play(&sites, "", &format!("[[etape]]\naller = \"{}/\"\n{WAIT}", sites.http2())).await;
    let all = records(&run);
    let page = one(&all, "response", &format!("{}/", sites.http2()));
    let protocols: Vec<&str> =
        page.fields.iter().filter(|(n, _)| n == "WARC-Protocol").map(|(_, v)| v.as_str()).collect();
    assert_eq!(protocols, ["h2", "tls/1.3"]);
    // A start line of the form that WARC asks for, though HTTP/2 has none.
    assert!(page.head.starts_with("HTTP/1.1 200"), "{}", page.head);
    assert!(about(&all, page).contains("earlyHints: 1\r\n"));
    let hints = all.iter().find(|r| r.url.starts_with("urn:early-hints:https://")).unwrap();
    assert!(hints.text().contains("</style.css>; rel=preload; as=style"), "{}", hints.text());
    assert_eq!(one(&all, "response", "/style.css").text(), "h1{color:#234}");
    for (end, coding) in [("/br", "br"), ("/zstd", "zstd")] {
        let answer = one(&all, "response", end);
        assert_eq!(answer.body, http2::TEXT, "{end}");
        assert_eq!(answer.header("x-orig-content-encoding"), Some(coding));
        let told = about(&all, answer);
        assert!(told.contains("bodyForm: content-decoded\r\n"), "{told}");
        assert!(told.contains(&format!("contentEncoding: {coding}\r\n")), "{told}");
    }
    // What the server answered is stored; what the browser asked by itself for the hint, unannounced, is listed.
    let mut asked: Vec<String> = sites.requests().into_iter().map(|line| line.path).collect();
    let account = run.only(&op::ACCOUNT_RECONCILE);
    let mut hinted = 0;
    for unmatched in account["unmatched"].as_array().unwrap() {
        if unmatched["url"] == format!("{}/style.css", sites.http2()) {
            assert_eq!((&unmatched["class"], &unmatched["count"]), (&"only_netlog".into(), &1.into()), "{account:#?}");
            hinted += 1;
        }
    }
    assert_eq!(hinted, asked.iter().filter(|path| *path == "/style.css").count() - 1, "{account:#?}");
    let mut stored: Vec<String> = all
        .iter()
        .filter(|r| r.kind == "response" && r.url.starts_with(&sites.http2()))
        .map(|r| r.url.trim_start_matches(&sites.http2()).to_owned())
        .collect();
    asked.sort();
    asked.dedup();
    stored.sort();
    assert_eq!(asked, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_the_browser_makes_by_itself_is_no_answer_of_the_server() {
    let sites = Sites::start().unwrap();
    let named = sites.http2().replace("127.0.0.1", http2::NAME);
    let plain = named.replace("https://", "http://");
    let resolves = format!("'--host-resolver-rules=MAP {} 127.0.0.1'", http2::NAME);
    let steps = format!(
        "[[etape]]\naller = \"{named}/\"\n{WAIT}[[etape]]\naller = \"{}/\"\n[[etape]]\naller = \"{plain}/style.css\"\n",
        sites.base()
    );
    let run = play(&sites, &resolves, &steps).await;
    let all = records(&run);
    // Only what came from the server is an answer: nothing was sent in clear.
    assert!(!all.iter().any(|r| r.kind == "response" && r.url.starts_with(&plain)), "{all:#?}");
    let requests = sites.requests();
    let between = requests.iter().position(|line| sites.base().ends_with(&line.host)).unwrap();
    let last = requests.iter().rposition(|line| named.ends_with(&line.host) && line.path == "/style.css").unwrap();
    assert!(last > between, "{requests:#?}");
    let listed: Vec<String> =
        run.lines(&op::INCOMPLETE).iter().map(|line| serde_json::to_string(&line.data).unwrap()).collect();
    let one = listed
        .iter()
        .find(|line| line.contains(&format!("{plain}/style.css")))
        .unwrap_or_else(|| panic!("{listed:#?}"));
    assert!(one.contains("not_on_the_wire") && one.contains("HSTS"), "{one}");
}

//! Pages that harm who visits them: each ends within its ceiling, what was cut is told, the dossier closes.
use dossier::{Outcome, SessionState, op};
use fixtures::Sites;

use crate::harness::{Run, play};

/// Goes to a hostile page and captures it, with a ceiling of five seconds and these limits.
async fn visit(sites: &Sites, path: &str, limits: &str) -> Run {
    let url = format!("{}/hostile/{path}", sites.base());
    let steps = format!("[[etape]]\naller = \"{url}\"\n[[etape]]\ncapturer = \"Page\"\n");
    play(&format!("[limites]\npage_secondes = 5\n{limits}\n{steps}")).await
}

fn text_of(run: &Run) -> String {
    String::from_utf8(run.file("captures/0001-texte.txt")).unwrap()
}

fn found<'a>(run: &'a Run, code: &str) -> Option<&'a str> {
    run.captured.findings.iter().find(|f| f.code == code).and_then(|f| f.found.as_deref())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_crowds_the_window_is_read_within_bounds_and_told() {
    let sites = Sites::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let page = "<!doctype html><body><main id=fil></main><script>for (let i = 0; i < 4000; i++) { const a = document.createElement('article'); \
        a.id = 'p' + i; a.style.cssText = 'position:absolute;left:0;top:0;width:300px;height:40px'; \
        a.innerHTML = '<b>Auteur</b> <time datetime=2026-01-01>hier</time> <p>Publication ' + i + '</p>'; fil.append(a); }</script></body>";
    std::fs::write(folder.path().join("page.html"), page).unwrap();
    sites.mount("/essai/", folder.path()).unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/essai/page.html\"\n[[etape]]\nrecueillir = {{ titre = \"Tas\", selecteur = \"article\" }}\n",
        sites.base()
    ))
    .await;
    let end = run.lines(&op::STEP_END)[1];
    let collected = end.data["collected"].as_u64().unwrap_or(0);
    assert!((1..=2000).contains(&collected), "{end:#?}");
    assert!(run.codes().contains(&"capture.feed_crowded"), "{:?}", run.codes());
}

#[tokio::test(flavor = "multi_thread")]
async fn dialogues_are_dismissed_and_told_and_the_page_goes_on() {
    let sites = Sites::start().unwrap();
    let run = visit(&sites, "dialogues", "").await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:?}", run.codes());
    assert!(text_of(&run).contains("réponses : false, null"), "{}", text_of(&run));
    let told: Vec<_> = run.captured.findings.iter().filter(|f| f.code == "capture.dialog").collect();
    assert_eq!(told.len(), 2, "{told:?}");
    let run = visit(&sites, "alertes-comptees", "").await;
    assert_eq!(found(&run, "capture.dialogs"), Some("80"), "{:?}", run.codes());
    let run = visit(&sites, "impression", "").await;
    assert!(text_of(&run).contains("imprimée"), "print() must not hold the page: {}", text_of(&run));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_asks_to_be_kept_is_left_all_the_same() {
    let sites = Sites::start().unwrap();
    let base = sites.base();
    let run = play(&format!(
        "[[etape]]\naller = \"{base}/dialogue/\"\n[[etape]]\ncliquer = {{ selecteur = \"#retenir\" }}\n\
         [[etape]]\naller = \"{base}/types/latin1\"\n[[etape]]\ncapturer = \"Ensuite\"\n"
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    let told = run.captured.findings.iter().find(|f| f.code == "capture.dialog").expect("the dialogue is told");
    assert!(told.what.contains("beforeunload"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_replaces_itself_for_ever_is_told_in_bounded_time() {
    let sites = Sites::start().unwrap();
    for path in ["recharge", "remplace"] {
        let run = visit(&sites, path, "").await;
        assert!(found(&run, "capture.reload_loop").is_some(), "{path} {:?}", run.codes());
        let reached = run.lines(&op::PAGE_REACHED)[0];
        assert_eq!(reached.outcome, Outcome::Deviation, "{path}");
        assert_eq!(reached.data["load"]["reason"], "reload_loop", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_in_a_ring_fail_with_their_own_code() {
    let sites = Sites::start().unwrap();
    let run = play(&format!("[[etape]]\naller = \"{}/erreurs/boucle\"\n", sites.base())).await;
    let reached = run.lines(&op::PAGE_REACHED)[0];
    assert_eq!((reached.outcome, reached.text("code")), (Outcome::Failed, Some("capture.redirect_loop")));
    assert!(run.indexed().iter().filter(|(_, status)| status == "307").count() >= 10, "each hop is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_asks_without_measure_is_stopped_at_its_budget_and_captured() {
    let sites = Sites::start().unwrap();
    let run = visit(&sites, "requetes?n=100000", "requetes = 3000").await;
    assert_eq!(run.captured.state, SessionState::Partial);
    let told = run.captured.findings.iter().find(|f| f.code == "capture.limit_requests").expect("the limit is told");
    assert_eq!(told.expected.as_deref(), Some("3000"));
    assert!(text_of(&run).contains("Des requêtes sans mesure"));
    assert!(!run.file("screens/0001-page.png").is_empty());
    let served = sites.requests().len();
    assert!(served < 100_000, "{served}");
    // What was asked and is not stored is listed, in the journal or in the file it names.
    let seen = run.lines(&op::INCOMPLETE).last().unwrap().integer("requests_seen").unwrap();
    let stored = run.lines(&op::INCOMPLETE).last().unwrap().integer("exchanges_stored").unwrap();
    let lines = run.lines(&op::INCOMPLETE);
    let told = lines.iter().filter(|l| l.integer("step").is_some() && !l.text("url").unwrap().starts_with('(')).count();
    let lists = run.captured.dossier.artefacts().iter().filter(|a| a.path.as_str().starts_with("logs/incomplet-"));
    let listed: usize = lists.map(|a| run.file(a.path.as_str()).iter().filter(|b| **b == b'\n').count()).sum();
    let absent = i64::try_from(told + listed).unwrap();
    assert!(stored + absent >= seen, "{seen} asked, {stored} stored, {absent} told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_grows_for_ever_is_captured_as_it_is() {
    let sites = Sites::start().unwrap();
    let run = visit(&sites, "grandit", "hauteur_pixels = 20000").await;
    assert!(text_of(&run).contains("ligne 20"), "{:?}", run.codes());
    let load = &run.lines(&op::PAGE_REACHED)[0].data["load"];
    assert_eq!(load["held_ms"]["dom_quiet"], serde_json::Value::Null, "{load:#}");
    let cut = ["capture.growth_cut", "capture.page_cut"];
    assert!(cut.iter().any(|code| run.codes().contains(code)), "{:?}", run.codes());
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_in_a_storm_are_closed_beyond_a_number() {
    let sites = Sites::start().unwrap();
    let base = sites.base();
    let run = play(&format!(
        "[limites]\npage_secondes = 5\n[[etape]]\naller = \"{base}/hostile/fenetres\"\n\
         [[etape]]\ncliquer = {{ selecteur = \"#ouvrir\" }}\n[[etape]]\ncapturer = \"Page\"\n"
    ))
    .await;
    let ends: Vec<Outcome> = run.lines(&op::STEP_END).iter().map(|e| e.outcome).collect();
    assert_eq!(ends, [Outcome::Ok, Outcome::Ok, Outcome::Ok], "{:#?}", run.lines(&op::STEP_END));
    let windows = run.codes().iter().filter(|c| **c == "capture.window").count();
    assert!(windows <= 21, "{windows} {}", text_of(&run));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_the_machine_are_out_of_reach() {
    let sites = Sites::start().unwrap();
    let run = visit(&sites, "local", "").await;
    let text = text_of(&run);
    assert!(text.contains("encore ici") && text.contains("refusé file:///etc/passwd"), "{text}");
    assert!(!text.contains("LU "), "{text}");
    assert!(!run.warc_text().contains("root:x:0"), "a file of the machine is in the archive");
}

#[tokio::test(flavor = "multi_thread")]
async fn immense_data_addresses_and_pictures_end_within_the_ceiling() {
    let sites = Sites::start().unwrap();
    let base = sites.base();
    let run = play(&format!(
        "[[etape]]\naller = \"{base}/hostile/donnees\"\n[[etape]]\naller = \"{base}/types/latin1\"\n\
         [[etape]]\ncapturer = \"Ensuite\"\n"
    ))
    .await;
    let ends = run.lines(&op::STEP_END);
    // The browser itself may stop answering on such an address: then it is told, and replaced.
    let lost = ends[0].text("code") == Some("capture.page_unresponsive");
    assert!(ends[0].outcome == Outcome::Ok || lost, "{ends:#?}");
    assert_eq!(run.codes().contains(&"capture.browser_replaced"), lost, "{:?}", run.codes());
    assert_eq!((ends[1].outcome, ends[2].outcome), (Outcome::Ok, Outcome::Ok), "{ends:#?}");
    assert!(run.journal.entries().iter().all(|e| e.data.values().all(|v| v.to_string().len() < 100_000)));
    let run = visit(&sites, "image", "hauteur_pixels = 20000").await;
    assert_eq!(run.lines(&op::PAGE_REACHED).len(), 1, "{:?}", run.codes());
    let asked = run.indexed().iter().any(|(url, _)| url.ends_with("/hostile/image.png"));
    assert!(asked, "the picture's bytes are stored, whatever its size once decoded");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_beyond_the_browser_are_a_failure_told_and_many_are_stored() {
    let sites = Sites::start().unwrap();
    let run = visit(&sites, "entetes?octets=1000000", "").await;
    let reached = run.lines(&op::PAGE_REACHED)[0];
    assert_eq!(reached.outcome, Outcome::Failed, "{reached:#?}");
    assert!(run.lines(&op::INCOMPLETE).iter().any(|l| l.text("url").is_some_and(|u| u.contains("octets=1000000"))));
    let run = visit(&sites, "entetes?nombre=3000", "").await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:?}", run.codes());
    assert!(run.warc_text().contains("x-2999: 1"), "the last header is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_sees_of_the_automation_is_measured() {
    let sites = Sites::start().unwrap();
    let run = visit(&sites, "automate", "").await;
    let seen = text_of(&run);
    let measured = run.only(&op::MEASURE_SETTINGS);
    let webdriver = measured["webdriver"].as_bool().unwrap();
    assert!(seen.contains(&format!("\"webdriver\":{webdriver}")), "{seen} {measured:#}");
    let told = measured["automation_visible"].to_string();
    assert_eq!(told.contains("navigator.webdriver"), webdriver, "{seen} {told}");
    assert_eq!(told.contains("Headless"), seen.contains("HeadlessChrome"), "{seen} {told}");
}

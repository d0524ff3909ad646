//! A flow recorded with Chrome's developer tools, replayed as it is: every type of step, seen from the page.
use capture::scenario::Scenario;
use dossier::{Outcome, SessionState, op};
use fixtures::Sites;
use serde_json::{Value, json};

use crate::harness::{Run, play_plan};

async fn replay(flow: &Value) -> Run {
    let text = serde_json::to_string_pretty(flow).unwrap();
    let scenario = Scenario::from_recording("parcours.json", &text).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let captured = play_plan(scenario, text.into_bytes(), dir.path(), false, capture::Stop::new(), None).await.unwrap();
    Run::of(captured, dir)
}

fn flow(base: &str) -> Value {
    let at = |id: &str| json!([["aria/Absent de la page"], [format!("#{id}")]]);
    json!({"title": "Un parcours", "steps": [
        {"type": "setViewport", "width": 1000, "height": 700, "deviceScaleFactor": 1, "isMobile": false, "hasTouch": false, "isLandscape": false},
        {"type": "navigate", "url": format!("{base}/parcours/"), "assertedEvents": [{"type": "navigation", "url": format!("{base}/parcours/"), "title": ""}]},
        {"type": "waitForElement", "selectors": [["text/prêt"]], "operator": "==", "count": 1, "visible": true},
        {"type": "click", "target": "main", "selectors": [["aria/Compter"], ["#un"]], "offsetX": 5, "offsetY": 6},
        {"type": "click", "selectors": [["aria/Compter[role=\"button\"]"]], "button": "secondary", "offsetX": 5, "offsetY": 6},
        {"type": "doubleClick", "selectors": ["xpath///button[@id='deux']"], "offsetX": 3, "offsetY": 3},
        {"type": "hover", "selectors": at("menu")},
        {"type": "waitForElement", "selectors": ["text/Sous-menu ouvert"], "visible": true},
        {"type": "change", "selectors": [["aria/Votre ville"]], "value": "Valbrune"},
        {"type": "keyDown", "target": "main", "key": "Shift"}, {"type": "keyDown", "key": "Enter"}, {"type": "keyUp", "key": "Enter"},
        {"type": "keyUp", "key": "Shift"},
        {"type": "change", "selectors": at("jour"), "value": "2026-11-22"},
        {"type": "change", "selectors": at("liste"), "value": "b"},
        {"type": "scroll", "selectors": at("boite"), "x": 0, "y": 300},
        {"type": "waitForElement", "selectors": ["body"], "attributes": {"data-boite": "bas"}},
        {"type": "click", "selectors": [["pierce/[aria-label='Dans l’ombre']"]], "offsetX": 2, "offsetY": 2},
        {"type": "click", "selectors": [["#ombre", "button"]], "offsetX": 2, "offsetY": 2},
        {"type": "click", "frame": [0], "selectors": [["aria/Dans le cadre"], ["button"]], "offsetX": 4, "offsetY": 4},
        {"type": "waitForExpression", "expression": "document.querySelectorAll('#dit li').length >= 9"},
        {"type": "scroll", "x": 0, "y": 500},
        {"type": "click", "selectors": [["text/Aller au forum"]], "offsetX": 4, "offsetY": 4, "assertedEvents": [{"type": "navigation"}]},
        {"type": "close"},
    ]})
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_step_is_done_and_each_page_captured() {
    let sites = Sites::start().unwrap();
    let run = replay(&flow(&sites.base())).await;
    let ends = run.lines(&op::STEP_END);
    let wrong: Vec<_> = ends.iter().filter(|end| end.outcome != Outcome::Ok).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(run.captured.state, SessionState::Complete);
    let reached: Vec<_> =
        run.lines(&op::PAGE_REACHED).iter().map(|line| line.text("url").unwrap().to_owned()).collect();
    assert_eq!(reached, [format!("{}/parcours/", sites.base()), format!("{}/forum/", sites.base())]);
    assert_eq!(run.lines(&op::PAGE_REACHED)[1].data["from"]["text"], "Aller au forum");
    // The page that is left, then the one that is come to.
    let titles: Vec<_> = ends.iter().filter_map(|end| end.text("titre")).collect();
    assert_eq!(titles, ["Un parcours, vue 1", "Un parcours, vue 2"]);
    assert_eq!(run.only(&op::MEASURE_DISPLAY)["viewport_width"], 1000);
    assert!(run.file("scenario.json").starts_with(b"{"));
    assert_eq!(run.only(&op::SESSION_SCENARIO)["source"], "recorder");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_saw_is_what_was_recorded() {
    let sites = Sites::start().unwrap();
    let mut flow = flow(&sites.base());
    let steps = flow["steps"].as_array_mut().unwrap();
    steps.truncate(steps.len() - 2);
    let run = replay(&flow).await;
    let text = String::from_utf8(run.file("captures/0001-texte.txt")).unwrap();
    for said in [
        "prêt",
        "clic 5,6",
        "clic droit",
        "double clic",
        "ville Valbrune",
        "entrée true",
        "jour 2026-11-22",
        "liste b",
        "dans l’ombre",
        "dans le cadre",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(text.matches("dans l’ombre").count(), 2, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_up_is_told_step_by_step() {
    let sites = Sites::start().unwrap();
    let base = sites.base();
    let run = replay(&json!({"title": "Réseau imité", "timeout": 800, "steps": [
        {"type": "emulateNetworkConditions", "download": 1000, "upload": 1000, "latency": 50},
        {"type": "navigate", "url": format!("{base}/")},
        {"type": "customStep", "name": "extension", "parameters": {}},
        {"type": "click", "target": "https://autre.example/", "selectors": ["a"], "offsetX": 1, "offsetY": 1},
        {"type": "waitForElement", "selectors": [".absent"]},
        {"type": "click", "selectors": ["a"], "offsetX": 1, "offsetY": 1},
    ]}))
    .await;
    let codes: Vec<_> = run.lines(&op::STEP_END).iter().map(|end| end.text("code").map(str::to_owned)).collect();
    let (not, unmet) = (Some("capture.not_taken_up".to_owned()), Some("capture.requirement".to_owned()));
    assert_eq!(codes, [not.clone(), None, not.clone(), not, unmet.clone(), unmet.clone(), unmet]);
    assert_eq!(run.captured.state, SessionState::Partial);
}

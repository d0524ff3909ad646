//! Where a cut journal says that the session stood, and what is played again.
use std::sync::Arc;
use std::time::Duration;

use dossier::{Case, FixedClock, OpenDossier, Opening, Operation, Reference, Software};

use super::*;
use crate::scenario::Scenario;

const TOTAL: u32 = 7;

fn plan() -> Scenario {
    let text = "[dossier]\n[[etape]]\naller = \"http://a.test/\"\n[[etape]]\ndeplier = \"tout\"\n[[etape]]\ncapturer = \"Un\"\n\
                [[etape]]\ncliquer = { texte = \"suite\" }\n[[etape]]\ncapturer = \"Deux\"\n[[etape]]\naller = \"http://b.test/\"\n\
                [[etape]]\ncapturer = \"Trois\"\n";
    Scenario::parse("essai.toml", text).unwrap()
}

/// A journal of these lines, after the two that open it.
fn journal(lines: &[(Operation, Outcome, Value)]) -> Journal {
    let parent = tempfile::tempdir().unwrap();
    let case = Case {
        reference: Reference::new("T-1").unwrap(),
        objet: None,
        requerant: None,
        officier: None,
        lieu: None,
        presents: Vec::new(),
    };
    let software = Software { name: "constat".into(), version: "0.0.0".into(), binary_sha256: None };
    let opening = Opening { case, software, attended: false, essai: true };
    let clock = Arc::new(FixedClock::new("2026-11-21T10:00:00Z".parse().unwrap(), Duration::from_millis(7)));
    let mut dossier = OpenDossier::create(parent.path(), &opening, clock).unwrap();
    for (operation, outcome, data) in lines {
        dossier.record(operation.clone(), *outcome, data.clone()).unwrap();
    }
    dossier.read_journal().unwrap()
}

fn begin(step: u32) -> (Operation, Outcome, Value) {
    (op::STEP_BEGIN, Outcome::Begin, json!({"step": step}))
}

fn end(step: u32, outcome: Outcome, code: Option<&str>) -> (Operation, Outcome, Value) {
    let kind = plan().etapes[usize::try_from(step - 1).unwrap()].action.kind();
    let mut data = json!({"step": step, "kind": kind});
    if let Some(code) = code {
        data["code"] = json!(code);
    }
    (op::STEP_END, outcome, data)
}

fn bound() -> (Operation, Outcome, Value) {
    (op::ARCHIVE_CHECKPOINT, Outcome::Ok, json!({}))
}

fn done(step: u32) -> [(Operation, Outcome, Value); 3] {
    [begin(step), end(step, Outcome::Ok, None), bound()]
}

fn course(lines: &[(Operation, Outcome, Value)]) -> Course {
    Course::of(&journal(lines), TOTAL).unwrap()
}

#[test]
fn a_step_is_done_when_its_end_is_bound_to_the_archive() {
    assert_eq!(course(&[]).next(), 1);
    let one = done(1);
    assert_eq!(course(&one[..1]).next(), 1, "cut in its middle");
    assert_eq!(course(&one[..2]).next(), 1, "its exchanges may be lost");
    assert_eq!(course(&one).next(), 2);
    let mut cut = one.to_vec();
    cut.push(begin(2));
    let mut cut = course(&cut);
    assert_eq!((cut.next(), cut.begin(2), cut.begin(3)), (2, 1, 0));
}

#[test]
fn a_step_that_a_stop_cut_is_not_done_and_one_that_failed_is() {
    let mut lines = done(1).to_vec();
    lines.extend([begin(2), end(2, Outcome::Failed, Some("capture.element_missing")), bound()]);
    assert_eq!(course(&lines).next(), 3);
    for code in CUT {
        let mut cut = lines.clone();
        cut.extend([
            begin(3),
            end(3, Outcome::Failed, Some(code)),
            bound(),
            begin(4),
            end(4, Outcome::NotDone, Some(code)),
        ]);
        assert_eq!(course(&cut).next(), 3, "{code}");
    }
    lines.extend([begin(3), end(3, Outcome::NotDone, Some("capture.no_page"))]);
    assert_eq!(course(&lines).next(), 4, "told as not done, for a reason that stands");
}

#[test]
fn a_step_that_had_no_network_is_not_done_until_it_is_tried_again() {
    let mut lines: Vec<_> = (1..=5).flat_map(done).collect();
    lines.extend([begin(6), end(6, Outcome::Failed, Some("capture.navigation")), bound()]);
    lines.push((op::NETWORK_LOST, Outcome::Begin, json!({"step": 6})));
    assert_eq!(course(&lines).next(), 6);
    lines.push((op::NETWORK_BACK, Outcome::Ok, json!({"step": 6})));
    lines.extend(done(6));
    assert_eq!(course(&lines).next(), 7);
}

#[test]
fn the_page_is_the_last_one_asked_for_and_no_capture_is_made_again() {
    let etapes = plan().etapes;
    let lines: Vec<_> = (1..=4).flat_map(done).collect();
    assert_eq!(course(&lines).again(&etapes, 5), Some(vec![1, 2, 4]));
    let mut failed: Vec<_> = (1..=5).flat_map(done).collect();
    failed.extend([begin(6), end(6, Outcome::Failed, Some("capture.dns")), bound()]);
    let course = course(&failed);
    assert_eq!(course.again(&etapes, 7), None, "the page before is not the one the step is about");
    let mut course = course.clone();
    assert!(!course.regain(&etapes[5].action), "a step that asks for its own address needs no page");
    assert!(!course.regain(&etapes[6].action), "and what follows it has its page");
}

#[test]
fn nothing_left_is_said_and_so_is_a_closing_that_had_begun() {
    let all: Vec<_> = (1..=TOTAL).flat_map(done).collect();
    assert!(matches!(Course::of(&journal(&all), TOTAL), Err(CaptureError::NothingLeft)));
    let mut closing = done(1).to_vec();
    closing.push((op::ARTEFACT, Outcome::Ok, json!({"kind": "archive-index", "path": "indexes/index.cdxj"})));
    assert!(matches!(Course::of(&journal(&closing), TOTAL), Err(CaptureError::NothingLeft)));
}

#[test]
fn what_barred_the_rest_bars_it_still() {
    let mut lines = done(1).to_vec();
    lines.extend([begin(2), end(2, Outcome::Failed, Some(UNMET)), bound()]);
    assert_eq!(course(&lines).barred, Some(UNMET));
    assert_eq!(course(&done(1)).barred, None);
}

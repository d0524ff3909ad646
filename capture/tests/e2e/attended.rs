//! The officer who attends: each answer is journalled as it was given, and nothing is claimed without one.
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use capture::scenario::Scenario;
use capture::{Answer, Attendant, Gap, Question, Stop};
use dossier::{Outcome, SessionState, op};
use fixtures::Sites;

use crate::harness::{Run, play_attended, play_plan};

/// Gives the answers of a script, in order, and keeps the questions.
struct Script {
    answers: Mutex<Vec<Answer>>,
    asked: Mutex<Vec<Question>>,
}

impl Script {
    fn new(answers: &[Answer]) -> Arc<Self> {
        let answers = answers.iter().rev().cloned().collect();
        Arc::new(Self { answers: Mutex::new(answers), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap().clone()
    }
}

impl Attendant for Script {
    fn acknowledge(&self, question: &Question) -> Answer {
        for file in &question.files {
            let bytes = std::fs::read(&file.on_disk).expect("the officer can open what is asked about");
            assert_eq!(dossier::Digests::of(&bytes).sha256, file.sha256, "{}", file.path);
        }
        self.asked.lock().unwrap().push(question.clone());
        self.answers.lock().unwrap().pop().expect("one question too many")
    }

    fn justify(&self, gap: &Gap) -> Option<String> {
        panic!("nothing judges the preliminaries here: {gap:?}")
    }
}

fn yes() -> Answer {
    Answer::Acknowledged { by: "Camille Essai".into(), statement: None }
}

fn two_captures(sites: &Sites) -> String {
    let base = sites.base();
    format!(
        "[[etape]]\naller = \"{base}/\"\n[[etape]]\ncapturer = \"L'accueil\"\n[[etape]]\nattendre = {{ secondes = 1 }}\n\
         [[etape]]\ncapturer = \"L'accueil, encore\"\n"
    )
}

/// Where in the journal the first line of an operation with this step is.
fn seq(run: &Run, operation: &dossier::Operation, step: i64) -> u64 {
    run.lines(operation).iter().find(|e| e.integer("step") == Some(step)).unwrap().seq
}

#[tokio::test(flavor = "multi_thread")]
async fn each_capture_is_acknowledged_before_the_next_step() {
    let sites = Sites::start().unwrap();
    let script = Script::new(&[yes(), yes()]);
    let run = play_attended(&two_captures(&sites), Stop::new(), script.clone()).await;
    assert_eq!(run.captured.state, SessionState::Complete);
    let lines = run.lines(&op::STEP_ACKNOWLEDGED);
    assert_eq!(
        lines.iter().map(|l| (l.integer("step"), l.integer("capture"))).collect::<Vec<_>>(),
        [(Some(2), Some(1)), (Some(4), Some(2))]
    );
    for (line, question) in lines.iter().zip(script.asked()) {
        assert_eq!((line.outcome, line.text("by")), (Outcome::Ok, Some("Camille Essai")));
        let page = format!("screens/{:04}-page.png", question.capture);
        let artefact = run.captured.dossier.artefacts().iter().find(|a| a.path.as_str() == page).unwrap();
        assert_eq!(line.text("sha256"), Some(artefact.digests.sha256.to_string().as_str()));
        assert_eq!(question.picture().unwrap().sha256, artefact.digests.sha256);
        assert_eq!(question.files.len(), 2, "{question:?}");
        assert_eq!((question.url, question.failure), (format!("{}/", sites.base()), None));
        let asked: dossier::Instant = line.text("asked_at").unwrap().parse().unwrap();
        assert!(question.taken_at <= asked && asked <= line.at);
    }
    let acknowledged = seq(&run, &op::STEP_ACKNOWLEDGED, 2);
    assert!(seq(&run, &op::STEP_END, 2) < acknowledged && acknowledged < seq(&run, &op::STEP_BEGIN, 3));
    assert!(run.codes().contains(&"capture.headless_attended"), "no window was shown: {:?}", run.codes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_kept_with_its_reason_and_is_a_finding() {
    let sites = Sites::start().unwrap();
    let script = Script::new(&[Answer::Refused { why: "page illisible".into() }, yes()]);
    let run = play_attended(&two_captures(&sites), Stop::new(), script).await;
    let lines = run.lines(&op::STEP_ACKNOWLEDGED);
    assert_eq!(lines.iter().map(|l| l.outcome).collect::<Vec<_>>(), [Outcome::Failed, Outcome::Ok]);
    assert_eq!((lines[0].text("why"), lines[0].text("by")), (Some("page illisible"), None));
    let refused: Vec<_> = run.captured.findings.iter().filter(|f| f.code == "capture.not_acknowledged").collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].found.as_deref(), Some("page illisible"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_officer_can_end_the_session_at_the_question() {
    let sites = Sites::start().unwrap();
    let run = play_attended(&two_captures(&sites), Stop::new(), Script::new(&[Answer::Stop])).await;
    assert_eq!(run.captured.state, SessionState::Partial);
    let stop = run.only(&op::SESSION_STOP);
    assert_eq!((&stop["why"], &stop["during_step"]), (&"officer".into(), &2.into()));
    assert!(run.lines(&op::STEP_ACKNOWLEDGED).is_empty(), "no answer, no line of an answer");
    let outcomes: Vec<Outcome> = run.lines(&op::STEP_END).iter().map(|e| e.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Ok, Outcome::NotDone, Outcome::NotDone]);
    assert!(run.codes().contains(&"capture.not_acknowledged"));
}

/// Asks for the session's end from outside, as Ctrl-C does, then waits for an answer that never comes.
struct Silent {
    stop: Stop,
    never: Mutex<Receiver<Answer>>,
}

impl Attendant for Silent {
    fn acknowledge(&self, _: &Question) -> Answer {
        self.stop.request();
        self.never.lock().unwrap().recv().unwrap_or(Answer::Stop)
    }

    fn justify(&self, _: &Gap) -> Option<String> {
        None
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_a_question_that_waits() {
    let sites = Sites::start().unwrap();
    let (stop, (sender, never)): (_, (Sender<Answer>, _)) = (Stop::new(), channel());
    let silent = Silent { stop: stop.clone(), never: Mutex::new(never) };
    let run = play_attended(&two_captures(&sites), stop, Arc::new(silent)).await;
    assert_eq!(run.captured.state, SessionState::Partial);
    assert_eq!(run.only(&op::SESSION_STOP)["why"], "signal");
    assert!(run.lines(&op::STEP_ACKNOWLEDGED).is_empty());
    drop(sender);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_of_a_page_that_was_not_reached_is_asked_about_with_what_failed() {
    let steps = "[[etape]]\naller = \"http://127.0.0.1:1/\"\n[[etape]]\ncapturer = \"Rien\"\n";
    let script = Script::new(&[yes()]);
    let run = play_attended(steps, Stop::new(), script.clone()).await;
    assert_eq!(run.captured.state, SessionState::Partial);
    assert_eq!(run.only(&op::STEP_ACKNOWLEDGED)["capture"], 1);
    let asked = script.asked();
    assert_eq!(asked.len(), 1, "a step that took no picture has nothing to ask about: {asked:?}");
    assert!(asked[0].failure.is_some() && asked[0].url == "http://127.0.0.1:1/", "{asked:?}");
}

#[tokio::test]
async fn attended_without_anybody_is_refused_before_anything_is_created() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = Scenario::for_url("http://127.0.0.1:1/", None).unwrap();
    let error = play_plan(scenario, Vec::new(), folder.path(), true, Stop::new(), None).await.unwrap_err();
    assert_eq!(error.code(), "capture.no_attendant");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

//! After a capture, the officer's answer: asked off the runtime, journalled with the time of the question and its own.
use std::sync::Arc;

use dossier::{ArtefactKind, Outcome, op};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{Session, merged};
use crate::attendant::{Answer, Opinion, Question, Shown, Statement, Wish};
use crate::{Attendant, CaptureError, StopReason};

/// The page of the last capture, as it was when its pictures were begun.
pub(crate) struct Pictured {
    pub(crate) titre: String,
    pub(crate) title: String,
    pub(crate) url: String,
}

/// What the officer is shown of a capture.
const PICTURES: [ArtefactKind; 5] = [
    ArtefactKind::ScreenshotViewport,
    ArtefactKind::ScreenshotPage,
    ArtefactKind::ScreenshotElement,
    ArtefactKind::ScreenshotFeed,
    ArtefactKind::ScreenshotDesktop,
];

impl Session<'_> {
    /// Asks about the capture just taken, when somebody attends and there is a picture. True when the session must end.
    pub(super) async fn acknowledge(&mut self, failure: Option<String>) -> Result<bool, CaptureError> {
        let (Some(attendant), Some(pictured)) = (self.attendant.clone(), self.pictured.take()) else {
            return Ok(false);
        };
        let Some(question) = self.question(pictured, failure) else { return Ok(false) };
        let base = json!({
            "step": question.step, "capture": question.capture, "asked_at": self.clock.now(),
            "sha256": question.picture().map(|picture| picture.sha256),
            "files": question.files.iter().map(|f| json!({"path": f.path, "sha256": f.sha256})).collect::<Vec<Value>>(),
        });
        let capture = question.capture;
        let answer = loop {
            match self.waiting(ask(Arc::clone(&attendant), question.clone())).await? {
                Ok(Answer::First(Wish::Stop)) => break Ok(Answer::Stop),
                Ok(Answer::First(wish)) => {
                    if !self.grant(wish).await? {
                        self.not_acknowledged(capture, "la session a été arrêtée sans réponse")?;
                        return Ok(true);
                    }
                }
                other => break other,
            }
        };
        match answer {
            Ok(Answer::Acknowledged { by, statement }) => {
                self.acknowledged(merged(base, json!({"by": by})), capture, statement)?;
                Ok(false)
            }
            Ok(Answer::Refused { why }) => {
                self.dossier.record(op::STEP_ACKNOWLEDGED, Outcome::Failed, merged(base, json!({"why": why})))?;
                self.not_acknowledged(capture, &why)?;
                Ok(false)
            }
            Ok(Answer::Stop | Answer::First(_)) => self.ended_by(capture, StopReason::Officer),
            Err(reason) => self.ended_by(capture, reason),
        }
    }

    /// The answer, with the officer's own words when he gave some; those that give an opinion are stated.
    fn acknowledged(&mut self, base: Value, capture: u32, statement: Option<Statement>) -> Result<(), CaptureError> {
        let Some(Statement { words, opinions }) = statement else {
            self.dossier.record(op::STEP_ACKNOWLEDGED, Outcome::Ok, base)?;
            return Ok(());
        };
        let kept: Vec<Value> = opinions.iter().map(|o| json!({"word": o.word, "why": o.why})).collect();
        let data = merged(base, json!({"words": words, "opinions": kept}));
        self.dossier.record(op::STEP_ACKNOWLEDGED, Outcome::Ok, data)?;
        for Opinion { word, why } in opinions {
            let what = "La constatation de l'officier contient un mot d'appréciation, qu'il a vu et conservé.";
            self.warn("presence.opinion", what, &format!("capture n° {capture} : « {word} » ({why})"))?;
        }
        Ok(())
    }

    /// The session ends at the question: no answer was given, so no line says that one was.
    fn ended_by(&mut self, capture: u32, reason: StopReason) -> Result<bool, CaptureError> {
        self.not_acknowledged(capture, "la session a été arrêtée sans réponse")?;
        let data = json!({"why": reason.as_str(), "during_step": self.step});
        self.dossier.record(op::SESSION_STOP, Outcome::Note, data)?;
        Ok(true)
    }

    fn not_acknowledged(&mut self, capture: u32, why: &str) -> Result<(), CaptureError> {
        let what = format!("La capture n° {capture} n'a pas été reconnue par l'officier.");
        self.warn("capture.not_acknowledged", what, why)
    }

    fn question(&self, pictured: Pictured, failure: Option<String>) -> Option<Question> {
        let pictures = self.dossier.artefacts().iter().filter(|a| {
            PICTURES.contains(&a.meta.kind) && a.meta.step == Some(self.step) && a.meta.capture == Some(self.captures)
        });
        let taken_at = pictures.clone().filter_map(|a| a.meta.taken_at).max()?;
        let files = pictures.map(|a| Shown {
            path: a.path.clone(),
            on_disk: a.path.under(self.dossier.root()),
            kind: a.meta.kind,
            sha256: a.digests.sha256,
        });
        let Pictured { titre, title, url } = pictured;
        let (step, capture, window) = (self.step, self.captures, self.plan.display.is_some());
        Some(Question { step, capture, titre, title, url, taken_at, files: files.collect(), failure, window })
    }
}

async fn ask(attendant: Arc<dyn Attendant>, question: Question) -> Answer {
    let answer = asked_in_person(move || Some(attendant.acknowledge(&question))).await;
    answer.unwrap_or_else(|| Answer::Refused {
        why: "la question n'a pas pu être posée, ou est restée sans réponse".into(),
    })
}

/// Asks on a thread of its own: a person answers when a person answers, and a thread left waiting ends with the process.
/// `None` when the question could not be asked, or the answer is that there is none.
pub(super) async fn asked_in_person<T: Send + 'static>(
    question: impl FnOnce() -> Option<T> + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = oneshot::channel();
    let asking = move || {
        // Nobody listens any more when the session was stopped meanwhile.
        let _ = sender.send(question());
    };
    std::thread::Builder::new().name("constat-question".into()).spawn(asking).ok()?;
    receiver.await.ok().flatten()
}

//! What the officer asks for beside an answer: a pause, a step left out, a step that the plan does not hold; and his absence.
use std::collections::VecDeque;

use dossier::{Finding, Level, Outcome, op};
use serde_json::json;
use tokio::time::Instant as Tick;

use super::Session;
use super::acknowledge::asked_in_person;
use crate::attendant::{Away, Between, Wish};
use crate::scenario::Etape;
use crate::{CaptureError, StopReason};

/// How often the film is taken in while a person is waited for.
const OFTEN: std::time::Duration = std::time::Duration::from_millis(500);

impl Session<'_> {
    /// Waits for a person: what the film gives meanwhile is taken in, a stop ends the wait.
    pub(super) async fn waiting<T>(
        &mut self,
        answer: impl Future<Output = T>,
    ) -> Result<Result<T, StopReason>, CaptureError> {
        let stop = self.stop.clone();
        tokio::pin!(answer);
        loop {
            tokio::select! {
                biased;
                reason = stop.wait() => return Ok(Err(reason)),
                answer = &mut answer => {
                    if let Some(watch) = &self.presence.watch {
                        watch.sign();
                    }
                    return Ok(Ok(answer));
                }
                () = tokio::time::sleep(OFTEN) => self.keep_film()?,
            }
        }
    }

    /// Before the next step: the officer is waited for when he gave no sign for too long, and heard when he asked to be.
    /// How long that took, which is not counted in the session's limit; `None` ends the session.
    pub(super) async fn between_steps(&mut self, next: Option<&Etape>) -> Result<Option<Tick>, CaptureError> {
        let begun = Tick::now();
        self.keep_film()?;
        let Some(attendant) = self.attendant.clone() else { return Ok(Some(begun)) };
        self.tell_absences()?;
        let since = self.presence.watch.as_ref().and_then(|watch| watch.absent_since());
        if let Some(since) = since {
            let back = self.away(Away::Absent { since }).await?;
            self.tell_absences()?;
            if !back {
                return Ok(None);
            }
        }
        if !attendant.called() {
            return Ok(Some(begun));
        }
        let next = next.map(Etape::sentence);
        loop {
            let between = Between { next: next.clone().filter(|_| !self.presence.leave_out) };
            let asker = std::sync::Arc::clone(&attendant);
            let answer = asked_in_person(move || Some(asker.between(&between)));
            match self.waiting(answer).await? {
                Ok(Some(Wish::GoOn)) | Ok(None) => return Ok(Some(begun)),
                Ok(Some(wish)) => {
                    if !self.grant(wish).await? {
                        return Ok(None);
                    }
                }
                Err(reason) => {
                    self.ended_between(reason)?;
                    return Ok(None);
                }
            }
        }
    }

    /// Does what the officer asks for; false when he ends the session.
    pub(super) async fn grant(&mut self, wish: Wish) -> Result<bool, CaptureError> {
        let step = self.step;
        match wish {
            Wish::GoOn => {}
            Wish::Pause => return self.away(Away::Paused).await,
            Wish::LeaveOut => {
                self.presence.leave_out = true;
                let what = "passer l'étape suivante";
                let data = json!({"request": "passer", "after_step": step, "what": what});
                self.dossier.record(op::PRESENCE_REQUEST, Outcome::Note, data)?;
            }
            Wish::Step(line) => match self.plan.scenario.unscripted(&line) {
                Ok(etape) => {
                    let words = etape.sentence();
                    let data = json!({"request": "etape", "after_step": step, "line": line, "what": words});
                    self.dossier.record(op::PRESENCE_REQUEST, Outcome::Note, data)?;
                    self.presence.unscripted.push_back(etape);
                }
                Err(error) => {
                    let data = json!({"request": "etape", "after_step": step, "line": line, "why": error.to_string()});
                    self.dossier.record(op::PRESENCE_REQUEST, Outcome::Failed, data)?;
                }
            },
            Wish::Stop => {
                self.ended_between(StopReason::Officer)?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Waits for the officer; false when the session ends instead. A pause is journalled with its bounds.
    async fn away(&mut self, away: Away) -> Result<bool, CaptureError> {
        let Some(attendant) = self.attendant.clone() else { return Ok(true) };
        let (begin, why, step) = (self.clock.now(), away.word(), self.step);
        self.dossier.record(op::PRESENCE_PAUSE, Outcome::Begin, json!({"why": why, "after_step": step}))?;
        let mono = self.clock.monotonic();
        self.rest(away, true);
        let answer = asked_in_person(move || Some(attendant.come_back(&away)));
        let answer = self.waiting(answer).await?;
        self.rest(away, false);
        let (end, seconds) = (self.clock.now(), self.clock.monotonic().saturating_sub(mono).as_secs());
        let data = json!({"why": why, "after_step": step, "begin": begin, "end": end, "seconds": seconds});
        let (outcome, reason) = match answer {
            Ok(Some(true)) => (Outcome::Ok, None),
            // A question that could not be asked was not answered.
            Ok(_) => (Outcome::Failed, Some(StopReason::Officer)),
            Err(reason) => (Outcome::Failed, Some(reason)),
        };
        self.dossier.record(op::PRESENCE_PAUSE, outcome, data)?;
        if let Some(reason) = reason {
            self.ended_between(reason)?;
        }
        Ok(reason.is_none())
    }

    /// A pause that the officer asked for is no absence.
    fn rest(&self, away: Away, resting: bool) {
        if let Some(watch) = self.presence.watch.as_ref().filter(|_| away == Away::Paused) {
            watch.rest(resting);
        }
    }

    fn ended_between(&mut self, reason: StopReason) -> Result<(), CaptureError> {
        let data = json!({"why": reason.as_str(), "during_step": self.step});
        self.dossier.record(op::SESSION_STOP, Outcome::Note, data)?;
        Ok(())
    }

    /// The steps that the officer typed, to be played now; each is stated.
    pub(super) fn take_unscripted(&mut self) -> Result<VecDeque<Etape>, CaptureError> {
        let typed = std::mem::take(&mut self.presence.unscripted);
        for etape in &typed {
            let what = "L'officier a fait jouer une étape que le scénario ne contient pas.";
            self.find(Finding::new("presence.unscripted", Level::Info, what).found(etape.sentence()))?;
        }
        Ok(typed)
    }
}

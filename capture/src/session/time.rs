//! Tokens of timestamp authorities over the journal, while the session runs: it is bracketed by times that are not ours.
//!
//! Each token is over one journal line, which binds every line before it: the first over the preliminaries, others at an
//! interval, the last when everything but the closing is written. The authorities are asked beside the steps; only the
//! last answers are waited for. What a token proves is judged by the verifier, from the journal and the token alone.
use std::sync::Arc;
use std::time::Duration;

use dossier::{ArtefactKind, ArtefactMeta, ArtefactPath, Finding, Instant, Level, Origin, Outcome, op};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::Instant as Tick;

use super::{Session, merged};
use crate::plan::{NoToken, SessionToken};
use crate::{CaptureError, Event};

/// Media type of a token (RFC 3161, as registered for `.tst` by ETSI EN 319 162-1).
const TOKEN: &str = "application/vnd.etsi.timestamp-token";
const HOW: &str =
    "jeton RFC 3161 sur la ligne du journal qui est désignée, laquelle lie toutes celles qui la précèdent";

/// Where in the session a token is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Opening,
    Interval,
    Closing,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Interval => "interval",
            Self::Closing => "closing",
        }
    }
}

/// A question that an authority was asked.
struct Asked {
    phase: Phase,
    authority: String,
    seq: u64,
    head: dossier::Sha256Digest,
    at: Instant,
    answer: JoinHandle<Result<SessionToken, NoToken>>,
}

/// The questions under way.
#[derive(Default)]
pub(crate) struct Questions {
    under_way: Vec<Asked>,
    last: Option<Tick>,
    kept: u32,
}

impl Questions {
    /// The tokens of earlier sessions keep their numbers.
    pub(super) fn go_on_after(&mut self, kept: u32) {
        self.kept = kept;
    }
}

impl Session<'_> {
    /// Writes an unpredictable public value into the journal, when a source of such is configured.
    pub(crate) async fn write_not_before(&mut self) -> Result<(), CaptureError> {
        let Some(keeper) = self.plan.time.as_ref().map(|time| Arc::clone(&time.keeper)) else { return Ok(()) };
        let asked = tokio::task::spawn_blocking(move || keeper.not_before()).await;
        let Some((source, answer)) = asked.unwrap_or_default() else { return Ok(()) };
        match answer {
            Ok(value) => {
                let data = json!({
                    "kind": "bitcoin", "source": source, "header": value.header, "hash": value.hash,
                    "block_time": value.time,
                    "how": "en-tête de bloc dont la double empreinte SHA-256 a la difficulté du réseau",
                });
                self.dossier.record(op::TIME_NOT_BEFORE, Outcome::Ok, data)?;
                Ok(())
            }
            Err(NoToken { code, why }) => {
                let data = json!({"source": source, "code": code, "why": why});
                self.dossier.record(op::TIME_NOT_BEFORE, Outcome::Failed, data)?;
                let what = "Aucune valeur publique imprévisible n'a pu être inscrite au journal.";
                self.warn("capture.no_public_value", what, &why)
            }
        }
    }

    /// Asks every authority for a token over the last line of the journal.
    pub(crate) fn ask_time(&mut self, phase: Phase) -> Result<(), CaptureError> {
        let some = |time: &crate::plan::SessionTime| !time.keeper.authorities().is_empty();
        let Some(time) = self.plan.time.clone().filter(some) else {
            if phase == Phase::Opening {
                let why = "Aucune autorité d'horodatage n'est configurée : la session n'est encadrée par aucune heure extérieure.";
                self.dossier.record(op::TIME_TOKEN, Outcome::NotDone, json!({"phase": phase.name(), "why": why}))?;
            }
            return Ok(());
        };
        let (seq, line) = self.dossier.last_line();
        let (head, line) = (dossier::Sha256Digest::of(line), Arc::new(line.to_vec()));
        for (index, authority) in time.keeper.authorities().into_iter().enumerate() {
            let (keeper, line, at) = (Arc::clone(&time.keeper), Arc::clone(&line), self.clock.now());
            let answer = tokio::task::spawn_blocking(move || keeper.stamp(index, &line));
            self.questions.under_way.push(Asked { phase, authority, seq, head, at, answer });
        }
        self.questions.last = Some(Tick::now());
        Ok(())
    }

    /// Keeps the tokens that came; asks again when the interval has passed.
    pub(crate) async fn keep_time(&mut self) -> Result<(), CaptureError> {
        let (came, under_way) =
            std::mem::take(&mut self.questions.under_way).into_iter().partition(|a| a.answer.is_finished());
        self.questions.under_way = under_way;
        self.keep_tokens(came).await?;
        let every = self.plan.time.as_ref().map(|time| time.every);
        let due = |every: Duration| self.questions.last.is_some_and(|last| last.elapsed() >= every);
        if self.questions.under_way.is_empty() && every.is_some_and(due) {
            self.ask_time(Phase::Interval)?;
        }
        Ok(())
    }

    /// The last tokens, over everything but the closing itself. Each question ends by itself: its attempts are counted.
    pub(crate) async fn close_time(&mut self) -> Result<(), CaptureError> {
        let earlier = std::mem::take(&mut self.questions.under_way);
        self.keep_tokens(earlier).await?;
        if self.plan.time.is_some() {
            self.progress.event(&Event::Time);
            self.ask_time(Phase::Closing)?;
            let last = std::mem::take(&mut self.questions.under_way);
            self.keep_tokens(last).await?;
        }
        Ok(())
    }

    async fn keep_tokens(&mut self, asked: Vec<Asked>) -> Result<(), CaptureError> {
        for question in asked {
            let Asked { phase, authority, seq, head, at, answer } = question;
            let ended = |why: String| Err(NoToken { code: "time.stopped".into(), why });
            let answer = answer.await.unwrap_or_else(|error| ended(error.to_string()));
            let base = json!({
                "phase": phase.name(), "authority": authority, "seq": seq, "head": head, "asked_at": at, "how": HOW,
            });
            match answer {
                Ok(token) => self.keep_token(phase, base, &token)?,
                Err(NoToken { code, why }) => {
                    let data = merged(base, json!({"code": code, "why": why}));
                    self.dossier.record(op::TIME_TOKEN, Outcome::Failed, data)?;
                    let what = "Une autorité d'horodatage n'a pas donné de jeton pendant la session.";
                    let found = format!("{authority} ({}) : {why}", phase.name());
                    self.find(Finding::new("capture.no_token", Level::Warn, what).found(found))?;
                }
            }
        }
        Ok(())
    }

    fn keep_token(&mut self, phase: Phase, base: Value, token: &SessionToken) -> Result<(), CaptureError> {
        self.questions.kept += 1;
        let path = format!("time/{:04}-{}.tst", self.questions.kept, phase.name());
        let meta = ArtefactMeta::new(ArtefactKind::TimeToken, Origin::Observed, TOKEN);
        self.dossier.keep_bytes(ArtefactPath::new(&path)?, meta, &token.der)?;
        let data = json!({
            "path": path, "gen_time": token.gen_time, "serial": token.serial, "policy": token.policy,
            "accuracy_us": token.accuracy_us, "sent_at": token.exchanged.0, "received_at": token.exchanged.1,
        });
        self.dossier.record(op::TIME_TOKEN, Outcome::Ok, merged(base, data))?;
        Ok(())
    }
}

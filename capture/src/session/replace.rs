//! A browser that is lost, or whose page no longer answers, is replaced: what was recorded stands, the archive goes on.
//!
//! It is replaced before the next step that asks for an address, not before: what is left of the page that was lost
//! cannot be given to another browser. The new one starts like the first, in new private folders proven empty.
use std::time::Duration;

use dossier::{Finding, Level, Outcome, op};
use serde_json::json;

use super::opening::Started;
use super::{Running, Session};
use crate::browser::Workspace;
use crate::steps::UNASKED;
use crate::{CaptureError, Event};

/// Why nothing more can be had of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The browser ended by itself.
    Browser,
    /// The browser took more memory than it may, and was ended for it.
    Memory,
    /// The process that shows the page ended.
    Crash,
    /// The page lets every command pass without an answer.
    Stuck,
}

impl Loss {
    /// The code of the finding, and of a step that needed the page.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Browser => "capture.browser_lost",
            Self::Memory => "capture.limit_memory",
            Self::Crash => "capture.page_crash",
            Self::Stuck => "capture.page_unresponsive",
        }
    }

    /// What happened, one French sentence.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Browser => "Le navigateur s'est arrêté pendant la session.",
            Self::Memory => "Le navigateur dépassait la mémoire permise : il a été arrêté.",
            Self::Crash => "Le processus d'affichage de la page s'est arrêté brutalement.",
            Self::Stuck => "La page ne répond plus : ses scripts occupent le navigateur sans fin.",
        }
    }
}

/// How a page was lost, if it was.
pub(crate) async fn loss(running: &Running) -> Option<Loss> {
    if running.excess.octets().is_some() {
        return Some(Loss::Memory);
    }
    if running.recorder.cdp.is_closed() {
        return Some(Loss::Browser);
    }
    if running.page.is_gone() {
        return Some(Loss::Crash);
    }
    running.page.is_stuck().await.then_some(Loss::Stuck)
}

impl Session<'_> {
    /// The number of the first browser of this session: those of earlier sessions are counted too.
    pub(super) fn first_browser(&self) -> u32 {
        self.course.browsers + 1
    }

    /// Notes that the page was lost, once; the steps that need it are not done until another one is asked for.
    pub(super) async fn check_loss(&mut self, running: &Running) -> Result<(), CaptureError> {
        if self.lost.is_some() {
            return Ok(());
        }
        let Some(loss) = loss(running).await else { return Ok(()) };
        self.give_up(running, loss)
    }

    /// From now on the page is lost, even if it answers again later: a step was judged by it.
    pub(crate) fn give_up(&mut self, running: &Running, loss: Loss) -> Result<(), CaptureError> {
        self.lost = Some(loss);
        self.reached = false;
        self.whole = false;
        let mut found = running.recorder.last_address();
        if let Some(octets) = running.excess.octets() {
            found = format!("{octets} octets ; {found}");
        }
        self.warn(loss.code(), loss.words(), &found)
    }

    /// Ends the browser that was lost and starts another. True when it runs; when it does not, that is told.
    pub(super) async fn replace_browser(&mut self, started: &mut Started, loss: Loss) -> Result<bool, CaptureError> {
        self.end_browser(started, Some(loss)).await?;
        match self.restart(started).await {
            Ok(()) => {
                self.lost = None;
                let what = "Le navigateur a été remplacé par un autre, au profil neuf : cookies et connexions de la page \
                            précédente sont perdus.";
                let finding = Finding::new("capture.browser_replaced", Level::Warn, what);
                self.find(finding.found(format!("navigateur n° {}, après : {}", self.browsers, loss.words())))?;
                Ok(true)
            }
            Err(error @ (CaptureError::Dossier(_) | CaptureError::Archive(_))) => Err(error),
            Err(error) => {
                self.warn("capture.browser_lost", "Aucun autre navigateur n'a pu être lancé.", &error.to_string())?;
                Ok(false)
            }
        }
    }

    async fn restart(&mut self, started: &mut Started) -> Result<(), CaptureError> {
        self.workspace = Workspace::create()?;
        let found = started.found.clone();
        let launched = self.launch(&found).await?;
        let version = launched.product();
        let observed = self.observe(&found, launched, started.archive.handle.clone()).await?;
        (started.browser, started.running, started.events) = observed;
        started.ended = false;
        self.place_again(&started.running).await?;
        self.progress.event(&Event::BrowserReady { version });
        Ok(())
    }

    /// Ends the browser: what it still gives is stored, what it does not is listed; its folders are removed.
    pub(super) async fn end_browser(&mut self, started: &mut Started, loss: Option<Loss>) -> Result<(), CaptureError> {
        if started.ended {
            return Ok(());
        }
        started.ended = true;
        let recorder = std::sync::Arc::clone(&started.running.recorder);
        let mut exit = None;
        if loss.is_some() {
            // A stuck page answers nothing: commands that wait end with the browser.
            exit = Some(started.browser.kill().await);
        }
        let wait = if loss.is_some() { Duration::ZERO } else { UNASKED };
        self.keep_unasked_downloads(&started.running, Some(wait)).await?;
        recorder.abandon().await;
        // Written before it is asked what was refused, and before the private folders go.
        started.archive.handle.checkpoint().await?;
        let mut missing = recorder.take_missing();
        missing.extend(started.archive.handle.take_refused());
        self.tell_missing(missing)?;
        let exit = match exit {
            Some(exit) => exit,
            None => {
                // An answer may never come: the connection closes with the browser.
                let _ = recorder.cdp.call_within(None, "Browser.close", json!({}), super::closing::CLOSE).await;
                started.browser.stop().await
            }
        };
        if tokio::time::timeout(super::closing::EVENTS, &mut started.events).await.is_err() {
            tracing::warn!("the browser's connection did not end");
            started.events.abort();
        }
        self.totals.add(&recorder);
        self.keep_log(&started.browser.log)?;
        self.end_packets()?;
        self.reconcile(&recorder)?;
        let removed = self.workspace.remove();
        let well = removed && loss.is_none() && exit != "killed";
        let outcome = if well { Outcome::Ok } else { Outcome::Deviation };
        let data = json!({"exit": exit, "profile_removed": removed, "why": loss.map(Loss::code)});
        self.dossier.record(op::BROWSER_STOP, outcome, data)?;
        Ok(())
    }
}

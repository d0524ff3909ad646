//! Plays the steps in order: each is journalled before it acts and after, whatever happens.
use std::collections::VecDeque;

use dossier::{Outcome, op};
use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use super::presence::Scripted;
use super::{Running, Session, Started, merged};
use crate::scenario::{Action, Etape, Geste, Telechargement};
use crate::steps::{CHECKOUT, Failure, SIGN_UP, StepResult, UNMET};
use crate::{CaptureError, Event, StopReason};

/// How a step ended.
struct Ended {
    /// What it could not do; `None` when it was done.
    failure: Option<String>,
    /// Whether a stop cut it.
    stopped: bool,
    /// The code that bars every step after it.
    barred: Option<&'static str>,
}

/// How far the session is.
struct Course {
    total: u32,
    deadline: Tick,
    stopped: bool,
    barred: Option<&'static str>,
}

impl Session<'_> {
    /// Plays every step. True when none was cut by a stop.
    pub(super) async fn play(&mut self, started: &mut Started) -> Result<bool, CaptureError> {
        let plan = self.plan;
        let total = u32::try_from(plan.scenario.etapes.len()).unwrap_or(u32::MAX);
        let deadline = Tick::now() + plan.scenario.limites.duree;
        let mut course = Course { total, deadline, stopped: false, barred: None };
        for etape in &plan.scenario.etapes {
            self.heard(Some(etape), started, &mut course).await?;
            if std::mem::take(&mut self.presence.leave_out) && !course.stopped {
                self.step += 1;
                self.skip(etape, "capture.abandoned", "L'officier a renoncé à cette étape.")?;
                continue;
            }
            self.one(etape, started, &mut course).await?;
        }
        self.heard(None, started, &mut course).await?;
        Ok(!course.stopped)
    }

    /// What the officer asks for before a step, or after the last one; the steps that he typed are played.
    async fn heard(
        &mut self,
        next: Option<&Etape>,
        started: &mut Started,
        course: &mut Course,
    ) -> Result<(), CaptureError> {
        loop {
            if course.stopped || course.barred.is_some() {
                // A step that was asked for and cannot be played any more is told as not done.
                let left = self.take_unscripted()?;
                self.unscripted(left, started, course).await?;
                return Ok(());
            }
            match self.between_steps(next).await? {
                Some(begun) => course.deadline += begun.elapsed(),
                None => course.stopped = true,
            }
            let typed = self.take_unscripted()?;
            if typed.is_empty() {
                return Ok(());
            }
            self.unscripted(typed, started, course).await?;
        }
    }

    async fn unscripted(
        &mut self,
        typed: VecDeque<Etape>,
        started: &mut Started,
        course: &mut Course,
    ) -> Result<(), CaptureError> {
        for etape in typed {
            self.presence.scripted = Scripted::No;
            let played = self.one(&etape, started, course).await;
            self.presence.scripted = Scripted::Yes;
            played?;
        }
        Ok(())
    }

    /// One step, played or told as not done.
    async fn one(&mut self, etape: &Etape, started: &mut Started, course: &mut Course) -> Result<(), CaptureError> {
        self.step += 1;
        if course.stopped {
            return self.skip(etape, "capture.stopped", "La session a été arrêtée avant cette étape.");
        }
        if let Some(code) = course.barred {
            return self.skip(etape, code, bar(code));
        }
        self.check_loss(&started.running).await?;
        if let Some(loss) = self.lost {
            let gone = needs_page(&etape.action);
            if gone || !self.replace_browser(started, loss).await? {
                let code = if gone { "capture.no_page" } else { "capture.browser_lost" };
                return self.skip(etape, code, &format!("La page de cette étape est perdue. {}", loss.words()));
            }
        }
        if !self.reached && needs_page(&etape.action) {
            return self.skip(etape, "capture.no_page", "Aucune page n'est affichée : une étape précédente a échoué.");
        }
        let ended = self.step(etape, course.total, &started.running, course.deadline).await?;
        (course.stopped, course.barred) = (ended.stopped, ended.barred);
        if !course.stopped {
            let asked = Tick::now();
            course.stopped = self.acknowledge(ended.failure).await?;
            // The limit is for pages that never end; how long a person looks is not counted.
            course.deadline += asked.elapsed();
        }
        Ok(())
    }

    /// Tells every step as not done: the session ends before the first page.
    pub(super) fn skip_all(&mut self) -> Result<bool, CaptureError> {
        let plan = self.plan;
        for (i, etape) in plan.scenario.etapes.iter().enumerate() {
            self.step = u32::try_from(i + 1).unwrap_or(u32::MAX);
            self.skip(etape, "capture.preliminaries", "Les opérations préalables ne permettent pas un constat.")?;
        }
        Ok(false)
    }

    /// One step, and how it ended.
    async fn step(
        &mut self,
        etape: &Etape,
        total: u32,
        running: &Running,
        deadline: Tick,
    ) -> Result<Ended, CaptureError> {
        let (n, what, kind) = (self.step, etape.sentence(), etape.action.kind());
        self.progress.event(&Event::StepBegin { n, total, what: what.clone() });
        let begin = json!({"step": n, "kind": kind, "parameters": etape.parameters(), "what": what});
        self.dossier.record(op::STEP_BEGIN, Outcome::Begin, self.marked(begin))?;
        let stop = self.stop.clone();
        let result = tokio::select! {
            biased;
            reason = stop.wait() => Err(reason),
            () = tokio::time::sleep_until(deadline) => Err(StopReason::Limit),
            result = self.act(etape, running) => Ok(result),
        };
        self.check_loss(running).await?;
        let mut barred = None;
        let (failure, code, stopped) = match result {
            Ok(Ok(facts)) => {
                let data = merged(json!({"step": n, "kind": kind, "what": what}), facts);
                self.dossier.record(op::STEP_END, Outcome::Ok, data)?;
                (None, None, false)
            }
            Ok(Err(Failure::Step { code, why, facts })) => {
                let data = json!({"step": n, "kind": kind, "what": what, "code": code, "why": &why});
                self.dossier.record(op::STEP_END, Outcome::Failed, merged(data, facts))?;
                barred = [UNMET, SIGN_UP, CHECKOUT].into_iter().find(|bar| *bar == code);
                (Some(why), Some(code.to_owned()), false)
            }
            Ok(Err(Failure::Capture(error))) => return Err(error),
            Err(reason) => {
                self.stopped(n, kind, &what, reason)?;
                (Some(String::new()), Some("capture.stopped".to_owned()), true)
            }
        };
        let ok = failure.is_none();
        self.whole &= ok;
        let met = !stopped && self.meet_walls(running).await?;
        self.after_step(running).await?;
        self.progress.event(&Event::StepEnd { n, total, ok, code });
        Ok(Ended { failure, stopped: stopped || met, barred })
    }

    async fn act(&mut self, etape: &Etape, running: &Running) -> StepResult {
        match &etape.action {
            Action::Aller(url) => self.go(running, url).await,
            Action::Attendre(attente) => self.wait_for(running, attente).await,
            Action::Cliquer(cible) => self.click(running, cible).await,
            Action::Saisir { selecteur, texte, .. } => self.type_text(running, selecteur, texte).await,
            Action::Defiler(defilement) => self.scroll(running, defilement).await,
            Action::Capturer(titre) => self.capture_page(running, titre).await,
            Action::Telecharger(quoi) => self.download(running, quoi).await,
            Action::Exiger(exigence) => self.require(running, exigence).await,
            Action::Deplier(depliage) => self.unfold(running, depliage).await,
            Action::Revenir => self.back(running).await,
            Action::Feuilleter(feuilletage) => self.leaf_through(running, feuilletage).await,
            Action::Repondre(bouton) => self.answer_wall(running, bouton).await,
            Action::Recueillir(recueil) => self.gather(running, recueil).await,
            Action::Geste(geste) => self.play_recorded(running, geste).await,
        }
    }

    /// A step that the officer typed says so.
    fn marked(&self, begin: Value) -> Value {
        match self.presence.scripted {
            Scripted::Yes => begin,
            Scripted::No => merged(begin, json!({"scripted": false})),
        }
    }

    fn stopped(&mut self, n: u32, kind: &str, what: &str, reason: StopReason) -> Result<(), CaptureError> {
        let data = json!({"why": reason.as_str(), "during_step": n});
        self.dossier.record(op::SESSION_STOP, Outcome::Note, data)?;
        let why = match reason {
            StopReason::Signal => "La session a été interrompue à la demande de l'opérateur.",
            StopReason::Officer => "L'officier a mis fin à la session.",
            StopReason::Limit => "La durée maximale de la session est atteinte.",
        };
        let data = json!({"step": n, "kind": kind, "what": what, "code": "capture.stopped", "why": why});
        self.dossier.record(op::STEP_END, Outcome::Failed, data)?;
        Ok(())
    }

    fn skip(&mut self, etape: &Etape, code: &str, why: &str) -> Result<(), CaptureError> {
        self.whole = false;
        let (step, kind, what) = (self.step, etape.action.kind(), etape.sentence());
        let begin: Value = json!({"step": step, "kind": kind, "parameters": etape.parameters(), "what": what});
        self.dossier.record(op::STEP_BEGIN, Outcome::Begin, self.marked(begin))?;
        let end = json!({"step": step, "kind": kind, "what": what, "code": code, "why": why});
        self.dossier.record(op::STEP_END, Outcome::NotDone, end)?;
        Ok(())
    }
}

/// Why nothing is done after a step that bars what follows.
fn bar(code: &str) -> &'static str {
    match code {
        UNMET => "Une étape précédente exigeait de la page ce qu'elle ne montre pas : celle-ci n'est pas faite.",
        _ => "Une étape précédente menait à un formulaire d'inscription ou de commande : le scénario s'arrête là.",
    }
}

/// Whether a step works on the page shown.
fn needs_page(action: &Action) -> bool {
    match action {
        Action::Aller(_) | Action::Telecharger(Telechargement::Adresse(_)) => false,
        Action::Geste(geste) => !matches!(**geste, Geste::NonRepris { .. } | Geste::Clore),
        _ => true,
    }
}

//! Plays the steps in order: each is journalled before it acts and after, whatever happens.
use std::collections::VecDeque;

use dossier::{Outcome, op};
use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use super::presence::Scripted;
use super::resume::{LOST, barring};
use super::{Running, Session, Started, merged};
use crate::scenario::{Action, Attendu, Etape, Geste, Telechargement};
use crate::steps::{Cut, Failure, StepResult, UNMET};
use crate::{CaptureError, Event, StopReason};

/// How a step ended.
pub(super) struct Ended {
    /// What it could not do; `None` when it was done.
    pub(super) failure: Option<String>,
    /// The code of that.
    pub(super) code: Option<String>,
    /// Whether a stop cut it.
    pub(super) stopped: bool,
    /// Whether every step before it was done.
    pub(super) whole: bool,
    /// The code that bars every step after it.
    pub(super) barred: Option<&'static str>,
}

/// How far the session is.
struct Way {
    total: u32,
    deadline: Tick,
    /// The step of the plan that is played, or comes next.
    at: u32,
    stopped: bool,
    barred: Option<&'static str>,
}

impl Session<'_> {
    /// Plays every step. True when none was cut by a stop.
    pub(super) async fn play(&mut self, started: &mut Started) -> Result<bool, CaptureError> {
        let plan = self.plan;
        let total = u32::try_from(plan.scenario.etapes.len()).unwrap_or(u32::MAX);
        let deadline = Tick::now() + plan.scenario.limites.duree;
        let first = self.course.next();
        let mut way = Way { total, deadline, at: first, stopped: false, barred: self.course.barred };
        for (n, etape) in (1_u32..).zip(&plan.scenario.etapes).filter(|(n, _)| *n >= first) {
            way.at = n;
            self.heard(Some(etape), started, &mut way).await?;
            self.step = n;
            if way.stopped && (plan.suspend || self.course.suspended) {
                self.course.suspended = true;
                break;
            }
            if std::mem::take(&mut self.presence.leave_out) && !way.stopped {
                self.skip(etape, "capture.abandoned", "L'officier a renoncé à cette étape.")?;
                continue;
            }
            self.one(etape, started, &mut way).await?;
        }
        way.at = way.total.saturating_add(1);
        self.heard(None, started, &mut way).await?;
        self.course.suspended |= way.stopped && plan.suspend;
        Ok(!way.stopped)
    }

    /// What the officer asks for before a step, or after the last one; the steps that he typed are played.
    async fn heard(&mut self, next: Option<&Etape>, started: &mut Started, way: &mut Way) -> Result<(), CaptureError> {
        loop {
            if way.stopped || way.barred.is_some() {
                // A step that was asked for and cannot be played any more is told as not done.
                let left = self.take_unscripted()?;
                self.unscripted(left, started, way).await?;
                return Ok(());
            }
            match self.between_steps(next).await? {
                Some(begun) => way.deadline += begun.elapsed(),
                None => way.stopped = true,
            }
            let typed = self.take_unscripted()?;
            if typed.is_empty() {
                return Ok(());
            }
            self.unscripted(typed, started, way).await?;
        }
    }

    /// Steps that are not in the plan are numbered after its last one, whenever they are played.
    async fn unscripted(
        &mut self,
        typed: VecDeque<Etape>,
        started: &mut Started,
        way: &mut Way,
    ) -> Result<(), CaptureError> {
        for etape in typed {
            self.presence.typed += 1;
            self.step = way.total.saturating_add(self.presence.typed);
            self.presence.scripted = Scripted::No;
            let played = self.one(&etape, started, way).await;
            self.presence.scripted = Scripted::Yes;
            played?;
        }
        Ok(())
    }

    /// One step, played or told as not done.
    async fn one(&mut self, etape: &Etape, started: &mut Started, way: &mut Way) -> Result<(), CaptureError> {
        let n = self.step;
        if way.stopped {
            return self.skip(etape, "capture.stopped", "La session a été arrêtée avant cette étape.");
        }
        if let Some(code) = way.barred {
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
        if self.course.regain(&etape.action) {
            way.stopped = self.regain_page(&started.running, way.total, way.deadline, way.at, &LOST).await?;
            self.step = n;
            if way.stopped {
                return self.skip_or_suspend(etape);
            }
        }
        if !self.reached && needs_page(&etape.action) {
            return self.skip(etape, "capture.no_page", "Aucune page n'est affichée : une étape précédente a échoué.");
        }
        let mut ended = self.step(etape, way.total, &started.running, way.deadline).await?;
        if self.network_lost(&ended).await {
            let place = (way.total, way.at);
            ended = self.after_network(etape, ended, place, &started.running, &mut way.deadline).await?;
        }
        (way.stopped, way.barred) = (ended.stopped, ended.barred);
        if !way.stopped {
            let asked = Tick::now();
            way.stopped = self.acknowledge(ended.failure).await?;
            // The limit is for pages that never end; how long a person looks is not counted.
            way.deadline += asked.elapsed();
        }
        Ok(())
    }

    /// A step that a stop came before.
    fn skip_or_suspend(&mut self, etape: &Etape) -> Result<(), CaptureError> {
        self.course.suspended |= self.plan.suspend;
        if self.course.suspended {
            return Ok(());
        }
        self.skip(etape, "capture.stopped", "La session a été arrêtée avant cette étape.")
    }

    /// Tells every step as not done: the session ends before the first page.
    pub(super) fn skip_all(&mut self) -> Result<bool, CaptureError> {
        let plan = self.plan;
        if self.course.interruptions > 0 {
            // What was captured before stands: the dossier waits for preliminaries that allow to go on.
            self.course.suspended = true;
            return Ok(false);
        }
        for (i, etape) in plan.scenario.etapes.iter().enumerate() {
            self.step = u32::try_from(i + 1).unwrap_or(u32::MAX);
            self.skip(etape, "capture.preliminaries", "Les opérations préalables ne permettent pas un constat.")?;
        }
        Ok(false)
    }

    /// One step, and how it ended.
    pub(super) async fn step(
        &mut self,
        etape: &Etape,
        total: u32,
        running: &Running,
        deadline: Tick,
    ) -> Result<Ended, CaptureError> {
        let (n, what, kind, whole) = (self.step, etape.sentence(), etape.action.kind(), self.whole);
        self.progress.event(&Event::StepBegin { n, total, what: what.clone() });
        let repeated = repeated(self.course.begin(n));
        let begin = json!({"step": n, "kind": kind, "parameters": etape.parameters(), "what": what});
        self.dossier.record(op::STEP_BEGIN, Outcome::Begin, merged(self.marked(begin), repeated.clone()))?;
        let cut = Cut { stop: self.stop.clone(), deadline };
        let result = match keeps_what_it_has(&etape.action) {
            true => self.act(etape, running, &cut).await,
            false => match cut.before(self.act(etape, running, &cut)).await {
                Ok(result) => result,
                Err(reason) => Err(Failure::Stopped { reason, facts: json!({}) }),
            },
        };
        self.check_loss(running).await?;
        self.hide_typed();
        let mut barred = None;
        let (failure, code, stopped) = match result {
            Ok(facts) => {
                let data = merged(json!({"step": n, "kind": kind, "what": what}), merged(facts, repeated));
                self.dossier.record(op::STEP_END, Outcome::Ok, data)?;
                (None, None, false)
            }
            Err(Failure::Step { code, why, facts }) => {
                let data = json!({"step": n, "kind": kind, "what": what, "code": code, "why": &why});
                self.dossier.record(op::STEP_END, Outcome::Failed, merged(data, merged(facts, repeated)))?;
                barred = barring(code);
                (Some(why), Some(code.to_owned()), false)
            }
            Err(Failure::Capture(error)) => return Err(error),
            Err(Failure::Stopped { reason, facts }) => {
                self.stopped((n, kind, &what), reason, facts)?;
                (Some(String::new()), Some("capture.stopped".to_owned()), true)
            }
        };
        let ok = failure.is_none();
        self.whole &= ok;
        let met = !stopped && may_meet_a_wall(&etape.action) && self.meet_walls(running).await?;
        self.after_step(running).await?;
        if n <= total {
            self.course.note(n, kind, ok);
        }
        self.progress.event(&Event::StepEnd { n, total, ok, code: code.clone() });
        Ok(Ended { failure, code, stopped: stopped || met, whole, barred })
    }

    async fn act(&mut self, etape: &Etape, running: &Running, cut: &Cut) -> StepResult {
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
            Action::Feuilleter(feuilletage) => self.leaf_through(running, feuilletage, cut).await,
            Action::Repondre(bouton) => self.answer_wall(running, bouton).await,
            Action::Recueillir(recueil) => self.gather(running, recueil, cut).await,
            Action::Detail(detail) => self.capture_element(running, detail).await,
            Action::Lire(lecture) => self.play_media(running, lecture, cut).await,
            Action::Archive(consultation) => self.consult(running, consultation).await,
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

    fn stopped(
        &mut self,
        (n, kind, what): (u32, &str, &str),
        reason: StopReason,
        facts: Value,
    ) -> Result<(), CaptureError> {
        let data = json!({"why": reason.as_str(), "during_step": n});
        self.dossier.record(op::SESSION_STOP, Outcome::Note, data)?;
        let why = match reason {
            StopReason::Signal => "La session a été interrompue à la demande de l'opérateur.",
            StopReason::Officer => "L'officier a mis fin à la session.",
            StopReason::Limit => "La durée maximale de la session est atteinte.",
            StopReason::Network => "Le réseau de la machine n'est pas revenu.",
        };
        let data = json!({"step": n, "kind": kind, "what": what, "code": "capture.stopped", "why": why});
        self.dossier.record(op::STEP_END, Outcome::Failed, merged(data, facts))?;
        Ok(())
    }

    fn skip(&mut self, etape: &Etape, code: &str, why: &str) -> Result<(), CaptureError> {
        self.whole = false;
        let (step, kind, what) = (self.step, etape.action.kind(), etape.sentence());
        let begin: Value = json!({"step": step, "kind": kind, "parameters": etape.parameters(), "what": what});
        let repeated = repeated(self.course.begin(step));
        self.dossier.record(op::STEP_BEGIN, Outcome::Begin, merged(self.marked(begin), repeated))?;
        let end = json!({"step": step, "kind": kind, "what": what, "code": code, "why": why});
        self.dossier.record(op::STEP_END, Outcome::NotDone, end)?;
        Ok(())
    }
}

/// What a step that had begun before says of it.
fn repeated(before: u32) -> Value {
    if before > 0 { json!({"repeats": before}) } else { json!({}) }
}

/// Why nothing is done after a step that bars what follows.
fn bar(code: &str) -> &'static str {
    match code {
        UNMET => "Une étape précédente exigeait de la page ce qu'elle ne montre pas : celle-ci n'est pas faite.",
        _ => "Une étape précédente menait à un formulaire d'inscription ou de commande : le scénario s'arrête là.",
    }
}

/// Whether such a step ends by itself when the session must end: it keeps what it gathered until then.
fn keeps_what_it_has(action: &Action) -> bool {
    matches!(action, Action::Recueillir(_) | Action::Feuilleter(_) | Action::Lire(_))
}

/// Whether what is shown may be another page, or stand behind a panel, after such a step: one that only waits, keeps or checks changes
/// nothing itself, and what it leaves is not questioned.
fn may_meet_a_wall(action: &Action) -> bool {
    match action {
        Action::Capturer(_) | Action::Detail(_) | Action::Telecharger(_) | Action::Exiger(_) => false,
        Action::Attendre(attente) => !matches!(attente.quoi, Attendu::Duree(_)),
        _ => true,
    }
}

/// Whether a step works on the page shown.
pub(crate) fn needs_page(action: &Action) -> bool {
    match action {
        Action::Aller(_) | Action::Archive(_) | Action::Telecharger(Telechargement::Adresse(_)) => false,
        Action::Geste(geste) => !matches!(**geste, Geste::NonRepris { .. } | Geste::Clore),
        _ => true,
    }
}

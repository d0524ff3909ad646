//! Sending: every check first, all refusals told; then the date is fixed, the act made available, the notice sent.
use dossier::{Digests, Instant};

use super::acts::consent_refusals;
use super::{NoticeOutcome, Platform, Processed, Sent};
use crate::acte::{ActeMove, ActeState, Refusal};
use crate::civil::paris_rfc3339;
use crate::consent::{Actor, Role};
use crate::event::Event;
use crate::notice::availability;
use crate::vault::{check_cipher, rename};
use crate::window::{Window, service_window};
use crate::{Id, SignificationError};

const PAPER: &str = "L'avis n'a pas été accepté. La date d'envoi reste celle du journal, mais l'article 748-3 du code de \
                     procédure civile attache du prix à l'avis : renouveler l'avis, ou prévoir la remise sur papier.";

impl Platform<'_> {
    /// Sends an act now. When only the hour is against it and `programmer` is set, it is scheduled for the next opening;
    /// otherwise a refusal changes nothing, is journalled, and tells every reason.
    pub fn envoyer(&mut self, actor: &Actor, act: Id, programmer: bool) -> Result<Sent, SignificationError> {
        if actor.role != Role::Etude {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "send" });
        }
        self.state.act(act)?.state.step(ActeMove::Send)?;
        let now = self.ctx.clock.now();
        let (refusals, window) = self.refusals(act, now)?;
        if refusals.is_empty() {
            return self.send_now(actor, act, now, false);
        }
        if programmer && refusals.iter().all(|r| r.is_only_time()) {
            let not_before = next_start(now, &window);
            if self.state.act(act)?.state == ActeState::Scelle {
                self.record_at(now, actor, &Event::ActScheduled { act, not_before })?;
            }
            return self.outcome(act, refusals, None, 0);
        }
        self.record_at(now, actor, &Event::ActRefused { act, codes: refusals.clone() })?;
        match window {
            Some(Window::Closed { reason, next_open }) if refusals == [Refusal::FenetreFermee] => {
                Err(SignificationError::WindowClosed { reason: reason.phrase(), next_open })
            }
            _ => Err(SignificationError::ActRefused { codes: refusals.iter().map(|r| r.code()).collect() }),
        }
    }

    /// Everything against sending this act at `now`, and the window as it stands.
    fn refusals(&self, act: Id, now: Instant) -> Result<(Vec<Refusal>, Option<Window>), SignificationError> {
        let view = self.state.act(act)?;
        let consent = self.state.consent(view.consent)?;
        let mut codes = consent_refusals(consent, &view.nature, now);
        let window = service_window(now, &self.zones(consent.zone)).ok();
        match &window {
            None => codes.push(Refusal::CalendrierIncomplet),
            Some(Window::Closed { .. }) => codes.push(Refusal::FenetreFermee),
            Some(Window::Open) if now.legal_time().time() > self.config.last_start()? => {
                codes.push(Refusal::GardeHoraire);
            }
            Some(Window::Open) => {}
        }
        let intact = view
            .cipher
            .is_some_and(|expected| check_cipher(&self.path("coffre/attente", act, "age"), "acte", &expected).is_ok());
        if !intact {
            codes.push(Refusal::CoffreAltere);
        }
        if self.person(view.consent).is_err() {
            codes.push(Refusal::RegistreIllisible);
        }
        Ok((codes, window))
    }

    /// The instant `now` that passed the checks is the one that is journalled: no other is read in between.
    fn send_now(&mut self, actor: &Actor, act: Id, now: Instant, scheduled: bool) -> Result<Sent, SignificationError> {
        let before = self.state.receipts.len();
        let consent = self.state.consent(self.state.act(act)?.consent)?.clone();
        let zones = self.zones(consent.zone);
        let consent_basis = consent.basis.unwrap_or_default();
        let cgu_version = consent.cgu.map(|c| c.0).unwrap_or_default();
        self.record_at(now, actor, &Event::ActSent { act, zones, consent_basis, cgu_version, scheduled })?;
        let notice = self.carry_on(act)?;
        self.attest_all()?;
        self.outcome(act, Vec::new(), notice, before)
    }

    /// From ENVOYE on: makes the act available, then sends the notice. Also what a crash is resumed with.
    fn carry_on(&mut self, act: Id) -> Result<Option<NoticeOutcome>, SignificationError> {
        if matches!(self.state.act(act)?.state, ActeState::Envoye | ActeState::EchecDepot) {
            let (from, to) = (self.path("coffre/attente", act, "age"), self.path("coffre", act, "age"));
            let moved = if to.is_file() { Ok(()) } else { rename(&from, &to) };
            let event = match moved {
                Ok(()) => Event::ActDeposited { act },
                Err(e) => Event::DepositFailed { act, code: e.code().to_owned() },
            };
            self.record(&Actor::platform(), &event)?;
        }
        if self.state.act(act)?.state == ActeState::Depose { self.notify(act).map(Some) } else { Ok(None) }
    }

    fn notify(&mut self, act: Id) -> Result<NoticeOutcome, SignificationError> {
        let me = Actor::platform();
        let view = self.state.act(act)?.clone();
        let (person, notice, now) = (self.person(view.consent)?, self.new_id()?, self.ctx.clock.now());
        let deposited = view.deposited_at.unwrap_or(now);
        let (name, to) = (person.display_name(), person.courriel());
        let message = availability(&self.config, notice, act, &name, to, deposited, now)?;
        self.keep_message(&message)?;
        self.record(&me, &Event::NoticeBegin { act, notice, digests: Digests::of(&message.raw) })?;
        match self.ctx.mailer.send(&message) {
            Ok(taken) => {
                self.record(&me, &Event::NoticeAccepted { act, notice, smtp_code: taken.code })?;
                Ok(NoticeOutcome { notice, accepted: true, code: taken.code.to_string(), conseil: None })
            }
            Err(refused) => {
                let (code, permanent) = (refused.code, refused.permanent);
                self.record(&me, &Event::NoticeFailed { act, notice, code: code.clone(), permanent })?;
                Ok(NoticeOutcome { notice, accepted: false, code, conseil: Some(PAPER) })
            }
        }
    }

    /// Sends the notice again, after a failure.
    pub fn renotifier(&mut self, actor: &Actor, act: Id) -> Result<NoticeOutcome, SignificationError> {
        if actor.role != Role::Etude {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "notify" });
        }
        self.state.act(act)?.state.step(ActeMove::Notify)?;
        let outcome = self.notify(act)?;
        self.attest_all()?;
        Ok(outcome)
    }

    /// Does what is due: scheduled acts whose hour came, acts a crash left half-way, evidence still to be issued. A
    /// scheduled act that can no longer be sent for another reason than the hour is rejected, with its reasons.
    pub fn traiter(&mut self) -> Result<Processed, SignificationError> {
        self.tick()?;
        let mut done = Processed::default();
        let now = self.ctx.clock.now();
        let ids: Vec<Id> = self.state.acts.keys().copied().collect();
        for act in ids {
            let view = self.state.act(act)?;
            match view.state {
                ActeState::Programme if view.not_before.is_some_and(|at| at <= now) => {
                    self.send_scheduled(act, &mut done)?;
                }
                ActeState::Envoye | ActeState::EchecDepot | ActeState::Depose => {
                    let before = self.state.receipts.len();
                    let notice = self.carry_on(act)?;
                    self.attest_all()?;
                    done.envois.push(self.outcome(act, Vec::new(), notice, before)?);
                }
                _ => {}
            }
        }
        done.recepisses.extend(self.attest_all()?);
        Ok(done)
    }

    fn send_scheduled(&mut self, act: Id, done: &mut Processed) -> Result<(), SignificationError> {
        let now = self.ctx.clock.now();
        let (refusals, _) = self.refusals(act, now)?;
        if refusals.is_empty() {
            done.envois.push(self.send_now(&Actor::platform(), act, now, true)?);
        } else if !refusals.iter().all(|r| r.is_only_time()) {
            self.record_at(now, &Actor::platform(), &Event::ActRejected { act, codes: refusals })?;
            done.rejets.push(act);
        }
        Ok(())
    }

    fn outcome(
        &self,
        act: Id,
        refus: Vec<Refusal>,
        avis: Option<NoticeOutcome>,
        before: usize,
    ) -> Result<Sent, SignificationError> {
        let view = self.state.act(act)?;
        let issued = if view.state.is_sent() { self.state.receipts.len().saturating_sub(before) } else { 0 };
        let mine: Vec<_> = self.state.receipts.values().filter(|r| r.object == act).collect();
        let fresh = mine.len().saturating_sub(issued);
        Ok(Sent {
            acte: act,
            state: view.state,
            envoye_le: view.sent_at,
            envoye_le_paris: view.sent_at.map(paris_rfc3339),
            programme_pour: view.not_before.filter(|_| view.state == ActeState::Programme),
            refus,
            avis,
            recepisses: mine.iter().skip(fresh).map(|r| self.receipt_folder(r.id)).collect(),
            horodatage_differe: mine.iter().filter(|r| !r.timestamped).count(),
        })
    }
}

/// When a put-off sending may start: the next opening, or the next day's when the window is about to close.
fn next_start(now: Instant, window: &Option<Window>) -> Instant {
    match window {
        Some(Window::Closed { next_open, .. }) => *next_open,
        // In the guard band: the window is asked again just after it closed.
        _ => crate::civil::paris_at(crate::calendar::after(crate::civil::paris_date(now), 1), crate::window::OPENS),
    }
}

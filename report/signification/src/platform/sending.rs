//! Sending: every check first, all refusals told; then the date is fixed, the act made available, the notice sent.
use dossier::Instant;

use super::acts::consent_refusals;
use super::conditions::cgu_of;
use super::reponses::awaited;
use super::{NoticeOutcome, Platform, Processed, Sent};
use crate::acte::{ActeMove, ActeState, Refusal};
use crate::agenda::Task;
use crate::civil::paris_rfc3339;
use crate::comptes::lien;
use crate::consent::{Actor, Role};
use crate::event::Event;
use crate::projection::Views;
use crate::vault::check_cipher;
use crate::window::{Window, service_window_with};
use crate::{Id, SignificationError};

impl Platform<'_> {
    /// Sends an act now. When only the hour is against it and `programmer` is set, it is scheduled for the next opening;
    /// otherwise a refusal changes nothing, is journalled, and tells every reason.
    pub fn envoyer(&self, actor: &Actor, act: Id, programmer: bool) -> Result<Sent, SignificationError> {
        if actor.role != Role::Etude {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "send" });
        }
        let _hold = self.holds.take(act);
        self.views().act(act)?.state.step(ActeMove::Send)?;
        let now = self.ctx.clock.now();
        let (refusals, window) = self.refusals(act, now)?;
        if refusals.is_empty() {
            return self.send_now(actor, act, false);
        }
        if programmer && refusals.iter().all(|r| r.is_only_time()) {
            let not_before = next_start(now, &window);
            if self.views().act(act)?.state == ActeState::Scelle {
                self.greffe.record(actor, &Event::ActScheduled { act, not_before })?;
            }
            return self.outcome(act, refusals, None, &[]);
        }
        self.greffe.record(actor, &Event::ActRefused { act, codes: refusals.clone() })?;
        match window {
            Some(Window::Closed { reason, next_open }) if refusals == [Refusal::FenetreFermee] => {
                Err(SignificationError::WindowClosed { reason: reason.phrase(), next_open })
            }
            _ => Err(SignificationError::ActRefused { codes: refusals.iter().map(|r| r.code()).collect() }),
        }
    }

    /// Everything against sending this act at `now`, and the window as it stands.
    pub(super) fn refusals(&self, act: Id, now: Instant) -> Result<(Vec<Refusal>, Option<Window>), SignificationError> {
        let view = self.views().act(act)?;
        let consent = self.views().consent(view.consent)?;
        let mut codes = consent_refusals(&consent, &view.nature, now);
        codes.extend(lien::refus(self.views(), consent.id, now)?.filter(|code| !codes.contains(code)));
        let window = service_window_with(now, &self.zones_of(&consent), self.jours_chomes()?).ok();
        match &window {
            None => codes.push(Refusal::CalendrierIncomplet),
            Some(Window::Closed { .. }) => codes.push(Refusal::FenetreFermee),
            Some(Window::Open) if now.legal_time().time() > self.config.last_start()? => {
                codes.push(Refusal::GardeHoraire);
            }
            Some(Window::Open) => {}
        }
        let intact =
            view.cipher.is_some_and(|expected| check_cipher(&self.path("coffre", act), "acte", &expected).is_ok());
        if !intact {
            codes.push(Refusal::CoffreAltere);
        }
        if self.person(view.consent).is_err() {
            codes.push(Refusal::RegistreIllisible);
        }
        if self.held_elsewhere(act)? {
            codes.push(Refusal::AutreVoie);
        }
        if self.horloge_decalee()? {
            codes.push(Refusal::HorlogeDecalee);
        }
        Ok((codes, window))
    }

    /// Fixes the date: the registrar asks the consent and the window again at the very instant that is journalled.
    fn send_now(&self, actor: &Actor, act: Id, scheduled: bool) -> Result<Sent, SignificationError> {
        let before = self.recepisses(act)?;
        let zones = self.zones_of(&self.views().consent(self.views().act(act)?.consent)?);
        let chomes = self.jours_chomes()?;
        self.greffe.record_at(actor, |now, taken| {
            let view = taken.act(act)?;
            let consent = taken.consent(view.consent)?;
            // Closed days of the office's list too, at the very instant: the projection knows the public holidays only.
            if let Window::Closed { reason, next_open } = service_window_with(now, &zones, chomes)? {
                return Err(SignificationError::WindowClosed { reason: reason.phrase(), next_open });
            }
            let cgu_version = cgu_of(taken, &consent, now)?.map(|c| c.0).unwrap_or_default();
            let awaited = awaited(&view, now, consent.zone, chomes)?;
            let consent_basis = consent.basis.unwrap_or_default();
            let sent = Event::ActSent { act, zones, consent_basis, cgu_version, scheduled };
            Ok(std::iter::once(sent.into()).chain(awaited).collect())
        })?;
        let notice = self.carry_on(act, true)?;
        self.attest_all()?;
        self.outcome(act, Vec::new(), notice, &before)
    }

    /// From ENVOYE on: makes the act available, then sends the notice. Also what a crash is resumed with; the file is then
    /// compared again with what was deposited.
    fn carry_on(&self, act: Id, compared: bool) -> Result<Option<NoticeOutcome>, SignificationError> {
        let view = self.views().act(act)?;
        if matches!(view.state, ActeState::Envoye | ActeState::EchecDepot) {
            let there = match view.cipher {
                Some(expected) if !compared => check_cipher(&self.path("coffre", act), "acte", &expected),
                _ => Ok(()),
            };
            match there {
                Ok(()) => self.greffe.record(&Actor::platform(), &Event::ActDeposited { act })?,
                Err(error) => {
                    let failed = Event::DepositFailed { act, code: error.code().to_owned() };
                    self.greffe.record(&Actor::platform(), &failed)?
                }
            };
        }
        if self.views().act(act)?.state == ActeState::Depose { self.notify(act).map(Some) } else { Ok(None) }
    }

    /// Does what is due: scheduled acts whose hour came, acts a crash left half-way, evidence still to be issued. A
    /// scheduled act that can no longer be sent for another reason than the hour is rejected, with its reasons.
    pub fn traiter(&self) -> Result<Processed, SignificationError> {
        self.tick()?;
        let mut done = Processed::default();
        let now = self.ctx.clock.now();
        for due in self.views().due(now, usize::MAX)? {
            match due.task {
                Task::Envoi => self.send_scheduled(due.object, &mut done)?,
                Task::Reprise => self.resume(due.object, &mut done)?,
                Task::Avis => done.avis.extend(self.try_again(due.object)?),
                Task::Courrier => done.courriers.extend(self.echoir(due)?),
                Task::Qualification
                | Task::Expiration
                | Task::Destruction
                | Task::Resiliation
                | Task::Effacement
                | Task::Certificat
                | Task::Droit => {}
                Task::Delai | Task::Creance | Task::Transfert | Task::Accuse | Task::Sms | Task::PreavisCgu => {
                    done.echeances.extend(self.echoir(due)?)
                }
            }
        }
        self.purger_quarantaine()?;
        self.appliquer_conservation()?;
        self.purger_connexions()?;
        done.recepisses.extend(self.attest_all()?);
        Ok(done)
    }

    /// Goes on with a sending that was left half-way; another caller may have done so meanwhile.
    fn resume(&self, act: Id, done: &mut Processed) -> Result<(), SignificationError> {
        let _hold = self.holds.take(act);
        if matches!(self.views().act(act)?.state, ActeState::Envoye | ActeState::EchecDepot | ActeState::Depose) {
            let before = self.recepisses(act)?;
            let notice = self.carry_on(act, false)?;
            self.attest_all()?;
            done.envois.push(self.outcome(act, Vec::new(), notice, &before)?);
        }
        Ok(())
    }

    fn send_scheduled(&self, act: Id, done: &mut Processed) -> Result<(), SignificationError> {
        let _hold = self.holds.take(act);
        if self.views().act(act)?.state != ActeState::Programme {
            return Ok(());
        }
        let (refusals, _) = self.refusals(act, self.ctx.clock.now())?;
        if refusals.is_empty() {
            done.envois.push(self.send_now(&Actor::platform(), act, true)?);
        } else if !refusals.iter().all(|r| r.is_only_time()) {
            self.greffe.record(&Actor::platform(), &Event::ActRejected { act, codes: refusals })?;
            done.rejets.push(act);
        }
        Ok(())
    }

    fn outcome(
        &self,
        act: Id,
        refus: Vec<Refusal>,
        avis: Option<NoticeOutcome>,
        before: &[Id],
    ) -> Result<Sent, SignificationError> {
        let view = self.views().act(act)?;
        let mine = if view.state.is_sent() { self.recepisses(act)? } else { Vec::new() };
        let mut deferred = 0;
        for receipt in &mine {
            deferred += usize::from(!self.views().receipt(*receipt)?.timestamped);
        }
        Ok(Sent {
            acte: act,
            state: view.state,
            envoye_le: view.sent_at,
            envoye_le_paris: view.sent_at.map(paris_rfc3339),
            programme_pour: view.not_before.filter(|_| view.state == ActeState::Programme),
            refus,
            avis,
            recepisses: mine.into_iter().filter(|receipt| !before.contains(receipt)).collect(),
            horodatage_differe: deferred,
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

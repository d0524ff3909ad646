//! Notices of an act: written once, kept, handed to the mail server, tried again when it refuses for now, followed by what
//! servers say later. The date of the act never depends on them; what becomes of them is told.
use dossier::{Digests, Instant};

use super::{NoticeOutcome, Platform, Releves};
use crate::acte::{ActeMove, ActeState};
use crate::consent::{Actor, Role};
use crate::event::Event;
use crate::fact::Fact;
use crate::greffe::With;
use crate::notice::dsn::{Action, Nous, Rebut};
use crate::notice::retours::{Prise, Recu, relever};
use crate::notice::suivi::{self, EtatAvis, a_essayer, alertes, apres_essai, au_retour, en_silence};
use crate::notice::{Handed, Prepared, Refused, again, availability};
use crate::projection::Views;
use crate::store::{NewPiece, PieceKind, Table};
use crate::vault::{self, Kind};
use crate::{Id, SignificationError};

const PAPER: &str = "L'avis n'a pas été accepté. La date d'envoi reste celle du journal, mais l'article 748-3 du code de \
                     procédure civile attache du prix à l'avis : renouveler l'avis, ou prévoir la remise sur papier.";

/// Notices looked at in one go when the silent ones are told.
const PAGE: usize = 500;

impl Platform<'_> {
    /// Writes the notice of an act that was just made available, keeps it, and hands it over.
    pub(super) fn notify(&self, act: Id) -> Result<NoticeOutcome, SignificationError> {
        let me = Actor::platform();
        let view = self.views().act(act)?;
        let (person, notice, now) = (self.person(view.consent)?, self.new_id()?, self.ctx.clock.now());
        let deposited_at = view.deposited_at.unwrap_or(now);
        let (name, to) = (person.display_name(), person.courriel());
        let message = availability(&self.config, notice, act, &name, to, deposited_at, now)?;
        let digests = Digests::of(&message.raw);
        let with = With { pieces: vec![self.kept_message(view.consent, &message)?], ..With::default() };
        let ticket = self.greffe.stage(&me, with, |_, _| {
            let queued = suivi::Event::Queued { notice, object: act, deposited_at, digests };
            Ok(vec![Event::NoticeBegin { act, notice, digests }.into(), queued.into()])
        })?;
        self.greffe.wait(ticket)?;
        let outcome = self.hand_over(act, &message)?;
        self.texter(act)?;
        Ok(outcome)
    }

    /// Hands a begun notice to the mail server, and notes the outcome.
    fn hand_over(&self, act: Id, message: &Prepared) -> Result<NoticeOutcome, SignificationError> {
        let started = self.ctx.clock.now();
        let outcome = self.ctx.mailer.hand_over(message);
        self.note_try(act, message.id, started, &outcome)?;
        Ok(match outcome {
            Ok(Handed { code, .. }) => {
                NoticeOutcome { notice: message.id, accepted: true, code: code.to_string(), conseil: None }
            }
            Err(Refused { code, .. }) => {
                NoticeOutcome { notice: message.id, accepted: false, code, conseil: Some(PAPER) }
            }
        })
    }

    pub(super) fn note_try(
        &self,
        act: Id,
        notice: Id,
        started: Instant,
        outcome: &Result<Handed, Refused>,
    ) -> Result<(), SignificationError> {
        let reprises = self.config.avis.reprises;
        self.greffe.record_at(&Actor::platform(), |now, taken| {
            let mut facts = Vec::new();
            if taken.act(act)?.pending_notice == Some(notice) {
                facts.push(Fact::from(match outcome {
                    Ok(handed) => Event::NoticeAccepted { act, notice, smtp_code: handed.code },
                    Err(refused) => {
                        let (code, permanent) = (refused.code.clone(), refused.permanent);
                        Event::NoticeFailed { act, notice, code, permanent }
                    }
                }));
            }
            if let Some(view) = taken.view::<suivi::View>(Table::Avis, notice.as_bytes())? {
                facts.extend(apres_essai(&view, started, now, outcome, &reprises).into_iter().map(Fact::from));
            }
            Ok(facts)
        })?;
        Ok(())
    }

    /// Sends a new notice, after a failure.
    pub fn renotifier(&self, actor: &Actor, act: Id) -> Result<NoticeOutcome, SignificationError> {
        if actor.role != Role::Etude {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "notify" });
        }
        let _hold = self.holds.take(act);
        self.views().act(act)?.state.step(ActeMove::Notify)?;
        let outcome = self.notify(act)?;
        self.attest_all()?;
        Ok(outcome)
    }

    /// What is known of a notice.
    pub fn avis(&self, notice: Id) -> Result<suivi::View, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "avis", id: notice.to_string() };
        self.views().view(Table::Avis, notice.as_bytes())?.ok_or_else(unknown)
    }

    /// Tries a notice again whose hour came; nothing when it is no longer waiting.
    pub(super) fn try_again(&self, notice: Id) -> Result<Option<NoticeOutcome>, SignificationError> {
        let act = self.avis(notice)?.object;
        let _hold = self.holds.take(act);
        let (view, state) = (self.avis(notice)?, self.views().act(act)?);
        if !a_essayer(&view, self.ctx.clock.now()) {
            return Ok(None);
        }
        let message = self.message_again(state.consent, &view)?;
        // The recipient may have opened the act meanwhile, or another notice may have gone: this one is still owed to him.
        if matches!(state.state, ActeState::Depose | ActeState::EchecAvis) && state.pending_notice.is_none() {
            self.greffe.record(&Actor::platform(), &Event::NoticeBegin { act, notice, digests: view.digests })?;
        }
        let outcome = self.hand_over(act, &message)?;
        self.attest_all()?;
        Ok(Some(outcome))
    }

    fn message_again(&self, consent: Id, view: &suivi::View) -> Result<Prepared, SignificationError> {
        let missing = || SignificationError::Unknown { kind: "avis", id: view.notice.to_string() };
        let cipher = self.greffe.store().piece(PieceKind::Avis, view.notice)?.ok_or_else(missing)?;
        let raw = vault::decrypt(&cipher, Kind::Message, view.notice, &view.digests, &self.person_key(consent)?)?;
        Ok(again(&self.config, view.notice, self.person(consent)?.courriel(), raw))
    }

    /// Reads what servers sent back (`avis.retours`), notes it, and tells the notices that nothing was heard of.
    pub fn relever(&self) -> Result<Releves, SignificationError> {
        let mut done = Releves::default();
        if let Some(maildir) = self.config.avis.retours.as_deref() {
            let read = relever(maildir, &Nous::new(&self.config), |recu| self.take_return(recu))?;
            (done.pris, done.deja_pris) = (read.pris, read.deja_pris);
            done.rebuts = read.rebuts.len();
        }
        done.silencieux = self.tell_silent()?;
        self.attest_all()?;
        Ok(done)
    }

    fn take_return(&self, recu: Recu) -> Result<Prise, SignificationError> {
        let notice = recu.retour.notice;
        let Some(view) = self.views().view::<suivi::View>(Table::Avis, notice.as_bytes())? else {
            return Ok(Prise::Ecarte(Rebut::AvisInconnu));
        };
        let act = view.object;
        let _hold = self.holds.take(act);
        let event = match au_retour(&self.avis(notice)?, &recu.retour, recu.digests) {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(Prise::DejaPris),
            Err(why) => return Ok(Prise::Ecarte(why)),
        };
        let state = self.views().act(act)?;
        let last = state.last_notice == Some(notice);
        let mut facts = vec![Fact::from(event)];
        match recu.retour.action {
            Some(Action::Failed) if last && state.state == ActeState::Avise => {
                let status = recu.retour.statut.map_or_else(|| "inconnu".to_owned(), |status| status.to_string());
                facts.push(Event::NoticeReturned { act, notice, status }.into());
            }
            Some(Action::Delivered) if last && state.delivered_at.is_none() => {
                facts.push(Event::NoticeDelivered { act, notice }.into());
            }
            _ => {}
        }
        // What a server wrote bears addresses: it is kept like the notice itself, for the person alone.
        let id = self.new_id()?;
        let sha256 = dossier::Sha256Digest::of(&recu.brut);
        facts.push(crate::preuve_acte::Event::Retour { acte: act, avis: notice, piece: id, sha256 }.into());
        let bytes = vault::encrypt(Kind::Message, id, &recu.brut, &[self.person_key(state.consent)?.public()])?;
        let with = With { pieces: vec![NewPiece { kind: PieceKind::Avis, id, bytes }], ..With::default() };
        let ticket = self.greffe.stage(&Actor::platform(), with, |_, _| Ok(facts))?;
        self.greffe.wait(ticket)?;
        Ok(Prise::Pris)
    }

    /// Every notice, a page at a time.
    fn each_notice(
        &self,
        each: &mut dyn FnMut(suivi::View) -> Result<(), SignificationError>,
    ) -> Result<(), SignificationError> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let pairs = self.views().scan(Table::Avis, &[], after.as_deref(), PAGE)?;
            let Some((last, _)) = pairs.last() else { return Ok(()) };
            after = Some(last.clone());
            for (key, _) in &pairs {
                each(self.avis(crate::projection::id_of(key)?)?)?;
            }
        }
    }

    fn tell_silent(&self) -> Result<usize, SignificationError> {
        let (hours, mut told) = (self.config.avis.sans_nouvelle_heures, 0);
        self.each_notice(&mut |view| {
            let waits = matches!(view.etat, EtatAvis::RemisAuServeur | EtatAvis::Retarde);
            if let Some(event) = en_silence(&view, self.ctx.clock.now(), hours).filter(|_| waits) {
                self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![event.into()]))?;
                told += 1;
            }
            Ok(())
        })?;
        Ok(told)
    }

    /// What the office must see of its notices.
    pub fn alertes(&self) -> Result<Vec<suivi::Alerte>, SignificationError> {
        let (now, mut list) = (self.ctx.clock.now(), Vec::new());
        self.each_notice(&mut |view| {
            list.extend(alertes(std::slice::from_ref(&view), now));
            Ok(())
        })?;
        Ok(list)
    }
}

//! Terms that come by themselves: the internal target for the notification of constats with its alerts (row I06), and every
//! task of the agenda that this and the neighbouring modules asked for.
use dossier::Instant;
use serde::Serialize;

use super::Platform;
use crate::agenda::{Due, Task};
use crate::consent::{Actor, Role};
use crate::delais::{self, AlertGiven, DelaiReport};
use crate::exploitation::{A, Motif};
use crate::fact::Fact;
use crate::projection::Views as _;
use crate::store::Table;
use crate::{Id, SignificationError};

/// Targets looked at in one go.
const PAGE: usize = 500;

/// A term that came, and what was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Echue {
    /// What it is about.
    pub objet: Id,
    /// What was done, in French.
    pub fait: String,
}

/// An internal target: never called a legal term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DelaiSuivi {
    /// The constat.
    pub objet: Id,
    /// Where it stands.
    #[serde(flatten)]
    pub rapport: DelaiReport,
    /// Alerts given.
    pub alertes: Vec<AlertGiven>,
    /// The same, in a French sentence.
    pub phrase: String,
}

impl Platform<'_> {
    /// Does what a task of the agenda asks for; nothing when another caller did it meanwhile, or when its tools are missing.
    /// One that fails says so and is tried again next time: it never keeps the acts behind it from going.
    pub(super) fn echoir(&self, due: Due) -> Result<Option<Echue>, SignificationError> {
        let objet = due.object;
        match self.faire(due) {
            Ok(fait) => Ok(fait.map(|fait| Echue { objet, fait })),
            Err(error @ (SignificationError::Poisoned | SignificationError::Storage { .. })) => Err(error),
            Err(error) => Ok(Some(Echue { objet, fait: format!("À reprendre ({}).", error.code()) })),
        }
    }

    fn faire(&self, due: Due) -> Result<Option<String>, SignificationError> {
        let objet = due.object;
        match due.task {
            Task::Delai => self.donner_alertes(objet),
            Task::Creance => self.echoir_creance(objet),
            Task::Transfert => self.expirer_transfert(objet),
            Task::Accuse => self.accuser_restes(objet),
            Task::Sms => self.sms_interrompu(objet),
            Task::PreavisCgu => self.envoyer_preavis(objet),
            Task::Courrier => self.expedier_courrier(objet),
            _ => Ok(None),
        }
    }

    /// Starts the internal target of a constat (identified by the office): `[delai_interne]`, 48 hours unless it says otherwise.
    pub fn commencer_delai(&self, actor: &Actor, constat: Id) -> Result<DelaiSuivi, SignificationError> {
        office(actor)?;
        let event = delais::Event::TargetStarted { objet: constat, config: self.config.delai_interne.clone() };
        self.greffe.record_at(actor, |_, _| Ok(vec![event.into()]))?;
        self.delai(constat)
    }

    /// Notes that the constat was delivered: nothing is left to warn of.
    pub fn delai_remis(&self, actor: &Actor, constat: Id) -> Result<DelaiSuivi, SignificationError> {
        office(actor)?;
        self.greffe.record_at(actor, |_, _| Ok(vec![delais::Event::Delivered { objet: constat }.into()]))?;
        self.delai(constat)
    }

    /// Where the internal target of a constat stands.
    pub fn delai(&self, constat: Id) -> Result<DelaiSuivi, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "délai interne", id: constat.to_string() };
        let view: Option<delais::View> = self.views().view(Table::Delai, constat.as_bytes())?;
        view.and_then(|view| self.suivi_de(&view).transpose()).ok_or_else(unknown)?
    }

    fn suivi_de(&self, view: &delais::View) -> Result<Option<DelaiSuivi>, SignificationError> {
        let Some(kept) = &view.cible else { return Ok(None) };
        let now = self.ctx.clock.now();
        let rapport = kept.target()?.report(now, kept.delivered, &kept.given_hours());
        let (objet, alertes, phrase) = (view.objet, kept.given.clone(), rapport.phrase());
        Ok(Some(DelaiSuivi { objet, rapport, alertes, phrase }))
    }

    /// The targets in alert or over, not delivered: what the office must see.
    pub fn alertes_delais(&self) -> Result<Vec<DelaiSuivi>, SignificationError> {
        let (mut list, mut after): (_, Option<Vec<u8>>) = (Vec::new(), None);
        loop {
            let pairs = self.views().scan(Table::Delai, &[], after.as_deref(), PAGE)?;
            let Some((last, _)) = pairs.last() else { return Ok(list) };
            after = Some(last.clone());
            for (key, _) in &pairs {
                let view: Option<delais::View> = self.views().view(Table::Delai, key)?;
                let open = view.filter(|view| view.cible.as_ref().is_some_and(|kept| kept.delivered.is_none()));
                let Some(suivi) = open.map(|view| self.suivi_de(&view)).transpose()?.flatten() else { continue };
                let told = !suivi.alertes.is_empty() || !suivi.rapport.alerts.is_empty();
                list.extend(Some(suivi).filter(|_| told));
            }
        }
    }

    /// Gives every alert due, each once.
    fn donner_alertes(&self, objet: Id) -> Result<Option<String>, SignificationError> {
        let mut given = Vec::new();
        let ticket = self.greffe.stage(&Actor::platform(), Default::default(), |now: Instant, taken| {
            let view: Option<delais::View> = taken.view(Table::Delai, objet.as_bytes())?;
            let Some(kept) = view.and_then(|view| view.cible) else { return Ok(Vec::new()) };
            let report = kept.target()?.report(now, kept.delivered, &kept.given_hours());
            let mut facts: Vec<Fact> = Vec::new();
            for alert in &report.alerts {
                given.push(alert.heures.to_string());
                let (heures, incident) = (alert.heures, alert.incident);
                facts.push(delais::Event::AlertGiven { objet, heures, incident }.into());
                facts.push(Motif::AlerteDelai { objet, heures }.prevu(A::Etude, now)?.into());
            }
            Ok(facts)
        })?;
        self.greffe.wait(ticket)?;
        Ok((!given.is_empty()).then(|| format!("Alerte du délai interne : {} h.", given.join(" h, "))))
    }
}

/// Only the office does this.
pub(super) fn office(actor: &Actor) -> Result<(), SignificationError> {
    if actor.role == Role::Etude {
        return Ok(());
    }
    Err(SignificationError::Actor { role: actor.role.name(), requested: "acte de l'étude" })
}

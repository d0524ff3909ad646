//! What falls due, and when: made from the views alone, so that no clock has to go through every act.
use dossier::Instant;

use crate::acte::ActeState;
use crate::civil::paris_midnight;
use crate::consent::ConsentState;
use crate::letter::day_over;
use crate::projection::id_of;
use crate::state::{ActeView, ConsentView};
use crate::{Id, SignificationError};

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Task {
    /// A put-off sending may start.
    Envoi = 1,
    /// A sending was left half-way: make available, send the notice.
    Reprise = 2,
    /// The day of a sending is over: à personne or à domicile is decided.
    Qualification = 3,
    /// The term a recipient set to his consent is over.
    Expiration = 4,
    /// A notice may be handed to the mail server, again.
    Avis = 5,
    /// Five years after a revocation: what names the person is destroyed.
    Destruction = 6,
    /// An alert of an internal target falls due.
    Delai = 20,
    /// The month of a small claim is over.
    Creance = 21,
    /// A transfer to a confrère got no answer in its time.
    Transfert = 22,
    /// An answer is to be acknowledged.
    Accuse = 23,
    /// An SMS was left half-way.
    Sms = 24,
    /// A recipient is to be told of new terms of use.
    PreavisCgu = 25,
    /// A terminated account whose term of reading is not written yet.
    Resiliation = 26,
    /// Two months after a termination: the acts are deleted.
    Effacement = 50,
    /// A certificate of erasure is to be made, or sent again.
    Certificat = 51,
    /// The term of a request for rights comes near.
    Droit = 52,
    /// A message of the service is to be handed to the mail server.
    Courrier = 60,
}

impl Task {
    /// Every task.
    pub const ALL: [Self; 17] = [
        Self::Envoi,
        Self::Reprise,
        Self::Qualification,
        Self::Expiration,
        Self::Avis,
        Self::Destruction,
        Self::Resiliation,
        Self::Delai,
        Self::Creance,
        Self::Transfert,
        Self::Accuse,
        Self::Sms,
        Self::PreavisCgu,
        Self::Effacement,
        Self::Certificat,
        Self::Droit,
        Self::Courrier,
    ];

    const fn octet(self) -> u8 {
        self as u8
    }
}

/// A task, its object, its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// From when on.
    pub at: Instant,
    /// What.
    pub task: Task,
    /// The act or consent.
    pub object: Id,
}

impl Due {
    /// Its key in the agenda: sorted by time.
    pub(crate) fn key(&self) -> Vec<u8> {
        let at = u64::try_from(self.at.as_millisecond()).unwrap_or(0);
        [&at.to_be_bytes()[..], &[self.task.octet()], self.object.as_bytes()].concat()
    }

    /// Reads a key.
    pub(crate) fn parse(key: &[u8]) -> Result<Self, SignificationError> {
        let broken = || SignificationError::Storage { why: "clé de l'agenda".into() };
        let at = key.get(..8).and_then(|at| at.try_into().ok()).map(u64::from_be_bytes).ok_or_else(broken)?;
        let at = i64::try_from(at).ok().and_then(Instant::from_millisecond).ok_or_else(broken)?;
        let octet = key.get(8).copied().ok_or_else(broken)?;
        let task = Task::ALL.into_iter().find(|task| task.octet() == octet).ok_or_else(broken)?;
        Ok(Self { at, task, object: id_of(key.get(9..).unwrap_or_default())? })
    }
}

/// What an act asks for.
pub(crate) fn of_act(view: &ActeView) -> Vec<Due> {
    let object = view.id;
    let mut due = Vec::new();
    match view.state {
        ActeState::Programme => {
            due.extend(view.not_before.map(|at| Due { at, task: Task::Envoi, object }));
        }
        ActeState::Envoye | ActeState::EchecDepot | ActeState::Depose => {
            due.push(Due { at: view.last_at, task: Task::Reprise, object });
        }
        // Another try of a notice whose end nobody wrote: a crash, to be ended at the next opening.
        _ if view.pending_notice.is_some() => due.push(Due { at: view.last_at, task: Task::Reprise, object }),
        _ => {}
    }
    if let (Some(sent), None) = (view.sent_at, view.qualification) {
        due.push(Due { at: day_over(sent), task: Task::Qualification, object });
    }
    due
}

/// What a consent asks for.
pub(crate) fn of_consent(view: &ConsentView) -> Vec<Due> {
    let mut due = Vec::new();
    if matches!(view.state, ConsentState::Actif | ConsentState::Suspendu)
        && let Some(last) = view.scope.until
    {
        let at = paris_midnight(crate::calendar::after(last, 1));
        due.push(Due { at, task: Task::Expiration, object: view.id });
    }
    if view.state == ConsentState::Revoque {
        due.extend(view.destruction().map(|at| Due { at, task: Task::Destruction, object: view.id }));
    }
    due
}

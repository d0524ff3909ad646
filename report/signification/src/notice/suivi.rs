//! What becomes of one notice after it is written: tries, hand-off, and what servers say later. Pure: time and outcomes come
//! in as arguments, and a step that cannot have happened is refused.
//!
//! The date of the service is that of the sending of the act (CPC 664-1): nothing here changes it.
use dossier::{Digests, Instant, Outcome};
use serde::{Deserialize, Serialize};

use super::dsn::{Action, Rebut, Retour};
use super::{Handed, Refused};
use crate::config::Reprises;
use crate::consent::{Actor, Role};
use crate::{Id, SignificationError};

mod alerte;
mod preparer;

pub use alerte::{Alerte, CodeAlerte, alertes};
pub use preparer::{a_essayer, apres_essai, au_retour, en_silence};

/// Seconds between the deposit of the act and the hand-off of its notice beyond which the office is told (row D02).
pub const REMISE_CIBLE_SECONDES: i64 = 60;
/// Returns kept of one notice: a server that repeats itself without end is not followed further.
pub const MAX_RETOURS: usize = 100;

/// Where a notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EtatAvis {
    /// To be handed to the mail server, for the first time or again.
    EnFile,
    /// Our mail server took it.
    RemisAuServeur,
    /// The recipient's server says it delivered it.
    AccepteParLeServeurDuDestinataire,
    /// A server passed it on to one that gives no news.
    Relaye,
    /// A server says it goes on trying.
    Retarde,
    /// Refused for good, given up, or returned.
    Rejete,
    /// Handed over, and nothing heard since for the time set.
    SansNouvelle,
}

impl EtatAvis {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::EnFile,
        Self::RemisAuServeur,
        Self::AccepteParLeServeurDuDestinataire,
        Self::Relaye,
        Self::Retarde,
        Self::Rejete,
        Self::SansNouvelle,
    ];

    /// The name as shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::EnFile => "EN_FILE",
            Self::RemisAuServeur => "REMIS_AU_SERVEUR",
            Self::AccepteParLeServeurDuDestinataire => "ACCEPTE_PAR_LE_SERVEUR_DU_DESTINATAIRE",
            Self::Relaye => "RELAYE",
            Self::Retarde => "RETARDE",
            Self::Rejete => "REJETE",
            Self::SansNouvelle => "SANS_NOUVELLE",
        }
    }

    /// Where a return of `action` leads from here; `None` when it changes nothing and is only noted: returns may arrive
    /// in any order, and servers may contradict each other.
    pub fn after(self, action: Option<Action>) -> Option<Self> {
        use EtatAvis as E;
        let waiting = matches!(self, E::EnFile | E::RemisAuServeur | E::Retarde | E::SansNouvelle);
        Some(match action? {
            Action::Failed if self != E::Rejete => E::Rejete,
            Action::Delivered | Action::Expanded if self != E::Rejete => E::AccepteParLeServeurDuDestinataire,
            Action::Relayed if waiting => E::Relaye,
            Action::Delayed if waiting => E::Retarde,
            _ => return None,
        })
    }
}

/// One fact of a notice's way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in View")]
pub enum Event {
    /// The message is written and kept; `digests` are those of its octets, `deposited_at` when its object was deposited.
    #[serde(rename = "signification.notice.queued")]
    Queued { notice: Id, object: Id, deposited_at: Instant, digests: Digests },
    /// Our mail server took it; `dsn` tells whether it will say what becomes of it.
    #[serde(rename = "signification.notice.handed")]
    Handed { notice: Id, started_at: Instant, smtp_code: u16, dsn: bool },
    /// Our mail server did not take it.
    #[serde(rename = "signification.notice.refused")]
    Refused { notice: Id, started_at: Instant, code: String, permanent: bool },
    /// It will be tried again.
    #[serde(rename = "signification.notice.retry_planned")]
    RetryPlanned { notice: Id, not_before: Instant },
    /// It will not be tried again.
    #[serde(rename = "signification.notice.given_up")]
    GivenUp { notice: Id, tries: u32 },
    /// A server says it delivered it (or to a list).
    #[serde(rename = "signification.notice.delivered")]
    Delivered { notice: Id, retour: Retour, digests: Digests },
    /// A server says it passed it on.
    #[serde(rename = "signification.notice.relayed")]
    Relayed { notice: Id, retour: Retour, digests: Digests },
    /// A server says it goes on trying.
    #[serde(rename = "signification.notice.delayed")]
    Delayed { notice: Id, retour: Retour, digests: Digests },
    /// A server returned it.
    #[serde(rename = "signification.notice.bounced")]
    Bounced { notice: Id, retour: Retour, digests: Digests },
    /// A return that changes nothing: not understood, late, or against another.
    #[serde(rename = "signification.notice.return_noted")]
    ReturnNoted { notice: Id, retour: Retour, digests: Digests },
    /// Nothing heard for `hours` since the last news.
    #[serde(rename = "signification.notice.silent")]
    Silent { notice: Id, hours: u16 },
}

impl Event {
    /// The notice.
    pub fn object(&self) -> Id {
        match self {
            Self::Queued { notice, .. }
            | Self::Handed { notice, .. }
            | Self::Refused { notice, .. }
            | Self::RetryPlanned { notice, .. }
            | Self::GivenUp { notice, .. }
            | Self::Delivered { notice, .. }
            | Self::Relayed { notice, .. }
            | Self::Delayed { notice, .. }
            | Self::Bounced { notice, .. }
            | Self::ReturnNoted { notice, .. }
            | Self::Silent { notice, .. } => *notice,
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Queued { .. } => Outcome::Begin,
            Self::Handed { .. } | Self::Delivered { .. } | Self::Relayed { .. } => Outcome::Ok,
            Self::RetryPlanned { .. } | Self::ReturnNoted { .. } => Outcome::Note,
            Self::Delayed { .. } | Self::Silent { .. } => Outcome::Deviation,
            Self::Refused { .. } | Self::GivenUp { .. } | Self::Bounced { .. } => Outcome::Failed,
        }
    }

    /// The fact, in snake case.
    fn name(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "queued",
            Self::Handed { .. } => "handed",
            Self::Refused { .. } => "refused",
            Self::RetryPlanned { .. } => "retry_planned",
            Self::GivenUp { .. } => "given_up",
            Self::Delivered { .. } => "delivered",
            Self::Relayed { .. } => "relayed",
            Self::Delayed { .. } => "delayed",
            Self::Bounced { .. } => "bounced",
            Self::ReturnNoted { .. } => "return_noted",
            Self::Silent { .. } => "silent",
        }
    }
}

/// One try to hand the message to our mail server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Essai {
    /// When the connection was opened.
    pub debut: Instant,
    /// When the reply came, or was given up.
    pub fin: Instant,
    /// Reply code in three digits, or `connexion`, `protocole`, `interrompu`.
    pub code: String,
    /// Whether the server took it.
    pub pris: bool,
    /// When the next one may start, after a temporary refusal.
    pub reprise: Option<Instant>,
}

/// One return, and when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetourLu {
    /// When.
    pub lu: Instant,
    /// Digests of the message kept.
    pub digests: Digests,
    /// What it says.
    pub retour: Retour,
}

/// What is known of one notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Its identifier.
    pub notice: Id,
    /// The act, consent or account it is about.
    pub object: Id,
    /// Where it stands.
    pub etat: EtatAvis,
    /// Digests of the message.
    pub digests: Digests,
    /// When its object was deposited.
    pub deposited_at: Instant,
    /// When the message was written.
    pub queued_at: Instant,
    /// Tries, in order.
    pub essais: Vec<Essai>,
    /// Whether news may be expected, once handed over.
    pub dsn: Option<bool>,
    /// Returns, in the order they were read.
    pub retours: Vec<RetourLu>,
    /// When it was given up.
    pub abandon: Option<Instant>,
    /// Time of the last fact.
    pub dernier: Instant,
}

impl View {
    /// What is known once `event` happened at `at`. Only the platform records these facts.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        if actor.role != Role::Plateforme {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: event.name() });
        }
        let Some(view) = current else { return Self::first(at, event) };
        let refused =
            || SignificationError::Transition { machine: "avis", state: view.etat.name(), requested: event.name() };
        if event.object() != view.notice || at < view.dernier {
            return Err(refused());
        }
        let mut next = Self { dernier: at, ..view.clone() };
        let possible = match event {
            Event::Queued { .. } => false,
            Event::Handed { started_at, smtp_code, dsn, .. } => next.handed(at, *started_at, *smtp_code, *dsn),
            Event::Refused { started_at, code, permanent, .. } => next.refused(at, *started_at, code, *permanent),
            Event::RetryPlanned { not_before, .. } => next.planned(at, *not_before),
            Event::GivenUp { tries, .. } => next.given_up(at, *tries),
            Event::Delivered { retour, digests, .. }
            | Event::Relayed { retour, digests, .. }
            | Event::Delayed { retour, digests, .. }
            | Event::Bounced { retour, digests, .. }
            | Event::ReturnNoted { retour, digests, .. } => {
                event.name() == preparer::named(view.etat, retour.action) && next.returned(at, retour, digests)
            }
            Event::Silent { hours, .. } => next.silent(at, *hours),
        };
        if possible { Ok(next) } else { Err(refused()) }
    }

    fn first(at: Instant, event: &Event) -> Result<Self, SignificationError> {
        match event {
            Event::Queued { notice, object, deposited_at, digests } if *deposited_at <= at => Ok(Self {
                notice: *notice,
                object: *object,
                etat: EtatAvis::EnFile,
                digests: *digests,
                deposited_at: *deposited_at,
                queued_at: at,
                essais: Vec::new(),
                dsn: None,
                retours: Vec::new(),
                abandon: None,
                dernier: at,
            }),
            _ => Err(SignificationError::Transition { machine: "avis", state: "INCONNU", requested: event.name() }),
        }
    }

    /// Whether a try may start at `at`: in the queue, and after a refusal not before the time set.
    fn may_try(&self, at: Instant) -> bool {
        let due = match self.essais.last() {
            None => true,
            Some(last) => last.reprise.is_some_and(|reprise| reprise <= at),
        };
        self.etat == EtatAvis::EnFile && due
    }

    fn handed(&mut self, at: Instant, debut: Instant, code: u16, dsn: bool) -> bool {
        let possible = self.may_try(debut) && debut >= self.queued_at && debut <= at && (200..300).contains(&code);
        self.essais.push(Essai { debut, fin: at, code: code.to_string(), pris: true, reprise: None });
        self.dsn = Some(dsn);
        self.etat = EtatAvis::RemisAuServeur;
        possible
    }

    fn refused(&mut self, at: Instant, debut: Instant, code: &str, permanent: bool) -> bool {
        let number = code.parse::<u16>().ok();
        let known = match (code, number) {
            ("connexion" | "interrompu", _) => !permanent,
            ("protocole", _) => true,
            (_, Some(400..=499)) => !permanent,
            (_, Some(500..=599)) => permanent,
            // A positive reply where another was due: not SMTP as we know it, tried again.
            (_, Some(200..=399)) => !permanent,
            _ => false,
        };
        let possible = self.may_try(debut) && debut >= self.queued_at && debut <= at && known;
        self.essais.push(Essai { debut, fin: at, code: code.to_owned(), pris: false, reprise: None });
        if permanent {
            self.etat = EtatAvis::Rejete;
        }
        possible
    }

    fn planned(&mut self, at: Instant, not_before: Instant) -> bool {
        let queued = self.etat == EtatAvis::EnFile;
        match self.essais.last_mut() {
            Some(last) if queued && last.reprise.is_none() && !last.pris && not_before > at => {
                last.reprise = Some(not_before);
                true
            }
            _ => false,
        }
    }

    fn given_up(&mut self, at: Instant, tries: u32) -> bool {
        let possible = self.etat == EtatAvis::EnFile
            && self.essais.last().is_some_and(|last| last.reprise.is_none())
            && u32::try_from(self.essais.len()).is_ok_and(|n| n == tries);
        self.etat = EtatAvis::Rejete;
        self.abandon = Some(at);
        possible
    }

    /// Whether octets left: a try that was taken, or one whose end is unknown. Without, nothing can come back.
    fn left(&self) -> bool {
        self.essais.iter().any(|e| e.pris || e.code == "interrompu")
    }

    fn returned(&mut self, at: Instant, retour: &Retour, digests: &Digests) -> bool {
        let known = self.retours.iter().any(|r| r.digests.sha256 == digests.sha256);
        if let Some(etat) = self.etat.after(retour.action) {
            self.etat = etat;
        }
        let possible = self.left() && !known && retour.notice == self.notice && self.retours.len() < MAX_RETOURS;
        self.retours.push(RetourLu { lu: at, digests: *digests, retour: retour.clone() });
        possible
    }

    fn silent(&mut self, at: Instant, hours: u16) -> bool {
        let waiting = matches!(self.etat, EtatAvis::RemisAuServeur | EtatAvis::Retarde);
        self.etat = EtatAvis::SansNouvelle;
        let since = self.retours.last().map(|r| r.lu).or(self.remis_le());
        waiting && hours > 0 && since.is_some_and(|t| crate::deadline::elapsed(t, u32::from(hours)) <= at)
    }

    /// When our mail server took it.
    pub fn remis_le(&self) -> Option<Instant> {
        self.essais.iter().find(|e| e.pris).map(|e| e.fin)
    }

    /// Milliseconds from the deposit of the object to the hand-off of the notice, measured on our clock (row D02).
    pub fn remise_ms(&self) -> Option<i64> {
        self.remis_le().map(|at| at.as_millisecond() - self.deposited_at.as_millisecond())
    }

    /// Whether servers said both that it was delivered and that it failed.
    pub fn contradiction(&self) -> bool {
        let says = |action: Action| self.retours.iter().any(|r| r.retour.action == Some(action));
        says(Action::Failed) && (says(Action::Delivered) || says(Action::Expanded))
    }
}

#[cfg(test)]
pub(crate) mod tests;

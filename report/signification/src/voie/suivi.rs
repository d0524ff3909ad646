//! The facts of a way: chosen, handed over, served, refused. The machine has no path to a second service.
use dossier::{Instant, Outcome, Sha256Digest};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Raison;
use crate::backend::{Standing, Voie};
use crate::civil::paris_date;
use crate::consent::{Actor, Role};
use crate::{Id, SignificationError};

/// The most another party's clock may be ahead of ours, in milliseconds.
pub const ECART_MS: i64 = 5 * 60 * 1000;
/// The most reasons and refused ways kept.
const MAX_RAISONS: usize = 32;

/// One fact about the way of the act `acte`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in View")]
pub enum Event {
    /// A way was chosen, for these reasons.
    #[serde(rename = "signification.voie.chosen")]
    Chosen { acte: Id, dossier: String, contenu: Sha256Digest, voie: Voie, standing: Standing, raisons: Vec<Raison> },
    /// The act is about to be handed over: what comes after may be unknown after a crash.
    #[serde(rename = "signification.voie.handed")]
    Handed { acte: Id, voie: Voie, remise: Sha256Digest },
    /// It is now for hands: until that day.
    #[serde(rename = "signification.voie.by_hand")]
    ByHand { acte: Id, voie: Voie, echeance: Option<Date> },
    /// It was served, at that time, as that proof says.
    #[serde(rename = "signification.voie.served")]
    Served { acte: Id, voie: Voie, le: Instant, preuve: Option<Sha256Digest> },
    /// It was not and will not be served by this way.
    #[serde(rename = "signification.voie.refused")]
    Refused { acte: Id, voie: Voie, code: String },
    /// The way was given up before it could serve.
    #[serde(rename = "signification.voie.withdrawn")]
    Withdrawn { acte: Id, voie: Voie },
}

impl Event {
    /// The act.
    pub fn object(&self) -> Id {
        match self {
            Self::Chosen { acte, .. }
            | Self::Handed { acte, .. }
            | Self::ByHand { acte, .. }
            | Self::Served { acte, .. }
            | Self::Refused { acte, .. }
            | Self::Withdrawn { acte, .. } => *acte,
        }
    }

    /// The way it is about.
    pub fn voie(&self) -> Voie {
        match self {
            Self::Chosen { voie, .. }
            | Self::Handed { voie, .. }
            | Self::ByHand { voie, .. }
            | Self::Served { voie, .. }
            | Self::Refused { voie, .. }
            | Self::Withdrawn { voie, .. } => *voie,
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Chosen { .. } => Outcome::Declared,
            Self::Handed { .. } => Outcome::Begin,
            Self::ByHand { .. } | Self::Withdrawn { .. } => Outcome::Note,
            Self::Served { .. } => Outcome::Ok,
            Self::Refused { .. } => Outcome::Failed,
        }
    }

    /// Its name in French, for the timeline of an act.
    pub fn libelle(&self) -> &'static str {
        match self {
            Self::Chosen { .. } => "Voie choisie",
            Self::Handed { .. } => "Remise par la voie choisie",
            Self::ByHand { .. } => "À faire à la main",
            Self::Served { .. } => "Signifié, selon la voie choisie",
            Self::Refused { .. } => "Refusé par la voie choisie",
            Self::Withdrawn { .. } => "Voie abandonnée",
        }
    }
}

/// Where the way stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Etat {
    /// Chosen.
    Choisie,
    /// Handed over; the outcome is not known.
    Remise,
    /// For hands.
    ALaMain,
    /// Served: for ever.
    Servie,
    /// Refused: another way may be chosen.
    Refusee,
    /// Given up: another way may be chosen, or the same again.
    Retiree,
}

impl Etat {
    /// The name as shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Choisie => "CHOISIE",
            Self::Remise => "REMISE",
            Self::ALaMain => "A_LA_MAIN",
            Self::Servie => "SERVIE",
            Self::Refusee => "REFUSEE",
            Self::Retiree => "RETIREE",
        }
    }

    /// Whether this way holds the act: no other may be used.
    pub fn tient(self) -> bool {
        !matches!(self, Self::Refusee | Self::Retiree)
    }
}

/// What is known of the way of one act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The act.
    pub acte: Id,
    /// The office's dossier.
    pub dossier: String,
    /// Fingerprint of the act.
    pub contenu: Sha256Digest,
    /// The last way chosen.
    pub voie: Voie,
    /// What it may claim.
    pub standing: Standing,
    /// Why it was chosen.
    pub raisons: Vec<Raison>,
    /// Where it stands.
    pub etat: Etat,
    /// Fingerprint of what was handed over.
    pub remise: Option<Sha256Digest>,
    /// Until when it is to be done by hand.
    pub echeance: Option<Date>,
    /// When it was served, as the proof says.
    pub servie_le: Option<Instant>,
    /// Fingerprint of the proof.
    pub preuve: Option<Sha256Digest>,
    /// Why it was refused.
    pub code: Option<String>,
    /// Ways that refused it.
    pub ecartees: Vec<Voie>,
    /// Time of the last fact.
    pub last_at: Instant,
}

impl View {
    /// The view after `event`, written at `at` by `actor`. Only the office and the platform's clockwork act; only the office
    /// gives a way up. What an earlier way may have served is never handed to another.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        let clockwork = actor.role == Role::Plateforme && !matches!(event, Event::Withdrawn { .. });
        if actor.role != Role::Etude && !clockwork {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "voie" });
        }
        if let Some(view) = current.filter(|view| at < view.last_at) {
            return Err(SignificationError::ClockBack { now: at, last: view.last_at });
        }
        let Event::Chosen { acte, dossier, contenu, voie, standing, raisons } = event else {
            let unknown = || SignificationError::Unknown { kind: "voie", id: event.object().to_string() };
            return current.ok_or_else(unknown)?.step(at, event);
        };
        must(*standing == voie.standing(), "portée d'une autre voie")?;
        must((1..=MAX_RAISONS).contains(&raisons.len()), "choix sans raison")?;
        must(!dossier.trim().is_empty() && dossier.len() <= 200, "choix sans dossier")?;
        let mut ecartees = Vec::new();
        if let Some(view) = current {
            must(view.acte == *acte && view.contenu == *contenu, "un autre acte sous le même identifiant")?;
            if view.etat.tient() || view.ecartees.contains(voie) {
                return Err(transition(view.etat, "chosen"));
            }
            ecartees.clone_from(&view.ecartees);
        }
        Ok(Self {
            acte: *acte,
            dossier: dossier.clone(),
            contenu: *contenu,
            voie: *voie,
            standing: *standing,
            raisons: raisons.clone(),
            etat: Etat::Choisie,
            remise: None,
            echeance: None,
            servie_le: None,
            preuve: None,
            code: None,
            ecartees,
            last_at: at,
        })
    }

    fn step(&self, at: Instant, event: &Event) -> Result<Self, SignificationError> {
        must(event.voie() == self.voie, "une autre voie que celle qui fut choisie")?;
        let mut view = self.clone();
        view.last_at = at;
        match (self.etat, event) {
            (Etat::Choisie, Event::Handed { remise, .. }) => {
                view.remise = Some(*remise);
                view.etat = Etat::Remise;
            }
            (Etat::Remise, Event::ByHand { echeance, .. }) => {
                must(echeance.is_none_or(|day| day >= paris_date(at)), "échéance passée")?;
                view.echeance = *echeance;
                view.etat = Etat::ALaMain;
            }
            (Etat::Remise | Etat::ALaMain, Event::Served { le, preuve, .. }) => {
                must(le.as_millisecond() <= at.as_millisecond() + ECART_MS, "signifié dans le futur")?;
                (view.servie_le, view.preuve, view.etat) = (Some(*le), *preuve, Etat::Servie);
            }
            (Etat::Remise | Etat::ALaMain, Event::Refused { code, .. }) => {
                must(is_code(code), "code de refus")?;
                view.code = Some(code.clone());
                view.ecartees.push(self.voie);
                view.etat = Etat::Refusee;
            }
            // Once handed over, only the outcome frees the act.
            (Etat::Choisie | Etat::ALaMain, Event::Withdrawn { .. }) => view.etat = Etat::Retiree,
            _ => return Err(transition(self.etat, requested(event))),
        }
        Ok(view)
    }
}

/// A code: 1 to 60 of `A-Z 0-9 _`.
pub(crate) fn is_code(code: &str) -> bool {
    let ok = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    (1..=60).contains(&code.len()) && code.bytes().all(ok)
}

fn requested(event: &Event) -> &'static str {
    match event {
        Event::Chosen { .. } => "chosen",
        Event::Handed { .. } => "handed",
        Event::ByHand { .. } => "by_hand",
        Event::Served { .. } => "served",
        Event::Refused { .. } => "refused",
        Event::Withdrawn { .. } => "withdrawn",
    }
}

fn transition(etat: Etat, requested: &'static str) -> SignificationError {
    SignificationError::Transition { machine: "voie", state: etat.name(), requested }
}

fn must(ok: bool, why: &'static str) -> Result<(), SignificationError> {
    if ok { Ok(()) } else { Err(SignificationError::Field { field: "voie", found: "fait impossible".into(), why }) }
}

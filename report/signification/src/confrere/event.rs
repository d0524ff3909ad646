//! What the journal keeps of a transfer: one variant for each fact. Identifiers, digests, states and times; no name, no act.
use dossier::{Digests, Instant, Outcome, Sha256Digest};
use serde::{Deserialize, Serialize};

use super::etape::{Fait, Motif, Suivi};
use super::machine::{Etat, Mouvement, Partie};
use super::ouverture::ECART_MS;
use crate::agenda::{Due, Task};
use crate::consent::{Actor, Role};
use crate::territoire::OfficeId;
use crate::{Id, SignificationError};

/// One fact. `etape` is the SHA-256 of the signed step, `paquet` that of the package file that carried it, `le` the time in
/// the step; the time of the line is when this office knew it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented where they are defined")]
pub enum Event {
    /// This office made a transfer ready.
    #[serde(rename = "signification.confrere.prepared")]
    Prepared(Ouverture),
    /// This office handed it over.
    #[serde(rename = "signification.confrere.transmitted")]
    Transmitted(Trace),
    /// This office received a transfer from a confrère.
    #[serde(rename = "signification.confrere.received")]
    Received(Ouverture),
    /// The confrère took the act in charge.
    #[serde(rename = "signification.confrere.accepted")]
    Accepted(Trace),
    /// The confrère refused, or gave the act back.
    #[serde(rename = "signification.confrere.refused")]
    Refused { trace: Trace, motif: Motif },
    /// No answer before the deadline.
    #[serde(rename = "signification.confrere.expired")]
    Expired(Trace),
    /// The confrère served the act.
    #[serde(rename = "signification.confrere.served")]
    Served { trace: Trace, signifie_le: Instant },
    /// The confrère sent the receipts back.
    #[serde(rename = "signification.confrere.returned")]
    Returned { trace: Trace, pieces: u32 },
    /// The office that asked closed the transfer.
    #[serde(rename = "signification.confrere.closed")]
    Closed(Trace),
    /// A package was refused: `code` is the error's. It changes no state.
    #[serde(rename = "signification.confrere.import_refused")]
    ImportRefused { transmission: Id, code: String, paquet: Sha256Digest },
}

/// What opens a transfer in a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ouverture {
    /// The step that is told: preparing for the office that asks, handing over for the one that receives.
    pub trace: Trace,
    /// The office that asks.
    pub emetteur: OfficeId,
    /// The office that is asked.
    pub destinataire: OfficeId,
    /// Digests of the PDF.
    pub acte: Digests,
    /// SHA-256 of the data.
    pub donnees: Sha256Digest,
    /// Before when an answer is asked.
    pub echeance: Instant,
}

/// What every step leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// Which transfer.
    pub transmission: Id,
    /// Who signed the step.
    pub auteur: OfficeId,
    /// When, by its author's clock.
    pub le: Instant,
    /// SHA-256 of the step before; zeros for the first.
    pub precedente: Sha256Digest,
    /// SHA-256 of the step.
    pub etape: Sha256Digest,
    /// SHA-256 of the package file.
    pub paquet: Sha256Digest,
}

impl Event {
    /// The fact that the step of rank `rang` of a chain tells, carried by a package of digest `paquet`. `recu` when the
    /// package that opens the transfer here came from the confrère. `None` when there is no such step.
    pub fn of(suivi: &Suivi, rang: usize, paquet: Sha256Digest, recu: bool) -> Option<Self> {
        let (etape, signee) = suivi.etapes().get(rang).zip(suivi.signees().get(rang))?;
        let trace = Trace {
            transmission: etape.transmission,
            auteur: etape.auteur,
            le: etape.le,
            precedente: etape.precedente,
            etape: signee.empreinte(),
            paquet,
        };
        let (acte, donnees, echeance) = suivi.preparation();
        let (emetteur, destinataire) = (etape.emetteur, etape.destinataire);
        let open = |trace| Ouverture { trace, emetteur, destinataire, acte, donnees, echeance };
        Some(match &etape.fait {
            Fait::Preparer { .. } => Self::Prepared(open(trace)),
            Fait::Transmettre {} if recu => Self::Received(open(trace)),
            Fait::Transmettre {} => Self::Transmitted(trace),
            Fait::Accepter {} => Self::Accepted(trace),
            Fait::Refuser { motif, .. } => Self::Refused { trace, motif: *motif },
            Fait::Expirer {} => Self::Expired(trace),
            Fait::Signifier { signifie_le } => Self::Served { trace, signifie_le: *signifie_le },
            Fait::Retourner { pieces, .. } => {
                Self::Returned { trace, pieces: u32::try_from(pieces.len()).unwrap_or(u32::MAX) }
            }
            Fait::Clore {} => Self::Closed(trace),
        })
    }

    /// The transfer it is about.
    pub fn object(&self) -> Id {
        match self {
            Self::Prepared(o) | Self::Received(o) => o.trace.transmission,
            Self::Transmitted(t) | Self::Accepted(t) | Self::Expired(t) | Self::Closed(t) => t.transmission,
            Self::Refused { trace, .. } | Self::Served { trace, .. } | Self::Returned { trace, .. } => {
                trace.transmission
            }
            Self::ImportRefused { transmission, .. } => *transmission,
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::ImportRefused { .. } => Outcome::Failed,
            Self::Refused { .. } | Self::Expired(_) => Outcome::NotDone,
            Self::Prepared(_) => Outcome::Declared,
            _ => Outcome::Ok,
        }
    }

    /// The step and the move it is; nothing for a refused package.
    pub(crate) fn trace(&self) -> Option<(&Trace, Mouvement)> {
        Some(match self {
            Self::Prepared(o) => (&o.trace, Mouvement::Preparer),
            Self::Received(o) => (&o.trace, Mouvement::Transmettre),
            Self::Transmitted(t) => (t, Mouvement::Transmettre),
            Self::Accepted(t) => (t, Mouvement::Accepter),
            Self::Refused { trace, .. } => (trace, Mouvement::Refuser),
            Self::Expired(t) => (t, Mouvement::Expirer),
            Self::Served { trace, .. } => (trace, Mouvement::Signifier),
            Self::Returned { trace, .. } => (trace, Mouvement::Retourner),
            Self::Closed(t) => (t, Mouvement::Clore),
            Self::ImportRefused { .. } => return None,
        })
    }
}

/// What is known of one transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Which.
    pub transmission: Id,
    /// The transfer, once a package of it was taken.
    pub suivi: Option<Connu>,
    /// Packages of that identifier that were refused.
    pub imports_refuses: u32,
    /// Time of the last line.
    pub last_at: Instant,
}

/// A transfer that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connu {
    /// Where it stands.
    pub etat: Etat,
    /// Whether it came from a confrère.
    pub recu: bool,
    /// The office that asks.
    pub emetteur: OfficeId,
    /// The office that is asked.
    pub destinataire: OfficeId,
    /// Digests of the PDF.
    pub acte: Digests,
    /// Before when an answer is asked.
    pub echeance: Instant,
    /// SHA-256 of the last step.
    pub derniere: Sha256Digest,
    /// When it was made, by its author's clock.
    pub derniere_le: Instant,
    /// When the confrère took the act in charge.
    pub accepte_le: Option<Instant>,
    /// Date and hour of service.
    pub signifie_le: Option<Instant>,
    /// Why it was refused.
    pub motif: Option<Motif>,
}

impl View {
    /// The end of the wait for an answer: the office that asked says so.
    pub(crate) fn due(view: &Self) -> Vec<Due> {
        let awaited = view.suivi.as_ref().filter(|known| !known.recu && known.etat == Etat::Transmis);
        let after = |known: &Connu| Instant::from_millisecond(known.echeance.as_millisecond() + 1);
        let due = awaited.and_then(after).map(|at| Due { at, task: Task::Transfert, object: view.transmission });
        due.into_iter().collect()
    }

    /// The view after `event`, told at `at` by `actor`. Pure; refuses what is impossible: another role, another author than
    /// the party whose move it is, a move from another state, a step that does not follow the last one, an answer after the
    /// deadline or an expiry before it, a time that goes back or lies in the future.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        let by_platform = matches!(event, Event::Expired(_) | Event::ImportRefused { .. });
        if actor.role != Role::Etude && !(by_platform && actor.role == Role::Plateforme) {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "transmission" });
        }
        let object = event.object();
        if current.is_some_and(|view| view.transmission != object || at < view.last_at) {
            return Err(fault("another object, or time goes back"));
        }
        let known = current.and_then(|view| view.suivi.as_ref());
        let imports_refuses = current.map_or(0, |view| view.imports_refuses);
        let Some((trace, step)) = event.trace() else {
            let imports_refuses = imports_refuses.saturating_add(1);
            return Ok(Self { transmission: object, suivi: known.cloned(), imports_refuses, last_at: at });
        };
        if trace.le.as_millisecond() > at.as_millisecond().saturating_add(ECART_MS) {
            return Err(fault("a step of the future"));
        }
        let suivi = match event {
            Event::Prepared(open) | Event::Received(open) => open_view(known, open, step)?,
            _ => follow(known.ok_or_else(|| fault("a step of nothing"))?, event, trace, step)?,
        };
        Ok(Self { transmission: object, suivi: Some(suivi), imports_refuses, last_at: at })
    }
}

fn fault(why: &str) -> SignificationError {
    SignificationError::Journal { line: 0, why: format!("transfer: {why}") }
}

fn open_view(known: Option<&Connu>, open: &Ouverture, step: Mouvement) -> Result<Connu, SignificationError> {
    let recu = step == Mouvement::Transmettre;
    // What a confrère sends was prepared by him: the state before is his, not ours.
    let before = if recu { Some(Etat::Prepare) } else { None };
    if known.is_some() {
        return Err(fault("opened twice"));
    }
    let etat = Etat::step(before, step)?;
    if open.trace.auteur != open.emetteur || open.emetteur == open.destinataire {
        return Err(SignificationError::Actor { role: "autre partie", requested: step.name() });
    }
    if (open.trace.precedente == Sha256Digest::ZERO) == recu || open.trace.le > open.echeance {
        return Err(fault("a first step with a past, or after its own deadline"));
    }
    Ok(Connu {
        etat,
        recu,
        emetteur: open.emetteur,
        destinataire: open.destinataire,
        acte: open.acte,
        echeance: open.echeance,
        derniere: open.trace.etape,
        derniere_le: open.trace.le,
        accepte_le: None,
        signifie_le: None,
        motif: None,
    })
}

fn follow(known: &Connu, event: &Event, trace: &Trace, step: Mouvement) -> Result<Connu, SignificationError> {
    let partie = if step.auteur() == Partie::Emetteur { known.emetteur } else { known.destinataire };
    if trace.auteur != partie {
        return Err(SignificationError::Actor { role: "autre partie", requested: step.name() });
    }
    let etat = Etat::step(Some(known.etat), step)?;
    if trace.precedente != known.derniere || trace.le < known.derniere_le {
        return Err(fault("a step that does not follow the last one"));
    }
    let late = trace.le > known.echeance;
    match step {
        Mouvement::Transmettre | Mouvement::Accepter if late => return Err(fault("after the deadline")),
        Mouvement::Expirer if !late => return Err(fault("expired before the deadline")),
        _ => {}
    }
    let mut next = Connu { etat, derniere: trace.etape, derniere_le: trace.le, ..known.clone() };
    match event {
        Event::Accepted(_) => next.accepte_le = Some(trace.le),
        Event::Refused { motif, .. } => next.motif = Some(*motif),
        Event::Served { signifie_le, .. } => {
            if *signifie_le > trace.le || known.accepte_le.is_none_or(|accepted| *signifie_le < accepted) {
                return Err(fault("served before it was accepted, or in the future"));
            }
            next.signifie_le = Some(*signifie_le);
        }
        _ => {}
    }
    Ok(next)
}

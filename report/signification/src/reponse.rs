//! The answer of a recipient to an act served on him (row C12; CPCE art. R. 211-4 for a seizure): `ATTENDUE` while its term
//! runs, `RECUE` once its octets are kept, `ACCUSEE` once a signed acknowledgement says when and what.
use dossier::{Digests, Instant, Outcome};
use serde::{Deserialize, Serialize};

use crate::agenda::{Due, Task};
use crate::consent::{Actor, Role};
use crate::{Id, SignificationError};

/// The most answers to one act.
pub const MAX_REPONSES: usize = 20;
/// The most files of one answer.
pub const MAX_JOINTES: usize = 10;

/// Where an answer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Etat {
    /// Owed, and not here.
    Attendue,
    /// Here.
    Recue,
    /// Acknowledged.
    Accusee,
}

/// A file of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jointe {
    /// Its identifier: that of its search for malware too.
    pub fichier: Id,
    /// Digests of what is kept of it: a salt, a line feed, its octets.
    pub contenu: Digests,
    /// Whether it was searched.
    pub analyse: bool,
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in Recue")]
pub enum Event {
    /// It came, and is kept: the time of this line is its date.
    #[serde(rename = "signification.reponse.received")]
    Received { acte: Id, reponse: Id, consent: Id, contenu: Digests, jointes: Vec<Jointe> },
    /// It was acknowledged.
    #[serde(rename = "signification.reponse.acknowledged")]
    Acknowledged { acte: Id, reponse: Id, accuse: Id, digests: Digests, timestamped: bool },
    /// The office was told by e-mail; `code` is the server's.
    #[serde(rename = "signification.reponse.office_told")]
    OfficeTold { acte: Id, reponse: Id, avis: Id, code: String, accepted: bool },
    /// The office read it.
    #[serde(rename = "signification.reponse.read")]
    Read { acte: Id, reponse: Id },
}

impl Event {
    /// The act.
    pub fn object(&self) -> Id {
        self.parts().0
    }

    fn parts(&self) -> (Id, Id) {
        match self {
            Self::Received { acte, reponse, .. }
            | Self::Acknowledged { acte, reponse, .. }
            | Self::OfficeTold { acte, reponse, .. }
            | Self::Read { acte, reponse } => (*acte, *reponse),
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::OfficeTold { accepted: false, .. } => Outcome::Failed,
            _ => Outcome::Ok,
        }
    }

    /// What it is, in French.
    pub fn libelle(&self) -> &'static str {
        match self {
            Self::Received { .. } => "Réponse du destinataire reçue",
            Self::Acknowledged { .. } => "Accusé de réception de la réponse",
            Self::OfficeTold { accepted: true, .. } => "Étude avisée de la réponse",
            Self::OfficeTold { .. } => "Avis de réponse à l'étude non accepté",
            Self::Read { .. } => "Réponse lue par l'étude",
        }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recue {
    /// Its identifier.
    pub reponse: Id,
    /// Digests of its salted record.
    pub contenu: Digests,
    /// Its files.
    pub jointes: Vec<Jointe>,
    /// Its date.
    pub recue_le: Instant,
    /// Its acknowledgement, and the digests of it.
    pub accuse: Option<(Id, Digests)>,
    /// Whether the acknowledgement bears a time token.
    pub horodate: bool,
    /// What the mail server said of the notice to the office, when one was sent.
    pub avis: Option<String>,
    /// When the office first read it.
    pub lue_le: Option<Instant>,
}

impl Recue {
    /// Where it stands.
    pub fn etat(&self) -> Etat {
        if self.accuse.is_some() { Etat::Accusee } else { Etat::Recue }
    }
}

/// The answers to one act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The act.
    pub acte: Id,
    /// The consent of who answers.
    pub consent: Id,
    /// In the order of their coming.
    pub recues: Vec<Recue>,
}

impl View {
    /// The answer of that identifier.
    pub fn recue(&self, reponse: Id) -> Result<&Recue, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "réponse", id: reponse.to_string() };
        self.recues.iter().find(|kept| kept.reponse == reponse).ok_or_else(unknown)
    }

    /// The view after `event`: the recipient of the act answers, the platform acknowledges once and tells the office, which
    /// reads.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        let (acte, reponse) = event.parts();
        let role = match event {
            Event::Received { .. } => Role::Destinataire,
            Event::Read { .. } => Role::Etude,
            _ => Role::Plateforme,
        };
        if actor.role != role {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "repondre" });
        }
        let refused = |state, requested| SignificationError::Transition { machine: "réponse", state, requested };
        if let Event::Received { consent, contenu, jointes, .. } = event {
            if actor.id != consent.to_string() {
                return Err(SignificationError::Actor { role: "autre destinataire", requested: "repondre" });
            }
            let mut view = match current {
                Some(view) => view.clone(),
                None => Self { acte, consent: *consent, recues: Vec::new() },
            };
            let known = view.recues.iter().any(|kept| kept.reponse == reponse);
            if view.consent != *consent || known || view.recues.len() >= MAX_REPONSES || jointes.len() > MAX_JOINTES {
                return Err(refused("RECUE", "repondre"));
            }
            let (contenu, jointes) = (*contenu, jointes.clone());
            let (accuse, horodate, avis, lue_le) = (None, false, None, None);
            view.recues.push(Recue { reponse, contenu, jointes, recue_le: at, accuse, horodate, avis, lue_le });
            return Ok(view);
        }
        let mut view = current.ok_or_else(|| refused("ATTENDUE", "accuser"))?.clone();
        let kept = view.recues.iter_mut().find(|kept| kept.reponse == reponse);
        let kept = kept.ok_or_else(|| refused("ATTENDUE", "accuser"))?;
        match event {
            Event::Acknowledged { accuse, digests, timestamped, .. } => {
                if kept.accuse.is_some() {
                    return Err(refused("ACCUSEE", "accuser"));
                }
                (kept.accuse, kept.horodate) = (Some((*accuse, *digests)), *timestamped);
            }
            Event::OfficeTold { code, .. } => kept.avis = Some(code.clone()),
            _ => kept.lue_le = kept.lue_le.or(Some(at)),
        }
        Ok(view)
    }

    /// An answer that a crash left without its acknowledgement.
    pub(crate) fn due(view: &Self) -> Vec<Due> {
        let open = view.recues.iter().find(|kept| kept.accuse.is_none());
        open.map(|kept| Due { at: kept.recue_le, task: Task::Accuse, object: view.acte }).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c12_an_answer_is_received_then_acknowledged_once() {
        let at: Instant = "2026-12-02T09:00:00Z".parse().unwrap();
        let id = |n| Id::from_bytes([n; 16]);
        let (acte, reponse, consent, contenu) = (id(1), id(2), id(3), Digests::of(b"oui"));
        let received = Event::Received { acte, reponse, consent, contenu, jointes: Vec::new() };
        let own = Actor::recipient(consent);
        for other in [Actor::office("x"), Actor::platform(), Actor::registry("x"), Actor::recipient(id(4))] {
            assert!(View::next(None, at, &other, &received).is_err());
        }
        let acknowledged = Event::Acknowledged { acte, reponse, accuse: id(5), digests: contenu, timestamped: true };
        assert!(View::next(None, at, &Actor::platform(), &acknowledged).is_err(), "ATTENDUE");
        let view = View::next(None, at, &own, &received).unwrap();
        assert_eq!((view.recues[0].etat(), view.recues[0].recue_le), (Etat::Recue, at));
        assert_eq!(View::due(&view).len(), 1);
        assert!(View::next(Some(&view), at, &own, &received).is_err(), "the same twice");
        assert!(View::next(Some(&view), at, &own, &acknowledged).is_err());
        let view = View::next(Some(&view), at, &Actor::platform(), &acknowledged).unwrap();
        assert_eq!((view.recues[0].etat(), View::due(&view).len()), (Etat::Accusee, 0));
        assert!(View::next(Some(&view), at, &Actor::platform(), &acknowledged).is_err());
        let text = serde_json::to_string(&received).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), received);
    }
}

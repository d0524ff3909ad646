//! What a recipient makes of new terms of use (rows A14, A15): told a month before, he accepts, terminates, or says nothing.
//! Silence ends nothing and accepts nothing: from the effect date on he is shown the new text before anything else; his acts
//! remain readable, and answering them asks for the acceptance.
use std::collections::BTreeMap;

use dossier::{Instant, Outcome, Sha256Digest};
use serde::{Deserialize, Serialize};

use crate::agenda::{Due, Task};
use crate::consent::{Actor, Role};
use crate::{Id, SignificationError};

/// Tries of the notice before it is given up: the text is shown at the effect date all the same.
pub const ESSAIS: u8 = 8;
/// Milliseconds between two tries.
const REPRISE_MS: i64 = 3_600_000;

/// One fact about a consent and a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in Suivi")]
pub enum Event {
    /// The recipient is to be told of this version.
    #[serde(rename = "signification.adhesion.queued")]
    Queued { consent: Id, version: String },
    /// His mail server took the notice.
    #[serde(rename = "signification.adhesion.told")]
    Told { consent: Id, version: String, notice: Id, smtp_code: u16 },
    /// It did not; tried again an hour later, unless `permanent`.
    #[serde(rename = "signification.adhesion.not_told")]
    NotTold { consent: Id, version: String, notice: Id, code: String, permanent: bool },
    /// The text was shown to him.
    #[serde(rename = "signification.adhesion.shown")]
    Shown { consent: Id, version: String, sha256: Sha256Digest },
    /// He accepted it.
    #[serde(rename = "signification.adhesion.accepted")]
    Accepted { consent: Id, version: String, sha256: Sha256Digest, auth_method: String },
}

impl Event {
    /// The consent.
    pub fn object(&self) -> Id {
        self.parts().0
    }

    fn parts(&self) -> (Id, &str) {
        match self {
            Self::Queued { consent, version }
            | Self::Told { consent, version, .. }
            | Self::NotTold { consent, version, .. }
            | Self::Shown { consent, version, .. }
            | Self::Accepted { consent, version, .. } => (*consent, version),
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Queued { .. } => Outcome::Note,
            Self::NotTold { .. } => Outcome::Failed,
            _ => Outcome::Ok,
        }
    }
}

/// One version, for one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suivi {
    /// Since when he is to be told; `None` when he asked for the text himself.
    pub a_prevenir: Option<Instant>,
    /// When his mail server took the notice.
    pub prevenu_le: Option<Instant>,
    /// Tries that failed.
    pub echecs: u8,
    /// The next try.
    pub prochain: Option<Instant>,
    /// When the text was first shown to him.
    pub presentee_le: Option<Instant>,
    /// When he accepted, and the digest of the text.
    pub acceptee: Option<(Instant, Sha256Digest)>,
}

/// What one recipient made of each version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The consent.
    pub consent: Id,
    /// By version.
    pub versions: BTreeMap<String, Suivi>,
}

impl View {
    /// The view after `event`: the platform tells, the recipient alone reads and accepts; nobody is told, nor accepts, twice.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        let (consent, version) = event.parts();
        let own = actor.role == Role::Destinataire && actor.id == consent.to_string();
        let allowed = match event {
            Event::Shown { .. } | Event::Accepted { .. } => own,
            _ => actor.role == Role::Plateforme,
        };
        if !allowed {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "adherer" });
        }
        let refused = |requested| SignificationError::Transition { machine: "conditions", state: "SUIVIES", requested };
        let mut view = match current {
            Some(view) => view.clone(),
            None => Self { consent, versions: BTreeMap::new() },
        };
        let kept = view.versions.entry(version.to_owned()).or_default();
        match event {
            Event::Queued { .. } => {
                if kept.a_prevenir.is_some() {
                    return Err(refused("prevenir"));
                }
                kept.a_prevenir = Some(at);
                kept.prochain = Some(at);
            }
            Event::Told { .. } | Event::NotTold { .. } if kept.prochain.is_none_or(|next| at < next) => {
                return Err(refused("prevenir"));
            }
            Event::Told { .. } => (kept.prevenu_le, kept.prochain) = (Some(at), None),
            Event::NotTold { permanent, .. } => {
                kept.echecs += 1;
                let again = !permanent && kept.echecs < ESSAIS;
                kept.prochain = again.then(|| Instant::from_millisecond(at.as_millisecond() + REPRISE_MS)).flatten();
            }
            Event::Shown { .. } => kept.presentee_le = kept.presentee_le.or(Some(at)),
            Event::Accepted { sha256, .. } => {
                if kept.acceptee.is_some() {
                    return Err(refused("accepter"));
                }
                kept.acceptee = Some((at, *sha256));
                // Who accepted needs no notice any more.
                kept.prochain = None;
            }
        }
        Ok(view)
    }

    /// The next try of a notice.
    pub(crate) fn due(view: &Self) -> Vec<Due> {
        let next = view.versions.values().filter_map(|kept| kept.prochain).min();
        next.map(|at| Due { at, task: Task::PreavisCgu, object: view.consent }).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a15_the_recipient_alone_accepts_and_a_notice_is_tried_again_then_given_up() {
        let mut at: Instant = "2027-01-31T09:00:00Z".parse().unwrap();
        let consent = Id::new(at, &crate::SystemEntropy::default()).unwrap();
        let version = || "2".to_owned();
        let me = Actor::platform();
        let mut view = View::next(None, at, &me, &Event::Queued { consent, version: version() }).unwrap();
        assert!(View::next(Some(&view), at, &me, &Event::Queued { consent, version: version() }).is_err());
        let failed =
            Event::NotTold { consent, version: version(), notice: consent, code: "451".into(), permanent: false };
        for essai in 1..=ESSAIS {
            let due = View::due(&view);
            assert_eq!(due.len(), 1, "{essai}");
            at = due[0].at;
            view = View::next(Some(&view), at, &me, &failed).unwrap();
        }
        assert_eq!(View::due(&view), []);
        assert!(View::next(Some(&view), at, &me, &failed).is_err());
        let sha256 = Sha256Digest::of(b"texte");
        let accepted = Event::Accepted { consent, version: version(), sha256, auth_method: "cle".into() };
        for other in [Actor::office("x"), Actor::registry("x"), me, Actor::recipient(Id::from_bytes([1; 16]))] {
            assert!(View::next(Some(&view), at, &other, &accepted).is_err());
        }
        let view = View::next(Some(&view), at, &Actor::recipient(consent), &accepted).unwrap();
        assert!(View::next(Some(&view), at, &Actor::recipient(consent), &accepted).is_err(), "once");
        let text = serde_json::to_string(&accepted).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), accepted);
    }
}

//! What becomes of one SMS. It is never sent twice by itself: a second one frightens more than a missing one harms, the
//! e-mail notice being the one that counts (S4, 7.2).
use dossier::{Digests, Instant, Outcome};
use serde::{Deserialize, Serialize};

use super::Refused;
use super::sms::SmsPris;
use crate::agenda::{Due, Task};
use crate::consent::{Actor, Role};
use crate::{Id, SignificationError};

/// Where an SMS stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EtatSms {
    /// About to be handed to the gateway; after a crash, nobody knows whether it left.
    EnCours,
    /// The gateway took it: that is not its arrival.
    PrisParLaPasserelle,
    /// The gateway did not take it.
    Echec,
    /// No answer came: it may have left.
    Incertain,
}

impl EtatSms {
    /// The name as shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::EnCours => "EN_COURS",
            Self::PrisParLaPasserelle => "PRIS_PAR_LA_PASSERELLE",
            Self::Echec => "ECHEC",
            Self::Incertain => "INCERTAIN",
        }
    }
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in View")]
pub enum Event {
    /// It is about to be handed over; `digests` are those of the request's body.
    #[serde(rename = "signification.notice.sms.begin")]
    Begin { sms: Id, object: Id, digests: Digests },
    /// The gateway took it.
    #[serde(rename = "signification.notice.sms.accepted")]
    Accepted { sms: Id, http_code: u16, gateway_id: Option<String> },
    /// It did not: `code` is `http_NNN`, `connexion`, `secret_illisible`, or `interrompu` when it may have.
    #[serde(rename = "signification.notice.sms.failed")]
    Failed { sms: Id, code: String, permanent: bool },
}

impl Event {
    /// The SMS.
    pub fn object(&self) -> Id {
        match self {
            Self::Begin { sms, .. } | Self::Accepted { sms, .. } | Self::Failed { sms, .. } => *sms,
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Begin { .. } => Outcome::Begin,
            Self::Accepted { .. } => Outcome::Ok,
            Self::Failed { .. } => Outcome::Failed,
        }
    }

    /// The fact of an outcome.
    pub fn of(sms: Id, outcome: &Result<SmsPris, Refused>) -> Self {
        match outcome {
            Ok(pris) => Self::Accepted { sms, http_code: pris.code, gateway_id: pris.identifiant.clone() },
            Err(refused) => Self::Failed { sms, code: refused.code.clone(), permanent: refused.permanent },
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Begin { .. } => "sms.begin",
            Self::Accepted { .. } => "sms.accepted",
            Self::Failed { .. } => "sms.failed",
        }
    }
}

/// What is known of one SMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Its identifier.
    pub sms: Id,
    /// The act it is about.
    pub object: Id,
    /// Digests of the request's body.
    pub digests: Digests,
    /// Where it stands.
    pub etat: EtatSms,
    /// When it was about to be handed over.
    pub begun_at: Instant,
    /// When that ended.
    pub ended_at: Option<Instant>,
    /// `http_NNN` or why there is none.
    pub code: Option<String>,
    /// Its identifier at the gateway.
    pub gateway_id: Option<String>,
}

impl View {
    /// An SMS whose end nobody wrote: a crash came, and it is to be said that nobody knows.
    pub(crate) fn due(view: &Self) -> Vec<Due> {
        let open = view.etat == EtatSms::EnCours;
        open.then_some(Due { at: view.begun_at, task: Task::Sms, object: view.sms }).into_iter().collect()
    }

    /// What is known once `event` happened at `at`. Only the platform records these facts.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        if actor.role != Role::Plateforme {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: event.name() });
        }
        let state = current.map_or("INCONNU", |view| view.etat.name());
        let refused = || SignificationError::Transition { machine: "sms", state, requested: event.name() };
        let ended = |code: String, etat: EtatSms, gateway_id: Option<String>| {
            let view = current.filter(|v| v.etat == EtatSms::EnCours && v.sms == event.object() && at >= v.begun_at);
            let view = view.ok_or_else(refused)?.clone();
            Ok(Self { etat, ended_at: Some(at), code: Some(code), gateway_id, ..view })
        };
        match (current, event) {
            (None, Event::Begin { sms, object, digests }) => Ok(Self {
                sms: *sms,
                object: *object,
                digests: *digests,
                etat: EtatSms::EnCours,
                begun_at: at,
                ended_at: None,
                code: None,
                gateway_id: None,
            }),
            (_, Event::Accepted { http_code, gateway_id, .. }) if (200..300).contains(http_code) => {
                ended(format!("http_{http_code}"), EtatSms::PrisParLaPasserelle, gateway_id.clone())
            }
            (_, Event::Failed { code, .. }) if code == "interrompu" => ended(code.clone(), EtatSms::Incertain, None),
            (_, Event::Failed { code, .. }) => ended(code.clone(), EtatSms::Echec, None),
            _ => Err(refused()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    #[test]
    fn a17_an_sms_is_handed_over_once_and_an_unknown_end_is_not_claimed() {
        let at: Instant = "2026-12-01T11:00:00Z".parse().unwrap();
        let id = Id::new(at, &SystemEntropy::default()).unwrap();
        let me = Actor::platform();
        let begin = Event::Begin { sms: id, object: id, digests: Digests::of(b"corps") };
        let view = View::next(None, at, &me, &begin).unwrap();
        let end = |outcome: Result<SmsPris, Refused>| View::next(Some(&view), at, &me, &Event::of(id, &outcome));
        let taken = end(Ok(SmsPris { code: 202, identifiant: Some("m-1".into()) })).unwrap();
        assert_eq!((taken.etat, taken.code.as_deref()), (EtatSms::PrisParLaPasserelle, Some("http_202")));
        let code = |code: &str| end(Err(Refused { code: code.into(), permanent: false })).unwrap().etat;
        assert_eq!((code("interrompu"), code("http_500")), (EtatSms::Incertain, EtatSms::Echec));
        assert!(
            View::next(Some(&taken), at, &me, &Event::Failed { sms: id, code: "x".into(), permanent: true }).is_err()
        );
        assert!(View::next(Some(&view), at, &me, &begin).is_err());
        assert!(View::next(None, at, &Actor::office("x"), &begin).is_err());
        assert!(end(Ok(SmsPris { code: 302, identifiant: None })).is_err());
        let text = serde_json::to_string(&begin).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), begin);
        assert!(dossier::Operation::parse("signification.notice.sms.begin").is_some());
    }
}

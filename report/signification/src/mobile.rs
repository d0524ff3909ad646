//! The verification of a mobile (row A17): a code of six digits by SMS, five tries, fifteen minutes. The journal knows keyed
//! digests of the number and of the code, never either.
use dossier::{Instant, Outcome, Sha256Digest};
use serde::{Deserialize, Serialize};

use crate::consent::{Actor, Role};
use crate::{Id, SignificationError};

/// Tries of one code.
pub const ESSAIS: u8 = 5;
/// Milliseconds a code is valid.
pub const VALIDITE_MS: i64 = 15 * 60 * 1000;
/// Codes sent to one recipient in a day: an SMS costs, and may be asked for to annoy.
pub const ENVOIS_PAR_JOUR: usize = 5;
const JOUR_MS: i64 = 24 * 3_600_000;

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in View and Code")]
pub enum Event {
    /// A code is about to be handed to the gateway.
    #[serde(rename = "signification.mobile.code_sent")]
    CodeSent { consent: Id, sms: Id, numero: Sha256Digest, code: Sha256Digest },
    /// Another code was typed.
    #[serde(rename = "signification.mobile.tried")]
    Tried { consent: Id },
    /// The code was typed: the mobile is its owner's.
    #[serde(rename = "signification.mobile.verified")]
    Verified { consent: Id, code: Sha256Digest },
    /// The recipient wants no SMS any more.
    #[serde(rename = "signification.mobile.removed")]
    Removed { consent: Id },
}

impl Event {
    /// The consent.
    pub fn object(&self) -> Id {
        match self {
            Self::CodeSent { consent, .. }
            | Self::Tried { consent }
            | Self::Verified { consent, .. }
            | Self::Removed { consent } => *consent,
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::CodeSent { .. } => Outcome::Begin,
            Self::Tried { .. } => Outcome::Failed,
            _ => Outcome::Ok,
        }
    }
}

/// A code that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// Keyed digest of the code.
    pub code: Sha256Digest,
    /// Keyed digest of the number.
    pub numero: Sha256Digest,
    /// When it was sent.
    pub envoye_le: Instant,
    /// Tries that failed.
    pub essais: u8,
}

/// What is known of one recipient's mobile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The consent.
    pub consent: Id,
    /// The code awaited.
    pub code: Option<Code>,
    /// Codes sent in the last day.
    pub envois: Vec<Instant>,
    /// Since when the mobile is verified, and the keyed digest of its number.
    pub verifie: Option<(Instant, Sha256Digest)>,
}

impl View {
    /// Why nothing can be tried at `now`; nothing, when a code is awaited.
    pub fn faute(&self, now: Instant) -> Option<&'static str> {
        match self.code {
            None => Some("aucun code attendu"),
            Some(code) if now.as_millisecond() >= code.envoye_le.as_millisecond() + VALIDITE_MS => Some("code expiré"),
            Some(code) if code.essais >= ESSAIS => Some("cinq essais ont été faits"),
            Some(_) => None,
        }
    }

    /// The view after `event`.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        let consent = event.object();
        let own = actor.role == Role::Destinataire && actor.id == consent.to_string();
        let sends = matches!(event, Event::CodeSent { .. }) && actor.role == Role::Plateforme;
        if own == matches!(event, Event::CodeSent { .. }) || !(own || sends) {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "verifier le mobile" });
        }
        let mut view = match current {
            Some(view) => view.clone(),
            None => Self { consent, code: None, envois: Vec::new(), verifie: None },
        };
        let refuse = |why| Err(SignificationError::MobileCode { why });
        match event {
            Event::CodeSent { numero, code, .. } => {
                view.envois.retain(|sent| at.as_millisecond() - sent.as_millisecond() < JOUR_MS);
                if view.envois.len() >= ENVOIS_PAR_JOUR {
                    return refuse("cinq codes ont été envoyés en un jour");
                }
                view.envois.push(at);
                view.code = Some(Code { code: *code, numero: *numero, envoye_le: at, essais: 0 });
            }
            Event::Tried { .. } => {
                if let Some(why) = view.faute(at) {
                    return refuse(why);
                }
                if let Some(code) = view.code.as_mut() {
                    code.essais += 1;
                }
            }
            Event::Verified { code: typed, .. } => {
                if let Some(why) = view.faute(at) {
                    return refuse(why);
                }
                match view.code.take() {
                    Some(code) if code.code == *typed => view.verifie = Some((at, code.numero)),
                    _ => return refuse("code inconnu"),
                }
            }
            Event::Removed { .. } => (view.code, view.verifie) = (None, None),
        }
        Ok(view)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> Instant {
        Instant::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    fn consent() -> Id {
        Id::from_bytes([7; 16])
    }

    fn sent(code: &[u8]) -> Event {
        let digest = Sha256Digest::of(code);
        Event::CodeSent { consent: consent(), sms: consent(), numero: Sha256Digest::of(b"n"), code: digest }
    }

    proptest! {
        /// Whatever is done in whatever order: no mobile is verified but by the code last sent, in its fifteen minutes and
        /// its five tries.
        #[test]
        fn a17_a_mobile_is_verified_by_its_code_in_its_time_only(
            steps in proptest::collection::vec((0_u8..5, 0_i64..400_000, 0_u8..3), 1..40),
        ) {
            let (mut view, mut now): (Option<View>, i64) = (None, 0);
            let (mut last, mut tries): (Option<(i64, u8)>, u8) = (None, 0);
            for (step, wait, code) in steps {
                now += wait;
                let typed = Sha256Digest::of(&[code]);
                let (actor, event) = match step {
                    0 => (Actor::platform(), sent(&[code])),
                    1 | 2 => (Actor::recipient(consent()), Event::Verified { consent: consent(), code: typed }),
                    3 => (Actor::recipient(consent()), Event::Tried { consent: consent() }),
                    _ => (Actor::recipient(consent()), Event::Removed { consent: consent() }),
                };
                let open = last.is_some_and(|(since, _)| now < since + VALIDITE_MS) && tries < ESSAIS;
                let next = View::next(view.as_ref(), at(now), &actor, &event);
                match step {
                    1 | 2 => {
                        let right = open && last.is_some_and(|(_, of)| of == code);
                        prop_assert_eq!(next.is_ok(), right);
                        if right { (last, tries) = (None, 0); }
                    }
                    3 => {
                        prop_assert_eq!(next.is_ok(), open);
                        tries += u8::from(open);
                    }
                    0 if next.is_ok() => (last, tries) = (Some((now, code)), 0),
                    4 => (last, tries) = (None, 0),
                    _ => {}
                }
                if let Ok(next) = next { view = Some(next); }
            }
        }
    }

    #[test]
    fn a17_five_codes_a_day_and_each_role_its_part() {
        let me = Actor::platform();
        let mut view = View::next(None, at(0), &me, &sent(b"1")).unwrap();
        for n in 1..5 {
            view = View::next(Some(&view), at(n), &me, &sent(b"1")).unwrap();
        }
        assert!(View::next(Some(&view), at(6), &me, &sent(b"1")).is_err());
        assert!(View::next(Some(&view), at(JOUR_MS), &me, &sent(b"1")).is_ok(), "a day later");
        for actor in [Actor::office("x"), Actor::registry("x"), Actor::recipient(consent())] {
            assert!(View::next(None, at(0), &actor, &sent(b"1")).is_err());
        }
        let tried = Event::Tried { consent: consent() };
        assert!(View::next(Some(&view), at(6), &me, &tried).is_err());
        assert!(View::next(Some(&view), at(6), &Actor::recipient(Id::from_bytes([8; 16])), &tried).is_err());
        let text = serde_json::to_string(&sent(b"1")).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), sent(b"1"));
    }
}

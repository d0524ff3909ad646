//! Requests for rights (RGPD, art. 12 to 21; loi 78-17, art. 85): received, identity checked, answered within one month that two
//! more may follow, closed with an outcome (row F07). Facts about one request, each a pure step of its view.
use dossier::{Instant, Outcome};
use serde::{Deserialize, Serialize};

use crate::agenda::{Due, Task};
use crate::calendar::after;
use crate::civil::{paris_date, paris_midnight};
use crate::consent::{Actor, Role};
use crate::deadline::calendar_months;
use crate::{Id, SignificationError};

/// The right that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Droit {
    /// Access (art. 15).
    Acces,
    /// Rectification (art. 16).
    Rectification,
    /// Erasure (art. 17).
    Effacement,
    /// Restriction (art. 18).
    Limitation,
    /// Portability (art. 20).
    Portabilite,
    /// Objection (art. 21).
    Opposition,
    /// Instructions on the data after death (loi 78-17, art. 85).
    DirectivesPostMortem,
}

impl Droit {
    /// Every right.
    pub const ALL: [Self; 7] = [
        Self::Acces,
        Self::Rectification,
        Self::Effacement,
        Self::Limitation,
        Self::Portabilite,
        Self::Opposition,
        Self::DirectivesPostMortem,
    ];

    /// In French, with its article.
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Acces => "accès (article 15 du RGPD)",
            Self::Rectification => "rectification (article 16 du RGPD)",
            Self::Effacement => "effacement (article 17 du RGPD)",
            Self::Limitation => "limitation (article 18 du RGPD)",
            Self::Portabilite => "portabilité (article 20 du RGPD)",
            Self::Opposition => "opposition (article 21 du RGPD)",
            Self::DirectivesPostMortem => "directives après la mort (article 85 de la loi du 6 janvier 1978)",
        }
    }

    /// What the answer must say when it cannot be whole: an act that was served leaves its evidence (art. 17, 3, e).
    pub fn reserve(self) -> Option<&'static str> {
        match self {
            Self::Effacement | Self::Opposition | Self::Limitation => Some(
                "La demande arrête les nouveaux envois. Elle ne retire ni les dates ni les preuves des actes déjà signifiés, conservées \
                 pour l'exercice de droits en justice (article 17, paragraphe 3, point e, du RGPD).",
            ),
            _ => None,
        }
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Issue {
    /// Granted.
    Satisfaite,
    /// Refused, with its reason and the ways of complaint (art. 12, 4).
    Refusee,
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
pub enum Event {
    /// A request was received.
    #[serde(rename = "signification.droit.recue")]
    Recue {
        /// The request.
        demande: Id,
        /// The consent of who asks.
        consent: Id,
        /// Which right.
        droit: Droit,
        /// When it was received.
        recue_le: Instant,
    },
    /// Who asks is who he says (art. 12, 6).
    #[serde(rename = "signification.droit.identite")]
    IdentiteVerifiee {
        /// The request.
        demande: Id,
        /// How: a short code.
        moyen: String,
    },
    /// Two more months, told to the person with the reason within the first one (art. 12, 3).
    #[serde(rename = "signification.droit.prolongee")]
    Prolongee {
        /// The request.
        demande: Id,
        /// Why: a short code.
        motif: String,
    },
    /// The alert before the end of the term was given.
    #[serde(rename = "signification.droit.alerte")]
    Alerte {
        /// The request.
        demande: Id,
    },
    /// The answer was given.
    #[serde(rename = "signification.droit.close")]
    Close {
        /// The request.
        demande: Id,
        /// How it ended.
        issue: Issue,
        /// Why, when it is refused: a short code.
        motif: Option<String>,
    },
}

impl Event {
    /// The request.
    pub fn object(&self) -> Id {
        match self {
            Self::Recue { demande, .. }
            | Self::IdentiteVerifiee { demande, .. }
            | Self::Prolongee { demande, .. }
            | Self::Alerte { demande }
            | Self::Close { demande, .. } => *demande,
        }
    }

    /// How the line reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Recue { .. } => Outcome::Declared,
            Self::Alerte { .. } => Outcome::Note,
            Self::Close { issue: Issue::Refusee, .. } => Outcome::NotDone,
            _ => Outcome::Ok,
        }
    }
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The request.
    pub demande: Id,
    /// The consent of who asks.
    pub consent: Id,
    /// Which right.
    pub droit: Droit,
    /// When it was received.
    pub recue_le: Instant,
    /// End of the term.
    pub terme: Instant,
    /// How the identity was checked.
    pub identite: Option<String>,
    /// Why the term was extended.
    pub prolongee: Option<String>,
    /// Whether the alert for the present term was given.
    pub alertee: bool,
    /// How and when it was closed, and why when it was refused.
    pub close: Option<(Issue, Instant, Option<String>)>,
}

/// Days before the end of the term at which the office is told.
const ALERTE_JOURS: i32 = 7;

impl View {
    /// `RECUE`, `IDENTITE_OK`, `EN_COURS` (extended), `SATISFAITE` or `REFUSEE`.
    pub fn state(&self) -> &'static str {
        match (&self.close, &self.identite, &self.prolongee) {
            (Some((Issue::Satisfaite, ..)), ..) => "SATISFAITE",
            (Some((Issue::Refusee, ..)), ..) => "REFUSEE",
            (None, _, Some(_)) => "EN_COURS",
            (None, Some(_), None) => "IDENTITE_OK",
            (None, None, None) => "RECUE",
        }
    }

    /// Whether the term is over without an answer.
    pub fn en_retard(&self, now: Instant) -> bool {
        self.close.is_none() && now >= self.terme
    }

    /// The view after a fact; an impossible one is refused.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        let refuse = |requested, state| SignificationError::Transition { machine: "droit", state, requested };
        let staff = matches!(actor.role, Role::Registre | Role::Etude);
        let Some(view) = current else {
            let Event::Recue { demande, consent, droit, recue_le } = event else {
                return Err(refuse("suivre", "INCONNUE"));
            };
            let own = actor.role == Role::Destinataire && actor.id == consent.to_string();
            if !staff && !own {
                return Err(SignificationError::Actor { role: actor.role.name(), requested: "demander" });
            }
            if *recue_le > at {
                return Err(refuse("recevoir", "FUTURE"));
            }
            return Ok(Self {
                demande: *demande,
                consent: *consent,
                droit: *droit,
                recue_le: *recue_le,
                terme: end_of_term(*recue_le, 1),
                identite: None,
                prolongee: None,
                alertee: false,
                close: None,
            });
        };
        let clock = matches!(event, Event::Alerte { .. }) && actor.role == Role::Plateforme;
        if !staff && !clock {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "repondre" });
        }
        let mut next = view.clone();
        match event {
            _ if view.close.is_some() => return Err(refuse("suivre", view.state())),
            Event::Recue { .. } => return Err(refuse("recevoir", view.state())),
            Event::IdentiteVerifiee { moyen, .. } if view.identite.is_none() => next.identite = Some(moyen.clone()),
            Event::Prolongee { motif, .. } if view.prolongee.is_none() && at < view.terme && !motif.is_empty() => {
                next.prolongee = Some(motif.clone());
                (next.terme, next.alertee) = (end_of_term(view.recue_le, 3), false);
            }
            Event::Alerte { .. } if !view.alertee && at >= alert_of(view.terme) => next.alertee = true,
            // Nothing is given to who was not recognised; a refusal says why (art. 12, 4).
            Event::Close { issue: Issue::Satisfaite, motif: None, .. } if view.identite.is_some() => {
                next.close = Some((Issue::Satisfaite, at, None));
            }
            Event::Close { issue: Issue::Refusee, motif: Some(motif), .. } if !motif.is_empty() => {
                next.close = Some((Issue::Refusee, at, Some(motif.clone())));
            }
            _ => return Err(refuse("suivre", view.state())),
        }
        Ok(next)
    }

    /// What falls due: the alert before the end of the term.
    pub fn due(&self) -> Vec<Due> {
        if self.close.is_some() || self.alertee {
            return Vec::new();
        }
        vec![Due { at: alert_of(self.terme), task: Task::Droit, object: self.demande }]
    }
}

/// The instant when the term is over: the end of the day that bears the same number, `months` later (art. 12, 3).
fn end_of_term(received: Instant, months: i32) -> Instant {
    paris_midnight(after(calendar_months(paris_date(received), months), 1))
}

fn alert_of(terme: Instant) -> Instant {
    paris_midnight(after(paris_date(terme), -ALERTE_JOURS - 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(n: u8) -> Id {
        Id::from_bytes([n; 16])
    }

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn received() -> View {
        let recue_le = at("2027-01-31T09:00:00Z");
        let event = Event::Recue { demande: id(1), consent: id(2), droit: Droit::Portabilite, recue_le };
        View::next(None, recue_le, &Actor::registry("r"), &event).unwrap()
    }

    #[test]
    fn f07_one_month_then_two_more_and_an_alert_before() {
        let view = received();
        assert_eq!(view.terme, at("2027-02-28T23:00:00Z"));
        assert_eq!(view.due()[0].at, at("2027-02-20T23:00:00Z"));
        let extend = Event::Prolongee { demande: id(1), motif: "COMPLEXITE".into() };
        let longer = View::next(Some(&view), at("2027-02-10T09:00:00Z"), &Actor::registry("r"), &extend).unwrap();
        assert_eq!((longer.terme, longer.state()), (at("2027-04-30T22:00:00Z"), "EN_COURS"));
        let late = View::next(Some(&view), at("2027-03-01T09:00:00Z"), &Actor::registry("r"), &extend);
        assert!(late.is_err() && view.en_retard(at("2027-03-01T09:00:00Z")));
    }

    #[test]
    fn f07_nothing_is_given_to_who_was_not_recognised_and_a_refusal_says_why() {
        let (view, me, now) = (received(), Actor::registry("r"), at("2027-02-02T09:00:00Z"));
        let close =
            |issue, motif: Option<&str>| Event::Close { demande: id(1), issue, motif: motif.map(str::to_owned) };
        assert!(View::next(Some(&view), now, &me, &close(Issue::Satisfaite, None)).is_err());
        assert!(View::next(Some(&view), now, &me, &close(Issue::Refusee, None)).is_err());
        let known = Event::IdentiteVerifiee { demande: id(1), moyen: "CLE".into() };
        let known = View::next(Some(&view), now, &me, &known).unwrap();
        let done = View::next(Some(&known), now, &me, &close(Issue::Satisfaite, None)).unwrap();
        assert_eq!((done.state(), done.due().len()), ("SATISFAITE", 0));
        assert!(View::next(Some(&done), now, &me, &close(Issue::Satisfaite, None)).is_err());
        assert!(View::next(Some(&view), now, &Actor::recipient(id(2)), &close(Issue::Satisfaite, None)).is_err());
    }

    proptest! {
        #[test]
        fn f07_whatever_comes_a_closed_request_stays_closed(moves in prop::collection::vec((0_u8..5, 0_i64..40), 0..20)) {
            let (mut view, mut now) = (received(), received().recue_le.as_millisecond());
            for (kind, days) in moves {
                now += days * 86_400_000;
                let event = match kind {
                    0 => Event::IdentiteVerifiee { demande: id(1), moyen: "CLE".into() },
                    1 => Event::Prolongee { demande: id(1), motif: "X".into() },
                    2 => Event::Alerte { demande: id(1) },
                    3 => Event::Close { demande: id(1), issue: Issue::Satisfaite, motif: None },
                    _ => Event::Close { demande: id(1), issue: Issue::Refusee, motif: Some("X".into()) },
                };
                let actor = if kind == 2 { Actor::platform() } else { Actor::office("o") };
                if let Ok(next) = View::next(Some(&view), Instant::from_millisecond(now).unwrap(), &actor, &event) {
                    prop_assert!(view.close.is_none() && next.terme >= view.terme);
                    view = next;
                }
                prop_assert!(view.close.is_none() || view.due().is_empty());
            }
        }
    }
}

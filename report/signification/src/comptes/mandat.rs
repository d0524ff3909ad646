//! A mandate: a recipient lets somebody of his choice read, or read and answer, until a day, with means of his own (row B05). Secrets
//! are never lent: what the aidant does is journalled as his doing, under the mandate.
use dossier::{Instant, Outcome};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::droits::Operation;
use crate::calendar::after;
use crate::civil::{paris_date, paris_midnight};
use crate::consent::{Actor, Role};
use crate::deadline::calendar_months;
use crate::{Id, SignificationError};

/// The longest term of a mandate, in months: it is renewed, not forgotten.
pub const TERME_MAX_MOIS: i32 = 24;

/// What a aidant may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Etendue {
    /// Read and fetch acts and evidence.
    Lire,
    /// That, and answer.
    LireEtRepondre,
}

impl Etendue {
    /// Whether it covers this operation. Never what binds the giver: consenting, revoking, his account.
    pub fn couvre(self, operation: Operation) -> bool {
        use Operation as O;
        match operation {
            O::Consulter
            | O::Remettre
            | O::Telecharger
            | O::Suivi
            | O::Recepisses
            | O::EvidenceBytes
            | O::SortirRecepisse
            | O::Extrait
            | O::OuvrirIncident => true,
            O::Repondre => self == Self::LireEtRepondre,
            _ => false,
        }
    }
}

/// Where a mandate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EtatMandat {
    /// Given; the aidant did not accept it yet.
    Donne,
    /// In force until its term.
    Actif,
    /// Revoked by its giver, renounced by its aidant, or ended by the registry.
    Revoque,
}

impl EtatMandat {
    fn name(self) -> &'static str {
        match self {
            Self::Donne => "DONNE",
            Self::Actif => "ACTIF",
            Self::Revoque => "REVOQUE",
        }
    }
}

/// One fact of a mandate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in View")]
pub enum Event {
    /// The giver's account gives it over the acts of his consent.
    #[serde(rename = "signification.mandate.given")]
    Given { mandate: Id, giver: Id, aidant: Id, consent: Id, etendue: Etendue, until: Date },
    /// The aidant accepts it.
    #[serde(rename = "signification.mandate.accepted")]
    Accepted { mandate: Id },
    /// The aidant did this, about this object.
    #[serde(rename = "signification.mandate.exercised")]
    Exercised { mandate: Id, operation: Operation, about: Id },
    /// It ends.
    #[serde(rename = "signification.mandate.revoked")]
    Revoked { mandate: Id },
}

impl Event {
    /// The mandate.
    pub fn object(&self) -> Id {
        match self {
            Self::Given { mandate, .. }
            | Self::Accepted { mandate }
            | Self::Exercised { mandate, .. }
            | Self::Revoked { mandate } => *mandate,
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Given { .. } => Outcome::Declared,
            _ => Outcome::Ok,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Given { .. } => "given",
            Self::Accepted { .. } => "accepted",
            Self::Exercised { .. } => "exercised",
            Self::Revoked { .. } => "revoked",
        }
    }
}

/// What is known of one mandate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Its identifier.
    pub id: Id,
    /// The account of who gives it.
    pub mandant: Id,
    /// The account of who helps.
    pub aidant: Id,
    /// The consent whose acts it is about.
    pub consent: Id,
    /// What it allows.
    pub etendue: Etendue,
    /// Last day, included (Paris).
    pub terme: Date,
    /// Where it stands.
    pub etat: EtatMandat,
    /// When it was accepted.
    pub accepte: Option<Instant>,
    /// When it ended before its term, and who ended it.
    pub fin: Option<(Instant, Actor)>,
    /// How many times it was exercised.
    pub exercices: u32,
    /// Time of the last fact.
    pub dernier: Instant,
}

impl View {
    /// What is known once `event` happened at `at`.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        let denied = || SignificationError::Actor { role: actor.role.name(), requested: event.name() };
        let is = |account: Id| actor.role == Role::Destinataire && actor.id == account.to_string();
        let Some(view) = current else { return Self::first(at, event, is) };
        let allowed = match event {
            Event::Given { giver, .. } => is(*giver),
            Event::Accepted { .. } => is(view.aidant),
            // Written with the fact it is about, hence by the same actor.
            Event::Exercised { .. } => is(view.aidant) || *actor == acteur_sous_mandat(view),
            Event::Revoked { .. } => is(view.mandant) || is(view.aidant) || actor.role == Role::Registre,
        };
        if !allowed {
            return Err(denied());
        }
        let mut next = Self { dernier: at, ..view.clone() };
        let possible = match event {
            Event::Given { .. } => false,
            Event::Accepted { .. } => {
                (next.etat, next.accepte) = (EtatMandat::Actif, Some(at));
                view.etat == EtatMandat::Donne && at < view.fin_du_terme()
            }
            Event::Exercised { operation, .. } => {
                next.exercices = next.exercices.saturating_add(1);
                view.permet(*operation, at)
            }
            Event::Revoked { .. } => {
                (next.etat, next.fin) = (EtatMandat::Revoque, Some((at, actor.clone())));
                view.etat != EtatMandat::Revoque
            }
        };
        if possible && event.object() == view.id && at >= view.dernier {
            return Ok(next);
        }
        Err(SignificationError::Transition { machine: "mandat", state: view.etat.name(), requested: event.name() })
    }

    fn first(at: Instant, event: &Event, is: impl Fn(Id) -> bool) -> Result<Self, SignificationError> {
        let refused = SignificationError::Transition { machine: "mandat", state: "INCONNU", requested: event.name() };
        let Event::Given { mandate, giver, aidant, consent, etendue, until } = event else { return Err(refused) };
        if !is(*giver) {
            return Err(SignificationError::Actor { role: "autre compte", requested: event.name() });
        }
        let today = paris_date(at);
        if giver == aidant || *until < today || *until > calendar_months(today, TERME_MAX_MOIS) {
            return Err(refused);
        }
        Ok(Self {
            id: *mandate,
            mandant: *giver,
            aidant: *aidant,
            consent: *consent,
            etendue: *etendue,
            terme: *until,
            etat: EtatMandat::Donne,
            accepte: None,
            fin: None,
            exercices: 0,
            dernier: at,
        })
    }

    fn fin_du_terme(&self) -> Instant {
        paris_midnight(after(self.terme, 1))
    }

    /// Whether the aidant may do this at `at`.
    pub fn permet(&self, operation: Operation, at: Instant) -> bool {
        self.etat == EtatMandat::Actif && at < self.fin_du_terme() && self.etendue.couvre(operation)
    }

    /// Whether it lets this account do this about the acts of this consent at `at`.
    pub fn couvre(&self, aidant: Id, consent: Id, operation: Operation, at: Instant) -> bool {
        self.aidant == aidant && self.consent == consent && self.permet(operation, at)
    }
}

/// The aidant in the journal, for the facts of other contexts: his own account, and the mandate he acts under.
pub fn acteur_sous_mandat(view: &View) -> Actor {
    Actor { role: Role::Destinataire, id: format!("{}/mandat/{}", view.aidant, view.id) }
}

#[cfg(test)]
mod tests {
    use super::super::essais::{ident, t};
    use super::*;
    use proptest::prelude::*;

    const GIVER: u8 = 1;
    const AIDANT: u8 = 2;

    fn by(n: u8) -> Actor {
        Actor::recipient(ident(n))
    }

    fn given(until: Date) -> Event {
        let (mandate, giver, aidant, consent) = (ident(9), ident(GIVER), ident(AIDANT), ident(5));
        Event::Given { mandate, giver, aidant, consent, etendue: Etendue::Lire, until }
    }

    fn day(month: i8, day: i8) -> Date {
        jiff::civil::date(2026, month, day)
    }

    #[test]
    fn b05_a_aidant_acts_under_a_mandate_with_his_own_account() {
        let mandate = ident(9);
        assert!(View::next(None, t(0), &by(AIDANT), &given(day(12, 1))).is_err(), "nobody gives it to himself");
        let view = View::next(None, t(0), &by(GIVER), &given(day(12, 1))).unwrap();
        let read = Event::Exercised { mandate, operation: Operation::Consulter, about: ident(7) };
        assert!(View::next(Some(&view), t(1), &by(AIDANT), &read).is_err(), "not accepted yet");
        assert!(View::next(Some(&view), t(1), &by(GIVER), &Event::Accepted { mandate }).is_err());
        let view = View::next(Some(&view), t(1), &by(AIDANT), &Event::Accepted { mandate }).unwrap();
        assert!(View::next(Some(&view), t(2), &by(GIVER), &read).is_err(), "what the giver does is not the aidant's");
        let used = View::next(Some(&view), t(2), &by(AIDANT), &read).unwrap();
        assert_eq!(used.exercices, 1);
        for operation in [Operation::Repondre, Operation::Accepter, Operation::Revoquer, Operation::DonnerMandat] {
            let event = Event::Exercised { mandate, operation, about: ident(7) };
            assert!(View::next(Some(&view), t(2), &by(AIDANT), &event).is_err(), "{operation:?}");
        }
        assert!(view.couvre(ident(AIDANT), ident(5), Operation::Telecharger, t(2)));
        assert!(!view.couvre(ident(AIDANT), ident(6), Operation::Telecharger, t(2)), "another's acts");
        assert!(!view.couvre(ident(3), ident(5), Operation::Telecharger, t(2)), "another aidant");
        assert_eq!(acteur_sous_mandat(&view).id, format!("{}/mandat/{}", ident(AIDANT), ident(9)));
        // Over at midnight in Paris after its last day; or as soon as either of them says so.
        assert!(view.permet(Operation::Consulter, "2026-12-01T23:59:59+01:00".parse().unwrap()));
        assert!(!view.permet(Operation::Consulter, "2026-12-02T00:00:00+01:00".parse().unwrap()));
        for who in [by(GIVER), by(AIDANT), Actor::registry("r")] {
            let ended = View::next(Some(&view), t(3), &who, &Event::Revoked { mandate }).unwrap();
            assert!(!ended.permet(Operation::Consulter, t(3)));
            assert!(View::next(Some(&ended), t(4), &by(AIDANT), &read).is_err());
            assert!(View::next(Some(&ended), t(4), &by(AIDANT), &Event::Accepted { mandate }).is_err());
        }
        assert!(View::next(Some(&view), t(3), &Actor::office("o"), &Event::Revoked { mandate }).is_err());
    }

    #[test]
    fn b05_a_mandate_has_a_term_and_two_parties() {
        for until in [day(11, 22), jiff::civil::date(2028, 11, 24)] {
            assert!(View::next(None, t(0), &by(GIVER), &given(until)).is_err(), "{until}");
        }
        assert!(View::next(None, t(0), &by(GIVER), &given(day(11, 23))).is_ok());
        assert!(View::next(None, t(0), &by(GIVER), &given(jiff::civil::date(2028, 11, 23))).is_ok());
        let (mandate, giver, consent, until) = (ident(9), ident(GIVER), ident(5), day(12, 1));
        let own = Event::Given { mandate, giver, aidant: giver, consent, etendue: Etendue::Lire, until };
        assert!(View::next(None, t(0), &by(GIVER), &own).is_err());
    }

    proptest! {
        #[test]
        fn no_order_of_facts_lets_a_aidant_act_outside_a_mandate_in_force(steps in proptest::collection::vec((0_u8..4, 0_u8..4, 0_i64..700_000), 1..40)) {
            let (mandate, mut view, mut now) = (ident(9), None::<View>, 0);
            for (what, who, later) in steps {
                now += later;
                let event = match what {
                    0 => given(day(12, 1)),
                    1 => Event::Accepted { mandate },
                    2 => Event::Exercised { mandate, operation: Operation::Consulter, about: ident(7) },
                    _ => Event::Revoked { mandate },
                };
                let actor = if who == 3 { Actor::registry("r") } else { by(who) };
                let Ok(next) = View::next(view.as_ref(), t(now), &actor, &event) else { continue };
                if what == 2 {
                    let before = view.as_ref().unwrap();
                    prop_assert!(before.accepte.is_some() && before.fin.is_none() && paris_date(t(now)) <= before.terme && who == AIDANT);
                }
                prop_assert!(view.is_none_or(|v| v.fin.is_none()), "nothing moves once it ended");
                view = Some(next);
            }
        }
    }
}

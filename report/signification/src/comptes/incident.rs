//! Incidents: what either side tells the other without delay (row B10), with the time it took to be acknowledged. The words
//! are in an encrypted piece; the journal has their digests.
use dossier::{Digests, Instant, Outcome};
use serde::{Deserialize, Serialize};

use crate::consent::{Actor, Role};
use crate::{Id, SignificationError};

/// What it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// The act cannot be opened, or is not whole.
    ActeIllisible,
    /// The act is for somebody else.
    MauvaisDestinataire,
    /// Something in the space or the notices is wrong.
    Irregularite,
    /// Something nobody asked for happened.
    AccesSuspect,
    /// The service does not answer.
    Panne,
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EtatIncident {
    /// Told.
    Ouvert,
    /// The other side knows.
    Accuse,
    /// Done with.
    Clos,
}

impl EtatIncident {
    fn name(self) -> &'static str {
        match self {
            Self::Ouvert => "OUVERT",
            Self::Accuse => "ACCUSE",
            Self::Clos => "CLOS",
        }
    }
}

/// One fact of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in View")]
pub enum Event {
    /// Somebody tells it, from the page of an act or of the account.
    #[serde(rename = "signification.incident.opened")]
    Opened { incident: Id, about: Id, nature: Nature, texte: Option<Digests> },
    /// The other side has seen it.
    #[serde(rename = "signification.incident.acknowledged")]
    Acknowledged { incident: Id },
    /// It is done with; the answer's digests.
    #[serde(rename = "signification.incident.closed")]
    Closed { incident: Id, texte: Option<Digests> },
}

impl Event {
    /// The incident.
    pub fn object(&self) -> Id {
        match self {
            Self::Opened { incident, .. } | Self::Acknowledged { incident } | Self::Closed { incident, .. } => {
                *incident
            }
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Opened { .. } => Outcome::Declared,
            Self::Acknowledged { .. } | Self::Closed { .. } => Outcome::Ok,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Closed { .. } => "closed",
        }
    }
}

/// What is known of one incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Its identifier.
    pub id: Id,
    /// The act, account or consent it is about.
    pub sujet: Id,
    /// What.
    pub nature: Nature,
    /// Where it stands.
    pub etat: EtatIncident,
    /// Who told it, and when.
    pub ouvert: (Actor, Instant),
    /// Digests of what he wrote.
    pub texte: Option<Digests>,
    /// Who acknowledged it, and when.
    pub accuse: Option<(Actor, Instant)>,
    /// Who closed it, and when.
    pub clos: Option<(Actor, Instant)>,
    /// Time of the last fact.
    pub dernier: Instant,
}

/// How long an incident waits, or waited, for its acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Attente {
    /// Seconds from its opening to its acknowledgement, or to now.
    pub secondes: i64,
    /// Whether it is acknowledged.
    pub accuse: bool,
    /// Whether that took, or takes, longer than the target.
    pub en_retard: bool,
}

impl View {
    /// What is known once `event` happened at `at`. The side that told it does not acknowledge it itself.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        let refused = |state| SignificationError::Transition { machine: "incident", state, requested: event.name() };
        let Some(view) = current else {
            let Event::Opened { incident, about, nature, texte } = event else { return Err(refused("INCONNU")) };
            return Ok(Self {
                id: *incident,
                sujet: *about,
                nature: *nature,
                etat: EtatIncident::Ouvert,
                ouvert: (actor.clone(), at),
                texte: *texte,
                accuse: None,
                clos: None,
                dernier: at,
            });
        };
        let recipient = |actor: &Actor| actor.role == Role::Destinataire;
        let mut next = Self { dernier: at, ..view.clone() };
        let possible = match event {
            Event::Opened { .. } => false,
            Event::Acknowledged { .. } => {
                if recipient(actor) == recipient(&view.ouvert.0) {
                    return Err(SignificationError::Actor { role: actor.role.name(), requested: event.name() });
                }
                (next.etat, next.accuse) = (EtatIncident::Accuse, Some((actor.clone(), at)));
                view.etat == EtatIncident::Ouvert
            }
            Event::Closed { .. } => {
                if recipient(actor) {
                    return Err(SignificationError::Actor { role: actor.role.name(), requested: event.name() });
                }
                (next.etat, next.clos) = (EtatIncident::Clos, Some((actor.clone(), at)));
                view.etat == EtatIncident::Accuse
            }
        };
        if possible && event.object() == view.id && at >= view.dernier {
            Ok(next)
        } else {
            Err(refused(view.etat.name()))
        }
    }

    /// The timer shown, the target being so many hours: an internal target, no text sets one.
    pub fn attente(&self, now: Instant, cible_heures: u32) -> Attente {
        let end = self.accuse.as_ref().map_or(now, |(_, at)| *at);
        let secondes = (end.as_millisecond() - self.ouvert.1.as_millisecond()).max(0) / 1000;
        Attente { secondes, accuse: self.accuse.is_some(), en_retard: secondes > i64::from(cible_heures) * 3600 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::essais::{ident, t};
    use super::*;

    #[test]
    fn b10_an_incident_is_told_acknowledged_by_the_other_side_and_closed() {
        let incident = ident(9);
        let (him, office) = (Actor::recipient(ident(1)), Actor::office("officier"));
        let texte = Some(Digests::of(b"il manque la page deux"));
        let opened = Event::Opened { incident, about: ident(7), nature: Nature::ActeIllisible, texte };
        let view = View::next(None, t(0), &him, &opened).unwrap();
        assert_eq!(view.attente(t(3600), 2), Attente { secondes: 3600, accuse: false, en_retard: false });
        assert!(view.attente(t(7201), 2).en_retard);
        let ack = Event::Acknowledged { incident };
        assert_eq!(View::next(Some(&view), t(5), &him, &ack).unwrap_err().code(), "signification.actor");
        let closed = Event::Closed { incident, texte: None };
        assert!(View::next(Some(&view), t(5), &office, &closed).is_err(), "not before it is acknowledged");
        let seen = View::next(Some(&view), t(60), &office, &ack).unwrap();
        assert_eq!(seen.attente(t(99_999), 2), Attente { secondes: 60, accuse: true, en_retard: false });
        assert!(
            View::next(Some(&seen), t(61), &office, &ack).is_err()
                && View::next(Some(&seen), t(61), &him, &closed).is_err()
        );
        let done = View::next(Some(&seen), t(90), &office, &closed).unwrap();
        assert_eq!(done.etat, EtatIncident::Clos);
        assert!(View::next(Some(&done), t(91), &office, &ack).is_err());
        // What the office tells, the recipient acknowledges.
        let view = View::next(None, t(0), &office, &opened).unwrap();
        assert!(View::next(Some(&view), t(1), &Actor::registry("r"), &ack).is_err());
        assert!(View::next(Some(&view), t(1), &him, &ack).is_ok());
    }
}

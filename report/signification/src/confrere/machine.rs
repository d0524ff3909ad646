//! The life of a transfer, as a checked state machine: one table of moves, and for each move the party that may make it.
use serde::{Deserialize, Serialize};

use crate::SignificationError;

/// Where a transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Etat {
    /// Made ready by the office that asks; nothing left it.
    Prepare,
    /// Handed over to the confrère.
    Transmis,
    /// The confrère takes the act in charge.
    Accepte,
    /// The confrère served it.
    Signifie,
    /// The confrère sent back the date of service and the receipts.
    Retourne,
    /// The office that asked has everything.
    Clos,
    /// The confrère refused, or gave the act back unserved.
    Refuse,
    /// No answer before the deadline.
    Expire,
}

/// What can happen to a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mouvement {
    /// It is made ready.
    Preparer,
    /// It is handed over.
    Transmettre,
    /// The confrère accepts.
    Accepter,
    /// The confrère refuses, or gives back what it had accepted.
    Refuser,
    /// The deadline passed without an answer.
    Expirer,
    /// The confrère served the act.
    Signifier,
    /// The confrère sends back.
    Retourner,
    /// The office that asked closes.
    Clore,
}

/// A party of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Partie {
    /// The office that asks.
    Emetteur,
    /// The office that is asked to serve.
    Destinataire,
}

impl Mouvement {
    /// Every move.
    pub const ALL: [Self; 8] = [
        Self::Preparer,
        Self::Transmettre,
        Self::Accepter,
        Self::Refuser,
        Self::Expirer,
        Self::Signifier,
        Self::Retourner,
        Self::Clore,
    ];

    /// The snake-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Preparer => "preparer",
            Self::Transmettre => "transmettre",
            Self::Accepter => "accepter",
            Self::Refuser => "refuser",
            Self::Expirer => "expirer",
            Self::Signifier => "signifier",
            Self::Retourner => "retourner",
            Self::Clore => "clore",
        }
    }

    /// Who signs this move. The expiry is established by the office that asked, whose deadline it is.
    pub fn auteur(self) -> Partie {
        match self {
            Self::Preparer | Self::Transmettre | Self::Expirer | Self::Clore => Partie::Emetteur,
            Self::Accepter | Self::Refuser | Self::Signifier | Self::Retourner => Partie::Destinataire,
        }
    }
}

impl Etat {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Prepare,
        Self::Transmis,
        Self::Accepte,
        Self::Signifie,
        Self::Retourne,
        Self::Clos,
        Self::Refuse,
        Self::Expire,
    ];

    /// The name as shown and journalled.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "PREPARE",
            Self::Transmis => "TRANSMIS",
            Self::Accepte => "ACCEPTE",
            Self::Signifie => "SIGNIFIE",
            Self::Retourne => "RETOURNE",
            Self::Clos => "CLOS",
            Self::Refuse => "REFUSE",
            Self::Expire => "EXPIRE",
        }
    }

    /// Where `step` leads from `current` (`None`: nothing yet); `None` when there is no such move.
    pub fn next(current: Option<Self>, step: Mouvement) -> Option<Self> {
        use Mouvement as M;
        Some(match (current, step) {
            (None, M::Preparer) => Self::Prepare,
            (Some(Self::Prepare), M::Transmettre) => Self::Transmis,
            (Some(Self::Transmis), M::Accepter) => Self::Accepte,
            // An act accepted that turns out impossible to serve is given back with its reason.
            (Some(Self::Transmis | Self::Accepte), M::Refuser) => Self::Refuse,
            (Some(Self::Transmis), M::Expirer) => Self::Expire,
            (Some(Self::Accepte), M::Signifier) => Self::Signifie,
            (Some(Self::Signifie), M::Retourner) => Self::Retourne,
            (Some(Self::Retourne), M::Clore) => Self::Clos,
            _ => return None,
        })
    }

    /// Like [`Etat::next`], as an error when there is no such move.
    pub fn step(current: Option<Self>, step: Mouvement) -> Result<Self, SignificationError> {
        Self::next(current, step).ok_or(SignificationError::Transition {
            machine: "transmission",
            state: current.map_or("INCONNU", Self::name),
            requested: step.name(),
        })
    }

    /// Whether nothing can follow.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Clos | Self::Refuse | Self::Expire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_exhaustive() {
        let all = || Etat::ALL.into_iter().map(Some).chain([None]);
        let count = all().flat_map(|s| Mouvement::ALL.map(|m| Etat::next(s, m))).flatten().count();
        assert_eq!(count, 9);
        for state in Etat::ALL {
            let moves = Mouvement::ALL.into_iter().filter(|m| Etat::next(Some(state), *m).is_some()).count();
            assert_eq!(moves == 0, state.is_final(), "{state:?}");
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
    }
}

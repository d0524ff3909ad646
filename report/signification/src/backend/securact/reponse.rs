//! The operator's answers: JSON read strictly; what is not of the contract is not read at all.
use dossier::{Instant, parse_strict};
use serde::{Deserialize, Serialize};

use super::recu::RecuSigne;
use crate::Id;
use crate::voie::is_code;

/// Format of a state.
pub const ETAT_FORMAT: &str = "constat-operateur-etat/1";
/// Format of an error.
pub const ERREUR_FORMAT: &str = "constat-operateur-erreur/1";
/// The most receipts of one act.
const MAX_RECUS: usize = 16;

/// Where the operator says that the act stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Phase {
    /// Taken in.
    Depose,
    /// Waits for the window.
    Programme,
    /// Sent.
    Signifie,
    /// Refused.
    Refuse,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Etat {
    pub(super) format: String,
    pub(super) acte: Id,
    pub(super) etat: Phase,
    pub(super) recus: Vec<RecuSigne>,
    pub(super) maintenant: Instant,
}

impl Etat {
    pub(super) fn lire(bytes: &[u8]) -> Option<Self> {
        let read: Self = serde_json::from_value(parse_strict(bytes).ok()?).ok()?;
        (read.format == ETAT_FORMAT && read.recus.len() <= MAX_RECUS).then_some(read)
    }
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Erreur {
    pub(super) format: String,
    pub(super) code: String,
    #[serde(default)]
    pub(super) prochaine: Option<Instant>,
    pub(super) maintenant: Instant,
}

impl Erreur {
    pub(super) fn lire(bytes: &[u8]) -> Option<Self> {
        let read: Self = serde_json::from_value(parse_strict(bytes).ok()?).ok()?;
        (read.format == ERREUR_FORMAT && is_code(&read.code)).then_some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(Etat::lire(&bytes).is_none() && Erreur::lire(&bytes).is_none());
        }
    }

    #[test]
    fn what_is_not_of_the_contract_is_not_read() {
        let good =
            r#"{"format":"constat-operateur-erreur/1","code":"FENETRE_FERMEE","maintenant":"2026-12-01T20:01:00Z"}"#;
        assert!(Erreur::lire(good.as_bytes()).is_some());
        for (from, to) in [("/1", "/2"), ("FENETRE_FERMEE", "texte libre"), ("\"code\"", "\"codes\""), ("Z\"}", "\"}")]
        {
            assert!(Erreur::lire(good.replace(from, to).as_bytes()).is_none(), "{to}");
        }
    }
}

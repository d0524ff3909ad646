//! The checks before finalisation, as data: what must hold before an officer signs. Evaluated where the act is drawn up.
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// Id of a check: `CHK-` and two digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ControleId(String);

impl ControleId {
    /// Parses `CHK-07`.
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_prefix("CHK-")?;
        (number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit()) && number != "00")
            .then(|| Self(text.to_owned()))
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ControleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for ControleId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("not an id of the form CHK-07: {text:?}")))
    }
}

/// What a failed check does. Our proposal, not the norm's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Niveau {
    /// Needs a written justification of the officer.
    Justifier,
    /// Stops finalisation, or needs a justification, depending on what was found.
    SelonLeCas,
    /// Stops finalisation.
    Bloquant,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controle {
    /// Its id.
    pub id: ControleId,
    /// What must hold, in French.
    pub texte: String,
    /// What its failure does.
    pub niveau: Niveau,
    /// Whether an explicit decision of the officer, printed as a deviation, may override a blocking failure.
    pub derogation: bool,
}

//! The decisions the requirements refer to, as data: what each decided as reported, and what follows for the software.
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// Id of a decision in our table: `C` and two digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct DecisionId(String);

impl DecisionId {
    /// Parses `C13`.
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_prefix('C')?;
        (number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit()) && number != "00")
            .then(|| Self(text.to_owned()))
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for DecisionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("not an id of the form C13: {text:?}")))
    }
}

/// How a decision is known to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Connaissance {
    /// Through a commentary or an extract, not the full text.
    #[serde(rename = "rapporté")]
    Rapporte,
}

/// One decision (or, for two of them, a text applied by the courts).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Its id in our table.
    pub id: DecisionId,
    /// Court, date, parties or number, as far as a source gave them.
    pub reference: String,
    /// How it is known.
    pub statut: Connaissance,
    /// What it decided, as reported, in French, in our own words.
    pub resume: String,
    /// What follows for the software, in French.
    pub regle: String,
}

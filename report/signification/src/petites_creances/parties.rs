//! Who takes part: two sides, special mandataires, and the court of appeal that makes an office competent.
use dossier::Digests;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Motif;
use crate::{Id, SignificationError};

/// Where the debt comes from: CPCE art. L. 125-1 knows these two only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Cause {
    /// A contract.
    Contractuelle,
    /// An obligation « de caractère statutaire ».
    Statutaire,
}

impl Cause {
    /// The French words.
    pub fn nom(self) -> &'static str {
        match self {
            Self::Contractuelle => "cause contractuelle",
            Self::Statutaire => "obligation de caractère statutaire",
        }
    }
}

/// A side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Cote {
    /// The creditor's.
    Creancier,
    /// The debtor's.
    Debiteur,
}

/// A special mandataire: his mandate is for this procedure only, from a day to another (both included).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mandat {
    /// The mandataire.
    pub mandataire: Id,
    /// For whom.
    pub pour: Cote,
    /// Digests of the mandate, which the office keeps apart.
    pub ecrit: Digests,
    /// First day.
    pub du: Date,
    /// Last day; `None` for the whole procedure.
    pub au: Option<Date>,
}

impl Mandat {
    /// Whether it is valid on `day`.
    pub fn vaut_le(&self, day: Date) -> bool {
        self.du <= day && self.au.is_none_or(|last| day <= last)
    }
}

/// A court of appeal, by its code: 1 to 40 of `a-z 0-9 -`, the first a letter (`lyon`, `aix-en-provence`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ressort(String);

impl TryFrom<String> for Ressort {
    type Error = SignificationError;

    fn try_from(text: String) -> Result<Self, SignificationError> {
        let ok = text.len() <= 40
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if ok {
            return Ok(Self(text));
        }
        let why = "code d'une cour d'appel : 1 à 40 caractères parmi a-z, 0-9 et -, le premier une lettre";
        Err(SignificationError::Field { field: "ressort", found: text.chars().take(80).collect(), why })
    }
}

impl From<Ressort> for String {
    fn from(ressort: Ressort) -> Self {
        ressort.0
    }
}

impl Ressort {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the directory says: the court of appeal of the office, and that of the debtor's domicile or residence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Competence {
    /// Of the office.
    pub etude: Ressort,
    /// Of the debtor.
    pub debiteur: Ressort,
}

impl Competence {
    /// CPCE art. R. 125-1: they are the same.
    pub fn check(&self) -> Result<(), SignificationError> {
        if self.etude == self.debiteur { Ok(()) } else { Err(Motif::Incompetent.into()) }
    }
}

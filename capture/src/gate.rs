//! The gate before the first page: what stands apart in the preliminaries is told, and a constat goes on only when the officer
//! may answer for it and does. Which rules are applied is not known here: the caller gives them.
use std::fmt;

use dossier::Journal;
use serde::Serialize;

/// Judges the preliminaries by the rules of a norm.
pub trait Gate: fmt::Debug + Send + Sync {
    /// What stands apart, from the journal of a session that has not asked for a page yet.
    fn judge(&self, journal: &Journal) -> Ruling;
}

/// What was found, and by which rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Short name of the norm.
    pub norm: String,
    /// Its edition.
    pub edition: String,
    /// SHA-256 of the data that holds its rules, hexadecimal.
    pub data_sha256: String,
    /// How many requirements were judged.
    pub judged: usize,
    /// Those that stand apart, in the order of the norm.
    pub gaps: Vec<Gap>,
}

/// One requirement that stands apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Its id.
    pub requirement: String,
    /// Its title, French.
    pub title: String,
    /// What follows.
    pub weight: Weight,
    /// The state, French: « écart », « non satisfaite ».
    pub state: String,
    /// Why, French.
    pub why: String,
    /// What to do, French; empty when nothing can be advised.
    pub todo: String,
}

/// What a requirement that stands apart means for a constat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// It is told.
    Inform,
    /// It needs a justification written by the officer, which the act prints.
    Justify,
    /// No constat: nobody can pass over it.
    Block,
}

impl Weight {
    /// The French word.
    pub fn as_french(self) -> &'static str {
        match self {
            Self::Inform => "à savoir",
            Self::Justify => "à justifier",
            Self::Block => "bloquant",
        }
    }
}

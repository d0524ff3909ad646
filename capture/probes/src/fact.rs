//! One measured fact: exactly what a journal line would say, and the raw answer that is kept as evidence.
use dossier::{Operation, Outcome};
use serde_json::{Value, json};

/// One measured fact: exactly what a journal line would say.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The operation.
    pub op: Operation,
    /// How it went.
    pub outcome: Outcome,
    /// The data, as `FORMAT.md` describes them.
    pub data: Value,
    /// The raw answers that are kept. The path of the first is the line's `evidence`.
    pub evidence: Vec<Evidence>,
}

/// The raw answer of a measure.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Name of the file under `net/`: lower-case letters, digits, `-` and one dot.
    pub name: String,
    /// Media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Fact {
    /// A fact without evidence.
    pub fn new(op: Operation, outcome: Outcome, data: Value) -> Self {
        Self { op, outcome, data, evidence: Vec::new() }
    }

    /// A measure that is as asked, or departs from it.
    pub fn judged(op: Operation, good: bool, data: Value) -> Self {
        Self::new(op, if good { Outcome::Ok } else { Outcome::Deviation }, data)
    }

    /// What could not be measured; `why` is a French sentence.
    pub fn not_done(op: Operation, why: &str) -> Self {
        Self::new(op, Outcome::NotDone, json!({"why": why}))
    }

    /// The same, with one more raw answer.
    #[must_use]
    pub fn with(mut self, name: &str, media_type: &'static str, bytes: Vec<u8>) -> Self {
        self.evidence.push(Evidence { name: name.into(), media_type, bytes });
        self
    }
}

//! What a check found: a stable code, a level, and the two values compared.
use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Worth knowing; changes no verdict.
    Info,
    /// A weakness to state; changes no verdict by itself.
    Warn,
    /// The question cannot be answered with what is at hand: the verdict is at best INDETERMINATE.
    Indeterminate,
    /// Proven wrong: the verdict is FAIL.
    Fail,
}

/// One result of one check. `code` is stable and dotted (`zip.duplicate`); scripts and the PV rely on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable dotted code.
    pub code: String,
    /// Weight.
    pub level: Level,
    /// What it is about, in French, one sentence.
    pub what: String,
    /// What should have been found, when there is such a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

impl Finding {
    /// A finding without compared values.
    pub fn new(code: impl Into<String>, level: Level, what: impl Into<String>) -> Self {
        Self { code: code.into(), level, what: what.into(), expected: None, found: None }
    }

    /// The same finding with what was expected and what was found.
    #[must_use]
    pub fn values(mut self, expected: impl ToString, found: impl ToString) -> Self {
        self.expected = Some(expected.to_string());
        self.found = Some(found.to_string());
        self
    }

    /// The same finding with what was found only.
    #[must_use]
    pub fn found(mut self, found: impl ToString) -> Self {
        self.found = Some(found.to_string());
        self
    }
}

//! A mistake in a scenario: where it is, and what was expected instead.
use std::fmt;

/// One mistake. Shown in French, because the officer who wrote the scenario reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// The scenario's file name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key at fault, dotted, as in `etape[2].saisir.texte`.
    pub key: String,
    /// What was expected, in French.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// Whether it is the declared access that cannot stand, and not the form of the file.
    access: bool,
}

impl ScenarioError {
    pub(crate) fn new(file: &str, at: (usize, usize), key: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: at.0,
            column: at.1,
            key: key.into(),
            expected: String::new(),
            found: String::new(),
            access: false,
        }
    }

    pub(crate) fn values(mut self, expected: impl Into<String>, found: impl Into<String>) -> Self {
        self.expected = expected.into();
        // A scenario pasted into a key must not fill the terminal.
        self.found = found.into().chars().take(200).collect();
        self
    }

    /// The same, told as an access that cannot stand.
    pub(crate) fn of_access(mut self) -> Self {
        self.access = true;
        self
    }

    /// Every code this type can give.
    pub const CODES: &'static [&'static str] = &["scenario.invalid", "scenario.access"];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        if self.access { "scenario.access" } else { "scenario.invalid" }
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, key, expected, found, access: _ } = self;
        // What is lacking at the top of the file has no key of its own.
        let key = if key.is_empty() { String::new() } else { format!(", clé « {key} »") };
        write!(f, "{file}, ligne {line}, colonne {column}{key} : attendu {expected} ; trouvé {found}")
    }
}

impl std::error::Error for ScenarioError {}

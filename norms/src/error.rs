//! What can go wrong with the data of a norm; each error has a stable code.

/// An error in the data of a norm. The embedded data is tested, so that a user meets these only with data of his own.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NormError {
    /// No embedded norm has that name.
    #[error("no norm is called {name} (known: {known})")]
    Unknown {
        /// The name asked.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A file of a norm that is not there or cannot be read.
    #[error("{file}: {why}")]
    Unreadable {
        /// Which file.
        file: String,
        /// The system's words.
        why: String,
    },
    /// A file that is not TOML, or has an unknown or missing key; the text of the parser names line and key.
    #[error("{file}: {why}")]
    Toml {
        /// Which file.
        file: String,
        /// The parser's words.
        why: String,
    },
    /// The same id twice.
    #[error("{file}: the id {id} is used twice")]
    Duplicate {
        /// Which file.
        file: String,
        /// Which id.
        id: String,
    },
    /// A reference to something that the norm does not hold.
    #[error("{file}: {id} refers to {target}, which does not exist")]
    Dangling {
        /// Which file.
        file: String,
        /// Where the reference stands.
        id: String,
        /// What it names.
        target: String,
    },
    /// A requirement whose rule or texts contradict the grammar of rules.
    #[error("{file}: {id}: {why}")]
    Rule {
        /// Which file.
        file: String,
        /// Which requirement.
        id: String,
        /// The rule it breaks.
        why: String,
    },
}

impl NormError {
    /// Every code this enum can give: the message table is checked against it.
    pub const CODES: &'static [&'static str] =
        &["norms.unknown", "norms.unreadable", "norms.toml", "norms.duplicate", "norms.dangling", "norms.rule"];

    /// The stable code, the same in every language.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "norms.unknown",
            Self::Unreadable { .. } => "norms.unreadable",
            Self::Toml { .. } => "norms.toml",
            Self::Duplicate { .. } => "norms.duplicate",
            Self::Dangling { .. } => "norms.dangling",
            Self::Rule { .. } => "norms.rule",
        }
    }
}

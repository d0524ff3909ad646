//! What can stop a procès-verbal from being drawn up; each error has a stable code.

/// An error of this package. The text names the fault; [`ReportError::code`] is what scripts rely on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The journal is not the one the manifest names: entries or head differ.
    #[error("the journal is not the manifest's: expected {expected}, found {found}")]
    Journal {
        /// The value of the manifest.
        expected: String,
        /// The value of the journal.
        found: String,
    },
    /// A file the text must show could not be read.
    #[error("artefact {path} cannot be read: {why}")]
    Unreadable {
        /// Which.
        path: String,
        /// What the reader said.
        why: String,
    },
    /// A file the text must show does not have the digest the manifest gives.
    #[error("artefact {path} altered: expected SHA-256 {expected}, found {found}")]
    Altered {
        /// Which.
        path: String,
        /// SHA-256 of the manifest.
        expected: String,
        /// SHA-256 of the bytes read.
        found: String,
    },
    /// A sentence is missing from the wording files, or is malformed.
    #[error("wording {key:?}: {why}")]
    Wording {
        /// Its key.
        key: String,
        /// What is wrong.
        why: String,
    },
    /// What the officer adds could not be read.
    #[error("officer's additions refused: {why}")]
    Draft {
        /// The parser's words: line, key, what was expected.
        why: String,
    },
    /// A template or a wording file of the office could not be read.
    #[error("presentation {path}: {why}")]
    Presentation {
        /// Which file.
        path: String,
        /// What the system said.
        why: String,
    },
    /// The pictures of the document could not be kept beside it, or the document could not be written.
    #[error("the document cannot be written: {why}")]
    Kept {
        /// What the system said.
        why: String,
    },
    /// A receipt is not one that can be shown: nothing is drawn of what does not hold together.
    #[error("receipt refused: {why}")]
    Receipt {
        /// Which file, and what is wrong with it.
        why: String,
    },
    /// The template does not compile, or the pages break PDF/A-3b or PDF/UA-1.
    #[error("layout refused: {why}")]
    Layout {
        /// The typesetter's words, one line a fault.
        why: String,
    },
    /// The manifest or the text cannot be put in canonical form.
    #[error("the manifest cannot be put in canonical form: {0}")]
    Manifest(#[from] dossier::DossierError),
}

impl ReportError {
    /// The stable code, the same in every language.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Journal { .. } => "report.journal",
            Self::Unreadable { .. } => "report.unreadable",
            Self::Altered { .. } => "report.altered",
            Self::Wording { .. } => "report.wording",
            Self::Draft { .. } => "report.draft",
            Self::Presentation { .. } => "report.presentation",
            Self::Kept { .. } => "report.kept",
            Self::Receipt { .. } => "report.receipt",
            Self::Layout { .. } => "report.layout",
            Self::Manifest(_) => "report.manifest",
        }
    }

    /// Every code this enum can give: the message table is checked against it.
    pub const CODES: &'static [&'static str] = &[
        "report.journal",
        "report.unreadable",
        "report.altered",
        "report.wording",
        "report.draft",
        "report.presentation",
        "report.kept",
        "report.receipt",
        "report.layout",
        "report.manifest",
    ];
}

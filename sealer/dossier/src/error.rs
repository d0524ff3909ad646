//! What can go wrong with a dossier on disk; each error has a stable code.
use std::io;
use std::path::PathBuf;

/// An error about a dossier. The text names the fault; [`DossierError::code`] is what scripts rely on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DossierError {
    /// Text that is not a digest.
    #[error("not a digest in lower-case hexadecimal: {found:?}")]
    Digest {
        /// What was read.
        found: String,
    },
    /// Text that is not an RFC 3339 instant.
    #[error("not an RFC 3339 instant: {found:?}")]
    Instant {
        /// What was read.
        found: String,
    },
    /// A name that may not stand in a dossier.
    #[error("path {found:?} refused: {why}")]
    Path {
        /// What was asked for.
        found: String,
        /// The rule it breaks.
        why: &'static str,
    },
    /// A reference that cannot name a dossier.
    #[error("reference {found:?} refused: {why}")]
    Reference {
        /// What was asked for.
        found: String,
        /// The rule it breaks.
        why: &'static str,
    },
    /// JSON that is not strict, or a value that has no canonical form.
    #[error("JSON refused: {why}")]
    Json {
        /// Why.
        why: String,
    },
    /// A dossier of that reference exists.
    #[error("the dossier {} exists already", path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// No dossier there.
    #[error("no dossier at {}", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Another process is writing to this dossier.
    #[error("the dossier {} is in use by another process", path.display())]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// The dossier is not closed, and the operation needs a closed one.
    #[error("the dossier {} is not closed", path.display())]
    NotClosed {
        /// Which.
        path: PathBuf,
    },
    /// The dossier is closed, and the operation needs an open one.
    #[error("the dossier {} is closed", path.display())]
    Closed {
        /// Which.
        path: PathBuf,
    },
    /// The session was cut before its two first lines were written: there is nothing to close.
    #[error("the dossier {} was cut before anything was recorded", path.display())]
    NothingRecorded {
        /// Which.
        path: PathBuf,
    },
    /// The journal does not hold together.
    #[error("journal broken at line {line}: {why}")]
    Journal {
        /// Line number, from 1.
        line: u64,
        /// Why.
        why: String,
    },
    /// An artefact was written twice under one name.
    #[error("the artefact {path} exists already")]
    ArtefactExists {
        /// Which.
        path: String,
    },
    /// A file is not what the journal announces: it was changed, or is gone.
    #[error("the artefact {path} is not what the journal announces")]
    ArtefactAltered {
        /// Which.
        path: String,
    },
    /// The disk is full.
    #[error("no space left while writing {}", path.display())]
    DiskFull {
        /// The file being written.
        path: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl DossierError {
    /// The stable code, the same in every language.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Digest { .. } => "dossier.digest",
            Self::Instant { .. } => "dossier.instant",
            Self::Path { .. } => "dossier.path",
            Self::Reference { .. } => "dossier.reference",
            Self::Json { .. } => "dossier.json",
            Self::Exists { .. } => "dossier.exists",
            Self::Missing { .. } => "dossier.missing",
            Self::InUse { .. } => "dossier.in_use",
            Self::NotClosed { .. } => "dossier.not_closed",
            Self::Closed { .. } => "dossier.closed",
            Self::NothingRecorded { .. } => "dossier.nothing_recorded",
            Self::Journal { .. } => "dossier.journal",
            Self::ArtefactExists { .. } => "dossier.artefact_exists",
            Self::ArtefactAltered { .. } => "dossier.artefact_altered",
            Self::DiskFull { .. } => "dossier.disk_full",
            Self::Io { .. } => "dossier.io",
        }
    }

    /// Every code this enum can give: the message table is checked against it.
    pub const CODES: &'static [&'static str] = &[
        "dossier.digest",
        "dossier.instant",
        "dossier.path",
        "dossier.reference",
        "dossier.json",
        "dossier.exists",
        "dossier.missing",
        "dossier.nothing_recorded",
        "dossier.in_use",
        "dossier.not_closed",
        "dossier.closed",
        "dossier.journal",
        "dossier.artefact_exists",
        "dossier.artefact_altered",
        "dossier.disk_full",
        "dossier.io",
    ];

    /// Wraps a file system error; a full disk or an exhausted quota gets its own variant.
    pub fn io(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path: path.into() },
            _ => Self::Io { action, path: path.into(), source },
        }
    }
}

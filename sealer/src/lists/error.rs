//! What can go wrong with a trusted list or a snapshot of them; each error has a stable code.
use std::path::{Path, PathBuf};

/// Why a list or a snapshot is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// Not the XML that is accepted (UTF-8, no document type, within the limits).
    #[error("{why}")]
    Xml {
        /// Why.
        why: String,
    },
    /// Not a trusted list of TS 119 612.
    #[error("{why}")]
    Structure {
        /// Which rule is broken.
        why: String,
    },
    /// The signature does not hold, or is not of the form of TS 119 612 annex B.
    #[error("{why}")]
    Signature {
        /// Why.
        why: String,
    },
    /// Signed by nobody that the operator pinned, directly or through a list of lists.
    #[error("{what}: signed by {signer}, who is not among the {pinned} certificate(s) pinned for it")]
    Signer {
        /// Which list.
        what: String,
        /// Subject of the certificate in the list, or that there is none.
        signer: String,
        /// How many certificates were tried.
        pinned: usize,
    },
    /// Two lists of one territory, or a list older than the one it would replace.
    #[error("{why}")]
    Order {
        /// Which.
        why: String,
    },
    /// The snapshot is not as it was made.
    #[error("{why}")]
    Snapshot {
        /// What differs.
        why: String,
    },
    /// A file could not be read or written.
    #[error("could not {action} {}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl ListError {
    /// Every code, for the table of messages.
    pub const CODES: &'static [&'static str] =
        &["list.xml", "list.structure", "list.signature", "list.signer", "list.order", "list.snapshot", "list.io"];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Xml { .. } => "list.xml",
            Self::Structure { .. } => "list.structure",
            Self::Signature { .. } => "list.signature",
            Self::Signer { .. } => "list.signer",
            Self::Order { .. } => "list.order",
            Self::Snapshot { .. } => "list.snapshot",
            Self::Io { .. } => "list.io",
        }
    }

    pub(super) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { action, path: path.to_path_buf(), source }
    }

    pub(super) fn structure(why: impl Into<String>) -> Self {
        Self::Structure { why: why.into() }
    }

    pub(super) fn signature(why: impl Into<String>) -> Self {
        Self::Signature { why: why.into() }
    }

    /// The same error, saying which file it is about.
    #[must_use]
    pub(super) fn of_file(self, file: &str) -> Self {
        let told = |why: String| format!("{file}: {why}");
        match self {
            Self::Xml { why } => Self::Xml { why: told(why) },
            Self::Structure { why } => Self::Structure { why: told(why) },
            Self::Signature { why } => Self::Signature { why: told(why) },
            other => other,
        }
    }
}

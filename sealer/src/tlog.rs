//! The office's log of seals: a Merkle tree (RFC 9162) whose signed heads (C2SP `tlog-checkpoint`) are cosigned by other
//! offices' appliances (C2SP `tlog-witness`, `tlog-cosignature`). A seal that is in it cannot be taken away, nor put in
//! later under an older date, without the witnesses' help.
//!
//! A leaf is the canonical JSON of the bundle's reference and the SHA-256 of its seal. It never leaves the office but in
//! the bundle itself: witnesses see sizes and roots.
mod checkpoint;
mod judge;
mod note;
mod policy;
mod proof;
mod store;
mod witness;

pub use dossier::merkle;
use dossier::{Reference, Sha256Digest};

pub use checkpoint::Checkpoint;
pub(crate) use judge::judge;
pub use note::{KeyKind, Note, SigningKey, VerifierKey};
pub use policy::LogPolicy;
pub use proof::TlogProof;
pub use store::{Entered, OfficeLog};
pub use witness::{Witness, WitnessAnswer};

/// What can go wrong with the log, a witness, or what they sign.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// A text is not in its format.
    #[error("{why}")]
    Malformed {
        /// Which, and why.
        why: String,
    },
    /// A key cannot be read or made.
    #[error("clé : {why}")]
    Key {
        /// Why.
        why: String,
    },
    /// The signature of a known key is wrong.
    #[error("la signature de {name} est fausse")]
    Signature {
        /// Whose.
        name: String,
    },
    /// The leaves on disk are not those of a head that was signed: signing on would be a fork.
    #[error("le journal sur disque n'est plus celui de la tête signée de taille {size}")]
    Altered {
        /// The size of that head.
        size: u64,
    },
    /// A policy cannot be read.
    #[error("politique, ligne {line} : {why}")]
    Policy {
        /// Which line.
        line: usize,
        /// Why.
        why: String,
    },
    /// A file cannot be read or written.
    #[error("{path} : {why}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        why: String,
    },
}

impl LogError {
    /// Every code this enum can give.
    pub const CODES: &'static [&'static str] =
        &["log.malformed", "log.key", "log.signature", "log.altered", "log.policy", "log.file"];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "log.malformed",
            Self::Key { .. } => "log.key",
            Self::Signature { .. } => "log.signature",
            Self::Altered { .. } => "log.altered",
            Self::Policy { .. } => "log.policy",
            Self::File { .. } => "log.file",
        }
    }

    fn file(path: &std::path::Path) -> impl Fn(std::io::Error) -> Self {
        move |error| Self::File { path: path.display().to_string(), why: error.to_string() }
    }
}

/// The leaf of a seal: canonical JSON, so that anybody can write it again from the bundle.
pub fn leaf(reference: &Reference, seal: &Sha256Digest) -> Result<Vec<u8>, dossier::DossierError> {
    dossier::canonical_bytes(&serde_json::json!({
        "format": "constat-sceau/1",
        "reference": reference.as_str(),
        "signature001_sha256": seal.to_hex(),
    }))
}

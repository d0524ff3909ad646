//! The wall between this crate and whoever holds the signing key: bytes in, detached signature and time token out.
use dossier::{Finding, Level, Sha256Digest};

use crate::ancrage::Genre;

/// A signature over evidence bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedEvidence {
    /// Detached CMS `SignedData` in DER over the exact bytes (CAdES: signing-certificate-v2 present).
    pub signature: Vec<u8>,
    /// SHA-256 of the signer's certificate in DER.
    pub signer: Sha256Digest,
    /// Level of that signature, as the sealer knows it: `essai`, `avancee`, `qualifiee`.
    pub level: String,
}

/// A signature over evidence bytes, with its time token when an authority answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedEvidence {
    /// Detached CMS `SignedData` in DER over the exact bytes (CAdES: signing-certificate-v2 present).
    pub signature: Vec<u8>,
    /// SHA-256 of the signer's certificate in DER.
    pub signer: Sha256Digest,
    /// Level of that signature, as the sealer knows it: `essai`, `avancee`, `qualifiee`.
    pub level: String,
    /// The time.
    pub time: TimeProof,
}

/// The time token over evidence bytes, or why there is none yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeProof {
    /// An RFC 3161 `TimeStampToken` in DER whose imprint is that of the evidence bytes.
    Token(Vec<u8>),
    /// No authority answered: « horodatage différé », completable by [`EvidenceSealer::timestamp`].
    Deferred {
        /// Why: a stable code of the sealer.
        why: String,
    },
}

/// Why a sealer could not sign or stamp: a stable dotted code and a text without secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {text}")]
pub struct SealerError {
    /// Stable dotted code.
    pub code: String,
    /// What happened.
    pub text: String,
}

/// Signs and timestamps evidence. The root binary implements it with the `sealer` package.
pub trait EvidenceSealer: Sync {
    /// Signs `bytes` (detached); no authority is asked.
    fn sign(&self, bytes: &[u8]) -> Result<SignedEvidence, SealerError>;

    /// Signs `bytes` (detached) and asks for a time token over them. A missing authority is not a failure; a missing
    /// signature is.
    fn seal(&self, bytes: &[u8]) -> Result<SealedEvidence, SealerError> {
        let SignedEvidence { signature, signer, level } = self.sign(bytes)?;
        let time = match self.timestamp(bytes) {
            Ok(token) => TimeProof::Token(token),
            Err(error) => TimeProof::Deferred { why: error.code },
        };
        Ok(SealedEvidence { signature, signer, level, time })
    }

    /// Asks for the time token of bytes sealed earlier.
    fn timestamp(&self, bytes: &[u8]) -> Result<Vec<u8>, SealerError>;

    /// The chains of `signature` and of `token` with the state of each certificate now, to be kept with the evidence
    /// (`constat-etats/1`): it stays verifiable once they expired. `None` when nothing could be had: evidence is issued all
    /// the same. Called for each evidence: who asks a network keeps its answers for a while.
    fn states(&self, signature: &[u8], token: Option<&[u8]>) -> Option<Vec<u8>> {
        let _ = (signature, token);
        None
    }

    /// The further anchors that are configured for checkpoints of the journal (row E06), by name: none unless said otherwise.
    fn anchors(&self) -> Vec<(String, Genre)> {
        Vec::new()
    }

    /// Asks one of [`EvidenceSealer::anchors`] for its proof over `bytes`. An anchor that does not answer is not a failure: it is
    /// asked again later.
    fn anchor(&self, nom: &str, bytes: &[u8]) -> Result<Vec<u8>, SealerError> {
        let _ = bytes;
        Err(SealerError { code: "ancre.inconnue".into(), text: nom.to_owned() })
    }
}

/// Checks what an [`EvidenceSealer`] made, offline. Nothing wrong is an empty list.
pub trait EvidenceVerifier {
    /// Checks the detached signature over `bytes`.
    fn check_signature(&self, bytes: &[u8], signature: &[u8]) -> Vec<Finding>;

    /// Checks the time token over `bytes`.
    fn check_token(&self, bytes: &[u8], token: &[u8]) -> Vec<Finding>;

    /// Checks what a further anchor gave over `bytes`: `ancre` is its name and what it is. A verifier that knows only time tokens
    /// says so of the others, rather than calling them right.
    fn check_anchor(&self, ancre: (&str, Genre), bytes: &[u8], preuve: &[u8]) -> Vec<Finding> {
        match ancre.1 {
            Genre::Rfc3161 => self.check_token(bytes, preuve),
            Genre::JournalPublic | Genre::Opentimestamps => {
                let what = "Ancre d'un genre que ce vérificateur ne juge pas.";
                vec![Finding::new("ancre.unjudged", Level::Indeterminate, what).found(ancre.0)]
            }
        }
    }
}

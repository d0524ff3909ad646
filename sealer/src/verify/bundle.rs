//! A bundle that passed verification, and what may be read from it.
use std::io::Read;
use std::path::{Path, PathBuf};

use dossier::{ArtefactPath, Journal, Manifest, Sha256Digest};

use crate::SealError;

/// A bundle that was verified, and is not FAIL. Only [`crate::verify`] makes one.
#[derive(Debug)]
pub struct VerifiedBundle {
    path: PathBuf,
    sha256: Sha256Digest,
    manifest: Manifest,
    journal: Journal,
}

impl VerifiedBundle {
    /// Where the bundle is.
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// SHA-256 of the whole file.
    pub fn sha256(&self) -> Sha256Digest {
        self.sha256
    }
    /// `constat.json`.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
    /// `journal.jsonl`, whose chain holds.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }
    /// The bytes of an artefact, checked again against its digest.
    pub fn read(&self, path: &ArtefactPath) -> Result<Vec<u8>, SealError> {
        Err(SealError::Archive { why: format!("{path}: not written yet") })
    }
    /// A reader over an artefact.
    pub fn open(&self, path: &ArtefactPath) -> Result<impl Read + use<>, SealError> {
        Err::<std::io::Empty, _>(SealError::Archive { why: format!("{path}: not written yet") })
    }
}

//! The way from the sealed facts to the finished document.
use dossier::{Finding, Sha256Digest};

use crate::{ReportError, ReportInput};

/// A finished document, ready for the officer's own signature.
#[derive(Clone, Debug)]
pub struct ProcesVerbal {
    /// The file: PDF/A-3b and PDF/UA-1, with `constat.json` attached.
    pub pdf: Vec<u8>,
    /// SHA-256 of the file.
    pub sha256: Sha256Digest,
    /// Number of pages.
    pub pages: u32,
    /// Title, as printed: *procès-verbal de constat* when attended, *relevé technique* when not.
    pub title: String,
    /// Captures shown.
    pub captures: u32,
    /// Annexes listed.
    pub annexes: u32,
    /// Gaps left to the officer.
    pub gaps: u32,
}

/// Draws up the document. The same input gives the same bytes.
pub fn draw_up(_input: &ReportInput<'_>) -> Result<ProcesVerbal, ReportError> {
    Err(ReportError::Layout { why: "not written yet".into() })
}

/// The checks that can be made before drafting. [`dossier::Level::Fail`] means that [`draw_up`] refuses;
/// [`dossier::Level::Warn`] means that the officer has something to complete or to justify before signing.
pub fn check(_input: &ReportInput<'_>) -> Vec<Finding> {
    Vec::new()
}

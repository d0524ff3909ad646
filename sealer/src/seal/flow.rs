//! The order of sealing.
use crate::{SealError, SealRequest, SealedBundle};

/// Seals the dossier of `request`.
pub fn seal(request: &SealRequest<'_>) -> Result<SealedBundle, SealError> {
    let _ = request;
    Err(SealError::Sign { why: "sealing is not written yet".into() })
}

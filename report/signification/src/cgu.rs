//! Terms of use: each version is named by the digest of its exact text, and a new one takes a month to come into force.
use dossier::{Instant, Sha256Digest};
use serde::{Deserialize, Serialize};

use crate::SignificationError;
use crate::civil::{paris_date, paris_midnight, paris_text};
use crate::deadline::calendar_months;

/// A published version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CguVersion {
    /// Name of the version.
    pub version: String,
    /// Digest of the exact text.
    pub sha256: Sha256Digest,
    /// When it was published.
    pub published_at: Instant,
    /// From when it applies.
    pub effective_at: Instant,
}

/// The earliest instant at which a text published at `published` may replace another: the notice of one month is counted
/// as CPC art. 641 and 642 al. 1 do (same day of the next month, or its last day, at 24 h), so the text applies from the
/// midnight that ends it. It is a contractual term: art. 642 al. 2 does not move it.
pub fn earliest_effect(published: Instant) -> Instant {
    paris_midnight(crate::calendar::after(calendar_months(paris_date(published), 1), 1))
}

/// Checks the notice of a new version; the very first one needs none.
pub fn check_notice(
    previous: Option<&CguVersion>,
    published: Instant,
    effective: Instant,
) -> Result<(), SignificationError> {
    let earliest = earliest_effect(published);
    if previous.is_some() && effective < earliest {
        return Err(SignificationError::CguNotice { earliest: paris_text(earliest) });
    }
    Ok(())
}

/// The version in force at `at`, among versions in order of publication.
pub fn in_force(versions: &[CguVersion], at: Instant) -> Option<&CguVersion> {
    versions.iter().rev().find(|v| v.effective_at <= at)
}

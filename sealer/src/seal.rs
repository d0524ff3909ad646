//! Seal: a closed dossier becomes one file, signed, and stamped when an authority answers.
mod add_time;
mod anchoring;
mod batch;
mod container;
mod flow;
mod longterm;
mod package;
mod redact;
mod renew;
mod stamping;
mod texts;

use std::path::{Path, PathBuf};

use dossier::{Clock, ClosedDossier, Finding, Instant, Sha256Digest};

use crate::{Network, Random, SealLevel, Signer, TimestampAuthority, WaczKey};

pub use add_time::{TokensBorne, add_time, tokens_borne};
pub use anchoring::{Anchored, Anchoring, anchor};
pub use batch::{Batch, BatchItem, prolong_batch};
pub use flow::seal;
pub use redact::{ExchangeChoice, FileChoice, MadeCopy, RedactRequest, is_redacted_copy, redact};
pub use renew::renew;

/// What to seal, with what, and where.
pub struct SealRequest<'a> {
    /// The dossier; its bytes must still be those its journal announces.
    pub dossier: &'a ClosedDossier,
    /// The office's key.
    pub signer: &'a dyn Signer,
    /// The key of the inner WACZ.
    pub wacz_key: &'a WaczKey,
    /// The authorities, in order: the first that answers stamps the signature, the next stamps the files.
    pub authorities: &'a [&'a dyn TimestampAuthority],
    /// Where the certificates of the chains and their states are fetched, as the certificates themselves announce it
    /// ([`crate::Offline`] fetches nothing, and the seal then stays at level B-T).
    pub network: &'a dyn Network,
    /// With what the seal is anchored, once it bears its time; `None`: it is not.
    pub anchoring: Option<Anchoring<'a>>,
    /// The clock of the signing time and of the window tokens must fall in.
    pub clock: &'a dyn Clock,
    /// Where the nonces come from.
    pub random: &'a dyn Random,
    /// Whether the office's keys are test keys.
    pub essai: bool,
    /// Where the bundle goes, `REF.asice`; nothing may stand there.
    pub target: &'a Path,
    /// Told what happens, while it happens.
    pub progress: &'a dyn Fn(SealProgress),
}

/// What sealing is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealProgress {
    /// Packing the archive into `capture.wacz`.
    Packing,
    /// Measuring a picture.
    Picture {
        /// Its path.
        path: String,
    },
    /// Signing the manifest.
    Signing,
    /// An authority was asked.
    Timestamp {
        /// Its name.
        authority: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// `None` when the token counts, else the code and the text of the error.
        error: Option<(String, String)>,
    },
    /// Asking calendars and witnesses.
    Anchoring,
    /// An anchor could not be had.
    AnchorMissing {
        /// Which, and why.
        why: String,
    },
    /// Fetching the certificates of the chains, and whether they were revoked.
    Revocation,
    /// A certificate, a CRL or an OCSP answer could not be had.
    RevocationMissing {
        /// Which, and why.
        why: String,
    },
    /// Writing an entry of the bundle.
    Writing {
        /// The entry.
        entry: String,
        /// Octets written so far.
        bytes: u64,
        /// Octets to write.
        total: u64,
    },
    /// Verifying the bundle before it gets its name.
    Verifying,
}

/// A bundle that was sealed and verified.
#[derive(Clone, Debug)]
pub struct SealedBundle {
    /// Where it is.
    pub path: PathBuf,
    /// Its length in octets.
    pub bytes: u64,
    /// SHA-256 of the whole file.
    pub sha256: Sha256Digest,
    /// Whether a token over the signature is inside.
    pub timestamped: bool,
    /// The level reached (ETSI EN 319 122-1, 6).
    pub level: Option<SealLevel>,
    /// Before when it must be prolonged: the end of its last token, else of the first to end.
    pub renew_before: Option<Instant>,
    /// Its other anchors.
    pub anchors: Vec<crate::anchor::AnchorFacts>,
    /// What its own verification found: weaknesses to state, never a failure.
    pub findings: Vec<Finding>,
}
pub(crate) use container::Unfinished;
pub(crate) use texts::{datapackage, sums};

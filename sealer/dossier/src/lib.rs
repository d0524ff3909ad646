//! The evidence's words: digest, artefact, journal, manifest, and the dossier they live in on disk.
//!
//! Every other package depends on this one, and it depends on none of them. The format on disk is
//! documented in `FORMAT.md`, beside this crate: stages of the product meet there and nowhere else.

mod account;
mod artefact;
mod canonical;
mod case;
mod digest;
mod error;
mod finding;
mod instant;
mod journal;
mod manifest;
pub mod merkle;
mod operation;
mod path;
mod state;

// Words
pub use account::{Reconciliation, Unmatched, UnmatchedClass};
pub use artefact::{Artefact, ArtefactKind, ArtefactMeta, ImageFacts, Origin};
pub use case::{Case, Officier, Personne, Qualite, Reference, Requerant};
pub use digest::{DigestWriter, Digests, Sha256Digest, Sha512Digest, digest_reader};
pub use finding::{Finding, Level};
pub use instant::{Clock, FixedClock, Instant};
pub use path::ArtefactPath;

// Canonical JSON (RFC 8785)
pub use canonical::{canonical_bytes, parse_strict, to_canonical};

// Journal
pub use journal::{Journal, JournalEntry, JournalFault, Outcome, Torn};
pub use operation::{Operation, op};

// Manifest
pub use manifest::{
    Disclosure, FORMAT_VERSION, IncompletePage, Incompleteness, JournalSummary, Manifest, Missing, MissingReason,
    SealTime, Session, SessionState, Software, TrafficPicture, TrafficPictures, WaczSummary,
};

// Dossier on disk
pub use error::DossierError;
pub use state::{ArtefactWriter, ClosedDossier, Interruption, OpenDossier, Opening, Standing, standing};

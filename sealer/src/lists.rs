//! Trusted lists (ETSI TS 119 612): who was a qualified provider, and when, from a snapshot of lists whose signatures
//! are checked each time it is opened. Offline.
mod c14n;
mod criteria;
mod dsig;
mod error;
mod judge;
mod known;
mod model;
mod read;
mod snapshot;
mod uri;
mod xml;

pub use error::ListError;
pub use judge::{Judged, Outcome, Qscd, Where};
pub use known::KnownServices;
pub use model::{Identity, Period, Pointer, Provider, Service, ServiceKind, Status, TrustedList, Usage};
pub use snapshot::{Checked, Imported, ListRecord, Snapshot, import};

pub(crate) use judge::{judge_authority, judge_signer};

/// Every reader of a list over foreign octets, for the fuzz target.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn fuzz(octets: &[u8]) {
    let Ok(document) = xml::parse(octets) else { return };
    let _ = c14n::document(&document, None);
    let _ = read::of_document(&document);
    let _ = dsig::verify(&document, &[], "fuzz");
}

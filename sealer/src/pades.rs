//! PAdES (ETSI EN 319 142-1): an officer's signature on the procès-verbal, and its verification.
//!
//! Signing only ever appends a revision (ISO 32000-1, 7.5.6): what was given is the beginning of what comes back. Reading is
//! strict, because the file is hostile: every octet of every revision is explained, and after a signature only further
//! signatures, timestamps and what checks them may follow.
mod active;
mod appearance;
mod changes;
mod dss;
mod edit;
mod error;
mod field;
mod fields;
mod files;
mod pages;
mod pdf;
mod report;
mod sign;
mod tree;
mod verify;

pub use appearance::{Look, Place};
pub use error::PadesError;
pub use files::{extend_file, sign_file};
pub use report::{
    CertificateState, DocumentStamp, PadesReport, PathRefusal, RevisionFacts, RevisionKind, SignatureFacts,
};
pub use sign::{Means, PadesRequest, SignedPdf, Told, extend, sign};
pub use verify::verify;

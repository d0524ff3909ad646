//! Seals a closed dossier and verifies a sealed bundle. The only package that holds a signing key, calls a timestamp
//! authority, and decides a verdict.
//!
//! Everything here is blocking standard library code: a bundle can be verified on a machine that has nothing else.

#[cfg(test)]
extern crate self as sealer;

pub mod anchor;
mod asic;
mod asn1;
#[cfg(test)]
mod attacks;
mod block;
mod cms;
mod derive;
mod disclosure;
mod error;
pub mod ers;
pub mod evidence;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod http;
mod image_facts;
mod image_form;
mod interrupted;
mod keys;
mod layout;
pub mod lists;
mod oid;
pub mod pades;
mod random;
mod raw;
mod revocation;
mod seal;
mod source;
mod time_text;
pub mod tlog;
mod traffic_pictures;
pub mod trial;
mod tsp;
mod verify;
mod x509;
mod zip_audit;

// Close
pub use interrupted::close_interrupted;

// Seal
pub use block::{BlockHeader, newest_block};
pub use error::{SealError, TimestampError};
pub use keys::{
    Encryption, ExposeSecret, KeyAlgorithm, KeyError, KeyFacts, NoSecrets, RemoteKey, RemoteSettings, Secret,
    SecretRequest, Secrets, Signer, SoftwareSigner, TokenKey, TokenSettings, WaczKey, Zeroizing, protect_key, try_key,
};
pub use random::{Random, SystemRandom};
pub use revocation::{FetchError, HttpNetwork, Network, Offline};
pub use seal::{
    Anchored, Anchoring, Batch, BatchItem, SealProgress, SealRequest, SealedBundle, TokensBorne, add_time,
    anchor as anchor_bundle, prolong_batch, renew, seal, tokens_borne,
};
pub use tsp::{HttpAuthority, LineToken, TimestampAuthority, line_token};

// Withhold from a copy
pub use disclosure::{Original, RecordFate, Salt, WithheldFile, WithholdingList};
pub use seal::{ExchangeChoice, FileChoice, MadeCopy, RedactRequest, is_redacted_copy, redact};

// Read by range
pub use raw::RawEntries;
pub use source::SourceReader;

// Verify
pub use verify::{
    Answer, AuthorityQualification, Claim, Judged, PREPARE, Qualifications, RecordFacts, RedactedCopy, SealFacts,
    SealLevel, SessionTokenFacts, TimestampFacts, Verdict, Verification, VerifiedBundle, verdict_of, verify,
    verify_beside, verify_bytes, verify_with_record,
};
pub use verify::{
    DocumentFate, PartVerification, ReceiptFacts, ReceiptInside, ReceiptKind, ReceiptVerification, WholeVerification,
    is_receipt, is_whole_dossier, pack_receipt, receipt_lines, verify_receipt, verify_whole_dossier, whole_lines,
};
pub use x509::{QcStatements, TrustAnchors};

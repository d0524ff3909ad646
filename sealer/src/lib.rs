//! Seals a closed dossier and verifies a sealed bundle. The only package that holds a signing key, calls a timestamp
//! authority, and decides a verdict.
//!
//! Everything here is blocking standard library code: a bundle can be verified on a machine that has nothing else.

mod asn1;
mod error;
mod interrupted;
mod keys;
mod oid;
mod random;
mod seal;
mod source;
mod time_text;
pub mod trial;
mod tsp;
mod verify;
mod x509;

// Close
pub use interrupted::close_interrupted;

// Seal
pub use error::{SealError, TimestampError};
pub use keys::{Signer, SoftwareSigner, WaczKey};
pub use random::{Random, SystemRandom};
pub use seal::{SealProgress, SealRequest, SealedBundle, add_time, seal};
pub use tsp::{HttpAuthority, TimestampAuthority};

// Verify
pub use verify::{SealFacts, TimestampFacts, Verdict, Verification, VerifiedBundle, verify, verify_bytes};
pub use x509::TrustAnchors;

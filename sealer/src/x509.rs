//! X.509 certificates (RFC 5280): read as original octets, anchors pinned by the étude, paths valid at a past instant.
mod algorithm;
mod anchors;
mod certificate;
mod path;

pub use anchors::TrustAnchors;

pub(crate) use algorithm::{Digest, PublicKey, SignatureAlgorithm};
pub(crate) use certificate::{Certificate, name_text, pem_certificates};
pub(crate) use path::{PathFault, Purpose, validate};

//! X.509 certificates (RFC 5280): read as original octets, anchors pinned by the étude, paths valid at a past instant.
mod algorithm;
mod anchors;
mod certificate;
mod extensions;
mod memo;
mod names;
mod path;
mod qc;
mod rules;
mod strength;

pub use anchors::TrustAnchors;
pub use qc::QcStatements;

pub(crate) use algorithm::{Digest, PublicKey, SignatureAlgorithm};
pub(crate) use certificate::{Certificate, name_text, pem_certificates};
pub(crate) use extensions::{add_addresses, list as extension_list, read_authority_key};
pub(crate) use path::{PathFault, Purpose, validate};
pub(crate) use strength::{Strength, strength};

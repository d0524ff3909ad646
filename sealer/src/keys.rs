//! The keys: the office's seal (ECDSA P-256), and the WACZ key that only makes a replay tool say "not altered".
mod software;
mod wacz;

pub use software::SoftwareSigner;
pub use wacz::WaczKey;

use crate::SealError;

/// Something that signs for the office: a key in a file, later a smart card.
pub trait Signer: Send + Sync {
    /// The certificates, DER, the signer's first, each followed by the one that issued it; the root may be left out.
    fn certificate_chain(&self) -> &[Vec<u8>];

    /// Signs `message` with ECDSA P-256 and SHA-256 (FIPS 186-5); the signature is a DER `ECDSA-Sig-Value` (RFC 3279).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SealError>;
}

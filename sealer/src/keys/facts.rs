//! What can be said of a key without using it: its certificate, its algorithm, its validity.
use dossier::{Instant, Sha256Digest};

use super::{KeyAlgorithm, Signer};
use crate::x509::{Certificate, PathFault, Purpose, name_text, pem_certificates, validate};
use crate::{SealError, TrustAnchors};

/// A key as its certificate describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// Subject of the certificate (RFC 4514).
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
    /// What it signs with.
    pub algorithm: KeyAlgorithm,
    /// Start of validity.
    pub not_before: Instant,
    /// End of validity.
    pub not_after: Instant,
    /// SHA-256 of the certificate.
    pub certificate: Sha256Digest,
    /// Certificates at hand, the signer's included.
    pub certificates: usize,
    /// `None` when the path leads to an anchor at that instant, else the code of what a verification would find.
    pub chain_fault: Option<&'static str>,
    /// Whether the key is long enough for what it signs with.
    pub long_enough: bool,
}

impl KeyFacts {
    /// The facts of a key, judged at `at` with these anchors; the key itself is not used.
    ///
    /// # Errors
    /// `seal.key` when a certificate cannot be read or there is none.
    pub fn of(signer: &dyn Signer, anchors: &TrustAnchors, at: Instant) -> Result<Self, SealError> {
        let bad = |why: String| SealError::Key { what: "seal certificate".into(), why };
        let parse = |der: &Vec<u8>| Certificate::parse(der).map_err(|e| bad(e.to_string()));
        let chain = signer.certificate_chain().iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        Self::of_chain(&chain, anchors, at)
    }

    /// The same from the certificates alone (PEM, signer first): the key is not reached.
    ///
    /// # Errors
    /// As [`KeyFacts::of`].
    pub fn of_pem(chain_pem: &[u8], anchors: &TrustAnchors, at: Instant) -> Result<Self, SealError> {
        let chain = pem_certificates(chain_pem)
            .map_err(|e| SealError::Key { what: "seal certificate".into(), why: e.to_string() })?;
        Self::of_chain(&chain, anchors, at)
    }

    fn of_chain(chain: &[Certificate], anchors: &TrustAnchors, at: Instant) -> Result<Self, SealError> {
        let missing = || SealError::Key { what: "seal certificate".into(), why: "no certificate".into() };
        let leaf = chain.first().ok_or_else(missing)?;
        let fault = validate(leaf, chain, anchors, at, Purpose::Seal).err().map(|fault| match fault {
            PathFault::NoChain { .. } => "trust.no_chain",
            PathFault::Broken { .. } => "trust.chain_broken",
            PathFault::OutOfDate { .. } => "trust.out_of_bounds_no_poe",
        });
        Ok(Self {
            subject: leaf.subject_text(),
            issuer: name_text(&leaf.issuer),
            algorithm: KeyAlgorithm::of(&leaf.key),
            not_before: leaf.not_before,
            not_after: leaf.not_after,
            certificate: leaf.sha256(),
            certificates: chain.len(),
            chain_fault: fault,
            long_enough: leaf.key.is_long_enough(),
        })
    }
}

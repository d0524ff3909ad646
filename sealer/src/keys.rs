//! The keys: the office's seal (a file, a token, a remote service), and the WACZ key that only makes a replay tool say
//! "not altered".
//!
//! Whatever holds the key, what it returns is checked against the certificate before it is used: sign or fail.
mod algorithm;
mod error;
mod facts;
mod form;
mod pkcs8_file;
mod remote;
mod secret;
mod software;
mod token;
mod wacz;

pub use algorithm::KeyAlgorithm;
pub use error::KeyError;
pub use facts::KeyFacts;
pub use pkcs8_file::{Encryption, protect_key};
pub use remote::{RemoteKey, RemoteSettings};
pub use secret::{ExposeSecret, NoSecrets, Secret, SecretRequest, Secrets, Zeroizing};
pub use software::SoftwareSigner;
pub use token::{TokenKey, TokenSettings};
pub use wacz::WaczKey;

pub(crate) use form::ecdsa_der;

use crate::SealError;
use crate::x509::Certificate;

/// Something that signs for the office: a key in a file, a smart card, a remote service.
///
/// The algorithm follows from the first certificate (see [`KeyAlgorithm`]).
pub trait Signer: Send + Sync {
    /// The certificates, DER, the signer's first, each followed by the one that issued it; the root may be left out.
    fn certificate_chain(&self) -> &[Vec<u8>];

    /// Signs `message` (not its digest): for ECDSA (FIPS 186-5) a DER `ECDSA-Sig-Value` (RFC 3279), for RSASSA-PSS the
    /// octets (RFC 8017). May ask for a secret, and may be slow. Nothing is tried twice.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SealError>;

    /// One line in French that says where the key is, without any secret.
    fn place(&self) -> String;
}

/// Signs, and checks the signature against the certificate: a wrong one never leaves this function.
pub(crate) fn sign_checked(signer: &dyn Signer, leaf: &Certificate, message: &[u8]) -> Result<Vec<u8>, SealError> {
    let signature = signer.sign(message)?;
    leaf.key
        .verify(KeyAlgorithm::of(&leaf.key).signature(), message, &signature)
        .map_err(|why| KeyError::Signature { subject: leaf.subject_text(), why: why.to_owned() })?;
    Ok(signature)
}

/// Tries a key: a short text that says it is a trial is signed, and the signature checked against the certificate.
/// Nothing is kept.
///
/// # Errors
/// Those of [`Signer::sign`], and `key.signature` when the signature is not that of the certificate.
pub fn try_key(signer: &dyn Signer) -> Result<(), SealError> {
    let bad = |why: String| SealError::Key { what: "seal certificate".into(), why };
    let leaf = signer.certificate_chain().first().ok_or_else(|| bad("no certificate".into()))?;
    let leaf = Certificate::parse(leaf).map_err(|e| bad(e.to_string()))?;
    sign_checked(signer, &leaf, TRIAL_TEXT.as_bytes()).map(drop)
}

/// What a trial signs: no document, no set of CMS attributes, nothing that could be used for anything else.
const TRIAL_TEXT: &str = "constat : essai de la clé du sceau, sans valeur\n";

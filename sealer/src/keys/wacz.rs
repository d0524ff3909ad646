//! The anonymous key of `capture.wacz` (wacz-auth 0.1.0): P-384, because that is what replay tools import.
//!
//! It proves nothing about who sealed: the office's seal does. It lets a replay tool show that the package is whole.
use p384::SecretKey;
use p384::ecdsa::signature::hazmat::PrehashSigner as _;
use p384::ecdsa::{Signature, SigningKey};
use p384::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
use sha2::{Digest as _, Sha256};

use crate::{Random, SealError};

/// A P-384 key that signs deterministically (RFC 6979), so that two sealings of one dossier give the same package.
pub struct WaczKey {
    secret: SecretKey,
}

impl WaczKey {
    /// Reads a PKCS#8 PEM.
    pub fn from_pem(pem: &str) -> Result<Self, SealError> {
        let secret = SecretKey::from_pkcs8_pem(pem)
            .map_err(|e| SealError::Key { what: "WACZ key".into(), why: format!("not a P-384 key: {e}") })?;
        Ok(Self { secret })
    }

    /// Makes a new key.
    pub fn generate(random: &dyn Random) -> Result<Self, SealError> {
        let bad = |why: String| SealError::Key { what: "WACZ key".into(), why };
        // A candidate is out of range about once in 2^190 draws: a second failure is a broken generator.
        for _ in 0..2 {
            let mut candidate = [0; 48];
            random.fill(&mut candidate).map_err(bad)?;
            if let Ok(secret) = SecretKey::from_slice(&candidate) {
                return Ok(Self { secret });
            }
        }
        Err(bad("the generator gives no usable octets".into()))
    }

    /// The key as PKCS#8 PEM, to be written where only its owner reads.
    pub fn to_pem(&self) -> Result<String, SealError> {
        let pem = self.secret.to_pkcs8_pem(LineEnding::LF);
        pem.map(|pem| pem.to_string()).map_err(|e| SealError::Key { what: "WACZ key".into(), why: e.to_string() })
    }

    /// The public key, DER SubjectPublicKeyInfo.
    pub fn public_key_der(&self) -> Result<Vec<u8>, SealError> {
        let der = self.secret.public_key().to_public_key_der();
        der.map(|der| der.into_vec()).map_err(|e| SealError::Key { what: "WACZ key".into(), why: e.to_string() })
    }

    /// ECDSA over SHA-256 of `message`, as `r || s` (96 octets), the form WebCrypto checks.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = SigningKey::from(&self.secret);
        let signature: Signature = key
            .sign_prehash(&Sha256::digest(message))
            .map_err(|e| SealError::Sign { why: format!("WACZ key: {e}") })?;
        Ok(signature.to_bytes().to_vec())
    }
}

impl std::fmt::Debug for WaczKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WaczKey")
    }
}

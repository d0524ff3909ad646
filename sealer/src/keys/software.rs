//! A key in a PEM file, held in memory: for the trial étude, and for offices without a card.
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

use super::Signer;
use crate::SealError;
use crate::x509::{Certificate, PublicKey, pem_certificates};

/// A software signer: P-256 key, PKCS#8 PEM; certificates, PEM, signer first.
pub struct SoftwareSigner {
    key: EcdsaKeyPair,
    chain: Vec<Vec<u8>>,
    subject: String,
}

impl SoftwareSigner {
    /// Reads key and chain, and checks that the key is that of the first certificate.
    pub fn from_pem(key_pem: &str, chain_pem: &[u8]) -> Result<Self, SealError> {
        let bad_key = |why: String| SealError::Key { what: "seal key".into(), why };
        let secret = p256::SecretKey::from_pkcs8_pem(key_pem).map_err(|e| bad_key(format!("not a P-256 key: {e}")))?;
        let pkcs8 = secret.to_pkcs8_der().map_err(|e| bad_key(e.to_string()))?;
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_bytes(), &random)
            .map_err(|e| bad_key(e.to_string()))?;
        let certificates = pem_certificates(chain_pem)
            .map_err(|e| SealError::Key { what: "seal certificate".into(), why: e.to_string() })?;
        let subject = certificates.first().map(Certificate::subject_text).unwrap_or_default();
        match certificates.first().map(|c| &c.key) {
            Some(PublicKey::P256(point)) if point == key.public_key().as_ref() => {}
            _ => return Err(SealError::KeyMismatch { subject }),
        }
        let chain = certificates.iter().map(|c| c.der().to_vec()).collect();
        Ok(Self { key, chain, subject })
    }

    /// The subject of the signer's certificate (RFC 4514).
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

impl Signer for SoftwareSigner {
    fn certificate_chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SealError> {
        // ring mixes the key and the message into its nonce: a weak system generator alone cannot give the key away.
        self.key
            .sign(&SystemRandom::new(), message)
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| SealError::Sign { why: "ring refused to sign".into() })
    }
}

impl std::fmt::Debug for SoftwareSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoftwareSigner").field("subject", &self.subject).finish_non_exhaustive()
    }
}

//! A key in a PEM file, held in memory: for the trial étude, and for offices without a card.
use der::SecretDocument;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

use super::{Encryption, NoSecrets, Secrets, Signer, pkcs8_file};
use crate::SealError;
use crate::x509::{Certificate, PublicKey, pem_certificates};

/// A software signer: P-256 or P-384 key, PKCS#8 PEM, in clear or encrypted; certificates, PEM, signer first.
pub struct SoftwareSigner {
    key: EcdsaKeyPair,
    chain: Vec<Vec<u8>>,
    subject: String,
    place: String,
}

impl SoftwareSigner {
    /// Reads a key in clear and its chain, and checks that the key is that of the first certificate.
    pub fn from_pem(key_pem: &str, chain_pem: &[u8]) -> Result<Self, SealError> {
        Self::open(key_pem, chain_pem, "seal key", &NoSecrets)
    }

    /// The same for a key that may be encrypted: the passphrase is asked of `secrets`. `what` names the file in what is
    /// said and asked.
    ///
    /// # Errors
    /// `seal.key` and `seal.key_mismatch` as above; `key.passphrase`, `key.secret`, `key.encryption`.
    pub fn open(key_pem: &str, chain_pem: &[u8], what: &str, secrets: &dyn Secrets) -> Result<Self, SealError> {
        let certificates = pem_certificates(chain_pem)
            .map_err(|e| SealError::Key { what: "seal certificate".into(), why: e.to_string() })?;
        let encrypted = match Encryption::of(key_pem, what)? {
            Encryption::None => "en clair".to_owned(),
            Encryption::Pbes2(how) => format!("chiffré : {how}"),
        };
        let document = pkcs8_file::open(key_pem, what, secrets)?;
        let key = key_pair(&document, what)?;
        let subject = certificates.first().map(Certificate::subject_text).unwrap_or_default();
        match certificates.first().map(|c| &c.key) {
            Some(PublicKey::P256(point) | PublicKey::P384(point)) if point == key.public_key().as_ref() => {}
            _ => return Err(SealError::KeyMismatch { subject }),
        }
        let chain = certificates.iter().map(|c| c.der().to_vec()).collect();
        Ok(Self { key, chain, subject, place: format!("fichier {what} ({encrypted})") })
    }

    /// The subject of the signer's certificate (RFC 4514).
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

/// The key for ring, which wants the public key inside: OpenSSL writes it, other tools may not.
fn key_pair(document: &SecretDocument, what: &str) -> Result<EcdsaKeyPair, SealError> {
    let bad = |why: String| SealError::Key { what: what.to_owned(), why };
    let der = document.as_bytes();
    let (algorithm, whole) = if let Ok(secret) = p256::SecretKey::from_pkcs8_der(der) {
        (&ECDSA_P256_SHA256_ASN1_SIGNING, secret.to_pkcs8_der())
    } else {
        let secret = p384::SecretKey::from_pkcs8_der(der);
        let secret = secret.map_err(|e| bad(format!("neither a P-256 nor a P-384 key: {e}")))?;
        (&ECDSA_P384_SHA384_ASN1_SIGNING, secret.to_pkcs8_der())
    };
    let whole = whole.map_err(|e| bad(e.to_string()))?;
    EcdsaKeyPair::from_pkcs8(algorithm, whole.as_bytes(), &SystemRandom::new()).map_err(|e| bad(e.to_string()))
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

    fn place(&self) -> String {
        self.place.clone()
    }
}

impl std::fmt::Debug for SoftwareSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoftwareSigner").field("subject", &self.subject).finish_non_exhaustive()
    }
}

//! What each kind of key signs with, and how that is written in a seal (RFC 5754, RFC 5758, RFC 8017).
use const_oid::ObjectIdentifier;

use crate::asn1::{context, integer_u64, oid, sequence};
use crate::oid as names;
use crate::x509::{Digest, PublicKey, SignatureAlgorithm};

/// What a key signs with. It follows from the public key: one choice, so that nothing can be negotiated down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// ECDSA on P-256 with SHA-256 (FIPS 186-5).
    EcdsaP256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 octets (RFC 8017), from 3072 bits.
    RsaPss,
}

impl KeyAlgorithm {
    /// That of a public key.
    pub(crate) fn of(key: &PublicKey) -> Self {
        match key {
            PublicKey::P256(_) => Self::EcdsaP256,
            PublicKey::P384(_) => Self::EcdsaP384,
            PublicKey::Rsa(_) => Self::RsaPss,
        }
    }

    /// The digest it signs.
    pub(crate) fn digest(self) -> Digest {
        match self {
            Self::EcdsaP384 => Digest::Sha384,
            Self::EcdsaP256 | Self::RsaPss => Digest::Sha256,
        }
    }

    /// How its signatures are verified.
    pub(crate) fn signature(self) -> SignatureAlgorithm {
        match self {
            Self::EcdsaP256 | Self::EcdsaP384 => SignatureAlgorithm::Ecdsa(self.digest()),
            Self::RsaPss => SignatureAlgorithm::Pss(self.digest()),
        }
    }

    /// Object identifier of the digest.
    pub(crate) fn digest_oid(self) -> ObjectIdentifier {
        match self {
            Self::EcdsaP384 => names::SHA384,
            Self::EcdsaP256 | Self::RsaPss => names::SHA256,
        }
    }

    /// Object identifier of the signature algorithm.
    pub(crate) fn oid(self) -> ObjectIdentifier {
        match self {
            Self::EcdsaP256 => names::ECDSA_SHA256,
            Self::EcdsaP384 => names::ECDSA_SHA384,
            Self::RsaPss => names::RSA_PSS,
        }
    }

    /// Parameters of the signature algorithm, DER, when it has some (RFC 8017 A.2.3).
    pub(crate) fn parameters(self) -> Option<Vec<u8>> {
        if self != Self::RsaPss {
            return None;
        }
        let hash = self.digest_der();
        let mask = sequence(&[&oid(names::MGF1), &hash]);
        Some(sequence(&[&context(0, &hash), &context(1, &mask), &context(2, &integer_u64(32))]))
    }

    /// AlgorithmIdentifier of the digest, without parameters (RFC 5754 2).
    pub(crate) fn digest_der(self) -> Vec<u8> {
        sequence(&[&oid(self.digest_oid())])
    }

    /// AlgorithmIdentifier of the signature, as in a SignerInfo.
    pub(crate) fn signature_der(self) -> Vec<u8> {
        sequence(&[&oid(self.oid()), &self.parameters().unwrap_or_default()])
    }

    /// Its usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ECDSA P-256 / SHA-256",
            Self::EcdsaP384 => "ECDSA P-384 / SHA-384",
            Self::RsaPss => "RSASSA-PSS / SHA-256",
        }
    }
}

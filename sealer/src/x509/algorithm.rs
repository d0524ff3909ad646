//! The algorithms accepted, and nothing else: SHA-2, ECDSA on P-256 and P-384, RSA PKCS#1 v1.5 from 2048 bits, RSASSA-PSS
//! from 3072 bits.
//!
//! EdDSA is left out on purpose: the reference validator's default policy does not accept it at all, and RSASSA-PSS from
//! 3000 bits only. SHA-1, MD5 and shorter keys are refused whatever the date.
use const_oid::ObjectIdentifier;
use ring::signature as rs;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::asn1::{Der, DerError, Element, Tag, context, integer_u64, oid as asn1_oid, sequence};
use crate::oid;

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// Reads an AlgorithmIdentifier: parameters absent or NULL (RFC 5754 2).
    pub(crate) fn read(element: &Element<'_>) -> Result<Self, DerError> {
        let (oid, parameters) = split(element)?;
        if !matches!(parameters, None | Some([5, 0])) {
            return Err(DerError(format!("parameters of the digest algorithm {oid}")));
        }
        Self::from_oid(oid).ok_or_else(|| DerError(format!("digest algorithm {oid} not accepted")))
    }

    fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        match oid {
            oid::SHA256 => Some(Self::Sha256),
            oid::SHA384 => Some(Self::Sha384),
            oid::SHA512 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The AlgorithmIdentifier, without parameters (RFC 5754 2).
    pub(crate) fn to_der(self) -> Vec<u8> {
        let id = match self {
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        };
        sequence(&[&asn1_oid(id)])
    }

    /// Octets of a digest.
    fn octets(self) -> u64 {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The digest of `octets`.
    pub(crate) fn of(self, octets: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(octets).to_vec(),
            Self::Sha384 => Sha384::digest(octets).to_vec(),
            Self::Sha512 => Sha512::digest(octets).to_vec(),
        }
    }
}

/// The OID and the whole parameters of an AlgorithmIdentifier.
fn split<'a>(element: &Element<'a>) -> Result<(ObjectIdentifier, Option<&'a [u8]>), DerError> {
    if element.tag != Tag::SEQUENCE {
        return Err(DerError("AlgorithmIdentifier: not a SEQUENCE".into()));
    }
    let mut inside = element.inside();
    let oid = inside.expect(Tag::OID, "algorithm")?.oid()?;
    let parameters = if inside.is_empty() { None } else { Some(inside.next("algorithm parameters")?.whole) };
    inside.end("AlgorithmIdentifier")?;
    Ok((oid, parameters))
}

/// A signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureAlgorithm {
    Ecdsa(Digest),
    /// PKCS#1 v1.5.
    Rsa(Digest),
    /// RSASSA-PSS (RFC 8017 8.1): MGF1 over the same digest, salt as long as the digest.
    RsaPss(Digest),
}

impl SignatureAlgorithm {
    /// Reads the algorithm of a certificate.
    pub(crate) fn of_certificate(element: &Element<'_>) -> Result<Self, DerError> {
        Self::read(element, None)
    }

    /// Reads the algorithm of a SignerInfo: `rsaEncryption` takes the digest of the SignerInfo (RFC 3370 3.2), every
    /// other must agree with it.
    pub(crate) fn of_signer(element: &Element<'_>, digest: Digest) -> Result<Self, DerError> {
        let algorithm = Self::read(element, Some(digest))?;
        match algorithm {
            Self::Ecdsa(found) | Self::Rsa(found) | Self::RsaPss(found) if found != digest => {
                Err(DerError(format!("signature algorithm with {found:?}, digest algorithm {digest:?}")))
            }
            _ => Ok(algorithm),
        }
    }

    fn read(element: &Element<'_>, digest: Option<Digest>) -> Result<Self, DerError> {
        let (oid, parameters) = split(element)?;
        if oid == oid::RSASSA_PSS {
            return read_pss(parameters.unwrap_or_default()).map(Self::RsaPss);
        }
        let (algorithm, expected): (Self, &[Option<&[u8]>]) = match (oid, digest) {
            (oid::ECDSA_SHA256, _) => (Self::Ecdsa(Digest::Sha256), &[None]),
            (oid::ECDSA_SHA384, _) => (Self::Ecdsa(Digest::Sha384), &[None]),
            (oid::RSA_SHA256, _) => (Self::Rsa(Digest::Sha256), &[Some(&[5, 0]), None]),
            (oid::RSA_SHA384, _) => (Self::Rsa(Digest::Sha384), &[Some(&[5, 0]), None]),
            (oid::RSA_SHA512, _) => (Self::Rsa(Digest::Sha512), &[Some(&[5, 0]), None]),
            (oid::RSA_ENCRYPTION, Some(digest)) => (Self::Rsa(digest), &[Some(&[5, 0])]),
            _ => return Err(DerError(format!("signature algorithm {oid} not accepted"))),
        };
        if !expected.contains(&parameters) {
            return Err(DerError(format!("parameters of the signature algorithm {oid}")));
        }
        Ok(algorithm)
    }

    /// What an office's key of this kind signs with.
    pub(crate) fn for_key(key: &PublicKey) -> Self {
        match key {
            PublicKey::P256(_) => Self::Ecdsa(Digest::Sha256),
            PublicKey::P384(_) => Self::Ecdsa(Digest::Sha384),
            PublicKey::Rsa(_) => Self::RsaPss(Digest::Sha256),
        }
    }

    /// The digest it signs.
    pub(crate) fn digest(self) -> Digest {
        let (Self::Ecdsa(digest) | Self::Rsa(digest) | Self::RsaPss(digest)) = self;
        digest
    }

    /// The AlgorithmIdentifier of a SignerInfo.
    pub(crate) fn to_der(self) -> Vec<u8> {
        match self {
            Self::Ecdsa(Digest::Sha256) => sequence(&[&asn1_oid(oid::ECDSA_SHA256)]),
            Self::Ecdsa(Digest::Sha384) => sequence(&[&asn1_oid(oid::ECDSA_SHA384)]),
            Self::Ecdsa(Digest::Sha512) => sequence(&[&asn1_oid(oid::ECDSA_SHA512)]),
            Self::Rsa(_) => sequence(&[&asn1_oid(oid::RSA_ENCRYPTION), &[5, 0]]),
            Self::RsaPss(digest) => {
                let hash = digest.to_der();
                let mask = sequence(&[&asn1_oid(oid::MGF1), &hash]);
                let salt = integer_u64(digest.octets());
                let parameters = sequence(&[&context(0, &hash), &context(1, &mask), &context(2, &salt)]);
                sequence(&[&asn1_oid(oid::RSASSA_PSS), &parameters])
            }
        }
    }
}

/// RSASSA-PSS-params (RFC 8017 A.2.3): one SHA-2 digest for message and mask, a salt of its length, nothing by default.
fn read_pss(parameters: &[u8]) -> Result<Digest, DerError> {
    let refused = || DerError("parameters of RSASSA-PSS".into());
    let mut inside = Der::one(parameters, Tag::SEQUENCE, "RSASSA-PSS-params")?.inside();
    let hash = inside.expect(Tag::context(0), "hashAlgorithm")?;
    let digest = Digest::read(&Der::one(hash.content, Tag::SEQUENCE, "hashAlgorithm")?)?;
    let mask = inside.expect(Tag::context(1), "maskGenAlgorithm")?;
    let (mask, over) = split(&Der::one(mask.content, Tag::SEQUENCE, "maskGenAlgorithm")?)?;
    let over = Digest::read(&Der::one(over.unwrap_or_default(), Tag::SEQUENCE, "mask digest")?)?;
    let salt = inside.expect(Tag::context(2), "saltLength")?;
    let salt = Der::one(salt.content, Tag::INTEGER, "saltLength")?.small()?;
    inside.end("RSASSA-PSS-params")?;
    if mask == oid::MGF1 && over == digest && salt == digest.octets() { Ok(digest) } else { Err(refused()) }
}

/// Bits of the modulus of an RSAPublicKey; 0 when it is none.
fn modulus_bits(key: &[u8]) -> usize {
    let modulus = || -> Result<&[u8], DerError> {
        Der::one(key, Tag::SEQUENCE, "RSAPublicKey")?.inside().expect(Tag::INTEGER, "modulus")?.unsigned()
    };
    modulus().map_or(0, |n| n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize))
}

/// The shortest RSA key RSASSA-PSS is accepted with, in bits.
const SHORTEST_PSS: usize = 3072;

/// A public key, as its raw form: an uncompressed point, or an RSAPublicKey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicKey {
    P256(Vec<u8>),
    P384(Vec<u8>),
    Rsa(Vec<u8>),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo.
    pub(crate) fn read(spki: &Element<'_>) -> Result<Self, DerError> {
        let mut inside = spki.inside();
        let (oid, parameters) = split(&inside.expect(Tag::SEQUENCE, "key algorithm")?)?;
        let bits = inside.expect(Tag::BIT_STRING, "public key")?;
        inside.end("SubjectPublicKeyInfo")?;
        let [0, key @ ..] = bits.content else { return Err(DerError("public key: unused bits".into())) };
        let curve = |octets: Option<&[u8]>| -> Result<ObjectIdentifier, DerError> {
            Der::one(octets.unwrap_or_default(), Tag::OID, "curve")?.oid()
        };
        match oid {
            oid::EC_PUBLIC_KEY => match curve(parameters)? {
                oid::P256 if key.len() == 65 => Ok(Self::P256(key.to_vec())),
                oid::P384 if key.len() == 97 => Ok(Self::P384(key.to_vec())),
                other => Err(DerError(format!("curve {other}, point of {} octets", key.len()))),
            },
            oid::RSA_ENCRYPTION if parameters == Some(&[5, 0]) => Ok(Self::Rsa(key.to_vec())),
            oid::RSASSA_PSS if parameters.is_none() => Ok(Self::Rsa(key.to_vec())),
            _ => Err(DerError(format!("key algorithm {oid} not accepted"))),
        }
    }

    /// Whether a seal can be made with it: RSA from 3072 bits, every curve that is read.
    pub(crate) fn is_long_enough(&self) -> bool {
        !matches!(self, Self::Rsa(key) if modulus_bits(key) < SHORTEST_PSS)
    }

    /// Checks `signature` over `message`. ring refuses RSA keys under 2048 bits by itself.
    pub(crate) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), &'static str> {
        use Digest::{Sha256, Sha384, Sha512};
        use SignatureAlgorithm::{Ecdsa, Rsa, RsaPss};
        if matches!(algorithm, RsaPss(_)) && !self.is_long_enough() {
            return Err("RSASSA-PSS with a key of less than 3072 bits");
        }
        let (verifier, key): (&'static dyn rs::VerificationAlgorithm, &[u8]) = match (self, algorithm) {
            (Self::P256(key), Ecdsa(Sha256)) => (&rs::ECDSA_P256_SHA256_ASN1, key),
            (Self::P256(key), Ecdsa(Sha384)) => (&rs::ECDSA_P256_SHA384_ASN1, key),
            (Self::P384(key), Ecdsa(Sha256)) => (&rs::ECDSA_P384_SHA256_ASN1, key),
            (Self::P384(key), Ecdsa(Sha384)) => (&rs::ECDSA_P384_SHA384_ASN1, key),
            (Self::Rsa(key), Rsa(Sha256)) => (&rs::RSA_PKCS1_2048_8192_SHA256, key),
            (Self::Rsa(key), Rsa(Sha384)) => (&rs::RSA_PKCS1_2048_8192_SHA384, key),
            (Self::Rsa(key), Rsa(Sha512)) => (&rs::RSA_PKCS1_2048_8192_SHA512, key),
            (Self::Rsa(key), RsaPss(Sha256)) => (&rs::RSA_PSS_2048_8192_SHA256, key),
            (Self::Rsa(key), RsaPss(Sha384)) => (&rs::RSA_PSS_2048_8192_SHA384, key),
            (Self::Rsa(key), RsaPss(Sha512)) => (&rs::RSA_PSS_2048_8192_SHA512, key),
            _ => return Err("key and signature algorithm do not go together"),
        };
        rs::UnparsedPublicKey::new(verifier, key).verify(message, signature).map_err(|_| "the signature does not match")
    }
}

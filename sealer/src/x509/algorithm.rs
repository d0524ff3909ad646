//! The algorithms accepted, and nothing else: SHA-2, ECDSA on P-256 and P-384, RSA PKCS#1 v1.5 and RSASSA-PSS from 2048
//! bits. How long each is strong enough is in [`mod@super::strength`].
//!
//! EdDSA is left out on purpose: the reference validator's default policy does not accept it. SHA-1, MD5, P-192 and
//! shorter keys are refused whatever the date.
use const_oid::ObjectIdentifier;
use ring::signature as rs;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::memo;
use crate::asn1::{Der, DerError, Element, Tag};
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

    /// Its length in octets.
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
    /// RSASSA-PKCS1-v1_5.
    Rsa(Digest),
    /// RSASSA-PSS, with a salt as long as the digest, and the same digest in the mask.
    Pss(Digest),
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
            Self::Ecdsa(found) | Self::Rsa(found) | Self::Pss(found) if found != digest => {
                Err(DerError(format!("signature algorithm with {found:?}, digest algorithm {digest:?}")))
            }
            _ => Ok(algorithm),
        }
    }

    fn read(element: &Element<'_>, digest: Option<Digest>) -> Result<Self, DerError> {
        let (oid, parameters) = split(element)?;
        if oid == oid::RSA_PSS {
            return Ok(Self::Pss(pss_digest(parameters)?));
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
}

/// The digest of RSASSA-PSS parameters (RFC 4055 3.1): no default, one digest throughout, its length as salt.
fn pss_digest(parameters: Option<&[u8]>) -> Result<Digest, DerError> {
    let mut parts = Der::one(parameters.unwrap_or_default(), Tag::SEQUENCE, "RSASSA-PSS-params")?.inside();
    let inside = |e: Element<'_>| Der::one(e.content, Tag::SEQUENCE, "AlgorithmIdentifier").map(|e| e.whole.to_vec());
    let digest_octets = inside(parts.expect(Tag::context(0), "hashAlgorithm")?)?;
    let digest = Digest::read(&Der::one(&digest_octets, Tag::SEQUENCE, "hashAlgorithm")?)?;
    let mask_octets = inside(parts.expect(Tag::context(1), "maskGenAlgorithm")?)?;
    let (mask, mask_digest) = split(&Der::one(&mask_octets, Tag::SEQUENCE, "maskGenAlgorithm")?)?;
    let mask_digest = Digest::read(&Der::one(mask_digest.unwrap_or_default(), Tag::SEQUENCE, "mask digest")?)?;
    let salt = parts.expect(Tag::context(2), "saltLength")?;
    let salt = Der::one(salt.content, Tag::INTEGER, "saltLength")?.small()?;
    // trailerField has one value only, its default.
    parts.end("RSASSA-PSS-params")?;
    if mask != oid::MGF1 || mask_digest != digest || salt != digest.octets() {
        return Err(DerError("RSASSA-PSS parameters other than one digest, MGF1 and its length as salt".into()));
    }
    Ok(digest)
}

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
            // RFC 4055 1.2: a key for RSASSA-PSS alone; without parameters it restricts nothing further.
            oid::RSA_PSS if parameters.is_none() => Ok(Self::Rsa(key.to_vec())),
            _ => Err(DerError(format!("key algorithm {oid} not accepted"))),
        }
    }

    /// Bits of the modulus of an RSA key; `None` for an elliptic curve, or for a modulus that cannot be read.
    pub(crate) fn rsa_bits(&self) -> Option<u64> {
        let Self::Rsa(key) = self else { return None };
        let modulus =
            Der::one(key, Tag::SEQUENCE, "RSAPublicKey").ok()?.inside().expect(Tag::INTEGER, "modulus").ok()?;
        let octets = modulus.unsigned().ok()?;
        Some(octets.len() as u64 * 8 - u64::from(octets.first()?.leading_zeros()))
    }

    /// Checks `signature` over `message`. ring refuses RSA keys under 2048 bits by itself.
    pub(crate) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), &'static str> {
        use Digest::{Sha256, Sha384, Sha512};
        use SignatureAlgorithm::{Ecdsa, Pss, Rsa};
        let (verifier, key): (&'static dyn rs::VerificationAlgorithm, &[u8]) = match (self, algorithm) {
            (Self::P256(key), Ecdsa(Sha256)) => (&rs::ECDSA_P256_SHA256_ASN1, key),
            (Self::P256(key), Ecdsa(Sha384)) => (&rs::ECDSA_P256_SHA384_ASN1, key),
            (Self::P384(key), Ecdsa(Sha256)) => (&rs::ECDSA_P384_SHA256_ASN1, key),
            (Self::P384(key), Ecdsa(Sha384)) => (&rs::ECDSA_P384_SHA384_ASN1, key),
            (Self::Rsa(key), Rsa(Sha256)) => (&rs::RSA_PKCS1_2048_8192_SHA256, key),
            (Self::Rsa(key), Rsa(Sha384)) => (&rs::RSA_PKCS1_2048_8192_SHA384, key),
            (Self::Rsa(key), Rsa(Sha512)) => (&rs::RSA_PKCS1_2048_8192_SHA512, key),
            (Self::Rsa(key), Pss(Sha256)) => (&rs::RSA_PSS_2048_8192_SHA256, key),
            (Self::Rsa(key), Pss(Sha384)) => (&rs::RSA_PSS_2048_8192_SHA384, key),
            (Self::Rsa(key), Pss(Sha512)) => (&rs::RSA_PSS_2048_8192_SHA512, key),
            _ => return Err("key and signature algorithm do not go together"),
        };
        if matches!(algorithm, Pss(_)) && !self.is_long_enough() {
            return Err("RSASSA-PSS with a key of less than 3072 bits");
        }
        let kind = match self {
            Self::P256(_) => "P-256",
            Self::P384(_) => "P-384",
            Self::Rsa(_) => "RSA",
        };
        let name = memo::name([format!("{kind} {algorithm:?}").as_bytes(), key, message, signature]);
        if memo::knows(&name) {
            return Ok(());
        }
        let checked = rs::UnparsedPublicKey::new(verifier, key).verify(message, signature);
        checked.map(|()| memo::keep(name)).map_err(|_| "the signature does not match")
    }

    /// Whether a seal can be made with it: RSA from 3072 bits, every curve that is read.
    pub(crate) fn is_long_enough(&self) -> bool {
        !matches!(self, Self::Rsa(_)) || self.rsa_bits().is_some_and(|bits| bits >= SHORTEST_PSS)
    }
}

/// The shortest RSA key RSASSA-PSS is accepted with, in bits: the reference validator asks for 3000.
const SHORTEST_PSS: u64 = 3072;

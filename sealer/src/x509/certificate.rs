//! One certificate, read once; the octets signed are a slice of the original.
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use const_oid::ObjectIdentifier;
use der::Decode as _;
use dossier::{Instant, Sha256Digest};

use super::{PublicKey, SignatureAlgorithm};
use crate::asn1::{Der, DerError, Element, Tag};
use crate::oid;
use crate::time_text::read_time;

/// Bits of the key usage extension (RFC 5280 4.2.1.3) that matter here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyUse {
    pub(crate) digital_signature: bool,
    pub(crate) non_repudiation: bool,
    pub(crate) key_cert_sign: bool,
    /// Any other bit set.
    pub(crate) other: bool,
}

/// Basic constraints (RFC 5280 4.2.1.9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Constraints {
    pub(crate) ca: bool,
    pub(crate) path_length: Option<u64>,
}

/// A parsed certificate. Equality is equality of octets.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    der: Vec<u8>,
    tbs: Range<usize>,
    pub(crate) serial: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) not_before: Instant,
    pub(crate) not_after: Instant,
    pub(crate) key: PublicKey,
    pub(crate) constraints: Constraints,
    pub(crate) key_use: Option<KeyUse>,
    /// The purposes of the extended key usage, and whether the extension is critical.
    pub(crate) purposes: Option<(Vec<ObjectIdentifier>, bool)>,
    pub(crate) subject_key: Option<Vec<u8>>,
    pub(crate) authority_key: Option<Vec<u8>>,
    /// Critical extensions this code does not process: such a certificate is refused (RFC 5280 4.2).
    pub(crate) unknown_critical: Vec<ObjectIdentifier>,
    /// `None` for an algorithm that is not accepted (an old root signed with SHA-1, say): its own signature then proves
    /// nothing, but it can still be an anchor.
    algorithm: Option<SignatureAlgorithm>,
    pub(crate) signature: Vec<u8>,
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Certificate {
    /// Parses exactly one DER certificate.
    pub(crate) fn parse(octets: &[u8]) -> Result<Self, DerError> {
        let mut outer = Der::one(octets, Tag::SEQUENCE, "Certificate")?.inside();
        let tbs = outer.expect(Tag::SEQUENCE, "TBSCertificate")?;
        let algorithm_element = outer.expect(Tag::SEQUENCE, "signatureAlgorithm")?;
        let signature = outer.expect(Tag::BIT_STRING, "signature")?;
        outer.end("Certificate")?;
        let [0, signature @ ..] = signature.content else { return Err(DerError("signature: unused bits".into())) };

        let mut fields = tbs.inside();
        let version = fields.expect(Tag::context(0), "version (v3)")?;
        if version.content != [2, 1, 2] {
            return Err(DerError("certificate version other than v3".into()));
        }
        let serial = fields.expect(Tag::INTEGER, "serialNumber")?.content.to_vec();
        if fields.expect(Tag::SEQUENCE, "signature")?.whole != algorithm_element.whole {
            return Err(DerError("the two signature algorithms of the certificate differ".into()));
        }
        let issuer = name(&mut fields, "issuer")?;
        let mut validity = fields.expect(Tag::SEQUENCE, "validity")?.inside();
        let not_before = read_time(&validity.next("notBefore")?)?;
        let not_after = read_time(&validity.next("notAfter")?)?;
        validity.end("validity")?;
        let subject = name(&mut fields, "subject")?;
        let key = PublicKey::read(&fields.expect(Tag::SEQUENCE, "subjectPublicKeyInfo")?)?;
        fields.optional(Tag::context_primitive(1), "issuerUniqueID")?;
        fields.optional(Tag::context_primitive(2), "subjectUniqueID")?;
        let extensions = fields.optional(Tag::context(3), "extensions")?;
        fields.end("TBSCertificate")?;
        // The whole starts with the outer header; the TBS is a slice of it.
        let start = tbs.whole.as_ptr() as usize - octets.as_ptr() as usize;
        let mut certificate = Self {
            der: octets.to_vec(),
            tbs: start..start + tbs.whole.len(),
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            key,
            constraints: Constraints::default(),
            key_use: None,
            purposes: None,
            subject_key: None,
            authority_key: None,
            unknown_critical: Vec::new(),
            algorithm: SignatureAlgorithm::of_certificate(&algorithm_element).ok(),
            signature: signature.to_vec(),
        };
        if let Some(extensions) = extensions {
            certificate.read_extensions(&extensions)?;
        }
        Ok(certificate)
    }

    fn read_extensions(&mut self, explicit: &Element<'_>) -> Result<(), DerError> {
        let list = Der::one(explicit.content, Tag::SEQUENCE, "Extensions")?.inside().all(64, "Extensions")?;
        let mut seen = Vec::new();
        for element in list {
            let mut parts = Der::one(element.whole, Tag::SEQUENCE, "Extension")?.inside();
            let id = parts.expect(Tag::OID, "extnID")?.oid()?;
            let critical = match parts.optional(Tag::BOOLEAN, "critical")?.map(|e| e.content) {
                None => false,
                Some([0xff]) => true,
                Some(_) => return Err(DerError("critical: not DER".into())),
            };
            let value = parts.expect(Tag::OCTET_STRING, "extnValue")?.content;
            parts.end("Extension")?;
            if seen.contains(&id) {
                return Err(DerError(format!("extension {id} twice")));
            }
            seen.push(id);
            self.read_extension(id, critical, value)?;
        }
        Ok(())
    }

    fn read_extension(&mut self, id: ObjectIdentifier, critical: bool, value: &[u8]) -> Result<(), DerError> {
        match id {
            oid::CE_BASIC_CONSTRAINTS => self.constraints = read_constraints(value)?,
            oid::CE_KEY_USAGE => self.key_use = Some(read_key_use(value)?),
            oid::CE_EXT_KEY_USAGE => {
                let list = Der::one(value, Tag::SEQUENCE, "ExtKeyUsage")?.inside().all(32, "ExtKeyUsage")?;
                let purposes = list.iter().map(Element::oid).collect::<Result<_, _>>()?;
                self.purposes = Some((purposes, critical));
            }
            oid::CE_SUBJECT_KEY_IDENTIFIER => {
                self.subject_key = Some(Der::one(value, Tag::OCTET_STRING, "SubjectKeyIdentifier")?.content.to_vec());
            }
            oid::CE_AUTHORITY_KEY_IDENTIFIER => {
                let mut parts = Der::one(value, Tag::SEQUENCE, "AuthorityKeyIdentifier")?.inside();
                let key = parts.optional(Tag::context_primitive(0), "keyIdentifier")?;
                self.authority_key = key.map(|k| k.content.to_vec());
            }
            // Names and policies restrict nothing here: they are read by people, and no constraint extension is accepted.
            oid::CE_SUBJECT_ALT_NAME | oid::CE_CERTIFICATE_POLICIES => {}
            _ if critical => self.unknown_critical.push(id),
            _ => {}
        }
        Ok(())
    }

    /// The original octets.
    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the original octets.
    pub(crate) fn sha256(&self) -> Sha256Digest {
        Sha256Digest::of(&self.der)
    }

    /// The subject as text (RFC 4514).
    pub(crate) fn subject_text(&self) -> String {
        name_text(&self.subject)
    }

    /// Whether subject and issuer are the same name.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether `issuer` is named as the issuer of this certificate, and its key made the signature.
    pub(crate) fn is_signed_by(&self, issuer: &Self) -> bool {
        if self.issuer != issuer.subject {
            return false;
        }
        let tbs = self.der.get(self.tbs.clone()).unwrap_or_default();
        self.algorithm.is_some_and(|algorithm| issuer.key.verify(algorithm, tbs, &self.signature).is_ok())
    }
}

fn name(fields: &mut Der<'_>, what: &str) -> Result<Vec<u8>, DerError> {
    let element = fields.expect(Tag::SEQUENCE, what)?;
    if element.content.is_empty() && what == "issuer" {
        return Err(DerError("empty issuer".into()));
    }
    Ok(element.whole.to_vec())
}

/// A name as text (RFC 4514); hexadecimal when it is not a name.
pub(crate) fn name_text(octets: &[u8]) -> String {
    x509_cert::name::Name::from_der(octets).map_or_else(|_| hex::encode(octets), |name| name.to_string())
}

fn read_constraints(value: &[u8]) -> Result<Constraints, DerError> {
    let mut parts = Der::one(value, Tag::SEQUENCE, "BasicConstraints")?.inside();
    let ca = match parts.optional(Tag::BOOLEAN, "cA")?.map(|e| e.content) {
        None => false,
        Some([0xff]) => true,
        Some(_) => return Err(DerError("cA: not DER".into())),
    };
    let path_length = parts.optional(Tag::INTEGER, "pathLenConstraint")?.map(|e| e.small()).transpose()?;
    parts.end("BasicConstraints")?;
    Ok(Constraints { ca, path_length })
}

fn read_key_use(value: &[u8]) -> Result<KeyUse, DerError> {
    let bits = Der::one(value, Tag::BIT_STRING, "KeyUsage")?.content;
    let (first, rest) = match bits {
        [0..=7, first, rest @ ..] => (*first, rest),
        _ => return Err(DerError("KeyUsage: empty".into())),
    };
    Ok(KeyUse {
        digital_signature: first & 0x80 != 0,
        non_repudiation: first & 0x40 != 0,
        key_cert_sign: first & 0x04 != 0,
        other: first & 0x3b != 0 || rest.iter().any(|b| *b != 0),
    })
}

/// The certificates of a PEM text, in order; anything between the blocks is refused unless it is a comment line.
pub(crate) fn pem_certificates(pem: &[u8]) -> Result<Vec<Certificate>, DerError> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let text = std::str::from_utf8(pem).map_err(|_| DerError("not a PEM text".into()))?;
    let mut certificates = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let (body, after) = after.split_once(END).ok_or_else(|| DerError("PEM block without end".into()))?;
        let base64: String = body.split_ascii_whitespace().collect();
        let octets = STANDARD.decode(base64).map_err(|e| DerError(format!("PEM: {e}")))?;
        certificates.push(Certificate::parse(&octets)?);
        rest = after;
    }
    if certificates.is_empty() { Err(DerError("no certificate in the PEM text".into())) } else { Ok(certificates) }
}

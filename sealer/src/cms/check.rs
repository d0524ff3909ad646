//! Checks one SignedData: the certificate its signed attributes name, the digest of the content, the signature.
use const_oid::ObjectIdentifier;
use dossier::Instant;

use super::SignedData;
use super::parse::SignerId;
use crate::asn1::{Der, DerError, Element, Tag};
use crate::oid;
use crate::time_text::read_time;
use crate::x509::{Certificate, Digest};

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CmsFault {
    /// The structure breaks a rule.
    Structure(String),
    /// The content is not what was signed.
    Digest { expected: String, found: String },
    /// No certificate inside is the one named, or two answers disagree.
    Certificate(String),
    /// The signature does not match.
    Signature(String),
}

impl From<DerError> for CmsFault {
    fn from(error: DerError) -> Self {
        Self::Structure(error.0)
    }
}

/// A signature that holds.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub(crate) certificate: Certificate,
    pub(crate) signing_time: Option<Instant>,
    /// Whether the certificate is bound by SHA-1 only (signing-certificate, RFC 2634).
    pub(crate) bound_by_sha1: bool,
}

/// Checks the signer of `data` over `content`, whose type must be `content_type`.
pub(crate) fn check_signer(
    data: &SignedData<'_>,
    content: &[u8],
    content_type: ObjectIdentifier,
) -> Result<Checked, CmsFault> {
    let signer = &data.signer;
    if data.content_type != content_type {
        return Err(CmsFault::Structure(format!("content type {}, expected {content_type}", data.content_type)));
    }
    let stated = value(data, oid::CONTENT_TYPE, Tag::OID, "content-type")?.oid()?;
    if stated != content_type {
        return Err(CmsFault::Structure(format!("signed content type {stated}, expected {content_type}")));
    }
    let expected = value(data, oid::MESSAGE_DIGEST, Tag::OCTET_STRING, "message-digest")?.content;
    let found = signer.digest.of(content);
    if expected != found {
        return Err(CmsFault::Digest { expected: hex::encode(expected), found: hex::encode(found) });
    }
    let (certificate, bound_by_sha1) = bound_certificate(data)?;
    let named = match signer.id {
        SignerId::IssuerSerial { issuer, serial } => certificate.issuer == issuer && certificate.serial == serial,
        SignerId::SubjectKey(key) => certificate.extensions.subject_key.as_deref() == Some(key),
    };
    if !named {
        return Err(CmsFault::Certificate("the signer identifier names another certificate".into()));
    }
    certificate
        .key
        .verify(signer.algorithm, &signer.signed_octets, signer.signature)
        .map_err(|why| CmsFault::Signature(why.into()))?;
    let signing_time = signer.signed_value(oid::SIGNING_TIME).map(|e| read_time(&e)).transpose()?;
    Ok(Checked { certificate: certificate.clone(), signing_time, bound_by_sha1 })
}

fn value<'a>(data: &SignedData<'a>, id: ObjectIdentifier, tag: Tag, what: &str) -> Result<Element<'a>, CmsFault> {
    match data.signer.signed_value(id) {
        Some(element) if element.tag == tag => Ok(element),
        Some(_) => Err(CmsFault::Structure(format!("{what} is of another type"))),
        None => Err(CmsFault::Structure(format!("{what} is missing"))),
    }
}

/// The certificate the signed attributes name, its signature unchecked.
pub(crate) fn signing_certificate(data: &SignedData<'_>) -> Result<Certificate, String> {
    match bound_certificate(data) {
        Ok((certificate, _)) => Ok(certificate.clone()),
        Err(CmsFault::Structure(why) | CmsFault::Certificate(why) | CmsFault::Signature(why)) => Err(why),
        Err(CmsFault::Digest { found, .. }) => Err(found),
    }
}

/// The certificate whose digest is in signing-certificate-v2 (RFC 5035), or in the older signing-certificate.
fn bound_certificate<'c>(data: &'c SignedData<'_>) -> Result<(&'c Certificate, bool), CmsFault> {
    let (attribute, sha1) = match data.signer.signed_value(oid::SIGNING_CERTIFICATE_V2) {
        Some(attribute) => (attribute, false),
        None => match data.signer.signed_value(oid::SIGNING_CERTIFICATE_V1) {
            Some(attribute) => (attribute, true),
            None => return Err(CmsFault::Certificate("no signing-certificate-v2 attribute".into())),
        },
    };
    let mut outer = Der::one(attribute.whole, Tag::SEQUENCE, "SigningCertificate")?.inside();
    let first = outer.expect(Tag::SEQUENCE, "certs")?.inside().expect(Tag::SEQUENCE, "ESSCertID")?;
    let mut id = first.inside();
    let digest = match id.optional(Tag::SEQUENCE, "hashAlgorithm")? {
        Some(_) if sha1 => return Err(CmsFault::Structure("ESSCertID with an algorithm".into())),
        Some(algorithm) => Digest::read(&algorithm)?,
        None => Digest::Sha256,
    };
    let hash = id.expect(Tag::OCTET_STRING, "certHash")?.content;
    let matches = |certificate: &&Certificate| {
        if sha1 {
            ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, certificate.der()).as_ref() == hash
        } else {
            digest.of(certificate.der()) == hash
        }
    };
    let found = data.certificates.iter().find(matches);
    let certificate = found
        .ok_or_else(|| CmsFault::Certificate(format!("no certificate inside has the digest {}", hex::encode(hash))))?;
    if let Some(issuer_serial) = id.optional(Tag::SEQUENCE, "issuerSerial")? {
        let mut parts = issuer_serial.inside();
        let names = parts.expect(Tag::SEQUENCE, "issuer")?;
        let serial = parts.expect(Tag::INTEGER, "serialNumber")?.content;
        let issuer = Der::one(names.content, Tag::context(4), "directoryName")?.content;
        if issuer != certificate.issuer || serial != certificate.serial {
            return Err(CmsFault::Certificate("issuerSerial names another certificate".into()));
        }
    }
    Ok((certificate, sha1))
}

/// A certificate carried that nothing explains: not in the path, not an anchor, and signed by nobody at hand. It would
/// be a place where octets could be changed unseen. A cross-certificate of an anchor is explained by its key.
pub(crate) fn unexplained<'c>(
    carried: &'c [Certificate],
    path: &[Certificate],
    anchors: &[Certificate],
) -> Option<&'c Certificate> {
    let explained = |certificate: &Certificate| {
        let known = path.contains(certificate) || anchors.contains(certificate);
        let signed = || carried.iter().chain(anchors).any(|issuer| certificate.is_signed_by(issuer));
        let cross = || {
            !certificate.is_self_issued()
                && anchors.iter().any(|a| a.subject == certificate.subject && a.key == certificate.key)
                && anchors.iter().all(|a| a.signature != certificate.signature)
        };
        // Above the reader's anchor, when he chose an intermediate: it did sign what he trusts.
        let above = || path.last().is_some_and(|end| !end.is_self_issued() && end.is_signed_by(certificate));
        known || signed() || cross() || above()
    };
    carried.iter().find(|certificate| !explained(certificate))
}

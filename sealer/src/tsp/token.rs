//! `TimeStampToken` and its `TSTInfo` (RFC 3161 2.4.2), and the list of checks before a token counts.
use const_oid::ObjectIdentifier;
use dossier::Instant;

use crate::asn1::{Der, DerError, Tag};
use crate::cms::{self, CmsFault};
use crate::oid;
use crate::revocation::Carried;
use crate::time_text::read_time;
use crate::x509::{Certificate, Digest, PathFault, Purpose, SignatureAlgorithm, validate};
use crate::{TimestampError, TrustAnchors};

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TstInfo<'a> {
    pub(crate) policy: ObjectIdentifier,
    pub(crate) digest: Digest,
    pub(crate) imprint: &'a [u8],
    pub(crate) serial: &'a [u8],
    pub(crate) gen_time: Instant,
    /// In microseconds; `None` is unknown, not zero.
    pub(crate) accuracy_us: Option<u64>,
    pub(crate) nonce: Option<&'a [u8]>,
    /// The name of the authority, when stated as a directory name.
    tsa: Option<&'a [u8]>,
}

impl<'a> TstInfo<'a> {
    /// Reads a TSTInfo.
    pub(crate) fn parse(octets: &'a [u8]) -> Result<Self, DerError> {
        let mut parts = Der::one(octets, Tag::SEQUENCE, "TSTInfo")?.inside();
        if parts.expect(Tag::INTEGER, "version")?.small()? != 1 {
            return Err(DerError("TSTInfo version other than 1".into()));
        }
        let policy = parts.expect(Tag::OID, "policy")?.oid()?;
        let mut imprint = parts.expect(Tag::SEQUENCE, "messageImprint")?.inside();
        let digest = Digest::read(&imprint.expect(Tag::SEQUENCE, "hashAlgorithm")?)?;
        let hashed = imprint.expect(Tag::OCTET_STRING, "hashedMessage")?.content;
        imprint.end("messageImprint")?;
        let serial = parts.expect(Tag::INTEGER, "serialNumber")?.unsigned()?;
        if serial.len() > 20 {
            return Err(DerError("serialNumber longer than 160 bits".into()));
        }
        let gen_time = read_time(&parts.expect(Tag::GENERALIZED_TIME, "genTime")?)?;
        let accuracy_us = match parts.optional(Tag::SEQUENCE, "accuracy")? {
            None => None,
            Some(element) => Some(accuracy(element.inside())?),
        };
        parts.optional(Tag::BOOLEAN, "ordering")?;
        let nonce = parts.optional(Tag::INTEGER, "nonce")?.map(|e| e.unsigned()).transpose()?;
        let tsa = match parts.optional(Tag::context(0), "tsa")? {
            None => None,
            Some(name) => {
                let mut name = name.inside();
                let directory = name.optional(Tag::context(4), "directoryName")?;
                directory.map(|d| d.content)
            }
        };
        parts.optional(Tag::context(1), "extensions")?;
        parts.end("TSTInfo")?;
        Ok(Self { policy, digest, imprint: hashed, serial, gen_time, accuracy_us, nonce, tsa })
    }
}

fn accuracy(mut parts: Der<'_>) -> Result<u64, DerError> {
    let seconds = parts.optional(Tag::INTEGER, "seconds")?.map(|e| e.small()).transpose()?.unwrap_or(0);
    let mut part = |number: u8, what: &str| -> Result<u64, DerError> {
        let value = parts.optional(Tag::context_primitive(number), what)?.map(|e| e.small()).transpose()?;
        match value {
            None => Ok(0),
            Some(value @ 1..=999) => Ok(value),
            Some(_) => Err(DerError(format!("{what} out of 1..999"))),
        }
    };
    let (millis, micros) = (part(0, "millis")?, part(1, "micros")?);
    parts.end("accuracy")?;
    seconds
        .checked_mul(1_000_000)
        .and_then(|us| us.checked_add(millis * 1000 + micros))
        .ok_or_else(|| DerError("accuracy too large".into()))
}

/// What is known of a token that counts.
#[derive(Clone, Debug)]
pub(crate) struct TokenFacts {
    pub(crate) authority: String,
    pub(crate) gen_time: Instant,
    pub(crate) serial: String,
    pub(crate) policy: String,
    pub(crate) accuracy_us: Option<u64>,
    pub(crate) nonce: Option<Vec<u8>>,
    pub(crate) bound_by_sha1: bool,
    /// End of validity of the first certificate of the path to expire.
    pub(crate) valid_to: Instant,
    /// The path, signer first, anchor last.
    pub(crate) path: Vec<Certificate>,
    /// The certificates and the revocation data the token carries.
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) revocation: Carried,
    /// The algorithm of its signature.
    pub(crate) algorithm: SignatureAlgorithm,
}

/// Checks everything about a token over `data` but what only the asker knows (nonce, policy, window): structure, one
/// signer, imprint, certificate binding, signature over the original octets, purpose of the certificate, and a chain to
/// `anchors` valid when the token was made. [`TimestampError::Chain`] means that no anchor at hand issued it; every
/// other error is proof against the token.
pub(crate) fn check_token(token: &[u8], data: &[u8], anchors: &TrustAnchors) -> Result<TokenFacts, TimestampError> {
    check_token_with(token, data, anchors, &[])
}

/// The same, with more certificates to build the path from.
pub(crate) fn check_token_with(
    token: &[u8],
    data: &[u8],
    anchors: &TrustAnchors,
    more: &[Certificate],
) -> Result<TokenFacts, TimestampError> {
    let malformed = |e: DerError| TimestampError::Malformed { why: e.0 };
    let signed = cms::parse(token).map_err(malformed)?;
    let content = signed.content.ok_or_else(|| TimestampError::Malformed { why: "no TSTInfo inside".into() })?;
    let info = TstInfo::parse(content).map_err(malformed)?;
    let expected = info.digest.of(data);
    if info.imprint != expected {
        let (expected, found) = (hex::encode(expected), hex::encode(info.imprint));
        return Err(TimestampError::Imprint { expected, found });
    }
    let checked = cms::check_signer(&signed, content, oid::ID_CT_TST_INFO).map_err(from_cms)?;
    let certificate = &checked.certificate;
    if info.tsa.is_some_and(|name| name != certificate.subject) {
        return Err(TimestampError::Certificate { why: "the token names another authority".into() });
    }
    if !signed.signer.unsigned.is_empty() {
        return Err(TimestampError::Malformed { why: "unsigned attributes in the token".into() });
    }
    let revocation = Carried::read(&signed.revocation).map_err(malformed)?;
    let pool: Vec<Certificate> = signed.certificates.iter().chain(more).cloned().collect();
    let path = validate(certificate, &pool, anchors, info.gen_time, Purpose::Timestamp).map_err(from_path)?;
    if let Some(stray) = cms::unexplained(&signed.certificates, &path, anchors.certificates()) {
        let why = format!("the certificate {} carried by the token is signed by nobody at hand", stray.subject_text());
        return Err(TimestampError::Certificate { why });
    }
    Ok(TokenFacts {
        authority: certificate.subject_text(),
        gen_time: info.gen_time,
        serial: hex::encode(info.serial),
        policy: info.policy.to_string(),
        accuracy_us: info.accuracy_us,
        nonce: info.nonce.map(<[u8]>::to_vec),
        bound_by_sha1: checked.bound_by_sha1,
        valid_to: path.iter().map(|c| c.not_after).min().unwrap_or(certificate.not_after),
        path,
        algorithm: signed.signer.algorithm,
        certificates: signed.certificates.clone(),
        revocation,
    })
}

fn from_cms(fault: CmsFault) -> TimestampError {
    match fault {
        CmsFault::Structure(why) => TimestampError::Malformed { why },
        CmsFault::Digest { expected, found } => {
            TimestampError::Signature { why: format!("digest of the content: expected {expected}, found {found}") }
        }
        CmsFault::Certificate(why) => TimestampError::Certificate { why },
        CmsFault::Signature(why) => TimestampError::Signature { why },
    }
}

fn from_path(fault: PathFault) -> TimestampError {
    match fault {
        PathFault::NoChain { subject } => TimestampError::Chain { why: subject },
        PathFault::Broken { why } => TimestampError::Certificate { why },
        PathFault::OutOfDate { subject, from, to } => {
            TimestampError::Certificate { why: format!("{subject} is valid from {from} to {to} only") }
        }
    }
}

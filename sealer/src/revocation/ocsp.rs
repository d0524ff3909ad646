//! An OCSP answer (RFC 6960), read once; what it says of one certificate. And the request that asks for it.
use std::ops::Range;

use dossier::Instant;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::crl::{Reason, Revocation, read_reason};
use crate::asn1::{Der, DerError, Element, Tag, context, octet_string, oid as oid_der, sequence, tlv};
use crate::oid;
use crate::time_text::read_time;
use crate::x509::{Certificate, Digest, SignatureAlgorithm, extension_list, name_text};

/// Single answers, and certificates, read at most.
const MAX_SINGLES: usize = 64;
const MAX_CERTIFICATES: usize = 8;

/// How the answer names who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Responder {
    Name(Vec<u8>),
    /// SHA-1 of the key, as RFC 6960 fixes it.
    Key(Vec<u8>),
}

/// What is said of one certificate.
#[derive(Clone, Debug)]
struct Single {
    /// The digest algorithm of the two hashes below: `None` is SHA-1, which only names here and protects nothing.
    digest: Option<Digest>,
    issuer_name: Vec<u8>,
    issuer_key: Vec<u8>,
    serial: Vec<u8>,
    state: State,
    this_update: Instant,
    next_update: Option<Instant>,
    critical: bool,
}

/// The state of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Good,
    Revoked(Revocation),
    Unknown,
}

/// What an answer says of a certificate, and for when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) state: State,
    pub(crate) this_update: Instant,
    pub(crate) next_update: Option<Instant>,
}

/// A parsed answer.
#[derive(Clone, Debug)]
pub(crate) struct OcspAnswer {
    der: Vec<u8>,
    /// The signed part, in `der`.
    tbs: Range<usize>,
    responder: Responder,
    pub(crate) produced_at: Instant,
    singles: Vec<Single>,
    pub(crate) nonce: Option<Vec<u8>>,
    critical: bool,
    /// The certificates it carries.
    pub(crate) certificates: Vec<Certificate>,
    algorithm: Option<SignatureAlgorithm>,
    signature: Vec<u8>,
}

impl OcspAnswer {
    /// Parses exactly one DER `OCSPResponse` that is successful and basic; any other is refused.
    pub(crate) fn parse(octets: &[u8]) -> Result<Self, DerError> {
        let mut outer = Der::one(octets, Tag::SEQUENCE, "OCSPResponse")?.inside();
        let status = outer.expect(Tag::ENUMERATED, "responseStatus")?.small()?;
        if status != 0 {
            return Err(DerError(format!("OCSP responseStatus {status}")));
        }
        let explicit = outer.expect(Tag::context(0), "responseBytes")?;
        outer.end("OCSPResponse")?;
        let mut bytes = Der::one(explicit.content, Tag::SEQUENCE, "ResponseBytes")?.inside();
        if bytes.expect(Tag::OID, "responseType")?.oid()? != oid::OCSP_BASIC {
            return Err(DerError("OCSP answer other than basic".into()));
        }
        let response = bytes.expect(Tag::OCTET_STRING, "response")?;
        bytes.end("ResponseBytes")?;
        Self::basic(octets, response.content)
    }

    fn basic(octets: &[u8], basic: &[u8]) -> Result<Self, DerError> {
        let mut parts = Der::one(basic, Tag::SEQUENCE, "BasicOCSPResponse")?.inside();
        let tbs = parts.expect(Tag::SEQUENCE, "tbsResponseData")?;
        let algorithm = parts.expect(Tag::SEQUENCE, "signatureAlgorithm")?;
        let signature = parts.expect(Tag::BIT_STRING, "signature")?;
        let [0, signature @ ..] = signature.content else { return Err(DerError("signature: unused bits".into())) };
        let certificates = match parts.optional(Tag::context(0), "certs")? {
            None => Vec::new(),
            Some(explicit) => {
                let list =
                    Der::one(explicit.content, Tag::SEQUENCE, "certs")?.inside().all(MAX_CERTIFICATES, "certs")?;
                list.iter().map(|e| Certificate::parse(e.whole)).collect::<Result<_, _>>()?
            }
        };
        parts.end("BasicOCSPResponse")?;
        let mut fields = tbs.inside();
        if let Some(version) = fields.optional(Tag::context(0), "version")? {
            // v1 is the default, which DER leaves out.
            return Err(DerError(format!("OCSP version {}", hex::encode(version.content))));
        }
        let responder = match fields.optional(Tag::context(1), "byName")? {
            Some(name) => Responder::Name(Der::one(name.content, Tag::SEQUENCE, "byName")?.whole.to_vec()),
            None => {
                let key = fields.expect(Tag::context(2), "byKey")?;
                Responder::Key(Der::one(key.content, Tag::OCTET_STRING, "KeyHash")?.content.to_vec())
            }
        };
        let produced_at = read_time(&fields.expect(Tag::GENERALIZED_TIME, "producedAt")?)?;
        let list = fields.expect(Tag::SEQUENCE, "responses")?.inside().all(MAX_SINGLES, "responses")?;
        let singles = list.iter().map(single).collect::<Result<Vec<_>, _>>()?;
        let (mut nonce, mut critical) = (None, false);
        if let Some(extensions) = fields.optional(Tag::context(1), "responseExtensions")? {
            for (id, is_critical, value) in extension_list(extensions.content)? {
                match id {
                    // Octets of OctetString; some responders leave the inner tag out.
                    oid::OCSP_NONCE => nonce = Some(nonce_octets(value)),
                    _ => critical |= is_critical,
                }
            }
        }
        fields.end("ResponseData")?;
        let start = tbs.whole.as_ptr() as usize - octets.as_ptr() as usize;
        Ok(Self {
            der: octets.to_vec(),
            tbs: start..start + tbs.whole.len(),
            responder,
            produced_at,
            singles,
            nonce,
            critical,
            certificates,
            algorithm: SignatureAlgorithm::of_certificate(&algorithm).ok(),
            signature: signature.to_vec(),
        })
    }

    /// The original octets.
    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    /// What it is, for people.
    pub(crate) fn label(&self) -> String {
        let who = match &self.responder {
            Responder::Name(name) => name_text(name),
            Responder::Key(key) => hex::encode(key),
        };
        format!("réponse OCSP de {who} du {}", self.produced_at)
    }

    /// Who signed it, among the certificates it carries and `others`; `None` when nobody at hand did.
    pub(crate) fn signer<'a>(&'a self, others: impl Iterator<Item = &'a Certificate>) -> Option<&'a Certificate> {
        let tbs = self.der.get(self.tbs.clone()).unwrap_or_default();
        let algorithm = self.algorithm?;
        self.certificates.iter().chain(others).find(|certificate| {
            let named = match &self.responder {
                Responder::Name(name) => *name == certificate.subject,
                Responder::Key(key) => *key == key_hash(certificate),
            };
            named && certificate.key.verify(algorithm, tbs, &self.signature).is_ok()
        })
    }

    /// What it says of `certificate`, issued by `issuer`, when it speaks of it.
    pub(crate) fn about(&self, certificate: &Certificate, issuer: &Certificate) -> Option<Said> {
        if self.critical {
            return None;
        }
        let single = self.singles.iter().find(|s| s.names(certificate, issuer) && !s.critical)?;
        Some(Said { state: single.state.clone(), this_update: single.this_update, next_update: single.next_update })
    }
}

impl Single {
    fn names(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let hash = |octets: &[u8]| match self.digest {
            Some(digest) => digest.of(octets),
            None => digest(&SHA1_FOR_LEGACY_USE_ONLY, octets).as_ref().to_vec(),
        };
        self.serial == certificate.serial
            && self.issuer_name == hash(&certificate.issuer)
            && self.issuer_key == hash(key_bits(issuer))
    }
}

fn nonce_octets(value: &[u8]) -> Vec<u8> {
    Der::one(value, Tag::OCTET_STRING, "nonce").map_or_else(|_| value.to_vec(), |e| e.content.to_vec())
}

fn single(element: &Element<'_>) -> Result<Single, DerError> {
    let mut parts = Der::one(element.whole, Tag::SEQUENCE, "SingleResponse")?.inside();
    let mut id = parts.expect(Tag::SEQUENCE, "certID")?.inside();
    let algorithm = id.expect(Tag::SEQUENCE, "hashAlgorithm")?;
    let is_sha1 = algorithm.inside().expect(Tag::OID, "algorithm")?.oid()? == oid::SHA1;
    let digest = if is_sha1 { None } else { Some(Digest::read(&algorithm)?) };
    let issuer_name = id.expect(Tag::OCTET_STRING, "issuerNameHash")?.content.to_vec();
    let issuer_key = id.expect(Tag::OCTET_STRING, "issuerKeyHash")?.content.to_vec();
    let serial = id.expect(Tag::INTEGER, "serialNumber")?.content.to_vec();
    id.end("certID")?;
    let status = parts.next("certStatus")?;
    let state = match status.tag {
        tag if tag == Tag::context_primitive(0) => State::Good,
        tag if tag == Tag::context(1) => State::Revoked(revoked(&status)?),
        tag if tag == Tag::context_primitive(2) => State::Unknown,
        Tag(other) => return Err(DerError(format!("certStatus of tag {other:#04x}"))),
    };
    let this_update = read_time(&parts.expect(Tag::GENERALIZED_TIME, "thisUpdate")?)?;
    let next = parts.optional(Tag::context(0), "nextUpdate")?;
    let time = |e: Element<'_>| read_time(&Der::one(e.content, Tag::GENERALIZED_TIME, "nextUpdate")?);
    let next_update = next.map(time).transpose()?;
    let mut critical = false;
    if let Some(extensions) = parts.optional(Tag::context(1), "singleExtensions")? {
        critical = extension_list(extensions.content)?.iter().any(|(_, critical, _)| *critical);
    }
    parts.end("SingleResponse")?;
    Ok(Single { digest, issuer_name, issuer_key, serial, state, this_update, next_update, critical })
}

fn revoked(status: &Element<'_>) -> Result<Revocation, DerError> {
    let mut info = status.inside();
    let at = read_time(&info.expect(Tag::GENERALIZED_TIME, "revocationTime")?)?;
    let reason = info.optional(Tag::context(0), "revocationReason")?.map(|e| read_reason(e.content)).transpose()?;
    info.end("RevokedInfo")?;
    Ok(Revocation { at, reason: reason.unwrap_or(Reason::Absent), invalid_since: None })
}

/// The octets of the subjectPublicKey BIT STRING, without the octet of unused bits (RFC 6960 4.1.1).
fn key_bits(certificate: &Certificate) -> &[u8] {
    let read = || -> Result<&[u8], DerError> {
        let mut parts = Der::one(&certificate.spki, Tag::SEQUENCE, "SubjectPublicKeyInfo")?.inside();
        parts.next("algorithm")?;
        Ok(parts.expect(Tag::BIT_STRING, "subjectPublicKey")?.content)
    };
    read().ok().and_then(|bits| bits.get(1..)).unwrap_or_default()
}

fn key_hash(certificate: &Certificate) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, key_bits(certificate)).as_ref().to_vec()
}

/// A request about one certificate (RFC 6960 4.1), with a nonce (RFC 8954). The identifier is made with SHA-1, the only
/// one every responder answers to (RFC 5019 2.1.1); it names, it protects nothing.
pub(crate) fn request(certificate: &Certificate, issuer: &Certificate, nonce: &[u8]) -> Vec<u8> {
    let sha1 = |octets: &[u8]| octet_string(digest(&SHA1_FOR_LEGACY_USE_ONLY, octets).as_ref());
    let id = sequence(&[
        &sequence(&[&oid_der(oid::SHA1), &[5, 0]]),
        &sha1(&certificate.issuer),
        &sha1(key_bits(issuer)),
        &tlv(Tag::INTEGER, &certificate.serial),
    ]);
    let nonce = sequence(&[&oid_der(oid::OCSP_NONCE), &octet_string(&octet_string(nonce))]);
    let list = sequence(&[&sequence(&[&id])]);
    sequence(&[&sequence(&[&list, &context(2, &sequence(&[&nonce]))])])
}

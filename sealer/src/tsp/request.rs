//! `TimeStampReq` and `TimeStampResp` (RFC 3161 2.4): what is sent, and the token inside what comes back.
use const_oid::ObjectIdentifier;
use dossier::Sha256Digest;

use crate::asn1::{Der, DerError, Tag, boolean, integer, integer_u64, octet_string, oid, sequence};
use crate::oid as names;
use crate::{Random, TimestampError};

/// A request: SHA-256 imprint, 128 random bits of nonce, certificates wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) imprint: Sha256Digest,
    /// The nonce as it stands in the INTEGER: minimal big-endian octets.
    pub(crate) nonce: Vec<u8>,
    pub(crate) der: Vec<u8>,
}

impl Request {
    /// A request for a token over `data`.
    pub(crate) fn new(data: &[u8], policy: Option<&str>, random: &dyn Random) -> Result<Self, TimestampError> {
        let bad = |why: String| TimestampError::Unreachable { why };
        let mut nonce = vec![0; 16];
        random.fill(&mut nonce).map_err(bad)?;
        // A leading octet from 0x40 to 0x7f: positive, minimal, always the same length.
        if let Some(first) = nonce.first_mut() {
            *first = *first & 0x3f | 0x40;
        }
        let imprint = Sha256Digest::of(data);
        let algorithm = sequence(&[&oid(names::SHA256)]);
        let policy = match policy {
            None => Vec::new(),
            Some(text) => oid(ObjectIdentifier::new(text).map_err(|e| bad(format!("policy {text}: {e}")))?),
        };
        let der = sequence(&[
            &integer_u64(1),
            &sequence(&[&algorithm, &octet_string(imprint.as_bytes())]),
            &policy,
            &integer(&nonce),
            &boolean(true),
        ]);
        Ok(Self { imprint, nonce, der })
    }
}

/// The token of a response, or why there is none.
pub(crate) fn token_of(response: &[u8]) -> Result<&[u8], TimestampError> {
    let malformed = |e: DerError| TimestampError::Malformed { why: e.0 };
    let mut parts = Der::one(response, Tag::SEQUENCE, "TimeStampResp").map_err(malformed)?.inside();
    let mut info = parts.expect(Tag::SEQUENCE, "PKIStatusInfo").map_err(malformed)?.inside();
    let status = info.expect(Tag::INTEGER, "PKIStatus").and_then(|e| e.small()).map_err(malformed)?;
    if status > 1 {
        return Err(TimestampError::Refused { why: refusal(status, info) });
    }
    let token = parts.expect(Tag::SEQUENCE, "timeStampToken").map_err(malformed)?;
    parts.end("TimeStampResp").map_err(malformed)?;
    Ok(token.whole)
}

/// Status, texts and failure bits of a refusal, as text.
fn refusal(status: u64, mut info: Der<'_>) -> String {
    let mut why = format!("PKIStatus {status}");
    if let Ok(Some(texts)) = info.optional(Tag::SEQUENCE, "statusString") {
        for text in texts.inside().all(8, "statusString").unwrap_or_default() {
            let shown: String = String::from_utf8_lossy(text.content).chars().take(200).collect();
            why.push_str(&format!(", {shown:?}"));
        }
    }
    if let Ok(Some(bits)) = info.optional(Tag::BIT_STRING, "failInfo") {
        why.push_str(&format!(", failInfo {}", hex::encode(bits.content)));
    }
    why
}

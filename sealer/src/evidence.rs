//! Signatures and tokens over small evidence outside a bundle: receipts of the signification module.
//!
//! A detached CAdES-B signature (ETSI EN 319 122-1) over the exact octets, and an RFC 3161 token over the same octets.
use dossier::{Clock, Finding, Instant, Level};

use crate::cms::{self, CmsFault, SealParts};
use crate::x509::{Certificate, PathFault, Purpose, validate};
use crate::{
    Random, SealError, Signer, TimestampAuthority, TimestampError, TimestampFacts, TrustAnchors, keys, oid, tsp,
};

/// Signs `bytes` with the office's key: a detached CMS `SignedData` in DER, with content-type, message-digest,
/// signing-time and signing-certificate-v2, and the certificates inside. Refused when the certificate is out of date at
/// `at`.
pub fn sign(bytes: &[u8], signer: &dyn Signer, at: Instant) -> Result<Vec<u8>, SealError> {
    let bad = |why: String| SealError::Key { what: "seal certificate".into(), why };
    let parse = |der: &Vec<u8>| Certificate::parse(der).map_err(|e| bad(e.to_string()));
    let chain = signer.certificate_chain().iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let leaf = chain.first().ok_or_else(|| bad("no certificate".into()))?;
    if at < leaf.not_before || at > leaf.not_after {
        return Err(SealError::CertificateOutOfDate {
            subject: leaf.subject_text(),
            from: leaf.not_before.to_string(),
            to: leaf.not_after.to_string(),
            at: at.to_string(),
        });
    }
    let attributes = cms::signed_attributes(bytes, leaf, Some(at));
    let signature = keys::sign_checked(signer, leaf, &attributes)?;
    Ok(cms::wrap(&SealParts { chain: &chain, attributes: &attributes, signature: &signature }, None))
}

/// Asks `authority` for a token over `bytes`; what comes back was fully checked (RFC 3161, EN 319 422) before it counts.
pub fn stamp(
    bytes: &[u8],
    authority: &dyn TimestampAuthority,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<Vec<u8>, TimestampError> {
    tsp::obtain(authority, bytes, clock, random, &|_| {}).map(|(token, _)| token)
}

/// Checks a detached signature over `bytes`, and its chain to `anchors` as at `at`. Nothing wrong is an empty list; an
/// unknown root is `Indeterminate`, anything else `Fail`.
pub fn check_signature(bytes: &[u8], signature: &[u8], anchors: &TrustAnchors, at: Instant) -> Vec<Finding> {
    match checked(bytes, signature, anchors, at) {
        Ok(()) => Vec::new(),
        Err(finding) => vec![finding],
    }
}

fn checked(bytes: &[u8], signature: &[u8], anchors: &TrustAnchors, at: Instant) -> Result<(), Finding> {
    let what = "La signature de cette preuve n'est pas valable.";
    let fail = |code: &str, found: String| Finding::new(code, Level::Fail, what).found(found);
    let parsed = cms::parse(signature).map_err(|e| fail("cms.malformed", e.to_string()))?;
    if parsed.content.is_some() {
        return Err(fail("cms.not_detached", "eContent".into()));
    }
    let signer = cms::check_signer(&parsed, bytes, oid::ID_DATA).map_err(|fault| match fault {
        CmsFault::Structure(why) => fail("cms.malformed", why),
        CmsFault::Digest { expected, found } => {
            Finding::new("cms.message_digest", Level::Fail, what).values(expected, found)
        }
        CmsFault::Certificate(why) => fail("cms.certificate", why),
        CmsFault::Signature(why) => fail("cms.signature", why),
    })?;
    if signer.bound_by_sha1 || signer.signing_time.is_none() {
        return Err(fail("cms.attributes", "signing-certificate-v2, signing-time".into()));
    }
    match validate(&signer.certificate, &parsed.certificates, anchors, at, Purpose::Seal) {
        Ok(_) => Ok(()),
        Err(PathFault::NoChain { subject }) => {
            let what = "La signature de cette preuve ne mène à aucune racine de confiance fournie.";
            Err(Finding::new("trust.no_chain", Level::Indeterminate, what).found(subject))
        }
        Err(PathFault::Broken { why }) => Err(fail("trust.chain_broken", why)),
        Err(PathFault::OutOfDate { subject, from, to }) => {
            Err(Finding::new("trust.out_of_bounds_no_poe", Level::Indeterminate, what)
                .values(format!("{from} .. {to}"), format!("{at} ({subject})")))
        }
    }
}

/// Checks a token over `bytes`, offline, with a chain to `anchors` valid when it was made. Returns what it says.
pub fn check_token(bytes: &[u8], token: &[u8], anchors: &TrustAnchors) -> Result<TimestampFacts, TimestampError> {
    let facts = tsp::check_token(token, bytes, anchors)?;
    Ok(TimestampFacts {
        entry: String::new(),
        authority: facts.authority,
        gen_time: facts.gen_time,
        serial: facts.serial,
        policy: facts.policy,
        accuracy_us: facts.accuracy_us,
        valid_to: facts.valid_to,
    })
}

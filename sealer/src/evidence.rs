//! Signatures and tokens over small evidence outside a bundle: receipts of the signification module.
//!
//! A detached CAdES-B signature (ETSI EN 319 122-1) over the exact octets, and an RFC 3161 token over the same octets.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::{Clock, Finding, Instant, Level};

use crate::asn1::Der;
use crate::cms::{self, CmsFault, SealParts};
use crate::revocation::{Carried, Gathered, Gatherer, Network, Wanted};
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

/// The chain of whoever signed `signature`, and of the authority of `token`, with the state of each certificate, fetched now
/// (CRL, OCSP) and checked: what makes evidence verifiable once the certificates expired (file `preuve.json.etats`). Gives the
/// octets to keep and, in French, what could not be had.
pub fn states(
    signature: &[u8],
    token: Option<&[u8]>,
    anchors: &TrustAnchors,
    network: &dyn Network,
    (clock, random): (&dyn Clock, &dyn Random),
) -> Result<(Vec<u8>, Vec<String>), SealError> {
    let bad = |e: crate::asn1::DerError| SealError::Key { what: "signature".into(), why: e.0 };
    let mut gatherer = Gatherer::new(network, clock, random);
    let mut gathered = Gathered::default();
    for octets in [Some(signature), token].into_iter().flatten() {
        let signed = cms::parse(octets).map_err(bad)?;
        let pool: Vec<Certificate> = signed.certificates.iter().chain(anchors.certificates()).cloned().collect();
        let own = cms::signing_certificate(&signed).map_err(|why| SealError::Key { what: "signature".into(), why })?;
        gatherer.chain(&own, &pool, Wanted::Both, &mut gathered);
    }
    let base64 = |octets: &[u8]| STANDARD.encode(octets);
    let told = serde_json::json!({
        "format": STATES_FORMAT,
        "certificats": gathered.certificates.iter().map(|c| base64(c.der())).collect::<Vec<_>>(),
        "etats": gathered.revocation.iter().map(|choice| base64(choice)).collect::<Vec<_>>(),
    });
    let octets =
        dossier::canonical_bytes(&told).map_err(|e| SealError::Key { what: "states".into(), why: e.to_string() })?;
    Ok((octets, gatherer.failures))
}

/// `constat-etats/1`.
const STATES_FORMAT: &str = "constat-etats/1";
/// Certificates, and states, read at most.
const MAX_STATES: usize = 64;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct States {
    format: String,
    certificats: Vec<String>,
    etats: Vec<String>,
}

/// Reads what [`states`] made; nothing where there is nothing.
pub(crate) fn read_states(octets: Option<&[u8]>) -> Result<(Vec<Certificate>, Carried), String> {
    let Some(octets) = octets else { return Ok((Vec::new(), Carried::default())) };
    let value = dossier::parse_strict(octets).map_err(|e| e.to_string())?;
    if dossier::canonical_bytes(&value).ok().as_deref() != Some(octets) {
        return Err("forme canonique".into());
    }
    let file: States = serde_json::from_value(value).map_err(|e| e.to_string())?;
    if file.format != STATES_FORMAT || file.certificats.len() > MAX_STATES || file.etats.len() > MAX_STATES {
        return Err(file.format);
    }
    let decode = |text: &String| STANDARD.decode(text).map_err(|e| e.to_string());
    let certificate = |text: &String| Certificate::parse(&decode(text)?).map_err(|e| e.to_string());
    let certificates = file.certificats.iter().map(certificate).collect::<Result<Vec<_>, _>>()?;
    let whole = file.etats.iter().map(decode).collect::<Result<Vec<_>, _>>()?.concat();
    let (mut reader, mut elements) = (Der::new(&whole), Vec::new());
    while !reader.is_empty() {
        elements.push(reader.next("état").map_err(|e| e.0)?);
    }
    Ok((certificates, Carried::read(&elements).map_err(|e| e.0)?))
}

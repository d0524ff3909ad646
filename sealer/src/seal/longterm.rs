//! What makes a stamped seal checkable later (CAdES B-LT): the certificates and the state of each, for the signer's chain
//! and for that of each authority, put where the signature does not cover.
use crate::cms::{self, Additions};
use crate::layout;
use crate::revocation::{Gathered, Gatherer, Wanted};
use crate::x509::Certificate;

/// Completes the seal and the tokens among the entries of META-INF. What could not be had stays in the gatherer; an entry
/// that cannot be completed stays as it was. A seal without token is left alone: there is no level B-LT without time.
pub(super) fn complete(meta: &mut [(String, Vec<u8>)], pool: &[Certificate], gatherer: &mut Gatherer<'_>) {
    for (name, octets) in meta.iter_mut() {
        let completed = match name.as_str() {
            layout::SIGNATURE_1 => seal(octets, pool, gatherer),
            layout::TOKEN_2 => token(octets, pool, gatherer),
            _ => None,
        };
        if let Some(completed) = completed {
            *octets = completed;
        }
    }
}

/// The seal with the certificates and states of its signer and of the authority of its token.
pub(super) fn seal(octets: &[u8], pool: &[Certificate], gatherer: &mut Gatherer<'_>) -> Option<Vec<u8>> {
    add(octets, &states_of_seal(octets, pool, gatherer)?)
}

fn states_of_seal(octets: &[u8], pool: &[Certificate], gatherer: &mut Gatherer<'_>) -> Option<Gathered> {
    let parsed = cms::parse(octets).ok()?;
    let stamp = parsed.signer.unsigned.first()?.values.first()?.whole;
    let stamp = cms::parse(stamp).ok()?;
    let mut had = Gathered::default();
    for signed in [&parsed, &stamp] {
        let near: Vec<Certificate> = signed.certificates.iter().chain(pool).cloned().collect();
        gatherer.chain(signed.signer_certificate()?, &near, Wanted::Both, &mut had);
    }
    Some(had)
}

/// A bare token with the certificates and states of its authority. CRLs first: public tools read nothing else there.
pub(super) fn token(octets: &[u8], pool: &[Certificate], gatherer: &mut Gatherer<'_>) -> Option<Vec<u8>> {
    let parsed = cms::parse(octets).ok()?;
    let near: Vec<Certificate> = parsed.certificates.iter().chain(pool).cloned().collect();
    let mut had = Gathered::default();
    gatherer.chain(parsed.signer_certificate()?, &near, Wanted::CrlFirst, &mut had);
    add(octets, &had)
}

/// A bare token with its own states, and with those a seal lacks that may not be changed any more.
pub(super) fn token_with(
    octets: &[u8],
    bare_seal: Option<&[u8]>,
    pool: &[Certificate],
    gatherer: &mut Gatherer<'_>,
) -> Option<Vec<u8>> {
    let token = token(octets, pool, gatherer);
    let Some(bare_seal) = bare_seal else { return token };
    let token = token.unwrap_or_else(|| octets.to_vec());
    let had = states_of_seal(bare_seal, pool, gatherer);
    Some(had.and_then(|had| add(&token, &had)).unwrap_or(token))
}

/// Nothing is added when there is no state of any certificate: certificates alone would change octets for nothing.
fn add(octets: &[u8], had: &Gathered) -> Option<Vec<u8>> {
    if had.revocation.is_empty() {
        return None;
    }
    cms::extend(octets, &Additions { certificates: &had.certificates, revocation: &had.revocation, token: None })
}

//! Adds to a SignedData what its signature does not cover: certificates, revocation data, a timestamp over the signature
//! (ETSI EN 319 122-1 5.3 to 5.5). What is signed keeps its octets.
use super::parse::version_of;
use crate::asn1::{Der, DerError, Element, Tag, context, integer_u64, oid as oid_der, sequence, set_of, tlv};
use crate::oid;
use crate::revocation::is_other;
use crate::x509::Certificate;

/// What to add.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Additions<'a> {
    /// Certificates; those already there are not added again.
    pub(crate) certificates: &'a [Certificate],
    /// Elements of the `crls` field; those already there are not added again.
    pub(crate) revocation: &'a [Vec<u8>],
    /// A signature-time-stamp (RFC 3161 appendix A); refused when the signer has an unsigned attribute already.
    pub(crate) token: Option<&'a [u8]>,
}

/// The ContentInfo `octets` with `additions`: `None` when it is not a SignedData with one signer, or holds an unsigned
/// attribute where a token is to be added.
pub(crate) fn extend(octets: &[u8], additions: &Additions<'_>) -> Option<Vec<u8>> {
    rebuild(octets, additions).ok()
}

fn rebuild(octets: &[u8], additions: &Additions<'_>) -> Result<Vec<u8>, DerError> {
    let parsed = super::parse(octets)?;
    let mut info = Der::one(octets, Tag::SEQUENCE, "ContentInfo")?.inside();
    info.next("contentType")?;
    let explicit = info.expect(Tag::context(0), "content")?;
    let mut data = Der::one(explicit.content, Tag::SEQUENCE, "SignedData")?.inside();
    data.next("version")?;
    let digests = data.next("digestAlgorithms")?;
    let content = data.next("encapContentInfo")?;
    let certificates = data.optional(Tag::context(0), "certificates")?;
    let revocation = data.optional(Tag::context(1), "crls")?;
    let signers = data.expect(Tag::SET, "signerInfos")?;
    let signer = Der::one(signers.content, Tag::SEQUENCE, "SignerInfo")?;
    let signer_version = signer.inside().next("version")?.small()?;

    let added = additions.certificates.iter().map(|c| c.der().to_vec());
    let certificates = merged(Tag::context(0), certificates, added)?;
    let revocation = merged(Tag::context(1), revocation, additions.revocation.iter().cloned())?;
    let other = match revocation.as_slice() {
        [] => false,
        set => Der::one(set, Tag::context(1), "crls")?.inside().all(usize::MAX, "crls")?.iter().any(is_other),
    };
    let signer = match additions.token {
        None => signer.whole.to_vec(),
        Some(_) if !parsed.signer.unsigned.is_empty() => return Err(DerError("unsigned attributes".into())),
        Some(token) => {
            let attribute = sequence(&[&oid_der(oid::SIGNATURE_TIME_STAMP), &set_of(&[token.to_vec()])]);
            tlv(Tag::SEQUENCE, &[signer.content, &context(1, &attribute)].concat())
        }
    };
    let data = sequence(&[
        &integer_u64(version_of(parsed.content_type, signer_version, other)),
        digests.whole,
        content.whole,
        &certificates,
        &revocation,
        &set_of(&[signer]),
    ]);
    Ok(sequence(&[&oid_der(oid::ID_SIGNED_DATA), &context(0, &data)]))
}

/// The set with the additions, each element once, in the order of DER; nothing when it is empty.
fn merged(tag: Tag, present: Option<Element<'_>>, added: impl Iterator<Item = Vec<u8>>) -> Result<Vec<u8>, DerError> {
    let present = present.map(|set| set.inside().all(usize::MAX, "set")).transpose()?.unwrap_or_default();
    let mut all: Vec<Vec<u8>> = present.iter().map(|e| e.whole.to_vec()).chain(added).collect();
    all.sort();
    all.dedup();
    Ok(if all.is_empty() { Vec::new() } else { tlv(tag, &all.concat()) })
}

//! Builds the office's seal: CAdES B-B (EN 319 122-1 5), then B-T once a token over its signature is at hand.
use dossier::Instant;

use crate::KeyAlgorithm;
use crate::asn1::{Tag, context, integer_u64, octet_string, oid, sequence, set_of, tlv, utc_time};
use crate::oid as names;
use crate::x509::Certificate;

/// What a seal is made of, once signed.
#[derive(Clone, Debug)]
pub(crate) struct SealParts<'a> {
    /// Certificates, signer first.
    pub(crate) chain: &'a [Certificate],
    /// The signed attributes, as the SET that was signed.
    pub(crate) attributes: &'a [u8],
    /// Signature over them: DER for ECDSA, the octets themselves for RSASSA-PSS.
    pub(crate) signature: &'a [u8],
}

/// The signed attributes over `content`, as the SET to be signed: content-type, message-digest, signing-time,
/// signing-certificate-v2 (RFC 5035, SHA-256 left out as the default). The digest goes with the certificate's key. In a
/// PDF the time is said by the signature dictionary, not by an attribute (EN 319 142-1, 6.3): `signing_time` is then `None`.
pub(crate) fn signed_attributes(content: &[u8], certificate: &Certificate, signing_time: Option<Instant>) -> Vec<u8> {
    let digest = KeyAlgorithm::of(&certificate.key).digest();
    let attribute = |id, value: Vec<u8>| sequence(&[&oid(id), &set_of(&[value])]);
    let issuer = tlv(Tag::context(4), &certificate.issuer);
    let issuer_serial = sequence(&[&sequence(&[&issuer]), &tlv(Tag::INTEGER, &certificate.serial)]);
    let cert_id = sequence(&[&octet_string(certificate.sha256().as_bytes()), &issuer_serial]);
    let mut attributes = vec![
        attribute(names::CONTENT_TYPE, oid(names::ID_DATA)),
        attribute(names::MESSAGE_DIGEST, octet_string(&digest.of(content))),
        attribute(names::SIGNING_CERTIFICATE_V2, sequence(&[&sequence(&[&cert_id])])),
    ];
    attributes.extend(signing_time.map(|at| attribute(names::SIGNING_TIME, utc_time(at))));
    set_of(&attributes)
}

/// The whole ContentInfo, detached; with `token`, a signature-time-stamp (RFC 3161 appendix A) over the signature.
pub(crate) fn wrap(parts: &SealParts<'_>, token: Option<&[u8]>) -> Vec<u8> {
    let Some(signer) = parts.chain.first() else { return Vec::new() };
    let algorithm = KeyAlgorithm::of(&signer.key);
    let digest = algorithm.digest_der();
    let id = sequence(&[&signer.issuer, &tlv(Tag::INTEGER, &signer.serial)]);
    // The same octets, under the tag [0] IMPLICIT they have inside a SignerInfo.
    let mut attributes = parts.attributes.to_vec();
    if let Some(tag) = attributes.first_mut() {
        *tag = Tag::context(0).0;
    }
    let unsigned = token.map_or_else(Vec::new, |token| {
        context(1, &sequence(&[&oid(names::SIGNATURE_TIME_STAMP), &set_of(&[token.to_vec()])]))
    });
    let signer_info = sequence(&[
        &integer_u64(1),
        &id,
        &digest,
        &attributes,
        &algorithm.signature_der(),
        &octet_string(parts.signature),
        &unsigned,
    ]);
    let mut certificates: Vec<Vec<u8>> = parts.chain.iter().map(|c| c.der().to_vec()).collect();
    certificates.sort();
    let signed_data = sequence(&[
        &integer_u64(1),
        &set_of(std::slice::from_ref(&digest)),
        &sequence(&[&oid(names::ID_DATA)]),
        &context(0, &certificates.concat()),
        &set_of(&[signer_info]),
    ]);
    sequence(&[&oid(names::ID_SIGNED_DATA), &context(0, &signed_data)])
}

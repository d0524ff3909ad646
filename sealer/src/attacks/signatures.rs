//! Rows C: seals that look right to a reader less strict.
use super::forge::{bytes_of, chain, pack, sign, with, wrap};
use super::{good, refused};
use crate::asn1::{Tag, context, integer_u64, octet_string, oid, sequence, set_of, tlv};
use crate::{cms, layout, oid as names};

fn sealed(seal: &[u8]) -> Vec<u8> {
    pack(&with(&good().entries, layout::SIGNATURE_1, seal))
}

fn seal() -> Vec<u8> {
    bytes_of(&good().entries, layout::SIGNATURE_1)
}

fn manifest() -> Vec<u8> {
    bytes_of(&good().entries, layout::MANIFEST_1)
}

/// The fields of the SignedData: version, digests, content, certificates, signers.
fn fields(seal: &[u8]) -> Vec<Vec<u8>> {
    use crate::asn1::Der;
    let mut info = Der::one(seal, Tag::SEQUENCE, "x").unwrap().inside();
    info.next("oid").unwrap();
    let explicit = info.next("content").unwrap();
    let data = Der::one(explicit.content, Tag::SEQUENCE, "x").unwrap();
    data.inside().all(9, "x").unwrap().iter().map(|e| e.whole.to_vec()).collect()
}

fn assemble(fields: &[Vec<u8>]) -> Vec<u8> {
    let data = sequence(&fields.iter().map(Vec::as_slice).collect::<Vec<_>>());
    sequence(&[&oid(names::ID_SIGNED_DATA), &context(0, &data)])
}

#[test]
fn m07_the_seal_of_another_manifest() {
    refused(sealed(&sign(b"another manifest")), "cms.message_digest");
}

#[test]
fn c01_two_signers_content_inside_octets_left_over() {
    let parts = fields(&seal());
    let signer = parts[4][4..].to_vec();
    let mut two = parts.clone();
    two[4] = set_of(&[signer.clone(), signer]);
    refused(sealed(&assemble(&two)), "cms.malformed");
    let mut inside = parts.clone();
    inside[2] = sequence(&[&oid(names::ID_DATA), &context(0, &octet_string(b"hello"))]);
    refused(sealed(&assemble(&inside)), "cms.not_detached");
    refused(sealed(&[seal(), vec![0]].concat()), "cms.malformed");
    let mut version = parts;
    version[0] = integer_u64(3);
    refused(sealed(&assemble(&version)), "cms.malformed");
}

/// The same signature in BER: an indefinite length, a length in more octets than it needs (X.690 8.1.3 against 10.1).
#[test]
fn c14_another_encoding_of_a_good_signature() {
    let good = seal();
    let (head, body) = good.split_at(4);
    assert_eq!(head[..2], [0x30, 0x82]);
    refused(sealed(&[&[0x30, 0x80], body, &[0, 0]].concat()), "cms.malformed");
    refused(sealed(&[&[0x30, 0x83, 0], &head[2..], body].concat()), "cms.malformed");
}

#[test]
fn c02_the_certificate_is_not_the_one_named() {
    let chain = chain();
    // The attributes of the right certificate, but for the digest by which they name it.
    let mut attributes = cms::signed_attributes(&manifest(), &chain[0], Some(good().etude.clock.now()));
    let (right, other) = (chain[0].sha256(), chain[1].sha256());
    let at = attributes.windows(32).position(|octets| octets == right.as_bytes()).unwrap();
    attributes[at..at + 32].copy_from_slice(other.as_bytes());
    refused(sealed(&wrap(&chain, &attributes)), "cms.certificate");
    let mut without = fields(&seal());
    without[3] = context(0, chain[1].der());
    refused(sealed(&assemble(&without)), "cms.certificate");
}

#[test]
fn c03_signed_attributes_out_of_order_or_missing() {
    let attribute = |id, value: Vec<u8>| sequence(&[&oid(id), &set_of(&[value])]);
    let digest = attribute(names::MESSAGE_DIGEST, octet_string(dossier::Sha256Digest::of(&manifest()).as_bytes()));
    let kind = attribute(names::CONTENT_TYPE, oid(names::ID_DATA));
    let mut sorted = [digest.clone(), kind.clone()];
    sorted.sort();
    sorted.reverse();
    refused(sealed(&wrap(&chain(), &tlv(Tag::SET, &sorted.concat()))), "cms.malformed");
    refused(sealed(&wrap(&chain(), &set_of(&[digest.clone(), kind.clone()]))), "cms.certificate");
    refused(sealed(&wrap(&chain(), &set_of(&[kind]))), "cms.malformed");
    refused(sealed(&wrap(&chain(), &set_of(&[digest]))), "cms.malformed");
}

#[test]
fn c04_algorithms_that_disagree() {
    let parts = fields(&seal());
    let mut digests = parts.clone();
    digests[1] = set_of(&[sequence(&[&oid(names::SHA512)])]);
    refused(sealed(&assemble(&digests)), "cms.malformed");
    let sha256 = sequence(&[&oid(names::SHA256)]);
    let mut both = parts;
    both[1] = set_of(&[sha256, sequence(&[&oid(const_oid::ObjectIdentifier::new_unwrap("1.3.14.3.2.26"))])]);
    refused(sealed(&assemble(&both)), "cms.malformed");
}

#[test]
fn c13_unsigned_attributes_are_no_hiding_place() {
    let chain = chain();
    let attributes = cms::signed_attributes(&manifest(), &chain[0], Some(good().etude.clock.now()));
    let bare = wrap(&chain, &attributes);
    let parsed = cms::parse(&bare).unwrap();
    let parts = cms::SealParts { chain: &chain, attributes: &attributes, signature: parsed.signer.signature };
    // A token that is no token.
    refused(sealed(&cms::wrap(&parts, Some(&sequence(&[])))), "time.malformed");
    // The same, under another attribute.
    let stamped = cms::wrap(&parts, Some(&sequence(&[])));
    let at = stamped.windows(11).position(|w| w == names::SIGNATURE_TIME_STAMP.as_bytes()).unwrap();
    let mut other = stamped.clone();
    other[at + 10] = 15;
    refused(sealed(&other), "cms.unsigned_attribute");
}

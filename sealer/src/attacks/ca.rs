//! The forger's own authorities: certificates, CRLs, OCSP answers and tokens with any date and any fault, on P-256.
use const_oid::ObjectIdentifier;
use dossier::{Instant, Sha256Digest};
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::EncodePublicKey as _;
use sha2::{Digest as _, Sha256};

use crate::asn1::{
    Tag, bit_string, boolean, context, generalized_time, integer_u64, octet_string, oid, sequence, set_of, tlv,
    utf8_string,
};
use crate::oid as names;
use crate::x509::Certificate;

/// A key with its certificate.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) certificate: Certificate,
    key: p256::ecdsa::SigningKey,
}

/// What to certify.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) name: &'static str,
    pub(super) serial: u64,
    pub(super) from: Instant,
    pub(super) to: Instant,
    pub(super) extensions: Vec<Vec<u8>>,
}

pub(super) fn later(at: Instant, days: i64) -> Instant {
    Instant::from_millisecond(at.as_millisecond() + days * 86_400_000).unwrap()
}

pub(super) fn extension(id: ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical { boolean(true) } else { Vec::new() };
    sequence(&[&oid(id), &flag, &octet_string(value)])
}

/// basicConstraints of an authority, and its key usage: keyCertSign and cRLSign.
pub(super) fn authority(path_length: Option<u64>) -> Vec<Vec<u8>> {
    let length = path_length.map(integer_u64).unwrap_or_default();
    vec![
        extension(names::CE_BASIC_CONSTRAINTS, true, &sequence(&[&boolean(true), &length])),
        extension(names::CE_KEY_USAGE, true, &bit_string(1, &[0x06])),
    ]
}

/// keyUsage nonRepudiation, and a CRL announced.
pub(super) fn seal() -> Vec<Vec<u8>> {
    vec![extension(names::CE_KEY_USAGE, true, &bit_string(6, &[0x40])), announced()]
}

/// The extended key usage of a timestamp unit, and a CRL announced.
pub(super) fn unit(critical: bool) -> Vec<Vec<u8>> {
    let purposes = sequence(&[&oid(names::KP_TIME_STAMPING)]);
    vec![
        extension(names::CE_KEY_USAGE, true, &bit_string(7, &[0x80])),
        extension(names::CE_EXT_KEY_USAGE, critical, &purposes),
        announced(),
    ]
}

/// A delegate for OCSP, whose own state is not to be asked.
pub(super) fn responder(purpose: ObjectIdentifier) -> Vec<Vec<u8>> {
    vec![
        extension(names::CE_EXT_KEY_USAGE, false, &sequence(&[&oid(purpose)])),
        extension(names::OCSP_NO_CHECK, false, &[5, 0]),
    ]
}

fn announced() -> Vec<u8> {
    let uri = tlv(Tag::context_primitive(6), b"http://essai.invalid/x.crl");
    let point = sequence(&[&context(0, &context(0, &uri))]);
    extension(names::CE_CRL_DISTRIBUTION_POINTS, false, &sequence(&[&point]))
}

pub(super) fn name(common: &str) -> Vec<u8> {
    sequence(&[&set_of(&[sequence(&[&oid(names::AT_COMMON_NAME), &utf8_string(common)])])])
}

fn algorithm() -> Vec<u8> {
    sequence(&[&oid(names::ECDSA_SHA256)])
}

/// Makes a key from its name, so that a name can be certified twice with one key; signed by `issuer`, else by itself.
pub(super) fn certify(plan: &Plan, issuer: Option<&Identity>) -> Identity {
    let secret = p256::SecretKey::from_slice(Sha256Digest::of(plan.name.as_bytes()).as_bytes()).unwrap();
    let spki = secret.public_key().to_public_key_der().unwrap().into_vec();
    let key = p256::ecdsa::SigningKey::from(&secret);
    let subject = name(plan.name);
    let identifier = key_identifier(&spki);
    let own = extension(names::CE_SUBJECT_KEY_IDENTIFIER, false, &octet_string(&identifier));
    let above = issuer.map(|i| key_identifier(&i.key.verifying_key().to_public_key_der().unwrap().into_vec()));
    let above = tlv(Tag::context_primitive(0), &above.unwrap_or(identifier));
    let above = extension(names::CE_AUTHORITY_KEY_IDENTIFIER, false, &sequence(&[&above]));
    let extensions: Vec<&[u8]> = plan.extensions.iter().map(Vec::as_slice).chain([&own[..], &above]).collect();
    let issuer_name = issuer.map_or(subject.clone(), |i| i.certificate.subject.clone());
    let tbs = sequence(&[
        &context(0, &integer_u64(2)),
        &integer_u64(plan.serial),
        &algorithm(),
        &issuer_name,
        &sequence(&[&generalized_time(plan.from), &generalized_time(plan.to)]),
        &subject,
        &spki,
        &context(3, &sequence(&extensions)),
    ]);
    let signature = sign(issuer.map_or(&key, |i| &i.key), &tbs);
    let der = sequence(&[&tbs, &algorithm(), &bit_string(0, &signature)]);
    Identity { certificate: Certificate::parse(&der).unwrap(), key }
}

/// The identifier of a key, from its SubjectPublicKeyInfo.
fn key_identifier(spki: &[u8]) -> Vec<u8> {
    Sha256::digest(spki)[..20].to_vec()
}

fn sign(key: &p256::ecdsa::SigningKey, message: &[u8]) -> Vec<u8> {
    let signature: p256::ecdsa::Signature = key.sign_prehash(&Sha256::digest(message)).unwrap();
    signature.to_der().as_bytes().to_vec()
}

impl Identity {
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        sign(&self.key, message)
    }

    /// A CRL of this authority: certificate, date and reason of each entry.
    pub(super) fn crl(&self, this: Instant, next: Instant, entries: &[(&Identity, Instant, Option<u8>)]) -> Vec<u8> {
        let entry = |(who, at, reason): &(&Identity, Instant, Option<u8>)| {
            let reason = reason.map(|r| extension(names::CE_CRL_REASON, false, &tlv(Tag::ENUMERATED, &[r])));
            let extensions = reason.map(|r| sequence(&[&r])).unwrap_or_default();
            sequence(&[&tlv(Tag::INTEGER, &who.certificate.serial), &generalized_time(*at), &extensions])
        };
        let list: Vec<u8> = entries.iter().flat_map(entry).collect();
        let list = if list.is_empty() { Vec::new() } else { tlv(Tag::SEQUENCE, &list) };
        let tbs = sequence(&[
            &integer_u64(1),
            &algorithm(),
            &self.certificate.subject,
            &generalized_time(this),
            &generalized_time(next),
            &list,
        ]);
        sequence(&[&tbs, &algorithm(), &bit_string(0, &self.sign(&tbs))])
    }

    /// An OCSP answer « good » about `who`, of `issuer`, signed by this identity, which travels along.
    pub(super) fn ocsp(&self, who: &Identity, issuer: &Identity, this: Instant, next: Instant) -> Vec<u8> {
        let request = crate::revocation::ocsp_request(&who.certificate, &issuer.certificate, &[1; 16]);
        // The certID is four sequences down: request, list, single request, identifier.
        let mut der = crate::asn1::Der::new(&request).next("x").unwrap().inside().next("tbs").unwrap();
        for _ in 0..2 {
            der = der.inside().next("x").unwrap();
        }
        let id = der.inside().next("certID").unwrap().whole;
        let single = sequence(&[
            id,
            &tlv(Tag::context_primitive(0), &[]),
            &generalized_time(this),
            &context(0, &generalized_time(next)),
        ]);
        let by_name = context(1, &self.certificate.subject);
        let tbs = sequence(&[&by_name, &generalized_time(this), &sequence(&[&single])]);
        let certs = context(0, &sequence(&[self.certificate.der()]));
        let basic = sequence(&[&tbs, &algorithm(), &bit_string(0, &self.sign(&tbs)), &certs]);
        let bytes = sequence(&[&oid(names::OCSP_BASIC), &octet_string(&basic)]);
        let whole = sequence(&[&tlv(Tag::ENUMERATED, &[0]), &context(0, &bytes)]);
        context(1, &[oid(names::RI_OCSP_RESPONSE), whole].concat())
    }

    /// A token over `data`, with the certificates of `chain` inside.
    pub(super) fn token(&self, data: &[u8], made: Instant, chain: &[&Identity]) -> Vec<u8> {
        let second = sequence(&[&integer_u64(1)]);
        self.token_of(data, (&generalized_time(made), &second), chain)
    }

    /// The same, with these elements for `genTime` and for the accuracy, which may be empty.
    pub(super) fn token_of(&self, data: &[u8], (made, accuracy): (&[u8], &[u8]), chain: &[&Identity]) -> Vec<u8> {
        let sha256 = sequence(&[&oid(names::SHA256)]);
        let info = sequence(&[
            &integer_u64(1),
            &oid(ObjectIdentifier::new_unwrap("0.4.0.2023.1.1")),
            &sequence(&[&sha256, &octet_string(&Sha256::digest(data))]),
            &integer_u64(7),
            made,
            accuracy,
        ]);
        let own = &self.certificate;
        let attribute = |id, value: Vec<u8>| sequence(&[&oid(id), &set_of(&[value])]);
        let bound = sequence(&[&sequence(&[&sequence(&[&octet_string(own.sha256().as_bytes())])])]);
        let attributes = set_of(&[
            attribute(names::CONTENT_TYPE, oid(names::ID_CT_TST_INFO)),
            attribute(names::MESSAGE_DIGEST, octet_string(&Sha256::digest(&info))),
            attribute(names::SIGNING_CERTIFICATE_V2, bound),
        ]);
        let signature = self.sign(&attributes);
        let mut signed = attributes;
        signed[0] = Tag::context(0).0;
        let signer = sequence(&[
            &integer_u64(1),
            &sequence(&[&own.issuer, &tlv(Tag::INTEGER, &own.serial)]),
            &sha256,
            &signed,
            &algorithm(),
            &octet_string(&signature),
        ]);
        let mut certificates: Vec<Vec<u8>> = chain.iter().map(|i| i.certificate.der().to_vec()).collect();
        certificates.push(own.der().to_vec());
        certificates.sort();
        let data = sequence(&[
            &integer_u64(3),
            &set_of(&[sha256]),
            &sequence(&[&oid(names::ID_CT_TST_INFO), &context(0, &octet_string(&info))]),
            &context(0, &certificates.concat()),
            &set_of(&[signer]),
        ]);
        sequence(&[&oid(names::ID_SIGNED_DATA), &context(0, &data)])
    }
}

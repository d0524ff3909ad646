//! The objects of a token: the certificate, the public key that must be its own, the private key.
use cryptoki::object::{Attribute, AttributeType, CertificateType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::{TokenSettings, said};
use crate::asn1::{Der, Tag};
use crate::keys::KeyError;
use crate::x509::{Certificate, PublicKey};

/// Objects of a kind looked at, at most.
const MAX_OBJECTS: usize = 64;
/// Octets of a certificate read, at most.
const MAX_CERTIFICATE: usize = 64 * 1024;

fn bad(why: impl Into<String>) -> KeyError {
    KeyError::Object { why: why.into() }
}

/// Handles of the objects that answer, a bounded number.
fn find(session: &Session, template: &[Attribute]) -> Result<Vec<ObjectHandle>, KeyError> {
    let found = session.iter_objects(template).map_err(|e| bad(said(&e)))?;
    found.take(MAX_OBJECTS).collect::<Result<_, _>>().map_err(|e| bad(said(&e)))
}

/// A certificate on the token.
struct Found {
    certificate: Certificate,
    id: Vec<u8>,
    label: Vec<u8>,
}

fn certificates(session: &Session) -> Result<Vec<Found>, KeyError> {
    let template = [Attribute::Class(ObjectClass::CERTIFICATE), Attribute::CertificateType(CertificateType::X_509)];
    let mut certificates = Vec::new();
    for handle in find(session, &template)? {
        let wanted = [AttributeType::Value, AttributeType::Id, AttributeType::Label];
        let attributes = session.get_attributes(handle, &wanted).map_err(|e| bad(said(&e)))?;
        let (mut value, mut id, mut label) = (Vec::new(), Vec::new(), Vec::new());
        for attribute in attributes {
            match attribute {
                Attribute::Value(octets) => value = octets,
                Attribute::Id(octets) => id = octets,
                Attribute::Label(octets) => label = octets,
                _ => {}
            }
        }
        // A certificate of another profile on the same card concerns nobody here.
        let parsed = (value.len() <= MAX_CERTIFICATE).then(|| Certificate::parse(&value).ok()).flatten();
        certificates.extend(parsed.map(|certificate| Found { certificate, id, label }));
    }
    Ok(certificates)
}

/// A certificate, its `CKA_ID` when it is on the token, and the others.
type OfKey = (Certificate, Option<Vec<u8>>, Vec<Certificate>);

/// The certificate of the key, its `CKA_ID` when it is on the token, and every other certificate at hand.
pub(super) fn certificate(
    session: &Session,
    settings: &TokenSettings,
    given: &[Certificate],
) -> Result<OfKey, KeyError> {
    let all = certificates(session)?;
    let others: Vec<Certificate> = all.iter().map(|f| f.certificate.clone()).chain(given.iter().cloned()).collect();
    let answers = |found: &&Found| {
        !found.certificate.extensions.constraints.ca
            && settings.id.as_ref().is_none_or(|id| *id == found.id)
            && settings.label.as_ref().is_none_or(|label| label.as_bytes() == found.label)
    };
    let mut matching = all.iter().filter(answers);
    match (matching.next(), matching.next(), given.first()) {
        (Some(found), None, _) => Ok((found.certificate.clone(), Some(found.id.clone()), others)),
        (Some(_), Some(_), _) => Err(bad("several certificates answer to the description; give « cle » or « cle_id »")),
        (None, _, Some(first)) if !first.extensions.constraints.ca => Ok((first.clone(), None, others)),
        _ => Err(bad("no certificate answers to the description, on the token or in « certificats »")),
    }
}

/// The public key object of that identifier, when the token shows one, must be the certificate's.
pub(super) fn check_public_key(session: &Session, leaf: &Certificate, id: Option<&[u8]>) -> Result<(), KeyError> {
    let Some(id) = id.filter(|id| !id.is_empty()) else { return Ok(()) };
    let template = [Attribute::Class(ObjectClass::PUBLIC_KEY), Attribute::Id(id.to_vec())];
    for handle in find(session, &template)? {
        let wanted = [AttributeType::EcPoint, AttributeType::Modulus];
        let attributes = session.get_attributes(handle, &wanted).map_err(|e| bad(said(&e)))?;
        if !attributes.iter().all(|attribute| is_of(attribute, &leaf.key)) {
            return Err(bad(format!("the key is not that of the certificate {}", leaf.subject_text())));
        }
    }
    Ok(())
}

/// Whether a public value is that of `key`; a value of another kind than the key's is not.
fn is_of(attribute: &Attribute, key: &PublicKey) -> bool {
    match (attribute, key) {
        // PKCS#11 wraps the point in an OCTET STRING; some modules do not.
        (Attribute::EcPoint(octets), PublicKey::P256(point) | PublicKey::P384(point)) => {
            let wrapped = Der::one(octets, Tag::OCTET_STRING, "EC point").is_ok_and(|e| e.content == point.as_slice());
            wrapped || octets == point
        }
        (Attribute::Modulus(octets), PublicKey::Rsa(key)) => {
            let first = octets.iter().position(|b| *b != 0).unwrap_or(octets.len());
            let modulus = Der::one(key, Tag::SEQUENCE, "RSAPublicKey")
                .and_then(|e| e.inside().expect(Tag::INTEGER, "modulus"))
                .and_then(|e| e.unsigned());
            modulus.is_ok_and(|modulus| octets.get(first..) == Some(modulus))
        }
        (Attribute::EcPoint(octets) | Attribute::Modulus(octets), _) => octets.is_empty(),
        _ => true,
    }
}

/// The private key, once logged in: by identifier, else by label, else the only one that can sign.
pub(super) fn private_key(
    session: &Session,
    leaf: &Certificate,
    id: Option<&[u8]>,
    label: Option<&str>,
) -> Result<ObjectHandle, KeyError> {
    let mut template = vec![Attribute::Class(ObjectClass::PRIVATE_KEY)];
    match (id.filter(|id| !id.is_empty()), label) {
        (Some(id), _) => template.push(Attribute::Id(id.to_vec())),
        (None, Some(label)) => template.push(Attribute::Label(label.as_bytes().to_vec())),
        (None, None) => {}
    }
    let found = find(session, &template)?;
    let [key] = found.as_slice() else {
        return Err(bad(format!("{} private keys answer to the description, one expected", found.len())));
    };
    let attributes = session.get_attributes(*key, &[AttributeType::Modulus]).map_err(|e| bad(said(&e)))?;
    if !attributes.iter().all(|attribute| is_of(attribute, &leaf.key)) {
        return Err(bad(format!("the key is not that of the certificate {}", leaf.subject_text())));
    }
    Ok(*key)
}

/// Whether the key wants its PIN at every signature (`CKA_ALWAYS_AUTHENTICATE`).
pub(super) fn always_authenticates(session: &Session, key: ObjectHandle) -> bool {
    let found = session.get_attributes(key, &[AttributeType::AlwaysAuthenticate]).unwrap_or_default();
    found.iter().any(|attribute| matches!(attribute, Attribute::AlwaysAuthenticate(true)))
}

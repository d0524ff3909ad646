//! The enveloped XAdES signature of a list (TS 119 612, annex B): one form only. One reference to the whole document
//! (enveloped-signature, then exclusive canonicalization), one to the signed properties, nothing else that could change
//! what is signed; and the signer is one that was pinned, never one that the list alone names.
use roxmltree::{Document, Node, NodeId};

use super::read::base64;
use super::xml::{NS_DSIG, NS_XADES, children, is, one};
use super::{ListError, c14n};
use crate::keys::ecdsa_der;
use crate::x509::{Certificate, Digest, SignatureAlgorithm};

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";
/// The longest RSA value, in octets.
const MAX_RSA: usize = 1024;
/// References, and certificates of the signer, looked at at most.
const MAX_REFERENCES: usize = 8;

/// Checks the signature of the list, made by one of `pinned` (DER); gives the certificate that made it.
pub(super) fn verify(document: &Document<'_>, pinned: &[Vec<u8>], what: &str) -> Result<Certificate, ListError> {
    let signature = only_signature(document)?;
    let signed_info = one(signature, NS_DSIG, "SignedInfo")?;
    let method = one(signed_info, NS_DSIG, "CanonicalizationMethod")?;
    if algorithm(method) != EXCLUSIVE || has_elements(method) {
        return Err(ListError::signature(format!("canonicalization {}", algorithm(method))));
    }
    let value = base64(one(signature, NS_DSIG, "SignatureValue")?)?;
    let octets = c14n::subtree(signed_info, None)?;
    let certificate = signer(signature, pinned, what, |one| check_value(signed_info, one, &octets, &value))?;
    check_references(document, signature, signed_info)?;
    check_properties(signature, &certificate)?;
    Ok(certificate)
}

/// The one ds:Signature, child of the root: a second one anywhere would be another way to read the list.
fn only_signature<'a, 'i>(document: &'a Document<'i>) -> Result<Node<'a, 'i>, ListError> {
    let mut found = document.descendants().filter(|node| is(*node, NS_DSIG, "Signature"));
    match (found.next(), found.next()) {
        (Some(one), None) if one.parent() == Some(document.root_element()) => Ok(one),
        (Some(_), None) => Err(ListError::signature("the signature is not a child of the root")),
        (Some(_), Some(_)) => Err(ListError::signature("more than one signature")),
        (None, _) => Err(ListError::signature("the list is not signed")),
    }
}

/// The pinned certificate that KeyInfo carries and whose key made the signature; several may be there, with issuers.
fn signer(
    signature: Node<'_, '_>,
    pinned: &[Vec<u8>],
    what: &str,
    check: impl Fn(&Certificate) -> Result<(), ListError>,
) -> Result<Certificate, ListError> {
    let mut carried = Vec::new();
    for data in children(one(signature, NS_DSIG, "KeyInfo")?, NS_DSIG, "X509Data") {
        for certificate in children(data, NS_DSIG, "X509Certificate") {
            carried.push(base64(certificate)?);
        }
    }
    let mut last = None;
    for der in carried.iter().filter(|der| pinned.contains(der)).take(MAX_REFERENCES) {
        let read = Certificate::parse(der).map_err(|e| ListError::signature(format!("certificate of the signer: {e}")));
        match read.and_then(|certificate| check(&certificate).map(|()| certificate)) {
            Ok(certificate) => return Ok(certificate),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| {
        let read = carried.first().and_then(|der| Certificate::parse(der).ok());
        let signer = read.map_or_else(|| "a certificate that cannot be read".into(), |c| c.subject_text());
        ListError::Signer { what: what.to_owned(), signer, pinned: pinned.len() }
    }))
}

fn check_value(
    signed_info: Node<'_, '_>,
    certificate: &Certificate,
    octets: &[u8],
    value: &[u8],
) -> Result<(), ListError> {
    let method = one(signed_info, NS_DSIG, "SignatureMethod")?;
    let name = algorithm(method);
    if has_elements(method) {
        return Err(ListError::signature(format!("parameters of the signature algorithm {name}")));
    }
    let read = signature_algorithm(name)
        .ok_or_else(|| ListError::signature(format!("signature algorithm {name} not accepted")))?;
    let bad = |why: &str| ListError::signature(format!("signature value: {why}"));
    // XML Signature writes an ECDSA value as r and s of fixed length (RFC 4050 successor, XML Signature 1.1, 6.4.3).
    let value = match read {
        SignatureAlgorithm::Ecdsa(_) => ecdsa_der(value, &certificate.key).ok_or_else(|| bad("length"))?,
        // Some signers leave out the zeros an RSA value begins with (RFC 8017, 8.2.1, wants them).
        _ => {
            let length = certificate.key.rsa_bits().map_or(0, |bits| bits.div_ceil(8));
            let zeros = usize::try_from(length).unwrap_or(0).min(MAX_RSA).saturating_sub(value.len());
            [vec![0; zeros], value.to_vec()].concat()
        }
    };
    certificate.key.verify(read, octets, &value).map_err(bad)
}

fn signature_algorithm(name: &str) -> Option<SignatureAlgorithm> {
    use Digest::{Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, Pss, Rsa};
    if let Some(short) = name.strip_prefix("http://www.w3.org/2001/04/xmldsig-more#") {
        return match short {
            "rsa-sha256" => Some(Rsa(Sha256)),
            "rsa-sha384" => Some(Rsa(Sha384)),
            "rsa-sha512" => Some(Rsa(Sha512)),
            "ecdsa-sha256" => Some(Ecdsa(Sha256)),
            "ecdsa-sha384" => Some(Ecdsa(Sha384)),
            _ => None,
        };
    }
    match name.strip_prefix("http://www.w3.org/2007/05/xmldsig-more#")? {
        "sha256-rsa-MGF1" => Some(Pss(Sha256)),
        "sha384-rsa-MGF1" => Some(Pss(Sha384)),
        "sha512-rsa-MGF1" => Some(Pss(Sha512)),
        _ => None,
    }
}

fn digest_algorithm(name: &str) -> Option<Digest> {
    match name {
        "http://www.w3.org/2001/04/xmlenc#sha256" => Some(Digest::Sha256),
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Some(Digest::Sha384),
        "http://www.w3.org/2001/04/xmlenc#sha512" => Some(Digest::Sha512),
        _ => None,
    }
}

/// What a reference may designate.
enum Target<'a, 'i> {
    /// The document.
    Whole,
    /// Its root, by its identifier: without what stands beside the root.
    Root,
    /// An element of the signature.
    Element(Node<'a, 'i>),
}

fn check_references(
    document: &Document<'_>,
    signature: Node<'_, '_>,
    signed_info: Node<'_, '_>,
) -> Result<(), ListError> {
    let (mut whole, mut properties) = (0, 0);
    for (index, reference) in children(signed_info, NS_DSIG, "Reference").enumerate() {
        if index == MAX_REFERENCES {
            return Err(ListError::signature(format!("more than {MAX_REFERENCES} references")));
        }
        let target = target(document, signature, reference)?;
        let octets = match target {
            Target::Whole => {
                whole += 1;
                check_transforms(reference, &[ENVELOPED, EXCLUSIVE])?;
                c14n::document(document, Some(signature.id()))?
            }
            Target::Root => {
                whole += 1;
                check_transforms(reference, &[ENVELOPED, EXCLUSIVE])?;
                c14n::subtree(document.root_element(), Some(signature.id()))?
            }
            Target::Element(element) => {
                let typed = reference.attribute("Type") == Some(SIGNED_PROPERTIES);
                if typed && !is_signed_properties(element, signature.id()) {
                    return Err(ListError::signature("the signed properties are not those of the signature"));
                }
                properties += usize::from(typed);
                check_transforms(reference, &[EXCLUSIVE])?;
                c14n::subtree(element, None)?
            }
        };
        check_digest(reference, &octets)?;
    }
    match (whole, properties) {
        (1, 1) => Ok(()),
        _ => Err(ListError::signature(format!("{whole} reference(s) to the list, {properties} to the properties"))),
    }
}

/// `URI=""` is the document; `URI="#id"` one element inside the signature, by an identifier that is there once.
fn target<'a, 'i: 'a>(
    document: &'a Document<'i>,
    signature: Node<'a, 'i>,
    reference: Node<'_, '_>,
) -> Result<Target<'a, 'i>, ListError> {
    let uri = reference.attribute("URI").ok_or_else(|| ListError::signature("a reference without URI"))?;
    if uri.is_empty() {
        return Ok(Target::Whole);
    }
    let id = uri.strip_prefix('#').filter(|id| !id.is_empty() && !id.contains('('));
    let id = id.ok_or_else(|| ListError::signature(format!("reference to {uri:.60}")))?;
    let has = |node: &Node<'_, '_>| ["Id", "ID", "id"].iter().any(|name| node.attribute(*name) == Some(id));
    let mut found = document.descendants().filter(|node| node.is_element() && has(node));
    match (found.next(), found.next()) {
        (Some(node), None) if node == document.root_element() => Ok(Target::Root),
        (Some(node), None) if node.ancestors().any(|above| above == signature) => Ok(Target::Element(node)),
        (Some(_), Some(_)) => Err(ListError::signature(format!("the identifier {id:.60} twice"))),
        _ => Err(ListError::signature(format!("no element {id:.60} in the signature"))),
    }
}

fn is_signed_properties(element: Node<'_, '_>, signature: NodeId) -> bool {
    let object = |node: Node<'_, '_>| is(node, NS_DSIG, "Object") && node.parent().is_some_and(|p| p.id() == signature);
    let qualifying =
        |node: Node<'_, '_>| is(node, NS_XADES, "QualifyingProperties") && node.parent().is_some_and(object);
    is(element, NS_XADES, "SignedProperties") && element.parent().is_some_and(qualifying)
}

fn check_transforms(reference: Node<'_, '_>, expected: &[&str]) -> Result<(), ListError> {
    let transforms = one(reference, NS_DSIG, "Transforms")?;
    let mut found = Vec::new();
    for transform in transforms.children().filter(Node::is_element) {
        if !is(transform, NS_DSIG, "Transform") || has_elements(transform) {
            return Err(ListError::signature(format!("parameters of the transform {}", algorithm(transform))));
        }
        found.push(algorithm(transform));
    }
    if found == expected { Ok(()) } else { Err(ListError::signature(format!("transforms {}", found.join(", ")))) }
}

fn check_digest(reference: Node<'_, '_>, octets: &[u8]) -> Result<(), ListError> {
    let name = algorithm(one(reference, NS_DSIG, "DigestMethod")?);
    let digest =
        digest_algorithm(name).ok_or_else(|| ListError::signature(format!("digest algorithm {name} not accepted")))?;
    let (expected, found) = (base64(one(reference, NS_DSIG, "DigestValue")?)?, digest.of(octets));
    if expected == found {
        return Ok(());
    }
    let uri = reference.attribute("URI").unwrap_or_default();
    Err(ListError::signature(format!(
        "digest of {}: expected {}, found {}",
        if uri.is_empty() { "the list" } else { uri },
        hex::encode(expected),
        hex::encode(found)
    )))
}

/// The certificate that the signed properties name, when they do so by a digest that is accepted, is the signer's.
fn check_properties(signature: Node<'_, '_>, certificate: &Certificate) -> Result<(), ListError> {
    for name in ["SigningCertificate", "SigningCertificateV2"] {
        let Some(named) = signature.descendants().find(|node| is(*node, NS_XADES, name)) else { continue };
        let first = first_digest(named)?;
        let Some(digest) = digest_algorithm(algorithm(one(first, NS_DSIG, "DigestMethod")?)) else { continue };
        if base64(one(first, NS_DSIG, "DigestValue")?)? != digest.of(certificate.der()) {
            return Err(ListError::signature("the signed properties name another certificate"));
        }
    }
    Ok(())
}

/// CertDigest of the first Cert: the signer's own.
fn first_digest<'a, 'i>(named: Node<'a, 'i>) -> Result<Node<'a, 'i>, ListError> {
    let first = children(named, NS_XADES, "Cert").next();
    let first = first.ok_or_else(|| ListError::signature("a signing certificate property without certificate"))?;
    one(first, NS_XADES, "CertDigest")
}

fn algorithm<'a>(node: Node<'a, '_>) -> &'a str {
    node.attribute("Algorithm").unwrap_or_default()
}

fn has_elements(node: Node<'_, '_>) -> bool {
    node.children().any(|child| child.is_element())
}

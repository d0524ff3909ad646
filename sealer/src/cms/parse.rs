//! Reads a SignedData into slices of its own octets. One signer, DER, nothing left over.
use const_oid::ObjectIdentifier;

use crate::asn1::{Der, DerError, Element, Tag};
use crate::oid;
use crate::revocation::is_other;
use crate::x509::{Certificate, Digest, SignatureAlgorithm};

/// Certificates read at most.
const MAX_CERTIFICATES: usize = 32;
/// CRLs and OCSP answers read at most.
const MAX_REVOCATION: usize = 64;
/// Attributes of one kind read at most.
const MAX_ATTRIBUTES: usize = 16;

/// A SignedData with exactly one signer.
#[derive(Clone, Debug)]
pub(crate) struct SignedData<'a> {
    /// Type of the content: `id-data` for a seal, `id-ct-TSTInfo` for a token.
    pub(crate) content_type: ObjectIdentifier,
    /// The content, when it is inside.
    pub(crate) content: Option<&'a [u8]>,
    /// The certificates carried.
    pub(crate) certificates: Vec<Certificate>,
    /// The CRLs and OCSP answers carried, each a whole RevocationInfoChoice.
    pub(crate) revocation: Vec<Element<'a>>,
    /// The signer.
    pub(crate) signer: SignerInfo<'a>,
}

/// How a SignerInfo names its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignerId<'a> {
    IssuerSerial { issuer: &'a [u8], serial: &'a [u8] },
    SubjectKey(&'a [u8]),
}

/// An attribute: its type and its values, whole.
#[derive(Clone, Debug)]
pub(crate) struct Attribute<'a> {
    pub(crate) id: ObjectIdentifier,
    pub(crate) values: Vec<Element<'a>>,
}

/// The one SignerInfo.
#[derive(Clone, Debug)]
pub(crate) struct SignerInfo<'a> {
    pub(crate) id: SignerId<'a>,
    pub(crate) digest: Digest,
    pub(crate) algorithm: SignatureAlgorithm,
    /// The signed attributes as the SET that was signed: the original octets with the tag of a SET (RFC 5652 5.4).
    pub(crate) signed_octets: Vec<u8>,
    pub(crate) signed: Vec<Attribute<'a>>,
    pub(crate) unsigned: Vec<Attribute<'a>>,
    pub(crate) signature: &'a [u8],
}

impl<'a> SignerInfo<'a> {
    /// The only value of a signed attribute; `None` when there is no such attribute.
    pub(crate) fn signed_value(&self, id: ObjectIdentifier) -> Option<Element<'a>> {
        self.signed.iter().find(|a| a.id == id).and_then(|a| a.values.first()).copied()
    }
}

impl SignedData<'_> {
    /// The certificate the SignerInfo names, without any check of the signature.
    pub(crate) fn signer_certificate(&self) -> Option<&Certificate> {
        self.certificates.iter().find(|certificate| match self.signer.id {
            SignerId::IssuerSerial { issuer, serial } => certificate.issuer == issuer && certificate.serial == serial,
            SignerId::SubjectKey(key) => certificate.extensions.subject_key.as_deref() == Some(key),
        })
    }
}

/// Reads a ContentInfo that holds a SignedData.
pub(crate) fn parse(octets: &[u8]) -> Result<SignedData<'_>, DerError> {
    let mut info = Der::one(octets, Tag::SEQUENCE, "ContentInfo")?.inside();
    if info.expect(Tag::OID, "contentType")?.oid()? != oid::ID_SIGNED_DATA {
        return Err(DerError("content type other than SignedData".into()));
    }
    let explicit = info.expect(Tag::context(0), "content")?;
    info.end("ContentInfo")?;
    let mut data = Der::one(explicit.content, Tag::SEQUENCE, "SignedData")?.inside();
    let version = data.expect(Tag::INTEGER, "version")?.small()?;
    let digests = data.expect(Tag::SET, "digestAlgorithms")?.inside().all(4, "digestAlgorithms")?;
    let digests = digests.iter().map(Digest::read).collect::<Result<Vec<_>, _>>()?;
    let mut encapsulated = data.expect(Tag::SEQUENCE, "encapContentInfo")?.inside();
    let content_type = encapsulated.expect(Tag::OID, "eContentType")?.oid()?;
    let content = match encapsulated.optional(Tag::context(0), "eContent")? {
        None => None,
        Some(explicit) => Some(Der::one(explicit.content, Tag::OCTET_STRING, "eContent")?.content),
    };
    encapsulated.end("encapContentInfo")?;
    let certificates = match data.optional(Tag::context(0), "certificates")? {
        None => Vec::new(),
        Some(set) => certificates(&set)?,
    };
    let revocation = match data.optional(Tag::context(1), "crls")? {
        None => Vec::new(),
        // Our own writing is DER; that of authorities may not be, and is not ours to refuse.
        Some(set) if content_type == oid::ID_DATA => ordered(&set, MAX_REVOCATION, "crls")?,
        Some(set) => set.inside().all(MAX_REVOCATION, "crls")?,
    };
    let signers = data.expect(Tag::SET, "signerInfos")?.inside().all(2, "signerInfos")?;
    data.end("SignedData")?;
    let [signer] = signers.as_slice() else {
        return Err(DerError(format!("{} signers, exactly one expected", signers.len())));
    };
    let (signer, signer_version) = signer_info(signer)?;
    if digests != [signer.digest] {
        return Err(DerError("digestAlgorithms is not exactly the signer's".into()));
    }
    let expected = version_of(content_type, signer_version, revocation.iter().any(is_other));
    if version != expected {
        return Err(DerError(format!("SignedData version {version}, expected {expected}")));
    }
    Ok(SignedData { content_type, content, certificates, revocation, signer })
}

/// RFC 5652 5.1: version 5 with revocation information of another format than CRLs, 3 when the content is not id-data
/// or the signer is named by key, else 1.
pub(super) fn version_of(content_type: ObjectIdentifier, signer_version: u64, other: bool) -> u64 {
    match (other, content_type != oid::ID_DATA || signer_version == 3) {
        (true, _) => 5,
        (false, true) => 3,
        (false, false) => 1,
    }
}

/// The elements of a non-empty set in the order of DER, none twice: one writing only.
fn ordered<'a>(set: &Element<'a>, limit: usize, what: &str) -> Result<Vec<Element<'a>>, DerError> {
    let elements = set.inside().all(limit, what)?;
    if elements.is_empty() || !elements.is_sorted_by(|a, b| a.whole < b.whole) {
        return Err(DerError(format!("{what} not in the order of DER")));
    }
    Ok(elements)
}

fn certificates(set: &Element<'_>) -> Result<Vec<Certificate>, DerError> {
    let mut found: Vec<Certificate> = Vec::new();
    for element in set.inside().all(MAX_CERTIFICATES, "certificates")? {
        let certificate = Certificate::parse(element.whole)?;
        // OpenSSL's authority carries its own certificate twice when its chain file starts with it.
        if !found.contains(&certificate) {
            found.push(certificate);
        }
    }
    Ok(found)
}

fn signer_info<'a>(element: &Element<'a>) -> Result<(SignerInfo<'a>, u64), DerError> {
    let mut parts = Der::one(element.whole, Tag::SEQUENCE, "SignerInfo")?.inside();
    let version = parts.expect(Tag::INTEGER, "version")?.small()?;
    let id = match parts.peek() {
        Some(Tag::SEQUENCE) => {
            let mut name = parts.next("sid")?.inside();
            let issuer = name.expect(Tag::SEQUENCE, "issuer")?.whole;
            let serial = name.expect(Tag::INTEGER, "serialNumber")?.content;
            name.end("sid")?;
            SignerId::IssuerSerial { issuer, serial }
        }
        _ => SignerId::SubjectKey(parts.expect(Tag::context_primitive(0), "sid")?.content),
    };
    let expected = if matches!(id, SignerId::IssuerSerial { .. }) { 1 } else { 3 };
    if version != expected {
        return Err(DerError(format!("SignerInfo version {version}, expected {expected}")));
    }
    let digest = Digest::read(&parts.expect(Tag::SEQUENCE, "digestAlgorithm")?)?;
    let signed_element = parts.expect(Tag::context(0), "signedAttrs")?;
    let algorithm = SignatureAlgorithm::of_signer(&parts.expect(Tag::SEQUENCE, "signatureAlgorithm")?, digest)?;
    let signature = parts.expect(Tag::OCTET_STRING, "signature")?.content;
    let unsigned_element = parts.optional(Tag::context(1), "unsignedAttrs")?;
    parts.end("SignerInfo")?;
    let mut signed_octets = signed_element.whole.to_vec();
    if let Some(tag) = signed_octets.first_mut() {
        *tag = Tag::SET.0;
    }
    let signed = attributes(&signed_element)?;
    if signed.iter().any(|a| a.values.len() != 1) {
        return Err(DerError("a signed attribute without exactly one value".into()));
    }
    let unsigned = unsigned_element.map(|e| attributes(&e)).transpose()?.unwrap_or_default();
    Ok((SignerInfo { id, digest, algorithm, signed_octets, signed, unsigned, signature }, version))
}

/// Attributes in the order of DER (X.690 11.6), each type once.
fn attributes<'a>(set: &Element<'a>) -> Result<Vec<Attribute<'a>>, DerError> {
    let elements = set.inside().all(MAX_ATTRIBUTES, "attributes")?;
    if elements.is_empty() || !elements.is_sorted_by(|a, b| a.whole < b.whole) {
        return Err(DerError("attributes not in the order of DER".into()));
    }
    let mut found: Vec<Attribute<'a>> = Vec::new();
    for element in elements {
        let mut parts = Der::one(element.whole, Tag::SEQUENCE, "Attribute")?.inside();
        let id = parts.expect(Tag::OID, "attrType")?.oid()?;
        let values = parts.expect(Tag::SET, "attrValues")?.inside().all(4, "attrValues")?;
        parts.end("Attribute")?;
        if found.iter().any(|a| a.id == id) {
            return Err(DerError(format!("attribute {id} twice")));
        }
        found.push(Attribute { id, values });
    }
    Ok(found)
}

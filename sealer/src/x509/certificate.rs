//! One certificate, read once; the octets signed are a slice of the original.
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::Decode as _;
use dossier::{Instant, Sha256Digest};

use super::extensions::Extensions;
use super::names::{GeneralName, directory};
use super::{PublicKey, SignatureAlgorithm};
use crate::asn1::{Der, DerError, Tag};
use crate::time_text::read_time;

/// A parsed certificate. Equality is equality of octets.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    der: Vec<u8>,
    tbs: Range<usize>,
    pub(crate) serial: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) not_before: Instant,
    pub(crate) not_after: Instant,
    pub(crate) key: PublicKey,
    /// The SubjectPublicKeyInfo, whole; `subjectPublicKey` of OCSP's key hash is the end of it.
    pub(crate) spki: Vec<u8>,
    pub(crate) extensions: Extensions,
    /// `None` for an algorithm that is not accepted (an old root signed with SHA-1, say): its own signature then proves
    /// nothing, but it can still be an anchor.
    algorithm: Option<SignatureAlgorithm>,
    pub(crate) signature: Vec<u8>,
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Certificate {
    /// Parses exactly one DER certificate.
    pub(crate) fn parse(octets: &[u8]) -> Result<Self, DerError> {
        let mut outer = Der::one(octets, Tag::SEQUENCE, "Certificate")?.inside();
        let tbs = outer.expect(Tag::SEQUENCE, "TBSCertificate")?;
        let algorithm_element = outer.expect(Tag::SEQUENCE, "signatureAlgorithm")?;
        let signature = outer.expect(Tag::BIT_STRING, "signature")?;
        outer.end("Certificate")?;
        let [0, signature @ ..] = signature.content else { return Err(DerError("signature: unused bits".into())) };

        let mut fields = tbs.inside();
        let version = fields.expect(Tag::context(0), "version (v3)")?;
        if version.content != [2, 1, 2] {
            return Err(DerError("certificate version other than v3".into()));
        }
        let serial = fields.expect(Tag::INTEGER, "serialNumber")?.content.to_vec();
        if fields.expect(Tag::SEQUENCE, "signature")?.whole != algorithm_element.whole {
            return Err(DerError("the two signature algorithms of the certificate differ".into()));
        }
        let issuer = name(&mut fields, "issuer")?;
        let mut validity = fields.expect(Tag::SEQUENCE, "validity")?.inside();
        let not_before = read_time(&validity.next("notBefore")?)?;
        let not_after = read_time(&validity.next("notAfter")?)?;
        validity.end("validity")?;
        let subject = name(&mut fields, "subject")?;
        let key_element = fields.expect(Tag::SEQUENCE, "subjectPublicKeyInfo")?;
        let (key, spki) = (PublicKey::read(&key_element)?, key_element.whole.to_vec());
        fields.optional(Tag::context_primitive(1), "issuerUniqueID")?;
        fields.optional(Tag::context_primitive(2), "subjectUniqueID")?;
        let extensions = fields.optional(Tag::context(3), "extensions")?;
        fields.end("TBSCertificate")?;
        // The whole starts with the outer header; the TBS is a slice of it.
        let start = tbs.whole.as_ptr() as usize - octets.as_ptr() as usize;
        Ok(Self {
            der: octets.to_vec(),
            tbs: start..start + tbs.whole.len(),
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            key,
            spki,
            extensions: extensions.map(|e| Extensions::read(&e)).transpose()?.unwrap_or_default(),
            algorithm: SignatureAlgorithm::of_certificate(&algorithm_element).ok(),
            signature: signature.to_vec(),
        })
    }

    /// The original octets.
    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the original octets.
    pub(crate) fn sha256(&self) -> Sha256Digest {
        Sha256Digest::of(&self.der)
    }

    /// The subject as text (RFC 4514).
    pub(crate) fn subject_text(&self) -> String {
        name_text(&self.subject)
    }

    /// Whether subject and issuer are the same name.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether `issuer` is named as the issuer of this certificate, and its key made the signature.
    pub(crate) fn is_signed_by(&self, issuer: &Self) -> bool {
        if self.issuer != issuer.subject {
            return false;
        }
        let tbs = self.der.get(self.tbs.clone()).unwrap_or_default();
        self.algorithm.is_some_and(|algorithm| issuer.key.verify(algorithm, tbs, &self.signature).is_ok())
    }

    /// The algorithm of its own signature, when it is one that is accepted.
    pub(crate) fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        self.algorithm
    }

    /// The names the certificate gives its subject: the directory name, unless it is empty, and the alternative names.
    pub(crate) fn names(&self) -> Result<Vec<GeneralName>, DerError> {
        let directory = GeneralName::Directory(directory(&self.subject)?);
        let own = if directory == GeneralName::Directory(Vec::new()) { None } else { Some(directory) };
        Ok(own.into_iter().chain(self.extensions.alternative_names.iter().cloned()).collect())
    }
}

fn name(fields: &mut Der<'_>, what: &str) -> Result<Vec<u8>, DerError> {
    let element = fields.expect(Tag::SEQUENCE, what)?;
    if element.content.is_empty() && what == "issuer" {
        return Err(DerError("empty issuer".into()));
    }
    Ok(element.whole.to_vec())
}

/// A name as text (RFC 4514); hexadecimal when it is not a name.
pub(crate) fn name_text(octets: &[u8]) -> String {
    x509_cert::name::Name::from_der(octets).map_or_else(|_| hex::encode(octets), |name| readable(&name.to_string()))
}

/// RFC 4514 has no short name for organizationIdentifier (ITU-T X.520, ETSI EN 319 412-1), which every seal of a legal person bears: it
/// writes number and octets. Here its name and its text, when that is a simple one.
fn readable(text: &str) -> String {
    const NUMBER: &str = "2.5.4.97=#";
    let Some((before, after)) = text.split_once(NUMBER) else { return text.to_owned() };
    let end = after.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(after.len());
    let (octets, rest) = after.split_at(end);
    let value = hex::decode(octets).ok().and_then(|der| {
        let value = Der::new(&der).next("organizationIdentifier").ok()?;
        let simple = |c: u8| c.is_ascii_alphanumeric() || b"-: ".contains(&c);
        let text = std::str::from_utf8(value.content).ok()?;
        (value.whole.len() == der.len() && !text.is_empty() && text.trim() == text && text.bytes().all(simple))
            .then(|| text.to_owned())
    });
    match value {
        Some(value) => format!("{before}organizationIdentifier={value}{}", readable(rest)),
        None => format!("{before}{NUMBER}{octets}{}", readable(rest)),
    }
}

/// The certificates of a PEM text, in order; anything between the blocks is refused unless it is a comment line.
pub(crate) fn pem_certificates(pem: &[u8]) -> Result<Vec<Certificate>, DerError> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let text = std::str::from_utf8(pem).map_err(|_| DerError("not a PEM text".into()))?;
    let mut certificates = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let (body, after) = after.split_once(END).ok_or_else(|| DerError("PEM block without end".into()))?;
        let base64: String = body.split_ascii_whitespace().collect();
        let octets = STANDARD.decode(base64).map_err(|e| DerError(format!("PEM: {e}")))?;
        certificates.push(Certificate::parse(&octets)?);
        rest = after;
    }
    if certificates.is_empty() { Err(DerError("no certificate in the PEM text".into())) } else { Ok(certificates) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_identifier_of_an_organisation_is_readable_when_it_is_simple() {
        let told = super::readable("CN=x,2.5.4.97=#0c0f4e545246522d303030303030303030,C=FR");
        assert_eq!(told, "CN=x,organizationIdentifier=NTRFR-000000000,C=FR");
        for kept in ["CN=x", "2.5.4.97=#0c04612c623d", "2.5.4.97=#0c", "CN=x,2.5.4.97=#zz"] {
            assert_eq!(super::readable(kept), kept);
        }
    }
}

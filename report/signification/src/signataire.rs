//! Who signed: a valid CMS signature says that somebody the roots trust signed, not who. The signing certificate is named
//! by the signed attribute signing-certificate-v2 (RFC 5035); its digest is compared with the one that is expected.
//!
//! The verifier checks the signature, its certificate and that the attribute names that certificate (CAdES); this module
//! reads the attribute only. Bytes come from others: definite lengths, no recursion, nothing is read past its element.
use dossier::{Finding, Level, Sha256Digest};
use ring::digest::{self, Algorithm};

use crate::EvidenceVerifier;

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
const SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const CONTEXT_0: u8 = 0xa0;
const CONTEXT_1: u8 = 0xa1;

/// Elements one after the other; an element is its tag, its content and its whole bytes.
struct Der<'a>(&'a [u8]);

struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

const CUT: &str = "signature CMS illisible";

impl<'a> Der<'a> {
    fn next(&mut self) -> Result<Element<'a>, &'static str> {
        let (&tag, rest) = self.0.split_first().ok_or(CUT)?;
        let (&first, rest) = rest.split_first().ok_or(CUT)?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let count = usize::from(first & 0x7f);
            if count == 0 || count > 4 {
                return Err(CUT);
            }
            let (digits, rest) = rest.split_at_checked(count).ok_or(CUT)?;
            (digits.iter().fold(0_usize, |n, d| n << 8 | usize::from(*d)), rest)
        };
        let (content, rest) = rest.split_at_checked(length).ok_or(CUT)?;
        let whole = self.0.get(..self.0.len() - rest.len()).ok_or(CUT)?;
        self.0 = rest;
        Ok(Element { tag, content, whole })
    }

    fn expect(&mut self, tag: u8) -> Result<Element<'a>, &'static str> {
        let element = self.next()?;
        if element.tag == tag { Ok(element) } else { Err(CUT) }
    }

    fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, &'static str> {
        if self.0.first() == Some(&tag) { self.next().map(Some) } else { Ok(None) }
    }
}

/// SHA-256 of the certificate that the signed attributes of a detached CMS signature name as the signer's. One signer,
/// one such attribute, and the certificate inside; anything else is refused with a French reason.
pub(crate) fn signing_certificate(cms: &[u8]) -> Result<Sha256Digest, &'static str> {
    let mut outer = Der(cms);
    let mut info = Der(outer.expect(SEQUENCE)?.content);
    if !outer.0.is_empty() || info.expect(OID)?.content != SIGNED_DATA {
        return Err("pas une signature CMS");
    }
    let mut data = Der(Der(info.expect(CONTEXT_0)?.content).expect(SEQUENCE)?.content);
    data.expect(INTEGER)?;
    data.expect(SET)?;
    let mut encapsulated = Der(data.expect(SEQUENCE)?.content);
    encapsulated.expect(OID)?;
    if !encapsulated.0.is_empty() {
        return Err("signature CMS non détachée");
    }
    let certificates = data.optional(CONTEXT_0)?.ok_or("signature CMS sans certificat")?.content;
    data.optional(CONTEXT_1)?;
    let mut signers = Der(data.expect(SET)?.content);
    let mut signer = Der(signers.expect(SEQUENCE)?.content);
    if !signers.0.is_empty() {
        return Err("plusieurs signataires");
    }
    signer.expect(INTEGER)?;
    signer.next()?;
    signer.expect(SEQUENCE)?;
    let attributes = signer.optional(CONTEXT_0)?.ok_or("signature CMS sans attributs signés")?.content;
    let (algorithm, hash) = certificate_id(attributes)?;
    let mut list = Der(certificates);
    while !list.0.is_empty() {
        let certificate = list.next()?.whole;
        if digest::digest(algorithm, certificate).as_ref() == hash {
            return Ok(Sha256Digest::of(certificate));
        }
    }
    Err("le certificat du signataire n'est pas dans la signature")
}

/// The hash of the signing certificate, from the only signing-certificate-v2 attribute.
fn certificate_id(attributes: &[u8]) -> Result<(&'static Algorithm, &[u8]), &'static str> {
    let mut found = None;
    let mut list = Der(attributes);
    while !list.0.is_empty() {
        let mut attribute = Der(list.expect(SEQUENCE)?.content);
        if attribute.expect(OID)?.content != SIGNING_CERTIFICATE_V2 {
            continue;
        }
        let mut values = Der(attribute.expect(SET)?.content);
        let value = values.expect(SEQUENCE)?;
        if !values.0.is_empty() || found.replace(value.content).is_some() {
            return Err("plusieurs attributs signing-certificate-v2");
        }
    }
    let value = found.ok_or("pas d'attribut signing-certificate-v2")?;
    // SigningCertificateV2 { certs SEQUENCE OF ESSCertIDv2 }: the first is the signer's.
    let mut ids = Der(Der(value).expect(SEQUENCE)?.content);
    let mut id = Der(ids.expect(SEQUENCE)?.content);
    let algorithm = match id.optional(SEQUENCE)? {
        None => &digest::SHA256,
        Some(named) => match Der(named.content).expect(OID)?.content {
            SHA256 => &digest::SHA256,
            SHA384 => &digest::SHA384,
            SHA512 => &digest::SHA512,
            _ => return Err("empreinte de certificat d'un algorithme non admis"),
        },
    };
    Ok((algorithm, id.expect(OCTETS)?.content))
}

/// Checks a detached signature over `bytes` and that `expected` (SHA-256 of a certificate in DER) is its signer. A failed
/// check is the error, in French; what could not be checked is given back as findings.
pub(crate) fn check_signer(
    verifier: &dyn EvidenceVerifier,
    bytes: &[u8],
    signature: &[u8],
    expected: &Sha256Digest,
) -> Result<Vec<Finding>, String> {
    let found = signing_certificate(signature).map_err(str::to_owned)?;
    let findings = verifier.check_signature(bytes, signature);
    if let Some(fault) = findings.iter().find(|f| f.level == Level::Fail) {
        return Err(format!("signature refusée ({})", fault.code));
    }
    if found != *expected {
        return Err(format!(
            "signé par un autre certificat : attendu {}, trouvé {}",
            expected.to_hex(),
            found.to_hex()
        ));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap();
        [&[tag, 0x82], &length.to_be_bytes()[..], content].concat()
    }

    /// A signature in form only: what this module reads, and nothing else.
    fn cms(certificates: &[&[u8]], hash: &[u8], signers: usize, content: &[u8]) -> Vec<u8> {
        let id = tlv(SEQUENCE, &tlv(OCTETS, hash));
        let value = tlv(SEQUENCE, &tlv(SEQUENCE, &id));
        let attribute = tlv(SEQUENCE, &[tlv(OID, SIGNING_CERTIFICATE_V2), tlv(SET, &value)].concat());
        let signer = [tlv(INTEGER, &[1]), tlv(SEQUENCE, &[]), tlv(SEQUENCE, &[]), tlv(CONTEXT_0, &attribute)].concat();
        let data = [
            tlv(INTEGER, &[1]),
            tlv(SET, &[]),
            tlv(SEQUENCE, &[&tlv(OID, &[1]), content].concat()),
            tlv(CONTEXT_0, &certificates.concat()),
            tlv(SET, &tlv(SEQUENCE, &signer).repeat(signers)),
        ];
        tlv(SEQUENCE, &[tlv(OID, SIGNED_DATA), tlv(CONTEXT_0, &tlv(SEQUENCE, &data.concat()))].concat())
    }

    #[test]
    fn the_named_certificate_is_found_among_the_others() {
        let (one, two) = (tlv(SEQUENCE, b"one"), tlv(SEQUENCE, b"two"));
        let hash = Sha256Digest::of(&two);
        let good = cms(&[&one, &two], hash.as_bytes(), 1, &[]);
        assert_eq!(signing_certificate(&good), Ok(hash));
        assert!(signing_certificate(&cms(&[&one], hash.as_bytes(), 1, &[])).is_err(), "not inside");
        assert!(signing_certificate(&cms(&[&one, &two], hash.as_bytes(), 2, &[])).is_err(), "two signers");
        assert!(signing_certificate(&cms(&[&one, &two], hash.as_bytes(), 0, &[])).is_err(), "no signer");
        let inside = tlv(CONTEXT_0, &tlv(OCTETS, b"text"));
        assert!(signing_certificate(&cms(&[&two], hash.as_bytes(), 1, &inside)).is_err(), "not detached");
        for cut in 0..good.len() {
            assert!(signing_certificate(&good[..cut]).is_err(), "cut at {cut}");
        }
        assert!(signing_certificate(&[good, vec![0]].concat()).is_err(), "something after");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(signing_certificate(&bytes).is_err());
        }
    }
}

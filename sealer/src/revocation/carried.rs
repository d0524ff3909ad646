//! Revocation data inside a CMS SignedData: CRLs as they are, OCSP answers as `OtherRevocationInfoFormat` (RFC 5940).
use super::{Crl, OcspAnswer};
use crate::asn1::{DerError, Element, Tag, context, oid as oid_der};
use crate::oid;

/// What the `crls` field of a SignedData holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carried {
    pub(crate) crls: Vec<Crl>,
    pub(crate) answers: Vec<OcspAnswer>,
}

impl Carried {
    /// Reads the elements of the field; one that is neither a CRL nor an OCSP answer is refused.
    pub(crate) fn read(elements: &[Element<'_>]) -> Result<Self, DerError> {
        let mut found = Self::default();
        for element in elements {
            if element.tag == Tag::SEQUENCE {
                found.crls.push(Crl::parse(element.whole)?);
            } else {
                found.answers.push(other(element)?);
            }
        }
        Ok(found)
    }
}

fn other(element: &Element<'_>) -> Result<OcspAnswer, DerError> {
    if !is_other(element) {
        return Err(DerError("RevocationInfoChoice of an unknown kind".into()));
    }
    let mut parts = element.inside();
    let format = parts.expect(Tag::OID, "otherRevInfoFormat")?.oid()?;
    if format != oid::RI_OCSP_RESPONSE {
        return Err(DerError(format!("revocation information of format {format}")));
    }
    let answer = parts.next("otherRevInfo")?;
    parts.end("OtherRevocationInfoFormat")?;
    OcspAnswer::parse(answer.whole)
}

/// Whether the element is an `OtherRevocationInfoFormat`, which asks for version 5 of the SignedData (RFC 5652 5.1).
pub(crate) fn is_other(element: &Element<'_>) -> bool {
    element.tag == Tag::context(1)
}

/// A CRL as an element of the `crls` field.
pub(crate) fn crl_choice(crl: &Crl) -> Vec<u8> {
    crl.der().to_vec()
}

/// An OCSP answer as an element of the `crls` field.
pub(crate) fn ocsp_choice(answer: &OcspAnswer) -> Vec<u8> {
    context(1, &[oid_der(oid::RI_OCSP_RESPONSE), answer.der().to_vec()].concat())
}

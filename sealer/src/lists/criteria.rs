//! Qualifications of a service (TS 119 612, 5.5.9.2): qualifiers that hold for the certificates that meet criteria, and
//! whether one certificate meets them: yes, no, or not to be judged here.
use std::collections::BTreeSet;

use const_oid::ObjectIdentifier;
use roxmltree::Node;

use super::xml::{NS_SERVICE_EXTENSION as NS, NS_TSL_MORE, children, is, one, text};
use super::{ListError, uri};
use crate::asn1::{Der, Tag};
use crate::x509::Certificate;

/// How deep lists of criteria may stand in each other.
const MAX_DEPTH: usize = 8;

/// One QualificationElement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Qualification {
    pub(super) qualifiers: BTreeSet<Qualifier>,
    criteria: Criteria,
}

impl Qualification {
    /// Whether `certificate` meets the criteria; `None` when that cannot be judged.
    pub(super) fn holds(&self, certificate: &Certificate) -> Option<bool> {
        self.criteria.meets(certificate)
    }
}

/// A qualifier (5.5.9.2.3), with the words it had under Directive 1999/93/EC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Qualifier {
    /// QCStatement: a qualified certificate, whatever it says itself.
    Qualified,
    /// NotQualified: not one, whatever it says itself.
    NotQualified,
    /// QCForESig.
    ForSignatures,
    /// QCForESeal.
    ForSeals,
    /// QCForWSA.
    ForWebSites,
    /// QCForLegalPerson.
    ForLegalPerson,
    /// QCWithQSCD, QCWithSSCD, QCQSCDManagedOnBehalf: the key is in a qualified device.
    InDevice,
    /// QCNoQSCD, QCNoSSCD: it is not.
    NotInDevice,
    /// QCQSCDStatusAsInCert, QCSSCDStatusAsInCert: as the certificate says.
    DeviceAsSaid,
    /// Any other: nothing can be told of a certificate it holds for.
    Unknown,
}

impl Qualifier {
    fn of(address: &str) -> Self {
        match uri::after(address, &uri::INFORMATION) {
            Some("QCStatement") => Self::Qualified,
            Some("NotQualified") => Self::NotQualified,
            Some("QCForESig") => Self::ForSignatures,
            Some("QCForESeal") => Self::ForSeals,
            Some("QCForWSA") => Self::ForWebSites,
            Some("QCForLegalPerson") => Self::ForLegalPerson,
            Some("QCWithQSCD" | "QCWithSSCD" | "QCQSCDManagedOnBehalf") => Self::InDevice,
            Some("QCNoQSCD" | "QCNoSSCD") => Self::NotInDevice,
            Some("QCQSCDStatusAsInCert" | "QCSSCDStatusAsInCert") => Self::DeviceAsSaid,
            _ => Self::Unknown,
        }
    }
}

/// CriteriaList: one assertion over criteria.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Criteria {
    assertion: Assertion,
    criteria: Vec<Criterion>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Assertion {
    All,
    AtLeastOne,
    None,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Criterion {
    /// Bits of the key usage, by number, and what each must be.
    KeyUsage(Vec<(u8, bool)>),
    /// Policies that must all be there.
    Policies(Vec<ObjectIdentifier>),
    /// Purposes that must all be there.
    Purposes(Vec<ObjectIdentifier>),
    /// Attributes that must all be in the subject's name.
    Attributes(Vec<ObjectIdentifier>),
    List(Criteria),
    /// A criterion that is not known.
    Unknown,
}

impl Criteria {
    fn meets(&self, certificate: &Certificate) -> Option<bool> {
        let answers: Vec<Option<bool>> = self.criteria.iter().map(|one| one.meets(certificate)).collect();
        let (yes, no) = (answers.contains(&Some(true)), answers.contains(&Some(false)));
        let open = answers.contains(&None);
        match self.assertion {
            // An empty list says nothing: it is met by nothing.
            _ if answers.is_empty() => None,
            Assertion::All if no => Some(false),
            Assertion::AtLeastOne if yes => Some(true),
            Assertion::None if yes => Some(false),
            _ if open => None,
            Assertion::All | Assertion::None => Some(true),
            Assertion::AtLeastOne => Some(false),
        }
    }
}

impl Criterion {
    fn meets(&self, certificate: &Certificate) -> Option<bool> {
        let extensions = &certificate.extensions;
        let all = |wanted: &[ObjectIdentifier], there: &[ObjectIdentifier]| wanted.iter().all(|id| there.contains(id));
        match self {
            Self::KeyUsage(bits) => {
                let there = extensions.key_use.unwrap_or_default().bits;
                Some(bits.iter().all(|(bit, wanted)| (there & (0x8000 >> bit) != 0) == *wanted))
            }
            Self::Policies(wanted) => Some(all(wanted, extensions.policies.as_deref().unwrap_or_default())),
            Self::Purposes(wanted) => {
                Some(all(wanted, extensions.purposes.as_ref().map_or(&[][..], |(there, _)| there)))
            }
            Self::Attributes(wanted) => Some(all(wanted, &attributes(&certificate.subject)?)),
            Self::List(criteria) => criteria.meets(certificate),
            Self::Unknown => None,
        }
    }
}

/// The types of the attributes of a name.
fn attributes(name: &[u8]) -> Option<Vec<ObjectIdentifier>> {
    let mut found = Vec::new();
    for rdn in Der::one(name, Tag::SEQUENCE, "Name").ok()?.inside().all(64, "Name").ok()? {
        for attribute in rdn.inside().all(64, "RDN").ok()? {
            found.push(attribute.inside().expect(Tag::OID, "type").ok()?.oid().ok()?);
        }
    }
    Some(found)
}

/// Reads a Qualifications element.
pub(super) fn read(element: Node<'_, '_>) -> Result<Vec<Qualification>, ListError> {
    let mut found = Vec::new();
    for one_element in children(element, NS, "QualificationElement") {
        let mut qualifiers = BTreeSet::new();
        for qualifier in children(one(one_element, NS, "Qualifiers")?, NS, "Qualifier") {
            qualifiers.insert(Qualifier::of(qualifier.attribute("uri").unwrap_or_default().trim()));
        }
        let criteria = read_list(one(one_element, NS, "CriteriaList")?, 0)?;
        found.push(Qualification { qualifiers, criteria });
    }
    Ok(found)
}

fn read_list(element: Node<'_, '_>, depth: usize) -> Result<Criteria, ListError> {
    if depth > MAX_DEPTH {
        return Err(ListError::structure("criteria too deep"));
    }
    let mut criteria = Vec::new();
    for child in element.children().filter(Node::is_element) {
        match child.tag_name().name() {
            _ if child.tag_name().namespace() != Some(NS) => criteria.push(Criterion::Unknown),
            "Description" => {}
            "KeyUsage" => criteria.push(key_usage(child)?),
            "PolicySet" => criteria
                .push(identifiers(child, NS, "PolicyIdentifier")?.map_or(Criterion::Unknown, Criterion::Policies)),
            "CriteriaList" => criteria.push(Criterion::List(read_list(child, depth + 1)?)),
            "otherCriteriaList" => others(child, &mut criteria)?,
            _ => criteria.push(Criterion::Unknown),
        }
    }
    let assertion = match element.attribute("assert") {
        Some("all") => Assertion::All,
        Some("atLeastOne") => Assertion::AtLeastOne,
        Some("none") => Assertion::None,
        _ => return Err(ListError::structure("a list of criteria without a known assertion")),
    };
    Ok(Criteria { assertion, criteria })
}

/// The names of TS 119 612, each at the number of its bit (RFC 5280, 4.2.1.3).
const BITS: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "crlSign",
    "encipherOnly",
    "decipherOnly",
];

fn key_usage(element: Node<'_, '_>) -> Result<Criterion, ListError> {
    let mut bits = Vec::new();
    for bit in children(element, NS, "KeyUsageBit") {
        let name = bit.attribute("name").unwrap_or_default();
        let number = (0_u8..).zip(BITS).find(|(_, known)| *known == name).map(|(number, _)| number);
        let wanted = match text(bit)?.as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => return Ok(Criterion::Unknown),
        };
        match number {
            Some(number) => bits.push((number, wanted)),
            None => return Ok(Criterion::Unknown),
        }
    }
    Ok(Criterion::KeyUsage(bits))
}

fn others(element: Node<'_, '_>, criteria: &mut Vec<Criterion>) -> Result<(), ListError> {
    for child in element.children().filter(Node::is_element) {
        criteria.push(if is(child, NS_TSL_MORE, "ExtendedKeyUsage") {
            identifiers(child, NS_TSL_MORE, "KeyPurposeId")?.map_or(Criterion::Unknown, Criterion::Purposes)
        } else if is(child, NS_TSL_MORE, "CertSubjectDNAttribute") {
            identifiers(child, NS_TSL_MORE, "AttributeOID")?.map_or(Criterion::Unknown, Criterion::Attributes)
        } else {
            Criterion::Unknown
        });
    }
    Ok(())
}

/// The object identifiers of the children `name`, each in an `Identifier` (XAdES ObjectIdentifierType); `None` when one of
/// them is not an object identifier: published lists hold some (`oid:1.2.3`, `1.2.3.`), and a list must not be lost for it.
fn identifiers(parent: Node<'_, '_>, namespace: &str, name: &str) -> Result<Option<Vec<ObjectIdentifier>>, ListError> {
    let mut found = Vec::new();
    for child in children(parent, namespace, name) {
        let identifier = child.children().find(|node| node.is_element() && node.tag_name().name() == "Identifier");
        let identifier = identifier.ok_or_else(|| ListError::structure(format!("{name} without Identifier")))?;
        let written = text(identifier)?;
        match ObjectIdentifier::new(written.strip_prefix("urn:oid:").unwrap_or(&written)) {
            Ok(id) => found.push(id),
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(found))
}

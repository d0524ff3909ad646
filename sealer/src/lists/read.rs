//! Reads a trusted list (TS 119 612, clause 5): what is looked at is looked at strictly; what a list says beyond (postal
//! addresses, supply points, rules) is left aside.
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use dossier::Instant;
use roxmltree::{Document, Node};

use super::criteria::{self, Qualification};
use super::model::{Identity, Period, Pointer, Provider, Service, ServiceKind, Status, TrustedList, Usage};
use super::xml::{NS_SERVICE_EXTENSION, NS_TSL, NS_TSL_MORE, children, in_french, is, one, optional, text};
use super::{ListError, uri};

/// Pointers, providers, services of one provider, identities and periods of one service read at most.
const MAX_EACH: usize = 5000;

/// Some lists write base64 with stray bits or without its padding: what is decoded is compared, never re-encoded.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads the list of a document already parsed: the one whose signature is checked is the one that is read.
pub(super) fn of_document(document: &Document<'_>) -> Result<TrustedList, ListError> {
    let root = document.root_element();
    if !is(root, NS_TSL, "TrustServiceStatusList") {
        return Err(ListError::structure("not a TrustServiceStatusList of the namespace 02231/v2"));
    }
    let scheme = one(root, NS_TSL, "SchemeInformation")?;
    let version = number(scheme, "TSLVersionIdentifier")?;
    if !(5..=6).contains(&version) {
        return Err(ListError::structure(format!("version {version} of the format: 5 and 6 are read")));
    }
    let kind = text(one(scheme, NS_TSL, "TSLType")?)?;
    let next = optional(scheme, NS_TSL, "NextUpdate")?
        .map(|next| optional(next, NS_TSL, "dateTime"))
        .transpose()?
        .flatten()
        .map(instant)
        .transpose()?;
    let pointers = optional(scheme, NS_TSL, "PointersToOtherTSL")?;
    let pointers = pointers.map_or(Ok(Vec::new()), |list| each(list, "OtherTSLPointer", pointer))?;
    let providers = optional(root, NS_TSL, "TrustServiceProviderList")?;
    Ok(TrustedList {
        version: u32::try_from(version).unwrap_or_default(),
        sequence: number(scheme, "TSLSequenceNumber")?,
        of_lists: kind == uri::LIST_OF_LISTS,
        territory: territory(one(scheme, NS_TSL, "SchemeTerritory")?)?,
        operator: in_french(one(scheme, NS_TSL, "SchemeOperatorName")?, "Name")?.unwrap_or_default(),
        issued: instant(one(scheme, NS_TSL, "ListIssueDateTime")?)?,
        next_update: next,
        pointers: pointers.into_iter().flatten().collect(),
        providers: providers.map_or(Ok(Vec::new()), |list| each(list, "TrustServiceProvider", provider))?,
    })
}

fn each<'a, 'i: 'a, T>(
    parent: Node<'a, 'i>,
    name: &'a str,
    read: impl Fn(Node<'a, 'i>) -> Result<T, ListError>,
) -> Result<Vec<T>, ListError> {
    let mut found = Vec::new();
    for child in children(parent, NS_TSL, name) {
        if found.len() == MAX_EACH {
            return Err(ListError::structure(format!("more than {MAX_EACH} {name}")));
        }
        found.push(read(child)?);
    }
    Ok(found)
}

fn number(parent: Node<'_, '_>, name: &str) -> Result<u64, ListError> {
    let written = text(one(parent, NS_TSL, name)?)?;
    let digits = !written.is_empty() && written.bytes().all(|b| b.is_ascii_digit());
    let read = if digits { written.parse().ok() } else { None };
    read.ok_or_else(|| ListError::structure(format!("{name}: {written:.40} is not a number")))
}

/// An xsd:dateTime, which the standard wants in UTC.
fn instant(element: Node<'_, '_>) -> Result<Instant, ListError> {
    let written = text(element)?;
    written
        .parse()
        .map_err(|_| ListError::structure(format!("{}: {written:.40} is not an instant", element.tag_name().name())))
}

/// Two letters, or a scheme's own short name: it becomes part of a file name.
fn territory(element: Node<'_, '_>) -> Result<String, ListError> {
    let written = text(element)?;
    let plain = (2..=8).contains(&written.len()) && written.bytes().all(|b| b.is_ascii_alphanumeric());
    if plain { Ok(written) } else { Err(ListError::structure(format!("SchemeTerritory: {written:.40}"))) }
}

pub(super) fn base64(element: Node<'_, '_>) -> Result<Vec<u8>, ListError> {
    let written: String = text(element)?.split_ascii_whitespace().collect();
    let name = element.tag_name().name();
    BASE64.decode(written).map_err(|e| ListError::structure(format!("{name}: {e}")))
}

/// A pointer; `None` for one that says no territory: it designates no list that could be told from another.
fn pointer(element: Node<'_, '_>) -> Result<Option<Pointer>, ListError> {
    let location = text(one(element, NS_TSL, "TSLLocation")?)?;
    let mut found = None;
    let mut machine = true;
    if let Some(more) = optional(element, NS_TSL, "AdditionalInformation")? {
        for other in children(more, NS_TSL, "OtherInformation").flat_map(|node| node.children()) {
            if is(other, NS_TSL, "SchemeTerritory") {
                found = Some(territory(other)?);
            } else if is(other, NS_TSL_MORE, "MimeType") {
                machine = text(other)? == "application/vnd.etsi.tsl+xml";
            }
        }
    }
    let mut certificates = Vec::new();
    if let Some(identities) = optional(element, NS_TSL, "ServiceDigitalIdentities")? {
        for one_identity in each(identities, "ServiceDigitalIdentity", self::identities)?.into_iter().flatten() {
            if let Identity::Certificate(der) = one_identity {
                certificates.push(der);
            }
        }
    }
    Ok(found.filter(|_| machine).map(|territory| Pointer { location, territory, certificates }))
}

fn provider(element: Node<'_, '_>) -> Result<Provider, ListError> {
    let information = one(element, NS_TSL, "TSPInformation")?;
    let name = in_french(one(information, NS_TSL, "TSPName")?, "Name")?.unwrap_or_default();
    let services = optional(element, NS_TSL, "TSPServices")?;
    Ok(Provider { name, services: services.map_or(Ok(Vec::new()), |list| each(list, "TSPService", service))? })
}

fn service(element: Node<'_, '_>) -> Result<Service, ListError> {
    let information = one(element, NS_TSL, "ServiceInformation")?;
    let mut periods = vec![period(information)?];
    if let Some(history) = optional(element, NS_TSL, "ServiceHistory")? {
        periods.extend(each(history, "ServiceHistoryInstance", period)?);
    }
    // Newest first; of two that begin together, the one the list puts first.
    periods.sort_by_key(|period| std::cmp::Reverse(period.since));
    Ok(Service {
        name: in_french(one(information, NS_TSL, "ServiceName")?, "Name")?.unwrap_or_default(),
        identities: optional(information, NS_TSL, "ServiceDigitalIdentity")?.map_or(Ok(Vec::new()), identities)?,
        periods,
    })
}

fn identities(element: Node<'_, '_>) -> Result<Vec<Identity>, ListError> {
    let read = |id: Node<'_, '_>| {
        let Some(child) = id.children().find(Node::is_element) else { return Ok(Identity::Other) };
        if is(child, NS_TSL, "X509Certificate") {
            base64(child).map(Identity::Certificate)
        } else if is(child, NS_TSL, "X509SKI") {
            base64(child).map(Identity::KeyIdentifier)
        } else if is(child, NS_TSL, "X509SubjectName") {
            text(child).map(Identity::Subject)
        } else {
            Ok(Identity::Other)
        }
    };
    each(element, "DigitalId", read)
}

fn period(element: Node<'_, '_>) -> Result<Period, ListError> {
    let mut period = Period {
        kind: ServiceKind::of(&text(one(element, NS_TSL, "ServiceTypeIdentifier")?)?),
        status: Status::of(&text(one(element, NS_TSL, "ServiceStatus")?)?),
        since: instant(one(element, NS_TSL, "StatusStartingTime")?)?,
        usages: BTreeSet::new(),
        qualifications: Vec::new(),
        unknown_critical: None,
    };
    if let Some(extensions) = optional(element, NS_TSL, "ServiceInformationExtensions")? {
        for extension in children(extensions, NS_TSL, "Extension") {
            extend(extension, &mut period)?;
        }
    }
    Ok(period)
}

fn extend(extension: Node<'_, '_>, period: &mut Period) -> Result<(), ListError> {
    let critical = matches!(extension.attribute("Critical").map(str::trim), Some("true" | "1"));
    for child in extension.children().filter(Node::is_element) {
        if is(child, NS_TSL, "AdditionalServiceInformation") {
            period.usages.extend(Usage::of(&text(one(child, NS_TSL, "URI")?)?));
        } else if is(child, NS_SERVICE_EXTENSION, "Qualifications") {
            let read: Vec<Qualification> = criteria::read(child)?;
            period.qualifications.extend(read);
        } else if is(child, NS_TSL, "ExpiredCertsRevocationInfo") || is(child, NS_TSL_MORE, "TakenOverBy") {
            // How long revocation is told, and who took the service over: neither changes what it was.
        } else if critical {
            period.unknown_critical = Some(child.tag_name().name().to_owned());
        }
    }
    Ok(())
}

//! A trusted list as read: the scheme, its pointers, its providers and what each of their services was, when.
use std::collections::BTreeSet;
use std::fmt;

use dossier::Instant;
use serde::{Serialize, Serializer};

use super::criteria::Qualification;
use super::uri;

/// One list (TS 119 612, 5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedList {
    /// TSLVersionIdentifier: 5 or 6.
    pub version: u32,
    /// TSLSequenceNumber: grows with each issue.
    pub sequence: u64,
    /// Whether it is a list of lists.
    pub of_lists: bool,
    /// SchemeTerritory: `FR`, or `EU` for the list of lists.
    pub territory: String,
    /// Who publishes it.
    pub operator: String,
    /// ListIssueDateTime.
    pub issued: Instant,
    /// NextUpdate; `None` is a closed list.
    pub next_update: Option<Instant>,
    /// PointersToOtherTSL.
    pub pointers: Vec<Pointer>,
    /// TrustServiceProviderList.
    pub providers: Vec<Provider>,
}

impl TrustedList {
    /// Whether the list should have been replaced before `at`.
    pub fn is_late(&self, at: Instant) -> bool {
        self.next_update.is_none_or(|next| next < at)
    }
}

/// A pointer to another list (5.3.13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// Where that list is published.
    pub location: String,
    /// Its territory.
    pub territory: String,
    /// Its signers' certificates, DER.
    pub certificates: Vec<Vec<u8>>,
}

/// A trust service provider (5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name, in French when the list says it.
    pub name: String,
    /// Its services.
    pub services: Vec<Service>,
}

/// A service (5.5), with all it was since it is in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name, in French when the list says it.
    pub name: String,
    /// What it is recognised by.
    pub identities: Vec<Identity>,
    /// What it was, newest first; never empty.
    pub periods: Vec<Period>,
}

impl Service {
    /// What it was at `at`: `None` before the list knew it.
    pub fn at(&self, at: Instant) -> Option<&Period> {
        self.periods.iter().find(|period| period.since <= at)
    }
}

/// A digital identity of a service (5.5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A certificate, DER.
    Certificate(Vec<u8>),
    /// A subject key identifier.
    KeyIdentifier(Vec<u8>),
    /// A subject name, as text.
    Subject(String),
    /// Something else (a key value, an identifier outside X.509), not compared.
    Other,
}

/// One status of a service, from its starting time to that of the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// What the service is.
    pub kind: ServiceKind,
    /// Its status.
    pub status: Status,
    /// StatusStartingTime.
    pub since: Instant,
    /// additionalServiceInformation (5.5.9.4): what its certificates are for; empty when the list does not say.
    pub usages: BTreeSet<Usage>,
    /// Qualifications (5.5.9.2).
    pub(super) qualifications: Vec<Qualification>,
    /// A critical extension that is not known: nothing can be judged from this period.
    pub unknown_critical: Option<String>,
}

/// What a service is (5.5.1), as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    /// CA/QC: issues qualified certificates.
    QualifiedCertificates,
    /// TSA/QTST: issues qualified time stamps.
    QualifiedTimestamps,
    /// CA/PKC: issues certificates that are not qualified.
    Certificates,
    /// TSA, TSA/TSS-QC or TSA/TSS-AdESQCandQES: issues time stamps that are not qualified.
    Timestamps,
    /// Any other, by its address.
    Other(String),
}

impl ServiceKind {
    pub(super) fn of(address: &str) -> Self {
        match address.strip_prefix(uri::SERVICE) {
            Some("CA/QC") => Self::QualifiedCertificates,
            Some("TSA/QTST") => Self::QualifiedTimestamps,
            Some("CA/PKC") => Self::Certificates,
            Some("TSA" | "TSA/TSS-QC" | "TSA/TSS-AdESQCandQES") => Self::Timestamps,
            _ => Self::Other(address.to_owned()),
        }
    }
}

impl fmt::Display for ServiceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QualifiedCertificates => "CA/QC",
            Self::QualifiedTimestamps => "TSA/QTST",
            Self::Certificates => "CA/PKC",
            Self::Timestamps => "TSA",
            Self::Other(address) => address.strip_prefix(uri::SERVICE).unwrap_or(address),
        })
    }
}

impl Serialize for ServiceKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A status (5.5.4), by the last part of its address; another scheme's is kept whole and counts for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status(String);

impl Status {
    pub(super) fn of(address: &str) -> Self {
        Self(uri::after(address, &uri::STATUSES).unwrap_or(address).to_owned())
    }

    /// As in the list: `granted`, `withdrawn`, `undersupervision`…
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a service of this status at `at` issues what is qualified: `granted`; and before the regulation took
    /// effect (1 July 2016, 00:00 in Brussels) the statuses of Directive 1999/93/EC (TS 119 615, 4.3).
    pub fn is_qualified(&self, at: Instant) -> bool {
        match self.as_str() {
            "granted" => true,
            "undersupervision" | "supervisionincessation" | "accredited" => at.as_millisecond() < REGULATION_MS,
            _ => false,
        }
    }
}

/// 2016-06-30T22:00:00Z, when Regulation (EU) No 910/2014 began to apply.
pub(super) const REGULATION_MS: i64 = 1_467_324_000_000;

/// What the certificates of a CA/QC service are for (5.5.9.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// ForeSignatures.
    Signatures,
    /// ForeSeals.
    Seals,
    /// ForWebSiteAuthentication.
    WebSites,
}

impl Usage {
    pub(super) fn of(address: &str) -> Option<Self> {
        match uri::after(address, &uri::INFORMATION)? {
            "ForeSignatures" => Some(Self::Signatures),
            "ForeSeals" => Some(Self::Seals),
            "ForWebSiteAuthentication" => Some(Self::WebSites),
            _ => None,
        }
    }

    /// In French.
    pub fn word(self) -> &'static str {
        match self {
            Self::Signatures => "signature électronique",
            Self::Seals => "cachet électronique",
            Self::WebSites => "authentification de site internet",
        }
    }
}

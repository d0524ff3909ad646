//! The independent accounts of what a browser requested, compared: what the statement of incompleteness says of them.
use serde::{Deserialize, Serialize};

use crate::ArtefactPath;

/// On which account a request stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmatchedClass {
    /// The network service made it; the debugging interface never announced it.
    OnlyNetlog,
    /// Both know it, an answer came from the network, and none is stored.
    NotStored,
    /// The debugging interface announced it; the network service never made it.
    OnlyCdp,
}

impl UnmatchedClass {
    /// The snake-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnlyNetlog => "only_netlog",
            Self::NotStored => "not_stored",
            Self::OnlyCdp => "only_cdp",
        }
    }
}

/// A request on which the accounts do not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmatched {
    /// How they disagree.
    pub class: UnmatchedClass,
    /// Its method.
    pub method: String,
    /// Its address, without user, password and fragment, cut when it is long.
    pub url: String,
    /// How often.
    pub count: u64,
    /// Why, in French.
    pub why: String,
    /// The status the network service read last, when one came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The network service's own name of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Octets of the bodies, as the network service counted them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// The accounts of one browser of the session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// Its number, from 1.
    pub browser: u32,
    /// First account: requests its debugging interface announced.
    pub requests_cdp: u64,
    /// Second account: requests in the log of its own network service; `None` when it could not be read.
    pub requests_netlog: Option<u64>,
    /// Third account: connections of the browser found in the packets taken; `None` when none were.
    pub packet_flows: Option<u64>,
    /// Connections in the log of the network service of which no packet was taken.
    #[serde(default)]
    pub flows_unseen: Option<u64>,
    /// Connections to the same servers found in the packets, which that log does not hold.
    #[serde(default)]
    pub flows_untold: Option<u64>,
    /// Exchanges given to the archive.
    pub exchanges_stored: u64,
    /// Requests both the first and the second account hold.
    #[serde(default)]
    pub matched: u64,
    /// Of the network service, unknown to the debugging interface.
    #[serde(default)]
    pub only_netlog: u64,
    /// Of these, those of which something was sent.
    #[serde(default)]
    pub only_netlog_sent: u64,
    /// Announced by the debugging interface, unknown to the network service.
    #[serde(default)]
    pub only_cdp: u64,
    /// In both, answered on the network, and not stored.
    #[serde(default)]
    pub answered_not_stored: u64,
    /// Too many to be compared one by one.
    #[serde(default)]
    pub uncompared: u64,
    /// The first requests on which the accounts do not agree.
    #[serde(default)]
    pub unmatched: Vec<Unmatched>,
    /// The artefact that holds the whole list.
    #[serde(default)]
    pub report: Option<ArtefactPath>,
    /// Why the accounts could not be compared, or not wholly, in French.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Reconciliation {
    /// Whether nothing is left unmatched and nothing was left out of the comparison.
    pub fn agrees(&self) -> bool {
        let flows = self.flows_unseen.unwrap_or(0) + self.flows_untold.unwrap_or(0);
        let apart = [self.only_netlog, self.only_cdp, self.answered_not_stored, self.uncompared, flows];
        self.requests_netlog.is_some() && self.why.is_none() && apart == [0; 5]
    }
}

//! `constat.json`: the manifest that the seal signs. Every claim about a bundle starts here.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Artefact, ArtefactPath, Case, Finding, Instant, Reconciliation, Sha256Digest};

/// The format named in `constat.json` and in the first journal line.
pub const FORMAT_VERSION: &str = "constat/1";

/// The program that captured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Software {
    /// `constat`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the running binary, when it could be read.
    pub binary_sha256: Option<Sha256Digest>,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Every step of the scenario was done.
    Complete,
    /// Stopped, or at least one step failed: what was recorded stands.
    Partial,
    /// Cut by a crash, a kill or a power failure, and closed later.
    Interrupted,
}

impl SessionState {
    /// The snake-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Interrupted => "interrupted",
        }
    }
}

/// When and how the session went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// How it ended.
    pub state: SessionState,
    /// Whether an officer attended and acknowledged the captures.
    pub attended: bool,
    /// First journal line.
    pub opened_at: Instant,
    /// Last journal line.
    pub closed_at: Instant,
    /// Steps begun, and steps that ended well.
    pub steps_begun: u32,
    /// Steps that ended with outcome `ok`.
    pub steps_done: u32,
    /// Captures taken.
    pub captures: u32,
}

/// The inner WACZ: its members, by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaczSummary {
    /// `capture.wacz`.
    pub path: ArtefactPath,
    /// Every member of the inner zip: path to SHA-256 of its bytes, uncompressed.
    pub members: BTreeMap<String, Sha256Digest>,
}

/// The journal, by its head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalSummary {
    /// `journal.jsonl`.
    pub path: ArtefactPath,
    /// Number of lines.
    pub entries: u64,
    /// SHA-256 of the last line, without its line feed.
    pub head: Sha256Digest,
}

/// Why something requested is not, or not wholly, stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingReason {
    /// The request failed; the browser's reason is in `detail`.
    Failed,
    /// The browser blocked it (mixed content, CSP, CORS…).
    Blocked,
    /// The browser answered from its own state, without the network.
    NotOnTheWire,
    /// The browser no longer had the body.
    Evicted,
    /// Cut at a limit of size or time.
    Truncated,
    /// Still under way when the page was left.
    Pending,
    /// A message of the browser that could not be understood.
    Unparsed,
    /// A kind of traffic this version does not store.
    NotRecorded,
}

impl MissingReason {
    /// Every reason, in the order of the statement.
    pub const ALL: [Self; 8] = [
        Self::Failed,
        Self::Blocked,
        Self::NotOnTheWire,
        Self::Evicted,
        Self::Truncated,
        Self::Pending,
        Self::Unparsed,
        Self::NotRecorded,
    ];

    /// The snake-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::NotOnTheWire => "not_on_the_wire",
            Self::Evicted => "evicted",
            Self::Truncated => "truncated",
            Self::Pending => "pending",
            Self::Unparsed => "unparsed",
            Self::NotRecorded => "not_recorded",
        }
    }
}

/// One thing that is not, or not wholly, stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Its address, or what is known instead.
    pub url: String,
    /// Why.
    pub reason: MissingReason,
    /// The browser's or the appliance's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Octets received on the wire, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_received: Option<u64>,
    /// Octets stored.
    pub bytes_stored: u64,
}

/// What one page lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncompletePage {
    /// The step during which it was requested; `None` between steps.
    pub step: Option<u32>,
    /// The page, when one was open.
    pub page: Option<String>,
    /// What is missing.
    pub missing: Vec<Missing>,
}

/// The statement of incompleteness: everything seen and not stored, with the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incompleteness {
    /// Requests the browser announced.
    pub requests_seen: u64,
    /// Exchanges stored in the archive.
    pub exchanges_stored: u64,
    /// Messages of the browser that could not be parsed.
    pub messages_unparsed: u64,
    /// Page by page, what is missing.
    pub pages: Vec<IncompletePage>,
    /// What this version never records, in French, one sentence each.
    pub never_recorded: Vec<String>,
    /// Browser by browser, the independent accounts of its requests, compared. Empty: they were not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reconciliations: Vec<Reconciliation>,
}

/// A picture of the recorded traffic, as received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficPicture {
    /// `WARC-Record-ID` of its record.
    pub record: String,
    /// Its address.
    pub url: String,
    /// Media type the server gave; empty when it gave none.
    pub media_type: String,
    /// Octets of the payload as stored, and their SHA-256.
    pub bytes: u64,
    /// SHA-256 of the payload as stored.
    pub sha256: Sha256Digest,
    /// EXIF fields, by tag name, as text; empty when there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exif: BTreeMap<String, String>,
    /// Whether EXIF was looked for: not in formats that carry none, nor in what is too long to be read whole.
    pub exif_read: bool,
}

/// The pictures of the recorded traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficPictures {
    /// How many there are.
    pub found: u64,
    /// The first of them, in the order of the archive.
    pub listed: Vec<TrafficPicture>,
}

impl TrafficPictures {
    /// Whether the traffic holds no picture.
    pub fn is_empty(&self) -> bool {
        self.found == 0
    }
}

/// What makes it possible to withhold records from a copy: the Merkle root over one salted leaf for each record of the
/// archive, in its order (see `FORMAT.md`, 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// How many records the archive has.
    pub records: u64,
    /// Root of the tree (RFC 9162, 2.1.1).
    pub root: Sha256Digest,
}

/// What the seal says of time when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealTime {
    /// Whether a timestamp token over the signature was obtained at sealing.
    pub timestamped: bool,
    /// The authorities asked, by name.
    pub authorities: Vec<String>,
    /// When no token was obtained: why, in French.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The whole manifest. Serialised by [`crate::to_canonical`] and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT_VERSION`].
    pub format: String,
    /// Whether the keys are test keys: then the bundle proves nothing in court, and says so.
    pub essai: bool,
    /// Parties and object.
    pub case: Case,
    /// The program.
    pub software: Software,
    /// The session.
    pub session: Session,
    /// What was measured of the environment: operation name to the data of its last line.
    pub environment: BTreeMap<String, Map<String, Value>>,
    /// Every file of the bundle outside META-INF, but `mimetype`, `constat.json`, `SHA256SUMS`, `datapackage.json`, `LISEZMOI.txt` and `disclosure/secret.hex`; sorted by path.
    pub artefacts: Vec<Artefact>,
    /// The inner WACZ.
    pub wacz: WaczSummary,
    /// The journal.
    pub journal: JournalSummary,
    /// The pictures of the recorded traffic, with the EXIF found in them.
    #[serde(default, skip_serializing_if = "TrafficPictures::is_empty")]
    pub traffic_pictures: TrafficPictures,
    /// What records are withheld by; absent from bundles sealed before this existed, of which only whole files can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosure: Option<Disclosure>,
    /// What is missing.
    pub incompleteness: Incompleteness,
    /// Findings of the capture, of the closing and of the sealing.
    pub findings: Vec<Finding>,
    /// What the seal says of time.
    pub seal_time: SealTime,
}

//! What a verdict says of one anchor: for a program, and one French line for a person.
use dossier::Instant;
use serde::Serialize;

/// How far an anchor is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnchorState {
    /// Checked to its end with what the reader brought.
    Proven,
    /// It claims something, and the reader brought nothing to check it with.
    Unchecked,
    /// It promises something and proves nothing yet.
    Pending,
    /// It proves less than the reader's policy asks.
    Insufficient,
    /// It is wrong.
    False,
}

/// A block of the chain that an anchor names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlockClaim {
    /// Its height.
    pub height: u64,
    /// The root its header must hold, as block explorers write it.
    pub merkle_root: String,
    /// Its hash, when the reader's headers hold it.
    pub hash: Option<String>,
    /// The time its miner states, true within two hours.
    pub time: Option<Instant>,
    /// Headers after it in the reader's file.
    pub followed_by: Option<u64>,
}

/// A head of the office's log that an anchor names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogClaim {
    /// Which log.
    pub origin: String,
    /// Leaves in it.
    pub size: u64,
    /// The number of this seal's leaf.
    pub index: u64,
    /// The root, hexadecimal.
    pub root: String,
    /// The witnesses of the reader's policy that cosigned it.
    pub witnesses: Vec<WitnessClaim>,
}

/// A cosignature that was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WitnessClaim {
    /// How the policy calls the witness.
    pub name: String,
    /// When it says it cosigned.
    pub at: Instant,
}

/// One anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnchorFacts {
    /// The entry of the bundle.
    pub entry: String,
    /// `opentimestamps` or `office-log`.
    pub kind: &'static str,
    /// How far it is proven.
    pub state: AnchorState,
    /// The seal existed at this time at the latest, as far as this anchor alone proves it.
    pub existed_before: Option<Instant>,
    /// What it says, in French.
    pub line: String,
    /// How to check it without this software, in French.
    pub check: String,
    /// Calendars that promised, when nothing more came.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calendars: Vec<String>,
    /// Blocks it names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<BlockClaim>,
    /// The head of the log it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogClaim>,
}

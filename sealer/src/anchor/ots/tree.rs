//! The proof as a tree: operations lead from a message to attestations. Branches and attestations are kept sorted and
//! single, so that a tree has one serialised form.
use std::collections::{BTreeMap, BTreeSet};

use super::OtsError;
use super::op::Op;

/// Operations and attestations at most in one proof: real ones stay under a hundred per calendar.
pub(super) const MAX_NODES: usize = 2000;
/// Operations one after the other at most (python-opentimestamps: 256).
pub(super) const MAX_DEPTH: usize = 256;

/// Who says that a message existed. The order is that of the serialised form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attestation {
    /// A calendar promised to have it in the chain later; nothing is proven yet.
    Pending(String),
    /// The message is the Merkle root of the block of Bitcoin at this height.
    Bitcoin(u64),
    /// A kind this version does not judge: its tag and its octets.
    Other([u8; 8], Vec<u8>),
}

impl Attestation {
    pub(super) const PENDING: [u8; 8] = [0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e];
    pub(super) const BITCOIN: [u8; 8] = [0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01];

    /// Its tag in the serialised form.
    pub(super) fn tag(&self) -> [u8; 8] {
        match self {
            Self::Pending(_) => Self::PENDING,
            Self::Bitcoin(_) => Self::BITCOIN,
            Self::Other(tag, _) => *tag,
        }
    }

    /// Tag, then height, then address or octets.
    fn key(&self) -> ([u8; 8], u64, &[u8]) {
        match self {
            Self::Pending(uri) => (self.tag(), 0, uri.as_bytes()),
            Self::Bitcoin(height) => (self.tag(), *height, &[]),
            Self::Other(tag, octets) => (*tag, 0, octets),
        }
    }
}

impl PartialOrd for Attestation {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Attestation {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// What is known of one message: who attests it, and where operations lead from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timestamp {
    /// Attestations of this very message.
    pub attestations: BTreeSet<Attestation>,
    /// What each operation leads to.
    pub branches: BTreeMap<Op, Timestamp>,
}

impl Timestamp {
    /// `operations` one after the other, then `end`.
    pub fn after(operations: impl IntoIterator<Item = Op, IntoIter: DoubleEndedIterator>, end: Self) -> Self {
        operations
            .into_iter()
            .rev()
            .fold(end, |inner, op| Self { attestations: BTreeSet::new(), branches: BTreeMap::from([(op, inner)]) })
    }

    /// Nothing leads anywhere.
    pub fn is_empty(&self) -> bool {
        self.attestations.is_empty() && self.branches.is_empty()
    }

    /// Takes over everything `other` knows of the same message.
    pub fn merge(&mut self, other: Self) {
        self.attestations.extend(other.attestations);
        for (op, branch) in other.branches {
            self.branches.entry(op).or_default().merge(branch);
        }
    }

    /// Takes away every promise of `uri` below the message where a calendar has kept it: what it gave stays.
    pub fn fulfil(&mut self, uri: &str) {
        if self.reaches_bitcoin() {
            self.attestations.remove(&Attestation::Pending(uri.to_owned()));
        }
        self.branches.values_mut().for_each(|branch| branch.fulfil(uri));
    }

    /// Whether some attestation below this message is of a block.
    pub fn reaches_bitcoin(&self) -> bool {
        self.attestations.iter().any(|a| matches!(a, Attestation::Bitcoin(_)))
            || self.branches.values().any(Self::reaches_bitcoin)
    }

    /// Every attestation with the message it is about, from `message` on. An error when an operation goes out of bounds.
    pub fn attested(&self, message: &[u8]) -> Result<Vec<(Vec<u8>, Attestation)>, OtsError> {
        let mut found = Vec::new();
        self.walk(message, 0, &mut found)?;
        Ok(found)
    }

    fn walk(&self, message: &[u8], depth: usize, found: &mut Vec<(Vec<u8>, Attestation)>) -> Result<(), OtsError> {
        if depth > MAX_DEPTH {
            return Err(OtsError::TooLarge { what: "operations one after the other" });
        }
        found.extend(self.attestations.iter().map(|a| (message.to_vec(), a.clone())));
        for (op, branch) in &self.branches {
            let next = op.apply(message).ok_or(OtsError::TooLarge { what: "message" })?;
            branch.walk(&next, depth + 1, found)?;
        }
        Ok(())
    }

    /// The place of the message `wanted`, reached from `message`.
    pub fn at_mut(&mut self, message: &[u8], wanted: &[u8]) -> Option<&mut Self> {
        if message == wanted {
            return Some(self);
        }
        self.branches.iter_mut().find_map(|(op, branch)| branch.at_mut(&op.apply(message)?, wanted))
    }
}

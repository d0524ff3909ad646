//! The journal of copies, `REF.copies.jsonl` beside the bundle: what was done with it, one line an act, chained.
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{By, CopyError};
use crate::World;
use crate::chained::{self, ChainFault, Chained};

pub use crate::chained::{Entry, History};

/// The word of the first member of every line.
const FORMAT: &str = "constat-copies/1";

/// What was done with a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It was copied.
    Copied,
    /// It was opened: replayed, read.
    Opened,
    /// It, or a copy of it, was checked.
    Verified,
}

impl Act {
    /// The word of the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copied => "copied",
            Self::Opened => "opened",
            Self::Verified => "verified",
        }
    }
}

impl From<ChainFault> for CopyError {
    fn from(fault: ChainFault) -> Self {
        Self::Journal { path: fault.path, line: fault.line, why: fault.why }
    }
}

/// Reads and checks the journal of `bundle`; no lines when there is none yet.
///
/// # Errors
/// [`CopyError::Journal`] with the line where the chain does not hold.
pub fn history(bundle: &Path) -> Result<History, CopyError> {
    Ok(chained::history(&beside(bundle), FORMAT)?)
}

/// `REF.copies.jsonl` beside `REF.asice`.
pub(super) fn beside(bundle: &Path) -> PathBuf {
    bundle.with_extension("copies.jsonl")
}

/// The journal, open and locked for one who adds a line.
pub(super) struct Journal {
    pub(super) path: PathBuf,
    chained: Chained,
}

impl Journal {
    /// Opens it, made when there is none, waits for its turn, and follows its chain.
    pub(super) fn open(bundle: &Path) -> Result<Self, CopyError> {
        let path = beside(bundle);
        Ok(Self { chained: Chained::open(path.clone(), FORMAT)?, path })
    }

    /// Adds a line and waits until the medium has it; gives its number.
    pub(super) fn append(
        &mut self,
        world: &World,
        act: Act,
        by: By<'_>,
        bundle: Value,
        more: Value,
    ) -> Result<u64, CopyError> {
        let mut members = json!({"act": act.as_str(), "bundle": bundle});
        if let (Value::Object(members), Value::Object(more)) = (&mut members, more) {
            members.extend(more);
        }
        Ok(self.chained.append(world, by, members)?)
    }
}

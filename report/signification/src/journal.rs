//! The journal of operations: the discipline of a dossier's journal (canonical JSON lines, each bound to the one before
//! by its SHA-256, synced before anything is acknowledged) with operations of its own, `signification.*`.
//!
//! `mono_us` is the time spent by the sessions that wrote the journal, cumulated: it never goes back.
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use dossier::{Instant, Journal, Sha256Digest};

use crate::SignificationError;

/// Name of the journal in a store.
pub const JOURNAL: &str = "journal.jsonl";

/// Where a line stands in the chain: what evidence cites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Position, from 0.
    pub seq: u64,
    /// SHA-256 of the line.
    pub hash: Sha256Digest,
    /// SHA-256 of the line before.
    pub prev: Sha256Digest,
    /// Time of the line.
    pub at: Instant,
}

/// The longest line accepted: a longer one is a fault, so that a hostile file cannot exhaust the memory.
const MAX_LINE: u64 = 64 * 1024 * 1024;

/// The whole lines of a file, one by one, and the torn end after the last of them.
pub struct Lines<R> {
    reader: BufReader<R>,
    torn: Option<Vec<u8>>,
}

impl<R: Read> Lines<R> {
    /// Over a reader.
    pub fn new(reader: R) -> Self {
        Self { reader: BufReader::with_capacity(256 * 1024, reader), torn: None }
    }

    /// The next whole line, without line feed. `number` is only for the error.
    pub fn next_line(&mut self, number: u64) -> Result<Option<Vec<u8>>, SignificationError> {
        let fault = |why: String| SignificationError::Journal { line: number, why };
        let mut line = Vec::new();
        let mut limited = (&mut self.reader).take(MAX_LINE + 1);
        let read = limited.read_until(b'\n', &mut line).map_err(|e| fault(e.to_string()))?;
        if read == 0 {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
            return Ok(Some(line));
        }
        if read as u64 > MAX_LINE {
            return Err(fault(format!("line longer than {MAX_LINE} bytes")));
        }
        self.torn = Some(line);
        Ok(None)
    }

    /// What came after the last whole line.
    pub fn into_torn(self) -> Option<Vec<u8>> {
        self.torn
    }
}

/// Reads a journal without locking nor changing it: chain checked, torn end told.
pub fn read(root: &Path) -> Result<(Journal, Option<dossier::Torn>), SignificationError> {
    read_from(File::open(root.join(JOURNAL)).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => SignificationError::StoreMissing { path: root.to_path_buf() },
        _ => SignificationError::io("open", root.join(JOURNAL), e),
    })?)
}

/// Like [`read`], from any reader.
pub fn read_from(reader: impl Read) -> Result<(Journal, Option<dossier::Torn>), SignificationError> {
    Journal::read(reader).map_err(|fault| SignificationError::Journal { line: fault.line, why: fault.why })
}

/// Digest and place of every line, in order.
pub fn links(journal: &Journal) -> Result<Vec<Link>, SignificationError> {
    let entries = journal.entries();
    let mut links = Vec::with_capacity(entries.len());
    for (i, entry) in entries.iter().enumerate() {
        // The digest of a line is what the next one cites; the last one is the head.
        let hash = entries.get(i + 1).map_or(journal.head(), |next| next.prev);
        links.push(Link { seq: entry.seq, hash, prev: entry.prev, at: entry.at });
    }
    Ok(links)
}

/// Options for files only their owner may read (0600).
pub(crate) fn owner_only() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

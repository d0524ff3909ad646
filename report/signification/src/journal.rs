//! The journal of operations: the discipline of a dossier's journal (canonical JSON lines, each bound to the one before
//! by its SHA-256, synced before anything is acknowledged) with operations of its own, `signification.*`.
//!
//! `mono_us` is the time spent by the sessions that wrote the journal, cumulated: it never goes back.
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use dossier::{Clock, Instant, Journal, JournalEntry, Sha256Digest};
use rustix::fs::{FlockOperation, flock};

use crate::SignificationError;
use crate::consent::Actor;
use crate::event::Event;

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

/// A journal open for writing; holds an exclusive lock on its file.
pub struct OperationJournal {
    path: PathBuf,
    file: File,
    head: Sha256Digest,
    next: u64,
    base: Duration,
    start: Duration,
    last_at: Option<Instant>,
}

/// What was found at opening.
pub struct Opened {
    /// The journal, ready for the next line.
    pub journal: OperationJournal,
    /// What it holds.
    pub read: Journal,
    /// The torn end a crash left, already cut off.
    pub torn: Option<Vec<u8>>,
}

impl OperationJournal {
    /// Makes an empty journal.
    pub fn create(root: &Path, clock: &dyn Clock) -> Result<Self, SignificationError> {
        let path = root.join(JOURNAL);
        let file = match owner_only().append(true).create_new(true).open(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                return Err(SignificationError::StoreExists { path: root.to_path_buf() });
            }
            other => other.map_err(|e| SignificationError::io("create", &path, e))?,
        };
        lock(&file, root)?;
        let (head, start) = (Sha256Digest::ZERO, clock.monotonic());
        Ok(Self { path, file, head, next: 0, base: Duration::ZERO, start, last_at: None })
    }

    /// Opens a journal, checks its whole chain, and cuts a torn end off (a line that was never acknowledged).
    pub fn open(root: &Path, clock: &dyn Clock) -> Result<Opened, SignificationError> {
        let path = root.join(JOURNAL);
        let file = match OpenOptions::new().read(true).append(true).open(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(SignificationError::StoreMissing { path: root.to_path_buf() });
            }
            other => other.map_err(|e| SignificationError::io("open", &path, e))?,
        };
        lock(&file, root)?;
        let (read, torn) =
            Journal::read(&file).map_err(|fault| SignificationError::Journal { line: fault.line, why: fault.why })?;
        if let Some(torn) = &torn {
            file.set_len(torn.offset).map_err(|e| SignificationError::io("cut", &path, e))?;
            file.sync_all().map_err(|e| SignificationError::io("sync", &path, e))?;
        }
        let last = read.entries().last();
        let journal = Self {
            head: read.head(),
            next: read.entries().len() as u64,
            base: Duration::from_micros(last.map_or(0, |e| e.mono_us)),
            start: clock.monotonic(),
            last_at: last.map(|e| e.at),
            path,
            file,
        };
        Ok(Opened { journal, read, torn: torn.map(|t| t.bytes) })
    }

    /// Prepares the next line without writing it. `at` must not be before the last line.
    pub fn prepare(
        &self,
        at: Instant,
        clock: &dyn Clock,
        actor: &Actor,
        event: &Event,
    ) -> Result<JournalEntry, SignificationError> {
        if let Some(last) = self.last_at.filter(|last| at < *last) {
            return Err(SignificationError::ClockBack { now: at, last });
        }
        let (op, data) = event.to_parts(actor)?;
        let spent = self.base + clock.monotonic().saturating_sub(self.start);
        let mono_us = u64::try_from(spent.as_micros()).unwrap_or(u64::MAX).min(1 << 52);
        Ok(JournalEntry { seq: self.next, at, mono_us, op, outcome: event.outcome(), data, prev: self.head })
    }

    /// Writes the line made by [`OperationJournal::prepare`] and syncs it. When this returns, it survives a power cut.
    pub fn commit(&mut self, entry: &JournalEntry) -> Result<Link, SignificationError> {
        let mut line = entry.to_line()?;
        let (prev, hash) = (self.head, Sha256Digest::of(&line));
        line.push(b'\n');
        self.file.write_all(&line).map_err(|e| SignificationError::io("write", &self.path, e))?;
        self.file.sync_data().map_err(|e| SignificationError::io("sync", &self.path, e))?;
        self.head = hash;
        self.next += 1;
        self.last_at = Some(entry.at);
        Ok(Link { seq: entry.seq, hash, prev, at: entry.at })
    }

    /// SHA-256 of the last line: it names the whole journal.
    pub fn head(&self) -> Sha256Digest {
        self.head
    }

    /// Time of the last line.
    pub fn last_at(&self) -> Option<Instant> {
        self.last_at
    }
}

impl Drop for OperationJournal {
    /// A child process forked by another thread may hold a copy of the descriptor until it executes: closing would not
    /// free the lock then, unlocking does.
    fn drop(&mut self) {
        let _ = flock(&self.file, FlockOperation::Unlock);
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

fn lock(file: &File, root: &Path) -> Result<(), SignificationError> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(SignificationError::StoreInUse { path: root.to_path_buf() }),
        Err(errno) => Err(SignificationError::io("lock", root, errno.into())),
    }
}

/// Options for files only their owner may read (0600).
pub(crate) fn owner_only() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

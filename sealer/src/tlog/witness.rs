//! A witness of other offices' logs (C2SP `tlog-witness` v1): it remembers the last head of each, cosigns only what
//! continues it, and has written it down before it answers.
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use dossier::{Instant, Sha256Digest};

use super::checkpoint::{decimal, hash};
use super::merkle::{self, Hash, MAX_PROOF};
use super::note::{KeyKind, MAX_NOTE, Note, SigningKey, VerifierKey};
use super::store::{create_key, lock_alone, read_key, read_some, replace};
use super::{Checkpoint, LogError};
use crate::Random;

const KEY: &str = "temoin.secrete";

/// A witness, alone on its folder as long as it lives.
#[derive(Debug)]
pub struct Witness {
    folder: PathBuf,
    key: SigningKey,
    logs: Vec<VerifierKey>,
    state: std::sync::Mutex<()>,
    _lock: File,
}

/// What the witness answers over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessAnswer {
    /// The status.
    pub status: u16,
    /// The media type.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl WitnessAnswer {
    fn refused(status: u16, why: &str) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: format!("{why}\n") }
    }
}

impl Witness {
    /// Opens the witness of `folder`, which is made with a key named `name` when there is none. It answers for these logs.
    pub fn open(folder: &Path, name: &str, logs: Vec<VerifierKey>, random: &dyn Random) -> Result<Self, LogError> {
        fs::create_dir_all(folder).map_err(LogError::file(folder))?;
        let lock = lock_alone(folder)?;
        let path = folder.join(KEY);
        let key = if path.exists() {
            read_key(&path, KeyKind::Witness)?
        } else {
            create_key(&path, name, KeyKind::Witness, random)?
        };
        if key.verifier().name != name {
            return Err(LogError::Key { why: format!("ce témoin s'appelle {}", key.verifier().name) });
        }
        Ok(Self { folder: folder.to_path_buf(), key, logs, state: std::sync::Mutex::new(()), _lock: lock })
    }

    /// Its public key.
    pub fn verifier(&self) -> &VerifierKey {
        self.key.verifier()
    }

    /// Answers `POST /add-checkpoint`.
    pub fn add_checkpoint(&self, body: &[u8], now: Instant) -> WitnessAnswer {
        let Some(asked) = Asked::parse(body) else { return WitnessAnswer::refused(400, "malformed request") };
        let head = &asked.head;
        let known: Vec<&VerifierKey> = self.logs.iter().filter(|key| key.name == head.origin).collect();
        if known.is_empty() {
            return WitnessAnswer::refused(404, "unknown log");
        }
        if !known.iter().any(|key| matches!(key.signed(&asked.note), Some(Ok(())))) {
            return WitnessAnswer::refused(403, "not signed by the log");
        }
        if asked.old > head.size {
            return WitnessAnswer::refused(400, "old size larger than the checkpoint");
        }
        // One at a time: what is compared is still the last head when the new one is written.
        let _one = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let last = match self.last(&head.origin) {
            Ok(last) => last,
            Err(error) => {
                tracing::error!(%error, "witness state");
                return WitnessAnswer::refused(500, "state");
            }
        };
        let last_size = last.as_ref().map_or(0, |last| last.size);
        if asked.old != last_size {
            return WitnessAnswer { status: 409, content_type: "text/x.tlog.size", body: format!("{last_size}\n") };
        }
        if let Some(last) = &last {
            if last.size == head.size && last.root != head.root {
                tracing::error!(origin = %head.origin, size = head.size, "two heads of one size");
                return WitnessAnswer { status: 409, content_type: "text/x.tlog.size", body: format!("{last_size}\n") };
            }
            if !merkle::continues(last.size, &last.root, head.size, &head.root, &asked.way) {
                return WitnessAnswer::refused(422, "the consistency proof does not hold");
            }
        } else if !asked.way.is_empty() {
            return WitnessAnswer::refused(422, "a proof from an empty tree");
        }
        self.cosign(&asked, now)
    }

    fn cosign(&self, asked: &Asked, now: Instant) -> WitnessAnswer {
        let seconds = u64::try_from(now.as_millisecond() / 1000).unwrap_or(0);
        let line = self.key.cosign(&asked.note.text, seconds);
        let kept = format!("{}\n{line}", asked.note.text);
        match replace(&self.path(&asked.head.origin), kept.as_bytes()) {
            Ok(()) => WitnessAnswer { status: 200, content_type: "text/plain; charset=utf-8", body: line },
            Err(error) => {
                tracing::error!(%error, "witness state");
                WitnessAnswer::refused(500, "state")
            }
        }
    }

    /// The last head it cosigned for this log.
    fn last(&self, origin: &str) -> Result<Option<Checkpoint>, LogError> {
        let path = self.path(origin);
        let kept = match read_some(&path, MAX_NOTE as u64) {
            Ok(kept) => kept,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LogError::file(&path)(error)),
        };
        let note = Note::parse(&String::from_utf8_lossy(&kept))?;
        // A state that it did not sign itself is no state: it must not start again from nothing.
        match self.verifier().cosigned(&note) {
            Some(Ok(_)) => Checkpoint::parse(&note.text).map(Some),
            _ => Err(LogError::Signature { name: self.verifier().name.clone() }),
        }
    }

    fn path(&self, origin: &str) -> PathBuf {
        self.folder.join(format!("{}.note", Sha256Digest::of(origin.as_bytes())))
    }
}

/// A request, read.
struct Asked {
    old: u64,
    way: Vec<Hash>,
    note: Note,
    head: Checkpoint,
}

impl Asked {
    fn parse(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= 2 * MAX_NOTE)?;
        let (first, note) = text.split_once("\n\n")?;
        let mut lines = first.split('\n');
        let old = decimal(lines.next()?.strip_prefix("old ")?)?;
        let way = lines.map(hash).collect::<Option<Vec<_>>>()?;
        let note = Note::parse(note).ok()?;
        let head = Checkpoint::parse(&note.text).ok()?;
        (way.len() <= MAX_PROOF).then_some(Self { old, way, note, head })
    }
}

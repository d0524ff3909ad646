//! What passes over a link that stays open, written line by line into a private file while it is received: the page may
//! talk for hours, and what it said must fit in constant memory.
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use dossier::Digests;
use serde_json::Value;
use uuid::Uuid;

/// The most messages kept of one link.
const LINES: u64 = 200_000;
/// The most octets kept of one link.
const BYTES: u64 = 256 * 1024 * 1024;
/// How much waits in memory before it is written.
const HELD: usize = 32 * 1024;

/// The messages of one link, as JSON lines.
#[derive(Debug)]
pub(crate) struct Transcript {
    path: PathBuf,
    held: Vec<u8>,
    lines: u64,
    bytes: u64,
    refused: u64,
    broken: Option<String>,
}

/// A transcript that ended.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The file that holds it; nothing when no message passed, or when it cannot be read.
    pub(crate) file: Option<(PathBuf, Digests)>,
    /// Messages kept.
    pub(crate) lines: u64,
    /// Messages beyond the budget.
    pub(crate) refused: u64,
    /// Why the file is not whole.
    pub(crate) broken: Option<String>,
}

impl Transcript {
    /// A new one, in a file of its own under `folder`.
    pub(crate) fn under(folder: &Path) -> Self {
        let path = folder.join(Uuid::new_v4().simple().to_string());
        Self { path, held: Vec::new(), lines: 0, bytes: 0, refused: 0, broken: None }
    }

    /// Adds a message; beyond the budget it is counted only.
    pub(crate) fn add(&mut self, message: &Value) {
        let line = message.to_string();
        let length = line.len() as u64 + 1;
        if self.lines >= LINES || self.bytes + length > BYTES {
            self.refused += 1;
            return;
        }
        self.lines += 1;
        self.bytes += length;
        self.held.extend_from_slice(line.as_bytes());
        self.held.push(b'\n');
        if self.held.len() > HELD {
            self.flush();
        }
    }

    fn flush(&mut self) {
        // Opened for each piece: a page with thousands of links must not exhaust the descriptors.
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        if let Err(error) = file.and_then(|mut f| f.write_all(&self.held)) {
            self.broken.get_or_insert(error.to_string());
        }
        self.held.clear();
    }

    /// Ends it.
    pub(crate) fn end(mut self) -> Kept {
        if !self.held.is_empty() {
            self.flush();
        }
        let digests = (self.lines > 0).then(|| File::open(&self.path).and_then(dossier::digest_reader));
        let file = match digests {
            Some(Ok(digests)) => Some((self.path, digests)),
            Some(Err(error)) => {
                self.broken.get_or_insert(error.to_string());
                None
            }
            None => None,
        };
        Kept { file, lines: self.lines, refused: self.refused, broken: self.broken }
    }
}

impl Kept {
    /// Octets kept.
    pub(crate) fn bytes(&self) -> u64 {
        self.file.as_ref().map_or(0, |(_, digests)| digests.bytes)
    }

    /// Why it is not whole, when it is not.
    pub(crate) fn lack(&self) -> Option<String> {
        let beyond = || (self.refused > 0).then(|| format!("{} messages au-delà de la limite", self.refused));
        self.broken.clone().or_else(beyond)
    }

    /// The word of `WARC-Truncated`.
    pub(crate) fn truncated(&self) -> Option<&'static str> {
        (self.refused > 0).then_some("length").or(self.broken.as_ref().map(|_| "unspecified"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_message_is_a_line_and_the_rest_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let mut transcript = Transcript::under(folder.path());
        for n in 0..LINES + 3 {
            transcript.add(&json!({"n": n, "text": "a\nb"}));
        }
        let kept = transcript.end();
        assert_eq!((kept.lines, kept.refused), (LINES, 3));
        let bytes = kept.bytes();
        let text = std::fs::read_to_string(kept.file.unwrap().0).unwrap();
        assert_eq!(text.len() as u64, bytes);
        assert_eq!(text.lines().count() as u64, LINES);
        assert!(text.starts_with("{\"n\":0,\"text\":\"a\\nb\"}\n"));
        assert!(Transcript::under(folder.path()).end().file.is_none());
    }

    #[test]
    fn a_file_that_cannot_be_read_back_is_a_lack() {
        let folder = tempfile::tempdir().unwrap();
        let mut transcript = Transcript::under(&folder.path().join("absent"));
        transcript.add(&json!({"n": 1}));
        let kept = transcript.end();
        assert_eq!((kept.file.is_none(), kept.bytes(), kept.truncated()), (true, 0, Some("unspecified")));
        assert!(kept.lack().is_some());
    }
}

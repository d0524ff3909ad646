//! The journal: one canonical JSON object a line, each bound to the line before by its SHA-256.
use std::io::{BufRead, BufReader, Read};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::canonical::{parse_strict, to_canonical};
use crate::{DossierError, Instant, Operation, Sha256Digest};

/// How the operation of a line went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// About to be done: written and synced before the operation starts.
    Begin,
    /// Done, and what was measured is what is asked.
    Ok,
    /// Done, and what was measured departs from what is asked.
    Deviation,
    /// Tried and failed.
    Failed,
    /// Not done, and why.
    NotDone,
    /// Said by the officer, not measured.
    Declared,
    /// A fact to keep, neither good nor bad.
    Note,
}

impl Outcome {
    /// The snake-case name, as written in the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Ok => "ok",
            Self::Deviation => "deviation",
            Self::Failed => "failed",
            Self::NotDone => "not_done",
            Self::Declared => "declared",
            Self::Note => "note",
        }
    }
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalEntry {
    /// Position, from 0, without gap.
    pub seq: u64,
    /// Wall clock when the line was written.
    pub at: Instant,
    /// Monotonic clock, in microseconds since the session started.
    pub mono_us: u64,
    /// What was done.
    pub op: Operation,
    /// How it went.
    pub outcome: Outcome,
    /// The facts, as `FORMAT.md` describes them for each operation.
    pub data: Map<String, Value>,
    /// SHA-256 of the line before, without its line feed; zeros for the first.
    pub prev: Sha256Digest,
}

impl JournalEntry {
    /// The canonical bytes of the line, without line feed.
    pub fn to_line(&self) -> Result<Vec<u8>, DossierError> {
        to_canonical(self)
    }

    /// Parses one line (without line feed): strict JSON, canonical form, exactly the fields of an entry.
    pub fn from_line(line: &[u8]) -> Result<Self, DossierError> {
        let value = parse_strict(line)?;
        if crate::canonical_bytes(&value)? != line {
            return Err(DossierError::Json { why: "the line is not in canonical form".into() });
        }
        serde_json::from_value(value).map_err(|e| DossierError::Json { why: e.to_string() })
    }

    /// A text field of the data.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.data.get(key).and_then(Value::as_str)
    }

    /// An integer field of the data.
    pub fn integer(&self, key: &str) -> Option<i64> {
        self.data.get(key).and_then(Value::as_i64)
    }
}

/// Something wrong with the chain, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalFault {
    /// Line number, from 1.
    pub line: u64,
    /// What is wrong, with the values compared.
    pub why: String,
}

/// The end of a journal that a crash cut: bytes after the last line feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Offset of the first of those bytes.
    pub offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A journal that was read and whose chain holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    entries: Vec<JournalEntry>,
    head: Sha256Digest,
}

/// The longest line accepted: a longer one is a fault, so that a hostile journal cannot exhaust the memory.
const MAX_LINE: usize = 4 * 1024 * 1024;

impl Journal {
    /// The lines that satisfy `kept`, numbered and chained anew: a view for who judges a part, evidence of nothing.
    pub fn part(&self, kept: impl Fn(&JournalEntry) -> bool) -> Result<Self, DossierError> {
        let mut part = Self { entries: Vec::new(), head: Sha256Digest::ZERO };
        for entry in self.entries.iter().filter(|entry| kept(entry)) {
            let entry = JournalEntry { seq: part.entries.len() as u64, prev: part.head, ..entry.clone() };
            part.head = Sha256Digest::of(&entry.to_line()?);
            part.entries.push(entry);
        }
        Ok(part)
    }

    /// Reads and checks a whole journal: every line canonical, `seq` without gap, `prev` right, `mono_us` never going
    /// back within a session. The first fault ends the reading.
    ///
    /// The torn end, when there is one, is given beside the journal: whether it is acceptable is the caller's decision.
    pub fn read(reader: impl Read) -> Result<(Self, Option<Torn>), JournalFault> {
        let mut reader = BufReader::new(reader);
        let mut journal = Self { entries: Vec::new(), head: Sha256Digest::ZERO };
        let mut offset = 0_u64;
        loop {
            let number = journal.entries.len() as u64 + 1;
            let fault = |why: String| JournalFault { line: number, why };
            let mut line = Vec::new();
            let read = (&mut reader)
                .take(MAX_LINE as u64 + 1)
                .read_until(b'\n', &mut line)
                .map_err(|e| fault(e.to_string()))?;
            if read == 0 {
                return Ok((journal, None));
            }
            if line.last() != Some(&b'\n') {
                if line.len() > MAX_LINE {
                    return Err(fault(format!("line longer than {MAX_LINE} bytes")));
                }
                return Ok((journal, Some(Torn { offset, bytes: line })));
            }
            offset += line.len() as u64;
            line.pop();
            journal.accept(&line).map_err(fault)?;
        }
    }

    fn accept(&mut self, line: &[u8]) -> Result<(), String> {
        let entry = JournalEntry::from_line(line).map_err(|e| e.to_string())?;
        let expected = self.entries.len() as u64;
        if entry.seq != expected {
            return Err(format!("seq: expected {expected}, found {}", entry.seq));
        }
        if entry.prev != self.head {
            return Err(format!("prev: expected {}, found {}", self.head, entry.prev));
        }
        if let Some(last) = self.entries.last() {
            let same_session = entry.op != crate::op::SESSION_RESUME;
            if same_session && entry.mono_us < last.mono_us {
                return Err(format!("mono_us goes back: {} after {}", entry.mono_us, last.mono_us));
            }
        }
        self.head = Sha256Digest::of(line);
        self.entries.push(entry);
        Ok(())
    }

    /// The lines.
    pub fn entries(&self) -> &[JournalEntry] {
        &self.entries
    }

    /// SHA-256 of the last line: it names the whole journal. Zeros when there is none.
    pub fn head(&self) -> Sha256Digest {
        self.head
    }

    /// The lines of one operation, in order.
    pub fn of<'a>(&'a self, operation: &'a Operation) -> impl Iterator<Item = &'a JournalEntry> {
        self.entries.iter().filter(move |entry| entry.op == *operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op;
    use proptest::prelude::*;
    use serde_json::json;

    fn journal(n: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let mut prev = Sha256Digest::ZERO;
        for seq in 0..n {
            let Value::Object(data) = json!({"step": seq, "what": "é"}) else { unreachable!() };
            let entry = JournalEntry {
                seq,
                at: Instant::from_millisecond(1_700_000_000_000 + seq as i64).unwrap(),
                mono_us: seq * 10,
                op: op::STEP_BEGIN,
                outcome: Outcome::Begin,
                data,
                prev,
            };
            let line = entry.to_line().unwrap();
            prev = Sha256Digest::of(&line);
            out.extend(line);
            out.push(b'\n');
        }
        out
    }

    #[test]
    fn a_good_journal_is_read_whole_and_a_torn_end_is_told() {
        let bytes = journal(5);
        let (read, torn) = Journal::read(&bytes[..]).unwrap();
        assert_eq!((read.entries().len(), torn), (5, None));
        let (read, torn) = Journal::read(&bytes[..bytes.len() - 7]).unwrap();
        let torn = torn.unwrap();
        assert_eq!(read.entries().len(), 4);
        assert_eq!(&bytes[torn.offset as usize..bytes.len() - 7], &torn.bytes[..]);
    }

    #[test]
    fn a_line_removed_or_swapped_is_a_fault() {
        let bytes = journal(5);
        let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
        let without_third = [lines[0], lines[1], lines[3], lines[4]].concat();
        assert_eq!(Journal::read(&without_third[..]).unwrap_err().line, 3);
        let swapped = [lines[0], lines[2], lines[1], lines[3], lines[4]].concat();
        assert_eq!(Journal::read(&swapped[..]).unwrap_err().line, 2);
    }

    proptest! {
        #[test]
        fn a_flipped_bit_never_reads_as_the_same_journal(position in 0_usize..2000, bit in 0_u8..8) {
            let mut bytes = journal(8);
            let (good, _) = Journal::read(&bytes[..]).unwrap();
            let position = position % bytes.len();
            bytes[position] ^= 1 << bit;
            match Journal::read(&bytes[..]) {
                Err(_) => {}
                Ok((read, torn)) => prop_assert!(torn.is_some() || read.head() != good.head()),
            }
        }
    }
}

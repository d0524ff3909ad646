//! The journal of copies, `REF.copies.jsonl` beside the bundle: canonical JSON, one line an act, each holding the SHA-256 of the line before.
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use dossier::{Sha256Digest, canonical_bytes, parse_strict};
use serde_json::{Value, json};

use super::{By, CopyError};
use crate::World;

/// The word of the first member of every line.
const FORMAT: &str = "constat-copies/1";
/// The longest journal that is read.
const LONGEST: u64 = 64 * 1024 * 1024;

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

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The line as JSON; null when a cut line stands there (the machine stopped while it was written).
    pub line: Value,
    /// SHA-256 of its octets, without the line feed.
    pub sha256: Sha256Digest,
}

/// A journal that was read whole and whose chain holds.
#[derive(Clone, Debug)]
pub struct History {
    /// The file.
    pub path: PathBuf,
    /// Its lines, in order.
    pub entries: Vec<Entry>,
    /// SHA-256 of the last line: who keeps it elsewhere sees whether the end was cut off.
    pub head: Sha256Digest,
}

/// Reads and checks the journal of `bundle`; no lines when there is none yet.
///
/// # Errors
/// [`CopyError::Journal`] with the line where the chain does not hold.
pub fn history(bundle: &Path) -> Result<History, CopyError> {
    let path = beside(bundle);
    match File::open(&path) {
        Ok(file) => read(&path, file),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Ok(History { path, entries: Vec::new(), head: Sha256Digest::ZERO })
        }
        Err(e) => Err(fault(&path, 0, &e)),
    }
}

/// `REF.copies.jsonl` beside `REF.asice`.
pub(super) fn beside(bundle: &Path) -> PathBuf {
    bundle.with_extension("copies.jsonl")
}

fn fault(path: &Path, line: u64, why: &dyn std::fmt::Display) -> CopyError {
    CopyError::Journal { path: path.to_path_buf(), line, why: why.to_string() }
}

fn read(path: &Path, file: File) -> Result<History, CopyError> {
    let mut octets = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut octets).map_err(|e| fault(path, 0, &e))?;
    if octets.len() as u64 > LONGEST {
        return Err(fault(path, 0, &"plus de 64 Mio"));
    }
    let (entries, head) = chain(&octets).map_err(|(line, why)| fault(path, line, &why))?;
    Ok(History { path: path.to_path_buf(), entries, head })
}

/// Follows the chain. A line that is no JSON is admitted where a writer was cut off: the next one names it by its digest all the same.
fn chain(octets: &[u8]) -> Result<(Vec<Entry>, Sha256Digest), (u64, String)> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut head = Sha256Digest::ZERO;
    let mut seq = 0_u64;
    for (number, octets) in (1_u64..).zip(octets.split(|octet| *octet == b'\n')) {
        if octets.is_empty() {
            continue;
        }
        let sha256 = Sha256Digest::of(octets);
        let line = match parse_strict(octets) {
            Ok(line) => {
                seq += 1;
                follows(&line, octets, seq, head).map_err(|why| (number, why))?;
                line
            }
            Err(_) => Value::Null,
        };
        entries.push(Entry { line, sha256 });
        head = sha256;
    }
    Ok((entries, head))
}

fn follows(line: &Value, octets: &[u8], seq: u64, head: Sha256Digest) -> Result<(), String> {
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    if canonical_bytes(line).ok().as_deref() != Some(octets) {
        return Err("la ligne n'est pas sous sa forme canonique".into());
    }
    if text("format") != Some(FORMAT) {
        return Err("format inconnu".into());
    }
    if line.get("seq").and_then(Value::as_u64) != Some(seq) {
        return Err(format!("numéro {seq} attendu"));
    }
    if text("prev") != Some(head.to_hex().as_str()) {
        return Err("l'empreinte de la ligne précédente n'est pas la bonne".into());
    }
    Ok(())
}

/// The journal, open and locked for one who adds a line.
pub(super) struct Journal {
    pub(super) path: PathBuf,
    file: File,
    head: Sha256Digest,
    lines: u64,
    torn: bool,
}

impl Journal {
    /// Opens it, made when there is none, waits for its turn, and follows its chain.
    pub(super) fn open(bundle: &Path) -> Result<Self, CopyError> {
        let path = beside(bundle);
        let failed = |e: std::io::Error| fault(&path, 0, &e);
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(failed)?;
        file.lock().map_err(failed)?;
        let history = read(&path, file.try_clone().map_err(failed)?)?;
        let lines = history.entries.iter().filter(|entry| !entry.line.is_null()).count() as u64;
        let torn = match file.seek(SeekFrom::End(-1)) {
            Ok(_) => {
                let mut last = [0];
                file.read_exact(&mut last).map_err(failed)?;
                last != *b"\n"
            }
            // Nothing is in it yet.
            Err(_) => false,
        };
        Ok(Self { path, file, head: history.head, lines, torn })
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
        let mut line = json!({
            "format": FORMAT, "seq": self.lines + 1, "prev": self.head, "at": world.clock.now(), "act": act.as_str(), "bundle": bundle,
            "by": {
                "declared": by.declared, "user": user(world), "uid": rustix::process::getuid().as_raw(),
                "machine": world.line("/proc/sys/kernel/hostname"),
            },
            "software": {"name": by.software.name, "version": by.software.version},
        });
        if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
            line.extend(more);
        }
        let octets = canonical_bytes(&line).map_err(|e| fault(&self.path, 0, &e))?;
        let mut whole = Vec::with_capacity(octets.len() + 2);
        if self.torn {
            whole.push(b'\n');
        }
        whole.extend_from_slice(&octets);
        whole.push(b'\n');
        let length = self.file.metadata().map_err(|e| fault(&self.path, 0, &e))?.len();
        if let Err(e) = self.file.write_all(&whole).and_then(|()| self.file.sync_all()) {
            // Half a line is taken back when that can be; else it stays as a cut line.
            let _ = self.file.set_len(length);
            return Err(fault(&self.path, self.lines + 1, &e));
        }
        self.lines += 1;
        self.head = Sha256Digest::of(&octets);
        self.torn = false;
        Ok(self.lines)
    }
}

/// The name of the user of the system.
fn user(world: &World) -> Option<String> {
    let own = rustix::process::getuid().as_raw().to_string();
    let passwd = world.text("/etc/passwd")?;
    let mut users = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    users
        .find(|fields| fields.get(2) == Some(&own.as_str()))
        .and_then(|fields| fields.first().map(|name| (*name).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_journal_makes_it_panic(octets in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = chain(&octets);
            let _ = chain(&[&b"{\"format\":\"constat-copies/1\",\"prev\":\""[..], &octets].concat());
        }

        #[test]
        fn a_flipped_bit_is_a_fault_or_another_head(place in 0_usize..400, bit in 0_u8..8) {
            let mut prev = Sha256Digest::ZERO;
            let mut octets = Vec::new();
            for seq in 1..4 {
                let line = canonical_bytes(&json!({"format": FORMAT, "seq": seq, "prev": prev, "act": "copied"})).unwrap();
                prev = Sha256Digest::of(&line);
                octets.extend_from_slice(&line);
                octets.push(b'\n');
            }
            let head = chain(&octets).unwrap().1;
            let place = place % octets.len();
            octets[place] ^= 1 << bit;
            match chain(&octets) {
                Err(_) => {}
                // The last line has no line after it that names it: its digest, kept elsewhere, does.
                Ok((entries, other)) => prop_assert!(other != head || entries.len() > 3 || entries.iter().any(|e| e.line.is_null()), "{place}"),
            }
        }
    }
}

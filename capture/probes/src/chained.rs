//! A journal beside the evidence: canonical JSON, one line an act, each holding the SHA-256 of the line before. One writer at a time.
//!
//! It is no part of any seal: it tells what was done with a bundle after its seal, by whom, and cannot be changed in its middle unseen.
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use dossier::{Sha256Digest, canonical_bytes, parse_strict};
use serde_json::{Value, json};

use crate::World;
use crate::copies::By;

/// The longest journal that is read.
const LONGEST: u64 = 64 * 1024 * 1024;

/// The journal cannot be read or continued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}, ligne {line} : {why}", path.display())]
pub struct ChainFault {
    /// Which.
    pub path: PathBuf,
    /// The line, from 1; 0 for the file.
    pub line: u64,
    /// Why.
    pub why: String,
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

/// Reads and checks the journal at `path`, whose lines name `format`; no lines when there is none yet.
///
/// # Errors
/// [`ChainFault`] with the line where the chain does not hold.
pub fn history(path: &Path, format: &str) -> Result<History, ChainFault> {
    match File::open(path) {
        Ok(file) => read(path, format, file),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Ok(History { path: path.to_path_buf(), entries: Vec::new(), head: Sha256Digest::ZERO })
        }
        Err(e) => Err(fault(path, 0, &e)),
    }
}

fn fault(path: &Path, line: u64, why: &dyn std::fmt::Display) -> ChainFault {
    ChainFault { path: path.to_path_buf(), line, why: why.to_string() }
}

fn read(path: &Path, format: &str, file: File) -> Result<History, ChainFault> {
    let mut octets = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut octets).map_err(|e| fault(path, 0, &e))?;
    if octets.len() as u64 > LONGEST {
        return Err(fault(path, 0, &"plus de 64 Mio"));
    }
    let (entries, head) = chain(&octets, format).map_err(|(line, why)| fault(path, line, &why))?;
    Ok(History { path: path.to_path_buf(), entries, head })
}

/// Follows the chain. A line that is no JSON is admitted where a writer was cut off: the next one names it by its digest all the same.
fn chain(octets: &[u8], format: &str) -> Result<(Vec<Entry>, Sha256Digest), (u64, String)> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut head = Sha256Digest::ZERO;
    let mut whole = Sha256Digest::ZERO;
    let mut seq = 0_u64;
    for (number, octets) in (1_u64..).zip(octets.split(|octet| *octet == b'\n')) {
        if octets.is_empty() {
            continue;
        }
        let sha256 = Sha256Digest::of(octets);
        let line = match parse_strict(octets) {
            Ok(line) => {
                seq += 1;
                let torn = entries.last().is_some_and(|entry| entry.line.is_null());
                follows(&line, octets, seq, head, format)
                    .and_then(|()| if torn { spans(&line, whole) } else { Ok(()) })
                    .map_err(|why| (number, why))?;
                whole = sha256;
                line
            }
            Err(_) => Value::Null,
        };
        entries.push(Entry { line, sha256 });
        head = sha256;
    }
    Ok((entries, head))
}

fn follows(line: &Value, octets: &[u8], seq: u64, head: Sha256Digest, format: &str) -> Result<(), String> {
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    if canonical_bytes(line).ok().as_deref() != Some(octets) {
        return Err("la ligne n'est pas sous sa forme canonique".into());
    }
    if text("format") != Some(format) {
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

/// A line that follows a cut one also names the last whole line: a cut line holds nothing that binds what stands before it.
/// Lines written before this existed do not have it.
fn spans(line: &Value, whole: Sha256Digest) -> Result<(), String> {
    match line.get("prev_whole") {
        Some(named) if named.as_str() != Some(whole.to_hex().as_str()) => {
            Err("l'empreinte de la dernière ligne entière n'est pas la bonne".into())
        }
        _ => Ok(()),
    }
}

/// The journal, open and locked for one who adds a line.
#[derive(Debug)]
pub struct Chained {
    path: PathBuf,
    format: &'static str,
    file: File,
    read: History,
    lines: u64,
    torn: bool,
}

impl Chained {
    /// Opens it, made when there is none, waits for its turn, and follows its chain.
    ///
    /// # Errors
    /// [`ChainFault`] when it cannot be read, or its chain does not hold.
    pub fn open(path: PathBuf, format: &'static str) -> Result<Self, ChainFault> {
        let failed = |e: std::io::Error| fault(&path, 0, &e);
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(failed)?;
        file.lock().map_err(failed)?;
        let read = read(&path, format, file.try_clone().map_err(failed)?)?;
        let lines = read.entries.iter().filter(|entry| !entry.line.is_null()).count() as u64;
        let torn = match file.seek(SeekFrom::End(-1)) {
            Ok(_) => {
                let mut last = [0];
                file.read_exact(&mut last).map_err(failed)?;
                last != *b"\n"
            }
            // Nothing is in it yet.
            Err(_) => false,
        };
        Ok(Self { path, format, file, read, lines, torn })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its lines, those added since it was opened too.
    pub fn history(&self) -> &History {
        &self.read
    }

    /// Adds a line with these members, and waits until the medium has it; gives its number.
    ///
    /// # Errors
    /// [`ChainFault`]; half a line is taken back when that can be.
    pub fn append(&mut self, world: &World, by: By<'_>, members: Value) -> Result<u64, ChainFault> {
        let mut line = json!({
            "format": self.format, "seq": self.lines + 1, "prev": self.read.head, "at": world.clock.now(),
            "by": {
                "declared": by.declared, "user": user(world), "uid": rustix::process::getuid().as_raw(),
                "machine": world.line("/proc/sys/kernel/hostname"),
            },
            "software": {"name": by.software.name, "version": by.software.version},
        });
        if let (Value::Object(line), Value::Object(members)) = (&mut line, members) {
            line.extend(members);
            if self.torn || self.read.entries.last().is_some_and(|entry| entry.line.is_null()) {
                let whole = self.read.entries.iter().rfind(|entry| !entry.line.is_null());
                line.insert("prev_whole".into(), json!(whole.map_or(Sha256Digest::ZERO, |entry| entry.sha256)));
            }
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
        self.read.head = Sha256Digest::of(&octets);
        self.read.entries.push(Entry { line, sha256: self.read.head });
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

    const FORMAT: &str = "constat-copies/1";

    proptest! {
        #[test]
        fn no_journal_makes_it_panic(octets in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = chain(&octets, FORMAT);
            let _ = chain(&[&b"{\"format\":\"constat-copies/1\",\"prev\":\""[..], &octets].concat(), FORMAT);
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
            let head = chain(&octets, FORMAT).unwrap().1;
            let place = place % octets.len();
            octets[place] ^= 1 << bit;
            match chain(&octets, FORMAT) {
                Err(_) => {}
                // The last line has no line after it that names it: its digest, kept elsewhere, does.
                Ok((entries, other)) => prop_assert!(other != head || entries.len() > 3 || entries.iter().any(|e| e.line.is_null()), "{place}"),
            }
        }
    }
}

//! A dossier on disk: open while a session writes to it, closed for ever after.
//!
//! The order of every write is the same: bytes to a `.part` file, hash, fsync, rename, fsync of the folder, then the
//! journal line, fsynced before anything else is done. After a crash, what the journal announces is there.
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use serde_json::{Value, json};

use crate::journal::{Journal, JournalEntry, Outcome};
use crate::{
    Artefact, ArtefactMeta, ArtefactPath, Case, Clock, DigestWriter, DossierError, FORMAT_VERSION, Finding, Operation,
    SessionState, Sha256Digest, Software, op,
};

mod closed;
mod files;
mod reopen;
mod writer;

pub use closed::ClosedDossier;
pub use reopen::Interruption;
pub use writer::ArtefactWriter;

use files::{boot_id, boottime_ms, lock, part_of, sync_folder};

/// The journal's name in every dossier and bundle.
const JOURNAL: &str = "journal.jsonl";
/// Suffix of files still being written.
const PART: &str = ".part";

/// What is known when a session opens.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Parties, object, reference.
    pub case: Case,
    /// The program and its digest.
    pub software: Software,
    /// Whether an officer attends.
    pub attended: bool,
    /// Whether the étude's keys are test keys.
    pub essai: bool,
}

/// Where a folder stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No journal there.
    Absent,
    /// A journal without `session.close`.
    Open,
    /// A journal that ends with `session.close`.
    Closed,
    /// A journal that does not hold together.
    Broken(String),
}

/// Looks at a folder without changing it.
pub fn standing(path: &Path) -> Standing {
    let Ok(file) = File::open(path.join(JOURNAL)) else { return Standing::Absent };
    match Journal::read(file) {
        Err(fault) => Standing::Broken(format!("line {}: {}", fault.line, fault.why)),
        Ok((journal, torn)) => match journal.entries().last() {
            Some(last) if last.op == op::SESSION_CLOSE && torn.is_none() => Standing::Closed,
            _ => Standing::Open,
        },
    }
}

/// A dossier a session is writing to. Holds an exclusive lock on its journal.
pub struct OpenDossier {
    root: PathBuf,
    journal: File,
    head: Sha256Digest,
    next: u64,
    last: Vec<u8>,
    start: Duration,
    clock: Arc<dyn Clock>,
    artefacts: Vec<Artefact>,
    findings: u64,
    /// What is masked in the lines that follow.
    hidden: Vec<String>,
}

impl OpenDossier {
    /// Makes the folder `parent/REFERENCE` and writes the two first lines: `session.open` and `session.case`.
    /// Fails when the folder exists.
    pub fn create(parent: &Path, opening: &Opening, clock: Arc<dyn Clock>) -> Result<Self, DossierError> {
        fs::create_dir_all(parent).map_err(|e| DossierError::io("create", parent, e))?;
        let root = parent.join(opening.case.reference.as_str());
        match fs::create_dir(&root) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Err(DossierError::Exists { path: root }),
            other => other.map_err(|e| DossierError::io("create", &root, e))?,
        }
        let path = root.join(JOURNAL);
        let journal = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(&path)
            .map_err(|e| DossierError::io("create", &path, e))?;
        lock(&journal, &root)?;
        sync_folder(&root)?;
        sync_folder(parent)?;
        let start = clock.monotonic();
        let head = Sha256Digest::ZERO;
        let mut dossier = Self {
            root,
            journal,
            head,
            next: 0,
            last: Vec::new(),
            start,
            clock,
            artefacts: Vec::new(),
            findings: 0,
            hidden: Vec::new(),
        };
        dossier.record(
            op::SESSION_OPEN,
            Outcome::Note,
            json!({
                "format": FORMAT_VERSION,
                "reference": opening.case.reference,
                "software": opening.software,
                "attended": opening.attended,
                "essai": opening.essai,
                "pid": std::process::id(),
                "boot_id": boot_id(),
                "boottime_ms": boottime_ms(),
            }),
        )?;
        dossier.record(op::SESSION_CASE, Outcome::Declared, to_value(&opening.case)?)?;
        Ok(dossier)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The clock of the session.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The artefacts announced so far.
    pub fn artefacts(&self) -> &[Artefact] {
        &self.artefacts
    }

    /// How many findings were recorded.
    pub fn findings(&self) -> u64 {
        self.findings
    }

    /// Masks these texts with asterisks in the texts of every line that follows, for what a page may give back of a confidential value.
    /// Digests, and the lines that announce a file, stay as they are.
    pub fn hide(&mut self, texts: Vec<String>) {
        self.hidden = texts.into_iter().filter(|text| !text.is_empty()).collect();
    }

    /// The same for a value that is told elsewhere too. Numbers, keys and digests (64 or 128 hexadecimal digits) stay.
    pub fn mask(&self, value: &mut Value) {
        if self.hidden.is_empty() {
            return;
        }
        let mut left = vec![value];
        while let Some(value) = left.pop() {
            match value {
                Value::String(text) => {
                    let digest = matches!(text.len(), 64 | 128) && text.bytes().all(|b| b.is_ascii_hexdigit());
                    for hidden in self.hidden.iter().filter(|_| !digest) {
                        if text.contains(hidden.as_str()) {
                            *text = text.replace(hidden.as_str(), &"*".repeat(hidden.chars().count()));
                        }
                    }
                }
                Value::Array(items) => left.extend(items),
                Value::Object(fields) => left.extend(fields.values_mut()),
                _ => {}
            }
        }
    }

    /// Writes one line and syncs it. `data` MUST be a JSON object of integers, texts, booleans, lists and objects.
    /// When this returns, the line survives a power cut. Returns the sequence number.
    pub fn record(&mut self, op: Operation, outcome: Outcome, mut data: Value) -> Result<u64, DossierError> {
        if op != op::ARTEFACT {
            self.mask(&mut data);
        }
        let Value::Object(data) = data else {
            return Err(DossierError::Json { why: "the data of a journal line is not an object".into() });
        };
        let elapsed = self.clock.monotonic().saturating_sub(self.start);
        let entry = JournalEntry {
            seq: self.next,
            at: self.clock.now(),
            mono_us: u64::try_from(elapsed.as_micros()).unwrap_or(0),
            op,
            outcome,
            data,
            prev: self.head,
        };
        let mut line = entry.to_line()?;
        self.head = Sha256Digest::of(&line);
        line.push(b'\n');
        let path = self.root.join(JOURNAL);
        self.journal.write_all(&line).map_err(|e| DossierError::io("write", &path, e))?;
        self.journal.sync_data().map_err(|e| DossierError::io("sync", &path, e))?;
        self.next += 1;
        line.pop();
        self.last = line;
        Ok(entry.seq)
    }

    /// The last line that was written, by its number, without its line feed: its SHA-256 binds the whole journal so far.
    pub fn last_line(&self) -> (u64, &[u8]) {
        (self.next.saturating_sub(1), &self.last)
    }

    /// The journal as written so far, read back from the disk and checked.
    pub fn read_journal(&self) -> Result<Journal, DossierError> {
        let path = self.root.join(JOURNAL);
        let file = File::open(&path).map_err(|e| DossierError::io("read", &path, e))?;
        let read = Journal::read(file).map_err(|fault| DossierError::Journal { line: fault.line, why: fault.why })?;
        Ok(read.0)
    }

    /// Records a finding.
    pub fn finding(&mut self, finding: &Finding) -> Result<u64, DossierError> {
        self.findings += 1;
        self.record(op::FINDING, Outcome::Deviation, to_value(finding)?)
    }

    /// Starts an artefact. Its bytes go to a `.part` file until [`OpenDossier::keep`].
    pub fn begin(&self, path: ArtefactPath, meta: ArtefactMeta) -> Result<ArtefactWriter, DossierError> {
        let target = path.under(&self.root);
        if target.exists() || self.artefacts.iter().any(|a| a.path == path) {
            return Err(DossierError::ArtefactExists { path: path.to_string() });
        }
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(|e| DossierError::io("create", folder, e))?;
        }
        let part = part_of(&target);
        let file = File::create(&part).map_err(|e| DossierError::io("create", &part, e))?;
        Ok(ArtefactWriter { path, meta, part, target, writer: DigestWriter::new(BufWriter::new(file)) })
    }

    /// Ends an artefact: fsync, rename to its final name, journal line. Returns what was recorded.
    pub fn keep(&mut self, writer: ArtefactWriter) -> Result<Artefact, DossierError> {
        let ArtefactWriter { path, meta, part, target, writer } = writer;
        let (buffered, digests) = writer.finish();
        let file = buffered.into_inner().map_err(|e| DossierError::io("write", &part, e.into_error()))?;
        file.sync_all().map_err(|e| DossierError::io("sync", &part, e))?;
        fs::rename(&part, &target).map_err(|e| DossierError::io("rename", &target, e))?;
        sync_folder(target.parent().unwrap_or(&self.root))?;
        self.announce(Artefact { path, meta, digests, image: None })
    }

    /// Writes a whole artefact from memory.
    pub fn keep_bytes(
        &mut self,
        path: ArtefactPath,
        meta: ArtefactMeta,
        bytes: &[u8],
    ) -> Result<Artefact, DossierError> {
        let mut writer = self.begin(path, meta)?;
        writer.write_all(bytes).map_err(|e| DossierError::io("write", writer.part.clone(), e))?;
        self.keep(writer)
    }

    /// Announces a file that is in place already (an archive written over the whole session, remains of a crash).
    /// The digests MUST be those of its bytes.
    pub fn announce(&mut self, artefact: Artefact) -> Result<Artefact, DossierError> {
        self.record(op::ARTEFACT, Outcome::Ok, to_value(&artefact)?)?;
        self.artefacts.push(artefact.clone());
        Ok(artefact)
    }

    /// Closes the dossier: files that no line announces are kept as remains (with a finding each), then
    /// `session.close` is written. After this no line is ever added.
    pub fn close(mut self, state: SessionState) -> Result<ClosedDossier, DossierError> {
        self.keep_strays(&[])?;
        self.record(
            op::SESSION_CLOSE,
            Outcome::Note,
            json!({"state": state, "artefacts": self.artefacts.len(), "findings": self.findings}),
        )?;
        ClosedDossier::open(&self.root)
    }
}

/// The lock is given back at once: a child process forked meanwhile may hold a copy of the file descriptor, and with it
/// the lock, until it starts its own program.
impl Drop for OpenDossier {
    fn drop(&mut self) {
        let _ = flock(&self.journal, FlockOperation::Unlock);
    }
}

fn to_value<T: serde::Serialize>(value: &T) -> Result<Value, DossierError> {
    serde_json::to_value(value).map_err(|e| DossierError::Json { why: e.to_string() })
}

//! An interrupted dossier opened again, to be closed or gone on with: its chain is checked first, its torn end kept aside, and
//! the interruption stated with its bounds before anything else is written.
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::closed::artefacts_of;
use super::files::{boot_id, boottime_ms, lock, walk, write_synced};
use super::{JOURNAL, OpenDossier, PART};
use crate::journal::{Journal, JournalEntry, Outcome, Torn};
use crate::{
    Artefact, ArtefactKind, ArtefactMeta, ArtefactPath, Clock, DossierError, Finding, Instant, Level, Origin, Software,
    digest_reader, op,
};

/// Why a dossier is opened again, in the words of `session.resume`.
const TO_CLOSE: &str = "clôture en l'état";
const TO_GO_ON: &str = "suite des étapes";

/// The interruption a reopening found, as `session.interrupted` states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// When the last line before it was written.
    pub last_at: Instant,
    /// Milliseconds from that line to the reopening, by the wall clock; negative when that was set back.
    pub lasted_ms: i64,
    /// The same by the time since the machine started, when both ends are of the same start.
    pub lasted_boottime_ms: Option<i64>,
    /// Whether the machine was started anew meanwhile; `None` when that cannot be told.
    pub rebooted: Option<bool>,
    /// How many interruptions the journal states, this one included.
    pub number: u32,
}

impl OpenDossier {
    /// Opens an interrupted dossier again, in order to close it. The torn end of the journal is moved to
    /// `logs/journal-torn.bin`; files no line announces are kept as remains; `session.resume` and
    /// `session.interrupted` say so.
    pub fn resume(root: &Path, software: &Software, clock: Arc<dyn Clock>) -> Result<Self, DossierError> {
        Ok(Self::reopen(root, software, clock, TO_CLOSE)?.0)
    }

    /// The journal of a dossier that is not closed, without changing anything.
    pub fn peek(root: &Path) -> Result<Journal, DossierError> {
        let path = root.join(JOURNAL);
        let file = match File::open(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(DossierError::Missing { path: root.to_path_buf() });
            }
            other => other.map_err(|e| DossierError::io("open", &path, e))?,
        };
        let (read, torn) =
            Journal::read(file).map_err(|fault| DossierError::Journal { line: fault.line, why: fault.why })?;
        match read.entries().last() {
            Some(last) if last.op == op::SESSION_CLOSE && torn.is_none() => {
                Err(DossierError::Closed { path: root.to_path_buf() })
            }
            Some(_) if read.of(&op::SESSION_CASE).next().is_some() => Ok(read),
            _ => Err(DossierError::NothingRecorded { path: root.to_path_buf() }),
        }
    }

    /// The same, in order to go on with its session: every file that was announced is read first, and must be what was
    /// announced. A closed dossier is refused: nothing follows its last line.
    pub fn go_on(
        root: &Path,
        software: &Software,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Journal, Interruption), DossierError> {
        Self::reopen(root, software, clock, TO_GO_ON)
    }

    fn reopen(
        root: &Path,
        software: &Software,
        clock: Arc<dyn Clock>,
        reason: &str,
    ) -> Result<(Self, Journal, Interruption), DossierError> {
        let path = root.join(JOURNAL);
        let journal = match OpenOptions::new().read(true).append(true).open(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(DossierError::Missing { path: root.to_path_buf() });
            }
            other => other.map_err(|e| DossierError::io("open", &path, e))?,
        };
        lock(&journal, root)?;
        let (read, torn) =
            Journal::read(&journal).map_err(|fault| DossierError::Journal { line: fault.line, why: fault.why })?;
        if torn.is_none() && read.entries().last().is_some_and(|e| e.op == op::SESSION_CLOSE) {
            return Err(DossierError::Closed { path: root.to_path_buf() });
        }
        let Some(last) = read.of(&op::SESSION_CASE).next().and(read.entries().last()) else {
            return Err(DossierError::NothingRecorded { path: root.to_path_buf() });
        };
        let mut dossier = Self {
            root: root.to_path_buf(),
            journal,
            head: read.head(),
            next: read.entries().len() as u64,
            last: last.to_line()?,
            start: clock.monotonic(),
            clock,
            artefacts: artefacts_of(&read)?,
            findings: read.of(&op::FINDING).count() as u64,
            hidden: Vec::new(),
        };
        if reason == TO_GO_ON {
            dossier.check_artefacts()?;
        }
        let interruption = dossier.state_interruption(&read, last, torn.as_ref(), software, reason)?;
        Ok((dossier, read, interruption))
    }

    /// What is there must be what was announced: nothing is added to a dossier that was changed.
    fn check_artefacts(&self) -> Result<(), DossierError> {
        for artefact in &self.artefacts {
            let path = artefact.path.under(&self.root);
            let found = File::open(&path).and_then(digest_reader).ok();
            if found != Some(artefact.digests) {
                return Err(DossierError::ArtefactAltered { path: artefact.path.to_string() });
            }
        }
        Ok(())
    }

    fn state_interruption(
        &mut self,
        read: &Journal,
        last: &JournalEntry,
        torn: Option<&Torn>,
        software: &Software,
        reason: &str,
    ) -> Result<Interruption, DossierError> {
        let mut torn_path = None;
        if let Some(torn) = torn {
            // The torn bytes are saved before the journal is cut, so that nothing is ever only in memory.
            let name = self.free_name("logs/journal-torn", ".bin")?;
            write_synced(&name.under(&self.root), &torn.bytes)?;
            let path = self.root.join(JOURNAL);
            self.journal.set_len(torn.offset).map_err(|e| DossierError::io("cut", &path, e))?;
            self.journal.sync_all().map_err(|e| DossierError::io("sync", &path, e))?;
            torn_path = Some(name);
        }
        let (boot, since_boot) = (boot_id(), boottime_ms());
        let found = interruption(read, last, self.clock.now(), (&boot, since_boot));
        self.record(
            op::SESSION_RESUME,
            Outcome::Note,
            json!({
                "software": software, "pid": std::process::id(), "reason": reason, "boot_id": boot,
                "boottime_ms": since_boot,
            }),
        )?;
        self.record(
            op::SESSION_INTERRUPTED,
            Outcome::Deviation,
            json!({
                "last_seq": last.seq, "last_op": last.op, "last_at": last.at,
                "torn_bytes": torn.map_or(0, |t| t.bytes.len()), "torn_path": torn_path,
                "lasted_ms": found.lasted_ms, "lasted_boottime_ms": found.lasted_boottime_ms, "rebooted": found.rebooted,
            }),
        )?;
        Ok(found)
    }

    /// Keeps as remains, with a finding each, the files that no line announces, but for those of `apart`.
    pub fn keep_strays(&mut self, apart: &[&str]) -> Result<(), DossierError> {
        for name in self.unannounced()?.iter().filter(|name| !apart.contains(&name.as_str())) {
            self.keep_remains(name)?;
        }
        Ok(())
    }

    /// `STEM` and `END`, or the same with a number between when a file has that name.
    pub fn free_name(&self, stem: &str, end: &str) -> Result<ArtefactPath, DossierError> {
        let mut n = 1_u32;
        loop {
            let name = if n == 1 { format!("{stem}{end}") } else { format!("{stem}-{n}{end}") };
            let path = ArtefactPath::new(name)?;
            if !path.under(&self.root).exists() && !self.artefacts.iter().any(|a| a.path == path) {
                return Ok(path);
            }
            n += 1;
        }
    }

    fn keep_remains(&mut self, name: &str) -> Result<(), DossierError> {
        let from = self.root.join(name);
        let Ok(path) = ArtefactPath::new(name.trim_end_matches(PART)) else {
            let what = "Un fichier au nom irrégulier n'a pas été repris.";
            let finding = Finding::new("dossier.stray", Level::Warn, what).found(name.escape_default());
            return self.finding(&finding).map(|_| ());
        };
        let path = if name.ends_with(PART) { self.free_name(&format!("{path}-inacheve"), "")? } else { path };
        let to = path.under(&self.root);
        if from != to {
            fs::rename(&from, &to).map_err(|e| DossierError::io("rename", &from, e))?;
        }
        let file = File::open(&to).map_err(|e| DossierError::io("open", &to, e))?;
        let digests = digest_reader(file).map_err(|e| DossierError::io("read", &to, e))?;
        let meta = ArtefactMeta::new(ArtefactKind::Remains, Origin::Produced, "application/octet-stream");
        self.announce(Artefact { path: path.clone(), meta, digests, image: None })?;
        let what = "Un fichier qu'aucune ligne du journal n'annonce a été trouvé et conservé tel quel.";
        self.finding(&Finding::new("dossier.remains", Level::Warn, what).found(&path))?;
        Ok(())
    }

    fn unannounced(&self) -> Result<Vec<String>, DossierError> {
        let mut found = Vec::new();
        walk(&self.root, "", &mut found)?;
        found.retain(|name| name != JOURNAL && !self.artefacts.iter().any(|a| a.path.as_str() == name));
        found.sort();
        Ok(found)
    }
}

/// How long nothing was written, by the two clocks, from the last line to `now`.
fn interruption(read: &Journal, last: &JournalEntry, now: Instant, start: (&str, Option<i64>)) -> Interruption {
    let begun = |e: &&JournalEntry| e.op == op::SESSION_OPEN || e.op == op::SESSION_RESUME;
    let process = read.entries().iter().rev().find(begun);
    let before = process.and_then(|e| e.text("boot_id")).filter(|id| !id.is_empty());
    let rebooted = before.filter(|_| !start.0.is_empty()).map(|id| id != start.0);
    // The lines of a process are dated by its own counter, which began at the line that says when the machine did.
    let written = process.and_then(|e| {
        let since = i64::try_from(last.mono_us.saturating_sub(e.mono_us) / 1000).ok()?;
        Some(e.data.get("boottime_ms").and_then(Value::as_i64)? + since)
    });
    let lasted_boottime_ms = match rebooted {
        Some(false) => written.zip(start.1).map(|(then, now)| now - then),
        _ => None,
    };
    Interruption {
        last_at: last.at,
        lasted_ms: now.as_millisecond().saturating_sub(last.at.as_millisecond()),
        lasted_boottime_ms,
        rebooted,
        number: u32::try_from(read.of(&op::SESSION_INTERRUPTED).count() + 1).unwrap_or(u32::MAX),
    }
}

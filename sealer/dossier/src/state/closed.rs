//! A closed dossier: read again, its journal's chain checked, its artefacts and parties known.
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::JOURNAL;
use crate::{Artefact, Case, DossierError, Journal, op};

/// A dossier nobody writes to any more.
#[derive(Clone, Debug)]
pub struct ClosedDossier {
    root: PathBuf,
    journal: Journal,
    artefacts: Vec<Artefact>,
    case: Case,
}

impl ClosedDossier {
    /// Opens a closed dossier and checks its journal's chain; digests of files are checked at sealing.
    pub fn open(root: &Path) -> Result<Self, DossierError> {
        let path = root.join(JOURNAL);
        let file = match File::open(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(DossierError::Missing { path: root.to_path_buf() });
            }
            other => other.map_err(|e| DossierError::io("open", &path, e))?,
        };
        let (journal, torn) =
            Journal::read(file).map_err(|fault| DossierError::Journal { line: fault.line, why: fault.why })?;
        if torn.is_some() || journal.entries().last().is_none_or(|e| e.op != op::SESSION_CLOSE) {
            return Err(DossierError::NotClosed { path: root.to_path_buf() });
        }
        let artefacts = artefacts_of(&journal)?;
        let case = case_of(&journal)?;
        Ok(Self { root: root.to_path_buf(), journal, artefacts, case })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The journal, whose chain holds.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Where the journal is.
    pub fn journal_path(&self) -> PathBuf {
        self.root.join(JOURNAL)
    }

    /// The artefacts the journal announces, in its order; the journal itself is not among them.
    pub fn artefacts(&self) -> &[Artefact] {
        &self.artefacts
    }

    /// Parties, object, reference.
    pub fn case(&self) -> &Case {
        &self.case
    }
}

pub(super) fn artefacts_of(journal: &Journal) -> Result<Vec<Artefact>, DossierError> {
    let mut artefacts: Vec<Artefact> = Vec::new();
    for entry in journal.of(&op::ARTEFACT) {
        let artefact: Artefact = from_data(&entry.data, entry.seq)?;
        if artefacts.iter().any(|a| a.path == artefact.path) {
            return Err(DossierError::ArtefactExists { path: artefact.path.to_string() });
        }
        artefacts.push(artefact);
    }
    Ok(artefacts)
}

fn case_of(journal: &Journal) -> Result<Case, DossierError> {
    match journal.of(&op::SESSION_CASE).next() {
        Some(entry) => from_data(&entry.data, entry.seq),
        None => Err(DossierError::Journal { line: 2, why: "no session.case line".into() }),
    }
}

fn from_data<T: serde::de::DeserializeOwned>(data: &Map<String, Value>, seq: u64) -> Result<T, DossierError> {
    serde_json::from_value(Value::Object(data.clone()))
        .map_err(|e| DossierError::Journal { line: seq + 1, why: e.to_string() })
}

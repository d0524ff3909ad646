//! One of the two runs compared: a closed dossier whose journal holds together, or a bundle that verifies. What is read of it is
//! held against the digests its journal announced.
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use dossier::{Artefact, ClosedDossier, Instant, Journal, Level, digest_reader, op};
use sealer::{TrustAnchors, Verdict, VerifiedBundle};
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, verifier};

/// A run that can be relied on.
pub(crate) struct Run {
    path: PathBuf,
    source: Source,
    artefacts: Vec<Artefact>,
    verdict: Option<Verdict>,
}

enum Source {
    Folder(Box<ClosedDossier>),
    Bundle(Box<VerifiedBundle>),
}

/// Which run it is, for the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RunFacts {
    pub(crate) path: PathBuf,
    pub(crate) reference: String,
    pub(crate) opened_at: Option<Instant>,
    pub(crate) state: String,
    /// Of the bundle; null for a dossier, whose journal's chain was checked, without a seal.
    pub(crate) verdict: Option<Verdict>,
    pub(crate) journal_head: String,
    pub(crate) scenario_sha256: Option<String>,
}

/// What keeps a run from being compared is neither "the same" nor "changed".
fn refused(path: &Path, why: impl std::fmt::Display) -> Failure {
    let why = output::printable(&why.to_string());
    Failure::new("comparer.not_valid", Exit::Indeterminate, format!("{} : {why}", path.display()))
}

impl Run {
    /// Opens a dossier, or verifies a bundle with the roots that `anchors` gives.
    pub(crate) fn open(
        path: &Path,
        anchors: &mut dyn FnMut() -> Result<TrustAnchors, Failure>,
        now: Instant,
    ) -> Result<Self, Failure> {
        if path.is_dir() {
            let dossier = ClosedDossier::open(path).map_err(|error| match error {
                dossier::DossierError::Missing { .. } => Failure::new("comparer.no_run", Exit::Usage, path.display()),
                other => refused(path, other),
            })?;
            let artefacts = dossier.artefacts().to_vec();
            return Ok(Self { path: path.into(), source: Source::Folder(Box::new(dossier)), artefacts, verdict: None });
        }
        if !path.is_file() {
            return Err(Failure::new("comparer.no_run", Exit::Usage, path.display()));
        }
        let verification = verifier::verified(path, &anchors()?, now)?;
        if verification.copy.is_some() {
            return Err(Failure::new("disclosure.redacted_copy", Exit::Indeterminate, path.display()));
        }
        let Some(bundle) = verification.bundle else {
            let wrong = verification.findings.iter().filter(|f| f.level >= Level::Fail);
            let wrong: Vec<String> = wrong.map(|f| format!("[{}] {}", f.code, f.what)).collect();
            return Err(refused(path, wrong.join(" ; ")));
        };
        let (artefacts, verdict) = (bundle.manifest().artefacts.clone(), Some(verification.verdict));
        Ok(Self { path: path.into(), source: Source::Bundle(Box::new(bundle)), artefacts, verdict })
    }

    pub(crate) fn journal(&self) -> &Journal {
        match &self.source {
            Source::Folder(dossier) => dossier.journal(),
            Source::Bundle(bundle) => bundle.journal(),
        }
    }

    pub(crate) fn artefacts(&self) -> &[Artefact] {
        &self.artefacts
    }

    /// How its session ended: `complete`, `partial`, `interrupted`.
    pub(crate) fn state(&self) -> &str {
        self.journal().of(&op::SESSION_CLOSE).last().and_then(|end| end.text("state")).unwrap_or("")
    }

    pub(crate) fn facts(&self) -> RunFacts {
        let journal = self.journal();
        let text = |operation, key| journal.of(operation).next().and_then(|entry| entry.text(key)).map(str::to_owned);
        RunFacts {
            path: self.path.clone(),
            reference: text(&op::SESSION_CASE, "reference").unwrap_or_default(),
            opened_at: journal.entries().first().map(|entry| entry.at),
            state: self.state().to_owned(),
            verdict: self.verdict,
            journal_head: journal.head().to_hex(),
            scenario_sha256: text(&op::SESSION_SCENARIO, "sha256"),
        }
    }

    /// The octets of a file of the run, `most` of them at most. The error is one sentence.
    pub(super) fn read(&self, artefact: &Artefact, most: u64) -> Result<Vec<u8>, String> {
        let length = artefact.digests.bytes;
        if length > most {
            return Err(format!("{} : {length} octets, plus que les {most} comparés", artefact.path));
        }
        let wrong = |e: &dyn std::fmt::Display| format!("{} : {e}", artefact.path);
        let mut bytes = Vec::new();
        match &self.source {
            Source::Folder(dossier) => {
                let file = plain(&artefact.path.under(dossier.root()))?;
                file.take(length.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| wrong(&e))?;
                same(artefact, &dossier::Digests::of(&bytes))?;
            }
            Source::Bundle(bundle) => {
                let mut reader = bundle.open(&artefact.path).map_err(|e| wrong(&e))?;
                reader.read_to_end(&mut bytes).map_err(|e| wrong(&e))?;
            }
        }
        Ok(bytes)
    }

    /// A file that holds the octets of `artefact`: the dossier's own, or one written to `folder`.
    pub(super) fn file(&self, artefact: &Artefact, folder: &Path, name: &str) -> Result<PathBuf, String> {
        let wrong = |e: &dyn std::fmt::Display| format!("{} : {e}", artefact.path);
        match &self.source {
            Source::Folder(dossier) => {
                let path = artefact.path.under(dossier.root());
                let found = digest_reader(plain(&path)?).map_err(|e| wrong(&e))?;
                same(artefact, &found)?;
                Ok(path)
            }
            Source::Bundle(bundle) => {
                let mut reader = bundle.open(&artefact.path).map_err(|e| wrong(&e))?;
                let path = folder.join(name);
                let mut out = File::create(&path).map_err(|e| wrong(&e))?;
                io::copy(&mut reader, &mut out).map_err(|e| wrong(&e))?;
                Ok(path)
            }
        }
    }
}

/// A plain file, opened: what is none could keep its reader waiting.
fn plain(path: &Path) -> Result<File, String> {
    let wrong = |e: io::Error| format!("{} : {e}", path.display());
    if !fs::metadata(path).map_err(wrong)?.is_file() {
        return Err(format!("{} n'est pas un fichier", path.display()));
    }
    File::open(path).map_err(wrong)
}

fn same(artefact: &Artefact, found: &dossier::Digests) -> Result<(), String> {
    if *found == artefact.digests {
        return Ok(());
    }
    Err(format!("{} : le fichier n'est plus celui que le journal annonce", artefact.path))
}

//! Copies of a sealed bundle and what was done with it afterwards (Z67-POST-01, Z67-POST-03): written once, read back from the medium,
//! compared, and told in a chained journal beside the bundle.
//!
//! A copy gets its name only when it was read back and found the same; a file in the way is never overwritten; an interrupted copy leaves
//! nothing that looks whole. The journal (`REF.copies.jsonl`) and the copies are all that is written, where the caller says.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dossier::{Digests, Sha256Digest, Software};
use serde_json::{Value, json};

use crate::World;

mod journal;
mod medium;
mod readback;
mod write;

pub use journal::{Act, Entry, History, history};
pub use readback::{ReadBack, read_back};

/// Why a copy was not made, or something not told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The bundle cannot be read.
    #[error("{} : {source}", path.display())]
    Bundle {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no such folder to copy to.
    #[error("{}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
    },
    /// A file of that name is there already; it was left as it is.
    #[error("{}", path.display())]
    InTheWay {
        /// Which.
        path: PathBuf,
    },
    /// The medium has not enough room.
    #[error("{needed} octets à écrire, {free} libres")]
    Space {
        /// Octets to write.
        needed: u64,
        /// Octets free.
        free: u64,
    },
    /// It could not be written.
    #[error("{} : {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What is read is not what was sealed.
    #[error("{} : attendu {expected}, lu {found}", path.display())]
    Differs {
        /// The copy.
        path: PathBuf,
        /// SHA-256 of the bundle.
        expected: Sha256Digest,
        /// SHA-256 of what was read.
        found: Sha256Digest,
    },
    /// The journal of copies cannot be read or continued.
    #[error("{}, ligne {line} : {why}", path.display())]
    Journal {
        /// Which.
        path: PathBuf,
        /// The line, from 1; 0 for the file.
        line: u64,
        /// Why.
        why: String,
    },
}

impl CopyError {
    /// Every code, for the test that each has its message.
    pub const CODES: &[&str] = &[
        "copier.bundle",
        "copier.folder",
        "copier.in_the_way",
        "copier.space",
        "copier.write",
        "copier.differs",
        "copier.journal",
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bundle { .. } => "copier.bundle",
            Self::Folder { .. } => "copier.folder",
            Self::InTheWay { .. } => "copier.in_the_way",
            Self::Space { .. } => "copier.space",
            Self::Write { .. } => "copier.write",
            Self::Differs { .. } => "copier.differs",
            Self::Journal { .. } => "copier.journal",
        }
    }
}

/// Who acts, and with what.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// The name that is declared; the user of the system is told beside it.
    pub declared: Option<&'a str>,
    /// This program.
    pub software: &'a Software,
}

/// A copy that was made, or checked.
#[derive(Clone, Debug)]
pub struct Copied {
    /// The copy.
    pub path: PathBuf,
    /// Length and digests, of the bundle and of the copy as read.
    pub digests: Digests,
    /// How it was read.
    pub read_back: ReadBack,
    /// Whether the file was set read-only.
    pub read_only: bool,
    /// What is known of the medium.
    pub medium: Value,
    /// The journal.
    pub journal: PathBuf,
    /// The number of its line.
    pub line: u64,
}

/// Copies `bundle` into `folder` under its own name and tells it in the journal beside the bundle; a failure once begun is told there too.
///
/// # Errors
/// [`CopyError`]; whatever it is, nothing is left in `folder`.
pub fn copy_bundle(world: &World, bundle: &Path, folder: &Path, by: By<'_>) -> Result<Copied, CopyError> {
    let (source, length) = open(bundle)?;
    let name = bundle.file_name().ok_or_else(|| unreadable(bundle, io::Error::from(io::ErrorKind::InvalidInput)))?;
    if !folder.is_dir() {
        return Err(CopyError::Folder { path: folder.to_path_buf() });
    }
    let target = folder.join(name);
    // Locked before anything is written: two copies at once take their turn, and a journal that is broken stops the copy.
    let mut journal = journal::Journal::open(bundle)?;
    let medium = medium::facts(world, folder);
    let made = write::copy(source, length, &target);
    let digests = match &made {
        Ok((digests, ..)) => *digests,
        // What was not copied is named by its content all the same.
        Err(_) => digest(bundle)?,
    };
    let file = json!({"file": name.to_string_lossy(), "bytes": digests.bytes, "sha256": digests.sha256});
    let to = json!({"path": target.display().to_string(), "medium": medium});
    let (read_back, read_only) = match made {
        Ok((_, read_back, read_only)) => (read_back, read_only),
        Err(error) => {
            journal.append(
                world,
                Act::Copied,
                by,
                file,
                json!({"to": to, "result": "failed", "code": error.code(), "why": error.to_string()}),
            )?;
            return Err(error);
        }
    };
    let told = json!({"to": to, "result": "ok", "read_back": read_back.as_str(), "read_only": read_only});
    let line = match journal.append(world, Act::Copied, by, file, told) {
        Ok(line) => line,
        Err(error) => {
            // A copy that no journal tells of would be one nobody follows.
            let _ = fs::remove_file(&target);
            return Err(error);
        }
    };
    Ok(Copied { path: target, digests, read_back, read_only, medium, journal: journal.path, line })
}

/// Reads a copy that is there (for instance on a disc that was burnt by another program), compares it with `bundle`, and tells it.
///
/// # Errors
/// [`CopyError`]; a copy that differs is told in the journal too.
pub fn check_copy(world: &World, bundle: &Path, copy: &Path, by: By<'_>) -> Result<Copied, CopyError> {
    let mut journal = journal::Journal::open(bundle)?;
    let digests = digest(bundle)?;
    let read = read_back(copy);
    let medium = medium::facts(world, copy.parent().unwrap_or(copy));
    let name = bundle.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let file = json!({"file": name, "bytes": digests.bytes, "sha256": digests.sha256});
    let to = json!({"path": copy.display().to_string(), "medium": medium});
    let checked = match read {
        Ok((found, how)) if found == digests => Ok(how),
        Ok((found, _)) => {
            Err(CopyError::Differs { path: copy.to_path_buf(), expected: digests.sha256, found: found.sha256 })
        }
        Err(source) => Err(unreadable(copy, source)),
    };
    match checked {
        Ok(how) => {
            let line = journal.append(
                world,
                Act::Verified,
                by,
                file,
                json!({"to": to, "result": "ok", "read_back": how.as_str()}),
            )?;
            let read_only = fs::metadata(copy).is_ok_and(|data| data.permissions().readonly());
            Ok(Copied {
                path: copy.to_path_buf(),
                digests,
                read_back: how,
                read_only,
                medium,
                journal: journal.path,
                line,
            })
        }
        Err(error) => {
            journal.append(
                world,
                Act::Verified,
                by,
                file,
                json!({"to": to, "result": "failed", "code": error.code(), "why": error.to_string()}),
            )?;
            Err(error)
        }
    }
}

/// Whether the bundle has a journal of copies beside it.
pub fn followed(bundle: &Path) -> bool {
    journal::beside(bundle).is_file()
}

/// Tells in the journal that the bundle was opened or verified, in `what` words; gives the number of the line.
///
/// # Errors
/// [`CopyError`] when the bundle cannot be read or the journal not continued.
pub fn note_access(world: &World, bundle: &Path, act: Act, what: &str, by: By<'_>) -> Result<u64, CopyError> {
    let mut journal = journal::Journal::open(bundle)?;
    let digests = digest(bundle)?;
    let name = bundle.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let file = json!({"file": name, "bytes": digests.bytes, "sha256": digests.sha256});
    journal.append(world, act, by, file, json!({"what": what, "result": "ok"}))
}

fn unreadable(path: &Path, source: io::Error) -> CopyError {
    CopyError::Bundle { path: path.to_path_buf(), source }
}

fn open(path: &Path) -> Result<(fs::File, u64), CopyError> {
    let file = fs::File::open(path).map_err(|e| unreadable(path, e))?;
    let kind = file.metadata().map_err(|e| unreadable(path, e))?;
    if !kind.is_file() {
        return Err(unreadable(path, io::Error::from(io::ErrorKind::InvalidInput)));
    }
    Ok((file, kind.len()))
}

fn digest(path: &Path) -> Result<Digests, CopyError> {
    let (file, _) = open(path)?;
    dossier::digest_reader(file).map_err(|e| unreadable(path, e))
}

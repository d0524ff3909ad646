//! Makes a copy of a sealed bundle in which chosen files or records are withheld, and whose seal still verifies.
//!
//! The original is verified before, the copy before it gets its name; the original is only read.
mod leaks;
mod records;

use std::fs;
use std::path::{Path, PathBuf};

use dossier::{ArtefactKind, Clock, Finding, Manifest, Sha256Digest, to_canonical};

use super::add_time::{broken, octets, read_entries};
use super::container::{self, Content, NewEntry, Unfinished};
use crate::disclosure::{BY_RULE, FORMAT, Original, RecordFate, Secret, WithheldFile, WithholdingList};
use crate::source::Source;
use crate::zip_audit::{self, Policy};
use crate::{SealError, TrustAnchors, Verification, VerifiedBundle, layout, verify};
use records::{Chosen, Record};

/// A file to withhold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChoice {
    /// Its path in the bundle; a path that ends with `/` is every artefact below it.
    pub path: String,
    /// Why, as the list will say.
    pub reason: String,
}

/// An exchange to withhold: every record of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeChoice {
    /// Its address, as the archive has it, or the `WARC-Record-ID` of one of its records; an address that ends with `*`
    /// is every address that begins so.
    pub what: String,
    /// Why, as the list will say.
    pub reason: String,
    /// Whether the list may tell the address.
    pub show_url: bool,
}

/// What to withhold, and where the copy goes.
pub struct RedactRequest<'a> {
    /// The original.
    pub bundle: &'a Path,
    /// The files to withhold.
    pub files: &'a [FileChoice],
    /// The exchanges to withhold.
    pub exchanges: &'a [ExchangeChoice],
    /// Who asks for it, as the list will say.
    pub asked_by: Option<&'a str>,
    /// The roots both are verified with.
    pub anchors: &'a TrustAnchors,
    /// The clock of the list and of both verdicts.
    pub clock: &'a dyn Clock,
    /// Where the copy goes; nothing may stand there.
    pub target: &'a Path,
}

/// A copy that was made and verified.
#[derive(Debug)]
pub struct MadeCopy {
    /// Where it is.
    pub path: PathBuf,
    /// Its length in octets.
    pub bytes: u64,
    /// Its own verification, from which its digest and its list are read.
    pub verification: Verification,
    /// Where what is withheld can still be read or guessed, for whoever decides to hand the copy over.
    pub warnings: Vec<Finding>,
}

/// Makes the copy. Constant memory but for the list; the target appears whole and verified, or not at all.
pub fn redact(request: &RedactRequest<'_>) -> Result<MadeCopy, SealError> {
    if request.target.exists() {
        return Err(SealError::TargetExists { path: request.target.to_path_buf() });
    }
    refuse_copy(request.bundle)?;
    let now = request.clock.now();
    let before = verify::verify(request.bundle, request.anchors, now);
    let Some(original) = before.bundle else {
        return Err(SealError::BadBundle { path: request.bundle.to_path_buf(), findings: before.findings });
    };
    let source = Source::file(request.bundle).map_err(|e| SealError::io("open", request.bundle, e))?;
    let mut entries = read_entries(&source, request.bundle)?;
    let mut files = chosen_files(request, original.manifest())?;
    let chosen = records::choose(request, original.manifest(), &entries)?;
    if let Some(chosen) = &chosen {
        by_rule(&mut files, layout::WACZ);
        entries.push(list_of_shown(chosen));
    }
    let whole = files.iter().any(|file| file.path == layout::WACZ);
    if whole && original.manifest().disclosure.is_some() {
        by_rule(&mut files, layout::SECRET);
    }
    if files.is_empty() {
        return Err(SealError::NothingWithheld);
    }
    let list = list(request, &original, &entries, &files, chosen.as_ref())?;
    let warnings = leaks::find(original.manifest(), &entries, &list, chosen.as_ref());
    let entries = in_order(entries, &list)?;
    let (unfinished, file) = Unfinished::beside(request.target, ".part")?;
    container::write(file, unfinished.path(), entries, &|_| {})?;
    let verification = verify::verify(unfinished.path(), request.anchors, now);
    if verification.copy.is_none() {
        return Err(SealError::SelfCheck { findings: verification.findings });
    }
    let bytes = fs::metadata(unfinished.path()).map_err(|e| SealError::io("read", request.target, e))?.len();
    unfinished.keep(request.target)?;
    Ok(MadeCopy { path: request.target.to_path_buf(), bytes, verification, warnings })
}

/// Whether the file is a copy with files or records withheld, whatever it is worth: what may only be done with an original
/// asks it first. A file that is no bundle is none.
pub fn is_redacted_copy(path: &Path) -> bool {
    let audited = Source::file(path).ok().and_then(|source| zip_audit::audit(&source, &Policy::OUTER).ok());
    audited.is_some_and(|entries| entries.iter().any(|entry| entry.name == layout::LIST))
}

/// Refuses a copy where an original is asked.
pub(super) fn refuse_copy(path: &Path) -> Result<(), SealError> {
    if is_redacted_copy(path) { Err(SealError::RedactedCopy { path: path.to_path_buf() }) } else { Ok(()) }
}

/// A file withheld with the records, unless it was asked for already.
fn by_rule(files: &mut Vec<FileChoice>, path: &str) {
    if !files.iter().any(|file| file.path == path) {
        files.push(FileChoice { path: path.to_owned(), reason: BY_RULE.to_owned() });
    }
}

/// The artefacts asked for, each once; the first reason given stands.
fn chosen_files(request: &RedactRequest<'_>, manifest: &Manifest) -> Result<Vec<FileChoice>, SealError> {
    let mut chosen: Vec<FileChoice> = Vec::new();
    for choice in request.files {
        let asked = |path: &str| path == choice.path || (choice.path.ends_with('/') && path.starts_with(&choice.path));
        let mut found = manifest.artefacts.iter().filter(|artefact| asked(artefact.path.as_str())).peekable();
        if found.peek().is_none() {
            return Err(SealError::UnknownFile { path: choice.path.clone() });
        }
        for artefact in found {
            if !chosen.iter().any(|one| one.path == artefact.path.as_str()) {
                chosen.push(FileChoice { path: artefact.path.to_string(), reason: choice.reason.clone() });
            }
        }
    }
    Ok(chosen)
}

/// The entry that holds the records that are not withheld.
fn list_of_shown(chosen: &Chosen) -> NewEntry {
    NewEntry { name: layout::COPY_ARCHIVE.into(), content: Content::Pieces(chosen.shown()) }
}

fn list(
    request: &RedactRequest<'_>,
    original: &VerifiedBundle,
    entries: &[NewEntry],
    files: &[FileChoice],
    chosen: Option<&Chosen>,
) -> Result<WithholdingList, SealError> {
    let entry = |name: &str| entries.iter().find(|e| e.name == name).ok_or_else(|| broken(request.bundle, name));
    let mut withheld = Vec::new();
    for file in files {
        let digests = original.manifest().artefacts.iter().find(|a| a.path.as_str() == file.path).map(|a| a.digests);
        let (bytes, sha256) = match digests {
            Some(digests) => (digests.bytes, digests.sha256),
            None => {
                let octets = octets(entry(&file.path)?, request.bundle)?;
                (octets.len() as u64, Sha256Digest::of(&octets))
            }
        };
        withheld.push(WithheldFile { path: file.path.clone(), bytes, sha256, reason: file.reason.clone() });
    }
    withheld.sort_by(|a, b| a.path.cmp(&b.path));
    let records = match chosen {
        Some(chosen) => {
            let secret = Secret::from_file(&octets(entry(layout::SECRET)?, request.bundle)?);
            chosen.fates(&secret.ok_or_else(|| broken(request.bundle, layout::SECRET))?)
        }
        None => Vec::new(),
    };
    let bytes = fs::metadata(request.bundle).map_err(|e| SealError::io("read", request.bundle, e))?.len();
    Ok(WithholdingList {
        format: FORMAT.into(),
        made_at: request.clock.now(),
        made_by: concat!("constat ", env!("CARGO_PKG_VERSION")).into(),
        asked_by: request.asked_by.map(str::to_owned),
        original: Original {
            sha256: original.sha256(),
            bytes,
            manifest_sha256: Sha256Digest::of(&octets(entry(layout::MANIFEST_1)?, request.bundle)?),
        },
        files: withheld,
        records,
    })
}

/// The entries of the copy, in its order.
fn in_order(mut entries: Vec<NewEntry>, list: &WithholdingList) -> Result<Vec<NewEntry>, SealError> {
    let withheld = |name: &str| list.files.iter().any(|file| file.path == name);
    entries.retain(|entry| !withheld(&entry.name) && (entry.name != layout::COPY_ARCHIVE || entry.content.len() > 0));
    entries.push(NewEntry { name: layout::LIST.into(), content: Content::Bytes(to_canonical(list)?) });
    let names: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
    let head = layout::copy_head(|name| names.iter().any(|n| n == name));
    let place = |name: &str| head.iter().position(|n| *n == name).unwrap_or(head.len());
    // Stable: artefacts and META-INF keep the order they have.
    entries.sort_by_key(|entry| place(&entry.name));
    Ok(entries)
}

/// The artefacts that hold the packets of the network: everything that was exchanged can be read in them.
fn packets<'a>(manifest: &'a Manifest, list: &WithholdingList) -> Vec<&'a str> {
    let shown = |path: &str| !list.files.iter().any(|file| file.path == path);
    let packets = manifest.artefacts.iter().filter(|a| a.meta.kind == ArtefactKind::Packets);
    packets.map(|artefact| artefact.path.as_str()).filter(|path| shown(path)).collect()
}

/// What stands for a record in the list.
fn fate(record: &Record, index: u64, why: Option<&ExchangeChoice>, secret: &Secret) -> RecordFate {
    let salt = secret.salt(index);
    match why {
        None => RecordFate::Disclosed { salt: crate::disclosure::Salt(salt) },
        Some(choice) => RecordFate::Withheld {
            blind: crate::disclosure::blind(&salt, &record.digest),
            kind: record.kind.as_str().to_owned(),
            reason: choice.reason.clone(),
            url: (choice.show_url && !record.url.is_empty()).then(|| record.url.clone()),
        },
    }
}

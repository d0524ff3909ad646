//! Checks a package without trusting it: presence, digests at every level, the index rebuilt, the signature.
//!
//! The zip itself is read by a lenient reader: whether it hides entries or bytes is for a strict audit of raw
//! records, which is not made here.
mod cross;
mod package;

use std::io::{self, Read, Seek};

use dossier::{Finding, Level};
use zip::ZipArchive;

use super::layout::{self, DATAPACKAGE, DIGEST};
use super::{SignedData, WaczMember};
use crate::digest::Hasher;
use crate::findings::Findings;
use crate::{Budget, CdxjEntry, Page, WarcError, check_reader, read_cdxj, read_pages};

/// Members that are parsed as text may be this long.
const MAX_TEXT: u64 = 512 * 1024 * 1024;
/// A package holds at most this many members.
const MAX_MEMBERS: usize = 10_000;

/// What the check of a package gives.
#[derive(Clone, Debug, Default)]
pub struct WaczCheck {
    /// Findings; a package without fault gives none.
    pub findings: Vec<Finding>,
    /// Every member, in the order of the package.
    pub members: Vec<WaczMember>,
    /// The pages listed.
    pub pages: Vec<Page>,
    /// Number of WARC records read.
    pub records: u64,
    /// The first and the last date of the records indexed: fourteen digits, UTC, as an index has them.
    pub span: Option<(String, String)>,
    /// The anonymous signature, when there is one and it verifies.
    pub signed: Option<SignedData>,
}

/// What was gathered member by member.
#[derive(Default)]
struct Gathered {
    findings: Findings,
    members: Vec<WaczMember>,
    datapackage: Option<Vec<u8>>,
    digest: Option<Vec<u8>>,
    /// The index as written.
    index: Vec<CdxjEntry>,
    /// The index as rebuilt from the archives.
    rebuilt: Vec<CdxjEntry>,
    /// Whether both indexes are whole, so that comparing them means something.
    comparable: bool,
    pages: Vec<Page>,
    records: u64,
    /// Octets still allowed.
    left: u64,
}

impl Gathered {
    fn fail(&mut self, code: &str, what: impl Into<String>) {
        self.findings.push(Finding::new(code, Level::Fail, what));
    }
}

/// Checks a whole package; `budget` bounds each archive, and `budget.decompressed` all members together.
pub fn check_wacz<R: Read + Seek>(reader: R, budget: Budget) -> WaczCheck {
    let mut gathered = Gathered { comparable: true, left: budget.decompressed, ..Gathered::default() };
    match ZipArchive::new(reader) {
        Err(error) => {
            let what = "Le paquet WACZ n'est pas une archive zip lisible.";
            gathered.findings.push(Finding::new("wacz.zip", Level::Fail, what).found(error));
            return WaczCheck { findings: gathered.findings.finish(), ..WaczCheck::default() };
        }
        Ok(zip) if zip.len() > MAX_MEMBERS => {
            gathered.fail("wacz.limit", format!("Le paquet WACZ compte plus de {MAX_MEMBERS} fichiers."));
        }
        Ok(mut zip) => {
            for number in 0..zip.len() {
                read_member(&mut zip, number, budget, &mut gathered);
            }
        }
    }
    let signed = package::check(&mut gathered);
    cross::check(&mut gathered);
    let dates = || gathered.rebuilt.iter().map(|entry| &entry.timestamp);
    let span = dates().min().cloned().zip(dates().max().cloned());
    WaczCheck {
        findings: gathered.findings.finish(),
        members: gathered.members,
        pages: gathered.pages,
        records: gathered.records,
        span,
        signed,
    }
}

fn read_member<R: Read + Seek>(zip: &mut ZipArchive<R>, number: usize, budget: Budget, to: &mut Gathered) {
    let opened = zip.by_index(number).and_then(|file| Ok((file.name()?.into_owned(), file)));
    let (path, file) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            let what = format!("Le fichier numéro {} du paquet WACZ ne peut pas être lu.", number + 1);
            to.findings.push(Finding::new("wacz.zip", Level::Fail, what).found(error));
            return;
        }
    };
    if path.ends_with('/') {
        return to.fail("wacz.zip", format!("Le paquet WACZ contient une entrée de dossier : {}.", show(&path)));
    }
    let root = path == DATAPACKAGE || path == DIGEST;
    if let Some(why) = layout::refusal(&path).filter(|_| !root) {
        let what = format!("Le fichier {} n'est pas à une place permise dans un paquet WACZ.", show(&path));
        to.findings.push(Finding::new("wacz.place", Level::Fail, what).found(why));
    }
    let mut reader = HashingReader { inner: file.take(to.left.saturating_add(1)), hasher: Hasher::default() };
    let read = read_content(&path, &mut reader, budget, to);
    // What a check left unread is part of the member all the same.
    let read = read.and_then(|()| io::copy(&mut reader, &mut io::sink()));
    if let Err(error) = read {
        let what = format!("Le fichier {} du paquet WACZ ne peut pas être lu jusqu'au bout.", show(&path));
        to.findings.push(Finding::new("wacz.zip", Level::Fail, what).found(error));
        to.comparable = false;
    }
    let bytes = reader.hasher.bytes();
    if bytes > to.left {
        to.comparable = false;
        to.fail("wacz.limit", format!("Le paquet WACZ dépasse la limite de lecture au fichier {}.", show(&path)));
    }
    to.left = to.left.saturating_sub(bytes);
    to.members.push(WaczMember { path, bytes, sha256: reader.hasher.finish() });
}

/// Looks into the members that mean something to us.
fn read_content<R: Read>(path: &str, reader: &mut R, budget: Budget, to: &mut Gathered) -> io::Result<()> {
    if layout::is_archive(path) {
        let name = path.strip_prefix("archive/").unwrap_or(path);
        let check = check_reader(&mut *reader, name, budget);
        to.comparable &= !check
            .findings
            .iter()
            .any(|finding| matches!(finding.code.as_str(), "warc.malformed" | "warc.limit" | "warc.io" | "warc.empty"));
        to.findings.extend(check.findings);
        to.rebuilt.extend(check.entries);
        to.records += check.records;
        return Ok(());
    }
    let pages = path.starts_with("pages/");
    let index = path.starts_with("indexes/");
    if !(path == DATAPACKAGE || path == DIGEST || pages || index) {
        return Ok(());
    }
    let mut bytes = Vec::new();
    reader.by_ref().take(MAX_TEXT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_TEXT {
        to.comparable = false;
        to.fail("wacz.limit", format!("Le fichier {} est trop long pour être analysé.", show(path)));
    } else if path == DATAPACKAGE {
        to.datapackage = Some(bytes);
    } else if path == DIGEST {
        to.digest = Some(bytes);
    } else if pages {
        read_page_list(path, &bytes, to);
    } else {
        read_index(path, &bytes, to);
    }
    Ok(())
}

fn read_page_list(path: &str, bytes: &[u8], to: &mut Gathered) {
    match utf8(bytes).and_then(read_pages) {
        Ok(pages) => to.pages.extend(pages),
        Err(error) => {
            let what = format!("La liste de pages {} du paquet WACZ n'est pas lisible.", show(path));
            to.findings.push(Finding::new("wacz.pages", Level::Fail, what).found(error));
        }
    }
}

fn read_index(path: &str, bytes: &[u8], to: &mut Gathered) {
    if path.ends_with(".gz") || path.ends_with(".idx") {
        to.comparable = false;
        let what = format!("L'index {} est compressé : il n'est pas comparé à l'archive.", show(path));
        to.findings.push(Finding::new("wacz.index_form", Level::Indeterminate, what));
        return;
    }
    match utf8(bytes).and_then(read_cdxj) {
        Ok(entries) => to.index.extend(entries),
        Err(error) => {
            to.comparable = false;
            let what = format!("L'index {} du paquet WACZ n'est pas lisible.", show(path));
            to.findings.push(Finding::new("wacz.index", Level::Fail, what).found(error));
        }
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, WarcError> {
    std::str::from_utf8(bytes).map_err(|error| WarcError::wacz("text", error.to_string()))
}

/// A foreign name in a sentence: control characters escaped, cut short.
fn show(text: &str) -> String {
    crate::error::excerpt(text).escape_debug().to_string()
}

struct HashingReader<R> {
    inner: R,
    hasher: Hasher,
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buf)?;
        self.hasher.update(buf.get(..read).unwrap_or_default());
        Ok(read)
    }
}

#[cfg(test)]
mod tests;

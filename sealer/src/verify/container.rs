//! The outer container: which entries there are, in which order and role, and the digests of their octets.
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use dossier::{Digests, Finding, Level};

use super::Report;
use crate::layout;
use crate::source::{Source, SourceReader};
use crate::zip_audit::{self, Entry, Policy};

/// An audited container.
#[derive(Debug)]
pub(super) struct Container {
    /// Entries in the order they stand.
    pub(super) names: Vec<String>,
    pub(super) contents: BTreeMap<String, Source>,
    /// CRC-32 of the headers.
    pub(super) crcs: BTreeMap<String, u32>,
    /// In a copy, the files of the original that it withholds.
    pub(super) withheld: BTreeSet<String>,
}

impl Container {
    /// Whether this is a copy with files or records withheld.
    pub(super) fn is_copy(&self) -> bool {
        self.contents.contains_key(layout::LIST)
    }

    /// How many archive manifests there are.
    pub(super) fn archives(&self) -> usize {
        self.order().archives
    }

    /// What META-INF holds beside the seal and the second token; nothing when its names are not those of this format.
    pub(super) fn order(&self) -> layout::MetaOrder {
        let meta: Vec<&str> = self.names.iter().map(String::as_str).filter(|n| layout::is_meta(n)).collect();
        layout::meta_order(&meta).unwrap_or_default()
    }

    /// The octets of a small entry; a finding when it is absent or larger than `limit`.
    pub(super) fn small(&self, name: &str, limit: u64) -> Result<Vec<u8>, Finding> {
        let fail = |code: &str, what: &str| Finding::new(code, Level::Fail, what).found(name);
        let source = self.contents.get(name).ok_or_else(|| fail("bundle.missing", "Une entrée obligatoire manque."))?;
        if source.len() > limit {
            return Err(fail("bundle.too_large", "Une entrée dépasse la taille admise."));
        }
        source
            .exact(0, source.len() as usize)
            .map_err(|e| fail("bundle.unreadable", "Une entrée ne peut pas être lue.").found(e))
    }
}

/// Audits the zip, then the names, their order and `mimetype`. `None` when nothing more can be trusted.
pub(super) fn open(source: &Source, report: &mut Report) -> Option<Container> {
    let entries = match zip_audit::audit(source, &Policy::OUTER) {
        Ok(entries) => entries,
        Err(finding) => {
            report.add(finding);
            return None;
        }
    };
    check_mimetype(source, &entries, report);
    let names: Vec<String> = entries.iter().map(|e| e.name.clone()).collect();
    match names.iter().any(|name| name == layout::LIST) {
        true => check_order(&names, &layout::copy_head(|name| names.iter().any(|n| n == name)), report),
        false => check_order(&names, &layout::HEAD, report),
    }
    let contents =
        entries.iter().filter_map(|e| Some((e.name.clone(), source.slice(e.data_start, e.compressed)?))).collect();
    let crcs = entries.iter().map(|e| (e.name.clone(), e.crc32)).collect();
    Some(Container { names, contents, crcs, withheld: BTreeSet::new() })
}

/// ETSI EN 319 162-1 A.1: first, STORED, without extra field, the media type and nothing else.
fn check_mimetype(source: &Source, entries: &[Entry], report: &mut Report) {
    let what = "L'entrée « mimetype » n'est pas celle d'un conteneur ASiC-E.";
    let first = entries.first();
    let content = first
        .filter(|e| e.name == layout::MIMETYPE && e.data_start == 38 && e.local_extra == 0 && e.compressed < 100)
        .and_then(|e| source.exact(e.data_start, e.compressed as usize).ok());
    if content.as_deref() != Some(layout::MEDIA_TYPE.as_bytes()) {
        let found = content.map_or_else(
            || first.map(|e| e.name.clone()).unwrap_or_default(),
            |content| content.escape_ascii().to_string(),
        );
        report.fail("zip.mimetype", what, layout::MEDIA_TYPE, found);
    }
}

/// The head in its order, then the artefacts sorted, then META-INF: one order only, so that no entry can be moved.
fn check_order(names: &[String], head: &[&str], report: &mut Report) {
    let what = "Les entrées ne sont pas celles de ce format, dans leur ordre.";
    for (expected, found) in head.iter().zip(names.iter().map(String::as_str).chain(std::iter::repeat(""))) {
        if *expected != found {
            report.fail("bundle.order", what, expected, found);
            return;
        }
    }
    let rest = names.get(head.len()..).unwrap_or_default();
    let meta_from = rest.iter().position(|n| layout::is_meta(n)).unwrap_or(rest.len());
    let (artefacts, meta) = rest.split_at(meta_from);
    if let Some(pair) = artefacts.windows(2).find(|pair| pair[0] >= pair[1]) {
        report.fail("bundle.order", what, &pair[1], &pair[0]);
    }
    let meta: Vec<&str> = meta.iter().map(String::as_str).collect();
    if layout::archives(&meta).is_none() {
        report.fail(
            "bundle.meta_inf",
            "META-INF ne contient pas exactement les sceaux de ce format, chacun avec son manifeste.",
            layout::KNOWN_META.join(", "),
            meta.join(", "),
        );
    }
}

/// From this length on, an entry is read by two threads, one for each digest.
const TWICE: u64 = 2 << 20;

/// Length, SHA-256 and SHA-512 of an entry. The CRC-32 of its headers must agree too: readers that check nothing else
/// would refuse the file.
pub(super) fn digest(source: &Source, crc32: u32) -> std::io::Result<Digests> {
    let mut crc = CrcReader { inner: source.reader(), crc: rawzip::Crc32::new() };
    let digests =
        if source.len() < TWICE { dossier::digest_reader(&mut crc)? } else { digest_large(source, &mut crc)? };
    if crc.crc.checksum() == crc32 { Ok(digests) } else { Err(std::io::Error::other("CRC-32")) }
}

fn digest_large(source: &Source, crc: &mut CrcReader) -> std::io::Result<Digests> {
    use sha2::{Sha256, Sha512};
    std::thread::scope(|scope| {
        let second = scope.spawn(|| hashed::<Sha512>(&mut source.reader()));
        let (bytes, sha256) = hashed::<Sha256>(crc)?;
        let (again, sha512) = second.join().unwrap_or_else(|_| Err(std::io::ErrorKind::Other.into()))?;
        if again != bytes {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Digests {
            bytes,
            sha256: dossier::Sha256Digest::from_bytes(sha256.into()),
            sha512: dossier::Sha512Digest::from_bytes(sha512.into()),
        })
    })
}

/// Length and digest of what is read to its end.
fn hashed<D: sha2::Digest>(from: &mut impl Read) -> std::io::Result<(u64, sha2::digest::Output<D>)> {
    let (mut hash, mut bytes, mut buffer) = (D::new(), 0, vec![0; 256 * 1024]);
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok((bytes, hash.finalize()));
        }
        hash.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
}

struct CrcReader {
    inner: SourceReader,
    crc: rawzip::Crc32,
}

impl Read for CrcReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.crc.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// SHA-256 of the whole file.
pub(super) fn whole_sha256(source: &Source) -> std::io::Result<dossier::Sha256Digest> {
    let (_, sha256) = hashed::<sha2::Sha256>(&mut source.reader())?;
    Ok(dossier::Sha256Digest::from_bytes(sha256.into()))
}

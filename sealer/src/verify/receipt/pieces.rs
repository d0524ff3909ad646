//! The files of a receipt, from a folder or from a zip that only reads one way; and that zip, made.
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use dossier::{Digests, Finding, Level};

use super::ReceiptKind;
use crate::source::Source;
use crate::zip_audit::{self, Policy};

/// The longest piece read whole.
const MAX_PIECE: u64 = 8 << 20;
/// Files looked at beside a receipt, at most.
const MAX_FILES: usize = 64;

/// The files that stand together.
#[derive(Debug)]
pub(super) struct Pieces(BTreeMap<String, Source>);

impl Pieces {
    /// These.
    pub(super) fn of(files: BTreeMap<String, Source>) -> Self {
        Self(files)
    }

    /// Those of a folder, of a zip, or beside a signed file.
    pub(super) fn read(path: &Path) -> Result<Self, Finding> {
        let unreadable =
            |e: io::Error| Finding::new("file.unreadable", Level::Fail, "Le fichier ne peut pas être lu.").found(e);
        if path.is_dir() {
            return Self::folder(path).map_err(unreadable);
        }
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if ReceiptKind::ALL.iter().any(|kind| kind.file() == name) {
            return Self::folder(path.parent().unwrap_or(Path::new("."))).map_err(unreadable);
        }
        Self::zip(&Source::file(path).map_err(unreadable)?)
    }

    fn folder(path: &Path) -> io::Result<Self> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if entry.file_type()?.is_file() && files.len() < MAX_FILES {
                files.insert(name, Source::file(&entry.path())?);
            }
        }
        Ok(Self(files))
    }

    /// Those of a zip that only reads one way.
    pub(super) fn zip(source: &Source) -> Result<Self, Finding> {
        entries(source, &Policy::INNER).map(Self)
    }
}

/// The entries of a zip that only reads one way, each with the checksum it announces.
pub(super) fn entries(source: &Source, policy: &Policy) -> Result<BTreeMap<String, Source>, Finding> {
    let mut files = BTreeMap::new();
    for entry in zip_audit::audit(source, policy)? {
        let octets = source.slice(entry.data_start, entry.compressed);
        let bad = |what| Finding::new("zip.truncated", Level::Fail, what).found(&entry.name);
        let octets = octets.ok_or_else(|| bad("L'archive est tronquée ou illisible."))?;
        if !crc_agrees(&octets, entry.crc32) {
            let what = "Une entrée ne peut pas être lue, ou n'a pas la somme de contrôle annoncée.";
            return Err(Finding::new("bundle.unreadable", Level::Fail, what).found(&entry.name));
        }
        files.insert(entry.name, octets);
    }
    Ok(files)
}

impl Pieces {
    /// The octets of a small file, when it is there; too long a one is as none.
    pub(super) fn small(&self, name: &str) -> Option<Vec<u8>> {
        let source = self.0.get(name).filter(|source| source.len() <= MAX_PIECE)?;
        source.exact(0, usize::try_from(source.len()).ok()?).ok()
    }

    /// Its kind and its signed octets, when there is one only.
    pub(super) fn signed(&self) -> Option<(ReceiptKind, Vec<u8>)> {
        let mut found = ReceiptKind::ALL.into_iter().filter_map(|kind| Some((kind, self.small(kind.file())?)));
        let first = found.next();
        if found.next().is_some() { None } else { first }
    }

    /// Every name, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// Length and digests of a file.
    pub(super) fn digests(&self, name: &str) -> Option<Digests> {
        dossier::digest_reader(self.0.get(name)?.reader()).ok()
    }
}

fn crc_agrees(octets: &Source, expected: u32) -> bool {
    let mut crc = rawzip::Crc32::new();
    let (mut at, mut buffer) = (0, vec![0; 256 * 1024]);
    loop {
        match octets.fetch(at, &mut buffer) {
            Ok(0) => return at == octets.len() && crc.checksum() == expected,
            Ok(read) => {
                crc.update(buffer.get(..read).unwrap_or_default());
                at += read as u64;
            }
            Err(_) => return false,
        }
    }
}

/// Whether a receipt, or a certificate of erasure, is there: a folder, a zip, or the signed file itself.
pub fn is_receipt(path: &Path) -> bool {
    let Ok(pieces) = Pieces::read(path) else { return false };
    ReceiptKind::ALL.iter().any(|kind| pieces.0.contains_key(kind.file()))
}

/// The zip of these files, in the order of their names: entries stored, no date, so that it reads one way only.
pub fn pack_receipt(files: &BTreeMap<String, Vec<u8>>) -> io::Result<Vec<u8>> {
    use std::io::Write as _;
    use zip::write::SimpleFileOptions;
    let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    let io_error = |e: zip::result::ZipError| io::Error::other(e.to_string());
    for (name, octets) in files {
        writer.start_file(name, options).map_err(io_error)?;
        writer.write_all(octets)?;
    }
    Ok(writer.finish().map_err(io_error)?.into_inner())
}

//! Writes the outer zip: entries STORED, fixed date, nothing between them; what is copied is hashed while it is copied.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use dossier::Sha256Digest;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::source::Source;
use crate::{SealError, SealProgress};

/// An entry to write.
pub(super) struct NewEntry {
    pub(super) name: String,
    pub(super) content: Content,
}

/// Where its octets are.
pub(super) enum Content {
    Bytes(Vec<u8>),
    /// A file of the dossier: length and SHA-256 that its octets must still have.
    File {
        path: PathBuf,
        bytes: u64,
        sha256: Sha256Digest,
    },
    /// An entry of another bundle, already verified.
    Source(Source),
    /// Ranges of such an entry, one after the other.
    Pieces(Vec<Source>),
}

impl Content {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { bytes, .. } => *bytes,
            Self::Source(source) => source.len(),
            Self::Pieces(pieces) => pieces.iter().map(Source::len).sum(),
        }
    }
}

/// A file being made beside its target; removed when it is dropped before it got its name.
pub(crate) struct Unfinished {
    path: PathBuf,
    kept: bool,
}

impl Unfinished {
    /// A file named after `target`, with `suffix`; whatever stood there (the rest of an earlier crash) is replaced.
    pub(crate) fn beside(target: &Path, suffix: &str) -> Result<(Self, File), SealError> {
        let mut name = target.as_os_str().to_owned();
        name.push(suffix);
        let path = PathBuf::from(name);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(|e| SealError::io("create", &path, e))?;
        Ok((Self { path, kept: false }, file))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name, atomically, and makes the name last.
    pub(crate) fn keep(mut self, target: &Path) -> Result<(), SealError> {
        fs::rename(&self.path, target).map_err(|e| SealError::io("rename", target, e))?;
        self.kept = true;
        let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|f| f.sync_all()).map_err(|e| SealError::io("sync", folder, e))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes the entries in their order to `file`, and syncs it.
pub(super) fn write(
    file: File,
    path: &Path,
    entries: Vec<NewEntry>,
    progress: &dyn Fn(SealProgress),
) -> Result<(), SealError> {
    let total = entries.iter().map(|e| e.content.len()).sum();
    let mut done = 0;
    let mut zip = ZipWriter::new(file);
    for entry in entries {
        let bytes = entry.content.len();
        progress(SealProgress::Writing { entry: entry.name.clone(), bytes: done, total });
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(bytes >= u64::from(u32::MAX));
        zip.start_file(entry.name.as_str(), options).map_err(|e| zip_error(path, e))?;
        copy(&entry, &mut zip, path)?;
        done += bytes;
    }
    let file = zip.finish().map_err(|e| zip_error(path, e))?;
    file.sync_all().map_err(|e| SealError::io("sync", path, e))
}

fn copy(entry: &NewEntry, zip: &mut ZipWriter<File>, target: &Path) -> Result<(), SealError> {
    match &entry.content {
        Content::Bytes(bytes) => zip.write_all(bytes).map_err(|e| SealError::io("write", target, e)),
        Content::Source(source) => copy_source(entry, source, zip, target),
        Content::Pieces(pieces) => pieces.iter().try_for_each(|piece| copy_source(entry, piece, zip, target)),
        Content::File { path, bytes, sha256 } => {
            let file = File::open(path).map_err(|e| SealError::io("open", path, e))?;
            // One octet more than announced is enough to know that the file grew.
            let mut hashed = Hashing { inner: &mut *zip, hash: Sha256::new() };
            let copied = pump(file.take(bytes.saturating_add(1)), &mut hashed, path, target)?;
            if copied != *bytes {
                return Err(altered(&entry.name, bytes, copied));
            }
            // The same SHA-256 is the same octets; their SHA-512 is checked on the finished file.
            let found = Sha256Digest::from_bytes(hashed.hash.finalize().into());
            if found == *sha256 { Ok(()) } else { Err(altered(&entry.name, sha256, found)) }
        }
    }
}

fn copy_source(entry: &NewEntry, source: &Source, zip: &mut ZipWriter<File>, target: &Path) -> Result<(), SealError> {
    let copied = pump(source.reader(), zip, target, target)?;
    if copied == source.len() { Ok(()) } else { Err(altered(&entry.name, source.len(), copied)) }
}

/// Hashes what reaches the container.
struct Hashing<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hash.update(buffer.get(..written).unwrap_or(buffer));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

pub(super) fn altered(name: &str, expected: impl ToString, found: impl ToString) -> SealError {
    SealError::ArtefactAltered { path: name.into(), expected: expected.to_string(), found: found.to_string() }
}

/// Copies to the end; errors of reading and of writing name the right file.
pub(super) fn pump(mut from: impl Read, to: &mut impl Write, source: &Path, target: &Path) -> Result<u64, SealError> {
    let mut buffer = vec![0; 256 * 1024];
    let mut copied = 0;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(SealError::io("read", source, e)),
        };
        to.write_all(&buffer[..read]).map_err(|e| SealError::io("write", target, e))?;
        copied += read as u64;
    }
}

fn zip_error(path: &Path, error: zip::result::ZipError) -> SealError {
    match error {
        zip::result::ZipError::Io(source) => SealError::io("write", path, source),
        other => SealError::io("write", path, io::Error::other(other)),
    }
}

//! The folder that is handed over, file after file with its digest, and the same folder as one zip.
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use dossier::{DigestWriter, Digests, Sha256Digest};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::exit::Exit;
use crate::failure::Failure;

/// The list of all files but itself.
pub(super) const SUMS: &str = "SHA256SUMS";
/// What is compressed already gains nothing by being compressed again.
const STORED: [&str; 7] = ["png", "asice", "pdf", "webm", "zip", "jpg", "ers"];

/// A folder being made beside the place it will have, so that nothing half made ever has the name.
pub(crate) struct Folder {
    place: TempDir,
    written: BTreeMap<String, Digests>,
}

impl Folder {
    /// A new one beside `target`.
    pub(crate) fn beside(target: &Path) -> Result<Self, Failure> {
        let parent = parent(target);
        if !parent.is_dir() {
            return Err(Failure::new("remettre.folder", Exit::Usage, parent.display()));
        }
        let place = tempfile::Builder::new().prefix(".en-cours-").tempdir_in(parent);
        let place = place.map_err(|e| Failure::io("écrire dans", parent, &e))?;
        Ok(Self { place, written: BTreeMap::new() })
    }

    /// Where a file of the folder stands until it is finished.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Every file written, with its digests.
    pub(crate) fn written(&self) -> &BTreeMap<String, Digests> {
        &self.written
    }

    /// Writes a file; its digests are those of the octets on their way.
    pub(crate) fn file(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Digests, Failure> {
        let path = self.path(name);
        let failed = |e: io::Error| Failure::io("écrire", Path::new(name), &e);
        fs::create_dir_all(parent(&path)).map_err(failed)?;
        let mut out = DigestWriter::new(BufWriter::new(File::create_new(&path).map_err(failed)?));
        write(&mut out).and_then(|()| out.flush()).map_err(failed)?;
        let (out, digests) = out.finish();
        out.into_inner().map_err(|e| failed(e.into_error()))?.sync_all().map_err(failed)?;
        self.written.insert(name.to_owned(), digests);
        Ok(digests)
    }

    /// Writes octets that are at hand.
    pub(crate) fn octets(&mut self, name: &str, octets: &[u8]) -> Result<Digests, Failure> {
        self.file(name, |out| out.write_all(octets))
    }

    /// Copies what `source` gives, piece by piece.
    pub(crate) fn copy(&mut self, name: &str, mut source: impl Read) -> Result<Digests, Failure> {
        self.file(name, |out| io::copy(&mut source, out).map(|_| ()))
    }

    /// Takes a file back.
    pub(super) fn remove(&mut self, name: &str) -> Result<(), Failure> {
        self.written.remove(name);
        fs::remove_file(self.path(name)).map_err(|e| Failure::io("retirer", Path::new(name), &e))
    }

    /// Writes the list of all files, by which each can be checked.
    pub(crate) fn sums(&mut self) -> Result<(), Failure> {
        let lines: String =
            self.written.iter().map(|(name, digests)| format!("{}  {name}\n", digests.sha256)).collect();
        self.octets(SUMS, lines.as_bytes()).map(|_| ())
    }

    /// Gives the folder its name; `replace` puts it in the place of an earlier one.
    pub(crate) fn keep(self, target: &Path, replace: bool) -> Result<(), Failure> {
        let failed = |e: io::Error| Failure::io("écrire", target, &e);
        let place = self.place.keep();
        let named = fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).and_then(|()| {
            if !replace || !target.exists() {
                return fs::rename(&place, target);
            }
            let aside = tempfile::Builder::new().prefix(".remplace-").tempdir_in(parent(target))?;
            let old = aside.path().join("ancien");
            fs::rename(target, &old)?;
            // The earlier one comes back when the new one cannot take its place.
            fs::rename(&place, target).inspect_err(|_| drop(fs::rename(&old, target)))
        });
        if named.is_err() {
            let _ = fs::remove_dir_all(&place);
        }
        named.map_err(failed)
    }

    /// Writes the same files as one zip, in the order of their names, with no time of its own, below one folder `top`.
    pub(super) fn keep_zip(self, target: &Path, top: &str, replace: bool) -> Result<Sha256Digest, Failure> {
        let failed = |e: io::Error| Failure::io("écrire", target, &e);
        let part = tempfile::Builder::new().prefix(".en-cours-").tempfile_in(parent(target)).map_err(failed)?;
        let mut zip = ZipWriter::new(BufWriter::new(part.as_file().try_clone().map_err(failed)?));
        for (name, digests) in &self.written {
            // What a site gave may be of any kind, and long.
            let received = name.starts_with("telechargements/");
            let stored = received || name.rsplit_once('.').is_some_and(|(_, end)| STORED.contains(&end));
            let options = SimpleFileOptions::default()
                .compression_method(if stored { CompressionMethod::Stored } else { CompressionMethod::Deflated })
                .last_modified_time(DateTime::default())
                .unix_permissions(0o644)
                .large_file(digests.bytes >= u64::from(u32::MAX));
            zip.start_file(format!("{top}/{name}"), options).map_err(|e| failed(e.into()))?;
            let mut file = File::open(self.path(name)).map_err(failed)?;
            io::copy(&mut file, &mut zip).map_err(failed)?;
        }
        let mut out = zip.finish().map_err(|e| failed(e.into()))?;
        out.flush().and_then(|()| out.get_ref().sync_all()).map_err(failed)?;
        drop(out);
        part.as_file().set_permissions(fs::Permissions::from_mode(0o644)).map_err(failed)?;
        let sha256 = File::open(part.path()).and_then(Sha256Digest::of_reader).map_err(failed)?;
        let kept = if replace { part.persist(target) } else { part.persist_noclobber(target) };
        kept.map_err(|e| failed(e.error))?;
        Ok(sha256)
    }
}

/// The folder a path stands in.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Refuses an output that exists, unless it is to be replaced; then it must be what an earlier delivery left, and nothing else.
pub(crate) fn may_write(target: &Path, replace: bool) -> Result<(), Failure> {
    if !target.exists() {
        return Ok(());
    }
    if !replace {
        return Err(Failure::new("remettre.exists", Exit::Usage, target.display()));
    }
    if target.is_file() { ours_zip(target) } else { only_ours(target) }
}

/// A file is replaced only when it is a zip that holds a list and a page, as a delivery does.
fn ours_zip(target: &Path) -> Result<(), Failure> {
    let read = File::open(target).map_err(|e| Failure::io("lire", target, &e))?;
    let names: Vec<String> = match zip::ZipArchive::new(read) {
        Ok(archive) => archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect(),
        Err(_) => Vec::new(),
    };
    let holds = |end: &str| names.iter().any(|name| name.starts_with("remise-") && name.ends_with(end));
    match holds("/SHA256SUMS") && holds("/index.html") {
        true => Ok(()),
        false => Err(Failure::new("remettre.foreign", Exit::Usage, target.display())),
    }
}

/// A folder is replaced only when its own list names every file in it: nobody's work is lost.
fn only_ours(folder: &Path) -> Result<(), Failure> {
    let foreign = |what: &dyn std::fmt::Display| Failure::new("remettre.foreign", Exit::Usage, what);
    let list = fs::read_to_string(folder.join(SUMS)).map_err(|_| foreign(&folder.display()))?;
    let named: BTreeSet<&str> = list.lines().filter_map(|line| line.split_once("  ").map(|(_, name)| name)).collect();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(here) = folders.pop() {
        for entry in fs::read_dir(&here).map_err(|e| Failure::io("lire", &here, &e))? {
            let path = entry.map_err(|e| Failure::io("lire", &here, &e))?.path();
            let name = path.strip_prefix(folder).ok().and_then(Path::to_str).unwrap_or_default();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if name != SUMS && !named.contains(name) {
                return Err(foreign(&path.display()));
            }
        }
    }
    Ok(())
}

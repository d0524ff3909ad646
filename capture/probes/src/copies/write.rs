//! One copy: written under a passing name, flushed to the medium, read back, compared, set read-only, and only then given its name.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use dossier::{DigestWriter, Digests};
use rustix::fs::{CWD, RenameFlags, renameat_with, statvfs};
use rustix::io::Errno;

use super::{CopyError, ReadBack, read_back};

/// Read and written at once.
const CHUNK: usize = 256 * 1024;
/// Room left on the medium beyond the file itself, for its own records.
const MARGIN: u64 = 256 * 1024;
/// What the name of an unfinished copy ends with.
const PART: &str = ".partiel";

/// A file that goes away unless it is kept.
struct Passing {
    path: PathBuf,
    kept: bool,
}

impl Drop for Passing {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Copies `source`, `length` octets long, to `target`; gives the digests, how it was read back, and whether it is read-only.
pub(super) fn copy(source: File, length: u64, target: &Path) -> Result<(Digests, ReadBack, bool), CopyError> {
    let failed = |source| CopyError::Write { path: target.to_path_buf(), source };
    if fs::symlink_metadata(target).is_ok() {
        return Err(CopyError::InTheWay { path: target.to_path_buf() });
    }
    let folder = target.parent().ok_or_else(|| CopyError::Folder { path: target.to_path_buf() })?;
    let room = statvfs(folder).map_err(|e| failed(e.into()))?;
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    if free < length.saturating_add(MARGIN) {
        return Err(CopyError::Space { needed: length, free });
    }
    let name = format!(".{}{PART}", uuid::Uuid::new_v4().simple());
    let mut passing = Passing { path: folder.join(name), kept: false };
    let file = OpenOptions::new().write(true).create_new(true).open(&passing.path).map_err(failed)?;
    let written = pour(source, file).map_err(failed)?;
    let (found, how) = read_back(&passing.path).map_err(failed)?;
    if found != written {
        return Err(CopyError::Differs { path: target.to_path_buf(), expected: written.sha256, found: found.sha256 });
    }
    let read_only = set_read_only(&passing.path);
    name_it(&passing.path, target)?;
    passing.kept = true;
    // The name itself reaches the medium with its folder; some file systems have no such call, and say so.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok((written, how, read_only))
}

/// Writes everything, and waits until the medium has it.
fn pour(mut source: File, target: File) -> io::Result<Digests> {
    let mut target = DigestWriter::new(target);
    let mut buffer = vec![0; CHUNK];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => target.write_all(buffer.get(..read).unwrap_or_default())?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let (file, digests) = target.finish();
    file.sync_all()?;
    Ok(digests)
}

/// A medium without rights (FAT) has at least the one attribute that this sets; whether it holds is read back.
fn set_read_only(path: &Path) -> bool {
    let set = || -> io::Result<bool> {
        let mut rights = fs::metadata(path)?.permissions();
        rights.set_readonly(true);
        fs::set_permissions(path, rights)?;
        Ok(fs::metadata(path)?.permissions().readonly())
    };
    set().unwrap_or(false)
}

/// Gives the copy its name, and never takes one that is there.
fn name_it(from: &Path, to: &Path) -> Result<(), CopyError> {
    let in_the_way = || CopyError::InTheWay { path: to.to_path_buf() };
    let failed = |source| CopyError::Write { path: to.to_path_buf(), source };
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(Errno::EXIST) => Err(in_the_way()),
        // The file system does not know that flag (shares, FUSE): a link is refused likewise when the name is taken…
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => match fs::hard_link(from, to) {
            Ok(()) => fs::remove_file(from).map_err(failed),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(in_the_way()),
            // … and where there are no links either, the name is looked at once more just before.
            Err(_) if fs::symlink_metadata(to).is_ok() => Err(in_the_way()),
            Err(_) => fs::rename(from, to).map_err(failed),
        },
        Err(e) => Err(failed(e.into())),
    }
}

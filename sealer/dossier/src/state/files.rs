//! The few file system gestures of a dossier: lock, sync, walk, write what must survive.
use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::PART;
use crate::DossierError;

pub(super) fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(PART);
    PathBuf::from(name)
}

pub(super) fn lock(journal: &File, root: &Path) -> Result<(), DossierError> {
    match flock(journal, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(DossierError::InUse { path: root.to_path_buf() }),
        Err(errno) => Err(DossierError::io("lock", root, errno.into())),
    }
}

pub(super) fn sync_folder(path: &Path) -> Result<(), DossierError> {
    File::open(path).and_then(|f| f.sync_all()).map_err(|e| DossierError::io("sync", path, e))
}

pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), DossierError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| DossierError::io("create", folder, e))?;
    }
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(path)
        .map_err(|e| DossierError::io("create", path, e))?;
    file.seek(SeekFrom::End(0))
        .and_then(|_| file.write_all(bytes))
        .and_then(|()| file.sync_all())
        .map_err(|e| DossierError::io("write", path, e))
}

pub(super) fn walk(root: &Path, prefix: &str, found: &mut Vec<String>) -> Result<(), DossierError> {
    let folder = root.join(prefix);
    for entry in fs::read_dir(&folder).map_err(|e| DossierError::io("list", &folder, e))? {
        let entry = entry.map_err(|e| DossierError::io("list", &folder, e))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let kind = entry.file_type().map_err(|e| DossierError::io("list", &folder, e))?;
        if kind.is_dir() {
            walk(root, &path, found)?;
        } else if kind.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// What the system calls this start of the machine; empty when it does not say.
pub(super) fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// Milliseconds since the machine started, the time it slept included; `None` when the system does not say.
pub(super) fn boottime_ms() -> Option<i64> {
    let text = fs::read_to_string("/proc/uptime").ok()?;
    let (seconds, hundredths) = text.split(' ').next()?.split_once('.')?;
    Some(seconds.parse::<i64>().ok()? * 1000 + hundredths.parse::<i64>().ok()? * 10)
}

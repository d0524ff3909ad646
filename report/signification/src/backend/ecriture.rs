//! A folder that is there whole or not at all: written beside its place, synced, then renamed. What a crash left beside is
//! taken away and written again.
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::vault::{private_folder, rename, sync_folder, write_private};
use crate::{Id, SignificationError};

/// Ends the name of a folder that is being written.
const PARTIEL: &str = ".part";

/// Writes the files of the folder `root/acte`, unless it is there already with the same octets (then `false`). Another content
/// under the same name is refused.
pub(super) fn ecrire(root: &Path, acte: Id, files: &[(&str, Vec<u8>)]) -> Result<(PathBuf, bool), SignificationError> {
    let target = root.join(acte.to_string());
    if target.exists() {
        for (name, bytes) in files {
            let path = target.join(name);
            let same = fs::read(&path).is_ok_and(|found| found == *bytes);
            if !same {
                return Err(SignificationError::HandoverConflict { acte: acte.to_string() });
            }
        }
        return Ok((target, false));
    }
    let part = root.join(format!(".{acte}{PARTIEL}"));
    remove(&part)?;
    private_folder(&part)?;
    for (name, bytes) in files {
        write_private(&part.join(name), bytes)?;
    }
    sync_folder(&part)?;
    rename(&part, &target)?;
    Ok((target, true))
}

/// Makes a private folder and those above it, unless they are there.
pub(super) fn preparer(root: &Path) -> Result<(), SignificationError> {
    if root.is_dir() {
        return Ok(());
    }
    if let Some(parent) = root.parent().filter(|p| !p.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(|e| SignificationError::io("create", parent, e))?;
    }
    private_folder(root)
}

/// Takes away what a crash left half written under `root`; how many folders.
pub(super) fn nettoyer(root: &Path) -> Result<usize, SignificationError> {
    let mut gone = 0;
    for entry in fs::read_dir(root).map_err(|e| SignificationError::io("read", root, e))? {
        let entry = entry.map_err(|e| SignificationError::io("read", root, e))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let id = name.strip_prefix('.').and_then(|n| n.strip_suffix(PARTIEL)).map(str::parse::<Id>);
        if matches!(id, Some(Ok(_))) {
            remove(&entry.path())?;
            gone += 1;
        }
    }
    Ok(gone)
}

fn remove(path: &Path) -> Result<(), SignificationError> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(SignificationError::io("remove", path, e)),
        _ => Ok(()),
    }
}

//! The bundles of a folder, and what was met there and not looked into: nothing is passed over in silence.
use std::fs;
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::printable;

/// How deep bundles are looked for.
const DEPTH: usize = 16;
/// What makes a folder a dossier.
const JOURNAL: &str = "journal.jsonl";

/// What a folder holds.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Files named `*.asice`, in the order of their paths; one at least.
    pub(crate) bundles: Vec<PathBuf>,
    /// Links, which are not followed so that nothing is met twice, and folders too deep.
    pub(crate) left: Vec<PathBuf>,
}

/// Every bundle below `folder`, but those inside dossiers; a folder without any is a mistake of usage.
pub(crate) fn below(folder: &Path) -> Result<Found, Failure> {
    let mut found = Found::default();
    look(folder, DEPTH, &mut found)?;
    found.bundles.sort();
    found.left.sort();
    if found.bundles.is_empty() {
        let links = if found.left.is_empty() { "" } else { " (des liens n'ont pas été suivis)" };
        return Err(Failure::new("cli.no_bundle", Exit::Usage, format!("{}{links}", folder.display())));
    }
    Ok(found)
}

fn look(folder: &Path, depth: usize, found: &mut Found) -> Result<(), Failure> {
    let unread = |e: &std::io::Error| Failure::io("lire", folder, e);
    for entry in fs::read_dir(folder).map_err(|e| unread(&e))? {
        let entry = entry.map_err(|e| unread(&e))?;
        let (kind, path) = (entry.file_type().map_err(|e| unread(&e))?, entry.path());
        // What lies in a dossier is evidence, a downloaded bundle too; the dossier's own stands beside it.
        if kind.is_dir() && path.join(JOURNAL).exists() {
            continue;
        }
        if kind.is_dir() && depth > 0 {
            look(&path, depth - 1, found)?;
        } else if kind.is_dir() || (kind.is_symlink() && (is_bundle(&path) || path.is_dir())) {
            found.left.push(path);
        } else if kind.is_file() && is_bundle(&path) {
            found.bundles.push(path);
        }
    }
    Ok(())
}

fn is_bundle(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("asice"))
}

/// A line for each thing left out.
pub(crate) fn told(left: &[PathBuf]) -> Vec<String> {
    let line = |path: &PathBuf| {
        format!("NON EXAMINÉ    {} (lien, ou dossier trop profond)", printable(&path.display().to_string()))
    };
    left.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_not_followed_and_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("sous")).unwrap();
        // A dossier, and a bundle that was downloaded into it.
        fs::create_dir_all(at("2026-1/downloads")).unwrap();
        fs::write(at("2026-1/journal.jsonl"), b"").unwrap();
        fs::write(at("2026-1/downloads/piece.asice"), b"x").unwrap();
        for name in ["b.asice", "sous/a.ASICE", "autre.txt"] {
            fs::write(at(name), b"x").unwrap();
        }
        std::os::unix::fs::symlink(at("b.asice"), at("lien.asice")).unwrap();
        std::os::unix::fs::symlink(folder.path(), at("boucle")).unwrap();
        let found = below(folder.path()).unwrap();
        assert_eq!(found.bundles, [at("b.asice"), at("sous/a.ASICE")]);
        assert_eq!(found.left, [at("boucle"), at("lien.asice")]);
        assert_eq!(told(&found.left).len(), 2);
        fs::remove_file(at("b.asice")).unwrap();
        fs::remove_dir_all(at("sous")).unwrap();
        assert_eq!(below(folder.path()).unwrap_err().code(), "cli.no_bundle");
    }
}

//! Runs a script that drives Debian's Chromium.
use std::path::{Path, PathBuf};
use std::process::Command;

/// The packages that `.ci/install` installed for the script.
fn modules(folder: &Path) -> PathBuf {
    let pins = ["package.json", "package-lock.json"].map(|name| std::fs::read(folder.join(name)).unwrap());
    let key = dossier::Sha256Digest::of(&pins.concat()).to_hex();
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    let modules = cache.join(format!("constat/portail-{}/node_modules", &key[..12]));
    assert!(modules.is_dir(), "{} is missing: run .ci/install", modules.display());
    modules
}

/// Where pictures and downloads go; set, `CONSTAT_PORTAIL_IMAGES` keeps them for the eye.
pub fn dossier() -> (PathBuf, tempfile::TempDir) {
    let work = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("CONSTAT_PORTAIL_IMAGES").map(PathBuf::from);
    (kept.unwrap_or_else(|| work.path().to_path_buf()), work)
}

/// Runs it to its end, with these arguments and then the folder.
pub fn conduire(script: &str, arguments: &[&str], work: &Path) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("navigateur");
    let output = Command::new("node")
        .arg(folder.join(script))
        .args(arguments)
        .arg(work)
        .env("CONSTAT_PAGE_MODULES", modules(&folder))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

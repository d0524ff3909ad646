//! Finds the browser's real binary, and names it by its digest.
use std::fs::File;
use std::path::{Path, PathBuf};

use dossier::Sha256Digest;

use crate::{BrowserChoice, CaptureError};

/// The places Debian and Ubuntu put Chromium and Chrome, real binaries before wrappers: Debian's `/usr/bin/chromium` is a
/// shell script that adds the switches of `/etc/chromium.d`, and every switch must be ours.
const PLACES: &[&str] = &[
    "/usr/lib/chromium/chromium",
    "/usr/lib/chromium-browser/chromium-browser",
    "/opt/google/chrome/chrome",
    "/usr/bin/chromium",
];

/// A browser that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundBrowser {
    /// The binary that will be run.
    pub binary: PathBuf,
    /// SHA-256 of its bytes.
    pub sha256: Sha256Digest,
    /// Whether it is an ELF binary; a wrapper may add switches of its own.
    pub is_elf: bool,
}

/// Finds the browser of `choice`, or the first of the usual places.
pub fn find_browser(choice: &BrowserChoice) -> Result<FoundBrowser, CaptureError> {
    let tried: Vec<PathBuf> = match &choice.path {
        // Debian's wrapper stands for the binary beside it.
        Some(path) if path == Path::new("/usr/bin/chromium") => {
            vec![PathBuf::from("/usr/lib/chromium/chromium"), path.clone()]
        }
        Some(path) => vec![path.clone()],
        None => PLACES.iter().map(PathBuf::from).collect(),
    };
    let found = tried.iter().find_map(|path| {
        let binary = path.canonicalize().ok().filter(|p| p.is_file())?;
        let sha256 = Sha256Digest::of_reader(File::open(&binary).ok()?).ok()?;
        Some(FoundBrowser { is_elf: is_elf(&binary), binary, sha256 })
    });
    found.ok_or_else(|| CaptureError::NoBrowser { tried: tried.iter().map(|p| p.display().to_string()).collect() })
}

fn is_elf(path: &Path) -> bool {
    use std::io::Read;
    let mut magic = [0; 4];
    File::open(path).and_then(|mut f| f.read_exact(&mut magic)).is_ok() && magic == *b"\x7fELF"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_does_not_exist_is_told() {
        let choice = BrowserChoice { path: Some("/nonexistent/chromium".into()) };
        let error = find_browser(&choice).unwrap_err();
        assert_eq!(error.code(), "capture.no_browser");
        assert!(error.to_string().contains("/nonexistent/chromium"));
    }

    #[test]
    fn the_wrapper_stands_for_the_real_binary() {
        let found = find_browser(&BrowserChoice { path: Some("/usr/bin/chromium".into()) }).unwrap();
        assert!(found.is_elf, "{found:?}");
    }
}

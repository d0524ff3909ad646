//! Finds the browser's real binary, and makes its digest.
use std::fs::File;
use std::path::{Path, PathBuf};

use dossier::Sha256Digest;
use futures::future::{BoxFuture, FutureExt as _, Shared};

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
    /// Whether it is an ELF binary; a wrapper may add switches of its own.
    pub is_elf: bool,
}

/// SHA-256 of a binary, once it is known; `None` when it could not be read to its end.
pub(crate) type BinaryDigest = Shared<BoxFuture<'static, Option<Sha256Digest>>>;

impl FoundBrowser {
    /// Begins to read the binary on a thread of its own: it has hundreds of megabytes, and the browser starts meanwhile.
    pub(crate) fn digest(&self) -> BinaryDigest {
        let binary = self.binary.clone();
        let read = tokio::task::spawn_blocking(move || Sha256Digest::of_reader(File::open(binary)?));
        async move { read.await.ok().and_then(Result::ok) }.boxed().shared()
    }
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
        File::open(&binary).ok()?;
        Some(FoundBrowser { is_elf: is_elf(&binary), binary })
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

    #[tokio::test]
    async fn the_wrapper_stands_for_the_real_binary() {
        let found = find_browser(&BrowserChoice { path: Some("/usr/bin/chromium".into()) }).unwrap();
        assert!(found.is_elf, "{found:?}");
        let whole = Sha256Digest::of(&std::fs::read(&found.binary).unwrap());
        assert_eq!(found.digest().await, Some(whole));
    }
}

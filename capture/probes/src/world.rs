//! What a probe may look at: the files of a system, its environment, its programs, the clock. Given, so that a test can show a wrong one.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dossier::Clock;

/// The most that is read of one file of the system.
const LONGEST: u64 = 64 * 1024 * 1024;

/// A system to look at.
#[derive(Clone)]
pub struct World {
    root: PathBuf,
    environment: BTreeMap<String, String>,
    /// The clock of this machine.
    pub clock: Arc<dyn Clock>,
}

impl World {
    /// The system this program runs on, with the environment it was started with.
    pub fn this_machine(clock: Arc<dyn Clock>) -> Self {
        Self::at(Path::new("/"), std::env::vars().collect(), clock)
    }

    /// The system whose files are below `root`.
    pub fn at(root: &Path, environment: BTreeMap<String, String>, clock: Arc<dyn Clock>) -> Self {
        Self { root: root.to_path_buf(), environment, clock }
    }

    /// Whether its programs may be asked: those of another system cannot.
    pub fn is_this_machine(&self) -> bool {
        self.root == Path::new("/")
    }

    /// Where an absolute path of that system is.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The octets of a file; `None` when it cannot be read, or is longer than any file of a system that says something.
    pub fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        use std::io::Read as _;
        let mut bytes = Vec::new();
        fs::File::open(self.path(path)).ok()?.take(LONGEST + 1).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 <= LONGEST).then_some(bytes)
    }

    /// The first octets of a file, `most` at most.
    pub(crate) fn beginning(&self, path: &str, most: u64) -> Option<Vec<u8>> {
        use std::io::Read as _;
        let mut bytes = Vec::new();
        fs::File::open(self.path(path)).ok()?.take(most).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// The text of a file; what is not UTF-8 is replaced.
    pub fn text(&self, path: &str) -> Option<String> {
        self.bytes(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A one-line file, trimmed; `None` when it cannot be read or says nothing.
    pub fn line(&self, path: &str) -> Option<String> {
        self.text(path).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// Whether something is there.
    pub fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// The names in a folder, in order; none when it cannot be read.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else { return Vec::new() };
        let mut names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// A variable of the environment, when it says something.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

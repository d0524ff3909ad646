//! Names of files inside a dossier and a bundle: one grammar, so that no path from outside can leave its folder.
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::DossierError;

/// A relative path of ASCII letters, digits, `.`, `_`, `-` and `/`: at most four parts of at most 100 characters,
/// none empty, none starting with a dot, none ending with one. Compared as bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtefactPath(String);

impl ArtefactPath {
    /// Parses `text`, or says why it is refused.
    pub fn new(text: impl Into<String>) -> Result<Self, DossierError> {
        let text = text.into();
        match refusal(&text) {
            None => Ok(Self(text)),
            Some(why) => Err(DossierError::Path { found: text.chars().take(200).collect(), why }),
        }
    }

    /// The path as written, with `/` between parts.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// Where the file is when the dossier is at `root`.
    pub fn under(&self, root: &Path) -> PathBuf {
        self.0.split('/').fold(root.to_path_buf(), |path, part| path.join(part))
    }
}

fn refusal(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("empty");
    }
    if text.split('/').count() > 4 {
        return Some("more than four parts");
    }
    for part in text.split('/') {
        if part.is_empty() {
            return Some("an empty part");
        }
        if part.len() > 100 {
            return Some("a part longer than 100 characters");
        }
        if part.starts_with('.') || part.ends_with('.') {
            return Some("a part that starts or ends with a dot");
        }
        if !part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
            return Some("a character other than A-Z a-z 0-9 . _ -");
        }
    }
    None
}

impl fmt::Display for ArtefactPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ArtefactPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArtefactPath({})", self.0)
    }
}

impl FromStr for ArtefactPath {
    type Err = DossierError;

    fn from_str(text: &str) -> Result<Self, DossierError> {
        Self::new(text)
    }
}

impl Serialize for ArtefactPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ArtefactPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_names_are_refused() {
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            "c:\\x",
            "a\\b",
            ".hidden",
            "a/.b",
            "x.",
            "é.png",
            "a b",
            "a\0b",
            "a/b/c/d/e",
            "COM1:",
            "a\u{202e}b",
        ] {
            assert!(ArtefactPath::new(bad).is_err(), "{bad:?}");
        }
        for good in ["journal.jsonl", "screens/0001-page.png", "META-INF/ASiCManifest001.xml"] {
            assert_eq!(ArtefactPath::new(good).unwrap().as_str(), good);
        }
    }

    proptest! {
        #[test]
        fn an_accepted_path_stays_under_its_root(text in ".{0,60}") {
            if let Ok(path) = ArtefactPath::new(text) {
                let full = path.under(Path::new("/root-of-dossier"));
                prop_assert!(full.starts_with("/root-of-dossier"));
                prop_assert!(!full.components().any(|c| matches!(c, std::path::Component::ParentDir)));
            }
        }
    }
}

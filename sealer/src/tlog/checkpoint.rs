//! The head of a log (C2SP `tlog-checkpoint`): origin, size, root, as the text of a note.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::LogError;
use super::merkle::Hash;

/// A head; whether somebody signed it is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// Leaves in it.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

impl Checkpoint {
    /// Reads the text of a note: three lines, then extension lines that are not judged.
    pub fn parse(text: &str) -> Result<Self, LogError> {
        let bad = |why: &str| LogError::Malformed { why: format!("tête de journal : {why}") };
        let mut lines = text.strip_suffix('\n').ok_or_else(|| bad("sans fin de ligne"))?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(bad("moins de trois lignes"));
        };
        if origin.is_empty() || lines.any(str::is_empty) {
            return Err(bad("ligne vide"));
        }
        let root = STANDARD.decode(root).ok().and_then(|r| r.try_into().ok()).ok_or_else(|| bad("racine"))?;
        let size = decimal(size).ok_or_else(|| bad("taille"))?;
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// The text to sign.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }
}

/// A decimal number without leading zeroes, below 2^63.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok().filter(|n| *n < 1 << 63)?;
    (number.to_string() == text).then_some(number)
}

/// Base64 of a hash.
pub(super) fn hash(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// A hash in base64.
pub(super) fn hash_text(hash: &Hash) -> String {
    STANDARD.encode(hash)
}

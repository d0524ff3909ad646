//! A proof that a leaf is in a log (C2SP `tlog-proof` v1): index, way to the root, signed and cosigned head.
use super::checkpoint::{decimal, hash, hash_text};
use super::merkle::{Hash, MAX_PROOF};
use super::note::{MAX_NOTE, Note};
use super::{Checkpoint, LogError};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A proof, as read; nothing is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// The number of the leaf.
    pub index: u64,
    /// The way from the leaf to the root.
    pub way: Vec<Hash>,
    /// The head, signed.
    pub note: Note,
    /// What the head says.
    pub checkpoint: Checkpoint,
}

impl TlogProof {
    /// Reads a proof; it must be in the one form [`TlogProof::to_text`] gives (so without the `extra` line).
    pub fn parse(octets: &[u8]) -> Result<Self, LogError> {
        let bad = |why: &str| LogError::Malformed { why: format!("preuve du journal : {why}") };
        if octets.len() > 2 * MAX_NOTE {
            return Err(bad("trop longue"));
        }
        let text = std::str::from_utf8(octets).map_err(|_| bad("pas de l'UTF-8"))?;
        let (head, note) = text.split_once("\n\n").ok_or_else(|| bad("sans tête"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(bad("autre format"));
        }
        let index =
            lines.next().and_then(|l| l.strip_prefix("index ")).and_then(decimal).ok_or_else(|| bad("index"))?;
        let way = lines.map(|l| hash(l).ok_or_else(|| bad("empreinte"))).collect::<Result<Vec<_>, _>>()?;
        if way.len() > MAX_PROOF {
            return Err(bad("trop d'empreintes"));
        }
        let note = Note::parse(note)?;
        let checkpoint = Checkpoint::parse(&note.text)?;
        let read = Self { index, way, note, checkpoint };
        if read.to_text() == text { Ok(read) } else { Err(bad("pas sous sa forme unique")) }
    }

    /// The octets of the file, as text.
    pub fn to_text(&self) -> String {
        let way: String = self.way.iter().map(|hash| hash_text(hash) + "\n").collect();
        format!("{HEADER}\nindex {}\n{way}\n{}", self.index, self.note)
    }
}

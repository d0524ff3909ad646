//! `constat-extrait/1` of one line: the line of the journal that announces a receipt, its way to the root of a checkpoint
//! (RFC 9162, 2.1.3), and that checkpoint, signed and timestamped.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::merkle::{Hash, includes, leaf_hash};
use dossier::{Digests, JournalEntry, Sha256Digest};
use serde::Deserialize;
use serde_json::Value;

pub(super) const EXTRACT_FORMAT: &str = "constat-extrait/1";
/// The lines that announce signed octets, and the field that names them.
pub(super) const ANNOUNCING: [(&str, &str); 2] =
    [("signification.receipt.made", "receipt"), ("signification.effacement.certificat", "certificate")];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) ligne: String,
    pub(super) rang: u64,
    pub(super) chemin: Vec<Sha256Digest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Point {
    pub(super) texte: String,
    pub(super) signature: String,
    pub(super) jeton: Option<String>,
}

/// An excerpt as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) format: String,
    pub(super) lignes: Vec<Line>,
    pub(super) point: Point,
}

/// What was read.
pub(super) struct Excerpt {
    pub(super) line: JournalEntry,
    octets: Vec<u8>,
    rank: u64,
    way: Vec<Hash>,
    pub(super) size: u64,
    root: Hash,
    pub(super) text: String,
    pub(super) signature: Vec<u8>,
    pub(super) token: Option<Vec<u8>>,
}

impl Excerpt {
    pub(super) fn read(octets: &[u8]) -> Result<Self, String> {
        let value = dossier::parse_strict(octets).map_err(|e| e.to_string())?;
        if dossier::canonical_bytes(&value).ok().as_deref() != Some(octets) {
            return Err("forme canonique".into());
        }
        let file: File = serde_json::from_value(value).map_err(|e| e.to_string())?;
        if file.format != EXTRACT_FORMAT {
            return Err(file.format);
        }
        let [line] = <[Line; 1]>::try_from(file.lignes).map_err(|lines| format!("{} lignes", lines.len()))?;
        let entry = JournalEntry::from_line(line.ligne.as_bytes()).map_err(|e| e.to_string())?;
        let base64 = |text: &str| STANDARD.decode(text).map_err(|e| e.to_string());
        let (size, root) = head(&file.point.texte).ok_or("texte du point")?;
        Ok(Self {
            line: entry,
            octets: line.ligne.into_bytes(),
            rank: line.rang,
            way: line.chemin.iter().map(|hash| *hash.as_bytes()).collect(),
            size,
            root,
            signature: base64(&file.point.signature)?,
            token: file.point.jeton.as_deref().map(base64).transpose()?,
            text: file.point.texte,
        })
    }

    /// Whether the line is the one of its number under that root.
    pub(super) fn is_included(&self) -> bool {
        self.line.seq == self.rank && includes(&leaf_hash(&self.octets), self.rank, self.size, &self.way, &self.root)
    }
}

/// Number of lines and root of the text of a checkpoint: origin, number, root in base64, a line each.
pub(super) fn head(text: &str) -> Option<(u64, Hash)> {
    let lines: Vec<&str> = text.strip_suffix('\n')?.split('\n').collect();
    let [origin, size, root] = lines.as_slice() else { return None };
    let number: u64 = size.parse().ok()?;
    let root = STANDARD.decode(root).ok()?.try_into().ok()?;
    (!origin.is_empty() && number.to_string() == *size).then_some((number, root))
}

/// Whether the line announces the object of this identifier with these octets.
pub(super) fn announces(line: &JournalEntry, id: &str, bytes: &[u8]) -> bool {
    let known = ANNOUNCING.iter().find(|(op, _)| line.op.as_str() == *op);
    let digests = serde_json::to_value(Digests::of(bytes)).unwrap_or(Value::Null);
    known.is_some_and(|(_, field)| line.text(field) == Some(id) && line.data.get("digests") == Some(&digests))
}

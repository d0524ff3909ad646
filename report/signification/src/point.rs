//! Checkpoints of the journal: the root of the tree over its lines, as the text of C2SP `tlog-checkpoint`, signed by the
//! office and timestamped; and what is shown with them: that given lines are in the journal, without showing any other.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::merkle::{Hash, includes, leaf_hash};
use dossier::{Finding, Instant, JournalEntry, Level, Sha256Digest, parse_strict};
use serde::{Deserialize, Serialize};

use crate::evidence::EvidenceVerifier;
use crate::{Id, SignificationError};

/// Version of an excerpt.
pub const EXTRAIT_FORMAT: &str = "constat-extrait/1";
/// Lines at most in an excerpt that is read.
const MAX_LINES: usize = 100_000;

/// What is known of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointView {
    /// Identifier of its pieces.
    pub id: Id,
    /// Lines it covers.
    pub size: u64,
    /// The root over them.
    pub root: Sha256Digest,
    /// When it was made.
    pub at: Instant,
    /// Whether it bears a time token.
    pub timestamped: bool,
}

/// The text that is signed and timestamped: origin, number of lines, root in base64.
pub fn text(origin: &str, size: u64, root: &Hash) -> String {
    format!("{origin}\n{size}\n{}\n", STANDARD.encode(root))
}

/// A line and its way to the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenLine {
    /// The line, as written in the journal.
    pub ligne: String,
    /// Its number.
    pub rang: u64,
    /// Hashes from the leaf to the root, hexadecimal.
    pub chemin: Vec<Sha256Digest>,
}

/// A checkpoint with what proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenPoint {
    /// The text: origin, number of lines, root.
    pub texte: String,
    /// Detached CMS signature over the text, DER in base64.
    pub signature: String,
    /// RFC 3161 token over the text, DER in base64; absent while it is deferred.
    pub jeton: Option<String>,
}

/// Lines of a journal, and the proof that they are in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extrait {
    /// `constat-extrait/1`.
    pub format: String,
    /// The lines, in order.
    pub lignes: Vec<ProvenLine>,
    /// The checkpoint they are proven against.
    pub point: ProvenPoint,
}

/// What the check of an excerpt gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExtraitReport {
    /// The journal it comes from.
    pub origine: String,
    /// Lines of that journal when the checkpoint was made.
    pub taille: u64,
    /// Lines shown.
    pub lignes: usize,
    /// Whether the checkpoint bears a time token.
    pub horodate: bool,
    /// What was found wrong or missing. Empty: nothing.
    pub findings: Vec<Finding>,
}

impl ExtraitReport {
    /// Whether nothing is proven wrong.
    pub fn holds(&self) -> bool {
        self.findings.iter().all(|f| f.level < Level::Fail)
    }
}

impl Extrait {
    /// Reads an excerpt; any other form than ours is refused.
    pub fn read(bytes: &[u8]) -> Result<Self, SignificationError> {
        let refuse = |why: String| SignificationError::Receipt { why };
        let value = parse_strict(bytes).map_err(|e| refuse(e.to_string()))?;
        let read: Self = serde_json::from_value(value).map_err(|e| refuse(e.to_string()))?;
        if read.format != EXTRAIT_FORMAT || read.lignes.len() > MAX_LINES {
            return Err(refuse(format!("format {:?}, {} lignes", read.format, read.lignes.len())));
        }
        Ok(read)
    }

    /// Checks every line against the root, the root's signature and its time token, offline.
    pub fn check(&self, verifier: &dyn EvidenceVerifier) -> Result<ExtraitReport, SignificationError> {
        let (origine, taille, root) = parse(&self.point.texte)?;
        let mut findings = Vec::new();
        let horodate = self.point.check(verifier, &mut findings)?;
        let mut last = None;
        for proven in &self.lignes {
            if !proven.is_in(taille, &root) {
                let what = "Une ligne n'est pas celle du journal que le point de contrôle désigne.";
                findings.push(Finding::new("extrait.line", Level::Fail, what).found(proven.rang));
            }
            if last.is_some_and(|last| last >= proven.rang) {
                let what = "Les lignes de l'extrait ne sont pas dans l'ordre du journal, ou se répètent.";
                findings.push(Finding::new("extrait.order", Level::Fail, what).found(proven.rang));
            }
            last = Some(proven.rang);
        }
        Ok(ExtraitReport { origine, taille, lignes: self.lignes.len(), horodate, findings })
    }
}

impl ProvenPoint {
    /// Checks signature and token; gives whether there is a token.
    pub(crate) fn check(
        &self,
        verifier: &dyn EvidenceVerifier,
        findings: &mut Vec<Finding>,
    ) -> Result<bool, SignificationError> {
        let decode = |text: &str| {
            STANDARD.decode(text).map_err(|e| SignificationError::Receipt { why: format!("base64 : {e}") })
        };
        findings.extend(verifier.check_signature(self.texte.as_bytes(), &decode(&self.signature)?));
        match &self.jeton {
            Some(token) => findings.extend(verifier.check_token(self.texte.as_bytes(), &decode(token)?)),
            None => {
                let what = "Le point de contrôle n'a pas encore de jeton d'horodatage (horodatage différé).";
                findings.push(Finding::new("point.timestamp_deferred", Level::Warn, what));
            }
        }
        Ok(self.jeton.is_some())
    }
}

impl ProvenLine {
    /// Whether this line, whole and canonical, is the one of its number under that root.
    pub(crate) fn is_in(&self, size: u64, root: &Hash) -> bool {
        let line = self.ligne.as_bytes();
        let way: Vec<Hash> = self.chemin.iter().map(|hash| *hash.as_bytes()).collect();
        JournalEntry::from_line(line).is_ok_and(|entry| entry.seq == self.rang)
            && includes(&leaf_hash(line), self.rang, size, &way, root)
    }
}

/// Reads the text of a checkpoint.
pub(crate) fn parse(text: &str) -> Result<(String, u64, Hash), SignificationError> {
    let refuse = || SignificationError::Receipt { why: "texte d'un point de contrôle".into() };
    let mut lines = text.strip_suffix('\n').ok_or_else(refuse)?.split('\n');
    let (Some(origin), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next()) else {
        return Err(refuse());
    };
    let number: u64 = size.parse().map_err(|_| refuse())?;
    let root: Hash = STANDARD.decode(root).ok().and_then(|r| r.try_into().ok()).ok_or_else(refuse)?;
    if origin.is_empty() || number.to_string() != size {
        return Err(refuse());
    }
    Ok((origin.to_owned(), number, root))
}

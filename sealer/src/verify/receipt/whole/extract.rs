//! The excerpt of the journal in a whole dossier (`constat-extrait/1`): each line under the root of a checkpoint (RFC 9162, 2.1.3), the
//! checkpoint signed, and what the lines say against what the manifest says.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::merkle::{Hash, includes, leaf_hash};
use dossier::{Finding, Instant, JournalEntry, Level};
use serde_json::{Value, json};

use super::form::{Kind, Manifest};
use super::{Bound, PartVerification};
use crate::verify::Report;
use crate::verify::receipt::point::{ANNOUNCING, EXTRACT_FORMAT, File, head};
use crate::verify::receipt::signed::{self, Subject};
use crate::{TrustAnchors, Verdict};

/// Lines at most.
const MAX_LINES: usize = 100_000;

/// Judges the excerpt `name`; gives its lines too, as far as they are in the journal.
pub(super) fn check(
    name: &str,
    octets: &[u8],
    bound: &Bound,
    trust: (&TrustAnchors, Instant),
) -> (PartVerification, Vec<JournalEntry>) {
    let (mut report, mut facts, mut lines) = (Report::default(), Default::default(), Vec::new());
    match read(octets) {
        Err(why) => report.fail_found("extract.format", "L'extrait du journal n'a pas la forme attendue.", why),
        Ok(read) => {
            included(&read, &mut lines, &mut report);
            let subject = Subject { file: "point", the: "Le point de contrôle", of_the: "du point de contrôle" };
            let signed = (read.text.as_bytes(), read.signature.as_slice(), read.token.as_deref());
            let binding = (bound.stamp.as_ref(), &bound.states);
            facts = signed::check_bound(&subject, signed, binding, trust, &mut report);
            if read.token.is_none() {
                let (level, what) = match bound.stamp {
                    Some(_) => (
                        Level::Warn,
                        "Le point de contrôle n'a pas de jeton d'horodatage propre : le manifeste seul le date.",
                    ),
                    None => (
                        Level::Indeterminate,
                        "Le point de contrôle n'a pas de jeton d'horodatage, et le manifeste non plus : rien ne le date.",
                    ),
                };
                report.add(Finding::new("extract.timestamp_deferred", level, what));
            }
        }
    }
    let findings = report.into_found().findings;
    let verdict = Verdict::of(&findings);
    (PartVerification { name: name.to_owned(), verdict, findings, lines: Some(lines.len()), facts }, lines)
}

struct Read {
    lines: Vec<(String, u64, Vec<Hash>)>,
    text: String,
    size: u64,
    root: Hash,
    signature: Vec<u8>,
    token: Option<Vec<u8>>,
}

fn read(octets: &[u8]) -> Result<Read, String> {
    let value = dossier::parse_strict(octets).map_err(|e| e.to_string())?;
    if dossier::canonical_bytes(&value).ok().as_deref() != Some(octets) {
        return Err("forme canonique".into());
    }
    let file: File = serde_json::from_value(value).map_err(|e| e.to_string())?;
    if file.format != EXTRACT_FORMAT || file.lignes.len() > MAX_LINES {
        return Err(format!("{}, {} lignes", file.format, file.lignes.len()));
    }
    let base64 = |text: &str| STANDARD.decode(text).map_err(|e| e.to_string());
    let (size, root) = head(&file.point.texte).ok_or("texte du point")?;
    let way = |hashes: Vec<dossier::Sha256Digest>| hashes.iter().map(|hash| *hash.as_bytes()).collect();
    Ok(Read {
        lines: file.lignes.into_iter().map(|line| (line.ligne, line.rang, way(line.chemin))).collect(),
        size,
        root,
        signature: base64(&file.point.signature)?,
        token: file.point.jeton.as_deref().map(base64).transpose()?,
        text: file.point.texte,
    })
}

/// Every line is the one of its number under the root, and they follow each other.
fn included(read: &Read, lines: &mut Vec<JournalEntry>, report: &mut Report) {
    let mut last = None;
    for (line, rank, way) in &read.lines {
        let entry = JournalEntry::from_line(line.as_bytes()).ok().filter(|entry| entry.seq == *rank);
        match entry.filter(|_| includes(&leaf_hash(line.as_bytes()), *rank, read.size, way, &read.root)) {
            Some(entry) => lines.push(entry),
            None => {
                let what = "Une ligne de l'extrait n'est pas dans le journal que le point de contrôle désigne.";
                report.fail_found("extract.inclusion", what, rank);
            }
        }
        if last.is_some_and(|last| last >= *rank) {
            let what = "Les lignes de l'extrait ne sont pas dans l'ordre du journal, ou se répètent.";
            report.fail_found("extract.order", what, rank);
        }
        last = Some(*rank);
    }
}

/// What the journal says of the act against what the manifest says: its octets, its sending, the check of its signature.
pub(super) fn agrees(lines: &[JournalEntry], manifest: &Manifest, report: &mut Report) {
    let act = &manifest.acte;
    let about = |op: &str, field: &str| {
        lines.iter().find(move |entry| entry.op.as_str() == op && entry.text(field) == Some(act.id.0.as_str()))
    };
    let expected = json!({"bytes": act.octets, "sha256": act.sha256, "sha512": act.sha512});
    let drafted = about("signification.act.drafted", "act").and_then(|entry| entry.data.get("content"));
    if drafted != Some(&expected) {
        let what = "Le journal n'annonce pas l'acte dont le manifeste donne les empreintes.";
        report.fail("extract.act", what, act.sha256, drafted.map(Value::to_string).unwrap_or_default());
    }
    let sent = about("signification.act.sent", "act").map(|entry| entry.at);
    if sent != act.envoye_le {
        let told = |at: Option<Instant>| at.map_or_else(|| "aucun envoi".to_owned(), |at| at.to_string());
        let what = "L'envoi que dit le manifeste n'est pas celui du journal.";
        report.fail("extract.sent", what, told(sent), told(act.envoye_le));
    }
    let judged = about("signification.preuve.signature", "acte").and_then(|entry| entry.text("constat"));
    let shown = manifest.of(Kind::ControleSignature).next().map(|row| row.sha256.to_hex());
    if judged != shown.as_deref() {
        let what = "Le contrôle de la signature du PDF n'est pas celui que le journal annonce.";
        report.fail("extract.signature", what, judged.unwrap_or("aucun"), shown.unwrap_or_default());
    }
}

/// Whether a line announces this evidence with these octets.
pub(super) fn announces(lines: &[JournalEntry], id: &str, digests: &Value) -> bool {
    let told = |entry: &JournalEntry| {
        let known = ANNOUNCING.iter().find(|(op, _)| entry.op.as_str() == *op);
        known.is_some_and(|(_, field)| entry.text(field) == Some(id) && entry.data.get("digests") == Some(digests))
    };
    lines.iter().any(told)
}

//! The claims a procès-verbal lists, one by one against the bundle: for a document that another version of the program made.
use dossier::{Finding, Level, Sha256Digest};
use lopdf::Document;

use crate::ReportInput;
use crate::claims::{self, Claim, Claims};

use super::attached::named;

/// Claims told apart; the rest is counted.
const TOLD: usize = 20;

/// `Fail` for every claim whose lines or files are not the bundle's, whose quotation is in none of its lines, or that no page
/// prints.
pub(super) fn compare(document: &Document, sealed: &ReportInput<'_>) -> Vec<Finding> {
    let read = named(document, claims::NAME).and_then(|bytes| serde_json::from_slice::<Claims>(&bytes).ok());
    let Some(list) = read else {
        let what = "La liste des affirmations (affirmations.json) est absente ou illisible.";
        return vec![Finding::new("pv.claims", Level::Fail, what)];
    };
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    let printed: String = pages.iter().map(|page| bare(&document.extract_text(&[*page]).unwrap_or_default())).collect();
    let mut findings = Vec::new();
    for claim in &list.affirmations {
        if let Some(why) = wrong(claim, sealed, &printed) {
            let what = format!("L'affirmation {} du procès-verbal ne résulte pas du scellé.", claim.id);
            findings.push(Finding::new("pv.claim", Level::Fail, what).values(why, &claim.texte));
        }
        if findings.len() > TOLD {
            break;
        }
    }
    findings
}

/// What a claim should be, when it is not.
fn wrong(claim: &Claim, sealed: &ReportInput<'_>, printed: &str) -> Option<String> {
    let entries = sealed.journal.entries();
    let mut said = String::new();
    for line in &claim.journal {
        let entry = usize::try_from(line.seq).ok().and_then(|seq| entries.get(seq));
        let octets = entry.and_then(|entry| entry.to_line().ok()).unwrap_or_default();
        if Sha256Digest::of(&octets) != line.sha256 || entry.is_none_or(|entry| entry.op.as_str() != line.operation) {
            return Some(format!("ligne {} du journal : {}", line.seq, Sha256Digest::of(&octets)));
        }
        entry.into_iter().for_each(|entry| texts(&serde_json::Value::Object(entry.data.clone()), &mut said));
    }
    for piece in &claim.pieces {
        let artefact = sealed.manifest.artefacts.iter().find(|artefact| artefact.path.as_str() == piece.fichier);
        let told = artefact.map(|artefact| (artefact.digests.bytes, artefact.digests.sha256));
        if told != Some((piece.octets, piece.sha256)) {
            return Some(format!("pièce {} : {told:?}", piece.fichier));
        }
    }
    let said = bare(&said);
    let foreign = claim.citations.iter().find(|quote| !claim.journal.is_empty() && !said.contains(&bare(quote)));
    if let Some(quote) = foreign {
        return Some(format!("citation absente des lignes du journal : {quote}"));
    }
    let parts = claim.texte.split("§n").chain([claim.intitule.as_str()]);
    let text = parts.map(bare).all(|part| printed.contains(&part));
    (!text).then(|| "texte imprimé".to_owned())
}

/// Every text of a value.
fn texts(value: &serde_json::Value, into: &mut String) {
    match value {
        serde_json::Value::String(text) => into.push_str(text),
        serde_json::Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        serde_json::Value::Object(map) => map.values().for_each(|item| texts(item, into)),
        _ => {}
    }
}

/// Letters and digits only: spaces, hyphens of line ends and the forms of quotes are the layout's.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

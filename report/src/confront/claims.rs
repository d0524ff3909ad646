//! The claims a procès-verbal lists, one by one against the bundle: for a document that another version of the program made.
use dossier::{Finding, Level, Sha256Digest};
use lopdf::Document;

use crate::ReportInput;
use crate::claims::{self, Claim, Claims};
use crate::record::Record;

use super::attached::named;

/// Claims told apart; the rest is counted.
const TOLD: usize = 20;

/// `Fail` for every claim whose lines or files are not the bundle's, whose quotation is in none of its lines, or that no page
/// prints.
pub(super) fn compare(document: &Document, record: &Record, sealed: &ReportInput<'_>) -> Vec<Finding> {
    let read = named(document, claims::NAME).and_then(|bytes| serde_json::from_slice::<Claims>(&bytes).ok());
    let Some(list) = read else {
        let what = "La liste des affirmations (affirmations.json) est absente ou illisible.";
        return vec![Finding::new("pv.claims", Level::Fail, what)];
    };
    let foot = Foot::of(record, sealed);
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    let text = |page: &u32| document.extract_text(&[*page]).unwrap_or_default();
    let printed: String = pages.iter().map(|page| foot.without(&bare(&text(page)), *page, pages.len())).collect();
    let mut findings = Vec::new();
    for claim in &list.affirmations {
        if let Some(why) = wrong(claim, sealed, (&printed, &foot)) {
            let what = format!("L'affirmation {} du procès-verbal ne résulte pas du scellé.", claim.id);
            findings.push(Finding::new("pv.claim", Level::Fail, what).values(why, &claim.texte));
        }
        if findings.len() > TOLD {
            break;
        }
    }
    findings
}

/// What stands at the foot or the head of every page: a sentence that goes over to the next page has it in its middle.
struct Foot {
    running: Vec<String>,
}

impl Foot {
    fn of(record: &Record, sealed: &ReportInput<'_>) -> Self {
        let draft = record.draft.as_ref();
        let own = [draft.and_then(|d| d.code_acte.as_deref()), draft.and_then(|d| d.initiales.as_deref())];
        let mut running = bare(sealed.manifest.case.reference.as_str());
        own.into_iter().flatten().for_each(|text| running += &bare(text));
        let marks = ["ESSAI — sans valeur", "PROJET — non définitif"];
        let running = std::iter::once(running).chain(marks.map(bare)).filter(|text| !text.is_empty()).collect();
        Self { running }
    }

    /// The text of page `page` of `total` without it.
    fn without(&self, text: &str, page: u32, total: usize) -> String {
        let numbers = [format!("page{page}sur{total}"), format!("page{page}of{total}")];
        self.taken_out(&numbers.iter().fold(text.to_owned(), |text, number| text.replace(number, "")))
    }

    /// A text without what runs: a claim may say the reference too, and is compared without it.
    fn taken_out(&self, text: &str) -> String {
        self.running.iter().fold(text.to_owned(), |text, running| text.replace(running, ""))
    }
}

/// What a claim should be, when it is not.
fn wrong(claim: &Claim, sealed: &ReportInput<'_>, (printed, foot): (&str, &Foot)) -> Option<String> {
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
    let text = parts.map(|part| foot.taken_out(&bare(part))).all(|part| printed.contains(&part));
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

/// Letters and digits only, in small letters: titles are printed in capitals, spaces, hyphens of line ends and the forms of quotes are the layout's.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

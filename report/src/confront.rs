//! Confronts a procès-verbal with the bundle it speaks of: it is drawn up again from the bundle and from what it says it was
//! drawn from, then compared, page by page, picture by picture, attachment by attachment.
mod attached;
mod basics;
mod claims;
mod facts;
mod graph;
mod pages;
mod translation;

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write as _};

use dossier::{Finding, Level};
use lopdf::Document;

pub(crate) use attached::named as attached;
pub use basics::check_pv;

use crate::record::{self, Record};
use crate::{Presentation, ReportInput, proces_verbal};

/// What a confrontation found.
#[derive(Clone, Debug)]
pub struct Confrontation {
    /// `Fail`: the document is not the one that this bundle gives. `Indeterminate`: it was made by another version of the
    /// program, and words added to it would not be seen.
    pub findings: Vec<Finding>,
    /// Octets of the file that are those of the document drawn up again: its first revision. `None` when they differ.
    pub drawn_bytes: Option<u64>,
}

/// The longest record read, in octets.
const MAX_RECORD: usize = 16 * 1024 * 1024;

/// Confronts `pdf` with the bundle whose verified facts are in `sealed`; the draft and the date of `sealed` are not used: those
/// the document says it was drawn from are. Templates are programs: those of an office are followed only when the reader
/// brings them himself, in `known`; sentences are data, and are followed.
pub fn confront(pdf: &[u8], sealed: &ReportInput<'_>, known: &Presentation) -> Confrontation {
    let mut findings = basics::check_pv(pdf, manifest_digest(sealed), sealed.bundle.sha256);
    if findings.iter().any(|f| f.code == "pv.unreadable") {
        return Confrontation { findings, drawn_bytes: None };
    }
    findings.retain(|f| f.code != "pv.agrees" && f.code != translation::CODE);
    let Ok(document) = Document::load_mem(pdf) else { return Confrontation { findings, drawn_bytes: None } };
    let record = match attached::named(&document, record::NAME) {
        Some(bytes) if bytes.len() > MAX_RECORD => Some(Err(format!("{} octets", bytes.len()))),
        other => other.map(|bytes| Record::read(&bytes)),
    };
    let record = match record {
        Some(Ok(record)) => record,
        None => return without_record(findings, "pièce absente"),
        Some(Err(why)) => return without_record(findings, &why),
    };
    findings.extend(facts::compare(&record, sealed));
    if foreign_templates(&record, known) {
        findings.extend(claims::compare(&document, &record, sealed));
        let what = "Le procès-verbal a été mis en page par des modèles propres à l'étude, qui sont des programmes : ils n'ont pas été \
                    suivis. Ses affirmations ont été confrontées au scellé une à une, mais des mots ajoutés ne seraient pas vus.";
        findings.push(Finding::new("pv.own_templates", Level::Indeterminate, what));
        return Confrontation { findings, drawn_bytes: None };
    }
    let drawn = match again(&record, sealed) {
        Ok(drawn) => drawn,
        Err(why) => {
            let what = "Le procès-verbal n'a pas pu être dressé à nouveau à partir du scellé.";
            findings.push(Finding::new("pv.not_redrawn", Level::Fail, what).found(why));
            return Confrontation { findings, drawn_bytes: None };
        }
    };
    let drawn_bytes = drawn.prefix_of(pdf);
    match drawn_bytes {
        Some(length) if length == pdf.len() as u64 => {}
        _ => compare(&mut findings, (&document, pdf), &drawn, &record, sealed),
    }
    conclude(&mut findings, pdf, drawn_bytes, drawn.claims);
    if !record.langue.is_act() {
        translation::told(&mut findings);
    }
    Confrontation { findings, drawn_bytes }
}

fn without_record(mut findings: Vec<Finding>, why: &str) -> Confrontation {
    let what =
        "Le procès-verbal ne dit pas de quoi il a été dressé (redaction.json) : il ne peut pas être dressé à nouveau.";
    findings.push(Finding::new("pv.record", Level::Fail, what).found(why));
    Confrontation { findings, drawn_bytes: None }
}

/// Whether the record holds templates other than those shipped and those the reader brings.
fn foreign_templates(record: &Record, known: &Presentation) -> bool {
    let templates = record.presentation.iter().filter(|(name, _)| name.ends_with(".typ"));
    templates.into_iter().any(|(name, text)| known.own.get(name) != Some(text))
}

fn manifest_digest(sealed: &ReportInput<'_>) -> dossier::Sha256Digest {
    let canonical = dossier::to_canonical(sealed.manifest);
    canonical.map_or(dossier::Sha256Digest::ZERO, |bytes| dossier::Sha256Digest::of(&bytes))
}

/// The document drawn up again, in a temporary file.
struct Drawn {
    file: File,
    bytes: u64,
    claims: usize,
}

fn again(record: &Record, sealed: &ReportInput<'_>) -> Result<Drawn, String> {
    let presentation = Presentation::with_files(record.presentation.clone()).map_err(|e| e.to_string())?;
    let input = ReportInput {
        manifest: sealed.manifest,
        journal: sealed.journal,
        bundle: record.bundle.clone(),
        conformity: sealed.conformity,
        read: sealed.read,
        draft: record.draft.as_ref(),
        projet: record.projet,
        langue: record.langue,
        drawn_up_at: record.drawn_up_at,
    };
    let mut out = BufWriter::new(tempfile::tempfile().map_err(|e| e.to_string())?);
    let act = proces_verbal::draw_up_with(&input, &presentation, &mut out).map_err(|e| e.to_string())?;
    out.flush().map_err(|e| e.to_string())?;
    let file = out.into_inner().map_err(|e| e.to_string())?;
    Ok(Drawn { file, bytes: act.bytes, claims: act.claims })
}

impl Drawn {
    /// Its length when `pdf` begins with it.
    fn prefix_of(&self, pdf: &[u8]) -> Option<u64> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0)).ok()?;
        let mut rest = pdf.get(..usize::try_from(self.bytes).ok()?)?;
        let mut buffer = vec![0; 1 << 18];
        while !rest.is_empty() {
            let read = file.read(&mut buffer).ok().filter(|n| *n > 0)?;
            let (begin, after) = rest.split_at_checked(read)?;
            if begin != buffer.get(..read)? {
                return None;
            }
            rest = after;
        }
        Some(self.bytes)
    }

    fn octets(&self) -> std::io::Result<Vec<u8>> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))?;
        let mut octets = Vec::new();
        file.read_to_end(&mut octets)?;
        Ok(octets)
    }
}

fn compare(
    findings: &mut Vec<Finding>,
    (document, _): (&Document, &[u8]),
    drawn: &Drawn,
    record: &Record,
    sealed: &ReportInput<'_>,
) {
    let expected = drawn.octets().ok().and_then(|octets| Document::load_mem(&octets).ok());
    let Some(expected) = expected else {
        let what = "Le document dressé à nouveau ne peut pas être relu.";
        findings.push(Finding::new("pv.not_redrawn", Level::Fail, what));
        return;
    };
    let differences = pages::compare(&expected, document);
    if record.program == record::Program::this() || differences.is_empty() {
        findings.extend(differences);
        return;
    }
    // Another version words or lays out otherwise: its own claims are confronted one by one with the bundle.
    findings.extend(pages::active(document));
    findings.extend(claims::compare(document, record, sealed));
    let what = "Le procès-verbal a été dressé par une autre version du programme : ses affirmations ont été confrontées au scellé une à \
                une, mais des mots ajoutés ne seraient pas vus. La même version le dresserait à l'identique.";
    let (expected, found) = (record::Program::this().version, &record.program.version);
    findings.push(Finding::new("pv.other_version", Level::Indeterminate, what).values(expected, found));
}

fn conclude(findings: &mut Vec<Finding>, pdf: &[u8], drawn: Option<u64>, claims: usize) {
    if findings.iter().any(|f| f.level == Level::Fail || f.code == "pv.other_version") {
        return;
    }
    let after = drawn.map_or(0, |bytes| pdf.len() as u64 - bytes);
    let what = match drawn {
        Some(_) if after == 0 => format!(
            "Dressé à nouveau à partir du scellé, le procès-verbal est le même octet pour octet : ses {claims} affirmations, ses images \
             et ses pièces jointes en viennent toutes."
        ),
        Some(_) => format!(
            "Dressé à nouveau à partir du scellé, le procès-verbal est le même octet pour octet ({claims} affirmations), suivi de {after} \
             octets de signature qui n'en changent aucune page."
        ),
        // Programs could read such a file in two ways; ours reads the same pages in it.
        None => {
            let what = format!(
                "Le fichier n'est pas, octet pour octet, le procès-verbal que donne le scellé, mais ce programme y lit les mêmes pages, les \
                 mêmes images et les mêmes pièces jointes ({claims} affirmations) : il a été enregistré autrement. Demandez l'original."
            );
            findings.push(Finding::new("pv.saved_otherwise", Level::Indeterminate, what));
            return;
        }
    };
    findings.push(Finding::new("pv.agrees", Level::Info, what));
}

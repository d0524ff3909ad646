//! The way from the sealed facts to the finished document.
use std::collections::BTreeMap;
use std::io::Write;

use dossier::Sha256Digest;

use crate::block::{Attached, Document};
use crate::checks::{Check, Looked};
use crate::claims::Claims;
use crate::desk::Desk;
use crate::facts::Facts;
use crate::glyphs::{Glyphs, Trust};
use crate::pictures::Pictures;
use crate::presentation::Presentation;
use crate::{DraftInput, Langue, ReportError, ReportInput, act, case_uco, claims, qr, record, typeset};

/// Pictures cut side by side at most: each is in memory while it is cut.
const MOST_AT_ONCE: usize = 8;

/// A finished document, ready for the officer's own signature: what was written.
#[derive(Clone, Debug)]
pub struct ProcesVerbal {
    /// SHA-256 of the file.
    pub sha256: Sha256Digest,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// Number of pages.
    pub pages: u32,
    /// Title, as printed: *procès-verbal de constat* when attended, *relevé technique* when not.
    pub title: String,
    /// The thirty-six checks.
    pub checks: Vec<Check>,
    /// Captures shown.
    pub captures: u32,
    /// Annexes listed.
    pub annexes: u32,
    /// Gaps left to the officer.
    pub gaps: u32,
    /// Claims listed in `affirmations.json`.
    pub claims: usize,
}

/// Draws up the document with the templates and sentences shipped here, into `out`. The same input gives the same bytes.
pub fn draw_up(input: &ReportInput<'_>, out: &mut dyn Write) -> Result<ProcesVerbal, ReportError> {
    draw_up_with(input, &Presentation::shipped()?, out)
}

/// Draws up the document with an office's own templates and sentences: PDF/A-3b and PDF/UA-1, with the manifest, the journal,
/// the plan, the list of claims and what it was drawn up from attached. Pictures pass one at a time.
///
/// Refuses when the journal is not the manifest's, and when a picture to print cannot be read or does not have the
/// digest that was sealed. A picture that is the sealed one but cannot be laid out is replaced by a notice.
pub fn draw_up_with(
    input: &ReportInput<'_>,
    presentation: &Presentation,
    out: &mut dyn Write,
) -> Result<ProcesVerbal, ReportError> {
    same_journal(input)?;
    if !input.langue.is_act() {
        presentation.may_translate()?;
    }
    let facts = Facts::new(input.manifest, input.journal);
    let pictures = pictures(input, &facts)?;
    let laid_out = match lay_out(input, presentation, &facts, &pictures, Trust::Fonts) {
        // A mark that no font combines with its letter: set again, showing every foreign character by its number.
        Err(ReportError::Layout { .. }) => lay_out(input, presentation, &facts, &pictures, Trust::LatinOnly)?,
        other => other?,
    };
    let LaidOut { pdf, mut act } = laid_out;
    let written = pictures.weave(&pdf, out).map_err(|e| ReportError::Kept { why: e.to_string() })?;
    act.sha256 = written.sha256;
    act.bytes = written.bytes;
    Ok(act)
}

/// The thirty-six checks of an act, with the officer's decisions. One that [`Check::refuses`] keeps the act from being final.
pub fn checks(input: &ReportInput<'_>, presentation: &Presentation) -> Result<Vec<Check>, ReportError> {
    let facts = Facts::new(input.manifest, input.journal);
    let glyphs = Glyphs::of(&crate::fonts::all(), Trust::LatinOnly);
    checked(input, presentation, &facts, &glyphs)
}

/// Looks at the text of the act, which is French, without its pictures: no check asks what they show.
fn checked(
    input: &ReportInput<'_>,
    presentation: &Presentation,
    facts: &Facts<'_>,
    glyphs: &Glyphs,
) -> Result<Vec<Check>, ReportError> {
    let nothing = DraftInput::default();
    let draft = input.draft.unwrap_or(&nothing);
    let pictures = Pictures::new().map_err(|e| ReportError::Kept { why: e.to_string() })?;
    let desk = Desk::new(input, facts, (&pictures, &[]), draft, (presentation.wording(Langue::Fr), glyphs));
    let document = act::compose(&desk);
    let gaps = desk.gaps();
    match desk.into_fault() {
        Some(fault) => Err(fault),
        None => Ok(crate::checks::all(&Looked { input, facts, document: &document, gaps })),
    }
}

/// The pages, with what stands for the pictures.
struct LaidOut {
    pdf: Vec<u8>,
    act: ProcesVerbal,
}

fn lay_out(
    input: &ReportInput<'_>,
    presentation: &Presentation,
    facts: &Facts<'_>,
    pictures: &Pictures,
    trust: Trust,
) -> Result<LaidOut, ReportError> {
    let nothing = DraftInput::default();
    let glyphs = Glyphs::of(&crate::fonts::all(), trust);
    let draft = input.draft.unwrap_or(&nothing);
    let checks = checked(input, presentation, facts, &glyphs)?;
    let wording = presentation.wording(input.langue);
    let desk = Desk::new(input, facts, (pictures, &checks), draft, (wording, &glyphs));
    let mut document = act::compose(&desk);
    let (gaps, captures) = (desk.gaps(), act::shown(&desk));
    let claims = claims::of(&document, input);
    let mut files = pictures.holders().map_err(|e| ReportError::Kept { why: e.to_string() })?;
    let code = qr::text(input.manifest.case.reference.as_str(), input.bundle.sha256);
    match qr::svg(&code) {
        Some(svg) => {
            files.insert(qr::NAME.to_owned(), svg.into_bytes());
        }
        // The digest stands in the chapter of annexes all the same.
        None => document.column.qr_alt.clear(),
    }
    attach(&mut document, &mut files, &desk, (presentation, &claims))?;
    if let Some(fault) = desk.into_fault() {
        return Err(fault);
    }
    let manifest = dossier::to_canonical(input.manifest)?;
    let job = typeset::Job {
        main: "proces-verbal.typ",
        document: &document,
        templates: &presentation.templates,
        files,
        ident: format!("{} {}", input.manifest.case.reference, Sha256Digest::of(&manifest)),
        at: input.drawn_up_at,
    };
    let (pdf, pages) = typeset::set(job)?;
    let act = ProcesVerbal {
        sha256: Sha256Digest::ZERO,
        bytes: 0,
        pages,
        title: document.meta.title.clone(),
        checks,
        captures,
        annexes: u32::try_from(input.manifest.artefacts.len()).unwrap_or(u32::MAX),
        gaps,
        claims: claims.affirmations.len(),
    };
    Ok(LaidOut { pdf, act })
}

/// What is attached: the sealed words, then what makes every sentence checkable.
fn attach(
    document: &mut Document,
    files: &mut BTreeMap<String, Vec<u8>>,
    desk: &Desk<'_>,
    (presentation, claims): (&Presentation, &Claims),
) -> Result<(), ReportError> {
    let input = desk.input;
    let mut add = |name: &str, media_type: &str, relationship: &'static str, octets: Vec<u8>| {
        let description = desk.text(&format!("jointe.{}", name.split('.').next().unwrap_or(name)), &[]);
        let (name, media_type) = (name.to_owned(), media_type.to_owned());
        files.insert(name.clone(), octets);
        document.attachments.push(Attached { name, media_type, relationship, description });
    };
    add("constat.json", "application/json", "data", dossier::to_canonical(input.manifest)?);
    add("journal.jsonl", "application/x-ndjson", "source", journal(input)?);
    if let Some(plan) = input.manifest.artefacts.iter().find(|a| a.meta.kind == dossier::ArtefactKind::Scenario) {
        let octets = read(input, plan)?;
        let name = if plan.path.as_str().ends_with(".json") { "scenario.json" } else { "scenario.toml" };
        add(name, "text/plain", "source", octets);
    }
    add("verdict.json", "application/json", "supplement", json(&input.bundle)?);
    add(claims::NAME, "application/json", "supplement", json(claims)?);
    add(case_uco::NAME, "application/ld+json", "supplement", json(&case_uco::graph(input, claims))?);
    add(record::NAME, "application/json", "source", json(&record::Record::of(input, presentation))?);
    Ok(())
}

/// The journal as it is in the bundle, from the lines that were read: they are canonical, so the octets are the same.
fn journal(input: &ReportInput<'_>) -> Result<Vec<u8>, ReportError> {
    let mut octets = Vec::new();
    for entry in input.journal.entries() {
        octets.extend(entry.to_line()?);
        octets.push(b'\n');
    }
    Ok(octets)
}

fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, ReportError> {
    serde_json::to_vec_pretty(value).map_err(|e| ReportError::Layout { why: e.to_string() })
}

fn same_journal(input: &ReportInput<'_>) -> Result<(), ReportError> {
    let of_manifest = &input.manifest.journal;
    let expected = format!("{} lines, head {}", of_manifest.entries, of_manifest.head);
    let found = format!("{} lines, head {}", input.journal.entries().len(), input.journal.head());
    if expected == found { Ok(()) } else { Err(ReportError::Journal { expected, found }) }
}

fn pictures(input: &ReportInput<'_>, facts: &Facts<'_>) -> Result<Pictures, ReportError> {
    let kept = |e: std::io::Error| ReportError::Kept { why: e.to_string() };
    let mut pictures = Pictures::new().map_err(kept)?;
    let left_out = |n: u32| input.draft.is_some_and(|draft| draft.captures.non_imprimees.contains(&n));
    let at_once = std::thread::available_parallelism().map_or(1, |n| n.get().min(MOST_AT_ONCE));
    let mut waiting = Vec::with_capacity(at_once);
    for artefact in facts.printed().filter(|a| !a.meta.capture.is_some_and(left_out)) {
        waiting.push((artefact.path.to_string(), read(input, artefact)?));
        if waiting.len() == at_once {
            pictures.add(&waiting).map_err(kept)?;
            waiting.clear();
        }
    }
    pictures.add(&waiting).map_err(kept)?;
    Ok(pictures)
}

/// The octets of an artefact, which are those that were sealed.
fn read(input: &ReportInput<'_>, artefact: &dossier::Artefact) -> Result<Vec<u8>, ReportError> {
    let path = || artefact.path.to_string();
    let bytes =
        (input.read)(&artefact.path).map_err(|e| ReportError::Unreadable { path: path(), why: e.to_string() })?;
    let (found, expected) = (Sha256Digest::of(&bytes), artefact.digests.sha256);
    if found != expected {
        let (expected, found) = (expected.to_hex(), found.to_hex());
        return Err(ReportError::Altered { path: path(), expected, found });
    }
    Ok(bytes)
}

//! The way from the sealed facts to the finished document.
use std::collections::BTreeMap;

use dossier::{Finding, Sha256Digest};

use crate::desk::Desk;
use crate::facts::Facts;
use crate::glyphs::{Glyphs, Trust};
use crate::presentation::Presentation;
use crate::sheets::{Picture, split};
use crate::{DraftInput, ReportError, ReportInput, act, typeset};

/// A finished document, ready for the officer's own signature.
#[derive(Clone, Debug)]
pub struct ProcesVerbal {
    /// The file: PDF/A-3b and PDF/UA-1, with `constat.json` attached.
    pub pdf: Vec<u8>,
    /// SHA-256 of the file.
    pub sha256: Sha256Digest,
    /// Number of pages.
    pub pages: u32,
    /// Title, as printed: *procès-verbal de constat* when attended, *relevé technique* when not.
    pub title: String,
    /// Captures shown.
    pub captures: u32,
    /// Annexes listed.
    pub annexes: u32,
    /// Gaps left to the officer.
    pub gaps: u32,
}

/// Draws up the document with the templates and sentences shipped here. The same input gives the same bytes.
pub fn draw_up(input: &ReportInput<'_>) -> Result<ProcesVerbal, ReportError> {
    draw_up_with(input, &Presentation::shipped()?)
}

/// Draws up the document with an office's own templates and sentences.
///
/// Refuses when the journal is not the manifest's, and when a picture to print cannot be read or does not have the
/// digest that was sealed. A picture that is the sealed one but cannot be laid out is replaced by a notice.
pub fn draw_up_with(input: &ReportInput<'_>, presentation: &Presentation) -> Result<ProcesVerbal, ReportError> {
    same_journal(input)?;
    let facts = Facts::new(input.manifest, input.journal);
    let pictures = pictures(input, &facts)?;
    match set(input, presentation, &facts, &pictures, Trust::Fonts) {
        // A mark that no font combines with its letter: set again, showing every foreign character by its number.
        Err(ReportError::Layout { .. }) => set(input, presentation, &facts, &pictures, Trust::LatinOnly),
        other => other,
    }
}

/// The checks that can be made before drafting. [`dossier::Level::Fail`] means that the document must not be drawn up
/// or signed as it is; [`dossier::Level::Warn`] that the officer has something to complete or to justify first.
pub fn check(input: &ReportInput<'_>) -> Vec<Finding> {
    crate::checks::all(input)
}

fn set(
    input: &ReportInput<'_>,
    presentation: &Presentation,
    facts: &Facts<'_>,
    pictures: &BTreeMap<u32, Result<Picture, String>>,
    trust: Trust,
) -> Result<ProcesVerbal, ReportError> {
    let nothing = DraftInput::default();
    let glyphs = Glyphs::of(&crate::fonts::all(), trust);
    let draft = input.draft.unwrap_or(&nothing);
    let desk = Desk::new(input, facts, pictures, draft, (&presentation.wording, &glyphs));
    let document = act::compose(&desk);
    let gaps = desk.gaps();
    if let Some(fault) = desk.into_fault() {
        return Err(fault);
    }
    let manifest = dossier::to_canonical(input.manifest)?;
    let ident = format!("{} {}", input.manifest.case.reference, Sha256Digest::of(&manifest));
    let job = typeset::Job {
        main: "proces-verbal.typ",
        document: &document,
        templates: &presentation.templates,
        pictures: sheet_files(pictures),
        attachment: ("constat.json", manifest),
        ident,
        at: input.drawn_up_at,
    };
    let (pdf, pages) = typeset::set(job)?;
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Ok(ProcesVerbal {
        sha256: Sha256Digest::of(&pdf),
        pdf,
        pages,
        title: document.meta.title.clone(),
        captures: count(pictures.len()),
        annexes: count(input.manifest.artefacts.len()),
        gaps,
    })
}

fn same_journal(input: &ReportInput<'_>) -> Result<(), ReportError> {
    let of_manifest = &input.manifest.journal;
    let expected = format!("{} lines, head {}", of_manifest.entries, of_manifest.head);
    let found = format!("{} lines, head {}", input.journal.entries().len(), input.journal.head());
    if expected == found { Ok(()) } else { Err(ReportError::Journal { expected, found }) }
}

fn pictures(input: &ReportInput<'_>, facts: &Facts<'_>) -> Result<BTreeMap<u32, Result<Picture, String>>, ReportError> {
    let mut pictures = BTreeMap::new();
    for (capture, artefact) in facts.pictures() {
        let path = || artefact.path.to_string();
        let bytes =
            (input.read)(&artefact.path).map_err(|e| ReportError::Unreadable { path: path(), why: e.to_string() })?;
        let (found, expected) = (Sha256Digest::of(&bytes), artefact.digests.sha256);
        if found != expected {
            let (expected, found) = (expected.to_hex(), found.to_hex());
            return Err(ReportError::Altered { path: path(), expected, found });
        }
        pictures.insert(capture, split(&bytes));
    }
    Ok(pictures)
}

fn sheet_files(pictures: &BTreeMap<u32, Result<Picture, String>>) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for (capture, picture) in pictures {
        for (i, sheet) in picture.iter().flat_map(|picture| picture.sheets.iter().enumerate()) {
            files.insert(act::sheet_name(*capture, i), sheet.png.clone());
        }
    }
    files
}

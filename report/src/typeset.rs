//! From the tree of blocks to the bytes of a PDF/A-3b that is also PDF/UA-1.
use std::collections::BTreeMap;

use dossier::Instant;
use typst::World;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::ReportError;
use crate::block::Document;
use crate::world::ClosedWorld;

/// Name of the data in the typesetter's world.
const DATA: &str = "donnees.json";

/// Everything to set.
pub(crate) struct Job<'a> {
    /// The main template.
    pub(crate) main: &'static str,
    /// The text.
    pub(crate) document: &'a Document,
    /// The templates.
    pub(crate) templates: &'a BTreeMap<String, String>,
    /// What the text names: what stands for its pictures, and what is attached.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Names the document: the same for the same evidence.
    pub(crate) ident: String,
    /// Date of the document.
    pub(crate) at: Instant,
}

/// The bytes and the number of pages.
pub(crate) fn set(job: Job<'_>) -> Result<(Vec<u8>, u32), ReportError> {
    let data = serde_json::to_vec(job.document).map_err(|e| ReportError::Layout { why: e.to_string() })?;
    let mut files = job.files;
    files.insert(DATA.to_owned(), data);
    let world = ClosedWorld::new(job.main, job.templates, files)?;
    let compiled = typst::compile::<PagedDocument>(&world);
    let result = compiled.output.map_err(|errors| refusal(&world, &errors)).and_then(|document| {
        let pages = u32::try_from(document.pages().len()).unwrap_or(u32::MAX);
        let options = options(job.ident, job.at)?;
        let pdf = typst_pdf::pdf(&document, &options).map_err(|errors| refusal(&world, &errors))?;
        Ok((pdf, pages))
    });
    // The typesetter remembers everything it set; a long-running console must not.
    typst::comemo::evict(0);
    result
}

fn options(ident: String, at: Instant) -> Result<PdfOptions, ReportError> {
    let standards = PdfStandards::new(&[PdfStandard::A_3b, PdfStandard::Ua_1])
        .map_err(|e| ReportError::Layout { why: e.message().to_string() })?;
    let creator = format!("constat {}", env!("CARGO_PKG_VERSION"));
    Ok(PdfOptions {
        ident: Smart::Custom(ident),
        creator: Smart::Custom(Some(creator)),
        timestamp: timestamp(at),
        page_ranges: None,
        standards,
        tagged: true,
        pretty: false,
    })
}

fn timestamp(at: Instant) -> Option<Timestamp> {
    let civil = jiff::tz::TimeZone::UTC.to_datetime(at.timestamp());
    let part = |n: i8| u8::try_from(n).ok();
    let datetime = Datetime::from_ymd_hms(
        i32::from(civil.year()),
        part(civil.month())?,
        part(civil.day())?,
        part(civil.hour())?,
        part(civil.minute())?,
        part(civil.second())?,
    )?;
    Some(Timestamp::new_utc(datetime))
}

fn refusal(world: &ClosedWorld, errors: &[SourceDiagnostic]) -> ReportError {
    use typst::WorldExt;
    let line = |error: &SourceDiagnostic| {
        let place = error.span.id().and_then(|id| {
            let source = world.source(id).ok()?;
            let line = source.lines().byte_to_line(world.range(error.span)?.start)? + 1;
            Some(format!("{}:{line}: ", id.get().vpath().get_without_slash()))
        });
        let hints: String = error.hints.iter().map(|hint| format!(" ({})", hint.v)).collect();
        format!("{}{}{hints}", place.unwrap_or_default(), error.message)
    };
    ReportError::Layout { why: errors.iter().map(line).collect::<Vec<_>>().join("\n") }
}

//! What the sealed manifest and journal say of each capture, gallery, film and download, in the order of the session.
use std::collections::{BTreeMap, BTreeSet};

use dossier::{Artefact, ArtefactKind, Instant, Journal, JournalEntry, Manifest, Missing, Operation, Outcome, op};
use serde_json::Value;

/// One capture: what was asked, what was reached, and the files that keep it.
#[derive(Debug)]
pub(super) struct Capture<'a> {
    /// Its number, from 1.
    pub(super) number: u32,
    /// The step that took it.
    pub(super) step: Option<u32>,
    /// The step in words, as the journal says it.
    pub(super) sentence: Option<&'a str>,
    /// The page it was taken of: the last one reached before.
    pub(super) page: Option<&'a JournalEntry>,
    /// Its address when it was taken.
    pub(super) url: Option<&'a str>,
    /// When.
    pub(super) at: Option<Instant>,
    /// The picture that stands for it.
    pub(super) picture: Option<&'a Artefact>,
    /// The other pictures, in the order of their names.
    pub(super) others: Vec<&'a Artefact>,
    /// The text the page shows.
    pub(super) text: Option<&'a Artefact>,
    /// The page in one file.
    pub(super) snapshot: Option<&'a Artefact>,
    /// What the officer answered, when one attended.
    pub(super) answers: Vec<&'a JournalEntry>,
    /// What could not be kept since the capture before.
    pub(super) missing: Vec<&'a Missing>,
}

/// A gathering of views: a feed, a gallery, a film that was looked at.
#[derive(Debug)]
pub(super) struct Gathering<'a> {
    /// The step.
    pub(super) step: u32,
    /// The step in words.
    pub(super) sentence: Option<&'a str>,
    /// What its end says.
    pub(super) end: Option<&'a JournalEntry>,
    /// Plates of views.
    pub(super) plates: Vec<&'a Artefact>,
    /// Lists of items, one a line.
    pub(super) lists: Vec<&'a Artefact>,
}

/// A segment of the film.
#[derive(Debug)]
pub(super) struct Segment<'a> {
    pub(super) artefact: &'a Artefact,
    /// The line that tells its beginning and its end.
    pub(super) line: Option<&'a JournalEntry>,
}

/// A downloaded file.
#[derive(Debug)]
pub(super) struct Download<'a> {
    pub(super) artefact: &'a Artefact,
    /// The end of its step: the name the site gave, what the file says of itself.
    pub(super) end: Option<&'a JournalEntry>,
    /// What a search for malware said.
    pub(super) scan: Option<&'a JournalEntry>,
}

/// Everything of a session that a reader is shown.
#[derive(Debug)]
pub(super) struct Gathered<'a> {
    pub(super) captures: Vec<Capture<'a>>,
    pub(super) gatherings: Vec<Gathering<'a>>,
    pub(super) film: Vec<Segment<'a>>,
    pub(super) downloads: Vec<Download<'a>>,
}

impl<'a> Gathered<'a> {
    /// Reads the manifest, and the journal when it is there (a copy may withhold it).
    pub(super) fn of(manifest: &'a Manifest, journal: Option<&'a Journal>) -> Self {
        let lines = Lines(journal.map(Journal::entries).unwrap_or_default());
        Self {
            captures: captures(manifest, &lines),
            gatherings: gatherings(manifest, &lines),
            film: of_kind(manifest, ArtefactKind::Film)
                .map(|artefact| Segment { artefact, line: lines.about(&op::FILM_SEGMENT, artefact) })
                .collect(),
            downloads: of_kind(manifest, ArtefactKind::Download)
                .map(|artefact| Download {
                    artefact,
                    end: lines.about(&op::STEP_END, artefact),
                    scan: lines.about(&op::MEASURE_SCAN, artefact),
                })
                .collect(),
        }
    }
}

fn of_kind(manifest: &Manifest, kind: ArtefactKind) -> impl Iterator<Item = &Artefact> {
    manifest.artefacts.iter().filter(move |artefact| artefact.meta.kind == kind)
}

/// The lines of the journal, looked up.
struct Lines<'a>(&'a [JournalEntry]);

impl<'a> Lines<'a> {
    fn of(&self, operation: &Operation) -> impl DoubleEndedIterator<Item = &'a JournalEntry> {
        self.0.iter().filter(move |entry| entry.op == *operation)
    }

    /// The last line of an operation that names the path.
    fn about(&self, operation: &Operation, artefact: &Artefact) -> Option<&'a JournalEntry> {
        self.of(operation).rev().find(|entry| entry.text("path") == Some(artefact.path.as_str()))
    }

    fn of_step(&self, operation: &Operation, step: u32) -> Option<&'a JournalEntry> {
        self.of(operation).rev().find(|entry| entry.integer("step") == Some(i64::from(step)))
    }
}

/// The kinds whose picture may stand for a capture, the best first.
const MAIN: [ArtefactKind; 3] =
    [ArtefactKind::ScreenshotPage, ArtefactKind::ScreenshotElement, ArtefactKind::ScreenshotViewport];

/// Whether it is a picture that a capture shows.
fn is_picture(artefact: &Artefact) -> bool {
    use ArtefactKind as K;
    let more = [K::ScreenshotArea, K::ScreenshotDesktop, K::MediaFrame];
    MAIN.contains(&artefact.meta.kind) || more.contains(&artefact.meta.kind)
}

fn captures<'a>(manifest: &'a Manifest, lines: &Lines<'a>) -> Vec<Capture<'a>> {
    let numbers: BTreeSet<u32> =
        manifest.artefacts.iter().filter(|a| is_picture(a)).filter_map(|a| a.meta.capture).collect();
    let mut since = 0;
    let mut all = Vec::new();
    for number in numbers {
        let mine: Vec<&Artefact> = manifest.artefacts.iter().filter(|a| a.meta.capture == Some(number)).collect();
        let picture = MAIN.iter().find_map(|kind| mine.iter().find(|a| a.meta.kind == *kind)).copied();
        let shown = picture.or_else(|| mine.iter().find(|a| is_picture(a)).copied());
        let step = mine.iter().find_map(|a| a.meta.step);
        let first = |kind: ArtefactKind| mine.iter().find(|a| a.meta.kind == kind).copied();
        let begin = step.and_then(|step| lines.of_step(&op::STEP_BEGIN, step));
        let before = begin.map_or(u64::MAX, |begin| begin.seq);
        let of_capture = |entry: &&JournalEntry| entry.integer("capture") == Some(i64::from(number));
        let missing = manifest
            .incompleteness
            .pages
            .iter()
            .filter(|page| page.step.is_some_and(|at| at > since && step.is_some_and(|step| at <= step)));
        all.push(Capture {
            number,
            step,
            sentence: begin.and_then(|begin| begin.text("what")),
            page: lines.of(&op::PAGE_REACHED).rfind(|entry| entry.seq < before && entry.outcome != Outcome::Failed),
            url: shown.and_then(|a| a.meta.url.as_deref()),
            at: shown.and_then(|a| a.meta.taken_at),
            picture,
            others: mine
                .iter()
                .filter(|a| is_picture(a) && Some(a.path.as_str()) != picture.map(|p| p.path.as_str()))
                .copied()
                .collect(),
            text: first(ArtefactKind::Text),
            snapshot: first(ArtefactKind::Mhtml),
            answers: lines.of(&op::STEP_ACKNOWLEDGED).filter(of_capture).collect(),
            missing: missing.flat_map(|page| &page.missing).collect(),
        });
        since = step.unwrap_or(since);
    }
    all
}

fn gatherings<'a>(manifest: &'a Manifest, lines: &Lines<'a>) -> Vec<Gathering<'a>> {
    let mut steps: BTreeMap<u32, Gathering<'a>> = BTreeMap::new();
    for artefact in &manifest.artefacts {
        let Some(step) = artefact.meta.step else { continue };
        let is_plate = artefact.meta.kind == ArtefactKind::ScreenshotFeed;
        if !is_plate && artefact.meta.kind != ArtefactKind::Feed {
            continue;
        }
        let one = steps.entry(step).or_insert_with(|| Gathering {
            step,
            sentence: lines.of_step(&op::STEP_BEGIN, step).and_then(|begin| begin.text("what")),
            end: lines.of_step(&op::STEP_END, step),
            plates: Vec::new(),
            lists: Vec::new(),
        });
        if is_plate { one.plates.push(artefact) } else { one.lists.push(artefact) }
    }
    steps.into_values().collect()
}

/// A member of a line's data by its path, as text: texts as they are, numbers and yes or no in French.
pub(super) fn told(entry: Option<&JournalEntry>, pointer: &str) -> Option<String> {
    let mut at = entry?.data.get(pointer.split('/').next()?)?;
    for part in pointer.split('/').skip(1) {
        at = at.get(part)?;
    }
    value_text(at)
}

/// A plain value as text.
pub(super) fn value_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(if *yes { "oui" } else { "non" }.to_owned()),
        Value::Array(items) if !items.is_empty() => {
            Some(items.iter().filter_map(value_text).collect::<Vec<_>>().join(" ; "))
        }
        _ => None,
    }
}

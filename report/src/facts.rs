//! The journal read once: what came before the first step, the steps, and what came after.
use std::collections::{BTreeMap, BTreeSet};

use dossier::{Artefact, ArtefactKind, Journal, JournalEntry, Manifest, Operation, op};
use serde_json::Value;

use crate::Langue;

/// Everything the journal says about one step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Step<'a> {
    /// `step.begin`.
    pub(crate) begin: Option<&'a JournalEntry>,
    /// The later `step.begin`, when the step was begun again.
    pub(crate) again: Vec<&'a JournalEntry>,
    /// `step.end`.
    pub(crate) end: Option<&'a JournalEntry>,
    /// `page.reached`, in order.
    pub(crate) pages: Vec<&'a JournalEntry>,
    /// How its pictures were taken, what was read of the page and what stood before it, in order.
    pub(crate) taken: Vec<&'a JournalEntry>,
    /// `step.acknowledged`.
    pub(crate) acknowledged: Vec<&'a JournalEntry>,
    /// Number of `incomplete` lines.
    pub(crate) incomplete: u64,
}

/// How a page was pictured and read, and what stood before it.
const TAKEN: [Operation; 12] = [
    op::PAGE_SCROLLED,
    op::PICTURE_DESKTOP,
    op::PICTURE_PAGE,
    op::PICTURE_AREA,
    op::PICTURE_FEED,
    op::PICTURE_ELEMENT,
    op::MEDIA_PLAYED,
    op::ARCHIVE_SNAPSHOT,
    op::PAGE_STRUCTURE,
    op::PAGE_WALL,
    op::PAGE_WALL_CHOICE,
    op::PAGE_WALL_ANSWER,
];

/// Views over the manifest and its journal.
pub(crate) struct Facts<'a> {
    /// Lines before the first step.
    pub(crate) before: Vec<&'a JournalEntry>,
    /// Steps by number.
    pub(crate) steps: BTreeMap<i64, Step<'a>>,
    /// Lines from the first step on that belong to the session, not to a step.
    pub(crate) around: Vec<&'a JournalEntry>,
    /// `target.facts`, in order.
    pub(crate) targets: Vec<&'a JournalEntry>,
    /// Number of the annex of each path, from 1, in the order of the manifest.
    pub(crate) annexes: BTreeMap<&'a str, usize>,
    /// `seq` of the line that announces each path.
    pub(crate) announced: BTreeMap<&'a str, u64>,
    journal: &'a Journal,
    manifest: &'a Manifest,
}

impl<'a> Facts<'a> {
    /// Reads the journal.
    pub(crate) fn new(manifest: &'a Manifest, journal: &'a Journal) -> Self {
        let mut facts = Self {
            before: Vec::new(),
            steps: BTreeMap::new(),
            around: Vec::new(),
            targets: Vec::new(),
            annexes: manifest.artefacts.iter().enumerate().map(|(i, a)| (a.path.as_str(), i + 1)).collect(),
            announced: BTreeMap::new(),
            journal,
            manifest,
        };
        let mut begun = false;
        for entry in journal.entries() {
            begun |= entry.op == op::STEP_BEGIN;
            facts.file(entry, begun);
        }
        facts
    }

    fn file(&mut self, entry: &'a JournalEntry, begun: bool) {
        if entry.op == op::ARTEFACT {
            if let Some(path) = entry.text("path") {
                self.announced.insert(path, entry.seq);
            }
            return;
        }
        if entry.op == op::TARGET_FACTS {
            self.targets.push(entry);
            return;
        }
        let of_step = [op::STEP_BEGIN, op::STEP_END, op::PAGE_REACHED, op::STEP_ACKNOWLEDGED, op::INCOMPLETE];
        if of_step.contains(&entry.op) || TAKEN.contains(&entry.op) {
            // The last `incomplete` line of a session gives totals and names no step.
            if let Some(number) = entry.integer("step") {
                self.steps.entry(number).or_default().file(entry);
            }
            return;
        }
        // The segments of the film are summed up by the line of its end.
        let told_elsewhere = [
            op::SESSION_CASE,
            op::SESSION_SCENARIO,
            op::FINDING,
            op::ARCHIVE_CHECKPOINT,
            op::FILM_SEGMENT,
            op::ACCOUNT_RECONCILE,
        ];
        if told_elsewhere.contains(&entry.op) {
            return;
        }
        if begun { self.around.push(entry) } else { self.before.push(entry) }
    }

    /// The last line of an operation before the first step; what comes later is a new measure, told apart.
    pub(crate) fn measured(&self, operation: &Operation) -> Option<&'a JournalEntry> {
        self.before.iter().rev().find(|entry| entry.op == *operation).copied()
    }

    /// The first line of an operation, wherever it stands.
    pub(crate) fn first(&self, operation: &Operation) -> Option<&'a JournalEntry> {
        self.journal.entries().iter().find(|entry| entry.op == *operation)
    }

    /// Every line of an operation, in order.
    pub(crate) fn all(&self, operation: Operation) -> impl Iterator<Item = &'a JournalEntry> {
        self.journal.entries().iter().filter(move |entry| entry.op == operation)
    }

    /// Artefacts of a step, in the order of the manifest.
    pub(crate) fn artefacts_of(&self, step: i64) -> impl Iterator<Item = &'a Artefact> {
        self.manifest.artefacts.iter().filter(move |a| a.meta.step.map(i64::from) == Some(step))
    }

    /// Numbers of the captures of a step, ascending.
    pub(crate) fn captures_of(&self, step: i64) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.artefacts_of(step).filter_map(|a| a.meta.capture).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// The picture that stands for a capture: the whole page when there is one, else the window.
    pub(crate) fn picture_of(&self, capture: u32) -> Option<&'a Artefact> {
        let of_kind = |kind: ArtefactKind| {
            self.manifest.artefacts.iter().find(|a| a.meta.capture == Some(capture) && a.meta.kind == kind)
        };
        let element = || of_kind(ArtefactKind::ScreenshotElement);
        of_kind(ArtefactKind::ScreenshotPage).or_else(element).or_else(|| of_kind(ArtefactKind::ScreenshotViewport))
    }

    /// What is printed of a capture: the picture that stands for it, then areas that scroll, plates of a feed, and the
    /// screen as the officer saw it. Canvases and frames of a video stand for a capture that has nothing else.
    pub(crate) fn printed_of(&self, capture: u32) -> Vec<&'a Artefact> {
        let main = self.picture_of(capture);
        let mut printed: Vec<&Artefact> = main.into_iter().collect();
        let mut kinds =
            vec![ArtefactKind::ScreenshotArea, ArtefactKind::ScreenshotFeed, ArtefactKind::ScreenshotDesktop];
        if main.is_none() {
            kinds.push(ArtefactKind::MediaFrame);
        }
        let of_capture = |kind| {
            self.manifest.artefacts.iter().filter(move |a| a.meta.capture == Some(capture) && a.meta.kind == kind)
        };
        printed.extend(kinds.into_iter().flat_map(of_capture));
        printed
    }

    /// The numbers of all captures, ascending.
    pub(crate) fn captures(&self) -> BTreeSet<u32> {
        self.manifest.artefacts.iter().filter_map(|a| a.meta.capture).collect()
    }

    /// Every picture to print.
    pub(crate) fn printed(&self) -> impl Iterator<Item = &'a Artefact> {
        self.captures().into_iter().flat_map(|capture| self.printed_of(capture))
    }

    /// The acknowledgement of a capture, when the officer gave one; a refusal is none.
    pub(crate) fn acknowledgement(&self, step: i64, capture: u32) -> Option<&'a JournalEntry> {
        let of_capture = |entry: &&&JournalEntry| {
            entry.outcome == dossier::Outcome::Ok && entry.integer("capture") == Some(i64::from(capture))
        };
        self.steps.get(&step)?.acknowledged.iter().find(of_capture).copied()
    }
}

impl<'a> Step<'a> {
    fn file(&mut self, entry: &'a JournalEntry) {
        match entry.op.as_str() {
            "step.begin" if self.begin.is_some() => self.again.push(entry),
            "step.begin" => self.begin = Some(entry),
            "step.end" => self.end = Some(entry),
            "page.reached" => self.pages.push(entry),
            "step.acknowledged" => self.acknowledged.push(entry),
            "incomplete" => self.incomplete += 1,
            _ => self.taken.push(entry),
        }
    }

    /// The line that dates the step: its beginning, else whatever it has.
    pub(crate) fn dated_by(&self) -> Option<&'a JournalEntry> {
        self.begin.or(self.pages.first().copied()).or(self.end)
    }
}

/// A journal value as text, by the unit its key names: `_bytes`, `_us`; numbers grouped by thousands. `words` gives
/// the words of yes, no, nothing.
pub(crate) fn value_text(key: &str, value: &Value, words: &Words) -> String {
    match value {
        Value::Null => words.absent.clone(),
        Value::Bool(true) => words.yes.clone(),
        Value::Bool(false) => words.no.clone(),
        Value::Number(number) => number_text(key, number.as_i64().unwrap_or(0), words.langue),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => words.nothing.clone(),
        Value::Array(items) => {
            words.langue.list(&items.iter().map(|item| value_text(key, item, words)).collect::<Vec<_>>())
        }
        Value::Object(map) if map.is_empty() => words.nothing.clone(),
        Value::Object(map) => {
            let pair = |(k, v): (&String, &Value)| format!("{k} = {}", value_text(k, v, words));
            map.iter().map(pair).collect::<Vec<_>>().join(", ")
        }
    }
}

/// The few words [`value_text`] needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    pub(crate) langue: Langue,
    pub(crate) yes: String,
    pub(crate) no: String,
    pub(crate) absent: String,
    pub(crate) nothing: String,
}

fn number_text(key: &str, n: i64, langue: Langue) -> String {
    if key.ends_with("_us") {
        return seconds(n, langue);
    }
    if key.ends_with("_bytes") { langue.octets(n) } else { langue.grouped(n) }
}

/// Microseconds as signed seconds to the microsecond, without useless zeros: `+0,012 s`.
fn seconds(us: i64, langue: Langue) -> String {
    let sign = if us < 0 { '\u{2212}' } else { '+' };
    let magnitude = us.unsigned_abs();
    let fraction = format!("{:06}", magnitude % 1_000_000);
    let kept = fraction.trim_end_matches('0');
    let kept = if kept.len() < 3 { fraction.get(..3).unwrap_or("000") } else { kept };
    format!("{sign}{}{}{kept} s", magnitude / 1_000_000, langue.decimal())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_told_in_their_units() {
        let words = Words {
            langue: Langue::Fr,
            yes: "oui".into(),
            no: "non".into(),
            absent: "non relevé".into(),
            nothing: "néant".into(),
        };
        let text = |key: &str, value: Value| value_text(key, &value, &words).replace('\u{a0}', " ");
        assert_eq!(text("offset_us", json!(12_000)), "+0,012 s");
        assert_eq!(text("offset_us", json!(-1_234_567)), "\u{2212}1,234567 s");
        assert_eq!(text("memory_bytes", json!(16_777_216_000_i64)), "16 777 216 000 octets");
        assert_eq!(text("x", json!([])), "néant");
        assert_eq!(text("x", json!({"name": "a", "up": true})), "name = a, up = oui");
        let words = Words { langue: Langue::En, yes: "yes".into(), nothing: "none".into(), ..Words::default() };
        let text = |key: &str, value: Value| value_text(key, &value, &words);
        assert_eq!(text("offset_us", json!(-1_234_567)), "\u{2212}1.234567 s");
        assert_eq!(text("memory_bytes", json!(16_777_216_000_i64)), "16,777,216,000 bytes");
        assert_eq!(text("x", json!([1, [], true])), "1; none; yes");
    }
}

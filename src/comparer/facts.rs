//! What the journal of a run says of its steps, of the pages it reached and of what it captured there.
use std::collections::BTreeMap;

use dossier::{Artefact, ArtefactKind, JournalEntry, Outcome, op};
use serde::Serialize;
use serde_json::Value;

use super::run::Run;

/// Steps and pages, and captures, compared at most.
const MOST: usize = 100_000;
const MOST_CAPTURES: usize = 1_000;

/// What a run did.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Step to how it ended.
    pub(super) steps: BTreeMap<i64, StepFacts>,
    /// Step, and rank among the pages of that step, to the page.
    pub(super) pages: BTreeMap<(i64, usize), PageFacts>,
    /// Step and title to what was captured.
    pub(super) captures: BTreeMap<(i64, String), Captured>,
    /// There are more than are compared.
    pub(super) cut: bool,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct StepFacts {
    pub(super) kind: String,
    pub(super) outcome: Outcome,
    pub(super) code: Option<String>,
}

/// A page that was reached, or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct PageFacts {
    /// The address asked.
    pub(super) asked: String,
    pub(super) reached: bool,
    pub(super) status: Option<i64>,
    /// The final address.
    pub(super) url: Option<String>,
    pub(super) title: Option<String>,
}

/// What was captured at one step.
#[derive(Clone, Debug, Default)]
pub(super) struct Captured {
    pub(super) text: Option<Artefact>,
    pub(super) picture: Option<PagePicture>,
    /// Of a gathering: its lists, and what the step says of it.
    pub(super) gathered: Option<(Vec<Artefact>, Gathered)>,
}

/// The picture of a whole page.
#[derive(Clone, Debug)]
pub(super) struct PagePicture {
    pub(super) artefact: Artefact,
    pub(super) pixels_sha256: String,
}

/// What a gathering counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Gathered {
    pub(super) collected: i64,
    /// Why it ended.
    pub(super) reason: String,
    /// The site's own counter, when it could be read.
    pub(super) counter: Option<i64>,
    pub(super) counter_text: Option<String>,
}

impl Facts {
    pub(super) fn of(run: &Run) -> Self {
        let mut facts = Self::default();
        let files = Files::of(run);
        for entry in run.journal().entries() {
            let Some(step) = entry.integer("step") else { continue };
            if entry.op == op::PAGE_REACHED {
                let last = facts.pages.range((step, 0)..=(step, usize::MAX)).next_back();
                let rank = last.map_or(0, |((_, rank), _)| rank + 1);
                facts.cut |= !put(&mut facts.pages, MOST, (step, rank), page(entry));
            }
            if entry.op == op::STEP_END {
                let kind = entry.text("kind").unwrap_or("").to_owned();
                if entry.outcome == Outcome::Ok
                    && let Some(captured) = files.captured(entry, &kind)
                {
                    let key = (step, entry.text("titre").unwrap_or("").to_owned());
                    facts.cut |= !put(&mut facts.captures, MOST_CAPTURES, key, captured);
                }
                let code = entry.text("code").map(str::to_owned);
                facts.cut |= !put(&mut facts.steps, MOST, step, StepFacts { kind, outcome: entry.outcome, code });
            }
        }
        facts
    }
}

/// Keeps a value while there is room: whether there was.
fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, most: usize, key: K, value: V) -> bool {
    let room = map.len() < most || map.contains_key(&key);
    if room {
        map.insert(key, value);
    }
    room
}

/// The files of each capture, and the line about the picture of its page.
struct Files<'a> {
    artefacts: BTreeMap<i64, Vec<&'a Artefact>>,
    pictures: BTreeMap<i64, &'a JournalEntry>,
}

impl<'a> Files<'a> {
    fn of(run: &'a Run) -> Self {
        let mut artefacts: BTreeMap<i64, Vec<&Artefact>> = BTreeMap::new();
        for artefact in run.artefacts() {
            if let Some(capture) = artefact.meta.capture {
                artefacts.entry(i64::from(capture)).or_default().push(artefact);
            }
        }
        let pictures = run.journal().of(&op::PICTURE_PAGE);
        let pictures = pictures.filter_map(|entry| Some((entry.integer("capture")?, entry))).collect();
        Self { artefacts, pictures }
    }

    fn captured(&self, end: &JournalEntry, kind: &str) -> Option<Captured> {
        let capture = end.integer("capture")?;
        let all = self.artefacts.get(&capture).map(Vec::as_slice).unwrap_or_default();
        let of = |kind: ArtefactKind| all.iter().filter(move |a| a.meta.kind == kind).map(|a| (*a).clone());
        match kind {
            "capturer" => Some(Captured {
                text: of(ArtefactKind::Text).next(),
                picture: self.picture(capture, all),
                gathered: None,
            }),
            "recueillir" => {
                let mut lists: Vec<Artefact> = of(ArtefactKind::Feed).collect();
                lists.sort_by(|a, b| a.path.as_str().cmp(b.path.as_str()));
                Some(Captured { gathered: Some((lists, gathered(end))), ..Captured::default() })
            }
            _ => None,
        }
    }

    fn picture(&self, capture: i64, all: &[&Artefact]) -> Option<PagePicture> {
        let line = self.pictures.get(&capture)?;
        let (path, pixels_sha256) = (line.text("path")?, line.text("pixels_sha256")?.to_owned());
        let artefact = (*all.iter().find(|a| a.path.as_str() == path)?).clone();
        Some(PagePicture { artefact, pixels_sha256 })
    }
}

fn gathered(end: &JournalEntry) -> Gathered {
    let counter = |key: &str| end.data.get("counter").and_then(|counter| counter.get(key));
    Gathered {
        collected: end.integer("collected").unwrap_or(0),
        reason: end.text("reason").unwrap_or("").to_owned(),
        counter: counter("value").and_then(Value::as_i64),
        counter_text: counter("text").and_then(Value::as_str).map(str::to_owned),
    }
}

fn page(entry: &JournalEntry) -> PageFacts {
    let text = |key| entry.text(key).map(str::to_owned);
    PageFacts {
        asked: text("asked").unwrap_or_default(),
        reached: entry.outcome != Outcome::Failed,
        status: entry.integer("status"),
        url: text("url"),
        title: text("title"),
    }
}

//! Two runs held against each other: steps, pages, texts, items, pictures; only what differs is kept.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use capture::replay::{Region, compare_beside};
use serde::Serialize;

use super::facts::{Captured, Facts, PageFacts, PagePicture, StepFacts};
use super::items::{self, Items, ItemsDifference};
use super::run::{Run, RunFacts};
use super::texts::{self, TextDifference};
use crate::failure::Failure;

/// Names the form of `comparaison.json`.
const FORMAT: &str = "constat-comparaison/1";
/// The longest text compared, in octets.
const LONGEST_TEXT: u64 = 64 * 1024 * 1024;

/// What differs between two runs.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    pub(super) format: &'static str,
    /// What this is, and what it is not.
    pub(super) nature: &'static str,
    pub(super) before: RunFacts,
    pub(super) after: RunFacts,
    pub(super) same_scenario: bool,
    /// Whether anything below is not empty, `not_compared` aside.
    pub(crate) changed: bool,
    pub(super) steps: Vec<Change<StepFacts>>,
    pub(super) pages: Vec<Change<PageFacts>>,
    pub(super) captures: Vec<CaptureChange>,
    pub(super) texts: Vec<Of<TextDifference>>,
    pub(super) lists: Vec<Of<ItemsDifference>>,
    pub(super) pictures: Vec<Of<PictureChange>>,
    /// What could not be compared, and why.
    pub(super) not_compared: Vec<String>,
}

/// Something of a step that is not what it was; null on the side that does not have it.
#[derive(Debug, Serialize)]
pub(super) struct Change<T> {
    pub(super) step: i64,
    pub(super) before: Option<T>,
    pub(super) after: Option<T>,
}

/// A capture that only one of the runs has.
#[derive(Debug, Serialize)]
pub(super) struct CaptureChange {
    pub(super) step: i64,
    pub(super) titre: String,
    pub(super) appeared: bool,
}

/// A difference, and the capture it is of.
#[derive(Debug, Serialize)]
pub(super) struct Of<T> {
    pub(super) step: i64,
    pub(super) titre: String,
    #[serde(flatten)]
    pub(super) difference: T,
}

/// The picture of a page that is not the same pixels.
#[derive(Debug, Serialize)]
pub(super) struct PictureChange {
    /// SHA-256 of the decoded pixels; null: no picture was made.
    pub(super) pixels_before: Option<String>,
    pub(super) pixels_after: Option<String>,
    pub(super) region: Option<Region>,
    /// The picture of both sides, in the folder of the comparison.
    pub(super) picture: Option<String>,
}

/// Where pictures go.
pub(crate) struct Folders<'a> {
    /// The folder of the comparison, when there is one.
    pub(crate) output: Option<&'a Path>,
    /// One that goes away.
    pub(crate) temporary: &'a Path,
}

/// Compares two runs.
pub(crate) fn compare(nature: &'static str, before: &Run, after: &Run, folders: &Folders<'_>) -> Comparison {
    let (a, b) = (Facts::of(before), Facts::of(after));
    let (first, second) = (before.facts(), after.facts());
    let mut comparison = Comparison {
        format: FORMAT,
        nature,
        same_scenario: first.scenario_sha256 == second.scenario_sha256,
        before: first,
        after: second,
        changed: false,
        steps: changes(&a.steps, &b.steps).into_iter().map(|(step, change)| of_step(*step, change)).collect(),
        pages: changes(&a.pages, &b.pages).into_iter().map(|((step, _), change)| of_step(*step, change)).collect(),
        captures: Vec::new(),
        texts: Vec::new(),
        lists: Vec::new(),
        pictures: Vec::new(),
        not_compared: Vec::new(),
    };
    let keys: BTreeSet<_> = a.captures.keys().chain(b.captures.keys()).collect();
    for key in keys {
        match (a.captures.get(key), b.captures.get(key)) {
            (Some(a), Some(b)) => comparison.capture(key, (before, a), (after, b), folders),
            (_, now) => {
                let (step, titre) = key.clone();
                comparison.captures.push(CaptureChange { step, titre, appeared: now.is_some() });
            }
        }
    }
    for (side, _) in [("avant", a.cut), ("après", b.cut)].iter().filter(|(_, cut)| *cut) {
        comparison
            .not_compared
            .push(format!("{side} : il y a plus d'étapes, de pages ou de captures qu'il n'en est comparé"));
    }
    comparison.changed = !comparison.is_empty();
    comparison
}

fn of_step<T>(step: i64, (before, after): (Option<T>, Option<T>)) -> Change<T> {
    Change { step, before, after }
}

type Sides<T> = (Option<T>, Option<T>);

/// What is not the same on both sides, in order.
fn changes<'a, K: Ord, V: PartialEq + Clone>(a: &'a BTreeMap<K, V>, b: &'a BTreeMap<K, V>) -> Vec<(&'a K, Sides<V>)> {
    let keys: BTreeSet<&K> = a.keys().chain(b.keys()).collect();
    let sides = keys.into_iter().map(|key| (key, (a.get(key).cloned(), b.get(key).cloned())));
    sides.filter(|(_, (before, after))| before != after).collect()
}

/// A capture of one run.
type Side<'a> = (&'a Run, &'a Captured);

impl Comparison {
    fn is_empty(&self) -> bool {
        self.steps.is_empty()
            && self.pages.is_empty()
            && self.captures.is_empty()
            && self.texts.is_empty()
            && self.lists.is_empty()
            && self.pictures.is_empty()
    }

    fn capture(&mut self, key: &(i64, String), before: Side<'_>, after: Side<'_>, folders: &Folders<'_>) {
        let (step, titre) = key;
        match text(before, after) {
            Ok(Some(difference)) => self.texts.push(Of { step: *step, titre: titre.clone(), difference }),
            Ok(None) => {}
            Err(why) => self.not_compared.push(format!("étape {step}, texte : {why}")),
        }
        match list(before, after) {
            Ok(Some(difference)) => {
                let reserves = difference.reserves.iter();
                self.not_compared.extend(reserves.map(|why| format!("étape {step}, publications : {why}")));
                if !difference.is_empty() {
                    self.lists.push(Of { step: *step, titre: titre.clone(), difference });
                }
            }
            Ok(None) => {}
            Err(why) => self.not_compared.push(format!("étape {step}, publications : {why}")),
        }
        if let Some((difference, why)) = picture(*step, before, after, folders) {
            self.not_compared.extend(why.map(|why| format!("étape {step}, image : {why}")));
            self.pictures.push(Of { step: *step, titre: titre.clone(), difference });
        }
    }
}

fn text((before, a): Side<'_>, (after, b): Side<'_>) -> Result<Option<TextDifference>, String> {
    let (a, b) = match (&a.text, &b.text) {
        (Some(a), Some(b)) if a.digests != b.digests => (a, b),
        (None, Some(_)) | (Some(_), None) => return Err("le texte n'a été pris que d'un côté".into()),
        _ => return Ok(None),
    };
    let (a, b) = (before.read(a, LONGEST_TEXT)?, after.read(b, LONGEST_TEXT)?);
    let found = texts::difference(&String::from_utf8_lossy(&a), &String::from_utf8_lossy(&b));
    Ok((!found.is_empty() || found.cut).then_some(found))
}

fn list((before, a): Side<'_>, (after, b): Side<'_>) -> Result<Option<ItemsDifference>, String> {
    let (Some((lists_a, gathered_a)), Some((lists_b, gathered_b))) = (&a.gathered, &b.gathered) else {
        return Ok(None);
    };
    let (a, b) = (Items::read(before, lists_a)?, Items::read(after, lists_b)?);
    Ok(Some(items::difference((&a, gathered_a.clone()), (&b, gathered_b.clone()))))
}

/// The pictures of a page when they differ, and why the place could not be looked for.
fn picture(
    step: i64,
    (before, a): Side<'_>,
    (after, b): Side<'_>,
    folders: &Folders<'_>,
) -> Option<(PictureChange, Option<String>)> {
    let pixels = |picture: &Option<PagePicture>| picture.as_ref().map(|p| p.pixels_sha256.clone());
    let (pixels_before, pixels_after) = (pixels(&a.picture), pixels(&b.picture));
    if pixels_before == pixels_after {
        return None;
    }
    let mut change = PictureChange { pixels_before, pixels_after, region: None, picture: None };
    let (Some(a), Some(b)) = (&a.picture, &b.picture) else { return Some((change, None)) };
    let name = format!("etape-{step:04}-difference.png");
    let looked = (|| {
        let a = before.file(&a.artefact, folders.temporary, "avant.png")?;
        let b = after.file(&b.artefact, folders.temporary, "apres.png")?;
        compare_beside(&a, &b, folders.output.map(|folder| folder.join(&name)).as_deref())
    })();
    let why = match looked {
        Ok(region) => {
            change.picture = folders.output.and(region).map(|_| name);
            change.region = region;
            None
        }
        Err(why) => Some(why),
    };
    Some((change, why))
}

/// The comparison as JSON.
pub(crate) fn as_json(comparison: &Comparison) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(comparison).map_err(|e| Failure::new("cli.io", crate::exit::Exit::Environment, e))
}

//! Which pages a journal says were captured, with what was kept of each: the other side of the comparison.
use std::path::{Path, PathBuf};

use dossier::{Artefact, ArtefactKind, Instant, JournalEntry, op};
use serde_json::Value;

use crate::scenario::{Navigateur, Telephone};

/// A page to render again, and what it is measured against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayPage {
    /// The capture, from 1.
    pub capture: u32,
    /// The step, from 1.
    pub step: u32,
    /// The title the scenario gives to the capture.
    pub titre: String,
    /// The address of the page when it was captured.
    pub url: String,
    /// The instant asked of the archive: that of the answer that brought the page, else of the picture.
    pub ts: Instant,
    /// Steps that acted on the page (click, typing, scrolling) between its arrival and its capture: the replay shows the
    /// page as it arrived.
    pub interactions: u32,
    /// The picture of the window.
    pub viewport: Option<PathBuf>,
    /// The picture of the whole page.
    pub page: Option<PathBuf>,
    /// The text shown.
    pub text: Option<PathBuf>,
}

/// The pages captured, in order, from the lines of a journal. `listed` is the list of pages of the archive; `folder` is where
/// artefacts are, under their own names.
pub fn replay_pages(journal: &[JournalEntry], listed: &[warc::Page], folder: &Path) -> Vec<ReplayPage> {
    let artefacts: Vec<Artefact> = journal
        .iter()
        .filter(|entry| entry.op == op::ARTEFACT)
        .filter_map(|entry| serde_json::from_value(Value::Object(entry.data.clone())).ok())
        .collect();
    let (mut pages, mut interactions, mut reached) = (Vec::new(), 0, None);
    for entry in journal {
        let step = entry.integer("step").and_then(|n| u32::try_from(n).ok());
        if entry.op == op::PAGE_REACHED {
            (reached, interactions) = (step, 0);
        }
        if entry.op != op::STEP_END {
            continue;
        }
        match entry.text("kind") {
            Some("cliquer" | "saisir" | "defiler") if reached != step => interactions += 1,
            Some("capturer") => pages.extend(page(entry, step, interactions, &artefacts, listed, folder)),
            _ => {}
        }
    }
    pages
}

fn page(
    entry: &JournalEntry,
    step: Option<u32>,
    interactions: u32,
    artefacts: &[Artefact],
    listed: &[warc::Page],
    folder: &Path,
) -> Option<ReplayPage> {
    let capture = u32::try_from(entry.integer("capture")?).ok()?;
    let of = |kind| artefacts.iter().find(|a| a.meta.capture == Some(capture) && a.meta.kind == kind);
    let file = |kind| of(kind).map(|artefact| artefact.path.under(folder));
    let viewport = of(ArtefactKind::ScreenshotViewport);
    let url = entry.text("url").or(viewport.and_then(|a| a.meta.url.as_deref()))?.to_owned();
    let taken_at = viewport.and_then(|a| a.meta.taken_at).unwrap_or(entry.at);
    // The last time the page arrived before it was captured.
    let arrived = listed.iter().filter(|p| without_fragment(&p.url) == without_fragment(&url) && p.ts <= taken_at);
    let ts = arrived.map(|p| p.ts).max().unwrap_or(taken_at);
    Some(ReplayPage {
        capture,
        step: step.unwrap_or(0),
        titre: entry.text("titre").unwrap_or("").to_owned(),
        url,
        ts,
        interactions,
        viewport: file(ArtefactKind::ScreenshotViewport),
        page: file(ArtefactKind::ScreenshotPage),
        text: file(ArtefactKind::Text),
    })
}

fn without_fragment(url: &str) -> &str {
    url.split('#').next().unwrap_or(url)
}

/// The window, the language and the time zone of a capture, as its journal measured them; the defaults for what it does
/// not say, or says outside the bounds of a scenario.
pub fn replay_settings(journal: &[JournalEntry]) -> Navigateur {
    let (mut settings, mut telephone) = (Navigateur::default(), None);
    for entry in journal {
        let number = |key, low, high| {
            let value = entry.integer(key).and_then(|n| u32::try_from(n).ok());
            value.filter(|n| (low..=high).contains(n))
        };
        if entry.op == op::MEASURE_DISPLAY {
            settings.largeur = number("viewport_width", 320, 3840).unwrap_or(settings.largeur);
            settings.hauteur = number("viewport_height", 240, 2160).unwrap_or(settings.hauteur);
            // A scale is whole; what was captured at another is compared at that of the window.
            settings.echelle = number("scale_percent", 100, 400).map_or(settings.echelle, |percent| percent / 100);
        }
        if entry.op == op::TELEPHONE {
            telephone = Telephone::of_entry(entry).or(telephone);
        }
        if entry.op == op::MEASURE_SETTINGS {
            let language = entry.data.get("languages").and_then(|list| list.get(0)).and_then(Value::as_str);
            let plain = |text: &&str| text.len() <= 35 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            if let Some(language) = language.filter(plain).filter(|text| !text.is_empty()) {
                language.clone_into(&mut settings.langue);
            }
            if let Some(zone) = entry.text("time_zone").filter(|zone| jiff::tz::TimeZone::get(zone).is_ok()) {
                zone.clone_into(&mut settings.fuseau);
            }
        }
    }
    if let Some(telephone) = telephone {
        settings.simulate(telephone);
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use dossier::{Operation, Outcome, Sha256Digest};
    use serde_json::json;

    fn at(ms: i64) -> Instant {
        Instant::from_millisecond(ms).unwrap()
    }

    fn line(op: Operation, ms: i64, data: Value) -> JournalEntry {
        let Value::Object(data) = data else { panic!("not an object") };
        JournalEntry { seq: 0, at: at(ms), mono_us: 0, op, outcome: Outcome::Ok, data, prev: Sha256Digest::of(b"") }
    }

    fn artefact(capture: u32, path: &str, kind: &str, ms: i64) -> JournalEntry {
        let digest = "0".repeat(64);
        let data = json!({
            "path": path, "kind": kind, "origin": "produced", "media_type": "x/x", "capture": capture, "bytes": 1,
            "sha256": digest, "sha512": "0".repeat(128), "taken_at": at(ms), "url": "http://a/#x",
        });
        line(op::ARTEFACT, ms, data)
    }

    #[test]
    fn captures_come_with_their_files_their_instant_and_what_was_done_before() {
        let journal = [
            line(op::PAGE_REACHED, 10, json!({"step": 1})),
            line(op::STEP_END, 11, json!({"step": 1, "kind": "aller"})),
            artefact(1, "screens/0001-ecran.png", "screenshot-viewport", 20),
            line(
                op::STEP_END,
                21,
                json!({"step": 2, "kind": "capturer", "capture": 1, "titre": "T", "url": "http://a/"}),
            ),
            line(op::STEP_END, 22, json!({"step": 3, "kind": "cliquer"})),
            line(op::STEP_END, 23, json!({"step": 4, "kind": "defiler"})),
            artefact(2, "screens/0002-ecran.png", "screenshot-viewport", 30),
            artefact(2, "captures/0002-texte.txt", "text", 30),
            line(op::STEP_END, 31, json!({"step": 5, "kind": "capturer", "capture": 2, "url": "http://a/#x"})),
            line(op::PAGE_REACHED, 40, json!({"step": 6})),
            line(op::STEP_END, 41, json!({"step": 6, "kind": "cliquer"})),
            line(op::STEP_END, 42, json!({"step": 7, "kind": "capturer", "capture": 3, "url": "http://b/"})),
        ];
        let listed =
            |url: &str, ms| warc::Page { id: String::new(), url: url.into(), ts: at(ms), title: None, text: None };
        let listed = [listed("http://a/", 9), listed("http://a/", 99), listed("http://b/", 39)];
        let pages = replay_pages(&journal, &listed, Path::new("/d"));
        let seen: Vec<_> = pages.iter().map(|p| (p.capture, p.step, p.interactions, p.ts)).collect();
        assert_eq!(seen, [(1, 2, 0, at(9)), (2, 5, 2, at(9)), (3, 7, 0, at(39))]);
        assert_eq!(pages[1].viewport.as_deref(), Some(Path::new("/d/screens/0002-ecran.png")));
        assert_eq!(pages[1].text.as_deref(), Some(Path::new("/d/captures/0002-texte.txt")));
        assert_eq!((pages[0].text.as_deref(), pages[0].titre.as_str()), (None, "T"));
    }

    #[test]
    fn settings_out_of_bounds_are_not_taken() {
        let journal = [
            line(op::MEASURE_DISPLAY, 1, json!({"viewport_width": 1000, "viewport_height": 90_000})),
            line(op::MEASURE_SETTINGS, 1, json!({"languages": ["de; rm"], "time_zone": "America/Cayenne"})),
        ];
        let settings = replay_settings(&journal);
        assert_eq!((settings.largeur, settings.hauteur), (1000, Navigateur::default().hauteur));
        assert_eq!((settings.langue.as_str(), settings.fuseau.as_str()), ("fr-FR", "America/Cayenne"));
    }
}

//! `feuilleter`: a gallery or a story, one view after the other, by the button that shows the next; counted against what it announces.
use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{ArtefactKind, ArtefactPath, DossierError};
use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use super::click::press;
use super::locate::Found;
use super::{Cut, Failure, StepResult, form_kind};
use crate::cdp::{text, whole};
use crate::feed::{Frame, Plates};
use crate::page::Page;
use crate::scenario::Feuilletage;
use crate::session::{Pictured, Running, Session, merged};
use crate::{CaptureError, Event, StopReason};

/// What the button of the next view says, without accents.
const NEXT: &[&str] = &[
    "suivant",
    "suivante",
    "recit suivant",
    "story suivante",
    "image suivante",
    "photo suivante",
    "diapositive suivante",
    "page suivante",
    "next",
    "next story",
    "next slide",
    "next image",
    "next photo",
    "weiter",
    "siguiente",
    "avanti",
    "successivo",
    "proximo",
    "volgende",
];
/// How long a view may take to be there, and to change once the button is pressed.
const THERE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(60);

/// What a view shows: its media, its words, the place it says it has, and the button of the next, in the window.
const VIEW: &str = "words => { \
    const plain = t => (t ?? '').normalize('NFD').replace(/[\\u0300-\\u036f]/g, '').replace(/\\s+/g, ' ').trim().toLowerCase(); \
    const shown = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.getClientRects().length > 0; \
    const all = []; const gather = root => { for (const e of root.querySelectorAll('*')) { all.push(e); if (e.shadowRoot) gather(e.shadowRoot); } }; gather(document); \
    const box = e => { const r = e.getBoundingClientRect(); return Math.max(0, Math.min(r.right, innerWidth) - Math.max(r.left, 0)) * Math.max(0, Math.min(r.bottom, innerHeight) - Math.max(r.top, 0)); }; \
    const large = e => box(e) > innerWidth * innerHeight * 0.05 && shown(e); \
    const media = all.filter(e => ['img', 'video', 'canvas'].includes(e.localName) && large(e)); \
    const pictures = all.filter(e => getComputedStyle(e).backgroundImage.startsWith('url(') && large(e)).map(e => getComputedStyle(e).backgroundImage); \
    const waiting = media.filter(e => e.localName === 'img' ? !e.complete : e.localName === 'video' ? e.readyState < 2 : false).length; \
    const says = e => plain(e instanceof HTMLInputElement ? e.value : (e.getAttribute('aria-label') || e.innerText || e.title)); \
    const buttons = all.filter(e => e.matches('button, [role=button], a, input[type=button]') && words.includes(says(e)) && !e.disabled && e.getAttribute('aria-disabled') !== 'true' && shown(e) && box(e) > 0); \
    const where = /(?:^|\\D)(\\d{1,4})\\s*(?:\\/|sur|of|von|de)\\s*(\\d{1,4})(?:\\D|$)/; \
    const place = all.map(e => e.children.length < 3 && shown(e) && box(e) > 0 ? where.exec((e.innerText || e.getAttribute('aria-label') || '').trim().slice(0, 40)) : null).find(m => m && +m[1] >= 1 && +m[1] <= +m[2]); \
    const main = all.find(e => e.matches('dialog[open], [role=dialog], [aria-roledescription=carousel], [aria-roledescription=slide], main') && shown(e)) ?? document.body; \
    const b = buttons[0], r = b ? b.getBoundingClientRect() : null; \
    return {media: media.map(e => e.currentSrc || e.src || e.localName).concat(pictures), words: (main.innerText ?? '').slice(0, 4000), waiting, \
      place: place ? [+place[1], +place[2]] : null, alt: media.map(e => e.alt || '').filter(Boolean).slice(0, 5), \
      next: b ? {x: Math.round(r.left + r.width / 2), y: Math.round(r.top + r.height / 2), tag: b.localName, text: says(b)} : null}; }";

/// What was met on the way through a gallery.
struct Leafing {
    capture: u32,
    plates: Plates,
    lines: Vec<Vec<u8>>,
    met: BTreeSet<String>,
    announced: Option<u64>,
    clicks: u32,
}

/// How the way through a gallery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// A view came back that was taken before.
    SeenBefore,
    /// The scenario's limit was reached.
    Maximum,
    /// No button shows a next view.
    NoButton,
    /// The button left the page.
    Left,
    /// The button changed nothing.
    Unchanged,
    /// The session had to end.
    Stopped(StopReason),
}

impl Ending {
    /// As the journal says it.
    fn as_str(self) -> &'static str {
        match self {
            Self::SeenBefore => "seen_before",
            Self::Maximum => "maximum",
            Self::NoButton => "no_button",
            Self::Left => "left",
            Self::Unchanged => "unchanged",
            Self::Stopped(_) => "stopped",
        }
    }
}

impl Session<'_> {
    /// Ends by itself when the session must end: the views taken until then are kept and counted.
    pub(crate) async fn leaf_through(&mut self, running: &Running, feuilletage: &Feuilletage, cut: &Cut) -> StepResult {
        let capture = self.next_capture()?;
        let page = &running.page;
        let (url, title, _) = page.where_am_i().await;
        let titre = feuilletage.titre.clone();
        self.pictured = Some(Pictured { titre: titre.clone(), title: title.clone(), url: url.clone() });
        let picture = self.viewport_picture(running, capture).await?;
        self.desktop_picture(running, capture, &url).await?;
        let facts = json!({"capture": capture, "titre": titre, "url": url, "title": title, "picture": picture});
        let mut leafing = Leafing {
            capture,
            plates: Plates::default(),
            lines: Vec::new(),
            met: BTreeSet::new(),
            announced: None,
            clicks: 0,
        };
        let ended = self.leaf(running, feuilletage, &mut leafing, cut).await;
        let kept = self.keep_leaves(&url, &mut leafing).await;
        let word = ended.as_ref().map_or("failed", |ending| ending.as_str());
        let facts = merged(facts, self.tell_views(&leafing, word)?);
        kept?;
        match ended {
            Ok(Ending::Stopped(reason)) => Err(Failure::Stopped { reason, facts }),
            Ok(_) => Ok(facts),
            Err(failure) => Err(failure.knowing(facts)),
        }
    }

    /// What was taken against what the gallery announces; the facts of the step.
    fn tell_views(&mut self, leafing: &Leafing, reason: &str) -> Result<Value, CaptureError> {
        let views = u64::from(leafing.plates.taken());
        if leafing.announced.is_some_and(|all| views < all) {
            let what = "La galerie annonce plus de vues qu'il n'en a été pris.";
            let found = format!("{views} sur {}", leafing.announced.unwrap_or_default());
            self.warn("capture.count_short", what, &found)?;
        }
        if reason == "maximum" {
            let what = "La galerie n'a pas été feuilletée jusqu'au bout : la limite du scénario est atteinte.";
            self.warn("capture.feed_limit", what, &format!("{views} vues"))?;
        }
        if matches!(reason, "stopped" | "failed") {
            let what = "La galerie n'a pas été feuilletée jusqu'au bout : ce qui avait été vu est conservé et compté.";
            self.warn("capture.feed_unfinished", what, &format!("{views} vues"))?;
        }
        Ok(json!({
            "views": views, "announced": leafing.announced, "reason": reason, "clicks": leafing.clicks, "plates": leafing.plates.made,
        }))
    }

    /// Takes each view, then asks for the next; why it ended.
    async fn leaf(
        &mut self,
        running: &Running,
        feuilletage: &Feuilletage,
        leafing: &mut Leafing,
        cut: &Cut,
    ) -> Result<Ending, Failure> {
        let page = &running.page;
        let words: Vec<String> = match &feuilletage.suivant {
            Some(word) => vec![form_kind::plain(word)],
            None => NEXT.iter().map(|&word| word.to_owned()).collect(),
        };
        let (_, _, loader) = page.where_am_i().await;
        loop {
            let view = match cut.before(there(page, &words)).await {
                Ok(view) => view?,
                Err(reason) => return Ok(Ending::Stopped(reason)),
            };
            let mark = mark(&view);
            if !leafing.met.insert(mark.clone()) {
                return Ok(Ending::SeenBefore);
            }
            self.take_view(page, leafing, &view).await?;
            self.progress.event(&Event::Items { n: leafing.plates.taken() });
            if leafing.plates.taken() >= feuilletage.maximum {
                return Ok(Ending::Maximum);
            }
            match cut.before(turn(page, &words, &mark, &loader, &mut leafing.clicks)).await {
                Ok(ended) => {
                    if let Some(ending) = ended? {
                        return Ok(ending);
                    }
                }
                Err(reason) => return Ok(Ending::Stopped(reason)),
            }
        }
    }

    async fn take_view(&mut self, page: &Page, leafing: &mut Leafing, view: &Value) -> Result<(), Failure> {
        let at = self.clock.now();
        let answer = page.call("Page.captureScreenshot", json!({"format": "png", "optimizeForSpeed": true})).await?;
        let png = text(&answer, "/data").and_then(|data| BASE64_STANDARD.decode(data).ok());
        let Some(png) = png else {
            return Err(Failure::step("capture.picture", "Le navigateur n'a pas rendu d'image de la fenêtre."));
        };
        let (number, plate, rank) = leafing.plates.add(Frame { png, at, scroll: 0, still: true });
        if let Some(all) = whole(view, "/place/1") {
            leafing.announced = u64::try_from(all).ok().max(leafing.announced);
        }
        let (url, _, _) = page.where_am_i().await;
        let line = json!({
            "n": number, "planche": plate, "vue": number, "rang": rank, "vue_a": at, "adresse": url, "medias": view.get("media"),
            "legendes": view.get("alt"), "affiche": view.get("words"), "place": view.get("place"),
        });
        let mut bytes = self.masked(&format!("vue {number}"), line.to_string().into_bytes())?;
        bytes.push(b'\n');
        leafing.lines.push(bytes);
        self.plates_of(&url, leafing.capture, &mut leafing.plates, false).await
    }

    async fn keep_leaves(&mut self, url: &str, leafing: &mut Leafing) -> Result<(), Failure> {
        let capture = leafing.capture;
        self.plates_of(url, capture, &mut leafing.plates, true).await?;
        let path = ArtefactPath::new(format!("captures/{capture:04}-vues.jsonl"))?;
        let at = self.clock.now();
        let meta = self.meta(ArtefactKind::Feed, "application/jsonl", capture, url, at);
        let mut writer = self.dossier.begin(path, meta)?;
        for line in &leafing.lines {
            writer.write_all(line).map_err(|e| DossierError::io("write", self.dossier.root().to_path_buf(), e))?;
        }
        self.dossier.keep(writer)?;
        Ok(())
    }
}

/// Asks for the view after the one that `seen` tells, and waits until another is shown; what ends the way, if it does.
async fn turn(
    page: &Page,
    words: &[String],
    seen: &str,
    loader: &str,
    clicks: &mut u32,
) -> Result<Option<Ending>, Failure> {
    let view = page.ask_with(VIEW, &json!(words)).await?;
    // One that went on by itself meanwhile is taken as it comes.
    if mark(&view) != seen {
        return Ok(None);
    }
    let Some(button) = next(&view) else { return Ok(Some(Ending::NoButton)) };
    press(page, &button).await?;
    *clicks += 1;
    let end = Tick::now() + THERE;
    loop {
        tokio::time::sleep(LOOK).await;
        if page.where_am_i().await.2 != loader {
            return Ok(Some(Ending::Left));
        }
        if mark(&page.ask_with(VIEW, &json!(words)).await?) != seen {
            return Ok(None);
        }
        if Tick::now() >= end {
            return Ok(Some(Ending::Unchanged));
        }
    }
}

/// The view once what it shows has come.
async fn there(page: &Page, words: &[String]) -> Result<Value, Failure> {
    let end = Tick::now() + THERE;
    loop {
        let view = page.ask_with(VIEW, &json!(words)).await?;
        if whole(&view, "/waiting") == Some(0) || Tick::now() >= end {
            return Ok(view);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What tells a view from another: its media and its place, or its words when it has neither.
fn mark(view: &Value) -> String {
    let media = view.get("media").and_then(Value::as_array).filter(|media| !media.is_empty());
    let place = view.get("place").filter(|place| !place.is_null());
    match (media, place) {
        (None, None) => text(view, "/words").unwrap_or_default().to_owned(),
        (media, place) => json!([media, place]).to_string(),
    }
}

fn next(view: &Value) -> Option<Found> {
    let word = |pointer| text(view, pointer).unwrap_or_default().to_owned();
    Some(Found {
        x: whole(view, "/next/x")?,
        y: whole(view, "/next/y")?,
        covered: false,
        tag: word("/next/tag"),
        text: word("/next/text"),
        href: None,
        visible: true,
    })
}

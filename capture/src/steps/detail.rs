//! `capturer` of one element: its whole picture, put together from views of the window, its text and its own document.
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{ArtefactKind, ArtefactPath, ArtefactWriter, Instant, Outcome, op};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::click::ready;
use super::{Failure, StepResult};
use crate::cdp::{text, whole};
use crate::page::Page;
use crate::scenario::Detail;
use crate::screens::{Stitch, Tile};
use crate::session::{Pictured, Running, Session, merged};

/// The most views one element takes.
const VIEWS: usize = 80;
/// How often a view is taken when the element moves meanwhile.
const TRIES: u32 = 3;

/// Brings a row of the element found last into the window (none: as it stands), and says where it is: `{left, top, width, height}`,
/// the rows of the window in which it may be seen (`from`, `to`), and how many of the points looked at show something else.
const PLACE: &str = "(async row => { \
    const e = globalThis.constatFound; if (!e || !e.isConnected) return null; \
    const up = n => n.parentElement ?? (n.getRootNode() instanceof ShadowRoot ? n.getRootNode().host : null); \
    const scrolls = n => /auto|scroll/.test(getComputedStyle(n).overflowY) && n.scrollHeight > n.clientHeight + 1; \
    let box = null; const clips = []; \
    for (let n = up(e); n && n !== document.body && n !== document.documentElement; n = up(n)) { \
      if (getComputedStyle(n).overflowY !== 'visible') clips.push(n); if (!box && scrolls(n)) box = n; } \
    const band = () => clips.reduce(([a, b], n) => { const r = n.getBoundingClientRect(); return [Math.max(a, r.top), Math.min(b, r.bottom)]; }, [0, innerHeight]); \
    if (row !== null) { \
      if (box) box.scrollIntoView({block: 'nearest', behavior: 'instant'}); \
      const [a, b] = band(), r = e.getBoundingClientRect(), room = b - a; \
      const at = row === 0 && r.height <= room ? a + (room - r.height) / 2 : a + room * 0.3; \
      (box ?? document.scrollingElement).scrollBy({top: r.top + row - at, behavior: 'instant'}); \
      const frame = () => new Promise(f => requestAnimationFrame(f)); \
      await Promise.race([frame().then(frame), new Promise(f => setTimeout(f, 200))]); } \
    const r = e.getBoundingClientRect(), [from, to] = band(); \
    const deep = (x, y) => { let h = document.elementFromPoint(x, y); while (h && h.shadowRoot) { const i = h.shadowRoot.elementFromPoint(x, y); if (!i || i === h) break; h = i; } return h; }; \
    const inside = h => { for (let n = h; n; n = up(n)) if (n === e) return true; return false; }; \
    let points = 0, other = 0; const top = Math.max(r.top, from), bottom = Math.min(r.bottom, to); \
    for (let i = 1; i < 6; i++) for (let j = 1; j < 6; j++) { const x = r.left + r.width * i / 6, y = top + (bottom - top) * j / 6; \
      if (x < 0 || x >= innerWidth || y < 0 || y >= innerHeight || bottom <= top) continue; points++; const h = deep(x, y); \
      if (h && !inside(h) && !h.contains(e) && getComputedStyle(h).pointerEvents !== 'none') other++; } \
    return {left: r.left, top: r.top, width: r.width, height: r.height, from, to, window: innerWidth, points, other}; })";

/// What the element is and says.
const READ: &str = "(() => { const e = globalThis.constatFound; if (!e || !e.isConnected) return null; \
    const most = 65536, html = e.outerHTML, all = [e, ...e.querySelectorAll('*')]; \
    return {balise: e.localName, attributs: Object.fromEntries(Array.from(e.attributes).slice(0, 100).map(a => [a.name, a.value.slice(0, 2000)])), \
      texte: (e.innerText ?? e.textContent ?? '').slice(0, 200000), html: html.slice(0, most), html_coupe: html.length > most, \
      liens: all.filter(n => n.matches('a[href]')).slice(0, 500).map(n => n.href), \
      medias: all.filter(n => n.matches('img, video, audio, source')).slice(0, 500).map(n => n.currentSrc || n.src).filter(Boolean)}; })()";

/// Where the element stands in the window, CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    from: f64,
    to: f64,
    window: f64,
}

/// A view, and the rows of the element that are taken from it.
#[derive(Clone)]
struct View {
    png: Vec<u8>,
    at: Instant,
    place: Place,
    rows: (u32, u32),
}

/// The views of an element.
#[derive(Default)]
struct Views {
    list: Vec<View>,
    /// Rows of the element that stand on them, from its top, and rows it has.
    taken: u32,
    height: u32,
    /// Points of it that show something else, of those looked at.
    covered: (u64, u64),
}

impl Session<'_> {
    pub(crate) async fn capture_element(&mut self, running: &Running, detail: &Detail) -> StepResult {
        let capture = self.next_capture()?;
        let page = &running.page;
        page.complete(self.plan.scenario.limites.page).await;
        let found = ready(page, &detail.cible).await?;
        let (url, title, _) = page.where_am_i().await;
        self.pictured = Some(Pictured { titre: detail.titre.clone(), title: title.clone(), url: url.clone() });
        place(page, Some(0)).await?;
        let viewport = self.viewport_picture(running, capture).await?;
        self.desktop_picture(running, capture, &url).await?;
        let read = page.ask(READ).await?;
        let views = self.element_views(page).await?;
        let picture = self.element_picture(&url, capture, &views).await?;
        self.keep_element(&url, capture, detail, read)?;
        self.tell_element(&views, &found.text)?;
        let facts = json!({
            "capture": capture, "titre": detail.titre, "url": url, "title": title, "picture": viewport,
            "element": {"tag": found.tag, "text": found.text}, "lacking": views.height - views.taken,
            "covered_points": views.covered.0,
        });
        Ok(merged(facts, picture))
    }

    /// Views of the window from the element's first row to its last.
    async fn element_views(&mut self, page: &Page) -> Result<Views, Failure> {
        let mut views = Views::default();
        while views.list.len() < VIEWS {
            let (mut now, mut tries) = (place(page, Some(views.taken)).await?, 1);
            let (png, at, seen) = loop {
                let at = self.clock.now();
                let asked = json!({"format": "png", "optimizeForSpeed": true});
                let answer = page.call("Page.captureScreenshot", asked).await?;
                let after = place(page, None).await?;
                let png = text(&answer, "/data").and_then(|data| BASE64_STANDARD.decode(data).ok());
                if after.0 == now.0 || tries >= TRIES {
                    break (png, at, after);
                }
                (now, tries) = (after, tries + 1);
            };
            let Some(png) = png else {
                return Err(Failure::step("capture.picture", "Le navigateur n'a pas rendu d'image de la fenêtre."));
            };
            let (place, covered) = seen;
            // A row counts when it is there in full.
            views.height = rounded(place.height.floor());
            let rows = (views.taken, rounded((place.to - place.top).min(place.height).floor()));
            if rounded((place.from - place.top).max(0.0)) > rows.0 || rows.1 <= rows.0 {
                break;
            }
            views.covered = (views.covered.0 + covered.0, views.covered.1 + covered.1);
            views.taken = rows.1;
            views.list.push(View { png, at, place, rows });
            if views.taken >= views.height {
                break;
            }
        }
        Ok(views)
    }

    async fn element_picture(&mut self, url: &str, capture: u32, views: &Views) -> StepResult {
        let Some(first) = views.list.first() else {
            return Err(Failure::step("capture.picture", "L'élément n'a aucune rangée qui soit affichée."));
        };
        let at = first.at;
        let exif = self.exif(url, at)?;
        let meta = self.meta(ArtefactKind::ScreenshotElement, "image/png", capture, url, at);
        let path = ArtefactPath::new(format!("screens/{capture:04}-element.png"))?;
        let writer = self.dossier.begin(path, meta)?;
        let scale = self.plan.scenario.navigateur.echelle;
        let parts = views.list.clone();
        let made = spawn_blocking(move || put_together(writer, &exif, &parts, scale)).await;
        let wrong = |why: String| Failure::step("capture.picture", format!("Image de l'élément impossible : {why}."));
        let (writer, facts) = made.map_err(|e| wrong(e.to_string()))?.map_err(wrong)?;
        let kept = self.dossier.keep(writer)?;
        let place = json!({"step": self.step, "capture": capture, "path": kept.path});
        let whole = views.taken >= views.height && first.place.left >= 0.0 && first.place.right() <= first.place.window;
        let outcome = if whole { Outcome::Ok } else { Outcome::Deviation };
        let content = json!({"content_width": rounded(first.place.width), "content_height": views.height});
        self.dossier.record(op::PICTURE_ELEMENT, outcome, merged(place, merged(content, facts)))?;
        Ok(json!({"path": kept.path, "views": views.list.len(), "whole": whole}))
    }

    /// Its text, its document and its place, as JSON.
    fn keep_element(&mut self, url: &str, capture: u32, detail: &Detail, read: Value) -> Result<(), Failure> {
        let path = format!("captures/{capture:04}-element.json");
        let document = merged(json!({"adresse": url, "titre": detail.titre}), read);
        let bytes = self.masked(&path, document.to_string().into_bytes())?;
        let meta = self.meta(ArtefactKind::Structure, "application/json", capture, url, self.clock.now());
        self.dossier.keep_bytes(ArtefactPath::new(path)?, meta, &bytes)?;
        Ok(())
    }

    fn tell_element(&mut self, views: &Views, label: &str) -> Result<(), Failure> {
        let label: String = label.chars().take(80).collect();
        let lacking = views.height - views.taken;
        if lacking > 0 {
            let what = "L'élément n'a pas pu être pris tout entier.";
            let found = format!("« {label} » : il manque {lacking} px de hauteur sur {}", views.height);
            self.warn("capture.element_cut", what, &found)?;
        }
        let wide = views.list.first().filter(|v| v.place.left < 0.0 || v.place.right() > v.place.window);
        if let Some(view) = wide {
            let what = "L'élément est plus large que la fenêtre : ses côtés manquent sur l'image.";
            let found = format!("« {label} » : {} px, fenêtre de {}", view.place.width, view.place.window);
            self.warn("capture.element_cut", what, &found)?;
        }
        if views.covered.0 > 0 {
            let what = "Autre chose recouvre une partie de l'élément sur son image.";
            let found = format!("« {label} » : {} points sur {}", views.covered.0, views.covered.1);
            self.warn("capture.element_overlaid", what, &found)?;
        }
        Ok(())
    }
}

impl Place {
    fn right(&self) -> f64 {
        self.left + self.width
    }
}

/// Where the element is, once a row of it was brought into the window, and how many points of it show something else, of how many.
async fn place(page: &Page, row: Option<u32>) -> Result<(Place, (u64, u64)), Failure> {
    let answer = page.ask_with(PLACE, &json!(row)).await?;
    let number = |pointer: &str| answer.pointer(pointer).and_then(Value::as_f64);
    let count = |pointer: &str| whole(&answer, pointer).and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    let place = (|| {
        Some(Place {
            left: number("/left")?,
            top: number("/top")?,
            width: number("/width")?,
            height: number("/height")?,
            from: number("/from")?,
            to: number("/to")?,
            window: number("/window")?,
        })
    })();
    match place {
        Some(place) => Ok((place, (count("/other"), count("/points")))),
        None => Err(Failure::step("capture.element_missing", "L'élément n'est plus sur la page.")),
    }
}

/// Whole pixels, never below zero.
fn rounded(value: f64) -> u32 {
    value.round().clamp(0.0, 4_000_000.0) as u32
}

/// Writes the picture: of each view, the rows that no view before it gave. Gives the writer back, and the facts.
fn put_together(
    writer: ArtefactWriter,
    exif: &[u8],
    parts: &[View],
    pixels_each: u32,
) -> Result<(ArtefactWriter, Value), String> {
    let scale = f64::from(pixels_each);
    let strips: Vec<(u32, u32)> = parts.iter().map(|view| scaled(view.rows, scale)).collect();
    let height = strips.iter().map(|(from, to)| to - from).sum();
    let first = &parts.first().ok_or("aucune vue")?.place;
    let left = rounded(first.left.max(0.0) * scale);
    let width = rounded(first.right().min(first.window) * scale).saturating_sub(left);
    let mut stitch = Stitch::new(writer, width, height, exif)?;
    let mut pieces = Vec::new();
    for (view, (from, to)) in parts.iter().zip(strips) {
        let tile = Tile::decode(&view.png)?;
        // The element's first row may stand above the window.
        let y = (view.place.top * scale).round() + f64::from(from);
        let part = crop(&tile, left, rounded(y), width, to - from)?;
        pieces.push(json!({"y": from, "height": part.height, "taken_at": view.at, "pixels_sha256": part.digest()}));
        stitch.add(&part)?;
    }
    let (writer, pixels) = stitch.finish()?;
    Ok((
        writer,
        json!({"width": width, "height": height, "scale": pixels_each, "pieces": pieces, "pixels_sha256": pixels}),
    ))
}

fn scaled((from, to): (u32, u32), scale: f64) -> (u32, u32) {
    (rounded(f64::from(from) * scale), rounded(f64::from(to) * scale))
}

/// A part of a tile.
fn crop(tile: &Tile, left: u32, top: u32, width: u32, height: u32) -> Result<Tile, String> {
    let fits = |at: u32, size: u32, all: u32| at.checked_add(size).is_some_and(|end| end <= all);
    if width == 0 || height == 0 || !fits(left, width, tile.width) || !fits(top, height, tile.height) {
        return Err(format!("vue de {}x{} px, partie {width}x{height} à {left},{top}", tile.width, tile.height));
    }
    let row = tile.width as usize * 4;
    let (start, length) = (left as usize * 4, width as usize * 4);
    let rows = tile.pixels.chunks_exact(row).skip(top as usize).take(height as usize);
    Ok(Tile { width, height, pixels: rows.flat_map(|pixels| &pixels[start..start + length]).copied().collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_out_and_never_beyond() {
        let pixels: Vec<u8> = (0..6_u8).flat_map(|n| [n, n, n, 255]).collect();
        let tile = Tile { width: 3, height: 2, pixels };
        let part = crop(&tile, 1, 0, 2, 2).unwrap();
        assert_eq!(part.pixels.chunks(4).map(|p| p[0]).collect::<Vec<_>>(), [1, 2, 4, 5]);
        for (left, top, width, height) in [(2, 0, 2, 1), (0, 1, 1, 2), (0, 0, 0, 1), (u32::MAX, 0, 1, 1)] {
            assert!(crop(&tile, left, top, width, height).is_err());
        }
    }
}

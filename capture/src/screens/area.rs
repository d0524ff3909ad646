//! Areas that scroll inside the page (an element, an open dialogue, a frame): their whole content, by really scrolling them.
//!
//! Nothing is laid out anew: the area keeps its size, its content is moved through it piece by piece, and the pieces are put
//! one under the other. What sticks to the area's edge is on every piece, as it was on the screen.
use std::sync::Arc;
use std::time::Duration;

use dossier::{ArtefactWriter, Clock, Sha256Digest};
use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use super::shot::{self, Rect};
use super::steady;
use super::stitch::Stitch;
use super::tile::Tile;
use crate::cdp::{text, whole};
use crate::frames::{Frame, frames};
use crate::page::Page;
use crate::recorder::PDF_VIEWER;

/// The most areas of one page, and pieces of one area.
const AREAS: usize = 12;
const PIECES: u32 = 250;
/// The tallest content of one area, in CSS pixels.
const TALLEST: u32 = 100_000;
/// How long all the areas of a page may take.
pub(crate) const ALL: Duration = Duration::from_secs(180);
/// What a frame of another process needs to be drawn once it is in the window.
const DRAWN: Duration = Duration::from_millis(400);

/// Finds the areas of a frame; `constatAreas` lives in our isolated world only.
const FIND: &str = "(main => { const out = [], list = globalThis.constatAreas = [], root = document.scrollingElement; \
    const large = e => e.clientHeight >= 60 && e.clientWidth >= 80; \
    const more = e => large(e) && e.scrollHeight > e.clientHeight + 8; \
    const moves = e => { if (e !== document.body && e !== document.documentElement) return true; \
      const was = e.scrollTop; e.scrollTop = was + 1; const now = e.scrollTop; e.scrollTop = was - 1; \
      const moved = now !== was || e.scrollTop !== was; e.scrollTop = was; return moved; }; \
    const add = (e, what, label) => { if (list.length >= 40) return; list.push(e); \
      out.push({what, label: label.slice(0, 200), was: Math.round(e.scrollTop), width: e.clientWidth, height: e.clientHeight, content: e.scrollHeight}); }; \
    const word = s => CSS.escape(String(s).slice(0, 60)); \
    const nth = e => { let n = 1; for (let o = e.previousElementSibling; o && n < 1000; o = o.previousElementSibling) \
      if (o.localName === e.localName) n++; return ':nth-of-type(' + n + ')'; }; \
    const one = e => word(e.localName) + (e.id ? '#' + word(e.id) : \
      Array.from(e.classList).slice(0, 2).map(c => '.' + word(c)).join('') + nth(e)); \
    const name = e => { let s = one(e), up = e.parentElement; \
      for (let i = 0; i < 2 && !s.includes('#') && up && up !== document.body && up !== document.documentElement; i++, up = up.parentElement) \
        s = one(up) + ' > ' + s; \
      const said = e.getAttribute('aria-label'); return s.slice(0, 160) + (said ? ' (' + said + ')' : ''); }; \
    if (!main && root && more(root)) add(root, 'frame', document.title); \
    const walk = within => { for (const e of within.querySelectorAll('*')) { \
      if (e.shadowRoot) walk(e.shadowRoot); \
      if (e.matches('dialog[open]')) { if (large(e) && e.checkVisibility()) add(e, 'dialog', name(e)); continue; } \
      if (e === root || !more(e) || !['auto', 'scroll'].includes(getComputedStyle(e).overflowY)) continue; \
      if (e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && moves(e)) add(e, 'element', name(e)); } }; \
    walk(document); return out; })";

/// Moves an area's content, and tells where it is then. Two frames let it draw what came.
const MOVE: &str = "(async ([n, top, show]) => { const e = globalThis.constatAreas?.[n]; if (!e || !e.isConnected) return null; \
    const root = e === document.scrollingElement; \
    if (show && !root) e.scrollIntoView({block: 'center', inline: 'nearest', behavior: 'instant'}); \
    e.scrollTo({top, behavior: 'instant'}); \
    const frame = () => new Promise(r => requestAnimationFrame(r)); \
    await Promise.race([frame().then(frame), new Promise(r => setTimeout(r, 150))]); \
    const r = e.getBoundingClientRect(), x = root ? 0 : r.left + e.clientLeft, y = root ? 0 : r.top + e.clientTop; \
    const width = root ? document.documentElement.clientWidth : e.clientWidth, height = root ? innerHeight : e.clientHeight; \
    const over = document.elementFromPoint(x + width / 2, y + height / 2); \
    return {x, y, width, height, top: Math.round(e.scrollTop), content: e.scrollHeight, \
      covered: !!over && over !== e && !e.contains(over) && !over.contains(e)}; })";

/// An area that was found.
pub(crate) struct Area {
    frame: usize,
    index: usize,
    was: i64,
    /// `element`, `dialog` or `frame`.
    pub(crate) what: String,
    /// How the page names it.
    pub(crate) label: String,
    /// Width, height, and height of its content when it was found, in CSS pixels.
    size: [u64; 3],
}

/// The areas of a page, largest first.
pub(crate) struct Areas {
    frames: Vec<Frame>,
    pub(crate) list: Vec<Area>,
    /// Those that are not taken, and frames in which none could be looked for, in French.
    pub(crate) left: Vec<String>,
    deadline: Tick,
}

/// Where an area stands after it was moved: in the document of the page.
struct Standing {
    rect: Rect,
    top: u32,
    content: u32,
    covered: bool,
}

/// What the journal says of the picture of an area.
pub(crate) struct AreaFacts {
    pub(crate) json: Value,
    /// Cut at a limit, or moved under the hand that scrolled it.
    pub(crate) whole: bool,
    /// Pixels of height of the content that are not on the picture, and the height of the content.
    pub(crate) lacking: (u32, u32),
}

impl Areas {
    /// Looks for areas in every frame of the page.
    pub(crate) async fn find(page: &Page) -> Self {
        let (frames, more) = frames(page).await;
        let mut list = Vec::new();
        let mut left = Vec::new();
        if more {
            left.push("d'autres cadres, au-delà de la limite ou sans réponse".to_owned());
        }
        for (n, frame) in frames.iter().enumerate() {
            let found = match frame.page.ask_with(FIND, &json!(frame.is_main())).await {
                Ok(found) => found,
                Err(why) => {
                    left.push(format!("le cadre {}, qui n'a pas pu être parcouru : {why}", shown(&frame.url)));
                    continue;
                }
            };
            for (index, one) in found.as_array().into_iter().flatten().enumerate() {
                list.push(Area {
                    frame: n,
                    index,
                    was: whole(one, "/was").unwrap_or(0),
                    what: text(one, "/what").unwrap_or("element").to_owned(),
                    label: text(one, "/label").unwrap_or("").to_owned(),
                    size: ["/width", "/height", "/content"].map(|side| length(one, side)),
                });
            }
        }
        list.sort_by_key(|area: &Area| std::cmp::Reverse(area.size[0] * area.size[1]));
        left.extend(list.iter().skip(AREAS).map(Area::named));
        list.truncate(AREAS);
        Self { frames, list, left, deadline: Tick::now() + ALL }
    }

    async fn stand(&self, page: &Page, area: &Area, top: u32, show: bool) -> Result<Standing, String> {
        let frame = self.frames.get(area.frame).ok_or("cadre absent")?;
        if show && !frame.is_main() {
            frame.show(&self.frames).await;
        }
        let at = frame.page.ask_with(MOVE, &json!([area.index, top, show])).await.map_err(|e| e.to_string())?;
        if show && frame.apart {
            tokio::time::sleep(DRAWN).await;
        }
        let corner = frame.corner(&self.frames).await.ok_or("place du cadre inconnue")?;
        let window = page.ask("[scrollX, scrollY]").await.map_err(|e| e.to_string())?;
        let number = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_f64);
        let place = |axis: &str, corner: f64, scrolled: &str| {
            Some((number(&at, axis)? + corner + number(&window, scrolled)?).round().max(0.0) as u32)
        };
        let size = |pointer: &str| whole(&at, pointer).and_then(|n| u32::try_from(n).ok());
        let read = || {
            let (x, y) = (place("/x", corner.0, "/0")?, place("/y", corner.1, "/1")?);
            let (width, height) = (size("/width")?, size("/height")?);
            let covered = at.get("covered").and_then(Value::as_bool).unwrap_or(false);
            Some(Standing {
                rect: Rect { x, y, width, height },
                top: size("/top")?,
                content: size("/content")?.max(height),
                covered,
            })
        };
        let standing = read().ok_or("la zone a disparu")?;
        let Rect { width, height, .. } = standing.rect;
        if width == 0 || height == 0 || width > 10_000 || height > 10_000 {
            return Err(format!("zone de {width} x {height} px"));
        }
        Ok(standing)
    }

    /// Moves the content to its end, so that what is lazy comes; its place, back at the top.
    async fn go_through(&self, page: &Page, area: &Area) -> Result<Standing, String> {
        let mut at = self.stand(page, area, 0, true).await?;
        let (mut top, mut stops) = (0, 0);
        while top + at.rect.height < at.content.min(TALLEST) && stops < PIECES && Tick::now() < self.deadline {
            top += at.rect.height;
            at = self.stand(page, area, top, false).await?;
            stops += 1;
            if top + at.rect.height >= at.content {
                page.complete(Duration::from_secs(3)).await;
                at = self.stand(page, area, top, false).await?;
            }
        }
        self.stand(page, area, 0, true).await
    }

    /// Takes the whole content of an area. `open` makes the writer once the size is known.
    pub(crate) async fn take(
        &self,
        page: &Page,
        area: &Area,
        scale: u32,
        clock: &Arc<dyn Clock>,
        open: impl FnOnce() -> Result<(ArtefactWriter, Vec<u8>), String>,
    ) -> Result<(ArtefactWriter, AreaFacts), String> {
        let first = self.go_through(page, area).await?;
        let (width, step) = (first.rect.width, first.rect.height);
        let high = first.content.min(TALLEST).min(step.saturating_mul(PIECES));
        let (writer, exif) = open()?;
        let mut stitch = Stitch::new(writer, width * scale, high * scale, &exif)?;
        let viewer = self.is_in_viewer(area);
        let (mut done, mut pieces, mut covered, mut good) = (0, Vec::new(), false, high == first.content);
        let mut at = first;
        let (rect, content) = (at.rect, at.content);
        while done < high {
            if done > 0 {
                at = self.stand(page, area, done, false).await?;
            }
            // The last piece stands higher than asked: only its end is new.
            let skip = done.checked_sub(at.top).filter(|skip| *skip < step);
            let usable =
                skip.filter(|_| at.rect.width == width && at.rect.height == step && Tick::now() < self.deadline);
            let Some(skip) = usable else {
                good = false;
                break;
            };
            let taken_at = clock.now();
            let tile = match viewer {
                true => steady::clip(page, at.rect, scale).await?,
                false => shot::clip(page, at.rect, scale).await?,
            };
            let rows = (step - skip).min(high - done);
            let part = part(&tile, skip * scale, rows * scale)?;
            pieces.push(json!({"at": done, "taken_at": taken_at, "sha256": part.digest()}));
            covered |= at.covered;
            stitch.add(&part)?;
            done += rows;
        }
        good &= at.content == content;
        blank(&mut stitch, width * scale, (high - done) * scale)?;
        self.put_back(area).await;
        let (writer, pixels) = stitch.finish()?;
        let json = self.json(area, rect, (high, content, done), scale, &pieces, pixels, covered);
        let content = content.max(at.content);
        Ok((writer, AreaFacts { json, whole: good, lacking: (content.saturating_sub(done), content) }))
    }

    /// Whether the browser's own viewer draws the area: it does so after it was scrolled, when it can.
    fn is_in_viewer(&self, area: &Area) -> bool {
        let parent = self.frames.get(area.frame).and_then(|frame| frame.parent.as_ref());
        let mut above = self.frames.iter().filter(|frame| Some(&frame.page.frame) == parent);
        above.any(|frame| frame.url.starts_with(PDF_VIEWER))
    }

    async fn put_back(&self, area: &Area) {
        if let Some(frame) = self.frames.get(area.frame) {
            let _ = frame.page.ask_with(MOVE, &json!([area.index, area.was, false])).await;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of one line of the journal")]
    fn json(
        &self,
        area: &Area,
        rect: Rect,
        (high, content, done): (u32, u32, u32),
        scale: u32,
        pieces: &[Value],
        pixels: Sha256Digest,
        covered: bool,
    ) -> Value {
        let frame = self.frames.get(area.frame).map(|f| f.url.as_str());
        json!({
            "what": area.what, "label": area.label, "frame": frame, "x": rect.x, "y": rect.y, "width": rect.width,
            "height": rect.height, "content_width": rect.width, "content_height": content, "pictured_height": done,
            "picture_height": high, "scale": scale, "pieces": pieces, "pixels_sha256": pixels, "covered": covered,
        })
    }
}

impl Area {
    /// Its name and its size.
    pub(crate) fn named(&self) -> String {
        let [width, height, content] = self.size;
        format!("{} ({width} x {height} px, contenu de {content} px)", shown(&self.label))
    }
}

/// A length the page told, within what a picture can be.
fn length(of: &Value, pointer: &str) -> u64 {
    whole(of, pointer).and_then(|n| u64::try_from(n).ok()).unwrap_or(0).min(u64::from(u32::MAX))
}

/// What the page names, cut to what a line can hold.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Some rows of a tile.
fn part(tile: &Tile, from: u32, rows: u32) -> Result<Tile, String> {
    let row = tile.width as usize * 4;
    let pixels = tile.pixels.get(from as usize * row..(from + rows) as usize * row).ok_or("morceau incomplet")?;
    Ok(Tile { width: tile.width, height: rows, pixels: pixels.to_vec() })
}

/// White rows below what could be taken.
fn blank(stitch: &mut Stitch<ArtefactWriter>, width: u32, rows: u32) -> Result<(), String> {
    let mut left = rows;
    while left > 0 {
        let now = left.min(500);
        stitch.add(&Tile { width, height: now, pixels: vec![255; width as usize * now as usize * 4] })?;
        left -= now;
    }
    Ok(())
}

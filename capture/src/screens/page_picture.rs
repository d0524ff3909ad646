//! The picture of a whole page: scrolled through first, then taken tile by tile and checked.
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;

use super::patch::{self, PatchFacts, Place};
use super::stitch::Stitch;
use super::tile::{Tile, TileFacts};
use crate::cdp::{text, whole};
use crate::page::Page;

/// Height of a tile, in CSS pixels.
const TILE: u32 = 8000;
/// The longest wait for one tile.
const DEADLINE: Duration = Duration::from_secs(60);

/// Scrolls from `from` to `to` one window at a time, with a pause at each so that what is lazy begins to load.
const SCROLL: &str = "async ([from, to]) => { const pause = ms => new Promise(r => setTimeout(r, ms)); \
    for (let y = from; y < to; y += innerHeight) { scrollTo({top: y, behavior: 'instant'}); await pause(40); } }";

/// Waits until the pictures that have come are decoded, five seconds at most.
const DECODED: &str = "Promise.race([Promise.all(Array.from(document.images).filter(i => i.complete && i.naturalWidth) \
    .map(i => i.decode().catch(() => 0))).then(() => true), new Promise(r => setTimeout(() => r(false), 5000))])";

/// Whether the document shows something in the band `[top, bottom)`: text, a picture, a background picture.
const CONTENT: &str = "([top, bottom]) => { const sy = scrollY; \
    const meets = r => r.width > 0 && r.height > 0 && r.bottom + sy > top && r.top + sy < bottom && r.right > 0 && r.left < innerWidth; \
    const shown = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: false}); \
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT); \
    for (let n = walk.nextNode(); n; n = walk.nextNode()) { \
      if (n.nodeType === 3) { if (!n.data.trim() || !n.parentElement || !shown(n.parentElement)) continue; \
        const range = document.createRange(); range.selectNodeContents(n); \
        for (const r of range.getClientRects()) if (meets(r)) return true; continue; } \
      const picture = ['IMG','VIDEO','CANVAS','SVG','svg','IFRAME','EMBED','OBJECT','INPUT','BUTTON'].includes(n.tagName); \
      if (!picture && getComputedStyle(n).backgroundImage === 'none') continue; \
      if (meets(n.getBoundingClientRect()) && shown(n)) return true; } \
    return false; }";

/// What was learnt while the picture was taken.
#[derive(Debug, Default)]
pub(crate) struct PagePicture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) tiles: Vec<TileFacts>,
    /// Heights measured at each pass of scrolling, then after the last tile.
    pub(crate) heights: Vec<u32>,
    /// Places drawn apart, and whether there were more than that.
    pub(crate) patches: Vec<PatchFacts>,
    pub(crate) patches_cut: bool,
    places: Vec<Place>,
    window: u32,
    /// The page was taller than the limit.
    pub(crate) cut: Option<u32>,
}

impl PagePicture {
    /// Scrolls through the page so that lazy content comes, back to the top, and measures it. Three passes at most: an
    /// endless page is the business of `defiler`.
    pub(crate) async fn prepare(page: &Page, maximum: Duration, limit: u32) -> Result<Self, String> {
        let mut picture = Self::default();
        let mut from = 0;
        for _ in 0..3 {
            let (_, height) = measure(page).await?;
            picture.heights.push(height);
            let mut y = from;
            while y < height.min(limit) {
                // One question stays far under its own deadline.
                let to = y.saturating_add(40_000).min(height);
                page.ask_with(SCROLL, &json!([y, to])).await.map_err(|e| e.to_string())?;
                y = to;
            }
            page.complete(maximum.min(Duration::from_secs(10))).await;
            from = height;
            if measure(page).await?.1 <= height {
                break;
            }
        }
        page.ask("scrollTo({top: 0, behavior: 'instant'})").await.map_err(|e| e.to_string())?;
        page.ask(DECODED).await.map_err(|e| e.to_string())?;
        page.complete(maximum.min(Duration::from_secs(10))).await;
        let (width, height, window) = measure_all(page).await?;
        (picture.places, picture.patches_cut) = patch::places(page, window).await?;
        picture.heights.push(height);
        picture.window = window;
        picture.width = width;
        picture.height = height.min(limit).max(1);
        picture.cut = (height > limit).then_some(height);
        Ok(picture)
    }

    /// Takes the tiles and writes the picture. `tile_taken` is told each time: number and total.
    pub(crate) async fn take<W: Write + Send + 'static>(
        &mut self,
        page: &Page,
        writer: W,
        exif: &[u8],
        tile_taken: &(dyn Fn(u32, u32) + Sync),
    ) -> Result<W, String> {
        let mut stitch = Stitch::new(writer, self.width, self.height, exif)?;
        let total = self.height.div_ceil(TILE);
        for n in 0..total {
            let y = n * TILE;
            let height = TILE.min(self.height - y);
            let (tile, facts) = self.tile(page, y, height).await?;
            self.tiles.push(facts);
            let added = tokio::task::spawn_blocking(move || stitch.add(&tile).map(|()| stitch));
            stitch = added.await.map_err(|e| e.to_string())??;
            tile_taken(n + 1, total);
        }
        self.heights.push(measure(page).await?.1);
        stitch.finish()
    }

    /// One tile; a blank one where the document has content is tried once more with the page scrolled there.
    async fn tile(&mut self, page: &Page, y: u32, height: u32) -> Result<(Tile, TileFacts), String> {
        let mut tile = clip(page, (0, y), (self.width, height)).await?;
        self.patch(page, &mut tile, y).await?;
        let mut facts =
            TileFacts { y, height, sha256: tile.digest(), blank: tile.is_blank(), content: None, retried: false };
        if facts.blank {
            let content = page.ask_with(CONTENT, &json!([y, y + height])).await.map_err(|e| e.to_string())?;
            facts.content = content.as_bool();
            if facts.content != Some(false) {
                facts.retried = true;
                let there = format!(
                    "(async () => {{ scrollTo({{top: {y}, behavior: 'instant'}}); await new Promise(r => setTimeout(r, 500)); }})()"
                );
                page.ask(&there).await.map_err(|e| e.to_string())?;
                tile = clip(page, (0, y), (self.width, height)).await?;
                page.ask("scrollTo({top: 0, behavior: 'instant'})").await.map_err(|e| e.to_string())?;
                facts.sha256 = tile.digest();
                facts.blank = tile.is_blank();
            }
        }
        Ok((tile, facts))
    }

    /// Draws apart what the browser leaves empty outside its window.
    async fn patch(&mut self, page: &Page, tile: &mut Tile, top: u32) -> Result<(), String> {
        let here: Vec<Place> =
            self.places.iter().filter_map(|p| patch::inside(*p, top, tile.width, tile.height)).collect();
        for place in &here {
            let (patch, covered) = patch::draw(page, *place, self.window).await?;
            patch::paste(tile, top, *place, &patch);
            self.patches.push(PatchFacts { place: *place, sha256: patch.digest(), covered });
        }
        if !here.is_empty() {
            page.ask("scrollTo({top: 0, behavior: 'instant'})").await.map_err(|e| e.to_string())?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// The map of the tiles, as kept in the dossier.
    pub(crate) fn map(&self) -> Value {
        json!({
            "width": self.width, "height": self.height, "tile_height": TILE, "heights_measured": self.heights,
            "method": "Page.captureScreenshot, clip, captureBeyondViewport",
            "pixels": "SHA-256 of the decoded pixels of each tile: 8-bit RGBA, row after row",
            "drawn_apart": self.patches.iter().map(PatchFacts::json).collect::<Vec<_>>(),
            "drawn_apart_why": "cadres d'une autre origine et content-visibility: auto : dessinés seulement dans la fenêtre, donc pris la page défilée jusqu'à eux",
            "tiles": self.tiles.iter().map(TileFacts::json).collect::<Vec<_>>(),
        })
    }
}

/// Width of the window and height of the document, in CSS pixels.
async fn measure(page: &Page) -> Result<(u32, u32), String> {
    measure_all(page).await.map(|(width, height, _)| (width, height))
}

/// The same with the height of the window.
async fn measure_all(page: &Page) -> Result<(u32, u32, u32), String> {
    let metrics = page.call("Page.getLayoutMetrics", json!({})).await.map_err(|e| e.to_string())?;
    let get = |pointer| whole(&metrics, pointer).and_then(|n| u32::try_from(n).ok());
    let width = get("/cssLayoutViewport/clientWidth").ok_or("largeur inconnue")?;
    let height = get("/cssContentSize/height").ok_or("hauteur inconnue")?;
    let window = get("/cssLayoutViewport/clientHeight").ok_or("hauteur de fenêtre inconnue")?;
    Ok((width, height, window))
}

/// A rectangle of the document, wherever the window is: corner, then width and height.
pub(super) async fn clip(page: &Page, (x, y): (u32, u32), (width, height): (u32, u32)) -> Result<Tile, String> {
    let params = json!({
        "format": "png", "optimizeForSpeed": true, "captureBeyondViewport": true,
        "clip": {"x": x, "y": y, "width": width, "height": height, "scale": 1},
    });
    let cdp = &page.recorder.cdp;
    let answer = cdp.call_within(Some(&page.session), "Page.captureScreenshot", params, DEADLINE).await;
    let answer = answer.map_err(|e| e.to_string())?;
    let data = text(&answer, "/data").unwrap_or("").to_owned();
    let decoded = tokio::task::spawn_blocking(move || {
        let png = BASE64_STANDARD.decode(data).map_err(|e| e.to_string())?;
        Tile::decode(&png)
    });
    let tile = decoded.await.map_err(|e| e.to_string())??;
    if (tile.width, tile.height) != (width, height) {
        return Err(format!("tuile de {}x{} px au lieu de {width}x{height}", tile.width, tile.height));
    }
    Ok(tile)
}

//! The picture of a whole page, taken tile by tile and checked; a tile is decoded and written while the next is taken.
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use dossier::{Clock, Instant, Sha256Digest};
use serde_json::{Value, json};
use tokio::task::{JoinHandle, spawn_blocking};

use super::patch::{self, PatchFacts, Place};
use super::shot::{self, Rect};
use super::stitch::Stitch;
use super::tile::{Tile, TileFacts};
use super::{beyond, lazy};
use crate::cdp::whole;
use crate::page::Page;
use crate::scenario::Navigateur;

/// Height of a tile, in pixels of the picture. Measured on a page of 115,000 px: 135 ms for 1,000 px by tiles of 2,000,
/// 107 by 4,000, 64 by 8,000, 64 by 16,000, with twice the memory.
const TILE: u32 = 8000;

/// Whether the document shows something in the band `[top, bottom)`: text, a picture, a background picture.
const CONTENT: &str = "([top, bottom]) => { const sy = scrollY; \
    const meets = r => r.width > 0 && r.height > 0 && r.bottom + sy > top && r.top + sy < bottom && r.right > 0 && r.left < innerWidth; \
    const shown = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: false}); \
    const walk = document.createTreeWalker(document.body ?? document, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT); \
    for (let n = walk.nextNode(); n; n = walk.nextNode()) { \
      if (n.nodeType === 3) { if (!n.data.trim() || !n.parentElement || !shown(n.parentElement)) continue; \
        const range = document.createRange(); range.selectNodeContents(n); \
        for (const r of range.getClientRects()) if (meets(r)) return true; continue; } \
      const picture = ['IMG','VIDEO','CANVAS','SVG','svg','IFRAME','EMBED','OBJECT','INPUT','BUTTON'].includes(n.tagName); \
      if (!picture && getComputedStyle(n).backgroundImage === 'none') continue; \
      if (meets(n.getBoundingClientRect()) && shown(n)) return true; } \
    return false; }";

/// What was learnt while the picture was taken. Lengths are CSS pixels, `scale` pixels of the picture each.
pub(crate) struct PagePicture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) scale: u32,
    pub(crate) tiles: Vec<TileFacts>,
    /// Heights measured before the first tile and after the last.
    pub(crate) heights: [u32; 2],
    /// Places drawn apart, and whether there were more than that.
    pub(crate) patches: Vec<PatchFacts>,
    pub(crate) patches_cut: bool,
    /// The page was taller than the limit.
    pub(crate) cut: Option<u32>,
    /// Digest of the pixels of the whole picture: 8-bit RGBA, row after row.
    pub(crate) pixels: Option<Sha256Digest>,
    /// How often the page had to be laid out anew so that the browser draws beyond its window.
    pub(crate) relayouts: u32,
    places: Vec<Place>,
    window: u32,
    settings: Navigateur,
    clock: Arc<dyn Clock>,
}

/// A tile as the browser gave it, and when it was asked for.
struct Taken {
    y: u32,
    height: u32,
    at: Instant,
    data: String,
}

type Writing<W> = JoinHandle<Result<Stitch<W>, String>>;

impl PagePicture {
    /// Measures a page that stands at its top.
    pub(crate) async fn prepare(
        page: &Page,
        limit: u32,
        settings: &Navigateur,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let (width, height, window) = measure_all(page).await?;
        let (places, patches_cut) = patch::places(page, window).await?;
        Ok(Self {
            width,
            height: height.min(limit).max(1),
            scale: settings.echelle,
            tiles: Vec::new(),
            heights: [height, height],
            patches: Vec::new(),
            patches_cut,
            cut: (height > limit).then_some(height),
            pixels: None,
            relayouts: 0,
            places,
            window,
            settings: settings.clone(),
            clock,
        })
    }

    /// Takes the tiles and writes the picture. `told` hears of each: number and total.
    pub(crate) async fn take<W: Write + Send + 'static>(
        &mut self,
        page: &Page,
        writer: W,
        exif: &[u8],
        told: &(dyn Fn(u32, u32) + Sync),
    ) -> Result<W, String> {
        let stitch = Stitch::new(writer, self.width * self.scale, self.height * self.scale, exif)?;
        let mut writing: Writing<W> = tokio::spawn(async { Ok(stitch) });
        let high = (TILE / self.scale).max(1);
        let total = self.height.div_ceil(high);
        let mut ahead = Some(self.shoot(page, 0, high).await?);
        while let Some(taken) = ahead.take() {
            let n = taken.y / high;
            let (data, scale) = (taken.data, self.scale);
            let decoding =
                spawn_blocking(move || shot::decode(&data).map(|tile| (tile.digest(), tile.is_blank(), tile)));
            // The browser draws the next one meanwhile, and the one before is being written.
            if n + 1 < total {
                ahead = Some(self.shoot(page, (n + 1) * high, high).await?);
            }
            let (sha256, blank, tile) = decoding.await.map_err(|e| e.to_string())??;
            shot::expect(&tile, self.rect(taken.y, taken.height), scale)?;
            let mut facts = TileFacts {
                y: taken.y,
                width: self.width,
                height: taken.height,
                taken_at: taken.at,
                sha256,
                blank,
                content: None,
                retried: false,
            };
            let tile = self.checked(page, tile, &mut facts).await?;
            self.tiles.push(facts);
            let mut stitch = writing.await.map_err(|e| e.to_string())??;
            writing = spawn_blocking(move || stitch.add(&tile).map(|()| stitch));
            told(n + 1, total);
        }
        let stitch = writing.await.map_err(|e| e.to_string())??;
        self.heights[1] = measure_all(page).await?.1;
        let (writer, pixels) = stitch.finish()?;
        self.pixels = Some(pixels);
        Ok(writer)
    }

    fn rect(&self, y: u32, height: u32) -> Rect {
        Rect { x: 0, y, width: self.width, height }
    }

    async fn shoot(&self, page: &Page, y: u32, high: u32) -> Result<Taken, String> {
        let height = high.min(self.height - y);
        let at = self.clock.now();
        let data = shot::shoot(page, self.rect(y, height)).await?;
        Ok(Taken { y, height, at, data })
    }

    /// What is drawn apart is put in; a tile that is blank where the document has content is taken once more.
    async fn checked(&mut self, page: &Page, mut tile: Tile, facts: &mut TileFacts) -> Result<Tile, String> {
        let (y, end, known) = (facts.y, facts.y + facts.height, self.patches.len());
        self.patch(page, &mut tile, y).await?;
        // Of the first tile, what is in the window is drawn in any case.
        let from = if y == 0 { self.window.min(facts.height.saturating_sub(1)) } else { 0 };
        if tile.is_blank_from(from * self.scale) {
            let content = page.ask_with(CONTENT, &json!([y + from, end])).await.map_err(|e| e.to_string())?.as_bool();
            facts.content = content.filter(|_| facts.blank);
            if content != Some(false) {
                facts.retried = true;
                facts.taken_at = self.clock.now();
                tile = self.retake(page, y, facts.height).await?;
                self.patches.truncate(known);
                self.patch(page, &mut tile, y).await?;
            }
        }
        if facts.retried || self.patches.len() > known {
            facts.sha256 = tile.digest();
            facts.blank = tile.is_blank();
        }
        Ok(tile)
    }

    /// Makes sure that the browser draws beyond its window, and takes a tile with the window scrolled to it.
    async fn retake(&mut self, page: &Page, y: u32, height: u32) -> Result<Tile, String> {
        beyond::draw_beyond_window(page, &self.settings).await.map_err(|e| e.to_string())?;
        self.relayouts += beyond::RELAYOUTS;
        if y > 0 {
            lazy::to(page, y).await?;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let tile = shot::clip(page, self.rect(y, height), self.scale).await?;
        lazy::to(page, 0).await?;
        Ok(tile)
    }

    /// Draws apart what the browser leaves empty outside its window.
    async fn patch(&mut self, page: &Page, tile: &mut Tile, top: u32) -> Result<(), String> {
        let (width, height) = (tile.width / self.scale, tile.height / self.scale);
        let here: Vec<Place> = self.places.iter().filter_map(|p| patch::inside(*p, top, width, height)).collect();
        for place in &here {
            let (patch, covered) = patch::draw(page, *place, self.window, self.scale).await?;
            patch::paste(tile, top, *place, &patch, self.scale);
            self.patches.push(PatchFacts { place: *place, sha256: patch.digest(), covered });
        }
        if !here.is_empty() {
            lazy::to(page, 0).await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// The map of the tiles, as kept in the dossier. Lengths in CSS pixels.
    pub(crate) fn map(&self) -> Value {
        json!({
            "width": self.width, "height": self.height, "scale": self.scale, "tile_height": TILE / self.scale,
            "heights_measured": self.heights, "pixels_sha256": self.pixels,
            "method": beyond::METHOD, "relayouts": self.relayouts,
            "pixels": "SHA-256 des pixels décodés de chaque tuile et de l'image : RVBA sur 8 bits, rangée après rangée",
            "drawn_apart": self.patches.iter().map(PatchFacts::json).collect::<Vec<_>>(),
            "drawn_apart_why": "cadres d'une autre origine et content-visibility: auto : dessinés seulement dans la fenêtre, donc pris la page défilée jusqu'à eux",
            "tiles": self.tiles.iter().map(TileFacts::json).collect::<Vec<_>>(),
        })
    }
}

/// Width of the window, height of the document, height of the window, in CSS pixels.
pub(super) async fn measure_all(page: &Page) -> Result<(u32, u32, u32), String> {
    let metrics = page.call("Page.getLayoutMetrics", json!({})).await.map_err(|e| e.to_string())?;
    let get = |pointer| whole(&metrics, pointer).and_then(|n| u32::try_from(n).ok());
    let width = get("/cssLayoutViewport/clientWidth").filter(|w| *w > 0).ok_or("largeur inconnue")?;
    let height = get("/cssContentSize/height").ok_or("hauteur inconnue")?;
    let window = get("/cssLayoutViewport/clientHeight").ok_or("hauteur de fenêtre inconnue")?;
    Ok((width, height, window))
}

//! What the browser does not draw outside its window: frames of other origins and `content-visibility: auto`.
//!
//! Measured on Chromium 156: a frame of another origin 20,000 px below the window is recorded, and stays empty in every
//! capture beyond the window, however often repeated; it is drawn only when the window is scrolled to it. Such places are
//! taken one by one with the page scrolled there, and put into the tile; the map of tiles lists each with its digest.
use std::time::Duration;

use dossier::Sha256Digest;
use serde_json::{Value, json};

use super::shot::{Rect, clip};
use super::tile::Tile;
use crate::cdp::whole;
use crate::page::Page;

/// The most places of one page.
const MOST: usize = 400;
/// How long a place has to be drawn once the window is there.
const DRAWN: Duration = Duration::from_millis(400);

/// Rectangles `[x, y, width, height]` in pixels of the document, of what is only drawn inside the window.
const PLACES: &str = "(() => { const out = []; \
    for (const e of document.querySelectorAll('*')) { \
      let lazy = false; \
      if (e instanceof HTMLIFrameElement) { try { lazy = e.contentDocument === null; } catch { lazy = true; } } \
      else if (getComputedStyle(e).contentVisibility === 'auto') lazy = true; \
      if (!lazy || !e.checkVisibility({visibilityProperty: true})) continue; \
      const r = e.getBoundingClientRect(); \
      if (r.width < 2 || r.height < 2 || r.bottom + scrollY <= innerHeight) continue; \
      const x = Math.max(0, Math.floor(r.left + scrollX)), y = Math.max(0, Math.floor(r.top + scrollY)); \
      out.push([x, y, Math.min(innerWidth, Math.ceil(r.right + scrollX)) - x, Math.ceil(r.bottom + scrollY) - y]); } \
    return out.slice(0, 1000); })()";

/// Whether something fixed to the window (a banner, a consent wall) lies over a point of the document.
const COVERED: &str = "(([x, y]) => { for (let e = document.elementFromPoint(x - scrollX, y - scrollY); e; e = e.parentElement) \
    { if (['fixed', 'sticky'].includes(getComputedStyle(e).position)) return true; } return false; })";

/// A place to be drawn apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// A place that was drawn apart.
#[derive(Clone, Debug)]
pub(crate) struct PatchFacts {
    pub(super) place: Place,
    pub(super) sha256: Sha256Digest,
    /// Something fixed to the window lay over it.
    pub(crate) covered: bool,
}

impl PatchFacts {
    pub(super) fn json(&self) -> Value {
        let Place { x, y, width, height } = self.place;
        json!({"x": x, "y": y, "width": width, "height": height, "pixels_sha256": self.sha256, "covered": self.covered})
    }
}

/// The places of the page, cut into bands that fit well inside the window. The second value tells that there were more
/// than are drawn.
pub(super) async fn places(page: &Page, window: u32) -> Result<(Vec<Place>, bool), String> {
    let answer = page.ask(PLACES).await.map_err(|e| e.to_string())?;
    let list = answer.as_array().cloned().unwrap_or_default();
    let mut all = Vec::new();
    for one in &list {
        let get = |i: usize| whole(one, &format!("/{i}")).and_then(|n| u32::try_from(n).ok());
        let (Some(x), Some(y), Some(width), Some(height)) = (get(0), get(1), get(2), get(3)) else { continue };
        all.extend(bands(Place { x, y, width, height }, window));
    }
    let more = all.len() > MOST;
    all.truncate(MOST);
    Ok((all, more))
}

/// Bands at most 60 % of the window high: centred, they stay clear of what is fixed to its edges.
fn bands(place: Place, window: u32) -> Vec<Place> {
    let most = (window * 3 / 5).max(1);
    let mut bands = Vec::new();
    let (mut y, end) = (place.y, place.y.saturating_add(place.height));
    while y < end && place.width > 0 {
        let height = most.min(end - y);
        bands.push(Place { y, height, ..place });
        y += height;
    }
    bands
}

/// The part of `place` inside the tile that begins at `top`.
pub(super) fn inside(place: Place, top: u32, width: u32, height: u32) -> Option<Place> {
    let y = place.y.max(top);
    let end = place.y.checked_add(place.height)?.min(top + height);
    let right = place.x.checked_add(place.width)?.min(width);
    (y < end && place.x < right).then(|| Place { x: place.x, y, width: right - place.x, height: end - y })
}

/// Draws a place with the window centred on it; tells whether something fixed to the window lay over it.
pub(super) async fn draw(page: &Page, place: Place, window: u32, scale: u32) -> Result<(Tile, bool), String> {
    let to = place.y.saturating_sub(window.saturating_sub(place.height) / 2);
    let scroll = format!("scrollTo({{top: {to}, behavior: 'instant'}})");
    page.ask(&scroll).await.map_err(|e| e.to_string())?;
    tokio::time::sleep(DRAWN).await;
    let middle = json!([place.x + place.width / 2, place.y + place.height / 2]);
    let covered = page.ask_with(COVERED, &middle).await.map_err(|e| e.to_string())?.as_bool().unwrap_or(false);
    let tile = clip(page, Rect { x: place.x, y: place.y, width: place.width, height: place.height }, scale).await?;
    Ok((tile, covered))
}

/// Puts a patch into the tile that begins at `top`.
pub(super) fn paste(tile: &mut Tile, top: u32, place: Place, patch: &Tile, scale: u32) {
    let (wide, row) = (tile.width as usize * 4, patch.width as usize * 4);
    for (i, pixels) in patch.pixels.chunks_exact(row.max(4)).enumerate() {
        let at =
            (place.y.saturating_sub(top) as usize * scale as usize + i) * wide + place.x as usize * scale as usize * 4;
        if let Some(target) = tile.pixels.get_mut(at..at + row) {
            target.copy_from_slice(pixels);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bands_cover_a_place_once(y in 0_u32..100_000, height in 0_u32..20_000, window in 240_u32..2160) {
            let place = Place { x: 3, y, width: 10, height };
            let bands = bands(place, window);
            prop_assert_eq!(bands.iter().map(|b| b.height).sum::<u32>(), height);
            prop_assert!(bands.iter().all(|b| b.height <= window));
            prop_assert!(bands.windows(2).all(|w| w[0].y + w[0].height == w[1].y));
        }
    }

    #[test]
    fn a_patch_goes_where_it_was_taken() {
        let mut tile = Tile { width: 4, height: 3, pixels: vec![0; 48] };
        let place = inside(Place { x: 1, y: 101, width: 9, height: 9 }, 100, 4, 3).unwrap();
        assert_eq!(place, Place { x: 1, y: 101, width: 3, height: 2 });
        paste(&mut tile, 100, place, &Tile { width: 3, height: 2, pixels: vec![7; 24] }, 1);
        let filled: Vec<usize> = (0..12).filter(|i| tile.pixels[i * 4] == 7).collect();
        assert_eq!(filled, [5, 6, 7, 9, 10, 11]);
        assert!(inside(place, 200, 4, 3).is_none());
    }
}

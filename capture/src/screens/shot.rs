//! One rectangle of the document, drawn by the browser and decoded.
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use tokio::task::spawn_blocking;

use super::tile::Tile;
use crate::cdp::text;
use crate::page::Page;

/// The longest wait for one picture.
const DEADLINE: Duration = Duration::from_secs(60);

/// A rectangle of the document, in CSS pixels from its top left corner, wherever the window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rect {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// The PNG of a rectangle, in base64 (`Page.captureScreenshot`). Fast compression: it is decoded at once.
pub(super) async fn shoot(page: &Page, rect: Rect) -> Result<String, String> {
    let Rect { x, y, width, height } = rect;
    let params = json!({
        "format": "png", "optimizeForSpeed": true,
        "clip": {"x": x, "y": y, "width": width, "height": height, "scale": 1},
    });
    let cdp = &page.recorder.cdp;
    let answer = cdp.call_within(Some(&page.session), "Page.captureScreenshot", params, DEADLINE).await;
    let answer = answer.map_err(|e| e.to_string())?;
    Ok(text(&answer, "/data").unwrap_or("").to_owned())
}

/// Decodes what [`shoot`] gives; takes time, so not on the runtime's own threads.
pub(super) fn decode(data: &str) -> Result<Tile, String> {
    let png = BASE64_STANDARD.decode(data).map_err(|e| e.to_string())?;
    Tile::decode(&png)
}

/// A tile has the size that was asked for.
pub(super) fn expect(tile: &Tile, rect: Rect, scale: u32) -> Result<(), String> {
    let (width, height) = (rect.width * scale, rect.height * scale);
    if (tile.width, tile.height) == (width, height) {
        return Ok(());
    }
    Err(format!("tuile de {}x{} px au lieu de {width}x{height}", tile.width, tile.height))
}

/// A rectangle of the document, decoded and of the size asked for.
pub(super) async fn clip(page: &Page, rect: Rect, scale: u32) -> Result<Tile, String> {
    let data = shoot(page, rect).await?;
    let tile = spawn_blocking(move || decode(&data)).await.map_err(|e| e.to_string())??;
    expect(&tile, rect, scale)?;
    Ok(tile)
}

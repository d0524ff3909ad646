//! A rectangle drawn by something that takes its time (the browser's viewer of PDF documents): taken once it has come to rest.
use std::time::Duration;

use super::shot::{self, Rect};
use super::tile::Tile;
use crate::page::Page;

/// How long between two looks, how many in a row must be the same, and how many there are at most.
const LOOK: Duration = Duration::from_millis(150);
const SAME: u32 = 3;
const LOOKS: u32 = 30;

/// The rectangle, when it was the same several times in a row; else as it was at the last look.
pub(super) async fn clip(page: &Page, rect: Rect, scale: u32) -> Result<Tile, String> {
    let mut last = shot::clip(page, rect, scale).await?;
    let mut same = 1;
    for _ in 0..LOOKS {
        tokio::time::sleep(LOOK).await;
        let next = shot::clip(page, rect, scale).await?;
        same = if next.pixels == last.pixels { same + 1 } else { 1 };
        last = next;
        if same >= SAME {
            break;
        }
    }
    Ok(last)
}

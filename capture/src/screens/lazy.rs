//! Scrolls through a page before its picture is taken, so that what is lazy comes, and puts it back where it stood.
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use super::page_picture::measure_all;
use crate::cdp::whole;
use crate::page::Page;

/// How often the page is gone through at most, as it grows.
const PASSES: usize = 500;
/// How often its height is looked at while its bottom waits.
const LOOK: Duration = Duration::from_millis(100);

/// Scrolls from `from` to `to` one window at a time; at each, two frames are drawn, so that what is lazy begins to load:
/// observers are told of what is in sight once in a frame. The number of stops.
const SCROLL: &str = "async ([from, to]) => { const frame = () => new Promise(r => requestAnimationFrame(r)); let n = 0; \
    const drawn = () => Promise.race([frame().then(frame), new Promise(r => setTimeout(r, 250))]); \
    for (let y = from; y < to; y += innerHeight) { scrollTo({top: y, behavior: 'instant'}); n++; await drawn(); } \
    return n; }";

/// Waits until the pictures that have come are decoded, five seconds at most.
const DECODED: &str = "Promise.race([Promise.all(Array.from(document.images).filter(i => i.complete && i.naturalWidth) \
    .map(i => i.decode().catch(() => 0))).then(() => true), new Promise(r => setTimeout(() => r(false), 5000))])";

/// Pictures that came and cannot be shown, or never came: address and rectangle in the document.
const BROKEN: &str = "(async () => { const out = []; const never = Symbol(); \
    for (const i of Array.from(document.images).slice(0, 5000)) { \
      const url = i.currentSrc || i.src; if (!url || i.naturalWidth || !i.checkVisibility()) continue; \
      if (i.complete) { const good = await Promise.race([i.decode().then(() => true, () => false), \
        new Promise(r => setTimeout(() => r(true), 1000))]); if (good) continue; } \
      const r = i.getBoundingClientRect(); \
      out.push({url: url.slice(0, 4000), came: i.complete, x: Math.round(r.left + scrollX), y: Math.round(r.top + scrollY), \
        width: Math.round(r.width), height: Math.round(r.height)}); \
      if (out.length === 100) break; } return out; })()";

/// One pass through the page.
#[derive(Debug)]
struct Pass {
    from: u32,
    to: u32,
    stops: i64,
    requests: u64,
}

/// What scrolling through a page brought.
#[derive(Debug, Default)]
pub(crate) struct Scrolled {
    /// Where the page stood: to the right, down.
    origin: (i64, i64),
    passes: Vec<Pass>,
    /// Heights before each pass, then after the last.
    pub(crate) heights: Vec<u32>,
    /// The page went on growing when the scroll ended.
    pub(crate) growing: bool,
    requests: u64,
    /// Pictures that cannot be shown, or did not come.
    pub(crate) broken: Vec<Value>,
}

impl Scrolled {
    /// Goes through the page down to `limit`, again for as long as it grows and `maximum` allows, then to its top; waits
    /// for what that brought.
    pub(crate) async fn through(page: &Page, maximum: Duration, limit: u32) -> Result<Self, String> {
        let wait = maximum.min(Duration::from_secs(10));
        let at = page.ask("[Math.round(scrollX), Math.round(scrollY)]").await.map_err(|e| e.to_string())?;
        let origin = (whole(&at, "/0").unwrap_or(0), whole(&at, "/1").unwrap_or(0));
        let mut scrolled = Self { origin, ..Self::default() };
        let mut from = 0;
        let (_, mut height, window) = measure_all(page).await?;
        let begun = requests(page);
        let end = Tick::now() + maximum;
        for _ in 0..PASSES {
            scrolled.heights.push(height);
            let before = requests(page);
            let (to, mut stops, mut y) = (height.min(limit), 0, from);
            while y < to {
                // One question stays far under its own deadline.
                let next = y.saturating_add(40_000).min(to);
                let asked = page.ask_with(SCROLL, &json!([y, next])).await.map_err(|e| e.to_string())?;
                stops += asked.as_i64().unwrap_or(0);
                y = next;
            }
            let grown = grown(page, height, wait).await?;
            scrolled.passes.push(Pass { from, to, stops, requests: requests(page).saturating_sub(before) });
            // Its last window is gone through again: what grew may stand inside it.
            from = height.saturating_sub(window);
            scrolled.growing = grown > height;
            height = grown;
            if !scrolled.growing || to >= limit || Tick::now() >= end {
                break;
            }
        }
        scrolled.heights.push(height);
        to(page, 0).await?;
        page.ask(DECODED).await.map_err(|e| e.to_string())?;
        page.complete(wait).await;
        scrolled.requests = requests(page).saturating_sub(begun);
        let broken = page.ask(BROKEN).await.map_err(|e| e.to_string())?;
        scrolled.broken = broken.as_array().cloned().unwrap_or_default();
        Ok(scrolled)
    }

    /// Puts the page back where it stood; whether it stands there.
    pub(crate) async fn restore(&self, page: &Page) -> Result<bool, String> {
        let script = "([x, y]) => { scrollTo({left: x, top: y, behavior: 'instant'}); \
            return Math.abs(scrollX - x) < 2 && Math.abs(scrollY - y) < 2; }";
        let (x, y) = self.origin;
        let there = page.ask_with(script, &json!([x, y])).await.map_err(|e| e.to_string())?;
        Ok(there.as_bool().unwrap_or(false))
    }

    /// What the journal says of it.
    pub(crate) fn json(&self) -> Value {
        let pass = |p: &Pass| json!({"from": p.from, "to": p.to, "stops": p.stops, "requests": p.requests});
        json!({
            "stood_at": {"x": self.origin.0, "y": self.origin.1}, "heights": self.heights, "requests": self.requests,
            "growing": self.growing,
            "passes": self.passes.iter().map(pass).collect::<Vec<_>>(),
        })
    }
}

/// The height of the page once it is taller than `height`, or once nothing more comes.
async fn grown(page: &Page, height: u32, wait: Duration) -> Result<u32, String> {
    let complete = page.complete(wait);
    tokio::pin!(complete);
    loop {
        tokio::select! {
            _ = &mut complete => return Ok(measure_all(page).await?.1),
            () = tokio::time::sleep(LOOK) => {
                let now = measure_all(page).await?.1;
                if now > height {
                    return Ok(now);
                }
            }
        }
    }
}

/// Scrolls to a height, at once.
pub(super) async fn to(page: &Page, y: u32) -> Result<(), String> {
    let script = format!("scrollTo({{top: {y}, behavior: 'instant'}})");
    page.ask(&script).await.map(|_| ()).map_err(|e| e.to_string())
}

fn requests(page: &Page) -> u64 {
    page.recorder.state().requests_seen
}

//! The first frame of each video: the capture had it on its pictures, and a replay pictured before it came would differ.
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use crate::frames::frames;
use crate::page::Page;

/// The longest wait for the videos of a page, in milliseconds.
const CEILING: u64 = 10_000;

/// Waits in one frame until every video that is to load has its first frame (`readyState` 2, HTML "HAVE_CURRENT_DATA") or
/// can have none; the milliseconds left are its ceiling. How many there are, and how many are ready.
const READY: &str = "(async ([left]) => { const all = Array.from(document.querySelectorAll('video')).slice(0, 200); \
    const waits = v => v.readyState < 2 && !v.error && v.networkState !== 3 && v.networkState !== 0 && \
      !(v.preload === 'none' && v.paused); \
    const end = performance.now() + left; \
    while (all.some(waits) && performance.now() < end) await new Promise(r => setTimeout(r, 50)); \
    return [all.length, all.filter(v => v.readyState >= 2).length]; })";

/// Waits for the first frames in every frame of the page; what the report says of it.
pub(super) async fn first_frames(page: &Page) -> Value {
    let begun = Tick::now();
    let (mut found, mut ready) = (0, 0);
    let (all, _) = frames(page).await;
    for frame in &all {
        let spent = u64::try_from(begun.elapsed().as_millis()).unwrap_or(CEILING);
        let left = CEILING.saturating_sub(spent);
        let argument = json!([left]);
        let question = frame.page.ask_with(READY, &argument);
        let asked = tokio::time::timeout(Duration::from_millis(left + 2_000), question);
        // A frame that does not answer has told its own story elsewhere: its videos are not waited for.
        let Ok(Ok(counts)) = asked.await else { continue };
        let count = |at: usize| counts.get(at).and_then(Value::as_u64).unwrap_or(0);
        found += count(0);
        ready += count(1);
    }
    json!({"found": found, "ready": ready, "waited_ms": u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)})
}

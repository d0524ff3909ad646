//! What is read inside the document of one frame, in an isolated world: links, dates, media, and its own description.
use serde_json::{Value, json};

use super::dates::{self, Found};
use crate::cdp::text;
use crate::page::Page;

/// Links, dates and media of a document and of its open shadow trees; every list is bounded. `document.lastModified` is not
/// read: without an answer of the server it is the hour of the reading, and nothing tells the two apart.
const READ: &str = "(() => { const links = [], times = [], metas = [], ld = [], media = []; let more = false, seen = 0; \
    const cut = (s, n) => String(s ?? '').trim().replace(/\\s+/g, ' ').slice(0, n); \
    const place = e => { const r = e.getBoundingClientRect(); return {x: Math.round(r.left + scrollX), y: Math.round(r.top + scrollY), \
      width: Math.round(r.width), height: Math.round(r.height)}; }; \
    const seconds = d => Number.isFinite(d) ? Math.round(d * 1000) : null; \
    const one = e => { switch (e.localName) { \
      case 'a': case 'area': { const href = e.href?.baseVal ?? e.href; if (!href) return; \
        if (links.length >= 10000) { more = true; return; } \
        links.push({text: cut(e.innerText || e.textContent || e.getAttribute('aria-label') || e.querySelector?.('img')?.alt, 300), \
          href: String(href).slice(0, 2000), ...place(e), shown: e.checkVisibility()}); return; } \
      case 'time': if (times.length < 1000) times.push([cut(e.getAttribute('datetime'), 200), cut(e.textContent, 200)]); return; \
      case 'meta': { const name = e.getAttribute('property') || e.getAttribute('name') || e.getAttribute('itemprop') || e.getAttribute('http-equiv'); \
        if (name && metas.length < 500) metas.push([cut(name, 200), cut(e.content, 1000)]); return; } \
      case 'script': if (e.type === 'application/ld+json' && ld.length < 50) ld.push(e.textContent.slice(0, 200000)); return; \
      case 'canvas': case 'video': case 'audio': { if (media.length >= 200) return; \
        const m = {tag: e.localName, ...place(e), shown: e.checkVisibility()}; \
        if (e.localName === 'canvas') { m.canvas_width = e.width; m.canvas_height = e.height; } \
        else { m.src = (e.currentSrc || e.src || '').slice(0, 2000); m.duration_ms = seconds(e.duration); \
          m.endless = e.duration === Infinity; m.at_ms = seconds(e.currentTime); m.paused = e.paused; m.ready = e.readyState; \
          if (e.localName === 'video') { m.video_width = e.videoWidth; m.video_height = e.videoHeight; m.poster = (e.poster || '').slice(0, 2000); } } \
        media.push(m); return; } } \
      if (e.hasAttribute('itemprop') && /date|time/i.test(e.getAttribute('itemprop')) && times.length < 1000) \
        times.push([cut(e.getAttribute('content') || e.getAttribute('datetime'), 200), cut(e.textContent, 200)]); }; \
    const walk = within => { for (const e of within.querySelectorAll('*')) { if (++seen > 500000) { more = true; return; } \
      one(e); if (e.shadowRoot) walk(e.shadowRoot); } }; \
    walk(document); \
    return {links, times, metas, ld, media, more, document: {title: cut(document.title, 1000), address: location.href.slice(0, 4000), \
      charset: document.characterSet, language: document.documentElement?.lang || null, \
      type: document.contentType, mode: document.compatMode, referrer: document.referrer.slice(0, 2000), \
      animations: document.getAnimations().filter(a => a.playState === 'running').length, \
      scroll_x: Math.round(scrollX), scroll_y: Math.round(scrollY), \
      width: document.scrollingElement?.scrollWidth ?? null, height: document.scrollingElement?.scrollHeight ?? null, \
      text: (document.body?.innerText ?? '').slice(0, 2000000)}}; })()";

/// What one document gave.
pub(super) struct Inside {
    pub(super) links: Vec<Value>,
    pub(super) more_links: bool,
    pub(super) dates: Vec<Found>,
    pub(super) media: Vec<Value>,
    pub(super) document: Value,
}

/// Reads the document of a frame.
pub(super) async fn read(frame: &Page) -> Result<Inside, String> {
    let read = frame.ask(READ).await.map_err(|e| e.to_string())?;
    let list = |key: &str| read.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let pair = |value: &Value| Some((text(value, "/0")?.to_owned(), text(value, "/1").unwrap_or_default().to_owned()));
    let mut found = Vec::new();
    for (datetime, shown) in list("times").iter().filter_map(pair) {
        found.push(Found { shown: Some(shown), ..Found::new("time", "time", &datetime) });
    }
    for (name, content) in list("metas").iter().filter_map(pair) {
        found.extend(dates::of_meta(&name, &content));
    }
    for script in list("ld").iter().filter_map(Value::as_str) {
        found.extend(dates::of_json_ld(script));
    }
    Ok(Inside {
        links: list("links"),
        more_links: read.get("more").and_then(Value::as_bool).unwrap_or(false),
        dates: found,
        media: list("media"),
        document: read.get("document").cloned().unwrap_or(json!({})),
    })
}

/// How far a document is scrolled.
pub(super) fn scroll(document: &Value) -> (f64, f64) {
    let number = |key: &str| document.get(key).and_then(Value::as_f64).unwrap_or(0.0);
    (number("scroll_x"), number("scroll_y"))
}

/// Where a medium lies in the document of the page, when it is shown; `corner` is that of its frame's document.
pub(super) fn rect(facts: &Value, corner: (f64, f64)) -> Option<[u32; 4]> {
    if facts.get("shown").and_then(Value::as_bool) != Some(true) {
        return None;
    }
    let number = |key: &str| facts.get(key).and_then(Value::as_f64);
    let (x, y) = (number("x")? + corner.0, number("y")? + corner.1);
    let (width, height) = (number("width")?, number("height")?);
    let within = x >= 0.0 && y >= 0.0 && (8.0..=4000.0).contains(&width) && (8.0..=4000.0).contains(&height);
    within.then(|| [x.round() as u32, y.round() as u32, width as u32, height as u32])
}

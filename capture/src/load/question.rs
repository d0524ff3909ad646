//! What the page is asked about its own readiness, in the isolated world, and the answer read with bounds.
use serde_json::Value;

use super::{ADDRESS, milliseconds};

/// How many fonts or images are named.
const NAMED: usize = 20;

/// Whether the document, its fonts and its images are ready, and how long ago the document last changed.
///
/// The getters are taken from the prototypes: `<form name="images">` replaces `document.images` in every world (HTML,
/// "named access on the Document object"). The observer of changes is ours, on an object the page cannot reach; images
/// inside the window are decoded as the window would, the others and those that wait to be scrolled to are not.
pub(super) const READY: &str = "(() => { \
    const own = (type, name) => Object.getOwnPropertyDescriptor(type.prototype, name).get; \
    const all = Document.prototype.querySelectorAll; \
    if (!Object.hasOwn(globalThis, 'constatLoad')) { \
      const state = {last: performance.now(), decoded: new WeakSet(), asked: new WeakSet()}; \
      new MutationObserver(() => { state.last = performance.now(); }) \
        .observe(document, {subtree: true, childList: true, attributes: true, characterData: true}); \
      Object.defineProperty(globalThis, 'constatLoad', {value: state}); } \
    const state = Object.getOwnPropertyDescriptor(globalThis, 'constatLoad').value; \
    const images = Array.from(all.call(document, 'img')).slice(0, 20000); \
    const name = i => String(i.currentSrc || i.src).slice(0, 500); \
    const here = i => { const r = i.getBoundingClientRect(); \
      return r.width > 0 && r.bottom > 0 && r.right > 0 && r.top < innerHeight && r.left < innerWidth; }; \
    const waiting = images.filter(i => !i.complete && i.loading !== 'lazy'); \
    const broken = images.filter(i => i.complete && i.naturalWidth === 0 && i.currentSrc); \
    const undecoded = images.filter(i => i.complete && i.naturalWidth > 0 && !state.decoded.has(i)).slice(0, 500) \
      .filter(here); \
    for (const i of undecoded) { if (!state.asked.has(i)) { state.asked.add(i); \
      const done = () => state.decoded.add(i); i.decode().then(done, done); } } \
    const fonts = own(Document, 'fonts').call(document); \
    const faces = []; if (fonts.status !== 'loaded') { for (const f of fonts) { \
      if (f.status === 'loading') faces.push(String(f.family).slice(0, 100)); if (faces.length >= 20) break; } } \
    return {loaded: own(Document, 'readyState').call(document) === 'complete', fonts: fonts.status === 'loaded', \
      images: waiting.length === 0 && undecoded.length === 0, dom: Math.round(performance.now() - state.last), \
      faces, waiting: waiting.concat(undecoded).slice(0, 20).map(name), broken: broken.slice(0, 20).map(name)}; })()";

/// The page's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Readiness {
    pub(super) loaded: bool,
    pub(super) fonts: bool,
    pub(super) images: bool,
    /// Milliseconds since the document last changed, or since it was first looked at.
    pub(super) dom_ms: Option<u64>,
    pub(super) fonts_pending: Vec<String>,
    pub(super) images_pending: Vec<String>,
    /// Images that came and could not be shown, or did not come.
    pub(super) broken: Vec<String>,
}

/// Reads an answer; what does not have its form is as if not ready.
pub(super) fn looked(answer: &Value) -> Readiness {
    let flag = |key: &str| answer.get(key).and_then(Value::as_bool).unwrap_or(false);
    let names = |key: &str| {
        let list = answer.get(key).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).take(NAMED).map(|name| name.chars().take(ADDRESS).collect()).collect()
    };
    Readiness {
        loaded: flag("loaded"),
        fonts: flag("fonts"),
        images: flag("images"),
        dom_ms: milliseconds(answer, "/dom"),
        fonts_pending: names("faces"),
        images_pending: names("waiting"),
        broken: names("broken"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_is_read_with_bounds_and_rubbish_is_not_ready() {
        let many: Vec<String> = (0..100).map(|n| "x".repeat(2000) + &n.to_string()).collect();
        let read = looked(&json!({"loaded": true, "fonts": 1, "dom": 12.4, "waiting": many, "faces": [3, "Lato"]}));
        assert!(read.loaded && !read.fonts && !read.images);
        assert_eq!((read.dom_ms, read.images_pending.len()), (Some(12), NAMED));
        assert!(read.images_pending.iter().all(|name| name.len() == ADDRESS));
        assert_eq!(read.fonts_pending, ["Lato"]);
        for rubbish in [json!(null), json!([]), json!("oui"), json!({"dom": -3, "waiting": 4})] {
            assert_eq!(looked(&rubbish), Readiness::default(), "{rubbish}");
        }
    }
}

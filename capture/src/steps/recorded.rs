//! The steps of a recorded flow: found by any of the ways the recorder wrote, done with real input of the browser.
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use super::click::Press;
use super::locate::Found;
use super::require::UNMET;
use super::{Failure, StepResult, form_kind};
use crate::cdp::{CdpError, text, whole};
use crate::page::Page;
use crate::scenario::{Enregistre, Geste};
use crate::session::{Running, Session};

/// Finds the elements of the first way that leads to any: those of `aria/` by their accessible name, `text/` by the smallest element
/// that holds it, `xpath/`, `pierce/` through open shadow trees, else CSS. With `count`, tells how many are as wished; else gives the
/// first that is shown, brought into the window. `foreign`: a frame of another origin, which a page's tree does not reach.
const FIND: &str = "({paths, frame, offset, bring, count, visible, attributes}) => { \
    let doc = document, win = window, dx = 0, dy = 0; \
    try { for (const i of frame) { win = win.frames[i]; const box = win.frameElement.getBoundingClientRect(); \
      dx += box.left + win.frameElement.clientLeft; dy += box.top + win.frameElement.clientTop; doc = win.document; } } \
    catch { return {foreign: true}; } \
    const shown = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.getClientRects().length > 0; \
    const plain = t => (t ?? '').replace(/\\s+/g, ' ').trim(); \
    const named = e => { const by = e.getAttribute('aria-labelledby'); \
      if (by) { const t = plain(by.split(/\\s+/).map(id => e.getRootNode().getElementById?.(id)?.textContent ?? '').join(' ')); if (t) return t; } \
      const label = e.getAttribute('aria-label'); if (plain(label)) return plain(label); \
      if (e.labels && e.labels.length) return plain(Array.from(e.labels).map(l => l.innerText).join(' ')); \
      if (e.matches('input[type=submit], input[type=button], input[type=reset]')) return plain(e.value); \
      if (e.matches('img, area, input[type=image]')) return plain(e.alt); \
      if (e.matches('input, textarea, select')) return plain(e.placeholder || e.title); \
      return plain(e.innerText ?? e.textContent) || plain(e.title); }; \
    const roles = {link: 'a[href], area[href]', button: 'button, summary, input[type=submit], input[type=button], input[type=reset]', \
      textbox: 'input:not([type]), input[type=text], input[type=email], input[type=tel], input[type=url], input[type=password], textarea', \
      searchbox: 'input[type=search]', checkbox: 'input[type=checkbox]', radio: 'input[type=radio]', combobox: 'select, input[list]', \
      listbox: 'select', option: 'option', heading: 'h1, h2, h3, h4, h5, h6', img: 'img', image: 'img', listitem: 'li', list: 'ul, ol', \
      navigation: 'nav', main: 'main', article: 'article', dialog: 'dialog', slider: 'input[type=range]', spinbutton: 'input[type=number]', \
      table: 'table', row: 'tr', cell: 'td', paragraph: 'p', banner: 'header', contentinfo: 'footer', form: 'form'}; \
    const is = (e, role) => (e.getAttribute('role') ?? '').split(/\\s+/).includes(role) || (!e.hasAttribute('role') && roles[role] && e.matches(roles[role])); \
    const under = root => Array.from(root.querySelectorAll('*')); \
    const deep = root => { const all = []; const gather = r => { for (const e of r.querySelectorAll('*')) { all.push(e); if (e.shadowRoot) gather(e.shadowRoot); } }; gather(root); return all; }; \
    const one = (root, selector) => { \
      if (selector.startsWith('xpath/')) { const found = doc.evaluate(selector.slice(6), root, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null); \
        return Array.from({length: found.snapshotLength}, (_, i) => found.snapshotItem(i)).filter(n => n.nodeType === 1); } \
      if (selector.startsWith('text/')) { const wanted = plain(selector.slice(5)); const holds = e => plain(e.textContent).includes(wanted); \
        return under(root).filter(e => !e.matches('script, style') && holds(e) && !Array.from(e.children).some(holds)); } \
      if (selector.startsWith('aria/')) { let name = selector.slice(5), role = null; \
        name = name.replace(/\\[\\s*(name|role)\\s*=\\s*([\"'])(.*?)\\2\\s*\\]/g, (_, key, quote, value) => { if (key === 'role') { role = value; return ''; } return value; }); \
        name = plain(name); const all = deep(root).filter(e => (!role || is(e, role)) && (!name || named(e) === name)); \
        const apt = all.filter(e => e.matches('a, button, input, select, textarea, summary, [role], [tabindex], h1, h2, h3, h4, h5, h6, img')); \
        return role ? all : apt.length ? apt : all.filter(e => !Array.from(e.children).some(c => named(c) === name)); } \
      if (selector.startsWith('pierce/')) return deep(root).filter(e => e.matches(selector.slice(7))); \
      return Array.from(root.querySelectorAll(selector.replace(/^css\\//, ''))); }; \
    const wished = e => (visible == null || shown(e) === visible) && (attributes ?? []).every(([k, v]) => e.getAttribute(k) === v); \
    let elements = [], faults = []; \
    for (const path of paths) { \
      try { let roots = [doc], found = []; \
        path.forEach((selector, i) => { found = roots.flatMap(root => one(root, selector)); roots = found.map(e => e.shadowRoot ?? e.contentDocument ?? e); }); \
        elements = count ? found.filter(wished) : found.filter(shown); \
      } catch (fault) { faults.push(String(fault)); elements = []; } \
      if (elements.length) break; } \
    if (count) return {count: elements.length, faults}; \
    const found = elements[0]; if (!found) return {faults}; \
    if (bring) found.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'}); \
    if (bring && win !== window) { for (let w = win; w !== window; w = w.parent) w.frameElement.scrollIntoView({block: 'nearest', inline: 'nearest', behavior: 'instant'}); \
      dx = 0; dy = 0; for (let w = win; w !== window; w = w.parent) { const box = w.frameElement.getBoundingClientRect(); dx += box.left + w.frameElement.clientLeft; dy += box.top + w.frameElement.clientTop; } } \
    const box = found.getBoundingClientRect(); \
    const r = Array.from(found.getClientRects()).find(r => r.width > 0 && r.height > 0) ?? box; \
    const inside = offset && offset[0] >= 0 && offset[1] >= 0 && offset[0] <= box.width && offset[1] <= box.height; \
    const x = inside ? box.left + offset[0] : r.left + r.width / 2, y = inside ? box.top + offset[1] : r.top + r.height / 2; \
    let hit = doc.elementFromPoint(x, y); \
    while (hit && hit.shadowRoot && hit.shadowRoot.elementFromPoint(x, y) && hit.shadowRoot.elementFromPoint(x, y) !== hit) hit = hit.shadowRoot.elementFromPoint(x, y); \
    const hosts = e => { const all = []; for (let n = e; n; n = n.parentNode ?? n.host) all.push(n); return all; }; \
    const covered = !hit || !(hosts(hit).includes(found) || hosts(found).includes(hit) || (found.labels && Array.from(found.labels).some(l => l.contains(hit)))); \
    const link = found.closest('a[href]'); \
    return {x: Math.round(x + dx), y: Math.round(y + dy), covered, tag: found.tagName.toLowerCase(), text: plain(found.innerText ?? found.value).slice(0, 300), \
      href: link ? link.href : null, type: found.type ?? null, faults}; }";

/// Gives the focus to what is at a point and takes all it holds, or sets the value of a list; tells which it did.
const FOCUS: &str = "({x, y, value}) => { \
    let e = document.elementFromPoint(x, y); let px = x, py = y; \
    for (;;) { if (!e) return {kind: 'none'}; \
      if (e.shadowRoot && e.shadowRoot.elementFromPoint(px, py) && e.shadowRoot.elementFromPoint(px, py) !== e) { e = e.shadowRoot.elementFromPoint(px, py); continue; } \
      if (e.tagName === 'IFRAME' && e.contentDocument) { const box = e.getBoundingClientRect(); px -= box.left + e.clientLeft; py -= box.top + e.clientTop; e = e.contentDocument.elementFromPoint(px, py); continue; } break; } \
    e = e.closest('input, textarea, select, [contenteditable]') ?? (e.closest('label') && e.closest('label').control) ?? e; \
    if (e.type === 'password') return {kind: 'password'}; \
    const tell = () => { e.dispatchEvent(new Event('input', {bubbles: true, composed: true})); e.dispatchEvent(new Event('change', {bubbles: true})); }; \
    if (e.matches('select')) { const option = Array.from(e.options).find(o => o.value === value) ?? Array.from(e.options).find(o => o.text.trim() === value.trim()); \
      if (!option) return {kind: 'no_option'}; e.value = option.value; tell(); return {kind: 'list'}; } \
    if (e.matches('input') && ['color', 'date', 'datetime-local', 'month', 'range', 'time', 'week'].includes(e.type)) { e.value = value; tell(); return {kind: 'set'}; } \
    e.focus(); if (e.select) { e.select(); return {kind: 'typed'}; } \
    if (e.isContentEditable) { const range = e.ownerDocument.createRange(); range.selectNodeContents(e); const s = e.ownerDocument.getSelection(); s.removeAllRanges(); s.addRange(range); return {kind: 'typed'}; } \
    return {kind: 'none'}; }";

/// Scrolls a part of the page, or the page, to a position.
const SCROLL: &str = "({x, y}) => { scrollTo({left: x, top: y, behavior: 'instant'}); return {x: Math.round(scrollX), y: Math.round(scrollY)}; }";
const SCROLL_PART: &str = "({at, x, y}) => { let e = document.elementFromPoint(at[0], at[1]); \
    while (e && !(e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)) e = e.parentElement; \
    if (!e) return null; e.scrollTo({left: x, top: y, behavior: 'instant'}); return {x: Math.round(e.scrollLeft), y: Math.round(e.scrollTop)}; }";

const AGAIN: Duration = Duration::from_millis(150);

impl Session<'_> {
    pub(crate) async fn play_recorded(&mut self, running: &Running, geste: &Geste) -> StepResult {
        let page = &running.page;
        match geste {
            Geste::Cliquer { cible, bouton, fois } => {
                let found = reach(page, cible).await?;
                self.act_on(running, found, Press { button: bouton.cdp(), times: *fois }).await
            }
            Geste::Survoler(cible) => {
                let found = reach(page, cible).await?;
                page.call("Input.dispatchMouseEvent", json!({"type": "mouseMoved", "x": found.x, "y": found.y}))
                    .await?;
                tokio::time::sleep(AGAIN).await;
                Ok(json!({"element": {"tag": found.tag, "text": found.text}}))
            }
            Geste::Changer { cible, valeur } => change(page, cible, valeur).await,
            Geste::Touche { touche, enfoncer } => self.key(running, touche, *enfoncer).await,
            Geste::Defiler { cible, x, y } => scroll(page, cible.as_ref(), (*x, *y)).await,
            Geste::AttendreElement { cible, combien, visible, attributs } => {
                let start = Tick::now();
                loop {
                    let argument = argument(cible, json!({"count": true, "visible": visible, "attributes": attributs}));
                    let found =
                        whole(&page.ask_with(FIND, &argument).await?, "/count").and_then(|n| u64::try_from(n).ok());
                    let facts = json!({"found": found, "waited_ms": waited(start)});
                    match found {
                        Some(found) if combien.holds(found) => return Ok(facts),
                        _ if start.elapsed() >= cible.delai => {
                            let why = "La page ne contient pas ce que l'étape enregistrée attend.".into();
                            return Err(Failure::Step { code: UNMET, why, facts });
                        }
                        _ => tokio::time::sleep(AGAIN).await,
                    }
                }
            }
            Geste::AttendreExpression { expression, delai } => expression_holds(page, expression, *delai).await,
            Geste::NonRepris { pourquoi, .. } => {
                Err(Failure::step("capture.not_taken_up", format!("Étape enregistrée non reprise : {pourquoi}")))
            }
            Geste::Clore => Ok(json!({})),
        }
    }

    /// A key pressed or let go, with those that are held; then what it starts.
    async fn key(&mut self, running: &Running, key: &str, down: bool) -> StepResult {
        let page = &running.page;
        // `KeyA` alone types a small letter.
        let small = key.strip_prefix("Key").filter(|one| one.len() == 1 && self.keys & 8 == 0).map(str::to_lowercase);
        let key = small.as_deref().unwrap_or_else(|| meaning(key));
        let bit = modifier(key);
        self.keys = if down { self.keys | bit } else { self.keys & !bit };
        let Some((code, number, typed)) = keyboard(key) else {
            return Err(Failure::step("capture.unknown_key", format!("La touche « {key} » n'est pas connue.")));
        };
        let typed = typed.filter(|_| down && self.keys & !8 == 0);
        let kind = match (down, &typed) {
            (false, _) => "keyUp",
            (true, Some(_)) => "keyDown",
            (true, None) => "rawKeyDown",
        };
        let mut event = json!({
            "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": self.keys,
        });
        if let Some(typed) = typed {
            event["text"] = json!(typed);
        }
        let before = page.where_am_i().await;
        if key == "Enter" && down {
            // What a form is for is judged before the key sends it.
            let here = page.ask(FOCUSED).await?;
            if let (Some(x), Some(y)) = (whole(&here, "/x"), whole(&here, "/y")) {
                form_kind::judge(page, &at(x, y), true).await?;
            }
        }
        page.call("Input.dispatchKeyEvent", event).await?;
        tokio::time::sleep(AGAIN).await;
        self.after_input(running, before, None, json!({"modifiers": self.keys})).await
    }
}

/// The middle of what has the focus.
const FOCUSED: &str = "(() => { const e = document.activeElement; if (!e || e === document.body) return null; \
    const r = e.getBoundingClientRect(); return {x: Math.round(r.left + r.width / 2), y: Math.round(r.top + r.height / 2)}; })()";

fn at(x: i64, y: i64) -> Found {
    Found { x, y, covered: false, tag: String::new(), text: String::new(), href: None, visible: true }
}

fn waited(start: Tick) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn argument(cible: &Enregistre, more: Value) -> Value {
    let offset = cible.decalage.map(|(x, y)| [x, y]);
    let base = json!({"paths": cible.chemins, "frame": cible.cadre, "offset": offset, "bring": true, "count": false});
    crate::session::merged(base, more)
}

/// The element, in the window and not covered, within the time that was recorded for it.
async fn reach(page: &Page, cible: &Enregistre) -> Result<Found, Failure> {
    let start = Tick::now();
    loop {
        let answer = page.ask_with(FIND, &argument(cible, json!({}))).await;
        let answer = match answer {
            Err(error @ CdpError::Closed { .. }) => return Err(error.into()),
            other => other.unwrap_or(Value::Null),
        };
        let covered = answer.get("covered").and_then(Value::as_bool).unwrap_or(false);
        let word = |pointer| text(&answer, pointer).unwrap_or_default().to_owned();
        if let (Some(x), Some(y), false) = (whole(&answer, "/x"), whole(&answer, "/y"), covered) {
            let href = text(&answer, "/href").map(str::to_owned);
            return Ok(Found { x, y, covered, tag: word("/tag"), text: word("/text"), href, visible: true });
        }
        if start.elapsed() >= cible.delai {
            return Err(match (covered, answer.get("foreign").is_some()) {
                (true, _) => Failure::step(
                    "capture.element_covered",
                    "L'élément est recouvert par un autre : un clic l'aurait manqué.",
                ),
                (_, true) => Failure::step(
                    "capture.element_missing",
                    "L'élément est dans un cadre qui n'existe pas, ou d'une autre origine que la page.",
                ),
                (false, false) => Failure::Step {
                    code: "capture.element_missing",
                    why: "Aucun des chemins enregistrés ne mène à un élément affiché.".into(),
                    facts: json!({"selector_faults": answer.get("faults")}),
                },
            });
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn change(page: &Page, cible: &Enregistre, value: &str) -> StepResult {
    let found = reach(page, cible).await?;
    let form = form_kind::judge(page, &found, true).await?;
    let done = page.ask_with(FOCUS, &json!({"x": found.x, "y": found.y, "value": value})).await?;
    let kind = text(&done, "/kind").unwrap_or("none");
    match kind {
        "typed" => {
            page.call("Input.insertText", json!({"text": value})).await?;
        }
        "list" | "set" => {}
        "password" => {
            let why =
                "Le champ est un mot de passe : il ne se rejoue pas depuis un enregistrement, qui est annexé à l'acte.";
            return Err(Failure::step("capture.recorded_secret", why));
        }
        "no_option" => return Err(Failure::step("capture.element_missing", "La liste n'a pas cette valeur.")),
        _ => return Err(Failure::step("capture.element_missing", "Le champ n'accepte pas de saisie.")),
    }
    Ok(json!({"element": {"tag": found.tag}, "form": form, "how": kind}))
}

async fn scroll(page: &Page, cible: Option<&Enregistre>, (x, y): (i64, i64)) -> StepResult {
    let reached = match cible {
        None => page.ask_with(SCROLL, &json!({"x": x, "y": y})).await?,
        Some(cible) => {
            let found = reach(page, cible).await?;
            page.ask_with(SCROLL_PART, &json!({"at": [found.x, found.y], "x": x, "y": y})).await?
        }
    };
    tokio::time::sleep(AGAIN).await;
    Ok(json!({"reached": reached}))
}

async fn expression_holds(page: &Page, expression: &str, limit: Duration) -> StepResult {
    let start = Tick::now();
    loop {
        let answer = page.ask(&format!("Boolean({expression})")).await;
        let said = match answer {
            Ok(Value::Bool(true)) => return Ok(json!({"waited_ms": waited(start)})),
            Ok(_) => "elle est restée fausse".to_owned(),
            Err(CdpError::Refused { message, .. }) => message,
            Err(error) => return Err(error.into()),
        };
        if start.elapsed() >= limit {
            let why = format!("L'expression attendue n'est pas devenue vraie : {said}.");
            return Err(Failure::Step { code: UNMET, why, facts: json!({"waited_ms": waited(start)}) });
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// The bit of `Input.dispatchKeyEvent` for a key that modifies others.
fn modifier(key: &str) -> u8 {
    match key {
        "Alt" => 1,
        "Control" => 2,
        "Meta" => 4,
        "Shift" => 8,
        _ => 0,
    }
}

/// `KeyboardEvent.code`, the virtual key of Windows, and what the key types.
fn keyboard(key: &str) -> Option<(String, u32, Option<String>)> {
    let named =
        |code: &str, number: u32, typed: Option<&str>| Some((code.to_owned(), number, typed.map(str::to_owned)));
    match key {
        "Enter" => named("Enter", 13, Some("\r")),
        "Tab" => named("Tab", 9, None),
        "Escape" => named("Escape", 27, None),
        "Backspace" => named("Backspace", 8, None),
        "Delete" => named("Delete", 46, None),
        "Insert" => named("Insert", 45, None),
        "ArrowLeft" => named("ArrowLeft", 37, None),
        "ArrowUp" => named("ArrowUp", 38, None),
        "ArrowRight" => named("ArrowRight", 39, None),
        "ArrowDown" => named("ArrowDown", 40, None),
        "Home" => named("Home", 36, None),
        "End" => named("End", 35, None),
        "PageUp" => named("PageUp", 33, None),
        "PageDown" => named("PageDown", 34, None),
        "Shift" => named("ShiftLeft", 16, None),
        "Control" => named("ControlLeft", 17, None),
        "Alt" => named("AltLeft", 18, None),
        "Meta" => named("MetaLeft", 91, None),
        "CapsLock" => named("CapsLock", 20, None),
        "ContextMenu" => named("ContextMenu", 93, None),
        " " => named("Space", 32, Some(" ")),
        _ => other_key(key),
    }
}

/// A key by its meaning, where the recorder names the place it has on the keyboard.
fn meaning(key: &str) -> &str {
    let place = key.strip_prefix("Key").or_else(|| key.strip_prefix("Digit")).or_else(|| key.strip_prefix("Numpad"));
    if let Some(one) = place.filter(|one| one.len() == 1 && one.bytes().all(|b| b.is_ascii_alphanumeric())) {
        return one;
    }
    match key {
        "Space" => " ",
        "NumpadEnter" | "\r" | "\n" => "Enter",
        "ShiftLeft" | "ShiftRight" => "Shift",
        "ControlLeft" | "ControlRight" => "Control",
        "AltLeft" | "AltRight" => "Alt",
        "MetaLeft" | "MetaRight" => "Meta",
        "NumpadAdd" => "+",
        "Minus" | "NumpadSubtract" => "-",
        "NumpadMultiply" => "*",
        "Slash" | "NumpadDivide" => "/",
        "Period" | "NumpadDecimal" => ".",
        "Equal" | "NumpadEqual" => "=",
        "Comma" => ",",
        "Semicolon" => ";",
        "Quote" => "'",
        "Backquote" => "`",
        "Backslash" => "\\",
        "BracketLeft" => "[",
        "BracketRight" => "]",
        other => other,
    }
}

/// Keys of functions, and those that type one character.
fn other_key(key: &str) -> Option<(String, u32, Option<String>)> {
    if let Some(number) = key.strip_prefix('F').and_then(|n| n.parse::<u32>().ok()).filter(|n| (1..=24).contains(n)) {
        return Some((key.to_owned(), 111 + number, None));
    }
    let mut characters = key.chars();
    let (character, None) = (characters.next()?, characters.next()) else {
        // Keys of sound, of a keypad's lock, of a language: they type nothing.
        return key.bytes().all(|b| b.is_ascii_alphanumeric()).then(|| (key.to_owned(), 0, None));
    };
    let upper = character.to_ascii_uppercase();
    let (code, number) = match upper {
        'A'..='Z' => (format!("Key{upper}"), u32::from(upper)),
        '0'..='9' => (format!("Digit{upper}"), u32::from(upper)),
        _ => (String::new(), 0),
    };
    Some((code, number, Some(key.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_dom() {
        assert_eq!(keyboard("a"), Some(("KeyA".into(), 65, Some("a".into()))));
        assert_eq!(keyboard("F5"), Some(("F5".into(), 116, None)));
        assert_eq!(keyboard("F").unwrap().0, "KeyF");
        assert_eq!(keyboard("é").unwrap().2.as_deref(), Some("é"));
        assert_eq!((keyboard("pas une touche"), modifier("Shift")), (None, 8));
        assert_eq!((meaning("NumpadEnter"), meaning("Digit7"), meaning("Tab")), ("Enter", "7", "Tab"));
        assert_eq!(keyboard("AudioVolumeUp"), Some(("AudioVolumeUp".into(), 0, None)));
    }
}

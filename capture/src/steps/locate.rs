//! Finds an element the way a person does: by what is written on it, by its role and name, or by a CSS selector; says where it is.
use serde_json::{Value, json};

use crate::cdp::{CdpError, text, whole};
use crate::page::Page;
use crate::scenario::Cible;

/// Gives `{x, y, covered, tag, text, href}` of the element, scrolled to the middle of the window, or `null`.
/// Coordinates are whole CSS pixels inside the window.
const LOCATE: &str = "({selecteur, texte, mentions, bring}) => { \
    const shown = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.getClientRects().length > 0; \
    const words = e => (e instanceof HTMLInputElement ? e.value : (e.innerText ?? e.textContent ?? '')).replace(/\\s+/g, ' ').trim(); \
    let found = null; \
    if (selecteur) { found = Array.from(document.querySelectorAll(selecteur)).find(shown) ?? null; } \
    else if (mentions) { \
      const links = Array.from(document.querySelectorAll('a[href]')).filter(shown); \
      const plain = t => t.normalize('NFD').replace(/[\\u0300-\\u036f]/g, '').toLowerCase(); \
      const path = e => { try { return plain(decodeURIComponent(e.pathname + e.hash)); } catch { return plain(e.pathname); } }; \
      for (const part of mentions) { found ??= links.find(e => plain(words(e)).includes(part)) ?? null; } \
      for (const part of mentions) { found ??= links.find(e => path(e).replace(/[-_+. ]+/g, ' ').includes(part)) ?? null; } \
      found ??= links.find(e => plain(words(e)) === 'legal') ?? null; } \
    else { const wanted = texte.replace(/\\s+/g, ' ').trim(); const all = []; \
      const gather = root => { for (const e of root.querySelectorAll('*')) { all.push(e); } }; gather(document); \
      const size = e => { const r = e.getBoundingClientRect(); return r.width * r.height; }; \
      const pick = test => all.filter(e => test(words(e)) && shown(e)).sort((a, b) => words(a).length - words(b).length || size(a) - size(b))[0]; \
      found = pick(t => t === wanted) ?? pick(t => t.length < 2000 && t.includes(wanted)) ?? null; } \
    return found ? measured(found, bring) : null; }";

/// Where an element stands, and what it says; `null` when it is not shown. It is kept in the isolated world as the one found last.
const MEASURED: &str = "(found, bring) => { \
    if (!(found instanceof Element) || !found.checkVisibility({opacityProperty: true, visibilityProperty: true}) || found.getClientRects().length === 0) return null; \
    const words = e => (e instanceof HTMLInputElement ? e.value : (e.innerText ?? e.textContent ?? '')).replace(/\\s+/g, ' ').trim(); \
    globalThis.constatFound = found; \
    if (bring) found.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'}); \
    const r = Array.from(found.getClientRects()).find(r => r.width > 0 && r.height > 0) ?? found.getBoundingClientRect(); \
    const x = Math.round(r.left + r.width / 2), y = Math.round(r.top + r.height / 2); \
    let hit = document.elementFromPoint(x, y); \
    while (hit && hit.shadowRoot) { const i = hit.shadowRoot.elementFromPoint(x, y); if (!i || i === hit) break; hit = i; } \
    const link = found.closest('a[href]'); \
    const covered = !hit || !(found === hit || found.contains(hit) || hit.contains(found) || (found.labels && Array.from(found.labels).some(l => l.contains(hit)))); \
    return {x, y, covered, tag: found.tagName.toLowerCase(), text: words(found).slice(0, 300), href: link ? link.href : null, \
      visible: r.bottom > 0 && r.top < innerHeight}; }";

/// What a link to a legal notice calls itself, without accents, the surest first.
const LEGAL_NOTICE: &[&str] = &[
    "mentions legales",
    "mention legale",
    "informations legales",
    "legal notice",
    "legal information",
    "impressum",
    "imprint",
    "aviso legal",
    "note legali",
    "juridische kennisgeving",
];

/// An element that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) covered: bool,
    pub(super) tag: String,
    pub(super) text: String,
    pub(super) href: Option<String>,
    /// Whether it is inside the window.
    pub(super) visible: bool,
}

/// Looks for an element; `bring` scrolls it to the middle of the window.
pub(super) async fn locate(page: &Page, cible: &Cible, bring: bool) -> Result<Option<Found>, CdpError> {
    let answer = match argument(cible, bring) {
        Some(argument) => {
            page.ask(&format!("(() => {{ const measured = {MEASURED}; return ({LOCATE})({argument}); }})()")).await?
        }
        None => by_role(page, cible, bring).await?.into_iter().next().unwrap_or(Value::Null),
    };
    Ok(found(&answer))
}

/// What [`LOCATE`] is asked; `None` when it is the accessibility tree that knows.
fn argument(cible: &Cible, bring: bool) -> Option<Value> {
    match cible {
        Cible::Selecteur(selecteur) => Some(json!({"selecteur": selecteur, "bring": bring})),
        Cible::Texte(texte) => Some(json!({"texte": texte, "bring": bring})),
        Cible::MentionsLegales => Some(json!({"mentions": LEGAL_NOTICE, "bring": bring})),
        Cible::Role { .. } => None,
    }
}

/// The visible elements of a role and a name, as the browser's own accessibility tree has them (Core-AAM, accname): those whose name
/// is this one, else those whose name contains it. Each as [`MEASURED`] gives it.
pub(super) async fn by_role(page: &Page, cible: &Cible, bring: bool) -> Result<Vec<Value>, CdpError> {
    /// Elements looked at.
    const MOST: usize = 200;
    let Cible::Role { role, nom } = cible else { return Ok(Vec::new()) };
    let document = page.call("DOM.getDocument", json!({"depth": 0})).await?;
    let root = whole(&document, "/root/nodeId").unwrap_or(0);
    let tree = page.call("Accessibility.queryAXTree", json!({"nodeId": root, "role": role})).await?;
    let wanted = plain(nom);
    let named = |node: &Value, test: &dyn Fn(&str) -> bool| test(&plain(text(node, "/name/value").unwrap_or("")));
    let nodes: Vec<&Value> = tree.get("nodes").and_then(Value::as_array).into_iter().flatten().collect();
    let exact: Vec<&Value> = nodes.iter().copied().filter(|node| named(node, &|name| name == wanted)).collect();
    let holding = || nodes.iter().copied().filter(|node| named(node, &|name| name.contains(&wanted))).collect();
    let chosen: Vec<&Value> = if exact.is_empty() { holding() } else { exact };
    let world = json!({"frameId": page.frame, "worldName": "constat", "grantUniveralAccess": false});
    let world = page.call("Page.createIsolatedWorld", world).await?;
    let context = whole(&world, "/executionContextId").unwrap_or(0);
    let mut all = Vec::new();
    for node in chosen.into_iter().take(MOST) {
        let Some(id) = whole(node, "/backendDOMNodeId") else { continue };
        let asked = json!({"backendNodeId": id, "executionContextId": context});
        // An element of another document, or one that is gone meanwhile.
        let Ok(object) = page.call("DOM.resolveNode", asked).await else { continue };
        let function = format!("function(bring) {{ const measured = {MEASURED}; return measured(this, bring); }}");
        let called = json!({
            "functionDeclaration": function, "objectId": text(&object, "/object/objectId"), "returnByValue": true,
            "arguments": [{"value": bring && all.is_empty()}],
        });
        let answer = page.call("Runtime.callFunctionOn", called).await?;
        all.extend(answer.pointer("/result/value").filter(|value| value.is_object()).cloned());
    }
    Ok(all)
}

/// A name with its white space made one.
fn plain(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn found(answer: &Value) -> Option<Found> {
    let word = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
    let flag = |key: &str| answer.get(key).and_then(Value::as_bool).unwrap_or(false);
    Some(Found {
        x: whole(answer, "/x")?,
        y: whole(answer, "/y")?,
        covered: flag("covered"),
        tag: word("tag").unwrap_or_default(),
        text: word("text").unwrap_or_default(),
        href: word("href"),
        visible: flag("visible"),
    })
}

//! Finds an element the way a person does: by what is written on it, or by a CSS selector; and says where it is.
use serde_json::{Value, json};

use crate::cdp::CdpError;
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
    if (!found) return null; \
    if (bring) found.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'}); \
    const r = Array.from(found.getClientRects()).find(r => r.width > 0 && r.height > 0) ?? found.getBoundingClientRect(); \
    const x = Math.round(r.left + r.width / 2), y = Math.round(r.top + r.height / 2); \
    const hit = document.elementFromPoint(x, y); const link = found.closest('a[href]'); \
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
    let argument = match cible {
        Cible::Selecteur(selecteur) => json!({"selecteur": selecteur, "bring": bring}),
        Cible::Texte(texte) => json!({"texte": texte, "bring": bring}),
        Cible::MentionsLegales => json!({"mentions": LEGAL_NOTICE, "bring": bring}),
    };
    let answer = page.ask_with(LOCATE, &argument).await?;
    let word = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
    let flag = |key: &str| answer.get(key).and_then(Value::as_bool).unwrap_or(false);
    let (Some(x), Some(y)) = (crate::cdp::whole(&answer, "/x"), crate::cdp::whole(&answer, "/y")) else {
        return Ok(None);
    };
    Ok(Some(Found {
        x,
        y,
        covered: flag("covered"),
        tag: word("tag").unwrap_or_default(),
        text: word("text").unwrap_or_default(),
        href: word("href"),
        visible: flag("visible"),
    }))
}

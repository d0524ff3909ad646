//! `deplier`: every button that shows more of the page is pressed, one after the other, counted, and what is left is told.
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::click::press;
use super::locate::Found;
use super::{Failure, StepResult};
use crate::cdp::{text, whole};
use crate::scenario::Depliage;
use crate::session::{Running, Session};

/// What such a button says, without accents or numbers, in the languages of the networks that are captured most.
const MORE: &[&str] = &[
    "voir plus",
    "afficher plus",
    "voir la suite",
    "afficher la suite",
    "lire la suite",
    "en voir plus",
    "plus de commentaires",
    "plus de reponses",
    "autres commentaires",
    "autres reponses",
    "commentaires precedents",
    "reponses precedentes",
    "afficher reponse",
    "voir reponse",
    "afficher les reponses",
    "voir les reponses",
    "afficher commentaire",
    "voir commentaire",
    "afficher les commentaires",
    "voir les commentaires",
    "voir les messages",
    "charger plus",
    "see more",
    "show more",
    "view more",
    "load more",
    "read more",
    "more comments",
    "more replies",
    "view replies",
    "view reply",
    "show reply",
    "show replies",
    "previous comments",
    "previous replies",
    "all comments",
    "view all",
    "mehr anzeigen",
    "mehr ansehen",
    "weitere kommentare",
    "weitere antworten",
    "ver mas",
    "mostrar mas",
    "mas comentarios",
    "mas respuestas",
    "mostra altro",
    "altri commenti",
    "altre risposte",
    "ver mais",
    "mostrar mais",
    "meer weergeven",
];
/// How many pages a click may take to settle.
const SETTLE: Duration = Duration::from_secs(8);
/// How long what a click starts may take to begin.
const BEGIN: Duration = Duration::from_millis(120);
/// How long the network rests before what a click brought is there.
const REST: Duration = Duration::from_millis(150);

/// The next button, brought to the middle of the window: `{x, y, covered, text, tag}`, or `null`; with `count`, how many are left.
/// With `band`, among those that stand between these heights of the window, and nothing is scrolled. A link that leaves the page is none; nor is one that a click left as it was (`spent`, by the mark of its place).
const NEXT: &str = "({words, spent, count, band}) => { \
    const shown = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.getClientRects().length > 0; \
    const plain = t => (t ?? '').normalize('NFD').replace(/[\\u0300-\\u036f]/g, '').replace(/\\s+/g, ' ').trim().toLowerCase(); \
    const all = []; const gather = root => { for (const e of root.querySelectorAll('*')) { all.push(e); if (e.shadowRoot) gather(e.shadowRoot); } }; gather(document); \
    const says = e => plain(e instanceof HTMLInputElement ? e.value : (e.innerText || e.getAttribute('aria-label') || e.textContent)); \
    const pressed = e => e.matches('button, summary, [role=button], [onclick], [aria-expanded=false], input[type=button], input[type=submit]') \
      || (e.matches('a') && (!e.hasAttribute('href') || /^(#|javascript:)/.test(e.getAttribute('href')))) \
      || (e.children.length === 0 && getComputedStyle(e).cursor === 'pointer' && !e.closest('a[href], button, summary, [role=button]')); \
    const mark = e => { const at = []; for (let n = e; n && n.parentElement; n = n.parentElement) at.push(Array.prototype.indexOf.call(n.parentElement.children, n)); return at.join('.') + ' ' + says(e); }; \
    const open = e => e.matches('summary') && e.parentElement instanceof HTMLDetailsElement && e.parentElement.open; \
    const inside = e => { if (!band) return true; const r = e.getBoundingClientRect(); return r.top >= band[0] && r.bottom <= band[1] && r.right > 0 && r.left < innerWidth; }; \
    const bare = t => t.replace(/\\d[\\d.,]*/g, ' ').replace(/\\s+/g, ' '); \
    const left = all.filter(e => { const t = bare(says(e)); return t && t.length < 120 && words.some(w => w[0] === '=' ? t.trim() === w.slice(1) : t.includes(w)) && pressed(e) && shown(e) && inside(e) && !e.disabled && !open(e) && !spent.includes(mark(e)); }); \
    if (count) return left.length; \
    const found = left[0]; if (!found) return null; \
    if (!band) found.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'}); \
    const r = Array.from(found.getClientRects()).find(r => r.width > 0 && r.height > 0) ?? found.getBoundingClientRect(); \
    const x = Math.round(r.left + r.width / 2), y = Math.round(r.top + r.height / 2); \
    let hit = document.elementFromPoint(x, y); while (hit && hit.shadowRoot && hit.shadowRoot.elementFromPoint(x, y) && hit.shadowRoot.elementFromPoint(x, y) !== hit) hit = hit.shadowRoot.elementFromPoint(x, y); \
    const covered = !hit || !(found === hit || found.contains(hit) || hit.contains(found)); \
    return {x, y, covered, tag: found.tagName.toLowerCase(), text: says(found).slice(0, 120), mark: mark(found), \
      size: all.length, height: document.scrollingElement.scrollHeight, words: document.body.innerText.length}; }";

/// How much there is of the page.
const SIZE: &str = "(() => { let n = 0; const gather = root => { for (const e of root.querySelectorAll('*')) { n++; if (e.shadowRoot) gather(e.shadowRoot); } }; \
    gather(document); return {size: n, height: document.scrollingElement.scrollHeight, words: document.body.innerText.length}; })()";

impl Session<'_> {
    pub(crate) async fn unfold(&mut self, running: &Running, depliage: &Depliage) -> StepResult {
        let page = &running.page;
        let words: Vec<String> = match &depliage.texte {
            Some(texte) => vec![super::form_kind::plain(texte)],
            None => known_words(&[]),
        };
        let (mut clicks, mut spent, mut covered) = (0_u32, Vec::<String>::new(), 0_u32);
        let mut said: BTreeMap<String, u32> = BTreeMap::new();
        let (_, _, loader) = page.where_am_i().await;
        while clicks < depliage.maximum {
            let next =
                page.ask_with(NEXT, &json!({"words": words, "spent": spent, "count": false, "band": null})).await?;
            let Some(button) = button(&next) else { break };
            let mark = text(&next, "/mark").unwrap_or_default().to_owned();
            if button.covered {
                covered += 1;
                spent.push(mark);
                continue;
            }
            press(page, &button).await?;
            clicks += 1;
            *said.entry(button.text.clone()).or_default() += 1;
            tokio::time::sleep(BEGIN).await;
            let load = page.complete(SETTLE.min(self.plan.scenario.limites.page)).await;
            if load.lost() || page.where_am_i().await.2 != loader {
                let why = format!("Un clic sur « {} » a quitté la page ou l'a perdue.", button.text);
                return Err(Failure::Step { code: "capture.navigation", why, facts: json!({"clicks": clicks}) });
            }
            let now = page.ask(SIZE).await?;
            if ["/size", "/height", "/words"].iter().all(|part| whole(&now, part) == whole(&next, part)) {
                spent.push(mark);
            }
        }
        let left = page.ask_with(NEXT, &json!({"words": words, "spent": [], "count": true, "band": null})).await?;
        let left = left.as_u64();
        let facts =
            json!({"clicks": clicks, "buttons": said, "without_effect": spent.len(), "covered": covered, "left": left});
        if left.is_some_and(|left| left > 0) {
            let what = "Des boutons qui en montrent davantage restent sur la page : elle n'est pas dépliée en entier.";
            self.warn("capture.unfold_rest", what, &format!("{} après {clicks} clics", left.unwrap_or_default()))?;
        }
        Ok(facts)
    }
}

/// The words known, and others.
pub(super) fn known_words(more: &[String]) -> Vec<String> {
    MORE.iter().map(|&word| word.to_owned()).chain(more.iter().map(|word| super::form_kind::plain(word))).collect()
}

/// Presses the buttons that show more and stand between two heights of the window, at most `most`; how many were pressed.
/// One that changes nothing is not pressed twice.
pub(super) async fn unfold_within(
    page: &crate::page::Page,
    words: &[String],
    band: (i64, i64),
    most: u32,
    said: &mut BTreeMap<String, u32>,
) -> Result<u32, super::Failure> {
    let (mut clicks, mut spent) = (0, Vec::<String>::new());
    while clicks < most {
        let asked = json!({"words": words, "spent": spent, "count": false, "band": [band.0, band.1]});
        let next = page.ask_with(NEXT, &asked).await?;
        let Some(button) = button(&next) else { break };
        let mark = text(&next, "/mark").unwrap_or_default().to_owned();
        if button.covered {
            spent.push(mark);
            continue;
        }
        press(page, &button).await?;
        clicks += 1;
        *said.entry(button.text.clone()).or_default() += 1;
        tokio::time::sleep(BEGIN).await;
        page.rest(REST, SETTLE).await;
        let now = page.ask(SIZE).await?;
        if ["/size", "/height", "/words"].iter().all(|part| whole(&now, part) == whole(&next, part)) {
            spent.push(mark);
        }
    }
    Ok(clicks)
}

fn button(answer: &Value) -> Option<Found> {
    let word = |pointer| text(answer, pointer).unwrap_or_default().to_owned();
    Some(Found {
        x: whole(answer, "/x")?,
        y: whole(answer, "/y")?,
        covered: answer.get("covered").and_then(Value::as_bool).unwrap_or(true),
        tag: word("/tag"),
        text: word("/text"),
        href: None,
        visible: true,
    })
}

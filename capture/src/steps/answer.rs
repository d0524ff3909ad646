//! `repondre`: the choice that the scenario makes at a wall: a button of it is pressed, wherever it stands; what asks whether one is a
//! robot is never answered.
use std::time::Duration;

use dossier::{Outcome, op};
use serde_json::{Value, json};

use super::locate::Found;
use super::{Failure, StepResult, form_kind};
use crate::cdp::{text, whole};
use crate::frames::{Frame, frames};
use crate::session::{Running, Session, merged};
use crate::steps::click::{Press, press_with};
use crate::walls::{Wall, WallKind, walls};

/// A step that would answer a check against robots.
pub(crate) const ROBOT: &str = "capture.wall_robot";
/// Why it does not.
pub(super) const NEVER_ANSWERED: &str =
    "Ce bouton répond à un contrôle destiné à écarter les robots : le constat n'y répond pas.";

/// The smallest element of a frame that says this, where it stands in that frame.
const BUTTON: &str = "wanted => { \
    const plain = t => (t ?? '').normalize('NFD').replace(/[\\u0300-\\u036f]/g, '').replace(/[\\u2019]/g, \"'\").replace(/\\s+/g, ' ').trim().toLowerCase(); \
    const shown = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.getClientRects().length > 0; \
    const all = []; const gather = root => { for (const e of root.querySelectorAll('*')) { all.push(e); if (e.shadowRoot) gather(e.shadowRoot); } }; gather(document); \
    const says = e => plain(e instanceof HTMLInputElement ? e.value : (e.innerText || e.getAttribute('aria-label'))); \
    const left = all.filter(e => e.matches('button, [role=button], input, a, summary, label, [role=checkbox], div, span') && says(e) === wanted && shown(e)); \
    const e = left.find(e => e.matches('button, [role=button], input, a, summary')) ?? left[left.length - 1]; if (!e) return null; \
    e.scrollIntoView({block: 'nearest', inline: 'nearest', behavior: 'instant'}); const r = e.getBoundingClientRect(); \
    return {x: Math.round(r.left + r.width / 2), y: Math.round(r.top + r.height / 2), tag: e.localName, text: says(e).slice(0, 120)}; }";

impl Session<'_> {
    pub(crate) async fn answer_wall(&mut self, running: &Running, button: &str) -> StepResult {
        let page = &running.page;
        let wanted = form_kind::plain(button);
        let all = walls(page).await;
        let robot = all.iter().find(|w| w.kind == WallKind::Robot && w.buttons.iter().any(|b| b.contains(&wanted)));
        if let Some(wall) = robot {
            return Err(Failure::Step { code: ROBOT, why: NEVER_ANSWERED.into(), facts: wall.json() });
        }
        let wall = all.iter().find(|wall| wall.buttons.contains(&wanted));
        let Some(wall) = wall else {
            let seen: Vec<String> =
                all.iter().map(|w| format!("{} ({})", w.kind.name(), w.buttons.join(", "))).collect();
            let why = format!("Aucun panneau de la page n'a de bouton « {button} ».");
            return Err(Failure::Step { code: "capture.element_missing", why, facts: json!({"walls": seen}) });
        };
        let Some(found) = self.in_frames(running, wall, &wanted).await else {
            let why = format!("Le bouton « {button} » n'a pas pu être atteint.");
            return Err(Failure::Step { code: "capture.element_missing", why, facts: wall.json() });
        };
        let before = page.where_am_i().await;
        let first = self.wall_picture(running, "panneau").await?;
        press_with(page, &found, Press::LEFT).await?;
        tokio::time::sleep(Duration::from_millis(400)).await;
        let facts = json!({"wall": wall.json(), "button": button});
        let facts = self.after_input(running, before, None, facts).await?;
        let there = walls(page).await.into_iter().any(|now| now.kind == wall.kind && now.blocking);
        let after = self.wall_picture(running, "choix").await?;
        let data = json!({
            "step": self.step, "kind": wall.kind.name(), "button": button, "by": "scenario", "still_there": there,
            "before": first, "after": after,
        });
        let outcome = if there { Outcome::Deviation } else { Outcome::Ok };
        self.dossier.record(op::PAGE_WALL_CHOICE, outcome, data)?;
        if there {
            let what = "Le panneau est encore affiché après le choix fait par le scénario.";
            self.warn("capture.wall_stays", what, button)?;
        }
        Ok(merged(facts, json!({"still_there": there})))
    }

    /// The button, in window coordinates.
    async fn in_frames(&self, running: &Running, wall: &Wall, wanted: &str) -> Option<Found> {
        let (all, _) = frames(&running.page).await;
        let at_home = |frame: &&Frame| match &wall.frame {
            Some(url) => frame.url == *url,
            None => frame.is_main(),
        };
        for frame in all.iter().filter(at_home) {
            let Ok(answer) = frame.page.ask_with(BUTTON, &json!(wanted)).await else { continue };
            let (Some(x), Some(y)) = (whole(&answer, "/x"), whole(&answer, "/y")) else { continue };
            let (left, top) = if frame.is_main() { (0.0, 0.0) } else { frame.corner(&all).await? };
            let word = |pointer| text(&answer, pointer).unwrap_or_default().to_owned();
            return Some(Found {
                x: x + left.round() as i64,
                y: y + top.round() as i64,
                covered: false,
                tag: word("/tag"),
                text: word("/text"),
                href: answer.get("href").and_then(Value::as_str).map(str::to_owned),
                visible: true,
            });
        }
        None
    }
}

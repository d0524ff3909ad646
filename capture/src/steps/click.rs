//! `cliquer` and `attendre`: real mouse events, and what came of them.
use std::time::Duration;

use dossier::{Outcome, op};
use serde_json::json;
use tokio::time::Instant as Tick;

use super::answer::{NEVER_ANSWERED, ROBOT};
use super::go::Arrival;
use super::locate::{Found, locate};
use super::{Failure, StepResult, form_kind};
use crate::cdp::{CdpError, text};
use crate::page::Page;
use crate::scenario::{Attendu, Attente, Cible};
use crate::session::{Running, Session, merged};
use crate::telephone::Imitation;
use crate::walls::{WallKind, robot_at, walls};

/// How long an element that is not there yet is looked for.
const APPEAR: Duration = Duration::from_secs(5);

impl Session<'_> {
    pub(crate) async fn click(&mut self, running: &Running, cible: &Cible) -> StepResult {
        let found = ready(&running.page, cible).await?;
        self.act_on(running, found, Press::LEFT).await
    }

    /// Presses a button of the pointer on an element, and tells what came of it.
    pub(super) async fn act_on(&mut self, running: &Running, found: Found, press: Press) -> StepResult {
        let page = &running.page;
        let before = page.where_am_i().await;
        let form = form_kind::judge(page, &found, false).await?;
        // Whether that form connects is known by what the page shows next.
        let login = text(&form, "/kind") == Some("login");
        press_with(page, &found, press).await?;
        let facts = json!({
            "element": {"tag": found.tag, "text": found.text, "href": found.href, "x": found.x, "y": found.y},
            "form": form,
        });
        // What the click starts begins within this time: timers of the page, then the network.
        tokio::time::sleep(Duration::from_millis(250)).await;
        let facts = self.after_input(running, before, Some(&found), facts).await?;
        if login {
            let still = walls(page).await.iter().any(|wall| wall.kind == WallKind::Login);
            self.walls.connected = !still;
        }
        Ok(facts)
    }

    /// What came of an input: another document, another address of the same, or neither. `before` is where the page was.
    pub(super) async fn after_input(
        &mut self,
        running: &Running,
        (before, _, loader): (String, String, String),
        found: Option<&Found>,
        facts: serde_json::Value,
    ) -> StepResult {
        let page = &running.page;
        let load = page.complete(self.plan.scenario.limites.page).await;
        if load.lost() {
            let why = "La page ne répond plus après cette action.";
            return Err(Failure::Step { code: "capture.page_unresponsive", why: why.into(), facts });
        }
        let (after, _, now) = page.where_am_i().await;
        let (said, href) = found.map_or((None, None), |found| (Some(&found.text), found.href.as_ref()));
        let from = json!({"page": before, "text": said, "href": href});
        let asked = href.cloned().unwrap_or_else(|| after.clone());
        if now != loader {
            let error = page.document(&now).and_then(|d| d.failed).filter(|e| e != "net::ERR_ABORTED");
            let arrived = self.arrive(running, Arrival { asked, from: Some(from), error }, load).await?;
            return Ok(merged(facts, arrived));
        }
        self.tell_load(&load, &after)?;
        if after != before {
            // The page changed its own address, without a new document.
            let data = json!({
                "step": self.step, "asked": asked, "redirects": [], "url": after, "from": from, "load": load.json(),
                "same_document": true,
            });
            self.dossier.record(op::PAGE_REACHED, Outcome::Ok, data)?;
        }
        Ok(merged(facts, json!({"url": after, "load": load.reason})))
    }

    pub(crate) async fn wait_for(&mut self, running: &Running, attente: &Attente) -> StepResult {
        let maximum = attente.maximum.unwrap_or(self.plan.scenario.limites.page);
        let start = Tick::now();
        let waited = || u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &attente.quoi {
            Attendu::Duree(duree) => {
                tokio::time::sleep(*duree).await;
                Ok(json!({"waited_ms": waited()}))
            }
            Attendu::Page => {
                let load = running.page.complete(maximum).await;
                if !load.complete() {
                    let why = "La page n'est pas devenue complète dans le temps donné.";
                    return Err(Failure::Step {
                        code: "capture.wait",
                        why: why.into(),
                        facts: json!({"load": load.json()}),
                    });
                }
                Ok(json!({"load": load.json()}))
            }
            Attendu::Element(cible) => loop {
                match locate(&running.page, cible, false).await {
                    Ok(Some(found)) => {
                        let element = json!({"tag": found.tag, "text": found.text});
                        return Ok(json!({"waited_ms": waited(), "element": element}));
                    }
                    Err(error @ CdpError::Closed { .. }) => return Err(error.into()),
                    _ if start.elapsed() >= maximum => {
                        let why = format!("L'élément attendu ne s'est pas affiché en {} s.", maximum.as_secs());
                        return Err(Failure::step("capture.wait", why));
                    }
                    _ => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            },
        }
    }
}

/// The element, in the window and not covered.
pub(super) async fn ready(page: &Page, cible: &Cible) -> Result<Found, Failure> {
    let start = Tick::now();
    loop {
        let found = locate(page, cible, true).await;
        match found {
            Ok(Some(found)) if !found.covered => return Ok(found),
            Err(error @ CdpError::Closed { .. }) => return Err(error.into()),
            Err(CdpError::Refused { message, .. }) if message.contains("SyntaxError") => {
                return Err(Failure::step(
                    "capture.element_missing",
                    format!("Le sélecteur est invalide : {message}."),
                ));
            }
            other if start.elapsed() >= APPEAR => {
                return Err(match other {
                    Ok(Some(_)) => Failure::step(
                        "capture.element_covered",
                        "L'élément est recouvert par un autre : un clic l'aurait manqué.",
                    ),
                    Ok(None) => Failure::step("capture.element_missing", "L'élément n'est pas affiché sur la page."),
                    Err(error) => error.into(),
                });
            }
            _ => tokio::time::sleep(Duration::from_millis(150)).await,
        }
    }
}

/// A button of the pointer, by the name of `Input.dispatchMouseEvent`, pressed once or twice.
#[derive(Clone, Copy)]
pub(super) struct Press {
    pub(super) button: &'static str,
    pub(super) times: u8,
}

impl Press {
    pub(super) const LEFT: Self = Self { button: "left", times: 1 };
}

/// Moves the mouse there, presses and releases its left button.
pub(super) async fn press(page: &Page, found: &Found) -> Result<(), Failure> {
    press_with(page, found, Press::LEFT).await
}

/// Every press of every step goes through here; none of them answers a check against robots.
pub(super) async fn press_with(page: &Page, found: &Found, press: Press) -> Result<(), Failure> {
    if robot_at(page, found.x, found.y).await {
        let element = json!({"element": {"tag": found.tag, "text": found.text, "x": found.x, "y": found.y}});
        return Err(Failure::Step { code: ROBOT, why: NEVER_ANSWERED.into(), facts: element });
    }
    if press.button == "left" && page.recorder.telephone().is_some_and(Imitation::touched) {
        return tap(page, found, press.times).await;
    }
    let held = match press.button {
        "left" => 1,
        "right" => 2,
        "middle" => 4,
        "back" => 8,
        _ => 16,
    };
    let mut events = vec![("mouseMoved", 0, 0)];
    for count in 1..=press.times {
        events.extend([("mousePressed", held, count), ("mouseReleased", 0, count)]);
    }
    for (kind, buttons, count) in events {
        let mut event = json!({"type": kind, "x": found.x, "y": found.y, "buttons": buttons});
        if kind != "mouseMoved" {
            event["button"] = json!(press.button);
            event["clickCount"] = json!(count);
        }
        match page.call("Input.dispatchMouseEvent", event).await {
            // The page may be gone by the time the button is up: the click was made.
            Err(CdpError::Refused { .. } | CdpError::Timeout { .. }) if kind == "mouseReleased" => {}
            other => {
                other?;
            }
        }
    }
    Ok(())
}

/// On a simulated telephone a press is a finger's: the page hears it touch, then the click that the browser makes of it.
async fn tap(page: &Page, found: &Found, times: u8) -> Result<(), Failure> {
    for _ in 0..times {
        let points = json!([{"x": found.x, "y": found.y}]);
        page.call("Input.dispatchTouchEvent", json!({"type": "touchStart", "touchPoints": points})).await?;
        match page.call("Input.dispatchTouchEvent", json!({"type": "touchEnd", "touchPoints": []})).await {
            // As above: the page may be gone by the time the finger is up.
            Err(CdpError::Refused { .. } | CdpError::Timeout { .. }) => {}
            other => {
                other?;
            }
        }
    }
    Ok(())
}

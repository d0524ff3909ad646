//! `defiler`: to the bottom until the page no longer grows, or until something is in sight; every round is counted.
use std::time::Duration;

use serde_json::json;

use super::locate::locate;
use super::{Failure, StepResult};
use crate::cdp::whole;
use crate::scenario::Defilement;
use crate::session::{Running, Session};

/// How many rounds at the bottom without growth make the bottom.
const STABLE: u32 = 3;
/// How long a round waits for what it brought.
const ROUND: Duration = Duration::from_secs(8);

/// Scrolls down by one window; gives the position, the height of the document and that of the window.
const DOWN: &str = "(async () => { scrollBy({top: innerHeight, behavior: 'instant'}); \
    await new Promise(r => setTimeout(r, 60)); \
    return {y: Math.round(scrollY), height: Math.round(document.scrollingElement.scrollHeight), window: innerHeight}; })()";

impl Session<'_> {
    pub(crate) async fn scroll(&mut self, running: &Running, defilement: &Defilement) -> StepResult {
        let page = &running.page;
        let (mut screens, mut rounds, mut stable, mut tallest) = (0_u32, 0_u32, 0_u32, 0_i64);
        let mut heights: Vec<i64> = Vec::new();
        let reason = loop {
            if let Some(cible) = &defilement.jusqu_a
                && locate(page, cible, false).await?.is_some_and(|found| found.visible)
            {
                break "found";
            }
            if stable >= STABLE {
                break "bottom";
            }
            if screens >= defilement.maximum {
                break "maximum";
            }
            let at = page.ask(DOWN).await?;
            screens += 1;
            let get = |pointer| whole(&at, pointer).unwrap_or(0);
            let (y, height, window) = (get("/y"), get("/height"), get("/window"));
            if y + window + 1 < height {
                continue;
            }
            // At the bottom: what is still to come comes now.
            rounds += 1;
            page.complete(ROUND.min(self.plan.scenario.limites.page)).await;
            if height > tallest {
                tallest = height;
                heights.push(height);
                stable = 0;
            } else {
                stable += 1;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let facts = json!({"reason": reason, "screens": screens, "rounds": rounds, "heights": heights});
        if defilement.jusqu_a.is_some() && reason != "found" {
            let why = "L'élément cherché n'est pas apparu pendant le défilement.";
            return Err(Failure::Step { code: "capture.element_missing", why: why.into(), facts });
        }
        if reason == "maximum" {
            let what = "Le défilement s'est arrêté à sa limite : le bas de la page n'a pas été atteint.";
            self.warn("capture.scroll_limit", what, &format!("{screens} écrans"))?;
        }
        Ok(facts)
    }
}

//! `exiger`: what the page must show for the script to go on, counted as a reader sees it.
use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use super::locate::by_role;
use super::{Failure, StepResult};
use crate::page::Page;
use crate::scenario::{Cible, Exigence};
use crate::session::{Running, Session};

/// The code of a requirement of the scenario that the page does not meet: what follows is not done.
pub(crate) const UNMET: &str = "capture.requirement";

/// How many visible elements a selector matches, or how many smallest visible elements hold a text.
const COUNT: &str = "({selecteur, texte}) => { \
    const shown = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.getClientRects().length > 0; \
    if (selecteur) return Array.from(document.querySelectorAll(selecteur)).filter(shown).length; \
    const plain = t => (t ?? '').replace(/\\s+/g, ' ').trim(); const wanted = plain(texte); \
    const holds = e => plain(e.innerText ?? e.textContent).includes(wanted); \
    return Array.from(document.querySelectorAll('body, body *')).filter(e => holds(e) && shown(e) && !Array.from(e.children).some(c => holds(c) && shown(c))).length; }";

impl Session<'_> {
    pub(crate) async fn require(&mut self, running: &Running, exigence: &Exigence) -> StepResult {
        let start = Tick::now();
        loop {
            let found = count(&running.page, &exigence.cible).await?;
            let met = exigence.combien.holds(found);
            let waited = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            let facts = json!({"found": found, "waited_ms": waited});
            if met {
                return Ok(facts);
            }
            if start.elapsed() >= exigence.maximum {
                let why = format!("La page ne montre pas ce que le scénario exige : {found} trouvé(s).");
                return Err(Failure::Step { code: UNMET, why, facts });
            }
            tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        }
    }
}

async fn count(page: &Page, cible: &Cible) -> Result<u64, Failure> {
    let argument = match cible {
        Cible::Selecteur(selecteur) => json!({"selecteur": selecteur}),
        Cible::Texte(texte) => json!({"texte": texte}),
        Cible::Role { .. } => {
            let shown = by_role(page, cible, false).await?;
            return Ok(u64::try_from(shown.len()).unwrap_or(u64::MAX));
        }
        Cible::MentionsLegales => Value::Null,
    };
    let answer = page.ask_with(COUNT, &argument).await?;
    Ok(answer.as_u64().unwrap_or(0))
}

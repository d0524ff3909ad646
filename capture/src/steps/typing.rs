//! `saisir`: the field is clicked, then the text is inserted as a keyboard would.
use serde_json::{Value, json};

use super::click::{press, ready};
use super::{Failure, StepResult, form_kind};
use crate::scenario::Cible;
use crate::session::{Running, Session};

/// Length in characters of what the field that has the focus holds; `null` when nothing has it.
const LENGTH: &str = "(() => { const e = document.activeElement; \
    if (!e || e === document.body) return null; return [...(e.value ?? e.textContent ?? '')].length; })()";

impl Session<'_> {
    pub(crate) async fn type_text(&mut self, running: &Running, selecteur: &str, texte: &str) -> StepResult {
        let page = &running.page;
        if texte.is_empty() {
            let why = "La valeur confidentielle de cette étape n'a pas été donnée.";
            return Err(Failure::step("capture.value_missing", why));
        }
        let found = ready(page, &Cible::Selecteur(selecteur.to_owned())).await?;
        let form = form_kind::judge(page, &found, true).await?;
        press(page, &found).await?;
        let before = page.ask(LENGTH).await?;
        if before == Value::Null {
            return Err(Failure::step("capture.element_missing", "Le champ n'accepte pas de saisie."));
        }
        page.call("Input.insertText", json!({"text": texte})).await?;
        let after = page.ask(LENGTH).await?;
        // Lengths only: the value itself may be a secret.
        Ok(json!({"element": {"tag": found.tag}, "form": form, "characters_before": before, "characters_after": after}))
    }
}

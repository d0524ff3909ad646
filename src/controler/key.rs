//! The key of the étude, as `controler` shows it: reached or not, without any secret and without signing.
use dossier::Clock;
use serde_json::{Value, json};

use crate::etude::Etude;
use crate::failure::Failure;
use crate::{cle, output};

/// The key of the seal, looked at without any secret and without signing.
pub(super) struct Key {
    pub(super) json: Value,
    pub(super) line: String,
    pub(super) departs: bool,
}

impl Key {
    pub(super) fn look(etude: Option<&Etude>, clock: &dyn Clock) -> Result<Self, Failure> {
        let row = |mark: &str, text: &str| format!("{mark:<11} clé du sceau  {}", output::printable(text));
        let Some(etude) = etude else {
            let line = row("note", "aucune étude configurée : une étude d'ESSAI serait créée au premier usage");
            return Ok(Self { json: Value::Null, line, departs: false });
        };
        if etude.seal_key().asks_to_look() {
            let line = row("note", "service de signature sans « acces » : joint au scellement seulement");
            return Ok(Self { json: json!({"kind": "distant", "reached": Value::Null}), line, departs: false });
        }
        let at = clock.now();
        match etude.anchors().and_then(|anchors| etude.seal_key().look(&anchors, at)) {
            Ok(looked) => {
                let usable = cle::is_usable(&looked, at);
                let mut json = cle::described(&looked, at);
                json["reached"] = true.into();
                json["usable"] = usable.into();
                let trial = if etude.essai() { " (ESSAI)" } else { "" };
                let text = format!("{} ; {}{trial}", looked.place, looked.facts.subject);
                Ok(Self { json, line: row(if usable { "ok" } else { "écart" }, &text), departs: !usable })
            }
            Err(failure) => {
                let json = json!({"reached": false, "code": failure.code(), "what": failure.what()});
                let line = row("échec", &format!("[{}] {}", failure.code(), failure.what()));
                Ok(Self { json, line, departs: true })
            }
        }
    }
}

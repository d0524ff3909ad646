//! `constat controler`: the state of this machine against the preliminaries, without capturing anything.
use std::path::Path;
use std::sync::Arc;

use capture::scenario::Scenario;
use capture::{BrowserChoice, Fact};
use dossier::{Clock, Outcome};
use serde_json::{Value, json};

use crate::cli::Controler;
use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{capturer, cle, output};

/// Measures, and prints one line a measure. A departure from what is asked ends with exit code 1.
pub(crate) fn run(arguments: &Controler, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    let scenario = Scenario::for_url("http://localhost/", None).map_err(|e| Failure::new(e.code(), Exit::Usage, e))?;
    let browser = BrowserChoice { path: arguments.navigateur.clone() };
    let software = capturer::software();
    let servers = Etude::existing(arguments.etude.as_deref())?.map(|etude| etude.time_servers().to_vec());
    let facts = capturer::runtime()?
        .block_on(capture::measure(&scenario, &browser, &software, &servers.unwrap_or_default(), Arc::clone(clock)))
        .map_err(Failure::from)?;
    let key = Key::look(arguments.etude.as_deref(), clock.as_ref())?;
    let departs = key.departs || facts.iter().any(|fact| matches!(fact.outcome, Outcome::Deviation | Outcome::Failed));
    if json {
        let list: Vec<Value> =
            facts.iter().map(|fact| json!({"op": fact.op, "outcome": fact.outcome, "data": fact.data})).collect();
        output::json(&json!({"measures": list, "key": key.json, "deviations": departs}));
    } else {
        facts.iter().for_each(print);
        output::line(&key.line);
    }
    Ok(if departs { Exit::Negative } else { Exit::Done })
}

/// The key of the seal, looked at without any secret and without signing.
struct Key {
    json: Value,
    line: String,
    departs: bool,
}

impl Key {
    fn look(asked: Option<&Path>, clock: &dyn Clock) -> Result<Self, Failure> {
        let row = |mark: &str, text: &str| format!("{mark:<10} {:<24} {}", "etude.cle", output::printable(text));
        let Some(etude) = Etude::existing(asked)? else {
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

fn print(fact: &Fact) {
    let mark = match fact.outcome {
        Outcome::Ok => "ok",
        Outcome::Deviation => "écart",
        Outcome::Failed => "échec",
        Outcome::NotDone => "non mesuré",
        Outcome::Declared => "déclaré",
        Outcome::Begin | Outcome::Note => "note",
    };
    output::line(&format!("{mark:<10} {:<24} {}", fact.op.to_string(), output::printable(&summary(&fact.data))));
}

/// The data on one line, without the way it was measured.
fn summary(data: &Value) -> String {
    let Some(fields) = data.as_object() else { return data.to_string() };
    if let Some(why) = fields.get("why").and_then(Value::as_str) {
        return why.to_owned();
    }
    let pairs = fields.iter().filter(|(name, _)| *name != "how" && *name != "evidence");
    let text = pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
    text.chars().take(160).collect()
}

//! `constat controler`: the state of this machine against the preliminaries, without capturing anything.
use std::sync::Arc;

use capture::scenario::Scenario;
use capture::{BrowserChoice, Fact};
use dossier::{Clock, Outcome};
use serde_json::{Value, json};

use crate::cli::Controler;
use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{capturer, output};

/// Measures, and prints one line a measure. A departure from what is asked ends with exit code 1.
pub(crate) fn run(arguments: &Controler, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    let scenario = Scenario::for_url("http://localhost/", None).map_err(|e| Failure::new(e.code(), Exit::Usage, e))?;
    let browser = BrowserChoice { path: arguments.navigateur.clone() };
    let software = capturer::software();
    // Without an étude named, none is made for a mere look at the machine.
    let servers = match Etude::named(arguments.etude.as_deref())? {
        Some(etude) => etude.time_servers().to_vec(),
        None => Vec::new(),
    };
    let facts = capturer::runtime()?
        .block_on(capture::measure(&scenario, &browser, &software, &servers, Arc::clone(clock)))
        .map_err(Failure::from)?;
    let departs = facts.iter().any(|fact| matches!(fact.outcome, Outcome::Deviation | Outcome::Failed));
    if json {
        let list: Vec<Value> =
            facts.iter().map(|fact| json!({"op": fact.op, "outcome": fact.outcome, "data": fact.data})).collect();
        output::json(&json!({"measures": list, "deviations": departs}));
    } else {
        facts.iter().for_each(print);
    }
    Ok(if departs { Exit::Negative } else { Exit::Done })
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

//! What is measured again at the end, held against what was measured at the beginning: a difference is told, with both values.
use std::collections::BTreeMap;

use dossier::{Finding, Level, Operation, Outcome, op};
use probes::Fact;
use serde_json::{Value, json};

use super::Session;
use crate::CaptureError;

/// What must not change while a session runs: the operation, its fields, and what it is in French.
const STEADY: &[(Operation, &[&str], &str)] = &[
    (op::MEASURE_PUBLIC_ADDRESS, &["ipv4", "ipv6"], "L'adresse publique"),
    (op::MEASURE_PROXY, &["effective", "environment", "system", "pac", "policy"], "L'état du proxy"),
    (op::MEASURE_NETWORK, &["gateways", "interfaces"], "Le réseau de la machine"),
    (op::MEASURE_TUNNEL, &["interfaces"], "L'état des tunnels"),
];

/// The first measures of what must not change.
#[derive(Default)]
pub(crate) struct First(BTreeMap<String, Value>);

impl First {
    pub(crate) fn of(facts: &[Fact]) -> Self {
        let steady = facts.iter().filter(|fact| fact.outcome != Outcome::NotDone && known(&fact.op).is_some());
        Self(steady.map(|fact| (fact.op.to_string(), fact.data.clone())).collect())
    }

    /// What of `fact` is no more as it was; `None` when there is nothing to compare it with.
    fn changes(&self, fact: &Fact) -> Option<Vec<Value>> {
        let (fields, _) = known(&fact.op)?;
        let first = self.0.get(fact.op.as_str()).filter(|_| fact.outcome != Outcome::NotDone)?;
        let changed = fields.iter().filter_map(|field| {
            let (before, after) = (held(first, field), held(&fact.data, field));
            (before != after).then(|| json!({"field": field, "before": before, "after": after}))
        });
        Some(changed.collect())
    }
}

fn known(operation: &Operation) -> Option<(&'static [&'static str], &'static str)> {
    STEADY.iter().find(|(known, _, _)| known == operation).map(|(_, fields, what)| (*fields, *what))
}

/// A field, without what changes by itself: of an interface, its name and addresses.
fn held(data: &Value, field: &str) -> Value {
    let value = data.get(field).cloned().unwrap_or(Value::Null);
    match value.as_array() {
        Some(items) if field == "interfaces" => items
            .iter()
            .map(|item| match item.get("name") {
                Some(name) => json!({"name": name, "addresses": item.get("addresses")}),
                None => item.clone(),
            })
            .collect(),
        _ => value,
    }
}

impl Session<'_> {
    /// Journals what was measured at the end, each with what changed since the beginning.
    pub(super) fn note_end(&mut self, facts: Vec<Fact>) -> Result<(), CaptureError> {
        let mut told = Vec::new();
        let compared = facts.into_iter().map(|mut fact| {
            if let Some(changed) = self.first.changes(&fact) {
                if let (false, Some((_, what))) = (changed.is_empty(), known(&fact.op)) {
                    told.push((what, summary(&changed)));
                    fact.outcome = Outcome::Deviation;
                }
                fact.data["changed"] = Value::Array(changed);
            }
            fact
        });
        let facts = compared.collect();
        self.note_facts(facts)?;
        for (what, values) in told {
            let what = format!("{what} n'est plus, à la fin de la session, ce qu'il était au début.");
            self.find(Finding::new("capture.changed", Level::Warn, what).found(values))?;
        }
        Ok(())
    }
}

fn summary(changed: &[Value]) -> String {
    let one = |change: &Value| {
        format!("{} : {} → {}", plain(&change["field"]), plain(&change["before"]), plain(&change["after"]))
    };
    changed.iter().map(one).collect::<Vec<_>>().join(" ; ")
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "néant".into(),
        Value::String(text) => text.clone(),
        other => other.to_string().chars().take(200).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_by_itself_is_no_change() {
        let interfaces = |state: &str, address: &str| json!({"interfaces": [{"name": "eth0", "state": state, "addresses": [address]}], "gateways": [], "neighbours": [state]});
        let fact = |data: Value| Fact::new(op::MEASURE_NETWORK, Outcome::Ok, data);
        let first = First::of(&[fact(interfaces("up", "192.0.2.1"))]);
        assert_eq!(first.changes(&fact(interfaces("unknown", "192.0.2.1"))), Some(Vec::new()));
        let moved = first.changes(&fact(interfaces("up", "192.0.2.9"))).unwrap();
        assert_eq!(moved[0]["field"], "interfaces");
        assert!(summary(&moved).contains("192.0.2.9"), "{}", summary(&moved));
        // Nothing to compare with: nothing is said.
        assert_eq!(First::default().changes(&fact(json!({}))), None);
        assert_eq!(first.changes(&Fact::not_done(op::MEASURE_NETWORK, "rien")), None);
    }
}

//! What a gathering counted, beside what the page, the document and the network say: one row each, in a fixed order.
use dossier::JournalEntry;
use serde_json::Value;

use crate::block::{Fact, Span, SpanKind};
use crate::desk::{Desk, fact};

/// Counts of a gathering or of a gallery, in the order of reading.
const COUNTS: [&str; 12] = [
    "collected",
    "counter",
    "traffic",
    "hidden",
    "by_content",
    "announced",
    "views",
    "whole",
    "cut",
    "pages",
    "clicks",
    "reason",
];

/// The rows of a step that gathered, whether it came to its end or not; empty for any other step.
pub(super) fn rows(desk: &Desk<'_>, end: &JournalEntry) -> Vec<Fact> {
    if !matches!(end.text("kind"), Some("recueillir" | "feuilleter")) || !end.data.contains_key("views") {
        return Vec::new();
    }
    let mut rows = Vec::new();
    if let Some(sheet) = end.data.get("sheet").filter(|sheet| sheet.is_object()) {
        rows.push(told(desk, "sheet", sheet, &["title", "tried", "tried_on"]));
    }
    for key in COUNTS {
        let value = end.data.get(key).unwrap_or(&Value::Null);
        match key {
            // That nothing could be compared is a fact of its own.
            "counter" | "traffic" if end.data.contains_key("collected") => rows.push(match (key, value.is_object()) {
                ("counter", true) => told(desk, key, value, &["text", "value", "state"]),
                ("traffic", true) => told(desk, key, value, &["items", "not_gathered", "answers"]),
                _ => told(desk, &format!("{key}_aucun"), value, &[]),
            }),
            "counter" | "traffic" => {}
            _ if value.is_null() => {}
            _ => rows.push(fact(desk, &label(key), SpanKind::Value, &word(desk, key, value), &[])),
        }
    }
    if let Some(audiences) = audiences(desk, end) {
        rows.push(fact(desk, &label("audiences"), SpanKind::Quote, &audiences, &[]));
    }
    rows
}

fn label(key: &str) -> String {
    format!("recueil.{key}")
}

/// A value in the language of the text: words of a gathering have a list of their own.
fn word(desk: &Desk<'_>, key: &str, value: &Value) -> String {
    desk.value(&format!("recueil_{key}"), value)
}

/// A row whose value is a sentence.
fn told(desk: &Desk<'_>, key: &str, value: &Value, fields: &[&'static str]) -> Fact {
    let of = |name: &&'static str| (*name, word(desk, name, value.get(name).unwrap_or(&Value::Null)));
    let fields: Vec<(&str, String)> = fields.iter().map(of).collect();
    let mut row = fact(desk, &label(key), SpanKind::Plain, "", &[]);
    let spans: Vec<Span> = desk.say(&format!("recueil.{key}_texte"), &fields);
    row.value.spans = spans;
    row
}

/// Who may read the items, as the page says it, and of how many.
fn audiences(desk: &Desk<'_>, end: &JournalEntry) -> Option<String> {
    let said = end.data.get("audiences")?.as_object().filter(|said| !said.is_empty())?;
    let told = said.iter().map(|(who, n)| format!("{who} ({})", desk.value("n", n)));
    Some(desk.langue.list(&told.collect::<Vec<_>>()))
}

/// What a downloaded file declares of itself; empty for any other step.
pub(super) fn declared(desk: &Desk<'_>, end: &JournalEntry) -> Vec<Fact> {
    let Some(said) = end.data.get("declared").filter(|said| said.get("format").is_some()) else { return Vec::new() };
    let text = |key: &'static str| (key, desk.value(key, said.get(key).unwrap_or(&Value::Null)));
    let sentence = |label: &str, key: &str, fields: &[(&str, String)]| {
        let mut row = fact(desk, label, SpanKind::Plain, "", &[]);
        row.value.spans = desk.say(key, fields);
        row
    };
    let mut rows = vec![sentence("declare.titre", "declare.texte", &[text("format"), text("path")])];
    for one in said.get("facts").and_then(Value::as_array).into_iter().flatten() {
        let Some(label) = one.get("label").and_then(Value::as_str) else { continue };
        let value = match one.get("value") {
            Some(Value::Array(texts)) => {
                let texts = texts.iter().filter_map(Value::as_str).map(str::to_owned);
                desk.langue.list(&texts.collect::<Vec<_>>())
            }
            Some(Value::String(text)) => text.clone(),
            other => desk.value("value", other.unwrap_or(&Value::Null)),
        };
        let mut row = fact(desk, "declare.titre", SpanKind::Quote, &value, &[]);
        row.label = desk.text("declare.fait", &[("label", label.to_owned())]);
        rows.push(row);
    }
    if said.get("more").and_then(Value::as_u64).is_some_and(|more| more > 0) {
        rows.push(sentence("declare.reste", "declare.reste_texte", &[text("more"), text("path")]));
    }
    let cut: Vec<&str> =
        said.get("cut").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if !cut.is_empty() {
        rows.push(fact(desk, "declare.coupe", SpanKind::Value, &cut.join(" "), &[]));
    }
    rows
}

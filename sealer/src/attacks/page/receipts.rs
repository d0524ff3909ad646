//! The page on receipts: every vector gives our verdict, our codes and our French sentences.
use serde_json::{Value, json};

use super::super::receipts::vectors;
use super::node;
use crate::pack_receipt;

/// What both say of a receipt in the same words.
pub(super) const SAID: [&str; 7] = ["verdict", "kind", "sha256", "content", "document", "attests", "limits"];

#[test]
fn d06_the_page_judges_receipts_as_we_do() {
    let work = tempfile::tempdir().unwrap();
    let file = |name: String| work.path().join(name);
    let all = vectors();
    for vector in &all {
        let roots: Vec<String> = vector
            .roots
            .iter()
            .map(|der| {
                let name = format!("{}.der", &dossier::Sha256Digest::of(der).to_hex()[..12]);
                std::fs::write(file(name.clone()), der).unwrap();
                name
            })
            .collect();
        std::fs::write(file(format!("{}.asice", vector.name)), pack_receipt(&vector.files).unwrap()).unwrap();
        std::fs::write(file(format!("{}.json", vector.name)), json!({"at": vector.at, "anchors": roots}).to_string())
            .unwrap();
    }
    node("tests/drive.mjs", work.path());
    let mut differences = Vec::new();
    for vector in &all {
        let told = std::fs::read(file(format!("{}.page.json", vector.name))).unwrap();
        let theirs: Value = serde_json::from_slice(&told).unwrap();
        let ours = serde_json::to_value(vector.judged()).unwrap();
        let same = codes(&ours) == codes(&theirs)
            && facts(&ours) == facts(&theirs)
            && SAID.into_iter().all(|key| ours[key] == theirs[key]);
        if !same {
            differences.push(format!("{}\n  ours {ours}\n  page {theirs}", vector.name));
        }
    }
    assert!(differences.is_empty(), "{} of {} differ:\n{}", differences.len(), all.len(), differences.join("\n"));
}

/// Code and level of every finding, in order.
pub(super) fn codes(told: &Value) -> Vec<String> {
    let list = told["findings"].as_array().cloned().unwrap_or_default();
    list.iter().map(|f| format!("{} {}", f["code"], f["level"])).collect()
}

/// The facts, but for names written out, which the page spells otherwise.
pub(super) fn facts(told: &Value) -> Value {
    let mut facts = told["facts"].clone();
    if let Some(facts) = facts.as_object_mut() {
        facts.remove("signer");
        if let Some(token) = facts.get_mut("timestamp").and_then(Value::as_object_mut) {
            token.remove("authority");
        }
    }
    facts
}

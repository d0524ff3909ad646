//! The judgement of one line, and the French words for what it lacks: values come from the line, never from here.
use std::collections::BTreeMap;

use dossier::{Journal, JournalEntry, Manifest, Operation, Outcome, op};
use serde_json::Value;

use super::{Fault, Held};
use crate::conformity::Proof;
use crate::rule::Condition;
use crate::template::one_line;

pub(super) fn absence(condition: &Condition, operation: &Operation, inside: &[&JournalEntry]) -> Held {
    match inside.first() {
        None => Held::Yes { proofs: Vec::new(), declared: false, measured: false },
        Some(entry) => {
            let why = condition.missing.clone().unwrap_or_else(|| format!("une ligne « {operation} » s’y oppose"));
            Held::No { why: format!("{why} {}", lines_text(&[entry.seq])) }
        }
    }
}

pub(super) fn fault_of(condition: &Condition, entry: &JournalEntry) -> Option<Fault> {
    let said = entry.text("why").map(str::trim).filter(|why| !why.is_empty());
    let with = |text: &str| match said {
        Some(why) => {
            format!("{text} : {} {}", one_line(why.trim_end_matches('.'), 300), lines_text(&[entry.seq]))
        }
        None => format!("{text} {}", lines_text(&[entry.seq])),
    };
    // What was declared is accepted anywhere, and makes the row « déclaré », never « satisfaite ».
    let accepted = condition.issue.contains(&entry.outcome) || entry.outcome == Outcome::Declared;
    if !accepted {
        return Some(match entry.outcome {
            Outcome::NotDone => Fault::Missing(with("non fait")),
            Outcome::Failed => Fault::Missing(with("échec")),
            Outcome::Begin => Fault::Missing(with("commencé, sans fin consignée")),
            Outcome::Deviation => Fault::Departs(deviation_text(
                condition,
                entry,
                &with(condition.apart.as_deref().unwrap_or("le journal consigne un écart")),
            )),
            Outcome::Ok | Outcome::Declared | Outcome::Note => {
                Fault::Missing(with(&format!("résultat « {} » qui ne prouve rien ici", entry.outcome.as_str())))
            }
        });
    }
    let fault = condition.champs.iter().find(|test| !test.holds(&entry.data))?;
    Some(Fault::Departs(format!("{} {}", fault.fault(&entry.data), lines_text(&[entry.seq]))))
}

/// A deviation is told by the field that is wrong, when the rule knows one.
fn deviation_text(condition: &Condition, entry: &JournalEntry, plain: &str) -> String {
    match condition.champs.iter().find(|test| !test.holds(&entry.data)) {
        Some(test) => format!("{} {}", test.fault(&entry.data), lines_text(&[entry.seq])),
        None => plain.to_owned(),
    }
}

pub(super) fn missing(condition: &Condition, operation: &Operation, outside: &[&JournalEntry]) -> String {
    match (outside.first(), &condition.missing) {
        (Some(entry), _) => {
            format!("consigné hors de l’ordre demandé (« {operation} », ligne {}) : ne compte pas", entry.seq)
        }
        (None, Some(why)) => why.clone(),
        (None, None) => format!("aucune ligne « {operation} » dans le journal"),
    }
}

/// The values of a line as they stand, when no sentence may be made of them.
pub(super) fn raw_proof(entry: &JournalEntry) -> Proof {
    let values = entry.data.iter().filter_map(|(key, value)| Some(format!("{key} = {}", plain(value)?)));
    let value = one_line(&values.collect::<Vec<_>>().join(", "), 200);
    let sentence = format!("relevé de « {} » : {value} {}", entry.op, lines_text(&[entry.seq]));
    Proof { lines: vec![entry.seq], evidence: evidence(entry), sentence }
}

/// A value that can be read in a sentence; of lists the number of items, of records and of nothing, nothing.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(if *flag { "oui" } else { "non" }.to_owned()),
        Value::Array(items) => Some(format!("{} élément(s)", items.len())),
        Value::Object(_) | Value::Null => None,
    }
}

pub(super) fn evidence(entry: &JournalEntry) -> Option<String> {
    let key = if entry.op == op::ARTEFACT { "path" } else { "evidence" };
    entry.text(key).map(str::to_owned)
}

pub(super) fn suite_fault(condition: &Condition, lines: &[&JournalEntry]) -> Option<String> {
    let key = condition.suite.as_deref()?;
    let (expected, entry) = (1_i64..).zip(lines).find(|(n, e)| e.integer(key) != Some(*n))?;
    let found = entry.data.get(key).map_or_else(|| "rien".to_owned(), ToString::to_string);
    Some(format!("numérotation rompue : attendu {expected}, trouvé {found} {}", lines_text(&[entry.seq])))
}

/// Compares what the journal announced with what the manifest lists.
pub(super) fn discordance(journal: &Journal, manifest: &Manifest) -> Option<String> {
    let listed: BTreeMap<&str, String> =
        manifest.artefacts.iter().map(|a| (a.path.as_str(), a.digests.sha256.to_hex())).collect();
    journal.of(&op::ARTEFACT).filter(|e| e.outcome == Outcome::Ok).find_map(|entry| {
        let path = entry.text("path").unwrap_or("");
        let announced = entry.text("sha256").unwrap_or("");
        match listed.get(path) {
            // The index, the list of pages and other parts of the archive live in the inner WACZ, listed as its members.
            None if inner_member(manifest, path, announced) => None,
            None => Some(format!("la pièce {path}, annoncée à la ligne {}, n’est pas au manifeste", entry.seq)),
            Some(sha256) if sha256 == announced => None,
            Some(sha256) => Some(format!(
                "l’empreinte de {path} diffère : {announced} à la ligne {}, {sha256} au manifeste",
                entry.seq
            )),
        }
    })
}

fn inner_member(manifest: &Manifest, path: &str, sha256: &str) -> bool {
    manifest.wacz.members.get(path).is_some_and(|digest| digest.to_hex() == sha256)
}

/// « (ligne 12) », « (lignes 12 et 14) », « (14 lignes, de 12 à 90) ».
pub(crate) fn lines_text(lines: &[u64]) -> String {
    match lines {
        [] => String::new(),
        [one] => format!("(ligne {one})"),
        [first, .., last] if lines.len() > 5 => format!("({} lignes, de {first} à {last})", lines.len()),
        [head @ .., last] => {
            let head: Vec<String> = head.iter().map(ToString::to_string).collect();
            format!("(lignes {} et {last})", head.join(", "))
        }
    }
}

pub(super) fn shorten(items: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = items.iter().take(SHOWN).map(String::as_str).collect();
    match items.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} et {more} autres", shown.join(", ")),
        _ => shown.join(", "),
    }
}

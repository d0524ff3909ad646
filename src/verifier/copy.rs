//! A redacted copy as it is told: loudly, with what it withholds and why.
use std::collections::{BTreeMap, BTreeSet};

use sealer::{RecordFate, Verification, WithholdingList};
use serde_json::{Value, json};

use crate::output::printable;

/// Files and addresses named one by one.
const NAMED: usize = 50;

/// What is printed above everything and after the verdict.
pub(crate) const BANNER: &str = "COPIE CAVIARDÉE : ce fichier n'est pas le scellé d'origine";

/// Whether what was verified is a copy, even a false one.
pub(crate) fn is_copy(verification: &Verification) -> bool {
    verification
        .findings
        .iter()
        .any(|finding| matches!(finding.code.as_str(), "disclosure.redacted" | "disclosure.list"))
}

/// The list for a program; record after record it is in the copy itself.
pub(crate) fn json(list: &WithholdingList) -> Value {
    let urls: Vec<&str> = list.records.iter().filter_map(|record| withheld(record)?.2).collect();
    json!({
        "original": list.original, "made_at": list.made_at, "made_by": list.made_by, "asked_by": list.asked_by,
        "files": list.files, "records": list.records.len(), "records_withheld": list.withheld_records(),
        "by_reason": by_reason(list).into_iter().map(|((reason, kind), count)| {
            json!({"reason": reason, "type": kind, "count": count})
        }).collect::<Vec<_>>(),
        "urls": urls,
    })
}

/// The same for a person; nothing in it can act on a terminal.
pub(crate) fn lines(list: &WithholdingList) -> Vec<String> {
    let asked = list.asked_by.as_deref().map_or_else(String::new, |by| format!(", à la demande de {}", printable(by)));
    let mut lines = vec![
        format!("  faite le {}{asked} (déclaré, non prouvé)", list.made_at),
        format!("  SHA-256 de l'original : {} (déclaré, non prouvé)", list.original.sha256),
    ];
    for file in list.files.iter().take(NAMED) {
        let (path, reason) = (printable(&file.path), printable(&file.reason));
        lines.push(format!("  fichier retiré : {path} ({} octets, SHA-256 {}) : {reason}", file.bytes, file.sha256));
    }
    if list.files.len() > NAMED {
        lines.push(format!("  … et {} autres fichiers : caviardage/liste.json", list.files.len() - NAMED));
    }
    if !list.records.is_empty() {
        let shown = list.records.len() - list.withheld_records();
        lines.push(format!("  enregistrements de l'archive : {shown} présents sur {}", list.records.len()));
    }
    for ((reason, kind), count) in by_reason(list) {
        lines.push(format!("  enregistrements retirés : {count} × {} : {}", printable(kind), printable(reason)));
    }
    let urls: BTreeSet<&str> = list.records.iter().filter_map(|record| withheld(record)?.2).collect();
    lines.extend(urls.iter().take(NAMED).map(|url| format!("    {}", printable(url))));
    if urls.len() > NAMED {
        lines.push(format!("    … et {} autres adresses : caviardage/liste.json", urls.len() - NAMED));
    }
    lines
}

/// Reason, type and address of a withheld record.
fn withheld(record: &RecordFate) -> Option<(&str, &str, Option<&str>)> {
    match record {
        RecordFate::Disclosed { .. } => None,
        RecordFate::Withheld { kind, reason, url, .. } => Some((reason, kind, url.as_deref())),
    }
}

fn by_reason(list: &WithholdingList) -> BTreeMap<(&str, &str), usize> {
    let mut counts = BTreeMap::new();
    for (reason, kind, _) in list.records.iter().filter_map(withheld) {
        *counts.entry((reason, kind)).or_default() += 1;
    }
    counts
}

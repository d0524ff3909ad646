//! Blocks 15 and 16, chapters VI and VII: facts about the target, closing operations, and everything that is missing.
use dossier::{Finding, Incompleteness, JournalEntry, Missing};
use serde_json::Value;

use crate::block::{Fact, Node, Span, SpanKind};
use crate::desk::{Desk, Pen, cell, fact};

use super::accounts;
use super::preliminaries::item;

/// The longest list of missing things printed; the rest is counted and is in the attached manifest.
const MISSING_PRINTED: usize = 25;
/// The longest list of findings printed.
const FINDINGS_PRINTED: usize = 40;

/// Block 15.
pub(super) fn target(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    pen.heading(1, "cible.titre", &[]);
    if desk.facts.targets.is_empty() {
        pen.para("cible.aucune", &[], &[]);
        return;
    }
    pen.para("cible.intro", &[], &[]);
    for entry in &desk.facts.targets {
        pen.heading(2, "cible.hote", &[("host", desk.field(entry, "host"))]);
        pen.facts(target_rows(desk, entry));
        if !entry.data.get("certificate").is_some_and(Value::is_object) {
            pen.para("cible.non_chiffre", &[], &[entry.seq]);
        }
    }
}

fn target_rows(desk: &Desk<'_>, entry: &JournalEntry) -> Vec<Fact> {
    let mut rows = Vec::new();
    for key in ["addresses", "resolved", "tls"] {
        if entry.data.get(key).is_some_and(|value| !value.is_null()) {
            rows.push(fact(desk, &format!("cible.{key}"), SpanKind::Mono, &desk.field(entry, key), &[]));
        }
    }
    if let Some(certificate) = entry.data.get("certificate").filter(|value| value.is_object()) {
        let text = |key: &str| desk.value(key, certificate.get(key).unwrap_or(&Value::Null));
        rows.push(fact(desk, "cible.subject", SpanKind::Value, &text("subject"), &[]));
        rows.push(fact(desk, "cible.issuer", SpanKind::Value, &text("issuer"), &[]));
        let when = |key: &str| text(key).parse().map_or_else(|_| text(key), |at| desk.langue.moment(at));
        let validity = desk.text("cible.validite_texte", &[("from", when("valid_from")), ("to", when("valid_to"))]);
        rows.push(fact(desk, "cible.validity", SpanKind::Value, &validity, &[]));
        rows.push(fact(desk, "cible.sha256", SpanKind::Mono, &text("sha256"), &[]));
    }
    if let Some(path) = entry.text("evidence") {
        rows.push(fact(desk, "cible.evidence", SpanKind::Mono, path, &[]));
    }
    if let Some(last) = rows.last_mut() {
        last.value.marks = vec![entry.seq];
    }
    rows
}

/// Block 16.
pub(super) fn ending(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    pen.heading(1, "fin.titre", &[]);
    let items: Vec<Fact> = desk.facts.around.iter().map(|entry| item(desk, entry)).collect();
    if items.is_empty() {
        pen.para("fin.aucune", &[], &[]);
    } else {
        pen.para("fin.intro", &[], &[]);
        pen.nodes.push(Node::List { items });
    }
    missing(pen, &desk.input.manifest.incompleteness);
    pen.heading(2, "fin.anomalies", &[]);
    findings(pen, &desk.input.manifest.findings);
}

fn missing(pen: &mut Pen<'_, '_>, incompleteness: &Incompleteness) {
    let desk = pen.desk;
    pen.heading(2, "fin.manques", &[]);
    let all: Vec<(Option<u32>, &Missing)> =
        incompleteness.pages.iter().flat_map(|page| page.missing.iter().map(|m| (page.step, m))).collect();
    let count = |n: u64| desk.count(n);
    let counts = [
        ("seen", count(incompleteness.requests_seen)),
        ("stored", count(incompleteness.exchanges_stored)),
        ("unparsed", count(incompleteness.messages_unparsed)),
        ("missing", count(all.len() as u64)),
    ];
    pen.para("fin.manques_compte", &counts, &[]);
    if all.is_empty() {
        pen.para("fin.manques_aucun", &[], &[]);
    } else {
        let head = ["etape", "adresse", "motif", "recu", "conserve"];
        pen.nodes.push(Node::Table {
            caption: desk.text("fin.manques_legende", &[]),
            widths: ["12mm", "1.6fr", "1fr", "19mm", "19mm"].map(str::to_owned).to_vec(),
            kinds: ["number", "mono", "text", "number", "number"].map(str::to_owned).to_vec(),
            head: head.map(|key| desk.text(&format!("fin.col_{key}"), &[])).to_vec(),
            rows: all.iter().take(MISSING_PRINTED).map(|(step, m)| missing_row(desk, *step, m)).collect(),
        });
        if all.len() > MISSING_PRINTED {
            pen.para("fin.manques_suite", &[("left", count((all.len() - MISSING_PRINTED) as u64))], &[]);
        }
    }
    accounts::accounts(pen, &incompleteness.reconciliations);
    if !incompleteness.never_recorded.is_empty() {
        pen.para("fin.jamais", &[], &[]);
        let items =
            incompleteness.never_recorded.iter().map(|sentence| cell(desk, SpanKind::Value, sentence)).collect();
        pen.nodes.push(Node::Bullets { items });
    }
}

fn missing_row(desk: &Desk<'_>, step: Option<u32>, missing: &Missing) -> Vec<Vec<Span>> {
    let reason = serde_json::to_value(missing.reason).ok();
    let reason = reason.as_ref().and_then(Value::as_str).unwrap_or("");
    let mut why = desk.text(&format!("motif.{reason}"), &[]);
    if let Some(detail) = &missing.detail {
        why.push_str(&format!(" ({detail})"));
    }
    let count = |n: u64| desk.count(n);
    vec![
        cell(desk, SpanKind::Plain, &step.map_or("—".to_owned(), |n| n.to_string())),
        cell(desk, SpanKind::Plain, &shortened(desk, &missing.url)),
        cell(desk, SpanKind::Plain, &why),
        cell(desk, SpanKind::Plain, &missing.bytes_received.map_or("—".to_owned(), count)),
        cell(desk, SpanKind::Plain, &count(missing.bytes_stored)),
    ]
}

/// An address for a table: its beginning, and its length when it is long (data: addresses hold whole files).
pub(super) fn shortened(desk: &Desk<'_>, url: &str) -> String {
    let total = url.chars().count();
    if total <= 240 {
        return url.to_owned();
    }
    format!("{}… ({})", url.chars().take(200).collect::<String>(), desk.langue.characters(total))
}

/// The findings of a check, worst first, long lists cut with their count.
pub(super) fn findings(pen: &mut Pen<'_, '_>, findings: &[Finding]) {
    let desk = pen.desk;
    if findings.is_empty() {
        pen.para("fin.anomalies_aucune", &[], &[]);
        return;
    }
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    let items = sorted.iter().take(FINDINGS_PRINTED).map(|finding| finding_line(desk, finding)).collect();
    pen.nodes.push(Node::Bullets { items });
    if findings.len() > FINDINGS_PRINTED {
        let left = (findings.len() - FINDINGS_PRINTED).to_string();
        pen.para("fin.anomalies_suite", &[("left", left)], &[]);
    }
}

fn finding_line(desk: &Desk<'_>, finding: &Finding) -> Vec<Span> {
    let mut values = String::new();
    if let Some(expected) = &finding.expected {
        values.push_str(&desk.text("fin.attendu", &[("expected", expected.clone())]));
    }
    if let Some(found) = &finding.found {
        values.push_str(&desk.text("fin.trouve", &[("found", found.clone())]));
    }
    let fields = [("what", finding.what.clone()), ("values", values), ("code", finding.code.clone())];
    desk.say("fin.anomalie", &fields)
}

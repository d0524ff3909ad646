//! Block 14, chapter V: each step with its hour, the page reached, the captures. Failed steps stay, with their number.
use dossier::{Artefact, JournalEntry, Outcome};
use serde_json::Value;

use crate::block::{Fact, Node, Span, SpanKind, State, Weight};
use crate::desk::{Desk, Pen, cell, fact};
use crate::facts::Step;

use super::figures::{self, is_tall, short};
use super::gathering;
use super::preliminaries::item;

/// Block 14.
pub(super) fn findings(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    pen.heading(1, "constat.titre", &[]);
    if desk.facts.steps.is_empty() {
        pen.para("constat.aucune", &[], &[]);
        return;
    }
    pen.para(if desk.attended() { "constat.intro" } else { "constat.intro_releve" }, &[], &[]);
    let mut today = desk.input.manifest.session.opened_at.legal_time().date();
    for (number, step) in &desk.facts.steps {
        if let Some(entry) = step.dated_by() {
            let legal = entry.at.legal_time();
            if legal.date() != today {
                today = legal.date();
                let words = desk.langue.day_in_words(&legal).to_uppercase().replace('\'', "’");
                pen.para("constat.jour", &[("words", words)], &[entry.seq]);
            }
        }
        one(pen, *number, step);
    }
    figures::chosen(pen);
}

fn one(pen: &mut Pen<'_, '_>, number: i64, step: &Step<'_>) {
    let desk = pen.desk;
    if desk.facts.captures_of(number).iter().any(|capture| is_tall(desk, *capture)) {
        pen.nodes.push(Node::NewSheet);
    }
    let step_text = ("step", number.to_string());
    match step.dated_by() {
        Some(entry) => {
            pen.heading(2, "constat.etape", &[step_text.clone(), ("hour", desk.langue.hour(&entry.at.legal_time()))]);
        }
        None => pen.heading(2, "constat.etape_sans_heure", std::slice::from_ref(&step_text)),
    }
    match step.begin {
        Some(begin) => {
            let what = begin.text("what").or_else(|| begin.text("kind")).unwrap_or("").to_owned();
            pen.para(&format!("constat.action_{}", desk.kind()), &[("what", what)], &[begin.seq]);
            if begin.data.get("scripted") == Some(&Value::Bool(false)) {
                pen.para("constat.hors_plan", &[], &[begin.seq]);
            }
        }
        None => pen.para("constat.sans_debut", &[], &[]),
    }
    if let Some(last) = step.again.last() {
        let fields = [("count", step.again.len().to_string()), ("hour", desk.langue.hour(&last.at.legal_time()))];
        let marks: Vec<u64> = step.again.iter().map(|entry| entry.seq).collect();
        pen.para("constat.recommencee", &fields, &marks);
    }
    for page in &step.pages {
        reached(pen, page);
    }
    ended(pen, step);
    for capture in desk.facts.captures_of(number) {
        captured(pen, number, capture);
    }
    let taken: Vec<Fact> = step.taken.iter().map(|entry| item(desk, entry)).collect();
    if !taken.is_empty() {
        pen.nodes.push(Node::List { items: taken });
    }
    pieces(pen, number);
    if step.incomplete > 0 {
        pen.para("capture.manques", &[("count", step.incomplete.to_string())], &[]);
    }
}

fn reached(pen: &mut Pen<'_, '_>, page: &JournalEntry) {
    let desk = pen.desk;
    if page.outcome == Outcome::Failed {
        let fields = ["why", "code", "asked"].map(|key| (key, desk.field(page, key)));
        pen.notice_of(Weight::Firm, "constat.echec_titre", "page_atteinte.echec", &fields, &[page.seq]);
        return;
    }
    let mut rows = Vec::new();
    for (key, kind) in [
        ("asked", SpanKind::Mono),
        ("redirects", SpanKind::Mono),
        ("url", SpanKind::Mono),
        ("status", SpanKind::Value),
        ("title", SpanKind::Quote),
        ("media_type", SpanKind::Value),
        ("remote_address", SpanKind::Mono),
        ("protocol", SpanKind::Value),
        ("from", SpanKind::Value),
        ("load", SpanKind::Value),
    ] {
        let value = page.data.get(key).unwrap_or(&Value::Null);
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if empty {
            continue;
        }
        rows.push(match key {
            "redirects" => with_spans(desk, key, redirects(desk, value)),
            "from" => with_spans(desk, key, link(desk, value)),
            "load" => with_spans(desk, key, load(desk, value)),
            // An HTTP status is a name, not a quantity: no thousands, no unit.
            _ => fact(desk, &format!("page_atteinte.{key}"), kind, &desk.value(key, value), &[]),
        });
    }
    let refused = page.integer("status").is_some_and(|status| status >= 400);
    for row in &mut rows {
        row.state = if refused || page.outcome == Outcome::Deviation { State::Apart } else { State::Plain };
    }
    if let Some(last) = rows.last_mut() {
        last.value.marks = vec![page.seq];
    }
    pen.facts(rows);
}

fn with_spans(desk: &Desk<'_>, key: &str, spans: Vec<Span>) -> Fact {
    let mut row = fact(desk, &format!("page_atteinte.{key}"), SpanKind::Plain, "", &[]);
    row.value.spans = spans;
    row
}

fn redirects(desk: &Desk<'_>, value: &Value) -> Vec<Span> {
    let mut spans = Vec::new();
    for hop in value.as_array().into_iter().flatten().take(20) {
        if !spans.is_empty() {
            spans.push(Span { k: SpanKind::Plain, t: " → ".into() });
        }
        let text = |key: &str| desk.value(key, hop.get(key).unwrap_or(&Value::Null));
        spans.extend(desk.say("page_atteinte.redirection", &[("url", text("url")), ("status", text("status"))]));
    }
    spans
}

fn link(desk: &Desk<'_>, value: &Value) -> Vec<Span> {
    let text = |key: &str| desk.value(key, value.get(key).unwrap_or(&Value::Null));
    desk.say("page_atteinte.from_texte", &["page", "text", "href"].map(|key| (key, text(key))))
}

fn load(desk: &Desk<'_>, value: &Value) -> Vec<Span> {
    let text = |key: &str| desk.value(key, value.get(key).unwrap_or(&Value::Null));
    let told = format!("chargement.{}", text("reason"));
    let reason = if desk.has(&told) { desk.text(&told, &[]) } else { text("reason") };
    let fields = [("reason", reason), ("waited", text("waited_ms")), ("pending", text("pending"))];
    desk.say("page_atteinte.load_texte", &fields)
}

fn ended(pen: &mut Pen<'_, '_>, step: &Step<'_>) {
    let desk = pen.desk;
    let Some(end) = step.end else {
        pen.notice_of(Weight::Firm, "constat.echec_titre", "constat.sans_fin", &[], &[]);
        return;
    };
    match end.outcome {
        Outcome::Failed | Outcome::NotDone => {
            let fields = ["why", "code"].map(|key| (key, desk.field(end, key)));
            let key = if end.data.contains_key("code") { "constat.echec" } else { "constat.non_fait" };
            pen.notice_of(Weight::Firm, "constat.echec_titre", key, &fields, &[end.seq]);
            // What a step gathered before it failed stands.
            result(pen, gathering::rows(desk, end), end);
        }
        _ => {
            let gathered = gathering::rows(desk, end);
            let known = end.data.iter().filter(|(key, _)| desk.has(&format!("champ_etape.{key}")));
            let plain = known.map(|(key, value)| {
                fact(desk, &format!("champ_etape.{key}"), SpanKind::Value, &desk.value(key, value), &[])
            });
            let mut rows = if gathered.is_empty() { plain.collect() } else { gathered };
            rows.extend(gathering::declared(desk, end));
            result(pen, rows, end);
        }
    }
}

/// What a step brought, with the line that says it.
fn result(pen: &mut Pen<'_, '_>, mut rows: Vec<Fact>, end: &JournalEntry) {
    if let Some(last) = rows.last_mut() {
        last.value.marks = vec![end.seq];
    }
    pen.facts(rows);
}

fn captured(pen: &mut Pen<'_, '_>, step: i64, capture: u32) {
    let desk = pen.desk;
    let n = ("n", capture.to_string());
    figures::of_capture(pen, capture);
    if !desk.attended() {
        pen.para("capture.description_releve", &[], &[]);
        return;
    }
    let own = desk.facts.acknowledgement(step, capture).filter(|entry| entry.text("words").is_some());
    match desk.draft.descriptions.get(&capture.to_string()) {
        Some(text) => pen.para("capture.description", &[("text", text.clone())], &[]),
        // What the officer said on the spot describes the capture.
        None if own.is_some() => {}
        None => pen.gap("capture.description_absente", "capture.description_aide", std::slice::from_ref(&n)),
    }
    if let Some(entry) = own {
        pen.para("capture.constatation", &[("words", desk.field(entry, "words"))], &[entry.seq]);
        let opinions = opinions(desk, entry);
        if !opinions.is_empty() {
            pen.para("capture.constatation_avis", &[("opinions", opinions)], &[entry.seq]);
        }
    }
    match desk.facts.acknowledgement(step, capture) {
        Some(entry) => {
            let fields = [
                ("by", desk.field(entry, "by")),
                ("moment", desk.langue.moment(entry.at)),
                ("sha256", short(entry.text("sha256").unwrap_or(""))),
            ];
            pen.para("capture.reconnue", &fields, &[entry.seq]);
        }
        None => pen.notice_of(Weight::Firm, "capture.non_reconnue_titre", "capture.non_reconnue", &[n], &[]),
    }
}

/// The words of opinion that the officer kept, each with the reason he was shown.
fn opinions(desk: &Desk<'_>, entry: &JournalEntry) -> String {
    let text = |kept: &Value, key: &str| kept.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let kept = entry.data.get("opinions").and_then(Value::as_array).into_iter().flatten();
    let told = kept.map(|kept| format!("{} ({})", text(kept, "word"), text(kept, "why")));
    desk.langue.list(&told.collect::<Vec<_>>())
}

fn pieces(pen: &mut Pen<'_, '_>, step: i64) {
    let desk = pen.desk;
    let rows: Vec<_> = desk.facts.artefacts_of(step).map(|artefact| piece(desk, artefact)).collect();
    if rows.is_empty() {
        return;
    }
    pen.nodes.push(Node::Table {
        caption: desk.text("capture.fichiers", &[("step", step.to_string())]),
        widths: ["15mm", "1fr", "1.3fr", "22mm", "36mm"].map(str::to_owned).to_vec(),
        kinds: ["number", "text", "mono", "number", "mono"].map(str::to_owned).to_vec(),
        head: ["annexe", "nature", "fichier", "octets", "empreinte"]
            .map(|key| desk.text(&format!("capture.col_{key}"), &[]))
            .to_vec(),
        rows,
    });
}

fn piece(desk: &Desk<'_>, artefact: &Artefact) -> Vec<Vec<Span>> {
    let number = desk.facts.annexes.get(artefact.path.as_str()).map_or(String::new(), ToString::to_string);
    vec![
        cell(desk, SpanKind::Plain, &number),
        cell(desk, SpanKind::Plain, &desk.text(&format!("nature.{}", artefact.meta.kind), &[])),
        cell(desk, SpanKind::Plain, artefact.path.as_str()),
        cell(desk, SpanKind::Plain, &desk.count(artefact.digests.bytes)),
        cell(desk, SpanKind::Plain, &short(&artefact.digests.sha256.to_hex())),
    ]
}

//! Blocks 11 and 12, chapters II and III: machine, programs, network, as measured at the start of the session.
use dossier::{Operation, Outcome, op};

use crate::block::{Fact, SpanKind, State};
use crate::desk::{Pen, fact};

type Measure = (Operation, &'static [&'static str]);

const MACHINE: &[Measure] = &[
    (op::MEASURE_MACHINE, &["maker", "model", "serial", "processor", "memory_bytes", "disks", "screens"]),
    (op::MEASURE_SYSTEM, &["name", "version", "kernel", "last_update"]),
    (op::MEASURE_VIRTUALISATION, &["kind", "operator"]),
    (op::MEASURE_BROWSER, &["name", "version", "binary", "binary_sha256", "protocol"]),
    (op::MEASURE_EXTENSIONS, &["extensions", "policies"]),
    (op::MEASURE_DISPLAY, &["viewport_width", "viewport_height", "scale_percent", "colour_depth", "headless"]),
    (
        op::MEASURE_SETTINGS,
        &["user_agent", "languages", "time_zone", "javascript", "images", "zoom_percent", "dark_mode"],
    ),
    (op::MEASURE_ANTIVIRUS, &["engine", "version", "signatures", "result"]),
    (op::MEASURE_FIREWALL, &["rules"]),
    (op::MEASURE_SOFTWARE, &["name", "version", "binary_sha256", "publisher", "purpose"]),
];

const NETWORK: &[Measure] = &[
    (op::MEASURE_NETWORK, &["interfaces", "gateways", "routes", "neighbours", "router"]),
    (op::MEASURE_PUBLIC_ADDRESS, &["answers", "answers_ipv6"]),
    (op::MEASURE_RESOLVERS, &["servers", "search"]),
    (op::MEASURE_PROXY, &["effective", "levels", "browser_flag", "environment", "policy", "pac"]),
    (op::MEASURE_TUNNEL, &["interfaces"]),
    (op::MEASURE_HOSTS, &["entries", "sha256", "targets"]),
];

const MONO: &[&str] = &["binary", "binary_sha256", "sha256", "user_agent", "effective", "browser_flag", "environment"];

/// Block 11.
pub(super) fn machine(pen: &mut Pen<'_, '_>) {
    pen.heading(1, "chapitre.materiel", &[]);
    pen.para("chapitre.intro_materiel", &[], &[]);
    if let Some(declared) = pen.desk.facts.first(&op::TELEPHONE) {
        let fields = ["designation", "agent"].map(|key| (key, pen.desk.field(declared, key)));
        pen.para("chapitre.telephone", &fields, &[declared.seq]);
    }
    measures(pen, MACHINE);
}

/// Block 12.
pub(super) fn network(pen: &mut Pen<'_, '_>) {
    pen.heading(1, "chapitre.reseau", &[]);
    pen.para("chapitre.intro_reseau", &[], &[]);
    measures(pen, NETWORK);
    pen.heading(2, "chapitre.acces", &[]);
    match (pen.desk.draft.acces_internet.clone(), declared_access(pen)) {
        (Some(texte), _) => pen.para("chapitre.acces_texte", &[("texte", texte)], &[]),
        (None, Some((texte, marks))) => pen.para("chapitre.acces_texte", &[("texte", texte)], &marks),
        (None, None) => pen.gap("chapitre.acces_absent", "chapitre.acces_aide", &[]),
    }
}

/// Provider, kind of access and router, as the officer declared them before the session.
fn declared_access(pen: &Pen<'_, '_>) -> Option<(String, Vec<u64>)> {
    let desk = pen.desk;
    let provider = desk.facts.measured(&op::MEASURE_PROVIDER)?;
    let network = desk.facts.measured(&op::MEASURE_NETWORK);
    let router = network.and_then(|entry| Some((entry.text("router")?, entry.seq)));
    let said = [provider.text("declared_provider"), provider.text("declared_access")];
    let mut texts: Vec<String> = said.into_iter().flatten().map(str::to_owned).collect();
    if texts.is_empty() {
        return None;
    }
    let mut marks = vec![provider.seq];
    if let Some((router, seq)) = router {
        texts.push(desk.text("chapitre.acces_routeur", &[("routeur", router.to_owned())]));
        marks.push(seq);
    }
    Some((format!("{}.", texts.join(", ")), marks))
}

fn measures(pen: &mut Pen<'_, '_>, measures: &[Measure]) {
    for (operation, fields) in measures {
        pen.heading(2, &format!("groupe.{operation}"), &[]);
        let rows = rows(pen, operation, fields);
        match rows {
            Some(rows) => pen.facts(rows),
            None => pen.para("chapitre.non_mesure_ligne", &[], &[]),
        }
    }
}

fn rows(pen: &Pen<'_, '_>, operation: &Operation, fields: &[&str]) -> Option<Vec<Fact>> {
    let desk = pen.desk;
    let entry = desk.facts.measured(operation)?;
    let state = if matches!(entry.outcome, Outcome::Ok | Outcome::Declared) { State::Plain } else { State::Apart };
    let mut rows = Vec::new();
    if entry.outcome == Outcome::NotDone {
        let why = desk.text("chapitre.non_mesure", &[("why", entry.text("why").unwrap_or("").to_owned())]);
        rows.push(Fact { state, ..fact(desk, "groupe.resultat", SpanKind::Value, &why, &[entry.seq]) });
        return Some(rows);
    }
    for key in fields.iter().filter(|key| entry.data.contains_key(**key)) {
        let kind = if MONO.contains(key) { SpanKind::Mono } else { SpanKind::Value };
        let value = desk.field(entry, key);
        rows.push(Fact { state, ..fact(desk, &format!("champ.{key}"), kind, &value, &[]) });
    }
    if entry.data.contains_key("how") {
        rows.push(fact(desk, "chapitre.moyen", SpanKind::Value, &desk.field(entry, "how"), &[]));
    }
    if let Some(path) = entry.text("evidence") {
        rows.push(fact(desk, "chapitre.preuve", SpanKind::Mono, path, &[]));
    }
    // One mark for the group, at its end: every row comes from the same line.
    if let Some(last) = rows.last_mut() {
        last.value.marks = vec![entry.seq];
    }
    Some(rows)
}

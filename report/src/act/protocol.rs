//! Block 10, chapter I: which protocol was followed, with which software, and every deviation from it.
use std::collections::BTreeSet;

use dossier::{JournalEntry, op};
use norms::{ManifestLink, Row, StatusKind};

use crate::block::{Node, Span, SpanKind, Weight};
use crate::checks::{Check, Standing};
use crate::desk::{Desk, Pen, cell};

/// Chapter I. It never says that anything conforms to the norm, and never prints our marks as clauses.
pub(super) fn protocol(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    let conformity = desk.input.conformity;
    pen.heading(1, "protocole.titre", &[]);
    pen.para("protocole.norme", &[("sentence", followed(desk))], &[]);
    pen.para("protocole.reserve", &[], &[]);
    if let ManifestLink::Disagrees { why } = &conformity.manifest {
        pen.notice_of(Weight::Loud, "chapitre.ecart", "protocole.manifeste_autre", &[("why", why.clone())], &[]);
    }
    software(pen);
    plan(pen);
    let norm = &conformity.norm;
    let rules =
        [("norm", norm.id.clone()), ("edition", desk.translated(&norm.edition)), ("sha", norm.data_sha256.clone())];
    pen.para("protocole.regles", &rules, &[]);
    pen.heading(2, "protocole.ecarts", &[]);
    pen.para("protocole.synthese", &[("headline", headline(desk))], &[]);
    deviations(pen);
    declared(pen);
    checks(pen);
}

/// Which norm was followed.
fn followed(desk: &Desk<'_>) -> String {
    let conformity = desk.input.conformity;
    if desk.langue.is_act() {
        return conformity.protocol_sentence();
    }
    desk.text("traduction.norme", &[("formule", desk.translated(&conformity.norm.formule))])
}

/// How many requirements stand in each state, then the six statements that a court of appeal asks for.
fn headline(desk: &Desk<'_>) -> String {
    let conformity = desk.input.conformity;
    if desk.langue.is_act() {
        return conformity.headline();
    }
    let counts = &conformity.counts;
    let fields = [
        ("total", counts.total),
        ("met", counts.met),
        ("declared", counts.declared),
        ("deviation", counts.deviation),
        ("not_met", counts.not_met),
        ("without", counts.not_applicable),
    ];
    let mut text = desk.text("traduction.exigences", &fields.map(|(name, n)| (name, n.to_string())));
    if !conformity.aix.is_empty() {
        let state = |item: &norms::AixState| {
            let (name, state) = (desk.translated(&item.libelle), desk.translated(item.status.as_french()));
            format!("{name}{}{state}", desk.langue.colon())
        };
        let list = conformity.aix.iter().map(state).collect::<Vec<_>>().join(", ");
        text.push_str(&desk.text("traduction.aix", &[("list", list)]));
    }
    text
}

/// The title of a requirement.
fn requirement(desk: &Desk<'_>, row: &Row) -> String {
    desk.else_french(&format!("exigences.{}", lower(row.id.as_str())), &row.titre)
}

/// A mark as a key of sentences writes it.
fn lower(mark: &str) -> String {
    mark.to_ascii_lowercase()
}

/// The checks before the act is final: how many hold, and each that the officer decided over, with his words.
fn checks(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    if desk.checks.is_empty() || !desk.attended() {
        return;
    }
    let count = |wanted: fn(&Standing) -> bool| desk.checks.iter().filter(|c| wanted(&c.standing)).count().to_string();
    let fields = [
        ("count", desk.checks.len().to_string()),
        ("met", count(|s| *s == Standing::Satisfait)),
        ("without", count(|s| matches!(s, Standing::SansObjet { .. }))),
        ("decided", count(|s| matches!(s, Standing::Decide { .. }))),
        ("apart", desk.checks.iter().filter(|c| c.refuses()).count().to_string()),
        ("reminders", desk.checks.iter().filter(|c| c.standing == Standing::Ecart && !c.refuses()).count().to_string()),
    ];
    pen.heading(2, "controles.titre", &[]);
    pen.para("controles.synthese", &fields, &[]);
    let told = desk.checks.iter().filter(|c| c.refuses() || matches!(c.standing, Standing::Decide { .. }));
    let rows: Vec<_> = told.map(|check| decided(desk, check)).collect();
    if rows.is_empty() {
        return;
    }
    pen.nodes.push(Node::Table {
        caption: desk.text("controles.legende", &[]),
        widths: ["19mm", "1.2fr", "1.4fr", "1.2fr"].map(str::to_owned).to_vec(),
        kinds: ["mono", "text", "text", "text"].map(str::to_owned).to_vec(),
        head: ["repere", "controle", "constat", "decision"]
            .map(|k| desk.text(&format!("controles.col_{k}"), &[]))
            .to_vec(),
        rows,
    });
}

fn decided(desk: &Desk<'_>, check: &Check) -> Vec<Vec<Span>> {
    let said = |finding: &dossier::Finding| match &finding.found {
        Some(found) => format!("{} ({found})", finding.what.trim_end_matches('.')),
        None => finding.what.clone(),
    };
    let findings: Vec<String> = check.constats.iter().take(6).map(said).collect();
    let decision = match &check.standing {
        Standing::Decide { decision } => decision.clone(),
        _ => desk.text("controles.sans_decision", &[]),
    };
    vec![
        cell(desk, SpanKind::Plain, check.id),
        cell(desk, SpanKind::Plain, &desk.else_french(&format!("controles.titres.{}", lower(check.id)), check.titre)),
        cell(desk, SpanKind::Plain, &desk.langue.list(&findings)),
        cell(desk, SpanKind::Plain, &decision),
    ]
}

fn software(pen: &mut Pen<'_, '_>) {
    let software = &pen.desk.input.manifest.software;
    let mut fields = vec![("name", software.name.clone()), ("version", software.version.clone())];
    let marks: Vec<u64> = pen.desk.facts.first(&op::SESSION_OPEN).map(|e| e.seq).into_iter().collect();
    match software.binary_sha256 {
        Some(sha) => {
            fields.push(("sha", sha.to_hex()));
            pen.para("protocole.logiciel", &fields, &marks);
        }
        None => pen.para("protocole.logiciel_sans", &fields, &marks),
    }
}

fn plan(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    match desk.facts.first(&op::SESSION_SCENARIO) {
        Some(entry) => {
            let fields = ["path", "bytes", "sha256", "steps"].map(|key| (key, desk.field(entry, key)));
            pen.para("protocole.plan", &fields, &[entry.seq]);
        }
        None => pen.para("protocole.plan_absent", &[], &[]),
    }
}

fn of_kinds<'a>(desk: &Desk<'a>, kinds: &[StatusKind]) -> Vec<&'a Row> {
    desk.input.conformity.rows.iter().filter(|row| kinds.contains(&row.status.kind())).collect()
}

fn deviations(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    let rows = of_kinds(desk, &[StatusKind::Deviation, StatusKind::NotMet]);
    if rows.is_empty() {
        pen.para("protocole.ecarts_aucun", &[], &[]);
        return;
    }
    pen.para("protocole.ecarts_texte", &[("count", rows.len().to_string())], &[]);
    let head = ["repere", "exigence", "etat", "motif", "justification"];
    pen.nodes.push(Node::Table {
        caption: desk.text("protocole.ecarts_legende", &[]),
        widths: ["19mm", "1.1fr", "17mm", "1.5fr", "1fr"].map(str::to_owned).to_vec(),
        kinds: ["mono", "text", "text", "text", "text"].map(str::to_owned).to_vec(),
        head: head.map(|key| desk.text(&format!("protocole.col_{key}"), &[])).to_vec(),
        rows: rows.into_iter().map(|row| deviation(desk, row)).collect(),
    });
}

fn deviation(desk: &Desk<'_>, row: &Row) -> Vec<Vec<Span>> {
    let none = desk.text("protocole.sans_justification", &[]);
    let justification = justification(desk, row.id.as_str()).unwrap_or(none);
    let mut why = cell(desk, SpanKind::Plain, row.status.reason().unwrap_or(""));
    let lines: BTreeSet<u64> = row.status.proofs().iter().flat_map(|p| &p.lines).copied().collect();
    if !lines.is_empty() {
        let lines: Vec<String> = lines.iter().map(u64::to_string).collect();
        let mark = desk.text("page.journal", &[]);
        why.push(Span { k: SpanKind::Plain, t: format!(" [{mark}\u{a0}{}]", lines.join(", ")) });
    }
    vec![
        cell(desk, SpanKind::Plain, row.id.as_str()),
        cell(desk, SpanKind::Plain, &requirement(desk, row)),
        cell(desk, SpanKind::Plain, &desk.translated(row.status.kind().as_french())),
        why,
        cell(desk, SpanKind::Plain, &justification),
    ]
}

/// What the officer wrote: during the session, then in the draft.
fn justification(desk: &Desk<'_>, id: &str) -> Option<String> {
    let mark = desk.text("page.journal", &[]);
    let of_this = |entry: &&&JournalEntry| entry.op == op::NORM_JUSTIFICATION && entry.text("requirement") == Some(id);
    let lines = desk.facts.before.iter().filter(of_this);
    let during = lines.filter_map(|entry| Some(format!("{} [{mark}\u{a0}{}]", entry.text("why")?, entry.seq)));
    let after = desk.draft.justifications.get(id).cloned();
    let all: Vec<String> = during.chain(after).collect();
    (!all.is_empty()).then(|| desk.langue.list(&all))
}

fn declared(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    let rows = of_kinds(desk, &[StatusKind::Declared]);
    if rows.is_empty() {
        return;
    }
    let list = rows.iter().map(|row| format!("{} ({})", requirement(desk, row), row.id)).collect::<Vec<_>>();
    let list = desk.langue.list(&list);
    pen.para("protocole.declarees", &[("count", rows.len().to_string()), ("list", list)], &[]);
}

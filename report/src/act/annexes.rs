//! Block 18, chapter IX: the sealed file, its seal and its time, every annex with its digest, the hours in UTC.
use dossier::Sha256Digest;

use crate::block::{Fact, Node, SpanKind, Weight};
use crate::desk::{Desk, Pen, cell, fact};
use crate::{SealFacts, TimestampFact};

/// Block 18.
pub(super) fn annexes(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    pen.heading(1, "annexes.titre", &[]);
    pen.para("annexes.intro", &[], &[]);
    pen.heading(2, "annexes.scelle", &[]);
    pen.facts(sealed(desk));
    tokens(pen);
    pen.para("annexes.qualification", &[], &[]);
    pen.para("annexes.ecrit", &[], &[]);
    if !desk.input.bundle.findings.is_empty() {
        pen.heading(2, "annexes.verification", &[]);
        super::ending::findings(pen, &desk.input.bundle.findings);
    }
    pen.heading(2, "annexes.liste", &[]);
    list(pen);
    match desk.draft.support.clone() {
        Some(support) => pen.para("annexes.support", &[("support", support)], &[]),
        None => pen.gap("annexes.support_absent", "annexes.support_aide", &[]),
    }
    pen.para("annexes.controler", &[("commande", "sha256sum -c SHA256SUMS".to_owned())], &[]);
    hours(pen);
}

fn sealed(desk: &Desk<'_>) -> Vec<Fact> {
    let (bundle, manifest) = (&desk.input.bundle, desk.input.manifest);
    let size = desk.text("annexes.octets_texte", &[("bytes", desk.count(bundle.bytes))]);
    let mut journal = fact(desk, "annexes.journal", SpanKind::Plain, "", &[]);
    let entries = [("entries", desk.count(manifest.journal.entries)), ("head", manifest.journal.head.to_hex())];
    journal.value.spans = desk.say("annexes.journal_texte", &entries);
    let row = |key: &str, kind: SpanKind, value: &str| fact(desk, &format!("annexes.{key}"), kind, value, &[]);
    let mut rows = vec![
        row("fichier", SpanKind::Mono, &bundle.file_name),
        row("octets", SpanKind::Value, &size),
        row("empreinte", SpanKind::Mono, &bundle.sha256.to_hex()),
        row("manifeste", SpanKind::Mono, &manifest_digest(desk)),
        journal,
    ];
    match &bundle.seal {
        Some(SealFacts { signer, certificate_serial, .. }) => {
            rows.push(row("signataire", SpanKind::Value, signer));
            if let Some(serial) = certificate_serial {
                rows.push(row("certificat", SpanKind::Mono, serial));
            }
        }
        None => rows.push(row("signataire", SpanKind::Value, &desk.text("annexes.sans_sceau", &[]))),
    }
    let verdict = bundle.verdict.as_ref().map(|verdict| desk.translated(verdict));
    let verdict = verdict.unwrap_or_else(|| desk.text("annexes.verdict_absent", &[]));
    rows.push(row("verdict", SpanKind::Value, &verdict));
    rows
}

/// SHA-256 of `constat.json`: the canonical form of the manifest, which is the form it is sealed in.
fn manifest_digest(desk: &Desk<'_>) -> String {
    let bytes = dossier::to_canonical(desk.input.manifest);
    bytes.map_or_else(|_| desk.text("chapitre.absent", &[]), |bytes| Sha256Digest::of(&bytes).to_hex())
}

fn tokens(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    let tokens: &[TimestampFact] = desk.input.bundle.seal.as_ref().map_or(&[], |seal| &seal.timestamps);
    if tokens.is_empty() {
        let reason = [("reason", String::new())];
        pen.notice_of(Weight::Firm, "alerte.sans_horodatage.titre", "alerte.sans_horodatage.texte", &reason, &[]);
        return;
    }
    pen.heading(2, "annexes.jetons", &[]);
    let row = |token: &TimestampFact| {
        vec![
            cell(desk, SpanKind::Plain, &token.authority),
            cell(desk, SpanKind::Plain, &token.gen_time.to_string()),
            cell(desk, SpanKind::Plain, &token.serial),
            cell(desk, SpanKind::Plain, &token.policy),
        ]
    };
    pen.nodes.push(Node::Table {
        caption: desk.text("annexes.jetons_legende", &[]),
        widths: ["1.4fr", "42mm", "1fr", "30mm"].map(str::to_owned).to_vec(),
        kinds: ["text", "mono", "mono", "mono"].map(str::to_owned).to_vec(),
        head: head(desk, &["autorite", "heure", "serie", "politique"]),
        rows: tokens.iter().map(row).collect(),
    });
}

fn head(desk: &Desk<'_>, keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| desk.text(&format!("annexes.col_{key}"), &[])).collect()
}

fn list(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    let artefacts = &desk.input.manifest.artefacts;
    let rows = artefacts.iter().zip(1_u64..).map(|(artefact, n)| {
        vec![
            cell(desk, SpanKind::Plain, &n.to_string()),
            cell(desk, SpanKind::Plain, &desk.text(&format!("nature.{}", artefact.meta.kind), &[])),
            cell(desk, SpanKind::Plain, artefact.path.as_str()),
            cell(desk, SpanKind::Plain, &desk.count(artefact.digests.bytes)),
            cell(desk, SpanKind::Plain, &artefact.digests.sha256.to_hex()),
        ]
    });
    pen.nodes.push(Node::Table {
        caption: desk.text("annexes.legende", &[]),
        widths: ["9mm", "1fr", "1.25fr", "20mm", "47mm"].map(str::to_owned).to_vec(),
        kinds: ["number", "text", "mono", "number", "digest"].map(str::to_owned).to_vec(),
        head: head(desk, &["numero", "intitule", "fichier", "octets", "empreinte"]),
        rows: rows.collect(),
    });
    let bytes: u64 = artefacts.iter().fold(0, |sum, artefact| sum.saturating_add(artefact.digests.bytes));
    let totals = [("count", desk.count(artefacts.len() as u64)), ("bytes", desk.count(bytes))];
    pen.para("annexes.total", &totals, &[]);
}

fn hours(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    let dated = desk.facts.steps.iter().filter_map(|(number, step)| Some((number, step.dated_by()?)));
    let rows: Vec<_> = dated
        .map(|(number, entry)| {
            let legal = entry.at.legal_time();
            vec![
                cell(desk, SpanKind::Plain, &number.to_string()),
                cell(desk, SpanKind::Plain, &format!("{}, {}", desk.langue.day(&legal), desk.langue.hour(&legal))),
                cell(desk, SpanKind::Plain, &entry.at.to_string()),
            ]
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    pen.heading(2, "annexes.heures", &[]);
    pen.nodes.push(Node::Table {
        caption: desk.text("annexes.heures_legende", &[]),
        widths: ["22mm", "1fr", "1fr"].map(str::to_owned).to_vec(),
        kinds: ["number", "text", "mono"].map(str::to_owned).to_vec(),
        head: head(desk, &["operation", "legale", "utc"]),
        rows,
    });
}

//! Blocks 17, 19, 20 and 21: declarations, closing, cost, signature.
use dossier::{Qualite, SessionState, op};

use crate::block::{Node, SpanKind};
use crate::date_words::offset;
use crate::desk::{Pen, cell};

use super::officer_of;

/// Block 17, with what a third party bought when the act is an achat-test.
pub(super) fn declarations(pen: &mut Pen<'_, '_>) {
    bought(pen);
    pen.heading(1, "declarations.titre", &[]);
    if !pen.desk.attended() {
        pen.para("declarations.releve", &[], &[]);
        return;
    }
    let Some(declarations) = &pen.desk.draft.declarations else {
        pen.gap("declarations.absent", "declarations.absent_aide", &[]);
        return;
    };
    if declarations.is_empty() {
        pen.para("declarations.neant", &[], &[]);
    }
    for declaration in declarations {
        let nom = ("nom", declaration.nom.clone());
        pen.verbatim("declarations.propos", &[nom.clone(), ("propos", declaration.propos.clone())], &[]);
        pen.para(if declaration.signe { "declarations.signe" } else { "declarations.refus" }, &[nom], &[]);
    }
}

/// A purchase: who made it, what he declares of himself, and that the officer made none.
fn bought(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    let Some(achat) = desk.draft.achat.clone().filter(|_| desk.draft.nature == crate::Nature::AchatTest) else {
        return;
    };
    pen.heading(1, "achat.titre", &[]);
    let fields = [("acheteur", achat.acheteur), ("qualite", achat.qualite), ("objet", achat.objet)];
    pen.para("achat.texte", &fields, &[]);
    pen.para(if achat.independant { "achat.independant" } else { "achat.dependant" }, &[], &[]);
    if let Some(commande) = achat.commande {
        pen.para("achat.commande", &[("commande", commande)], &[]);
    }
    if let Some(suite) = achat.suite {
        pen.para("achat.suite", &[("suite", suite)], &[]);
    }
}

/// Block 19.
pub(super) fn closing(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    let session = &desk.input.manifest.session;
    pen.heading(1, "cloture.titre", &[]);
    let marks: Vec<u64> = desk.facts.first(&op::SESSION_CLOSE).map(|entry| entry.seq).into_iter().collect();
    if session.state == SessionState::Interrupted {
        let cut = desk.facts.first(&op::SESSION_INTERRUPTED);
        let last = cut.and_then(|entry| entry.text("last_at")).and_then(|at| at.parse().ok());
        let last = last.map_or_else(|| desk.text("chapitre.absent", &[]), |at| desk.langue.moment(at));
        let mut marks = marks;
        marks.extend(cut.map(|entry| entry.seq));
        marks.sort_unstable();
        pen.para(
            "cloture.fin_interrompue",
            &[("last", last), ("closed", desk.langue.moment(session.closed_at))],
            &marks,
        );
    } else {
        let legal = session.closed_at.legal_time();
        let (words, day) = (desk.langue.hour_in_words(&legal), desk.langue.day(&legal));
        let fields = [("words", words), ("day", day), ("offset", offset(&legal))];
        pen.para(&format!("cloture.fin_{}", desk.kind()), &fields, &marks);
    }
    interruptions(pen);
    let annexes = u32::try_from(desk.input.manifest.artefacts.len()).unwrap_or(u32::MAX);
    let count = |n: u32| format!("{} ({n})", desk.langue.count_in_words(n));
    let captures = super::figures::shown(desk);
    let totals = [("pages", String::new()), ("captures", count(captures)), ("annexes", count(annexes))];
    pen.para("cloture.totaux", &totals, &[]);
    pen.para(&format!("cloture.formule_{}", desk.kind()), &[], &[]);
    pen.para("cloture.redaction", &[("moment", desk.langue.moment(desk.input.drawn_up_at))], &[]);
}

/// Each interruption after which the session went on, with its bounds.
fn interruptions(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    let resumed: Vec<&dossier::JournalEntry> = desk.facts.all(op::SESSION_RESUMED).collect();
    for entry in resumed {
        let last = entry.text("last_at").and_then(|at| at.parse().ok());
        let last = last.map_or_else(|| desk.text("chapitre.absent", &[]), |at| desk.langue.moment(at));
        let fields = [
            ("number", desk.field(entry, "interruption")),
            ("last", last),
            ("again", desk.langue.moment(entry.at)),
            ("next", desk.field(entry, "next_step")),
        ];
        pen.para("cloture.interruption", &fields, &[entry.seq]);
    }
}

/// Block 20.
pub(super) fn cost(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    pen.heading(1, "cout.titre", &[]);
    if !desk.attended() {
        pen.para("cout.releve", &[], &[]);
        return;
    }
    let rows = super::column::cost_rows(desk);
    if rows.is_empty() {
        if desk.draft.cout.is_some() {
            pen.para("cout.trop", &[], &[]);
        }
        pen.gap("cout.absent", "cout.absent_aide", &[]);
        return;
    }
    pen.para("cout.ligne", &[], &[]);
    for line in desk.draft.cout.iter().flat_map(|cout| &cout.detail) {
        pen.verbatim("cout.detail", &[("ligne", line.clone())], &[]);
    }
    pen.nodes.push(Node::Table {
        caption: desk.text("cout.legende", &[]),
        widths: ["1fr", "32mm"].map(str::to_owned).to_vec(),
        kinds: ["text", "number"].map(str::to_owned).to_vec(),
        head: vec![desk.text("cout.colonne_libelle", &[]), desk.text("cout.colonne_montant", &[])],
        rows: rows
            .iter()
            .map(|(label, amount)| vec![cell(desk, SpanKind::Plain, label), cell(desk, SpanKind::Plain, amount)])
            .collect(),
    });
}

/// Block 21: the places of the signatures; a translation has none.
pub(super) fn signature(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    pen.heading(1, "signature.titre", &[]);
    if !desk.attended() {
        pen.para("signature.releve", &[], &[]);
        return;
    }
    if !desk.langue.is_act() {
        pen.para("traduction.signature", &[], &[]);
        return;
    }
    let officer = officer_of(desk);
    let name = officer.map(|o| desk.clean(&format!("{} {}", o.prenoms, o.nom)));
    let mode = desk.text("signature.mode", &[]);
    let lines = |name: Option<String>| name.into_iter().chain([mode.clone()]).collect::<Vec<_>>();
    let clerk = officer.is_some_and(|o| o.qualite == Qualite::ClercHabilite);
    let title = desk.text(if clerk { "signature.clerc" } else { "signature.commissaire" }, &[]);
    pen.nodes.push(Node::Signature { title, lines: lines(name) });
    if clerk {
        let title = desk.text("signature.contreseing", &[]);
        pen.nodes.push(Node::Signature { title, lines: lines(None) });
    }
}

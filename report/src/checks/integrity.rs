//! Integrity and order: journal, hours, captures (CHK-07, 08, 09, 12, 13, 14, 15, 16, 28).
use std::collections::BTreeSet;

use dossier::{Finding, JournalEntry, Level, Outcome, Sha256Digest, op};
use serde_json::Value;

use crate::ReportInput;
use crate::facts::Facts;

/// CHK-07 and CHK-28: the journal is the manifest's. CHK-08: hours never go back and stay within the session.
/// CHK-12: nothing of the preparation comes after the first page. CHK-16: steps are numbered without gap.
pub(super) fn journal(input: &ReportInput<'_>, facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let of_manifest = &input.manifest.journal;
    let entries = input.journal.entries();
    if of_manifest.head != input.journal.head() || of_manifest.entries != entries.len() as u64 {
        let what = "Le journal n'est pas celui que le manifeste désigne.";
        findings.push(Finding::new("pv.journal", Level::Fail, what).values(of_manifest.head, input.journal.head()));
    }
    if let Some(pair) = entries.windows(2).find(|pair| matches!(pair, [a, b] if b.at < a.at))
        && let [a, b] = pair
    {
        let what = format!("L'horloge recule entre les lignes {} et {} du journal.", a.seq, b.seq);
        findings.push(Finding::new("pv.horloge.recul", Level::Fail, what).values(a.at, b.at));
    }
    let session = &input.manifest.session;
    if session.closed_at < session.opened_at {
        let what = "La clôture de la session précède son ouverture.";
        findings.push(Finding::new("pv.horloge.fin", Level::Fail, what).values(session.opened_at, session.closed_at));
    }
    if let Some(first) = facts.first(&op::PAGE_REACHED) {
        let late = entries.iter().filter(|e| e.seq > first.seq && e.op.as_str().starts_with("clean."));
        for entry in late {
            let what = format!("Préparation ({}) postérieure à la première page consultée.", entry.op);
            findings.push(Finding::new("pv.preparation", Level::Warn, what).found(entry.seq));
        }
    }
    let numbers: Vec<i64> = facts.steps.keys().copied().collect();
    let expected: Vec<i64> = (1..).take(numbers.len()).collect();
    if numbers != expected {
        let what = "La numérotation des étapes n'est pas continue.";
        let (expected, found) = (format!("{expected:?}"), format!("{numbers:?}"));
        findings.push(Finding::new("pv.numerotation", Level::Fail, what).values(expected, found));
    }
}

/// CHK-09: the clock was compared before and after. CHK-13: address, resolvers and proxy did not change.
pub(super) fn clock(input: &ReportInput<'_>, facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let entries = input.journal.entries();
    let compared = |phase: &str| {
        let of_phase = entries.iter().filter(|e| e.op == op::MEASURE_CLOCK && e.text("phase") == Some(phase));
        of_phase.filter(|e| e.outcome == Outcome::Ok).count() > 0
    };
    for (phase, name) in [("start", "au début"), ("end", "à la fin")] {
        if !compared(phase) {
            let what = format!("L'horloge n'a pas été comparée avec succès à une référence {name} de la session.");
            findings.push(Finding::new("pv.horloge", Level::Warn, what));
        }
    }
    // The session itself compares what it measures again with what it measured first.
    let changed =
        |entry: &&&JournalEntry| entry.data.get("changed").and_then(Value::as_array).is_some_and(|c| !c.is_empty());
    for entry in facts.around.iter().filter(changed) {
        let what = format!("La mesure {} n'est pas la même au début et à la fin de la session.", entry.op);
        findings.push(Finding::new("pv.changement", Level::Warn, what).found(entry.seq));
    }
}

/// CHK-14: every capture printed can be read and has the digest sealed. CHK-15: none is left uncited. CHK-16:
/// numbered without gap. And, when an officer attends, each is acknowledged.
pub(super) fn captures(input: &ReportInput<'_>, facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for artefact in facts.printed() {
        let path = &artefact.path;
        match (input.read)(path) {
            Err(e) => {
                let what = format!("L'image {path} ne peut pas être lue.");
                findings.push(Finding::new("pv.capture.illisible", Level::Fail, what).found(e));
            }
            Ok(bytes) => {
                let (expected, found) = (artefact.digests.sha256, Sha256Digest::of(&bytes));
                if expected != found {
                    let what = format!("L'image {path} n'a pas l'empreinte scellée.");
                    findings.push(Finding::new("pv.capture.alteree", Level::Fail, what).values(expected, found));
                }
            }
        }
    }
    let numbers: BTreeSet<u32> = input.manifest.artefacts.iter().filter_map(|a| a.meta.capture).collect();
    if !numbers.iter().copied().eq((1..).take(numbers.len())) {
        let what = "La numérotation des captures n'est pas continue.";
        findings.push(Finding::new("pv.numerotation", Level::Fail, what).found(format!("{numbers:?}")));
    }
    let cited: BTreeSet<u32> = facts.steps.keys().flat_map(|step| facts.captures_of(*step)).collect();
    for capture in numbers.difference(&cited) {
        let what = format!("La capture n° {capture} n'appartient à aucune étape du journal.");
        findings.push(Finding::new("pv.capture.non_citee", Level::Warn, what));
    }
    if input.manifest.session.attended {
        unacknowledged(facts, findings);
    }
}

fn unacknowledged(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for step in facts.steps.keys() {
        for capture in facts.captures_of(*step) {
            if facts.acknowledgement(*step, capture).is_none() {
                let what = format!("La capture n° {capture} n'a pas été reconnue par l'officier.");
                findings.push(Finding::new("pv.capture.non_reconnue", Level::Warn, what));
            }
        }
    }
}

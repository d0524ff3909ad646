//! Block 13, chapter IV: what was done before the first page, one numbered line each, with time and result.
use dossier::{JournalEntry, Outcome};

use crate::block::{Fact, Node, State};
use crate::desk::{Desk, Pen};

/// Operations that chapters II and III already told, field by field.
const TOLD: [&str; 9] = [
    "measure.machine",
    "measure.system",
    "measure.browser",
    "measure.extensions",
    "measure.display",
    "measure.settings",
    "measure.network",
    "measure.resolvers",
    "measure.virtualisation",
];

/// Block 13.
pub(super) fn preliminaries(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    pen.heading(1, "chapitre.prealables", &[]);
    let entries =
        desk.facts.before.iter().filter(|e| !TOLD.contains(&e.op.as_str()) && e.op.as_str() != "measure.software");
    let items: Vec<Fact> = entries.map(|entry| item(desk, entry)).collect();
    if items.is_empty() {
        pen.para("chapitre.prealables_aucune", &[], &[]);
        return;
    }
    pen.para("chapitre.intro_prealables", &[], &[]);
    pen.nodes.push(Node::List { items });
    let first = desk.facts.steps.values().flat_map(|step| &step.pages).min_by_key(|entry| entry.seq);
    if let Some(first) = first {
        let begun =
            desk.facts.steps.values().filter_map(|step| step.begin).min_by_key(|entry| entry.seq).unwrap_or(first);
        pen.para("chapitre.premiere", &[("hour", desk.langue.hour(&begun.at.legal_time()))], &[begun.seq]);
    }
}

/// One line of the list: its hour, its sentence, and whether it departs from what is asked.
pub(super) fn item(desk: &Desk<'_>, entry: &JournalEntry) -> Fact {
    let apart = matches!(entry.outcome, Outcome::Deviation | Outcome::Failed | Outcome::NotDone);
    Fact {
        label: desk.langue.hour(&entry.at.legal_time()),
        value: desk.entry_line("ops", entry),
        state: if apart { State::Apart } else { State::Plain },
    }
}

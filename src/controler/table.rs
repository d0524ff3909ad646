//! The table of `controler`: a requirement is shown as soon as what it reads is measured, in the order of the norm.
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use capture::Fact;
use dossier::{Instant, Operation};
use indicatif::{ProgressBar, ProgressStyle};
use norms::{Norm, Row, Status};
use serde_json::{Value, json};

use super::{Rehearsal, apart};
use crate::capturer::Preliminaries;
use crate::output;

/// What was measured, and how far the table is shown.
pub(super) struct Live {
    rules: Arc<Preliminaries>,
    shown: bool,
    bar: Option<ProgressBar>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rehearsal: Option<Rehearsal>,
    measured: BTreeSet<Operation>,
    /// Rows already shown.
    told: usize,
}

impl Live {
    pub(super) fn new(rules: Arc<Preliminaries>, shown: bool) -> Self {
        let terminal = shown && std::io::IsTerminal::is_terminal(&std::io::stderr());
        Self { rules, shown, bar: terminal.then(spinner), state: Mutex::default() }
    }

    /// One more fact.
    pub(super) fn measured(&self, fact: &Fact, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let data = fact.data.as_object().cloned().unwrap_or_default();
        state.rehearsal.get_or_insert_with(|| Rehearsal::begin(now)).add(fact.op.clone(), fact.outcome, data, now);
        state.measured.insert(fact.op.clone());
        if let Some(bar) = &self.bar {
            bar.set_message(format!("mesuré : {}", fact.op));
        }
        self.show(&mut state, false);
    }

    /// Shows what is left, and gives every row.
    pub(super) fn end(&self, now: Instant) -> Vec<Row> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.rehearsal.get_or_insert_with(|| Rehearsal::begin(now));
        let rows = self.show(&mut state, true);
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        rows
    }

    fn show(&self, state: &mut State, all: bool) -> Vec<Row> {
        let Some(journal) = state.rehearsal.as_ref().and_then(Rehearsal::journal) else { return Vec::new() };
        let rows = self.rules.rows(&journal);
        let ready = |row: &&Row| all || reads(self.rules.norm(), row).all(|op| state.measured.contains(&op));
        let more = rows.iter().skip(state.told).take_while(ready);
        let mut told = 0;
        for row in more {
            told += 1;
            if self.shown {
                self.line(&text(&self.rules, row));
            }
        }
        state.told += told;
        rows
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| output::line(text)),
            None => output::line(text),
        }
    }
}

fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise}  {wide_msg}") {
        bar.set_style(style);
    }
    bar.set_message("mesures en cours");
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// The operations a requirement reads before the first page; those that only a session writes do not count.
fn reads(norm: &Norm, row: &Row) -> impl Iterator<Item = Operation> {
    let conditions = norm.exigence(row.id.as_str()).map(|e| e.regle.conditions.as_slice()).unwrap_or_default();
    let early = conditions.iter().filter(|c| !c.plus_tard && !c.absence).filter_map(|c| c.ligne.clone());
    early.filter(|op| !op.as_str().starts_with("session."))
}

/// One requirement on the terminal: its state, and when it does not stand why and what to do.
fn text(rules: &Preliminaries, row: &Row) -> String {
    let kind = row.status.kind();
    let state = format!("{} {}", kind.mark(), kind.as_french());
    let mut text = format!("{state:<17} {:<11} {}", row.id.as_str(), row.titre);
    if apart(row) {
        text.push_str(&format!(" [{}]", rules.weight(row).as_french()));
        let todo = rules.todo(row);
        let notes = [("constaté", row.status.reason().unwrap_or_default()), ("à faire", todo)];
        for (label, note) in notes.into_iter().filter(|(_, note)| !note.is_empty()) {
            text.push_str(&format!("\n{:30}{label} : {}", "", output::printable(note)));
        }
    } else if let Status::Met { proofs } | Status::Declared { proofs } = &row.status {
        for proof in proofs {
            let sentence = proof.sentence.rsplit_once(" (ligne").map_or(proof.sentence.as_str(), |(before, _)| before);
            text.push_str(&format!("\n{:30}{}", "", output::printable(sentence)));
        }
    }
    text
}

/// One requirement for scripts.
pub(super) fn json(rules: &Preliminaries, row: &Row) -> Value {
    json!({
        "id": row.id, "titre": row.titre, "weight": rules.weight(row), "state": row.status.kind(),
        "why": row.status.reason(), "todo": rules.todo(row), "proofs": row.status.proofs(),
    })
}

/// What it means for a constat.
pub(super) fn summary(judged: usize, blocking: usize, to_justify: usize) -> String {
    let word = |n: usize, one: &str, many: &str| format!("{n} {}", if n < 2 { one } else { many });
    let counted = format!(
        "{judged} exigences jugées avant la première page : {}, {}.",
        word(blocking, "bloquante", "bloquantes"),
        word(to_justify, "à justifier", "à justifier"),
    );
    let means = match (blocking, to_justify) {
        (0, 0) => "Un constat peut commencer.",
        (0, _) => "Un constat peut commencer si l'officier justifie par écrit chaque ligne « à justifier ».",
        _ => "Un constat serait refusé ; un relevé technique reste possible, avec ses écarts.",
    };
    format!("{counted} {means}")
}

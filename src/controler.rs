//! `constat controler`: the state of this machine against the preliminaries, requirement by requirement, without capturing anything.
mod key;
mod table;

use std::sync::Arc;

use capture::scenario::Scenario;
use capture::{BrowserChoice, Fact, Telling, Weight};
use dossier::{Clock, Instant, Journal, JournalEntry, Operation, Outcome, Sha256Digest, op};
use norms::{Row, StatusKind};
use serde_json::{Map, Value, json};

use crate::capturer::{self, Preliminaries};
use crate::cli::Controler;
use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

use key::Key;
use table::Live;

/// Measures, and shows each requirement as soon as what it reads is measured. Exit code 1 when one that weighs stands apart.
pub(crate) fn run(arguments: &Controler, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    let target = arguments.adresse.as_deref().unwrap_or("http://localhost/");
    let mut scenario = Scenario::for_url(target, None).map_err(|e| Failure::new(e.code(), Exit::Usage, e))?;
    let browser = BrowserChoice { path: arguments.navigateur.clone() };
    let etude = Etude::existing(arguments.etude.as_deref())?;
    scenario.lieu = etude.as_ref().map(Etude::place);
    let sources = etude.as_ref().map(|etude| etude.sources().clone()).unwrap_or_default();
    let rules = Arc::new(Preliminaries::new()?);
    let live = Arc::new(Live::new(Arc::clone(&rules), !json));
    let software = capturer::software();
    let (shown, now) = (Arc::clone(&live), Arc::clone(clock));
    let told: Telling = Arc::new(move |fact: &Fact| shown.measured(fact, now.now()));
    let measured = capture::measure(&scenario, &browser, &software, &sources, Arc::clone(clock), told);
    let facts = capturer::runtime()?.block_on(measured).map_err(Failure::from)?;
    let rows = live.end(clock.now());
    let key = Key::look(etude.as_ref(), clock.as_ref())?;
    let weighs = |weight: Weight| rows.iter().filter(|row| apart(row) && rules.weight(row) == weight).count();
    let (blocking, to_justify) = (weighs(Weight::Block), weighs(Weight::Justify));
    if json {
        let list: Vec<Value> =
            facts.iter().map(|f| json!({"op": f.op, "outcome": f.outcome, "data": f.data})).collect();
        let rows: Vec<Value> = rows.iter().map(|row| table::json(&rules, row)).collect();
        let norm = rules.norm();
        output::json(&json!({
            "norm": {"id": norm.id, "edition": norm.edition, "data_sha256": norm.data_sha256()}, "requirements": rows,
            "measures": list, "key": key.json, "blocking": blocking, "to_justify": to_justify,
            "deviations": key.departs || blocking + to_justify > 0,
        }));
    } else {
        output::line(&key.line);
        output::line(&table::summary(rows.len(), blocking, to_justify));
    }
    Ok(if key.departs || blocking + to_justify > 0 { Exit::Negative } else { Exit::Done })
}

/// Whether a requirement does not stand.
fn apart(row: &Row) -> bool {
    matches!(row.status.kind(), StatusKind::Deviation | StatusKind::NotMet)
}

/// What a session would have journalled so far, in memory: nothing of this is evidence.
struct Rehearsal {
    lines: Vec<u8>,
    next: u64,
    head: Sha256Digest,
}

impl Rehearsal {
    fn begin(now: Instant) -> Self {
        let mut rehearsal = Self { lines: Vec::new(), next: 0, head: Sha256Digest::ZERO };
        rehearsal.add(op::SESSION_OPEN, Outcome::Note, Map::new(), now);
        rehearsal
    }

    fn add(&mut self, op: Operation, outcome: Outcome, data: Map<String, Value>, now: Instant) {
        let entry = JournalEntry { seq: self.next, at: now, mono_us: self.next, op, outcome, data, prev: self.head };
        let Ok(line) = entry.to_line() else { return };
        self.head = Sha256Digest::of(&line);
        self.next += 1;
        self.lines.extend_from_slice(&line);
        self.lines.push(b'\n');
    }

    fn journal(&self) -> Option<Journal> {
        Journal::read(self.lines.as_slice()).ok().map(|(journal, _)| journal)
    }
}

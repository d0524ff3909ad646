//! Where a session stands in its steps: which are done, how often each was begun, which must be played again for a page.
use std::collections::{BTreeMap, BTreeSet};

use dossier::{Journal, JournalEntry, Outcome, op};
use serde_json::{Value, json};

use crate::CaptureError;
use crate::scenario::{Action, Etape};
use crate::session::run::needs_page;
use crate::steps::{CHECKOUT, SIGN_UP, UNMET};

/// Codes of a step that ended without having been tried to its end.
const CUT: [&str; 3] = ["capture.stopped", "capture.preliminaries", "capture.network_lost"];
/// Artefacts named of a step that was cut.
const NAMED: usize = 50;

/// The course of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Course {
    /// Steps done before this session.
    done: BTreeSet<u32>,
    /// How often each step was begun.
    begun: BTreeMap<u32, u32>,
    /// The steps that asked for an address, and whether each reached its page when it was last done.
    addresses: BTreeMap<u32, bool>,
    /// The code of a step that bars every step after it.
    pub(crate) barred: Option<&'static str>,
    /// Whether the page of an earlier session is still to be gone back to.
    to_regain: bool,
    /// Browsers that earlier sessions started.
    pub(crate) browsers: u32,
    /// How many interruptions came before.
    pub(crate) interruptions: u32,
    /// The session ends here and goes on later: the dossier is left open.
    pub(crate) suspended: bool,
}

impl Course {
    /// That of an interrupted dossier with `total` steps; refused when there is nothing left to play.
    pub(crate) fn of(journal: &Journal, total: u32) -> Result<Self, CaptureError> {
        let mut course = Self::default();
        let mut ended: Option<(u32, &JournalEntry)> = None;
        for entry in journal.entries() {
            let step = entry.integer("step").and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
            // What the officer typed is no step of the plan: it is numbered after it, and never played again.
            if step > total && (entry.op == op::STEP_BEGIN || entry.op == op::STEP_END) {
                ended = None;
                continue;
            }
            if entry.op == op::STEP_BEGIN {
                course.begin(step);
                ended = None;
            } else if entry.op == op::STEP_END {
                let cut = entry.text("code").is_some_and(|code| CUT.contains(&code));
                // A step that was not done asked for nothing: nothing of it has to be bound.
                match entry.outcome {
                    _ if cut => {}
                    Outcome::NotDone => {
                        course.done.insert(step);
                    }
                    _ => ended = Some((step, entry)),
                }
            } else if entry.op == op::ARCHIVE_CHECKPOINT
                && let Some((step, end)) = ended.take()
            {
                course.done.insert(step);
                course.note(step, end.text("kind").unwrap_or_default(), end.outcome == Outcome::Ok);
                course.barred = course.barred.or_else(|| end.text("code").and_then(barring));
            } else if entry.op == op::NETWORK_LOST {
                // It failed for want of a network: it is begun once more, by this session or by the next one.
                course.done.remove(&step);
                course.addresses.remove(&step);
            } else if entry.op == op::SESSION_INTERRUPTED {
                course.interruptions += 1;
            } else if finished(entry) {
                return Err(CaptureError::NothingLeft);
            }
        }
        // That of the reopening is not written yet when this is read.
        course.interruptions += 1;
        course.to_regain = true;
        if course.next() > total { Err(CaptureError::NothingLeft) } else { Ok(course) }
    }

    /// The first step to play.
    pub(crate) fn next(&self) -> u32 {
        self.done.last().map_or(1, |last| last + 1)
    }

    /// A step begins: how often it had begun before.
    pub(crate) fn begin(&mut self, step: u32) -> u32 {
        let begun = self.begun.entry(step).or_insert(0);
        *begun += 1;
        *begun - 1
    }

    /// A step of that kind was done, well or not.
    pub(crate) fn note(&mut self, step: u32, kind: &str, well: bool) {
        if matches!(kind, "aller" | "archive") {
            self.addresses.insert(step, well);
        }
    }

    /// Whether the page must be gone back to before a step that does `action`: once, unless a step asks for another first.
    pub(crate) fn regain(&mut self, action: &Action) -> bool {
        let needs = needs_page(action);
        let now = self.to_regain && needs;
        self.to_regain &= !needs && !matches!(action, Action::Aller(_) | Action::Archive(_));
        now
    }

    /// The steps to play again so that the step `next` has its page, in their order; `None` when nothing can give it one.
    pub(super) fn again(&self, etapes: &[Etape], next: u32) -> Option<Vec<u32>> {
        let (from, reached) = self.addresses.range(..next).next_back()?;
        let from = Some(*from).filter(|_| *reached)?;
        let acts = |n: &u32| {
            let etape = usize::try_from(*n - 1).ok().and_then(|index| etapes.get(index));
            etape.is_some_and(|e| !e.action.keeps())
        };
        Some((from..next).filter(acts).collect())
    }

    /// What is known of the step that was cut, for the journal; null when the session was cut between two steps.
    pub(super) fn cut(&self, journal: &Journal) -> Value {
        let next = self.next();
        let of = |entry: &&JournalEntry| entry.integer("step") == Some(i64::from(next));
        let Some(begin) = journal.of(&op::STEP_BEGIN).filter(of).last() else { return Value::Null };
        let since = |entry: &&JournalEntry| of(entry) && entry.seq > begin.seq;
        let kept: Vec<&str> = journal.of(&op::ARTEFACT).filter(since).filter_map(|e| e.text("path")).collect();
        let end = journal.of(&op::STEP_END).filter(since).last();
        json!({
            "step": next, "kind": begin.text("kind"), "begun_at": begin.at, "begun_seq": begin.seq,
            "end": end.map(|e| e.outcome), "code": end.and_then(|e| e.text("code")),
            "artefacts": kept.len(), "paths": kept.get(..NAMED).unwrap_or(&kept),
        })
    }
}

/// The code of a failure that bars what follows.
pub(crate) fn barring(code: &str) -> Option<&'static str> {
    [UNMET, SIGN_UP, CHECKOUT].into_iter().find(|bar| *bar == code)
}

/// The closing had begun to announce what is made of the whole session: nothing can be added to it.
fn finished(entry: &JournalEntry) -> bool {
    entry.op == op::ARTEFACT && matches!(entry.text("kind"), Some("archive-index" | "archive-pages" | "archive"))
}

#[cfg(test)]
mod tests;

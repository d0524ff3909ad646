//! Order and dates: CHK-06, 07, 08, 12 and 16.
use std::collections::BTreeSet;

use dossier::{Outcome, op};

use super::{Answer, Looked, found};
use crate::facts::Step;

/// CHK-06: the act is dated by the first line, ends after it began, and has a heading for each further day.
pub(super) fn dates(looked: &Looked<'_>) -> Answer {
    let session = &looked.input.manifest.session;
    let entries = looked.input.journal.entries();
    let mut all = Vec::new();
    let ends = [(entries.first(), session.opened_at, "ouverture"), (entries.last(), session.closed_at, "clôture")];
    for (line, stated, which) in ends {
        if let Some(line) = line.filter(|line| line.at != stated) {
            let what = format!("L'heure d'{which} du manifeste n'est pas celle du journal.")
                .replace("d'clôture", "de clôture");
            all.push(found("pv.horloge.bornes", what).values(line.at, stated));
        }
    }
    if session.closed_at < session.opened_at {
        let what = "La clôture de la session précède son ouverture.";
        all.push(found("pv.horloge.fin", what).values(session.opened_at, session.closed_at));
    }
    let days: BTreeSet<_> =
        looked.facts.steps.values().filter_map(|s| s.dated_by()).map(|e| e.at.legal_time().date()).collect();
    let opened = session.opened_at.legal_time().date();
    let wanted = days.iter().filter(|day| **day != opened).count();
    let headings = looked.day_headings();
    if headings < wanted {
        let what = "Les opérations s'étendent sur plusieurs jours, et l'acte ne porte pas un titre pour chacun.";
        all.push(found("pv.jours", what).values(wanted, headings));
    }
    Answer::of(all)
}

/// CHK-07: the journal is the one the manifest names. That it chains was established by reading it.
pub(super) fn chain(looked: &Looked<'_>) -> Answer {
    let (of_manifest, journal) = (&looked.input.manifest.journal, looked.input.journal);
    if of_manifest.head == journal.head() && of_manifest.entries == journal.entries().len() as u64 {
        return Answer::Met;
    }
    let what = "Le journal n'est pas celui que le manifeste désigne.";
    Answer::Apart(vec![found("pv.journal", what).values(of_manifest.head, journal.head())])
}

/// CHK-08: hours never go back, and stay within the session.
pub(super) fn hours(looked: &Looked<'_>) -> Answer {
    let (session, entries) = (&looked.input.manifest.session, looked.input.journal.entries());
    let mut all = Vec::new();
    if let Some([a, b]) = entries.windows(2).find(|pair| matches!(pair, [a, b] if b.at < a.at)) {
        let what = format!("L'horloge recule entre les lignes {} et {} du journal.", a.seq, b.seq);
        all.push(found("pv.horloge.recul", what).values(a.at, b.at));
    }
    let within = |at: dossier::Instant| at >= session.opened_at && at <= session.closed_at;
    for (number, step) in &looked.facts.steps {
        if let Some(entry) = step.dated_by().filter(|entry| !within(entry.at)) {
            let what = format!("L'opération {number} n'est pas dans les heures de la session.");
            all.push(found("pv.horloge.operation", what).found(entry.at));
        }
    }
    Answer::of(all)
}

/// CHK-12: nothing of the preparation comes after the first page, but for a browser that replaced another, in the same
/// session or when it was gone on with.
pub(super) fn preparation(looked: &Looked<'_>) -> Answer {
    let Some(first) = looked.facts.first(&op::PAGE_REACHED) else {
        return Answer::Without("aucune page n'a été atteinte");
    };
    let entries = looked.input.journal.entries();
    let ends = |e: &dossier::JournalEntry| e.op == op::BROWSER_STOP || e.op == op::SESSION_RESUMED;
    let restarted = |seq: u64| entries.iter().any(|e| ends(e) && e.seq > first.seq && e.seq < seq);
    let late = entries.iter().filter(|e| e.seq > first.seq && e.op.as_str().starts_with("clean.") && !restarted(e.seq));
    let late = late.map(|entry| {
        let what = format!("Préparation ({}) postérieure à la première page consultée.", entry.op);
        found("pv.preparation", what).found(entry.seq)
    });
    let before = entries.iter().filter(|e| e.seq < first.seq && e.op.as_str().starts_with("clean.")).count();
    let none =
        (before == 0).then(|| found("pv.preparation", "Aucune préparation du navigateur ne précède la première page."));
    Answer::of(late.chain(none).collect())
}

/// CHK-16: operations and captures are numbered without gap, those that failed too.
pub(super) fn numbers(looked: &Looked<'_>) -> Answer {
    let mut all = Vec::new();
    let steps: Vec<i64> = looked.facts.steps.keys().copied().collect();
    let captures: Vec<i64> = looked.facts.captures().into_iter().map(i64::from).collect();
    for (what, numbers) in [("étapes", steps), ("captures", captures)] {
        let expected: Vec<i64> = (1..).take(numbers.len()).collect();
        if numbers != expected {
            let what = format!("La numérotation des {what} n'est pas continue.");
            all.push(found("pv.numerotation", what).values(format!("{expected:?}"), format!("{numbers:?}")));
        }
    }
    // A step that was left out has its end alone, which says so.
    let left_out = |step: &Step<'_>| step.end.is_some_and(|end| end.outcome == Outcome::NotDone);
    let unbegun = looked.facts.steps.iter().filter(|(_, step)| step.begin.is_none() && !left_out(step));
    all.extend(unbegun.map(|(n, _)| found("pv.numerotation", format!("L'opération {n} n'a pas de début au journal."))));
    Answer::of(all)
}

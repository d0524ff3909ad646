//! Where each act of a register stands on a given day.
use dossier::{Finding, Instant, Level};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::deadline::{SOON, days_left, legal_day};
use super::register::{Act, Acts};
use crate::output::{self, printable};

/// Where an act stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// To be deposited, in so many days.
    Due(i64),
    /// Not deposited, so many days after the last one.
    Late(i64),
    /// Deposited on that day, in time or not.
    Deposited(Date, bool),
}

impl Standing {
    /// On the day `today`: a deposit made later does not count yet.
    pub(super) fn of(act: &Act, today: Date) -> Self {
        match &act.deposited {
            Some(deposit) if deposit.on <= today => Self::Deposited(deposit.on, deposit.on <= act.deadline),
            _ => match days_left(today, act.deadline) {
                days if days < 0 => Self::Late(-days),
                days => Self::Due(days),
            },
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Due(_) => "due",
            Self::Late(_) => "late",
            Self::Deposited(_, true) => "deposited",
            Self::Deposited(_, false) => "deposited_late",
        }
    }

    fn days(&self) -> Option<i64> {
        match self {
            Self::Due(days) => Some(*days),
            Self::Late(days) => Some(-days),
            Self::Deposited(..) => None,
        }
    }

    fn french(&self) -> String {
        match self {
            Self::Due(days) if *days <= SOON => "à déposer BIENTÔT".into(),
            Self::Due(_) => "à déposer".into(),
            Self::Late(_) => "EN RETARD".into(),
            Self::Deposited(on, true) => format!("déposé le {on}"),
            Self::Deposited(on, false) => format!("déposé le {on}, hors délai"),
        }
    }
}

/// The table, and what is wrong.
pub(super) struct Table {
    at: Instant,
    rows: Vec<(Act, Standing)>,
    pub(super) findings: Vec<Finding>,
}

impl Table {
    /// The acts as they stand at `at`, the nearest deadline first.
    pub(super) fn of(acts: &Acts, at: Instant) -> Self {
        let today = legal_day(at);
        let mut rows: Vec<(Act, Standing)> =
            acts.acts.iter().map(|act| (act.clone(), Standing::of(act, today))).collect();
        rows.sort_by(|(a, x), (b, y)| {
            let done = |standing: &Standing| matches!(standing, Standing::Deposited(..));
            (done(x), a.deadline, &a.reference).cmp(&(done(y), b.deadline, &b.reference))
        });
        let mut findings = Vec::new();
        let late: Vec<&str> = named(&rows, |standing| matches!(standing, Standing::Late(_)));
        if !late.is_empty() {
            let what = "Des actes n'ont pas été déposés dans les quatre mois.";
            findings.push(Finding::new("minutier.late", Level::Fail, what).found(late.join(", ")));
        }
        let soon: Vec<&str> = named(&rows, |standing| matches!(standing, Standing::Due(days) if *days <= SOON));
        if !soon.is_empty() {
            let what = "Des actes sont à déposer dans les trente jours.";
            findings.push(Finding::new("minutier.soon", Level::Warn, what).found(soon.join(", ")));
        }
        if acts.torn > 0 {
            let what = "Une ligne du registre a été coupée pendant son écriture : ce qu'elle disait est à consigner de nouveau.";
            findings.push(Finding::new("minutier.torn", Level::Warn, what).found(acts.torn));
        }
        if !acts.strange.is_empty() {
            let what = "Des lignes du registre ne s'accordent pas avec les précédentes : elles ne sont pas comptées.";
            let lines: Vec<String> = acts.strange.iter().map(u64::to_string).collect();
            findings.push(Finding::new("minutier.line", Level::Warn, what).found(lines.join(", ")));
        }
        Self { at, rows, findings }
    }

    /// Whether something is late.
    pub(super) fn is_late(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Fail)
    }

    /// For a program.
    pub(super) fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|(act, standing)| {
                json!({
                    "reference": act.reference, "nature": act.nature, "date": act.date.to_string(), "deadline": act.deadline.to_string(),
                    "days_left": standing.days(), "state": standing.word(), "exports": act.exports, "migrations": act.migrations,
                    "deposited": act.deposited.as_ref().map(|one| json!({"on": one.on.to_string(), "receipt": one.receipt, "sha256": one.sha256})),
                    "bundle_sha256": act.digests.0, "document_sha256": act.digests.1,
                })
            })
            .collect();
        json!({"at": self.at, "acts": rows, "findings": self.findings})
    }

    /// For a person.
    pub(super) fn print(&self) {
        let width = self.rows.iter().map(|(act, _)| act.reference.chars().count()).max().unwrap_or(0).max(9);
        output::line(&format!("{:<width$}  acte du     limite      jours  état", "référence"));
        for (act, standing) in &self.rows {
            let days = standing.days().map_or_else(|| "—".to_owned(), |days| days.to_string());
            let (reference, state) = (printable(&act.reference), standing.french());
            output::line(&format!("{reference:<width$}  {}  {}  {days:>5}  {state}", act.date, act.deadline));
        }
        output::line(&format!("{} acte(s), au {} (heure légale)", self.rows.len(), legal_day(self.at)));
        for finding in &self.findings {
            let mark = if finding.level == Level::Fail { "ÉCHEC" } else { "réserve" };
            let found = finding.found.as_deref().map_or_else(String::new, |found| format!(" — {}", printable(found)));
            output::line(&format!("{mark:<12} [{}] {}{found}", finding.code, finding.what));
        }
    }
}

fn named(rows: &[(Act, Standing)], which: impl Fn(&Standing) -> bool) -> Vec<&str> {
    rows.iter().filter(|(_, standing)| which(standing)).map(|(act, _)| act.reference.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::register::Deposited;
    use super::*;

    fn act(deposited: Option<Date>) -> Act {
        Act {
            reference: "A".into(),
            date: date(2026, 10, 31),
            deadline: date(2027, 2, 28),
            nature: "constat".into(),
            digests: (String::new(), String::new()),
            exports: 1,
            deposited: deposited.map(|on| Deposited { on, receipt: String::new(), sha256: String::new() }),
            migrations: 0,
        }
    }

    #[test]
    fn the_last_day_is_in_time_and_the_next_is_not() {
        for (today, deposited, standing) in [
            (date(2027, 2, 27), None, Standing::Due(1)),
            (date(2027, 2, 28), None, Standing::Due(0)),
            (date(2027, 3, 1), None, Standing::Late(1)),
            (date(2027, 3, 1), Some(date(2027, 2, 28)), Standing::Deposited(date(2027, 2, 28), true)),
            (date(2027, 3, 1), Some(date(2027, 3, 1)), Standing::Deposited(date(2027, 3, 1), false)),
            (date(2027, 2, 20), Some(date(2027, 2, 21)), Standing::Due(8)),
        ] {
            assert_eq!(Standing::of(&act(deposited), today), standing, "{today}");
        }
    }

    #[test]
    fn thirty_days_before_it_is_told() {
        for (instant, codes) in [
            ("2027-01-28T12:00:00Z", &[][..]),
            ("2027-01-29T12:00:00Z", &["minutier.soon"][..]),
            ("2027-02-28T22:59:59Z", &["minutier.soon"][..]),
            ("2027-02-28T23:00:00Z", &["minutier.late"][..]),
        ] {
            let acts = Acts { acts: vec![act(None)], ..Acts::default() };
            let table = Table::of(&acts, instant.parse().unwrap());
            let found: Vec<&str> = table.findings.iter().map(|f| f.code.as_str()).collect();
            assert_eq!(found, codes, "{instant}");
            assert_eq!(table.is_late(), codes.contains(&"minutier.late"));
        }
    }
}

//! Findings as they come, in the order of the checks.
use std::collections::BTreeSet;

use dossier::{Finding, Instant, Level};

use super::Claim;

/// Findings kept at most: a hostile bundle must not make the report grow without end.
const MAX_FINDINGS: usize = 200;

/// The list being made.
#[derive(Debug)]
pub(crate) struct Report {
    findings: Vec<Finding>,
    /// The claim of each.
    claims: Vec<Claim>,
    stage: Claim,
    examined: BTreeSet<Claim>,
    withheld: BTreeSet<Claim>,
    dropped: usize,
    first_failure_only: bool,
    proven: Option<Instant>,
}

/// Everything found.
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    /// The claim of each finding.
    pub(super) claims: Vec<Claim>,
    /// The claims whose checks ran.
    pub(super) examined: BTreeSet<Claim>,
    /// The claims whose evidence a copy withholds.
    pub(super) withheld: BTreeSet<Claim>,
}

impl Default for Report {
    fn default() -> Self {
        let stage = Claim::Container;
        let (findings, claims, examined) = (Vec::new(), Vec::new(), BTreeSet::from([stage]));
        let withheld = BTreeSet::new();
        Self { findings, claims, stage, examined, withheld, dropped: 0, first_failure_only: false, proven: None }
    }
}

impl Report {
    /// What follows examines `stage`, until the next.
    pub(super) fn begin(&mut self, stage: Claim) {
        self.stage = stage;
        self.examined.insert(stage);
    }

    /// Whether every claim was looked at.
    pub(super) fn is_whole(&self) -> bool {
        Claim::ALL.iter().all(|claim| self.examined.contains(claim))
    }

    /// A check of `claim` could not be made, for a reason told under another claim.
    pub(super) fn leave(&mut self, claim: Claim) {
        self.examined.remove(&claim);
    }

    /// `claim` was looked at, and what it would be checked with is withheld from this copy.
    pub(super) fn withhold(&mut self, claim: Claim) {
        self.examined.insert(claim);
        self.withheld.insert(claim);
    }

    /// Something outside the bundle proves that all of it existed at `at`.
    pub(super) fn prove(&mut self, at: Instant) {
        self.proven = Some(at);
    }

    /// When the bundle existed at the latest, as proven from outside.
    pub(super) fn proven(&self) -> Option<Instant> {
        self.proven
    }

    /// A report that asks the checks to stop after the first that failed.
    pub(crate) fn first_failure_only() -> Self {
        Self { first_failure_only: true, ..Self::default() }
    }

    /// Whether to stop here.
    pub(crate) fn stops(&self) -> bool {
        self.first_failure_only && self.has_failed()
    }

    /// Whether a check failed.
    pub(super) fn has_failed(&self) -> bool {
        self.findings.iter().any(|f| f.level == Level::Fail)
    }

    /// Adds a finding.
    pub(crate) fn add(&mut self, finding: Finding) {
        if self.findings.len() < MAX_FINDINGS {
            self.claims.push(Claim::of(self.stage, &finding.code));
            self.findings.push(finding);
        } else {
            self.dropped += 1;
        }
    }

    /// Adds a FAIL.
    pub(crate) fn fail(&mut self, code: &str, what: &str, expected: impl ToString, found: impl ToString) {
        self.add(Finding::new(code, Level::Fail, what).values(expected, found));
    }

    /// Adds a FAIL without an expected value.
    pub(crate) fn fail_found(&mut self, code: &str, what: &str, found: impl ToString) {
        self.add(Finding::new(code, Level::Fail, what).found(found));
    }

    /// Everything found. What was dropped is counted; it could only be more of the same failure.
    pub(super) fn into_found(mut self) -> Found {
        if self.dropped > 0 {
            let what = "D'autres constatations ont été omises : la liste est trop longue.";
            self.findings.push(Finding::new("report.cut", Level::Fail, what).found(self.dropped));
            self.claims.push(self.stage);
        }
        Found { findings: self.findings, claims: self.claims, examined: self.examined, withheld: self.withheld }
    }
}

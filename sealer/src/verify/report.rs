//! Findings as they come, in the order of the checks.
use dossier::{Finding, Level};

/// Findings kept at most: a hostile bundle must not make the report grow without end.
const MAX_FINDINGS: usize = 200;

/// The list being made.
#[derive(Debug, Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
    dropped: usize,
    first_failure_only: bool,
}

impl Report {
    /// A report that asks the checks to stop after the first that failed.
    pub(crate) fn first_failure_only() -> Self {
        Self { first_failure_only: true, ..Self::default() }
    }

    /// Whether to stop here.
    pub(crate) fn stops(&self) -> bool {
        self.first_failure_only && self.findings.iter().any(|f| f.level == Level::Fail)
    }

    /// Adds a finding.
    pub(crate) fn add(&mut self, finding: Finding) {
        if self.findings.len() < MAX_FINDINGS {
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
    pub(crate) fn into_findings(mut self) -> Vec<Finding> {
        if self.dropped > 0 {
            let what = "D'autres constatations ont été omises : la liste est trop longue.";
            self.findings.push(Finding::new("report.cut", Level::Fail, what).found(self.dropped));
        }
        self.findings
    }
}

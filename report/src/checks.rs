//! Checks before drafting: those of the list CHK-01 to CHK-36 that a finished capture and a draft can answer.
//!
//! `Fail` is kept for what no decision of the officer can override: integrity and order. The rest is `Warn`: to be
//! completed or justified before the act is signed.
mod content;
mod integrity;

use dossier::Finding;

use crate::ReportInput;
use crate::facts::Facts;

/// Every check, in the order of the list.
pub(crate) fn all(input: &ReportInput<'_>) -> Vec<Finding> {
    let facts = Facts::new(input.manifest, input.journal);
    let mut findings = Vec::new();
    content::parties(input, &mut findings);
    integrity::journal(input, &facts, &mut findings);
    integrity::clock(input, &facts, &mut findings);
    content::protocol(input, &mut findings);
    integrity::captures(input, &facts, &mut findings);
    content::officer_text(input, &mut findings);
    content::seal(input, &mut findings);
    content::cost(input, &mut findings);
    findings
}

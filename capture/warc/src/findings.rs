//! A bounded list of findings: a hostile archive of a million faulty records must not fill the memory.
use std::collections::BTreeMap;

use dossier::{Finding, Level};

/// How many findings of one code are kept in full.
const KEPT: u64 = 20;

/// Findings as they come; from the 21st of one code on they are counted only.
#[derive(Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
    counts: BTreeMap<String, (u64, Option<Level>)>,
}

impl Findings {
    pub(crate) fn push(&mut self, finding: Finding) {
        let (count, worst) = self.counts.entry(finding.code.clone()).or_default();
        *count += 1;
        if *count <= KEPT {
            self.list.push(finding);
        } else {
            *worst = (*worst).max(Some(finding.level));
        }
    }

    pub(crate) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.push(finding));
    }

    /// All that was kept, then one line for each code that was cut, at its worst level.
    pub(crate) fn finish(mut self) -> Vec<Finding> {
        for (code, (count, worst)) in self.counts {
            if let Some(level) = worst {
                let more = count - KEPT;
                self.list.push(Finding::new(code, level, format!("Et {more} autres constatations de même nature.")));
            }
        }
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_but_detail() {
        let mut findings = Findings::default();
        for number in 0..100 {
            let level = if number == 99 { Level::Fail } else { Level::Warn };
            findings.push(Finding::new("a", level, "x"));
        }
        findings.push(Finding::new("b", Level::Info, "y"));
        let list = findings.finish();
        assert_eq!(list.len(), 22);
        assert_eq!(list[21].level, Level::Fail);
        assert!(list[21].what.contains("80"));
    }
}

//! Applies the gate before the first page: a constat with unanswered gaps ends here; a relevé technique goes on and tells them.
use dossier::{Finding, Level, Outcome, op};
use serde_json::json;

use super::Session;
use super::acknowledge::asked_in_person;
use crate::gate::{Gap, Ruling, Weight};
use crate::{CaptureError, Event};

impl Session<'_> {
    /// Whether the first page may be asked for.
    pub(super) async fn pass_gate(&mut self) -> Result<bool, CaptureError> {
        let Some(gate) = self.plan.gate.clone() else { return Ok(true) };
        let ruling = gate.judge(&self.journal_of_session()?);
        self.progress.event(&Event::Gate(ruling.clone()));
        if self.attendant.is_none() {
            // Nobody attends: nothing is refused, and it is no constat.
            self.note_gaps(&ruling, &[], Outcome::Ok)?;
            return Ok(true);
        }
        let mut refused: Vec<&Gap> = ruling.gaps.iter().filter(|gap| gap.weight == Weight::Block).collect();
        if refused.is_empty() {
            for gap in ruling.gaps.iter().filter(|gap| gap.weight == Weight::Justify) {
                if !self.justified(gap).await? {
                    refused.push(gap);
                }
            }
        }
        let outcome = if refused.is_empty() { Outcome::Ok } else { Outcome::Failed };
        self.note_gaps(&ruling, &refused, outcome)?;
        if refused.is_empty() {
            return Ok(true);
        }
        let list =
            refused.iter().map(|gap| format!("{} ({})", gap.title, gap.requirement)).collect::<Vec<_>>().join(" ; ");
        let what = "Les opérations préalables ne permettent pas un constat : aucune page n'a été ouverte.";
        self.find(Finding::new("capture.preliminaries", Level::Fail, what).found(list))?;
        self.dossier.record(op::SESSION_STOP, Outcome::Note, json!({"why": "preliminaries"}))?;
        Ok(false)
    }

    fn note_gaps(&mut self, ruling: &Ruling, refused: &[&Gap], outcome: Outcome) -> Result<(), CaptureError> {
        let Ruling { norm, edition, data_sha256, judged, gaps } = ruling;
        let refused: Vec<&str> = refused.iter().map(|gap| gap.requirement.as_str()).collect();
        let data = json!({
            "norm": norm, "edition": edition, "data_sha256": data_sha256, "judged": judged, "gaps": gaps, "refused": refused,
            "attended": self.attendant.is_some(),
            "how": "règles de la norme appliquées aux lignes du journal écrites jusqu'ici",
        });
        self.dossier.record(op::NORM_GATE, outcome, data)?;
        Ok(())
    }

    /// Asks the officer to answer for a gap: the plan's own words first, then in person. Journalled when he does.
    async fn justified(&mut self, gap: &Gap) -> Result<bool, CaptureError> {
        let Some(attendant) = self.attendant.clone() else { return Ok(false) };
        let planned = self.plan.scenario.justifications.get(&gap.requirement).cloned();
        let (source, why) = match planned {
            Some(why) => ("scenario", Some(why)),
            None => {
                let (stop, asked) = (self.stop.clone(), gap.clone());
                let answer = asked_in_person(move || attendant.justify(&asked));
                let answer = tokio::select! {
                    answer = answer => answer,
                    _ = stop.wait() => None,
                };
                ("officer", answer)
            }
        };
        let Some(why) = why.map(|why| why.trim().to_owned()).filter(|why| !why.is_empty()) else { return Ok(false) };
        let data = json!({
            "requirement": gap.requirement, "title": gap.title, "state": gap.state, "apart": gap.why,
            "why": why, "given": source,
        });
        self.dossier.record(op::NORM_JUSTIFICATION, Outcome::Declared, data)?;
        Ok(true)
    }
}

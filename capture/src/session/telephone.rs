//! The telephone that the scenario declares: journalled with what pages read of it, before the first of them.
use dossier::{Finding, Level, op};

use super::Session;
use crate::CaptureError;
use crate::page::Page;
use crate::telephone::Imitation;

impl Session<'_> {
    /// What is not read as declared is a deviation, and a finding for each.
    pub(super) async fn declare_telephone(&mut self, page: &Page, imitation: &Imitation) -> Result<(), CaptureError> {
        let (outcome, data, differences) = imitation.effect(page).await;
        self.dossier.record(op::TELEPHONE, outcome, data)?;
        for (field, expected, found) in differences {
            let what = format!("Le téléphone simulé n'est pas lu par une page comme il est déclaré ({field}).");
            self.find(Finding::new("capture.telephone", Level::Warn, what).values(expected, found))?;
        }
        Ok(())
    }
}

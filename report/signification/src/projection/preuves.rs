//! What evidence of an act and anchors of a checkpoint suppose of other views: the act, the checkpoint.
use dossier::JournalEntry;

use super::{Projection, Views};
use crate::consent::ConsentState;
use crate::point::PointView;
use crate::store::Table;
use crate::{SignificationError, ancrage, effacement, preuve_acte};

impl Projection<'_> {
    /// Nothing is shown nor handed over with an act that is not there.
    pub(super) fn check_preuve(&self, event: &preuve_acte::Event) -> Result<(), SignificationError> {
        let act = self.act(event.object())?;
        match event {
            preuve_acte::Event::Explication { .. } if !act.state.is_available() => {
                Err(SignificationError::Transition { machine: "acte", state: act.state.name(), requested: "expliquer" })
            }
            preuve_acte::Event::CoffreEfface { sha256, .. } if *sha256 != act.content.sha256 => {
                Err(SignificationError::Transition {
                    machine: "acte",
                    state: act.state.name(),
                    requested: "effacer un autre contenu",
                })
            }
            _ => Ok(()),
        }
    }

    /// What else of a person's goes with his data goes when they do: five years after the revocation.
    pub(super) fn check_fichiers(
        &self,
        entry: &JournalEntry,
        event: &effacement::Event,
    ) -> Result<(), SignificationError> {
        let effacement::Event::FichiersPrevus { consent, .. } = event else { return Ok(()) };
        let consent = self.consent(*consent)?;
        let over = consent.destruction().is_some_and(|due| due <= entry.at);
        if over && consent.state == ConsentState::Revoque {
            return Ok(());
        }
        let (state, requested) = (consent.state.name(), "detruire ses fichiers");
        Err(SignificationError::Transition { machine: "consentement", state, requested })
    }

    /// An anchor is of a checkpoint of this journal.
    pub(super) fn check_ancrage(&self, event: &ancrage::Event) -> Result<(), SignificationError> {
        let point: Option<PointView> = self.view(Table::Point, &event.taille().to_be_bytes())?;
        if point.is_some_and(|point| point.id == event.object()) {
            return Ok(());
        }
        Err(SignificationError::Unknown { kind: "point de contrôle", id: event.object().to_string() })
    }
}

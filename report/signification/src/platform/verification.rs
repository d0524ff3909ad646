//! What an officer reads before he serves an act: to whom, what, when, in which window, and what is against it. Nothing is written.
use dossier::Instant;
use serde::Serialize;

use super::Platform;
use super::comptes::{Demandeur, Objet};
use crate::comptes::droits::Operation;
use crate::projection::Views;
use crate::window::Window;
use crate::{Id, SignificationError};

/// What is about to be served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EnvoiPrepare {
    /// The act.
    pub acte: Id,
    /// Its addressee, by name.
    pub destinataire: String,
    /// Its nature.
    pub nature: String,
    /// The office's reference.
    pub dossier: String,
    /// On whose request.
    pub requerant: String,
    /// Fingerprint of the act, SHA-256 in hexadecimal.
    pub sha256: String,
    /// The instant at which this was asked.
    pub maintenant: Instant,
    /// The window of service as it stands; none when a calendar is incomplete.
    pub fenetre: Option<Window>,
    /// Everything against it now, as codes.
    pub refus: Vec<&'static str>,
    /// Whether only the hour is: the act may then be scheduled.
    pub seulement_l_heure: bool,
}

impl Platform<'_> {
    /// Looks at everything that [`Platform::envoyer`] will look at again.
    pub fn preparer_envoi<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        act: Id,
    ) -> Result<EnvoiPrepare, SignificationError> {
        self.autoriser_sur(qui, Operation::Envoyer, Objet::Acte(act))?;
        let (view, maintenant) = (self.views().act(act)?, self.ctx.clock.now());
        view.state.step(crate::acte::ActeMove::Send)?;
        let (refusals, fenetre) = self.refusals(act, maintenant)?;
        Ok(EnvoiPrepare {
            acte: act,
            destinataire: self.person(view.consent)?.display_name(),
            nature: view.nature.to_string(),
            dossier: view.dossier.clone(),
            requerant: self.requerant(act)?,
            sha256: view.content.sha256.to_hex(),
            maintenant,
            fenetre,
            refus: refusals.iter().map(|one| one.code()).collect(),
            seulement_l_heure: !refusals.is_empty() && refusals.iter().all(|one| one.is_only_time()),
        })
    }
}

//! This platform as one way among others: the act is in its vault already, and its journal tells the outcome.
use dossier::Sha256Digest;

use super::{Capacites, Issue, Remise, Resultat, SignificationBackend, Voie};
use crate::acte::ActeState;
use crate::civil::paris_text;
use crate::consent::Actor;
use crate::platform::Platform;
use crate::projection::Views;
use crate::vault::MAX_OBJECT;
use crate::{Id, SignificationError};

/// The platform's own way.
pub struct Local<'a>(pub &'a Platform<'a>);

impl SignificationBackend for Local<'_> {
    fn voie(&self) -> Voie {
        Voie::Local
    }

    fn capacites(&self) -> Capacites {
        Capacites { issue_immediate: true, recepisses: true, a_la_main: false, taille_max: MAX_OBJECT }
    }

    fn remettre(&self, actor: &Actor, remise: &Remise) -> Result<Issue, SignificationError> {
        let view = self.0.views().act(remise.acte)?;
        if matches!(view.state, ActeState::Scelle | ActeState::Programme) {
            match self.0.envoyer(actor, remise.acte, true) {
                Ok(_) => {}
                Err(SignificationError::ActRefused { codes }) => {
                    let code = codes.first().copied().unwrap_or("REFUSE").to_owned();
                    let message = format!("La plateforme locale refuse l'envoi : {}.", codes.join(", "));
                    return Ok(Issue::new(remise.acte, Voie::Local, Resultat::Refusee { code }, message));
                }
                Err(other) => return Err(other),
            }
        }
        self.relever(remise.acte, &view.content.sha256)
    }

    fn relever(&self, acte: Id, _: &Sha256Digest) -> Result<Issue, SignificationError> {
        let view = self.0.views().act(acte)?;
        let (resultat, message) = match (view.sent_at, view.state) {
            (Some(le), _) => {
                let first = self.0.recepisses(acte)?.first().copied();
                let preuve = first.map(|id| self.0.views().receipt(id)).transpose()?.map(|r| r.digests.sha256);
                let message = format!("Envoyé par la plateforme locale le {}.", paris_text(le));
                (Resultat::Faite { le, preuve }, message)
            }
            (None, ActeState::Rejete) => {
                let code = "REJETE".to_owned();
                (Resultat::Refusee { code }, "La plateforme locale a rejeté l'acte avant son envoi.".to_owned())
            }
            (None, state) => {
                let code = state.name().to_owned();
                (Resultat::EnCours { code }, "L'acte attend dans la plateforme locale.".to_owned())
            }
        };
        Ok(Issue::new(acte, Voie::Local, resultat, message))
    }
}

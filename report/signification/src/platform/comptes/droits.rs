//! Requests for rights from the holder's own space (row F07): asked for, followed, with their term.
use super::{Acces, Objet, Platform};
use crate::comptes::droits::Operation;
use crate::consent::Actor;
use crate::droit::Droit;
use crate::platform::SuiviDroit;
use crate::{Id, SignificationError};

impl Platform<'_> {
    /// The holder asks for a right, now: the term runs from here (RGPD, art. 12, 3). His login is what identifies him.
    pub fn demander_droit_en_session(&self, acces: &Acces, droit: Droit) -> Result<SuiviDroit, SignificationError> {
        let consent = self.consentement_du_titulaire(acces)?;
        self.autoriser_sur(acces, Operation::DemanderDroit, Objet::Consentement(consent))?;
        self.demander_droit(&Actor::recipient(consent), consent, droit, self.ctx.clock.now())
    }

    /// His requests, oldest first.
    pub fn droits_en_session(&self, acces: &Acces) -> Result<Vec<SuiviDroit>, SignificationError> {
        let consent = self.consentement_du_titulaire(acces)?;
        self.autoriser_sur(acces, Operation::SuivreDroits, Objet::Consentement(consent))?;
        self.demandes_de_droits(Some(consent))
    }

    fn consentement_du_titulaire(&self, acces: &Acces) -> Result<Id, SignificationError> {
        let why = "le compte n'a pas de consentement";
        let refused = SignificationError::Forbidden { operation: Operation::DemanderDroit.nom(), why };
        acces.compte.titulaire.consent().ok_or(refused)
    }
}

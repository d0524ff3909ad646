//! A recovery at the door: the same delays, the same answer and the same facts as a login.
use dossier::Instant;

use super::super::compte::{MotifRefus, View};
use super::super::gestion::{Appoint, Atelier};
use super::super::mot_de_passe::MotDePasse;
use super::super::secours::CodeSecours;
use super::{Origine, Portier};
use crate::SignificationError;

impl Portier<'_> {
    /// Recovers the account of a name: see [`Atelier::recuperer`]. Its holder then logs in with his new password.
    pub fn recuperer(
        &self,
        atelier: &Atelier<'_>,
        nom: &str,
        preuves: (&CodeSecours, Appoint<'_>),
        nouveau: &MotDePasse,
        origine: Origine,
        now: Instant,
    ) -> Result<View, SignificationError> {
        let who = self.essayeur(nom, origine);
        self.frein.essayer(now, &who)?;
        let view = self.greffier.par_nom(&who.nom)?.map(|id| self.greffier.compte(id)).transpose()?.flatten();
        let Some(view) = view else {
            // The same comparisons as for an account.
            let _ = self.personne.2.rang(preuves.0);
            return Err(self.refuser(MotifRefus::CompteInconnu, None, &who)?);
        };
        match atelier.recuperer(view.id, preuves, nouveau, origine.source, now) {
            Ok(view) => {
                self.frein.reussite(now, &who);
                Ok(view)
            }
            Err(SignificationError::LoginRefused | SignificationError::Transition { .. }) => {
                Err(self.refuser(MotifRefus::SecondePreuve, Some(&view), &who)?)
            }
            Err(other) => Err(other),
        }
    }
}

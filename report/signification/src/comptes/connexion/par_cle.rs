//! Logging in by passkey: the portal verified the ceremony, what it proved is weighed here.
use dossier::{Instant, Sha256Digest};

use super::super::coffret::{Ouvreur, Place};
use super::super::compte::{MotifRefus, View};
use super::super::facteurs::Moyen;
use super::super::frein::Essayeur;
use super::super::passkey::Assertion;
use super::super::session::Temoin;
use super::{CertificatPresente, Entree, Origine, Portier, Preuves, admis, certifie};
use crate::{Id, SignificationError};

impl Portier<'_> {
    /// Logs in by passkey: `assertion` is what the ceremony proved, for a passkey of [`Portier::cles_de`] this name.
    pub fn connecter_par_cle(
        &self,
        (nom, assertion): (&str, &Assertion),
        certificat: Option<CertificatPresente>,
        origine: Origine,
        avant: Option<&Temoin>,
        now: Instant,
    ) -> Result<Entree, SignificationError> {
        let who = self.essayeur(nom, origine);
        let (view, _) = self.chercher(&who.nom)?;
        self.entrer_par_cle((who, view), assertion, certificat, avant, now)
    }

    /// The same for a passkey that names its account itself.
    pub fn connecter_par_cle_de(
        &self,
        (compte, assertion): (Id, &Assertion),
        origine: Origine,
        avant: Option<&Temoin>,
        now: Instant,
    ) -> Result<Entree, SignificationError> {
        let (who, view) = (essayeur_de(Some(compte), origine), self.greffier.compte(compte)?);
        self.entrer_par_cle((who, view), assertion, None, avant, now)
    }

    /// The fact of a ceremony that proved nothing, in the history of the account it was for when there is one; it counts as a probe
    /// of its source.
    pub fn refuser_la_ceremonie(
        &self,
        compte: Option<Id>,
        motif: MotifRefus,
        origine: Origine,
        now: Instant,
    ) -> Result<SignificationError, SignificationError> {
        let who = essayeur_de(compte, origine);
        if let Some(until) = self.frein.verrou(now, who.source) {
            return Ok(SignificationError::Throttled { until });
        }
        let view = compte.map(|id| self.greffier.compte(id)).transpose()?.flatten();
        self.sonder(who.source, now)?;
        self.refuser(motif, view.as_ref(), &who)
    }

    fn entrer_par_cle(
        &self,
        (who, view): (Essayeur, Option<View>),
        assertion: &Assertion,
        certificat: Option<CertificatPresente>,
        avant: Option<&Temoin>,
        now: Instant,
    ) -> Result<Entree, SignificationError> {
        // Nothing is guessed with a passkey: only a lock of the source stops it.
        if let Some(until) = self.frein.verrou(now, who.source) {
            return Err(SignificationError::Throttled { until });
        }
        let proven = self.prouver_par_cle(assertion, certificat, view.as_ref(), now)?;
        if proven.is_err() {
            // Not a mistake of typing: it counts as a probe of the source.
            self.sonder(who.source, now)?;
        }
        self.conclure(proven, view, &who, avant, now)
    }

    fn prouver_par_cle(
        &self,
        assertion: &Assertion,
        certificat: Option<CertificatPresente>,
        view: Option<&View>,
        now: Instant,
    ) -> Result<Result<Preuves, MotifRefus>, SignificationError> {
        let Some(view) = view else { return Ok(Err(MotifRefus::CompteInconnu)) };
        let _held = self.verrous.prendre(view.id);
        let Some(mut secrets) = self.reserve.lire(view.id)? else { return Ok(Err(MotifRefus::CompteInconnu)) };
        let id = assertion.cle.identifiant;
        let known = view.actif(id).is_some_and(|i| i.moyen == Moyen::CleAcces);
        let Some(kept) = secrets.cles_acces.iter_mut().find(|c| known && c.identifiant == id) else {
            return Ok(Err(MotifRefus::IdentifiantRevoque));
        };
        kept.donnees.clone_from(&assertion.cle.donnees);
        if !assertion.utilisateur_verifie {
            return Ok(Err(MotifRefus::SecondePreuve));
        }
        let mut identifiants = vec![id];
        match certifie(certificat, view, &secrets) {
            Ok(certificat) => identifiants.extend(certificat),
            Err(motif) => return Ok(Err(motif)),
        }
        if let Err(motif) = admis(view, now) {
            return Ok(Err(motif));
        }
        let cle = match (&secrets.coffret, &assertion.prf) {
            (Some(coffret), Some(prf)) if coffret.ouvre_par(id) => {
                Some(coffret.ouvrir(Place { identifiant: id, rang: None }, Ouvreur::Prf(prf), self.hacheur)?)
            }
            _ => None,
        };
        self.reserve.ecrire(&secrets)?;
        Ok(self.peser(view, identifiants, None, cle))
    }
}

/// Who tries with a passkey that names its account: there is no typed name.
fn essayeur_de(compte: Option<Id>, origine: Origine) -> Essayeur {
    let nom = Sha256Digest::of(compte.map_or([0; 16], |id| *id.as_bytes()).as_slice());
    Essayeur { nom, source: origine.source, appareil: origine.appareil }
}

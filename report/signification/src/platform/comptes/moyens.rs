//! Means of an account: added, changed, revoked (rows B02 to B04, B07).
use dossier::{Instant, Sha256Digest};
use zeroize::Zeroizing;

use super::{Acces, Demandeur, Objet, Platform};
use crate::comptes::compte::{self, Voie};
use crate::comptes::droits::Operation;
use crate::comptes::mot_de_passe::MotDePasse;
use crate::comptes::passkey::{CleAcces, SortiePrf};
use crate::comptes::secours::CodeSecours;
use crate::vault::SecretKey;
use crate::{Id, SignificationError};

impl Platform<'_> {
    fn sienne(&self, acces: &Acces, operation: Operation) -> Result<Id, SignificationError> {
        self.autoriser_sur(acces, operation, Objet::Compte(acces.compte.id))?;
        Ok(acces.compte.id)
    }

    /// The act key that the session holds, if it holds one.
    fn cle_de_session(&self, acces: &Acces) -> Option<SecretKey> {
        self.sessions().cle(&acces.temoin, &acces.session).ok()
    }

    /// An identifier for a credential or a ceremony to come.
    pub fn nouvel_identifiant(&self) -> Result<Id, SignificationError> {
        self.new_id()
    }

    /// Changes the password: every session ends, this one too.
    pub fn changer_mot_de_passe(
        &self,
        acces: &Acces,
        ancien: &MotDePasse,
        nouveau: &MotDePasse,
    ) -> Result<(), SignificationError> {
        let (account, now) = (self.sienne(acces, Operation::AjouterIdentifiant)?, self.ctx.clock.now());
        self.ouvrir_atelier(|_, work| work.changer_mot_de_passe(account, (ancien, nouveau), now).map(|_| ()))
    }

    /// A new secret for a telephone: shown once, kept by the portal until it is confirmed. No account is needed: it is drawn
    /// before one is taken too.
    pub fn nouveau_telephone(&self) -> Result<Zeroizing<[u8; 20]>, SignificationError> {
        self.ouvrir_atelier(|_, work| work.nouveau_telephone())
    }

    /// Adds a telephone, once it has shown that it computes the right codes.
    pub fn confirmer_telephone(&self, acces: &Acces, secret: &[u8; 20], code: &str) -> Result<(), SignificationError> {
        let (account, now) = (self.sienne(acces, Operation::AjouterIdentifiant)?, self.ctx.clock.now());
        self.ouvrir_atelier(|_, work| work.confirmer_telephone(account, secret, code, now).map(|_| ()))
    }

    /// Draws recovery codes, shown once; the set before is revoked, which ends every session.
    pub fn tirer_codes(&self, acces: &Acces) -> Result<Vec<CodeSecours>, SignificationError> {
        let (account, now) = (self.sienne(acces, Operation::AjouterIdentifiant)?, self.ctx.clock.now());
        let key = self.cle_de_session(acces);
        self.ouvrir_atelier(|_, work| work.tirer_codes(account, key.as_ref(), now))
    }

    /// Adds a passkey that the ceremony made, under an identifier of [`Platform::nouvel_identifiant`].
    pub fn ajouter_cle_acces(
        &self,
        acces: &Acces,
        nouvelle: CleAcces,
        prf: Option<&SortiePrf>,
    ) -> Result<(), SignificationError> {
        let account = self.sienne(acces, Operation::AjouterIdentifiant)?;
        let key = self.cle_de_session(acces);
        self.ouvrir_atelier(|_, work| work.ajouter_cle_acces(account, nouvelle, prf, key.as_ref()).map(|_| ()))
    }

    /// Registers the authentication certificate of an officer: the registry does.
    pub fn enregistrer_certificat<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        account: Id,
        sha256: Sha256Digest,
    ) -> Result<(), SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::EnregistrerCertificat, Objet::Compte(account))?;
        let now = self.ctx.clock.now();
        self.ouvrir_atelier(|_, work| work.enregistrer_certificat(account, sha256, auteur.acteur(), now).map(|_| ()))
    }

    /// Revokes a means of one's own account, or, for the registry, of another's: every session ends.
    pub fn revoquer_identifiant<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        account: Id,
        credential: Id,
    ) -> Result<(), SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::RevoquerIdentifiant, Objet::Compte(account))?;
        let (known, now) = (self.compte_vu(account)?, self.ctx.clock.now());
        if auteur.compte() == Some(account) && known.actif(credential).is_some() {
            // The holder's own request: from now on nothing done with it is imputed to him.
            let voie = Voie::EnLigne;
            let asked = compte::Event::RevocationAsked { account, credential, received_at: now, voie };
            self.noter_compte(auteur.acteur(), vec![asked])?;
        }
        self.ouvrir_atelier(|_, work| work.revoquer(account, credential, auteur.acteur()).map(|_| ()))
    }

    /// Enters a request of revocation that came by telephone or by post, with the hour it was received (row B07).
    pub fn saisir_revocation<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        (account, credential): (Id, Id),
        (recue, voie): (Instant, Voie),
    ) -> Result<(), SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::RevoquerIdentifiant, Objet::Compte(account))?;
        let asked = compte::Event::RevocationAsked { account, credential, received_at: recue, voie };
        self.noter_compte(auteur.acteur(), vec![asked])?;
        self.ouvrir_atelier(|_, work| work.revoquer(account, credential, auteur.acteur()).map(|_| ()))
    }
}

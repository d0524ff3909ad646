//! Passkeys on the platform: those of a recipient, and those of an officer beside his certificate (rows B02 to B04).
use std::collections::BTreeSet;

use dossier::{Instant, Sha256Digest};
use serde::Serialize;

use super::fiche::{Fiche, Nommant};
use super::{Acces, Objet, Platform};
use crate::comptes::compte::{self, MotifRefus, Titulaire, acteur};
use crate::comptes::connexion::{CertificatPresente, Entree, Fait, Greffier as _, Origine};
use crate::comptes::droits::Operation;
use crate::comptes::facteurs::{Identifiant, Moyen, Niveau, Politique};
use crate::comptes::passkey::{Assertion, CleAcces};
use crate::comptes::secrets::{Reserve as _, Secrets};
use crate::comptes::session::Temoin;
use crate::consent::Actor;
use crate::platform::invitation_end;
use crate::{Id, SignificationError};

/// A passkey, as its holder is shown it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CleVue {
    /// The credential.
    pub id: Id,
    /// The name he gave it.
    pub nom: Option<String>,
    /// The model (AAGUID), when its maker attested it.
    pub modele: Option<String>,
    /// When it was added.
    pub cree: Instant,
    /// Last login with it.
    pub dernier: Option<Instant>,
    /// Whether it opens the acts too, by the PRF extension.
    pub ouvre_les_actes: bool,
}

/// The account of an officer, known by the certificate that TLS checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficierConnu {
    /// The account.
    pub compte: Id,
    /// His passkeys.
    pub cles: Vec<CleAcces>,
}

/// The name of an officer's account: no recipient can take it, names that are typed have no character of control.
fn nom_d_officier(officier: &str) -> String {
    format!("\u{1}officier:{officier}")
}

/// Whose hand the configuration of the office's side is in the journal: whoever runs the machine says who its officers are.
fn configuration() -> Actor {
    Actor::registry("configuration")
}

impl Platform<'_> {
    /// What logins must be worth here (row B04, `officer_mfa`).
    pub fn politique(&self) -> Politique {
        self.comptes.reglages.politique
    }

    fn secrets_de(&self, account: Id) -> Result<Secrets, SignificationError> {
        let kept = self.reserve()?.lire(account)?;
        Ok(kept.unwrap_or_else(|| Secrets::vides(account)))
    }

    /// The passkeys in force of an account; none for no account.
    pub fn cles_du_compte(&self, account: Id) -> Result<Vec<CleAcces>, SignificationError> {
        let Some(view) = self.compte(account)? else { return Ok(Vec::new()) };
        let kept = self.secrets_de(account)?.cles_acces;
        Ok(kept.into_iter().filter(|one| view.actif(one.identifiant).is_some()).collect())
    }

    /// One's own passkeys.
    pub fn ses_cles(&self, acces: &Acces) -> Result<Vec<CleVue>, SignificationError> {
        self.autoriser_sur(acces, Operation::ListerSessions, Objet::Compte(acces.compte.id))?;
        self.cles_montrees(acces.compte.id)
    }

    fn cles_montrees(&self, account: Id) -> Result<Vec<CleVue>, SignificationError> {
        let (view, secrets) = (self.compte_vu(account)?, self.secrets_de(account)?);
        let shown = |one: &CleAcces| {
            let Identifiant { id, cree, dernier, .. } = view.actif(one.identifiant)?.clone();
            let ouvre_les_actes = secrets.coffret.as_ref().is_some_and(|box_| box_.ouvre_par(id));
            Some(CleVue { id, nom: one.nom.clone(), modele: one.modele.clone(), cree, dernier, ouvre_les_actes })
        };
        Ok(secrets.cles_acces.iter().filter_map(shown).collect())
    }

    /// Gives one of one's own passkeys another name.
    pub fn renommer_cle(&self, acces: &Acces, credential: Id, nom: &str) -> Result<(), SignificationError> {
        let account = acces.compte.id;
        self.autoriser_sur(acces, Operation::AjouterIdentifiant, Objet::Compte(account))?;
        self.ouvrir_atelier(|_, work| work.renommer_cle_acces(account, credential, nom))
    }

    /// Logs in by a passkey that named its account itself: the portal verified the ceremony.
    pub fn connecter_par_cle_de(
        &self,
        proof: (Id, &Assertion),
        origine: Origine,
        avant: Option<&Temoin>,
    ) -> Result<Entree, SignificationError> {
        let now = self.ctx.clock.now();
        self.ouvrir_atelier(|door, _| door.connecter_par_cle_de(proof, origine, avant, now))
    }

    /// Notes a ceremony that proved nothing (row E02), and gives what is answered: the same as for anything else that is wrong.
    pub fn refuser_la_ceremonie(
        &self,
        account: Option<Id>,
        motif: MotifRefus,
        origine: Origine,
    ) -> Result<SignificationError, SignificationError> {
        let now = self.ctx.clock.now();
        self.ouvrir_atelier(|door, _| door.refuser_la_ceremonie(account, motif, origine, now))
    }

    /// The account of the officer whom the configuration knows by this certificate, opened at his first connection.
    fn compte_d_officier(&self, officier: &str, sha256: Sha256Digest) -> Result<Id, SignificationError> {
        let named = self.digest_du_nom(&nom_d_officier(officier));
        let account = match self.par_nom(&named)? {
            Some(account) => account,
            None => match self.ouvrir_officier(officier, (named, sha256)) {
                // Two first connections at once: the other one was first.
                Err(SignificationError::NameTaken) => self.par_nom(&named)?.ok_or(SignificationError::LoginRefused)?,
                other => other?,
            },
        };
        let (view, secrets) = (self.compte_vu(account)?, self.secrets_de(account)?);
        let mut same = secrets.certificats.iter().filter(|kept| kept.sha256 == sha256);
        if same.clone().next().is_none() {
            self.enregistrer_certificat(&configuration(), account, sha256)?;
        } else if !same.any(|kept| view.actif(kept.identifiant).is_some()) {
            // Revoked by the registry: the configuration does not bring it back.
            return Err(SignificationError::LoginRefused);
        }
        Ok(account)
    }

    fn ouvrir_officier(
        &self,
        officier: &str,
        (named, sha256): (Sha256Digest, Sha256Digest),
    ) -> Result<Id, SignificationError> {
        let (account, now) = (self.new_id()?, self.ctx.clock.now());
        self.make_person_key(account)?;
        let mut fiche = Fiche::new(None);
        fiche.nom = Some(nom_d_officier(officier));
        self.ecrire_fiche(account, &self.person_key(account)?, &fiche)?;
        // Nobody is given this secret: his certificate is his invitation.
        let token_sha256 = Sha256Digest::of(self.secret()?.as_bytes());
        let (titulaire, expires_at) = (Titulaire::Officier, invitation_end(now, 1));
        let invited = compte::Event::Invited { account, titulaire: titulaire.clone(), token_sha256, expires_at };
        self.noter_compte(&configuration(), vec![invited])?;
        self.enregistrer_certificat(&configuration(), account, sha256)?;
        let naming = Nommant { platform: self, compte: account, nom: named };
        let opened = Fait::Compte(compte::Event::Activated { account });
        naming.noter(&acteur(&titulaire, account), &[opened])?;
        Ok(account)
    }

    /// The officer of this certificate, and his passkeys.
    pub fn cles_d_officier(&self, officier: &str, sha256: Sha256Digest) -> Result<OfficierConnu, SignificationError> {
        let compte = self.compte_d_officier(officier, sha256)?;
        Ok(OfficierConnu { compte, cles: self.cles_du_compte(compte)? })
    }

    /// Adds a passkey to the officer's account: by his certificate alone as long as he has none, then by a session that his
    /// certificate and a passkey opened. When the only one is lost, the registry revokes it first.
    pub fn inscrire_cle_officier(
        &self,
        (officier, sha256): (&str, Sha256Digest),
        acces: Option<&Acces>,
        cle: CleAcces,
    ) -> Result<(), SignificationError> {
        let account = self.compte_d_officier(officier, sha256)?;
        if self.compte_vu(account)?.a_un(Moyen::CleAcces) {
            let refused = SignificationError::Forbidden {
                operation: Operation::AjouterIdentifiant.nom(),
                why: "la clé d'accès déjà inscrite est exigée",
            };
            let strong = |a: &&Acces| a.compte.id == account && a.session.niveau == Niveau::Fort;
            let acces = acces.filter(strong).ok_or(refused)?;
            self.autoriser_sur(acces, Operation::AjouterIdentifiant, Objet::Compte(account))?;
        }
        self.ouvrir_atelier(|_, work| work.ajouter_cle_acces(account, cle, None, None).map(|_| ()))
    }

    /// Logs the officer in: his certificate, and what the ceremony of his passkey proved.
    pub fn connecter_officier(
        &self,
        (officier, sha256): (&str, Sha256Digest),
        assertion: &Assertion,
        origine: Origine,
        avant: Option<&Temoin>,
    ) -> Result<Entree, SignificationError> {
        let certificat = Some(CertificatPresente { sha256, valide: true });
        self.connecter_par_cle((&nom_d_officier(officier), assertion), certificat, origine, avant)
    }

    /// The officer's session, if this cookie is one and it was opened with the very certificate that is presented now.
    pub fn session_d_officier(
        &self,
        temoin: Temoin,
        officier: &str,
        sha256: Sha256Digest,
    ) -> Result<Option<Acces>, SignificationError> {
        let acces = match self.session(temoin) {
            Ok(acces) => acces,
            Err(SignificationError::Session { .. }) => return Ok(None),
            Err(other) => return Err(other),
        };
        let account = acces.compte.id;
        let named = self.par_nom(&self.digest_du_nom(&nom_d_officier(officier)))? == Some(account);
        if !named || acces.compte.titulaire != Titulaire::Officier {
            return Ok(None);
        }
        let used: BTreeSet<Id> = acces.session.identifiants.iter().copied().collect();
        let secrets = self.secrets_de(account)?;
        let same = secrets.certificats.iter().any(|kept| kept.sha256 == sha256 && used.contains(&kept.identifiant));
        Ok(Some(acces).filter(|_| same))
    }

    /// Revokes one of an officer's passkeys, but for the last: whoever has his certificate could then enrol another.
    pub fn revoquer_cle_officier(&self, acces: &Acces, credential: Id) -> Result<(), SignificationError> {
        let account = acces.compte.id;
        self.autoriser_sur(acces, Operation::RevoquerIdentifiant, Objet::Compte(account))?;
        let live = self.cles_du_compte(account)?;
        let unknown = || SignificationError::Unknown { kind: "clé d'accès", id: credential.to_string() };
        if !live.iter().any(|one| one.identifiant == credential) {
            return Err(unknown());
        }
        if live.len() < 2 {
            let field = SignificationError::Field {
                field: "cle",
                found: credential.to_string(),
                why: "la dernière clé d'un officier ne se retire pas : inscrivez-en une autre d'abord",
            };
            return Err(field);
        }
        self.revoquer_identifiant(acces, account, credential)
    }
}

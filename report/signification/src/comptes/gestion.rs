//! What a holder, the registry and support do with an account: means added, changed, revoked, recovered, a compromise
//! reported, an erasure.
//!
//! Secrets and journal are two files. A change is written to the secrets first, beside what it replaces; then its facts, in one
//! batch; then what the journal does not know as active is cut off. Whichever instant power fails at, what the journal
//! says opens, and nothing else.
use dossier::{Instant, Sha256Digest};
use zeroize::Zeroizing;

use super::coffret::{Coffret, Ouvreur, Place};
use super::compte::{EtatCompte, Event, GenreSignalement, View, Voie, acteur};
use super::connexion::{Fait, Greffier};
use super::facteurs::Moyen;
use super::hacheur::{Hacheur, Parametres};
use super::mot_de_passe::{Empreinte, MotDePasse, MotDerive};
use super::passkey::{CleAcces, SortiePrf};
use super::secours::{CodeSecours, Jeu};
use super::secrets::{Certificat, Reserve, Secrets, Totp, Verrous};
use super::session::Sessions;
use super::source::Source;
use super::totp;
use crate::config::Escrow;
use crate::consent::Actor;
use crate::id::Entropy;
use crate::vault::SecretKey;
use crate::{Id, SignificationError};

/// Days after which a suspension is looked at again.
const REVUE_JOURS: u32 = 7;

/// Characters of the name of a passkey, at most.
pub const NOM_DE_CLE_MAX: usize = 60;

/// What is left to a recipient who lost every means of opening his acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApresPerte {
    /// The office keeps its originals (`sequestre = "etude"`): it serves a copy again, to his new key.
    OriginalDeLEtude,
    /// Nobody else can open them: the acts are served again on paper.
    Papier,
}

/// By the policy of escrow.
pub fn apres_perte(escrow: Escrow) -> ApresPerte {
    match escrow {
        Escrow::Etude => ApresPerte::OriginalDeLEtude,
        Escrow::Aucun => ApresPerte::Papier,
    }
}

/// What somebody who comes in again still has to open his acts with.
#[derive(Clone, Copy, Debug)]
pub enum ApresRetour<'t> {
    /// His old password: it logs nobody in any more, it still opens the key.
    AncienMot(&'t MotDePasse),
    /// A recovery code.
    Code(&'t CodeSecours),
    /// Nothing: a new key is made, and acts received before stay shut ([`apres_perte`]).
    CleNeuve,
}

/// What this works with.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "a bundle of borrowed services")]
pub struct Atelier<'a> {
    /// Derivations.
    pub hacheur: &'a dyn Hacheur,
    /// Secrets.
    pub reserve: &'a dyn Reserve,
    /// Their locks, shared with [`super::connexion::Portier`].
    pub verrous: &'a Verrous,
    /// The journal.
    pub greffier: &'a dyn Greffier,
    /// Randomness.
    pub entropy: &'a dyn Entropy,
    /// Sessions.
    pub sessions: &'a Sessions<'a>,
    /// Cost of new derivations.
    pub parametres: Parametres,
}

/// A report (row B06).
#[derive(Clone, Debug)]
pub struct NouveauSignalement {
    /// What.
    pub genre: GenreSignalement,
    /// By which way.
    pub voie: Voie,
    /// When it was received: what is done with the means after is not imputed to their holder.
    pub recu: Instant,
    /// The means lost, for a loss.
    pub perdus: Vec<Id>,
}

/// What proves a recovery, beside one recovery code.
#[derive(Clone, Copy, Debug)]
pub enum Appoint<'t> {
    /// The telephone's code.
    Totp(&'t str),
    /// A second recovery code.
    Secours(&'t CodeSecours),
}

impl Atelier<'_> {
    fn view(&self, compte: Id) -> Result<View, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "compte", id: compte.to_string() };
        self.greffier.compte(compte)?.ok_or_else(unknown)
    }

    fn secrets(&self, compte: Id) -> Result<Secrets, SignificationError> {
        Ok(self.reserve.lire(compte)?.unwrap_or_else(|| Secrets::vides(compte)))
    }

    /// Secrets, then facts, then secrets without what the facts ended.
    fn inscrire(&self, mut secrets: Secrets, actor: &Actor, events: Vec<Event>) -> Result<View, SignificationError> {
        self.reserve.ecrire(&secrets)?;
        let facts: Vec<Fait> = events.into_iter().map(Fait::Compte).collect();
        self.greffier.noter(actor, &facts)?;
        let view = self.view(secrets.compte)?;
        secrets.elaguer(&view);
        self.reserve.ecrire(&secrets)?;
        Ok(view)
    }

    /// Takes an account with the secret of its invitation: its password, and for who reads acts his key, made here and
    /// wrapped at once.
    pub fn activer(
        &self,
        compte: Id,
        secret: &str,
        mot: &MotDePasse,
        now: Instant,
    ) -> Result<View, SignificationError> {
        let _held = self.verrous.prendre(compte);
        let view = self.view(compte)?;
        if view.etat != EtatCompte::Invite {
            return Err(SignificationError::Invitation { why: "le compte est déjà ouvert" });
        }
        self.invite(&view, secret, now)?;
        self.entrer(&view, Secrets::vides(compte), (mot, ApresRetour::CleNeuve), now)
    }

    /// Comes in again with a new invitation, once the registry knew him again after a loss or a compromise: a new password, his
    /// old ones gone, and the key of his acts if anything he still has opens it.
    pub fn reentrer(
        &self,
        compte: Id,
        secret: &str,
        (mot, retour): (&MotDePasse, ApresRetour<'_>),
        now: Instant,
    ) -> Result<View, SignificationError> {
        let _held = self.verrous.prendre(compte);
        let view = self.view(compte)?;
        if !view.est_ouvert() {
            return Err(SignificationError::Invitation { why: "le compte n'est pas ouvert" });
        }
        self.invite(&view, secret, now)?;
        let view = self.entrer(&view, self.secrets(compte)?, (mot, retour), now)?;
        self.sessions.fermer_toutes(compte)?;
        Ok(view)
    }

    fn entrer(
        &self,
        view: &View,
        mut secrets: Secrets,
        (mot, retour): (&MotDePasse, ApresRetour<'_>),
        now: Instant,
    ) -> Result<View, SignificationError> {
        let account = view.id;
        let (credential, derive) = self.poser_mot(&mut secrets, mot, now)?;
        let mut events = vec![
            Event::CredentialAdded { account, credential, moyen: Moyen::MotDePasse },
            Event::Activated { account },
        ];
        let old = view.identifiants.iter().filter(|i| i.moyen == Moyen::MotDePasse && i.revoque.is_none());
        events.extend(old.map(|i| Event::CredentialRevoked { account, credential: i.id }));
        // An aidant has a key of his own: acts served while his mandate is in force are encrypted to it too.
        if matches!(view.titulaire.role_compte(), super::RoleCompte::Destinataire | super::RoleCompte::Mandataire) {
            let kept = secrets.coffret.take();
            let (place, by) = (Place { identifiant: credential, rang: None }, Ouvreur::Derive(&derive));
            let opened = match (&kept, retour) {
                (Some(c), ApresRetour::AncienMot(old)) => {
                    Some(c.essayer(Ouvreur::MotDePasse(old, self.parametres), self.hacheur)?)
                }
                (Some(c), ApresRetour::Code(code)) => Some(c.essayer(Ouvreur::Code(code), self.hacheur)?),
                _ => None,
            };
            let (mut coffret, cle) = match (kept, opened) {
                (Some(kept), Some(cle)) => (kept, cle),
                _ => {
                    let cle = SecretKey::generate();
                    events.push(Event::KeyMade { account, public_key: cle.public().to_string() });
                    (Coffret::nouveau(account, &cle), cle)
                }
            };
            coffret.poser(place, by, &cle, self.hacheur, self.entropy)?;
            secrets.coffret = Some(coffret);
        }
        self.inscrire(secrets, &acteur(&view.titulaire, account), events)
    }

    fn invite(&self, view: &View, secret: &str, now: Instant) -> Result<(), SignificationError> {
        let refused = |why| Err(SignificationError::Invitation { why });
        match view.invitation {
            Some((_, end)) if now > end => refused("expirée"),
            Some((digest, _)) if digest == Sha256Digest::of(secret.as_bytes()) => Ok(()),
            _ => refused("ce n'est pas la dernière envoyée, ou elle a servi"),
        }
    }

    /// Keeps what recognises a new password; gives its credential, and the derivation that wraps the key.
    fn poser_mot(
        &self,
        secrets: &mut Secrets,
        mot: &MotDePasse,
        now: Instant,
    ) -> Result<(Id, MotDerive), SignificationError> {
        let credential = Id::new(now, self.entropy)?;
        let (kept, derive) = Empreinte::de(credential, mot, self.parametres, self.hacheur, self.entropy)?;
        secrets.mots_de_passe.push(kept);
        Ok((credential, derive))
    }

    /// Changes the password: the key is wrapped again, and every session ends.
    pub fn changer_mot_de_passe(
        &self,
        compte: Id,
        (ancien, nouveau): (&MotDePasse, &MotDePasse),
        now: Instant,
    ) -> Result<View, SignificationError> {
        let _held = self.verrous.prendre(compte);
        let (view, mut secrets) = (self.view(compte)?, self.secrets(compte)?);
        let kept = secrets.mots_de_passe.iter().find(|e| view.actif(e.identifiant).is_some()).cloned();
        let kept = kept.ok_or(SignificationError::LoginRefused)?;
        let known = kept.reconnaitre(ancien, self.hacheur)?;
        if !known.juste {
            return Err(SignificationError::LoginRefused);
        }
        let (credential, derive) = self.poser_mot(&mut secrets, nouveau, now)?;
        if let Some(coffret) = secrets.coffret.as_mut().filter(|c| c.ouvre_par(kept.identifiant)) {
            let old = Place { identifiant: kept.identifiant, rang: None };
            let new = Place { identifiant: credential, rang: None };
            let (was, by) = (coffret.par_mot(old, ancien, known.derive.as_ref()), Ouvreur::Derive(&derive));
            coffret.rehabiller((old, was), (new, by), self.hacheur, self.entropy)?;
        }
        let events = vec![
            Event::CredentialAdded { account: compte, credential, moyen: Moyen::MotDePasse },
            Event::CredentialRevoked { account: compte, credential: kept.identifiant },
        ];
        self.finir(secrets, &acteur(&view.titulaire, compte), events)
    }

    fn finir(&self, secrets: Secrets, actor: &Actor, events: Vec<Event>) -> Result<View, SignificationError> {
        let view = self.inscrire(secrets, actor, events)?;
        self.sessions.fermer_toutes(view.id)?;
        Ok(view)
    }

    /// A new secret for a telephone: shown once, kept by the portal until [`Atelier::confirmer_telephone`].
    pub fn nouveau_telephone(&self) -> Result<Zeroizing<[u8; 20]>, SignificationError> {
        let mut secret = Zeroizing::new([0; 20]);
        self.entropy.fill(&mut *secret)?;
        Ok(secret)
    }

    /// Adds a telephone, once it has shown that it computes the right codes.
    pub fn confirmer_telephone(
        &self,
        compte: Id,
        secret: &[u8; 20],
        code: &str,
        now: Instant,
    ) -> Result<View, SignificationError> {
        let _held = self.verrous.prendre(compte);
        let (view, mut secrets) = (self.view(compte)?, self.secrets(compte)?);
        let dernier_pas = totp::verifier(secret, code, now, None);
        if dernier_pas.is_none() {
            return Err(SignificationError::LoginRefused);
        }
        let identifiant = Id::new(now, self.entropy)?;
        secrets.totp.push(Totp { identifiant, secret: hex::encode(secret), dernier_pas });
        let moyen = Moyen::Totp;
        let event = Event::CredentialAdded { account: compte, credential: identifiant, moyen };
        self.inscrire(secrets, &acteur(&view.titulaire, compte), vec![event])
    }

    /// Draws a set of recovery codes, shown once; the set before is revoked. `cle` is the act key that the session holds.
    pub fn tirer_codes(
        &self,
        compte: Id,
        cle: Option<&SecretKey>,
        now: Instant,
    ) -> Result<Vec<CodeSecours>, SignificationError> {
        let _held = self.verrous.prendre(compte);
        let (view, mut secrets) = (self.view(compte)?, self.secrets(compte)?);
        let identifiant = Id::new(now, self.entropy)?;
        let (jeu, codes) = Jeu::tirer(identifiant, self.entropy)?;
        if let (Some(coffret), Some(cle)) = (&mut secrets.coffret, cle) {
            for (rang, code) in (0_u8..).zip(&codes) {
                let place = Place { identifiant, rang: Some(rang) };
                coffret.poser(place, Ouvreur::Code(code), cle, self.hacheur, self.entropy)?;
            }
        }
        secrets.secours.push(jeu);
        let moyen = Moyen::CodesSecours;
        let mut events = vec![Event::CredentialAdded { account: compte, credential: identifiant, moyen }];
        let before = view.identifiants.iter().filter(|i| i.moyen == moyen && i.revoque.is_none());
        events.extend(before.map(|i| Event::CredentialRevoked { account: compte, credential: i.id }));
        self.inscrire(secrets, &acteur(&view.titulaire, compte), events)?;
        Ok(codes)
    }

    /// Adds a passkey that the ceremony made; with the PRF extension it opens the acts too.
    pub fn ajouter_cle_acces(
        &self,
        compte: Id,
        nouvelle: CleAcces,
        prf: Option<&SortiePrf>,
        cle: Option<&SecretKey>,
    ) -> Result<View, SignificationError> {
        let _held = self.verrous.prendre(compte);
        let (view, mut secrets) = (self.view(compte)?, self.secrets(compte)?);
        let credential = nouvelle.identifiant;
        if let (Some(coffret), Some(prf), Some(cle)) = (&mut secrets.coffret, prf, cle) {
            let place = Place { identifiant: credential, rang: None };
            coffret.poser(place, Ouvreur::Prf(prf), cle, self.hacheur, self.entropy)?;
        }
        secrets.cles_acces.push(nouvelle);
        let event = Event::CredentialAdded { account: compte, credential, moyen: Moyen::CleAcces };
        self.inscrire(secrets, &acteur(&view.titulaire, compte), vec![event])
    }

    /// Gives a passkey another name. The name is the holder's own, kept with his secrets: no line of the journal has it.
    pub fn renommer_cle_acces(&self, compte: Id, credential: Id, nom: &str) -> Result<(), SignificationError> {
        let found = || nom.chars().take(80).collect::<String>();
        if nom.trim().is_empty() || nom.chars().count() > NOM_DE_CLE_MAX || nom.chars().any(char::is_control) {
            let why = "un nom de 60 caractères au plus est attendu";
            return Err(SignificationError::Field { field: "nom_cle", found: found(), why });
        }
        let _held = self.verrous.prendre(compte);
        let (view, mut secrets) = (self.view(compte)?, self.secrets(compte)?);
        let live = view.actif(credential).is_some();
        let known = secrets.cles_acces.iter_mut().find(|one| live && one.identifiant == credential);
        let unknown = || SignificationError::Unknown { kind: "clé d'accès", id: credential.to_string() };
        known.ok_or_else(unknown)?.nom = Some(nom.trim().to_owned());
        self.reserve.ecrire(&secrets)
    }

    /// Registers an officer's certificate; the registry does.
    pub fn enregistrer_certificat(
        &self,
        compte: Id,
        sha256: Sha256Digest,
        registre: &Actor,
        now: Instant,
    ) -> Result<View, SignificationError> {
        let _held = self.verrous.prendre(compte);
        let mut secrets = self.secrets(compte)?;
        let identifiant = Id::new(now, self.entropy)?;
        secrets.certificats.push(Certificat { identifiant, sha256 });
        let moyen = Moyen::Certificat;
        let event = Event::CredentialAdded { account: compte, credential: identifiant, moyen };
        self.inscrire(secrets, registre, vec![event])
    }

    /// Revokes a means; every session ends.
    pub fn revoquer(&self, compte: Id, credential: Id, actor: &Actor) -> Result<View, SignificationError> {
        let _held = self.verrous.prendre(compte);
        let event = Event::CredentialRevoked { account: compte, credential };
        self.finir(self.secrets(compte)?, actor, vec![event])
    }

    /// A forgotten password: a recovery code and one more proof open the key, a new password takes it. Delays and the uniform
    /// answer are the doorkeeper's; this says [`SignificationError::LoginRefused`] whatever is wrong.
    pub fn recuperer(
        &self,
        compte: Id,
        (code, appoint): (&CodeSecours, Appoint<'_>),
        nouveau: &MotDePasse,
        source: Source,
        now: Instant,
    ) -> Result<View, SignificationError> {
        let refused = SignificationError::LoginRefused;
        let _held = self.verrous.prendre(compte);
        let (view, mut secrets) = (self.view(compte)?, self.secrets(compte)?);
        let Some(jeu) = secrets.secours.iter_mut().find(|j| view.actif(j.identifiant).is_some()) else {
            return Err(refused);
        };
        let (set, first) = (jeu.identifiant, jeu.rang(code));
        let mut rangs: Vec<u8> = first.into_iter().collect();
        let mut credentials = vec![set];
        match appoint {
            Appoint::Secours(other) => rangs.extend(jeu.rang(other).filter(|rang| Some(*rang) != first)),
            Appoint::Totp(typed) => {
                let live = secrets.totp.iter_mut().filter(|e| view.actif(e.identifiant).is_some());
                for kept in live {
                    let secret = hex::decode(&kept.secret).unwrap_or_default();
                    if let Some(step) = totp::verifier(&secret, typed, now, kept.dernier_pas) {
                        kept.dernier_pas = Some(step);
                        credentials.push(kept.identifiant);
                    }
                }
            }
        }
        if first.is_none() || rangs.len() + credentials.len() < 3 || !view.admet_connexion(now) {
            return Err(refused);
        }
        let (credential, derive) = self.poser_mot(&mut secrets, nouveau, now)?;
        let place = Place { identifiant: set, rang: first };
        if let Some(coffret) = secrets.coffret.as_mut().filter(|c| c.ouvre_par(set)) {
            let (new, by) = (Place { identifiant: credential, rang: None }, Ouvreur::Derive(&derive));
            coffret.rehabiller((place, Ouvreur::Code(code)), (new, by), self.hacheur, self.entropy)?;
        }
        let moyen = Moyen::MotDePasse;
        let mut events = vec![
            Event::Recovered { account: compte, source: source.0, credentials, rangs },
            Event::CredentialAdded { account: compte, credential, moyen },
        ];
        let old = view.identifiants.iter().filter(|i| i.moyen == moyen && i.revoque.is_none());
        events.extend(old.map(|i| Event::CredentialRevoked { account: compte, credential: i.id }));
        self.finir(secrets, &acteur(&view.titulaire, compte), events)
    }

    /// Reports a compromise, a loss or an anomaly: suspended and every session ended in this one step (row B06).
    pub fn signaler(
        &self,
        compte: Id,
        actor: &Actor,
        signalement: &NouveauSignalement,
        now: Instant,
    ) -> Result<View, SignificationError> {
        let view = self.view(compte)?;
        let NouveauSignalement { genre, voie, recu, perdus } = signalement;
        let credentials = match genre {
            GenreSignalement::Compromission => {
                view.identifiants.iter().filter(|i| i.est_actif()).map(|i| i.id).collect()
            }
            GenreSignalement::Perte => perdus.clone(),
            GenreSignalement::Anomalie => Vec::new(),
        };
        let event = Event::Reported {
            account: compte,
            report: Id::new(now, self.entropy)?,
            genre: *genre,
            voie: *voie,
            received_at: *recu,
            credentials,
            review_at: crate::deadline::elapsed(now, REVUE_JOURS * 24),
        };
        self.greffier.noter(actor, &[Fait::Compte(event)])?;
        self.sessions.fermer_toutes(compte)?;
        self.view(compte)
    }

    /// Erases an account whose time of reading is over: the fact first, then the secrets, so that nothing is destroyed that the
    /// journal does not tell. Called again after a crash, it ends what was begun.
    pub fn effacer(&self, compte: Id, certificate: Sha256Digest) -> Result<(), SignificationError> {
        let _held = self.verrous.prendre(compte);
        if self.view(compte)?.etat != EtatCompte::Efface {
            let event = Event::Erased { account: compte, certificate };
            self.greffier.noter(&Actor::platform(), &[Fait::Compte(event)])?;
        }
        self.sessions.fermer_toutes(compte)?;
        self.reserve.detruire(compte)
    }
}

#[cfg(test)]
mod tests;

//! Logging in. Whatever is wrong (name, password, code, state), the answer is the same and so is the work: one derivation, one
//! second proof checked, against those of nobody when there is no account. What was wrong is told to the journal alone.
use dossier::{Instant, Sha256Digest};
use ring::hmac;
use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization as _;

use super::coffret::{Ouvreur, Place};
use super::compte::{self, MotifRefus, View, acteur};
use super::facteurs::Niveau;
use super::frein::{Essayeur, Frein};
use super::hacheur::{Hacheur, Parametres};
use super::mot_de_passe::{Empreinte, MotDePasse, Reconnu};
use super::passkey::{Assertion, CleAcces};
use super::secours::{CodeSecours, Jeu};
use super::secrets::{Reserve, Secrets, Verrous};
use super::session::{Ouverture, Sessions, Temoin};
use super::source::{self, Source};
use super::totp;
use crate::consent::Actor;
use crate::id::Entropy;
use crate::vault::SecretKey;
use crate::{Id, SignificationError};

mod par_cle;
crate::discret::discret!(Second<'_>, Tentative<'_>);

mod recuperation;

/// A fact of this module, whatever its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fait {
    /// Of an account.
    Compte(compte::Event),
    /// Of a source.
    Source(source::Event),
}

/// The journal and its projection, as this module needs them.
pub trait Greffier: Send + Sync {
    /// The account of a name, by the keyed digest of that name.
    fn par_nom(&self, nom: &Sha256Digest) -> Result<Option<Id>, SignificationError>;

    /// An account.
    fn compte(&self, id: Id) -> Result<Option<View>, SignificationError>;

    /// Writes facts together, or none: when this returns they survive a power cut. An impossible one is refused.
    fn noter(&self, actor: &Actor, faits: &[Fait]) -> Result<(), SignificationError>;
}

/// The keyed digest of what is typed as a name: case, form and outer blanks do not matter.
pub fn empreinte_du_nom(key: &hmac::Key, nom: &str) -> Sha256Digest {
    let folded: String = nom.trim().nfkc().flat_map(char::to_lowercase).take(256).collect();
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hmac::sign(key, folded.as_bytes()).as_ref());
    Sha256Digest::from_bytes(bytes)
}

/// The second proof typed beside a password.
#[derive(Clone, Copy)]
pub enum Second<'t> {
    /// None.
    Aucune,
    /// A telephone's code, as typed.
    Totp(&'t str),
    /// A recovery code.
    Secours(&'t CodeSecours),
    /// A passkey: what its ceremony proved.
    Cle(&'t Assertion),
}

/// A certificate that TLS asked for: the portal checked its chain and its revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificatPresente {
    /// Digest of the certificate (DER).
    pub sha256: Sha256Digest,
    /// Whether its chain is sound and it is neither expired nor revoked; what could not be checked is not.
    pub valide: bool,
}

/// Where a try comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origine {
    /// The source.
    pub source: Source,
    /// The device's mark, when it has one.
    pub appareil: Option<Sha256Digest>,
}

/// A try with a password. `nom` is what was typed as a name.
#[derive(Clone, Copy)]
pub struct Tentative<'t> {
    /// The name.
    pub nom: &'t str,
    /// The password.
    pub mot: &'t MotDePasse,
    /// The second proof.
    pub second: Second<'t>,
    /// The certificate of the connection.
    pub certificat: Option<CertificatPresente>,
    /// Where from.
    pub origine: Origine,
}

/// A login that succeeded, and is in the journal.
#[derive(Debug)]
pub struct Entree {
    /// The account.
    pub compte: View,
    /// The session's identifier.
    pub session: Id,
    /// The cookie.
    pub temoin: Temoin,
    /// What it is worth.
    pub niveau: Niveau,
    /// Whether another device was logged in: the holder is told (row B05).
    pub autre_appareil: bool,
    /// Whether the act key is open in the session.
    pub cle_ouverte: bool,
}

/// What was proven, before it is written.
struct Preuves {
    view: View,
    identifiants: Vec<Id>,
    rang: Option<u8>,
    niveau: Niveau,
    cle: Option<SecretKey>,
}

/// Who guards the door.
pub struct Portier<'a> {
    /// Derivations.
    pub hacheur: &'a dyn Hacheur,
    /// Secrets.
    pub reserve: &'a dyn Reserve,
    /// Their locks, shared with [`super::gestion::Atelier`].
    pub verrous: &'a Verrous,
    /// The journal.
    pub greffier: &'a dyn Greffier,
    /// Delays.
    pub frein: &'a Frein,
    /// Randomness.
    pub entropy: &'a dyn Entropy,
    /// Sessions.
    pub sessions: &'a Sessions<'a>,
    cle_des_noms: hmac::Key,
    parametres: Parametres,
    personne: (Empreinte, [u8; 20], Jeu),
}

impl std::fmt::Debug for Portier<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Portier")
    }
}

/// What a portal gives its doorkeeper.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "a bundle of borrowed services")]
pub struct Services<'a> {
    /// Derivations.
    pub hacheur: &'a dyn Hacheur,
    /// Secrets.
    pub reserve: &'a dyn Reserve,
    /// Their locks, shared with [`super::gestion::Atelier`].
    pub verrous: &'a Verrous,
    /// The journal.
    pub greffier: &'a dyn Greffier,
    /// Delays.
    pub frein: &'a Frein,
    /// Randomness.
    pub entropy: &'a dyn Entropy,
    /// Sessions.
    pub sessions: &'a Sessions<'a>,
}

impl<'a> Portier<'a> {
    /// With the key of names, and the cost of new derivations.
    pub fn new(s: Services<'a>, cle_des_noms: hmac::Key, parametres: Parametres) -> Result<Self, SignificationError> {
        let Services { hacheur, reserve, verrous, greffier, frein, entropy, sessions } = s;
        let nobody = Empreinte::factice(parametres, entropy)?;
        let mut secret = [0; 20];
        entropy.fill(&mut secret)?;
        let (codes, _) = Jeu::tirer(Id::from_bytes([0; 16]), entropy)?;
        let personne = (nobody, secret, codes);
        Ok(Self { hacheur, reserve, verrous, greffier, frein, entropy, sessions, cle_des_noms, parametres, personne })
    }

    /// The passkeys to challenge for a name: none for no account, and the ceremony goes on all the same.
    pub fn cles_de(&self, nom: &str) -> Result<Vec<CleAcces>, SignificationError> {
        let (view, secrets) = self.chercher(&empreinte_du_nom(&self.cle_des_noms, nom))?;
        let (Some(view), Some(secrets)) = (view, secrets) else { return Ok(Vec::new()) };
        Ok(secrets.cles_acces.into_iter().filter(|c| view.actif(c.identifiant).is_some()).collect())
    }

    /// Logs in by password. Every refusal is [`SignificationError::LoginRefused`], but a delay told beforehand.
    pub fn connecter(
        &self,
        t: &Tentative<'_>,
        avant: Option<&Temoin>,
        now: Instant,
    ) -> Result<Entree, SignificationError> {
        let who = self.essayeur(t.nom, t.origine);
        self.frein.essayer(now, &who)?;
        let (view, secrets) = self.chercher(&who.nom)?;
        let proven = self.prouver(t, view.as_ref(), secrets, now)?;
        self.conclure(proven, view, &who, avant, now)
    }

    /// Counts a probe (a forged token, an address that is nothing of ours, a passkey that is not one), and writes the lock that too
    /// many of them bring; gives its end.
    pub fn sonder(&self, source: Source, now: Instant) -> Result<Option<Instant>, SignificationError> {
        if let Some(lock) = self.frein.sonde(now, source) {
            self.greffier.noter(&Actor::platform(), &[Fait::Source(lock)])?;
        }
        Ok(self.frein.verrou(now, source))
    }

    fn essayeur(&self, nom: &str, origine: Origine) -> Essayeur {
        let nom = empreinte_du_nom(&self.cle_des_noms, nom);
        Essayeur { nom, source: origine.source, appareil: origine.appareil }
    }

    fn chercher(&self, nom: &Sha256Digest) -> Result<(Option<View>, Option<Secrets>), SignificationError> {
        let Some(id) = self.greffier.par_nom(nom)? else { return Ok((None, None)) };
        Ok((self.greffier.compte(id)?, self.reserve.lire(id)?))
    }

    /// One derivation and one second proof, whoever it is.
    fn prouver(
        &self,
        t: &Tentative<'_>,
        view: Option<&View>,
        secrets: Option<Secrets>,
        now: Instant,
    ) -> Result<Result<Preuves, MotifRefus>, SignificationError> {
        let live = |id: Id| view.is_some_and(|v| v.actif(id).is_some());
        let kept = secrets.iter().flat_map(|s| &s.mots_de_passe).find(|e| live(e.identifiant)).cloned();
        let Reconnu { juste, derive } = kept.as_ref().unwrap_or(&self.personne.0).reconnaitre(t.mot, self.hacheur)?;
        // Second proofs are good once: read again under the lock, since another try may have used this one meanwhile.
        let _held = view.map(|v| self.verrous.prendre(v.id));
        let (Some(view), Some(kept), true, Some(mut secrets)) =
            (view, kept, juste, view.map(|v| self.reserve.lire(v.id)).transpose()?.flatten())
        else {
            self.seconde(t.second, None, None, now);
            return Ok(Err(if view.is_none() { MotifRefus::CompteInconnu } else { MotifRefus::MotDePasse }));
        };
        let second = self.seconde(t.second, Some(view), Some(&mut secrets), now);
        let asked = !matches!(t.second, Second::Aucune) || view.a_une_seconde_preuve();
        if asked && second.is_none() {
            return Ok(Err(MotifRefus::SecondePreuve));
        }
        let mut identifiants = vec![kept.identifiant];
        identifiants.extend(second.map(|(id, _)| id));
        let rang = second.and_then(|(_, rang)| rang);
        match certifie(t.certificat, view, &secrets) {
            Ok(certificat) => identifiants.extend(certificat),
            Err(motif) => return Ok(Err(motif)),
        }
        if let Err(motif) = admis(view, now) {
            return Ok(Err(motif));
        }
        let place = Place { identifiant: kept.identifiant, rang: None };
        // The derivation that recognised him opens the key too: a login costs one.
        let cle = match &secrets.coffret {
            Some(coffret) if coffret.ouvre_par(kept.identifiant) => {
                Some(coffret.ouvrir(place, coffret.par_mot(place, t.mot, derive.as_ref()), self.hacheur)?)
            }
            _ => None,
        };
        if kept.a_refaire(&self.parametres) {
            self.renforcer(&mut secrets, &kept, t.mot, cle.as_ref())?;
        }
        self.reserve.ecrire(&secrets)?;
        Ok(self.peser(view, identifiants, rang, cle))
    }

    /// The configuration asks for more than when this password was kept, or it was kept in the form of before.
    fn renforcer(
        &self,
        secrets: &mut Secrets,
        kept: &Empreinte,
        mot: &MotDePasse,
        cle: Option<&SecretKey>,
    ) -> Result<(), SignificationError> {
        let (new, derive) = Empreinte::de(kept.identifiant, mot, self.parametres, self.hacheur, self.entropy)?;
        secrets.mots_de_passe.retain(|e| e.identifiant != kept.identifiant);
        secrets.mots_de_passe.push(new);
        if let (Some(coffret), Some(cle)) = (&mut secrets.coffret, cle) {
            let place = Place { identifiant: kept.identifiant, rang: None };
            coffret.poser(place, Ouvreur::Derive(&derive), cle, self.hacheur, self.entropy)?;
        }
        Ok(())
    }

    /// Checks a second proof, against nobody's when there is no account; gives the credential, and the rank of a code.
    fn seconde(
        &self,
        second: Second<'_>,
        view: Option<&View>,
        secrets: Option<&mut Secrets>,
        now: Instant,
    ) -> Option<(Id, Option<u8>)> {
        let live = |id: Id| view.is_some_and(|v| v.actif(id).is_some());
        let mut found = None;
        match (second, secrets) {
            (Second::Aucune, _) | (Second::Cle(_), None) => {}
            (Second::Cle(proof), Some(secrets)) => {
                let same = |c: &&mut CleAcces| c.identifiant == proof.cle.identifiant && live(c.identifiant);
                let kept = secrets.cles_acces.iter_mut().find(same).filter(|_| proof.utilisateur_verifie);
                if let Some(kept) = kept {
                    kept.donnees.clone_from(&proof.cle.donnees);
                    found = Some((kept.identifiant, None));
                }
            }
            (Second::Totp(typed), Some(secrets)) => {
                for kept in secrets.totp.iter_mut().filter(|e| live(e.identifiant)) {
                    let secret = hex::decode(&kept.secret).unwrap_or_default();
                    if let Some(step) = totp::verifier(&secret, typed, now, kept.dernier_pas) {
                        kept.dernier_pas = Some(step);
                        found = Some((kept.identifiant, None));
                    }
                }
            }
            (Second::Secours(code), Some(secrets)) => {
                for kept in secrets.secours.iter_mut().filter(|e| live(e.identifiant)) {
                    let known = view.and_then(|v| v.actif(kept.identifiant));
                    let fresh = |rang: &u8| known.is_some_and(|i| !i.rangs_uses.contains(rang));
                    if let Some(rang) = kept.rang(code).filter(fresh) {
                        kept.user(rang);
                        found = Some((kept.identifiant, Some(rang)));
                    }
                }
            }
            (Second::Totp(typed), None) => {
                let _ = totp::verifier(&self.personne.1, typed, now, None);
            }
            (Second::Secours(code), None) => {
                let _ = self.personne.2.rang(code);
            }
        }
        found
    }

    fn peser(
        &self,
        view: &View,
        identifiants: Vec<Id>,
        rang: Option<u8>,
        cle: Option<SecretKey>,
    ) -> Result<Preuves, MotifRefus> {
        let moyens = identifiants.iter().filter_map(|id| view.actif(*id)).map(|i| i.moyen).collect();
        let niveau = Niveau::de(&moyens).ok_or(MotifRefus::IdentifiantRevoque)?;
        Ok(Preuves { view: view.clone(), identifiants, rang, niveau, cle })
    }

    /// The fact of a refusal, without what was typed; and what is answered.
    fn refuser(
        &self,
        motif: MotifRefus,
        view: Option<&View>,
        who: &Essayeur,
    ) -> Result<SignificationError, SignificationError> {
        let source = who.source.0;
        let fait = match view {
            Some(view) if view.etat != compte::EtatCompte::Efface => {
                Fait::Compte(compte::Event::LoginFailed { account: view.id, source, motif })
            }
            _ => Fait::Source(source::Event::LoginFailed { source, motif }),
        };
        self.greffier.noter(&Actor::platform(), &[fait])?;
        Ok(SignificationError::LoginRefused)
    }

    /// Writes the fact, whichever it is, before it is acknowledged; then opens the session.
    fn conclure(
        &self,
        proven: Result<Preuves, MotifRefus>,
        view: Option<View>,
        who: &Essayeur,
        avant: Option<&Temoin>,
        now: Instant,
    ) -> Result<Entree, SignificationError> {
        let Preuves { view, identifiants, rang, niveau, cle } = match proven {
            Ok(proven) => proven,
            Err(motif) => return Err(self.refuser(motif, view.as_ref(), who)?),
        };
        let autre_appareil = self.sessions.autre_appareil(&view, who.appareil.as_ref(), now)?;
        let session = Id::new(now, self.entropy)?;
        let fait = compte::Event::LoggedIn {
            account: view.id,
            session,
            source: who.source.0,
            credentials: identifiants.clone(),
            rang,
            niveau,
            autre_appareil,
        };
        match self.greffier.noter(&acteur(&view.titulaire, view.id), &[Fait::Compte(fait)]) {
            Ok(()) => self.frein.reussite(now, who),
            // Suspended, revoked or used up since it was looked at.
            Err(SignificationError::Transition { .. }) => {
                return Err(self.refuser(MotifRefus::Etat, Some(&view), who)?);
            }
            Err(other) => return Err(other),
        }
        let compte = self.greffier.compte(view.id)?.unwrap_or(view);
        let ouverture = Ouverture { compte: &compte, niveau, identifiants, appareil: who.appareil, cle: cle.as_ref() };
        let temoin = self.sessions.ouvrir(session, ouverture, avant, now)?;
        Ok(Entree { session, temoin, niveau, autre_appareil, cle_ouverte: cle.is_some(), compte })
    }
}

/// The certificate presented, if it is one of this account's in force. One that is not spoils the login: a revoked one must
/// be seen.
fn certifie(presented: Option<CertificatPresente>, view: &View, secrets: &Secrets) -> Result<Option<Id>, MotifRefus> {
    let Some(presented) = presented else { return Ok(None) };
    let same = |kept: &Sha256Digest| bool::from(kept.as_bytes().ct_eq(presented.sha256.as_bytes()));
    let known = secrets.certificats.iter().find(|c| same(&c.sha256) && view.actif(c.identifiant).is_some());
    match known {
        Some(known) if presented.valide => Ok(Some(known.identifiant)),
        _ => Err(MotifRefus::IdentifiantRevoque),
    }
}

fn admis(view: &View, now: Instant) -> Result<(), MotifRefus> {
    if view.admet_connexion(now) {
        return Ok(());
    }
    let day = crate::civil::paris_date(now);
    Err(if view.titulaire.en_fonction(day) { MotifRefus::Etat } else { MotifRefus::MandatTermine })
}

#[cfg(test)]
mod tests;

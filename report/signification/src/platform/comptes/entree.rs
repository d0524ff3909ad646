//! Coming in: invited, taking the account, logging in, and what a holder does with his sessions (rows B01 to B05, A07).
use dossier::{Instant, Sha256Digest};
use jiff::civil::Date;
use serde::Serialize;

use super::fiche::{Fiche, Nommant};
use super::{Acces, Demandeur, Objet, Platform};
use crate::civil::{paris_date, paris_text};
use crate::comptes::compte::{self, EtatCompte, Titulaire};
use crate::comptes::connexion::{CertificatPresente, Entree, Origine, Tentative};
use crate::comptes::droits::Operation;
use crate::comptes::gestion::Appoint;
use crate::comptes::mot_de_passe::MotDePasse;
use crate::comptes::passkey::{Assertion, CleAcces};
use crate::comptes::secours::CodeSecours;
use crate::comptes::session::{Ligne, Temoin};
use crate::comptes::source::Source;
use crate::comptes::{lien, totp};
use crate::consent::Actor;
use crate::event::Event;
use crate::greffe::With;
use crate::notice::message;
use crate::person::{Person, email};
use crate::platform::{Invited, invitation_end};
use crate::projection::Views;
use crate::store::Table;
use crate::text::{COMPTE_INVITATION, fill};
use crate::{Id, SignificationError};

crate::discret::discret!(OuvertureCompte<'_>);

/// Somebody was invited to take an account; his mail server took the invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CompteInvite {
    /// The account.
    pub compte: Id,
    /// The message.
    pub avis: Id,
    /// Reply code of the mail server.
    pub code_smtp: u16,
    /// End of the invitation.
    pub expire_le: Instant,
}

/// What the holder of an invitation gives to take his account.
#[derive(Clone, Copy)]
pub struct OuvertureCompte<'t> {
    /// The reference of the invitation: its consent, or the account.
    pub reference: Id,
    /// Its single-use secret.
    pub secret: &'t str,
    /// The name to log in with.
    pub nom: &'t str,
    /// The password, as typed.
    pub mot: &'t str,
    /// A telephone: its secret ([`Platform::nouveau_telephone`]) and the code it shows. Without it, the first login is for
    /// setting up the second proof.
    pub telephone: Option<(&'t [u8; 20], &'t str)>,
    /// Where from.
    pub origine: Origine,
}

/// An account was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CompteOuvert {
    /// The account.
    pub compte: Id,
    /// Where it stands.
    pub etat: EtatCompte,
    /// Its consent, for a recipient.
    pub consentement: Option<Id>,
    /// Whether the terms of use are still to be accepted.
    pub cgu_requises: bool,
    /// Whether a second proof is set up.
    pub seconde_preuve: bool,
}

const SECRET_REFUSE: &str = "ce n'est pas la dernière envoyée, ou elle a servi";

impl Platform<'_> {
    /// Invites the recipient to take an account and to read the terms of use in it: one e-mail, one secret, written with both
    /// facts. For a legal person, `mandat` is its representative's: first and last day (row A07).
    pub fn inviter_avec_compte<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        consent: Id,
        mandat: Option<(Date, Option<Date>)>,
    ) -> Result<(Invited, Id), SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::Inviter, Objet::Consentement(consent))?;
        let (account, now) = (self.new_id()?, self.ctx.clock.now());
        if self.deja_ouvert(consent, now)? {
            return Err(SignificationError::Invitation { why: "un compte est déjà ouvert pour ce consentement" });
        }
        let titulaire = match (self.views().consent(consent)?.morale, mandat) {
            (false, _) => Titulaire::Destinataire { consent },
            (true, Some((du, au))) => Titulaire::Representant { consent, du, au },
            (true, None) => Titulaire::Representant { consent, du: paris_date(now), au: None },
        };
        let invited = self.inviter_avec(auteur.acteur(), consent, |token_sha256, expires_at| {
            vec![compte::Event::Invited { account, titulaire, token_sha256, expires_at }.into()]
        })?;
        Ok((invited, account))
    }

    /// Invites somebody to take an account: another representative, an aidant, a clerk, an officer, staff. The secret goes to
    /// his own address, which is kept encrypted.
    pub fn inviter_compte<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        titulaire: &Titulaire,
        courriel: &str,
    ) -> Result<CompteInvite, SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::InviterCompte, Objet::Tous)?;
        let courriel = email(courriel).map_err(|why| SignificationError::Field {
            field: "courriel",
            found: why.to_string().chars().take(80).collect(),
            why: "pas une adresse électronique",
        })?;
        let account = self.new_id()?;
        // Before the key is made: an invitation that is not this author's to give leaves nothing.
        let (token_sha256, expires_at) = (Sha256Digest::ZERO, invitation_end(self.ctx.clock.now(), 1));
        let titulaire = titulaire.clone();
        let invited = compte::Event::Invited { account, titulaire, token_sha256, expires_at };
        compte::View::next(None, self.ctx.clock.now(), auteur.acteur(), &invited)?;
        let compte::Event::Invited { titulaire, .. } = invited else { return Err(SignificationError::Poisoned) };
        let owner = match titulaire.consent() {
            Some(consent) => self.views().consent(consent)?.id,
            None => {
                self.make_person_key(account)?;
                account
            }
        };
        self.ecrire_fiche(account, &self.person_key(owner)?, &Fiche::new(Some(courriel.clone())))?;
        self.envoyer_invitation(auteur.acteur(), (account, owner), &courriel, move |token_sha256, expires_at| {
            compte::Event::Invited { account, titulaire, token_sha256, expires_at }
        })
    }

    /// Invites the holder of an account to come in again with new means, after a loss or a compromise that was ended.
    pub fn reinviter_compte<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        account: Id,
    ) -> Result<CompteInvite, SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::InviterCompte, Objet::Compte(account))?;
        let view = self.compte_vu(account)?;
        if !view.est_ouvert() {
            return Err(SignificationError::Invitation { why: "le compte n'est pas ouvert" });
        }
        let missing = SignificationError::Unknown { kind: "adresse du compte", id: account.to_string() };
        let courriel = self.courriel_de(&view)?.ok_or(missing)?;
        let owner = view.titulaire.consent().unwrap_or(account);
        self.envoyer_invitation(auteur.acteur(), (account, owner), &courriel, |token_sha256, expires_at| {
            compte::Event::Reinvited { account, token_sha256, expires_at }
        })
    }

    fn envoyer_invitation(
        &self,
        actor: &Actor,
        (account, owner): (Id, Id),
        courriel: &str,
        event: impl FnOnce(Sha256Digest, Instant) -> compte::Event,
    ) -> Result<CompteInvite, SignificationError> {
        let now = self.ctx.clock.now();
        let (secret, avis) = (self.secret()?, self.new_id()?);
        let expire_le = invitation_end(now, self.config.invitation_jours);
        let body = fill(
            COMPTE_INVITATION,
            &[
                ("etude", &self.config.etude),
                ("residence", &self.config.residence),
                ("compte", &account.to_string()),
                ("expire", &paris_text(expire_le)),
                ("jeton", &secret),
                ("dpo", &self.config.contact_dpo),
            ],
        )?;
        let body = self.config.exploitation.avec_portail(body);
        let sent = message(&self.config, avis, courriel, "Ouvrir votre compte", &body, now)?;
        let with = With { pieces: vec![self.kept_message(owner, &sent)?], ..With::default() };
        let refused = |r: crate::notice::Refused| SignificationError::Smtp { code: r.code, permanent: r.permanent };
        let code_smtp = self.ctx.mailer.send(&sent).map_err(refused)?.code;
        let fact = event(Sha256Digest::of(secret.as_bytes()), expire_le);
        let ticket = self.greffe.stage(actor, with, |_, _| Ok(vec![fact.into()]))?;
        self.greffe.wait(ticket)?;
        Ok(CompteInvite { compte: account, avis, code_smtp, expire_le })
    }

    /// Takes an account: the secret serves once, whoever presents it and however many at the same time. The name, the password
    /// and the public key are written in one batch: cut before, the invitation still serves; cut after, the holder logs in.
    pub fn ouvrir_compte(&self, o: &OuvertureCompte<'_>) -> Result<CompteOuvert, SignificationError> {
        let (secret, now) = (o.secret.trim(), self.ctx.clock.now());
        self.source_libre(o.origine.source, now)?;
        let account = self.compte_invite(o, secret, now)?;
        let _hold = self.holds.take(account);
        let view = self.compte_vu(account)?;
        if let Some(why) = faute(&view, secret, now) {
            return Err(self.invitation_refusee(account, o.origine.source, why)?);
        }
        let name = nom_choisi(o.nom)?;
        let digest = self.digest_du_nom(&name);
        if super::fiche::par_nom(self.views(), &digest)?.is_some_and(|other| other != account) {
            return Err(SignificationError::NameTaken);
        }
        let personal = self.donnees_personnelles(&view, &name)?;
        let mot = MotDePasse::nouveau(
            o.mot,
            self.comptes.reglages.longueur_mot,
            &personal.iter().map(String::as_str).collect::<Vec<_>>(),
        )?;
        if let Some((seed, code)) = o.telephone
            && totp::verifier(seed, code, now, None).is_none()
        {
            return Err(SignificationError::LoginRefused);
        }
        let mut fiche = self.fiche(account)?;
        fiche.nom = Some(name);
        self.ecrire_fiche(account, &self.cle_de_compte(account)?, &fiche)?;
        let naming = Nommant { platform: self, compte: account, nom: digest };
        self.ouvrir_atelier_avec(&naming, |_, work| work.activer(account, secret, &mot, now))?;
        if let Some((seed, code)) = o.telephone {
            self.ouvrir_atelier(|_, work| work.confirmer_telephone(account, seed, code, now))?;
        }
        self.compte_ouvert(account)
    }

    fn compte_ouvert(&self, account: Id) -> Result<CompteOuvert, SignificationError> {
        let view = self.compte_vu(account)?;
        let consentement = view.titulaire.consent();
        let cgu_requises = match consentement {
            Some(consent) => self.views().consent(consent)?.cgu.is_none(),
            None => false,
        };
        let seconde_preuve = view.identifiants.iter().filter(|i| i.est_actif()).count() > 1;
        Ok(CompteOuvert { compte: account, etat: view.etat, consentement, cgu_requises, seconde_preuve })
    }

    /// The account that an invitation is for: named itself, or found by its consent.
    fn compte_invite(&self, o: &OuvertureCompte<'_>, secret: &str, now: Instant) -> Result<Id, SignificationError> {
        let direct: Option<compte::View> = self.views().view(Table::Compte, o.reference.as_bytes())?;
        let mut of = match direct {
            Some(view) => vec![view],
            None => lien::comptes_de(self.views(), o.reference)?,
        };
        // Several invitations may have gone out: the one whose secret it is, else the last one, which tells the fault.
        of.sort_by_key(|view| (faute(view, secret, now).is_none(), view.id));
        match of.last() {
            Some(view) => Ok(view.id),
            None => Err(self.invitation_refusee(o.reference, o.origine.source, SECRET_REFUSE)?),
        }
    }

    fn source_libre(&self, source: Source, now: Instant) -> Result<(), SignificationError> {
        let lock = self.comptes.frein.verrou(now, source);
        lock.map_or(Ok(()), |until| Err(SignificationError::Throttled { until }))
    }

    /// A wrong secret is a fact, and a probe of its source.
    fn invitation_refusee(
        &self,
        object: Id,
        source: Source,
        why: &'static str,
    ) -> Result<SignificationError, SignificationError> {
        self.sonder(source)?;
        let fact = Event::AuthFailed { object, why: format!("invitation : {why}") };
        self.greffe.record(&Actor::platform(), &fact)?;
        Ok(SignificationError::Invitation { why })
    }

    /// Comes in again with a new invitation: see [`crate::comptes::gestion::Atelier::reentrer`].
    pub fn revenir(
        &self,
        o: &OuvertureCompte<'_>,
        retour: crate::comptes::gestion::ApresRetour<'_>,
    ) -> Result<CompteOuvert, SignificationError> {
        let (secret, now) = (o.secret.trim(), self.ctx.clock.now());
        self.source_libre(o.origine.source, now)?;
        let unknown: Option<compte::View> = self.views().view(Table::Compte, o.reference.as_bytes())?;
        let view = match unknown {
            Some(view) => view,
            None => return Err(self.invitation_refusee(o.reference, o.origine.source, SECRET_REFUSE)?),
        };
        // Before the password is looked at: what is refused as easy to guess tells of the holder.
        let sent = view.invitation.is_some_and(|(digest, _)| digest == Sha256Digest::of(secret.as_bytes()));
        if !sent {
            return Err(self.invitation_refusee(view.id, o.origine.source, SECRET_REFUSE)?);
        }
        let personal = self.donnees_personnelles(&view, "")?;
        let mot = MotDePasse::nouveau(
            o.mot,
            self.comptes.reglages.longueur_mot,
            &personal.iter().map(String::as_str).collect::<Vec<_>>(),
        )?;
        let back = self.ouvrir_atelier(|_, work| work.reentrer(view.id, secret, (&mot, retour), now));
        match back {
            Err(SignificationError::Invitation { why }) => {
                Err(self.invitation_refusee(view.id, o.origine.source, why)?)
            }
            Err(other) => Err(other),
            Ok(_) => self.compte_ouvert(view.id),
        }
    }

    /// What whoever knows the holder would try first.
    fn donnees_personnelles(&self, view: &compte::View, name: &str) -> Result<Vec<String>, SignificationError> {
        let mut words = vec![name.to_owned(), self.config.etude.clone()];
        words.extend(self.fiche(view.id)?.courriel);
        if let Some(consent) = view.titulaire.consent() {
            let person = self.person(consent)?;
            words.extend([person.display_name(), person.courriel().to_owned()]);
            match person {
                Person::Physique { nom, prenoms, date_naissance, lieu_naissance, domicile, .. } => {
                    words.extend([nom, prenoms, date_naissance.to_string(), lieu_naissance, domicile]);
                }
                Person::Morale { denomination, representant, siege, .. } => {
                    words.extend([denomination, representant, siege]);
                }
            }
        }
        Ok(words)
    }

    /// Logs in by password and second proof. Whatever is wrong, the answer and the work are the same.
    pub fn connecter(&self, t: &Tentative<'_>, avant: Option<&Temoin>) -> Result<Entree, SignificationError> {
        let now = self.ctx.clock.now();
        self.ouvrir_atelier(|door, _| door.connecter(t, avant, now))
    }

    /// The passkeys to challenge for a name; none for no account, and the ceremony goes on all the same.
    pub fn cles_de(&self, nom: &str) -> Result<Vec<CleAcces>, SignificationError> {
        self.ouvrir_atelier(|door, _| door.cles_de(nom))
    }

    /// Logs in by passkey: the portal verified the ceremony.
    pub fn connecter_par_cle(
        &self,
        proof: (&str, &Assertion),
        certificat: Option<CertificatPresente>,
        origine: Origine,
        avant: Option<&Temoin>,
    ) -> Result<Entree, SignificationError> {
        let now = self.ctx.clock.now();
        self.ouvrir_atelier(|door, _| door.connecter_par_cle(proof, certificat, origine, avant, now))
    }

    /// A forgotten password: a recovery code and one more proof, and a new password. The holder then logs in. Gives the account that
    /// was recovered, for the connection log.
    pub fn recuperer(
        &self,
        nom: &str,
        preuves: (&CodeSecours, Appoint<'_>),
        nouveau: &str,
        origine: Origine,
    ) -> Result<Id, SignificationError> {
        let now = self.ctx.clock.now();
        // The person's own data are not looked at: the answer would tell whether there is such an account.
        let mot = MotDePasse::nouveau(nouveau, self.comptes.reglages.longueur_mot, &[nom])?;
        self.ouvrir_atelier(|door, work| door.recuperer(work, nom, preuves, &mot, origine, now).map(|view| view.id))
    }

    /// The session of a cookie, if it lives: it is used, hence not idle, from now on.
    pub fn session(&self, temoin: Temoin) -> Result<Acces, SignificationError> {
        use crate::comptes::connexion::Greffier as _;
        let session = self.sessions().reconnaitre(&temoin, &|id| self.compte(id), self.ctx.clock.now())?;
        let compte = self.compte_vu(session.compte)?;
        Ok(Acces { temoin, session, compte })
    }

    /// A new cookie for the same session; the old one is worth nothing any more.
    pub fn renouveler_session(&self, acces: &Acces) -> Result<Temoin, SignificationError> {
        let same = (acces.session.niveau, acces.session.identifiants.clone());
        self.sessions().elever(&acces.temoin, &acces.session, same, None, self.ctx.clock.now())
    }

    /// What the holder sees of his sessions.
    pub fn lister_sessions(&self, acces: &Acces) -> Result<Vec<Ligne>, SignificationError> {
        self.autoriser_sur(acces, Operation::ListerSessions, Objet::Compte(acces.compte.id))?;
        self.sessions().lister(&acces.compte, &acces.session, self.ctx.clock.now())
    }

    /// Leaves: this session, or another of the same account.
    pub fn fermer_session(&self, acces: &Acces, session: Id) -> Result<bool, SignificationError> {
        let account = acces.compte.id;
        let auteur = self.autoriser_sur(acces, Operation::FermerSessions, Objet::Compte(account))?;
        let closed = self.sessions().fermer(account, session)?;
        if closed {
            self.noter_compte(auteur.acteur(), vec![compte::Event::LoggedOut { account, session }])?;
        }
        Ok(closed)
    }

    /// Ends all sessions of the account, this one too.
    pub fn fermer_sessions(&self, acces: &Acces) -> Result<usize, SignificationError> {
        let account = acces.compte.id;
        let auteur = self.autoriser_sur(acces, Operation::FermerSessions, Objet::Compte(account))?;
        self.noter_compte(auteur.acteur(), vec![compte::Event::SessionsClosed { account }])?;
        self.sessions().fermer_toutes(account)
    }

    /// Forgets the sessions that time ended: for the portal's clockwork.
    pub fn balayer_sessions(&self) -> Result<usize, SignificationError> {
        self.sessions().balayer(self.ctx.clock.now())
    }
}

/// What is wrong with a secret presented for this account.
fn faute(view: &compte::View, secret: &str, now: Instant) -> Option<&'static str> {
    match view.invitation {
        _ if view.etat != EtatCompte::Invite => Some("le compte est déjà ouvert"),
        Some((_, end)) if now > end => Some("expirée"),
        Some((digest, _)) if digest == Sha256Digest::of(secret.as_bytes()) => None,
        _ => Some(SECRET_REFUSE),
    }
}

/// A name to log in with: 3 to 64 characters, none of control.
fn nom_choisi(text: &str) -> Result<String, SignificationError> {
    let text = text.trim();
    if (3..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    let found = text.chars().take(40).collect();
    Err(SignificationError::Field { field: "nom", found, why: "3 à 64 caractères, sans caractère de contrôle" })
}

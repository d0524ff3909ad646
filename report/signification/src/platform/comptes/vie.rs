//! What happens to an account: a compromise reported, a suspension, a termination, and whose doing an operation was (rows B06
//! to B08, F03, F04).
use dossier::{Instant, Sha256Digest};
use jiff::civil::Date;
use serde::Serialize;

use super::{Acces, Demandeur, Objet, Platform};
use crate::civil::{paris_date, paris_text};
use crate::comptes::compte::{self, CauseSuspension, EtatCompte, GenreSignalement, Imputabilite, Voie, fin_de_lecture};
use crate::comptes::droits::Operation;
use crate::comptes::gestion::NouveauSignalement;
use crate::comptes::lien;
use crate::consent::{Actor, ConsentMove, Role};
use crate::deadline::{calendar_months, elapsed};
use crate::event::Event;
use crate::exploitation::A;
use crate::fact::Fact;
use crate::notice::message;
use crate::person::email;
use crate::projection::Views;
use crate::text::{COMPTE_SIGNALE, fill};
use crate::{Id, SignificationError};

/// Days after which a suspension is looked at again.
const REVUE_JOURS: u32 = 7;

/// A message about a compromise, and whether the mail server took it: the account is suspended all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Courriel {
    /// `titulaire`, `registre`.
    pub a: &'static str,
    /// Reply code, or why it did not go.
    pub code: String,
    /// Whether the mail server took it.
    pub pris: bool,
}

/// A report was taken: the account is suspended, every session over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alerte {
    /// The account.
    pub compte: Id,
    /// Where it stands.
    pub etat: EtatCompte,
    /// When the suspension is looked at again.
    pub revue_le: Option<Instant>,
    /// Who was told.
    pub courriels: Vec<Courriel>,
}

/// A termination was processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Resilie {
    /// The account.
    pub compte: Id,
    /// When the request was received.
    pub recue_le: Instant,
    /// When it took effect.
    pub traitee_le: Instant,
    /// Last day of reading, included.
    pub lecture_jusqu_au: Option<Date>,
}

/// A line done by an account, and whose doing it counts as (row B07).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LigneImputee {
    /// Number of the line.
    pub ligne: u64,
    /// When.
    pub le: Instant,
    /// What.
    pub operation: String,
    /// The account.
    pub compte: Id,
    /// By the requests of revocation known now.
    pub imputabilite: Imputabilite,
    /// As printed.
    pub phrase: String,
}

impl Platform<'_> {
    /// One call: suspended, every session over, both sides written to. `perdus` are the means lost, for a loss.
    pub fn signaler(
        &self,
        acces: &Acces,
        genre: GenreSignalement,
        perdus: &[Id],
    ) -> Result<Alerte, SignificationError> {
        let account = acces.compte.id;
        let auteur = self.autoriser_sur(acces, Operation::Signaler, Objet::Compte(account))?;
        let recu = self.ctx.clock.now();
        let told = NouveauSignalement { genre, voie: Voie::EnLigne, recu, perdus: perdus.to_vec() };
        self.signalement(account, auteur.acteur(), &told)
    }

    /// Enters the report of somebody who called or wrote; the hour that counts is that of the call.
    pub fn saisir_signalement<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        account: Id,
        signalement: &NouveauSignalement,
    ) -> Result<Alerte, SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::SaisirSignalement, Objet::Compte(account))?;
        self.signalement(account, auteur.acteur(), signalement)
    }

    fn signalement(&self, account: Id, actor: &Actor, told: &NouveauSignalement) -> Result<Alerte, SignificationError> {
        let now = self.ctx.clock.now();
        let view = self.ouvrir_atelier(|_, work| work.signaler(account, actor, told, now))?;
        let what = match told.genre {
            GenreSignalement::Compromission => "une compromission",
            GenreSignalement::Perte => "une perte",
            GenreSignalement::Anomalie => "une anomalie",
        };
        let courriels = self.prevenir(&view, &format!("{what} a été signalée le {}", paris_text(told.recu)));
        Ok(Alerte { compte: account, etat: view.etat, revue_le: view.suspension.map(|s| s.revue), courriels })
    }

    /// Suspends an account (row B08): nobody logs in, no act is deposited, acts sent keep their dates.
    pub fn suspendre_compte<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        account: Id,
        cause: CauseSuspension,
    ) -> Result<Alerte, SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::SuspendreCompte, Objet::Compte(account))?;
        let review_at = elapsed(self.ctx.clock.now(), REVUE_JOURS * 24);
        self.noter_compte(auteur.acteur(), vec![compte::Event::Suspended { account, cause, review_at }])?;
        self.suspendu(account, review_at)
    }

    /// What follows the fact of a suspension: sessions over, holder and registry told.
    pub(super) fn suspendu(&self, account: Id, review_at: Instant) -> Result<Alerte, SignificationError> {
        self.sessions().fermer_toutes(account)?;
        let view = self.compte_vu(account)?;
        let courriels = self.prevenir(&view, "une mesure de sécurité a été prise");
        Ok(Alerte { compte: account, etat: view.etat, revue_le: Some(review_at), courriels })
    }

    /// Ends a suspension. Means that were reported stay revoked: see [`Platform::reinviter_compte`].
    pub fn reprendre_compte<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        account: Id,
    ) -> Result<EtatCompte, SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::ReprendreCompte, Objet::Compte(account))?;
        self.noter_compte(auteur.acteur(), vec![compte::Event::Resumed { account }])?;
        Ok(self.compte_vu(account)?.etat)
    }

    /// Tells the holder and the registry. A message that does not go changes nothing to the suspension.
    fn prevenir(&self, view: &compte::View, quoi: &str) -> Vec<Courriel> {
        let configured = self.comptes.reglages.alerte.clone();
        let registry = configured.or_else(|| email(&self.config.contact_dpo).ok());
        let registry = registry.unwrap_or_else(|| self.config.smtp.expediteur.clone());
        let holder = self.courriel_de(view).and_then(|address| {
            address.ok_or(SignificationError::Unknown { kind: "adresse du compte", id: view.id.to_string() })
        });
        let mut told = Vec::new();
        for (a, address) in [("titulaire", holder), ("registre", Ok(registry))] {
            let sent = address.and_then(|address| self.ecrire_a(&address, view.id, quoi));
            told.push(match sent {
                Ok(code) => Courriel { a, code: code.to_string(), pris: true },
                Err(SignificationError::Smtp { code, .. }) => Courriel { a, code, pris: false },
                Err(other) => Courriel { a, code: other.code().to_owned(), pris: false },
            });
        }
        told
    }

    fn ecrire_a(&self, address: &str, account: Id, quoi: &str) -> Result<u16, SignificationError> {
        let now = self.ctx.clock.now();
        let body = fill(
            COMPTE_SIGNALE,
            &[
                ("etude", &self.config.etude),
                ("compte", &account.to_string()),
                ("quoi", quoi),
                ("date", &paris_text(now)),
                ("dpo", &self.config.contact_dpo),
            ],
        )?;
        let told = message(&self.config, self.new_id()?, address, "Un compte est suspendu", &body, now)?;
        let refused = |r: crate::notice::Refused| SignificationError::Smtp { code: r.code, permanent: r.permanent };
        self.ctx.mailer.send(&told).map(|taken| taken.code).map_err(refused)
    }

    /// The holder asks for termination, logged in (row F03).
    pub fn demander_resiliation(&self, acces: &Acces) -> Result<Instant, SignificationError> {
        let (account, received_at) = (acces.compte.id, self.ctx.clock.now());
        let objet = acces.compte.titulaire.consent().map_or(Objet::Compte(account), Objet::Consentement);
        let auteur = self.autoriser_sur(acces, Operation::DemanderResiliation, objet)?;
        let voie = Voie::EnLigne;
        self.noter_compte(auteur.acteur(), vec![compte::Event::TerminationAsked { account, received_at, voie }])?;
        Ok(received_at)
    }

    /// Enters a termination asked for by mail or by post.
    pub fn saisir_resiliation<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        account: Id,
        (received_at, voie): (Instant, Voie),
    ) -> Result<(), SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::TraiterResiliation, Objet::Compte(account))?;
        self.noter_compte(auteur.acteur(), vec![compte::Event::TerminationAsked { account, received_at, voie }])
    }

    /// Processes a termination: it takes effect now (row F03). The consent is revoked with the last of its accounts; acts can be
    /// read for two months (row F04).
    pub fn traiter_resiliation<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        account: Id,
    ) -> Result<Resilie, SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::TraiterResiliation, Objet::Compte(account))?;
        if auteur.acteur().role != Role::Registre {
            // It revokes a consent: the registry's doing.
            return Err(SignificationError::Actor { role: auteur.acteur().role.name(), requested: "terminated" });
        }
        self.greffe.record_at(auteur.acteur(), |now, taken| {
            // Whoever is logged in comes in again, to read and no more.
            let over = compte::Event::SessionsClosed { account };
            let mut facts: Vec<Fact> = vec![over.into(), compte::Event::Terminated { account }.into()];
            let view: Option<compte::View> = taken.view(crate::store::Table::Compte, account.as_bytes())?;
            if let Some(consent) = view.and_then(|view| view.titulaire.consent()) {
                let live = |a: &compte::View| matches!(a.etat, EtatCompte::Actif | EtatCompte::Suspendu);
                let others = lien::comptes_de(taken, consent)?;
                let last = !others.iter().any(|a| a.id != account && live(a));
                if last && taken.consent(consent)?.state.step(ConsentMove::Revoke, Role::Registre).is_ok() {
                    let request = "résiliation du compte".to_owned();
                    let destroy_on = calendar_months(paris_date(now), 60);
                    facts.push(Event::ConsentRevoked { consent, request, destroy_on }.into());
                }
            }
            Ok(facts)
        })?;
        self.sessions().fermer_toutes(account)?;
        self.finir_resiliation(account)?;
        let view = self.compte_vu(account)?;
        let ended = view.resiliation.and_then(|r| r.traitee.map(|at| (r.recue, at)));
        let (recue_le, traitee_le) = ended.ok_or(SignificationError::Poisoned)?;
        Ok(Resilie { compte: account, recue_le, traitee_le, lecture_jusqu_au: view.lecture_jusqu_au })
    }

    /// Writes the term of reading of a terminated account: after the termination, or at the next opening when power failed
    /// between the two.
    pub(in crate::platform) fn finir_resiliation(&self, account: Id) -> Result<(), SignificationError> {
        let view = self.compte_vu(account)?;
        match view.resiliation.and_then(|r| r.traitee).filter(|_| view.etat == EtatCompte::Resilie) {
            Some(ended) => {
                let until = fin_de_lecture(ended);
                let erased = crate::calendar::after(until, 1);
                let reminders = crate::platform::exploitation::rappels(A::Compte(account), erased)?;
                self.greffe.record_at(&Actor::platform(), |_, _| {
                    let over = Fact::from(compte::Event::ReadOnly { account, until });
                    Ok(std::iter::once(over).chain(reminders).collect())
                })?;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The lines about an act, a consent or an account that an account did, each with whose doing it counts as by what is known
    /// now: a request of revocation entered late counts from the hour it was received (row B07).
    pub fn imputabilites(&self, objet: Id) -> Result<Vec<LigneImputee>, SignificationError> {
        let mut done = Vec::new();
        for ligne in self.views().lines_about(objet)? {
            done.extend(self.imputation(ligne)?);
        }
        Ok(done)
    }

    /// The same for one line; nothing when no account did it, or when it only frees its holder.
    pub fn imputation(&self, ligne: u64) -> Result<Option<LigneImputee>, SignificationError> {
        use crate::comptes::connexion::Greffier as _;
        let (entry, _) = self.line(ligne)?;
        let (fact, actor) = Fact::from_entry(&entry)?;
        let freeing = matches!(
            fact,
            Fact::Compte(
                compte::Event::RevocationAsked { .. }
                    | compte::Event::CredentialRevoked { .. }
                    | compte::Event::Reported { .. }
            )
        );
        let account = lien::compte_de(&actor).filter(|_| actor.role == Role::Destinataire && !freeing);
        let Some(view) = account.map(|id| self.compte(id)).transpose()?.flatten() else { return Ok(None) };
        let opened = match &fact {
            Fact::Compte(compte::Event::LoggedIn { credentials, .. }) => Some(credentials.clone()),
            other => self.moyens_de_session(&view, ligne, methode_de(other))?,
        };
        let imputabilite = match opened {
            Some(means) => {
                let each = means.iter().map(|id| view.imputabilite(Some(*id), entry.at));
                each.into_iter().find(|i| *i != Imputabilite::Imputable).unwrap_or(Imputabilite::Imputable)
            }
            None => view.imputabilite(None, entry.at),
        };
        let (operation, phrase) = (entry.op.to_string(), imputabilite.phrase());
        Ok(Some(LigneImputee { ligne, le: entry.at, operation, compte: view.id, imputabilite, phrase }))
    }

    /// The means that opened the session in which a line was written: the one it names, else the last before it.
    fn moyens_de_session(
        &self,
        view: &compte::View,
        before: u64,
        named: Option<Id>,
    ) -> Result<Option<Vec<Id>>, SignificationError> {
        let mut lines = self.views().lines_about(view.id)?;
        lines.retain(|seq| *seq < before);
        for seq in lines.into_iter().rev() {
            let (fact, _) = Fact::from_entry(&self.line(seq)?.0)?;
            if let Fact::Compte(compte::Event::LoggedIn { session, credentials, .. }) = fact
                && named.is_none_or(|named| named == session)
            {
                return Ok(Some(credentials));
            }
        }
        Ok(None)
    }

    /// Digest under which the certificate of an erasure is announced, and the erasure itself (row F05).
    pub fn effacer_compte<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        account: Id,
        certificat: Sha256Digest,
    ) -> Result<(), SignificationError> {
        self.autoriser_sur(qui, Operation::EffacerCompte, Objet::Compte(account))?;
        self.ouvrir_atelier(|_, work| work.effacer(account, certificat))
    }
}

/// The session that a fact names.
fn methode_de(fact: &Fact) -> Option<Id> {
    match fact {
        Fact::Service(
            Event::ActConsulted { auth_method, .. }
            | Event::ActDownloaded { auth_method, .. }
            | Event::CguAccepted { auth_method, .. },
        ) => super::session_de(auth_method),
        _ => None,
    }
}

//! What is known of an account, and which fact may follow which: an impossible one can neither be written nor replayed.
use std::collections::BTreeSet;

use dossier::{Instant, Sha256Digest};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{CauseSuspension, EtatCompte, Event, GenreSignalement, Titulaire, Voie, refus};
use crate::acte::Refusal;
use crate::calendar::after;
use crate::civil::{paris_date, paris_midnight, paris_text};
use crate::comptes::facteurs::{Identifiant, Moyen, Niveau};
use crate::consent::{Actor, Role};
use crate::deadline::calendar_months;
use crate::{Id, SignificationError};

/// Months during which a terminated account can be read (CGU, art. 12).
pub const MOIS_DE_LECTURE: i32 = 2;

/// A suspension in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// Why.
    pub cause: CauseSuspension,
    /// Who decided it.
    pub par: Actor,
    /// Since when.
    pub depuis: Instant,
    /// When it is looked at again.
    pub revue: Instant,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signalement {
    /// Its identifier.
    pub id: Id,
    /// What.
    pub genre: GenreSignalement,
    /// By which way.
    pub voie: Voie,
    /// When it was received.
    pub recu: Instant,
    /// When it was entered.
    pub saisi: Instant,
}

/// A termination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resiliation {
    /// When the request was received.
    pub recue: Instant,
    /// By which way.
    pub voie: Voie,
    /// When it was processed: it takes effect then (row F03).
    pub traitee: Option<Instant>,
}

/// Whether what was done with an account is its holder's doing (row B07).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Imputabilite {
    /// It is, unless fraud is proven.
    Imputable,
    /// It is not: he had asked for the revocation before.
    NonImputable {
        /// When.
        revocation_demandee: Instant,
    },
}

impl Imputabilite {
    /// As it is printed beside an event.
    pub fn phrase(&self) -> String {
        match self {
            Self::Imputable => "imputable au titulaire, sauf preuve contraire".to_owned(),
            Self::NonImputable { revocation_demandee } => {
                format!("non imputable : révocation demandée le {}", paris_text(*revocation_demandee))
            }
        }
    }
}

/// What is known of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Its identifier.
    pub id: Id,
    /// Who holds it.
    pub titulaire: Titulaire,
    /// Where it stands.
    pub etat: EtatCompte,
    /// The invitation in force: digest of its secret, and its end.
    pub invitation: Option<(Sha256Digest, Instant)>,
    /// Its means, revoked ones too.
    pub identifiants: Vec<Identifiant>,
    /// Public half of the key to which his acts are encrypted.
    pub cle_publique: Option<String>,
    /// A session opened under another generation is over.
    pub generation: u32,
    /// The suspension in force.
    pub suspension: Option<Suspension>,
    /// Reports, in order.
    pub signalements: Vec<Signalement>,
    /// Its termination.
    pub resiliation: Option<Resiliation>,
    /// Last day of reading, included.
    pub lecture_jusqu_au: Option<Date>,
    /// Last login.
    pub derniere_connexion: Option<Instant>,
    /// Failed logins since.
    pub echecs: u32,
    /// Time of the last fact.
    pub dernier: Instant,
}

impl View {
    /// What is known once `event` happened at `at`.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        let denied = || SignificationError::Actor { role: actor.role.name(), requested: event.name() };
        let Some(view) = current else {
            let Event::Invited { account, titulaire, token_sha256, expires_at } = event else {
                return Err(refus("INCONNU", event));
            };
            if !event.admet(actor, titulaire) {
                return Err(denied());
            }
            let dates = !matches!(titulaire, Titulaire::Representant { du, au: Some(au), .. } if au < du);
            return if *expires_at > at && dates {
                Ok(Self::first(*account, titulaire.clone(), (*token_sha256, *expires_at), at))
            } else {
                Err(refus("INCONNU", event))
            };
        };
        if !event.admet(actor, &view.titulaire) {
            return Err(denied());
        }
        let mut next = Self { dernier: at, ..view.clone() };
        let sound = event.object() == view.id && at >= view.dernier && view.etat != EtatCompte::Efface;
        if sound && next.apply(at, actor, event) { Ok(next) } else { Err(refus(view.etat.name(), event)) }
    }

    fn first(id: Id, titulaire: Titulaire, invitation: (Sha256Digest, Instant), at: Instant) -> Self {
        Self {
            id,
            titulaire,
            etat: EtatCompte::Invite,
            invitation: Some(invitation),
            identifiants: Vec::new(),
            cle_publique: None,
            generation: 0,
            suspension: None,
            signalements: Vec::new(),
            resiliation: None,
            lecture_jusqu_au: None,
            derniere_connexion: None,
            echecs: 0,
            dernier: at,
        }
    }

    fn apply(&mut self, at: Instant, actor: &Actor, event: &Event) -> bool {
        match event {
            Event::Invited { .. } => false,
            Event::Reinvited { token_sha256, expires_at, .. } => {
                self.invitation = Some((*token_sha256, *expires_at));
                self.est_ouvert() && *expires_at > at
            }
            Event::Activated { .. } => self.activated(at),
            Event::CredentialAdded { credential, moyen, .. } => self.added(at, *credential, *moyen),
            Event::RevocationAsked { credential, received_at, .. } => self.asked(at, *credential, *received_at),
            Event::CredentialRevoked { credential, .. } => self.revoked(at, *credential),
            Event::KeyMade { public_key, .. } => {
                self.cle_publique = Some(public_key.clone());
                self.etat == EtatCompte::Actif && crate::vault::PublicKey::parse(public_key).is_ok()
            }
            Event::LoggedIn { credentials, rang, niveau, .. } => {
                let ranks: Vec<u8> = rang.iter().copied().collect();
                self.logged_in(at, credentials, &ranks, Some(*niveau))
            }
            Event::Recovered { credentials, rangs, .. } => self.recovered(at, credentials, rangs),
            Event::LoggedOut { .. } => self.derniere_connexion.is_some(),
            Event::LoginFailed { .. } => {
                self.echecs = self.echecs.saturating_add(1);
                true
            }
            Event::SessionsClosed { .. } => {
                self.generation += 1;
                true
            }
            Event::Reported { .. } => self.reported(at, actor, event),
            Event::Suspended { cause, review_at, .. } => {
                *cause != CauseSuspension::Signalement && self.suspend(at, actor, *cause, *review_at)
            }
            Event::Resumed { .. } => {
                if self.etat == EtatCompte::Suspendu {
                    self.etat = EtatCompte::Actif;
                }
                // The office ends what the office decided; a report or a measure of the registry is the registry's to end.
                self.suspension.take().is_some_and(|s| actor.role != Role::Etude || s.par.role == Role::Etude)
            }
            Event::MandateEnds { au, .. } => match &mut self.titulaire {
                Titulaire::Representant { du, au: last, .. } => {
                    *last = Some(*au);
                    *au >= *du
                }
                _ => false,
            },
            _ => self.apply_end(at, event),
        }
    }

    fn apply_end(&mut self, at: Instant, event: &Event) -> bool {
        match event {
            Event::TerminationAsked { received_at, voie, .. } => {
                let free = self.resiliation.is_none() && *received_at <= at;
                self.resiliation = Some(Resiliation { recue: *received_at, voie: *voie, traitee: None });
                free && matches!(self.etat, EtatCompte::Actif | EtatCompte::Suspendu)
            }
            Event::Terminated { .. } => {
                let possible = matches!(self.etat, EtatCompte::Actif | EtatCompte::Suspendu);
                self.etat = EtatCompte::Resilie;
                self.resiliation.as_mut().is_some_and(|r| r.traitee.replace(at).is_none()) && possible
            }
            Event::ReadOnly { until, .. } => {
                let ended = self.resiliation.and_then(|r| r.traitee);
                let right = ended.map(fin_de_lecture) == Some(*until);
                let possible = self.etat == EtatCompte::Resilie && right;
                self.etat = EtatCompte::LectureSeule;
                self.lecture_jusqu_au = Some(*until);
                possible
            }
            Event::Erased { .. } => {
                // A suspended one is not erased before its holder could read again: the fault may not be his.
                let over = self.lecture_jusqu_au.is_some_and(|last| at >= paris_midnight(after(last, 1)));
                let possible = self.etat == EtatCompte::LectureSeule && self.suspension.is_none() && over;
                self.etat = EtatCompte::Efface;
                (self.invitation, self.cle_publique, self.generation) = (None, None, self.generation + 1);
                self.identifiants.clear();
                possible
            }
            _ => false,
        }
    }

    /// Whether it could be logged into, its holder being who he says.
    pub fn est_ouvert(&self) -> bool {
        matches!(self.etat, EtatCompte::Actif | EtatCompte::LectureSeule) && self.suspension.is_none()
    }

    /// Whether its holder may be logged in at `at`: state, term of reading, a representative's mandate (row A07).
    pub fn admet_connexion(&self, at: Instant) -> bool {
        let day = paris_date(at);
        self.est_ouvert() && self.lecture_jusqu_au.is_none_or(|last| day <= last) && self.titulaire.en_fonction(day)
    }

    /// Whether a session opened under `generation` is still good at `at`.
    pub fn admet_session(&self, generation: u32, at: Instant) -> bool {
        generation == self.generation && self.admet_connexion(at)
    }

    /// Whether an act may be deposited for its holder: one who cannot open it is served on paper (row B08).
    pub fn recoit(&self) -> Result<(), Refusal> {
        match self.etat {
            EtatCompte::Actif if self.suspension.is_none() => Ok(()),
            EtatCompte::Actif | EtatCompte::Suspendu => Err(Refusal::CompteSuspendu),
            EtatCompte::LectureSeule if self.suspension.is_some() => Err(Refusal::CompteSuspendu),
            _ => Err(Refusal::SansConsentement),
        }
    }

    /// The credential, if it opens something.
    pub fn actif(&self, credential: Id) -> Option<&Identifiant> {
        self.identifiants.iter().find(|i| i.id == credential && i.est_actif())
    }

    /// Whether it has an active means of this kind.
    pub fn a_un(&self, moyen: Moyen) -> bool {
        self.identifiants.iter().any(|i| i.moyen == moyen && i.est_actif())
    }

    /// Whether a password alone is refused: a telephone was added, or a passkey to a recipient's account.
    pub fn a_une_seconde_preuve(&self) -> bool {
        use super::super::droits::RoleCompte as R;
        let recipient = matches!(self.titulaire.role_compte(), R::Destinataire | R::Mandataire);
        self.a_un(Moyen::Totp) || recipient && self.a_un(Moyen::CleAcces)
    }

    /// Whether what was done at `at` with this credential is the holder's doing. Received, not entered, is what counts: a
    /// telephone call is entered later. Without a credential (a session's own act), any request made before counts.
    pub fn imputabilite(&self, credential: Option<Id>, at: Instant) -> Imputabilite {
        let of = self.identifiants.iter().filter(|i| credential.is_none_or(|id| i.id == id));
        let asked = of.filter_map(|i| i.revocation_demandee).filter(|asked| *asked <= at).min();
        asked.map_or(Imputabilite::Imputable, |revocation_demandee| Imputabilite::NonImputable { revocation_demandee })
    }

    /// The invitation is used: to take the account, or to come in again with new means after a loss.
    fn activated(&mut self, at: Instant) -> bool {
        let live: BTreeSet<Moyen> = self.identifiants.iter().filter(|i| i.est_actif()).map(|i| i.moyen).collect();
        let invited = self.invitation.take().is_some_and(|(_, end)| at <= end);
        let first = self.etat == EtatCompte::Invite && self.suspension.is_none();
        let again = self.est_ouvert();
        if first {
            self.etat = EtatCompte::Actif;
        }
        (first || again) && invited && Niveau::de(&live).is_some() && self.titulaire.en_fonction(paris_date(at))
    }

    fn added(&mut self, at: Instant, id: Id, moyen: Moyen) -> bool {
        let place = self.etat == EtatCompte::Invite && self.suspension.is_none() || self.est_ouvert();
        let fresh = self.identifiants.iter().all(|i| i.id != id);
        let known = Identifiant {
            id,
            moyen,
            cree: at,
            dernier: None,
            revocation_demandee: None,
            revoque: None,
            rangs_uses: BTreeSet::new(),
        };
        self.identifiants.push(known);
        place && fresh && self.titulaire.en_fonction(paris_date(at))
    }

    fn asked(&mut self, at: Instant, id: Id, received: Instant) -> bool {
        let found = self.identifiants.iter_mut().find(|i| i.id == id && i.est_actif());
        self.generation += 1;
        found.is_some_and(|i| {
            i.revocation_demandee = Some(received);
            received <= at && received >= i.cree
        })
    }

    fn revoked(&mut self, at: Instant, id: Id) -> bool {
        self.generation += 1;
        let found = self.identifiants.iter_mut().find(|i| i.id == id && i.revoque.is_none());
        found.map(|i| i.revoque = Some(at)).is_some()
    }

    fn logged_in(&mut self, at: Instant, ids: &[Id], rangs: &[u8], niveau: Option<Niveau>) -> bool {
        let mut moyens = BTreeSet::new();
        for id in ids {
            let Some(known) = self.identifiants.iter_mut().find(|i| i.id == *id && i.est_actif()) else { return false };
            known.dernier = Some(at);
            if !moyens.insert(known.moyen) {
                return false;
            }
            if known.moyen == Moyen::CodesSecours && !rangs.iter().all(|rang| known.rangs_uses.insert(*rang)) {
                return false;
            }
        }
        // Codes are used with their set, and the set with codes.
        let codes = moyens.contains(&Moyen::CodesSecours) != rangs.is_empty();
        // A second proof that was set up is asked for.
        let bare = moyens.len() == 1 && moyens.contains(&Moyen::MotDePasse) && self.a_une_seconde_preuve();
        let worth = niveau.is_none_or(|niveau| Niveau::de(&moyens) == Some(niveau));
        let admitted = self.admet_connexion(at);
        self.derniere_connexion = Some(at);
        self.echecs = 0;
        admitted && codes && !bare && worth
    }

    /// Two different proofs without the password: a code of the telephone and a recovery code, or two recovery codes.
    fn recovered(&mut self, at: Instant, ids: &[Id], rangs: &[u8]) -> bool {
        let totp = ids.iter().any(|id| self.actif(*id).is_some_and(|i| i.moyen == Moyen::Totp));
        let enough = rangs.len() + usize::from(totp) >= 2;
        self.generation += 1;
        enough && self.logged_in(at, ids, rangs, None)
    }

    fn reported(&mut self, at: Instant, actor: &Actor, event: &Event) -> bool {
        let Event::Reported { report, genre, voie, received_at, credentials, review_at, .. } = event else {
            return false;
        };
        if *received_at > at || self.signalements.iter().any(|s| s.id == *report) {
            return false;
        }
        let named: BTreeSet<Id> = credentials.iter().copied().collect();
        let live: BTreeSet<Id> = self.identifiants.iter().filter(|i| i.est_actif()).map(|i| i.id).collect();
        let right = match genre {
            GenreSignalement::Compromission => named == live,
            GenreSignalement::Perte => !named.is_empty() && named.is_subset(&live),
            GenreSignalement::Anomalie => named.is_empty(),
        };
        for known in self.identifiants.iter_mut().filter(|i| named.contains(&i.id)) {
            known.revocation_demandee = Some((*received_at).max(known.cree));
        }
        let (id, genre, voie, recu) = (*report, *genre, *voie, *received_at);
        self.signalements.push(Signalement { id, genre, voie, recu, saisi: at });
        // Already suspended: the report is kept, and its revocations count.
        right && (self.suspension.is_some() || self.suspend(at, actor, CauseSuspension::Signalement, *review_at))
    }

    fn suspend(&mut self, at: Instant, actor: &Actor, cause: CauseSuspension, revue: Instant) -> bool {
        let standing = matches!(self.etat, EtatCompte::Invite | EtatCompte::Actif | EtatCompte::LectureSeule);
        let possible = standing && self.suspension.is_none() && revue > at;
        if self.etat == EtatCompte::Actif {
            self.etat = EtatCompte::Suspendu;
        }
        self.generation += 1;
        self.suspension = Some(Suspension { cause, par: actor.clone(), depuis: at, revue });
        possible
    }
}

/// The last day of reading of an account terminated at `at`: two calendar months, not extended (contract, not procedure).
pub fn fin_de_lecture(at: Instant) -> Date {
    calendar_months(paris_date(at), MOIS_DE_LECTURE)
}

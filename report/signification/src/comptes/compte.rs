//! An account: who holds it, where it stands, and every fact that moves it (rows B01, B06 to B08, E02, F03 to F05). No name, no
//! address and nothing that was typed: identifiers, kinds, states, times.
use dossier::{Instant, Outcome, Sha256Digest};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::droits::RoleCompte;
use super::facteurs::{Moyen, Niveau};
use crate::consent::{Actor, Role};
use crate::{Id, SignificationError};

mod vue;

pub use vue::{Imputabilite, MOIS_DE_LECTURE, Resiliation, Signalement, Suspension, View, fin_de_lecture};

/// Where an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EtatCompte {
    /// Its holder was invited.
    Invite,
    /// In use.
    Actif,
    /// Nobody logs in; acts already sent keep their dates.
    Suspendu,
    /// Terminated: its term of reading is about to be written.
    Resilie,
    /// Acts may be read and fetched for two months, nothing else.
    LectureSeule,
    /// Nothing is left but that it was.
    Efface,
}

impl EtatCompte {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Invite, Self::Actif, Self::Suspendu, Self::Resilie, Self::LectureSeule, Self::Efface];

    /// The name as shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invite => "INVITE",
            Self::Actif => "ACTIF",
            Self::Suspendu => "SUSPENDU",
            Self::Resilie => "RESILIE",
            Self::LectureSeule => "LECTURE_SEULE",
            Self::Efface => "EFFACE",
        }
    }
}

/// Who holds an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "qualite", rename_all = "snake_case", deny_unknown_fields)]
pub enum Titulaire {
    /// The natural person served.
    Destinataire {
        /// His consent.
        consent: Id,
    },
    /// One of the representatives of a legal person: each has an account of his own (row B01).
    Representant {
        /// The legal person's consent.
        consent: Id,
        /// First day of his mandate (Paris).
        du: Date,
        /// Last day, included.
        au: Option<Date>,
    },
    /// Somebody who helps a recipient, under a mandate.
    Aidant,
    /// A clerk of the office.
    Clerc,
    /// An officer.
    Officier,
    /// The keeper of the registry, and support.
    Registre,
    /// Staff of the platform.
    Operateur,
}

impl Titulaire {
    /// The role its facts bear in the journal.
    pub fn role(&self) -> Role {
        match self {
            Self::Destinataire { .. } | Self::Representant { .. } | Self::Aidant => Role::Destinataire,
            Self::Clerc | Self::Officier => Role::Etude,
            Self::Registre => Role::Registre,
            Self::Operateur => Role::Plateforme,
        }
    }

    /// The role in the table of rights.
    pub fn role_compte(&self) -> RoleCompte {
        match self {
            Self::Destinataire { .. } | Self::Representant { .. } => RoleCompte::Destinataire,
            Self::Aidant => RoleCompte::Mandataire,
            Self::Clerc => RoleCompte::Clerc,
            Self::Officier => RoleCompte::Officier,
            Self::Registre => RoleCompte::Registre,
            Self::Operateur => RoleCompte::Operateur,
        }
    }

    /// The consent whose acts it receives.
    pub fn consent(&self) -> Option<Id> {
        match self {
            Self::Destinataire { consent } | Self::Representant { consent, .. } => Some(*consent),
            _ => None,
        }
    }

    /// Whether he is in office on this day (row A07): a representative is from the first to the last day of his mandate.
    pub fn en_fonction(&self, jour: Date) -> bool {
        match self {
            Self::Representant { du, au, .. } => *du <= jour && au.is_none_or(|last| jour <= last),
            _ => true,
        }
    }

    /// Who may open an account for him.
    fn invite_par(&self) -> &'static [Role] {
        match self {
            Self::Destinataire { .. } | Self::Representant { .. } => &[Role::Etude, Role::Registre],
            Self::Aidant => &[Role::Destinataire, Role::Registre],
            Self::Clerc | Self::Officier => &[Role::Registre],
            Self::Registre | Self::Operateur => &[Role::Plateforme],
        }
    }
}

/// By which way a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voie {
    /// By its author, logged in.
    EnLigne,
    /// By telephone, to support.
    Telephone,
    /// By mail.
    Courriel,
    /// By post.
    Courrier,
}

/// What is reported (row B06).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GenreSignalement {
    /// Somebody else knows or used the means: all of them are to be revoked.
    Compromission,
    /// Some means are lost.
    Perte,
    /// Something is not as it should be.
    Anomalie,
}

/// Why an account is suspended (row B08).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseSuspension {
    /// Its holder reported it.
    Signalement,
    /// Proven compromise.
    CompromissionAveree,
    /// Suspected compromise.
    CompromissionSoupconnee,
    /// Attempted attack.
    TentativeAttaque,
}

/// Why nobody was logged in. For the journal only: who tried is told none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MotifRefus {
    /// No account of that name.
    CompteInconnu,
    /// Wrong password.
    MotDePasse,
    /// Wrong, missing or replayed second proof.
    SecondePreuve,
    /// A revoked or unknown passkey or certificate.
    IdentifiantRevoque,
    /// The account's state allows no login.
    Etat,
    /// The representative's mandate is over.
    MandatTermine,
    /// The ceremony of a passkey that proves nothing: another challenge, another origin, a wrong signature.
    Ceremonie,
    /// A passkey whose counter went back: there may be two copies of it.
    CompteurRecule,
}

/// One fact of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in View")]
pub enum Event {
    /// The holder is invited; `token_sha256` is the digest of a single-use secret.
    #[serde(rename = "signification.account.invited")]
    Invited { account: Id, titulaire: Titulaire, token_sha256: Sha256Digest, expires_at: Instant },
    /// A new invitation, to add means after a loss.
    #[serde(rename = "signification.account.reinvited")]
    Reinvited { account: Id, token_sha256: Sha256Digest, expires_at: Instant },
    /// The holder is in.
    #[serde(rename = "signification.account.activated")]
    Activated { account: Id },
    /// A means was added.
    #[serde(rename = "signification.account.credential_added")]
    CredentialAdded { account: Id, credential: Id, moyen: Moyen },
    /// The holder asked for the revocation of a means, received at that time.
    #[serde(rename = "signification.account.revocation_asked")]
    RevocationAsked { account: Id, credential: Id, received_at: Instant, voie: Voie },
    /// A means was revoked, or replaced: it opens nothing any more and every session ends.
    #[serde(rename = "signification.account.credential_revoked")]
    CredentialRevoked { account: Id, credential: Id },
    /// The key to which his acts are encrypted; only its public half.
    #[serde(rename = "signification.account.key_made")]
    KeyMade { account: Id, public_key: String },
    /// Somebody logged in; `rang` is that of the recovery code used.
    #[serde(rename = "signification.account.logged_in")]
    LoggedIn {
        account: Id,
        session: Id,
        source: Id,
        credentials: Vec<Id>,
        rang: Option<u8>,
        niveau: Niveau,
        autre_appareil: bool,
    },
    /// Nobody was logged in.
    #[serde(rename = "signification.account.login_failed")]
    LoginFailed { account: Id, source: Id, motif: MotifRefus },
    /// The account was recovered: the means given, and the recovery codes used.
    #[serde(rename = "signification.account.recovered")]
    Recovered { account: Id, source: Id, credentials: Vec<Id>, rangs: Vec<u8> },
    /// Its holder left.
    #[serde(rename = "signification.account.logged_out")]
    LoggedOut { account: Id, session: Id },
    /// Every session was ended.
    #[serde(rename = "signification.account.sessions_closed")]
    SessionsClosed { account: Id },
    /// Compromise, loss or anomaly: the account is suspended in the same step.
    #[serde(rename = "signification.account.reported")]
    Reported {
        account: Id,
        report: Id,
        genre: GenreSignalement,
        voie: Voie,
        received_at: Instant,
        credentials: Vec<Id>,
        review_at: Instant,
    },
    /// Suspended by the platform or the registry, to be looked at again at `review_at`.
    #[serde(rename = "signification.account.suspended")]
    Suspended { account: Id, cause: CauseSuspension, review_at: Instant },
    /// End of the suspension.
    #[serde(rename = "signification.account.resumed")]
    Resumed { account: Id },
    /// The last day of a representative's mandate.
    #[serde(rename = "signification.account.mandate_ends")]
    MandateEnds { account: Id, au: Date },
    /// Termination was asked for.
    #[serde(rename = "signification.account.termination_asked")]
    TerminationAsked { account: Id, received_at: Instant, voie: Voie },
    /// Termination was processed: from now on it is terminated.
    #[serde(rename = "signification.account.terminated")]
    Terminated { account: Id },
    /// Its acts can be read up to this day, included.
    #[serde(rename = "signification.account.read_only")]
    ReadOnly { account: Id, until: Date },
    /// Everything was erased; digest of the certificate that says so.
    #[serde(rename = "signification.account.erased")]
    Erased { account: Id, certificate: Sha256Digest },
}

impl Event {
    /// The account.
    pub fn object(&self) -> Id {
        match self {
            Self::Invited { account, .. }
            | Self::Reinvited { account, .. }
            | Self::Activated { account }
            | Self::CredentialAdded { account, .. }
            | Self::RevocationAsked { account, .. }
            | Self::CredentialRevoked { account, .. }
            | Self::KeyMade { account, .. }
            | Self::LoggedIn { account, .. }
            | Self::LoginFailed { account, .. }
            | Self::Recovered { account, .. }
            | Self::LoggedOut { account, .. }
            | Self::SessionsClosed { account }
            | Self::Reported { account, .. }
            | Self::Suspended { account, .. }
            | Self::Resumed { account }
            | Self::MandateEnds { account, .. }
            | Self::TerminationAsked { account, .. }
            | Self::Terminated { account }
            | Self::ReadOnly { account, .. }
            | Self::Erased { account, .. } => *account,
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::LoginFailed { .. } => Outcome::Failed,
            Self::Suspended { .. } => Outcome::Deviation,
            Self::Invited { .. }
            | Self::Reported { .. }
            | Self::RevocationAsked { .. }
            | Self::MandateEnds { .. }
            | Self::TerminationAsked { .. } => Outcome::Declared,
            _ => Outcome::Ok,
        }
    }

    /// The fact, in snake case.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Invited { .. } => "invited",
            Self::Reinvited { .. } => "reinvited",
            Self::Activated { .. } => "activated",
            Self::CredentialAdded { .. } => "credential_added",
            Self::RevocationAsked { .. } => "revocation_asked",
            Self::CredentialRevoked { .. } => "credential_revoked",
            Self::KeyMade { .. } => "key_made",
            Self::LoggedIn { .. } => "logged_in",
            Self::LoginFailed { .. } => "login_failed",
            Self::Recovered { .. } => "recovered",
            Self::LoggedOut { .. } => "logged_out",
            Self::SessionsClosed { .. } => "sessions_closed",
            Self::Reported { .. } => "reported",
            Self::Suspended { .. } => "suspended",
            Self::Resumed { .. } => "resumed",
            Self::MandateEnds { .. } => "mandate_ends",
            Self::TerminationAsked { .. } => "termination_asked",
            Self::Terminated { .. } => "terminated",
            Self::ReadOnly { .. } => "read_only",
            Self::Erased { .. } => "erased",
        }
    }

    /// Whether `actor` may record it, the holder being `titulaire`.
    fn admet(&self, actor: &Actor, titulaire: &Titulaire) -> bool {
        let holder = actor.role == titulaire.role() && actor.id == self.object().to_string();
        let registry = actor.role == Role::Registre && !holder;
        let platform = actor.role == Role::Plateforme && !holder;
        // The office looks after those it serves (row B08), not after its own people nor the registry's.
        let office_about_recipient = actor.role == Role::Etude && titulaire.consent().is_some();
        match self {
            Self::Invited { titulaire, .. } => titulaire.invite_par().contains(&actor.role),
            Self::Reinvited { .. } => titulaire.invite_par().contains(&actor.role) && !holder,
            // The profession gives certificates; whoever holds the account does not give himself one.
            Self::CredentialAdded { moyen: Moyen::Certificat, .. } => registry,
            Self::Activated { .. }
            | Self::CredentialAdded { .. }
            | Self::KeyMade { .. }
            | Self::LoggedIn { .. }
            | Self::LoggedOut { .. }
            | Self::Recovered { .. } => holder,
            Self::CredentialRevoked { .. } | Self::SessionsClosed { .. } => holder || registry || platform,
            Self::Reported { voie, .. } | Self::RevocationAsked { voie, .. } | Self::TerminationAsked { voie, .. } => {
                if *voie == Voie::EnLigne {
                    holder
                } else {
                    registry
                }
            }
            Self::Resumed { .. } => registry || office_about_recipient,
            Self::Suspended { .. } => registry || platform || office_about_recipient,
            Self::Terminated { .. } => registry || platform,
            Self::MandateEnds { .. } => registry || actor.role == Role::Etude,
            Self::LoginFailed { .. } | Self::ReadOnly { .. } | Self::Erased { .. } => platform,
        }
    }
}

/// The actor that an account is in the journal; under a mandate, whose it is can be read beside.
pub fn acteur(titulaire: &Titulaire, compte: Id) -> Actor {
    Actor { role: titulaire.role(), id: compte.to_string() }
}

fn refus(state: &'static str, event: &Event) -> SignificationError {
    SignificationError::Transition { machine: "compte", state, requested: event.name() }
}

#[cfg(test)]
mod tests;

//! The consent of a recipient: its scope, its states, and who may move it. Only the recipient consents or refuses.
use dossier::{Digests, Instant};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::SignificationError;
use crate::acte::Nature;
use crate::calendar::after;
use crate::civil::{paris_date, paris_midnight};

/// Who acts. The identifier is that of an officer, a consent (for its recipient) or a part of the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// In what role.
    pub role: Role,
    /// Who, within the role; never a name of a recipient.
    pub id: String,
}

impl Actor {
    /// The officer or clerk `id` of the office.
    pub fn office(id: impl Into<String>) -> Self {
        Self { role: Role::Etude, id: id.into() }
    }

    /// The recipient of the consent `id`.
    pub fn recipient(id: crate::Id) -> Self {
        Self { role: Role::Destinataire, id: id.to_string() }
    }

    /// The keeper of the registry.
    pub fn registry(id: impl Into<String>) -> Self {
        Self { role: Role::Registre, id: id.into() }
    }

    /// The platform itself (clock, queue).
    pub fn platform() -> Self {
        Self { role: Role::Plateforme, id: "plateforme".into() }
    }
}

/// The roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The office that serves acts.
    Etude,
    /// The person served.
    Destinataire,
    /// The keeper of the consent registry.
    Registre,
    /// The platform's own clockwork.
    Plateforme,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Etude, Self::Destinataire, Self::Registre, Self::Plateforme];

    /// The name as journalled.
    pub fn name(self) -> &'static str {
        match self {
            Self::Etude => "etude",
            Self::Destinataire => "destinataire",
            Self::Registre => "registre",
            Self::Plateforme => "plateforme",
        }
    }
}

/// Where a consent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConsentState {
    /// The channel was offered.
    Propose,
    /// The declaration is filed.
    Declare,
    /// The supporting documents were received and checked.
    PiecesOk,
    /// The recipient was invited to connect.
    Invite,
    /// The recipient accepted the terms of use: this is the express consent (CPC 748-2).
    Actif,
    /// Suspended: no new act.
    Suspendu,
    /// Revoked: no new act, past ones stand.
    Revoque,
    /// The recipient refused the terms: no consent.
    Refuse,
    /// The term the recipient set is over.
    Expire,
    /// Five years after the revocation: nothing that names the person is left.
    Detruit,
}

/// What can happen to a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentMove {
    /// The declaration is filed.
    Declare,
    /// The documents were checked.
    CheckPieces,
    /// The invitation is sent (again).
    Invite,
    /// The terms are accepted and the consent given.
    Accept,
    /// The terms are refused.
    Refuse,
    /// Suspension.
    Suspend,
    /// End of the suspension.
    Resume,
    /// Revocation.
    Revoke,
    /// The term is over.
    Expire,
    /// Personal data are destroyed.
    Destroy,
}

impl ConsentMove {
    /// Every move.
    pub const ALL: [Self; 10] = [
        Self::Declare,
        Self::CheckPieces,
        Self::Invite,
        Self::Accept,
        Self::Refuse,
        Self::Suspend,
        Self::Resume,
        Self::Revoke,
        Self::Expire,
        Self::Destroy,
    ];

    /// The snake-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Declare => "declare",
            Self::CheckPieces => "check_pieces",
            Self::Invite => "invite",
            Self::Accept => "accept",
            Self::Refuse => "refuse",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Revoke => "revoke",
            Self::Expire => "expire",
            Self::Destroy => "destroy",
        }
    }

    /// Who may make this move. Accepting and refusing belong to the recipient alone; a revocation received in writing
    /// is entered by the keeper of the registry, never by the office.
    pub fn roles(self) -> &'static [Role] {
        match self {
            Self::Declare => &[Role::Etude, Role::Destinataire],
            Self::CheckPieces | Self::Invite => &[Role::Etude],
            Self::Accept | Self::Refuse => &[Role::Destinataire],
            Self::Suspend => &[Role::Registre, Role::Destinataire],
            Self::Resume => &[Role::Registre],
            Self::Revoke => &[Role::Destinataire, Role::Registre],
            Self::Expire | Self::Destroy => &[Role::Plateforme],
        }
    }
}

impl ConsentState {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Propose,
        Self::Declare,
        Self::PiecesOk,
        Self::Invite,
        Self::Actif,
        Self::Suspendu,
        Self::Revoque,
        Self::Refuse,
        Self::Expire,
        Self::Detruit,
    ];

    /// The name as shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Propose => "PROPOSE",
            Self::Declare => "DECLARE",
            Self::PiecesOk => "PIECES_OK",
            Self::Invite => "INVITE",
            Self::Actif => "ACTIF",
            Self::Suspendu => "SUSPENDU",
            Self::Revoque => "REVOQUE",
            Self::Refuse => "REFUSE",
            Self::Expire => "EXPIRE",
            Self::Detruit => "DETRUIT",
        }
    }

    /// Where `step` leads from here; `None` when there is no such move.
    pub fn next(self, step: ConsentMove) -> Option<Self> {
        use ConsentMove as M;
        Some(match (self, step) {
            (Self::Propose, M::Declare) => Self::Declare,
            (Self::Declare, M::CheckPieces) => Self::PiecesOk,
            (Self::PiecesOk | Self::Invite, M::Invite) => Self::Invite,
            (Self::Invite, M::Accept) => Self::Actif,
            (Self::Invite, M::Refuse) => Self::Refuse,
            (Self::Actif, M::Suspend) => Self::Suspendu,
            (Self::Suspendu, M::Resume) => Self::Actif,
            (Self::Actif | Self::Suspendu, M::Revoke) => Self::Revoque,
            (Self::Actif | Self::Suspendu, M::Expire) => Self::Expire,
            (Self::Revoque, M::Destroy) => Self::Detruit,
            _ => return None,
        })
    }

    /// Like [`ConsentState::next`], for `role`: the role is checked first, then the move.
    pub fn step(self, step: ConsentMove, role: Role) -> Result<Self, SignificationError> {
        if !step.roles().contains(&role) {
            return Err(SignificationError::Actor { role: role.name(), requested: step.name() });
        }
        self.next(step).ok_or(SignificationError::Transition {
            machine: "consentement",
            state: self.name(),
            requested: step.name(),
        })
    }
}

/// What the recipient consents to receive, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Natures of act; `None` for all.
    pub natures: Option<Vec<Nature>>,
    /// Last day, included, Paris time; `None` for no term.
    pub until: Option<Date>,
}

impl Scope {
    /// Every act, no term.
    pub const ALL_ACTS: Self = Self { natures: None, until: None };

    /// Whether it covers this nature of act.
    pub fn covers(&self, nature: &Nature) -> bool {
        self.natures.as_ref().is_none_or(|list| list.contains(nature))
    }

    /// Whether its term is over at `at`: from 0:00, Paris time, of the day after the last one.
    pub fn is_over(&self, at: Instant) -> bool {
        self.until.is_some_and(|last| at >= paris_midnight(after(last, 1)))
    }

    /// Refuses an empty list of natures and a term already over.
    pub fn check(&self, now: Instant) -> Result<(), SignificationError> {
        if self.natures.as_ref().is_some_and(Vec::is_empty) {
            let why = "liste vide : omettre la clé pour tous les actes";
            return Err(SignificationError::Field { field: "natures", found: "[]".into(), why });
        }
        match self.until {
            Some(until) if until < paris_date(now) => {
                let why = "terme déjà passé";
                Err(SignificationError::Field { field: "jusqu_au", found: until.to_string(), why })
            }
            _ => Ok(()),
        }
    }
}

/// Kind of a supporting document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// Identity document of a natural person.
    Identite,
    /// Proof of address of a natural person.
    Domicile,
    /// Written commitment of a legal person.
    AttestationEngagement,
    /// Identity document of the legal representative.
    IdentiteRepresentant,
    /// Registration of the legal person.
    Immatriculation,
}

impl PieceKind {
    /// The French name.
    pub fn nom(self) -> &'static str {
        match self {
            Self::Identite => "pièce d'identité",
            Self::Domicile => "justificatif de domicile",
            Self::AttestationEngagement => "attestation d'engagement",
            Self::IdentiteRepresentant => "pièce d'identité du représentant",
            Self::Immatriculation => "certificat d'immatriculation",
        }
    }

    /// Parses the snake-case name.
    pub fn parse(text: &str) -> Result<Self, SignificationError> {
        serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| SignificationError::Field {
            field: "piece",
            found: text.chars().take(60).collect(),
            why: "attendu : identite, domicile, attestation_engagement, identite_representant, immatriculation",
        })
    }
}

/// A supporting document as the journal knows it: the document itself is only kept encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// Kind.
    pub kind: PieceKind,
    /// Identifier of its encrypted file in the registry.
    pub record: crate::Id,
    /// Digests of the salted record that holds it.
    pub digests: Digests,
}

/// How a natural person was identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identification {
    /// By documents.
    Pieces,
    /// By FranceConnect, as declared by the office: no copy of an identity document is asked
    /// (arrêté du 17 novembre 2023).
    FranceConnect,
}

/// Which documents are asked of this kind of person at the date of filing; gives what is missing. The FranceConnect
/// exemption exists from 17 November 2023, the date of the arrêté.
pub fn missing_pieces(
    morale: bool,
    identification: Identification,
    filed: Date,
    given: &[PieceKind],
) -> Vec<&'static str> {
    let exempt = identification == Identification::FranceConnect && filed >= jiff::civil::date(2023, 11, 17);
    let asked: &[PieceKind] = match (morale, exempt) {
        (true, _) => &[PieceKind::AttestationEngagement, PieceKind::IdentiteRepresentant, PieceKind::Immatriculation],
        (false, true) => &[PieceKind::Domicile],
        (false, false) => &[PieceKind::Identite, PieceKind::Domicile],
    };
    asked.iter().filter(|kind| !given.contains(kind)).map(|kind| kind.nom()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TABLE: &[(&str, &str, &str, &[&str])] = &[
        ("PROPOSE", "declare", "DECLARE", &["etude", "destinataire"]),
        ("DECLARE", "check_pieces", "PIECES_OK", &["etude"]),
        ("PIECES_OK", "invite", "INVITE", &["etude"]),
        ("INVITE", "invite", "INVITE", &["etude"]),
        ("INVITE", "accept", "ACTIF", &["destinataire"]),
        ("INVITE", "refuse", "REFUSE", &["destinataire"]),
        ("ACTIF", "suspend", "SUSPENDU", &["registre", "destinataire"]),
        ("SUSPENDU", "resume", "ACTIF", &["registre"]),
        ("ACTIF", "revoke", "REVOQUE", &["destinataire", "registre"]),
        ("SUSPENDU", "revoke", "REVOQUE", &["destinataire", "registre"]),
        ("ACTIF", "expire", "EXPIRE", &["plateforme"]),
        ("SUSPENDU", "expire", "EXPIRE", &["plateforme"]),
        ("REVOQUE", "destroy", "DETRUIT", &["plateforme"]),
    ];

    #[test]
    fn the_table_is_exhaustive_over_states_moves_and_roles() {
        for state in ConsentState::ALL {
            for step in ConsentMove::ALL {
                for role in Role::ALL {
                    let row = TABLE.iter().find(|r| r.0 == state.name() && r.1 == step.name());
                    let wanted = row.filter(|r| r.3.contains(&role.name())).map(|r| r.2);
                    let got = state.step(step, role).ok().map(ConsentState::name);
                    assert_eq!(got, wanted, "{state:?} {step:?} {role:?}");
                }
            }
        }
    }

    #[test]
    fn a_dated_consent_stops_at_midnight_in_paris() {
        let scope = Scope { natures: None, until: Some(date(2026, 12, 31)) };
        assert!(!scope.is_over("2026-12-31T23:59:59+01:00".parse().unwrap()));
        assert!(scope.is_over("2027-01-01T00:00:00+01:00".parse().unwrap()));
        assert!(Scope { natures: Some(vec![]), until: None }.check("2026-01-01T00:00:00Z".parse().unwrap()).is_err());
    }

    #[test]
    fn franceconnect_exempts_from_the_identity_document_since_its_text() {
        use Identification::{FranceConnect, Pieces};
        let none: [PieceKind; 0] = [];
        assert_eq!(missing_pieces(false, Pieces, date(2026, 11, 21), &none).len(), 2);
        assert_eq!(missing_pieces(false, FranceConnect, date(2026, 11, 21), &[PieceKind::Domicile]), none_text());
        assert_eq!(
            missing_pieces(false, FranceConnect, date(2023, 11, 1), &[PieceKind::Domicile]),
            ["pièce d'identité"]
        );
        assert_eq!(missing_pieces(true, FranceConnect, date(2026, 11, 21), &none).len(), 3);
    }

    fn none_text() -> Vec<&'static str> {
        Vec::new()
    }
}

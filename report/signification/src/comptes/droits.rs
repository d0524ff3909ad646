//! Who may do what: one table, a row for each operation; an operation without its row does not compile. What a login must be
//! worth is asked beside ([`super::facteurs::Politique`]), and what the state of an account allows here too.
mod operations;

use serde::{Deserialize, Serialize};

use super::compte::EtatCompte;
use crate::{Id, SignificationError};

pub use operations::Operation;

/// In what capacity somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleCompte {
    /// Nobody is logged in; he may hold the secret of an invitation.
    Visiteur,
    /// The person served, or a representative of it.
    Destinataire,
    /// His aidant, under a mandate.
    Mandataire,
    /// A clerk of the office.
    Clerc,
    /// An officer.
    Officier,
    /// The keeper of the registry, and support.
    Registre,
    /// Staff of the platform, and its own clockwork.
    Operateur,
}

impl RoleCompte {
    /// Every role.
    pub const ALL: [Self; 7] = [
        Self::Visiteur,
        Self::Destinataire,
        Self::Mandataire,
        Self::Clerc,
        Self::Officier,
        Self::Registre,
        Self::Operateur,
    ];
}

/// What ties who asks to what he asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It is his own: his account, his consent, an act served on him, an invitation whose secret he has.
    Sien,
    /// It is his giver's, and a mandate in force covers it.
    SousMandat,
    /// It belongs to his office.
    SonEtude,
    /// It belongs to somebody else, or to all.
    Autrui,
}

impl Relation {
    /// Every relation.
    pub const ALL: [Self; 4] = [Self::Sien, Self::SousMandat, Self::SonEtude, Self::Autrui];
}

/// The table.
#[expect(clippy::too_many_lines, reason = "a row for each operation: the table is not cut in two")]
pub fn droits(role: RoleCompte, relation: Relation, operation: Operation) -> bool {
    use Operation as O;
    use Relation::{Autrui, Sien, SonEtude, SousMandat};
    use RoleCompte as R;
    let one = |wanted: R, how: Relation| role == wanted && relation == how;
    let office = one(R::Clerc, SonEtude) || one(R::Officier, SonEtude);
    let recipient = one(R::Destinataire, Sien);
    let registry = one(R::Registre, Autrui);
    let operator = one(R::Operateur, Autrui);
    // Whoever is logged in, about his own account.
    let own_account = role != R::Visiteur && relation == Sien;
    match operation {
        O::Initialiser | O::Ouvrir | O::Traiter | O::CompleterHorodatage | O::Pointer => operator,
        O::EffacerCompte => operator,
        O::Proposer | O::Inviter | O::Renotifier => office,
        O::Declarer => office || recipient,
        // The secret of the invitation says whose consent it is; a aidant never consents for anybody.
        O::Accepter | O::Refuser => recipient || one(R::Visiteur, Sien),
        O::Suspendre | O::Revoquer => recipient || registry,
        O::Reprendre => registry,
        O::ConsulterRegistre => one(R::Clerc, Autrui) || one(R::Officier, Autrui),
        O::Consultations => recipient || registry,
        O::Deposer | O::Envoyer | O::Rejeter => one(R::Officier, SonEtude),
        O::Consulter | O::Remettre | O::Telecharger => recipient || one(R::Mandataire, SousMandat),
        O::Repondre => recipient || one(R::Mandataire, SousMandat),
        O::Suivi | O::Recepisses | O::EvidenceBytes | O::SortirRecepisse | O::Extrait => {
            recipient || one(R::Mandataire, SousMandat) || office
        }
        O::Origine | O::AttestationInterruption => matches!(relation, Sien | Autrui),
        O::VerifierJournal => operator || registry,
        O::InviterCompte => one(R::Destinataire, Autrui) || office || registry || operator,
        O::ActiverCompte | O::SeConnecter | O::Recuperer => one(R::Visiteur, Sien),
        O::ListerSessions | O::FermerSessions | O::Signaler => own_account,
        O::AjouterIdentifiant => own_account || one(R::Visiteur, Sien),
        O::EnregistrerCertificat | O::SaisirSignalement => registry,
        O::ReprendreCompte => registry || one(R::Officier, SonEtude),
        O::RevoquerIdentifiant => own_account || registry,
        O::SuspendreCompte => registry || operator || one(R::Officier, SonEtude),
        O::TraiterResiliation => registry || operator,
        O::DonnerMandat => recipient,
        O::DemanderResiliation => recipient || one(R::Mandataire, Sien),
        O::AccepterMandat => one(R::Mandataire, Sien),
        O::RevoquerMandat => recipient || one(R::Mandataire, Sien) || registry,
        O::OuvrirIncident => own_account || one(R::Mandataire, SousMandat) || office,
        // Either side acknowledges what the other told (row B10); closing is not the recipient's.
        O::AccuserIncident => recipient || office || registry || operator,
        O::CloreIncident => office || registry || operator,
        O::Interrompre => operator,
        O::DeposerPour
        | O::PreparerTransfert
        | O::Transmettre
        | O::AccepterTransfert
        | O::RefuserTransfert
        | O::SignifierTransfert
        | O::RetournerTransfert
        | O::CloreTransfert
        | O::ControlerCreance
        | O::InviterDebiteur
        | O::ConstaterParticipation
        | O::ConstaterFin
        | O::DelivrerTitreCreance
        | O::ConfierExecutionCreance => one(R::Officier, SonEtude),
        O::CompetencePour
        | O::AttendreReponse
        | O::LireReponse
        | O::Textos
        | O::CommencerDelai
        | O::DelaiRemis
        | O::Delai
        | O::AlertesDelais
        | O::RecevoirTransfert
        | O::SortirTransfert
        | O::Transfert
        | O::Transferts
        | O::Rebut
        | O::OuvrirCreance
        | O::SuiviCreance => office,
        O::SuiviReponse | O::SortirAccuse => recipient || one(R::Mandataire, SousMandat) || office,
        O::RelireReponse => recipient || one(R::Mandataire, SousMandat),
        O::PublierCgu => registry,
        O::EtatCgu => recipient || registry,
        O::PresenterCgu | O::AdhererCgu | O::EnvoyerCode | O::VerifierMobile | O::RetirerMobile | O::Mobile => {
            recipient
        }
        O::NettoyerRebut | O::Ancrer | O::PurgerQuarantaine | O::AppliquerConservation => operator,
        O::DossierComplet | O::Conservation => recipient || office,
        O::Fil | O::SignaturePdf | O::Garanties => office,
        O::SignalerViolation | O::ListeViolation => office || registry || operator,
        O::DeclarerForceMajeure | O::LireSurInstruction | O::NoterHorloge => operator,
        O::OuvrirLitige => office || registry,
        O::ExporterAudit => registry || operator,
        O::DemanderDroit | O::SuivreDroits => recipient,
        O::AcquitterConfidentialite => one(R::Operateur, Sien),
        O::DonnerInstruction => registry || one(R::Officier, SonEtude),
        O::ChoisirVoie | O::Servir | O::ConsignerPapier | O::ConsignerEchec | O::AbandonnerVoie => {
            one(R::Officier, SonEtude)
        }
        O::Voie
        | O::Situation
        | O::ReleverVoie
        | O::Proposition
        | O::RepondreProposition
        | O::Planifier
        | O::PlanFait
        | O::Taches
        | O::CloreDossier => office,
    }
}

/// Whether the state of the account of who asks allows it. A terminated account is read and its acts fetched, no more
/// (row F04); one that is suspended does nothing.
pub fn etat_permet(etat: EtatCompte, operation: Operation) -> bool {
    use Operation as O;
    match etat {
        EtatCompte::Actif => true,
        EtatCompte::Invite => {
            matches!(operation, O::ActiverCompte | O::AjouterIdentifiant | O::Accepter | O::Refuser)
        }
        EtatCompte::LectureSeule => matches!(
            operation,
            O::SeConnecter
                | O::Recuperer
                | O::Consulter
                | O::Remettre
                | O::Telecharger
                | O::Suivi
                | O::Recepisses
                | O::EvidenceBytes
                | O::SortirRecepisse
                | O::Extrait
                | O::Consultations
                | O::Origine
                | O::AttestationInterruption
                | O::ListerSessions
                | O::FermerSessions
                | O::AjouterIdentifiant
                | O::RevoquerIdentifiant
                | O::Signaler
                | O::Revoquer
                | O::RevoquerMandat
                | O::OuvrirIncident
                | O::SuiviReponse
                | O::RelireReponse
                | O::SortirAccuse
                | O::EtatCgu
                | O::PresenterCgu
                | O::RetirerMobile
                | O::DossierComplet
                | O::Conservation
                | O::DemanderDroit
                | O::SuivreDroits
        ),
        EtatCompte::Suspendu | EtatCompte::Resilie | EtatCompte::Efface => false,
    }
}

/// How an account stands to what belongs to `consent`: `mandat` tells whether one in force covers it.
pub fn relation(role: RoleCompte, own: Option<Id>, consent: Id, mandat: bool, son_etude: bool) -> Relation {
    match role {
        RoleCompte::Destinataire if own == Some(consent) => Relation::Sien,
        RoleCompte::Mandataire if mandat => Relation::SousMandat,
        RoleCompte::Clerc | RoleCompte::Officier if son_etude => Relation::SonEtude,
        _ => Relation::Autrui,
    }
}

/// Like [`droits`], as a refusal.
pub fn exiger(role: RoleCompte, relation: Relation, operation: Operation) -> Result<(), SignificationError> {
    if droits(role, relation, operation) {
        return Ok(());
    }
    Err(SignificationError::Forbidden { operation: operation.nom(), why: "elle revient à une autre personne" })
}

#[cfg(test)]
mod tests;

//! Who may do what: one table, a row for each operation; an operation without its row does not compile. What a login must be
//! worth is asked beside ([`super::facteurs::Politique`]), and what the state of an account allows here too.
use serde::{Deserialize, Serialize};

use super::compte::EtatCompte;
use crate::{Id, SignificationError};

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

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// Every operation of the platform and of the accounts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Operation { $($(#[$doc])* $name),* }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name: for the platform's own, that of its command.
            pub fn nom(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

operations! {
    /// Makes a store.
    Initialiser = "initialiser",
    /// Opens it.
    Ouvrir = "ouvrir",
    /// Offers the channel.
    Proposer = "proposer",
    /// Files a declaration.
    Declarer = "declarer",
    /// Invites to consent.
    Inviter = "inviter",
    /// Accepts the terms: consent.
    Accepter = "accepter",
    /// Refuses them.
    Refuser = "refuser",
    /// Suspends a consent.
    Suspendre = "suspendre",
    /// Ends that.
    Reprendre = "reprendre",
    /// Revokes a consent.
    Revoquer = "revoquer",
    /// Asks the registry an exact question.
    ConsulterRegistre = "consulter_registre",
    /// Reads who asked.
    Consultations = "consultations",
    /// Signs and seals an act into the vault.
    Deposer = "deposer",
    /// Serves it.
    Envoyer = "envoyer",
    /// Sends its notice again.
    Renotifier = "renotifier",
    /// Gives the electronic service up.
    Rejeter = "rejeter",
    /// Does what fell due.
    Traiter = "traiter",
    /// Opens an act.
    Consulter = "consulter",
    /// Hands it over.
    Remettre = "remettre",
    /// Hands it over into a file.
    Telecharger = "telecharger",
    /// Follows it.
    Suivi = "suivi",
    /// Lists evidence.
    Recepisses = "recepisses",
    /// Reads evidence.
    EvidenceBytes = "evidence_bytes",
    /// Takes evidence out.
    SortirRecepisse = "sortir_recepisse",
    /// The lines about one object, and their proof.
    Extrait = "extrait",
    /// Asks for late time tokens.
    CompleterHorodatage = "completer_horodatage",
    /// Makes a checkpoint.
    Pointer = "pointer",
    /// The name of the journal.
    Origine = "origine",
    /// Verifies the whole journal.
    VerifierJournal = "verifier_journal",
    /// Opens an account.
    InviterCompte = "inviter_compte",
    /// Takes it.
    ActiverCompte = "activer_compte",
    /// Logs in.
    SeConnecter = "se_connecter",
    /// Recovers an account with its codes.
    Recuperer = "recuperer",
    /// Lists sessions.
    ListerSessions = "lister_sessions",
    /// Ends sessions.
    FermerSessions = "fermer_sessions",
    /// Adds a password, a telephone, a passkey, recovery codes.
    AjouterIdentifiant = "ajouter_identifiant",
    /// Registers an officer's certificate.
    EnregistrerCertificat = "enregistrer_certificat",
    /// Revokes a means.
    RevoquerIdentifiant = "revoquer_identifiant",
    /// Reports a compromise, a loss, an anomaly.
    Signaler = "signaler",
    /// Enters such a report for somebody who called.
    SaisirSignalement = "saisir_signalement",
    /// Suspends an account.
    SuspendreCompte = "suspendre_compte",
    /// Ends that.
    ReprendreCompte = "reprendre_compte",
    /// Asks for termination.
    DemanderResiliation = "demander_resiliation",
    /// Processes it.
    TraiterResiliation = "traiter_resiliation",
    /// Erases an account.
    EffacerCompte = "effacer_compte",
    /// Gives a mandate.
    DonnerMandat = "donner_mandat",
    /// Accepts one.
    AccepterMandat = "accepter_mandat",
    /// Ends one.
    RevoquerMandat = "revoquer_mandat",
    /// Answers an act.
    Repondre = "repondre",
    /// Opens an incident.
    OuvrirIncident = "ouvrir_incident",
    /// Acknowledges one.
    AccuserIncident = "accuser_incident",
    /// Closes one.
    CloreIncident = "clore_incident",
    /// Announces, begins or ends an interruption.
    Interrompre = "interrompre",
    /// Asks for the attestation of interruptions.
    AttestationInterruption = "attestation_interruption",
    /// Signs and seals an act that has other addressees too.
    DeposerPour = "deposer_pour",
    /// Asks whether the office is competent.
    CompetencePour = "competence_pour",
    /// Says that an answer is awaited.
    AttendreReponse = "attendre_reponse",
    /// Follows the answers to an act.
    SuiviReponse = "suivi_reponse",
    /// Opens an answer, for the office.
    LireReponse = "lire_reponse",
    /// Opens his own answer.
    RelireReponse = "relire_reponse",
    /// Takes the acknowledgement of an answer out.
    SortirAccuse = "sortir_accuse",
    /// Publishes terms of use.
    PublierCgu = "publier_cgu",
    /// Where a recipient stands with the terms of use.
    EtatCgu = "etat_cgu",
    /// Is shown a new text.
    PresenterCgu = "presenter_cgu",
    /// Accepts it.
    AdhererCgu = "adherer_cgu",
    /// Asks for the code that proves a mobile.
    EnvoyerCode = "envoyer_code",
    /// Types it.
    VerifierMobile = "verifier_mobile",
    /// Wants no SMS any more.
    RetirerMobile = "retirer_mobile",
    /// What is known of a mobile.
    Mobile = "mobile",
    /// Follows the SMS of an act.
    Textos = "textos",
    /// Starts an internal target.
    CommencerDelai = "commencer_delai",
    /// Notes what it was for.
    DelaiRemis = "delai_remis",
    /// Follows it.
    Delai = "delai",
    /// Lists those in alert.
    AlertesDelais = "alertes_delais",
    /// Prepares a transfer to a confrère.
    PreparerTransfert = "preparer_transfert",
    /// Hands it over.
    Transmettre = "transmettre",
    /// Takes the package of a confrère in.
    RecevoirTransfert = "recevoir_transfert",
    /// Takes his act in charge.
    AccepterTransfert = "accepter_transfert",
    /// Refuses it.
    RefuserTransfert = "refuser_transfert",
    /// Notes when it was served.
    SignifierTransfert = "signifier_transfert",
    /// Sends back.
    RetournerTransfert = "retourner_transfert",
    /// Closes a transfer.
    CloreTransfert = "clore_transfert",
    /// Takes its act and data out.
    SortirTransfert = "sortir_transfert",
    /// Follows a transfer.
    Transfert = "transfert",
    /// Lists them.
    Transferts = "transferts",
    /// Lists the refused packages.
    Rebut = "rebut",
    /// Applies the rule of their folder.
    NettoyerRebut = "nettoyer_rebut",
    /// Opens a small claim.
    OuvrirCreance = "ouvrir_creance",
    /// Checks it.
    ControlerCreance = "controler_creance",
    /// Invites its debtor.
    InviterDebiteur = "inviter_debiteur",
    /// Records that he takes part.
    ConstaterParticipation = "constater_participation",
    /// Records the end.
    ConstaterFin = "constater_fin",
    /// Delivers the title.
    DelivrerTitreCreance = "delivrer_titre_creance",
    /// Entrusts the enforcement to another office.
    ConfierExecutionCreance = "confier_execution_creance",
    /// Follows a small claim.
    SuiviCreance = "suivi_creance",
    /// Chooses the way of an act.
    ChoisirVoie = "choisir_voie",
    /// Hands an act over by its way.
    Servir = "servir",
    /// Writes a service on paper.
    ConsignerPapier = "consigner_papier",
    /// Writes that a way failed.
    ConsignerEchec = "consigner_echec",
    /// Gives a way up.
    AbandonnerVoie = "abandonner_voie",
    /// Reads the way of an act.
    Voie = "voie",
    /// Reads what its way is chosen from.
    Situation = "situation",
    /// Asks a way what came of an act.
    ReleverVoie = "relever_voie",
    /// Reads what became of an offer.
    Proposition = "proposition",
    /// Notes what the recipient said.
    RepondreProposition = "repondre_proposition",
    /// Plans what is done after a refusal.
    Planifier = "planifier",
    /// Notes that it is done.
    PlanFait = "plan_fait",
    /// Lists what is to be done.
    Taches = "taches",
    /// Closes a dossier.
    CloreDossier = "clore_dossier",
}

impl Operation {
    /// Whether it signs or sends in the officer's name (rows B03, B04).
    pub fn engage_l_officier(self) -> bool {
        matches!(
            self,
            Self::Deposer
                | Self::Envoyer
                | Self::Rejeter
                | Self::Servir
                | Self::ConsignerPapier
                | Self::DeposerPour
                | Self::PreparerTransfert
                | Self::Transmettre
                | Self::AccepterTransfert
                | Self::RefuserTransfert
                | Self::SignifierTransfert
                | Self::RetournerTransfert
                | Self::CloreTransfert
                | Self::ControlerCreance
                | Self::InviterDebiteur
                | Self::ConstaterParticipation
                | Self::ConstaterFin
                | Self::DelivrerTitreCreance
                | Self::ConfierExecutionCreance
        )
    }

    /// Whether one proof is enough: to set up the second, and for what only protects the account.
    pub fn sans_seconde_preuve(self) -> bool {
        matches!(
            self,
            Self::ActiverCompte
                | Self::AjouterIdentifiant
                | Self::ListerSessions
                | Self::FermerSessions
                | Self::Signaler
                | Self::SeConnecter
                | Self::Recuperer
                | Self::Accepter
                | Self::Refuser
                | Self::Origine
                | Self::AttestationInterruption
        )
    }
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
        O::EnregistrerCertificat | O::SaisirSignalement | O::ReprendreCompte => registry,
        O::RevoquerIdentifiant => own_account || registry,
        O::SuspendreCompte | O::TraiterResiliation => registry || operator,
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
        O::NettoyerRebut => operator,
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

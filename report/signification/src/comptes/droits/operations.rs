//! Every operation that the table of rights has a row for.
use serde::{Deserialize, Serialize};

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
    /// Takes the whole dossier of an act.
    DossierComplet = "dossier_complet",
    /// Reads how long an act is kept.
    Conservation = "conservation",
    /// Reads the thread of an act.
    Fil = "fil",
    /// Reads what was found of the signature of an act's PDF, with the signer's name.
    SignaturePdf = "signature_pdf",
    /// Reads the six guarantees of a small claim.
    Garanties = "garanties",
    /// Asks the anchors of the journal.
    Ancrer = "ancrer",
    /// Applies the rule of the quarantine.
    PurgerQuarantaine = "purger_quarantaine",
    /// Applies the term of the vault.
    AppliquerConservation = "appliquer_conservation",
    /// Enters a breach of personal data.
    SignalerViolation = "signaler_violation",
    /// Takes out the signed list of who was told.
    ListeViolation = "liste_violation",
    /// Declares force majeure, or its end.
    DeclarerForceMajeure = "declarer_force_majeure",
    /// Opens or settles a dispute.
    OuvrirLitige = "ouvrir_litige",
    /// Acknowledges the confidentiality text.
    AcquitterConfidentialite = "acquitter_confidentialite",
    /// Instructs staff to read personal data.
    DonnerInstruction = "donner_instruction",
    /// Reads them under that instruction.
    LireSurInstruction = "lire_sur_instruction",
    /// Asks for a right on his own data.
    DemanderDroit = "demander_droit",
    /// Follows his requests.
    SuivreDroits = "suivre_droits",
    /// Notes the offset of the machine's clock.
    NoterHorloge = "noter_horloge",
    /// Takes out what an auditor is given.
    ExporterAudit = "exporter_audit",
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

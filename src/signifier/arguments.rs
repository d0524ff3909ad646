//! The arguments of `constat signifier`: one operation a subcommand, in the order they are used.
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::bureau::{Conditions, Interruptions, Propositions, Reponses, Transferts};
use super::comptes::{Comptes, Incidents, Titre};
use super::creance::Creances;
use super::donnees::{Delais, Donnees, Droits, Mobiles};
use super::exploitation::{Exploitations, Preuves};
use super::servir::Servir;
use super::voies::Voies;

const DEPOSER_HELP: &str = "Exemples :\n  \
  constat signer acte.pdf --sortie acte-signe.pdf --niveau B-LT\n  \
  constat signifier deposer CONSENTEMENT acte-signe.pdf --dossier 2026-0142 --nature assignation --requerant \"Banque Requérante\"\n\n\
La signature de l'officier dans le PDF est jugée à l'heure du dépôt, sur les octets mêmes qui sont déposés : section [actes] de\n\
plateforme.toml. signature_pdf = \"constatee\" (défaut) note ce qui est trouvé ; signature_pdf = \"exigee\" refuse tout acte qui ne porte\n\
pas une signature qualifiée, valable, qui couvre tout le document (décret n° 2017-1416), et rien n'est alors conservé. ancres et listes\n\
y nomment les racines et l'instantané de listes de confiance ; à défaut, ceux de l'étude. Seules les listes disent « qualifiée ».\n\
Code de sortie 1 quand l'acte est refusé.";

/// `signifier`
#[derive(Args)]
pub(crate) struct Signifier {
    /// Dossier de la plateforme (journal, registre, coffre, récépissés)
    #[arg(long, value_name = "DIR", global = true, default_value = "plateforme")]
    pub(crate) plateforme: PathBuf,
    /// Configuration de l'étude (clé du sceau, autorités d'horodatage, racines)
    #[arg(long, value_name = "FICHIER", global = true)]
    pub(crate) etude: Option<PathBuf>,
    /// Qui agit pour l'étude, tel qu'inscrit au journal
    #[arg(long, value_name = "NOM", global = true, default_value = "officier")]
    pub(crate) agent: String,
    /// Ce qu'il faut faire
    #[command(subcommand)]
    pub(crate) operation: Operation,
}

/// What the recipient gives at his first connection.
#[derive(Args)]
pub(crate) struct Recipient {
    /// Consentement concerné
    #[arg(value_name = "CONSENTEMENT")]
    pub(crate) consentement: String,
    /// Secret à usage unique reçu par courriel
    #[arg(long)]
    pub(crate) jeton: String,
    /// Empreinte SHA-256 des conditions générales lues
    #[arg(long, value_name = "SHA256")]
    pub(crate) cgu: String,
    /// Clé privée du destinataire, hors de la plateforme ; créée si elle n'existe pas
    #[arg(long, value_name = "FICHIER")]
    pub(crate) cle: PathBuf,
}

/// The operations.
#[derive(Subcommand)]
pub(crate) enum Operation {
    /// Crée la plateforme à partir d'une configuration
    Initialiser {
        /// Configuration (TOML) : étude, délégué à la protection des données, serveur de courriel
        #[arg(value_name = "PLATEFORME.toml")]
        configuration: PathBuf,
    },
    /// Note que la voie électronique a été proposée à un destinataire
    Proposer {
        /// Dossier de l'étude
        #[arg(long)]
        dossier: String,
        /// Comment : courrier, téléphone, étude
        #[arg(long, default_value = "courrier")]
        canal: String,
    },
    /// Enregistre la déclaration de consentement et ses pièces, chiffrées
    Declarer {
        /// Consentement concerné
        consentement: String,
        /// Déclaration (TOML)
        #[arg(value_name = "DECLARATION.toml")]
        declaration: PathBuf,
    },
    /// Invite le destinataire, par courriel, à lire et accepter les conditions générales
    Inviter {
        /// Consentement concerné
        consentement: String,
        /// Ouvre aussi son compte : il répondra au portail (« signifier servir »)
        #[arg(long)]
        portail: bool,
    },
    /// Côté destinataire : accepte les conditions ; vaut consentement exprès (art. 748-2 CPC)
    Accepter(Recipient),
    /// Côté destinataire : refuse les conditions ; les actes lui parviendront sur papier
    Refuser(Recipient),
    /// Dépose un acte (PDF) : la signature de l'officier y est jugée, puis l'acte est signé, scellé et chiffré pour son destinataire
    #[command(after_help = DEPOSER_HELP)]
    Deposer {
        /// Consentement du destinataire
        consentement: String,
        /// L'acte
        #[arg(value_name = "ACTE.pdf")]
        acte: PathBuf,
        /// Dossier de l'étude
        #[arg(long)]
        dossier: String,
        /// Nature de l'acte, par exemple « assignation »
        #[arg(long)]
        nature: String,
        /// À la demande de qui
        #[arg(long)]
        requerant: String,
    },
    /// Envoie l'acte (lundi-samedi, 6 h-21 h, heure de Paris, hors jours fériés) et en avise le destinataire
    Envoyer {
        /// L'acte
        acte: String,
        /// Hors des heures légales : programmer à la prochaine ouverture au lieu de refuser
        #[arg(long)]
        programmer: bool,
    },
    /// Fait ce qui est dû : actes programmés, opérations qu'un arrêt brutal a laissées
    Traiter,
    /// Lit les retours des serveurs de messagerie et signale les avis sans nouvelle
    Relever,
    /// Montre ce que l'étude doit voir de ses avis
    Alertes,
    /// Côté destinataire : qui a interrogé le registre à son sujet
    Consultations {
        /// Consentement concerné
        consentement: String,
    },
    /// Renouvelle l'avis d'un acte après un échec
    Renotifier {
        /// L'acte
        acte: String,
    },
    /// Côté destinataire : prend connaissance de l'acte
    Consulter {
        /// L'acte
        acte: String,
        /// Clé privée du destinataire
        #[arg(long, value_name = "FICHIER")]
        cle: PathBuf,
    },
    /// Côté destinataire : télécharge l'acte ; le récépissé est daté du dernier octet
    Telecharger {
        /// L'acte
        acte: String,
        /// Clé privée du destinataire
        #[arg(long, value_name = "FICHIER")]
        cle: PathBuf,
        /// Dossier où déposer l'acte et le récépissé
        #[arg(long, value_name = "DIR")]
        vers: PathBuf,
    },
    /// Montre le suivi d'un acte, tiré du journal seul : chaque étape, l'état qu'elle ouvre (BROUILLON, SIGNE, SCELLE, ENVOYE…)
    Suivi {
        /// L'acte
        acte: String,
    },
    /// Écrit les récépissés d'un acte ou d'un consentement, un dossier par récépissé : la preuve signée, et « avis.pdf » pour la lire
    #[command(after_help = "Exemples :\n  \
        constat signifier recepisses 01a230d5-87b0-7aeb-9418-f606dac56948 --vers recepisses/\n  \
        constat verifier recepisses/00000012-ContentConsignment --ancres racines/\n\n\
        « avis.pdf » est une vue (PDF/A-3) qui porte les fichiers du récépissé en pièces jointes ; seul preuve.json fait foi.")]
    Recepisses {
        /// L'acte, ou le consentement
        #[arg(value_name = "ACTE")]
        objet: String,
        /// Où les écrire
        #[arg(long, value_name = "DIR")]
        vers: PathBuf,
    },
    /// Signe et horodate le journal tel qu'il est : un point de contrôle
    Pointer,
    /// Écrit les lignes du journal qui concernent un acte ou un consentement, et elles seules, avec la preuve qu'elles y sont
    Extrait {
        /// L'acte, ou le consentement
        #[arg(value_name = "ACTE")]
        objet: String,
        /// Le fichier à écrire
        #[arg(long, value_name = "EXTRAIT.json")]
        sortie: PathBuf,
    },
    /// Complète l'horodatage des récépissés qui l'attendent
    Horodater,
    /// Côté destinataire : révoque son consentement
    Revoquer {
        /// Consentement concerné
        consentement: String,
        /// Clé privée du destinataire
        #[arg(long, value_name = "FICHIER")]
        cle: PathBuf,
    },
    /// Propositions : réponse du destinataire, suite d'un refus, tâches, clôture d'un dossier
    #[command(subcommand)]
    Proposition(Propositions),
    /// Voie d'un acte (logiciel de l'étude, opérateur, plateforme locale, papier) : choix motivé, remise, issue
    #[command(subcommand)]
    Voie(Voies),
    /// Transmissions d'actes à des confrères compétents, et d'eux
    #[command(subcommand)]
    Transfert(Transferts),
    /// Réponses des destinataires aux actes
    #[command(subcommand)]
    Reponse(Reponses),
    /// Conditions générales d'utilisation : nouvelle version, préavis
    #[command(subcommand)]
    Conditions(Conditions),
    /// Interruptions du service, et leur attestation (art. 748-7 CPC)
    #[command(subcommand)]
    Interruption(Interruptions),
    /// Petites créances : procédure simplifiée de recouvrement (art. L. 125-1 CPCE)
    #[command(subcommand)]
    Creance(Creances),
    /// Comptes : invitation, suspension, moyens de connexion, mandats, résiliation
    Compte {
        /// À quel titre
        #[arg(long = "au-titre-de", value_enum, default_value = "registre")]
        titre: Titre,
        /// Ce qu'il faut faire
        #[command(subcommand)]
        quoi: Comptes,
    },
    /// Incidents signalés par l'étude ou par un destinataire
    Incident {
        /// À quel titre
        #[arg(long = "au-titre-de", value_enum, default_value = "etude")]
        titre: Titre,
        /// Ce qu'il faut faire
        #[command(subcommand)]
        quoi: Incidents,
    },
    /// Demandes de droits (RGPD) : réception, échéance, réponse
    #[command(subcommand)]
    Droit(Droits),
    /// Données d'une personne : portabilité, suspension, résiliation, effacement, registre
    #[command(subcommand)]
    Donnees(Donnees),
    /// Mobile vérifié d'un destinataire, et SMS
    #[command(subcommand)]
    Mobile(Mobiles),
    /// Délai interne de remise d'un constat : ce n'est pas un délai légal
    #[command(subcommand)]
    Delai(Delais),
    /// Preuves d'un acte : dossier complet, fil, conservation, ancres, quarantaine
    #[command(subcommand)]
    Preuve(Preuves),
    /// Exploitation du service : violations, force majeure, litiges, rondes, horloge, santé, audit
    #[command(subcommand)]
    Exploitation(Exploitations),
    /// Sert le portail des destinataires et l'espace de l'étude, et fait ce qui est dû, jusqu'à Ctrl-C
    Servir(Servir),
    /// Joue tout le parcours d'un acte sur cette machine, avec un vrai serveur de courriel, et laisse de quoi tout revérifier
    Demo {
        /// Un dossier qui n'existe pas encore, ou vide
        #[arg(value_name = "DIR")]
        dossier: PathBuf,
    },
    /// Vérifie le journal des opérations et les récépissés
    VerifierJournal,
    /// Vérifie un extrait du journal hors ligne
    VerifierExtrait {
        /// Le fichier
        #[arg(value_name = "EXTRAIT.json")]
        extrait: PathBuf,
    },
    /// Vérifie un récépissé hors ligne
    VerifierRecepisse {
        /// Le dossier du récépissé
        #[arg(value_name = "DIR")]
        dossier: PathBuf,
    },
}

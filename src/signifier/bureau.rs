//! What the office does around an act: offers and plans, transfers to confrères, answers, terms of use, interruptions.
use std::path::{Path, PathBuf};

use clap::Subcommand;
use dossier::Instant;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use signification::civil::{paris_midnight, parse_paris};
use signification::comptes::interruption;
use signification::confrere::Piece;
use signification::consent::{Actor, Role};
use signification::platform::ReponseInput;
use signification::territoire::OfficeId;
use signification::{Platform, SignificationError};

use super::{id, value};
use crate::exit::Exit;
use crate::failure::Failure;

/// Offers and what follows them.
#[derive(Subcommand)]
pub(crate) enum Propositions {
    /// Note la réponse du destinataire : acceptee, refusee, sans-reponse
    Repondre {
        /// La proposition
        proposition: String,
        /// Sa réponse
        issue: String,
    },
    /// Décide de la suite d'un refus : report ou papier, avec une échéance
    Planifier {
        /// La proposition
        proposition: String,
        /// La suite
        plan: String,
        /// Au plus tard le (AAAA-MM-JJ)
        #[arg(long)]
        echeance: String,
    },
    /// Note que la suite est faite
    Fait {
        /// La proposition
        proposition: String,
    },
    /// Liste ce qui reste à décider ou à faire, par échéance
    Taches,
    /// Clôt un dossier, si aucun refus ni échec n'est resté sans suite
    Clore {
        /// Dossier de l'étude
        dossier: String,
    },
}

/// Transfers between offices.
#[derive(Subcommand)]
pub(crate) enum Transferts {
    /// Prépare la transmission d'un acte à un confrère compétent ; rien ne part
    Preparer {
        /// L'office du confrère (SIREN)
        office: String,
        /// Les données de l'acte (TOML)
        #[arg(value_name = "DONNEES.toml")]
        donnees: PathBuf,
        /// L'acte
        #[arg(value_name = "ACTE.pdf")]
        acte: PathBuf,
    },
    /// Écrit le paquet d'un transfert préparé
    Transmettre(Pas),
    /// Prend en charge un acte reçu
    Accepter(Pas),
    /// Refuse un acte reçu, ou rend celui qui fut accepté
    Refuser {
        /// Le transfert, et où écrire le paquet
        #[command(flatten)]
        pas: Pas,
        /// incompetent, empechement, delai-trop-court, dossier-incomplet, destinataire-introuvable, autre
        #[arg(long)]
        motif: String,
        /// Précision
        #[arg(long, default_value = "")]
        precision: String,
    },
    /// Note la date et l'heure de la signification
    Signifier {
        /// Le transfert, et où écrire le paquet
        #[command(flatten)]
        pas: Pas,
        /// Date et heure, avec le décalage : 2026-12-01T10:00:00+01:00
        #[arg(long)]
        le: String,
    },
    /// Renvoie au confrère comment l'acte fut signifié, et les pièces
    Retourner {
        /// Le transfert, et où écrire le paquet
        #[command(flatten)]
        pas: Pas,
        /// a-personne, a-domicile, a-residence, proces-verbal-de-recherches
        #[arg(long)]
        modalite: String,
        /// Observations
        #[arg(long, default_value = "")]
        observations: String,
        /// Une pièce à joindre ; autant de fois qu'il y en a
        #[arg(long = "piece", value_name = "FICHIER")]
        pieces: Vec<PathBuf>,
    },
    /// Clôt un transfert dont le retour est reçu
    Clore(Pas),
    /// Reçoit le paquet d'un confrère
    Recevoir {
        /// Le paquet
        paquet: PathBuf,
    },
    /// Écrit l'acte et les données d'un transfert reçu
    Sortir(Pas),
    /// Liste les transferts
    Lister,
}

/// A transfer and a folder.
#[derive(clap::Args)]
pub(crate) struct Pas {
    /// Le transfert
    pub(crate) transfert: String,
    /// Où écrire
    #[arg(long, value_name = "DIR")]
    pub(crate) vers: PathBuf,
}

/// Answers to acts.
#[derive(Subcommand)]
pub(crate) enum Reponses {
    /// Ouvre le délai d'une réponse à un acte signifié
    Attendre {
        /// L'acte
        acte: String,
    },
    /// Côté destinataire : répond à un acte, avec des pièces
    Deposer {
        /// L'acte
        acte: String,
        /// Clé privée du destinataire
        #[arg(long, value_name = "FICHIER")]
        cle: PathBuf,
        /// Fichier du texte de la réponse
        #[arg(long, value_name = "FICHIER")]
        texte: Option<PathBuf>,
        /// Une pièce ; autant de fois qu'il y en a
        #[arg(long = "piece", value_name = "FICHIER")]
        pieces: Vec<PathBuf>,
    },
    /// Montre où en est la réponse à un acte
    Suivi {
        /// L'acte
        acte: String,
    },
    /// Lit une réponse reçue
    Lire {
        /// L'acte
        acte: String,
        /// La réponse
        reponse: String,
        /// Où l'écrire
        #[arg(long, value_name = "DIR")]
        vers: PathBuf,
    },
    /// Écrit l'accusé de réception d'une réponse
    Accuse {
        /// L'acte
        acte: String,
        /// La réponse
        reponse: String,
        /// Où l'écrire
        #[arg(long, value_name = "DIR")]
        vers: PathBuf,
    },
}

/// Terms of use.
#[derive(Subcommand)]
pub(crate) enum Conditions {
    /// Publie une version des conditions générales ; un mois de préavis au moins
    Publier {
        /// Son nom, par exemple 2027-1
        version: String,
        /// Son texte
        #[arg(value_name = "TEXTE.txt")]
        texte: PathBuf,
        /// Le jour de son entrée en vigueur (AAAA-MM-JJ, 0 h à Paris)
        #[arg(long)]
        effet: String,
    },
    /// Montre ce qu'un destinataire a fait des nouvelles conditions
    Etat {
        /// Le consentement
        consentement: String,
    },
}

/// Interruptions of the service.
#[derive(Subcommand)]
pub(crate) enum Interruptions {
    /// Annonce une interruption
    Annoncer {
        /// maintenance, panne, exterieure, securite
        cause: String,
        /// De (date et heure avec décalage)
        #[arg(long)]
        de: String,
        /// À
        #[arg(long)]
        a: String,
    },
    /// Note qu'une interruption a commencé
    Commencer {
        /// Sa cause
        cause: String,
        /// Depuis (date et heure avec décalage)
        #[arg(long)]
        de: String,
        /// Celle qui fut annoncée
        #[arg(long)]
        annoncee: Option<String>,
    },
    /// Note qu'elle est finie
    Finir {
        /// L'interruption
        interruption: String,
        /// À (date et heure avec décalage)
        #[arg(long)]
        a: String,
    },
    /// Liste les interruptions
    Lister,
    /// Écrit une attestation d'indisponibilité, signée et horodatée (art. 748-7 CPC)
    Attester {
        /// De (date et heure avec décalage)
        #[arg(long)]
        de: String,
        /// À
        #[arg(long)]
        a: String,
        /// Où l'écrire
        #[arg(long, value_name = "DIR")]
        vers: PathBuf,
    },
}

/// Offers.
pub(super) fn propositions(platform: &Platform<'_>, office: &Actor, what: &Propositions) -> Result<Value, Failure> {
    match what {
        Propositions::Repondre { proposition, issue } => {
            value(&platform.repondre_proposition(office, id(proposition)?, word("issue", issue)?)?)
        }
        Propositions::Planifier { proposition, plan, echeance } => {
            value(&platform.planifier(office, id(proposition)?, word("plan", plan)?, word("echeance", echeance)?)?)
        }
        Propositions::Fait { proposition } => value(&platform.plan_fait(office, id(proposition)?)?),
        Propositions::Taches => Ok(json!({"taches": value(&platform.taches()?)?})),
        Propositions::Clore { dossier } => value(&platform.clore_dossier(office, dossier)?),
    }
}

/// Transfers.
pub(super) fn transferts(platform: &Platform<'_>, office: &Actor, what: &Transferts) -> Result<Value, Failure> {
    match what {
        Transferts::Preparer { office: pour, donnees, acte } => {
            value(&platform.preparer_transfert(office, OfficeId::parse(pour)?, table(donnees)?, acte)?)
        }
        Transferts::Transmettre(pas) => value(&platform.transmettre(office, id(&pas.transfert)?, &pas.vers)?),
        Transferts::Accepter(pas) => value(&platform.accepter_transfert(office, id(&pas.transfert)?, &pas.vers)?),
        Transferts::Refuser { pas, motif, precision } => {
            let why = (word("motif", motif)?, precision.as_str());
            value(&platform.refuser_transfert(office, id(&pas.transfert)?, why, &pas.vers)?)
        }
        Transferts::Signifier { pas, le } => {
            value(&platform.signifier_transfert(office, id(&pas.transfert)?, instant(le)?, &pas.vers)?)
        }
        Transferts::Retourner { pas, modalite, observations, pieces } => {
            let pieces = pieces.iter().map(|path| piece(path)).collect::<Result<Vec<_>, _>>()?;
            let how = (word("modalite", modalite)?, observations.as_str(), pieces);
            value(&platform.retourner_transfert(office, id(&pas.transfert)?, how, &pas.vers)?)
        }
        Transferts::Clore(pas) => value(&platform.clore_transfert(office, id(&pas.transfert)?, &pas.vers)?),
        Transferts::Recevoir { paquet } => value(&platform.recevoir_transfert(office, paquet)?),
        Transferts::Sortir(pas) => {
            Ok(json!({"fichiers": platform.sortir_transfert(office, id(&pas.transfert)?, &pas.vers)?}))
        }
        Transferts::Lister => Ok(json!({"transferts": value(&platform.transferts()?)?})),
    }
}

/// Answers.
pub(super) fn reponses(platform: &Platform<'_>, office: &Actor, what: &Reponses) -> Result<Value, Failure> {
    match what {
        Reponses::Attendre { acte } => value(&platform.attendre_reponse(office, id(acte)?)?),
        Reponses::Deposer { acte, cle, texte, pieces } => {
            let texte = texte.as_deref().map(read).transpose()?.unwrap_or_default();
            let input = ReponseInput { acte: id(acte)?, texte, jointes: pieces.clone() };
            value(&platform.repondre(&input, cle)?)
        }
        Reponses::Suivi { acte } => value(&platform.suivi_reponse(id(acte)?)?),
        Reponses::Lire { acte, reponse, vers } => {
            value(&platform.lire_reponse(office, id(acte)?, id(reponse)?, vers)?)
        }
        Reponses::Accuse { acte, reponse, vers } => {
            Ok(json!({"fichiers": platform.sortir_accuse(id(acte)?, id(reponse)?, vers)?}))
        }
    }
}

/// Terms of use: the registry's, not the office's.
pub(super) fn conditions(platform: &Platform<'_>, agent: &str, what: &Conditions) -> Result<Value, Failure> {
    match what {
        Conditions::Publier { version, texte, effet } => {
            let day: jiff::civil::Date = word("effet", effet)?;
            let at = paris_midnight(day);
            value(&platform.publier_cgu(&Actor::registry(agent), version, &read(texte)?, at)?)
        }
        Conditions::Etat { consentement } => value(&platform.etat_cgu(id(consentement)?)?),
    }
}

/// Interruptions: the operator's.
pub(super) fn interruptions(platform: &Platform<'_>, agent: &str, what: &Interruptions) -> Result<Value, Failure> {
    let operator = Actor { role: Role::Plateforme, id: agent.to_owned() };
    let made = |id| Ok(json!({ "interruption": id }));
    match what {
        Interruptions::Annoncer { cause, de, a } => {
            made(platform.annoncer_interruption(&operator, cause_of(cause)?, (instant(de)?, instant(a)?))?)
        }
        Interruptions::Commencer { cause, de, annoncee } => {
            let known = annoncee.as_deref().map(id).transpose()?;
            made(platform.commencer_interruption(&operator, known, cause_of(cause)?, instant(de)?)?)
        }
        Interruptions::Finir { interruption, a } => {
            let outage = id(interruption)?;
            platform.finir_interruption(&operator, outage, instant(a)?)?;
            made(outage)
        }
        Interruptions::Lister => Ok(json!({"interruptions": value(&platform.interruptions()?)?})),
        Interruptions::Attester { de, a, vers } => {
            let attestation = platform.attester_indisponibilite(instant(de)?, instant(a)?)?;
            Ok(json!({"fichiers": attestation.ecrire(vers)?}))
        }
    }
}

fn cause_of(text: &str) -> Result<interruption::Cause, Failure> {
    word("cause", text)
}

/// A word of a closed list, written as people type it (`delai-trop-court`), or any value that is a string in JSON.
pub(super) fn word<T: DeserializeOwned>(field: &'static str, text: &str) -> Result<T, Failure> {
    let upper = text.trim().to_uppercase().replace('-', "_");
    let lower = text.trim().to_lowercase().replace('-', "_");
    let tries = [text.trim().to_owned(), upper, lower];
    let found = tries.into_iter().find_map(|word| serde_json::from_value(Value::String(word)).ok());
    let refused = || SignificationError::Field {
        field,
        found: text.chars().take(40).collect(),
        why: "pas une des valeurs admises (voir l'aide)",
    };
    found.ok_or_else(|| refused().into())
}

pub(super) fn instant(text: &str) -> Result<Instant, Failure> {
    Ok(parse_paris(text)?)
}

pub(super) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure::io("lire", path, &e))
}

pub(super) fn table<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = read(path)?;
    toml::from_str(&text).map_err(|e| Failure::new("signification.config", Exit::Usage, e))
}

fn piece(path: &Path) -> Result<Piece, Failure> {
    let octets = std::fs::read(path).map_err(|e| Failure::io("lire", path, &e))?;
    let nom = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Piece { nom, octets })
}

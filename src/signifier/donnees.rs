//! `constat signifier droit`, `donnees`, `mobile`, `delai`: what is owed to the persons about their data, the registry's questions,
//! the verified mobile, and the internal targets.
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};
use signification::Platform;
use signification::consent::Actor;
use signification::person::PersonInput;
use signification::platform::Demande;
use signification::registres::Registres;

use super::bureau::{instant, table, word};
use super::comptes::Titre;
use super::{id, value};
use crate::failure::Failure;

/// Requests for rights (RGPD).
#[derive(Subcommand)]
pub(crate) enum Droits {
    /// Enregistre une demande reçue
    Demander {
        /// Consentement de qui demande
        consentement: String,
        /// acces, rectification, effacement, limitation, portabilite, opposition, directives-post-mortem
        droit: String,
        /// Reçue le (date et heure avec décalage)
        #[arg(long)]
        recu: String,
    },
    /// Note comment l'identité de qui demande fut vérifiée
    Identifier {
        /// La demande
        demande: String,
        /// Comment, en un mot
        #[arg(long)]
        moyen: String,
    },
    /// Prolonge de deux mois, pour un motif dit à la personne
    Prolonger {
        /// La demande
        demande: String,
        /// Le motif
        #[arg(long)]
        motif: String,
    },
    /// Note la réponse donnée
    Clore {
        /// La demande
        demande: String,
        /// satisfaite, refusee
        #[arg(long)]
        issue: String,
        /// Motif d'un refus
        #[arg(long)]
        motif: Option<String>,
    },
    /// Montre une demande
    Voir {
        /// La demande
        demande: String,
    },
    /// Liste les demandes, toutes ou celles d'un consentement
    Lister {
        /// Consentement
        consentement: Option<String>,
        /// Celles qui pressent, seulement
        #[arg(long, conflicts_with = "consentement")]
        alertes: bool,
    },
}

/// Data of a person, from end to end.
#[derive(Subcommand)]
pub(crate) enum Donnees {
    /// Écrit tout ce qui est connu d'une personne dans un zip ; avec sa clé, les actes en clair
    Porter {
        /// Consentement
        consentement: String,
        /// Le zip à écrire
        #[arg(long, value_name = "FICHIER.zip")]
        vers: PathBuf,
        /// Clé privée du destinataire
        #[arg(long, value_name = "FICHIER")]
        cle: Option<PathBuf>,
    },
    /// Suspend un consentement : aucun nouvel acte, les autres restent lisibles
    Suspendre {
        /// Consentement
        consentement: String,
        /// Cause, en un mot
        #[arg(long)]
        cause: String,
        /// Référence de la demande écrite
        #[arg(long, value_name = "REFERENCE")]
        ecrit: String,
    },
    /// Met fin à une suspension
    Reprendre {
        /// Consentement
        consentement: String,
    },
    /// Traite une résiliation : effet immédiat, deux mois pour reprendre ses actes
    Resilier {
        /// Consentement
        consentement: String,
        /// Reçue le (date et heure avec décalage)
        #[arg(long)]
        recu: String,
        /// Clé privée du destinataire, s'il demande lui-même
        #[arg(long, value_name = "FICHIER", required_unless_present = "ecrit")]
        cle: Option<PathBuf>,
        /// Référence de sa demande écrite
        #[arg(long, value_name = "REFERENCE", conflicts_with = "cle")]
        ecrit: Option<String>,
    },
    /// Montre la fin d'un consentement : résiliation, effacements
    Fin {
        /// Consentement
        consentement: String,
    },
    /// Liste les certificats d'effacement d'un consentement, et les écrit
    Certificats {
        /// Consentement
        consentement: String,
        /// Où les écrire, un dossier par certificat
        #[arg(long, value_name = "DIR")]
        vers: Option<PathBuf>,
    },
    /// Demande au registre si une personne a un consentement actif ; la question reste au journal
    Interroger {
        /// Dossier de l'étude
        #[arg(long)]
        dossier: String,
        /// La personne (TOML)
        #[arg(value_name = "PERSONNE.toml")]
        personne: PathBuf,
    },
    /// Montre les registres des traitements, les sous-traitants et les lieux
    Registres,
}

/// The verified mobile of a recipient.
#[derive(Subcommand)]
pub(crate) enum Mobiles {
    /// Côté destinataire : reçoit un code par SMS
    Code {
        /// Consentement
        consentement: String,
        /// Clé privée du destinataire
        #[arg(long, value_name = "FICHIER")]
        cle: PathBuf,
    },
    /// Côté destinataire : tape le code reçu
    Verifier {
        /// Consentement
        consentement: String,
        /// Le code
        code: String,
        /// Clé privée du destinataire
        #[arg(long, value_name = "FICHIER")]
        cle: PathBuf,
    },
    /// Côté destinataire : ne veut plus de SMS
    Retirer {
        /// Consentement
        consentement: String,
        /// Clé privée du destinataire
        #[arg(long, value_name = "FICHIER")]
        cle: PathBuf,
    },
    /// Montre ce qui est connu du mobile (empreintes et dates), et les SMS d'un acte ou d'un consentement
    Voir {
        /// L'acte, ou le consentement
        objet: String,
    },
}

/// Internal targets of a constat.
#[derive(Subcommand)]
pub(crate) enum Delais {
    /// Commence le délai interne d'un constat (48 heures, sauf réglage)
    Commencer {
        /// Le constat (identifiant UUID)
        constat: String,
    },
    /// Note que le constat est remis
    Remis {
        /// Le constat
        constat: String,
    },
    /// Montre où en est le délai
    Voir {
        /// Le constat
        constat: String,
    },
    /// Liste les délais en alerte ou dépassés
    Alertes,
}

/// Does one operation on requests for rights.
pub(super) fn droits(platform: &Platform<'_>, agent: &str, what: &Droits) -> Result<Value, Failure> {
    let keeper = Titre::Registre.actor(agent);
    match what {
        Droits::Demander { consentement, droit, recu } => {
            value(&platform.demander_droit(&keeper, id(consentement)?, word("droit", droit)?, instant(recu)?)?)
        }
        Droits::Identifier { demande, moyen } => value(&platform.identifier_droit(&keeper, id(demande)?, moyen)?),
        Droits::Prolonger { demande, motif } => value(&platform.prolonger_droit(&keeper, id(demande)?, motif)?),
        Droits::Clore { demande, issue, motif } => {
            value(&platform.clore_droit(&keeper, id(demande)?, word("issue", issue)?, motif.as_deref())?)
        }
        Droits::Voir { demande } => value(&platform.suivre_droit(id(demande)?)?),
        Droits::Lister { alertes: true, .. } => Ok(json!({"demandes": value(&platform.alertes_de_droits()?)?})),
        Droits::Lister { consentement, .. } => {
            let of = consentement.as_deref().map(id).transpose()?;
            Ok(json!({"demandes": value(&platform.demandes_de_droits(of)?)?}))
        }
    }
}

/// Does one operation on the data of a person.
pub(super) fn donnees(platform: &Platform<'_>, office: &Actor, what: &Donnees) -> Result<Value, Failure> {
    let keeper = Titre::Registre.actor(&office.id);
    match what {
        Donnees::Porter { consentement, vers, cle } => {
            let consent = id(consentement)?;
            let actor = if cle.is_some() { Actor::recipient(consent) } else { keeper };
            value(&platform.porter(&actor, consent, cle.as_deref(), vers)?)
        }
        Donnees::Suspendre { consentement, cause, ecrit } => {
            let asked = Demande::Ecrit { registre: keeper, reference: ecrit.clone() };
            value(&platform.suspendre(id(consentement)?, &asked, cause)?)
        }
        Donnees::Reprendre { consentement } => value(&platform.reprendre(id(consentement)?, &keeper)?),
        Donnees::Resilier { consentement, recu, cle, ecrit } => {
            let asked = match cle {
                Some(cle) => Demande::Destinataire { cle: cle.clone() },
                None => Demande::Ecrit { registre: keeper, reference: ecrit.clone().unwrap_or_default() },
            };
            value(&platform.resilier(id(consentement)?, &asked, instant(recu)?)?)
        }
        Donnees::Fin { consentement } => Ok(json!({"fin": value(&platform.effacement(id(consentement)?)?)?})),
        Donnees::Certificats { consentement, vers } => certificates(platform, consentement, vers.as_deref()),
        Donnees::Interroger { dossier, personne } => {
            let person: PersonInput = table(personne)?;
            value(&platform.consulter_registre(office, dossier, &person)?)
        }
        Donnees::Registres => {
            let all = Registres::of(platform.root(), platform.config())?;
            Ok(json!({"registres": all.lignes()}))
        }
    }
}

fn certificates(platform: &Platform<'_>, consent: &str, folder: Option<&Path>) -> Result<Value, Failure> {
    let consent = id(consent)?;
    let list = platform.certificats(consent)?;
    let mut files = Vec::new();
    if let Some(folder) = folder {
        for one in &list {
            files.extend(platform.sortir_certificat(
                consent,
                one.certificat,
                &folder.join(one.certificat.to_string()),
            )?);
        }
    }
    Ok(json!({"certificats": value(&list)?, "fichiers": files}))
}

/// Does one operation on a mobile.
pub(super) fn mobiles(platform: &Platform<'_>, what: &Mobiles) -> Result<Value, Failure> {
    match what {
        Mobiles::Code { consentement, cle } => value(&platform.envoyer_code(id(consentement)?, cle)?),
        Mobiles::Verifier { consentement, code, cle } => {
            Ok(json!({"verifie_le": platform.verifier_mobile(id(consentement)?, cle, code)?}))
        }
        Mobiles::Retirer { consentement, cle } => {
            platform.retirer_mobile(id(consentement)?, cle)?;
            Ok(json!({"consentement": consentement, "fait": true}))
        }
        Mobiles::Voir { objet } => {
            let object = id(objet)?;
            Ok(json!({"mobile": value(&platform.mobile(object)?)?, "textos": value(&platform.textos(object)?)?}))
        }
    }
}

/// Does one operation on an internal target.
pub(super) fn delais(platform: &Platform<'_>, office: &Actor, what: &Delais) -> Result<Value, Failure> {
    match what {
        Delais::Commencer { constat } => value(&platform.commencer_delai(office, id(constat)?)?),
        Delais::Remis { constat } => value(&platform.delai_remis(office, id(constat)?)?),
        Delais::Voir { constat } => value(&platform.delai(id(constat)?)?),
        Delais::Alertes => Ok(json!({"alertes": value(&platform.alertes_delais()?)?})),
    }
}

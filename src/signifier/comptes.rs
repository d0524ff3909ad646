//! `constat signifier compte` and `incident`: accounts of staff and of recipients, as the office, the registry or the operator
//! handles them. What a holder does with his own account he does at the portal.
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use dossier::Sha256Digest;
use jiff::civil::Date;
use serde_json::{Value, json};
use signification::comptes::Titulaire;
use signification::comptes::gestion::NouveauSignalement;
use signification::consent::{Actor, Role};
use signification::{Platform, SignificationError};

use super::bureau::{instant, read, word};
use super::{id, value};
use crate::failure::Failure;

/// In whose name a command acts.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Titre {
    /// L'étude
    Etude,
    /// Le teneur du registre des consentements
    Registre,
    /// L'exploitant de la plateforme
    Exploitant,
}

impl Titre {
    pub(super) fn actor(self, agent: &str) -> Actor {
        match self {
            Self::Etude => Actor::office(agent),
            Self::Registre => Actor::registry(agent),
            Self::Exploitant => Actor { role: Role::Plateforme, id: agent.to_owned() },
        }
    }
}

/// Who an account is for.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Personnel {
    /// Un commissaire de justice
    Officier,
    /// Un clerc
    Clerc,
    /// Une personne qui en aide une autre, sous mandat
    Aidant,
    /// Le teneur du registre, l'assistance
    Registre,
    /// Un agent de l'exploitant
    Operateur,
}

/// Accounts.
#[derive(Subcommand)]
pub(crate) enum Comptes {
    /// Invite quelqu'un à ouvrir un compte ; celui d'un destinataire s'ouvre par « inviter --portail »
    Inviter {
        /// Pour qui
        titulaire: Personnel,
        /// Son adresse électronique
        courriel: String,
    },
    /// Invite de nouveau : invitation expirée, ou moyens de connexion révoqués
    Reinviter {
        /// Le compte
        compte: String,
    },
    /// Montre un compte : état, moyens de connexion, sans secret ni nom
    Voir {
        /// Le compte
        compte: String,
    },
    /// Suspend un compte : ses sessions tombent, les dépôts pour lui sont refusés
    Suspendre {
        /// Le compte
        compte: String,
        /// compromission-averee, compromission-soupconnee, tentative-attaque
        #[arg(long)]
        cause: String,
    },
    /// Met fin à une suspension
    Reprendre {
        /// Le compte
        compte: String,
    },
    /// Saisit un signalement reçu par téléphone ou par écrit ; l'heure qui compte est celle de l'appel
    Signaler {
        /// Le compte
        compte: String,
        /// compromission, perte, anomalie
        #[arg(long)]
        genre: String,
        /// telephone, courriel, courrier
        #[arg(long)]
        voie: String,
        /// Reçu le (date et heure avec décalage)
        #[arg(long)]
        recu: String,
        /// Un moyen perdu ; autant de fois qu'il y en a
        #[arg(long = "perdu", value_name = "MOYEN")]
        perdus: Vec<String>,
    },
    /// Révoque un moyen de connexion
    Revoquer {
        /// Le compte
        compte: String,
        /// Le moyen
        moyen: String,
        /// Demandée par : telephone, courriel, courrier ; ce qui suit la demande n'est pas imputé au titulaire
        #[arg(long, requires = "recu")]
        voie: Option<String>,
        /// Demandée le (date et heure avec décalage)
        #[arg(long, requires = "voie")]
        recu: Option<String>,
    },
    /// Enregistre le certificat d'authentification d'un officier
    Certificat {
        /// Le compte
        compte: String,
        /// Le certificat (PEM)
        #[arg(value_name = "CERTIFICAT.pem")]
        certificat: PathBuf,
    },
    /// Note le dernier jour du mandat d'un représentant : le lendemain il ne se connecte plus
    FinDeMandat {
        /// Le compte du représentant
        compte: String,
        /// Le dernier jour (AAAA-MM-JJ)
        #[arg(long)]
        au: Date,
    },
    /// Met fin à un mandat donné à un aidant
    RevoquerMandat {
        /// Le mandat
        mandat: String,
    },
    /// Saisit une demande de résiliation, ou traite celle qui est reçue (elle prend effet alors)
    Resilier {
        /// Le compte
        compte: String,
        /// Reçue le (date et heure avec décalage) : saisit la demande ; sans cela, la traite
        #[arg(long, requires = "voie")]
        recu: Option<String>,
        /// Reçue par : telephone, courriel, courrier
        #[arg(long, requires = "recu")]
        voie: Option<String>,
    },
    /// À qui s'impute chaque opération d'un compte sur un acte, un consentement ou un compte
    Imputabilite {
        /// L'acte, le consentement ou le compte
        objet: String,
    },
}

/// Incidents.
#[derive(Subcommand)]
pub(crate) enum Incidents {
    /// Signale un incident sur un acte, un consentement ou un compte
    Ouvrir {
        /// L'acte, le consentement ou le compte
        objet: String,
        /// acte-illisible, mauvais-destinataire, irregularite, acces-suspect, panne
        #[arg(long)]
        nature: String,
        /// Ce qui s'est passé
        #[arg(long)]
        texte: String,
    },
    /// Accuse réception d'un incident
    Accuser {
        /// L'incident
        incident: String,
    },
    /// Clôt un incident
    Clore {
        /// L'incident
        incident: String,
        /// Ce qui est répondu
        #[arg(long)]
        reponse: String,
    },
    /// Liste les incidents d'un acte, d'un consentement ou d'un compte
    Lister {
        /// L'acte, le consentement ou le compte
        objet: String,
    },
}

/// Does one operation on an account.
pub(super) fn comptes(platform: &Platform<'_>, actor: &Actor, what: &Comptes) -> Result<Value, Failure> {
    match what {
        Comptes::Inviter { titulaire, courriel } => {
            value(&platform.inviter_compte(actor, &holder(*titulaire), courriel)?)
        }
        Comptes::Reinviter { compte } => value(&platform.reinviter_compte(actor, id(compte)?)?),
        Comptes::Voir { compte } => value(&platform.compte_vu(id(compte)?)?),
        Comptes::Suspendre { compte, cause } => {
            value(&platform.suspendre_compte(actor, id(compte)?, word("cause", cause)?)?)
        }
        Comptes::Reprendre { compte } => {
            Ok(json!({"compte": compte, "etat": value(&platform.reprendre_compte(actor, id(compte)?)?)?}))
        }
        Comptes::Signaler { compte, genre, voie, recu, perdus } => {
            let perdus = perdus.iter().map(|one| id(one)).collect::<Result<Vec<_>, _>>()?;
            let (genre, voie) = (word("genre", genre)?, word("voie", voie)?);
            let told = NouveauSignalement { genre, voie, recu: instant(recu)?, perdus };
            value(&platform.saisir_signalement(actor, id(compte)?, &told)?)
        }
        Comptes::Imputabilite { objet } => Ok(json!({"operations": value(&platform.imputabilites(id(objet)?)?)?})),
        done => means_and_ends(platform, actor, done),
    }
}

/// Means of login, mandates, terminations: what answers nothing but that it is done.
fn means_and_ends(platform: &Platform<'_>, actor: &Actor, what: &Comptes) -> Result<Value, Failure> {
    let compte = match what {
        Comptes::Revoquer { compte, moyen, voie, recu } => {
            match voie.as_deref().zip(recu.as_deref()) {
                Some((way, at)) => {
                    let asked = (instant(at)?, word("voie", way)?);
                    platform.saisir_revocation(actor, (id(compte)?, id(moyen)?), asked)?;
                }
                None => platform.revoquer_identifiant(actor, id(compte)?, id(moyen)?)?,
            }
            compte
        }
        Comptes::Certificat { compte, certificat } => {
            let text = read(certificat)?;
            // Of a chain, the officer's own comes first.
            let chain = probes::pem_certificates(&text);
            let der = chain.first().ok_or_else(|| unreadable(certificat))?;
            platform.enregistrer_certificat(actor, id(compte)?, Sha256Digest::of(der))?;
            compte
        }
        Comptes::FinDeMandat { compte, au } => {
            platform.finir_representation(actor, id(compte)?, *au)?;
            compte
        }
        Comptes::RevoquerMandat { mandat } => {
            platform.revoquer_mandat(actor, id(mandat)?)?;
            return Ok(json!({"mandat": mandat, "fait": true}));
        }
        Comptes::Resilier { compte, recu, voie } => {
            let Some((at, way)) = recu.as_deref().zip(voie.as_deref()) else {
                return value(&platform.traiter_resiliation(actor, id(compte)?)?);
            };
            platform.saisir_resiliation(actor, id(compte)?, (instant(at)?, word("voie", way)?))?;
            compte
        }
        _ => unreachable!("the others are done before"),
    };
    Ok(json!({"compte": compte, "fait": true}))
}

/// Does one operation on an incident.
pub(super) fn incidents(platform: &Platform<'_>, actor: &Actor, what: &Incidents) -> Result<Value, Failure> {
    match what {
        Incidents::Ouvrir { objet, nature, texte } => {
            let made = platform.ouvrir_incident(actor, id(objet)?, word("nature", nature)?, texte)?;
            Ok(json!({ "incident": made }))
        }
        Incidents::Accuser { incident } => {
            platform.accuser_incident(actor, id(incident)?)?;
            Ok(json!({"incident": incident, "fait": true}))
        }
        Incidents::Clore { incident, reponse } => {
            platform.clore_incident(actor, id(incident)?, reponse)?;
            Ok(json!({"incident": incident, "fait": true}))
        }
        Incidents::Lister { objet } => Ok(json!({"incidents": value(&platform.incidents(actor, id(objet)?)?)?})),
    }
}

fn holder(who: Personnel) -> Titulaire {
    match who {
        Personnel::Officier => Titulaire::Officier,
        Personnel::Clerc => Titulaire::Clerc,
        Personnel::Aidant => Titulaire::Aidant,
        Personnel::Registre => Titulaire::Registre,
        Personnel::Operateur => Titulaire::Operateur,
    }
}

fn unreadable(path: &std::path::Path) -> Failure {
    let found = path.display().to_string();
    let why = "un certificat PEM, lisible";
    Failure::from(SignificationError::Field { field: "certificat", found, why })
}

//! `constat signifier creance`: the simplified recovery of small claims (CPCE art. L. 125-1), step by step, by the office, or by a
//! party with the credentials of its letter. Documents go to files; what a secret opens is read from a file, never from the line.
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use signification::consent::Actor;
use signification::petites_creances::documents::TextesJoints;
use signification::petites_creances::{
    AuthMethod, Canal, Cause, Cents, Echeance, Modalites, ModeAccord, ModeRefus, Montant, Taux,
};
use signification::platform::{Auteur, CreanceInput, InvitationInput, PartieInput, SuiviCreance};
use signification::territoire::OfficeId;
use signification::{Platform, SignificationError};

use super::bureau::{read, table, word};
use super::{id, value};
use crate::failure::Failure;

/// The steps of a procedure, in their order.
#[derive(Subcommand)]
pub(crate) enum Creances {
    /// Ouvre une procédure à la demande d'un créancier
    Ouvrir {
        /// Créance, créancier et débiteur (TOML)
        #[arg(value_name = "CREANCE.toml")]
        donnees: PathBuf,
    },
    /// Contrôle le plafond (5 000 €), la compétence et l'absence de conflit d'intérêts
    Controler {
        /// La créance
        creance: String,
        /// L'étude déclare un conflit d'intérêts
        #[arg(long)]
        conflit: bool,
    },
    /// Invite le débiteur : le délai d'un mois court de ce jour (art. L. 125-1 CPCE)
    Inviter(Invitation),
    /// Donne à une partie des identifiants provisoires, à lui remettre en main propre ou par lettre
    Identifiants {
        /// La créance
        creance: String,
        /// Identifiant de la partie
        personne: String,
        /// Où écrire les identifiants
        #[arg(long, value_name = "FICHIER")]
        vers: PathBuf,
    },
    /// Côté partie : premier accès, qui vaut consentement pour cette procédure seule (arrêté du 3 juin 2016, art. 9)
    Acceder {
        /// La créance
        creance: String,
        /// Identifiant de la partie
        personne: String,
        /// Fichier des identifiants provisoires
        #[arg(long, value_name = "FICHIER")]
        identifiants: PathBuf,
        /// Identité confirmée par FranceConnect
        #[arg(long)]
        franceconnect: bool,
        /// Où écrire les identifiants qui les remplacent
        #[arg(long, value_name = "FICHIER")]
        vers: PathBuf,
    },
    /// Le débiteur accepte de participer
    Participer {
        /// Qui le dit
        #[command(flatten)]
        dire: Dire,
        /// formulaire-electronique, formulaire-postal, emargement
        #[arg(long, default_value = "formulaire-electronique")]
        mode: String,
    },
    /// Le débiteur refuse de participer
    Refuser {
        /// Qui le dit
        #[command(flatten)]
        dire: Dire,
        /// formulaire-electronique, formulaire-papier, autre-moyen
        #[arg(long, default_value = "formulaire-electronique")]
        mode: String,
    },
    /// Constate la participation : la prescription est suspendue (art. 2238 C. civ.)
    Participation {
        /// La créance
        creance: String,
    },
    /// Propose un montant et des échéances
    Proposer {
        /// La créance
        creance: String,
        /// Montant et échéances (TOML)
        #[arg(value_name = "PAIEMENT.toml")]
        paiement: PathBuf,
        /// La partie qui propose ; l'étude, sans elle
        #[arg(long, requires = "authentifiant")]
        personne: Option<String>,
        /// Fichier de ses identifiants
        #[arg(long, value_name = "FICHIER", requires = "personne")]
        authentifiant: Option<PathBuf>,
    },
    /// Une partie accepte la proposition en cours ; la seconde acceptation fait l'accord
    Accepter {
        /// Qui le dit
        #[command(flatten)]
        dire: Dire,
        /// La proposition
        #[arg(long)]
        proposition: String,
        /// formulaire-electronique, formulaire-postal, emargement
        #[arg(long, default_value = "formulaire-electronique")]
        mode: String,
    },
    /// Le débiteur refuse le montant ou les modalités
    Contester {
        /// Qui le dit
        #[command(flatten)]
        dire: Dire,
        /// montant, modalites
        #[arg(long)]
        motif: String,
    },
    /// Laisse une communication : d'une partie à l'étude, ou de l'étude à une partie
    Ecrire {
        /// La créance
        creance: String,
        /// La partie : celle qui écrit avec --authentifiant, sinon celle à qui l'étude écrit
        personne: String,
        /// Ce qui est communiqué
        #[arg(value_name = "FICHIER")]
        contenu: PathBuf,
        /// Fichier des identifiants de la partie
        #[arg(long, value_name = "FICHIER")]
        authentifiant: Option<PathBuf>,
    },
    /// Ouvre une communication, et en écrit l'avis de consultation
    Lire {
        /// La créance
        creance: String,
        /// La communication
        message: String,
        /// La partie qui lit ; l'étude, sans elle
        #[arg(long, requires = "authentifiant")]
        personne: Option<String>,
        /// Fichier de ses identifiants
        #[arg(long, value_name = "FICHIER", requires = "personne")]
        authentifiant: Option<PathBuf>,
        /// Dossier où l'écrire
        #[arg(long, value_name = "DIR")]
        vers: PathBuf,
    },
    /// Constate par écrit la fin de la procédure, quelle qu'elle soit (art. R. 125-5 CPCE)
    Fin(Document),
    /// Délivre le titre exécutoire, après un accord constaté, par une signature qualifiée
    Titre {
        /// La créance, et où écrire
        #[command(flatten)]
        document: Document,
        /// Fichier de la formule exécutoire
        #[arg(long, value_name = "FICHIER")]
        formule: PathBuf,
    },
    /// Confie l'exécution à un autre office : jamais à celui qui a délivré le titre (art. R. 125-8 CPCE)
    Execution {
        /// La créance
        creance: String,
        /// L'office (SIREN)
        #[arg(long)]
        office: String,
    },
    /// Montre où en est une procédure
    Suivi {
        /// La créance
        creance: String,
    },
    /// Contrôle les six garanties de l'article 2 de l'arrêté du 3 juin 2016 sur une procédure
    Garanties {
        /// La créance
        creance: String,
    },
}

/// How the debtor is invited.
#[derive(Args)]
pub(crate) struct Invitation {
    /// La créance
    creance: String,
    /// lettre-recommandee, message-electronique
    #[arg(long)]
    canal: String,
    /// Jour où La Poste a pris la lettre (AAAA-MM-JJ) ; aujourd'hui sans lui
    #[arg(long)]
    envoi: Option<Date>,
    /// Adresse de la plateforme, telle que la lettre la donne
    #[arg(long, value_name = "URL")]
    adresse: String,
    /// Les quatre textes que la lettre reproduit (TOML : l_111_2, l_111_3, l_125_1, c_civ_2238)
    #[arg(long, value_name = "TEXTES.toml")]
    textes: PathBuf,
    /// Où écrire la lettre à imprimer
    #[arg(long, value_name = "FICHIER")]
    vers: Option<PathBuf>,
}

/// A procedure and a file.
#[derive(Args)]
pub(crate) struct Document {
    /// La créance
    creance: String,
    /// Le fichier à écrire
    #[arg(long, value_name = "FICHIER")]
    vers: PathBuf,
}

/// Who says something: a party with its credentials, or the office with the paper that reached it.
#[derive(Args)]
pub(crate) struct Dire {
    /// La créance
    creance: String,
    /// Identifiant de la partie
    personne: String,
    /// Fichier des identifiants de la partie
    #[arg(long, value_name = "FICHIER", conflicts_with_all = ["donne_le", "piece"], required_unless_present = "piece")]
    authentifiant: Option<PathBuf>,
    /// Sur papier : le jour retenu (AAAA-MM-JJ)
    #[arg(long, requires = "piece")]
    donne_le: Option<Date>,
    /// Sur papier : l'écrit reçu, numérisé
    #[arg(long, value_name = "FICHIER", requires = "donne_le")]
    piece: Option<PathBuf>,
}

/// `CREANCE.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreanceFile {
    dossier: String,
    cause: String,
    fondement: String,
    principal: String,
    #[serde(default)]
    interets: Option<String>,
    arrete_au: String,
    /// Hundredths of a percent a year.
    #[serde(default)]
    taux_centiemes: Option<u16>,
    adresse_etude: String,
    creancier: PartieInput,
    debiteur: PartieInput,
}

/// `PAIEMENT.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PaiementFile {
    principal: String,
    #[serde(default)]
    interets: Option<String>,
    arrete_au: String,
    echeances: Vec<EcheanceFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EcheanceFile {
    le: String,
    montant: String,
}

/// Does one step.
pub(super) fn creances(platform: &Platform<'_>, office: &Actor, what: &Creances) -> Result<Value, Failure> {
    match what {
        Creances::Ouvrir { donnees } => value(&platform.ouvrir_creance(office, &opening(donnees)?)?),
        Creances::Controler { creance, conflit } => {
            value(&platform.controler_creance(office, id(creance)?, *conflit)?)
        }
        Creances::Inviter(invitation) => invite(platform, office, invitation),
        Creances::Participation { creance } => value(&platform.constater_participation(office, id(creance)?)?),
        Creances::Proposer { creance, paiement, personne, authentifiant } => {
            let author = party(personne.as_deref(), authentifiant.as_deref())?;
            let (amount, terms) = payment(paiement)?;
            let by = author.as_ref().ok_or(office);
            let made = platform.proposer_paiement(id(creance)?, by, amount, terms)?;
            Ok(json!({"creance": creance, "proposition": made}))
        }
        Creances::Fin(document) => {
            let about = id(&document.creance)?;
            documented(&document.vers, || platform.constater_fin(office, about))
        }
        Creances::Titre { document, formule } => {
            let (about, formula) = (id(&document.creance)?, read(formule)?);
            documented(&document.vers, || platform.delivrer_titre_creance(office, about, &formula))
        }
        Creances::Execution { creance, office: to } => {
            value(&platform.confier_execution_creance(office, id(creance)?, OfficeId::parse(to)?)?)
        }
        Creances::Suivi { creance } => value(&platform.suivi_creance(id(creance)?)?),
        Creances::Garanties { creance } => value(&platform.bilan_creance(id(creance)?)?),
        said => parties(platform, office, said),
    }
}

/// What a party says or reads, or the office for it.
fn parties(platform: &Platform<'_>, office: &Actor, what: &Creances) -> Result<Value, Failure> {
    match what {
        Creances::Identifiants { creance, personne, vers } => {
            let (about, to) = (id(creance)?, id(personne)?);
            Kept::reserve(vers)?.fill(|| Ok((platform.donner_identifiants(office, about, to)?, ())))?;
            Ok(json!({"creance": creance, "personne": personne, "identifiants": vers}))
        }
        Creances::Acceder { creance, personne, identifiants, franceconnect, vers } => {
            let by = if *franceconnect { AuthMethod::FranceConnect } else { AuthMethod::IdentifiantsProvisoires };
            let typed = read(identifiants)?;
            let (about, who) = (id(creance)?, id(personne)?);
            let consent = Kept::reserve(vers)?.fill(|| {
                let access = platform.acceder_creance(about, who, typed.trim(), by)?;
                Ok((access.authentifiant, access.consentement))
            })?;
            Ok(json!({"creance": creance, "consentement": value(&consent)?, "identifiants": vers}))
        }
        Creances::Participer { dire, mode } => {
            let mode: ModeAccord = word("mode", mode)?;
            value(&platform.participer_creance(id(&dire.creance)?, &dire.author(office)?, mode)?)
        }
        Creances::Refuser { dire, mode } => {
            let mode: ModeRefus = word("mode", mode)?;
            value(&platform.refuser_creance(id(&dire.creance)?, &dire.author(office)?, mode)?)
        }
        Creances::Accepter { dire, proposition, mode } => {
            let (proposal, mode): (_, ModeAccord) = (id(proposition)?, word("mode", mode)?);
            value(&platform.accepter_paiement(id(&dire.creance)?, proposal, &dire.author(office)?, mode)?)
        }
        Creances::Contester { dire, motif } => {
            let why = word("motif", motif)?;
            value(&platform.contester_paiement(id(&dire.creance)?, &dire.author(office)?, why)?)
        }
        Creances::Ecrire { creance, personne, contenu, authentifiant } => {
            let octets = std::fs::read(contenu).map_err(|e| Failure::io("lire", contenu, &e))?;
            let author = authentifiant.as_deref().map(|file| party(Some(personne), Some(file))).transpose()?.flatten();
            let by = author.as_ref().ok_or((office, id(personne)?));
            let (message, avis) = platform.deposer_message(id(creance)?, by, &octets)?;
            Ok(json!({"creance": creance, "message": message, "avis": avis}))
        }
        Creances::Lire { creance, message, personne, authentifiant, vers } => {
            let author = party(personne.as_deref(), authentifiant.as_deref())?;
            let by = author.as_ref().ok_or(office);
            let (octets, avis) = platform.ouvrir_message(id(creance)?, id(message)?, by)?;
            let (content, notice) = (vers.join("communication"), vers.join("avis-de-consultation.txt"));
            std::fs::create_dir_all(vers).map_err(|e| Failure::io("créer", vers, &e))?;
            written(&content, &octets)?;
            written(&notice, avis.as_bytes())?;
            Ok(json!({"creance": creance, "fichiers": [content, notice]}))
        }
        _ => unreachable!("the office's own steps are done before"),
    }
}

fn invite(platform: &Platform<'_>, office: &Actor, asked: &Invitation) -> Result<Value, Failure> {
    let textes: TextesJoints = table(&asked.textes)?;
    let input = InvitationInput {
        canal: word("canal", &asked.canal)?,
        envoi: asked.envoi,
        plateforme: asked.adresse.clone(),
        textes,
    };
    let (about, by_post) = (id(&asked.creance)?, input.canal == Canal::LettreRecommandee);
    let send = || {
        let mut sent = platform.inviter_debiteur(office, about, &input)?;
        Ok((sent.lettre.take().unwrap_or_default(), sent))
    };
    match &asked.vers {
        Some(target) if by_post => {
            let mut answer = value(&Kept::reserve(target)?.fill(send)?)?;
            answer["lettre"] = json!(target);
            Ok(answer)
        }
        None if by_post => {
            let why = "le fichier où écrire la lettre à imprimer";
            Err(SignificationError::Field { field: "vers", found: String::new(), why }.into())
        }
        _ => value(&send()?.1),
    }
}

impl Dire {
    fn author(&self, office: &Actor) -> Result<Auteur, Failure> {
        if let Some(file) = &self.authentifiant {
            return Ok(Auteur::Partie { personne: id(&self.personne)?, authentifiant: read(file)?.trim().to_owned() });
        }
        let why = "les identifiants de la partie, ou l'écrit reçu et son jour";
        let missing = || SignificationError::Field { field: "authentifiant", found: String::new(), why };
        let (donne_le, paper) = self.donne_le.zip(self.piece.as_deref()).ok_or_else(missing)?;
        let piece = std::fs::read(paper).map_err(|e| Failure::io("lire", paper, &e))?;
        Ok(Auteur::Etude { actor: office.clone(), personne: id(&self.personne)?, donne_le, piece })
    }
}

fn party(person: Option<&str>, file: Option<&Path>) -> Result<Option<Auteur>, Failure> {
    let Some((person, file)) = person.zip(file) else { return Ok(None) };
    Ok(Some(Auteur::Partie { personne: id(person)?, authentifiant: read(file)?.trim().to_owned() }))
}

fn opening(path: &Path) -> Result<CreanceInput, Failure> {
    let file: CreanceFile = table(path)?;
    let cause: Cause = word("cause", &file.cause)?;
    Ok(CreanceInput {
        dossier: file.dossier,
        cause,
        fondement: file.fondement,
        principal: euros(&file.principal)?,
        interets: file.interets.as_deref().map_or(Ok(Cents::new(0)), euros)?,
        arrete_au: word("arrete_au", &file.arrete_au)?,
        taux: file.taux_centiemes.map(Taux::try_from).transpose()?,
        creancier: file.creancier,
        debiteur: file.debiteur,
        adresse_etude: file.adresse_etude,
    })
}

fn payment(path: &Path) -> Result<(Montant, Modalites), Failure> {
    let file: PaiementFile = table(path)?;
    let interest = file.interets.as_deref().map_or(Ok(Cents::new(0)), euros)?;
    let amount = Montant::new(euros(&file.principal)?, interest, word("arrete_au", &file.arrete_au)?)?;
    let each = |one: &EcheanceFile| Ok(Echeance { le: word("le", &one.le)?, montant: euros(&one.montant)? });
    let terms = file.echeances.iter().map(each).collect::<Result<Vec<_>, Failure>>()?;
    Ok((amount, Modalites::try_from(terms)?))
}

fn euros(text: &str) -> Result<Cents, Failure> {
    Ok(text.parse::<Cents>()?)
}

/// What a step prints goes to its file; the answer says where.
fn documented(
    target: &Path,
    step: impl FnOnce() -> Result<SuiviCreance, SignificationError>,
) -> Result<Value, Failure> {
    let done = Kept::reserve(target)?.fill(|| {
        let mut done = step()?;
        Ok((done.document.take().unwrap_or_default(), done))
    })?;
    let mut answer = value(&done)?;
    answer["document"] = json!(target);
    Ok(answer)
}

/// A new file that only its owner reads, made before the step whose answer it keeps: what is shown once is never lost for want of
/// a place to write it.
struct Kept<'p> {
    path: &'p Path,
    file: std::fs::File,
}

impl<'p> Kept<'p> {
    fn reserve(path: &'p Path) -> Result<Self, Failure> {
        use std::os::unix::fs::OpenOptionsExt as _;

        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        made.map(|file| Self { path, file }).map_err(|e| Failure::io("créer", path, &e))
    }

    /// Does the step; one that is refused leaves no file.
    fn fill<T>(mut self, step: impl FnOnce() -> Result<(String, T), SignificationError>) -> Result<T, Failure> {
        use std::io::Write as _;

        match step() {
            Ok((text, rest)) => {
                let kept = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_all());
                kept.map(|()| rest).map_err(|e| Failure::io("écrire", self.path, &e))
            }
            Err(refused) => {
                let _ = std::fs::remove_file(self.path);
                Err(refused.into())
            }
        }
    }
}

fn written(path: &Path, octets: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, octets).map_err(|e| Failure::io("écrire", path, &e))
}

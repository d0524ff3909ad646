//! The way by which an act is served: chosen by the office's settings, handed over, asked after; and what the officer did on paper.
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};
use signification::backend::papier::Constat;
use signification::consent::Actor;
use signification::platform::affaires::{
    AffaireInput, choisir_affaire, relever_affaire, relever_affaires, remplir_formules, servir_affaire, suivre_affaire,
};
use signification::{Platform, SignificationError};

use super::bureau::table;
use super::{id, value};
use crate::failure::Failure;

/// The longest minutes read, in octets.
const MAX_MINUTES: u64 = 64 << 20;

const CHOISIR_HELP: &str = "Exemple de AFFAIRE.toml (les noms n'entrent jamais au journal) :\n  \
dossier = \"2026-0142\"\n  \
nature = \"assignation\"\n  \
consentement = \"…\"            # ou la proposition ; sans elle, l'acte va sur papier\n  \
commune = \"69123\"             # code INSEE du domicile, quand la déclaration ne le dit pas\n  \
avant = \"2026-12-10\"\n  \
instructions = [\"Signifier avant l'audience.\"]\n  \
[requerant]\n  nom = \"Banque Requérante\"\n  adresse = [\"1 place d'Essai\", \"69002 Lyon\"]\n  \
[destinataire]\n  nom = \"Isaline Quatremère\"\n  adresse = [\"12 rue des Martelots\", \"25000 Besançon\"]\n\n\
Aussi : acte (identifiant donné par « deposer »), zone, verification (référence du contrôle de compétence que l'officier a fait), \
voie_imposee, majeur_protege, et morale et courriel pour une partie.\n\
Les voies sont celles de [voies], dans plateforme.toml ; sans réglage, l'acte va sur papier. Puis : mettez l'identifiant répondu dans \
« acte », et « voie servir ». Code de sortie 1 quand une personne doit d'abord décider.";

const CONSIGNER_HELP: &str = "Exemple de CONSTAT.toml (remise à un tiers présent, CPC, art. 655) :\n  \
le = \"2026-12-02T10:30:00+01:00\"\n  personne = \"physique\"\n  remis_a_personne = false\n  adresse_connue = true\n  travail_connu = false\n  \
diligences = [\"Sonné deux fois, absent.\"]\n  verifications = []\n  recherches = []\n  \
[tiers]\n  nom = \"Camille Voisin\"\n  qualite = \"concierge\"\n  accepte = true\n\n\
Ce qui manque pour la modalité est dit d'un coup. L'empreinte du procès-verbal entre au journal, pas le procès-verbal.";

/// Ways of service.
#[derive(Subcommand)]
pub(crate) enum Voies {
    /// Choisit la voie d'un acte selon [voies], et dit pourquoi
    #[command(after_help = CHOISIR_HELP)]
    Choisir(Affaire),
    /// Remet l'acte par la voie choisie ; relancée, la commande redemande l'issue sans rien remettre deux fois
    Servir(Affaire),
    /// Demande à la voie ce qu'il est advenu ; sans acte, à toutes celles dont l'issue manque
    Relever {
        /// L'acte
        acte: Option<String>,
    },
    /// Montre la voie d'un acte : pourquoi, où elle en est, ce qu'elle vaut
    Montrer {
        /// L'acte
        acte: String,
    },
    /// Remplit les formules du papier d'après ce que l'officier a constaté ; il les relit et les signe
    #[command(after_help = CONSIGNER_HELP)]
    Formules {
        /// L'affaire et l'acte
        #[command(flatten)]
        affaire: Affaire,
        /// Ce que l'officier a constaté
        #[arg(value_name = "CONSTAT.toml")]
        constat: PathBuf,
        /// Où les écrire
        #[arg(long, value_name = "DIR")]
        vers: PathBuf,
    },
    /// Consigne une signification sur papier : la modalité, ses suites datées, l'empreinte du procès-verbal signé
    #[command(after_help = CONSIGNER_HELP)]
    Consigner {
        /// L'acte
        acte: String,
        /// Ce que l'officier a constaté
        #[arg(value_name = "CONSTAT.toml")]
        constat: PathBuf,
        /// Le procès-verbal qu'il a signé
        #[arg(long = "proces-verbal", value_name = "FICHIER")]
        minutes: PathBuf,
    },
    /// Consigne que la voie choisie ne servira pas : une autre peut alors être choisie
    Echec {
        /// L'acte
        acte: String,
        /// Pourquoi : majuscules, chiffres, « _ » (exemple : DESTINATAIRE_INCONNU)
        code: String,
    },
    /// Abandonne la voie avant qu'elle ait servi
    Abandonner {
        /// L'acte
        acte: String,
    },
}

/// What the office says of an act, and the act.
#[derive(clap::Args)]
pub(crate) struct Affaire {
    /// L'affaire
    #[arg(value_name = "AFFAIRE.toml")]
    affaire: PathBuf,
    /// L'acte
    #[arg(value_name = "ACTE.pdf")]
    acte: PathBuf,
}

impl Affaire {
    fn input(&self) -> Result<AffaireInput, Failure> {
        table(&self.affaire)
    }
}

/// Does one of them.
pub(super) fn voies(platform: &Platform<'_>, office: &Actor, what: &Voies) -> Result<Value, Failure> {
    match what {
        Voies::Choisir(one) => value(&choisir_affaire(platform, office, &one.input()?, &one.acte)?),
        Voies::Servir(one) => value(&servir_affaire(platform, office, &one.input()?, &one.acte)?),
        Voies::Relever { acte: Some(acte) } => value(&relever_affaire(platform, office, id(acte)?)?),
        Voies::Relever { acte: None } => Ok(json!({"voies": value(&relever_affaires(platform, office)?)?})),
        Voies::Montrer { acte } => value(&suivre_affaire(platform, id(acte)?)?),
        Voies::Formules { affaire, constat, vers } => {
            let (found, files) = (table::<Constat>(constat)?, (affaire.acte.as_path(), vers.as_path()));
            value(&remplir_formules(platform, &affaire.input()?, &found, files)?)
        }
        Voies::Consigner { acte, constat, minutes } => {
            let (constat, minutes) = (table::<Constat>(constat)?, minutes_of(minutes)?);
            let closed = platform.jours_chomes()?.clone();
            value(&platform.consigner_papier(office, id(acte)?, (&constat, &closed), &minutes)?)
        }
        Voies::Echec { acte, code } => {
            platform.consigner_echec(office, id(acte)?, code)?;
            value(&suivre_affaire(platform, id(acte)?)?)
        }
        Voies::Abandonner { acte } => {
            platform.abandonner_voie(office, id(acte)?)?;
            value(&suivre_affaire(platform, id(acte)?)?)
        }
    }
}

/// The minutes, whole: their fingerprint is the proof. Empty ones prove nothing.
fn minutes_of(path: &Path) -> Result<Vec<u8>, Failure> {
    let length = std::fs::metadata(path).map_err(|e| Failure::io("lire", path, &e))?.len();
    if length == 0 || length > MAX_MINUTES {
        let why = "le procès-verbal signé : un fichier non vide, de 64 Mio au plus";
        return Err(SignificationError::Field { field: "proces-verbal", found: format!("{length} octets"), why }.into());
    }
    std::fs::read(path).map_err(|e| Failure::io("lire", path, &e))
}

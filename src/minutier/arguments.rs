//! The arguments of `constat minutier`, with their French help.
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Examples, and what the law asks.
pub(crate) const MINUTIER_HELP: &str = "Exemples :\n  \
  constat minutier exporter 2026-0142.asice pv.pdf --registre registre/ --sortie depot-2026-0142/\n  \
  constat minutier etat --registre registre/\n  \
  constat minutier etat --registre registre/ --a-la-date 2027-03-01T10:00:00Z\n  \
  constat minutier depose 2026-0142 --recepisse recepisse.pdf --registre registre/\n  \
  constat minutier migrer 2026-0142 --de pv.pdf --vers pv-pdfa4.pdf --motif \"PDF/A-3 vers PDF/A-4\" --registre registre/\n\n\
L'original électronique est conservé dès son établissement et enregistré au minutier central dans les quatre mois (décret\n\
n° 2021-1625, art. 27). Le délai est compté de date à date à partir du jour d'ouverture de la session, en heure légale ; quand le\n\
mois n'a pas ce jour, c'est son dernier ; un jour férié ne le repousse pas. constat prépare le dossier et tient le compte : il n'est\n\
ni le minutier central ni un système agréé, et ne dépose rien lui-même.\n\
Le registre minutier.jsonl est chaîné : code de sortie 1 quand sa chaîne est rompue, ou quand un acte est en retard.";

/// `minutier`
#[derive(Args)]
pub(crate) struct Minutier {
    /// Ce qu'il faut faire
    #[command(subcommand)]
    pub(super) verb: MinutierVerb,
}

#[derive(Subcommand)]
pub(super) enum MinutierVerb {
    /// Écrit le dossier de dépôt d'un acte, et inscrit l'acte au registre
    Exporter(Exporter),
    /// Inscrit un acte au registre sans l'exporter : son délai est alors suivi
    Inscrire(Inscrire),
    /// Montre chaque acte, son échéance et ce qui reste à faire
    Etat(Etat),
    /// Consigne un dépôt fait, avec son récépissé
    Depose(Depose),
    /// Consigne un changement de format d'un fichier de l'acte, ou sa signature, avec les deux empreintes
    Migrer(Migrer),
}

#[derive(Args)]
pub(super) struct Common {
    /// Dossier du registre
    #[arg(long, value_name = "DIR")]
    pub(super) registre: PathBuf,
    /// Qui agit, tel que le registre le dira (déclaré) ; l'utilisateur du système est toujours noté
    #[arg(long, value_name = "NOM")]
    pub(super) qui: Option<String>,
}

#[derive(Args)]
pub(super) struct Source {
    /// Le scellé : les annexes de l'acte
    #[arg(value_name = "SCELLE.asice")]
    pub(super) bundle: PathBuf,
    /// L'acte
    #[arg(value_name = "PV.pdf")]
    pub(super) pv: PathBuf,
    /// Dossier des certificats racines de confiance (PEM) ; à défaut celui de l'étude
    #[arg(long, value_name = "DIR")]
    pub(super) ancres: Option<PathBuf>,
    /// Configuration de l'étude
    #[arg(long, value_name = "FICHIER")]
    pub(super) etude: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Exporter {
    #[command(flatten)]
    pub(super) source: Source,
    /// Le dossier de dépôt à créer
    #[arg(long, value_name = "DIR")]
    pub(super) sortie: PathBuf,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Args)]
pub(super) struct Inscrire {
    #[command(flatten)]
    pub(super) source: Source,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Args)]
pub(super) struct Etat {
    /// Dossier du registre
    #[arg(long, value_name = "DIR")]
    pub(super) registre: PathBuf,
    /// Instant auquel compter (RFC 3339) ; à défaut maintenant
    #[arg(long = "a-la-date", value_name = "RFC3339")]
    pub(super) a_la_date: Option<String>,
}

#[derive(Args)]
pub(super) struct Depose {
    /// La référence de l'acte
    #[arg(value_name = "REFERENCE")]
    pub(super) reference: String,
    /// Le récépissé du minutier central ; une copie en est gardée à côté du registre
    #[arg(long, value_name = "FICHIER")]
    pub(super) recepisse: PathBuf,
    /// Jour du dépôt, tel que le récépissé le dit ; à défaut aujourd'hui
    #[arg(long, value_name = "AAAA-MM-JJ")]
    pub(super) le: Option<String>,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Args)]
pub(super) struct Migrer {
    /// La référence de l'acte
    #[arg(value_name = "REFERENCE")]
    pub(super) reference: String,
    /// Le fichier d'avant
    #[arg(long, value_name = "FICHIER")]
    pub(super) de: PathBuf,
    /// Le fichier d'après
    #[arg(long, value_name = "FICHIER")]
    pub(super) vers: PathBuf,
    /// Pourquoi
    #[arg(long, value_name = "TEXTE")]
    pub(super) motif: String,
    #[command(flatten)]
    pub(super) common: Common,
}

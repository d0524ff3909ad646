//! `constat confiance`: brings trusted lists into a snapshot, and shows what a snapshot says. Offline, from files.
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use dossier::{Clock, Instant};
use sealer::lists::{ListError, Snapshot, import};
use serde_json::json;

use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::output;

/// `confiance`
#[derive(Args)]
pub(crate) struct Confiance {
    /// Ce qu'il faut faire
    #[command(subcommand)]
    pub(crate) operation: Operation,
}

/// What is done with trusted lists.
#[derive(Subcommand)]
pub(crate) enum Operation {
    /// Range des listes de confiance signées dans un instantané, après contrôle de chaque signature
    #[command(visible_alias = "import", after_help = IMPORTER_HELP)]
    Importer {
        /// Les listes (XML, ETSI TS 119 612), telles que publiées
        #[arg(value_name = "LISTE.xml", required = true)]
        listes: Vec<PathBuf>,
        /// Certificat du signataire d'une liste, ou de la liste des listes (PEM) ; peut être répété
        #[arg(long, value_name = "CERTIFICAT.pem", required = true)]
        signataire: Vec<PathBuf>,
        /// Dossier de l'instantané à créer
        #[arg(long, value_name = "DIR")]
        vers: PathBuf,
        /// Remplace l'instantané qui s'y trouve, qui est gardé à côté ; une liste plus ancienne est refusée
        #[arg(long)]
        remplacer: bool,
    },
    /// Montre un instantané : listes, dates, services qualifiés de cachet et d'horodatage avec leur statut
    #[command(visible_alias = "show", after_help = MONTRER_HELP)]
    Montrer {
        /// L'instantané
        #[arg(value_name = "DIR")]
        instantane: PathBuf,
        /// Instant auquel lire les statuts (RFC 3339) ; à défaut maintenant
        #[arg(long = "a-la-date", value_name = "RFC3339")]
        a_la_date: Option<String>,
        /// Montre tous les services, avec leur historique
        #[arg(long)]
        tous: bool,
    },
}

/// Help shown after the verb.
pub(crate) const CONFIANCE_HELP: &str = "Exemples :\n  \
  constat confiance importer eu-lotl.xml TL-FR.xml --signataire lotl.pem --vers confiance/\n  \
  constat confiance montrer confiance/\n  \
  constat verifier 2026-0142.asice --ancres ancres/ --confiance confiance/\n\n\
Les listes de confiance (règlement (UE) n° 910/2014, article 22) disent qui est prestataire qualifié, et depuis quand. Elles se\n\
téléchargent chez la Commission européenne et chez chaque État ; ce logiciel ne les cherche pas. L'étude les nomme une fois pour\n\
toutes : section [confiance], listes = \"confiance\".";
const IMPORTER_HELP: &str = "Exemples :\n  \
  constat confiance importer eu-lotl.xml TL-FR.xml TL-DE.xml --signataire lotl.pem --vers confiance/\n  \
  constat confiance importer TL-FR.xml --signataire anssi.pem --vers confiance/ --remplacer\n\n\
Une liste est admise si sa signature (XAdES) tient et vient d'un certificat donné par --signataire, ou d'un certificat que nomme\n\
la liste des listes, elle-même signée par un certificat donné. Ce certificat se vérifie hors de ce logiciel : ceux de la liste des\n\
listes sont publiés au Journal officiel de l'Union européenne.";
const MONTRER_HELP: &str = "Exemples :\n  \
  constat confiance montrer confiance/\n  \
  constat --json confiance montrer confiance/ --a-la-date 2026-03-01T00:00:00Z";

/// Runs the verb.
pub(crate) fn run(arguments: &Confiance, json: bool, clock: &dyn Clock) -> Result<Exit, Failure> {
    match &arguments.operation {
        Operation::Importer { listes, signataire, vers, remplacer } => {
            bring_in(listes, signataire, (vers, *remplacer), json, clock.now())
        }
        Operation::Montrer { instantane, a_la_date, tous } => {
            let at = match a_la_date {
                None => clock.now(),
                Some(text) => text.parse::<Instant>().map_err(|e| Failure::new("cli.date", Exit::Usage, e))?,
            };
            show(instantane, at, *tous, json)
        }
    }
}

/// The snapshot of a folder, every digest and signature checked.
pub(crate) fn open(folder: &Path) -> Result<Snapshot, Failure> {
    Snapshot::open(folder).map_err(|error| failed(folder, &error))
}

fn failed(what: &Path, error: &ListError) -> Failure {
    let exit = match error {
        ListError::Signature { .. } | ListError::Signer { .. } | ListError::Snapshot { .. } => Exit::Negative,
        _ => Exit::Usage,
    };
    Failure::new(error.code(), exit, format!("{} : {}", what.display(), chain(error)))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|e| Failure::new("cli.no_file", Exit::Usage, format!("{} : {e}", path.display())))
}

fn bring_in(
    lists: &[PathBuf],
    signers: &[PathBuf],
    (target, replace): (&Path, bool),
    json: bool,
    at: Instant,
) -> Result<Exit, Failure> {
    let mut pem = Vec::new();
    for path in signers {
        pem.extend(read(path)?);
        pem.push(b'\n');
    }
    let named = |path: &PathBuf| read(path).map(|octets| (path.display().to_string(), octets));
    let files = lists.iter().map(named).collect::<Result<Vec<_>, _>>()?;
    let imported = import(&files, &pem, target, replace, at).map_err(|error| failed(target, &error))?;
    if json {
        output::json(&json!({
            "snapshot": target, "sha256": imported.snapshot.sha256, "previous": imported.previous,
            "lists": imported.snapshot.lists.iter().map(|one| &one.record).collect::<Vec<_>>(),
        }));
        return Ok(Exit::Done);
    }
    table::heads(&imported.snapshot, at).iter().for_each(|line| output::line(line));
    if let Some(previous) = &imported.previous {
        output::line(&format!("L'instantané précédent est gardé dans {}", previous.display()));
    }
    output::line(&format!("Instantané : {} (SHA-256 de index.json : {})", target.display(), imported.snapshot.sha256));
    Ok(Exit::Done)
}

fn show(folder: &Path, at: Instant, all: bool, json: bool) -> Result<Exit, Failure> {
    let snapshot = open(folder)?;
    if json {
        output::json(&table::json(&snapshot, at, all));
        return Ok(Exit::Done);
    }
    table::heads(&snapshot, at).iter().for_each(|line| output::line(line));
    table::services(&snapshot, at, all).iter().for_each(|line| output::line(line));
    output::line(&format!("Importé le {} ; statuts au {at}", snapshot.imported_at));
    output::line(&format!("SHA-256 de index.json : {}", snapshot.sha256));
    Ok(Exit::Done)
}

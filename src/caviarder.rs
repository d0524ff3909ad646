//! `constat caviarder`: a copy of a bundle in which chosen files or exchanges are withheld, whose seal still verifies.
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use dossier::Clock;
use sealer::{ExchangeChoice, FileChoice, MadeCopy, RedactRequest, redact};
use serde::Deserialize;
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::{etude, output, verifier};

/// Examples and what stays visible.
pub(crate) const CAVIARDER_HELP: &str = "Exemples :\n  \
  constat caviarder 2026-0142.asice --retirer captures/0001-page.mhtml=\"propos de tiers\" --sortie copie.asice\n  \
  constat caviarder 2026-0142.asice --retirer-echange https://exemple.fr/session=\"témoins de connexion\" --sortie copie.asice\n  \
  constat caviarder 2026-0142.asice --liste retraits.toml --sortie copie.asice\n\n\
Un échange est retiré en entier : demande, réponse, description. « CHEMIN/ » retire toutes les pièces d'un dossier ; une adresse qui\n\
finit par « * » retire toutes celles qui commencent ainsi. Le motif suit le dernier « = ».\n\n\
Restent visibles dans la copie : constat.json (adresses manquantes, images du trafic), le journal s'il n'est pas retiré, et\n\
l'empreinte SHA-256 de chaque fichier retiré : qui devine un fichier court peut confirmer sa supposition. L'empreinte d'un\n\
enregistrement retiré est salée ; celle de l'archive entière ne l'est pas, et confirmerait tout ce qui en est retiré à qui le\n\
devinerait octet pour octet. Une copie n'est ni rédigée, ni horodatée, ni prolongée : l'original l'est.";

/// `caviarder`
#[derive(Args)]
pub(crate) struct Caviarder {
    /// Le scellé d'origine
    #[arg(value_name = "SCELLE.asice")]
    bundle: PathBuf,
    /// Une pièce à retirer, et pourquoi ; peut être répété
    #[arg(long, value_name = "CHEMIN=MOTIF")]
    retirer: Vec<String>,
    /// Un échange de l'archive à retirer, par son adresse ou par l'identifiant d'un enregistrement, et pourquoi ; peut être répété
    #[arg(long, value_name = "ADRESSE=MOTIF")]
    retirer_echange: Vec<String>,
    /// Dit dans la copie l'adresse des échanges retirés par --retirer-echange
    #[arg(long)]
    montrer_adresses: bool,
    /// Qui demande la copie, tel que la copie le dira
    #[arg(long, value_name = "TEXTE")]
    demandeur: Option<String>,
    /// Liste des retraits (TOML) : demandeur ; tables fichier (chemin, motif) et echange (adresse ou enregistrement, motif, montrer_adresse)
    #[arg(long, value_name = "RETRAITS.toml")]
    liste: Option<PathBuf>,
    /// La copie à écrire
    #[arg(long, value_name = "COPIE.asice")]
    sortie: PathBuf,
    /// Dossier des certificats racines de confiance (PEM) ; à défaut celui de l'étude
    #[arg(long, value_name = "DIR")]
    ancres: Option<PathBuf>,
    /// Configuration de l'étude
    #[arg(long, value_name = "FICHIER")]
    etude: Option<PathBuf>,
}

/// The file of `--liste`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    demandeur: Option<String>,
    #[serde(default)]
    fichier: Vec<ListedFile>,
    #[serde(default)]
    echange: Vec<ListedExchange>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedFile {
    chemin: String,
    motif: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedExchange {
    adresse: Option<String>,
    enregistrement: Option<String>,
    motif: String,
    #[serde(default)]
    montrer_adresse: bool,
}

/// Makes the copy and tells what still shows in it.
pub(crate) fn run(arguments: &Caviarder, json: bool, clock: &dyn Clock) -> Result<Exit, Failure> {
    let listed = arguments.liste.as_deref().map(listed).transpose()?.unwrap_or_default();
    let (files, exchanges) = choices(arguments, &listed)?;
    let (anchors, _) = verifier::anchors(arguments.ancres.as_deref(), arguments.etude.as_deref(), clock)?;
    if !arguments.bundle.is_file() {
        return Err(Failure::new("cli.no_file", Exit::Usage, arguments.bundle.display()));
    }
    let made = redact(&RedactRequest {
        bundle: &arguments.bundle,
        files: &files,
        exchanges: &exchanges,
        asked_by: arguments.demandeur.as_deref().or(listed.demandeur.as_deref()),
        anchors: &anchors,
        clock,
        target: &arguments.sortie,
    })?;
    report(&made, json);
    Ok(Exit::Done)
}

fn listed(path: &Path) -> Result<Listed, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|e| Failure::new("cli.no_file", Exit::Usage, format!("{} : {e}", path.display())))?;
    toml::from_str(&text).map_err(|e| Failure::new("caviarder.list", Exit::Usage, etude::toml_fault(path, &text, &e)))
}

fn choices(arguments: &Caviarder, listed: &Listed) -> Result<(Vec<FileChoice>, Vec<ExchangeChoice>), Failure> {
    let mut files = Vec::new();
    for choice in &arguments.retirer {
        let (path, reason) = split(choice)?;
        files.push(FileChoice { path, reason });
    }
    for choice in &listed.fichier {
        files.push(FileChoice { path: choice.chemin.clone(), reason: reason(&choice.motif)? });
    }
    let mut exchanges = Vec::new();
    for choice in &arguments.retirer_echange {
        let (what, reason) = split(choice)?;
        exchanges.push(ExchangeChoice { what, reason, show_url: arguments.montrer_adresses });
    }
    for choice in &listed.echange {
        let what = match (&choice.adresse, &choice.enregistrement) {
            (Some(one), None) | (None, Some(one)) => one.clone(),
            _ => return Err(Failure::new("caviarder.list", Exit::Usage, "adresse ou enregistrement, l'un des deux")),
        };
        exchanges.push(ExchangeChoice { what, reason: reason(&choice.motif)?, show_url: choice.montrer_adresse });
    }
    Ok((files, exchanges))
}

/// `WHAT=reason`: addresses hold `=`, reasons seldom do.
fn split(choice: &str) -> Result<(String, String), Failure> {
    match choice.rsplit_once('=') {
        Some((what, why)) if !what.is_empty() => Ok((what.to_owned(), reason(why)?)),
        _ => Err(Failure::new("caviarder.reason", Exit::Usage, choice)),
    }
}

fn reason(text: &str) -> Result<String, Failure> {
    let text = text.trim();
    if text.is_empty() { Err(Failure::new("caviarder.reason", Exit::Usage, "motif vide")) } else { Ok(text.to_owned()) }
}

fn report(made: &MadeCopy, json: bool) {
    let verification = &made.verification;
    let list = verification.copy.as_ref().map(sealer::RedactedCopy::list);
    if json {
        output::json(&json!({
            "copie": made.path, "bytes": made.bytes, "sha256": verification.bundle_sha256, "verdict": verification.verdict,
            "copy": list.map(verifier::copy::json), "warnings": made.warnings, "findings": verification.findings,
        }));
        return;
    }
    output::line(&format!("Copie caviardée : {} ({} octets)", made.path.display(), made.bytes));
    list.map(verifier::copy::lines).unwrap_or_default().iter().for_each(|line| output::line(line));
    for warning in &made.warnings {
        output::line(&format!("ATTENTION [{}] {}", warning.code, output::printable(&warning.what)));
        output::line(&format!("  {}", output::printable(warning.found.as_deref().unwrap_or_default())));
    }
    if let Some(sha256) = verification.bundle_sha256 {
        output::line(&format!("SHA-256 : {sha256}"));
    }
    output::line(&format!("Verdict de la copie : {}", verification.verdict.as_str()));
}

//! `constat comparer`: what appeared, changed or vanished between two runs of the same scenario.
mod comparison;
mod facts;
mod items;
mod run;
mod texts;
mod told;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use dossier::Clock;

pub(crate) use comparison::{Comparison, Folders, as_json, compare};
pub(crate) use run::Run;
pub(crate) use told::{SHORT, lines};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, verifier};

/// What a comparison is, and what it is not.
const NATURE: &str = "comparaison : relevé technique, non un constat";

/// Examples, what is compared and how it ends.
pub(crate) const COMPARER_HELP: &str = "Exemples :\n  \
  constat comparer ~/veille/REF-20261121-080000Z ~/veille/REF-20261121-140000Z\n  \
  constat comparer avant.asice apres.asice --ancres ancres/ --sortie comparaison/\n  \
  constat --json comparer avant.asice apres.asice\n\n\
Un scellé est d'abord vérifié, le journal d'un dossier contrôlé, et chaque fichier lu confronté à son empreinte. Sont comparés : l'issue\n\
de chaque étape, les pages atteintes (statut, adresse finale, titre), le texte de chaque capture ligne à ligne, les publications de\n\
« recueillir » d'après leur clé (auteur et texte, aux espaces près ; une date affichée ne compte pas) avec le compteur du site, les\n\
pixels de l'image de chaque page. Une publication sans identifiant propre a son contenu pour clé : modifiée, elle paraît remplacée.\n\
--sortie garde comparaison.json, comparaison.txt et, pour chaque image changée, l'endroit encadré : avant à gauche, après à droite.\n\n\
Codes de sortie : 0 rien n'a changé ; 1 quelque chose a changé ; 2 saisie incorrecte ; 3 environnement défaillant ;\n\
4 l'un des deux n'est pas valide, ou quelque chose n'a pas pu être comparé et rien d'autre n'a changé.";

/// `comparer`
#[derive(Args)]
pub(crate) struct Comparer {
    /// La première capture : un dossier clos, ou son scellé
    #[arg(value_name = "AVANT")]
    before: PathBuf,
    /// La seconde
    #[arg(value_name = "APRES")]
    after: PathBuf,
    /// Dossier neuf où garder comparaison.json, comparaison.txt et les images
    #[arg(long, value_name = "DIR")]
    sortie: Option<PathBuf>,
    /// Dossier des certificats racines de confiance (PEM) ; à défaut celui de l'étude
    #[arg(long, value_name = "DIR")]
    ancres: Option<PathBuf>,
    /// Configuration de l'étude
    #[arg(long, value_name = "FICHIER")]
    etude: Option<PathBuf>,
}

/// Compares two runs and tells.
pub(crate) fn run(arguments: &Comparer, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    let mut anchors = || {
        let anchors = verifier::anchors(arguments.ancres.as_deref(), arguments.etude.as_deref(), clock.as_ref());
        anchors.map(|(anchors, _)| anchors)
    };
    let before = Run::open(&arguments.before, &mut anchors, clock.now())?;
    let after = Run::open(&arguments.after, &mut anchors, clock.now())?;
    let comparison = made(NATURE, &before, &after, arguments.sortie.as_deref())?;
    if json {
        output::json(&as_json(&comparison)?);
    } else {
        lines(&comparison, &SHORT).iter().for_each(|line| output::line(line));
        if let Some(folder) = &arguments.sortie {
            output::line(&format!("Comparaison : {}", folder.display()));
        }
    }
    Ok(comparison.exit())
}

/// Compares, and writes what differs to `output` when there is one: a folder that is new, or empty.
pub(crate) fn made(
    nature: &'static str,
    before: &Run,
    after: &Run,
    output: Option<&Path>,
) -> Result<Comparison, Failure> {
    if let Some(folder) = output {
        empty(folder)?;
    }
    let temporary = tempfile::Builder::new().prefix("constat-comparaison-").tempdir();
    let temporary = temporary.map_err(|e| Failure::io("créer", Path::new("constat-comparaison"), &e))?;
    let comparison = compare(nature, before, after, &Folders { output, temporary: temporary.path() });
    if let Some(folder) = output {
        write(folder, &comparison)?;
    }
    Ok(comparison)
}

fn empty(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|e| Failure::io("créer", folder, &e))?;
    let mut there = fs::read_dir(folder).map_err(|e| Failure::io("lire", folder, &e))?;
    match there.next() {
        None => Ok(()),
        Some(_) => Err(Failure::new("comparer.not_empty", Exit::Usage, folder.display())),
    }
}

fn write(folder: &Path, comparison: &Comparison) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(&as_json(comparison)?).unwrap_or_default();
    let text = lines(comparison, &told::WHOLE).join("\n");
    for (name, content) in [("comparaison.json", json), ("comparaison.txt", text)] {
        let path = folder.join(name);
        fs::write(&path, content + "\n").map_err(|e| Failure::io("écrire", &path, &e))?;
    }
    Ok(())
}

impl Comparison {
    /// What was not compared is not said to be the same.
    pub(crate) fn exit(&self) -> Exit {
        match (self.changed, self.not_compared.is_empty()) {
            (true, _) => Exit::Negative,
            (false, true) => Exit::Done,
            (false, false) => Exit::Indeterminate,
        }
    }
}

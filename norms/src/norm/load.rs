//! Reads the embedded files of a norm, and refuses data that contradicts itself.
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use dossier::{Operation, Sha256Digest};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{AixItem, Exigence, Norm, Phase, PhaseId, Reservation};
use crate::controle::Controle;
use crate::jurisprudence::Decision;
use crate::{Condition, NormError, Origin};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NormFile {
    id: String,
    titre: String,
    edition: String,
    date: String,
    auteur: String,
    statut: String,
    formule: String,
    prefixe: String,
    reservations: Vec<Reservation>,
    phases: Vec<Phase>,
    #[serde(default)]
    aix: Vec<AixItem>,
    vocabulaire: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExigencesFile {
    exigence: Vec<Exigence>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ControlesFile {
    controle: Vec<Controle>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionsFile {
    decision: Vec<Decision>,
}

const NORME: &str = "norme.toml";
const CONTROLES: &str = "controles.toml";
const DECISIONS: &str = "jurisprudence.toml";

/// The folders of this package that are norms, as they are embedded in the binary.
static EMBEDDED: &[(&str, Dir<'_>)] = &[
    ("nf-z67-147", include_dir!("$CARGO_MANIFEST_DIR/nf-z67-147")),
    ("arrete-2016-06-03", include_dir!("$CARGO_MANIFEST_DIR/arrete-2016-06-03")),
    ("constat-mobile", include_dir!("$CARGO_MANIFEST_DIR/constat-mobile")),
    ("iso-27037", include_dir!("$CARGO_MANIFEST_DIR/iso-27037")),
];

/// The longest file of a norm that is read.
const LONGEST: u64 = 4 * 1024 * 1024;

/// The files of a norm: path below its folder, with `/`, to text.
type Files = BTreeMap<String, String>;

impl Norm {
    /// The requirements drawn up from public sources about NF Z67-147 (September 2010), embedded in the binary.
    ///
    /// # Errors
    /// Only when the embedded data is wrong, which the tests of this package exclude.
    pub fn nf_z67_147() -> Result<Self, NormError> {
        Self::embedded("nf-z67-147")
    }

    /// The names under which norms are embedded: those of their folders.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// The embedded norm of that folder.
    ///
    /// # Errors
    /// [`NormError::Unknown`] when there is none of that name.
    pub fn embedded(name: &str) -> Result<Self, NormError> {
        let known = || Self::names().collect::<Vec<_>>().join(", ");
        let found = EMBEDDED.iter().find(|(folder, _)| *folder == name);
        let (_, dir) = found.ok_or_else(|| NormError::Unknown { name: name.to_owned(), known: known() })?;
        let mut files = Files::new();
        collect(dir, &mut files);
        Self::of_files(&files)
    }

    /// The norm whose files are in a folder: `norme.toml`, `controles.toml`, `jurisprudence.toml`, `exigences/*.toml`.
    ///
    /// # Errors
    /// A file that cannot be read, and data that is wrong or contradicts itself.
    pub fn from_folder(folder: &Path) -> Result<Self, NormError> {
        let mut files = Files::new();
        for below in ["", "exigences"] {
            let path = folder.join(below);
            let unreadable =
                |why: std::io::Error| NormError::Unreadable { file: path.display().to_string(), why: why.to_string() };
            for entry in std::fs::read_dir(&path).map_err(unreadable)? {
                let name = entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned();
                if name.ends_with(".toml") {
                    let relative = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
                    files.insert(relative, read(&path.join(&name))?);
                }
            }
        }
        Self::of_files(&files)
    }

    fn of_files(files: &Files) -> Result<Self, NormError> {
        let norm: NormFile = parse(files, NORME)?;
        let controles: ControlesFile = parse(files, CONTROLES)?;
        let decisions: DecisionsFile = parse(files, DECISIONS)?;
        let mut exigences = Vec::new();
        for name in files.keys().filter(|name| name.starts_with("exigences/")) {
            let parsed: ExigencesFile = parse(files, name)?;
            exigences.extend(parsed.exigence.into_iter().map(|e| (name.as_str(), e)));
        }
        coherent(&norm, &exigences, &controles.controle, &decisions.decision)?;
        // One phase may span several files: the order of the table is that of the phases, then by id.
        let place = |phase: &PhaseId| norm.phases.iter().position(|p| p.id == *phase);
        let mut exigences: Vec<Exigence> = exigences.into_iter().map(|(_, e)| e).collect();
        exigences.sort_by(|a, b| (place(&a.phase), &a.id).cmp(&(place(&b.phase), &b.id)));
        // The data is small: one digest over every file, in the order of their names, names exactly the rules applied.
        let all: Vec<&str> = files.values().map(String::as_str).collect();
        Ok(Self {
            id: norm.id,
            titre: norm.titre,
            edition: norm.edition,
            date: norm.date,
            auteur: norm.auteur,
            statut: norm.statut,
            formule: norm.formule,
            reservations: norm.reservations,
            aix: norm.aix,
            phases: norm.phases,
            exigences,
            controles: controles.controle,
            decisions: decisions.decision,
            vocabulary: norm.vocabulaire,
            data_sha256: Sha256Digest::of(all.join("\n").as_bytes()),
        })
    }
}

fn collect(dir: &Dir<'_>, files: &mut Files) {
    for file in dir.files().filter(|file| file.path().extension().is_some_and(|e| e == "toml")) {
        let text = file.contents_utf8().unwrap_or_default();
        files.insert(file.path().to_string_lossy().into_owned(), text.to_owned());
    }
    dir.dirs().for_each(|dir| collect(dir, files));
}

fn read(path: &Path) -> Result<String, NormError> {
    let unreadable = |why: String| NormError::Unreadable { file: path.display().to_string(), why };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|e| unreadable(e.to_string()))?;
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(|e| unreadable(e.to_string()))?;
    if text.len() as u64 > LONGEST {
        return Err(unreadable(format!("plus de {LONGEST} octets")));
    }
    Ok(text)
}

fn parse<T: DeserializeOwned>(files: &Files, file: &str) -> Result<T, NormError> {
    let text =
        files.get(file).ok_or_else(|| NormError::Unreadable { file: file.to_owned(), why: "absent".to_owned() })?;
    toml::from_str(text).map_err(|e| NormError::Toml { file: file.to_owned(), why: e.to_string() })
}

fn coherent(
    norm: &NormFile,
    exigences: &[(&str, Exigence)],
    controles: &[Controle],
    decisions: &[Decision],
) -> Result<(), NormError> {
    let mut ids = BTreeSet::new();
    let known_checks: BTreeSet<_> = controles.iter().map(|c| &c.id).collect();
    let known_decisions: BTreeSet<_> = decisions.iter().map(|d| &d.id).collect();
    for (file, exigence) in exigences {
        let (file, id) = ((*file).to_owned(), exigence.id.to_string());
        if !ids.insert(&exigence.id) {
            return Err(NormError::Duplicate { file, id });
        }
        let check = exigence.controles.iter().find(|c| !known_checks.contains(c)).map(ToString::to_string);
        let decision = exigence.decisions.iter().find(|d| !known_decisions.contains(d)).map(ToString::to_string);
        if let Some(target) = check.or(decision) {
            return Err(NormError::Dangling { file, id, target });
        }
        let phase = norm.phases.iter().find(|phase| phase.id == exigence.phase);
        let why = match phase {
            _ if exigence.id.prefix() != norm.prefixe => Some("its prefix is not the norm's".into()),
            None => Some("its phase is not one of the norm".into()),
            Some(phase) if exigence.id.phase().as_ref() != Some(&phase.id) => {
                Some("its phase is not the one its id names".into())
            }
            Some(phase) => exigence.regle.fault().or_else(|| too_early(phase, exigence)),
        };
        if let Some(why) = why {
            return Err(NormError::Rule { file, id, why });
        }
    }
    unique(NORME, norm.phases.iter().map(|p| p.id.as_str().to_owned()))?;
    unique(CONTROLES, controles.iter().map(|c| c.id.to_string()))?;
    unique(DECISIONS, decisions.iter().map(|d| d.id.to_string()))?;
    match norm.aix.iter().find(|item| !ids.contains(&item.exigence)) {
        None => Ok(()),
        Some(item) => Err(NormError::Dangling {
            file: NORME.to_owned(),
            id: item.libelle.clone(),
            target: item.exigence.to_string(),
        }),
    }
}

/// What is judged before the first page must not wait for it: such conditions say `plus_tard`.
fn too_early(phase: &Phase, exigence: &Exigence) -> Option<String> {
    let late = |c: &&Condition| {
        let operation = c.ligne.as_ref().map(Operation::as_str).unwrap_or_default();
        let after = ["page.", "step.", "target.", "artefact", "browser.stop", "session.close", "picture."];
        !c.apres.is_empty() || c.origin != Origin::Journal || after.iter().any(|start| operation.starts_with(start))
    };
    let early = |c: &&Condition| phase.avant && !c.plus_tard && !c.absence;
    exigence.regle.conditions.iter().filter(early).find(late)?;
    Some("a condition that can only hold after the first page needs `plus_tard = true` in this phase".into())
}

fn unique(file: &str, ids: impl Iterator<Item = String>) -> Result<(), NormError> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id.clone()) {
            return Err(NormError::Duplicate { file: file.to_owned(), id });
        }
    }
    Ok(())
}

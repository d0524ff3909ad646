//! Reads the embedded files of a norm, and refuses data that contradicts itself.
use std::collections::{BTreeMap, BTreeSet};

use dossier::Sha256Digest;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{AixItem, Exigence, Norm, Phase, Reservation};
use crate::NormError;
use crate::controle::Controle;
use crate::jurisprudence::Decision;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NormFile {
    id: String,
    titre: String,
    edition: String,
    date: String,
    auteur: String,
    statut: String,
    reservations: Vec<Reservation>,
    phases: Vec<Phase>,
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

macro_rules! file {
    ($name:literal) => {
        ($name, include_str!(concat!("../../nf-z67-147/", $name)))
    };
}

const NORME: (&str, &str) = file!("norme.toml");
const CONTROLES: (&str, &str) = file!("controles.toml");
const DECISIONS: (&str, &str) = file!("jurisprudence.toml");
const EXIGENCES: &[(&str, &str)] = &[
    file!("exigences/org.toml"),
    file!("exigences/pre.toml"),
    file!("exigences/ops.toml"),
    file!("exigences/ops-nettoyage.toml"),
    file!("exigences/nav.toml"),
    file!("exigences/cap.toml"),
    file!("exigences/fin.toml"),
    file!("exigences/post.toml"),
];

impl Norm {
    /// The requirements drawn up from public sources about NF Z67-147 (September 2010), embedded in the binary.
    ///
    /// # Errors
    /// Only when the embedded data is wrong, which the tests of this package exclude.
    pub fn nf_z67_147() -> Result<Self, NormError> {
        let norm: NormFile = parse(NORME)?;
        let controles: ControlesFile = parse(CONTROLES)?;
        let decisions: DecisionsFile = parse(DECISIONS)?;
        let mut exigences = Vec::new();
        for file in EXIGENCES {
            let parsed: ExigencesFile = parse(*file)?;
            exigences.extend(parsed.exigence.into_iter().map(|e| (file.0, e)));
        }
        // The data is small: one digest over every file, in a fixed order, names exactly the rules applied.
        let all: Vec<&str> =
            [NORME.1, CONTROLES.1, DECISIONS.1].into_iter().chain(EXIGENCES.iter().map(|f| f.1)).collect();
        coherent(&norm, &exigences, &controles.controle, &decisions.decision)?;
        // Files follow the phases, but one phase may span two files: the order of the table is by id.
        let mut exigences: Vec<Exigence> = exigences.into_iter().map(|(_, e)| e).collect();
        exigences.sort_by(|a, b| (a.phase, &a.id).cmp(&(b.phase, &b.id)));
        Ok(Self {
            id: norm.id,
            titre: norm.titre,
            edition: norm.edition,
            date: norm.date,
            auteur: norm.auteur,
            statut: norm.statut,
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

fn parse<T: DeserializeOwned>((file, text): (&str, &str)) -> Result<T, NormError> {
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
        if exigence.id.phase() != Some(exigence.phase) {
            return Err(NormError::Rule { file, id, why: "its phase is not the one its id names".into() });
        }
        if let Some(why) = exigence.regle.fault() {
            return Err(NormError::Rule { file, id, why });
        }
    }
    unique(NORME.0, norm.phases.iter().map(|p| format!("{:?}", p.id)))?;
    unique(CONTROLES.0, controles.iter().map(|c| c.id.to_string()))?;
    unique(DECISIONS.0, decisions.iter().map(|d| d.id.to_string()))?;
    match norm.aix.iter().find(|item| !ids.contains(&item.exigence)) {
        None => Ok(()),
        Some(item) => Err(NormError::Dangling {
            file: NORME.0.to_owned(),
            id: item.libelle.clone(),
            target: item.exigence.to_string(),
        }),
    }
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

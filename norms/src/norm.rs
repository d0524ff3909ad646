//! A norm as data: what it asks, where each line comes from, and how it is proven; loaded from embedded TOML.
use std::collections::BTreeSet;
use std::fmt;

use dossier::Sha256Digest;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::controle::{Controle, ControleId};
use crate::jurisprudence::{Decision, DecisionId};
use crate::{NormError, Rule};

/// Id of a requirement, ours and never a clause of the norm: `Z67-` phase `-` two digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ExigenceId(String);

impl ExigenceId {
    /// Parses `Z67-OPS-03`; `None` when the grammar is not kept.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let head = parts.next()? == "Z67" && PhaseId::parse_code(parts.next()?).is_some();
        let number = parts.next()?;
        let number = number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit()) && number != "00";
        (head && number && parts.next().is_none()).then(|| Self(text.to_owned()))
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The phase named inside the id.
    pub fn phase(&self) -> Option<PhaseId> {
        PhaseId::parse_code(self.0.split('-').nth(1)?)
    }
}

impl fmt::Display for ExigenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for ExigenceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("not an id of the form Z67-OPS-03: {text:?}")))
    }
}

/// The phases, in the order in which the table lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhaseId {
    /// Who does what.
    Org,
    /// Description of the environment.
    Pre,
    /// Preliminary operations.
    Ops,
    /// The path to the pages.
    Nav,
    /// Capture.
    Cap,
    /// Closing.
    Fin,
    /// Keeping.
    Post,
    /// Mobile content.
    Mob,
}

impl PhaseId {
    fn parse_code(code: &str) -> Option<Self> {
        Some(match code {
            "ORG" => Self::Org,
            "PRE" => Self::Pre,
            "OPS" => Self::Ops,
            "NAV" => Self::Nav,
            "CAP" => Self::Cap,
            "FIN" => Self::Fin,
            "POST" => Self::Post,
            "MOB" => Self::Mob,
            _ => return None,
        })
    }
}

/// How much a requirement weighs before finalisation. The levels are our proposal; they follow the linked checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duty {
    /// Only good practice.
    Recommande,
    /// Its absence needs a written justification of the officer.
    Justifier,
    /// Its absence stops finalisation.
    Bloquant,
}

impl Duty {
    /// The French word.
    pub fn as_french(self) -> &'static str {
        match self {
            Self::Recommande => "recommandé",
            Self::Justifier => "à justifier",
            Self::Bloquant => "bloquant",
        }
    }
}

/// Where a requirement comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum NormSource {
    /// A public source attributes it to the norm itself.
    S,
    /// A court decision, as reported by a source.
    J,
    /// A statute, a decree or an EU text.
    L,
    /// Practitioners or experts.
    P,
    /// Inferred by us, without a source.
    I,
}

/// A phase and its French title.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Which.
    pub id: PhaseId,
    /// French title.
    pub titre: String,
}

/// One of the six statements of CA Aix-en-Provence, 15 September 2016.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AixItem {
    /// French name.
    pub libelle: String,
    /// The requirement that carries it.
    pub exigence: ExigenceId,
}

/// A caveat to print wherever the table is printed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reservation {
    /// French sentence.
    pub texte: String,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exigence {
    /// Our id.
    pub id: ExigenceId,
    /// Its phase, the same as in the id.
    pub phase: PhaseId,
    /// How much it weighs.
    pub duty: Duty,
    /// Short French title.
    pub titre: String,
    /// What is asked, in French, in our own words.
    pub resume: String,
    /// What would prove it, in French.
    pub preuve_attendue: String,
    /// Where it comes from.
    pub source: Vec<NormSource>,
    /// The decisions that concern it.
    #[serde(default)]
    pub decisions: Vec<DecisionId>,
    /// The decisions in a few French words, as reported; empty when there is none.
    #[serde(default)]
    pub citation: String,
    /// The checks before finalisation that give it its weight.
    #[serde(default)]
    pub controles: Vec<ControleId>,
    /// How it is proven.
    pub regle: Rule,
}

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
    vocabulaire: std::collections::BTreeMap<String, String>,
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

/// A norm, loaded and checked.
#[derive(Clone, Debug)]
pub struct Norm {
    /// Short name: `NF Z67-147`.
    pub id: String,
    /// Title of the document.
    pub titre: String,
    /// Edition.
    pub edition: String,
    /// Date of the edition, `AAAA-MM`.
    pub date: String,
    /// Who wrote it, in French.
    pub auteur: String,
    /// Its legal force, in French.
    pub statut: String,
    /// What must be said wherever the table is printed.
    pub reservations: Vec<Reservation>,
    /// The six statements.
    pub aix: Vec<AixItem>,
    phases: Vec<Phase>,
    exigences: Vec<Exigence>,
    controles: Vec<Controle>,
    decisions: Vec<Decision>,
    vocabulary: std::collections::BTreeMap<String, String>,
    data_sha256: Sha256Digest,
}

macro_rules! file {
    ($name:literal) => {
        ($name, include_str!(concat!("../nf-z67-147/", $name)))
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

    /// Every requirement, phase by phase.
    pub fn exigences(&self) -> &[Exigence] {
        &self.exigences
    }

    /// One requirement.
    pub fn exigence(&self, id: &str) -> Option<&Exigence> {
        self.exigences.iter().find(|e| e.id.as_str() == id)
    }

    /// The phases, in order, with their French titles.
    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }

    /// The checks before finalisation: data only, evaluated where the procès-verbal is drawn up.
    pub fn controles(&self) -> &[Controle] {
        &self.controles
    }

    /// The decisions the requirements refer to.
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// French words for the values that the journal writes in English (`direct` is « directe »).
    pub fn vocabulary(&self) -> &std::collections::BTreeMap<String, String> {
        &self.vocabulary
    }

    /// SHA-256 over the embedded files: names exactly which data was applied.
    pub fn data_sha256(&self) -> Sha256Digest {
        self.data_sha256
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

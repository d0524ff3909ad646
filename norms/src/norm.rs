//! A norm as data: what it asks, where each line comes from, and how it is proven; loaded from embedded TOML.
use std::collections::BTreeMap;
use std::fmt;

use dossier::Sha256Digest;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::Rule;
use crate::controle::{Controle, ControleId};
use crate::jurisprudence::{Decision, DecisionId};

mod load;

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Which.
    pub id: PhaseId,
    /// French title.
    pub titre: String,
}

/// One of the six statements of CA Aix-en-Provence, 15 September 2016.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AixItem {
    /// French name.
    pub libelle: String,
    /// The requirement that carries it.
    pub exigence: ExigenceId,
}

/// A caveat to print wherever the table is printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reservation {
    /// French sentence.
    pub texte: String,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// How it is proven. Not part of the JSON form: the rules are read in the data itself.
    #[serde(skip_serializing)]
    pub regle: Rule,
}

/// A norm, loaded and checked. Its JSON form holds everything but the proof rules, which are read in the data itself.
#[derive(Clone, Debug, Serialize)]
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
    #[serde(skip)]
    vocabulary: BTreeMap<String, String>,
    data_sha256: Sha256Digest,
}

impl Norm {
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
    pub fn vocabulary(&self) -> &BTreeMap<String, String> {
        &self.vocabulary
    }

    /// SHA-256 over the embedded files: names exactly which data was applied.
    pub fn data_sha256(&self) -> Sha256Digest {
        self.data_sha256
    }
}

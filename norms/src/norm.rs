//! A norm as data: what it asks, where each line comes from, and how it is proven; loaded from embedded TOML.
use std::collections::BTreeMap;
use std::fmt;

use dossier::Sha256Digest;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::Rule;
use crate::controle::{Controle, ControleId, Niveau};
use crate::jurisprudence::{Decision, DecisionId};

mod load;

/// Id of a requirement, ours and never a clause of the norm: the norm's prefix, `-`, its phase, `-`, two digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ExigenceId(String);

impl ExigenceId {
    /// Parses `Z67-OPS-03`; `None` when the grammar is not kept.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let [prefix, phase, number] = parts[..] else { return None };
        let upper = |text: &str, most: usize, digits: bool| {
            (2..=most).contains(&text.len())
                && text.starts_with(|c: char| c.is_ascii_uppercase())
                && text.bytes().all(|b| b.is_ascii_uppercase() || (digits && b.is_ascii_digit()))
        };
        let numbered = number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit()) && number != "00";
        (upper(prefix, 8, true) && upper(phase, 6, false) && numbered).then(|| Self(text.to_owned()))
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the phase: the same for all requirements of a norm.
    pub fn prefix(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// The phase named inside the id.
    pub fn phase(&self) -> Option<PhaseId> {
        PhaseId::parse(&self.0.split('-').nth(1)?.to_ascii_lowercase())
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

/// Id of a phase: two to six lower-case letters. Which there are, and their order, is data of the norm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct PhaseId(String);

impl PhaseId {
    /// Parses `ops`.
    pub fn parse(text: &str) -> Option<Self> {
        ((2..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase())).then(|| Self(text.to_owned()))
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for PhaseId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("not a phase of the form ops: {text:?}")))
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
    /// Whether what it asks is done, and can be judged, before the first page.
    #[serde(default)]
    pub avant: bool,
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
    /// What to do when it does not stand, in French, to whoever prepares the machine.
    #[serde(default)]
    pub que_faire: String,
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
    /// How the act names it, in French: never that anything conforms to it.
    pub formule: String,
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
    /// Whether no decision of the officer can pass over it: all the checks by which it blocks concern identity, integrity
    /// or order.
    pub fn is_absolute(&self, exigence: &Exigence) -> bool {
        let linked = self.controles.iter().filter(|c| exigence.controles.contains(&c.id));
        let mut blocking = linked.filter(|c| c.niveau == Niveau::Bloquant).peekable();
        blocking.peek().is_some() && blocking.all(|c| !c.derogation)
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
    pub fn vocabulary(&self) -> &BTreeMap<String, String> {
        &self.vocabulary
    }

    /// SHA-256 over the embedded files: names exactly which data was applied.
    pub fn data_sha256(&self) -> Sha256Digest {
        self.data_sha256
    }
}

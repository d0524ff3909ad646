//! The result of the comparison: one row a requirement, each with its proof or with what is missing.
use std::fmt::Write as _;

use serde::Serialize;

use crate::{Duty, ExigenceId, PhaseId};

/// What proves a requirement: journal lines, the piece that holds the raw answer, and a sentence of measured values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// Sequence numbers (`seq`, from 0) of the journal lines.
    pub lines: Vec<u64>,
    /// Path of the artefact named as `evidence` by one of those lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// French sentence built from the values of those lines, ending with their numbers.
    pub sentence: String,
}

/// How a requirement stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Status {
    /// Measured, and what was measured is what is asked.
    Met {
        /// At least one, and at least one line with outcome `ok` among them.
        proofs: Vec<Proof>,
    },
    /// Rests, at least in part, on what the officer declared.
    Declared {
        /// The lines, declared or measured.
        proofs: Vec<Proof>,
    },
    /// Measured, and departs from what is asked.
    Deviation {
        /// What was measured.
        proofs: Vec<Proof>,
        /// In what it departs, in French.
        why: String,
    },
    /// Nothing in the journal proves it.
    NotMet {
        /// Why, in French.
        why: String,
    },
    /// An explicit rule says that the requirement has no object here.
    NotApplicable {
        /// The reason, in French.
        because: String,
    },
}

/// The five states, without their content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusKind {
    /// [`Status::Met`].
    Met,
    /// [`Status::Declared`].
    Declared,
    /// [`Status::Deviation`].
    Deviation,
    /// [`Status::NotMet`].
    NotMet,
    /// [`Status::NotApplicable`].
    NotApplicable,
}

impl StatusKind {
    /// The French words for it.
    pub fn as_french(self) -> &'static str {
        match self {
            Self::Met => "satisfaite",
            Self::Declared => "déclaré",
            Self::Deviation => "écart",
            Self::NotMet => "non satisfaite",
            Self::NotApplicable => "sans objet",
        }
    }

    /// One sign for it; never used without the words.
    pub fn mark(self) -> char {
        match self {
            Self::Met => '✓',
            Self::Declared => '○',
            Self::Deviation => '!',
            Self::NotMet => '✗',
            Self::NotApplicable => '–',
        }
    }
}

impl Status {
    /// Which of the five.
    pub fn kind(&self) -> StatusKind {
        match self {
            Self::Met { .. } => StatusKind::Met,
            Self::Declared { .. } => StatusKind::Declared,
            Self::Deviation { .. } => StatusKind::Deviation,
            Self::NotMet { .. } => StatusKind::NotMet,
            Self::NotApplicable { .. } => StatusKind::NotApplicable,
        }
    }

    /// The proofs, when the state has some.
    pub fn proofs(&self) -> &[Proof] {
        match self {
            Self::Met { proofs } | Self::Declared { proofs } | Self::Deviation { proofs, .. } => proofs,
            Self::NotMet { .. } | Self::NotApplicable { .. } => &[],
        }
    }

    /// The French reason, for the states that have one.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Deviation { why, .. } | Self::NotMet { why } => Some(why),
            Self::NotApplicable { because } => Some(because),
            Self::Met { .. } | Self::Declared { .. } => None,
        }
    }
}

/// One requirement, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Our id.
    pub id: ExigenceId,
    /// The phase it belongs to.
    pub phase: PhaseId,
    /// How much it weighs.
    pub duty: Duty,
    /// Short French title.
    pub titre: String,
    /// How it stands.
    pub status: Status,
}

/// How many rows stand in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All rows.
    pub total: usize,
    /// Met.
    pub met: usize,
    /// Declared.
    pub declared: usize,
    /// Deviation.
    pub deviation: usize,
    /// Not met.
    pub not_met: usize,
    /// Not applicable.
    pub not_applicable: usize,
}

impl Counts {
    /// Counts the rows of each state.
    pub fn of(rows: &[Row]) -> Self {
        let mut counts = Self { total: rows.len(), ..Self::default() };
        for row in rows {
            match row.status.kind() {
                StatusKind::Met => counts.met += 1,
                StatusKind::Declared => counts.declared += 1,
                StatusKind::Deviation => counts.deviation += 1,
                StatusKind::NotMet => counts.not_met += 1,
                StatusKind::NotApplicable => counts.not_applicable += 1,
            }
        }
        counts
    }
}

/// One of the six statements whose absence voided a constat (CA Aix-en-Provence, 15 September 2016), and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AixState {
    /// French name of the statement.
    pub libelle: String,
    /// The requirement that carries it.
    pub exigence: ExigenceId,
    /// How that requirement stands.
    pub status: StatusKind,
}

/// Whether the manifest given is about the journal given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ManifestLink {
    /// No manifest was given: what only a manifest proves is not met.
    Absent,
    /// Same head, same number of lines.
    Agrees,
    /// The manifest names another journal: nothing of it is used.
    Disagrees {
        /// The values compared, in French.
        why: String,
    },
}

/// What names the norm in a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NormRef {
    /// Short name: `NF Z67-147`.
    pub id: String,
    /// Title of the document.
    pub titre: String,
    /// How an act names it: « selon les recommandations de… ».
    pub formule: String,
    /// Edition: `septembre 2010`.
    pub edition: String,
    /// SHA-256 of the embedded data: names exactly which rules were applied.
    pub data_sha256: String,
}

/// The whole comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conformity {
    /// Which norm, and which data of ours.
    pub norm: NormRef,
    /// Whether a manifest was used.
    pub manifest: ManifestLink,
    /// How many rows stand in each state.
    pub counts: Counts,
    /// The Aix six.
    pub aix: Vec<AixState>,
    /// French names of the phases, in the order of the rows.
    pub phases: Vec<(PhaseId, String)>,
    /// Every requirement, in the order of the norm's data.
    pub rows: Vec<Row>,
}

impl Conformity {
    /// The sentence a procès-verbal may print. It never says that anything conforms to the norm.
    pub fn protocol_sentence(&self) -> String {
        format!("{}, avec les écarts listés ci-après", self.norm.formule)
    }

    /// The row of one requirement.
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.id.as_str() == id)
    }

    /// One French sentence: the counts, then the Aix six one by one.
    pub fn headline(&self) -> String {
        let Counts { total, met, declared, deviation, not_met, not_applicable } = self.counts;
        let mut text = format!(
            "{total} exigences examinées : {met} {}, {declared} {}, {deviation} {}, {not_met} {}, {not_applicable} sans objet.",
            plural(met, "satisfaite", "satisfaites"),
            plural(declared, "déclarée", "déclarées"),
            plural(deviation, "en écart", "en écart"),
            plural(not_met, "non satisfaite", "non satisfaites"),
        );
        if self.aix.is_empty() {
            return text;
        }
        text.push_str(" Mentions exigées par la cour d’appel d’Aix-en-Provence (15 septembre 2016) : ");
        for (n, item) in self.aix.iter().enumerate() {
            let separator = if n == 0 { "" } else { ", " };
            let _ = write!(text, "{separator}{} : {}", item.libelle, item.status.as_french());
        }
        text.push('.');
        text
    }
}

fn plural(n: usize, one: &'static str, many: &'static str) -> &'static str {
    // French: zero and one are singular.
    if n < 2 { one } else { many }
}

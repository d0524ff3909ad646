//! The grammar of proof rules: conditions over journal lines, all of which must hold. Rules are data; this is their shape.
use dossier::{Operation, Outcome};
use serde::Deserialize;

use crate::{FieldTest, Template};

/// How one requirement is proven.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// This version does not measure it: why, in French. Then there are no conditions.
    #[serde(rename = "jamais")]
    pub never: Option<String>,
    /// Cases in which the requirement has no object.
    #[serde(default)]
    pub sans_objet: Vec<SansObjet>,
    /// What must hold, all of it.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// What this version leaves out of the requirement, in French: when every condition holds, the row is a deviation.
    #[serde(rename = "reserve")]
    pub reservation: Option<String>,
}

/// A case in which a requirement has no object.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SansObjet {
    /// The reason, in French.
    pub motif: String,
    /// Conditions, all of which must hold.
    pub si: Vec<Condition>,
}

/// What a condition reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The journal.
    #[default]
    Journal,
    /// The manifest.
    #[serde(rename = "manifeste")]
    Manifest,
    /// The journal of copies, beside the bundle.
    #[serde(rename = "suivi")]
    Custody,
}

/// What a manifest can be asked, beside its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManifestTest {
    /// Every artefact that the journal announces is in the manifest with the same SHA-256.
    ArtefactsConcordants,
}

/// What a value that departs from what is asked makes of the row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    /// A deviation.
    #[default]
    Ecart,
    /// Not met.
    NonSatisfaite,
}

/// For every line of `ligne` that passes `filtre`, a line of the condition must have the same `lien` fields.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForEach {
    /// The operation whose lines are gone through.
    pub ligne: Operation,
    /// Which of its lines.
    #[serde(default)]
    pub filtre: Vec<FieldTest>,
    /// The fields whose values must be the same on both lines.
    pub lien: Vec<String>,
    /// What one of them is, in French, in the plural: « captures ».
    pub quoi: String,
}

/// One condition over the lines of one operation.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// What is read.
    #[serde(rename = "dans", default)]
    pub origin: Origin,
    /// The operation whose lines are read; none when the manifest is.
    pub ligne: Option<Operation>,
    /// The outcomes that count.
    #[serde(default = "only_ok")]
    pub issue: Vec<Outcome>,
    /// Which lines are considered at all.
    #[serde(default)]
    pub filtre: Vec<FieldTest>,
    /// What a considered line must hold.
    #[serde(default)]
    pub champs: Vec<FieldTest>,
    /// The line must come before the first line of any of these.
    #[serde(default)]
    pub avant: Vec<Operation>,
    /// The line must come after the last line of any of these.
    #[serde(default)]
    pub apres: Vec<Operation>,
    /// The first considered line does not count.
    #[serde(default)]
    pub sauf_premiere: bool,
    /// It can only be judged after the first page was asked for: not looked at before.
    #[serde(default)]
    pub plus_tard: bool,
    /// Lines of another outcome, or whose fields fail, do not spoil the good ones.
    #[serde(default)]
    pub tolerer: bool,
    /// No line may be considered: the condition holds when there is none.
    #[serde(default)]
    pub absence: bool,
    /// The values of this field over the considered lines must be 1, 2, 3… without gap or repetition.
    pub suite: Option<String>,
    /// For every line of another operation, one of these.
    pub pour_chaque: Option<ForEach>,
    /// What is asked of the manifest.
    pub manifeste: Option<ManifestTest>,
    /// What a wrong value makes of the row.
    #[serde(default)]
    pub sinon: Otherwise,
    /// The proof's sentence.
    pub preuve: Template,
    /// French words for a line whose outcome is a deviation, when none of the fields tells it.
    #[serde(rename = "ecart")]
    pub apart: Option<String>,
    /// French reason when no line is found.
    #[serde(rename = "defaut")]
    pub missing: Option<String>,
}

fn only_ok() -> Vec<Outcome> {
    vec![Outcome::Ok]
}

impl Rule {
    /// Every condition, those of « sans objet » included.
    pub fn all_conditions(&self) -> impl Iterator<Item = &Condition> {
        self.sans_objet.iter().flat_map(|case| &case.si).chain(&self.conditions)
    }

    /// What breaks the grammar of rules, when something does, in English for who edits the data.
    pub fn fault(&self) -> Option<String> {
        if self.never.is_some() != self.conditions.is_empty() {
            return Some("exactly one of `jamais` and `conditions` is needed".into());
        }
        if self.reservation.is_some() && self.conditions.is_empty() {
            return Some("`reserve` needs conditions".into());
        }
        let empty_case = |case: &SansObjet| case.motif.is_empty() || case.si.iter().all(|c| c.absence);
        if self.sans_objet.iter().any(empty_case) {
            return Some("`sans_objet` needs a reason and a condition that a line must satisfy".into());
        }
        let provable = |c: &Condition| {
            c.origin == Origin::Custody
                || c.origin == Origin::Journal && c.issue.iter().any(|o| matches!(o, Outcome::Ok | Outcome::Declared))
        };
        if let Some(why) = self.all_conditions().find_map(Condition::fault) {
            return Some(why);
        }
        if self.never.is_none() && !self.conditions.iter().any(|c| provable(c) && !c.absence) {
            return Some("no condition asks for a line measured or declared: it could never be proven".into());
        }
        None
    }
}

impl Condition {
    /// What breaks the grammar of conditions, when something does.
    fn fault(&self) -> Option<String> {
        let journal = self.origin == Origin::Journal;
        let ordered = !self.avant.is_empty() || !self.apres.is_empty();
        let why = if journal != self.ligne.is_some() {
            "a condition reads either the lines of `ligne` or the manifest"
        } else if journal && self.manifeste.is_some() {
            "`manifeste` needs `dans = \"manifeste\"`"
        } else if self.issue.is_empty() {
            "`issue` is empty: no line could count"
        } else if self.absence && (self.pour_chaque.is_some() || self.suite.is_some() || !self.champs.is_empty()) {
            "`absence` selects with `filtre` only"
        } else if self.pour_chaque.as_ref().is_some_and(|each| each.lien.is_empty()) {
            "`pour_chaque` needs `lien`"
        } else if !journal && ordered {
            "the manifest has no order"
        } else {
            return None;
        };
        Some(why.to_owned())
    }
}

//! Courts of appeal and the ressort each commune is in: a rule by département, and the few exceptions, from one data file.
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::SignificationError;
use crate::territoire::commune::CodeInsee;

const DATA: &str = include_str!("../../data/territoire.toml");

/// A court of appeal, or a tribunal supérieur d'appel.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cour {
    /// Short stable name (`aix-en-provence`).
    pub id: String,
    /// Full name, ready for a sentence (« cour d'appel d'Aix-en-Provence »).
    pub nom: String,
    /// Commune where it sits.
    pub siege: CodeInsee,
    /// Départements and territories of its ressort.
    pub departements: Vec<String>,
    /// What is not certain about its whole ressort.
    #[serde(default)]
    pub a_verifier: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    communes: Vec<CodeInsee>,
    cour: String,
    motif: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inconnu {
    departement: String,
    motif: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DroitLocal {
    pub(super) departements: Vec<String>,
    pub(super) temple: Vec<CodeInsee>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    texte: String,
    releve: String,
    cour: Vec<Cour>,
    reserve: Vec<Part>,
    inconnu: Vec<Inconnu>,
    droit_local: DroitLocal,
}

static TABLE: LazyLock<Data> = LazyLock::new(|| {
    // The tests read the file and count the courts: a table that does not parse cannot be built unnoticed.
    toml::from_str(DATA).unwrap_or_default()
});

static BY_DEPARTEMENT: LazyLock<BTreeMap<&'static str, &'static Cour>> =
    LazyLock::new(|| TABLE.cour.iter().flat_map(|c| c.departements.iter().map(move |d| (d.as_str(), c))).collect());

pub(super) fn droit_local() -> &'static DroitLocal {
    &TABLE.droit_local
}

/// Every court, in the order of the data file.
pub fn cours() -> &'static [Cour] {
    &TABLE.cour
}

/// The text the ressorts were taken from and the day they were, for whoever prints an answer.
pub fn source() -> (&'static str, &'static str) {
    (&TABLE.texte, &TABLE.releve)
}

/// Names a court of the table; nothing else can be one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CourId(&'static str);

impl CourId {
    /// The short name.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The full name, ready for a sentence.
    pub fn nom(self) -> &'static str {
        TABLE.cour.iter().find(|c| c.id == self.0).map_or(self.0, |c| c.nom.as_str())
    }
}

impl fmt::Display for CourId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for CourId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CourId({})", self.0)
    }
}

impl FromStr for CourId {
    type Err = SignificationError;

    fn from_str(text: &str) -> Result<Self, SignificationError> {
        let found = TABLE.cour.iter().find(|c| c.id == text);
        found
            .map(|c| Self(&c.id))
            .ok_or_else(|| SignificationError::Unknown { kind: "cour d'appel", id: text.chars().take(40).collect() })
    }
}

impl Serialize for CourId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for CourId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A part of a commune that depends on another court than the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reserve {
    /// That court.
    pub cour: CourId,
    /// What part, in French.
    pub motif: String,
}

/// The answer for one commune.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ressort {
    /// The commune asked about.
    pub commune: CodeInsee,
    /// Its court; `None` when it is not known here.
    pub cour: Option<CourId>,
    /// Doubts about the whole commune, in French: « à vérifier ».
    pub a_verifier: Vec<String>,
    /// Parts of the commune that depend on another court (aerodromes); the answer stands for the rest.
    pub reserves: Vec<Reserve>,
}

/// The ressort of a commune. A code that the table of communes does not hold (a commune created since) still follows its
/// département, and the answer says that it is to be checked.
pub fn ressort(commune: CodeInsee) -> Ressort {
    let departement = commune.departement();
    let court = BY_DEPARTEMENT.get(departement);
    let mut a_verifier: Vec<String> = court.and_then(|c| c.a_verifier.clone()).into_iter().collect();
    let unknown = TABLE.inconnu.iter().filter(|i| i.departement == departement);
    a_verifier.extend(unknown.map(|i| i.motif.clone()));
    if commune.commune().is_none() {
        a_verifier.push(format!("code {commune} absent de la table des communes ({})", super::commune::MILLESIME));
    }
    let here = TABLE.reserve.iter().filter(|r| r.communes.contains(&commune));
    let reserves = here.map(|r| Reserve { cour: CourId(&r.cour), motif: r.motif.clone() }).collect();
    Ressort { commune, cour: court.map(|c| CourId(&c.id)), a_verifier, reserves }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::territoire::commune::toutes;

    fn court(code: &str) -> Option<&'static str> {
        ressort(code.parse().unwrap()).cour.map(CourId::as_str)
    }

    #[test]
    fn the_table_is_whole_and_every_commune_has_its_court() {
        let data: Data = toml::from_str(DATA).unwrap();
        assert_eq!(data.cour.len(), 37, "36 courts of appeal and one tribunal supérieur d'appel");
        let mut all: Vec<&String> = data.cour.iter().flat_map(|c| &c.departements).collect();
        let total = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), total, "a département has one court");
        assert_eq!(total, 96 + 12, "96 in mainland France and Corsica, 12 overseas");
        for reserve in &data.reserve {
            reserve.cour.parse::<CourId>().unwrap();
        }
        for commune in toutes() {
            let known = ressort(commune.code).cour.is_some();
            assert_eq!(known, commune.code.departement() != "989", "{commune:?}");
        }
        for cour in cours() {
            assert_eq!(ressort(cour.siege).cour.unwrap().as_str(), cour.id, "a court sits in its own ressort");
            assert!(cour.siege.commune().is_some());
        }
    }

    #[test]
    fn g01_communes_answer_with_their_court() {
        for (code, expected) in [
            ("75056", "paris"),
            ("69123", "lyon"),
            ("76540", "rouen"),
            ("89024", "paris"),
            ("28085", "versailles"),
            ("52121", "dijon"),
            ("05061", "grenoble"),
            ("44180", "rennes"),
            ("49160", "angers"),
            ("51171", "reims"),
            ("97801", "basse-terre"),
            ("97611", "saint-denis-de-la-reunion"),
            ("98613", "noumea"),
            ("98735", "papeete"),
            ("97502", "saint-pierre"),
            ("57463", "metz"),
        ] {
            assert_eq!(court(code), Some(expected), "{code}");
        }
        assert_eq!(court("98901"), None);
        assert_eq!(court("99132"), None, "abroad");
    }

    #[test]
    fn what_is_not_certain_is_carried_by_the_answer() {
        let doubts = |code: &str| ressort(code.parse().unwrap());
        assert!(doubts("75056").a_verifier.is_empty() && doubts("75056").reserves.is_empty());
        assert_eq!(doubts("95527").reserves.len(), 1, "Roissy");
        assert!(doubts("95527").a_verifier.is_empty());
        assert_eq!(doubts("98818").a_verifier.len(), 1, "Nouméa");
        assert_eq!(doubts("98901").a_verifier.len(), 1, "Clipperton");
        assert_eq!(doubts("75999").a_verifier.len(), 1, "no such commune");
        assert!("cour-de-nulle-part".parse::<CourId>().is_err());
    }
}

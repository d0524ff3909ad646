//! Who asks, who acts, about what: the parties of a constat (art. 648 CPC) and the reference of its dossier.
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::DossierError;

/// The reference of a dossier, also the name of its folder and bundle: 1 to 60 of `A-Z a-z 0-9 - _`, the first a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference(String);

impl Reference {
    /// Parses `text`, or says why it cannot name a folder.
    pub fn new(text: impl Into<String>) -> Result<Self, DossierError> {
        let text = text.into();
        let why = if text.is_empty() {
            "empty"
        } else if text.len() > 60 {
            "longer than 60 characters"
        } else if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            "the first character is not a letter or a digit"
        } else if !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            "a character other than A-Z a-z 0-9 - _"
        } else {
            return Ok(Self(text));
        };
        Err(DossierError::Reference { found: text.chars().take(100).collect(), why })
    }

    /// The reference as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// The requérant, with the fields art. 648 CPC asks for each kind of person. Keys are those of the scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Requerant {
    /// A natural person (art. 648, 2° a).
    Physique {
        /// Family name.
        nom: String,
        /// Given names.
        prenoms: String,
        /// Occupation.
        profession: String,
        /// Home address.
        domicile: String,
        /// Nationality.
        nationalite: String,
        /// Date of birth, `AAAA-MM-JJ`.
        date_naissance: String,
        /// Place of birth.
        lieu_naissance: String,
    },
    /// A legal person (art. 648, 2° b).
    Morale {
        /// Name.
        denomination: String,
        /// Legal form.
        forme: String,
        /// Registered office.
        siege: String,
        /// The body that represents it by law.
        representant: String,
        /// SIREN number, nine digits, when it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        siren: Option<String>,
    },
}

/// In what quality the officer acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Qualite {
    /// A commissaire de justice.
    #[serde(rename = "commissaire de justice")]
    CommissaireDeJustice,
    /// A clerc habilité à procéder aux constats: the act is countersigned.
    #[serde(rename = "clerc habilité aux constats")]
    ClercHabilite,
}

/// The officer who acts (art. 648, 3°).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officier {
    /// Family name.
    pub nom: String,
    /// Given names.
    pub prenoms: String,
    /// Quality.
    pub qualite: Qualite,
    /// Name of the office (société, étude).
    pub etude: String,
    /// Place of the office.
    pub residence: String,
    /// Address of the office.
    pub adresse: String,
}

/// Somebody present during the operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Personne {
    /// Names.
    pub nom: String,
    /// In what quality this person is there.
    pub qualite: String,
}

/// What the constat is about. Everything here is declared, nothing measured; what is `None` is left to the officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The reference of the dossier.
    pub reference: Reference,
    /// Object of the mission, as declared by the requérant.
    pub objet: Option<String>,
    /// Who asks.
    pub requerant: Option<Requerant>,
    /// Who acts.
    pub officier: Option<Officier>,
    /// Where the operations take place, as declared.
    pub lieu: Option<String>,
    /// Who else is present.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub presents: Vec<Personne>,
}

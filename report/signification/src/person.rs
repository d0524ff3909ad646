//! Who consents: the data set of a declaration, exactly the fields the registry may hold, parsed once.
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::SignificationError;
use crate::territoire::CodeInsee;

crate::discret::discret!(PersonInput, Person);

/// A declaration's identity part as typed (`[personne]` of the declaration file): nothing is checked yet.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PersonInput {
    /// `physique` or `morale`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Family name (natural person).
    pub nom: String,
    /// Given names (natural person).
    pub prenoms: String,
    /// Date of birth, `AAAA-MM-JJ` (natural person).
    pub date_naissance: String,
    /// Place of birth (natural person).
    pub lieu_naissance: String,
    /// Home address (natural person).
    pub domicile: String,
    /// Name (legal person).
    pub denomination: String,
    /// Legal form (legal person).
    pub forme: String,
    /// Family name and given names of the legal representative (legal person).
    pub representant: String,
    /// Registered office (legal person).
    pub siege: String,
    /// E-mail address that will receive the notices.
    pub courriel: String,
    /// Mobile number, for the optional SMS.
    pub telephone: Option<String>,
    /// Commune of the home or of the registered office: its INSEE code.
    pub commune: Option<String>,
}

/// A person whose every field was checked. Serializes in canonical order; only ever written encrypted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Person {
    /// A natural person: the seven fields of the registry.
    Physique {
        /// Family name.
        nom: String,
        /// Given names.
        prenoms: String,
        /// Date of birth.
        date_naissance: Date,
        /// Place of birth.
        lieu_naissance: String,
        /// Home address.
        domicile: String,
        /// E-mail address.
        courriel: String,
        /// Mobile number, in `+` form.
        telephone: Option<String>,
        /// Commune of the home.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commune: Option<CodeInsee>,
    },
    /// A legal person.
    Morale {
        /// Name.
        denomination: String,
        /// Legal form.
        forme: String,
        /// Legal representative.
        representant: String,
        /// Registered office.
        siege: String,
        /// E-mail address.
        courriel: String,
        /// Mobile number, in `+` form.
        telephone: Option<String>,
        /// Commune of the registered office.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commune: Option<CodeInsee>,
    },
}

impl Person {
    /// Parses an input; the first wrong field is named. `today` bounds the date of birth.
    pub fn parse(input: &PersonInput, today: Date) -> Result<Self, SignificationError> {
        let courriel = email(&input.courriel)?;
        let telephone = input.telephone.as_deref().filter(|t| !t.trim().is_empty()).map(phone).transpose()?;
        let commune = input.commune.as_deref().filter(|c| !c.trim().is_empty());
        let commune = commune.map(|c| c.trim().parse::<CodeInsee>()).transpose()?;
        match input.kind.as_str() {
            "physique" => Ok(Self::Physique {
                nom: text("nom", &input.nom)?,
                prenoms: text("prenoms", &input.prenoms)?,
                date_naissance: birth(&input.date_naissance, today)?,
                lieu_naissance: text("lieu_naissance", &input.lieu_naissance)?,
                domicile: text("domicile", &input.domicile)?,
                courriel,
                telephone,
                commune,
            }),
            "morale" => Ok(Self::Morale {
                denomination: text("denomination", &input.denomination)?,
                forme: text("forme", &input.forme)?,
                representant: text("representant", &input.representant)?,
                siege: text("siege", &input.siege)?,
                courriel,
                telephone,
                commune,
            }),
            _ => Err(field("type", &input.kind, "ni « physique » ni « morale »")),
        }
    }

    /// The name a notice may bear.
    pub fn display_name(&self) -> String {
        match self {
            Self::Physique { nom, prenoms, .. } => format!("{prenoms} {nom}"),
            Self::Morale { denomination, .. } => denomination.clone(),
        }
    }

    /// The e-mail address declared.
    pub fn courriel(&self) -> &str {
        match self {
            Self::Physique { courriel, .. } | Self::Morale { courriel, .. } => courriel,
        }
    }

    /// The mobile declared, in `+` form.
    pub fn telephone(&self) -> Option<&str> {
        match self {
            Self::Physique { telephone, .. } | Self::Morale { telephone, .. } => telephone.as_deref(),
        }
    }

    /// The commune declared.
    pub fn commune(&self) -> Option<CodeInsee> {
        match self {
            Self::Physique { commune, .. } | Self::Morale { commune, .. } => *commune,
        }
    }

    /// The key of an exact-match lookup: the identity fields, lower-cased, spaces folded. A natural person is found by
    /// names, date and place of birth; a legal person by name, form and registered office.
    pub fn match_key(&self) -> String {
        let parts: Vec<String> = match self {
            Self::Physique { nom, prenoms, date_naissance, lieu_naissance, .. } => {
                vec!["physique".into(), fold(nom), fold(prenoms), date_naissance.to_string(), fold(lieu_naissance)]
            }
            Self::Morale { denomination, forme, siege, .. } => {
                vec!["morale".into(), fold(denomination), fold(forme), fold(siege)]
            }
        };
        parts.join("\n")
    }

    /// Whether a name and an e-mail address written elsewhere are this person's: every word of the name, in any order, and the same
    /// address. A namesake with another address is somebody else.
    pub(crate) fn est(&self, nom: &str, courriel: Option<&str>) -> bool {
        let words = |text: &str| {
            let mut words: Vec<String> = fold(text).split(' ').map(str::to_owned).collect();
            words.sort_unstable();
            words
        };
        let same = courriel.is_some_and(|address| fold(address) == fold(self.courriel()));
        same && words(nom) == words(&self.display_name())
    }
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn field(field: &'static str, found: &str, why: &'static str) -> SignificationError {
    SignificationError::Field { field, found: found.chars().take(80).collect(), why }
}

fn text(name: &'static str, value: &str) -> Result<String, SignificationError> {
    let trimmed = value.trim();
    if trimmed.is_empty() {
        return Err(field(name, value, "obligatoire"));
    }
    if trimmed.chars().count() > 300 {
        return Err(field(name, value, "plus de 300 caractères"));
    }
    if trimmed.chars().any(char::is_control) {
        return Err(field(name, value, "caractère de contrôle"));
    }
    Ok(trimmed.to_owned())
}

fn birth(value: &str, today: Date) -> Result<Date, SignificationError> {
    let date: Date = value.trim().parse().map_err(|_| field("date_naissance", value, "pas une date AAAA-MM-JJ"))?;
    if date > today || date.year() < 1890 {
        return Err(field("date_naissance", value, "hors de la vie humaine"));
    }
    Ok(date)
}

/// Parses an e-mail address (RFC 5321 mailbox, ASCII or internationalised domain) and keeps it as written.
pub fn email(value: &str) -> Result<String, SignificationError> {
    let trimmed = text("courriel", value)?;
    trimmed.parse::<lettre::Address>().map_err(|_| field("courriel", value, "pas une adresse électronique"))?;
    Ok(trimmed)
}

fn phone(value: &str) -> Result<String, SignificationError> {
    let digits: String = value.chars().filter(|c| !matches!(c, ' ' | '.' | '-')).collect();
    let number = match digits.strip_prefix('0') {
        Some(rest) if rest.len() == 9 => format!("+33{rest}"),
        _ => digits,
    };
    let ok =
        number.strip_prefix('+').is_some_and(|d| (8..=15).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()));
    if ok { Ok(number) } else { Err(field("telephone", value, "pas un numéro de téléphone")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn physique() -> PersonInput {
        PersonInput {
            kind: "physique".into(),
            nom: "Martin".into(),
            prenoms: "Chloé Anne".into(),
            date_naissance: "1980-02-29".into(),
            lieu_naissance: "Lyon".into(),
            domicile: "1 rue d'Essai, 69001 Lyon".into(),
            courriel: "chloe@essai.test".into(),
            telephone: Some("06 12 34 56 78".into()),
            ..PersonInput::default()
        }
    }

    type Wipe = fn(&mut PersonInput);

    #[test]
    fn each_field_of_a_natural_person_is_asked_but_the_mobile() {
        let today = date(2026, 11, 21);
        assert!(Person::parse(&physique(), today).is_ok());
        let wipes: [(&str, Wipe); 6] = [
            ("nom", |p| p.nom.clear()),
            ("prenoms", |p| p.prenoms.clear()),
            ("date_naissance", |p| p.date_naissance.clear()),
            ("lieu_naissance", |p| p.lieu_naissance.clear()),
            ("domicile", |p| p.domicile.clear()),
            ("courriel", |p| p.courriel.clear()),
        ];
        for (name, wipe) in wipes {
            let mut input = physique();
            wipe(&mut input);
            match Person::parse(&input, today) {
                Err(SignificationError::Field { field, .. }) => assert_eq!(field, name),
                other => panic!("{name}: {other:?}"),
            }
        }
        let mut input = physique();
        input.telephone = None;
        assert!(Person::parse(&input, today).is_ok());
    }

    #[test]
    fn each_field_of_a_legal_person_is_asked() {
        let today = date(2026, 11, 21);
        let good = PersonInput {
            kind: "morale".into(),
            denomination: "Essai SA".into(),
            forme: "société anonyme".into(),
            representant: "Durand Paul".into(),
            siege: "2 place d'Essai, Paris".into(),
            courriel: "greffe@essai.test".into(),
            ..PersonInput::default()
        };
        assert!(Person::parse(&good, today).is_ok());
        let wipes: [Wipe; 5] = [
            |p| p.denomination.clear(),
            |p| p.forme.clear(),
            |p| p.representant.clear(),
            |p| p.siege.clear(),
            |p| p.courriel.clear(),
        ];
        for wipe in wipes {
            let mut input = good.clone();
            wipe(&mut input);
            assert!(Person::parse(&input, today).is_err());
        }
    }

    #[test]
    fn a_lookup_matches_exactly_but_for_case_and_spaces() {
        let today = date(2026, 11, 21);
        let one = Person::parse(&physique(), today).unwrap();
        let mut input = physique();
        input.nom = "  MARTIN ".into();
        input.courriel = "autre@essai.test".into();
        assert_eq!(one.match_key(), Person::parse(&input, today).unwrap().match_key());
        input.prenoms = "Chloé".into();
        assert_ne!(one.match_key(), Person::parse(&input, today).unwrap().match_key());
    }
}

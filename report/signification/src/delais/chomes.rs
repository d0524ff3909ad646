//! Local closed days (jours chômés): a dated, signed list, empty by default. CPC art. 642 and 664 set days « chômés » beside
//! public holidays; no text lists them, so the office does, and answers for it by its signature.
use std::collections::BTreeSet;

use dossier::{Level, canonical_bytes, parse_strict, to_canonical};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::SignificationError;
use crate::calendar::{FIRST_YEAR, LAST_YEAR, Zone};
use crate::evidence::EvidenceVerifier;

/// Version of the file: canonical JSON (RFC 8785), with a detached CMS signature beside it.
pub const JOURS_CHOMES_FORMAT: &str = "constat-jours-chomes/1";
/// The most days a list may hold; also what bounds every search for the next working day.
const MAX_DAYS: usize = 2000;
/// The longest file read, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// One closed day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedDay {
    /// The day.
    pub date: Date,
    /// Where; `null` for every zone.
    pub zone: Option<Zone>,
    /// What it is, in French.
    pub libelle: String,
    /// The decision or usage it rests on, in French.
    pub fondement: String,
}

/// The list; [`JoursChomes::default`] is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JoursChomes {
    published: Option<Date>,
    days: Vec<ClosedDay>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    jours: Vec<ClosedDay>,
    publie_le: Date,
}

impl JoursChomes {
    /// A list published on `published`. Refuses two entries for one day and zone, a day outside the years known to the
    /// calendar, an empty label or ground, control characters, and more than 2000 days.
    pub fn new(published: Date, mut days: Vec<ClosedDay>) -> Result<Self, SignificationError> {
        if days.len() > MAX_DAYS {
            return Err(refuse(format!("plus de {MAX_DAYS} jours")));
        }
        let mut seen = BTreeSet::new();
        for day in &days {
            if !(FIRST_YEAR..=LAST_YEAR).contains(&day.date.year()) {
                return Err(refuse(format!("année hors de {FIRST_YEAR}-{LAST_YEAR} : {}", day.date)));
            }
            if [&day.libelle, &day.fondement].iter().any(|t| t.trim().is_empty() || t.chars().any(char::is_control)) {
                return Err(refuse(format!("libellé ou fondement vide, ou caractère de contrôle : {}", day.date)));
            }
            if !seen.insert((day.date, day.zone)) {
                return Err(refuse(format!("jour inscrit deux fois : {}", day.date)));
            }
        }
        days.sort();
        Ok(Self { published: Some(published), days })
    }

    /// The bytes to sign.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SignificationError> {
        let publie_le = self.published.ok_or_else(|| refuse("liste vide par défaut : rien à publier".into()))?;
        let file = File { format: JOURS_CHOMES_FORMAT.into(), jours: self.days.clone(), publie_le };
        Ok(to_canonical(&file)?)
    }

    /// Opens a signed file: the signature is checked first, over the exact bytes, and must leave nothing undecided (a
    /// finding above [`Level::Warn`] refuses); then the bytes must be canonical and the list hold together.
    pub fn open(bytes: &[u8], signature: &[u8], verifier: &dyn EvidenceVerifier) -> Result<Self, SignificationError> {
        if bytes.len() > MAX_BYTES {
            return Err(refuse("fichier trop long".into()));
        }
        if let Some(finding) = verifier.check_signature(bytes, signature).iter().find(|f| f.level > Level::Warn) {
            return Err(refuse(format!("signature : {} ({})", finding.what, finding.code)));
        }
        Self::parse(bytes)
    }

    /// Reads bytes whose signature was checked elsewhere.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, SignificationError> {
        let value = parse_strict(bytes).map_err(|e| refuse(e.to_string()))?;
        if canonical_bytes(&value)? != bytes {
            return Err(refuse("le JSON n'est pas sous sa forme canonique".into()));
        }
        let file: File = serde_json::from_value(value).map_err(|e| refuse(e.to_string()))?;
        if file.format != JOURS_CHOMES_FORMAT {
            return Err(refuse(format!("format : attendu {JOURS_CHOMES_FORMAT}, trouvé {}", file.format)));
        }
        let list = Self::new(file.publie_le, file.jours)?;
        // One list has one form: days out of order would be the same list under another digest.
        if list.to_bytes()? != bytes {
            return Err(refuse("jours hors de l'ordre".into()));
        }
        Ok(list)
    }

    /// When it was published; `None` for the empty default.
    pub fn published(&self) -> Option<Date> {
        self.published
    }

    /// The closed days, in order.
    pub fn days(&self) -> &[ClosedDay] {
        &self.days
    }

    /// The closed day that falls on `day` in `zone`, if any.
    pub fn on(&self, day: Date, zone: Zone) -> Option<&ClosedDay> {
        let start = self.days.partition_point(|d| d.date < day);
        self.days.iter().skip(start).take_while(|d| d.date == day).find(|d| d.zone.is_none_or(|z| z == zone))
    }
}

fn refuse(why: String) -> SignificationError {
    SignificationError::ClosedDays { why }
}

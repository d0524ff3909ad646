//! The directory of offices: a dated snapshot in canonical JSON with a detached CMS signature. A forged one is refused, an
//! old one is used with a warning, and nothing in it is believed that the table of ressorts contradicts.
use std::collections::BTreeMap;
use std::fmt;

use dossier::{Finding, Instant, Level, Sha256Digest, parse_strict, to_canonical};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::civil::paris_text;
use crate::person::email;
use crate::signataire::check_signer;
use crate::territoire::commune::CodeInsee;
use crate::territoire::cour::{CourId, ressort};
use crate::vault::PublicKey;
use crate::{EvidenceVerifier, SignificationError};

/// Format of the snapshot.
pub const ANNUAIRE_FORMAT: &str = "constat-annuaire/1";
/// The largest snapshot taken, in bytes.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;
/// The most offices in a snapshot.
pub const MAX_OFFICES: usize = 10_000;
/// The most annexes of an office.
const MAX_ANNEXES: usize = 32;

/// Identifies an office: nine digits whose last is a Luhn check digit, as a SIREN.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfficeId([u8; 9]);

impl OfficeId {
    /// Parses the nine digits (spaces allowed, as people write them).
    pub fn parse(text: &str) -> Result<Self, SignificationError> {
        let refused = |why| SignificationError::Field { field: "office", found: text.chars().take(20).collect(), why };
        let digits: Vec<u8> = text.bytes().filter(|b| *b != b' ').collect();
        let digits: [u8; 9] = digits.try_into().map_err(|_| refused("neuf chiffres"))?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(refused("neuf chiffres"));
        }
        let luhn: u32 = digits.iter().rev().enumerate().map(|(i, d)| luhn(i, *d)).sum();
        if luhn.is_multiple_of(10) { Ok(Self(digits)) } else { Err(refused("clé de contrôle (Luhn)")) }
    }

    /// The nine digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn luhn(place: usize, digit: u8) -> u32 {
    let value = u32::from(digit - b'0') * if place % 2 == 1 { 2 } else { 1 };
    if value > 9 { value - 9 } else { value }
}

impl fmt::Display for OfficeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for OfficeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OfficeId({self})")
    }
}

impl Serialize for OfficeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for OfficeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let id = Self::parse(&text).map_err(de::Error::custom)?;
        // One form only: signed bytes must not say one thing in two ways.
        if id.as_str() == text { Ok(id) } else { Err(de::Error::custom("office id with spaces")) }
    }
}

/// An office of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// Identifier.
    pub id: OfficeId,
    /// Name.
    pub nom: String,
    /// Commune of its seat: the residence of its officers.
    pub siege: CodeInsee,
    /// Communes of its annex offices.
    pub annexes: Vec<CodeInsee>,
    /// Court of appeal of the seat.
    pub cour: CourId,
    /// Public age key for transfers (`age1…`).
    pub cle: String,
    /// SHA-256 of the certificate (DER) that signs its transfers.
    pub certificat: Sha256Digest,
    /// E-mail address.
    pub courriel: String,
}

impl Office {
    /// The key transfers to this office are encrypted for.
    pub fn cle_publique(&self) -> Result<PublicKey, SignificationError> {
        PublicKey::parse(&self.cle)
    }

    /// The courts of its seat and of its annexes, the seat's first, each once.
    pub fn cours(&self) -> Vec<CourId> {
        let mut courts = vec![self.cour];
        for court in self.annexes.iter().filter_map(|c| ressort(*c).cour) {
            if !courts.contains(&court) {
                courts.push(court);
            }
        }
        courts
    }

    fn check(&self) -> Result<(), String> {
        let fault = |why: &str| Err(format!("office {} : {why}", self.id));
        if self.nom.trim().is_empty() || self.nom.len() > 200 || self.nom.chars().any(char::is_control) {
            return fault("nom absent ou trop long");
        }
        if self.annexes.len() > MAX_ANNEXES {
            return fault("trop de bureaux annexes");
        }
        match ressort(self.siege).cour {
            Some(court) if court == self.cour => {}
            Some(court) => return fault(&format!("le siège {} relève de la {}", self.siege, court.nom())),
            None => return fault("siège hors de tout ressort connu"),
        }
        if self.cle_publique().is_err() {
            return fault("clé publique refusée");
        }
        if email(&self.courriel).is_err() {
            return fault("courriel refusé");
        }
        Ok(())
    }
}

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Releve {
    /// [`ANNUAIRE_FORMAT`].
    pub format: String,
    /// Rises by one or more with each snapshot.
    pub numero: u64,
    /// When it was made.
    pub etabli_le: Instant,
    /// Offices, in the order of their identifiers, each once.
    pub offices: Vec<Office>,
}

impl Releve {
    /// The bytes to sign: canonical JSON. Refuses what [`Annuaire::ouvrir`] would refuse.
    pub fn octets(&self) -> Result<Vec<u8>, SignificationError> {
        self.check().map_err(|why| SignificationError::DirectoryRefused { why })?;
        Ok(to_canonical(self)?)
    }

    fn check(&self) -> Result<(), String> {
        if self.format != ANNUAIRE_FORMAT {
            return Err(format!("format attendu {ANNUAIRE_FORMAT}"));
        }
        if self.offices.len() > MAX_OFFICES {
            return Err("trop d'offices".into());
        }
        if !self.offices.is_sorted_by(|a, b| a.id < b.id) {
            return Err("offices en désordre ou en double".into());
        }
        self.offices.iter().try_for_each(Office::check)
    }
}

/// What a snapshot is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bornes {
    /// The time of the judgement.
    pub maintenant: Instant,
    /// Days after which the snapshot is used with a warning.
    pub jours_max: u16,
    /// The number of the last snapshot that was accepted: an earlier one is refused.
    pub dernier_numero: Option<u64>,
}

/// A snapshot that was checked.
#[derive(Clone, Debug)]
pub struct Annuaire {
    releve: Releve,
    empreinte: Sha256Digest,
    index: BTreeMap<OfficeId, usize>,
}

impl Annuaire {
    /// Opens a snapshot: the signature first, by the certificate `signataire` (SHA-256 of its DER) and no other, then the
    /// form. Gives the directory and what is to be said to the user: `annuaire.perime` when it is older than
    /// [`Bornes::jours_max`] days, and whatever the signature's check could not establish.
    pub fn ouvrir(
        octets: &[u8],
        signature: &[u8],
        signataire: &Sha256Digest,
        verifier: &dyn EvidenceVerifier,
        bornes: &Bornes,
    ) -> Result<(Self, Vec<Finding>), SignificationError> {
        let refused = |why: String| SignificationError::DirectoryRefused { why };
        if octets.len() > MAX_BYTES {
            return Err(refused(format!("plus de {MAX_BYTES} octets")));
        }
        let mut findings = check_signer(verifier, octets, signature, signataire)
            .map_err(|why| SignificationError::DirectoryForged { why })?;
        let value = parse_strict(octets).map_err(|e| refused(e.to_string()))?;
        let releve: Releve = serde_json::from_value(value).map_err(|e| refused(e.to_string()))?;
        if to_canonical(&releve)? != octets {
            return Err(refused("pas en JSON canonique".into()));
        }
        releve.check().map_err(refused)?;
        let age_ms = bornes.maintenant.as_millisecond() - releve.etabli_le.as_millisecond();
        if age_ms < 0 {
            return Err(refused(format!("établi dans le futur : {}", paris_text(releve.etabli_le))));
        }
        if bornes.dernier_numero.is_some_and(|last| releve.numero < last) {
            return Err(refused(format!("relevé n° {} antérieur au dernier accepté", releve.numero)));
        }
        let jours = age_ms / 86_400_000;
        if age_ms > i64::from(bornes.jours_max) * 86_400_000 {
            let what = format!("L'annuaire date de {jours} jours : demandez un relevé récent avant de vous y fier.");
            findings.push(Finding::new("annuaire.perime", Level::Warn, what).values(bornes.jours_max, jours));
        }
        let index = releve.offices.iter().enumerate().map(|(i, o)| (o.id, i)).collect();
        Ok((Self { releve, empreinte: Sha256Digest::of(octets), index }, findings))
    }

    /// Number of the snapshot.
    pub fn numero(&self) -> u64 {
        self.releve.numero
    }

    /// When it was made.
    pub fn etabli_le(&self) -> Instant {
        self.releve.etabli_le
    }

    /// SHA-256 of its bytes, for the journal.
    pub fn empreinte(&self) -> Sha256Digest {
        self.empreinte
    }

    /// Every office, in the order of the identifiers.
    pub fn offices(&self) -> &[Office] {
        &self.releve.offices
    }

    /// The office of that identifier.
    pub fn office(&self, id: OfficeId) -> Option<&Office> {
        self.index.get(&id).and_then(|i| self.releve.offices.get(*i))
    }

    /// The office of that identifier, or the error that names it.
    pub fn exiger(&self, id: OfficeId) -> Result<&Office, SignificationError> {
        self.office(id).ok_or_else(|| SignificationError::Unknown { kind: "office de l'annuaire", id: id.to_string() })
    }

    /// The offices whose seat or annex is in the ressort of `cour`.
    pub fn par_cour(&self, cour: CourId) -> Vec<&Office> {
        self.releve.offices.iter().filter(|o| o.cours().contains(&cour)).collect()
    }

    /// The offices that have their seat or an annex in that commune.
    pub fn par_commune(&self, commune: CodeInsee) -> Vec<&Office> {
        let here = |o: &&Office| o.siege == commune || o.annexes.contains(&commune);
        self.releve.offices.iter().filter(here).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_id_has_its_check_digit_and_one_form() {
        assert_eq!(OfficeId::parse("732 829 320").unwrap().as_str(), "732829320");
        for bad in ["732829321", "73282932", "7328293200", "73282932A", ""] {
            assert!(OfficeId::parse(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<OfficeId>("\"732829320\"").is_ok());
        assert!(serde_json::from_str::<OfficeId>("\"732 829 320\"").is_err());
    }
}

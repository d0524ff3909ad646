//! What the officer found decides the mode, and the mode its consequences with their dates (CPC art. 654 to 659, 664-1).
use dossier::Instant;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::SignificationError;
use crate::calendar::Zone;
use crate::civil::paris_date;
use crate::deadline::{Deadline, Distance, Period, deadline_with};
use crate::delais::JoursChomes;
use crate::letter::{LetterDue, letter_due_with};
use crate::window::{Window, service_window_with};

/// Who was to be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Personne {
    /// A natural person.
    Physique,
    /// A legal person: its representative, a proxy, or anybody it empowered (art. 654 al. 2).
    Morale,
}

/// Somebody present who took the copy, or would not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tiers {
    /// Name and first names, as declared.
    pub nom: String,
    /// In what quality, as declared.
    pub qualite: String,
    /// Whether he accepts the copy.
    pub accepte: bool,
}

/// What the officer found, on the spot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constat {
    /// When.
    pub le: Instant,
    /// Who was to be served.
    pub personne: Personne,
    /// Whether the person himself (or who is empowered) took the copy.
    pub remis_a_personne: bool,
    /// Name and quality of who took it for a legal person.
    pub recu_par: Option<String>,
    /// Whether a domicile, or failing that a residence, is known.
    pub adresse_connue: bool,
    /// Whether a workplace is known.
    pub travail_connu: bool,
    /// What was done to serve in person, and why it was impossible.
    #[serde(default)]
    pub diligences: Vec<String>,
    /// Somebody present.
    pub tiers: Option<Tiers>,
    /// What shows that he lives there.
    #[serde(default)]
    pub verifications: Vec<String>,
    /// Searches, one by one.
    #[serde(default)]
    pub recherches: Vec<String>,
    /// Permission of the judge to serve outside the hours (art. 664): its reference.
    pub permission: Option<String>,
}

/// The mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Modalite {
    /// To the person (654).
    APersonne,
    /// At home, to somebody present (655).
    TiersPresent,
    /// At home, the copy kept at the office (656).
    DepotEtude,
    /// Minutes of searches (659).
    ProcesVerbalDeRecherches,
}

impl Modalite {
    /// The code, as journalled.
    pub fn code(self) -> &'static str {
        match self {
            Self::APersonne => "A_PERSONNE",
            Self::TiersPresent => "TIERS_PRESENT",
            Self::DepotEtude => "DEPOT_ETUDE",
            Self::ProcesVerbalDeRecherches => "PROCES_VERBAL_DE_RECHERCHES",
        }
    }

    /// In French, with its articles.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::APersonne => "Remise à personne (CPC, art. 654).",
            Self::TiersPresent => "Remise au domicile ou à la résidence, à une personne présente (CPC, art. 655).",
            Self::DepotEtude => "Remise au domicile par dépôt de la copie à l'étude (CPC, art. 656).",
            Self::ProcesVerbalDeRecherches => "Procès-verbal de recherches (CPC, art. 659).",
        }
    }
}

/// The mode that the findings allow: the first of the ladder. Everything that is missing is told at once: `DILIGENCES_ABSENTES`
/// (655), `TIERS_NON_IDENTIFIE` (655), `DOMICILE_NON_VERIFIE` (656), `LIEU_DE_TRAVAIL_A_TENTER` and `RECHERCHES_ABSENTES` (659),
/// `RECEVEUR_NON_IDENTIFIE` (654 al. 2), `HORS_HEURES` (664).
pub fn modalite(constat: &Constat, zone: Zone, chomes: &JoursChomes) -> Result<Modalite, SignificationError> {
    let mut codes = Vec::new();
    if constat.permission.is_none() {
        match service_window_with(constat.le, &[zone], chomes)? {
            Window::Open => {}
            Window::Closed { .. } => codes.push("HORS_HEURES"),
        }
    }
    let blank = |list: &[String]| list.iter().all(|l| l.trim().is_empty());
    let mode = if constat.remis_a_personne {
        let named = constat.recu_par.as_ref().is_some_and(|n| !n.trim().is_empty());
        if constat.personne == Personne::Morale && !named {
            codes.push("RECEVEUR_NON_IDENTIFIE");
        }
        Modalite::APersonne
    } else {
        if blank(&constat.diligences) {
            codes.push("DILIGENCES_ABSENTES");
        }
        match (&constat.tiers, constat.adresse_connue) {
            (Some(tiers), true) if tiers.accepte => {
                if tiers.nom.trim().is_empty() || tiers.qualite.trim().is_empty() {
                    codes.push("TIERS_NON_IDENTIFIE");
                }
                Modalite::TiersPresent
            }
            (_, true) => {
                if blank(&constat.verifications) {
                    codes.push("DOMICILE_NON_VERIFIE");
                }
                Modalite::DepotEtude
            }
            (_, false) => {
                if constat.travail_connu {
                    codes.push("LIEU_DE_TRAVAIL_A_TENTER");
                }
                if blank(&constat.recherches) {
                    codes.push("RECHERCHES_ABSENTES");
                }
                Modalite::ProcesVerbalDeRecherches
            }
        }
    };
    if codes.is_empty() { Ok(mode) } else { Err(SignificationError::PaperRefused { codes }) }
}

/// What follows from the mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suites {
    /// The mode.
    pub modalite: Modalite,
    /// Date of the service (art. 664-1): the day of the officer's act, the drawing up of the minutes with art. 659.
    pub signifie_le: Date,
    /// Whether a notice of passage is left on the spot (655, 656).
    pub avis_de_passage: bool,
    /// The simple letter of art. 658: the same day, or at the latest then; both readings of *jour ouvrable*.
    pub lettre_simple: Option<LetterDue>,
    /// The registered letter of art. 659: the same day, or at the latest then.
    pub lettre_recommandee: Option<LetterDue>,
    /// Whether the addressee is told by simple letter the very day (659).
    pub lettre_du_jour: bool,
    /// The three months during which the office keeps the copy (656).
    pub garde: Option<Deadline>,
}

/// Computes [`Suites`]. A legal person is told by simple letter whatever the mode (art. 658).
pub fn suites(
    mode: Modalite,
    personne: Personne,
    le: Instant,
    zone: Zone,
    chomes: &JoursChomes,
) -> Result<Suites, SignificationError> {
    let day = paris_date(le);
    let home = matches!(mode, Modalite::TiersPresent | Modalite::DepotEtude);
    let searches = mode == Modalite::ProcesVerbalDeRecherches;
    let letter = letter_due_with(le, zone, chomes)?;
    let garde = match mode {
        Modalite::DepotEtude => Some(deadline_with(day, Period::months(3), zone, Distance::Aucune, chomes)?),
        _ => None,
    };
    let simple = home || (personne == Personne::Morale && !searches);
    Ok(Suites {
        modalite: mode,
        signifie_le: day,
        avis_de_passage: home,
        lettre_simple: simple.then_some(letter),
        lettre_recommandee: searches.then_some(letter),
        lettre_du_jour: searches,
        garde,
    })
}

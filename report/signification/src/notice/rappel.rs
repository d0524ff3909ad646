//! The other messages to a recipient: reminders before the erasure of his space (row F06), breach notices (F10), a file
//! that was refused (C11), and the SMS (A17). What they may say is closed: a blank can only bear the name, the office, an
//! identifier, a date or one of the sentences written here.
use std::collections::BTreeSet;

use dossier::Instant;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Prepared, gsm7, message};
use crate::civil::paris_text;
use crate::config::Config;
use crate::deadline::french;
use crate::scan::Refus;
use crate::text::{FICHIER_REFUSE, RAPPEL, SMS, SMS_CODE, VIOLATION, fill};
use crate::{Id, SignificationError};

/// The mail of a reminder, sent on `today`: it tells the days that are left, whatever the reminder's name.
pub fn rappel(
    config: &Config,
    id: Id,
    (name, to): (&str, &str),
    (effacement, today): (Date, Date),
    now: Instant,
) -> Result<Prepared, SignificationError> {
    let left = today.until(effacement).map(|span| span.get_days()).unwrap_or(0);
    let jours = if left <= 1 { "un jour".to_owned() } else { format!("{left} jours") };
    let body = fill(
        RAPPEL,
        &[
            ("nom", name),
            ("etude", &config.etude),
            ("residence", &config.residence),
            ("effacement", &french(effacement)),
            ("jours", &jours),
            ("dpo", &config.contact_dpo),
        ],
    )?;
    message(config, id, to, "Votre espace personnel va être effacé", &body, now)
}

/// What a breach touched (Règlement (UE) 2016/679, art. 4, 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NatureViolation {
    /// Somebody read what he should not.
    Confidentialite,
    /// Something was changed.
    Integrite,
    /// Something was lost or could not be reached.
    Disponibilite,
}

impl NatureViolation {
    /// What happened, and what may follow, in French.
    fn phrases(self) -> (&'static str, &'static str) {
        match self {
            Self::Confidentialite => (
                "des données de votre espace ont pu être lues par une personne qui n'en avait pas le droit.",
                "des messages trompeurs, ou l'usage de vos coordonnées sans votre accord.",
            ),
            Self::Integrite => (
                "des données de votre espace ont pu être modifiées sans droit.",
                "une information inexacte dans votre espace ; les actes eux-mêmes sont protégés par leur empreinte.",
            ),
            Self::Disponibilite => (
                "des données de votre espace ont été perdues ou sont restées inaccessibles.",
                "l'impossibilité de consulter un acte pendant un temps ; l'étude peut vous le remettre sur papier.",
            ),
        }
    }
}

/// What was done about a breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MesureViolation {
    /// Access is suspended.
    AccesSuspendu,
    /// Keys are replaced.
    ClesRemplacees,
    /// What was damaged was restored from a copy whose digests were checked.
    DonneesRestaurees,
    /// The authority was told (art. 33).
    CnilSaisie,
}

impl MesureViolation {
    fn phrase(self) -> &'static str {
        match self {
            Self::AccesSuspendu => "les accès concernés sont suspendus",
            Self::ClesRemplacees => "les clés concernées sont remplacées",
            Self::DonneesRestaurees => {
                "les données ont été restaurées d'une copie dont les empreintes ont été vérifiées"
            }
            Self::CnilSaisie => "la CNIL a été informée",
        }
    }
}

/// A breach, as told to those it touches. No measure told is refused: art. 34, 2 asks for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// When it was found.
    pub constatee: Instant,
    /// What it touched.
    pub nature: NatureViolation,
    /// What was done.
    pub mesures: BTreeSet<MesureViolation>,
}

/// The notice of a breach.
pub fn violation(
    config: &Config,
    id: Id,
    (name, to): (&str, &str),
    violation: &Violation,
    now: Instant,
) -> Result<Prepared, SignificationError> {
    if violation.mesures.is_empty() {
        return Err(SignificationError::Message { why: "violation sans aucune mesure (RGPD, art. 34, 2)".into() });
    }
    let (nature, consequences) = violation.nature.phrases();
    let mesures: Vec<&str> = violation.mesures.iter().map(|m| m.phrase()).collect();
    let body = fill(
        VIOLATION,
        &[
            ("nom", name),
            ("etude", &config.etude),
            ("residence", &config.residence),
            ("date", &paris_text(violation.constatee)),
            ("nature", nature),
            ("consequences", consequences),
            ("mesures", &format!("{}.", mesures.join(" ; "))),
            ("dpo", &config.contact_dpo),
        ],
    )?;
    message(config, id, to, "Violation de données personnelles vous concernant", &body, now)
}

/// Tells the sender that a file of his was not taken in, and why; the name of the file is left out.
pub fn fichier_refuse(
    config: &Config,
    id: Id,
    (name, to): (&str, &str),
    (motif, depose): (&Refus, Instant),
    now: Instant,
) -> Result<Prepared, SignificationError> {
    let body = fill(
        FICHIER_REFUSE,
        &[
            ("nom", name),
            ("date", &paris_text(depose)),
            ("motif", motif.phrase()),
            ("etude", &config.etude),
            ("residence", &config.residence),
            ("dpo", &config.contact_dpo),
        ],
    )?;
    message(config, id, to, "Un fichier déposé n'a pas été reçu", &body, now)
}

/// The text of the SMS that bears a code.
pub(super) fn texte_code(essai: bool, code: &str) -> Result<String, SignificationError> {
    let text = fill(SMS_CODE.trim(), &[("code", code)])?;
    un_segment(if essai { format!("ESSAI. {text}") } else { text })
}

/// The text of the SMS: the same for everybody, in one segment; a trial installation says so.
pub fn texte_sms(essai: bool) -> Result<String, SignificationError> {
    let text = if essai { format!("ESSAI. {}", SMS.trim()) } else { SMS.trim().to_owned() };
    un_segment(text)
}

fn un_segment(text: String) -> Result<String, SignificationError> {
    match gsm7::septets(&text) {
        Ok(count) if count <= gsm7::SEGMENT => Ok(text),
        Ok(count) => Err(SignificationError::Message { why: format!("SMS de {count} septets, 160 au plus") }),
        Err(c) => Err(SignificationError::Message { why: format!("SMS : {c:?} hors de l'alphabet GSM 7 bits") }),
    }
}

#[cfg(test)]
mod tests;

//! Content: parties, protocol, the officer's own words, seal, cost (CHK-01, 02, 10, 23, 29, 33, 36).
use dossier::{Finding, Level, Requerant, op};
use norms::{Duty, StatusKind};

use crate::{DraftInput, ReportInput};

/// CHK-01: the fields of art. 648 CPC. CHK-02: the SIREN's check digit.
pub(super) fn parties(input: &ReportInput<'_>, findings: &mut Vec<Finding>) {
    let case = &input.manifest.case;
    let draft = input.draft;
    let requerant = case.requerant.as_ref().or(draft.and_then(|d| d.requerant.as_ref()));
    match requerant {
        None => missing(findings, "pv.requerant", "L'identité du requérant (art. 648 CPC) manque."),
        Some(requerant) => {
            for (name, value) in fields(requerant) {
                if value.trim().is_empty() {
                    missing(findings, "pv.requerant", &format!("Requérant : le champ « {name} » est vide."));
                }
            }
            if let Requerant::Morale { siren: Some(siren), .. } = requerant
                && !siren_holds(siren)
            {
                let what = "Le numéro SIREN du requérant n'a pas neuf chiffres ou sa clé est fausse.";
                findings.push(Finding::new("pv.siren", Level::Warn, what).found(siren));
            }
        }
    }
    if case.officier.is_none() && draft.is_none_or(|d| d.officier.is_none()) {
        missing(findings, "pv.officier", "L'identité de l'officier instrumentaire manque.");
    }
    if case.lieu.is_none() && draft.is_none_or(|d| d.lieu.is_none()) {
        missing(findings, "pv.lieu", "Le lieu des opérations manque.");
    }
    if !input.manifest.session.attended {
        let what = "La session s'est déroulée sans officier : le document est un relevé technique.";
        findings.push(Finding::new("pv.releve", Level::Info, what));
    }
}

fn missing(findings: &mut Vec<Finding>, code: &str, what: &str) {
    findings.push(Finding::new(code, Level::Warn, what));
}

fn fields(requerant: &Requerant) -> Vec<(&'static str, &str)> {
    match requerant {
        Requerant::Physique { nom, prenoms, profession, domicile, nationalite, date_naissance, lieu_naissance } => {
            vec![
                ("nom", nom),
                ("prenoms", prenoms),
                ("profession", profession),
                ("domicile", domicile),
                ("nationalite", nationalite),
                ("date_naissance", date_naissance),
                ("lieu_naissance", lieu_naissance),
            ]
        }
        Requerant::Morale { denomination, forme, siege, representant, .. } => {
            vec![("denomination", denomination), ("forme", forme), ("siege", siege), ("representant", representant)]
        }
    }
}

/// The Luhn key of a SIREN (nine digits; spaces are accepted).
fn siren_holds(siren: &str) -> bool {
    let digits: Option<Vec<u32>> = siren.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == 9) else { return false };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(i, d)| if i % 2 == 0 { *d } else { (d * 2) / 10 + (d * 2) % 10 }).sum();
    sum.is_multiple_of(10)
}

/// CHK-10: the six statements of CA Aix 2016. CHK-36: each blocking deviation is accounted for by the officer.
pub(super) fn protocol(input: &ReportInput<'_>, findings: &mut Vec<Finding>) {
    for item in &input.conformity.aix {
        if !matches!(item.status, StatusKind::Met | StatusKind::Declared | StatusKind::NotApplicable) {
            let what = format!("Mention exigée par la cour d'appel d'Aix (2016) non établie : {}.", item.libelle);
            findings.push(Finding::new("pv.aix", Level::Warn, what).found(item.status.as_french()));
        }
    }
    let during = |id: &str| {
        let mut lines = input.journal.of(&op::NORM_JUSTIFICATION);
        lines.any(|entry| entry.text("requirement") == Some(id))
    };
    let justified = |id: &str| during(id) || input.draft.is_some_and(|draft| draft.justifications.contains_key(id));
    for row in &input.conformity.rows {
        let apart = matches!(row.status.kind(), StatusKind::Deviation | StatusKind::NotMet);
        if apart && row.duty != Duty::Recommande && !justified(row.id.as_str()) {
            let what = format!("Écart sans justification de l'officier : {} ({}).", row.titre, row.id);
            findings.push(Finding::new("pv.ecart", Level::Warn, what).found(row.status.kind().as_french()));
        }
    }
}

/// CHK-23: words of opinion in the officer's own text.
pub(super) fn officer_text(input: &ReportInput<'_>, findings: &mut Vec<Finding>) {
    let Some(draft) = input.draft else { return };
    for (place, text) in texts(draft) {
        let what = format!("Mot d'appréciation dans le texte de l'officier ({place}).");
        // The list is data of ours: that it can be read is tested.
        for found in crate::opinions(text).unwrap_or_default() {
            let found = format!("{} ({})", found.word, found.why);
            findings.push(Finding::new("pv.avis", Level::Warn, what.clone()).found(found));
        }
    }
}

fn texts(draft: &DraftInput) -> Vec<(String, &str)> {
    let own = draft.descriptions.iter().map(|(n, text)| (format!("capture n° {n}"), text.as_str()));
    let justified = draft.justifications.iter().map(|(id, text)| (format!("justification {id}"), text.as_str()));
    own.chain(justified).collect()
}

/// CHK-29: the seal bears a time, later than the closing of the session; the keys are not test keys.
pub(super) fn seal(input: &ReportInput<'_>, findings: &mut Vec<Finding>) {
    let bundle = &input.bundle;
    let Some(seal) = &bundle.seal else {
        findings.push(Finding::new("pv.sceau", Level::Warn, "Le dossier ne porte aucun scellé."));
        return;
    };
    if input.manifest.essai || seal.essai {
        findings.push(Finding::new(
            "pv.essai",
            Level::Warn,
            "Les clés sont des clés d'essai : l'acte est sans valeur.",
        ));
    }
    if seal.timestamps.is_empty() {
        findings.push(Finding::new(
            "pv.horodatage",
            Level::Warn,
            "Aucun jeton d'horodatage vérifié ne date le scellé.",
        ));
    }
    let closed = input.manifest.session.closed_at;
    for token in seal.timestamps.iter().filter(|token| token.gen_time < closed) {
        let what = format!("Le jeton de {} précède la clôture de la session.", token.authority);
        findings.push(Finding::new("pv.horodatage.avant", Level::Warn, what).values(closed, token.gen_time));
    }
}

/// CHK-33: the cost can be added up.
pub(super) fn cost(input: &ReportInput<'_>, findings: &mut Vec<Finding>) {
    let cout = input.draft.and_then(|draft| draft.cout.as_ref());
    if cout.is_some_and(|cout| cout.totals().is_none()) {
        findings.push(Finding::new("pv.cout", Level::Warn, "Le décompte du coût dépasse ce qui peut être calculé."));
    }
}

#[cfg(test)]
mod tests {
    use super::siren_holds;

    #[test]
    fn the_key_of_a_siren() {
        assert!(siren_holds("732 829 320"));
        assert!(!siren_holds("732 829 321"));
        assert!(!siren_holds("73282932"));
        assert!(!siren_holds("73282932x"));
    }
}

//! French texts and their blanks: a blank left empty, or a text that asserts too much, is a fault found by the tests.
use crate::SignificationError;

/// Notice that an act is available.
pub const AVIS: &str = include_str!("../text/fr/avis.txt");
/// Invitation to accept the terms of use.
pub const INVITATION: &str = include_str!("../text/fr/invitation.txt");
/// Reminder before the erasure of a recipient's space.
pub const RAPPEL: &str = include_str!("../text/fr/rappel.txt");
/// Notice of a breach of personal data.
pub const VIOLATION: &str = include_str!("../text/fr/violation.txt");
/// Notice that a file was not taken in.
pub const FICHIER_REFUSE: &str = include_str!("../text/fr/fichier_refuse.txt");
/// The whole text of the SMS.
pub const SMS: &str = include_str!("../text/fr/sms.txt");
/// The whole text of the SMS that bears a code.
pub const SMS_CODE: &str = include_str!("../text/fr/sms_code.txt");
/// Notice of new terms of use.
pub const CGU_PREAVIS: &str = include_str!("../text/fr/cgu_preavis.txt");
/// Tells the office that an answer came.
pub const REPONSE_RECUE: &str = include_str!("../text/fr/reponse_recue.txt");
/// Put before every message of a trial installation.
pub const ESSAI: &str = include_str!("../text/fr/essai.txt");
/// Invitation to take an account, or to come in again.
pub const COMPTE_INVITATION: &str = include_str!("../text/fr/compte_invitation.txt");
/// Notice that an account is suspended.
pub const COMPTE_SIGNALE: &str = include_str!("../text/fr/compte_signale.txt");
/// What a whole dossier is, and how to check it.
pub const DOSSIER_COMPLET: &str = include_str!("../text/fr/dossier_complet.txt");
/// Terms of use shipped with the product.
pub const CGU: &str = include_str!("../text/fr/cgu.txt");
/// Version of [`CGU`].
pub const CGU_VERSION: &str = "1";

/// Fills the `{blanks}` of a template. A blank without value, or a value without blank, is an error.
pub fn fill(template: &str, values: &[(&str, &str)]) -> Result<String, SignificationError> {
    let refuse = |why: String| SignificationError::Message { why };
    let mut out = String::with_capacity(template.len() + 256);
    let mut rest = template;
    let mut used = std::collections::BTreeSet::new();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, tail) = after.split_once('}').ok_or_else(|| refuse("accolade non fermée".into()))?;
        let value = values.iter().find(|(key, _)| *key == name).ok_or_else(|| refuse(format!("blanc {name} vide")))?;
        out.push_str(value.1);
        used.insert(name);
        rest = tail;
    }
    out.push_str(rest);
    match values.iter().find(|(key, _)| !used.contains(key)) {
        Some((key, _)) => Err(refuse(format!("valeur {key} sans emploi"))),
        None => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_all_filled() {
        assert_eq!(fill("a {b} c {b}", &[("b", "{x}")]).unwrap(), "a {x} c {x}");
        assert!(fill("a {b}", &[]).is_err());
        assert!(fill("a", &[("b", "x")]).is_err());
        assert!(fill("a {b", &[("b", "x")]).is_err());
    }

    #[test]
    fn no_text_asserts_more_than_the_journal_knows() {
        let effacement = [crate::notice::certificat::EFFACEMENT, crate::effacement::METHODE, crate::procedure::HORLOGE];
        let of_accounts = [COMPTE_INVITATION, COMPTE_SIGNALE];
        let of_answers = [SMS_CODE, CGU_PREAVIS, REPONSE_RECUE, DOSSIER_COMPLET];
        let others = [AVIS, INVITATION, RAPPEL, VIOLATION, FICHIER_REFUSE, SMS, CGU, crate::cli_help::PORTEE_JURIDIQUE];
        for text in others.into_iter().chain(of_accounts).chain(of_answers).chain(effacement) {
            for word in ["il est certain", "incontestable", "infalsifiable", "GMT", "conforme à la norme", "garantit"]
            {
                assert!(!text.contains(word), "{word}");
            }
        }
    }
}

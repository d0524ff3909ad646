//! A courtesy translation, drawn up again like an act, is told as what it is: under a code that is not the act's, so that nothing
//! takes it for one.
use dossier::{Finding, Level};

/// The code of a document that agrees with its bundle and is no act.
pub(super) const CODE: &str = "pv.translation";

/// Tells every agreement as that of a translation.
pub(super) fn told(findings: &mut [Finding]) {
    for agrees in findings.iter_mut().filter(|f| f.code == "pv.agrees") {
        let what = format!(
            "Traduction de courtoisie : elle n'est pas l'acte, seul le texte français fait foi. {}",
            agrees.what
        );
        let what =
            what.replace("le procès-verbal est le même octet pour octet", "la traduction est la même octet pour octet");
        *agrees = Finding::new(CODE, Level::Info, what);
    }
}

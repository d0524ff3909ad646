//! An outcome file written by software that is not ours never makes its reader panic, and what is read of it is of the schema.
#![no_main]

use signification::backend::dossier::retour::{IssueRetour, MAX_RETOUR, lire};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(retour) = lire(data) {
        assert!(data.len() <= MAX_RETOUR);
        if let IssueRetour::Refuse { code } | IssueRetour::EnCours { code } = retour.issue {
            assert!(!code.is_empty() && code.len() <= 60 && code.is_ascii());
        }
    }
});

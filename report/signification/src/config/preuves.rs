//! `[preuves]`: how long acts and evidence are kept, what bounds the quarantine, and where checkpoints are anchored (rows D08, D09,
//! E06). Two terms: the recipient's vault, short; the office's evidence, long.
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::refuse;
use crate::SignificationError;
use crate::ancrage::{Genre, JETON, MAX_ANCRES};

/// An anchor (`[[preuves.ancres]]`). Whoever holds the signing key asks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AncreConfig {
    /// Its name, as the check tells it.
    pub nom: String,
    /// What it is: `rfc3161`, `journal_public`, `opentimestamps`.
    pub genre: Genre,
    /// Its address, `http://…` or `https://…`.
    pub adresse: String,
    /// Certificate (PEM) or key of its root, for the check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub racine: Option<PathBuf>,
}

/// The section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PreuvesConfig {
    /// Months an act stays in its recipient's vault after its sending, 3 to 600; a termination shortens it to two months.
    pub coffre_mois: u16,
    /// Years the office keeps its evidence (journal, receipts, signatures, digests), 5 to 99 and longer than the vault. Nothing
    /// there is ever deleted by the software: it is what the dossier announces.
    pub etude_annees: u16,
    /// Days an infected file stays in quarantine, 1 to 365.
    pub quarantaine_jours: u16,
    /// Files in quarantine at most, 1 to 10 000; the oldest go first.
    pub quarantaine_fichiers: u16,
    /// MiB in quarantine at most, 1 to 65 535; the oldest go first.
    pub quarantaine_mio: u16,
    /// Anchors of the journal's checkpoints, beside their own time token; eight at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ancres: Vec<AncreConfig>,
}

impl Default for PreuvesConfig {
    /// Five years in the vault, twenty-five of evidence; thirty days, fifty files and 256 MiB of quarantine; no further anchor.
    fn default() -> Self {
        Self {
            coffre_mois: 60,
            etude_annees: 25,
            quarantaine_jours: 30,
            quarantaine_fichiers: 50,
            quarantaine_mio: 256,
            ancres: Vec::new(),
        }
    }
}

impl PreuvesConfig {
    /// Checks what the types cannot say.
    pub(super) fn check(&self) -> Result<(), SignificationError> {
        if !(3..=600).contains(&self.coffre_mois) || !(5..=99).contains(&self.etude_annees) {
            return Err(refuse("preuves : coffre_mois de 3 à 600, etude_annees de 5 à 99".into()));
        }
        if self.coffre_mois > self.etude_annees * 12 {
            return Err(refuse(
                "preuves : les preuves de l'étude se gardent au moins aussi longtemps que le coffre".into(),
            ));
        }
        if !(1..=365).contains(&self.quarantaine_jours)
            || !(1..=10_000).contains(&self.quarantaine_fichiers)
            || self.quarantaine_mio == 0
        {
            return Err(refuse(
                "preuves : quarantaine_jours de 1 à 365, _fichiers de 1 à 10000, _mio au moins 1".into(),
            ));
        }
        if self.ancres.len() > MAX_ANCRES {
            return Err(refuse(format!("preuves.ancres : {MAX_ANCRES} au plus")));
        }
        let mut names: Vec<&str> = vec![JETON];
        for one in &self.ancres {
            let plain = (1..=60).contains(&one.nom.chars().count()) && !one.nom.chars().any(char::is_control);
            let address = one.adresse.starts_with("http://") || one.adresse.starts_with("https://");
            if !plain || !address || names.contains(&one.nom.as_str()) {
                return Err(refuse(format!(
                    "preuves.ancres : {:?} : nom propre à chacune, 60 caractères au plus, adresse http:// ou https://",
                    one.nom
                )));
            }
            names.push(&one.nom);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d09_e06_terms_and_anchors_are_checked() {
        assert!(PreuvesConfig::default().check().is_ok());
        let parse = |text: &str| {
            let read: PreuvesConfig = toml::from_str(text).unwrap();
            read.check().is_ok()
        };
        let one = "[[ancres]]\nnom = \"A\"\ngenre = \"rfc3161\"\nadresse = \"http://127.0.0.1:1/\"\n";
        let two = one.replace("\"A\"", "\"B\"").replace("rfc3161", "opentimestamps");
        assert!(parse(&format!("coffre_mois = 24\n{one}{two}")));
        for bad in [
            "coffre_mois = 2",
            "etude_annees = 4",
            "coffre_mois = 600\netude_annees = 5",
            "quarantaine_jours = 0",
            "quarantaine_fichiers = 0",
            "quarantaine_mio = 0",
            &format!("{one}{one}"),
            &one.replace("http:", "ftp:"),
            &one.replace("\"A\"", "\"\""),
            &one.replace("\"A\"", &format!("\"{JETON}\"")),
        ] {
            assert!(!parse(bad), "{bad}");
        }
    }
}

//! The two registers of processing (RGPD, art. 30; row F08) and the list of subcontractors (CGU, art. 13; row F14), printed from
//! the configuration and the texts.
use std::path::Path;

use serde::Serialize;

use crate::SignificationError;
use crate::config::Config;
use crate::hebergement::{Hebergement, Site, SousTraitant};
use crate::text::fill;

const CONSENTEMENTS: &str = include_str!("../text/fr/registre_consentements.txt");
const ACTES: &str = include_str!("../text/fr/registre_actes.txt");

/// Who answers for a processing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Responsable {
    /// The chamber: the registry of consents (CGU, art. 11.1).
    Chambre,
    /// The officer: the acts (CGU, art. 11.2); the chamber is then his processor.
    Officier,
}

/// One register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Registre {
    /// Who answers for it.
    pub responsable: Responsable,
    /// Its text, as printed.
    pub texte: String,
}

/// What is printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Registres {
    /// The two registers: registry, then acts.
    pub registres: [Registre; 2],
    /// The subcontractors.
    pub sous_traitants: Vec<SousTraitant>,
    /// Where data go.
    pub sites: Vec<Site>,
}

impl Registres {
    /// Those of the platform in the folder `root`.
    pub fn of(root: &Path, config: &Config) -> Result<Self, SignificationError> {
        let declared = Hebergement::of(root)?;
        let blanks = [("etude", config.etude.as_str()), ("residence", &config.residence), ("dpo", &config.contact_dpo)];
        let registre = |responsable, text| fill(text, &blanks).map(|texte| Registre { responsable, texte });
        Ok(Self {
            registres: [registre(Responsable::Chambre, CONSENTEMENTS)?, registre(Responsable::Officier, ACTES)?],
            sous_traitants: declared.sous_traitants,
            sites: declared.sites,
        })
    }

    /// The page: registers, subcontractors with their country, places.
    pub fn lignes(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for registre in &self.registres {
            lines.extend(registre.texte.lines().map(str::to_owned));
            lines.push(String::new());
        }
        lines.push("SOUS-TRAITANTS (l'étude en répond seule envers la personne)".to_owned());
        if self.sous_traitants.is_empty() {
            lines.push("Aucun n'est déclaré.".to_owned());
        }
        lines.extend(
            self.sous_traitants.iter().map(|one| format!("- {} : {} (pays : {})", one.nom, one.mission, one.pays)),
        );
        lines.push(String::new());
        lines.push("LIEUX".to_owned());
        lines.push("- cette machine".to_owned());
        lines.extend(self.sites.iter().map(|site| format!("- {} (pays : {})", site.hote, site.pays)));
        lines
    }
}

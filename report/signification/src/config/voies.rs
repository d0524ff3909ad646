//! `[voies]`: the ways by which the office serves its acts, and which it prefers. Nothing but paper by default: a way is used only
//! once it was configured.
use std::path::PathBuf;

use dossier::Clock;
use serde::{Deserialize, Serialize};

use super::{Config, refuse};
use crate::SignificationError;
use crate::backend::Voie;
use crate::backend::dossier::DossierOffice;
use crate::backend::papier::{Cadre, Papier};
use crate::backend::securact::{Securact, SecuractConfig};
use crate::calendar::Zone;
use crate::delais::JoursChomes;
use crate::evidence::EvidenceVerifier;
use crate::voie::Preferences;

/// The section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VoiesConfig {
    /// Electronic ways, the preferred first: `dossier`, `securact`, `local`; none by default, and acts go on paper.
    pub electroniques: Vec<Voie>,
    /// Whether this platform itself may be a way though it is a sandbox: trials only.
    pub bac_a_sable: bool,
    /// The folder shared with the office's own software, by its whole path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dossier: Option<PathBuf>,
    /// The operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub securact: Option<SecuractConfig>,
    /// What service on paper needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub papier: Option<PapierConfig>,
}

/// Service on paper: where its plans and forms go, and how they name the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PapierConfig {
    /// The folder of the plans, by its whole path.
    pub dossier: PathBuf,
    /// Address of the office, one line.
    pub adresse: String,
    /// Name of the officer.
    pub officier: String,
    /// Opening hours, for who collects a copy.
    pub horaires: String,
}

impl PapierConfig {
    /// How the forms name the office and its officer.
    pub fn cadre(&self, etude: &str) -> Cadre {
        let (adresse, officier, horaires) = (self.adresse.clone(), self.officier.clone(), self.horaires.clone());
        Cadre { etude: etude.to_owned(), adresse, officier, horaires }
    }
}

impl VoiesConfig {
    /// Checks what the types cannot say: a way that is preferred is one that can be used.
    pub(super) fn check(&self, config: &Config) -> Result<(), SignificationError> {
        let refused = |why: &str| Err(refuse(format!("voies.{why}")));
        for (rank, voie) in self.electroniques.iter().enumerate() {
            if self.electroniques.iter().take(rank).any(|earlier| earlier == voie) {
                return refused(&format!(
                    "electroniques : attendu des voies différentes, trouvé « {} » deux fois",
                    voie.name()
                ));
            }
            let lacking = match voie {
                Voie::Papier => Some("attendu des voies électroniques, trouvé « papier », qui va de soi"),
                Voie::Dossier if self.dossier.is_none() => Some("« dossier » demande voies.dossier, trouvé aucun"),
                Voie::Securact if self.securact.is_none() => {
                    Some("« securact » demande [voies.securact], trouvé aucune")
                }
                Voie::Local if !self.bac_a_sable => Some("« local » demande voies.bac_a_sable = true, trouvé false"),
                _ => None,
            };
            if let Some(why) = lacking {
                return refused(&format!("electroniques : {why}"));
            }
        }
        if self.bac_a_sable && !config.essai {
            return refused("bac_a_sable : attendu essai = true, trouvé false");
        }
        let folders =
            [("dossier", &self.dossier), ("papier.dossier", &self.papier.as_ref().map(|p| p.dossier.clone()))];
        for (name, folder) in folders {
            if let Some(folder) = folder.as_ref().filter(|folder| !folder.is_absolute()) {
                let found = folder.display().to_string();
                return refused(&format!("{name} : attendu un chemin entier (« /… »), trouvé {found:?}"));
            }
        }
        if let Some(paper) = &self.papier {
            paper.cadre(&config.etude).check().map_err(|_| {
                refuse("voies.papier : adresse, officier et horaires : une ligne chacun, non vide".into())
            })?;
        }
        self.securact.as_ref().map_or(Ok(()), SecuractConfig::check)
    }

    /// What the choice of a way is told.
    pub fn preferences(&self) -> Preferences {
        Preferences { electroniques: self.electroniques.clone(), bac_a_sable: self.bac_a_sable }
    }

    /// The way by the folder of the office's software, if there is one; the folder is made if need be.
    pub fn ouvrir_dossier(&self) -> Result<Option<DossierOffice>, SignificationError> {
        self.dossier.as_deref().map(DossierOffice::ouvrir).transpose()
    }

    /// Service on paper, if it is set; the folder is made if need be. Its days are counted in the office's zone.
    pub fn ouvrir_papier<'a>(
        &self,
        (etude, zone): (&str, Zone),
        chomes: &JoursChomes,
        clock: &'a dyn Clock,
    ) -> Result<Option<Papier<'a>>, SignificationError> {
        let open =
            |paper: &PapierConfig| Papier::ouvrir(&paper.dossier, paper.cadre(etude), zone, chomes.clone(), clock);
        self.papier.as_ref().map(open).transpose()
    }

    /// The way by the operator, if there is one; its secrets are read now.
    pub fn ouvrir_operateur<'a>(
        &self,
        clock: &'a dyn Clock,
        verifier: &'a dyn EvidenceVerifier,
    ) -> Result<Option<Securact<'a>>, SignificationError> {
        self.securact.as_ref().map(|operator| Securact::new(operator, clock, verifier)).transpose()
    }
}

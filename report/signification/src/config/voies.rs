//! `[voies]`: the ways by which the office serves its acts, and which it prefers. Nothing but paper by default: a way is used only
//! once it was configured.
use std::path::PathBuf;

use dossier::Clock;
use serde::{Deserialize, Serialize};

use super::{Config, refuse};
use crate::SignificationError;
use crate::backend::Voie;
use crate::backend::dossier::DossierOffice;
use crate::backend::securact::{Securact, SecuractConfig};
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
        match &self.dossier {
            Some(folder) if !folder.is_absolute() => {
                return refused(&format!(
                    "dossier : attendu un chemin entier (« /… »), trouvé {:?}",
                    folder.display().to_string()
                ));
            }
            _ => {}
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

    /// The way by the operator, if there is one; its secrets are read now.
    pub fn ouvrir_operateur<'a>(
        &self,
        clock: &'a dyn Clock,
        verifier: &'a dyn EvidenceVerifier,
    ) -> Result<Option<Securact<'a>>, SignificationError> {
        self.securact.as_ref().map(|operator| Securact::new(operator, clock, verifier)).transpose()
    }
}

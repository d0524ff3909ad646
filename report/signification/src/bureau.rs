//! Where the office is and what it relies on (`[bureau]`): its seat, the directory of offices, the list of local closed days;
//! and the tools a platform may be lent beside its [`crate::Context`].
use std::path::PathBuf;

use dossier::Sha256Digest;
use serde::{Deserialize, Serialize};

use crate::SignificationError;
use crate::config::refuse;
use crate::evidence::EvidenceVerifier;
use crate::notice::sms::PasserelleSms;
use crate::person::email;
use crate::scan::Analyseur;
use crate::signature_acte::ControleSignature;
use crate::territoire::{CodeInsee, OfficeId};

/// The most annexes of an office, as in the directory.
const MAX_ANNEXES: usize = 32;

/// Where the signature of a signed file is: beside it, under this ending.
pub const SIGNATURE: &str = "p7s";

/// The directory of offices (`[bureau.annuaire]`): a snapshot in canonical JSON, its CMS signature beside it (`.p7s`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnuaireConfig {
    /// The snapshot.
    pub fichier: PathBuf,
    /// SHA-256 of the certificate (DER) that signs it, and no other.
    pub signataire: Sha256Digest,
    /// Days after which it is used with a warning, 1 to 3660.
    #[serde(default = "thirty")]
    pub jours_max: u16,
}

fn thirty() -> u16 {
    30
}

/// Where the office is (`[bureau]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BureauConfig {
    /// Its identifier in the directory.
    pub office: OfficeId,
    /// Commune of its seat: the residence of its officers.
    pub siege: CodeInsee,
    /// Communes of its annexes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annexes: Vec<CodeInsee>,
    /// Where the office is told of answers; without it they are listed only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub courriel: Option<String>,
    /// The signed list of local closed days, its signature beside it (`.p7s`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jours_chomes: Option<PathBuf>,
    /// The directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annuaire: Option<AnnuaireConfig>,
}

impl BureauConfig {
    /// Checks what the types cannot say.
    pub fn check(&self) -> Result<(), SignificationError> {
        if self.annexes.len() > MAX_ANNEXES {
            return Err(refuse(format!("bureau.annexes : {MAX_ANNEXES} au plus")));
        }
        if let Some(unknown) = self.annexes.iter().chain([&self.siege]).find(|code| code.commune().is_none()) {
            return Err(refuse(format!("bureau : commune inconnue {unknown}")));
        }
        if let Some(address) = &self.courriel {
            email(address).map_err(|e| refuse(format!("bureau.courriel : {e}")))?;
        }
        match &self.annuaire {
            Some(annuaire) if !(1..=3660).contains(&annuaire.jours_max) => {
                Err(refuse("bureau.annuaire.jours_max : entre 1 et 3660".into()))
            }
            _ => Ok(()),
        }
    }
}

/// What a platform may use beside its context: what is not lent is done without, as each field says.
#[derive(Clone, Copy, Default)]
pub struct Outils<'a> {
    /// Checks signatures: asked for by the directory, the list of closed days and the transfers.
    pub verifier: Option<&'a (dyn EvidenceVerifier + Sync)>,
    /// Searches for malware; without it, the daemon of `[analyse]`.
    pub analyseur: Option<&'a (dyn Analyseur + Sync)>,
    /// Sends SMS; without it none is sent.
    pub sms: Option<&'a (dyn PasserelleSms + Sync)>,
    /// Judges the signature inside the PDF of an act; without it none is noted, and where one is asked for nothing is deposited.
    pub signature: Option<&'a (dyn ControleSignature + Sync)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "office = \"732829320\"\nsiege = \"69123\"\ncourriel = \"etude@essai.test\"\n";

    #[test]
    fn g01_a_seat_is_a_known_commune() {
        let config: BureauConfig = toml::from_str(GOOD).unwrap();
        config.check().unwrap();
        let text = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<BureauConfig>(&text).unwrap(), config);
        for (from, to) in [("69123", "69999"), ("etude@", "etude"), ("[bureau", "x")] {
            let text = GOOD.replace(from, to);
            let bad = toml::from_str::<BureauConfig>(&text).is_ok_and(|config| config.check().is_ok());
            assert!(!bad || text == GOOD, "{to}");
        }
        assert!(toml::from_str::<BureauConfig>(&GOOD.replace("732829320", "732829321")).is_err());
    }
}

//! The procedure sheet (`constat-procedure/1`): versions, algorithms and clock source, as a court asks for them (row E13). Each
//! evidence folder has it, and each receipt bears its digest.
use dossier::{Sha256Digest, to_canonical};
use serde::{Deserialize, Serialize};

use crate::SignificationError;
use crate::effacement::CERTIFICATE_FORMAT;
use crate::event::STORE_FORMAT;
use crate::point::EXTRAIT_FORMAT;
use crate::receipt::EVIDENCE_FORMAT;
use crate::vault::VAULT_FORMAT;

/// Version of the sheet.
pub const PROCEDURE_FORMAT: &str = "constat-procedure/1";
/// Its file, beside the receipt.
pub const PROCEDURE_FILE: &str = "procedure.json";
/// Said when the operator declared no other clock.
pub const HORLOGE: &str = "horloge du système, réglée par l'exploitant, sans garantie propre ; les jetons d'horodatage seuls \
                           font foi de l'heure envers les tiers";

/// One line of the sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// What for.
    pub emploi: String,
    /// Which algorithm or form.
    pub algorithme: String,
    /// The standard.
    pub norme: String,
}

/// The sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// Format.
    pub format: String,
    /// Name of the software.
    pub logiciel: String,
    /// Its version.
    pub version: String,
    /// Formats of what it writes.
    pub formats: Vec<String>,
    /// Algorithms.
    pub algorithmes: Vec<Usage>,
    /// Where the time of the journal comes from, as the operator declares it.
    pub horloge: String,
    /// How to check a receipt without this software.
    pub controle: Vec<String>,
}

impl Procedure {
    /// The sheet of this version, with the clock that the operator declares.
    pub fn of(horloge: &str) -> Self {
        let usage = |(emploi, algorithme, norme): (&str, &str, &str)| Usage {
            emploi: emploi.into(),
            algorithme: algorithme.into(),
            norme: norme.into(),
        };
        let table = [
            ("journal : chaîne des lignes", "SHA-256 de la ligne précédente dans chaque ligne", "FIPS 180-4"),
            ("journal : arbre des lignes", "arbre de Merkle, SHA-256", "RFC 9162, 2.1"),
            ("forme des preuves", "JSON canonique", "RFC 8785"),
            ("signature des preuves", "CMS détaché, CAdES B, clé et certificat de l'étude", "ETSI EN 319 122-1"),
            ("horodatage", "jeton sur la preuve, ou sur un point de contrôle du journal", "RFC 3161 ; ETSI EN 319 422"),
            ("empreintes des actes", "SHA-256 et SHA-512", "FIPS 180-4"),
            ("chiffrement au repos", "age, X25519 et ChaCha20-Poly1305, lié à l'objet", "age v1 ; RFC 7748 ; RFC 8439"),
            ("index du registre", "HMAC-SHA-256", "RFC 2104"),
            ("heure", "temps universel à la milliseconde ; heure de Paris affichée avec son décalage", "RFC 3339"),
        ];
        let formats = [STORE_FORMAT, EVIDENCE_FORMAT, CERTIFICATE_FORMAT, EXTRAIT_FORMAT, VAULT_FORMAT];
        let controle = [
            "openssl cms -verify -cades -binary -inform DER -in preuve.json.p7s -content preuve.json -CAfile racine.pem -purpose any",
            "openssl ts -verify -data preuve.json -in preuve.json.tst -token_in -CAfile racine.pem",
        ];
        Self {
            format: PROCEDURE_FORMAT.to_owned(),
            logiciel: "constat (signification)".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            formats: formats.map(str::to_owned).to_vec(),
            algorithmes: table.into_iter().map(usage).collect(),
            horloge: horloge.to_owned(),
            controle: controle.map(str::to_owned).to_vec(),
        }
    }

    /// Its octets and their digest.
    pub fn octets(&self) -> Result<(Vec<u8>, Sha256Digest), SignificationError> {
        let octets = to_canonical(self)?;
        let digest = Sha256Digest::of(&octets);
        Ok((octets, digest))
    }
}

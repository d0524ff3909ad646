//! The certificate of erasure (`constat-effacement/1`): canonical JSON, signed and timestamped like a receipt, checked with the
//! same tools, without any content of what was destroyed.
use std::collections::BTreeMap;

use dossier::{Instant, Sha256Digest, parse_strict};
use serde::{Deserialize, Serialize};

use super::{Item, Motif};
use crate::receipt::{Issuer, JournalRef};
use crate::{Id, SignificationError};

/// Version of the certificate.
pub const CERTIFICATE_FORMAT: &str = "constat-effacement/1";
/// The signed octets.
pub const CERTIFICATE_FILE: &str = "effacement.json";
/// What was done, as it is told: no more than what is done.
pub const METHODE: &str = "fichiers chiffrés, réécrits de zéros puis retirés du disque ; les clés qui les ouvraient sont retirées en \
                           dernier. Sur un disque qui écrit ailleurs (mémoire flash, journal), seule la destruction des clés compte. \
                           Les sauvegardes antérieures disparaissent au terme de leur conservation.";

/// The certificate. Its canonical octets (RFC 8785) are what is signed and stamped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificat {
    /// Format.
    pub version: String,
    /// Whether it comes from a trial installation.
    pub essai: bool,
    /// Identifier.
    pub certificate_id: Id,
    /// The person, by the identifier of his consent: whoever holds it knows whom it is about, nobody else.
    pub pseudonym: Id,
    /// Why.
    pub motif: Motif,
    /// When a termination was received.
    pub demande_recue_le: Option<Instant>,
    /// When the term began: revocation or termination.
    pub fin_le: Instant,
    /// When it was done, in UTC.
    pub efface_le: Instant,
    /// When it was done, in Paris.
    pub efface_le_paris: String,
    /// What.
    pub items: Vec<Item>,
    /// How.
    pub methode: String,
    /// Who says so.
    pub issuer: Issuer,
    /// The line of the journal.
    pub journal: JournalRef,
    /// SHA-256 of the procedure sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedure: Option<Sha256Digest>,
}

/// Reads a certificate: strict JSON in canonical form, known format, every field.
pub fn parse_certificate(bytes: &[u8]) -> Result<Certificat, SignificationError> {
    let refuse = |why: String| SignificationError::Receipt { why };
    let value = parse_strict(bytes).map_err(|e| refuse(e.to_string()))?;
    if dossier::canonical_bytes(&value)? != bytes {
        return Err(refuse("effacement.json n'est pas en forme canonique".into()));
    }
    let read: Certificat = serde_json::from_value(value).map_err(|e| refuse(e.to_string()))?;
    if read.version != CERTIFICATE_FORMAT {
        return Err(refuse(format!("version : attendu {CERTIFICATE_FORMAT}, trouvé {}", read.version)));
    }
    Ok(read)
}

/// The files of a certificate, by name, as they are written and as they are sent.
pub fn certificate_files(
    bytes: Vec<u8>,
    signature: Vec<u8>,
    (token, states): (Option<Vec<u8>>, Option<Vec<u8>>),
    procedure: Option<Vec<u8>>,
) -> BTreeMap<String, Vec<u8>> {
    let name = |end: &str| format!("{CERTIFICATE_FILE}{end}");
    let mut files = BTreeMap::from([(name(""), bytes), (name(".p7s"), signature)]);
    files.extend(token.map(|token| (name(".tst"), token)));
    files.extend(states.map(|states| (name(".etats"), states)));
    files.extend(procedure.map(|sheet| (crate::procedure::PROCEDURE_FILE.to_owned(), sheet)));
    files
}

//! The form of the manifest of a whole dossier (`constat-dossier-complet/1`): strict JSON in its one form (RFC 8785), these fields and no
//! other.
use std::collections::BTreeSet;

use dossier::{ArtefactPath, Finding, Instant, Level, Sha256Digest, Sha512Digest};
use serde::Deserialize;
use serde_json::Value;

use super::OWN;
use crate::verify::receipt::form::{Id, Issuer};

const FORMAT: &str = "constat-dossier-complet/1";

/// For whom it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Party {
    Destinataire,
    Etude,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Acte,
    SignatureActe,
    ControleSignature,
    Avis,
    SuiviAvis,
    Retour,
    Recepisse,
    RecepisseZip,
    Accuse,
    Journal,
    Ancres,
    Explication,
    Procedure,
    Conditions,
    Verificateur,
    Lisezmoi,
    Sommes,
}

/// A file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) nom: String,
    pub(super) genre: Kind,
    pub(super) octets: u64,
    pub(super) sha256: Sha256Digest,
}

/// What is not there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Missing {
    pub(super) quoi: String,
    pub(super) pourquoi: String,
}

/// The act.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Act {
    pub(super) id: Id,
    pub(super) dossier: String,
    pub(super) nature: String,
    pub(super) envoye_le: Option<Instant>,
    pub(super) octets: u64,
    pub(super) sha256: Sha256Digest,
    pub(super) sha512: Sha512Digest,
}

/// The manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    #[serde(rename = "format")]
    _format: String,
    pub(super) essai: bool,
    pub(super) pour: Party,
    pub(super) etabli_le: Instant,
    pub(super) issuer: Issuer,
    pub(super) acte: Act,
    #[serde(rename = "coffre_jusqu_au")]
    _vault: Option<Instant>,
    #[serde(rename = "etude_jusqu_au")]
    _office: Option<String>,
    pub(super) fichiers: Vec<Row>,
    pub(super) absents: Vec<Missing>,
}

impl Manifest {
    /// The rows of a kind.
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = &Row> {
        self.fichiers.iter().filter(move |row| row.genre == kind)
    }
}

/// Reads the manifest, and its value as it is shown.
pub(super) fn read(bytes: &[u8]) -> Result<(Manifest, Value), Finding> {
    let fail = |code: &str, what: &str| Finding::new(code, Level::Fail, what);
    let value = dossier::parse_strict(bytes)
        .map_err(|e| fail("whole.json", "Le manifeste n'est pas un JSON strict.").found(e))?;
    if dossier::canonical_bytes(&value).ok().as_deref() != Some(bytes) {
        return Err(fail("whole.canonical", "Le manifeste n'est pas sous sa forme canonique (RFC 8785)."));
    }
    let format = value.get("format").and_then(Value::as_str).unwrap_or_default();
    if format != FORMAT {
        let what = "La version du manifeste n'est pas de celles que ce logiciel connaît.";
        return Err(fail("whole.format", what).values(FORMAT, format));
    }
    let what = "Un champ du manifeste manque, est inconnu ou n'a pas la forme attendue.";
    let manifest: Manifest = serde_json::from_value(value.clone()).map_err(|e| fail("whole.field", what).found(e))?;
    let mut seen = BTreeSet::new();
    for row in &manifest.fichiers {
        let named = ArtefactPath::new(row.nom.as_str()).is_ok() && !OWN.contains(&row.nom.as_str());
        if !named || !seen.insert(row.nom.to_ascii_lowercase()) {
            let what =
                "Le manifeste liste deux fois un fichier, se liste lui-même, ou donne un nom qui n'est pas admis.";
            return Err(fail("whole.names", what).found(&row.nom));
        }
    }
    Ok((manifest, value))
}

//! The manifest of a whole dossier (`constat-dossier-complet/1`): every file with its digest, what is missing and why. It is what is
//! signed and timestamped (rows D08, E09).
use dossier::{Digests, Instant, Sha256Digest, Sha512Digest};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::preuve_acte::Partie;
use crate::receipt::Issuer;
use crate::{Id, SignificationError};

/// Version of the manifest.
pub const DOSSIER_FORMAT: &str = "constat-dossier-complet/1";
/// Its file.
pub(super) const MANIFESTE_FILE: &str = "manifeste.json";
/// The digests, for `sha256sum -c`.
pub(super) const SOMMES_FILE: &str = "SHA256SUMS";

/// What a file of the dossier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Genre {
    /// The act, bit for bit as deposited.
    Acte,
    /// Its signature by the office.
    SignatureActe,
    /// What was found of the signature inside its PDF, at its deposit.
    ControleSignature,
    /// A notice exactly as handed to the mail server (RFC 5322).
    Avis,
    /// What became of a notice.
    SuiviAvis,
    /// What a server sent back (DSN, RFC 3464).
    Retour,
    /// A file of a receipt.
    Recepisse,
    /// A receipt in one zip, for the page of verification.
    RecepisseZip,
    /// A file of the acknowledgement of an answer.
    Accuse,
    /// An excerpt of the journal.
    Journal,
    /// Further anchors of the excerpt's checkpoint.
    Ancres,
    /// The explanation of the act.
    Explication,
    /// The procedure sheet.
    Procedure,
    /// The terms of use.
    Conditions,
    /// The page of verification.
    Verificateur,
    /// This text for people.
    Lisezmoi,
    /// The digests, for `sha256sum`.
    Sommes,
}

impl Genre {
    /// In French, several of them.
    pub(super) fn nom(self) -> &'static str {
        match self {
            Self::Acte => "l'acte, tel que déposé",
            Self::SignatureActe => "la signature de l'acte par l'étude",
            Self::ControleSignature => "le contrôle de la signature du PDF, fait au dépôt",
            Self::Avis => "avis envoyés, octet pour octet",
            Self::SuiviAvis => "suivis des avis",
            Self::Retour => "retours des serveurs de messagerie",
            Self::Recepisse => "fichiers de récépissés",
            Self::RecepisseZip => "récépissés en un fichier",
            Self::Accuse => "fichiers d'accusés de réponses",
            Self::Journal => "extraits du journal, prouvés",
            Self::Ancres => "ancres du point de contrôle",
            Self::Explication => "l'explication de l'acte, qui n'en fait pas partie",
            Self::Procedure => "la fiche de procédure",
            Self::Conditions => "les conditions d'utilisation",
            Self::Verificateur => "la page de vérification",
            Self::Lisezmoi => "ce texte",
            Self::Sommes => "les empreintes",
        }
    }
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fichier {
    /// Its path in the zip.
    pub nom: String,
    /// What it is.
    pub genre: Genre,
    /// Its length.
    pub octets: u64,
    /// Its digest.
    pub sha256: Sha256Digest,
}

/// Something that is not in the dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// What.
    pub quoi: String,
    /// Why.
    pub pourquoi: String,
}

/// The act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActeDit {
    /// Identifier.
    pub id: Id,
    /// The office's reference.
    pub dossier: String,
    /// Nature.
    pub nature: String,
    /// Date and hour of service (CPC art. 664-1).
    pub envoye_le: Option<Instant>,
    /// Length.
    pub octets: u64,
    /// Digest.
    pub sha256: Sha256Digest,
    /// Digest.
    pub sha512: Sha512Digest,
}

/// The manifest. Its canonical octets (RFC 8785) are what is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifeste {
    /// Format.
    pub format: String,
    /// Whether it comes from a trial installation.
    pub essai: bool,
    /// For whom it is.
    pub pour: Partie,
    /// When it was made.
    pub etabli_le: Instant,
    /// Who made it.
    pub issuer: Issuer,
    /// The act.
    pub acte: ActeDit,
    /// End of the act's stay in the vault.
    pub coffre_jusqu_au: Option<Instant>,
    /// Until when the office keeps its evidence at least.
    pub etude_jusqu_au: Option<Date>,
    /// Every other file of the zip but the manifest's own, in the order of their names.
    pub fichiers: Vec<Fichier>,
    /// What is not there.
    pub absents: Vec<Absent>,
}

impl Manifeste {
    /// Reads a manifest: strict JSON in canonical form, known format, every field.
    pub fn read(bytes: &[u8]) -> Result<Self, SignificationError> {
        let refuse = |why: String| SignificationError::Receipt { why };
        let value = dossier::parse_strict(bytes).map_err(|e| refuse(e.to_string()))?;
        if dossier::canonical_bytes(&value)? != bytes {
            return Err(refuse("manifeste.json n'est pas en forme canonique".into()));
        }
        let read: Self = serde_json::from_value(value).map_err(|e| refuse(e.to_string()))?;
        if read.format != DOSSIER_FORMAT {
            return Err(refuse(format!("format : attendu {DOSSIER_FORMAT}, trouvé {}", read.format)));
        }
        Ok(read)
    }

    /// Compares a file with what the manifest says of it.
    pub fn controler(&self, nom: &str, octets: &[u8]) -> Result<(), SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "fichier du manifeste", id: nom.to_owned() };
        let told = self.fichiers.iter().find(|one| one.nom == nom).ok_or_else(unknown)?;
        let found = Digests::of(octets);
        if found.bytes != told.octets {
            let (expected, found) = (told.octets, found.bytes);
            return Err(SignificationError::VaultTruncated { object: nom.to_owned(), expected, found });
        }
        if found.sha256 != told.sha256 {
            let (expected, found) = (told.sha256.to_hex(), found.sha256.to_hex());
            return Err(SignificationError::VaultAltered { object: nom.to_owned(), expected, found });
        }
        Ok(())
    }
}

//! What else is destroyed with a person's data (row F02): his answers, their files, the documents of his small claims. Listed in the
//! journal before anything goes, so that a cut in the middle is ended; told again when all is gone. The certificate has an article for
//! each, beside the declaration, the documents and the key.
use dossier::{Instant, Sha256Digest};
use serde::{Deserialize, Serialize};

use super::{Item, ItemKind};
use crate::Id;

/// What a file was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GenreFichier {
    /// An answer to an act.
    Reponse,
    /// A file of an answer.
    Jointe,
    /// The names and addresses of a small claim.
    Creance,
    /// A document of a small claim.
    Document,
}

impl GenreFichier {
    /// The folder it lies in.
    pub(crate) fn dossier(self) -> &'static str {
        match self {
            Self::Reponse => "reponses",
            Self::Jointe => "jointes",
            Self::Creance | Self::Document => "creances",
        }
    }
}

/// A file that goes: its tombstone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fichier {
    /// What it was.
    pub genre: GenreFichier,
    /// Its identifier.
    pub id: Id,
    /// SHA-256 of what it held, as the journal knew it.
    pub sha256: Option<Sha256Digest>,
}

impl From<Fichier> for Item {
    /// The article of a certificate of erasure.
    fn from(file: Fichier) -> Self {
        let nature = match file.genre {
            GenreFichier::Reponse => ItemKind::Reponse,
            GenreFichier::Jointe => ItemKind::Jointe,
            GenreFichier::Creance => ItemKind::Creance,
            GenreFichier::Document => ItemKind::Document,
        };
        Self { nature, id: file.id, sha256: file.sha256 }
    }
}

/// The files of one person, and whether they are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fichiers {
    /// What goes.
    pub prevus: Vec<Fichier>,
    /// When all of it was gone.
    pub detruits_le: Option<Instant>,
}

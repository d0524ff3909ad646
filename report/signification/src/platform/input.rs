//! What the commands are given.
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Deserialize;

use crate::acte::Nature;
use crate::calendar::Zone;
use crate::consent::{Actor, Identification, Scope};
use crate::person::PersonInput;
use crate::{Id, SignificationError};

crate::discret::discret!(AcceptInput, DepositInput);

/// A declaration of consent, as typed in a TOML file (French keys).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclarationInput {
    /// The person.
    pub personne: PersonInput,
    /// Natures of act consented to; absent: all.
    pub natures: Option<Vec<String>>,
    /// Last day of the consent, included, `AAAA-MM-JJ`; absent: no term.
    pub jusqu_au: Option<String>,
    /// Zone of the recipient's home or seat.
    #[serde(default = "metropole")]
    pub zone: Zone,
    /// How the person was identified: `pieces` or `france_connect`.
    #[serde(default = "pieces")]
    pub identification: Identification,
    /// Whether the recipient was helped to fill it in.
    #[serde(default)]
    pub assistance: bool,
    /// Supporting documents: kind to file, relative to the declaration's folder.
    #[serde(default)]
    pub pieces: BTreeMap<String, PathBuf>,
}

fn metropole() -> Zone {
    Zone::Metropole
}

fn pieces() -> Identification {
    Identification::Pieces
}

impl DeclarationInput {
    /// Reads a declaration file; paths of documents become relative to its folder.
    pub fn read(path: &Path) -> Result<Self, SignificationError> {
        let text = std::fs::read_to_string(path).map_err(|e| SignificationError::io("read", path, e))?;
        let mut input: Self = toml::from_str(&text).map_err(|e| SignificationError::Config { why: e.to_string() })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for piece in input.pieces.values_mut() {
            *piece = folder.join(&*piece);
        }
        Ok(input)
    }

    /// The scope asked for.
    pub(super) fn scope(&self) -> Result<Scope, SignificationError> {
        let natures = match &self.natures {
            Some(list) => Some(list.iter().map(|n| Nature::new(n)).collect::<Result<Vec<_>, _>>()?),
            None => None,
        };
        let until = match &self.jusqu_au {
            Some(text) => Some(text.parse::<Date>().map_err(|_| SignificationError::Field {
                field: "jusqu_au",
                found: text.chars().take(40).collect(),
                why: "pas une date AAAA-MM-JJ",
            })?),
            None => None,
        };
        Ok(Scope { natures, until })
    }
}

/// What the recipient gives at his first connection.
#[derive(Clone)]
pub struct AcceptInput {
    /// The consent.
    pub consent: Id,
    /// The single-use secret of the invitation.
    pub jeton: String,
    /// Digest of the terms of use he read, in hexadecimal.
    pub cgu_sha256: String,
    /// His private key file, outside the store; made when it does not exist.
    pub cle: PathBuf,
}

/// Who asks for a suspension or a revocation.
#[derive(Clone, Debug)]
pub enum Demande {
    /// The recipient himself, proven by his key.
    Destinataire {
        /// His private key file.
        cle: PathBuf,
    },
    /// The keeper of the registry, on a written request.
    Ecrit {
        /// Who enters it.
        registre: Actor,
        /// Reference of the request.
        reference: String,
    },
}

/// An act to deposit.
#[derive(Clone)]
pub struct DepositInput {
    /// The consent of its recipient.
    pub consent: Id,
    /// The office's dossier.
    pub dossier: String,
    /// Nature of the act, a slug.
    pub nature: String,
    /// On whose request.
    pub requerant: String,
    /// The PDF file.
    pub fichier: PathBuf,
}

/// Where an act is handed over: bytes, then the end that makes them the recipient's.
pub trait Handover: Write {
    /// Everything was written: make it durable. The handing over counts only when this succeeds.
    fn complete(&mut self) -> io::Result<()>;
}

impl Handover for File {
    fn complete(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

impl Handover for Vec<u8> {
    fn complete(&mut self) -> io::Result<()> {
        Ok(())
    }
}

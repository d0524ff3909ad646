//! The folder where packages are kept as they came: one file for each step of each transfer, written once.
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::etape::MAX_ETAPES;
use super::ouverture::entete;
use super::paquet::MAX_PAQUET;
use crate::vault::{private_folder, write_private};
use crate::{Id, SignificationError};

/// The folder of an office's transfers.
#[derive(Clone, Debug)]
pub struct Depot {
    racine: PathBuf,
}

impl Depot {
    /// Opens the folder, and makes it (0700) when it does not exist; its parent must.
    pub fn ouvrir(racine: impl Into<PathBuf>) -> Result<Self, SignificationError> {
        let racine = racine.into();
        if !racine.is_dir() {
            private_folder(&racine)?;
        }
        Ok(Self { racine })
    }

    fn chemin(&self, transmission: Id, rang: u32) -> PathBuf {
        self.racine.join(transmission.to_string()).join(format!("{rang}.paquet"))
    }

    /// The bytes of the package of a step, when it is held.
    pub fn lire(&self, transmission: Id, rang: u32) -> Result<Option<Vec<u8>>, SignificationError> {
        let path = self.chemin(transmission, rang);
        if path.exists() { lire_fichier(&path).map(Some) } else { Ok(None) }
    }

    /// The highest rank held and its bytes.
    pub fn dernier(&self, transmission: Id) -> Result<Option<(u32, Vec<u8>)>, SignificationError> {
        for rang in (0..u32::try_from(MAX_ETAPES).unwrap_or(0)).rev() {
            if let Some(octets) = self.lire(transmission, rang)? {
                return Ok(Some((rang, octets)));
            }
        }
        Ok(None)
    }

    /// Keeps the package of a step. The same content again changes nothing and gives `false`; another is refused.
    pub fn garder(&self, transmission: Id, rang: u32, octets: &[u8]) -> Result<bool, SignificationError> {
        if let Some(held) = self.lire(transmission, rang)? {
            // Encryption is never twice the same: the digests of what is inside are compared.
            let same = entete(&held)?.0.contenu == entete(octets)?.0.contenu;
            return if same {
                Ok(false)
            } else {
                Err(SignificationError::PackageConflict { id: transmission.to_string() })
            };
        }
        let path = self.chemin(transmission, rang);
        let folder = path.parent().unwrap_or(&self.racine);
        if !folder.is_dir() {
            private_folder(folder)?;
        }
        write_private(&path, octets)?;
        Ok(true)
    }

    /// Every transfer held, in the order of the identifiers (of their making).
    pub fn transmissions(&self) -> Result<Vec<Id>, SignificationError> {
        let read = |e| SignificationError::io("read", &self.racine, e);
        let mut list: Vec<Id> = Vec::new();
        for entry in fs::read_dir(&self.racine).map_err(read)? {
            let name = entry.map_err(read)?.file_name();
            list.extend(name.to_str().and_then(|name| name.parse::<Id>().ok()));
        }
        list.sort();
        Ok(list)
    }
}

/// Reads a package file, bounded.
pub fn lire_fichier(path: &Path) -> Result<Vec<u8>, SignificationError> {
    let file = File::open(path).map_err(|e| SignificationError::io("open", path, e))?;
    let mut octets = Vec::new();
    file.take(MAX_PAQUET + 1).read_to_end(&mut octets).map_err(|e| SignificationError::io("read", path, e))?;
    if octets.len() as u64 > MAX_PAQUET {
        return Err(SignificationError::PackageTooLarge { what: "paquet", max: MAX_PAQUET });
    }
    Ok(octets)
}

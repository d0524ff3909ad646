//! A package between two offices: a line in clear that says for whom it is, then a zip encrypted with age. The zip holds
//! the pieces, a manifest with their digests, and the manifest's detached signature.
//!
//! The line is canonical JSON: format, transfer, package, sender, receiver, length and digests of the zip. It is not
//! signed: the manifest repeats what matters and is. Names inside are taken from a short alphabet and never become paths.
use std::io::{Cursor, Write};

use dossier::{Digests, Instant, to_canonical};
use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::etape::{EtapeSignee, Suivi};
use crate::territoire::OfficeId;
use crate::vault::{self, Kind, PublicKey};
use crate::{EvidenceSealer, Id, SignificationError, TimeProof};

/// Format of the line and of the manifest.
pub const PAQUET_FORMAT: &str = "constat-confrere/1";
/// The largest package taken, in bytes.
pub const MAX_PAQUET: u64 = 64 * 1024 * 1024;
/// The most bytes of all the pieces of a package once out of the zip.
pub const MAX_CLAIR: u64 = 64 * 1024 * 1024;
/// The most pieces of a package, manifest and signature included.
pub const MAX_PIECES: usize = 48;
/// The longest first line, in bytes.
pub(super) const MAX_ENTETE: usize = 2048;
/// What the vault's binding calls a package.
pub(super) const KIND: Kind = Kind::Transmission;

pub(super) const MANIFESTE: &str = "manifeste.json";
pub(super) const SIGNATURE: &str = "manifeste.json.p7s";
pub(super) const JETON: &str = "manifeste.json.tst";
pub(super) const SUIVI: &str = "suivi.json";
pub(super) const ACTE: &str = "acte.pdf";
pub(super) const DONNEES: &str = "donnees.json";
pub(super) const DONNEES_XML: &str = "donnees.xml";

/// The first line, in clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entete {
    /// [`PAQUET_FORMAT`].
    pub format: String,
    /// Which transfer.
    pub transmission: Id,
    /// This package.
    pub paquet: Id,
    /// Sender.
    pub de: OfficeId,
    /// Receiver.
    pub pour: OfficeId,
    /// Length and digests of the zip.
    pub contenu: Digests,
}

/// A file of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Name inside the package (`recepisse-1.json`).
    pub nom: String,
    /// Bytes.
    pub octets: Vec<u8>,
}

/// A line of the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ligne {
    pub(super) nom: String,
    pub(super) empreintes: Digests,
}

/// What the sender signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifeste {
    pub(super) format: String,
    pub(super) transmission: Id,
    pub(super) paquet: Id,
    pub(super) de: OfficeId,
    pub(super) pour: OfficeId,
    pub(super) le: Instant,
    /// Every piece but the manifest and its signature, in the order of the names.
    pub(super) pieces: Vec<Ligne>,
}

/// Who sends what to whom.
pub(super) struct Envoi<'a> {
    pub(super) paquet: Id,
    pub(super) de: OfficeId,
    pub(super) pour: OfficeId,
    pub(super) le: Instant,
    /// Keys that may open it: the receiver's and the sender's own.
    pub(super) cles: &'a [PublicKey],
    pub(super) suivi: &'a Suivi,
    /// The act, the data, the receipts: whatever goes with the last step.
    pub(super) pieces: Vec<Piece>,
}

/// Whether `nom` may name a piece: lower-case letters, digits, hyphens, one or two known endings; never a path.
pub fn nom_admis(nom: &str) -> bool {
    let stem = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let mut parts = nom.split('.');
    let known = |e: &str| matches!(e, "pdf" | "json" | "xml" | "p7s" | "tst");
    nom.len() <= 64 && parts.next().is_some_and(stem) && {
        let ends: Vec<&str> = parts.collect();
        (1..=2).contains(&ends.len()) && ends.into_iter().all(known)
    }
}

/// Checks the form of a PDF: both ends, nothing of what is between (its content is not judged).
pub(super) fn check_pdf(octets: &[u8]) -> Result<(), SignificationError> {
    if !octets.starts_with(b"%PDF-") {
        return Err(SignificationError::ActFile { why: "ne commence pas par %PDF-" });
    }
    let tail = octets.get(octets.len().saturating_sub(1024)..).unwrap_or(octets);
    if !tail.windows(5).any(|w| w == b"%%EOF") {
        return Err(SignificationError::ActFile { why: "tronqué : pas de %%EOF à la fin" });
    }
    Ok(())
}

/// Builds, signs and encrypts a package; gives its bytes.
pub(super) fn sceller(envoi: Envoi<'_>, sealer: &dyn EvidenceSealer) -> Result<Vec<u8>, SignificationError> {
    let transmission = envoi.suivi.premiere().transmission;
    let signees: &[EtapeSignee] = envoi.suivi.signees();
    let mut pieces = envoi.pieces;
    pieces.push(Piece { nom: SUIVI.into(), octets: to_canonical(&signees)? });
    pieces.sort_by(|a, b| a.nom.cmp(&b.nom));
    check_pieces(&pieces)?;
    let lignes = pieces.iter().map(|p| Ligne { nom: p.nom.clone(), empreintes: Digests::of(&p.octets) });
    let manifeste = to_canonical(&Manifeste {
        format: PAQUET_FORMAT.into(),
        transmission,
        paquet: envoi.paquet,
        de: envoi.de,
        pour: envoi.pour,
        le: envoi.le,
        pieces: lignes.collect(),
    })?;
    let seal = sealer.seal(&manifeste).map_err(|e| SignificationError::Seal { why: e.code })?;
    let mut all = vec![Piece { nom: MANIFESTE.into(), octets: manifeste }];
    all.push(Piece { nom: SIGNATURE.into(), octets: seal.signature });
    if let TimeProof::Token(token) = seal.time {
        all.push(Piece { nom: JETON.into(), octets: token });
    }
    all.extend(pieces);
    let clair = zip(&all)?;
    let entete = Entete {
        format: PAQUET_FORMAT.into(),
        transmission,
        paquet: envoi.paquet,
        de: envoi.de,
        pour: envoi.pour,
        contenu: Digests::of(&clair),
    };
    let mut octets = to_canonical(&entete)?;
    octets.push(b'\n');
    octets.extend(vault::encrypt(KIND, envoi.paquet, &clair, envoi.cles)?);
    if octets.len() as u64 > MAX_PAQUET {
        return Err(SignificationError::PackageTooLarge { what: "paquet", max: MAX_PAQUET });
    }
    Ok(octets)
}

fn check_pieces(pieces: &[Piece]) -> Result<(), SignificationError> {
    // Three more: the manifest, its signature, its time token.
    if pieces.len() + 3 > MAX_PIECES {
        return Err(SignificationError::PackageTooLarge { what: "nombre de pièces", max: MAX_PIECES as u64 });
    }
    let twice = pieces.windows(2).any(|w| matches!(w, [a, b] if a.nom == b.nom));
    let reserved = |nom: &str| matches!(nom, MANIFESTE | SIGNATURE | JETON);
    match pieces.iter().find(|p| twice || !nom_admis(&p.nom) || reserved(&p.nom)) {
        Some(piece) => {
            Err(SignificationError::PackageRefused { why: format!("nom de pièce refusé : {:?}", piece.nom) })
        }
        None => Ok(()),
    }
}

/// A zip whose bytes depend on the pieces only: stored, without dates.
pub(super) fn zip(pieces: &[Piece]) -> Result<Vec<u8>, SignificationError> {
    let failed = |e: String| SignificationError::PackageRefused { why: e };
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o600);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for piece in pieces {
        writer.start_file(piece.nom.as_str(), options).map_err(|e| failed(e.to_string()))?;
        writer.write_all(&piece.octets).map_err(|e| failed(e.to_string()))?;
    }
    Ok(writer.finish().map_err(|e| failed(e.to_string()))?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g03_only_plain_names_are_names() {
        for good in ["acte.pdf", "manifeste.json.p7s", "recepisse-1.json", "a1.xml"] {
            assert!(nom_admis(good), "{good}");
        }
        for bad in [
            "",
            ".pdf",
            "../acte.pdf",
            "/acte.pdf",
            "a/b.pdf",
            "a\\b.pdf",
            "acte",
            "acte.exe",
            "ACTE.pdf",
            "acte.pdf.",
            "acte..pdf",
            "acte.pdf\0",
            "é.pdf",
            "con:.pdf",
            "a.pdf.json.xml",
            " acte.pdf",
            ".",
            "..",
        ] {
            assert!(!nom_admis(bad), "{bad:?}");
        }
        assert!(!nom_admis(&format!("{}.pdf", "a".repeat(61))));
    }
}

//! Opening a package from another office: bounded, decrypted, every byte accounted for by the signed manifest, every step by
//! the certificate of its author. Nothing inside names a file on disk.
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use dossier::{Digests, Finding, Instant, Level, Sha256Digest, parse_strict, to_canonical};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zip::{CompressionMethod, ZipArchive};

use super::donnees::Donnees;
use super::etape::{EtapeSignee, Fait, Suivi};
use super::paquet::{
    ACTE, DONNEES, DONNEES_XML, Entete, JETON, KIND, MANIFESTE, MAX_CLAIR, MAX_ENTETE, MAX_PAQUET, MAX_PIECES,
    Manifeste, PAQUET_FORMAT, Piece, SIGNATURE, SUIVI, check_pdf, nom_admis,
};
use crate::signataire::check_signer;
use crate::territoire::{Annuaire, OfficeId};
use crate::vault::{self, SecretKey};
use crate::{EvidenceVerifier, SignificationError};

/// The most two clocks may differ, in milliseconds: what is dated further in the future is refused.
pub(super) const ECART_MS: i64 = 5 * 60 * 1000;

/// Who opens, with what.
pub struct Lecteur<'a> {
    /// The office that opens.
    pub moi: OfficeId,
    /// Its private age key.
    pub cle: &'a SecretKey,
    /// Whose certificates are believed.
    pub annuaire: &'a Annuaire,
    /// Who checks signatures.
    pub verifier: &'a dyn EvidenceVerifier,
    /// The time.
    pub maintenant: Instant,
}

/// A package that was checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Ouvert {
    /// Its first line.
    pub entete: Entete,
    /// The chain of steps, signatures checked.
    pub suivi: Suivi,
    /// The PDF, with the first two steps.
    pub acte: Option<Vec<u8>>,
    /// The data, with the first two steps and with the return.
    pub donnees: Option<Donnees>,
    /// The receipts, with the return.
    pub pieces: Vec<Piece>,
    /// What the checks could not establish (never a failure).
    pub reserves: Vec<Finding>,
}

fn refused(why: impl Into<String>) -> SignificationError {
    SignificationError::PackageRefused { why: why.into() }
}

fn altered(what: impl Into<String>) -> SignificationError {
    SignificationError::PackageAltered { what: what.into() }
}

/// Reads the first line only: whom a package is for, before any key is used.
pub fn entete(octets: &[u8]) -> Result<(Entete, &[u8]), SignificationError> {
    if octets.len() as u64 > MAX_PAQUET {
        return Err(SignificationError::PackageTooLarge { what: "paquet", max: MAX_PAQUET });
    }
    let start = octets.get(..MAX_ENTETE).unwrap_or(octets);
    let cut = start.iter().position(|b| *b == b'\n').ok_or_else(|| refused("pas de première ligne"))?;
    let (line, rest) = octets.split_at(cut);
    let entete: Entete = strict(line).map_err(|_| refused("première ligne illisible"))?;
    if entete.format != PAQUET_FORMAT {
        return Err(refused(format!("format attendu {PAQUET_FORMAT}")));
    }
    if entete.contenu.bytes > MAX_CLAIR + MAX_PAQUET / 1024 {
        return Err(SignificationError::PackageTooLarge { what: "contenu", max: MAX_CLAIR });
    }
    Ok((entete, rest.get(1..).unwrap_or_default()))
}

/// Opens a package that was received: for another office it is refused before it is decrypted.
pub fn ouvrir(octets: &[u8], lecteur: &Lecteur<'_>) -> Result<Ouvert, SignificationError> {
    let (line, _) = entete(octets)?;
    if line.pour != lecteur.moi {
        let (expected, found) = (lecteur.moi.to_string(), line.pour.to_string());
        return Err(SignificationError::PackageForOther { expected, found });
    }
    lire(octets, lecteur)
}

/// Opens a package this office received, or its own copy of one it made.
pub(super) fn lire(octets: &[u8], lecteur: &Lecteur<'_>) -> Result<Ouvert, SignificationError> {
    let (line, cipher) = entete(octets)?;
    let clair = vault::decrypt(cipher, KIND, line.paquet, &line.contenu, lecteur.cle).map_err(|error| match error {
        SignificationError::KeyRefused { .. } => altered("chiffré pour une autre clé que celle de l'office nommé"),
        SignificationError::VaultAltered { .. } | SignificationError::VaultTruncated { .. } => {
            altered("contenu chiffré")
        }
        other => other,
    })?;
    juger(line, &clair, lecteur)
}

/// Everything after the decryption.
fn juger(line: Entete, clair: &[u8], lecteur: &Lecteur<'_>) -> Result<Ouvert, SignificationError> {
    let mut pieces = depaqueter(clair)?;
    let mut take = |nom: &str| pieces.remove(nom).ok_or_else(|| refused(format!("pièce absente : {nom}")));
    let octets = take(MANIFESTE)?;
    let signature = take(SIGNATURE)?;
    let jeton = take(JETON).ok();
    let manifeste: Manifeste = strict(&octets).map_err(|_| refused("manifeste illisible"))?;
    let auteur = lecteur.annuaire.exiger(manifeste.de)?;
    let mut reserves = check_signer(lecteur.verifier, &octets, &signature, &auteur.certificat)
        .map_err(|why| SignificationError::PackageSigner { why: format!("manifeste : {why}") })?;
    if let Some(jeton) = jeton {
        let findings = lecteur.verifier.check_token(&octets, &jeton);
        if let Some(fault) = findings.iter().find(|f| f.level == Level::Fail) {
            return Err(altered(format!("jeton d'horodatage ({})", fault.code)));
        }
        reserves.extend(findings);
    }
    let named = (&manifeste.format, manifeste.transmission, manifeste.paquet, manifeste.de, manifeste.pour);
    if named != (&line.format, line.transmission, line.paquet, line.de, line.pour) {
        return Err(altered("première ligne en désaccord avec le manifeste"));
    }
    if manifeste.le.as_millisecond() > lecteur.maintenant.as_millisecond() + ECART_MS {
        return Err(refused("paquet daté du futur"));
    }
    check_lignes(&manifeste, &pieces)?;
    let signees: Vec<EtapeSignee> = pieces
        .remove(SUIVI)
        .and_then(|suivi| strict(&suivi).ok())
        .ok_or_else(|| refused("suivi absent ou illisible"))?;
    let suivi = Suivi::lire(signees)?;
    suivi.verifier(lecteur.annuaire, lecteur.verifier)?;
    check_parties(&manifeste, &suivi)?;
    let (acte, donnees, pieces) = contenu(&suivi, pieces)?;
    Ok(Ouvert { entete: line, suivi, acte, donnees, pieces, reserves })
}

/// The manifest and the pieces name each other, no more and no less, and every digest holds.
fn check_lignes(manifeste: &Manifeste, pieces: &BTreeMap<String, Vec<u8>>) -> Result<(), SignificationError> {
    if !manifeste.pieces.iter().map(|l| &l.nom).eq(pieces.keys()) {
        return Err(altered("liste des pièces"));
    }
    for (ligne, octets) in manifeste.pieces.iter().zip(pieces.values()) {
        if Digests::of(octets) != ligne.empreintes {
            return Err(altered(format!("pièce {}", ligne.nom)));
        }
    }
    Ok(())
}

/// The package is sent by the author of its last step to the other party; one in preparation stays at home.
fn check_parties(manifeste: &Manifeste, suivi: &Suivi) -> Result<(), SignificationError> {
    let last = suivi.derniere();
    let other = if last.auteur == last.emetteur { last.destinataire } else { last.emetteur };
    let pour = if matches!(last.fait, Fait::Preparer { .. }) { last.auteur } else { other };
    let expected = (last.transmission, last.auteur, pour, last.le);
    if (manifeste.transmission, manifeste.de, manifeste.pour, manifeste.le) != expected {
        return Err(altered("manifeste en désaccord avec la dernière étape"));
    }
    Ok(())
}

type Contenu = (Option<Vec<u8>>, Option<Donnees>, Vec<Piece>);

/// What must go with the last step, and nothing else.
fn contenu(suivi: &Suivi, mut pieces: BTreeMap<String, Vec<u8>>) -> Result<Contenu, SignificationError> {
    let mut taken: Contenu = (None, None, Vec::new());
    match &suivi.derniere().fait {
        Fait::Preparer { .. } | Fait::Transmettre {} => {
            let (acte, donnees, echeance) = suivi.preparation();
            let pdf = pieces.remove(ACTE).ok_or_else(|| refused("acte absent"))?;
            check_pdf(&pdf)?;
            if Digests::of(&pdf) != acte {
                return Err(altered("acte : ce n'est pas celui de l'étape signée"));
            }
            let read = lire_donnees(&mut pieces, &donnees)?;
            match &read {
                Donnees::Aller(aller) if aller.echeance == echeance => {}
                _ => return Err(altered("données en désaccord avec l'étape signée")),
            }
            (taken.0, taken.1) = (Some(pdf), Some(read));
        }
        Fait::Retourner { donnees, pieces: digests } => {
            let read = lire_donnees(&mut pieces, donnees)?;
            let served = suivi.etapes().iter().rev().find_map(|e| match e.fait {
                Fait::Signifier { signifie_le } => Some(signifie_le),
                _ => None,
            });
            match &read {
                Donnees::Retour(retour) if Some(retour.signifie_le) == served => {}
                _ => return Err(altered("données en désaccord avec l'étape signée")),
            }
            if !pieces.values().map(|p| Sha256Digest::of(p)).eq(digests.iter().copied()) {
                return Err(altered("récépissés en désaccord avec l'étape signée"));
            }
            taken.1 = Some(read);
            taken.2 = std::mem::take(&mut pieces).into_iter().map(|(nom, octets)| Piece { nom, octets }).collect();
        }
        _ => {}
    }
    match pieces.keys().next() {
        Some(nom) => Err(refused(format!("pièce inattendue : {nom}"))),
        None => Ok(taken),
    }
}

fn lire_donnees(
    pieces: &mut BTreeMap<String, Vec<u8>>,
    expected: &Sha256Digest,
) -> Result<Donnees, SignificationError> {
    let json = pieces.remove(DONNEES).ok_or_else(|| refused("données absentes"))?;
    let xml = pieces.remove(DONNEES_XML).ok_or_else(|| refused("données XML absentes"))?;
    if Sha256Digest::of(&json) != *expected {
        return Err(altered("données : ce ne sont pas celles de l'étape signée"));
    }
    let donnees: Donnees = strict(&json).map_err(|_| refused("données illisibles"))?;
    donnees.check()?;
    if donnees.xml()? != xml {
        return Err(altered("les données XML ne disent pas ce que dit le JSON"));
    }
    Ok(donnees)
}

/// The pieces of a zip, by name. Bounded in number and in bytes; hostile names, folders, links, encryption, anything before
/// the zip and names given twice are refused.
pub fn depaqueter(clair: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, SignificationError> {
    let mut archive = ZipArchive::new(Cursor::new(clair)).map_err(|_| refused("contenu qui n'est pas un zip"))?;
    if archive.offset() != 0 {
        return Err(refused("octets avant le zip"));
    }
    if archive.len() > MAX_PIECES {
        return Err(SignificationError::PackageTooLarge { what: "nombre de pièces", max: MAX_PIECES as u64 });
    }
    // The library keeps one entry for a name given twice: count the entries that the directory announces.
    if announced(clair) != Some(archive.len()) {
        return Err(refused("table du zip incohérente"));
    }
    let mut pieces = BTreeMap::new();
    let mut left = MAX_CLAIR;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|_| refused("entrée de zip illisible"))?;
        let nom = std::str::from_utf8(file.name_raw()).unwrap_or_default().to_owned();
        let regular = file.unix_mode().is_none_or(|mode| matches!(mode & 0o170_000, 0 | 0o100_000));
        let method = matches!(file.compression(), CompressionMethod::Stored | CompressionMethod::Deflated);
        if !nom_admis(&nom) || file.is_dir() || !regular || file.encrypted() || !method {
            return Err(refused(format!("entrée de zip refusée : {:?}", nom.chars().take(80).collect::<String>())));
        }
        let mut octets = Vec::new();
        file.take(left + 1).read_to_end(&mut octets).map_err(|_| altered(format!("pièce {nom}")))?;
        left = left
            .checked_sub(octets.len() as u64)
            .ok_or(SignificationError::PackageTooLarge { what: "pièces", max: MAX_CLAIR })?;
        if pieces.insert(nom, octets).is_some() {
            return Err(refused("deux pièces du même nom"));
        }
    }
    Ok(pieces)
}

/// The number of entries in the end-of-central-directory record, which must be the last 22 bytes (no comment).
fn announced(clair: &[u8]) -> Option<usize> {
    let end = clair.last_chunk::<22>()?;
    let [b'P', b'K', 5, 6, _, _, _, _, _, _, low, high, ..] = *end else { return None };
    Some(usize::from(u16::from_le_bytes([low, high])))
}

/// Reads canonical JSON and nothing else: signed bytes must have one form.
fn strict<T: DeserializeOwned + Serialize>(octets: &[u8]) -> Result<T, ()> {
    let value = parse_strict(octets).map_err(|_| ())?;
    let read: T = serde_json::from_value(value).map_err(|_| ())?;
    if to_canonical(&read).is_ok_and(|again| again == octets) { Ok(read) } else { Err(()) }
}

#[cfg(test)]
mod tests {
    use super::super::paquet::zip;
    use super::*;
    use proptest::prelude::*;

    fn piece(nom: &str) -> Piece {
        Piece { nom: nom.into(), octets: b"contenu".to_vec() }
    }

    fn code(clair: &[u8]) -> &'static str {
        depaqueter(clair).unwrap_err().code()
    }

    #[test]
    fn g03_hostile_zips_are_refused() {
        let good = zip(&[piece("acte.pdf"), piece("suivi.json")]).unwrap();
        assert_eq!(depaqueter(&good).unwrap().len(), 2);
        for nom in ["../acte.pdf", "/etc/passwd", "a/b.pdf", "..\\acte.pdf", "acte.PDF", "dossier/", "acte.pdf\u{202e}"]
        {
            assert_eq!(code(&zip(&[piece(nom)]).unwrap()), "signification.package", "{nom:?}");
        }
        // One name is put in place of another of the same length: the library would keep one of the two entries.
        let mut twice = zip(&[piece("a.pdf"), piece("b.pdf")]).unwrap();
        for at in 0..twice.len() - 5 {
            if &twice[at..at + 5] == b"b.pdf" {
                twice[at] = b'a';
            }
        }
        assert_eq!(code(&twice), "signification.package", "a name given twice");
        let many: Vec<Piece> = (0..=MAX_PIECES).map(|i| piece(&format!("p{i}.pdf"))).collect();
        assert_eq!(code(&zip(&many).unwrap()), "signification.package_too_large");
        assert_eq!(code(&[b"#!".to_vec(), good.clone()].concat()), "signification.package", "something before");
        assert_eq!(code(&[good, b"#".to_vec()].concat()), "signification.package", "something after");
    }

    #[test]
    fn g03_a_piece_that_swells_is_stopped() {
        use std::io::Write;
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        writer.start_file("acte.pdf", options).unwrap();
        let chunk = vec![0_u8; 1024 * 1024];
        for _ in 0..=MAX_CLAIR / (1024 * 1024) {
            writer.write_all(&chunk).unwrap();
        }
        let bomb = writer.finish().unwrap().into_inner();
        assert!(bomb.len() < 200_000);
        assert_eq!(code(&bomb), "signification.package_too_large");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(depaqueter(&bytes).is_err());
            let _ = entete(&bytes);
        }

        #[test]
        fn a_zip_with_a_flipped_bit_is_refused_or_gives_other_bytes(at in 0_usize..1000, bit in 0_u8..8) {
            let pieces = [piece("acte.pdf"), piece("suivi.json")];
            let mut clair = zip(&pieces).unwrap();
            let at = at % clair.len();
            clair[at] ^= 1 << bit;
            if let Ok(read) = depaqueter(&clair) {
                prop_assert!(read.len() <= 2);
                prop_assert!(read.keys().all(|nom| nom_admis(nom)));
            }
        }
    }
}

//! The box that holds a recipient's act key: the same key, wrapped once for each of his means (password, passkey with the PRF
//! extension, recovery code). Who has the disk and none of these has nothing.
//!
//! Not age's own scrypt recipient: an age file has one passphrase at most and no other recipient beside it, knows no PRF
//! output, chooses its cost by timing the machine, and binds nothing outside the file. Here each wrap is ChaCha20-Poly1305
//! under a key of its own (Argon2id or HKDF), bound to the account, the credential, the salt and the public key.
use dossier::{parse_strict, to_canonical};
use ring::{aead, hkdf};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::facteurs::Moyen;
use super::hacheur::{Hacheur, Parametres};
use super::mot_de_passe::MotDePasse;
use super::passkey::SortiePrf;
use super::secours::CodeSecours;
use crate::id::Entropy;
use crate::vault::SecretKey;
use crate::{Id, SignificationError};

/// Format of a box.
pub const COFFRET_FORMAT: &str = "constat-coffret/1";

/// Which wrap: a credential and, for recovery codes, the rank of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The credential.
    pub identifiant: Id,
    /// The code's rank in its set.
    pub rang: Option<u8>,
}

/// What opens a wrap.
#[derive(Clone, Copy, Debug)]
pub enum Ouvreur<'a> {
    /// The password; the cost is taken when a wrap is made, and read in it when it is opened.
    MotDePasse(&'a MotDePasse, Parametres),
    /// The PRF output of the passkey.
    Prf(&'a SortiePrf),
    /// A recovery code.
    Code(&'a CodeSecours),
}

impl Ouvreur<'_> {
    fn moyen(&self) -> Moyen {
        match self {
            Self::MotDePasse(..) => Moyen::MotDePasse,
            Self::Prf(_) => Moyen::CleAcces,
            Self::Code(_) => Moyen::CodesSecours,
        }
    }
}

/// The key, wrapped once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serrure {
    /// For which means of which credential.
    pub place: Place,
    /// What opens it.
    pub moyen: Moyen,
    /// Cost of the derivation, for a password.
    pub parametres: Option<Parametres>,
    /// Salt, 16 octets in hexadecimal: never that of the password's own digest.
    pub sel: String,
    /// Nonce, 12 octets in hexadecimal.
    pub nonce: String,
    /// The wrapped key and its tag, in hexadecimal.
    pub scelle: String,
}

/// The box of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coffret {
    format: String,
    /// The account.
    pub compte: Id,
    /// The public half of the key inside.
    pub cle_publique: String,
    /// Its wraps.
    pub serrures: Vec<Serrure>,
}

#[derive(Serialize)]
struct Lien<'a> {
    format: &'a str,
    compte: Id,
    cle_publique: &'a str,
    place: Place,
    moyen: Moyen,
    parametres: Option<Parametres>,
    sel: &'a str,
}

const FERME: SignificationError = SignificationError::Coffret { why: "refusé" };

impl Coffret {
    /// An empty box for the key whose public half is given: without a wrap it is opened by nobody.
    pub fn nouveau(compte: Id, cle: &SecretKey) -> Self {
        Self { format: COFFRET_FORMAT.into(), compte, cle_publique: cle.public().to_string(), serrures: Vec::new() }
    }

    /// Reads a box: in the one form it is written in.
    pub fn lire(bytes: &[u8]) -> Result<Self, SignificationError> {
        let bad = |_| SignificationError::Coffret { why: "illisible" };
        let read: Self = serde_json::from_value(parse_strict(bytes)?).map_err(bad)?;
        let lower = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let one_form = read.serrures.iter().all(|s| lower(&s.sel) && lower(&s.nonce) && lower(&s.scelle));
        if read.format != COFFRET_FORMAT || !one_form || read.ecrire()? != bytes {
            return Err(SignificationError::Coffret { why: "d'une autre forme" });
        }
        Ok(read)
    }

    /// Its octets (canonical JSON).
    pub fn ecrire(&self) -> Result<Vec<u8>, SignificationError> {
        Ok(to_canonical(self)?)
    }

    /// Wraps the key for one more means; what stood at this place is replaced.
    pub fn poser(
        &mut self,
        place: Place,
        ouvreur: Ouvreur<'_>,
        cle: &SecretKey,
        hacheur: &dyn Hacheur,
        entropy: &dyn Entropy,
    ) -> Result<(), SignificationError> {
        use age::secrecy::ExposeSecret as _;
        if cle.public().to_string() != self.cle_publique {
            return Err(SignificationError::Coffret { why: "une autre clé" });
        }
        let (mut sel, mut nonce) = ([0; 16], [0; 12]);
        entropy.fill(&mut sel)?;
        entropy.fill(&mut nonce)?;
        let parametres = match ouvreur {
            Ouvreur::MotDePasse(_, parametres) => Some(parametres),
            Ouvreur::Prf(_) | Ouvreur::Code(_) => None,
        };
        let (moyen, sel_hex, nonce_hex) = (ouvreur.moyen(), hex::encode(sel), hex::encode(nonce));
        let mut serrure = Serrure { place, moyen, parametres, sel: sel_hex, nonce: nonce_hex, scelle: String::new() };
        let key = cle_de(ouvreur, &serrure, hacheur)?;
        let mut sealed = Zeroizing::new(cle.secret_text().expose_secret().as_bytes().to_vec());
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, aead::Aad::from(self.lien(&serrure)?), &mut *sealed).map_err(|_| FERME)?;
        serrure.scelle = hex::encode(&*sealed);
        self.serrures.retain(|s| s.place != place);
        self.serrures.push(serrure);
        Ok(())
    }

    /// Opens the wrap at this place. Everything wrong is one error: what was given, or what is kept.
    pub fn ouvrir(
        &self,
        place: Place,
        ouvreur: Ouvreur<'_>,
        hacheur: &dyn Hacheur,
    ) -> Result<SecretKey, SignificationError> {
        let serrure = self.serrures.iter().find(|s| s.place == place && s.moyen == ouvreur.moyen());
        let serrure = serrure.ok_or(SignificationError::Coffret { why: "aucune serrure pour ce moyen" })?;
        let key = cle_de(ouvreur, serrure, hacheur)?;
        let nonce = aead::Nonce::assume_unique_for_key(octets(&serrure.nonce)?);
        let mut sealed = Zeroizing::new(hex::decode(&serrure.scelle).map_err(|_| FERME)?);
        let clear = key.open_in_place(nonce, aead::Aad::from(self.lien(serrure)?), &mut sealed).map_err(|_| FERME)?;
        let text = std::str::from_utf8(clear).map_err(|_| FERME)?;
        let opened = SecretKey::from_text(text, "destinataire")?;
        if opened.public().to_string() == self.cle_publique { Ok(opened) } else { Err(FERME) }
    }

    /// Opens whichever wrap of this kind of means yields to it.
    pub fn essayer(&self, ouvreur: Ouvreur<'_>, hacheur: &dyn Hacheur) -> Result<SecretKey, SignificationError> {
        let of_kind = self.serrures.iter().filter(|s| s.moyen == ouvreur.moyen());
        of_kind.map(|s| self.ouvrir(s.place, ouvreur, hacheur)).find_map(Result::ok).ok_or(FERME)
    }

    /// Opens one wrap and makes another in its place or beside it (a changed password, a new passkey).
    pub fn rehabiller(
        &mut self,
        (place, ouvreur): (Place, Ouvreur<'_>),
        (nouvelle, par): (Place, Ouvreur<'_>),
        hacheur: &dyn Hacheur,
        entropy: &dyn Entropy,
    ) -> Result<SecretKey, SignificationError> {
        let cle = self.ouvrir(place, ouvreur, hacheur)?;
        self.poser(nouvelle, par, &cle, hacheur, entropy)?;
        Ok(cle)
    }

    /// Whether some means of this credential opens it.
    pub fn ouvre_par(&self, identifiant: Id) -> bool {
        self.serrures.iter().any(|s| s.place.identifiant == identifiant)
    }

    /// Takes away the wraps that `garder` does not keep.
    pub fn garder(&mut self, garder: impl Fn(Place) -> bool) {
        self.serrures.retain(|s| garder(s.place));
    }

    fn lien(&self, serrure: &Serrure) -> Result<Vec<u8>, SignificationError> {
        let Serrure { place, moyen, parametres, .. } = *serrure;
        let (format, compte, cle_publique, sel) = (COFFRET_FORMAT, self.compte, &self.cle_publique, &serrure.sel);
        Ok(to_canonical(&Lien { format, compte, cle_publique, place, moyen, parametres, sel })?)
    }
}

fn octets<const N: usize>(text: &str) -> Result<[u8; N], SignificationError> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| FERME)?;
    Ok(bytes)
}

/// The key of a wrap. Only a password is slow to derive: the others cannot be guessed.
fn cle_de(
    ouvreur: Ouvreur<'_>,
    serrure: &Serrure,
    hacheur: &dyn Hacheur,
) -> Result<aead::LessSafeKey, SignificationError> {
    let sel: [u8; 16] = octets(&serrure.sel)?;
    let mut key = Zeroizing::new([0; 32]);
    match (ouvreur, serrure.parametres) {
        (Ouvreur::MotDePasse(mot, _), Some(parametres)) => {
            hacheur.deriver(&parametres, &sel, mot.octets(), &mut key)?;
        }
        (Ouvreur::Prf(prf), None) => deriver(&sel, prf.octets(), b"constat-coffret/1 prf", &mut key)?,
        (Ouvreur::Code(code), None) => deriver(&sel, code.octets(), b"constat-coffret/1 secours", &mut key)?,
        _ => return Err(FERME),
    }
    cle_aead(&key)
}

/// HKDF-SHA-256 (RFC 5869).
pub(super) fn deriver(sel: &[u8], secret: &[u8], usage: &[u8], out: &mut [u8; 32]) -> Result<(), SignificationError> {
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, sel).extract(secret);
    prk.expand(&[usage], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(out)).map_err(|_| FERME)
}

pub(super) fn cle_aead(key: &[u8; 32]) -> Result<aead::LessSafeKey, SignificationError> {
    aead::UnboundKey::new(&aead::CHACHA20_POLY1305, key).map(aead::LessSafeKey::new).map_err(|_| FERME)
}

#[cfg(test)]
mod tests;

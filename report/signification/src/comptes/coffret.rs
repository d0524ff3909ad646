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
use super::mot_de_passe::{MotDePasse, MotDerive};
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
    /// The password: one derivation more. The cost is taken when a wrap is made, and read in it when it is opened.
    MotDePasse(&'a MotDePasse, Parametres),
    /// The password, derived already: opens the wrap that was made of that derivation.
    Derive(&'a MotDerive),
    /// The PRF output of the passkey.
    Prf(&'a SortiePrf),
    /// A recovery code.
    Code(&'a CodeSecours),
}

impl Ouvreur<'_> {
    fn moyen(&self) -> Moyen {
        match self {
            Self::MotDePasse(..) | Self::Derive(_) => Moyen::MotDePasse,
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
    /// Salt of the derivation that recognises the password too, 16 octets in hexadecimal; without it the wrap has a derivation of
    /// its own, as all had before one served both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sel_mot: Option<String>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    sel_mot: Option<&'a str>,
}

/// The use of a password's derivation that wraps the key.
const ENVELOPPER: &[u8] = b"constat-coffret/1 mot de passe";
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
        let plain = |s: &Serrure| lower(&s.sel) && lower(&s.nonce) && lower(&s.scelle);
        let one_form = read.serrures.iter().all(|s| plain(s) && s.sel_mot.as_deref().is_none_or(lower));
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
        let (parametres, sel_mot) = match ouvreur {
            Ouvreur::MotDePasse(_, parametres) => (Some(parametres), None),
            Ouvreur::Derive(derive) => (Some(derive.parametres()), Some(derive.sel())),
            Ouvreur::Prf(_) | Ouvreur::Code(_) => (None, None),
        };
        let (moyen, sel_hex, nonce_hex) = (ouvreur.moyen(), hex::encode(sel), hex::encode(nonce));
        let (sel, nonce_hex, scelle) = (sel_hex, nonce_hex, String::new());
        let mut serrure = Serrure { place, moyen, parametres, sel, sel_mot, nonce: nonce_hex, scelle };
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

    /// How a password opens the wrap at this place with the least work: by its derivation, when the wrap was made of it.
    pub fn par_mot<'m>(&self, place: Place, mot: &'m MotDePasse, derive: Option<&'m MotDerive>) -> Ouvreur<'m> {
        let serrure = self.serrures.iter().find(|s| s.place == place && s.moyen == Moyen::MotDePasse);
        match derive {
            Some(derive) if serrure.is_some_and(|s| s.sel_mot == Some(derive.sel())) => Ouvreur::Derive(derive),
            _ => Ouvreur::MotDePasse(mot, serrure.and_then(|s| s.parametres).unwrap_or_default()),
        }
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
        let sel_mot = serrure.sel_mot.as_deref();
        Ok(to_canonical(&Lien { format, compte, cle_publique, place, moyen, parametres, sel, sel_mot })?)
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
        (Ouvreur::MotDePasse(mot, _), Some(parametres)) => match &serrure.sel_mot {
            None => hacheur.deriver(&parametres, &sel, mot.octets(), &mut key)?,
            Some(sel_mot) => {
                MotDerive::avec(mot, parametres, octets(sel_mot)?, hacheur)?.tirer(&sel, ENVELOPPER, &mut key)?;
            }
        },
        (Ouvreur::Derive(derive), Some(parametres))
            if parametres == derive.parametres() && serrure.sel_mot == Some(derive.sel()) =>
        {
            derive.tirer(&sel, ENVELOPPER, &mut key)?;
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

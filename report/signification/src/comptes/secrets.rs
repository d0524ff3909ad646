//! The one encrypted file of an account: what recognises its holder, and his wrapped key. It is encrypted to the key of the
//! person it belongs to, so that destroying that key destroys it; the journal says which of its entries still count.
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use dossier::{Sha256Digest, parse_strict, to_canonical};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::coffret::{Coffret, Place};
use super::compte::View;
use super::mot_de_passe::Empreinte;
use super::passkey::CleAcces;
use super::secours::Jeu;
use crate::vault::{self, Kind, SecretKey};
use crate::{Id, SignificationError};

/// Format of the file, inside its encryption.
pub const SECRETS_FORMAT: &str = "constat-secrets/1";
/// What the vault writes in its header; the account's identifier is bound there too.
const KIND: Kind = Kind::SecretsCompte;

/// The secret of a telephone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totp {
    /// The credential.
    pub identifiant: Id,
    /// The shared secret, in hexadecimal.
    pub secret: String,
    /// The last step taken: neither it nor an earlier one is taken again.
    pub dernier_pas: Option<u64>,
}

impl std::fmt::Debug for Totp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Totp({}, …)", self.identifiant)
    }
}

/// A certificate registered for an officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificat {
    /// The credential.
    pub identifiant: Id,
    /// Digest of the certificate (DER).
    pub sha256: Sha256Digest,
}

/// Everything secret about an account. Entries that the journal does not know, or knows as revoked, count for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    format: String,
    /// The account.
    pub compte: Id,
    /// Passwords: two while one replaces the other, the journal saying which is in force.
    pub mots_de_passe: Vec<Empreinte>,
    /// Telephones.
    pub totp: Vec<Totp>,
    /// Sets of recovery codes.
    pub secours: Vec<Jeu>,
    /// Passkeys.
    pub cles_acces: Vec<CleAcces>,
    /// Certificates.
    pub certificats: Vec<Certificat>,
    /// The wrapped act key, once made.
    pub coffret: Option<Coffret>,
}

impl Secrets {
    /// Of an account that has nothing yet.
    pub fn vides(compte: Id) -> Self {
        Self {
            format: SECRETS_FORMAT.into(),
            compte,
            mots_de_passe: Vec::new(),
            totp: Vec::new(),
            secours: Vec::new(),
            cles_acces: Vec::new(),
            certificats: Vec::new(),
            coffret: None,
        }
    }

    /// Reads the clear text.
    fn lire(bytes: &[u8], compte: Id) -> Result<Self, SignificationError> {
        let bad = |why: &str| SignificationError::Storage { why: format!("secrets d'un compte : {why}") };
        let read: Self = serde_json::from_value(parse_strict(bytes)?).map_err(|_| bad("illisibles"))?;
        if read.format != SECRETS_FORMAT || read.compte != compte {
            return Err(bad("d'un autre compte, ou d'une autre forme"));
        }
        if read.coffret.as_ref().is_some_and(|c| c.compte != compte) {
            return Err(bad("coffret d'un autre compte"));
        }
        Ok(read)
    }

    /// Takes away what the journal does not know as active.
    pub fn elaguer(&mut self, view: &View) {
        let live = |id: Id| view.actif(id).is_some();
        self.mots_de_passe.retain(|e| live(e.identifiant));
        self.totp.retain(|e| live(e.identifiant));
        self.secours.retain(|e| live(e.identifiant));
        self.cles_acces.retain(|e| live(e.identifiant));
        self.certificats.retain(|e| live(e.identifiant));
        let used = |place: Place| {
            let known = view.actif(place.identifiant);
            place.rang.is_some_and(|rang| known.is_some_and(|i| i.rangs_uses.contains(&rang)))
        };
        for jeu in &mut self.secours {
            let known = view.actif(jeu.identifiant);
            known.into_iter().flat_map(|i| &i.rangs_uses).for_each(|rang| jeu.user(*rang));
        }
        // The last ways in stay, even of revoked means: who reports a compromise does not lose his acts by it, he comes in
        // again with what he knows and wraps the key anew. They log nobody in.
        let opens = |place: Place| live(place.identifiant) && !used(place);
        if let Some(coffret) = self.coffret.as_mut().filter(|c| c.serrures.iter().any(|s| opens(s.place))) {
            coffret.garder(opens);
        }
        // A key that the journal does not announce was never used to encrypt anything.
        if self.coffret.as_ref().is_some_and(|c| view.cle_publique.as_ref() != Some(&c.cle_publique)) {
            self.coffret = None;
        }
    }
}

/// Where secrets are kept.
pub trait Reserve: Send + Sync {
    /// Those of an account; none when it never had any, or was erased.
    fn lire(&self, compte: Id) -> Result<Option<Secrets>, SignificationError>;

    /// Keeps them: when this returns they survive a power cut, whole.
    fn ecrire(&self, secrets: &Secrets) -> Result<(), SignificationError>;

    /// Destroys them.
    fn detruire(&self, compte: Id) -> Result<(), SignificationError>;
}

/// One change of an account's secrets at a time: read, changed and written again while the lock is held, so that neither a
/// code is taken twice nor one change undoes another. Accounts share locks by the last octet of their identifier.
pub struct Verrous([Mutex<()>; 64]);

impl Default for Verrous {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }
}

impl std::fmt::Debug for Verrous {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verrous")
    }
}

impl Verrous {
    /// Waits for the lock of this account; it is held as long as what is given back lives.
    pub fn prendre(&self, compte: Id) -> MutexGuard<'_, ()> {
        let [.., last] = *compte.as_bytes();
        self.0[usize::from(last) % 64].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the key of the person an account belongs to is found.
pub type CleDe<'a> = Box<dyn Fn(Id) -> Result<SecretKey, SignificationError> + Send + Sync + 'a>;

/// Encrypted files in a folder, one an account.
pub struct Fichiers<'a> {
    dossier: PathBuf,
    cle_de: CleDe<'a>,
}

impl std::fmt::Debug for Fichiers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fichiers({})", self.dossier.display())
    }
}

impl<'a> Fichiers<'a> {
    /// In this folder (made if need be, 0700), each encrypted to the key that `cle_de` gives for the account.
    pub fn ouvrir(dossier: &Path, cle_de: CleDe<'a>) -> Result<Self, SignificationError> {
        if !dossier.exists() {
            vault::private_folder(dossier)?;
        }
        Ok(Self { dossier: dossier.to_path_buf(), cle_de })
    }

    fn path(&self, compte: Id) -> PathBuf {
        self.dossier.join(format!("{compte}.age"))
    }
}

impl Reserve for Fichiers<'_> {
    fn lire(&self, compte: Id) -> Result<Option<Secrets>, SignificationError> {
        let path = self.path(compte);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = Zeroizing::new(vault::open(&path, KIND, compte, &(self.cle_de)(compte)?)?);
        Secrets::lire(&bytes, compte).map(Some)
    }

    fn ecrire(&self, secrets: &Secrets) -> Result<(), SignificationError> {
        let bytes = Zeroizing::new(to_canonical(secrets)?);
        let key = (self.cle_de)(secrets.compte)?.public();
        vault::put(&self.path(secrets.compte), KIND, secrets.compte, &bytes, &[key]).map(|_| ())
    }

    fn detruire(&self, compte: Id) -> Result<(), SignificationError> {
        let path = self.path(compte);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(SignificationError::io("remove", path, error))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::essais::{PEU, ident};
    use super::super::hacheur::Argon2id;
    use super::super::mot_de_passe::MotDePasse;
    use super::*;
    use crate::SystemEntropy;

    #[test]
    fn b02_secrets_lie_encrypted_bound_to_their_account_and_die_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let text = |k: &SecretKey| age::secrecy::ExposeSecret::expose_secret(&k.secret_text()).to_owned();
        let keys: Arc<[String]> = [SecretKey::generate(), SecretKey::generate()].iter().map(text).collect();
        let of = keys.clone();
        let reserve = Fichiers::ouvrir(
            &folder.path().join("secrets"),
            Box::new(move |id| SecretKey::from_text(&of[usize::from(id.as_bytes()[0] % 2)], "essai")),
        )
        .unwrap();
        assert_eq!(reserve.lire(ident(2)).unwrap(), None);
        let mut secrets = Secrets::vides(ident(2));
        let mot = MotDePasse::saisi("agrafe cheval batterie");
        let hasher = Argon2id::new(1);
        secrets.mots_de_passe.push(Empreinte::de(ident(9), &mot, PEU, &hasher, &SystemEntropy::default()).unwrap().0);
        secrets.totp.push(Totp { identifiant: ident(8), secret: "3132".into(), dernier_pas: None });
        reserve.ecrire(&secrets).unwrap();
        assert_eq!(reserve.lire(ident(2)).unwrap(), Some(secrets.clone()));
        let path = reserve.path(ident(2));
        let raw = std::fs::read(&path).unwrap();
        let valeur = secrets.mots_de_passe[0].valeur.as_bytes();
        assert!(!raw.windows(valeur.len()).any(|w| w == valeur) && !format!("{secrets:?}").contains("3132"));
        // Written again, whole; given to another account with the same key, or with another key: refused.
        secrets.totp[0].dernier_pas = Some(7);
        reserve.ecrire(&secrets).unwrap();
        assert_eq!(reserve.lire(ident(2)).unwrap().unwrap().totp[0].dernier_pas, Some(7));
        for other in [4, 3] {
            std::fs::copy(&path, reserve.path(ident(other))).unwrap();
            assert!(reserve.lire(ident(other)).is_err(), "{other}");
        }
        reserve.detruire(ident(2)).unwrap();
        reserve.detruire(ident(2)).unwrap();
        assert_eq!(reserve.lire(ident(2)).unwrap(), None);
    }
}

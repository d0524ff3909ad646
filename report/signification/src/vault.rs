//! The vault: bytes at rest are encrypted with age (X25519) for named keys and bound to what they are.
//!
//! Inside the encryption, before the bytes, stands one line of canonical JSON: format, kind, identifier, length, SHA-256,
//! SHA-512. It plays the part of associated data: a file swapped with another's, however valid, is refused. Nothing in
//! clear ever touches the disk: bytes are encrypted in memory, written to a `.part` file (0600), synced and renamed.
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use age::secrecy::{ExposeSecret, SecretString};
use age::x25519;
use dossier::{Digests, Sha256Digest, Sha512Digest, parse_strict, to_canonical};
use serde::{Deserialize, Serialize};

mod flux;

pub(crate) use flux::couler;

use crate::journal::owner_only;
use crate::{Id, SignificationError};

/// Format of the inner header.
pub const VAULT_FORMAT: &str = "constat-coffre/1";
/// The largest object taken, in bytes.
pub const MAX_OBJECT: u64 = 256 * 1024 * 1024;

/// What an encrypted file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An act.
    Acte,
    /// The office's record of an act (requérant, title).
    Fiche,
    /// The detached signature of an act.
    Signature,
    /// An identity record of the registry.
    Declaration,
    /// A supporting document.
    Piece,
    /// A raw mail message.
    Message,
    /// The key of a person, to which everything about him is encrypted.
    ClePersonne,
    /// What recognises the holder of an account, and his wrapped key.
    SecretsCompte,
    /// The name and the address of an account.
    FicheCompte,
    /// What an incident says, or what was answered.
    Incident,
    /// A package between offices.
    Transmission,
    /// The answer of a recipient.
    Reponse,
    /// A file that came in.
    Jointe,
    /// A document of a small claim.
    Creance,
    /// A line of the connection log.
    Connexion,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Acte => "acte",
            Self::Fiche => "fiche",
            Self::Signature => "signature",
            Self::Declaration => "declaration",
            Self::Piece => "piece",
            Self::Message => "message",
            Self::ClePersonne => "clé de personne",
            Self::SecretsCompte => "secrets de compte",
            Self::FicheCompte => "fiche de compte",
            Self::Incident => "incident",
            Self::Transmission => "transmission",
            Self::Reponse => "réponse",
            Self::Jointe => "pièce jointe",
            Self::Creance => "document de créance",
            Self::Connexion => "connexion",
        }
    }
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    kind: Kind,
    id: Id,
    bytes: u64,
    sha256: Sha256Digest,
    sha512: Sha512Digest,
}

/// A public key, in age's text form (`age1…`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(x25519::Recipient);

impl PublicKey {
    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Self, SignificationError> {
        x25519::Recipient::from_str(text.trim())
            .map(Self)
            .map_err(|_| SignificationError::Key { name: "publique", why: "pas une clé « age1… »" })
    }
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0, f)
    }
}

/// A private key. It is never printed: its `Debug` form shows the public half only.
pub struct SecretKey(x25519::Identity);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.0.to_public())
    }
}

impl SecretKey {
    /// A new key, made by the `age` crate from the system's generator.
    pub fn generate() -> Self {
        Self(x25519::Identity::generate())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.to_public())
    }

    /// Writes the key to a new file that only its owner may read (0600).
    pub fn write(&self, path: &Path) -> Result<(), SignificationError> {
        let text: SecretString = self.0.to_string();
        let mut file = owner_only()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(|e| SignificationError::io("create", path, e))?;
        file.write_all(text.expose_secret().as_bytes())
            .and_then(|()| file.write_all(b"\n"))
            .and_then(|()| file.sync_all())
            .map_err(|e| SignificationError::io("write", path, e))
    }

    /// The text form, to be encrypted at once.
    pub(crate) fn secret_text(&self) -> SecretString {
        self.0.to_string()
    }

    /// From the text form.
    pub(crate) fn from_text(text: &str, name: &'static str) -> Result<Self, SignificationError> {
        let bad = |_| SignificationError::Key { name, why: "pas une clé age" };
        x25519::Identity::from_str(text.trim()).map(Self).map_err(bad)
    }

    /// Reads a key file; refuses one that others than its owner may read.
    pub fn read(path: &Path, name: &'static str) -> Result<Self, SignificationError> {
        let file = File::open(path).map_err(|e| SignificationError::io("open", path, e))?;
        let meta = file.metadata().map_err(|e| SignificationError::io("read", path, e))?;
        if meta.permissions().mode() & 0o077 != 0 {
            return Err(SignificationError::Key {
                name, why: "lisible par d'autres que son propriétaire (chmod 600)"
            });
        }
        let mut text = String::new();
        file.take(4096).read_to_string(&mut text).map_err(|_| SignificationError::Key { name, why: "illisible" })?;
        let line = text.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with('#')).unwrap_or("");
        let key =
            x25519::Identity::from_str(line).map_err(|_| SignificationError::Key { name, why: "pas une clé age" });
        key.map(Self)
    }
}

/// Encrypts `bytes` for `keys` into a new file. Gives the digests of the encrypted file.
pub fn put(path: &Path, kind: Kind, id: Id, bytes: &[u8], keys: &[PublicKey]) -> Result<Digests, SignificationError> {
    let cipher = encrypt(kind, id, bytes, keys)?;
    write_private(path, &cipher)?;
    Ok(Digests::of(&cipher))
}

/// Encrypts in memory.
pub fn encrypt(kind: Kind, id: Id, bytes: &[u8], keys: &[PublicKey]) -> Result<Vec<u8>, SignificationError> {
    let Digests { bytes: length, sha256, sha512 } = Digests::of(bytes);
    let header = to_canonical(&Header { format: VAULT_FORMAT.into(), kind, id, bytes: length, sha256, sha512 })?;
    let bad = |why| SignificationError::Key { name: "publique", why };
    let recipients = keys.iter().map(|k| &k.0 as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients).map_err(|_| bad("aucune clé utilisable"))?;
    let mut cipher = Vec::with_capacity(bytes.len() + 1024);
    let written = encryptor.wrap_output(&mut cipher).and_then(|mut writer| {
        writer.write_all(&header)?;
        writer.write_all(b"\n")?;
        writer.write_all(bytes)?;
        writer.finish().map(|_| ())
    });
    written.map_err(|_| bad("chiffrement impossible"))?;
    Ok(cipher)
}

/// Opens a file of the vault with `key`, checks its binding and both digests against `expected`, and gives its bytes.
pub fn get(
    path: &Path,
    kind: Kind,
    id: Id,
    expected: &Digests,
    key: &SecretKey,
) -> Result<Vec<u8>, SignificationError> {
    let file = File::open(path).map_err(|e| SignificationError::io("open", path, e))?;
    let mut cipher = Vec::new();
    file.take(MAX_OBJECT + 4096).read_to_end(&mut cipher).map_err(|e| SignificationError::io("read", path, e))?;
    decrypt(&cipher, kind, id, expected, key)
}

/// Opens a file whose digests nobody announced: bound to what it is, and to the length and digests it states itself.
pub(crate) fn open(path: &Path, kind: Kind, id: Id, key: &SecretKey) -> Result<Vec<u8>, SignificationError> {
    let mut cipher = Vec::new();
    let file = File::open(path).map_err(|e| SignificationError::io("open", path, e))?;
    file.take(MAX_OBJECT + 4096).read_to_end(&mut cipher).map_err(|e| SignificationError::io("read", path, e))?;
    decrypted(&cipher, kind, id, None, key)
}

/// Like [`open`], in memory.
pub(crate) fn decrypt_unannounced(
    cipher: &[u8],
    kind: Kind,
    id: Id,
    key: &SecretKey,
) -> Result<Vec<u8>, SignificationError> {
    decrypted(cipher, kind, id, None, key)
}

/// Decrypts in memory, with the checks of [`get`].
pub fn decrypt(
    cipher: &[u8],
    kind: Kind,
    id: Id,
    expected: &Digests,
    key: &SecretKey,
) -> Result<Vec<u8>, SignificationError> {
    decrypted(cipher, kind, id, Some(expected), key)
}

fn decrypted(
    cipher: &[u8],
    kind: Kind,
    id: Id,
    expected: Option<&Digests>,
    key: &SecretKey,
) -> Result<Vec<u8>, SignificationError> {
    let object = || format!("{} {id}", kind.name());
    let altered = |found: String| SignificationError::VaultAltered {
        object: object(),
        expected: expected.map_or_else(|| "ce que le fichier annonce".into(), |e| e.sha256.to_hex()),
        found,
    };
    let refused = |error: age::DecryptError| match error {
        age::DecryptError::NoMatchingKeys => SignificationError::KeyRefused { object: object() },
        _ => altered("un fichier chiffré invalide".into()),
    };
    let decryptor = age::Decryptor::new_buffered(cipher).map_err(refused)?;
    let mut reader = decryptor.decrypt(std::iter::once(&key.0 as &dyn age::Identity)).map_err(refused)?;
    let mut clear = Vec::new();
    // A cut or changed ciphertext fails here: every chunk is authenticated, and the last one says it is the last.
    reader.read_to_end(&mut clear).map_err(|_| altered("un fichier chiffré coupé ou modifié".into()))?;
    let cut = clear.iter().position(|b| *b == b'\n').ok_or_else(|| altered("pas d'en-tête".into()))?;
    let bytes = clear.split_off(cut + 1);
    clear.pop();
    let header: Header = parse_strict(&clear)
        .ok()
        .and_then(|value| serde_json::from_value(value).ok())
        .ok_or_else(|| altered("un en-tête illisible".into()))?;
    if (header.format.as_str(), header.kind, header.id) != (VAULT_FORMAT, kind, id) {
        return Err(altered(format!("{} {} ({})", header.kind.name(), header.id, header.format)));
    }
    let found = Digests::of(&bytes);
    let announced = Digests { bytes: header.bytes, sha256: header.sha256, sha512: header.sha512 };
    let expected = expected.unwrap_or(&announced);
    if found.bytes != expected.bytes {
        return Err(SignificationError::VaultTruncated {
            object: object(),
            expected: expected.bytes,
            found: found.bytes,
        });
    }
    if found != *expected || announced != *expected {
        return Err(altered(found.sha256.to_hex()));
    }
    Ok(bytes)
}

/// Compares an encrypted file with the digests taken when it was written: told apart, truncated and altered.
pub fn check_cipher(path: &Path, object: &str, expected: &Digests) -> Result<(), SignificationError> {
    let file = File::open(path).map_err(|e| SignificationError::io("open", path, e))?;
    let found = dossier::digest_reader(file).map_err(|e| SignificationError::io("read", path, e))?;
    let object = object.to_owned();
    if found.bytes != expected.bytes {
        return Err(SignificationError::VaultTruncated { object, expected: expected.bytes, found: found.bytes });
    }
    if found != *expected {
        let (expected, found) = (expected.sha256.to_hex(), found.sha256.to_hex());
        return Err(SignificationError::VaultAltered { object, expected, found });
    }
    Ok(())
}

/// Writes a signed statement that leaves the platform into `folder` (made if need be): `name`, its signature, its token when it has
/// one; each 0600. Gives the paths written.
pub(crate) fn write_signed(
    folder: &Path,
    name: &str,
    (bytes, signature, token): (&[u8], &[u8], Option<&[u8]>),
) -> Result<Vec<PathBuf>, SignificationError> {
    fs::create_dir_all(folder).map_err(|e| SignificationError::io("create", folder, e))?;
    let files = [("", Some(bytes)), (".p7s", Some(signature)), (".tst", token)];
    let mut written = Vec::new();
    for (end, bytes) in files {
        if let Some(bytes) = bytes {
            let path = folder.join(format!("{name}{end}"));
            write_private(&path, bytes)?;
            written.push(path);
        }
    }
    Ok(written)
}

/// Writes a new private file (0600): `.part`, fsync, rename, fsync of the folder.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), SignificationError> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let mut file = owner_only()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&part)
        .map_err(|e| SignificationError::io("create", &part, e))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|e| SignificationError::io("write", &part, e))?;
    rename(&part, path)
}

/// Renames and syncs the folder.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), SignificationError> {
    fs::rename(from, to).map_err(|e| SignificationError::io("rename", to, e))?;
    // A name alone has an empty parent: this folder.
    sync_folder(to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Makes what was done in a folder survive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), SignificationError> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(|e| SignificationError::io("sync", folder, e))
}

/// Makes a folder only its owner may enter (0700); its parent must exist.
pub(crate) fn private_folder(path: &Path) -> Result<(), SignificationError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path).map_err(|e| SignificationError::io("create", path, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    fn id() -> Id {
        Id::new("2026-11-21T09:00:00Z".parse().unwrap(), &SystemEntropy::default()).unwrap()
    }

    #[test]
    fn only_the_named_keys_open_and_only_as_what_it_is() {
        let (one, two, other) = (SecretKey::generate(), SecretKey::generate(), SecretKey::generate());
        let (id, bytes) = (id(), b"%PDF-1.7 texte de l'acte".to_vec());
        let digests = Digests::of(&bytes);
        let cipher = encrypt(Kind::Acte, id, &bytes, &[one.public(), two.public()]).unwrap();
        assert!(!cipher.windows(8).any(|w| w == b"texte de"));
        for key in [&one, &two] {
            assert_eq!(decrypt(&cipher, Kind::Acte, id, &digests, key).unwrap(), bytes);
        }
        let code = |r: Result<Vec<u8>, SignificationError>| r.unwrap_err().code();
        assert_eq!(code(decrypt(&cipher, Kind::Acte, id, &digests, &other)), "signification.key_refused");
        assert_eq!(code(decrypt(&cipher, Kind::Fiche, id, &digests, &one)), "signification.vault_altered");
        assert_eq!(code(decrypt(&cipher, Kind::Acte, self::id(), &digests, &one)), "signification.vault_altered");
        let longer = Digests { bytes: digests.bytes + 1, ..digests };
        assert_eq!(code(decrypt(&cipher, Kind::Acte, id, &longer, &one)), "signification.vault_truncated");
        let sha512 = Digests { sha512: dossier::Sha512Digest::of(b"autre"), ..digests };
        assert_eq!(code(decrypt(&cipher, Kind::Acte, id, &sha512, &one)), "signification.vault_altered");
        assert!(encrypt(Kind::Acte, id, &bytes, &[]).is_err());
    }

    #[test]
    fn every_flipped_or_missing_byte_is_refused() {
        let key = SecretKey::generate();
        let (id, bytes) = (id(), b"un acte".to_vec());
        let digests = Digests::of(&bytes);
        let cipher = encrypt(Kind::Acte, id, &bytes, &[key.public()]).unwrap();
        for position in 0..cipher.len() {
            let mut bad = cipher.clone();
            bad[position] ^= 1;
            assert!(decrypt(&bad, Kind::Acte, id, &digests, &key).is_err(), "byte {position}");
            assert!(decrypt(&cipher[..position], Kind::Acte, id, &digests, &key).is_err(), "cut at {position}");
        }
    }

    #[test]
    fn a_key_file_is_private_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cle");
        let key = SecretKey::generate();
        key.write(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(SecretKey::read(&path, "essai").unwrap().public(), key.public());
        assert!(!format!("{key:?}").contains("SECRET"));
        assert!(key.write(&path).is_err(), "a key is never overwritten");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(SecretKey::read(&path, "essai").unwrap_err().code(), "signification.key");
    }
}

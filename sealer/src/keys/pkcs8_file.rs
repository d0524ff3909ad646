//! Private keys as PKCS#8 files (RFC 5958), encrypted at rest with PBES2 (RFC 8018): read, and written so that OpenSSL
//! reads them.
use der::{Decode as _, SecretDocument};
use pkcs8::pkcs5::pbes2::{EncryptionScheme, Kdf, Parameters, Pbkdf2Prf};
use pkcs8::pkcs5::scrypt;
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef};
use secrecy::ExposeSecret as _;

use super::{KeyError, Secret, SecretRequest, Secrets};
use crate::{Random, SealError};

/// Label of a key in clear.
const CLEAR: &str = "PRIVATE KEY";
/// Label of an encrypted key.
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
/// Memory scrypt may take, in octets: the file belongs to the office, but a slip must not stop the machine.
const MAX_SCRYPT_MEMORY: u64 = 1 << 30;
/// Iterations of PBKDF2 accepted.
const MAX_ITERATIONS: u32 = 20_000_000;
/// The shortest passphrase a new file is protected with, in characters.
const SHORTEST_PASSPHRASE: usize = 12;

/// How a key file is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encryption {
    /// In clear.
    None,
    /// PBES2; the text names derivation and cipher.
    Pbes2(String),
}

impl Encryption {
    /// How the PEM file `pem` is kept; it is not opened.
    ///
    /// # Errors
    /// `seal.key` when it is no PKCS#8 file, `key.encryption` when its encryption is not accepted.
    pub fn of(pem: &str, what: &str) -> Result<Self, SealError> {
        let (label, document) = SecretDocument::from_pem(pem).map_err(|e| unreadable(what, e))?;
        match label {
            CLEAR => Ok(Self::None),
            ENCRYPTED => parameters(&document, what).map(|(_, text)| Self::Pbes2(text)),
            other => Err(unreadable(what, format!("a PEM block of kind {other}"))),
        }
    }
}

fn unreadable(what: &str, why: impl ToString) -> SealError {
    SealError::Key { what: what.to_owned(), why: why.to_string() }
}

/// Opens a PKCS#8 PEM file, asking for the passphrase when it is encrypted. What is returned is erased when dropped.
pub(super) fn open(pem: &str, what: &str, secrets: &dyn Secrets) -> Result<SecretDocument, SealError> {
    let (label, document) = SecretDocument::from_pem(pem).map_err(|e| unreadable(what, e))?;
    match label {
        CLEAR => Ok(document),
        ENCRYPTED => {
            parameters(&document, what)?;
            let passphrase = secrets.secret(&SecretRequest::Passphrase { file: what.to_owned() })?;
            let info = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes()).map_err(|e| unreadable(what, e))?;
            let opened = info.decrypt(passphrase.expose_secret());
            let opened = opened.map_err(|_| KeyError::Passphrase { what: what.to_owned() })?;
            // A wrong passphrase passes the padding once in 256: what comes out must be a key.
            PrivateKeyInfoRef::from_der(opened.as_bytes())
                .map_err(|_| KeyError::Passphrase { what: what.to_owned() })?;
            Ok(opened)
        }
        other => Err(unreadable(what, format!("a PEM block of kind {other}"))),
    }
}

/// The PBES2 parameters of an encrypted key, refused when they are weak or out of measure, and their names.
fn parameters(document: &SecretDocument, what: &str) -> Result<(Parameters, String), SealError> {
    let refused = |why: &str| SealError::from(KeyError::Encryption { what: what.to_owned(), why: why.to_owned() });
    let info = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes()).map_err(|e| unreadable(what, e))?;
    let Some(parameters) = info.encryption_algorithm.pbes2() else {
        return Err(refused("PBES1; PBES2 is expected"));
    };
    let derivation = match &parameters.kdf {
        Kdf::Scrypt(scrypt) => {
            let memory = u64::from(scrypt.block_size).saturating_mul(128).saturating_mul(scrypt.cost_parameter);
            if scrypt.cost_parameter < 2 || memory > MAX_SCRYPT_MEMORY || scrypt.parallelization > 64 {
                return Err(refused("scrypt out of measure"));
            }
            format!("scrypt N={} r={} p={}", scrypt.cost_parameter, scrypt.block_size, scrypt.parallelization)
        }
        Kdf::Pbkdf2(pbkdf2) => {
            if pbkdf2.iteration_count > MAX_ITERATIONS {
                return Err(refused("PBKDF2 out of measure"));
            }
            let digest = match pbkdf2.prf {
                Pbkdf2Prf::HmacWithSha256 => "SHA-256",
                Pbkdf2Prf::HmacWithSha384 => "SHA-384",
                Pbkdf2Prf::HmacWithSha512 => "SHA-512",
                _ => return Err(refused("PBKDF2 with a digest other than SHA-256, SHA-384, SHA-512")),
            };
            format!("PBKDF2-HMAC-{digest}, {} iterations", pbkdf2.iteration_count)
        }
        _ => return Err(refused("derivation other than scrypt and PBKDF2")),
    };
    match parameters.encryption {
        EncryptionScheme::Aes256Cbc { .. } => Ok((parameters.clone(), format!("{derivation}, AES-256-CBC"))),
        EncryptionScheme::Aes128Cbc { .. } => Ok((parameters.clone(), format!("{derivation}, AES-128-CBC"))),
        _ => Err(refused("cipher other than AES-CBC")),
    }
}

/// Encrypts the key of `pem` (in clear, or encrypted already) anew: scrypt and AES-256-CBC, PEM. OpenSSL reads it.
///
/// `secrets` opens the old file when it is encrypted; `passphrase` protects the new one.
///
/// # Errors
/// `seal.key` when the file is no key, `key.passphrase` when the old passphrase is wrong, `key.encryption` when the new
/// one has fewer than 12 characters.
pub fn protect_key(
    pem: &str,
    what: &str,
    secrets: &dyn Secrets,
    passphrase: &Secret,
    random: &dyn Random,
) -> Result<String, SealError> {
    if passphrase.expose_secret().chars().count() < SHORTEST_PASSPHRASE {
        let why = format!("the new passphrase has fewer than {SHORTEST_PASSPHRASE} characters");
        return Err(KeyError::Encryption { what: what.to_owned(), why }.into());
    }
    let document = open(pem, what, secrets)?;
    let info = PrivateKeyInfoRef::from_der(document.as_bytes()).map_err(|e| unreadable(what, e))?;
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    random.fill(&mut salt).and_then(|()| random.fill(&mut iv)).map_err(|why| unreadable(what, why))?;
    // OpenSSL gives scrypt 32 MiB at most: N = 2^14 takes 16, and p = 5 makes up for it (OWASP's equivalent of 2^17).
    let cost = scrypt::Params::new(14, 8, 5).map_err(|e| unreadable(what, e))?;
    let parameters = Parameters::generate_scrypt_aes256cbc(cost, &salt, iv).map_err(|e| unreadable(what, e))?;
    let encrypted = info.encrypt_with_params(parameters, passphrase.expose_secret());
    let encrypted = encrypted.map_err(|e| unreadable(what, e))?;
    let pem = encrypted.to_pem(ENCRYPTED, LineEnding::LF).map_err(|e| unreadable(what, e))?;
    Ok(pem.to_string())
}

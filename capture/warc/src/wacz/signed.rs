//! The anonymous signature of a package (wacz-auth 0.1.0): what replay tools check to show their tick.
//!
//! It proves that the package was not changed since someone held the key; it does not say who, nor when. The seal
//! that says so is the office's, around the package.
use std::error::Error;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p384::ecdsa::signature::hazmat::PrehashVerifier;
use p384::ecdsa::{Signature, VerifyingKey};
use p384::pkcs8::DecodePublicKey;
use serde::{Deserialize, Serialize};

use crate::WarcError;
use dossier::Sha256Digest;

/// `signedData` in its anonymous form: these six members and no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedData {
    /// `sha256:HEX` of `datapackage.json`: this ASCII text is what is signed.
    pub hash: String,
    /// When, to the second; the same characters as `created` in `datapackage.json`.
    pub created: String,
    /// What signed.
    pub software: String,
    /// Version of wacz-auth: `0.1.0`.
    pub version: String,
    /// ECDSA P-384 over SHA-256, raw r and s (96 octets, IEEE P1363), base64.
    pub signature: String,
    /// The key's SubjectPublicKeyInfo in DER, base64.
    pub public_key: String,
}

/// The one version of wacz-auth there is.
const AUTH_VERSION: &str = "0.1.0";

/// Why a signer could not sign.
pub type SignerError = Box<dyn Error + Send + Sync>;

/// Whoever holds the key. `hash_text` is `sha256:HEX` of `datapackage.json`, to be signed as ASCII; `created` is to
/// be copied as it is.
pub trait DigestSigner {
    /// Signs, or says why not; the package is then not written.
    fn sign(&self, hash_text: &str, created: &str) -> Result<SignedData, SignerError>;
}

/// Verifies that `signed` is the anonymous signature of these bytes of `datapackage.json`.
pub fn verify_anonymous(signed: &SignedData, datapackage: &[u8]) -> Result<(), WarcError> {
    let refused = |why: &str| WarcError::Signature { why: why.to_owned() };
    if signed.hash != Sha256Digest::of(datapackage).labelled() {
        return Err(refused("the hash signed is not that of datapackage.json"));
    }
    if signed.version != AUTH_VERSION {
        return Err(refused("the version of wacz-auth is not 0.1.0"));
    }
    let key = STANDARD.decode(&signed.public_key).map_err(|_| refused("the public key is not base64"))?;
    let key = VerifyingKey::from_public_key_der(&key).map_err(|_| refused("the public key is not of P-384"))?;
    let signature = STANDARD.decode(&signed.signature).map_err(|_| refused("the signature is not base64"))?;
    let signature = Signature::from_slice(&signature).map_err(|_| refused("the signature is not r and s of P-384"))?;
    // FIPS 186-5, 6.4: a digest shorter than the curve's order is taken whole.
    key.verify_prehash(Sha256Digest::of(signed.hash.as_bytes()).as_bytes(), &signature)
        .map_err(|_| refused("the signature does not match"))
}

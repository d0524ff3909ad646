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

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with OpenSSL (`openssl dgst -sha256 -sign`, P-384), its DER turned into r and s: the form that WebCrypto
    /// verifies in replay tools.
    fn vector() -> SignedData {
        SignedData {
            hash: Sha256Digest::of(b"{}").labelled(),
            created: "2026-11-21T10:00:00Z".into(),
            software: "openssl".into(),
            version: AUTH_VERSION.into(),
            signature: "qyiEDNfKsRZ1qWo8m5yuSeAyv3LzwZz9yvQxSjuilyouToypbdM2Fnvgm4uHBhzz\
                xU/dymLNW5D4tsRoUJA+t6T/fs/NBCkXyaecDDDPpiRhYNRNMf3oAa3ObLjcLl8y"
                .into(),
            public_key: "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEFxmg+04DoBnvpqqWX49SwBpvgunRL2UFl7RuGruweMILfKJT\
                vvb8NZEU9N2oACfTb0a/7Z+k5FrJx+Ov5EPWNBseJEMIw0VZr3QPngG++oRtBaCi67HTaS5nokV8R3HH"
                .into(),
        }
    }

    #[test]
    fn a_signature_of_another_implementation_verifies() {
        verify_anonymous(&vector(), b"{}").unwrap();
        assert!(verify_anonymous(&vector(), b"{} ").is_err());
        let mut other = STANDARD.decode(vector().signature).unwrap();
        other[95] ^= 1;
        let other = SignedData { signature: STANDARD.encode(other), ..vector() };
        assert!(verify_anonymous(&other, b"{}").is_err());
    }

    #[test]
    fn another_member_is_refused() {
        let mut json = serde_json::to_value(vector()).unwrap();
        assert_eq!(serde_json::from_value::<SignedData>(json.clone()).unwrap(), vector());
        json["timeSignature"] = "x".into();
        assert!(serde_json::from_value::<SignedData>(json).is_err());
    }
}

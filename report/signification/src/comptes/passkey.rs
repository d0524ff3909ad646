//! Passkeys as this crate sees them: the ceremonies of WebAuthn belong to the portal, which implements this trait; what is kept
//! between two of them is opaque here.
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Id, SignificationError};

/// A passkey as it is kept: its public key and counters, in the library's own JSON. There is no secret in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleAcces {
    /// The credential.
    pub identifiant: Id,
    /// The model of the token (AAGUID), when its attestation was asked for and verified: an officer's is (row B04).
    pub modele: Option<String>,
    /// What the library gave to keep.
    pub donnees: serde_json::Value,
}

/// The output of a passkey's PRF extension: 32 octets that only this passkey gives for this account. Wiped after use.
pub struct SortiePrf(Zeroizing<[u8; 32]>);

impl SortiePrf {
    /// As the browser handed it over.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn octets(&self) -> &[u8] {
        &*self.0
    }
}

impl std::fmt::Debug for SortiePrf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SortiePrf(…)")
    }
}

/// What a successful ceremony of authentication proves.
#[derive(Debug)]
pub struct Assertion {
    /// The passkey after it: its counter moved.
    pub cle: CleAcces,
    /// Whether the user himself was verified (PIN, finger), and not only present.
    pub utilisateur_verifie: bool,
    /// The PRF output, when the passkey has the extension.
    pub prf: Option<SortiePrf>,
}

/// A challenge for the browser, and what the server must remember until the answer: both opaque here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defi {
    /// For the browser (JSON).
    pub pour_le_navigateur: serde_json::Value,
    /// For the server, kept under the session that asked.
    pub pour_le_serveur: serde_json::Value,
}

/// The ceremonies (WebAuthn level 3), bound to the portal's origin by whoever implements them.
pub trait PasskeyCeremony: Send + Sync {
    /// Begins a registration; the account's passkeys are excluded.
    fn debuter_inscription(&self, compte: Id, connues: &[CleAcces]) -> Result<Defi, SignificationError>;

    /// Ends it: the passkey to keep under `identifiant`, and its PRF output when it has the extension.
    fn finir_inscription(
        &self,
        identifiant: Id,
        serveur: &serde_json::Value,
        reponse: &serde_json::Value,
    ) -> Result<(CleAcces, Option<SortiePrf>), SignificationError>;

    /// Begins an authentication with one of these passkeys. With none, a challenge is made all the same: an account without
    /// passkey must not be told from one that has some.
    fn debuter_authentification(&self, connues: &[CleAcces]) -> Result<Defi, SignificationError>;

    /// Ends it. A signature that is wrong, for another origin, or whose counter went back is [`SignificationError::LoginRefused`].
    fn finir_authentification(
        &self,
        connues: &[CleAcces],
        serveur: &serde_json::Value,
        reponse: &serde_json::Value,
    ) -> Result<Assertion, SignificationError>;
}

//! Passkeys as this crate sees them: the ceremonies of WebAuthn belong to the portal, which implements this trait; what is kept
//! between two of them is opaque here.
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::compte::MotifRefus;
use crate::{Id, SignificationError};

/// A passkey as it is kept: its public key and counters, in the library's own JSON. There is no secret in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleAcces {
    /// The credential.
    pub identifiant: Id,
    /// The model of the token (AAGUID), when its attestation was asked for: an officer's is (row B04). Followed by « (déclaré) » when
    /// no maker's root was there to verify it against.
    pub modele: Option<String>,
    /// What the library gave to keep.
    pub donnees: serde_json::Value,
    /// The name its holder gave it: in this encrypted record only, never in the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nom: Option<String>,
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

/// Why a ceremony of authentication proves nothing: for the journal only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusDeCle {
    /// Another challenge, another origin, a wrong signature, a user who was not verified, a credential that is not among those known.
    Ceremonie,
    /// The counter went back: there may be two copies of the passkey.
    Compteur,
}

impl From<RefusDeCle> for MotifRefus {
    fn from(refus: RefusDeCle) -> Self {
        match refus {
            RefusDeCle::Ceremonie => Self::Ceremonie,
            RefusDeCle::Compteur => Self::CompteurRecule,
        }
    }
}

/// For whom a passkey is made.
#[derive(Clone, Copy, Debug)]
pub struct Inscription<'t> {
    /// The account.
    pub compte: Id,
    /// What the browser shows of it.
    pub nom: &'t str,
    /// Whether the maker's attestation is asked for: an officer's is (row B04).
    pub attestee: bool,
}

/// The ceremonies (WebAuthn level 3), bound to the portal's origin by whoever implements them. The PRF output is no part of them:
/// nothing signs it, it only opens what it closed.
pub trait PasskeyCeremony: Send + Sync {
    /// Begins a registration; the account's passkeys are excluded.
    fn debuter_inscription(&self, pour: Inscription<'_>, connues: &[CleAcces]) -> Result<Defi, SignificationError>;

    /// Ends it: the passkey to keep under `identifiant`. One that is not right is [`SignificationError::LoginRefused`].
    fn finir_inscription(
        &self,
        identifiant: Id,
        serveur: &serde_json::Value,
        reponse: &serde_json::Value,
    ) -> Result<CleAcces, SignificationError>;

    /// Begins an authentication with one of these passkeys; with none, by any passkey that the browser has for this place: such a
    /// challenge tells nothing of any account.
    fn debuter_authentification(&self, connues: &[CleAcces]) -> Result<Defi, SignificationError>;

    /// The account that an answer says it is for. Nothing is proven by it.
    fn compte_annonce(&self, reponse: &serde_json::Value) -> Option<Id>;

    /// Ends it, with the passkeys of that account.
    fn finir_authentification(
        &self,
        connues: &[CleAcces],
        serveur: &serde_json::Value,
        reponse: &serde_json::Value,
    ) -> Result<Assertion, RefusDeCle>;
}

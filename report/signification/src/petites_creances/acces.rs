//! How a party gets in: provisional credentials by letter, used once and then changed; and what that first access is worth.
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dossier::{Instant, Sha256Digest};
use serde::{Deserialize, Serialize};

use crate::acte::Nature;
use crate::{Entropy, Id, SignificationError};

/// Provisional credentials: 128 random bits, shown once in the letter. The journal knows their digest only.
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// New credentials.
    pub fn new(entropy: &dyn Entropy) -> Result<Self, SignificationError> {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes)?;
        Ok(Self(format!("P{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// The text for the letter.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The digest for the journal.
    pub fn sha256(&self) -> Sha256Digest {
        Self::digest(&self.0)
    }

    /// The digest of what somebody typed; spaces around it do not count.
    pub fn digest(typed: &str) -> Sha256Digest {
        Sha256Digest::of(typed.trim().as_bytes())
    }
}

/// How a party identified himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthMethod {
    /// The provisional credentials of the letter.
    IdentifiantsProvisoires,
    /// The provisional credentials and FranceConnect.
    FranceConnect,
}

/// The basis of the consent to electronic exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Base {
    /// First access to the system (arrêté du 3 juin 2016, art. 9).
    PremierAcces,
}

/// The access of one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acces {
    /// Digest of the provisional credentials.
    pub secret_sha256: Sha256Digest,
    /// When they were used; they serve once.
    pub utilise_le: Option<Instant>,
    /// Digest of the credentials that replaced them.
    pub authentifiant_sha256: Option<Sha256Digest>,
    /// The first access of all: it is the consent.
    pub premier: Option<Instant>,
}

impl Acces {
    pub(super) fn new(secret_sha256: Sha256Digest, premier: Option<Instant>) -> Self {
        Self { secret_sha256, utilise_le: None, authentifiant_sha256: None, premier }
    }

    /// Whether `digest` is that of provisional credentials not used yet.
    pub fn ouvre(&self, digest: &Sha256Digest) -> bool {
        self.utilise_le.is_none() && self.secret_sha256 == *digest
    }

    /// Whether the person may act: the provisional credentials were used, and changed.
    pub fn ouvert(&self) -> bool {
        self.utilise_le.is_some() && self.authentifiant_sha256.is_some()
    }
}

/// The consent a first access amounts to: for one procedure, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PremierAcces {
    /// Its basis.
    pub base: Base,
    /// The procedure.
    pub creance: Id,
    /// The person.
    pub personne: Id,
    /// Since when.
    pub depuis: Instant,
}

impl PremierAcces {
    /// Whether it covers exchanges in the procedure `creance`.
    pub fn couvre(&self, creance: Id) -> bool {
        self.creance == creance
    }

    /// It never covers the service of an act: that needs the express consent of CPC art. 748-2.
    pub fn couvre_acte(&self, _nature: &Nature) -> bool {
        false
    }
}

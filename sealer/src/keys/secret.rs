//! Secrets that open a key: asked for when they are needed, erased when they were used, never part of a text.
pub use secrecy::zeroize::Zeroizing;
pub use secrecy::{ExposeSecret, SecretString as Secret};

use super::KeyError;

/// Which secret is wanted, for the question put to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretRequest {
    /// The passphrase of an encrypted key file.
    Passphrase {
        /// The file.
        file: String,
    },
    /// The PIN of a token.
    Pin {
        /// Label of the token.
        token: String,
        /// Whether the token says that a wrong PIN would lock it now.
        last_try: bool,
    },
    /// A secret the signature service asks for.
    Remote {
        /// Identifier of the service's question, such as `PIN` or `OTP`.
        id: String,
        /// How the service names it to a person.
        label: String,
    },
    /// The bearer token that lets in at the signature service (RFC 6750).
    Bearer {
        /// The service's address.
        service: String,
    },
}

/// Gives secrets: a terminal, a file, a descriptor. Never the command line, never the environment.
pub trait Secrets: Send + Sync {
    /// The secret asked for.
    ///
    /// # Errors
    /// [`KeyError::Secret`] when there is nobody to ask and nothing to read.
    fn secret(&self, request: &SecretRequest) -> Result<Secret, KeyError>;
}

/// No source of secrets: keys that need one cannot be used.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSecrets;

impl Secrets for NoSecrets {
    fn secret(&self, _request: &SecretRequest) -> Result<Secret, KeyError> {
        Err(KeyError::Secret { why: "no source of secrets".into() })
    }
}

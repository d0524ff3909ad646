//! What a key can answer other than a signature; each error has a stable code.

/// Why the office's key did not sign, or could not be read. No variant ever holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The passphrase does not open the key.
    #[error("the passphrase does not open {what}")]
    Passphrase {
        /// Which key.
        what: String,
    },
    /// The secret could not be asked for, or its source could not be read.
    #[error("the secret could not be had: {why}")]
    Secret {
        /// Why.
        why: String,
    },
    /// The key file is encrypted in a way that is not accepted.
    #[error("the encryption of {what} is not accepted: {why}")]
    Encryption {
        /// Which key.
        what: String,
        /// Why.
        why: String,
    },
    /// The PKCS#11 module could not be loaded, or does not answer.
    #[error("the PKCS#11 module {module}: {why}")]
    Module {
        /// Its path.
        module: String,
        /// Why.
        why: String,
    },
    /// The token is not there, or more than one answers to the description.
    #[error("the token: {why}")]
    Token {
        /// Why.
        why: String,
    },
    /// The key or its certificate is not on the token, or they do not go together.
    #[error("the key on the token: {why}")]
    Object {
        /// Why.
        why: String,
    },
    /// The token refused the PIN. It is not tried again: tokens lock.
    #[error("the token refused the PIN{}", if *last { " and locks at the next wrong one" } else { "" })]
    Pin {
        /// Whether the token says that the next wrong PIN locks it.
        last: bool,
    },
    /// The token is locked.
    #[error("the token is locked")]
    PinLocked,
    /// The token failed while signing: it was removed, or refuses.
    #[error("the token did not sign: {why}")]
    TokenSign {
        /// Why.
        why: String,
    },
    /// The signature service could not be reached, or did not answer in time.
    #[error("the signature service could not be reached: {why}")]
    Unreachable {
        /// What the network said.
        why: String,
    },
    /// The answer of the signature service is not one of the protocol.
    #[error("the answer of the signature service is not usable: {why}")]
    Answer {
        /// Why.
        why: String,
    },
    /// The signature service refused.
    #[error("the signature service refused {route}: {why}")]
    Refused {
        /// The route asked.
        route: &'static str,
        /// Its error and description.
        why: String,
    },
    /// The signature returned is not one of the certificate's key over what was to be signed.
    #[error("the signature returned is not that of the certificate {subject}: {why}")]
    Signature {
        /// Subject of the certificate.
        subject: String,
        /// Why.
        why: String,
    },
}

impl KeyError {
    /// Every code, for the test that each has its message.
    pub const CODES: &'static [&'static str] = &[
        "key.passphrase",
        "key.secret",
        "key.encryption",
        "key.module",
        "key.token",
        "key.object",
        "key.pin",
        "key.pin_locked",
        "key.token_sign",
        "key.unreachable",
        "key.answer",
        "key.refused",
        "key.signature",
    ];

    /// The stable code, the same in every language.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Passphrase { .. } => "key.passphrase",
            Self::Secret { .. } => "key.secret",
            Self::Encryption { .. } => "key.encryption",
            Self::Module { .. } => "key.module",
            Self::Token { .. } => "key.token",
            Self::Object { .. } => "key.object",
            Self::Pin { .. } => "key.pin",
            Self::PinLocked => "key.pin_locked",
            Self::TokenSign { .. } => "key.token_sign",
            Self::Unreachable { .. } => "key.unreachable",
            Self::Answer { .. } => "key.answer",
            Self::Refused { .. } => "key.refused",
            Self::Signature { .. } => "key.signature",
        }
    }

    /// Whether the key was reached and said no (a wrong secret, a refusal, a wrong signature), rather than not reached.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Passphrase { .. }
                | Self::Pin { .. }
                | Self::PinLocked
                | Self::Refused { .. }
                | Self::Signature { .. }
        )
    }
}

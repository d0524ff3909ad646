//! Identifiers and the randomness they are made of: both come in as arguments, so that a test can fix them.
use std::fmt;
use std::str::FromStr;

use dossier::Instant;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::SignificationError;

/// Where random bytes come from.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random octets, or fails as a whole.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), SignificationError>;
}

/// The operating system's generator, through `ring`.
#[derive(Debug)]
pub struct SystemEntropy(SystemRandom);

impl Default for SystemEntropy {
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), SignificationError> {
        self.0.fill(bytes).map_err(|_| SignificationError::Entropy)
    }
}

/// A UUID version 7 (RFC 9562, 5.7): sorted by time of creation, and says nothing about anybody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(Uuid);

impl Id {
    /// A new identifier for something made at `at`.
    pub fn new(at: Instant, entropy: &dyn Entropy) -> Result<Self, SignificationError> {
        let mut random = [0; 10];
        entropy.fill(&mut random)?;
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        Ok(Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()))
    }

    /// When it was made, to the millisecond (RFC 9562, 5.7: the first 48 bits).
    pub fn made_at(&self) -> Result<Instant, SignificationError> {
        let millis = self.as_bytes().iter().take(6).fold(0_i64, |sum, byte| (sum << 8) | i64::from(*byte));
        Instant::from_millisecond(millis).ok_or_else(|| SignificationError::Id { found: self.to_string() })
    }

    /// From its sixteen octets, as a table's key holds them.
    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The sixteen octets.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl FromStr for Id {
    type Err = SignificationError;

    /// Accepts the hyphenated lower-case form only: it names files.
    fn from_str(text: &str) -> Result<Self, SignificationError> {
        let refused = || SignificationError::Id { found: text.chars().take(80).collect() };
        let id = Self(Uuid::try_parse(text).map_err(|_| refused())?);
        if id.to_string() == text { Ok(id) } else { Err(refused()) }
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_have_one_form() {
        let entropy = SystemEntropy::default();
        let early = Id::new("2026-11-21T09:00:00Z".parse().unwrap(), &entropy).unwrap();
        let late = Id::new("2026-11-21T09:00:01Z".parse().unwrap(), &entropy).unwrap();
        assert!(early < late);
        assert_eq!(early.to_string().parse::<Id>().unwrap(), early);
        let text = early.to_string();
        for bad in [text.to_uppercase(), text.replace('-', ""), format!("{{{text}}}"), String::new(), "../x".into()] {
            assert!(bad.parse::<Id>().is_err(), "{bad}");
        }
    }
}

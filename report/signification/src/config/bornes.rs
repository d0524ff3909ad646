//! A number of the configuration that is within its bounds by its type: it is checked where it is read, and nowhere else.
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Entre<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Entre<MIN, MAX> {
    /// A value known when this is compiled; one out of the bounds does not compile.
    pub const fn de<const N: u32>() -> Self {
        const { assert!(MIN <= N && N <= MAX) };
        Self(N)
    }

    /// The value, or none out of the bounds.
    pub fn nouveau(value: i64) -> Option<Self> {
        u32::try_from(value).ok().filter(|value| (MIN..=MAX).contains(value)).map(Self)
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Entre<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number<const MIN: u32, const MAX: u32>;

        impl<const MIN: u32, const MAX: u32> Visitor<'_> for Number<MIN, MAX> {
            type Value = Entre<MIN, MAX>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "un nombre entier de {MIN} à {MAX}")
            }

            fn visit_i64<E: Error>(self, found: i64) -> Result<Self::Value, E> {
                let wrong = || E::custom(format!("attendu un nombre entier de {MIN} à {MAX}, trouvé {found}"));
                Entre::nouveau(found).ok_or_else(wrong)
            }

            fn visit_u64<E: Error>(self, found: u64) -> Result<Self::Value, E> {
                self.visit_i64(i64::try_from(found).unwrap_or(i64::MAX))
            }

            fn visit_str<E: Error>(self, found: &str) -> Result<Self::Value, E> {
                let found: String = found.chars().take(40).collect();
                Err(E::custom(format!("attendu un nombre entier de {MIN} à {MAX}, trouvé le texte {found:?}")))
            }
        }

        deserializer.deserialize_any(Number)
    }
}

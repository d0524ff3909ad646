//! When something happened: an instant in UTC to the millisecond, and the clock it is asked of.
use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::DossierError;

/// An instant in UTC, to the millisecond. Text form: `2026-11-21T09:12:03.045Z`, always 24 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Timestamp);

impl Instant {
    /// The instant `timestamp`, cut down to the millisecond.
    pub fn new(timestamp: Timestamp) -> Self {
        Self(Timestamp::from_millisecond(timestamp.as_millisecond()).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z; `None` when out of jiff's range (years -9999 to 9999).
    pub fn from_millisecond(ms: i64) -> Option<Self> {
        Timestamp::from_millisecond(ms).ok().map(Self)
    }

    /// The same instant as a jiff timestamp.
    pub fn timestamp(self) -> Timestamp {
        self.0
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn as_millisecond(self) -> i64 {
        self.0.as_millisecond()
    }

    /// French legal time (décret n° 2017-292): the civil time of Europe/Paris at this instant.
    pub fn legal_time(self) -> jiff::Zoned {
        // The database is compiled in, so the zone is always there; UTC keeps the offset visible otherwise.
        let zone = TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC);
        self.0.to_zoned(zone)
    }

    /// Seconds precision, as WACZ and CDXJ want it: `2026-11-21T09:12:03Z`.
    pub fn to_seconds(self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// Fourteen digits, the CDX timestamp: `20261121091203`.
    pub fn to_cdx(self) -> String {
        self.0.strftime("%Y%m%d%H%M%S").to_string()
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instant({self})")
    }
}

impl FromStr for Instant {
    type Err = DossierError;

    fn from_str(text: &str) -> Result<Self, DossierError> {
        let bad = || DossierError::Instant { found: text.chars().take(64).collect() };
        let instant = Self::new(text.parse::<Timestamp>().map_err(|_| bad())?);
        Ok(instant)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Where time comes from. Nothing in the product reads the system time but the implementation in `src/clock.rs`.
pub trait Clock: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Instant;

    /// Time since an arbitrary start; never goes back, so it orders events whatever the wall clock does.
    fn monotonic(&self) -> Duration;
}

/// A clock for tests: starts at a given instant and advances by `step` at each reading.
pub struct FixedClock {
    state: Mutex<(i64, Duration)>,
    step: Duration,
}

impl FixedClock {
    /// A clock that first says `start`, then `step` more at each reading of [`Clock::now`].
    pub fn new(start: Instant, step: Duration) -> Self {
        Self { state: Mutex::new((start.as_millisecond(), Duration::ZERO)), step }
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Instant {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = state.0;
        state.0 += i64::try_from(self.step.as_millis()).unwrap_or(0);
        state.1 += self.step;
        Instant::from_millisecond(now).unwrap_or(Instant(Timestamp::UNIX_EPOCH))
    }

    fn monotonic(&self) -> Duration {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_is_fixed_and_round_trips() {
        let instant: Instant = "2026-11-21T10:12:03.0459+01:00".parse().unwrap();
        assert_eq!(instant.to_string(), "2026-11-21T09:12:03.045Z");
        assert_eq!(instant.to_string().parse::<Instant>().unwrap(), instant);
        assert_eq!(instant.to_cdx(), "20261121091203");
        assert_eq!("2026-11-21T10:00:00Z".parse::<Instant>().unwrap().to_string(), "2026-11-21T10:00:00.000Z");
        assert!("2026-11-21 10:00".parse::<Instant>().is_err());
    }

    #[test]
    fn legal_time_follows_the_season() {
        let winter: Instant = "2026-12-01T05:00:00Z".parse().unwrap();
        let summer: Instant = "2027-06-01T04:00:00Z".parse().unwrap();
        assert_eq!(winter.legal_time().strftime("%H:%M %:z").to_string(), "06:00 +01:00");
        assert_eq!(summer.legal_time().strftime("%H:%M %:z").to_string(), "06:00 +02:00");
    }
}

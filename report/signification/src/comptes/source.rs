//! Where tries come from: a keyed digest of the address's prefix, never the address. Failures and probes of a source are facts;
//! a source that probes is locked for a time, never for ever (rows B11, E02).
use std::net::IpAddr;

use dossier::{Instant, Outcome};
use ring::hmac;
use serde::{Deserialize, Serialize};

use super::compte::MotifRefus;
use crate::consent::{Actor, Role};
use crate::{Id, SignificationError};

/// The longest a source is locked at once, in seconds.
pub const VERROU_MAX_SECONDES: i64 = 24 * 3600;

/// A source: 128 bits of the keyed digest of a prefix (/24 in IPv4, /64 in IPv6), in the form of an identifier. Without the
/// key, trying every address tells nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Source(pub Id);

impl Source {
    /// The source of an address.
    pub fn de(key: &hmac::Key, address: IpAddr) -> Self {
        let prefix = match address.to_canonical() {
            IpAddr::V4(v4) => [&b"4"[..], &v4.octets()[..3]].concat(),
            IpAddr::V6(v6) => [&b"6"[..], &v6.octets()[..8]].concat(),
        };
        let tag = hmac::sign(key, &[b"constat source ", &prefix[..]].concat());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&tag.as_ref()[..16]);
        // UUID version 8 (RFC 9562, 5.8): made our own way.
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(Id::from_bytes(bytes))
    }
}

/// One fact of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in View")]
pub enum Event {
    /// Somebody tried to log in to no account, or to one that is not told.
    #[serde(rename = "signification.source.login_failed")]
    LoginFailed { source: Id, motif: MotifRefus },
    /// It probed, and is locked until then; `essais` is how many times it did.
    #[serde(rename = "signification.source.locked")]
    Locked { source: Id, until: Instant, essais: u32 },
}

impl Event {
    /// The source.
    pub fn object(&self) -> Id {
        match self {
            Self::LoginFailed { source, .. } | Self::Locked { source, .. } => *source,
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::LoginFailed { .. } => Outcome::Failed,
            Self::Locked { .. } => Outcome::Deviation,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::LoginFailed { .. } => "login_failed",
            Self::Locked { .. } => "locked",
        }
    }
}

/// What is known of one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Which.
    pub source: Id,
    /// Failed logins.
    pub echecs: u32,
    /// Times it was locked.
    pub verrous: u32,
    /// Until when it is.
    pub verrou: Option<Instant>,
    /// Time of the last fact.
    pub dernier: Instant,
}

impl View {
    /// What is known once `event` happened at `at`. Only the platform records these facts.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        if actor.role != Role::Plateforme {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: event.name() });
        }
        let fresh = Self { source: event.object(), echecs: 0, verrous: 0, verrou: None, dernier: at };
        let view = current.unwrap_or(&fresh);
        let mut next = Self { dernier: at, ..view.clone() };
        let sound = event.object() == view.source && at >= view.dernier;
        let possible = match event {
            Event::LoginFailed { .. } => {
                next.echecs = next.echecs.saturating_add(1);
                true
            }
            Event::Locked { until, essais, .. } => {
                let length = until.as_millisecond() - at.as_millisecond();
                next.verrous = next.verrous.saturating_add(1);
                next.verrou = Some(*until);
                *essais > 0 && length > 0 && length <= VERROU_MAX_SECONDES * 1000
            }
        };
        if sound && possible {
            return Ok(next);
        }
        let state = if view.est_verrouillee(at) { "VERROUILLEE" } else { "LIBRE" };
        Err(SignificationError::Transition { machine: "source", state, requested: event.name() })
    }

    /// Whether it is locked.
    pub fn est_verrouillee(&self, at: Instant) -> bool {
        self.verrou.is_some_and(|until| at < until)
    }
}

#[cfg(test)]
mod tests {
    use super::super::essais::t;
    use super::*;

    fn key(n: u8) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[n; 32])
    }

    #[test]
    fn b11_a_source_is_a_prefix_and_names_no_address() {
        let of = |text: &str| Source::de(&key(1), text.parse().unwrap());
        assert_eq!(of("192.0.2.1"), of("192.0.2.254"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.7"), "the same address, mapped");
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), Source::de(&key(2), "192.0.2.1".parse().unwrap()), "it takes the key");
        let id = of("192.0.2.1").0;
        assert_eq!(id.to_string().parse::<Id>().unwrap(), id);
    }

    #[test]
    fn b11_a_lock_has_an_end_and_only_the_platform_writes_it() {
        let source = Source::de(&key(1), "192.0.2.1".parse().unwrap()).0;
        let platform = Actor::platform();
        let failed = Event::LoginFailed { source, motif: MotifRefus::CompteInconnu };
        let view = View::next(None, t(0), &platform, &failed).unwrap();
        let lock = |until| Event::Locked { source, until, essais: 20 };
        let locked = View::next(Some(&view), t(1), &platform, &lock(t(901))).unwrap();
        assert!(locked.est_verrouillee(t(900)) && !locked.est_verrouillee(t(901)));
        assert_eq!((locked.echecs, locked.verrous), (1, 1));
        for until in [t(1), t(0), t(1 + VERROU_MAX_SECONDES + 1)] {
            assert!(View::next(Some(&view), t(1), &platform, &lock(until)).is_err());
        }
        assert!(View::next(Some(&view), t(1), &Actor::registry("r"), &lock(t(901))).is_err());
        assert!(View::next(Some(&locked), t(0), &platform, &failed).is_err(), "time goes back");
        assert_eq!((lock(t(1)).outcome(), failed.outcome()), (Outcome::Deviation, Outcome::Failed));
    }
}

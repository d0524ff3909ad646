//! What engine it is and how old its signatures are: the answer to `VERSION`, and the headers of ClamAV's databases.
use dossier::Instant;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::World;

/// Signatures older than this are told as a deviation, in days.
pub(super) const OLD_DAYS: i64 = 7;
/// Databases of a folder, the one that is renewed daily first.
const DATABASES: &[&str] = &["daily.cld", "daily.cvd", "daily.cud", "main.cld", "main.cvd", "main.cud"];
const DAY_MS: i64 = 86_400_000;

/// An engine and its signatures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Engine {
    pub(super) name: String,
    pub(super) version: String,
    /// Number of the daily database.
    pub(super) number: Option<u32>,
    /// When it was made. Engines write it without a zone: it is read as UTC, and good to the day.
    pub(super) made: Option<Instant>,
}

impl Engine {
    /// Reads `ClamAV 1.4.6/27400/Fri Nov 20 10:00:00 2026`, whose second and third parts may be missing.
    pub(super) fn read(answer: &str) -> Option<Self> {
        let mut parts = answer.trim_end_matches(['\0', '\n']).splitn(3, '/');
        let (name, version) = parts.next()?.trim().split_once(' ')?;
        let sound =
            |text: &str| !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        if !sound(name) || !sound(version) || !name.contains("lam") {
            return None;
        }
        let number = parts.next().and_then(|number| number.trim().parse().ok());
        let made = parts.next().and_then(|date| {
            let mut words = date.split_whitespace();
            let plain: Vec<&str> = words.by_ref().skip(1).take(4).collect();
            civil("%b %d %H:%M:%S %Y", &plain.join(" "))
        });
        Some(Self { name: name.to_owned(), version: version.to_owned(), number, made })
    }

    /// The same, with what the databases of `folder` say when the engine itself says nothing of them.
    pub(super) fn completed(mut self, world: &World, folder: &str) -> Self {
        if self.made.is_none() {
            let headers =
                DATABASES.iter().filter_map(|name| header(&world.beginning(&format!("{folder}/{name}"), 512)?));
            if let Some((number, made)) = headers.max_by_key(|(_, made)| *made) {
                (self.number, self.made) = (Some(number), Some(made));
            }
        }
        self
    }

    /// Age of the signatures in whole days at `now`.
    pub(super) fn age_days(&self, now: Instant) -> Option<i64> {
        Some(now.as_millisecond().saturating_sub(self.made?.as_millisecond()).div_euclid(DAY_MS))
    }

    /// The signatures in a few words.
    pub(super) fn signatures(&self) -> Option<String> {
        let day = self.made?.timestamp().to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string();
        Some(self.number.map_or_else(|| format!("du {day}"), |number| format!("base {number} du {day}")))
    }

    /// The members every fact about this engine has.
    pub(super) fn told(&self, now: Instant) -> Value {
        json!({
            "engine": self.name, "version": self.version, "signatures": self.signatures(), "signatures_number": self.number,
            "signatures_at": self.made, "signatures_age_days": self.age_days(now),
        })
    }
}

/// Number and date of a database: `ClamAV-VDB:20 Nov 2026 10-00 +0000:27400:…`, nine fields of which the last is the time in seconds.
fn header(octets: &[u8]) -> Option<(u32, Instant)> {
    let text = std::str::from_utf8(octets.get(..512)?).ok()?;
    let mut fields = text.strip_prefix("ClamAV-VDB:")?.split(':');
    let date = fields.next()?;
    let number = fields.next()?.parse().ok()?;
    let seconds = fields.nth(5).and_then(|seconds| seconds.trim().parse::<i64>().ok());
    let made = seconds.and_then(|s| Instant::from_millisecond(s.checked_mul(1000)?));
    Some((number, made.or_else(|| civil("%d %b %Y %H-%M", date.get(..17)?))?))
}

fn civil(format: &str, text: &str) -> Option<Instant> {
    let read = DateTime::strptime(format, text).ok()?;
    Some(Instant::new(read.to_zoned(TimeZone::UTC).ok()?.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::world_at;
    use proptest::prelude::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn an_answer_with_and_without_signatures() {
        let engine = Engine::read("ClamAV 1.4.6/27400/Fri Nov 20 10:00:00 2026\0").unwrap();
        assert_eq!((engine.name.as_str(), engine.version.as_str(), engine.number), ("ClamAV", "1.4.6", Some(27_400)));
        assert_eq!(engine.made, Some(at("2026-11-20T10:00:00Z")));
        assert_eq!(engine.age_days(at("2026-11-28T09:00:00Z")), Some(7));
        assert_eq!(engine.signatures().unwrap(), "base 27400 du 2026-11-20");
        let single = Engine::read("ClamAV 1.4.6/1/Tue Nov  3 08:00:00 2026").unwrap();
        assert_eq!(single.made, Some(at("2026-11-03T08:00:00Z")));
        assert_eq!(Engine::read("ClamAV 1.4.6\n").unwrap().signatures(), None);
        assert_eq!(Engine::read("UNKNOWN COMMAND"), None);
    }

    #[test]
    fn databases_tell_what_the_engine_does_not() {
        let root = tempfile::tempdir().unwrap();
        let text = "ClamAV-VDB:20 Nov 2026 10-00 +0000:27400:1:90:07eef727089d84451759ef9d3308981c:X:test:1795168800";
        std::fs::write(root.path().join("daily.cud"), format!("{text:<512}reste")).unwrap();
        let bare = Engine::read("ClamAV 1.4.6").unwrap();
        let engine = bare.clone().completed(&world_at(root.path()), "/");
        assert_eq!((engine.number, engine.made), (Some(27_400), Some(at("2026-11-20T10:00:00Z"))));
        std::fs::write(root.path().join("daily.cud"), "ClamAV-VDB:court").unwrap();
        assert_eq!(bare.clone().completed(&world_at(root.path()), "/"), bare);
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(answer in ".{0,120}", octets in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = (Engine::read(&answer), header(&octets));
            let _ = Engine::read(&format!("ClamAV 1/2/{answer}"));
            let _ = header(format!("ClamAV-VDB:{answer:<512}").as_bytes());
        }
    }
}

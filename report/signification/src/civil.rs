//! Civil time: instants are UTC, people read Europe/Paris with its offset, and a wall-clock text that names no single
//! instant is refused. The offset changes with the season: a fixed "GMT+1" would be wrong seven months a year.
use dossier::Instant;
use jiff::Zoned;
use jiff::civil::{Date, DateTime, Time, time};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::SignificationError;
use crate::calendar::Zone;

/// Legal time of mainland France.
pub const PARIS: &str = "Europe/Paris";

/// The civil day in Paris at `at`.
pub fn paris_date(at: Instant) -> Date {
    at.legal_time().date()
}

/// `2027-06-01 06:00:00 +02:00 (Paris)`: never without its offset.
pub fn paris_text(at: Instant) -> String {
    at.legal_time().strftime("%Y-%m-%d %H:%M:%S %:z (Paris)").to_string()
}

/// RFC 3339 with the offset of Paris, to the millisecond: `2027-06-01T06:00:00.000+02:00`.
pub fn paris_rfc3339(at: Instant) -> String {
    at.legal_time().strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

/// What clocks show in `zone` at `at`; for display beside Paris time. Falls back to Paris when the zone is unknown.
pub fn local_time(at: Instant, zone: Zone) -> Zoned {
    TimeZone::get(zone.time_zone()).map_or_else(|_| at.legal_time(), |tz| at.timestamp().to_zoned(tz))
}

/// The instant when `day` begins in Paris.
pub fn paris_midnight(day: Date) -> Instant {
    paris_at(day, 0)
}

/// The instant when clocks in Paris show `hour` o'clock on `day`. Clock changes happen at 2 and 3 o'clock on a Sunday;
/// the hours used here (0, 6, 21) are never skipped nor repeated.
pub fn paris_at(day: Date, hour: i8) -> Instant {
    paris_moment(day, time(hour, 0, 0, 0))
}

/// The instant of a day and an hour in Paris; an hour that the clock change skips is the one after it, one that it repeats the
/// first.
pub fn paris_moment(day: Date, hour: Time) -> Instant {
    let zone = TimeZone::get(PARIS).unwrap_or(TimeZone::UTC);
    let timestamp = zone.to_ambiguous_timestamp(day.to_datetime(hour)).compatible();
    Instant::new(timestamp.unwrap_or(jiff::Timestamp::MAX))
}

/// Parses what an officer types: an RFC 3339 instant with offset, or a Paris wall time `AAAA-MM-JJ HH:MM[:SS]`.
/// A wall time that does not exist (spring) or exists twice (autumn) is refused, with the two instants it may mean.
pub fn parse_paris(text: &str) -> Result<Instant, SignificationError> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Instant>() {
        return Ok(instant);
    }
    let bad = || SignificationError::Time { found: text.chars().take(40).collect() };
    let wall: DateTime = text.parse().map_err(|_| bad())?;
    let zone = TimeZone::get(PARIS).map_err(|_| bad())?;
    let ambiguous = zone.to_ambiguous_timestamp(wall);
    let show = |timestamp: Result<jiff::Timestamp, _>| {
        timestamp.map_or_else(|_: jiff::Error| String::new(), |t| paris_rfc3339(Instant::new(t)))
    };
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => Ok(Instant::new(ambiguous.compatible().map_err(|_| bad())?)),
        AmbiguousOffset::Gap { .. } => Err(SignificationError::TimeGap {
            found: text.to_owned(),
            before: show(ambiguous.earlier()),
            after: show(ambiguous.later()),
        }),
        AmbiguousOffset::Fold { .. } => Err(SignificationError::TimeFold {
            found: text.to_owned(),
            first: show(ambiguous.earlier()),
            second: show(ambiguous.later()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_wall_clock_has_two_offsets_a_year() {
        let winter = parse_paris("2027-01-15 06:00").unwrap();
        let summer = parse_paris("2027-07-15T06:00:00").unwrap();
        assert_eq!(paris_text(winter), "2027-01-15 06:00:00 +01:00 (Paris)");
        assert_eq!(paris_text(summer), "2027-07-15 06:00:00 +02:00 (Paris)");
        assert_eq!(paris_rfc3339(summer), "2027-07-15T06:00:00.000+02:00");
        assert!(parse_paris("2027-02-30 10:00").is_err());
        assert!(parse_paris("hier").is_err());
    }
}

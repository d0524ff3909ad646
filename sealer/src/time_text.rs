//! The two ASN.1 times, read exactly: UTCTime and GeneralizedTime, the latter with fractions of a second (RFC 3161
//! 2.4.2), which the general DER crates refuse.
use dossier::Instant;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::asn1::{DerError, Element, Tag};

/// Reads a UTCTime (`YYMMDDHHMMSSZ`, RFC 5280 4.1.2.5.1) or a GeneralizedTime (`YYYYMMDDHHMMSS[.f]Z`).
/// The instant is cut down to the millisecond.
pub(crate) fn read_time(element: &Element<'_>) -> Result<Instant, DerError> {
    let bad = || DerError(format!("time {:?}", String::from_utf8_lossy(element.content)));
    let text = std::str::from_utf8(element.content).ok().filter(|t| t.is_ascii()).ok_or_else(bad)?;
    let text = text.strip_suffix('Z').ok_or_else(bad)?;
    match element.tag {
        Tag::UTC_TIME => {
            let years = text.get(..2).and_then(|y| y.parse::<u8>().ok()).ok_or_else(bad)?;
            let century = if years >= 50 { "19" } else { "20" };
            civil(&format!("{century}{text}"), "").ok_or_else(bad)
        }
        Tag::GENERALIZED_TIME => {
            let (whole, fraction) = match text.split_once('.') {
                Some((_, fraction)) if fraction.is_empty() || fraction.ends_with('0') => return Err(bad()),
                Some(parts) => parts,
                None => (text, ""),
            };
            civil(whole, fraction).ok_or_else(bad)
        }
        _ => Err(bad()),
    }
}

fn civil(whole: &str, fraction: &str) -> Option<Instant> {
    if whole.len() != 14 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| whole.get(from..to)?.parse::<i16>().ok();
    let small = |from, to| number(from, to).and_then(|n| i8::try_from(n).ok());
    let second = small(12, 14)?;
    // A leap second (60) is the last second of its minute, one second later.
    let (second, leap_ms) = if second == 60 { (59, 1000) } else { (second, 0) };
    let civil =
        DateTime::new(number(0, 4)?, small(4, 6)?, small(6, 8)?, small(8, 10)?, small(10, 12)?, second, 0).ok()?;
    let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
    let base = civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
    Instant::from_millisecond(base + leap_ms + millis.parse::<i64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::{Der, tlv};

    fn read(tag: Tag, text: &str) -> Option<String> {
        let octets = tlv(tag, text.as_bytes());
        read_time(&Der::new(&octets).next("time").unwrap()).ok().map(|at| at.to_string())
    }

    #[test]
    fn fractions_leap_seconds_and_bad_texts() {
        let g = Tag::GENERALIZED_TIME;
        assert_eq!(read(g, "20261121091203Z").as_deref(), Some("2026-11-21T09:12:03.000Z"));
        assert_eq!(read(g, "20261121091203.0451Z").as_deref(), Some("2026-11-21T09:12:03.045Z"));
        assert_eq!(read(g, "20161231235960Z").as_deref(), Some("2017-01-01T00:00:00.000Z"));
        assert_eq!(read(Tag::UTC_TIME, "491121091203Z").as_deref(), Some("2049-11-21T09:12:03.000Z"));
        assert_eq!(read(Tag::UTC_TIME, "501121091203Z").as_deref(), Some("1950-11-21T09:12:03.000Z"));
        for bad in [
            "20261121091203",
            "20261121091203+0100",
            "20261121091203.Z",
            "20261121091203.10Z",
            "2026112109120Z",
            "20261321091203Z",
            "20261121251203Z",
            "é0261121091203Z",
            "20261121091203.1 Z",
        ] {
            assert_eq!(read(g, bad), None, "{bad}");
        }
    }
}

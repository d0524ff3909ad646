//! Dates that a file holds as a count or as bits, written out; calendar of days from Howard Hinnant's public-domain algorithm.

/// Seconds from 1 January 1970, in UTC as RFC 3339 writes it; nothing when the year has not four digits.
pub(crate) fn from_unix(seconds: i64) -> Option<String> {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let days = days.checked_add(719_468)?;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let clock = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    (0..=9999).contains(&year).then(|| format!("{year:04}-{month:02}-{day:02}T{clock}Z"))
}

/// Seconds from 1 January 1904, as in MP4; zero means that none is given.
pub(crate) fn from_1904(seconds: u64) -> Option<String> {
    (seconds != 0).then(|| from_unix(i64::try_from(seconds).ok()?.checked_sub(2_082_844_800)?)).flatten()
}

/// Nanoseconds from 1 January 2001, as in Matroska.
pub(crate) fn from_2001(nanoseconds: i64) -> Option<String> {
    from_unix(nanoseconds.div_euclid(1_000_000_000).checked_add(978_307_200)?)
}

/// The date and time of a ZIP entry, in the local time of who made it.
pub(crate) fn from_dos(date: u64, time: u64) -> String {
    let (year, month, day) = (1980 + (date >> 9 & 0x7f), date >> 5 & 0x0f, date & 0x1f);
    let (hour, minute, second) = (time >> 11 & 0x1f, time >> 5 & 0x3f, (time & 0x1f) * 2);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// A date of a PDF's information dictionary as XMP would write it, so that both can be compared.
pub(crate) fn pdf_as_iso(date: &str) -> Option<String> {
    let date = date.trim().strip_prefix("D:").unwrap_or(date.trim());
    let digits: String = date.chars().take_while(char::is_ascii_digit).collect();
    let zone = date.get(digits.len()..)?.replace('\'', "");
    let part = |from: usize, to: usize, otherwise: &str| digits.get(from..to).unwrap_or(otherwise).to_owned();
    let zone = match zone.as_str() {
        "" => String::new(),
        zone if zone.starts_with('Z') => "Z".to_owned(),
        "+0000" | "-0000" | "+00" | "-00" => "Z".to_owned(),
        zone => format!("{}:{}", zone.get(..3)?, zone.get(3..5).unwrap_or("00")),
    };
    let day = format!("{}-{}-{}", digits.get(..4)?, part(4, 6, "01"), part(6, 8, "01"));
    Some(format!("{day}T{}:{}:{}{zone}", part(8, 10, "00"), part(10, 12, "00"), part(12, 14, "00")))
}

/// An XMP date with one way of writing UTC.
pub(crate) fn xmp_as_iso(date: &str) -> String {
    let date = date.trim();
    date.strip_suffix("+00:00")
        .or_else(|| date.strip_suffix("-00:00"))
        .map_or_else(|| date.to_owned(), |d| d.to_owned() + "Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_written_out() {
        assert_eq!(from_unix(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(from_unix(951_782_400).as_deref(), Some("2000-02-29T00:00:00Z"));
        assert_eq!(from_unix(-1).as_deref(), Some("1969-12-31T23:59:59Z"));
        assert_eq!(from_unix(i64::MAX), None);
        assert_eq!(from_1904(0), None);
        assert_eq!(from_1904(2_082_844_800).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(from_1904(u64::MAX), None);
        assert_eq!(from_2001(0).as_deref(), Some("2001-01-01T00:00:00Z"));
        assert_eq!(from_dos(0x5821, 0x1083), "2024-01-01 02:04:06");
    }

    #[test]
    fn two_ways_of_writing_a_date_compare() {
        assert_eq!(pdf_as_iso("D:20240102030405+01'00'").as_deref(), Some("2024-01-02T03:04:05+01:00"));
        assert_eq!(pdf_as_iso("D:20240102030405Z00'00'").as_deref(), Some("2024-01-02T03:04:05Z"));
        assert_eq!(pdf_as_iso("D:2024").as_deref(), Some("2024-01-01T00:00:00"));
        assert_eq!(pdf_as_iso("D:20240102é"), None);
        assert_eq!(xmp_as_iso("2024-01-02T03:04:05+00:00"), "2024-01-02T03:04:05Z");
    }
}

//! Dates and hours as an act writes them: in words, in French legal time (décret n° 2017-292), and in figures.
use dossier::Instant;
use jiff::Zoned;

use crate::number_words::{Gender, cardinal, ranking};

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// `l'an deux mille vingt-six et le vingt et un novembre`
pub fn day_in_words(legal: &Zoned) -> String {
    let year = u32::try_from(legal.year()).unwrap_or(0);
    format!("l'an {} et le {} {}", ranking(year), day_number(legal), month(legal))
}

/// `dix heures douze minutes`; minutes are left out on the hour.
pub fn hour_in_words(legal: &Zoned) -> String {
    let (hour, minute) = (count(legal.hour()), count(legal.minute()));
    let hours = format!("{} heure{}", cardinal(hour, Gender::Feminine), plural(hour));
    if minute == 0 {
        return hours;
    }
    format!("{hours} {} minute{}", cardinal(minute, Gender::Feminine), plural(minute))
}

/// The whole: `l'an … et le …, à … heures … minutes`, followed, in the hour that happens twice at the end of summer
/// time, by which of the two it is.
pub fn instant_in_words(instant: Instant) -> String {
    let legal = instant.legal_time();
    let mut text = format!("{}, à {}", day_in_words(&legal), hour_in_words(&legal));
    if let Some(which) = which_of_two(&legal) {
        text.push_str(&format!(" ({which})"));
    }
    text
}

/// For a civil time that happens twice: which of the two this one is.
pub fn which_of_two(legal: &Zoned) -> Option<String> {
    let ambiguous = legal.time_zone().to_ambiguous_zoned(legal.datetime());
    if !matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Fold { .. }) {
        return None;
    }
    let season = if legal.time_zone().to_offset_info(legal.timestamp()).dst().is_dst() { "d'été" } else { "d'hiver" };
    Some(format!("heure {season}, {}", offset(legal)))
}

/// `UTC+1`, with minutes and seconds only when there are some (before 1911).
pub fn offset(legal: &Zoned) -> String {
    let seconds = legal.offset().seconds();
    let sign = if seconds < 0 { '\u{2212}' } else { '+' };
    let (h, m, s) = (seconds.abs() / 3600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    match (m, s) {
        (0, 0) => format!("UTC{sign}{h}"),
        (_, 0) => format!("UTC{sign}{h}:{m:02}"),
        _ => format!("UTC{sign}{h}:{m:02}:{s:02}"),
    }
}

/// `21 novembre 2026`, `1er janvier 2027`
pub fn day(legal: &Zoned) -> String {
    let number = if legal.day() == 1 { "1er".to_owned() } else { legal.day().to_string() };
    format!("{number} {} {}", month(legal), legal.year())
}

/// `10 h 12 min 03 s (UTC+1)`
pub fn hour(legal: &Zoned) -> String {
    format!(
        "{}\u{a0}h\u{a0}{:02}\u{a0}min\u{a0}{:02}\u{a0}s ({})",
        legal.hour(),
        legal.minute(),
        legal.second(),
        offset(legal)
    )
}

/// `21 novembre 2026 à 10 h 12 min 03 s (UTC+1)`
pub fn moment(instant: Instant) -> String {
    let legal = instant.legal_time();
    format!("{} à {}", day(&legal), hour(&legal))
}

fn day_number(legal: &Zoned) -> String {
    match count(legal.day()) {
        1 => "premier".to_owned(),
        n => cardinal(n, Gender::Masculine),
    }
}

fn month(legal: &Zoned) -> &'static str {
    MONTHS.get(usize::try_from(legal.month()).unwrap_or(0).wrapping_sub(1)).copied().unwrap_or("")
}

fn count(n: i8) -> u32 {
    u32::try_from(n).unwrap_or(0)
}

fn plural(n: u32) -> &'static str {
    if n > 1 { "s" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    fn paris(text: &str) -> Instant {
        let civil: jiff::civil::DateTime = text.parse().unwrap();
        Instant::new(civil.to_zoned(TimeZone::get("Europe/Paris").unwrap()).unwrap().timestamp())
    }

    #[test]
    fn vectors() {
        for (civil, words) in [
            ("2026-11-21T10:12:00", "l'an deux mille vingt-six et le vingt et un novembre, à dix heures douze minutes"),
            ("2027-01-01T01:01:00", "l'an deux mille vingt-sept et le premier janvier, à une heure une minute"),
            (
                "2026-12-31T21:41:00",
                "l'an deux mille vingt-six et le trente et un décembre, à vingt et une heures quarante et une minutes",
            ),
            ("2026-11-30T00:00:00", "l'an deux mille vingt-six et le trente novembre, à zéro heure"),
            ("2080-08-11T12:00:59", "l'an deux mille quatre-vingt et le onze août, à douze heures"),
        ] {
            assert_eq!(instant_in_words(paris(civil)), words);
        }
    }

    #[test]
    fn the_hour_that_happens_twice_says_which() {
        let summer: Instant = "2026-10-25T00:30:00Z".parse().unwrap();
        let winter: Instant = "2026-10-25T01:30:00Z".parse().unwrap();
        let words = "l'an deux mille vingt-six et le vingt-cinq octobre, à deux heures trente minutes";
        assert_eq!(instant_in_words(summer), format!("{words} (heure d'été, UTC+2)"));
        assert_eq!(instant_in_words(winter), format!("{words} (heure d'hiver, UTC+1)"));
        assert_eq!(moment(winter), "25 octobre 2026 à 2\u{a0}h\u{a0}30\u{a0}min\u{a0}00\u{a0}s (UTC+1)");
    }

    /// Reads the words back: searches each field among all the words it can have.
    /// The two nights of 2026 when the clock changes, hour by hour: the hour that is not, the hour that is twice.
    #[test]
    fn every_hour_of_both_clock_changes() {
        let told = |text: &str, hours: std::ops::Range<i64>| -> Vec<String> {
            let first: Instant = text.parse().unwrap();
            let at = |n: i64| Instant::from_millisecond(first.as_millisecond() + n * 3_600_000).unwrap();
            hours.map(|n| hour(&at(n).legal_time()).replace('\u{a0}', " ").replace(" 00 min 00 s", "")).collect()
        };
        let spring = ["0 h (UTC+1)", "1 h (UTC+1)", "3 h (UTC+2)", "4 h (UTC+2)"];
        assert_eq!(told("2026-03-28T23:00:00.000Z", 0..4), spring);
        let autumn = ["0 h (UTC+2)", "1 h (UTC+2)", "2 h (UTC+2)", "2 h (UTC+1)", "3 h (UTC+1)", "4 h (UTC+1)"];
        assert_eq!(told("2026-10-24T22:00:00.000Z", 0..6), autumn);
        for (start, twice) in [("2026-03-28T22:00:00.000Z", [].as_slice()), ("2026-10-24T21:00:00.000Z", &[3, 4])] {
            let first: Instant = start.parse().unwrap();
            for minute in 0..(28 * 60_i64) {
                let at = Instant::from_millisecond(first.as_millisecond() + minute * 60_000).unwrap();
                let words = instant_in_words(at);
                let said = words.contains("heure d'été, UTC+2") || words.contains("heure d'hiver, UTC+1");
                assert_eq!(said, twice.contains(&(minute / 60)), "{at}: {words}");
                let summer = twice.first() == Some(&(minute / 60));
                assert!(!said || words.contains("heure d'été") == summer, "{at}: {words}");
            }
        }
    }

    fn parse_back(text: &str) -> Option<(i16, i8, i8, i8, i8)> {
        let (day, rest) = text.strip_prefix("l'an ")?.split_once(", à ")?;
        let rest = rest.split(" (").next()?;
        let (year, day) = day.split_once(" et le ")?;
        let year = (1800..2200).find(|y| ranking(*y) == year)?;
        let (number, month) = day.rsplit_once(' ')?;
        let month = MONTHS.iter().position(|m| *m == month)? + 1;
        let number =
            (1..=31).find(|d| number == if *d == 1 { "premier".into() } else { cardinal(*d, Gender::Masculine) })?;
        let (hours, minutes) = rest.split_once(" heure")?;
        let minutes = minutes.trim_start_matches('s').trim().trim_end_matches('s').trim_end_matches(" minute");
        let hour = (0..24).find(|h| cardinal(*h, Gender::Feminine) == hours)?;
        let minute =
            if minutes.is_empty() { 0 } else { (1..60).find(|m| cardinal(*m, Gender::Feminine) == minutes)? };
        Some((year as i16, month as i8, number as i8, hour as i8, minute as i8))
    }

    proptest! {
        #[test]
        fn every_minute_from_1900_to_2100_reads_back(minute in 0_i64..(201 * 366 * 1440)) {
            let start = date(1900, 1, 1).to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
            let instant = Instant::from_millisecond((start + minute * 60) * 1000).unwrap();
            let legal = instant.legal_time();
            let text = instant_in_words(instant);
            let expected = (legal.year(), legal.month(), legal.day(), legal.hour(), legal.minute());
            prop_assert_eq!(parse_back(&text), Some(expected), "{}", text);
            // The same words for two instants of different minutes only with different offsets, and then they say so.
            prop_assert_eq!(text.contains("(heure"), which_of_two(&legal).is_some());
        }
    }
}

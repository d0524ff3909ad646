//! Dates, hours and numbers as a British legal translation writes them: in words, in French legal time, and in figures.
use dossier::Instant;
use jiff::Zoned;

use crate::date_words::offset;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const ORDINALS: [&str; 20] = [
    "",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];

/// A number that counts things; above 999 999 the digits are given, as in French.
pub(crate) fn cardinal(n: u32) -> String {
    let joined = |head: String, rest: u32| match rest {
        0 => head,
        // British usage: « and » before what is below a hundred.
        1..=99 => format!("{head} and {}", cardinal(rest)),
        _ => format!("{head} {}", cardinal(rest)),
    };
    match n {
        0..=19 => at(&UNITS, n).to_owned(),
        20..=99 if n.is_multiple_of(10) => at(&TENS, n / 10).to_owned(),
        20..=99 => format!("{}-{}", at(&TENS, n / 10), at(&UNITS, n % 10)),
        100..=999 => joined(format!("{} hundred", at(&UNITS, n / 100)), n % 100),
        1000..=999_999 => joined(format!("{} thousand", cardinal(n / 1000)), n % 1000),
        _ => n.to_string(),
    }
}

/// The rank of a day in its month: `twenty-first`.
fn ordinal(n: u32) -> String {
    match n {
        0..=19 => at(&ORDINALS, n).to_owned(),
        20 => "twentieth".to_owned(),
        30 => "thirtieth".to_owned(),
        _ => format!("{}-{}", at(&TENS, n / 10), at(&ORDINALS, n % 10)),
    }
}

/// `on the twenty-first of November two thousand and twenty-six`
pub(crate) fn day_in_words(legal: &Zoned) -> String {
    let year = u32::try_from(legal.year()).unwrap_or(0);
    format!("on the {} of {} {}", ordinal(count(legal.day())), month(legal), cardinal(year))
}

/// `ten hours twelve minutes`; minutes are left out on the hour.
pub(crate) fn hour_in_words(legal: &Zoned) -> String {
    let (hour, minute) = (count(legal.hour()), count(legal.minute()));
    let of = |n: u32, unit: &str| format!("{} {unit}{}", cardinal(n), if n == 1 { "" } else { "s" });
    if minute == 0 { of(hour, "hour") } else { format!("{} {}", of(hour, "hour"), of(minute, "minute")) }
}

/// Day and hour in words, followed, in the hour that happens twice at the end of summer time, by which of the two it is.
pub(crate) fn instant_in_words(instant: Instant) -> String {
    let legal = instant.legal_time();
    let text = format!("{}, at {}", day_in_words(&legal), hour_in_words(&legal));
    let ambiguous = legal.time_zone().to_ambiguous_zoned(legal.datetime());
    if !matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Fold { .. }) {
        return text;
    }
    let summer = legal.time_zone().to_offset_info(legal.timestamp()).dst().is_dst();
    format!("{text} ({} time, {})", if summer { "summer" } else { "winter" }, offset(&legal))
}

/// `21 November 2026`
pub(crate) fn day(legal: &Zoned) -> String {
    format!("{} {} {}", legal.day(), month(legal), legal.year())
}

/// `10:12:03 (UTC+1)`
pub(crate) fn hour(legal: &Zoned) -> String {
    format!("{:02}:{:02}:{:02} ({})", legal.hour(), legal.minute(), legal.second(), offset(legal))
}

fn month(legal: &Zoned) -> &'static str {
    MONTHS.get(usize::try_from(legal.month()).unwrap_or(0).wrapping_sub(1)).copied().unwrap_or("")
}

fn at(words: &[&'static str], n: u32) -> &'static str {
    words.get(n as usize).copied().unwrap_or("")
}

fn count(n: i8) -> u32 {
    u32::try_from(n).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use jiff::tz::TimeZone;

    fn paris(text: &str) -> Instant {
        let civil: jiff::civil::DateTime = text.parse().unwrap();
        Instant::new(civil.to_zoned(TimeZone::get("Europe/Paris").unwrap()).unwrap().timestamp())
    }

    #[test]
    fn vectors_in_words() {
        for (civil, words) in [
            (
                "2026-11-21T10:12:00",
                "on the twenty-first of November two thousand and twenty-six, at ten hours twelve minutes",
            ),
            ("2027-01-01T01:01:00", "on the first of January two thousand and twenty-seven, at one hour one minute"),
            (
                "2026-12-31T21:41:00",
                "on the thirty-first of December two thousand and twenty-six, at twenty-one hours forty-one minutes",
            ),
            ("2026-11-30T00:00:00", "on the thirtieth of November two thousand and twenty-six, at zero hours"),
            ("2000-02-20T12:00:59", "on the twentieth of February two thousand, at twelve hours"),
            (
                "1999-08-12T13:05:00",
                "on the twelfth of August one thousand nine hundred and ninety-nine, at thirteen hours five minutes",
            ),
            (
                "2100-03-23T20:30:00",
                "on the twenty-third of March two thousand one hundred, at twenty hours thirty minutes",
            ),
        ] {
            assert_eq!(instant_in_words(paris(civil)), words);
        }
    }

    #[test]
    fn vectors_in_figures() {
        for (instant, moment) in [
            ("2026-11-21T09:12:03Z", "21 November 2026 at 10:12:03 (UTC+1)"),
            ("2026-07-01T22:00:00Z", "2 July 2026 at 00:00:00 (UTC+2)"),
            ("2026-10-25T01:30:00Z", "25 October 2026 at 02:30:00 (UTC+1)"),
        ] {
            assert_eq!(crate::Langue::En.moment(instant.parse().unwrap()), moment);
        }
    }

    #[test]
    fn the_hour_that_happens_twice_says_which() {
        let words = "on the twenty-fifth of October two thousand and twenty-six, at two hours thirty minutes";
        let summer: Instant = "2026-10-25T00:30:00Z".parse().unwrap();
        let winter: Instant = "2026-10-25T01:30:00Z".parse().unwrap();
        assert_eq!(instant_in_words(summer), format!("{words} (summer time, UTC+2)"));
        assert_eq!(instant_in_words(winter), format!("{words} (winter time, UTC+1)"));
    }

    #[test]
    fn two_numbers_never_share_their_words() {
        let all: BTreeSet<String> = (0..=9999).map(cardinal).collect();
        assert_eq!(all.len(), 10_000);
        let days: BTreeSet<String> = (1..=31).map(ordinal).collect();
        assert_eq!((days.len(), days.contains("")), (31, false));
        for (n, words) in [
            (40, "forty"),
            (101, "one hundred and one"),
            (1100, "one thousand one hundred"),
            (12_012, "twelve thousand and twelve"),
        ] {
            assert_eq!(cardinal(n), words);
        }
    }
}

//! The time to deposit an act: four calendar months after its date, in legal time.
use dossier::Instant;
use jiff::Span;
use jiff::civil::Date;

/// Months to deposit an act (décret n° 2021-1625, art. 27).
pub(super) const MONTHS: i64 = 4;
/// From how many days before the end it is told.
pub(super) const SOON: i64 = 30;

/// The day it is in legal time.
pub(super) fn legal_day(at: Instant) -> Date {
    at.legal_time().date()
}

/// The last day to deposit: the same day four months later, or the last of that month when it has no such day. A Sunday or a
/// holiday does not push it back: the earlier day is the safe one.
pub(super) fn deadline(act: Date) -> Option<Date> {
    act.checked_add(Span::new().months(MONTHS)).ok()
}

/// Days from `today` to `end`; negative when it is past.
pub(super) fn days_left(today: Date, end: Date) -> i64 {
    today.until((jiff::Unit::Day, end)).map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    /// The length of a month, by the rule of the calendar and not by a library.
    fn length(year: i16, month: i8) -> i8 {
        match month {
            4 | 6 | 9 | 11 => 30,
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            _ => 31,
        }
    }

    /// Four months on, counted by hand.
    fn counted(year: i16, month: i8, day: i8) -> (i16, i8, i8) {
        let (year, month) = if month > 8 { (year + 1, month - 8) } else { (year, month + 4) };
        (year, month, day.min(length(year, month)))
    }

    #[test]
    fn ends_of_months() {
        for (act, end) in [
            ("2026-10-31", "2027-02-28"),
            ("2027-10-31", "2028-02-29"),
            ("2027-10-30", "2028-02-29"),
            ("2027-10-29", "2028-02-29"),
            ("2027-10-28", "2028-02-28"),
            ("2099-10-31", "2100-02-28"),
            ("2026-01-31", "2026-05-31"),
            ("2026-02-28", "2026-06-28"),
            ("2028-02-29", "2028-06-29"),
            ("2026-03-31", "2026-07-31"),
            ("2026-04-30", "2026-08-30"),
            ("2026-05-31", "2026-09-30"),
            ("2026-06-30", "2026-10-30"),
            ("2026-07-31", "2026-11-30"),
            ("2026-08-31", "2026-12-31"),
            ("2026-09-30", "2027-01-30"),
            ("2026-11-30", "2027-03-30"),
            ("2026-12-31", "2027-04-30"),
        ] {
            let act: Date = act.parse().unwrap();
            assert_eq!(deadline(act).unwrap().to_string(), end, "{act}");
        }
    }

    #[test]
    fn the_day_is_that_of_legal_time() {
        for (instant, day) in [
            // The night clocks go back (25 October 2026) and the one they go forward (28 March 2027).
            ("2026-10-24T21:59:59Z", "2026-10-24"),
            ("2026-10-24T22:00:00Z", "2026-10-25"),
            ("2026-10-25T22:59:59Z", "2026-10-25"),
            ("2026-10-25T23:00:00Z", "2026-10-26"),
            ("2027-03-27T22:59:59Z", "2027-03-27"),
            ("2027-03-27T23:00:00Z", "2027-03-28"),
            ("2027-03-28T21:59:59Z", "2027-03-28"),
            ("2027-03-28T22:00:00Z", "2027-03-29"),
            ("2026-12-31T23:30:00Z", "2027-01-01"),
        ] {
            assert_eq!(legal_day(instant.parse().unwrap()).to_string(), day, "{instant}");
        }
    }

    #[test]
    fn days_are_counted_over_a_change_of_clock() {
        assert_eq!(days_left(date(2026, 10, 24), date(2026, 10, 26)), 2);
        assert_eq!(days_left(date(2027, 3, 29), date(2027, 3, 27)), -2);
        assert_eq!(days_left(date(2027, 2, 28), date(2027, 2, 28)), 0);
        assert_eq!(days_left(date(2026, 1, 1), date(2029, 1, 1)), 1096);
    }

    proptest! {
        #[test]
        fn four_months_by_two_counts(year in 1900_i16..2400, month in 1_i8..=12, day in 1_i8..=31) {
            let day = day.min(length(year, month));
            let end = deadline(date(year, month, day)).unwrap();
            prop_assert_eq!((end.year(), end.month(), end.day()), counted(year, month, day));
            prop_assert!((120..=123).contains(&days_left(date(year, month, day), end)));
        }
    }
}

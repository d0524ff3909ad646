//! Properties of the calendar, the window and the terms; Easter against a table of 131 years made by another algorithm.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use dossier::Instant;
use jiff::civil::{Date, Weekday, date};
use proptest::prelude::*;
use signification::calendar::{Mode, Zone, easter, holiday_on, holidays, is_ouvrable, next_ouvrable};
use signification::civil::{paris_date, paris_midnight};
use signification::deadline::{Distance, Period, calendar_months, deadline, elapsed};
use signification::letter::{Qualification, letter_due, qualify};
use signification::window::{Window, service_window};

/// Easter Sundays of 1970 to 2100, as month * 100 + day.
#[rustfmt::skip]
const EASTER: [i16; 131] = [
    329, 411, 402, 422, 414, 330, 418, 410, 326, 415, 406, 419, 411, 403, 422, 407,
    330, 419, 403, 326, 415, 331, 419, 411, 403, 416, 407, 330, 412, 404, 423, 415,
    331, 420, 411, 327, 416, 408, 323, 412, 404, 424, 408, 331, 420, 405, 327, 416,
    401, 421, 412, 404, 417, 409, 331, 420, 405, 328, 416, 401, 421, 413, 328, 417,
    409, 325, 413, 405, 425, 410, 401, 421, 406, 329, 417, 409, 325, 414, 405, 418,
    410, 402, 421, 406, 329, 418, 402, 422, 414, 330, 418, 410, 326, 415, 406, 329,
    411, 403, 422, 414, 330, 419, 410, 326, 415, 407, 419, 411, 403, 423, 407, 330,
    419, 404, 326, 415, 331, 420, 411, 403, 416, 408, 330, 412, 404, 424, 415, 331,
    420, 412, 328,
];

#[test]
fn easter_is_the_table_s() {
    for (year, wanted) in (1970..).zip(EASTER) {
        let day = easter(year).unwrap();
        assert_eq!(i16::from(day.month()) * 100 + i16::from(day.day()), wanted, "{year}");
        assert_eq!(day.weekday(), Weekday::Sunday);
    }
}

/// The window has no open second on a holiday nor on a Sunday, and is open at noon on every other day.
#[test]
fn the_window_knows_every_day_of_the_calendar() {
    for zone in [Zone::Metropole, Zone::AlsaceMoselleTemple, Zone::Reunion] {
        let mut day = date(2010, 1, 1);
        while day.year() <= 2060 {
            let rest = day.weekday() == Weekday::Sunday || holiday_on(day, zone).unwrap().is_some();
            let start = paris_midnight(day);
            for hours in [0, 6, 12, 15, 20, 22] {
                let at = elapsed(start, hours);
                let open = service_window(at, &[zone]).unwrap().is_open();
                assert!(!(rest && open && paris_date(at) == day), "{day} +{hours}h");
                assert!(rest || hours != 12 || open, "{day} at noon");
            }
            day = day.tomorrow().unwrap();
        }
    }
}

fn any_day() -> impl Strategy<Value = Date> {
    (0_i32..29_000).prop_map(|n| {
        use jiff::ToSpan;
        date(2012, 1, 1).saturating_add(n.days())
    })
}

fn any_zone() -> impl Strategy<Value = Zone> {
    prop::sample::select(Zone::ALL.into_iter().filter(|z| z.complete()).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn a_term_never_ends_on_a_day_of_rest(
        start in any_day(), months in 0_u16..60, days in 0_u16..200, zone in any_zone(), far in 0..3,
    ) {
        let distance = [Distance::Aucune, Distance::OutreMer, Distance::Etranger][far as usize];
        let term = deadline(start, Period { years: 0, months, days }, zone, distance).unwrap();
        prop_assert!(term.due >= term.raw && term.raw >= start);
        prop_assert!(is_ouvrable(term.due, zone, Mode::LundiVendredi).unwrap() );
        prop_assert!(!term.proof.is_empty());
    }

    #[test]
    fn adding_months_is_monotone(a in any_day(), b in any_day(), months in 0..120_i32) {
        let (low, high) = (a.min(b), a.max(b));
        prop_assert!(calendar_months(low, months) <= calendar_months(high, months));
        prop_assert!(calendar_months(low, months) <= calendar_months(low, months + 1));
    }

    #[test]
    fn more_zones_never_open_the_window(ms in 1_400_000_000_000_i64..4_000_000_000_000, zone in any_zone()) {
        let at = Instant::from_millisecond(ms).unwrap();
        let both = service_window(at, &[Zone::Metropole, zone]).unwrap();
        if both.is_open() {
            prop_assert!(service_window(at, &[Zone::Metropole]).unwrap().is_open());
            prop_assert!(service_window(at, &[zone]).unwrap().is_open());
        }
        if let Window::Closed { next_open, .. } = both {
            prop_assert!(next_open > at);
            prop_assert!(service_window(next_open, &[Zone::Metropole, zone]).unwrap().is_open());
        }
    }

    #[test]
    fn a_letter_is_due_on_a_working_day_after_the_sending(ms in 1_400_000_000_000_i64..4_000_000_000_000, zone in any_zone()) {
        let sent = Instant::from_millisecond(ms).unwrap();
        let due = letter_due(sent, zone).unwrap();
        prop_assert!(due.earliest() > paris_date(sent) && due.lundi_samedi <= due.lundi_vendredi);
        prop_assert_eq!(next_ouvrable(paris_date(sent), zone, Mode::LundiSamedi).unwrap(), due.lundi_samedi);
    }

    #[test]
    fn after_midnight_the_qualification_is_decided(
        ms in 1_400_000_000_000_i64..4_000_000_000_000, read in prop::option::of(0_u32..72), now in 0_u32..96,
    ) {
        let sent = Instant::from_millisecond(ms).unwrap();
        let (read, now) = (read.map(|h| elapsed(sent, h)), elapsed(sent, now));
        let read = read.filter(|r| *r <= now);
        let found = qualify(sent, read, now);
        if paris_date(now) > paris_date(sent) {
            prop_assert_ne!(found, Qualification::EnAttente);
        }
        prop_assert_eq!(found == Qualification::APersonne, read.is_some_and(|r| paris_date(r) == paris_date(sent)));
    }
}

#[test]
fn two_holidays_may_share_a_day() {
    // Ascension and 8 May in 2059 and 1 May in 2008-like years: both are listed, none is lost.
    let twins: Vec<i16> = (2010..=2100)
        .filter(|year| {
            let list = holidays(Zone::Metropole, *year).unwrap();
            list.windows(2).any(|w| w[0].date == w[1].date)
        })
        .collect();
    assert!(!twins.is_empty());
    for year in twins {
        assert_eq!(holidays(Zone::Metropole, year).unwrap().len(), 11);
    }
}

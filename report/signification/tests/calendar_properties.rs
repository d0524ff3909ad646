//! Properties of the calendar, the window and the terms; Easter against a table of 131 years made by another algorithm.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use dossier::{Instant, to_canonical};
use jiff::civil::{Date, Weekday, date};
use proptest::prelude::*;
use signification::calendar::{Mode, Zone, easter, holiday_on, holidays, is_ouvrable, next_ouvrable};
use signification::civil::{paris_date, paris_midnight, paris_rfc3339, parse_paris};
use signification::deadline::{Distance, Period, calendar_months, deadline, deadline_with, elapsed};
use signification::delais::{
    ClosedDay, DelaiConfig, DelaiNotification, Interruption, InterruptionCause, JoursChomes, outage_extension,
};
use signification::letter::{Qualification, letter_due, qualify};
use signification::window::{Window, service_window, service_window_with};
use signification::{Id, SystemEntropy};

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

    /// No open second on a public holiday, whichever second it is.
    #[test]
    fn no_second_of_a_holiday_is_open(year in 2010_i16..=2060, pick in any::<prop::sample::Index>(), ms in 0_i64..86_400_000, zone in any_zone()) {
        let list = holidays(zone, year).unwrap();
        let day = pick.get(&list).date;
        let at = Instant::from_millisecond(paris_midnight(day).as_millisecond() + ms).unwrap();
        prop_assume!(paris_date(at) == day);
        prop_assert!(!service_window(at, &[zone]).unwrap().is_open());
        prop_assert!(!service_window(at, &[Zone::Metropole, zone]).unwrap().is_open());
    }

    /// Civil time tells its instant: what is shown with its offset is read back as the same millisecond.
    #[test]
    fn civil_time_reads_back(ms in 0_i64..4_000_000_000_000) {
        let at = Instant::from_millisecond(ms).unwrap();
        prop_assert_eq!(parse_paris(&paris_rfc3339(at)).unwrap(), at);
    }

    /// Elapsed hours are hours, across every clock change.
    #[test]
    fn elapsed_hours_do_not_see_the_clock_change(ms in 0_i64..4_000_000_000_000, hours in 0_u32..2_000) {
        let at = Instant::from_millisecond(ms).unwrap();
        prop_assert_eq!(elapsed(at, hours).as_millisecond() - ms, i64::from(hours) * 3_600_000);
    }

    /// Local closed days only ever close: a window, a term and an answer never come earlier for them.
    #[test]
    fn closed_days_never_bring_anything_forward(
        start in any_day(), off in prop::collection::btree_set(0_i32..60, 0..30), months in 0_u16..3, hour in 0_u32..24, zone in any_zone(),
    ) {
        use jiff::ToSpan;
        let day = |n: i32| start.saturating_add(n.days());
        let listed = off.iter().map(|n| ClosedDay { date: day(*n), zone: None, libelle: "l".into(), fondement: "f".into() });
        let list = JoursChomes::new(start, listed.collect()).unwrap();
        let at = elapsed(paris_midnight(start), hour);
        if service_window_with(at, &[zone], &list).unwrap().is_open() {
            prop_assert!(service_window(at, &[zone]).unwrap().is_open() && list.on(paris_date(at), zone).is_none());
        }
        if let Window::Closed { next_open, .. } = service_window_with(at, &[zone], &list).unwrap() {
            prop_assert!(next_open > at && service_window_with(next_open, &[zone], &list).unwrap().is_open());
        }
        let plain = deadline(start, Period::months(months), zone, Distance::Aucune).unwrap();
        let term = deadline_with(start, Period::months(months), zone, Distance::Aucune, &list).unwrap();
        prop_assert!(term.due >= plain.due && term.raw == plain.raw);
        prop_assert!(list.on(term.due, zone).is_none() && is_ouvrable(term.due, zone, Mode::LundiVendredi).unwrap());
        let bytes = list.to_bytes().unwrap();
        prop_assert_eq!(to_canonical(&serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()).unwrap(), bytes);
    }

    /// An alert of the internal target is given once, in order, and none before its hour.
    #[test]
    fn alerts_are_given_once(ms in 0_i64..4_000_000_000_000, looks in prop::collection::vec(0_u32..80, 1..20), end in prop::option::of(0_u32..80)) {
        let start = Instant::from_millisecond(ms).unwrap();
        let target = DelaiNotification::new(start, DelaiConfig::default()).unwrap();
        let delivered = end.map(|h| elapsed(start, h));
        let mut looks = looks;
        looks.sort_unstable();
        let mut given = Vec::new();
        for hours in looks {
            let now = elapsed(start, hours);
            for alert in target.report(now, delivered, &given).alerts {
                prop_assert!(alert.at <= now && !given.contains(&alert.heures));
                prop_assert!(given.last().is_none_or(|last| *last < alert.heures));
                prop_assert!(delivered.is_none_or(|at| at > now), "warned after delivery");
                given.push(alert.heures);
            }
        }
    }

    /// Time without service on a day is never more than the day, and outages that overlap count once.
    #[test]
    fn outages_of_a_day_fit_in_it(day in any_day(), spans in prop::collection::vec((-30_i64..30, 1_i64..40), 1..8)) {
        let midnight = paris_midnight(day).as_millisecond();
        let length = paris_midnight(day.tomorrow().unwrap()).as_millisecond() - midnight;
        let hour = |h: i64| Instant::from_millisecond(midnight + h * 3_600_000).unwrap();
        let id = Id::new(hour(0), &SystemEntropy::default()).unwrap();
        let outages: Vec<_> = spans
            .iter()
            .map(|(from, long)| Interruption::new(id, hour(*from), hour(from + long), InterruptionCause::Incident, None).unwrap())
            .collect();
        let down = (0..length / 3_600_000)
            .filter(|h| spans.iter().any(|(from, long)| from <= h && h < &(from + long)))
            .count();
        match outage_extension(day, Zone::Metropole, &outages, &JoursChomes::default()).unwrap() {
            Some(found) => {
                prop_assert_eq!(found.down_ms, i64::try_from(down).unwrap() * 3_600_000);
                prop_assert!(found.down_ms <= length && found.lundi_samedi > day && found.lundi_samedi <= found.lundi_vendredi);
            }
            None => prop_assert_eq!(down, 0),
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

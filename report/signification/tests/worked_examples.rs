//! The 32 worked examples of the date-and-deadline engine, one test each, named by its number.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use dossier::Instant;
use jiff::civil::{Date, date};
use signification::calendar::{CalendarGap, Mode, Zone, next_ouvrable};
use signification::cgu::{CguVersion, check_notice, earliest_effect};
use signification::civil::{local_time, paris_at, paris_date, paris_midnight, parse_paris};
use signification::deadline::{Distance, Period, after_outage, calendar_months, deadline, elapsed, internal_target};
use signification::delais::{
    AddressSource, DelaiConfig, DelaiNotification, Interruption, InterruptionCause, JoursChomes, NotificationFormelle,
    outage_extension,
};
use signification::letter::{Qualification, letter_due, qualify};
use signification::petites_creances::DelaiMois;
use signification::window::{ClosedReason, Window, service_window};
use signification::{Id, SystemEntropy};

const AM: Zone = Zone::AlsaceMoselle;
const TEMPLE: Zone = Zone::AlsaceMoselleTemple;
const FR: Zone = Zone::Metropole;

fn at(text: &str) -> Instant {
    parse_paris(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn open(text: &str, zones: &[Zone]) -> bool {
    service_window(at(text), zones).unwrap().is_open()
}

fn next_open(text: &str, zones: &[Zone]) -> Instant {
    match service_window(at(text), zones).unwrap() {
        Window::Closed { next_open, .. } => next_open,
        Window::Open => panic!("{text} is open"),
    }
}

fn due(start: Date, period: Period, zone: Zone) -> (Date, Date) {
    let deadline = deadline(start, period, zone, Distance::Aucune).unwrap();
    assert!(deadline.due >= deadline.raw);
    assert!(deadline.proof.iter().all(|step| step.rule.starts_with("CPC art. 64")));
    (deadline.raw, deadline.due)
}

fn id() -> Id {
    Id::new(at("2026-11-01 09:00"), &SystemEntropy::default()).unwrap()
}

/// The letter of a service sent at `sent`: Monday to Saturday, Monday to Friday.
fn letter(sent: &str, zone: Zone) -> (Date, Date) {
    let due = letter_due(at(sent), zone).unwrap();
    (due.lundi_samedi, due.lundi_vendredi)
}

const MONTH: Period = Period::months(1);

#[test]
fn wx_01_the_window_opens_at_six_in_winter() {
    assert!(!open("2026-12-01T05:59:59+01:00", &[FR]));
    assert!(open("2026-12-01T06:00:00+01:00", &[FR]));
    assert_eq!(next_open("2026-12-01T05:59:59+01:00", &[FR]).to_string(), "2026-12-01T05:00:00.000Z");
}

/// A fixed GMT+1 would answer the contrary twice.
#[test]
fn wx_02_summer_time_is_not_a_fixed_offset() {
    assert!(open("2027-06-01T04:00:00Z", &[FR]));
    assert!(!open("2027-06-01T19:30:00Z", &[FR]));
}

#[test]
fn wx_03_after_twenty_one_hours() {
    assert!(open("2026-11-21 20:59:59", &[FR]) && open("2026-11-21 21:00:00", &[FR]));
    assert!(!open("2026-11-21 21:00:01", &[FR]));
    assert_eq!(next_open("2026-11-21 21:00:01", &[FR]), at("2026-11-23 06:00"));
}

#[test]
fn wx_04_saint_stephen_in_alsace_moselle() {
    assert!(open("2026-12-26 10:00", &[FR]));
    assert_eq!(next_open("2026-12-26 10:00", &[AM]), at("2026-12-28 06:00"));
    assert_eq!(next_open("2026-12-26 10:00", &[FR, AM]), at("2026-12-28 06:00"));
}

#[test]
fn wx_05_good_friday_where_there_is_a_temple() {
    assert!(open("2027-03-26 10:00", &[FR]) && open("2027-03-26 10:00", &[AM]));
    assert_eq!(next_open("2027-03-26 10:00", &[TEMPLE]), at("2027-03-27 06:00"));
}

#[test]
fn wx_06_easter_on_the_day_of_the_clock_change() {
    assert_eq!(next_open("2027-03-27 21:00:01", &[FR]), at("2027-03-30T06:00:00+02:00"));
    assert_eq!(next_open("2027-03-27 21:00:01", &[FR]).to_string(), "2027-03-30T04:00:00.000Z");
}

#[test]
fn wx_07_three_days_of_may() {
    assert!(!open("2027-05-08 10:00", &[FR]) && open("2027-05-15 10:00", &[FR]) && !open("2027-05-17 10:00", &[FR]));
}

#[test]
fn wx_08_the_end_of_summer_time_and_all_saints() {
    assert!(open("2027-10-30 20:00", &[FR]));
    assert_eq!(next_open("2027-10-30 21:30", &[FR]), at("2027-11-02T06:00:00+01:00"));
    assert_eq!(next_open("2027-10-30 21:30", &[FR]).to_string(), "2027-11-02T05:00:00.000Z");
}

/// Paris governs, local time is shown beside it.
#[test]
fn wx_09_the_window_seen_from_overseas() {
    let (opens, closes) = (paris_at(date(2026, 12, 1), 6), paris_at(date(2026, 12, 1), 21));
    let shown = |zone| {
        let text = |instant| local_time(instant, zone).strftime("%d %H:%M").to_string();
        (text(opens), text(closes))
    };
    assert_eq!(shown(Zone::Guadeloupe), ("01 01:00".into(), "01 16:00".into()));
    assert_eq!(shown(Zone::Reunion), ("01 09:00".into(), "02 00:00".into()));
    assert_eq!(shown(Zone::NouvelleCaledonie), ("01 16:00".into(), "02 07:00".into()));
    let gap = CalendarGap::Zone(Zone::NouvelleCaledonie);
    assert_eq!(service_window(opens, &[FR, Zone::NouvelleCaledonie]), Err(gap));
}

#[test]
fn wx_10_only_the_day_of_reading_counts() {
    let sent = at("2026-12-01 20:58");
    let (evening, night) = (at("2026-12-01 23:41"), at("2026-12-02 00:03"));
    assert_eq!(qualify(sent, None, evening), Qualification::EnAttente);
    assert_eq!(qualify(sent, Some(evening), night), Qualification::APersonne);
    assert_eq!(qualify(sent, Some(night), night), Qualification::ADomicile);
    assert_eq!(qualify(sent, None, paris_midnight(date(2026, 12, 2))), Qualification::ADomicile);
    assert_eq!(letter_due(sent, FR).unwrap().earliest(), date(2026, 12, 2));
}

#[test]
fn wx_11_a_letter_after_christmas_eve() {
    assert_eq!(letter("2026-12-24 17:00", FR), (date(2026, 12, 26), date(2026, 12, 28)));
    assert_eq!(letter("2026-12-24 17:00", AM), (date(2026, 12, 28), date(2026, 12, 28)));
}

#[test]
fn wx_12_a_letter_after_easter() {
    assert_eq!(letter("2027-03-27 19:00", FR), (date(2027, 3, 30), date(2027, 3, 30)));
}

#[test]
fn wx_13_letters_of_may() {
    assert_eq!(letter("2027-05-05 10:00", FR).0, date(2027, 5, 7));
    assert_eq!(letter("2027-04-30 10:00", FR).0, date(2027, 5, 3));
    assert_eq!(letter("2027-05-07 10:00", FR).0, date(2027, 5, 10));
}

#[test]
fn wx_14_a_month_that_ends_at_christmas() {
    assert_eq!(due(date(2026, 11, 25), MONTH, FR), (date(2026, 12, 25), date(2026, 12, 28)));
}

#[test]
fn wx_15_a_month_that_ends_on_a_sunday() {
    assert_eq!(due(date(2026, 12, 31), MONTH, FR), (date(2027, 1, 31), date(2027, 2, 1)));
}

#[test]
fn wx_16_a_missing_quantieme() {
    assert_eq!(due(date(2027, 1, 29), MONTH, FR), (date(2027, 2, 28), date(2027, 3, 1)));
    assert_eq!(due(date(2027, 1, 30), MONTH, FR), (date(2027, 2, 28), date(2027, 3, 1)));
    assert_eq!(due(date(2027, 1, 31), MONTH, FR), (date(2027, 2, 28), date(2027, 3, 1)));
}

#[test]
fn wx_17_good_friday_extends_where_there_is_a_temple() {
    assert_eq!(due(date(2027, 2, 26), MONTH, FR), (date(2027, 3, 26), date(2027, 3, 26)));
    assert_eq!(due(date(2027, 2, 26), MONTH, TEMPLE), (date(2027, 3, 26), date(2027, 3, 30)));
}

#[test]
fn wx_18_from_a_last_day_to_a_last_day() {
    assert_eq!(due(date(2027, 3, 31), MONTH, FR), (date(2027, 4, 30), date(2027, 4, 30)));
}

#[test]
fn wx_19_fifteen_days_to_easter() {
    assert_eq!(due(date(2027, 3, 12), Period::days(15), FR), (date(2027, 3, 27), date(2027, 3, 30)));
}

#[test]
fn wx_20_fifteen_days_to_ascension() {
    assert_eq!(due(date(2027, 4, 21), Period::days(15), FR), (date(2027, 5, 6), date(2027, 5, 7)));
}

#[test]
fn wx_21_eight_days_of_a_denonciation() {
    assert_eq!(due(date(2027, 4, 28), Period::days(8), FR), (date(2027, 5, 6), date(2027, 5, 7)));
}

#[test]
fn wx_22_a_month_to_pentecost() {
    assert_eq!(due(date(2027, 4, 17), MONTH, FR), (date(2027, 5, 17), date(2027, 5, 18)));
}

/// Whether art. 642 applies out of court is not settled: both dates are kept.
#[test]
fn wx_23_the_month_of_a_small_claim_in_both_readings() {
    let (month, term) = DelaiMois::new(date(2026, 11, 25), FR, &JoursChomes::default()).unwrap();
    assert_eq!((month.strict, month.art_642), (date(2026, 12, 25), date(2026, 12, 28)));
    assert_eq!((month.annonce(), month.retenu()), (date(2026, 12, 25), date(2026, 12, 28)));
    assert_eq!(month.fin(), at("2026-12-29 00:00"));
    assert_eq!((term.raw, term.due), due(date(2026, 11, 25), MONTH, FR));
}

#[test]
fn wx_24_new_terms_of_use_take_a_month() {
    let published = at("2027-01-31 12:00");
    assert_eq!(earliest_effect(published), paris_midnight(date(2027, 3, 1)));
    let first = CguVersion {
        version: "1".into(),
        sha256: dossier::Sha256Digest::ZERO,
        published_at: at("2026-01-01 00:00"),
        effective_at: at("2026-01-01 00:00"),
    };
    let notice = |effective| check_notice(Some(&first), published, effective);
    assert_eq!(notice(at("2027-02-27 00:00")).unwrap_err().code(), "signification.cgu_notice");
    assert!(notice(at("2027-03-01 00:00")).is_ok());
    assert!(check_notice(None, published, published).is_ok());
}

/// Read-only through 28 February at 24 h, erasure on 1 March.
#[test]
fn wx_25_two_months_after_a_termination() {
    let last = calendar_months(date(2026, 12, 31), 2);
    assert_eq!(last, date(2027, 2, 28));
    assert_eq!(paris_date(elapsed(paris_midnight(last), 24)), date(2027, 3, 1));
}

#[test]
fn wx_26_five_years_after_a_revocation() {
    assert_eq!(calendar_months(date(2026, 11, 21), 60), date(2031, 11, 21));
    assert_eq!(calendar_months(date(2028, 2, 29), 60), date(2033, 2, 28));
}

#[test]
fn wx_27_forty_eight_hours_are_not_two_days_of_the_clock() {
    let start = at("2027-03-27T10:00:00+01:00");
    let (_, end) = internal_target(start);
    assert_eq!(end, at("2027-03-29T11:00:00+02:00"));
    assert_eq!(DelaiNotification::new(start, DelaiConfig::default()).unwrap().due(), end);
    assert_eq!(elapsed(at("2027-10-30T10:00:00+02:00"), 48), at("2027-11-01T09:00:00+01:00"));
}

#[test]
fn wx_28_a_formal_notice_presented_before_easter() {
    let (presented, closed) = (date(2027, 3, 27), JoursChomes::default());
    assert_eq!(next_ouvrable(presented, FR, Mode::LundiVendredi).unwrap(), date(2027, 3, 30));
    let notice = NotificationFormelle::new(id(), AddressSource::Declaration, presented, FR, &closed).unwrap();
    assert_eq!(notice.deemed_on, date(2027, 3, 30));
}

#[test]
fn wx_29_distance() {
    let far = deadline(date(2026, 12, 31), MONTH, FR, Distance::OutreMer).unwrap();
    assert_eq!((far.raw, far.due), (date(2027, 2, 28), date(2027, 3, 1)));
    assert!(far.proof.iter().any(|step| step.rule == "CPC art. 643"));
    let abroad = deadline(date(2026, 12, 31), MONTH, FR, Distance::Etranger).unwrap();
    assert_eq!(abroad.raw, date(2027, 3, 31));
}

#[test]
fn wx_30_an_outage_on_the_last_evening() {
    let last = date(2026, 12, 24);
    assert_eq!(after_outage(last, FR).unwrap(), (date(2026, 12, 26), date(2026, 12, 28)));
    let (from, to) = (at("2026-12-24 20:00"), at("2026-12-25 00:00"));
    let outage = Interruption::new(id(), from, to, InterruptionCause::Incident, None).unwrap();
    let found = outage_extension(last, FR, &[outage], &JoursChomes::default()).unwrap().unwrap();
    assert_eq!((found.lundi_samedi, found.lundi_vendredi), (date(2026, 12, 26), date(2026, 12, 28)));
    assert_eq!((found.attestations, found.down_ms, found.to_the_end), (vec![outage.id()], 4 * 3_600_000, true));
}

#[test]
fn wx_31_hours_that_do_not_exist_or_exist_twice() {
    let gap = parse_paris("2027-03-28 02:30").unwrap_err();
    assert_eq!(gap.code(), "signification.time_gap");
    assert!(gap.to_string().contains("01:30:00.000+01:00") && gap.to_string().contains("03:30:00.000+02:00"), "{gap}");
    let twice = parse_paris("2027-10-31 02:30").unwrap_err();
    assert_eq!(twice.code(), "signification.time_fold");
    assert!(twice.to_string().contains("02:30:00.000+02:00") && twice.to_string().contains("02:30:00.000+01:00"));
    assert_eq!(at("2027-10-31T02:30:00+01:00").to_string(), "2027-10-31T01:30:00.000Z");
}

#[test]
fn wx_32_christmas_on_a_saturday() {
    for text in ["2027-12-25 10:00", "2027-12-26 10:00"] {
        assert_eq!(next_open(text, &[FR]), at("2027-12-27 06:00"));
    }
}

#[test]
fn the_proof_tells_each_rule_in_french() {
    let proof = deadline(date(2026, 11, 25), Period { years: 0, months: 1, days: 3 }, FR, Distance::OutreMer).unwrap();
    let rules: Vec<&str> = proof.proof.iter().map(|step| step.rule).collect();
    assert_eq!(
        rules,
        ["CPC art. 640", "CPC art. 643", "CPC art. 641, al. 2", "CPC art. 641, al. 3", "CPC art. 642, al. 1"]
    );
    assert!(proof.proof[4].text.contains("jeudi 28 janvier 2027 à vingt-quatre heures"));
    match service_window(at("2026-12-25 10:00"), &[FR]).unwrap() {
        Window::Closed { reason: ClosedReason::Holiday { name, legal_basis, .. }, .. } => {
            assert_eq!((name, legal_basis), ("Noël", "Code du travail, art. L. 3133-1"));
        }
        other => panic!("{other:?}"),
    }
}

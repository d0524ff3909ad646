//! The 32 worked examples of the date-and-deadline engine, each under its number.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use dossier::Instant;
use jiff::civil::{Date, date};
use signification::calendar::{CalendarGap, Mode, Zone, next_ouvrable};
use signification::cgu::{CguVersion, check_notice, earliest_effect};
use signification::civil::{local_time, paris_at, paris_date, paris_midnight, parse_paris};
use signification::deadline::{Distance, Period, after_outage, calendar_months, deadline, elapsed, internal_target};
use signification::letter::{Qualification, letter_due, qualify};
use signification::window::{ClosedReason, Window, service_window};

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

#[test]
fn wx_01_to_03_hours() {
    // WX-01
    assert!(!open("2026-12-01T05:59:59+01:00", &[FR]));
    assert!(open("2026-12-01T06:00:00+01:00", &[FR]));
    assert_eq!(next_open("2026-12-01T05:59:59+01:00", &[FR]).to_string(), "2026-12-01T05:00:00.000Z");
    // WX-02: a fixed GMT+1 would answer the contrary twice.
    assert!(open("2027-06-01T04:00:00Z", &[FR]));
    assert!(!open("2027-06-01T19:30:00Z", &[FR]));
    // WX-03
    assert!(open("2026-11-21 20:59:59", &[FR]) && open("2026-11-21 21:00:00", &[FR]));
    assert!(!open("2026-11-21 21:00:01", &[FR]));
    assert_eq!(next_open("2026-11-21 21:00:01", &[FR]), at("2026-11-23 06:00"));
}

#[test]
fn wx_04_to_09_zones_and_holidays() {
    // WX-04
    assert!(open("2026-12-26 10:00", &[FR]));
    assert_eq!(next_open("2026-12-26 10:00", &[FR, AM]), at("2026-12-28 06:00"));
    // WX-05
    assert!(open("2027-03-26 10:00", &[FR]) && open("2027-03-26 10:00", &[AM]));
    assert_eq!(next_open("2027-03-26 10:00", &[TEMPLE]), at("2027-03-27 06:00"));
    // WX-06
    assert_eq!(next_open("2027-03-27 21:00:01", &[FR]).to_string(), "2027-03-30T04:00:00.000Z");
    // WX-07
    assert!(!open("2027-05-08 10:00", &[FR]) && open("2027-05-15 10:00", &[FR]) && !open("2027-05-17 10:00", &[FR]));
    // WX-08
    assert!(open("2027-10-30 20:00", &[FR]));
    assert_eq!(next_open("2027-10-30 21:30", &[FR]).to_string(), "2027-11-02T05:00:00.000Z");
    // WX-09: Paris governs, local time is shown beside it.
    let (opens, closes) = (paris_at(date(2026, 12, 1), 6), paris_at(date(2026, 12, 1), 21));
    let shown = |zone| {
        let text = |instant| local_time(instant, zone).strftime("%d %H:%M").to_string();
        (text(opens), text(closes))
    };
    assert_eq!(shown(Zone::Guadeloupe), ("01 01:00".into(), "01 16:00".into()));
    assert_eq!(shown(Zone::Reunion), ("01 09:00".into(), "02 00:00".into()));
    assert_eq!(shown(Zone::NouvelleCaledonie), ("01 16:00".into(), "02 07:00".into()));
    assert_eq!(service_window(opens, &[FR, Zone::NouvelleCaledonie]), Err(CalendarGap::Zone(Zone::NouvelleCaledonie)));
}

#[test]
fn wx_10_to_13_qualification_and_letter() {
    // WX-10
    let sent = at("2026-12-01 20:58");
    let (evening, night) = (at("2026-12-01 23:41"), at("2026-12-02 00:03"));
    assert_eq!(qualify(sent, None, evening), Qualification::EnAttente);
    assert_eq!(qualify(sent, Some(evening), night), Qualification::APersonne);
    assert_eq!(qualify(sent, Some(night), night), Qualification::ADomicile);
    assert_eq!(qualify(sent, None, paris_midnight(date(2026, 12, 2))), Qualification::ADomicile);
    assert_eq!(letter_due(sent, FR).unwrap().earliest(), date(2026, 12, 2));
    let letter = |sent: &str, zone| {
        let due = letter_due(at(sent), zone).unwrap();
        (due.lundi_samedi, due.lundi_vendredi)
    };
    // WX-11
    assert_eq!(letter("2026-12-24 17:00", FR), (date(2026, 12, 26), date(2026, 12, 28)));
    assert_eq!(letter("2026-12-24 17:00", AM), (date(2026, 12, 28), date(2026, 12, 28)));
    // WX-12
    assert_eq!(letter("2027-03-27 19:00", FR), (date(2027, 3, 30), date(2027, 3, 30)));
    // WX-13
    assert_eq!(letter("2027-05-05 10:00", FR).0, date(2027, 5, 7));
    assert_eq!(letter("2027-04-30 10:00", FR).0, date(2027, 5, 3));
    assert_eq!(letter("2027-05-07 10:00", FR).0, date(2027, 5, 10));
}

#[test]
fn wx_14_to_23_procedural_terms() {
    let month = Period::months(1);
    for (wx, start, period, zone, raw, expected) in [
        (14, date(2026, 11, 25), month, FR, date(2026, 12, 25), date(2026, 12, 28)),
        (15, date(2026, 12, 31), month, FR, date(2027, 1, 31), date(2027, 2, 1)),
        (16, date(2027, 1, 29), month, FR, date(2027, 2, 28), date(2027, 3, 1)),
        (16, date(2027, 1, 30), month, FR, date(2027, 2, 28), date(2027, 3, 1)),
        (16, date(2027, 1, 31), month, FR, date(2027, 2, 28), date(2027, 3, 1)),
        (17, date(2027, 2, 26), month, FR, date(2027, 3, 26), date(2027, 3, 26)),
        (17, date(2027, 2, 26), month, TEMPLE, date(2027, 3, 26), date(2027, 3, 30)),
        (18, date(2027, 3, 31), month, FR, date(2027, 4, 30), date(2027, 4, 30)),
        (19, date(2027, 3, 12), Period::days(15), FR, date(2027, 3, 27), date(2027, 3, 30)),
        (20, date(2027, 4, 21), Period::days(15), FR, date(2027, 5, 6), date(2027, 5, 7)),
        (21, date(2027, 4, 28), Period::days(8), FR, date(2027, 5, 6), date(2027, 5, 7)),
        (22, date(2027, 4, 17), month, FR, date(2027, 5, 17), date(2027, 5, 18)),
        // WX-23: whether art. 642 applies out of court is not settled: both dates are there.
        (23, date(2026, 11, 25), month, FR, date(2026, 12, 25), date(2026, 12, 28)),
    ] {
        assert_eq!(due(start, period, zone), (raw, expected), "WX-{wx}");
    }
}

#[test]
fn wx_24_to_26_contract_and_registry_terms() {
    // WX-24
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
    // WX-25 (dates only): read-only through 28 February at 24 h, erasure on 1 March.
    let last = calendar_months(date(2026, 12, 31), 2);
    assert_eq!(last, date(2027, 2, 28));
    assert_eq!(paris_date(elapsed(paris_midnight(last), 24)), date(2027, 3, 1));
    // WX-26
    assert_eq!(calendar_months(date(2026, 11, 21), 60), date(2031, 11, 21));
    assert_eq!(calendar_months(date(2028, 2, 29), 60), date(2033, 2, 28));
}

#[test]
fn wx_27_to_32_elapsed_distance_outage_parsing() {
    // WX-27
    let (_, end) = internal_target(at("2027-03-27T10:00:00+01:00"));
    assert_eq!(end, at("2027-03-29T11:00:00+02:00"));
    assert_eq!(elapsed(at("2027-10-30T10:00:00+02:00"), 48), at("2027-11-01T09:00:00+01:00"));
    // WX-28: first jour ouvré after presentation.
    assert_eq!(next_ouvrable(date(2027, 3, 27), FR, Mode::LundiVendredi).unwrap(), date(2027, 3, 30));
    // WX-29
    let far = deadline(date(2026, 12, 31), Period::months(1), FR, Distance::OutreMer).unwrap();
    assert_eq!((far.raw, far.due), (date(2027, 2, 28), date(2027, 3, 1)));
    assert!(far.proof.iter().any(|step| step.rule == "CPC art. 643"));
    let abroad = deadline(date(2026, 12, 31), Period::months(1), FR, Distance::Etranger).unwrap();
    assert_eq!(abroad.raw, date(2027, 3, 31));
    // WX-30 (dates only)
    assert_eq!(after_outage(date(2026, 12, 24), FR).unwrap(), (date(2026, 12, 26), date(2026, 12, 28)));
    // WX-31
    assert_eq!(parse_paris("2027-03-28 02:30").unwrap_err().code(), "signification.time_gap");
    let twice = parse_paris("2027-10-31 02:30").unwrap_err();
    assert_eq!(twice.code(), "signification.time_fold");
    assert!(twice.to_string().contains("02:30:00.000+02:00") && twice.to_string().contains("02:30:00.000+01:00"));
    assert_eq!(at("2027-10-31T02:30:00+01:00").to_string(), "2027-10-31T01:30:00.000Z");
    // WX-32
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

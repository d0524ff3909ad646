//! The export of due dates (RFC 5545), judged by a parser that is not ours.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use dossier::Instant;
use icalendar::parser::{Component, read_calendar, unfold};
use jiff::civil::date;
use proptest::prelude::*;
use signification::calendar::Zone;
use signification::civil::{paris_date, parse_paris};
use signification::delais::{
    DelaiConfig, DelaiNotification, Echeance, EcheanceKind, JoursChomes, ReponseAttendue, When, due_dates_of_act, ics,
};
use signification::letter::letter_due;
use signification::{Id, SystemEntropy};

const REFERENCE: &str = "2026-0142 ; Exemple, suite \\ fin";

fn at(text: &str) -> Instant {
    parse_paris(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn act() -> Id {
    "01970000-0000-7000-8000-000000000001".parse().unwrap()
}

fn entries() -> Vec<Echeance> {
    let sent = at("2026-12-24 17:00");
    let letter = letter_due(sent, Zone::Metropole).unwrap();
    let answer = ReponseAttendue::new(sent, Zone::Metropole, &JoursChomes::default()).unwrap();
    let target = DelaiNotification::new(sent, DelaiConfig::default()).unwrap();
    due_dates_of_act(act(), Some(letter), Some(&answer), Some(&target), Some(date(2031, 12, 24)))
}

/// The value of a property, its escapes undone by the parser.
fn value(event: &Component<'_>, name: &str) -> String {
    event.find_prop(name).unwrap_or_else(|| panic!("no {name}")).val.to_string()
}

fn form(text: &str) {
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
    for line in text.split_terminator("\r\n") {
        assert!(!line.is_empty() && line.len() <= 75, "{} octets: {line}", line.len());
    }
}

#[test]
fn ics_of_an_act_has_its_four_dates_in_utc() {
    let text = ics(REFERENCE, &entries(), at("2026-12-24 18:00")).unwrap();
    form(&text);
    assert!(text.contains("\r\n "), "long lines are folded");
    let whole = unfold(&text);
    let calendar = read_calendar(&whole).unwrap();
    let events: Vec<_> = calendar.components.iter().filter(|c| c.name == "VEVENT").collect();
    assert_eq!((events.len(), calendar.components.len()), (4, 4));
    let found: Vec<_> = events
        .iter()
        .map(|e| (value(e, "UID"), value(e, "DTSTART"), e.find_prop("DTEND").map(|p| p.val.to_string())))
        .collect();
    let uid = |slug| format!("{slug}.01970000-0000-7000-8000-000000000001@signification.constat");
    let row = |slug, start: &str, end: Option<&str>| (uid(slug), start.to_owned(), end.map(str::to_owned));
    // Saturday 26 December in Paris is from 23:00 UTC on the 25th; in December the offset is one hour.
    assert_eq!(
        found,
        [
            row("lettre-simple", "20261225T230000Z", Some("20261226T230000Z")),
            row("reponse-tiers", "20261225T230000Z", Some("20261226T230000Z")),
            row("delai-interne", "20261226T160000Z", None),
            row("destruction", "20311223T230000Z", Some("20311224T230000Z")),
        ]
    );
    for event in &events {
        assert_eq!(value(event, "DTSTAMP"), "20261224T170000Z");
        assert!(value(event, "SUMMARY").ends_with(&format!("– {REFERENCE}")));
        assert_eq!(value(event, "CLASS"), "CONFIDENTIAL");
    }
    let notes: Vec<_> = events.iter().map(|e| value(e, "DESCRIPTION")).collect();
    assert!(notes[0].contains("samedi 26 décembre 2026") && notes[0].contains("lundi 28 décembre 2026"));
    assert!(notes[2].starts_with("Délai interne, sans valeur légale."));
}

#[test]
fn ics_is_stable_and_refuses_what_would_break_it() {
    let early = ics(REFERENCE, &entries(), at("2026-12-24 18:00")).unwrap();
    let late = ics(REFERENCE, &entries(), at("2026-12-30 18:00")).unwrap();
    let uids =
        |text: &str| unfold(text).lines().filter(|l| l.starts_with("UID")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(uids(&early), uids(&late));
    assert_eq!(early, ics(REFERENCE, &entries(), at("2026-12-24 18:00")).unwrap());
    for bad in ["a\r\nEND:VCALENDAR", "a\u{7}", "a\tb"] {
        assert_eq!(ics(bad, &entries(), at("2026-12-24 18:00")).unwrap_err().code(), "signification.message");
    }
    let twice = [entries(), entries()].concat();
    assert!(ics(REFERENCE, &twice, at("2026-12-24 18:00")).is_err());
    assert!(due_dates_of_act(act(), None, None, None, None).is_empty());
}

/// A summer day is 24 hours of another offset, and the day of a clock change is 23 or 25 hours long.
#[test]
fn ics_days_are_paris_days_across_clock_changes() {
    for (day, start, end) in [
        (date(2027, 7, 1), "20270630T220000Z", "20270701T220000Z"),
        (date(2027, 3, 28), "20270327T230000Z", "20270328T220000Z"),
        (date(2027, 10, 31), "20271030T220000Z", "20271031T230000Z"),
    ] {
        let entry =
            Echeance { kind: EcheanceKind::PetiteCreance, object: act(), when: When::Day(day), note: "n".into() };
        let text = ics("r", &[entry], at("2026-12-24 18:00")).unwrap();
        assert!(text.contains(&format!("DTSTART:{start}\r\nDTEND:{end}\r\n")), "{text}");
    }
}

proptest! {
    #[test]
    fn ics_reads_back_whatever_the_texts(
        reference in "[\\PC&&[^\u{2028}\u{2029}]]{1,120}", note in "[a-zé€ ,;:\\\\\"😀]{0,300}", ms in 0_i64..4_000_000_000_000,
    ) {
        prop_assume!(!reference.chars().chain(note.chars()).any(char::is_control));
        let now = Instant::from_millisecond(ms).unwrap();
        let id = Id::new(now, &SystemEntropy::default()).unwrap();
        let when = When::Day(paris_date(now));
        let entry = Echeance { kind: EcheanceKind::Destruction, object: id, when, note: note.clone() };
        let text = ics(&reference, &[entry], now).unwrap();
        form(&text);
        let whole = unfold(&text);
        let calendar = read_calendar(&whole).unwrap();
        prop_assert_eq!(calendar.components.len(), 1);
        let event = &calendar.components[0];
        prop_assert_eq!(value(event, "DESCRIPTION"), note);
        prop_assert!(value(event, "SUMMARY").ends_with(&reference));
        prop_assert!(value(event, "UID").contains(&id.to_string()));
    }
}

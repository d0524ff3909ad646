//! Rows I06, B09, C12 (term), F06, F15, F16, I02 and the local closed days.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/pki.rs"]
mod pki;

use dossier::{Finding, Instant, Level, parse_strict};
use jiff::civil::date;
use pki::OpensslSealer;
use signification::calendar::{Mode, Zone, is_ouvrable_with, next_ouvrable_with};
use signification::civil::parse_paris;
use signification::deadline::{Distance, Period, deadline_with};
use signification::delais::{
    AddressSource, Alert, Attestation, ClosedDay, DelaiConfig, DelaiNotification, DelaiState, Interruption,
    InterruptionCause, JoursChomes, Litige, LitigeState, NotificationFormelle, ReponseAttendue, ReponseState,
    SupportReason, SupportWindow, due_reminders, outage_extension, reminders, support_window,
};
use signification::letter::letter_due_with;
use signification::window::{ClosedReason, Window, service_window, service_window_with};
use signification::{EvidenceSealer, EvidenceVerifier, Id, SystemEntropy, TimeProof};

const FR: Zone = Zone::Metropole;

fn at(text: &str) -> Instant {
    parse_paris(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn id() -> Id {
    Id::new(at("2026-11-01 09:00"), &SystemEntropy::default()).unwrap()
}

fn none() -> JoursChomes {
    JoursChomes::default()
}

fn closed(day: jiff::civil::Date, zone: Option<Zone>) -> ClosedDay {
    ClosedDay { date: day, zone, libelle: "pont de Noël".into(), fondement: "décision de l'étude n° 3".into() }
}

#[test]
fn i06_alerts_fall_due_once_and_the_end_is_an_incident() {
    let start = at("2026-12-01 10:00");
    let target = DelaiNotification::new(start, DelaiConfig::default()).unwrap();
    let hours =
        |report: &signification::delais::DelaiReport| report.alerts.iter().map(|a| a.heures).collect::<Vec<_>>();
    let early = target.report(at("2026-12-02 09:59:59"), None, &[]);
    assert_eq!((early.state, hours(&early)), (DelaiState::EnCours, vec![]));
    let first = target.report(at("2026-12-02 10:00"), None, &[]);
    assert_eq!((first.state, hours(&first)), (DelaiState::Alerte, vec![24]));
    // The acceptance test of the row: at +36 h without delivery, an alert; the one given at 24 h is not given again.
    let second = target.report(at("2026-12-02 22:00"), None, &[24]);
    assert_eq!((second.state, hours(&second)), (DelaiState::Alerte, vec![36]));
    assert_eq!(second.alerts, [Alert { heures: 36, at: at("2026-12-02 22:00"), incident: false }]);
    // At +48 h: red, and an incident; what was missed comes with it.
    let over = target.report(at("2026-12-03 10:00"), None, &[24, 36]);
    assert_eq!((over.state, hours(&over)), (DelaiState::Depasse, vec![44, 47, 48]));
    assert!(over.alerts.last().unwrap().incident && over.alerts.iter().filter(|a| a.incident).count() == 1);
    assert_eq!(hours(&target.report(at("2026-12-09 10:00"), None, &[24, 36, 44, 47, 48])), Vec::<u32>::new());
}

#[test]
fn i06_delivery_ends_it_and_the_label_is_internal() {
    let start = at("2026-12-01 10:00");
    let target = DelaiNotification::new(start, DelaiConfig::default()).unwrap();
    let now = at("2026-12-05 10:00");
    for (delivered, state) in [
        ("2026-12-01 10:01", DelaiState::Remis),
        ("2026-12-03 10:00", DelaiState::Remis),
        ("2026-12-03 10:00:01", DelaiState::RemisEnRetard),
    ] {
        let report = target.report(now, Some(at(delivered)), &[]);
        assert_eq!((report.state, report.alerts.len()), (state, 0), "{delivered}");
    }
    let future = target.report(at("2026-12-02 11:00"), Some(now), &[]);
    assert_eq!(future.state, DelaiState::Alerte, "what has not happened yet does not count");
    for now in ["2026-12-01 11:00", "2026-12-02 11:00", "2026-12-04 11:00"] {
        let report = target.report(at(now), None, &[]);
        assert_eq!(report.libelle, "délai interne");
        assert!(report.phrase().starts_with("Délai interne (48 h)") && !report.phrase().contains("légal"));
    }
}

#[test]
fn i06_the_target_is_set_by_the_office_and_checked() {
    let start = at("2027-03-27T10:00:00+01:00");
    let six = DelaiConfig { heures: 6, alertes: vec![3] };
    let target = DelaiNotification::new(start, six).unwrap();
    assert_eq!(target.due(), at("2027-03-27T16:00:00+01:00"));
    let none = DelaiConfig { heures: 1, alertes: vec![] };
    let quiet = DelaiNotification::new(start, none).unwrap().report(start, None, &[]);
    assert_eq!(quiet.state, DelaiState::EnCours);
    for (heures, alertes) in
        [(0, vec![]), (48, vec![48]), (48, vec![36, 24]), (48, vec![24, 24]), (48, vec![0]), (9_000, vec![24])]
    {
        assert!(DelaiConfig { heures, alertes }.check().is_err());
    }
}

#[test]
fn b09_an_outage_is_attested_and_checked_offline() {
    let sealer = OpensslSealer::new();
    let (from, to) = (at("2026-12-24 20:00"), at("2026-12-25 00:00"));
    let outage = Interruption::new(id(), from, to, InterruptionCause::Incident, None).unwrap();
    let signed = Attestation::sign(outage, "Étude Essai", true, &sealer).unwrap();
    let TimeProof::Token(token) = &signed.seal.time else { panic!("no token") };
    let check = |bytes: &[u8]| Attestation::check(bytes, &signed.seal.signature, Some(token), &sealer);
    let (fact, findings) = check(&signed.bytes).unwrap();
    assert!(findings.iter().all(|f| f.level < Level::Indeterminate), "{findings:?}");
    let value = parse_strict(&signed.bytes).unwrap();
    assert_eq!(value["interruption"]["from"], "2026-12-24T19:00:00.000Z");
    assert_eq!(value["interruption"]["to"], "2026-12-24T23:00:00.000Z");
    assert_eq!((fact.duree_ms, fact.annoncee), (4 * 3_600_000, false));
    assert_eq!(fact.debut_paris, "2026-12-24T20:00:00.000+01:00");
    // Another interval under the same signature: the form still holds, the signature does not.
    let longer =
        Interruption::new(fact.interruption.id(), from, at("2026-12-25 01:00"), InterruptionCause::Incident, None);
    let other = Attestation::sign(longer.unwrap(), "Étude Essai", true, &sealer).unwrap();
    let (_, findings) = check(&other.bytes).unwrap();
    assert!(findings.iter().any(|f| f.level == Level::Fail));
    // A length that is not the interval's is refused before any signature.
    let text = String::from_utf8(signed.bytes.clone()).unwrap();
    let forged = text.replace("\"duree_ms\":14400000", "\"duree_ms\":14400001");
    assert_eq!(check(forged.as_bytes()).unwrap_err().code(), "signification.receipt");
    assert!(Interruption::new(id(), to, from, InterruptionCause::Maintenance, None).is_err());
    assert!(Interruption::new(id(), to, to, InterruptionCause::Maintenance, None).is_err());
}

#[test]
fn b09_only_an_outage_that_touched_the_last_day_extends_the_term() {
    let cut = |from: &str, to: &str| {
        Interruption::new(id(), at(from), at(to), InterruptionCause::Maintenance, Some(at("2026-12-01 09:00"))).unwrap()
    };
    let last = date(2026, 12, 24);
    let before = cut("2026-12-23 20:00", "2026-12-24 00:00");
    let after = cut("2026-12-25 00:00", "2026-12-25 01:00");
    assert_eq!(outage_extension(last, FR, &[before, after], &none()).unwrap(), None);
    // Two that overlap count once; both attestations are named; one began the day before.
    let (one, two) = (cut("2026-12-23 23:00", "2026-12-24 02:00"), cut("2026-12-24 01:00", "2026-12-24 03:00"));
    let found = outage_extension(last, FR, &[two, one, before], &none()).unwrap().unwrap();
    assert_eq!((found.down_ms, found.to_the_end), (3 * 3_600_000, false));
    assert_eq!(found.attestations, [one.id(), two.id()]);
    assert!(one.was_announced());
}

#[test]
fn c12_the_third_party_answers_by_the_next_working_day_in_both_readings() {
    let term = |sent: &str| ReponseAttendue::new(at(sent), FR, &none()).unwrap();
    let friday = term("2026-12-04 17:00");
    assert_eq!((friday.lundi_samedi, friday.lundi_vendredi), (date(2026, 12, 5), date(2026, 12, 7)));
    for (now, received, state) in [
        ("2026-12-05 23:59:59", None, ReponseState::Attendue),
        ("2026-12-06 00:00", None, ReponseState::EnRetardUneLecture),
        ("2026-12-07 23:59:59", None, ReponseState::EnRetardUneLecture),
        ("2026-12-08 00:00", None, ReponseState::EnRetard),
        ("2026-12-09 00:00", Some("2026-12-05 12:00"), ReponseState::Recue),
        ("2026-12-09 00:00", Some("2026-12-07 12:00"), ReponseState::RecueUneLecture),
        ("2026-12-09 00:00", Some("2026-12-08 00:00"), ReponseState::RecueTardive),
        ("2026-12-05 12:00", Some("2026-12-09 00:00"), ReponseState::Attendue),
    ] {
        assert_eq!(friday.state(at(now), received.map(at)), state, "{now} {received:?}");
    }
    assert!(friday.phrase().contains("samedi 5 décembre 2026") && friday.phrase().contains("lundi 7 décembre 2026"));
    let wednesday = term("2026-12-02 17:00");
    assert_eq!((wednesday.earliest(), wednesday.latest()), (date(2026, 12, 3), date(2026, 12, 3)));
    assert_eq!(wednesday.phrase().matches("décembre").count(), 1);
    // Sent on the eve of a holiday: Christmas Eve 2026 is a Thursday.
    assert_eq!(term("2026-12-24 17:00").earliest(), date(2026, 12, 26));
}

#[test]
fn f06_reminders_go_thirty_seven_and_one_day_before() {
    // The read-only months of WX-25 end on 28 February 2027.
    let last = date(2027, 2, 28);
    let days = reminders(last).map(|r| (r.jours, r.le));
    assert_eq!(days, [(30, date(2027, 1, 29)), (7, date(2027, 2, 21)), (1, date(2027, 2, 27))]);
    let due = |today, given: &[u16]| due_reminders(last, today, given).iter().map(|r| r.jours).collect::<Vec<_>>();
    assert_eq!(due(date(2027, 1, 28), &[]), Vec::<u16>::new());
    assert_eq!(due(date(2027, 1, 29), &[]), [30]);
    assert_eq!(due(date(2027, 2, 21), &[30]), [7]);
    assert_eq!(due(date(2027, 2, 27), &[30]), [7, 1], "one that was missed is given late");
    assert_eq!(due(date(2027, 3, 1), &[30]), Vec::<u16>::new(), "not after the end");
}

#[test]
fn f15_a_formal_notice_is_deemed_received_the_first_business_day_after_presentation() {
    let notice = |day| NotificationFormelle::new(id(), AddressSource::Declaration, day, FR, &none()).unwrap().deemed_on;
    assert_eq!(notice(date(2027, 3, 27)), date(2027, 3, 30), "WX-28");
    assert_eq!(notice(date(2026, 12, 1)), date(2026, 12, 2), "never the same day");
    assert_eq!(notice(date(2026, 12, 4)), date(2026, 12, 7));
    let list = JoursChomes::new(date(2027, 1, 1), vec![closed(date(2027, 3, 30), None)]).unwrap();
    let put_off = NotificationFormelle::new(id(), AddressSource::Annuaire, date(2027, 3, 27), FR, &list).unwrap();
    assert_eq!(put_off.deemed_on, date(2027, 3, 31));
}

#[test]
fn f16_the_amicable_term_is_two_months_and_reminded() {
    let dispute = Litige::new(id(), date(2026, 12, 31), FR, &none()).unwrap();
    assert_eq!((dispute.amiable_until, dispute.with_642), (date(2027, 2, 28), date(2027, 3, 1)));
    for (today, state) in [
        (date(2027, 2, 20), LitigeState::Amiable),
        (date(2027, 2, 21), LitigeState::Rappel),
        (date(2027, 2, 28), LitigeState::Rappel),
        (date(2027, 3, 1), LitigeState::TermeEchu),
    ] {
        assert_eq!(dispute.state(today), state, "{today}");
    }
}

#[test]
fn i02_support_hours_are_not_those_of_the_service() {
    let saturday = at("2026-12-05 10:00");
    assert!(service_window(saturday, &[FR]).unwrap().is_open());
    let desk = support_window(saturday, FR, &none()).unwrap();
    let next_open = at("2026-12-07 09:00");
    assert_eq!(desk, SupportWindow::Closed { reason: SupportReason::FinDeSemaine, next_open });
    assert!(desk.phrase().contains("papier") && desk.phrase().contains("2026-12-07 09:00:00 +01:00 (Paris)"));
    let next = |text: &str| match support_window(at(text), FR, &none()).unwrap() {
        SupportWindow::Open => None,
        SupportWindow::Closed { reason, next_open } => Some((reason, next_open)),
    };
    for open in ["2026-12-07 09:00", "2026-12-07 11:59:59", "2026-12-07 13:30", "2026-12-07 17:59:59"] {
        assert_eq!(next(open), None, "{open}");
    }
    use SupportReason::{FerieOuChome, HorsHoraires};
    assert_eq!(next("2026-12-07 08:59:59"), Some((HorsHoraires, at("2026-12-07 09:00"))));
    assert_eq!(next("2026-12-07 12:00"), Some((HorsHoraires, at("2026-12-07 13:30"))));
    assert_eq!(next("2026-12-07 18:00"), Some((HorsHoraires, at("2026-12-08 09:00"))));
    assert_eq!(next("2026-12-25 10:00"), Some((FerieOuChome, at("2026-12-28 09:00"))));
}

#[test]
fn closed_days_are_empty_by_default_and_count_everywhere_once_listed() {
    let day = date(2026, 12, 24);
    let list =
        JoursChomes::new(date(2026, 11, 1), vec![closed(day, Some(FR)), closed(date(2026, 12, 28), None)]).unwrap();
    let noon = at("2026-12-24 12:00");
    assert!(service_window_with(noon, &[FR], &none()).unwrap().is_open());
    match service_window_with(noon, &[FR], &list).unwrap() {
        Window::Closed { reason, next_open } => {
            assert!(matches!(&reason, ClosedReason::Chome { libelle, .. } if libelle == "pont de Noël"));
            assert!(reason.phrase().contains("jour chômé (pont de Noël, métropole ; décision de l'étude n° 3)"));
            assert_eq!(next_open, at("2026-12-26 06:00"));
        }
        Window::Open => panic!("open on a closed day"),
    }
    assert!(service_window_with(noon, &[Zone::Reunion], &list).unwrap().is_open(), "a day of one zone only");
    assert!(!service_window_with(noon, &[Zone::Reunion, FR], &list).unwrap().is_open());
    assert!(!is_ouvrable_with(day, FR, Mode::LundiSamedi, &list).unwrap());
    assert_eq!(next_ouvrable_with(day, FR, Mode::LundiVendredi, &list).unwrap(), date(2026, 12, 29));
    let term = deadline_with(date(2026, 11, 24), Period::months(1), FR, Distance::Aucune, &list).unwrap();
    assert_eq!((term.raw, term.due), (day, date(2026, 12, 29)));
    assert!(term.proof.iter().any(|s| s.text.contains("un jour chômé (pont de Noël, décision de l'étude n° 3)")));
    let letter = letter_due_with(at("2026-12-23 17:00"), FR, &list).unwrap();
    assert_eq!((letter.lundi_samedi, letter.lundi_vendredi), (date(2026, 12, 26), date(2026, 12, 29)));
    assert!(!support_window(noon, FR, &list).unwrap().is_open());
}

#[test]
fn closed_days_are_read_only_from_a_signed_canonical_file() {
    let sealer = OpensslSealer::new();
    let list = JoursChomes::new(
        date(2026, 11, 1),
        vec![closed(date(2026, 12, 28), None), closed(date(2026, 12, 24), Some(FR))],
    );
    let list = list.unwrap();
    let bytes = list.to_bytes().unwrap();
    let signature = sealer.seal(&bytes).unwrap().signature;
    assert_eq!(JoursChomes::open(&bytes, &signature, &sealer).unwrap(), list);
    assert_eq!(list.published(), Some(date(2026, 11, 1)));
    let text = String::from_utf8(bytes.clone()).unwrap();
    let why = |bytes: &[u8]| JoursChomes::open(bytes, &signature, &sealer).unwrap_err().to_string();
    assert!(why(text.replace("2026-12-28", "2026-12-29").as_bytes()).contains("signature"));
    // Signed, yet not a list: each is refused for what it is.
    let days =
        |days: &str| format!(r#"{{"format":"constat-jours-chomes/1","jours":[{days}],"publie_le":"2026-11-01"}}"#);
    let one = |d: &str| format!(r#"{{"date":"{d}","fondement":"f","libelle":"l","zone":null}}"#);
    for (bad, wanted) in [
        (format!(" {text}"), "canonique"),
        (text.replace("chomes/1", "chomes/2"), "format"),
        (days(&format!("{},{}", one("2026-12-24"), one("2026-12-24"))), "deux fois"),
        (days(&format!("{},{}", one("2026-12-25"), one("2026-12-24"))), "ordre"),
        (days(&one("1999-12-24")), "année"),
        (days(&one("2026-12-24").replace("\"l\"", "\" \"")), "vide"),
        (days(&one("2026-12-24").replace("null", "\"mars\"")), "variant"),
        ("[]".into(), "invalid"),
    ] {
        let signature = sealer.seal(bad.as_bytes()).unwrap().signature;
        let error = JoursChomes::open(bad.as_bytes(), &signature, &sealer).unwrap_err();
        assert_eq!(error.code(), "signification.closed_days");
        assert!(error.to_string().contains(wanted), "{bad}: {error}");
    }
    assert!(JoursChomes::default().to_bytes().is_err() && JoursChomes::default().days().is_empty());
}

/// A verifier that cannot decide is not one that agrees.
#[test]
fn closed_days_whose_signer_is_unknown_are_refused() {
    struct Doubt(Level);
    impl EvidenceVerifier for Doubt {
        fn check_signature(&self, _: &[u8], _: &[u8]) -> Vec<Finding> {
            vec![Finding::new("test.doubt", self.0, "chaîne inconnue")]
        }
        fn check_token(&self, _: &[u8], _: &[u8]) -> Vec<Finding> {
            Vec::new()
        }
    }
    let bytes =
        JoursChomes::new(date(2026, 11, 1), vec![closed(date(2026, 12, 28), None)]).unwrap().to_bytes().unwrap();
    for (level, ok) in [(Level::Info, true), (Level::Warn, true), (Level::Indeterminate, false), (Level::Fail, false)] {
        assert_eq!(JoursChomes::open(&bytes, b"", &Doubt(level)).is_ok(), ok, "{level:?}");
    }
}

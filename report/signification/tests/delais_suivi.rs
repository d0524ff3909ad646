//! The facts of the terms: what may be written, by whom, and that it replays to the same view.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use dossier::{Digests, Instant, Operation};
use jiff::civil::date;
use proptest::prelude::*;
use signification::calendar::Zone;
use signification::civil::parse_paris;
use signification::consent::Actor;
use signification::deadline::elapsed;
use signification::delais::{
    AddressSource, DelaiConfig, Event, Interruption, InterruptionCause, JoursChomes, Litige, NotificationFormelle,
    ReponseAttendue, View,
};
use signification::{Id, SystemEntropy};

const FR: Zone = Zone::Metropole;

fn at(text: &str) -> Instant {
    parse_paris(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn id() -> Id {
    Id::new(at("2026-11-01 09:00"), &SystemEntropy::default()).unwrap()
}

/// Writes facts in order, the office acting; gives the view, or why one was refused.
fn write(facts: &[(&str, Event)]) -> Result<View, String> {
    let mut view: Option<View> = None;
    for (when, event) in facts {
        let value = serde_json::to_value(event).unwrap();
        assert!(Operation::parse(value["op"].as_str().unwrap()).is_some());
        let read: Event = serde_json::from_value(value).unwrap();
        let actor = Actor::office("officier-1");
        view = Some(View::next(view.as_ref(), at(when), &actor, &read).map_err(|e| e.to_string())?);
    }
    let view = view.unwrap();
    let text = serde_json::to_string(&view).unwrap();
    assert_eq!(serde_json::from_str::<View>(&text).unwrap(), view);
    Ok(view)
}

#[test]
fn i06_an_alert_is_written_when_due_and_once() {
    let objet = id();
    let start = ("2026-12-01 10:00", Event::TargetStarted { objet, config: DelaiConfig::default() });
    let alert = |heures, incident| Event::AlertGiven { objet, heures, incident };
    let view = write(&[start.clone(), ("2026-12-02 22:00", alert(24, false)), ("2026-12-02 22:00", alert(36, false))]);
    assert_eq!(view.unwrap().cible.unwrap().given_hours(), [24, 36]);
    for (when, event) in [
        ("2026-12-02 09:59", alert(24, false)),
        ("2026-12-02 22:00", alert(30, false)),
        ("2026-12-03 10:00", alert(48, false)),
    ] {
        assert!(write(&[start.clone(), (when, event)]).unwrap_err().contains("alerte"), "{when}");
    }
    let delivered = ("2026-12-02 12:00", Event::Delivered { objet });
    assert!(write(&[start.clone(), delivered.clone(), ("2026-12-03 12:00", alert(24, false))]).is_err());
    assert!(write(&[start.clone(), delivered.clone(), delivered]).is_err());
    assert!(write(&[start.clone(), ("2026-12-03 10:00", alert(48, true))]).is_ok());
    assert!(write(&[start.clone(), start]).is_err());
    assert!(write(&[("2026-12-02 12:00", Event::Delivered { objet })]).is_err());
}

#[test]
fn b09_an_outage_is_written_once_over_and_attested_once() {
    let (from, to) = (at("2026-12-24 20:00"), at("2026-12-25 00:00"));
    let outage = Interruption::new(id(), from, to, InterruptionCause::Securite, None).unwrap();
    let recorded = Event::OutageRecorded { interruption: outage };
    let digests = Digests::of(b"attestation");
    let attested = Event::OutageAttested { objet: outage.id(), attestation: digests, timestamped: true };
    assert!(write(&[("2026-12-24 23:59", recorded.clone())]).is_err(), "not over yet");
    let view = write(&[("2026-12-25 00:00", recorded.clone()), ("2026-12-25 00:10", attested.clone())]).unwrap();
    assert_eq!(view.interruption.unwrap().attestation, Some(digests));
    let twice =
        [("2026-12-25 00:00", recorded), ("2026-12-25 00:10", attested.clone()), ("2026-12-25 00:11", attested)];
    assert!(write(&twice).is_err());
    let text = serde_json::to_string(&outage).unwrap();
    let reversed = text.replace("2026-12-24T23:00", "2026-12-24T18:00");
    assert_ne!(reversed, text);
    assert!(serde_json::from_str::<Interruption>(&reversed).is_err(), "no outage ends before it begins");
}

#[test]
fn c12_f06_f15_f16_facts_hold_to_their_dates() {
    let objet = id();
    let reponse = ReponseAttendue::new(at("2026-12-04 17:00"), FR, &JoursChomes::default()).unwrap();
    let awaited = ("2026-12-04 17:01", Event::AnswerAwaited { objet, reponse });
    let received = ("2026-12-05 09:00", Event::AnswerReceived { objet });
    assert!(write(&[awaited.clone(), received.clone()]).unwrap().reponse.unwrap().recue.is_some());
    assert!(write(&[awaited.clone(), received.clone(), received.clone()]).is_err() && write(&[received]).is_err());
    assert!(write(&[awaited.clone(), awaited.clone()]).is_err(), "awaited twice");
    assert!(write(&[("2026-12-04 16:59", awaited.1.clone())]).is_err(), "awaited before the act was sent");
    let same_day = ReponseAttendue { lundi_samedi: date(2026, 12, 4), ..reponse };
    assert!(write(&[("2026-12-04 17:01", Event::AnswerAwaited { objet, reponse: same_day })]).is_err());
    let remind = |jours| Event::ReminderGiven { objet, dernier_jour: date(2027, 2, 28), jours };
    assert_eq!(write(&[("2027-01-29 08:00", remind(30))]).unwrap().rappels.unwrap().donnes, [30]);
    assert!(write(&[("2027-01-28 08:00", remind(30))]).is_err() && write(&[("2027-03-01 08:00", remind(1))]).is_err());
    assert!(write(&[("2027-01-29 08:00", remind(30)), ("2027-01-30 08:00", remind(30))]).is_err());
    let source = AddressSource::ChangementEcrit;
    let mut notification =
        NotificationFormelle::new(id(), source, date(2027, 3, 27), FR, &JoursChomes::default()).unwrap();
    let presented = |notification| [("2027-03-29 09:00", Event::NoticePresented { notification, zone: FR })];
    assert!(write(&presented(notification)).is_ok());
    notification.deemed_on = date(2027, 3, 29);
    assert!(write(&presented(notification)).is_err(), "deemed received on Easter Monday");
    let mut litige = Litige::new(id(), date(2026, 12, 31), FR, &JoursChomes::default()).unwrap();
    let settled = ("2027-01-10 09:00", Event::DisputeSettled { objet: litige.id });
    let opened = |litige| ("2026-12-31 09:00", Event::DisputeOpened { litige, zone: FR });
    assert!(write(&[opened(litige), settled.clone()]).unwrap().litige.unwrap().1);
    assert!(write(&[opened(litige), settled.clone(), settled]).is_err());
    litige.amiable_until = date(2027, 2, 27);
    assert!(write(&[opened(litige)]).is_err());
}

#[test]
fn closed_days_in_force_are_never_an_older_list() {
    let objet = id();
    let (liste, signature) = (Digests::of(b"liste"), Digests::of(b"signature"));
    let load = |publie_le| Event::ClosedDaysLoaded { objet, publie_le, liste, signature };
    let first = ("2026-12-01 09:00", load(date(2026, 11, 20)));
    assert!(write(&[first.clone(), ("2026-12-02 09:00", load(date(2026, 12, 1)))]).is_ok());
    assert!(write(&[first.clone(), ("2026-12-02 09:00", load(date(2026, 11, 19)))]).is_err());
    assert!(write(&[("2026-12-01 09:00", load(date(2026, 12, 2)))]).is_err());
}

#[test]
fn who_may_write_and_in_what_order() {
    let objet = id();
    let start = Event::TargetStarted { objet, config: DelaiConfig::default() };
    let (now, platform) = (at("2026-12-01 10:00"), Actor::platform());
    let view = View::next(None, now, &platform, &start).unwrap();
    assert_eq!(View::next(None, now, &Actor::recipient(objet), &start).unwrap_err().code(), "signification.actor");
    let settled = Event::DisputeSettled { objet };
    assert_eq!(View::next(None, now, &platform, &settled).unwrap_err().code(), "signification.actor");
    let back = View::next(Some(&view), at("2026-12-01 09:59"), &platform, &Event::Delivered { objet });
    assert_eq!(back.unwrap_err().code(), "signification.clock_back");
    let other = View::next(Some(&view), now, &platform, &Event::Delivered { objet: id() });
    assert_eq!(other.unwrap_err().code(), "signification.unknown");
}

proptest! {
    /// Whatever is looked at and written, the alerts in the journal are those due, once each.
    #[test]
    fn i06_the_journal_of_alerts_is_the_report(looks in prop::collection::vec((0_u32..60, 0_u32..60, any::<bool>()), 1..40)) {
        let objet = id();
        let start = at("2026-12-01 10:00");
        let actor = Actor::platform();
        let mut view = View::next(None, start, &actor, &Event::TargetStarted { objet, config: DelaiConfig::default() }).unwrap();
        let mut looks = looks;
        looks.sort_unstable();
        for (hours, heures, incident) in looks {
            let now = elapsed(start, hours);
            let cible = view.cible.clone().unwrap();
            let due = cible.target().unwrap().report(now, cible.delivered, &cible.given_hours()).alerts;
            let next = View::next(Some(&view), now, &actor, &Event::AlertGiven { objet, heures, incident });
            prop_assert_eq!(next.is_ok(), due.iter().any(|a| a.heures == heures && a.incident == incident));
            if let Ok(next) = next {
                view = next;
            }
        }
    }
}

//! The road of a notice, step by step; then any steps in any order.
use proptest::prelude::*;

use super::*;
use crate::SystemEntropy;
use crate::notice::dsn::{Forme, Lien};

pub(crate) const T0: &str = "2026-12-01T11:00:00Z";

pub(crate) fn t(seconds: i64) -> Instant {
    let start: Instant = T0.parse().unwrap();
    Instant::from_millisecond(start.as_millisecond() + seconds * 1000).unwrap()
}

pub(crate) fn ident() -> Id {
    "01938f5a-7c00-7abc-8def-0123456789ab".parse().unwrap()
}

fn step(view: &View, at: i64, event: &Event) -> Result<View, SignificationError> {
    View::next(Some(view), t(at), &Actor::platform(), event)
}

/// Deposited at 0 s, written at 1 s.
pub(crate) fn queued() -> View {
    let object = Id::new(t(0), &SystemEntropy::default()).unwrap();
    let event = Event::Queued { notice: ident(), object, deposited_at: t(0), digests: Digests::of(b"eml") };
    View::next(None, t(1), &Actor::platform(), &event).unwrap()
}

/// What a try makes of it, from `start` to `end`.
pub(crate) fn tried(view: &View, start: i64, end: i64, outcome: &Result<Handed, Refused>) -> View {
    let mut view = view.clone();
    for event in apres_essai(&view, t(start), t(end), outcome, &Reprises::default()) {
        view = step(&view, end, &event).unwrap();
    }
    view
}

pub(crate) fn taken() -> Result<Handed, Refused> {
    Ok(Handed { code: 250, dsn: true })
}

pub(crate) fn no(code: &str) -> Result<Handed, Refused> {
    Err(Refused { code: code.into(), permanent: code.starts_with('5') })
}

pub(crate) fn retour(action: Option<Action>, status: &str, emis: i64) -> Retour {
    Retour {
        notice: ident(),
        lien: Lien::Enveloppe,
        forme: Forme::Rfc3464,
        action,
        statut: status.parse().ok(),
        smtp: None,
        arrivee: None,
        tentative: None,
        jusqu_a: None,
        emis: Some(t(emis)),
    }
}

pub(crate) fn back(view: &View, at: i64, action: Option<Action>, status: &str) -> View {
    let event = au_retour(view, &retour(action, status, at - 5), Digests::of(&at.to_be_bytes())).unwrap().unwrap();
    step(view, at, &event).unwrap()
}

fn codes(view: &View, now: i64) -> Vec<CodeAlerte> {
    alertes([view], t(now)).iter().map(|a| a.code).collect()
}

#[test]
fn d02_the_time_from_deposit_to_hand_off_is_in_the_view() {
    let view = tried(&queued(), 2, 3, &taken());
    assert_eq!((view.etat, view.remise_ms(), view.dsn), (EtatAvis::RemisAuServeur, Some(3000), Some(true)));
    assert_eq!(codes(&view, 500), []);
    let slow = tried(&queued(), 2, 60, &taken());
    assert_eq!((slow.remise_ms(), codes(&slow, 61)), (Some(60_000), vec![CodeAlerte::RemiseTardive]));
    // Not handed over yet: the office does not wait for the end to be told.
    assert_eq!((codes(&queued(), 59), codes(&queued(), 60)), (vec![], vec![CodeAlerte::RemiseTardive]));
}

#[test]
fn c08_a_permanent_refusal_is_never_tried_again() {
    let view = tried(&queued(), 2, 3, &no("550"));
    assert_eq!(view.etat, EtatAvis::Rejete);
    assert!(!a_essayer(&view, t(1_000_000)));
    assert!(step(&view, 9, &Event::RetryPlanned { notice: ident(), not_before: t(100) }).is_err());
    assert!(step(&view, 9, &Event::Handed { notice: ident(), started_at: t(8), smtp_code: 250, dsn: true }).is_err());
    let alert = &alertes([&view], t(10))[0];
    assert_eq!((alert.code, alert.motif.as_deref()), (CodeAlerte::EchecAvis, Some("550")));
    assert!(alert.phrase.contains("papier") && alert.phrase.contains("date d'envoi"));
    // A code and a permanence that do not go together never happened.
    for (code, permanent) in [("550", false), ("451", true), ("connexion", true), ("999", false), ("abc", false)] {
        let event = Event::Refused { notice: ident(), started_at: t(2), code: code.into(), permanent };
        assert!(step(&queued(), 3, &event).is_err(), "{code} {permanent}");
    }
}

#[test]
fn c08_temporary_refusals_are_tried_again_on_schedule_then_given_up() {
    let mut view = queued();
    let mut now = 2;
    for tries in 1..=12_u32 {
        assert!(a_essayer(&view, t(now)) && (tries == 1 || !a_essayer(&view, t(now - 1))), "{tries}");
        view = tried(&view, now, now, &no(if tries == 3 { "connexion" } else { "451" }));
        now += i64::from(Reprises::default().wait(tries).unwrap_or(0));
    }
    assert_eq!((view.etat, view.essais.len(), view.abandon), (EtatAvis::Rejete, 12, Some(t(now))));
    let one = tried(&queued(), 2, 3, &no("451"));
    assert_eq!((one.etat, codes(&one, 4)), (EtatAvis::EnFile, vec![CodeAlerte::ReprisePrevue]));
    let early = Event::Handed { notice: ident(), started_at: t(62), smtp_code: 250, dsn: false };
    assert!(step(&one, 63, &early).is_err(), "a minute was set");
    assert_eq!(tried(&one, 63, 64, &taken()).etat, EtatAvis::RemisAuServeur);
}

#[test]
fn c08_returns_move_the_notice_and_are_counted_once() {
    let handed = tried(&queued(), 2, 3, &taken());
    let delayed = back(&handed, 100, Some(Action::Delayed), "4.4.1");
    assert_eq!((delayed.etat, codes(&delayed, 101)), (EtatAvis::Retarde, vec![CodeAlerte::AvisRetarde]));
    let delivered = back(&delayed, 200, Some(Action::Delivered), "2.0.0");
    assert_eq!((delivered.etat, codes(&delivered, 201)), (EtatAvis::AccepteParLeServeurDuDestinataire, vec![]));
    assert_eq!(back(&handed, 100, Some(Action::Relayed), "2.0.0").etat, EtatAvis::Relaye);
    let again =
        au_retour(&delivered, &retour(Some(Action::Delivered), "2.0.0", 195), Digests::of(&200_i64.to_be_bytes()));
    assert_eq!(again, Ok(None));
    let event = Event::Delivered {
        notice: ident(),
        retour: retour(Some(Action::Delivered), "2.0.0", 195),
        digests: Digests::of(&200_i64.to_be_bytes()),
    };
    assert!(step(&delivered, 300, &event).is_err(), "the same octets twice");
    // Late, then against what was said: the failure stays, and the office is told of both.
    assert_eq!(back(&delivered, 300, Some(Action::Delayed), "4.4.1").etat, delivered.etat);
    let bounced = back(&delivered, 400, Some(Action::Failed), "5.1.1");
    assert_eq!(bounced.etat, EtatAvis::Rejete);
    assert_eq!(codes(&bounced, 401), [CodeAlerte::EchecAvis, CodeAlerte::RetoursContraires]);
    assert_eq!(alertes([&bounced], t(401))[0].motif.as_deref(), Some("5.1.1"));
    assert_eq!(back(&bounced, 500, Some(Action::Delivered), "2.0.0").etat, EtatAvis::Rejete);
    let unread = back(&handed, 100, None, "");
    assert_eq!((unread.etat, codes(&unread, 101)), (EtatAvis::RemisAuServeur, vec![CodeAlerte::RetourALire]));
}

#[test]
fn c08_a_return_proves_a_hand_off_whose_end_was_unknown() {
    let lost = tried(&queued(), 2, 3, &no("interrompu"));
    assert_eq!(lost.etat, EtatAvis::EnFile);
    let delivered = back(&lost, 30, Some(Action::Delivered), "2.0.0");
    assert_eq!(delivered.etat, EtatAvis::AccepteParLeServeurDuDestinataire);
    assert!(!a_essayer(&delivered, t(1_000)), "it is not sent twice");
    // Where nothing left, nothing comes back.
    let closed = tried(&queued(), 2, 3, &no("connexion"));
    let (said, digests) = (retour(Some(Action::Failed), "5.1.1", 10), Digests::of(b"r"));
    assert_eq!(au_retour(&closed, &said, digests), Err(Rebut::AvisJamaisParti));
    assert!(step(&closed, 30, &Event::Bounced { notice: ident(), retour: said.clone(), digests }).is_err());
    let other = Retour { notice: closed.object, ..said };
    assert_eq!(au_retour(&delivered, &other, digests), Err(Rebut::AvisInconnu));
    let mut many = delivered;
    for at in 31..130 {
        many = back(&many, at, None, "");
    }
    assert_eq!(au_retour(&many, &retour(None, "", 10), digests), Err(Rebut::TropDeRetours));
}

#[test]
fn c08_silence_is_told_for_what_it_is() {
    let handed = tried(&queued(), 2, 3, &taken());
    assert_eq!(en_silence(&handed, t(3 + 72 * 3600 - 1), 72), None);
    let event = en_silence(&handed, t(3 + 72 * 3600), 72).unwrap();
    assert!(step(&handed, 100, &event).is_err(), "too early");
    let silent = step(&handed, 3 + 72 * 3600, &event).unwrap();
    assert_eq!((silent.etat, codes(&silent, 300_000)), (EtatAvis::SansNouvelle, vec![CodeAlerte::SansNouvelle]));
    assert_eq!(en_silence(&silent, t(9_000_000), 72), None);
    assert_eq!(
        back(&silent, 300_000, Some(Action::Delivered), "2.0.0").etat,
        EtatAvis::AccepteParLeServeurDuDestinataire
    );
    assert_eq!(en_silence(&queued(), t(9_000_000), 72), None);
}

#[test]
fn i05_the_way_says_who_held_the_notice() {
    use crate::notice::parcours::{Maillon, parcours};
    let late_mta = tried(&tried(&queued(), 2, 3, &no("451")), 70, 71, &taken());
    let way = parcours(&late_mta, t(100));
    // 1 s of writing, 1 s in the queue, 7 s of lateness after the minute set; 1 s + 60 s + 1 s of the server's.
    assert_eq!(way.principal, Some(Maillon::ServeurDeMessagerie));
    assert_eq!(way.par_maillon[0], (Maillon::Plateforme, 9_000));
    assert_eq!(way.par_maillon[2], (Maillon::ServeurDeMessagerie, 62_000));
    assert_eq!(way.total_ms, 71_000);
    assert!(
        way.lignes().iter().any(|l| l.contains("attente après le refus 451 (60,000 s, mesuré ici)")),
        "{:?}",
        way.lignes()
    );
    let ours = tried(&queued(), 300, 301, &taken());
    assert_eq!(parcours(&ours, t(400)).principal, Some(Maillon::Plateforme));
    let network = tried(&queued(), 2, 32, &no("connexion"));
    assert_eq!(parcours(&network, t(60)).principal, Some(Maillon::Reseau));
    let beyond = back(&tried(&queued(), 2, 3, &taken()), 900, Some(Action::Delivered), "2.0.0");
    let way = parcours(&beyond, t(1_000));
    assert_eq!((way.principal, way.total_ms), (Some(Maillon::ServeursSuivants), 900_000));
    assert!(way.lignes().iter().any(|l| l.contains("déclaré par un autre serveur")));
    // A server whose clock is an hour fast: its date divides nothing.
    let handed = tried(&queued(), 2, 3, &taken());
    let event =
        au_retour(&handed, &retour(Some(Action::Delivered), "2.0.0", 4_000), Digests::of(b"r")).unwrap().unwrap();
    let way = parcours(&step(&handed, 400, &event).unwrap(), t(500));
    assert!(way.etapes.last().unwrap().fait.contains("non départagés"));
}

#[test]
fn only_the_platform_records_and_an_event_reads_back() {
    let view = queued();
    let event = Event::Handed { notice: ident(), started_at: t(2), smtp_code: 250, dsn: true };
    assert_eq!(View::next(Some(&view), t(3), &Actor::office("x"), &event).unwrap_err().code(), "signification.actor");
    assert_eq!(View::next(None, t(3), &Actor::platform(), &event).unwrap_err().code(), "signification.transition");
    let view = back(&tried(&view, 2, 3, &taken()), 30, Some(Action::Failed), "5.1.1");
    assert_eq!(serde_json::from_str::<View>(&serde_json::to_string(&view).unwrap()).unwrap(), view);
    for (event, name) in [
        (event, "signification.notice.handed"),
        (Event::GivenUp { notice: ident(), tries: 3 }, "signification.notice.given_up"),
        (Event::Silent { notice: ident(), hours: 72 }, "signification.notice.silent"),
    ] {
        let text = serde_json::to_value(&event).unwrap();
        assert_eq!((text["op"].as_str(), serde_json::from_value::<Event>(text.clone()).unwrap()), (Some(name), event));
    }
    let unknown = r#"{"op":"signification.notice.silent","data":{"notice":"x","hours":1,"nom":"y"}}"#;
    assert!(serde_json::from_str::<Event>(unknown).is_err());
}

/// An arbitrary fact, often impossible.
fn any_event() -> impl Strategy<Value = (i64, Event)> {
    let notice = ident();
    let action = prop::sample::select(vec![
        None,
        Some(Action::Failed),
        Some(Action::Delayed),
        Some(Action::Relayed),
        Some(Action::Expanded),
        Some(Action::Delivered),
    ]);
    let code = prop::sample::select(vec!["451", "421", "550", "connexion", "interrompu", "protocole", "xyz"]);
    (0..9_u8, 0..400_i64, 0..400_i64, action, code, any::<bool>(), any::<u8>()).prop_map(
        move |(kind, wait, other, action, code, flag, seed)| {
            let (retour, digests) = (retour(action, "", 0), Digests::of(&[seed]));
            let event = match kind {
                0 | 1 => Event::Handed { notice, started_at: t(other * 10), smtp_code: 250, dsn: flag },
                2 => Event::Refused { notice, started_at: t(other * 10), code: code.into(), permanent: flag },
                3 => Event::RetryPlanned { notice, not_before: t(other * 20) },
                4 => Event::GivenUp { notice, tries: u32::from(seed % 4) },
                5 => Event::Silent { notice, hours: u16::from(seed % 2) },
                6 => Event::Bounced { notice, retour, digests },
                7 => Event::Delivered { notice, retour, digests },
                _ => Event::ReturnNoted { notice, retour, digests },
            };
            (wait, event)
        },
    )
}

proptest! {
    #[test]
    fn c08_whatever_is_tried_the_machine_keeps_its_promises(events in proptest::collection::vec(any_event(), 0..60)) {
        let mut view = queued();
        let mut now = 1;
        let mut journal = Vec::new();
        for (wait, event) in events {
            let before = view.clone();
            match step(&view, now + wait, &event) {
                Err(_) => prop_assert_eq!(&view, &before),
                Ok(next) => {
                    now += wait;
                    prop_assert!(before.etat != EtatAvis::Rejete || next.etat == EtatAvis::Rejete, "a failure stays");
                    let refused_for_good = before.essais.iter().any(|e| e.code.starts_with('5'));
                    prop_assert!(!refused_for_good || next.essais.len() == before.essais.len(), "never tried after 5xx");
                    prop_assert!(next.essais.iter().filter(|e| e.pris).count() <= 1, "handed over once");
                    prop_assert!(next.essais.windows(2).all(|w| w[0].reprise.is_some_and(|r| r <= w[1].debut)));
                    let mut seen: Vec<_> = next.retours.iter().map(|r| r.digests.sha256).collect();
                    seen.sort_unstable();
                    seen.dedup();
                    prop_assert_eq!(seen.len(), next.retours.len());
                    journal.push((now, event));
                    view = next;
                }
            }
        }
        let replayed = journal.iter().try_fold(queued_like(&view), |v, (at, event)| step(&v, *at, event)).unwrap();
        prop_assert_eq!(&replayed, &view);
        let way = crate::notice::parcours::parcours(&view, t(now));
        prop_assert!(way.etapes.windows(2).all(|w| w[0].a == w[1].de));
        prop_assert_eq!(way.etapes.iter().map(|e| e.ms).sum::<i64>(), way.total_ms);
        prop_assert!(way.etapes.iter().all(|e| e.ms > 0));
        let _ = alertes([&view], t(now));
    }

    /// What is prepared from an outcome is always possible, whatever the outcome.
    #[test]
    fn c08_what_is_prepared_can_be_recorded(codes in proptest::collection::vec(0..6_usize, 1..60)) {
        let outcomes = [taken(), no("451"), no("550"), no("connexion"), no("interrompu"), no("421")];
        let (mut view, mut now) = (queued(), 2);
        for code in codes {
            if !a_essayer(&view, t(now)) {
                now += 1800;
                continue;
            }
            view = tried(&view, now, now + 1, &outcomes[code]);
            now += 1;
        }
        prop_assert!(view.essais.len() <= 12);
    }
}

/// The first view again, of the same object.
fn queued_like(view: &View) -> View {
    View { object: view.object, ..queued() }
}

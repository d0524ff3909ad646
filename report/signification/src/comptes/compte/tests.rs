//! The account's machine: rows by name, then any order of any facts.
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::essais::{ident, t};
use super::*;
use crate::civil::paris_date;

const COMPTE: u8 = 1;

fn moi() -> Actor {
    Actor::recipient(ident(COMPTE))
}

fn registre() -> Actor {
    Actor::registry("registre")
}

fn next(view: &View, at: i64, actor: &Actor, event: &Event) -> Result<View, SignificationError> {
    View::next(Some(view), t(at), actor, event)
}

fn invited(titulaire: Titulaire) -> View {
    let (token_sha256, expires_at) = (Sha256Digest::of(b"x"), t(1000));
    let event = Event::Invited { account: ident(COMPTE), titulaire, token_sha256, expires_at };
    View::next(None, t(0), &registre(), &event).unwrap()
}

fn added(credential: u8, moyen: Moyen) -> Event {
    Event::CredentialAdded { account: ident(COMPTE), credential: ident(credential), moyen }
}

fn login(credentials: &[u8], niveau: Niveau) -> Event {
    let credentials = credentials.iter().map(|n| ident(*n)).collect();
    let (account, session, source) = (ident(COMPTE), ident(77), ident(88));
    Event::LoggedIn { account, session, source, credentials, rang: None, niveau, autre_appareil: false }
}

/// Active, with a password (10) and a passkey (11).
fn actif_de(titulaire: Titulaire) -> View {
    let view = invited(titulaire);
    let view = next(&view, 1, &moi(), &added(10, Moyen::MotDePasse)).unwrap();
    let view = next(&view, 1, &moi(), &added(11, Moyen::CleAcces)).unwrap();
    next(&view, 2, &moi(), &Event::Activated { account: ident(COMPTE) }).unwrap()
}

fn actif() -> View {
    actif_de(Titulaire::Destinataire { consent: ident(250) })
}

fn report(genre: GenreSignalement, voie: Voie, received: i64, credentials: &[u8]) -> Event {
    Event::Reported {
        account: ident(COMPTE),
        report: ident(99),
        genre,
        voie,
        received_at: t(received),
        credentials: credentials.iter().map(|n| ident(*n)).collect(),
        review_at: t(1_000_000),
    }
}

fn a_representative(au: Option<Date>) -> Titulaire {
    Titulaire::Representant { consent: ident(250), du: jiff::civil::date(2026, 1, 1), au }
}

#[test]
fn b01_an_account_is_taken_by_its_holder_with_means_of_his_own() {
    let view = invited(Titulaire::Destinataire { consent: ident(250) });
    let activate = Event::Activated { account: ident(COMPTE) };
    assert!(next(&view, 1, &moi(), &activate).is_err(), "without any means");
    assert!(next(&view, 1, &Actor::recipient(ident(2)), &added(10, Moyen::MotDePasse)).is_err());
    assert!(next(&view, 1, &registre(), &added(10, Moyen::MotDePasse)).is_err());
    assert!(next(&view, 1, &moi(), &login(&[10], Niveau::Simple)).is_err());
    let totp = next(&view, 1, &moi(), &added(12, Moyen::Totp)).unwrap();
    assert!(next(&totp, 2, &moi(), &activate).is_err(), "a telephone alone recognises nobody");
    let known = next(&view, 1, &moi(), &added(10, Moyen::MotDePasse)).unwrap();
    assert!(next(&known, 1001, &moi(), &activate).is_err(), "the invitation is over");
    assert!(next(&known, 1, &moi(), &added(10, Moyen::CleAcces)).is_err(), "an identifier twice");
    let view = next(&known, 2, &moi(), &activate).unwrap();
    assert_eq!((view.etat, view.invitation), (EtatCompte::Actif, None));
    assert!(next(&view, 3, &moi(), &activate).is_err());
    // Two accounts of one company: told apart by their own identifiers, tied to the same consent.
    let (one, two) = (a_representative(None), a_representative(None));
    assert_eq!(one.consent(), two.consent());
    assert_ne!(acteur(&one, ident(1)), acteur(&two, ident(2)));
}

#[test]
fn a07_a_representative_whose_mandate_is_over_does_not_log_in() {
    let view = actif_de(a_representative(None));
    assert!(next(&view, 3, &moi(), &login(&[11], Niveau::Double)).is_ok());
    let today = paris_date(t(0));
    let ends = Event::MandateEnds { account: ident(COMPTE), au: today };
    assert!(next(&view, 3, &moi(), &ends).is_err(), "not by himself");
    let view = next(&view, 3, &Actor::office("etude"), &ends).unwrap();
    assert!(next(&view, 4, &moi(), &login(&[11], Niveau::Double)).is_ok(), "the last day counts");
    let tomorrow = 86_400;
    assert!(next(&view, tomorrow, &moi(), &login(&[11], Niveau::Double)).is_err());
    assert!(!view.admet_session(view.generation, t(tomorrow)), "nor does a session go on");
    let early = Titulaire::Representant { consent: ident(250), du: jiff::civil::date(2027, 1, 1), au: None };
    assert!(!early.en_fonction(today));
    assert!(next(&actif(), 3, &registre(), &ends).is_err(), "a natural person has no mandate");
    let wrong = Titulaire::Representant {
        consent: ident(250),
        du: jiff::civil::date(2026, 2, 1),
        au: Some(jiff::civil::date(2026, 1, 1)),
    };
    let event = Event::Invited {
        account: ident(COMPTE),
        titulaire: wrong,
        token_sha256: Sha256Digest::ZERO,
        expires_at: t(10),
    };
    assert!(View::next(None, t(0), &registre(), &event).is_err());
}

#[test]
fn b06_a_report_suspends_in_one_step_and_ends_every_session() {
    let view = actif();
    let generation = view.generation;
    assert!(view.admet_session(generation, t(3)));
    let all = report(GenreSignalement::Compromission, Voie::EnLigne, 3, &[10, 11]);
    let reported = next(&view, 3, &moi(), &all).unwrap();
    assert_eq!(reported.etat, EtatCompte::Suspendu);
    assert!(!reported.admet_session(generation, t(3)) && !reported.admet_session(reported.generation, t(3)));
    assert_eq!(
        reported.suspension.as_ref().map(|s| (s.cause, s.revue)),
        Some((CauseSuspension::Signalement, t(1_000_000)))
    );
    assert!(next(&view, 3, &Actor::office("etude"), &all).is_err());
    let partial = report(GenreSignalement::Compromission, Voie::EnLigne, 3, &[10]);
    assert!(next(&view, 3, &moi(), &partial).is_err(), "a compromise is of all means");
    // By telephone, the registry enters it: what counts is when he called.
    let called = report(GenreSignalement::Perte, Voie::Telephone, 3, &[11]);
    assert!(next(&view, 60, &moi(), &called).is_err());
    let reported = next(&view, 60, &registre(), &called).unwrap();
    assert_eq!((reported.signalements[0].recu, reported.signalements[0].saisi), (t(3), t(60)));
    // Resumed by the registry alone; what was lost stays lost, what was not opens again.
    let resume = Event::Resumed { account: ident(COMPTE) };
    assert!(next(&reported, 70, &moi(), &resume).is_err());
    let back = next(&reported, 70, &registre(), &resume).unwrap();
    assert!(next(&back, 71, &moi(), &login(&[11], Niveau::Double)).is_err());
    assert!(next(&back, 71, &moi(), &login(&[10], Niveau::Simple)).is_ok());
    // An account not yet taken can be reported too: its invitation went astray.
    let pending = invited(Titulaire::Destinataire { consent: ident(250) });
    let astray = next(&pending, 1, &registre(), &report(GenreSignalement::Anomalie, Voie::Telephone, 1, &[])).unwrap();
    assert!(next(&astray, 2, &moi(), &added(10, Moyen::MotDePasse)).is_err());
}

#[test]
fn b07_what_is_done_after_the_request_is_not_imputed() {
    let view = actif();
    let asked = Event::RevocationAsked {
        account: ident(COMPTE),
        credential: ident(11),
        received_at: t(100),
        voie: Voie::Telephone,
    };
    assert!(next(&view, 160, &moi(), &asked).is_err(), "entered by who took the call");
    assert!(next(&view, 90, &registre(), &asked).is_err(), "not yet received");
    let view = next(&view, 160, &registre(), &asked).unwrap();
    let not = Imputabilite::NonImputable { revocation_demandee: t(100) };
    for (credential, at, wanted) in [
        (Some(11), 99, Imputabilite::Imputable),
        (Some(11), 100, not),
        (Some(11), 130, not),
        (Some(10), 130, Imputabilite::Imputable),
        (None, 130, not),
        (None, 99, Imputabilite::Imputable),
    ] {
        assert_eq!(view.imputabilite(credential.map(ident), t(at)), wanted, "{credential:?} {at}");
    }
    assert_eq!(not.phrase(), "non imputable : révocation demandée le 2026-11-23 09:01:40 +01:00 (Paris)");
    assert!(next(&view, 170, &moi(), &login(&[11], Niveau::Double)).is_err(), "it opens nothing from then on");
    let twice = Event::RevocationAsked {
        account: ident(COMPTE),
        credential: ident(11),
        received_at: t(165),
        voie: Voie::Telephone,
    };
    assert!(next(&view, 170, &registre(), &twice).is_err(), "the first request stays");
}

#[test]
fn b08_the_office_suspends_whom_it_serves_and_ends_what_it_decided() {
    let (office, account) = (Actor::office("e"), ident(COMPTE));
    let cause = CauseSuspension::CompromissionSoupconnee;
    let (event, resume) = (Event::Suspended { account, cause, review_at: t(500) }, Event::Resumed { account });
    let held = next(&actif(), 10, &office, &event).unwrap();
    assert_eq!(held.suspension.as_ref().unwrap().par, office);
    assert!(next(&held, 20, &moi(), &resume).is_err());
    assert!(next(&held, 20, &office, &resume).unwrap().est_ouvert());
    assert!(next(&held, 20, &registre(), &resume).unwrap().est_ouvert());
    // What the registry or the holder decided is not the office's to end.
    let by_registry = next(&actif(), 10, &registre(), &event).unwrap();
    let told = next(&actif(), 10, &moi(), &report(GenreSignalement::Anomalie, Voie::EnLigne, 10, &[])).unwrap();
    assert!(next(&by_registry, 20, &office, &resume).is_err() && next(&told, 20, &office, &resume).is_err());
    // Nor the accounts of its own people, of the registry, of an aidant.
    for titulaire in [Titulaire::Officier, Titulaire::Clerc, Titulaire::Aidant] {
        assert!(next(&invited(titulaire), 10, &office, &event).is_err());
    }
}

#[test]
fn b08_the_platform_suspends_with_its_cause_and_a_day_of_review() {
    let view = actif();
    let suspend = |cause, review| Event::Suspended { account: ident(COMPTE), cause, review_at: t(review) };
    let event = suspend(CauseSuspension::TentativeAttaque, 500);
    assert!(next(&view, 10, &moi(), &event).is_err());
    assert!(next(&view, 10, &registre(), &suspend(CauseSuspension::TentativeAttaque, 10)).is_err(), "without review");
    assert!(next(&view, 10, &registre(), &suspend(CauseSuspension::Signalement, 500)).is_err(), "nobody reported");
    let held = next(&view, 10, &Actor::platform(), &event).unwrap();
    assert_eq!(held.recoit().unwrap_err().code(), "COMPTE_SUSPENDU");
    assert_eq!((view.recoit(), view.admet_connexion(t(10))), (Ok(()), true));
    let why = held.suspension.clone().unwrap();
    assert_eq!((why.cause, why.par, why.depuis), (CauseSuspension::TentativeAttaque, Actor::platform(), t(10)));
    for event in [login(&[11], Niveau::Double), added(12, Moyen::Totp)] {
        assert!(next(&held, 20, &moi(), &event).is_err(), "{event:?}");
    }
    assert!(next(&held, 20, &Actor::platform(), &event).is_err(), "twice");
}

#[test]
fn b02_a_second_proof_that_was_set_up_is_asked_for() {
    let view = next(&actif(), 3, &moi(), &added(12, Moyen::Totp)).unwrap();
    assert!(next(&view, 4, &moi(), &login(&[10], Niveau::Simple)).is_err());
    assert!(next(&view, 4, &moi(), &login(&[10, 12], Niveau::Double)).is_ok());
    assert!(next(&view, 4, &moi(), &login(&[10, 12], Niveau::Fort)).is_err(), "worth no more than it is");
    assert!(next(&view, 4, &moi(), &login(&[12], Niveau::Simple)).is_err());
    assert!(next(&view, 4, &moi(), &login(&[10, 10], Niveau::Simple)).is_err());
    assert!(next(&view, 4, &moi(), &login(&[10, 200], Niveau::Double)).is_err(), "of another account");
    // A recovery code is used once, by the journal itself.
    let view = next(&view, 4, &moi(), &added(13, Moyen::CodesSecours)).unwrap();
    let with = |rang| {
        let Event::LoggedIn { account, session, source, niveau, .. } = login(&[], Niveau::Double) else { panic!() };
        let credentials = vec![ident(10), ident(13)];
        Event::LoggedIn { account, session, source, credentials, rang, niveau, autre_appareil: false }
    };
    assert!(next(&view, 5, &moi(), &with(None)).is_err());
    let used = next(&view, 5, &moi(), &with(Some(3))).unwrap();
    assert!(next(&used, 6, &moi(), &with(Some(3))).is_err());
    assert!(next(&used, 6, &moi(), &with(Some(4))).is_ok());
    // A certificate is given by the registry, never taken.
    assert!(next(&view, 5, &moi(), &added(14, Moyen::Certificat)).is_err());
    assert!(next(&view, 5, &registre(), &added(14, Moyen::Certificat)).is_ok());
}

#[test]
fn e02_a_failed_login_is_a_fact_without_what_was_typed() {
    let failed = Event::LoginFailed { account: ident(COMPTE), source: ident(88), motif: MotifRefus::MotDePasse };
    let view = next(&actif(), 3, &Actor::platform(), &failed).unwrap();
    assert_eq!((view.echecs, failed.outcome()), (1, Outcome::Failed));
    let text = serde_json::to_value(&failed).unwrap();
    assert_eq!(text["op"], "signification.account.login_failed");
    assert_eq!(text["data"].as_object().unwrap().keys().collect::<Vec<_>>(), ["account", "motif", "source"]);
    assert!(next(&actif(), 3, &moi(), &failed).is_err());
    let left = Event::LoggedOut { account: ident(COMPTE), session: ident(77) };
    assert!(next(&view, 4, &moi(), &left).is_err(), "he never came in");
    let view = next(&view, 4, &moi(), &login(&[11], Niveau::Double)).unwrap();
    assert_eq!(view.echecs, 0);
    assert!(next(&view, 5, &moi(), &left).is_ok() && next(&view, 5, &registre(), &left).is_err());
}

#[test]
fn f03_f04_f05_termination_reading_for_two_months_then_erasure() {
    let view = actif();
    let account = ident(COMPTE);
    let terminated = Event::Terminated { account };
    assert!(next(&view, 3, &registre(), &terminated).is_err(), "nobody asked");
    let asked = Event::TerminationAsked { account, received_at: t(3), voie: Voie::EnLigne };
    let view = next(&view, 3, &moi(), &asked).unwrap();
    assert_eq!(view.etat, EtatCompte::Actif, "it takes effect when it is processed");
    assert!(next(&view, 4, &moi(), &terminated).is_err());
    let at = |text: &str| -> i64 { (text.parse::<Instant>().unwrap().as_millisecond() - t(0).as_millisecond()) / 1000 };
    let processed = at("2026-12-31T10:00:00+01:00");
    let view = next(&view, processed, &registre(), &terminated).unwrap();
    let ended = view.resiliation.unwrap();
    assert_eq!((ended.recue, ended.traitee), (t(3), Some(t(processed))), "both dates are kept");
    let until = jiff::civil::date(2027, 2, 28);
    assert!(
        next(&view, processed, &Actor::platform(), &Event::ReadOnly { account, until: jiff::civil::date(2027, 3, 1) })
            .is_err()
    );
    let view = next(&view, processed, &Actor::platform(), &Event::ReadOnly { account, until }).unwrap();
    // WX-25: read through 28 February at 24 h, erased from 1 March.
    let last = at("2027-02-28T23:59:59+01:00");
    assert!(next(&view, last, &moi(), &login(&[11], Niveau::Double)).is_ok());
    assert!(next(&view, last + 1, &moi(), &login(&[11], Niveau::Double)).is_err());
    let erased = Event::Erased { account, certificate: Sha256Digest::of(b"certificat") };
    assert!(next(&view, last, &Actor::platform(), &erased).is_err());
    assert!(next(&view, last + 1, &registre(), &erased).is_err());
    let gone = next(&view, last + 1, &Actor::platform(), &erased).unwrap();
    assert!(gone.identifiants.is_empty() && gone.etat == EtatCompte::Efface);
    for (actor, event) in
        [(moi(), added(20, Moyen::MotDePasse)), (registre(), Event::Resumed { account }), (Actor::platform(), erased)]
    {
        assert!(next(&gone, last + 2, &actor, &event).is_err(), "nothing follows an erasure");
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    let account = ident(COMPTE);
    let credential = (10_u8..15).prop_map(ident);
    let moyen = prop::sample::select(Moyen::ALL.to_vec());
    let niveau = prop::sample::select(vec![Niveau::Simple, Niveau::Double, Niveau::Fort]);
    let voie = prop::sample::select(vec![Voie::EnLigne, Voie::Telephone]);
    let set = prop::collection::vec(10_u8..15, 0..4);
    prop_oneof![
        Just(Event::Activated { account }),
        (credential.clone(), moyen).prop_map(move |(credential, moyen)| Event::CredentialAdded {
            account,
            credential,
            moyen
        }),
        credential.clone().prop_map(move |credential| Event::CredentialRevoked { account, credential }),
        (credential, voie.clone()).prop_map(move |(credential, voie)| Event::RevocationAsked {
            account,
            credential,
            received_at: t(0),
            voie
        }),
        (set.clone(), niveau, prop::option::of(0_u8..3)).prop_map(move |(set, niveau, rang)| {
            let Event::LoggedIn { account, session, source, credentials, .. } = login(&set, niveau) else {
                unreachable!()
            };
            Event::LoggedIn { account, session, source, credentials, rang, niveau, autre_appareil: false }
        }),
        (set.clone(), prop::collection::vec(0_u8..3, 0..3)).prop_map(move |(set, rangs)| {
            let credentials = set.into_iter().map(ident).collect();
            Event::Recovered { account, source: ident(88), credentials, rangs }
        }),
        (set, voie).prop_map(|(set, voie)| report(GenreSignalement::Perte, voie, 0, &set)),
        Just(report(GenreSignalement::Anomalie, Voie::EnLigne, 0, &[])),
        Just(Event::Suspended { account, cause: CauseSuspension::CompromissionSoupconnee, review_at: t(100_000_000) }),
        Just(Event::Resumed { account }),
        Just(Event::SessionsClosed { account }),
        Just(Event::LoggedOut { account, session: ident(77) }),
        Just(Event::TerminationAsked { account, received_at: t(0), voie: Voie::EnLigne }),
        Just(Event::Terminated { account }),
        Just(Event::ReadOnly { account, until: jiff::civil::date(2027, 1, 23) }),
        Just(Event::Erased { account, certificate: Sha256Digest::ZERO }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// No order of facts logs in a suspended account, revives a revoked means, or keeps a session alive after a report.
    #[test]
    fn b06_b08_whatever_happens_in_whatever_order(steps in prop::collection::vec((any_event(), 0_usize..3, prop_oneof![4 => 0_i64..60, 1 => 0_i64..5_000_000]), 1..60), taken in any::<bool>()) {
        let mut view = if taken { actif() } else { invited(Titulaire::Destinataire { consent: ident(250) }) };
        let (mut now, mut ended, mut sessions) = (2, BTreeSet::new(), Vec::new());
        let mut ranks = BTreeSet::new();
        for (event, who, later) in steps {
            now += later;
            let actor = [moi(), registre(), Actor::platform()][who].clone();
            let before = view.clone();
            let Ok(after) = next(&view, now, &actor, &event) else { continue };
            let entered = match &event {
                Event::LoggedIn { credentials, rang, .. } => Some((credentials, rang.iter().copied().collect::<Vec<_>>())),
                Event::Recovered { credentials, rangs, .. } => Some((credentials, rangs.clone())),
                _ => None,
            };
            if let Some((credentials, rangs)) = entered {
                prop_assert!(before.suspension.is_none(), "suspended");
                prop_assert!(matches!(before.etat, EtatCompte::Actif | EtatCompte::LectureSeule));
                prop_assert!(before.lecture_jusqu_au.is_none_or(|last| paris_date(t(now)) <= last));
                prop_assert!(credentials.iter().all(|c| !ended.contains(c)), "revived");
                let sets = before.identifiants.iter().filter(|i| credentials.contains(&i.id) && i.moyen == Moyen::CodesSecours);
                for set in sets {
                    prop_assert!(rangs.iter().all(|rang| ranks.insert((set.id, *rang))), "a code twice");
                }
                sessions.push(after.generation);
            }
            if matches!(event, Event::Reported { .. } | Event::Suspended { .. } | Event::SessionsClosed { .. } | Event::CredentialRevoked { .. } | Event::RevocationAsked { .. } | Event::Erased { .. }) {
                prop_assert!(sessions.iter().all(|generation| !after.admet_session(*generation, t(now))), "a session lives on");
                sessions.clear();
            }
            ended.extend(after.identifiants.iter().filter(|i| !i.est_actif()).map(|i| i.id));
            prop_assert!(ended.iter().all(|id| after.actif(*id).is_none()));
            prop_assert!(after.generation >= before.generation && before.etat != EtatCompte::Efface);
            prop_assert_eq!(serde_json::from_value::<View>(serde_json::to_value(&after).unwrap()).unwrap(), after.clone());
            let line = serde_json::to_value(&event).unwrap();
            prop_assert!(line["op"].as_str().and_then(dossier::Operation::parse).is_some());
            prop_assert_eq!(serde_json::from_value::<Event>(line).unwrap(), event);
            view = after;
        }
    }
}

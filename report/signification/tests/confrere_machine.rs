//! Random lives of a transfer (G02): no order of facts breaks the machine, and each step is its author's.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::cell::RefCell;
use std::collections::BTreeSet;

use dossier::{Digests, Instant, Outcome, Sha256Digest};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use signification::confrere::{Etat, Event, Motif, Ouverture, Trace, View};
use signification::consent::{Actor, Role};
use signification::territoire::OfficeId;
use signification::{Id, SystemEntropy};

const START: i64 = 1_800_000_000_000;
const DEADLINE: i64 = START + 100_000_000;

/// What is tried: which fact, by whose signature, told by what role, when, after which step.
#[derive(Clone, Debug)]
struct Try {
    fact: usize,
    author: usize,
    role: usize,
    wait: i64,
    follows: bool,
    skew: i64,
    other: bool,
    /// Takes a fact that may come next, by its author.
    lucky: bool,
}

fn attempt() -> impl Strategy<Value = Try> {
    let wait = prop_oneof![4 => 0_i64..10_000, 1 => 0_i64..60_000_000];
    let skew = prop_oneof![6 => Just(0_i64), 1 => -2_000_i64..600_000];
    (
        0_usize..11,
        0_usize..3,
        0_usize..8,
        wait,
        prop::bool::weighted(0.9),
        skew,
        prop::bool::weighted(0.05),
        prop::bool::weighted(0.4),
    )
        .prop_map(|(fact, author, role, wait, follows, skew, other, lucky)| Try {
            fact,
            author,
            role,
            wait,
            follows,
            skew,
            other,
            lucky,
        })
}

fn offices() -> [OfficeId; 3] {
    [12_345_678_u32, 23_456_789, 34_567_890]
        .map(|n| (0..10).find_map(|k| OfficeId::parse(&format!("{n}{k}")).ok()).unwrap())
}

fn instant(ms: i64) -> Instant {
    Instant::from_millisecond(ms).unwrap()
}

fn id() -> Id {
    Id::new(instant(START), &SystemEntropy::default()).unwrap()
}

fn event(kind: usize, trace: Trace, served: i64) -> Event {
    let [emetteur, destinataire, _] = offices();
    let transmission = trace.transmission;
    let open = |trace| Ouverture {
        trace,
        emetteur,
        destinataire,
        acte: Digests::of(b"acte"),
        donnees: Sha256Digest::of(b"donnees"),
        echeance: instant(DEADLINE),
    };
    match kind {
        0 => Event::Prepared(open(trace)),
        1 => Event::Transmitted(trace),
        2 => Event::Received(open(trace)),
        3 => Event::Accepted(trace),
        4 => Event::Refused { trace, motif: Motif::Autre },
        5 => Event::Expired(trace),
        6 => Event::Served { trace, signifie_le: instant(served) },
        7 => Event::Returned { trace, pieces: 2 },
        8 => Event::Closed(trace),
        _ => Event::ImportRefused { transmission, code: "signification.package".into(), paquet: Sha256Digest::ZERO },
    }
}

/// The author that the specification gives to each fact: 0 asks, 1 is asked.
const AUTHORS: [Option<usize>; 10] =
    [Some(0), Some(0), Some(0), Some(1), Some(1), Some(0), Some(1), Some(1), Some(0), None];

/// The moves that the specification draws, from state to state, by fact.
fn drawn(from: Option<Etat>, fact: usize) -> Option<Etat> {
    Some(match (from, fact) {
        (None, 0) => Etat::Prepare,
        (None, 2) => Etat::Transmis,
        (Some(Etat::Prepare), 1) => Etat::Transmis,
        (Some(Etat::Transmis), 3) => Etat::Accepte,
        (Some(Etat::Transmis | Etat::Accepte), 4) => Etat::Refuse,
        (Some(Etat::Transmis), 5) => Etat::Expire,
        (Some(Etat::Accepte), 6) => Etat::Signifie,
        (Some(Etat::Signifie), 7) => Etat::Retourne,
        (Some(Etat::Retourne), 8) => Etat::Clos,
        (same, 9..) => return same,
        _ => return None,
    })
}

fn role(n: usize) -> Actor {
    match n {
        0 => Actor::platform(),
        1 => Actor::registry("registre"),
        2 => Actor { role: Role::Destinataire, id: "x".into() },
        _ => Actor::office("clerc"),
    }
}

/// One life; the state it ends in.
fn live(tries: Vec<Try>) -> Result<Option<Etat>, TestCaseError> {
    let (transfer, stranger) = (id(), id());
    let mut view: Option<View> = None;
    let mut now = START;
    for (n, mut attempt) in tries.into_iter().enumerate() {
        now += attempt.wait;
        let known = view.as_ref().and_then(|v| v.suivi.clone());
        let from = known.as_ref().map(|k| k.etat);
        let open: Vec<usize> = (0..9).filter(|f| drawn(from, *f).is_some()).collect();
        if attempt.lucky && !open.is_empty() {
            attempt.fact = open[attempt.fact % open.len()];
            attempt.author = AUTHORS[attempt.fact].unwrap_or(0);
        }
        let fact = attempt.fact.min(9);
        let first = if fact == 2 { Sha256Digest::of(b"0") } else { Sha256Digest::ZERO };
        let trace = Trace {
            transmission: if attempt.other { stranger } else { transfer },
            auteur: offices()[attempt.author],
            le: instant(now + attempt.skew),
            precedente: match &known {
                _ if !attempt.follows => Sha256Digest::of(b"ailleurs"),
                Some(known) => known.derniere,
                None => first,
            },
            etape: Sha256Digest::of(&n.to_be_bytes()),
            paquet: Sha256Digest::ZERO,
        };
        let event = event(fact, trace, now - 1000);
        let before = view.clone();
        let Ok(next) = View::next(view.as_ref(), instant(now), &role(attempt.role), &event) else {
            prop_assert_eq!(&view, &before);
            continue;
        };
        prop_assert!(before.is_none_or(|v| v.transmission == next.transmission), "another transfer");
        prop_assert_eq!(drawn(from, fact), next.suivi.as_ref().map(|k| k.etat), "a move that is not drawn");
        if let Some(author) = AUTHORS[fact] {
            prop_assert_eq!(attempt.author, author, "a step that is not its author's");
            prop_assert!(known.is_none() || attempt.follows);
            prop_assert!(attempt.skew <= 300_000);
            let late = now + attempt.skew > DEADLINE;
            prop_assert!(fact != 3 || !late, "accepted after the deadline");
            prop_assert!(fact != 5 || late, "expired before the deadline");
        }
        prop_assert!(attempt.role >= 3 || attempt.role == 0 && (fact == 5 || fact == 9));
        if let Some(suivi) = &next.suivi {
            let served = matches!(suivi.etat, Etat::Signifie | Etat::Retourne | Etat::Clos);
            prop_assert_eq!(suivi.signifie_le.is_some(), served);
            prop_assert_eq!(suivi.motif.is_some(), suivi.etat == Etat::Refuse);
        }
        let value = serde_json::to_value(&next).unwrap();
        prop_assert_eq!(serde_json::from_value::<View>(value).unwrap(), next.clone());
        view = Some(next);
    }
    Ok(view.and_then(|v| v.suivi).map(|k| k.etat))
}

#[test]
fn g02_no_order_of_facts_breaks_the_machine() {
    let config = Config { cases: 1500, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let ends = RefCell::new(BTreeSet::new());
    runner
        .run(&proptest::collection::vec(attempt(), 1..60), |tries| {
            ends.borrow_mut().insert(live(tries)?);
            Ok(())
        })
        .unwrap();
    for state in Etat::ALL {
        assert!(ends.borrow().contains(&Some(state)), "no life ended in {state:?}");
    }
}

/// The straight road, so that the property above is known to reach the end.
#[test]
fn g02_the_drawn_road_is_open_and_the_refused_package_changes_nothing() {
    let transfer = id();
    let mut view: Option<View> = None;
    let mut last = Sha256Digest::ZERO;
    for (n, fact) in [0_usize, 9, 1, 3, 6, 9, 7, 8].into_iter().enumerate() {
        let now = START + 10_000 * i64::try_from(n).unwrap();
        let etape = Sha256Digest::of(&n.to_be_bytes());
        let auteur = offices()[AUTHORS[fact].unwrap_or(2)];
        let trace = Trace {
            transmission: transfer,
            auteur,
            le: instant(now),
            precedente: last,
            etape,
            paquet: Sha256Digest::ZERO,
        };
        let event = event(fact, trace, now - 1000);
        assert_eq!(event.object(), transfer);
        assert_eq!(event.outcome() == Outcome::Failed, fact == 9);
        view = Some(View::next(view.as_ref(), instant(now), &Actor::office("clerc"), &event).unwrap());
        if fact != 9 {
            last = etape;
        }
    }
    let view = view.unwrap();
    assert_eq!(view.imports_refuses, 2);
    assert_eq!(view.suivi.unwrap().etat, Etat::Clos);
}

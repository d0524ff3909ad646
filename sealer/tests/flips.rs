//! One octet changed anywhere makes a bundle FAIL: every position of a small bundle with two tokens and two anchors, then
//! random bits.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

#[path = "support/sample.rs"]
mod sample;

use std::sync::OnceLock;

use fixtures::Manners;
use proptest::prelude::*;
use sample::*;
use sealer::anchor::{Calendars, HttpExchange};
use sealer::tlog::OfficeLog;
use sealer::{
    Anchoring, SystemRandom, TimestampAuthority, TrustAnchors, Verdict, anchor_bundle, verdict_of, verify_bytes,
};

struct Good {
    bytes: Vec<u8>,
    anchors: TrustAnchors,
    at: dossier::Instant,
}

fn good() -> &'static Good {
    static GOOD: OnceLock<Good> = OnceLock::new();
    GOOD.get_or_init(|| {
        let work = tempfile::tempdir().unwrap();
        let (_dir, pki) = pki();
        let (one, two) = (tsa(&pki, Manners::Good, "une"), tsa(&pki, Manners::Second, "deux"));
        let etude = etude();
        let target = work.path().join("x.asice");
        let authorities: [&dyn TimestampAuthority; 2] = [&one.client, &two.client];
        etude.seal(&closed(work.path()), &authorities, &target).unwrap();
        anchor(&etude, work.path(), &target);
        let bytes = std::fs::read(&target).unwrap();
        let anchors = etude.anchors.clone().with(one.client.anchors()).with(two.client.anchors());
        Good { bytes, anchors, at: etude.clock.now() }
    })
}

/// A promise of a calendar, and a leaf of a log: nothing else covers them.
fn anchor(etude: &Etude, work: &std::path::Path, target: &std::path::Path) {
    let calendar = fixtures::Calendar::start(fixtures::CalendarManners::Good).unwrap();
    let calendars = Calendars { addresses: vec![calendar.url()], allowed: Vec::new() };
    let log = OfficeLog::create(&work.join("journal"), "etude.example/journal", &SystemRandom).unwrap();
    let exchange = HttpExchange::new();
    let anchoring = Anchoring { calendars: &calendars, log: Some(&log), exchange: &exchange };
    let anchored = anchor_bundle(target, &anchoring, &etude.anchors, etude.clock.as_ref(), &SystemRandom).unwrap();
    assert_eq!(anchored.anchors.len(), 2);
}

fn verdict(bytes: Vec<u8>) -> Verdict {
    verdict_of(bytes, &good().anchors, good().at)
}

#[test]
fn every_position_of_a_small_bundle() {
    let good = good();
    assert_eq!(verdict(good.bytes.clone()), Verdict::Pass);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let missed: Vec<usize> = std::thread::scope(|scope| {
        let check = move |worker: usize| {
            let mut missed = Vec::new();
            for at in (worker..good.bytes.len()).step_by(workers) {
                let mut bytes = good.bytes.clone();
                // A different bit at each position.
                bytes[at] ^= 1 << (at % 8);
                if verdict(bytes) != Verdict::Fail {
                    missed.push(at);
                }
            }
            missed
        };
        let threads: Vec<_> = (0..workers).map(|worker| scope.spawn(move || check(worker))).collect();
        threads.into_iter().flat_map(|t| t.join().unwrap()).collect()
    });
    let shown: Vec<String> = missed
        .iter()
        .map(|at| {
            let mut bytes = good.bytes.clone();
            bytes[*at] ^= 1 << (at % 8);
            let checked = verify_bytes(bytes, &good.anchors, good.at);
            format!("{at}: {:?} {:?}", checked.verdict, codes(&checked.findings))
        })
        .collect();
    assert!(missed.is_empty(), "{} of {}: {shown:#?}", missed.len(), good.bytes.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn random_bits(at in any::<prop::sample::Index>(), mask in 1_u8..) {
        let mut bytes = good().bytes.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= mask;
        prop_assert_eq!(verdict(bytes), Verdict::Fail);
    }

    #[test]
    fn removed_or_repeated_octets(at in any::<prop::sample::Index>(), count in 1_usize..50, repeat in any::<bool>()) {
        let mut bytes = good().bytes.clone();
        let at = at.index(bytes.len());
        let end = (at + count).min(bytes.len());
        if repeat {
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        } else {
            bytes.drain(at..end);
        }
        prop_assert_eq!(verdict(bytes), Verdict::Fail);
    }
}

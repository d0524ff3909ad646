//! Anchors had from real calendars and a real log: promised, completed, covered by archive manifests, then moved or changed.
use std::path::PathBuf;
use std::time::Duration;

use fixtures::{Calendar, CalendarManners, Manners};

use super::super::forge::{Entry, entry, pack, unpack};
use super::{Vectors, compare, judge};
use crate::anchor::{Calendars, HttpExchange};
use crate::attacks::sample;
use crate::tlog::OfficeLog;
use crate::{Anchoring, HttpNetwork, SystemRandom, TimestampAuthority, anchor_bundle, layout, renew};

#[test]
fn the_page_judges_anchors_as_we_do() {
    let (work, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vectors = Vectors::new(out.path());
    let (_dir, pki) = sample::pki();
    let tsas = [sample::tsa(&pki, Manners::Good, "une"), sample::tsa(&pki, Manners::Second, "deux")];
    let etude = sample::etude_of(&pki, &pki.signer());
    let mut roots: Vec<PathBuf> = vec![pki.root_pem()];
    roots.extend(tsas.each_ref().map(|tsa| tsa.server.root_pem().to_path_buf()));
    let judged = |name: &str, bytes: &[u8]| {
        let roots: Vec<_> = roots.iter().map(PathBuf::as_path).collect();
        judge(&vectors, name, bytes, &roots, etude.clock.now());
    };
    let (target, network) = (work.path().join("x.asice"), HttpNetwork::with_deadline(Duration::from_secs(3)));
    let authorities: [&dyn TimestampAuthority; 2] = [&tsas[0].client, &tsas[1].client];
    let closed = sample::closed(work.path());
    etude.seal_from(&closed, &authorities, &network, &target, &|_| {}).unwrap_or_else(|e| panic!("{e:#?}"));
    let calendar = Calendar::start(CalendarManners::Good).unwrap();
    let calendars = Calendars { addresses: vec![calendar.url()], allowed: Vec::new() };
    let log = OfficeLog::create(&work.path().join("journal"), "etude.example/journal", &SystemRandom).unwrap();
    let exchange = HttpExchange::with_deadline(Duration::from_secs(3));
    let anchoring = Anchoring { calendars: &calendars, log: Some(&log), exchange: &exchange };
    let anchor = || {
        let done = anchor_bundle(&target, &anchoring, &etude.anchors, etude.clock.as_ref(), &SystemRandom).unwrap();
        assert!(done.bundle.is_some(), "{:#?}", done.findings);
        std::fs::read(&target).unwrap()
    };
    let prolong = || {
        renew(&target, &authorities, &network, etude.clock.as_ref(), &SystemRandom).unwrap();
        std::fs::read(&target).unwrap()
    };
    judged("promis", &anchor());
    judged("promis-couvert", &prolong());
    calendar.confirm(1);
    judged("complete-a-cote", &anchor());
    let covered = prolong();
    judged("couvert-deux-fois", &covered);
    for (number, forged) in forged(&unpack(&covered)).iter().enumerate() {
        judged(&format!("forge-{number:02}"), &pack(forged));
    }
    let start = covered.windows(16).position(|octets| octets == b"META-INF/anchor-").unwrap();
    for place in (start..covered.len()).step_by((covered.len() - start) / 40) {
        let mut flipped = covered.clone();
        flipped[place] ^= 1 << (place % 8);
        judged(&format!("bit-{place:06}"), &flipped);
    }
    assert!(compare(out.path()) > 50);
}

/// The bundle with its entries taken away, doubled, exchanged, renamed or changed, each anchor in turn.
fn forged(entries: &[Entry]) -> Vec<Vec<Entry>> {
    let anchors: Vec<usize> = (0..entries.len()).filter(|at| layout::is_anchor(&entries[*at].name)).collect();
    assert!(anchors.len() >= 3, "an anchor of each kind, and one beside");
    let mut out = Vec::new();
    let mut changed = |change: &dyn Fn(&mut Vec<Entry>)| {
        let mut forged = entries.to_vec();
        change(&mut forged);
        out.push(forged);
    };
    for at in anchors {
        changed(&|all| drop(all.remove(at)));
        changed(&|all| all.swap(at, at + 1));
        changed(&|all| all.swap(at, at - 1));
        changed(&|all| all[at].bytes.clear());
        changed(&|all| all[at].bytes.resize(70_000, 0));
        changed(&|all| all[at].name = all[at].name.replace("-00", "-01"));
        changed(&|all| all[at].name = all[at].name.to_uppercase());
        changed(&|all| {
            let moved = all.remove(at);
            all.push(moved);
        });
    }
    changed(&|all| all.push(entry("META-INF/anchor-ots-009.ots", b"x")));
    changed(&|all| all.push(entry("META-INF/anchor-ots-004.ots", b"x")));
    changed(&|all| all.push(entry("META-INF/anchor-journal-004.tlog-proof", b"x")));
    out
}

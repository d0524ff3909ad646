//! Evidence records (RFC 4998): many bundles under one token, renewed, and every way a record can be false.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

#[path = "support/sample.rs"]
mod sample;

use std::path::{Path, PathBuf};
use std::time::Duration;

use fixtures::Manners;
use sample::*;
use sealer::TimestampAuthority as _;
use sealer::ers::record_path;
use sealer::{
    Answer, Batch, Claim, HttpNetwork, Offline, SystemRandom, TrustAnchors, Verdict, prolong_batch, renew,
    verify_with_record,
};

struct World {
    _pki: (tempfile::TempDir, fixtures::Published),
    folder: tempfile::TempDir,
    one: Tsa,
    etude: Etude,
    anchors: TrustAnchors,
    bundles: Vec<PathBuf>,
}

fn world(count: usize) -> World {
    let folder = tempfile::tempdir().unwrap();
    let (dir, pki) = pki();
    let one = tsa(&pki, Manners::Good, "une");
    let etude = etude();
    let first = folder.path().join("0.asice");
    etude.seal(&closed(folder.path()), &[&one.client], &first).unwrap();
    let mut bundles = vec![first.clone()];
    for n in 1..count {
        // The same octets under another name are another leaf of the same value: told apart by nothing but their place.
        let path = folder.path().join(format!("{n}.asice"));
        std::fs::copy(&first, &path).unwrap();
        bundles.push(path);
    }
    let anchors = etude.anchors.clone().with(one.client.anchors());
    World { _pki: (dir, pki), folder, one, etude, anchors, bundles }
}

impl World {
    fn prolong(&self) -> Batch {
        let network = HttpNetwork::with_deadline(Duration::from_secs(3));
        let around = (&network as &dyn sealer::Network, self.etude.clock.as_ref(), &SystemRandom as _);
        prolong_batch(&self.bundles, &self.anchors, &[&self.one.client], around, &|_| {}).unwrap()
    }

    fn judged(&self, bundle: &Path, record: &[u8]) -> sealer::Verification {
        verify_with_record(bundle, record, &self.anchors, self.etude.clock.now())
    }
}

#[test]
fn one_token_prolongs_them_all_and_is_renewed() {
    for count in [1, 2, 5] {
        let world = world(count);
        for stamps in 1..4 {
            let batch = world.prolong();
            assert!(batch.items.iter().all(|item| item.refused.is_none() && item.stamps == stamps), "{batch:?}");
            for bundle in &world.bundles {
                let checked = world.judged(bundle, &std::fs::read(record_path(bundle)).unwrap());
                assert_eq!(checked.verdict, Verdict::Pass, "{:#?}", checked.findings);
                let record = checked.facts.record.unwrap();
                assert_eq!((record.stamps, record.last >= record.first), (stamps, true));
                let long = checked.claims.iter().find(|claim| claim.claim == Claim::LongTerm).unwrap();
                assert_eq!(long.answer, Answer::Established);
            }
        }
        assert!(world.folder.path().join("0.asice.ers").exists());
        // From then on the bundle is not written anew: its record would no longer be its own.
        let again = renew(&world.bundles[0], &[&world.one.client], &Offline, world.etude.clock.as_ref(), &SystemRandom);
        assert_eq!(again.unwrap_err().code(), "seal.recorded");
    }
}

#[test]
fn t10_a_record_that_is_not_right_is_never_held_for_one() {
    let world = world(3);
    world.prolong();
    world.prolong();
    let bundle = &world.bundles[0];
    let record = std::fs::read(record_path(bundle)).unwrap();
    // Every octet of the frame and of the trees, then one in five of the tokens.
    for at in (0..400).chain((400..record.len()).step_by(5)) {
        let mut changed = record.clone();
        changed[at] ^= 1 << (at % 8);
        let checked = world.judged(bundle, &changed);
        assert!(checked.facts.record.is_none() && checked.verdict != Verdict::Pass, "octet {at}");
    }
    let cut = world.judged(bundle, &record[..record.len() - 1]);
    assert_eq!((cut.verdict, cut.facts.record), (Verdict::Indeterminate, None));
    // The record of another file.
    let other = world.folder.path().join("autre.asice");
    world.etude.seal(&closed(&world.folder.path().join("autre")), &[&world.one.client], &other).unwrap();
    let checked = world.judged(&other, &record);
    assert!(codes(&checked.findings).contains(&"record.digest"), "{:#?}", checked.findings);
    assert_eq!(checked.verdict, Verdict::Fail);
    // Nobody trusts its authority.
    let checked = verify_with_record(bundle, &record, &world.etude.anchors, world.etude.clock.now());
    assert!(checked.facts.record.is_none());
    assert_ne!(checked.verdict, Verdict::Pass);
}

#[test]
fn a_bundle_that_is_not_valid_is_left_out() {
    let mut world = world(2);
    let broken = world.folder.path().join("faux.asice");
    std::fs::write(&broken, b"PK").unwrap();
    world.bundles.insert(1, broken.clone());
    let batch = world.prolong();
    let refused: Vec<bool> = batch.items.iter().map(|item| item.refused.is_some()).collect();
    assert_eq!(refused, [false, true, false]);
    assert!(!record_path(&broken).exists());
}

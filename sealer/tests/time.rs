//! Authorities of every manner: only a token that passes every check counts, and its absence is said.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

#[path = "support/sample.rs"]
mod sample;

use std::sync::Mutex;

use fixtures::Manners;
use sample::*;
use sealer::{HttpNetwork, SealProgress, SystemRandom, TimestampAuthority, Verdict, add_time, verify};

/// What an authority of this manner gives: the code of the last attempt, and how many attempts.
fn told(pki: &fixtures::Pki, etude: &Etude, manners: Manners) -> Vec<String> {
    let work = tempfile::tempdir().unwrap();
    let tsa = tsa(pki, manners, "une");
    let codes = Mutex::new(Vec::new());
    let progress = |progress| {
        if let SealProgress::Timestamp { error, .. } = progress {
            codes.lock().unwrap().push(error.map_or("ok".to_owned(), |(code, _)| code));
        }
    };
    let target = work.path().join("x.asice");
    let authorities: [&dyn TimestampAuthority; 1] = [&tsa.client];
    let bundle = etude.seal_told(&closed(work.path()), &authorities, &target, &progress).unwrap();
    assert!(!bundle.timestamped);
    let checked = verify(&target, &etude.anchors.clone().with(tsa.client.anchors()), etude.clock.now());
    assert_eq!(checked.verdict, Verdict::Indeterminate);
    assert!(
        checked.findings.iter().any(|f| f.code == "time.absent" && f.found.as_ref().unwrap().contains("une (time."))
    );
    codes.into_inner().unwrap()
}

#[test]
fn a_token_that_does_not_pass_every_check_never_counts() {
    let (_dir, pki) = pki();
    let etude = etude();
    for (manners, codes) in [
        (Manners::Garbage, vec!["time.malformed"]),
        (Manners::Empty, vec!["time.malformed"]),
        (Manners::OtherNonce, vec!["time.nonce"]),
        (Manners::OtherImprint, vec!["time.imprint"]),
        (Manners::Refuses, vec!["time.refused"]),
        (Manners::NoTimestampEku, vec!["time.certificate"]),
        (Manners::WrongPolicy, vec!["time.policy"]),
        (Manners::BadSignature, vec!["time.signature"]),
        (Manners::Huge, vec!["time.too_long"]),
        (Manners::HttpError(503), vec!["time.http"; 3]),
    ] {
        assert_eq!(told(&pki, &etude, manners.clone()), codes, "{manners:?}");
    }
}

#[test]
fn silence_and_replay() {
    let (_dir, pki) = pki();
    let etude = etude();
    assert_eq!(told(&pki, &etude, Manners::Silent), ["time.unreachable"; 3]);
    let work = tempfile::tempdir().unwrap();
    let replay = tsa(&pki, Manners::Replay, "rejoue");
    let authorities: [&dyn TimestampAuthority; 1] = [&replay.client];
    let first = tempfile::tempdir().unwrap();
    assert!(etude.seal(&closed(first.path()), &authorities, &first.path().join("x.asice")).unwrap().timestamped);
    assert!(!etude.seal(&closed(work.path()), &authorities, &work.path().join("x.asice")).unwrap().timestamped);
}

#[test]
fn a_token_of_another_root_does_not_count() {
    let (_dir, pki) = pki();
    let etude = etude();
    let work = tempfile::tempdir().unwrap();
    let good = tsa(&pki, Manners::Good, "une");
    good.server.set_manners(Manners::Second);
    let authorities: [&dyn TimestampAuthority; 1] = [&good.client];
    let bundle = etude.seal(&closed(work.path()), &authorities, &work.path().join("x.asice")).unwrap();
    assert!(!bundle.timestamped);
    let absent = bundle.findings.iter().find(|f| f.code == "time.absent").unwrap();
    assert!(absent.found.as_ref().unwrap().contains("time.chain"), "{:?}", bundle.findings);
}

#[test]
fn time_is_added_later_and_told_so() {
    let (_dir, pki) = pki();
    let etude = etude();
    let work = tempfile::tempdir().unwrap();
    let target = work.path().join("x.asice");
    etude.seal(&closed(work.path()), &[], &target).unwrap();
    let bad = tsa(&pki, Manners::Garbage, "mauvaise");
    let before = std::fs::read(&target).unwrap();
    let clock = etude.clock.as_ref();
    let error = add_time(&target, &[&bad.client], &HttpNetwork::new(), clock, &SystemRandom).unwrap_err();
    assert_eq!(error.code(), "seal.no_timestamp");
    assert_eq!(std::fs::read(&target).unwrap(), before);
    let (one, two) = (tsa(&pki, Manners::Good, "une"), tsa(&pki, Manners::Second, "deux"));
    let stamped = add_time(&target, &[&one.client], &HttpNetwork::new(), clock, &SystemRandom)
        .unwrap_or_else(|e| panic!("{e}: {e:#?}"));
    assert!(stamped.timestamped);
    assert_eq!(
        add_time(&target, &[&one.client], &HttpNetwork::new(), clock, &SystemRandom).unwrap_err().code(),
        "seal.already_stamped"
    );
    add_time(&target, &[&one.client, &two.client], &HttpNetwork::new(), clock, &SystemRandom)
        .unwrap_or_else(|e| panic!("{e}: {e:#?}"));
    let anchors = etude.anchors.clone().with(one.client.anchors()).with(two.client.anchors());
    let checked = verify(&target, &anchors, clock.now());
    assert_eq!(checked.verdict, Verdict::Pass, "{:#?}", checked.findings);
    assert_eq!(checked.facts.timestamps.len(), 2);
    assert!(codes(&checked.findings).contains(&"time.added_later"));
}

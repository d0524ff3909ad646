//! Tokens over the journal while the session runs: those that hold bracket it, those that do not are told or refused.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

#[path = "support/sample.rs"]
mod sample;

use dossier::{ArtefactKind, Instant, OpenDossier, Outcome, op};
use fixtures::Manners;
use sample::*;
use sealer::{LineToken, SealError, SystemRandom, TimestampAuthority, Verdict, Verification, line_token, verify};
use serde_json::{Value, json};

/// What is written of a token, and what the liar changes of it.
struct Told<'a> {
    phase: &'a str,
    path: &'a str,
    seq: u64,
    token: &'a LineToken,
    lie: Value,
}

fn tell(dossier: &mut OpenDossier, told: Told<'_>) {
    let Told { phase, path, seq, token, lie } = told;
    add(dossier, path, ArtefactKind::TimeToken, "application/vnd.etsi.timestamp-token", &token.der);
    let mut data = json!({
        "phase": phase, "authority": "une", "seq": seq, "path": path, "gen_time": token.gen_time, "serial": token.serial,
        "policy": token.policy, "accuracy_us": token.accuracy_us, "sent_at": token.exchanged.0,
        "received_at": token.exchanged.1, "how": "…",
    });
    data.as_object_mut().unwrap().extend(lie.as_object().unwrap().clone());
    dossier.record(op::TIME_TOKEN, Outcome::Ok, data).unwrap();
}

fn ask(dossier: &OpenDossier, authority: &Tsa) -> (u64, LineToken) {
    let (seq, line) = dossier.last_line();
    (seq, line_token(&authority.client, line, clock().as_ref(), &SystemRandom).unwrap())
}

/// A session with an opening token and a closing one, of which `lie` changes what is written; what is said of its bundle.
fn session(lie: impl FnOnce(&mut OpenDossier, &Tsa)) -> Result<Verification, SealError> {
    let (_dir, pki) = pki();
    let (etude, work) = (etude(), tempfile::tempdir().unwrap());
    let authority = tsa(&pki, Manners::Good, "une");
    let closed = closed_after(work.path(), |dossier| {
        let (seq, token) = ask(dossier, &authority);
        let (phase, path) = ("opening", "time/0001-opening.tst");
        tell(dossier, Told { phase, path, seq, token: &token, lie: json!({}) });
        lie(dossier, &authority);
    });
    let target = work.path().join("x.asice");
    let authorities: [&dyn TimestampAuthority; 1] = [&authority.client];
    etude.seal(&closed, &authorities, &target)?;
    let anchors = etude.anchors.clone().with(authority.client.anchors());
    Ok(verify(&target, &anchors, etude.clock.now()))
}

fn closing(lie: Value) -> impl FnOnce(&mut OpenDossier, &Tsa) {
    move |dossier, authority| {
        let (seq, token) = ask(dossier, authority);
        tell(dossier, Told { phase: "closing", path: "time/0002-closing.tst", seq, token: &token, lie });
    }
}

/// Refused at the sealing by our own verification, with this code.
fn refused(result: Result<Verification, SealError>, code: &str) {
    match result {
        Err(SealError::SelfCheck { findings }) => assert!(codes(&findings).contains(&code), "{code}: {findings:#?}"),
        other => panic!("{code}: {other:#?}"),
    }
}

#[test]
fn tokens_that_hold_bracket_the_session() {
    let checked = session(closing(json!({}))).unwrap();
    assert_eq!(checked.verdict, Verdict::Pass, "{:#?}", checked.findings);
    let phases: Vec<&str> = checked.facts.session.iter().map(|t| t.phase.as_str()).collect();
    assert_eq!(phases, ["opening", "closing"]);
    assert!(checked.facts.session[0].line < checked.facts.session[1].line);
    assert_eq!(checked.facts.session[0].offset_ms.map(|ms| ms.abs() < 2000), Some(true));
    assert!(codes(&checked.findings).contains(&"time.session"));
}

#[test]
fn a_session_without_a_closing_token_is_said_to_be_open() {
    let checked = session(|_, _| {}).unwrap();
    assert_eq!(checked.verdict, Verdict::Pass);
    assert!(codes(&checked.findings).contains(&"time.session_open"));
}

#[test]
fn a_token_over_another_line_is_refused() {
    refused(session(closing(json!({"seq": 3}))), "time.imprint");
}

#[test]
fn a_token_over_a_line_to_come_is_refused() {
    refused(session(closing(json!({"seq": 999_999}))), "time.session_line");
}

#[test]
fn another_time_than_the_token_s_is_refused() {
    refused(session(closing(json!({"gen_time": "2026-01-01T00:00:00.000Z"}))), "time.session_differs");
    refused(session(closing(json!({"serial": "00"}))), "time.session_differs");
}

#[test]
fn a_token_that_is_not_in_the_bundle_is_refused() {
    refused(session(closing(json!({"path": "time/0009-closing.tst"}))), "bundle.missing");
}

#[test]
fn a_clock_that_differs_from_the_authority_s_is_a_reserve() {
    let later = |at: Instant| Instant::from_millisecond(at.as_millisecond() + 8_000).unwrap();
    let checked = session(|dossier, authority| {
        let (seq, token) = ask(dossier, authority);
        let (sent, received) = token.exchanged;
        let lie = json!({"sent_at": later(sent), "received_at": later(received)});
        tell(dossier, Told { phase: "closing", path: "time/0002-closing.tst", seq, token: &token, lie });
    })
    .unwrap();
    assert_eq!(checked.verdict, Verdict::Pass);
    let offset = checked.findings.iter().find(|f| f.code == "clock.offset").unwrap();
    assert_eq!(offset.level, dossier::Level::Warn, "{offset:?}");
    assert!(checked.facts.session[1].offset_ms.unwrap() > 6_000, "{:?}", checked.facts.session);
}

#[test]
fn servers_that_measured_another_error_than_the_tokens_are_a_reserve() {
    let measured = |offset_us: i64| json!({"phase": "end", "sources": [], "silent": [], "offset_us": offset_us, "spread_us": 0, "how": "…"});
    for (offset_us, told) in [(40_000, false), (9_000_000, true)] {
        let checked = session(|dossier, authority| {
            dossier.record(op::MEASURE_CLOCK, Outcome::Ok, measured(offset_us)).unwrap();
            closing(json!({}))(dossier, authority);
        })
        .unwrap();
        assert_eq!(codes(&checked.findings).contains(&"clock.sources_differ"), told, "{:#?}", checked.findings);
    }
}

/// A clock whose wall part is set back by an hour at its ninth reading.
struct SetBack {
    real: std::sync::Arc<dyn dossier::Clock>,
    readings: std::sync::atomic::AtomicU32,
}

impl dossier::Clock for SetBack {
    fn now(&self) -> Instant {
        let back = self.readings.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= 8;
        let now = self.real.now().as_millisecond();
        Instant::from_millisecond(now - if back { 3_600_000 } else { 0 }).unwrap()
    }

    fn monotonic(&self) -> std::time::Duration {
        self.real.monotonic()
    }
}

#[test]
fn a_clock_set_back_in_the_session_is_told() {
    let etude = etude();
    let verdict = |clock: std::sync::Arc<dyn dossier::Clock>| {
        let work = tempfile::tempdir().unwrap();
        let target = work.path().join("x.asice");
        etude.seal(&closed_by(work.path(), clock, |_| {}), &[], &target).unwrap();
        verify(&target, &etude.anchors, etude.clock.now())
    };
    let told = |checked: &Verification| codes(&checked.findings).contains(&"clock.step");
    assert!(!told(&verdict(clock())));
    let set_back = verdict(std::sync::Arc::new(SetBack { real: clock(), readings: 0.into() }));
    assert!(told(&set_back), "{:#?}", set_back.findings);
}

const HEADER: &str = "00601d3455bb9fbd966b3ea2dc42d0c22722e4c0c1729fad17210100000000000000000055087fab0c8f3f89f8bcfd4df26c504d81b0a88e04907161838c0c53001af09135edbd64943805175e955e06";
const HASH: &str = "00000000000000000002a7c4c1e48d76c5a37902165a270156b7a8d72728a054";

fn block(header: String, hash: &str) -> Result<Verification, SealError> {
    let data = json!({
        "kind": "bitcoin", "source": "…", "header": header, "hash": hash, "block_time": "2023-07-24T03:17:09.000Z", "how": "…",
    });
    session(move |dossier, _| {
        dossier.record(op::TIME_NOT_BEFORE, Outcome::Ok, data).unwrap();
    })
}

#[test]
fn a_public_block_bounds_from_below_and_a_false_one_is_refused() {
    let checked = block(HEADER.into(), HASH).unwrap();
    assert!(codes(&checked.findings).contains(&"time.not_before"), "{:#?}", checked.findings);
    refused(block(HEADER.replace("5e955e06", "5e955e07"), HASH), "time.not_before");
    refused(block(HEADER.into(), &HASH.replace("a054", "a055")), "time.not_before");
}

#[test]
fn a_token_of_an_unknown_authority_establishes_nothing() {
    let (_dir, pki) = pki();
    let (etude, work) = (etude(), tempfile::tempdir().unwrap());
    let (one, two) = (tsa(&pki, Manners::Good, "une"), tsa(&pki, Manners::Second, "deux"));
    let closed = closed_after(work.path(), |dossier| {
        let (seq, token) = ask(dossier, &two);
        let path = "time/0001-opening.tst";
        tell(dossier, Told { phase: "opening", path, seq, token: &token, lie: json!({}) });
    });
    let target = work.path().join("x.asice");
    let authorities: [&dyn TimestampAuthority; 1] = [&one.client];
    etude.seal(&closed, &authorities, &target).unwrap();
    let checked = verify(&target, &etude.anchors.clone().with(one.client.anchors()), etude.clock.now());
    assert_eq!(checked.verdict, Verdict::Indeterminate);
    assert!(codes(&checked.findings).contains(&"time.no_chain") && checked.facts.session.is_empty());
}

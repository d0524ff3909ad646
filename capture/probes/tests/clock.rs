//! Real time servers (chronyd), honest and lying, held against the clock of this machine, right and wrong.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use dossier::{Clock, Instant, Outcome, Software};
use fixtures::TimeServer;
use probes::{Asked, ClockMark, Fact, Sources, World, clock_again};
use serde_json::Value;

/// The real time, set ahead.
struct Ahead {
    ms: i64,
    started: std::time::Instant,
}

impl Clock for Ahead {
    #[expect(clippy::disallowed_methods, reason = "real servers answer with the real time")]
    fn now(&self) -> Instant {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Instant::from_millisecond(i64::try_from(now.as_millis()).unwrap() + self.ms).unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

/// This machine, its clock ahead by `ms`.
fn world_ahead(ms: i64) -> World {
    World::this_machine(Arc::new(Ahead { ms, started: std::time::Instant::now() }))
}

fn measured_since(servers: &[String], ahead_ms: i64, phase: &str, since: Option<&ClockMark>) -> Fact {
    let sources = Sources { time_servers: servers.to_vec(), ..Sources::default() };
    let software = Software { name: "constat".into(), version: "0".into(), binary_sha256: None };
    let asked = Asked {
        sources: &sources,
        hosts: &[],
        origins: &[],
        place: None,
        software: &software,
        folders: &[],
        clock: None,
    };
    clock_again(&world_ahead(ahead_ms), &asked, phase, since)
}

fn measured(servers: &[String], ahead_ms: i64) -> Fact {
    measured_since(servers, ahead_ms, "interval", None)
}

fn names(fact: &Fact, list: &str) -> Vec<String> {
    let list = fact.data[list].as_array().unwrap();
    list.iter().map(|one| one["name"].as_str().or(one.as_str()).unwrap().to_owned()).collect()
}

#[test]
fn four_servers_agree_on_a_right_clock_and_on_one_three_seconds_off() {
    let servers: Vec<TimeServer> = (0..4).map(|_| TimeServer::start().unwrap()).collect();
    let addresses: Vec<String> = servers.iter().map(TimeServer::address).collect();
    let right = measured(&addresses, 0);
    assert_eq!((right.outcome, names(&right, "agreeing").len()), (Outcome::Ok, 4), "{right:#?}");
    assert!(right.data["few"].is_null() && right.data["false_sources"].as_array().unwrap().is_empty());
    assert!(right.data["offset_us"].as_i64().unwrap().abs() < 1_000_000, "{right:#?}");
    let wrong = measured(&addresses, 3_000);
    assert_eq!((wrong.outcome, wrong.data["grade"].as_str()), (Outcome::Deviation, Some("rouge")), "{wrong:#?}");
    assert!((2_000_000..4_000_000).contains(&wrong.data["offset_us"].as_i64().unwrap()));
    let raw: Value = serde_json::from_slice(&wrong.evidence[0].bytes).unwrap();
    assert!(wrong.evidence[0].name.starts_with("clock-interval-"), "{}", wrong.evidence[0].name);
    let exchange = &raw["sources"][3]["exchanges"][0];
    assert_eq!((exchange["question"].as_str().unwrap().len(), exchange["answer"].as_str().unwrap().len()), (96, 96));
    // The answer holds our mark: it is to this question.
    assert_eq!(exchange["question"].as_str().unwrap()[80..], exchange["answer"].as_str().unwrap()[48..64]);
}

#[test]
fn a_lying_server_is_named_and_does_not_count() {
    let honest: Vec<TimeServer> = (0..3).map(|_| TimeServer::start().unwrap()).collect();
    let liar = TimeServer::ahead(-3).unwrap();
    let mut servers: Vec<String> = honest.iter().map(TimeServer::address).collect();
    servers.insert(1, liar.address());
    let fact = measured(&servers, 0);
    assert_eq!((fact.outcome, names(&fact, "false_sources")), (Outcome::Ok, vec![liar.address()]), "{fact:#?}");
    assert_eq!((fact.data["sources"].as_array().unwrap().len(), names(&fact, "agreeing").len()), (4, 3));
    assert!(fact.data["offset_us"].as_i64().unwrap().abs() < 1_000_000, "{fact:#?}");
}

#[test]
fn without_a_majority_no_offset_is_given() {
    let (one, other) = (TimeServer::start().unwrap(), TimeServer::ahead(5).unwrap());
    let fact = measured(&[one.address(), other.address()], 0);
    assert_eq!((fact.outcome, fact.data["offset_us"].is_null()), (Outcome::Deviation, true), "{fact:#?}");
    assert!(fact.data["why"].as_str().unwrap().contains("aucune majorité"));
    assert!(fact.data["spread_us"].as_i64().unwrap() > 4_000_000);
}

#[test]
fn silent_servers_are_named_and_few_is_told() {
    let answering = TimeServer::start().unwrap();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let servers = [answering.address(), silent.local_addr().unwrap().to_string(), "horloge.invalid".to_owned()];
    let fact = measured(&servers, 0);
    assert_eq!((fact.outcome, names(&fact, "silent").len()), (Outcome::Ok, 2), "{fact:#?}");
    assert_eq!(fact.data["few"], "1 source(s) sur 4 ont répondu");
    assert_eq!(measured(&servers[1..], 0).outcome, Outcome::NotDone);
    assert_eq!(measured(&[], 0).outcome, Outcome::NotDone);
}

#[test]
fn a_clock_that_was_set_meanwhile_departs() {
    let server = TimeServer::start().unwrap();
    let servers = [server.address()];
    let before = ClockMark::of(world_ahead(-4_000).clock.as_ref());
    let fact = measured_since(&servers, 0, "end", Some(&before));
    assert_eq!(fact.outcome, Outcome::Deviation, "{fact:#?}");
    assert!(fact.data["stepped_ms"].as_i64().unwrap() > 3_000);
    let before = ClockMark::of(world_ahead(0).clock.as_ref());
    let fact = measured_since(&servers, 0, "end", Some(&before));
    assert_eq!((fact.outcome, fact.data["stepped_ms"].as_i64()), (Outcome::Ok, Some(0)), "{fact:#?}");
    assert_eq!(fact.evidence[0].name, "clock-end.json");
}

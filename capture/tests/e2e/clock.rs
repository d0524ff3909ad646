//! The machine's clock held against real time servers, before the first page and after the last.
use std::sync::Arc;

use capture::scenario::Scenario;
use capture::{BrowserChoice, Fact};
use dossier::{Clock, Instant, Outcome, Software, op};
use fixtures::TimeServer;

/// The machine's clock, set ahead.
struct Ahead {
    by_ms: i64,
    started: std::time::Instant,
}

impl Clock for Ahead {
    fn now(&self) -> Instant {
        #[expect(clippy::disallowed_methods, reason = "real servers answer with the real time")]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Instant::from_millisecond(i64::try_from(now.as_millis()).unwrap() + self.by_ms).unwrap()
    }

    fn monotonic(&self) -> std::time::Duration {
        self.started.elapsed()
    }
}

async fn measured(servers: &[String], by_ms: i64) -> Fact {
    let scenario = Scenario::for_url("http://localhost/", None).unwrap();
    let software = Software { name: "constat".into(), version: "0".into(), binary_sha256: None };
    let sources = capture::Sources { time_servers: servers.to_vec(), ..capture::Sources::default() };
    let clock: Arc<dyn Clock> = Arc::new(Ahead { by_ms, started: std::time::Instant::now() });
    let facts = capture::measure(&scenario, &BrowserChoice::default(), &software, &sources, clock, Arc::new(|_| ()))
        .await
        .unwrap();
    facts.into_iter().find(|fact| fact.op == op::MEASURE_CLOCK).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_is_held_against_every_server_that_answers() {
    let (one, two) = (TimeServer::start().unwrap(), TimeServer::start().unwrap());
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let servers = [one.address(), two.address(), silent.local_addr().unwrap().to_string()];
    let fact = measured(&servers, 0).await;
    assert_eq!(fact.outcome, Outcome::Ok, "{fact:#?}");
    assert_eq!((fact.data["sources"].as_array().unwrap().len(), fact.data["silent"].as_array().unwrap().len()), (2, 1));
    assert!(fact.data["offset_us"].as_i64().unwrap().abs() < 1_000_000, "{fact:#?}");
    assert_eq!(fact.data["sources"][0]["stratum"], 8);
    let fact = measured(&servers, 30_000).await;
    assert_eq!(fact.outcome, Outcome::Deviation, "{fact:#?}");
    let offset = fact.data["offset_us"].as_i64().unwrap();
    assert!((29_000_000..31_000_000).contains(&offset), "{fact:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_or_an_answer_nothing_is_measured_and_it_says_so() {
    assert_eq!(measured(&[], 0).await.outcome, Outcome::NotDone);
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let fact = measured(&[silent.local_addr().unwrap().to_string(), "127.0.0.1:1".into()], 0).await;
    assert_eq!((fact.outcome, fact.data["silent"].as_array().unwrap().len()), (Outcome::NotDone, 2), "{fact:#?}");
}

//! The public address by real services on loopback: coturn for STUN, an HTTP echo that tells the truth, one that lies.
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use dossier::{Outcome, op};
use probes::{Fact, Sources, World};
use serde_json::json;

use crate::machines::{clock, measure, measure_again};
use crate::servers::{self, echo};

/// coturn, as `.ci/install` unpacks it, answering STUN only.
struct Turnserver {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Turnserver {
    fn start() -> Self {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
        let binary = cache.join("constat/coturn/usr/bin/turnserver");
        assert!(binary.is_file(), "{} is missing: run .ci/install", binary.display());
        let folder = tempfile::tempdir().unwrap();
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let database = folder.path().join("base");
        let pid = folder.path().join("pid");
        let child = Command::new(binary)
            .args(["-n", "--stun-only", "--no-tls", "--no-dtls", "--no-cli", "--no-rfc5780", "--log-file", "stdout"])
            .args(["--listening-ip", "127.0.0.1", "--listening-ip", "::1", "--listening-port", &port.to_string()])
            .arg("--userdb")
            .arg(database)
            .arg("--pidfile")
            .arg(pid)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, port, _folder: folder };
        server.wait();
        server
    }

    /// Until it answers anything at all.
    fn wait(&self) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let mut question = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        question.extend_from_slice(&[7; 12]);
        let until = Instant::now() + Duration::from_secs(30);
        while Instant::now() < until {
            let _ = socket.send_to(&question, ("127.0.0.1", self.port));
            if socket.recv(&mut [0; 100]).is_ok() {
                return;
            }
        }
        panic!("turnserver did not answer");
    }
}

impl Drop for Turnserver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn public(sources: &[String]) -> Fact {
    let address = sources.iter().map(|text| text.parse().unwrap()).collect();
    let facts = measure(&World::this_machine(clock()), &Sources { address, ..Sources::default() }, &[]);
    facts.into_iter().find(|fact| fact.op == op::MEASURE_PUBLIC_ADDRESS).unwrap()
}

fn http(address: SocketAddr) -> String {
    format!("http://{address}/")
}

#[test]
fn two_services_agree_over_each_family_and_their_replies_are_kept() {
    let server = Turnserver::start();
    let stun = |host: &str| format!("stun:{host}:{}", server.port);
    let fact = public(&[stun("127.0.0.1"), http(echo("127.0.0.1", None)), stun("[::1]"), http(echo("::1", None))]);
    assert_eq!(fact.outcome, Outcome::Ok, "{}", fact.data);
    assert_eq!((&fact.data["ipv4"], &fact.data["ipv6"]), (&json!("127.0.0.1"), &json!("::1")), "{}", fact.data);
    let means: Vec<&str> =
        fact.data["answers"].as_array().unwrap().iter().map(|a| a["means"].as_str().unwrap()).collect();
    assert_eq!(means, ["STUN", "HTTP"]);
    let names: Vec<&str> = fact.evidence.iter().map(|evidence| evidence.name.as_str()).collect();
    assert_eq!(names, ["adresse-1-v4.bin", "adresse-2-v4.txt", "adresse-3-v6.bin", "adresse-4-v6.txt"]);
    // The reply kept is the one that came: its own transaction is in it.
    let raw = &fact.evidence[0].bytes;
    let transaction = raw[8..20].try_into().unwrap();
    assert_eq!(probes::read_stun(raw, &transaction).unwrap().mapped.ip().to_string(), "127.0.0.1");
}

#[test]
fn a_service_that_lies_is_a_deviation_and_both_answers_are_told() {
    let server = Turnserver::start();
    let fact = public(&[format!("stun:127.0.0.1:{}", server.port), http(echo("127.0.0.1", Some("203.0.113.9\n")))]);
    assert_eq!(fact.outcome, Outcome::Deviation);
    let told = fact.data["deviations"][0].as_str().unwrap();
    assert!(told.contains("127.0.0.1, 203.0.113.9"), "{told}");
    assert_eq!(fact.data["ipv4"], serde_json::Value::Null);
}

#[test]
fn an_address_that_changes_is_seen_at_the_end() {
    let (one, other) = ("127.0.0.1", "203.0.113.77");
    let services = [servers::moving(one, other), servers::moving(one, other)];
    let address = services.iter().map(|service| http(service.address).parse().unwrap()).collect();
    let (world, sources) = (World::this_machine(clock()), Sources { address, ..Sources::default() });
    let found = |facts: Vec<Fact>| facts.into_iter().find(|fact| fact.op == op::MEASURE_PUBLIC_ADDRESS).unwrap();
    assert_eq!(found(measure(&world, &sources, &[])).data["ipv4"], one);
    services.iter().for_each(|service| service.moved.store(true, Ordering::Relaxed));
    let fact = found(measure_again(&world, &sources));
    assert_eq!((fact.outcome, &fact.data["ipv4"]), (Outcome::Ok, &json!(other)), "{}", fact.data);
    assert_eq!(fact.evidence[0].name, "adresse-1-v4-fin.txt");
}

#[test]
fn one_service_is_not_enough_and_none_is_not_done() {
    let fact = public(&[http(echo("127.0.0.1", None))]);
    assert_eq!(fact.outcome, Outcome::Deviation);
    assert!(fact.data["deviations"][0].as_str().unwrap().starts_with("1 service"), "{}", fact.data);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nonsense = http(echo("127.0.0.1", Some("<html>")));
    let fact = public(&[http(closed), nonsense, format!("stun:127.0.0.1:{}", closed.port())]);
    assert_eq!(fact.outcome, Outcome::NotDone, "{}", fact.data);
    assert_eq!(fact.data["silent"].as_array().unwrap().len(), 6, "{}", fact.data);
    assert!(fact.data["why"].is_string());
    assert_eq!(public(&[]).outcome, Outcome::NotDone);
}

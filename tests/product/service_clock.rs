//! The clock of the machine that serves acts: held against real time servers at the start, told when it is not known (row I07).
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Child;

use fixtures::TimeServer;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::mta::Mta;
use super::service::prepare;
use super::support::{Bench, text};

/// Ends the server it started, by its own number, whatever becomes of the test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let pid = Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        let _ = kill_process(pid, Signal::INT);
        let _ = self.0.wait();
    }
}

/// What `servir` prints before the address of the portal.
fn announced(bench: &Bench) -> String {
    let store = bench.path("plateforme");
    let started = bench.start(&["signifier", "--plateforme", text(&store), "servir", "--ecoute", "127.0.0.1:0"]);
    let mut serving = Serving(started);
    let mut told = String::new();
    for line in BufReader::new(serving.0.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line.starts_with("Portail") {
            return told;
        }
        told += &line;
    }
    panic!("it never served: {told}");
}

fn ask(bench: &Bench, arguments: &[&str]) -> Value {
    let store = bench.path("plateforme");
    let mut all = vec!["--json", "signifier", "--plateforme", text(&store)];
    all.extend_from_slice(arguments);
    bench.run(&all).expect(0).json()
}

fn configure(bench: &Bench, server: &str) {
    let path = bench.path("plateforme/plateforme.toml");
    let before = fs::read_to_string(&path).unwrap();
    let kept = before.lines().filter(|line| !line.starts_with("serveurs_temps"));
    let with = |line: &str| match line {
        "[exploitation]" => format!("[exploitation]\nserveurs_temps = [\"{server}\"]\n"),
        other => format!("{other}\n"),
    };
    fs::write(&path, kept.map(with).collect::<String>()).unwrap();
}

#[test]
fn i07_serving_measures_the_clock_and_tells_what_is_unknown() {
    let bench = Bench::with_authorities(&[]);
    let mta = Mta::start(None);
    prepare(&bench, &mta, "chloe@essai.test");
    ask(&bench, &["initialiser", text(&bench.path("configuration.toml"))]);
    let told = announced(&bench);
    assert!(told.contains("écart inconnu") && told.contains("serveurs_temps"), "{told}");

    // A server that says three seconds more than this machine: nothing is sent, whatever else happens.
    let ahead = TimeServer::ahead(3).unwrap();
    configure(&bench, &ahead.address());
    let told = announced(&bench);
    assert!(told.contains("AUCUN ACTE N'EST ENVOYÉ") && told.contains("écart de -"), "{told}");
    let health = ask(&bench, &["exploitation", "sante"]);
    assert_eq!(health["alarmes"][0]["genre"], "HORLOGE_DECALEE", "{health}");
    assert_eq!(health["sante"]["etat_horloge"]["etat"], "mesuree", "{health}");
    let off = health["sante"]["etat_horloge"]["ecart_ms"].as_i64().unwrap();
    assert!((-3500..=-2500).contains(&off), "{health}");

    // A silent one: the last reading stands, and the silence is told.
    let closed = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    configure(&bench, &closed.to_string());
    let told = announced(&bench);
    assert!(told.contains("écart inconnu") && told.contains("AUCUN ACTE"), "{told}");
    let health = ask(&bench, &["exploitation", "sante"]);
    assert_eq!(health["sante"]["etat_horloge"]["etat"], "muette", "{health}");
    assert!(health["sante"]["ennuis"].to_string().contains("inconnu"), "{health}");

    // A right one frees it.
    let right = TimeServer::start().unwrap();
    configure(&bench, &right.address());
    assert_eq!(ask(&bench, &["exploitation", "horloge"])["envois_permis"], true);
    let told = announced(&bench);
    assert!(told.contains("écart de ") && !told.contains("AUCUN ACTE"), "{told}");
    let journal = fs::read_to_string(bench.path("plateforme/journal.jsonl")).unwrap();
    let readings = journal.lines().filter(|line| line.contains("signification.exploitation.horloge_lue")).count();
    assert_eq!(readings, 2, "off, then right: what says the same again is no line");
}

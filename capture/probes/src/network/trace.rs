//! Whether the machine is really on the internet: each host reached or not, and the routers on the way to it.
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use dossier::{Outcome, op};
use serde_json::{Value, json};

use super::hops::{self, Hop};
use super::reach;
use crate::{Asked, Fact};

/// Hosts at most, the witness first.
const MOST: usize = 5;
const LOOKUP: Duration = Duration::from_millis(1500);
const CONNECT: Duration = Duration::from_millis(2000);
const HOW: &str = "résolution par le système, connexion TCP, puis datagrammes UDP de durée de vie croissante vers le même hôte ; \
                   routeurs lus dans les erreurs ICMP que le noyau remet (IP_RECVERR) ; sans droit ni programme particulier";

/// A host to reach.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    host: String,
    port: u16,
    role: &'static str,
}

/// What became of it.
struct Way {
    target: Target,
    address: Option<SocketAddr>,
    /// Accepted, or refused by the host itself: it was reached in both cases.
    connected: Result<&'static str, String>,
    hops: BTreeMap<u8, Hop>,
}

/// Reaches the witness and the hosts of the plan, and traces the way.
pub(super) fn route(asked: &Asked<'_>) -> Fact {
    let targets = targets(asked);
    if targets.is_empty() {
        let why = "Ni hôte témoin ([mesures] temoin) ni hôte au plan : aucun tracé de route n'est relevé.";
        return Fact::not_done(op::MEASURE_ROUTE, why);
    }
    let ways: Vec<Way> = thread::scope(|scope| {
        let running: Vec<_> = targets.into_iter().map(|target| scope.spawn(move || way(target))).collect();
        running.into_iter().filter_map(|task| task.join().ok()).collect()
    });
    let raw = ways.iter().map(Way::text).collect::<Vec<_>>().join("\n");
    let told: Vec<Value> = ways.iter().map(Way::told).collect();
    let unreached: Vec<&str> = ways.iter().filter(|way| !way.reached()).map(|way| way.target.host.as_str()).collect();
    let outcome = if unreached.is_empty() { Outcome::Ok } else { Outcome::Deviation };
    let data = json!({"targets": told, "unreached": unreached, "how": HOW});
    Fact::new(op::MEASURE_ROUTE, outcome, data).with("route.txt", "text/plain", raw.into_bytes())
}

fn targets(asked: &Asked<'_>) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    let witness = asked.sources.witness.as_ref().and_then(reach::end).map(|end| (end, "témoin"));
    let origins = asked.origins.iter().filter_map(reach::end).map(|end| (end, "plan"));
    for ((host, port), role) in witness.into_iter().chain(origins) {
        if targets.len() < MOST && targets.iter().all(|known| known.host != host) {
            targets.push(Target { host, port, role });
        }
    }
    targets
}

fn way(target: Target) -> Way {
    let addresses = match reach::lookup(&target.host, target.port, LOOKUP) {
        Ok(addresses) => addresses,
        Err(why) => return Way { target, address: None, connected: Err(why), hops: BTreeMap::new() },
    };
    let first = addresses.first().copied();
    thread::scope(|scope| {
        let tracing = first.map(|address| scope.spawn(move || hops::trace(address.ip())));
        let connected = connect(&addresses);
        let hops = tracing.and_then(|task| task.join().ok()).unwrap_or_default();
        let address = connected.as_ref().map(|(_, address)| *address).ok().or(first);
        Way { target, address, connected: connected.map(|(how, _)| how), hops }
    })
}

fn connect(addresses: &[SocketAddr]) -> Result<(&'static str, SocketAddr), String> {
    let mut last = String::new();
    let until = Instant::now() + CONNECT;
    for address in addresses.iter().take(4) {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match std::net::TcpStream::connect_timeout(address, left) {
            Ok(_) => return Ok(("connexion acceptée", *address)),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                return Ok(("connexion refusée par l'hôte", *address));
            }
            Err(error) => last = format!("{address} : {}", reach::said(&error)),
        }
    }
    Err(last)
}

impl Way {
    fn reached(&self) -> bool {
        self.connected.is_ok() || self.hops.values().any(|hop| hop.last)
    }

    fn told(&self) -> Value {
        let last = self.hops.iter().find(|(_, hop)| hop.last).map(|(ttl, _)| *ttl);
        let farthest = last.or_else(|| self.hops.keys().next_back().copied()).unwrap_or(0);
        // A router that says nothing is a place in the list, not a gap.
        let hops: Vec<Value> = (1..=farthest)
            .map(|ttl| match self.hops.get(&ttl) {
                Some(hop) => json!({"ttl": ttl, "address": hop.address.to_string(), "delay_us": hop.delay_us}),
                None => json!({"ttl": ttl, "address": null}),
            })
            .collect();
        json!({
            "host": self.target.host, "port": self.target.port, "role": self.target.role,
            "address": self.address.map(|a| a.ip().to_string()), "reached": self.reached(),
            "connection": self.connected.as_ref().map_or_else(String::clone, |how| (*how).to_owned()),
            "traced": last.is_some(), "hops": hops,
        })
    }

    fn text(&self) -> String {
        let connection = self.connected.as_ref().map_or_else(String::clone, |how| (*how).to_owned());
        let address = self.address.map_or_else(|| "sans adresse".to_owned(), |a| a.to_string());
        let mut text = format!("{} ({address}) : {connection}\n", self.target.host);
        for (ttl, hop) in &self.hops {
            let end = if hop.last { " (hôte atteint)" } else { "" };
            text.push_str(&format!("{ttl:>3}  {}  {} µs{end}\n", hop.address, hop.delay_us));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::test_support::Etude;

    #[test]
    fn the_witness_first_then_each_host_once() {
        let mut etude = Etude::default().at("https://b.invalid:8443/").at("http://b.invalid/").at("http://[::1]/");
        etude.sources.witness = Some(Url::parse("https://a.invalid/").unwrap());
        let found: Vec<_> = targets(&etude.asked()).into_iter().map(|t| (t.host, t.port, t.role)).collect();
        let expected = [("a.invalid", 443, "témoin"), ("b.invalid", 8443, "plan"), ("::1", 80, "plan")];
        assert_eq!(found, expected.map(|(host, port, role)| (host.to_owned(), port, role)));
    }

    #[test]
    fn nothing_to_reach_is_not_done() {
        assert_eq!(route(&Etude::default().asked()).outcome, Outcome::NotDone);
    }

    #[test]
    fn a_silent_router_keeps_its_place() {
        let hop = |address: &str, last| Hop { address: address.parse().unwrap(), delay_us: 5, last };
        let way = Way {
            target: Target { host: "a".into(), port: 443, role: "plan" },
            address: None,
            connected: Err("muet".into()),
            hops: BTreeMap::from([(1, hop("192.0.2.1", false)), (3, hop("192.0.2.3", true))]),
        };
        let told = way.told();
        assert_eq!(told["hops"][1], json!({"ttl": 2, "address": null}));
        assert_eq!((&told["reached"], &told["traced"]), (&json!(true), &json!(true)));
    }
}

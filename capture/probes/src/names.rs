//! How names become addresses: the resolvers of this machine, its hosts file, its cache, and what others answer.
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use dossier::{FixedClock, Instant, Outcome, op};
use hickory_net::proto::rr::Name;
use serde_json::{Value, json};

use crate::{Asked, Fact, Sources, World};

mod anchors;
mod asking;
mod cache;
mod compare;
mod found;
mod hosts;
mod programs;
mod resolvers;
mod target;
mod telling;
mod transcript;
mod validate;
mod wire;

use anchors::Anchors;
use asking::Servers;
use compare::Comparison;
use telling::{common, named, told_of, with_messages};

pub(crate) use compare::is_special;

/// The most names asked for in one measure.
const MOST: usize = 50;

/// Everything about names, before the first page. The cache is emptied first, so that what is asked next is asked anew.
pub(crate) fn before(world: &World, asked: &Asked<'_>) -> Vec<Fact> {
    let purged = cache::purge(world);
    let servers = servers(world, asked.sources);
    thread::scope(|scope| {
        let resolvers = scope.spawn(|| resolvers::fact(world, &servers.system));
        let names = measured(world, asked.sources, &servers, asked.hosts);
        let resolvers = resolvers.join().unwrap_or_else(|_| resolvers::lost());
        vec![resolvers, hosts::fact(world, asked), purged, names]
    })
}

/// The names of the pages, at the end, with the addresses that the browser really used: whether the resolvers give them.
///
/// One fact, `target.names`. A deviation is what the measure before the first page calls one, or an address used for a signed name that no signed
/// answer holds.
pub fn target_names(world: &World, sources: &Sources, used: &[(String, Vec<IpAddr>)]) -> Fact {
    target::fact(world, sources, &servers(world, sources), used)
}

fn servers(world: &World, sources: &Sources) -> Servers {
    Servers {
        system: resolvers::servers(world),
        independent: sources.resolvers.iter().map(|resolver| resolver.0).collect(),
        programs: world.is_this_machine(),
    }
}

/// What can be asked of the DNS, and what cannot, with the reason.
struct Plan {
    hosts: Vec<String>,
    names: Vec<Name>,
    left: Vec<Value>,
}

impl Plan {
    fn of<'a>(hosts: impl Iterator<Item = &'a str>) -> Self {
        let mut plan = Self { hosts: Vec::new(), names: Vec::new(), left: Vec::new() };
        for host in hosts {
            let host = host.trim_end_matches('.').to_ascii_lowercase();
            if plan.hosts.contains(&host) {
                continue;
            }
            let why = match (not_for_servers(&host), Name::from_ascii(format!("{host}."))) {
                (Some(why), _) => why,
                (None, _) if plan.hosts.len() >= MOST => "trop de noms : les premiers seulement sont comparés",
                (None, Err(_)) => "ce n'est pas un nom que le DNS puisse porter",
                (None, Ok(name)) => {
                    plan.hosts.push(host);
                    plan.names.push(name);
                    continue;
                }
            };
            if plan.left.len() < MOST {
                plan.left.push(json!({"host": host, "why": why}));
            }
        }
        plan
    }
}

/// Why no server is asked for a host.
fn not_for_servers(host: &str) -> Option<&'static str> {
    let under = |suffix: &str| host == suffix || host.ends_with(&format!(".{suffix}"));
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        Some("une adresse n'a pas à être résolue")
    } else if under("localhost") {
        Some("ce nom désigne la machine elle-même (RFC 6761) : aucun serveur de noms n'est interrogé")
    } else if under("local") || under("onion") {
        Some("ce nom n'est pas du ressort du DNS (RFC 6762, RFC 7686)")
    } else {
        None
    }
}

fn measured(world: &World, sources: &Sources, servers: &Servers, hosts: &[String]) -> Fact {
    let plan = Plan::of(hosts.iter().map(String::as_str));
    if hosts.is_empty() {
        return Fact::not_done(op::MEASURE_NAMES, "Le plan ne nomme aucun hôte : il n'y a pas de nom à comparer.");
    }
    if plan.names.is_empty() {
        let how = "hôtes du plan : aucun n'est un nom que des serveurs de noms résolvent";
        let none: [&str; 0] = [];
        let data = json!({
            "hosts": none, "not_asked": plan.left, "deviations": none, "different": none, "not_compared": none, "servers": none,
            "how": how,
        });
        return Fact::new(op::MEASURE_NAMES, Outcome::Ok, data);
    }
    let anchors = match Anchors::read(sources.dns_anchors.as_deref()) {
        Ok(anchors) => anchors,
        Err(why) => return Fact::not_done(op::MEASURE_NAMES, &bad_anchors(&why)),
    };
    let round = asking::ask_all(world, servers, &anchors, &plan.names);
    let hosts: Vec<Value> = plan.hosts.iter().zip(&round.told).map(|(host, told)| told_of(host, told)).collect();
    let deviates = round.told.iter().any(|told| told.comparison.deviates());
    let concluded = round.told.iter().all(|told| told.comparison.concludes());
    let outcome = match (deviates, concluded) {
        (true, _) => Outcome::Deviation,
        (false, true) => Outcome::Ok,
        (false, false) => Outcome::NotDone,
    };
    let mut data = common(&round, servers, sources);
    data["hosts"] = json!(hosts);
    data["not_asked"] = json!(plan.left);
    data["deviations"] = json!(named(&plan.hosts, &round, Comparison::deviates));
    data["different"] = json!(named(&plan.hosts, &round, |c| c == Comparison::Different));
    data["not_compared"] = json!(named(&plan.hosts, &round, |c| !c.concludes()));
    if outcome == Outcome::NotDone {
        data["why"] = json!(not_compared(servers));
    }
    with_messages(Fact::new(op::MEASURE_NAMES, outcome, data), &round, "noms.pcap")
}

fn bad_anchors(why: &str) -> String {
    format!("Les ancres DNSSEC de l'étude ne se lisent pas ({why}) : corrigez le fichier « ancres_dns » de [mesures].")
}

fn not_compared(servers: &Servers) -> &'static str {
    if servers.independent.is_empty() {
        "Aucun résolveur indépendant n'est configuré : les noms n'ont été demandés qu'à ceux du système. Donnez « resolveurs » dans [mesures] de l'étude."
    } else if servers.system.is_empty() {
        "Aucun serveur de noms du système n'est connu : il n'y a rien à comparer aux résolveurs indépendants. Complétez /etc/resolv.conf."
    } else {
        "Une partie des résolveurs n'a pas répondu : ces noms ne sont pas comparés. Vérifiez que la machine peut interroger le port 53 des résolveurs configurés."
    }
}

/// For the fuzzer: an answer of a resolver, anchors, and whole chains of answers, each after its length in two octets.
pub fn foreign(octets: &[u8]) {
    wire::read_foreign(octets);
    let _ = Anchors::read(Some(&String::from_utf8_lossy(octets)));
    let Some(date) = Instant::from_millisecond(1_795_000_000_000) else { return };
    let clock = FixedClock::new(date, Duration::ZERO);
    let world = World::at(Path::new("/nonexistent"), BTreeMap::new(), Arc::new(clock));
    let (asker, asked) = wire::Asker::remembering(&world, octets);
    validate::followed(&Arc::new(asker), &asked);
}

#[cfg(test)]
mod tests;

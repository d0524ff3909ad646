//! What is measured around a capture: the machine, the network, the clock, before the first page, during, and at the end.
//!
//! No browser is started here, nothing is changed on the machine but its memory of names, which is emptied; only [`copies`]
//! writes, and where it is told to. Each [`Fact`] says how it was measured and holds the raw
//! answers; what could not be measured is a fact too, with the reason. Everything outside the machine is asked of the
//! [`Sources`] only, and nothing waits without a deadline.
use std::net::IpAddr;
use std::path::PathBuf;
use std::thread;

pub mod chained;
mod clock;
pub mod copies;
mod drives;
mod fact;
mod health;
mod http;
mod machine;
mod mounts;
mod names;
mod network;
mod programs;
mod registration;
mod sources;
#[cfg(test)]
mod test_support;
mod waiting;
mod world;

use dossier::{Operation, Software, op};

pub use clock::{ClockMark, clock_again, stepped};
pub use fact::{Evidence, Fact};
pub use health::{SCAN_LIMIT, scan_file};
pub use names::target_names;
pub use network::{NotPublic, StunAnswer, Verified, pem_certificates, policies, public_root, read_stun, relay_signs};
pub use programs::{Answer, NoAnswer};
pub use registration::{provider, registrable, registration_of_host};
pub use sources::{AddressSource, Antivirus, Declared, Owner, ResolverAddress, SourceError, Sources};
pub use world::World;

/// What a capture is about to do, as far as it matters for the measures.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Whom to ask outside.
    pub sources: &'a Sources,
    /// The hosts that the plan names, lower case.
    pub hosts: &'a [String],
    /// The origins that the plan names: scheme, host and port.
    pub origins: &'a [url::Url],
    /// The place, as declared.
    pub place: Option<&'a str>,
    /// This program.
    pub software: &'a Software,
    /// Folders that are searched for malware, such as the private profile of the browser.
    pub folders: &'a [PathBuf],
    /// The clocks when the session began, for the measures of its end.
    pub clock: Option<ClockMark>,
}

/// Told of each fact when it is measured, in the order in which they come; called from several threads.
pub type Told<'a> = dyn Fn(&Fact) + Sync + 'a;

/// Measures that are made one after the other, and what they are told as when they stop by a fault of ours.
type Group = (fn(&World, &Asked<'_>) -> Vec<Fact>, &'static [Operation]);

const MACHINE: Group = (
    machine::facts,
    &[
        op::MEASURE_MACHINE,
        op::MEASURE_SYSTEM,
        op::MEASURE_VIRTUALISATION,
        op::MEASURE_SOFTWARE,
        op::MEASURE_PLACE,
        op::MEASURE_OWNER,
    ],
);
const HEALTH: Group = (health::facts, &[op::MEASURE_ANTIVIRUS, op::MEASURE_MEDIA, op::MEASURE_PROCESSES]);
const LOCAL: Group =
    (network::local, &[op::MEASURE_NETWORK, op::MEASURE_PROXY, op::MEASURE_TUNNEL, op::MEASURE_FIREWALL]);
const NAMES: Group = (names::before, &[op::MEASURE_RESOLVERS, op::MEASURE_HOSTS, op::CLEAN_DNS, op::MEASURE_NAMES]);
const OUTSIDE: Group = (
    network::outside,
    &[
        op::MEASURE_PUBLIC_ADDRESS,
        op::MEASURE_PROVIDER,
        op::MEASURE_QUALITY,
        op::MEASURE_ROUTE,
        op::MEASURE_INTERCEPTION,
    ],
);
const LOCAL_AGAIN: Group = (network::local_again, &[op::MEASURE_NETWORK, op::MEASURE_PROXY, op::MEASURE_TUNNEL]);
const OUTSIDE_AGAIN: Group = (network::outside_again, &[op::MEASURE_PUBLIC_ADDRESS]);

/// Everything that is measured before the browser starts, in the order of the journal.
pub fn before(world: &World, asked: &Asked<'_>, told: &Told<'_>) -> Vec<Fact> {
    let clock: Group = (clock::before, &[op::MEASURE_CLOCK]);
    together(world, asked, &[MACHINE, HEALTH, clock, LOCAL, NAMES, OUTSIDE], told)
}

/// The network's part of [`before`], without the machine, the clock and the antivirus.
pub fn network_only(world: &World, asked: &Asked<'_>, told: &Told<'_>) -> Vec<Fact> {
    together(world, asked, &[LOCAL, OUTSIDE], told)
}

/// The network's part of [`after`].
pub fn network_again(world: &World, asked: &Asked<'_>, told: &Told<'_>) -> Vec<Fact> {
    together(world, asked, &[LOCAL_AGAIN, OUTSIDE_AGAIN], told)
}

/// What is measured again when the last step is done.
pub fn after(world: &World, asked: &Asked<'_>, told: &Told<'_>) -> Vec<Fact> {
    let clock: Group = (clock::after, &[op::MEASURE_CLOCK]);
    together(world, asked, &[clock, LOCAL_AGAIN, OUTSIDE_AGAIN], told)
}

/// What the registries and the resolvers say of the hosts that were visited, with the addresses really used to reach them.
pub fn targets(world: &World, asked: &Asked<'_>, used: &[(String, Vec<IpAddr>)]) -> Vec<Fact> {
    thread::scope(|scope| {
        let names = scope.spawn(|| target_names(world, asked.sources, used));
        let one =
            |(host, addresses): &(String, Vec<IpAddr>)| registration_of_host(world, asked.sources, host, addresses);
        let registered: Vec<_> = used.iter().map(|host| scope.spawn(move || one(host))).collect();
        let registered = registered.into_iter().flat_map(|task| task.join().unwrap_or_default());
        let facts: Vec<Fact> = registered.collect();
        facts.into_iter().chain(names.join().ok()).collect()
    })
}

/// Runs groups beside one another; their facts come in the order of the groups. One that stops by a fault of ours leaves no gap:
/// each of its measures is told as not done.
fn together(world: &World, asked: &Asked<'_>, groups: &[Group], told: &Told<'_>) -> Vec<Fact> {
    let measured = move |group: &Group| {
        let facts = group.0(world, asked);
        facts.iter().for_each(told);
        facts
    };
    let stopped = |group: &Group| -> Vec<Fact> {
        let why = "La mesure s'est arrêtée par un défaut du logiciel : elle n'est pas faite.";
        group.1.iter().map(|op| Fact::not_done(op.clone(), why)).collect()
    };
    thread::scope(|scope| {
        let running: Vec<_> = groups.iter().map(|group| (group, scope.spawn(move || measured(group)))).collect();
        running.into_iter().flat_map(|(group, task)| task.join().unwrap_or_else(|_| stopped(group))).collect()
    })
}

/// For the fuzzer: everything that is done with octets that others answer.
#[doc(hidden)]
pub mod foreign {
    pub use crate::names::foreign as dns;

    /// An answer of a registry, RDAP or WHOIS.
    pub fn registration(octets: &[u8]) {
        crate::registration::read_foreign(octets);
    }
}

#[cfg(test)]
mod stopped_groups {
    use super::*;
    use crate::test_support::{Etude, world};
    use dossier::Outcome;

    #[test]
    fn a_group_that_stops_by_a_fault_is_told_measure_by_measure() {
        let broken: Group = (|_, _| panic!("a fault"), &[op::MEASURE_ROUTE, op::MEASURE_QUALITY]);
        let facts = together(&world(), &Etude::default().asked(), &[broken], &|_| ());
        let told: Vec<_> = facts.iter().map(|fact| (fact.op.as_str(), fact.outcome)).collect();
        assert_eq!(told, [("measure.route", Outcome::NotDone), ("measure.quality", Outcome::NotDone)]);
    }
}

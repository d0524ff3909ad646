//! The names of the pages at the end: whether the addresses that the browser used are among the answers.
use std::net::IpAddr;

use dossier::{Outcome, op};
use serde_json::{Value, json};

use super::anchors::Anchors;
use super::asking::{Servers, Told, ask_all, side};
use super::compare::Comparison;
use super::telling::{common, named, told_of, with_messages};
use super::{Plan, bad_anchors};
use crate::{Fact, Sources, World};

/// The most addresses of one host that are looked for.
const ADDRESSES: usize = 64;

/// `target.names`.
pub(super) fn fact(world: &World, sources: &Sources, servers: &Servers, used: &[(String, Vec<IpAddr>)]) -> Fact {
    let plan = Plan::of(used.iter().map(|(host, _)| host.as_str()));
    if plan.names.is_empty() {
        let why = "Aucun hôte visité n'est à résoudre : il n'y a pas de réponse à comparer aux adresses employées.";
        return Fact::not_done(op::TARGET_NAMES, why);
    }
    let anchors = match Anchors::read(sources.dns_anchors.as_deref()) {
        Ok(anchors) => anchors,
        Err(why) => return Fact::not_done(op::TARGET_NAMES, &bad_anchors(&why)),
    };
    let round = ask_all(world, servers, &anchors, &plan.names);
    let (mut unknown, mut unsigned, mut hosts) = (Vec::new(), Vec::new(), Vec::new());
    for (host, told) in plan.hosts.iter().zip(&round.told) {
        let same = |name: &str| name.trim_end_matches('.').eq_ignore_ascii_case(host);
        let all = used.iter().filter(|(name, _)| same(name)).flat_map(|(_, addresses)| addresses);
        let looked = Used::look(all.copied().take(ADDRESSES).collect(), told);
        if !looked.missing.is_empty() {
            unknown.push(host);
        }
        if !looked.signed {
            unsigned.push(host);
        }
        let mut value = told_of(host, told);
        value["used"] = json!(looked.addresses);
        value["used_among_answers"] = json!(looked.missing.is_empty());
        value["used_not_answered"] = json!(looked.missing);
        hosts.push(value);
    }
    let answered = round.told.iter().any(|told| told.comparison != Comparison::Unanswered);
    let deviates = !unsigned.is_empty() || round.told.iter().any(|told| told.comparison.deviates());
    let outcome = match (answered, deviates) {
        (false, _) => Outcome::NotDone,
        (true, true) => Outcome::Deviation,
        (true, false) => Outcome::Ok,
    };
    let mut data: Value = common(&round, servers, sources);
    data["hosts"] = json!(hosts);
    data["not_asked"] = json!(plan.left);
    data["deviations"] = json!(named(&plan.hosts, &round, Comparison::deviates));
    data["used_not_answered"] = json!(unknown);
    data["used_not_signed"] = json!(unsigned);
    if !answered {
        data["why"] = json!("Aucun résolveur n'a répondu : les adresses employées ne sont comparées à aucune réponse.");
    }
    with_messages(Fact::new(op::TARGET_NAMES, outcome, data), &round, "noms-cible.pcap")
}

/// The addresses used for one host, held against what was answered.
struct Used {
    addresses: Vec<IpAddr>,
    /// Those that nobody gives.
    missing: Vec<IpAddr>,
    /// Whether every one is in a signed answer, or the name is not signed.
    signed: bool,
}

impl Used {
    fn look(addresses: Vec<IpAddr>, told: &Told) -> Self {
        let (system, independent) = (side(&told.system), side(&told.independent));
        let given = |a: &IpAddr| system.addresses.contains(a) || independent.addresses.contains(a);
        let proved = |a: &IpAddr| independent.proved.contains(a) || system.proved.contains(a);
        let missing = addresses.iter().copied().filter(|a| !given(a)).collect();
        let signed = independent.proved.is_empty() || addresses.iter().all(proved);
        Self { addresses, missing, signed }
    }
}

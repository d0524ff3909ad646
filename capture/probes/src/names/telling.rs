//! The lines of the journal that tell what was asked and answered of names.
use std::collections::BTreeSet;

use dossier::Sha256Digest;
use serde_json::{Value, json};

use super::asking::{Account, Round, Servers, Told, shown, side};
use super::compare::{Comparison, Side, network};
use super::validate::State;
use crate::{Fact, Sources};

pub(super) fn with_messages(fact: Fact, round: &Round, name: &str) -> Fact {
    match round.transcript.file() {
        Some(file) => fact.with(name, "application/vnd.tcpdump.pcap", file),
        None => fact,
    }
}

pub(super) fn named(hosts: &[String], round: &Round, which: impl Fn(Comparison) -> bool) -> Vec<String> {
    let all = hosts.iter().zip(&round.told);
    all.filter(|(_, told)| which(told.comparison)).map(|(host, _)| host.clone()).collect()
}

/// What is said once for all names.
pub(super) fn common(round: &Round, servers: &Servers, sources: &Sources) -> Value {
    let asked: Vec<Value> = round
        .servers
        .iter()
        .map(|server| {
            let role = if server.independent { "independent" } else { "system" };
            json!({"address": shown(server.address), "role": role, "dnssec": server.signatures, "why": server.why})
        })
        .collect();
    let anchors = match &sources.dns_anchors {
        Some(text) => json!({"source": "étude", "sha256": Sha256Digest::of(text.as_bytes())}),
        None => json!({"source": "IANA"}),
    };
    let (messages, dropped) = round.transcript.counts();
    let left_out = (servers.system.len() + servers.independent.len()).saturating_sub(round.servers.len());
    json!({
        "servers": asked, "servers_left_out": left_out, "anchors": anchors, "messages": messages, "messages_dropped": dropped,
        "how": "questions DNS A et AAAA (UDP, puis TCP si la réponse est coupée) posées à chaque serveur ; signatures DNSSEC suivies depuis la racine par ce programme",
    })
}

/// What is said of one name.
pub(super) fn told_of(host: &str, told: &Told) -> Value {
    let account = |account: &Account| {
        let mut value = json!({"server": account.who});
        match &account.said {
            Ok(found) => {
                value["addresses"] = json!(found.addresses);
                value["code"] = json!(found.code);
                value["ttl"] = json!(found.ttl);
                value["aliases"] = json!(found.aliases);
                value["state"] = json!(account.state.map(State::word));
                value["why"] = json!(account.why);
            }
            Err(why) => value["why"] = json!(why),
        }
        value
    };
    let (system, independent) = (side(&told.system), side(&told.independent));
    // A false signature is told before all; else what the best witness says.
    let of = |side: &Side| side.states.map(|(best, worst)| if worst == State::Bogus { worst } else { best });
    let state = of(&independent).or_else(|| of(&system)).unwrap_or(State::Indeterminate);
    let mut value = json!({
        "host": host, "state": state.word(), "comparison": told.comparison.word(), "says": told.comparison.says(),
        "system": told.system.iter().map(account).collect::<Vec<_>>(),
        "independent": told.independent.iter().map(account).collect::<Vec<_>>(),
    });
    if matches!(told.comparison, Comparison::Different | Comparison::Contradicted | Comparison::Private) {
        let networks = |side: &Side| side.addresses.iter().map(|a| network(*a)).collect::<BTreeSet<_>>();
        value["networks"] = json!({"system": networks(&system), "independent": networks(&independent)});
    }
    value
}

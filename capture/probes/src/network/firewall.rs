//! The firewall in force: the rules of the kernel, exported; where they may not be read, what else can be known.
use dossier::{Outcome, op};
use serde_json::{Value, json};

use super::LOCAL;
use crate::{Fact, World};

/// What was counted in one listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) rules: usize,
    /// What becomes of a packet that no rule names: family, table, chain, hook, policy.
    pub(super) policies: Vec<Value>,
}

/// The rules, and their listings as evidence.
pub(super) fn firewall(world: &World) -> Fact {
    let known = known(world);
    let mut listings: Vec<(&str, &'static str, Vec<u8>, Counted)> = Vec::new();
    let (mut how, mut refused) = (Vec::new(), Vec::new());
    let programs: [(&str, &[&str], &str); 3] = [
        ("nft", &["-j", "list", "ruleset"], "pare-feu.json"),
        ("iptables-legacy-save", &[], "pare-feu-iptables.txt"),
        ("ip6tables-legacy-save", &[], "pare-feu-ip6tables.txt"),
    ];
    for (program, arguments, file) in programs {
        let line = std::iter::once(program).chain(arguments.iter().copied()).collect::<Vec<_>>().join(" ");
        match world.run(program, arguments, LOCAL) {
            Ok(answer) if answer.code == Some(0) => {
                let json = program == "nft";
                let media = if json { "application/json" } else { "text/plain" };
                let counted = if json { nft(&answer.out) } else { Some(iptables(&answer.out)) };
                let Some(counted) = counted else {
                    refused.push(format!("« {line} » : réponse illisible"));
                    continue;
                };
                how.push(format!("« {line} »"));
                listings.push((file, media, answer.out, counted));
            }
            Ok(answer) => {
                let said = String::from_utf8_lossy(&answer.err).into_owned();
                refused.push(format!("« {line} » : {}", said.lines().next().unwrap_or("refusé").trim()));
            }
            Err(why) => refused.push(why.to_string()),
        }
    }
    if listings.is_empty() {
        let why = format!(
            "Les règles du pare-feu n'ont pas pu être lues ({}) : le noyau ne les montre qu'à un compte qui a le droit \
             d'administrer le réseau (CAP_NET_ADMIN), par le programme nft (paquet nftables).",
            refused.join(" ; ")
        );
        return Fact::new(op::MEASURE_FIREWALL, Outcome::NotDone, json!({"why": why, "known": known}));
    }
    let rules: usize = listings.iter().map(|(_, _, _, counted)| counted.rules).sum();
    let policies: Vec<Value> = listings.iter().flat_map(|(_, _, _, counted)| counted.policies.clone()).collect();
    let closed =
        policies.iter().any(|p| p["policy"] == "drop" && matches!(p["hook"].as_str(), Some("input" | "forward")));
    let data = json!({
        "rules": rules, "policies": policies, "known": known, "refused": refused, "how": how.join(", "),
    });
    let fact = Fact::judged(op::MEASURE_FIREWALL, rules > 0 || closed, data);
    listings.into_iter().fold(fact, |fact, (file, media, bytes, _)| fact.with(file, media, bytes))
}

/// Counts the answer of `nft -j list ruleset` (libnftables-json(5)); `None` when it is not one.
pub(super) fn nft(bytes: &[u8]) -> Option<Counted> {
    let json: Value = serde_json::from_slice(bytes).ok()?;
    let mut counted = Counted::default();
    for entry in json.get("nftables")?.as_array()? {
        counted.rules += usize::from(entry.get("rule").is_some());
        if let Some(chain) = entry.get("chain")
            && let Some(policy) = chain.get("policy").and_then(Value::as_str)
        {
            let text = |key: &str| chain.get(key).and_then(Value::as_str).unwrap_or("");
            counted.policies.push(json!({
                "family": text("family"), "table": text("table"), "chain": text("name"), "hook": text("hook"),
                "policy": policy,
            }));
        }
    }
    Some(counted)
}

/// Counts the answer of `iptables-save`.
pub(super) fn iptables(bytes: &[u8]) -> Counted {
    let (text, mut counted, mut table) = (String::from_utf8_lossy(bytes), Counted::default(), String::new());
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('*') {
            name.clone_into(&mut table);
        } else if line.starts_with("-A ") {
            counted.rules += 1;
        } else if let Some(chain) = line.strip_prefix(':') {
            let mut words = chain.split_whitespace();
            if let (Some(name), Some(policy @ ("ACCEPT" | "DROP"))) = (words.next(), words.next()) {
                counted.policies.push(json!({
                    "family": "iptables", "table": table, "chain": name, "hook": name.to_lowercase(),
                    "policy": policy.to_lowercase(),
                }));
            }
        }
    }
    counted
}

/// What anybody may know of the firewall: what the kernel has loaded and which service says it is in force.
fn known(world: &World) -> Vec<String> {
    let mut known = Vec::new();
    let modules = world.text("/proc/modules").unwrap_or_default();
    let filters = ["nf_tables", "ip_tables", "iptable_filter", "ip6table_filter", "nf_conntrack", "ebtables"];
    let loaded: Vec<&str> =
        modules.lines().filter_map(|l| l.split_whitespace().next()).filter(|m| filters.contains(m)).collect();
    if !loaded.is_empty() {
        known.push(format!("modules du noyau chargés : {}", loaded.join(", ")));
    }
    for (file, what) in [("/proc/net/ip_tables_names", "IPv4"), ("/proc/net/ip6_tables_names", "IPv6")] {
        if let Some(names) = world.line(file) {
            known.push(format!("tables iptables {what} : {}", names.split_whitespace().collect::<Vec<_>>().join(", ")));
        }
    }
    let enabled =
        |line: &str| line.split('#').next().unwrap_or("").replace(' ', "").eq_ignore_ascii_case("enabled=yes");
    if let Some(text) = world.text("/etc/ufw/ufw.conf") {
        let state = if text.lines().any(enabled) { "activé" } else { "désactivé" };
        known.push(format!("ufw : {state} dans /etc/ufw/ufw.conf"));
    }
    if world.exists("/run/firewalld") || world.exists("/run/firewalld.pid") {
        known.push("firewalld : en service (/run/firewalld)".into());
    }
    let wanted = "/etc/systemd/system/sysinit.target.wants";
    for service in ["nftables.service", "netfilter-persistent.service", "ufw.service", "firewalld.service"] {
        let folders = [wanted, "/etc/systemd/system/multi-user.target.wants"];
        if folders.iter().any(|folder| world.names(folder).iter().any(|name| name == service)) {
            known.push(format!("{service} : lancé au démarrage"));
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::test_support::world_at;

    #[test]
    fn rules_and_policies_are_counted() {
        let answer = br#"{"nftables":[{"metainfo":{}},{"table":{"family":"inet","name":"f"}},
            {"chain":{"family":"inet","table":"f","name":"input","hook":"input","policy":"drop"}},
            {"chain":{"family":"inet","table":"f","name":"aside"}},{"rule":{}},{"rule":{}}]}"#;
        let counted = nft(answer).unwrap();
        assert_eq!(counted.rules, 2);
        assert_eq!(
            counted.policies,
            [json!({"family": "inet", "table": "f", "chain": "input", "hook": "input", "policy": "drop"})]
        );
        assert_eq!(nft(b"{}"), None);
        let saved = "*filter\n:INPUT DROP [0:0]\n:aside - [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n";
        let counted = iptables(saved.as_bytes());
        assert_eq!((counted.rules, counted.policies.len()), (1, 1));
        assert_eq!(counted.policies[0]["policy"], "drop");
    }

    #[test]
    fn without_the_programs_what_is_known_is_told() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [("proc/modules", "nf_tables 1 2\nsnd 1\n"), ("etc/ufw/ufw.conf", "ENABLED=yes\n")] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let fact = firewall(&world_at(folder.path()));
        assert_eq!(fact.outcome, Outcome::NotDone);
        let expected = json!(["modules du noyau chargés : nf_tables", "ufw : activé dans /etc/ufw/ufw.conf"]);
        assert_eq!(fact.data["known"], expected);
        assert!(fact.data["why"].as_str().unwrap().contains("nft"));
    }

    proptest! {
        #[test]
        fn no_answer_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "[ -~\n*:A-]{0,200}") {
            let _ = nft(&bytes);
            let _ = iptables(&bytes);
            let _ = iptables(text.as_bytes());
            let _ = nft(format!("{{\"nftables\":[{{\"chain\":{text:?}}}]}}").as_bytes());
        }
    }
}

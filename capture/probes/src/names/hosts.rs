//! What this machine itself says of names, before any server is asked: the hosts file, and rules of a local resolver.
use std::collections::BTreeSet;

use dossier::{Sha256Digest, op};
use serde_json::{Value, json};

use super::resolvers;
use crate::{Asked, Fact, World};

/// The most rules told.
const MOST: usize = 200;
/// The most characters of one.
const LONG: usize = 200;
/// Files, and folders of files, where the resolvers of a machine are told to answer otherwise for some names.
const RULES: &[(&str, Reader)] = &[
    ("/etc/dnsmasq.conf", dnsmasq),
    ("/etc/dnsmasq.d", dnsmasq),
    ("/etc/NetworkManager/dnsmasq.d", dnsmasq),
    ("/etc/NetworkManager/dnsmasq-shared.d", dnsmasq),
    ("/etc/unbound/unbound.conf", unbound),
    ("/etc/unbound/unbound.conf.d", unbound),
    ("/etc/systemd/resolved.conf", resolved),
    ("/etc/systemd/resolved.conf.d", resolved),
];
/// Variables by which the C library gives names other meanings (resolver(3), hostname(7)).
const VARIABLES: &[&str] = &["HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS"];
/// Ways to a name that any Debian has: the hosts file, the servers, the machine's own name, its containers, multicast.
const USUAL: &[&str] = &[
    "files",
    "dns",
    "resolve",
    "myhostname",
    "mymachines",
    "mdns4_minimal",
    "mdns_minimal",
    "mdns4",
    "mdns",
    "mdns6_minimal",
];

/// The names a line of a configuration speaks of.
type Reader = fn(&str) -> Vec<String>;

/// `measure.hosts`: a name of the plan in the hosts file or in a rule is a deviation.
pub(super) fn fact(world: &World, asked: &Asked<'_>) -> Fact {
    let bytes = world.bytes("/etc/hosts").unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|l| l.split('#').next().unwrap_or("").split_whitespace().collect())
        .filter(|fields: &Vec<&str>| fields.len() >= 2)
        .collect();
    let named: BTreeSet<String> = lines.iter().flat_map(|f| f.iter().skip(1)).map(|n| folded(n)).collect();
    let targets: Vec<&String> = asked.hosts.iter().filter(|host| named.contains(&folded(host))).collect();
    let (rules, ruled) = rules(world, asked.hosts);
    let order = resolvers::order(world).unwrap_or_default();
    let unusual: Vec<&String> = order.iter().filter(|w| !w.starts_with('[') && !USUAL.contains(&w.as_str())).collect();
    let variables: Vec<&str> = VARIABLES.iter().copied().filter(|name| world.variable(name).is_some()).collect();
    let good = targets.is_empty() && ruled.is_empty();
    let data = json!({
        "entries": lines.len(), "sha256": Sha256Digest::of(&bytes), "targets": targets,
        "rules": rules, "rule_targets": ruled, "other_sources": unusual, "variables": variables,
        "how": "/etc/hosts, configurations de dnsmasq, d'unbound et de systemd-resolved, hosts: de /etc/nsswitch.conf",
    });
    Fact::judged(op::MEASURE_HOSTS, good, data).with("hosts.txt", "text/plain", bytes)
}

/// As names are compared: without case nor last dot.
fn folded(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// The rules found, and the hosts of the plan they speak of.
fn rules(world: &World, hosts: &[String]) -> (Vec<Value>, BTreeSet<String>) {
    let (mut rules, mut ruled) = (Vec::new(), BTreeSet::new());
    for (path, read) in RULES {
        let inside = world.names(path);
        let files = if inside.is_empty() {
            vec![(*path).to_owned()]
        } else {
            inside.iter().map(|n| format!("{path}/{n}")).collect()
        };
        for file in files {
            let Some(text) = world.text(&file) else { continue };
            for (number, line) in text.lines().enumerate() {
                let line = line.split('#').next().unwrap_or_default().trim();
                let names: Vec<String> = read(line).iter().map(|n| folded(n)).filter(|n| !n.is_empty()).collect();
                for host in hosts.iter().map(|h| folded(h)) {
                    if names.iter().any(|n| host == *n || host.ends_with(&format!(".{n}"))) {
                        ruled.insert(host);
                    }
                }
                if !names.is_empty() && rules.len() < MOST {
                    let text: String = line.chars().take(LONG).collect();
                    rules.push(json!({"file": file, "line": number + 1, "text": text}));
                }
            }
        }
    }
    (rules, ruled)
}

/// `address=/name/…`, `server=/name/…`, `local=/name/`, `cname=name,…`, `host-record=name,…` (dnsmasq(8)).
fn dnsmasq(line: &str) -> Vec<String> {
    let Some((key, value)) = line.split_once('=') else { return Vec::new() };
    let value = value.trim();
    match key.trim().trim_start_matches("--") {
        "address" | "server" | "local" | "rebind-domain-ok" if value.starts_with('/') => {
            let parts: Vec<&str> = value.split('/').collect();
            let names = parts.len().saturating_sub(1);
            parts
                .into_iter()
                .take(names)
                .filter(|p| !p.is_empty())
                .map(|p| p.trim_start_matches(['*', '.']).to_owned())
                .collect()
        }
        "cname" | "host-record" | "interface-name" => value
            .split(',')
            .map(str::trim)
            .filter(|part| part.parse::<std::net::IpAddr>().is_err())
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

/// `local-data: "name …"`, `local-zone: "name" …`, `name: "zone"` of a forward or stub zone (unbound.conf(5)). The root is no
/// rule about a name: such a zone says whom all questions go to.
fn unbound(line: &str) -> Vec<String> {
    let Some((key, value)) = line.split_once(':') else { return Vec::new() };
    if !matches!(key.trim(), "local-data" | "local-zone" | "name" | "local-zone-override") {
        return Vec::new();
    }
    let first = value.trim().trim_matches(['"', '\'']).split_whitespace().next().unwrap_or_default();
    vec![first.trim_matches(['"', '\'']).to_owned()]
}

/// `Domains=~name`: the servers of one configuration are for that domain (resolved.conf(5)). `~.` is every name.
fn resolved(line: &str) -> Vec<String> {
    let Some(value) = line.strip_prefix("Domains=") else { return Vec::new() };
    value.split_whitespace().filter_map(|word| word.strip_prefix('~')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use dossier::Outcome;

    use super::*;
    use crate::test_support::{Etude, world, world_at};

    fn put(root: &Path, path: &str, text: &str) {
        let path = root.join(path.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn a_target_named_in_the_hosts_file_is_a_deviation() {
        let etude = Etude::default().naming("localhost");
        assert_eq!(fact(&world(), &etude.asked()).outcome, Outcome::Deviation);
        let etude = Etude::default().naming("exemple.invalid");
        assert_eq!(fact(&world(), &etude.asked()).outcome, Outcome::Ok);
    }

    #[test]
    fn a_poisoned_hosts_file_is_seen_whatever_its_spelling() {
        let folder = tempfile::tempdir().unwrap();
        put(
            folder.path(),
            "/etc/hosts",
            "127.0.0.1 localhost\n# 203.0.113.1 www.cible.invalid\n203.0.113.9\tautre WWW.Cible.invalid. # x\n",
        );
        let fact = fact(&world_at(folder.path()), &Etude::default().naming("www.cible.invalid").asked());
        assert_eq!(fact.outcome, Outcome::Deviation);
        assert_eq!((&fact.data["targets"], &fact.data["entries"]), (&json!(["www.cible.invalid"]), &json!(2)));
    }

    #[test]
    fn rules_of_local_resolvers_about_a_target_are_deviations() {
        let rules = [
            ("/etc/dnsmasq.d/local.conf", "address=/cible.invalid/203.0.113.9"),
            ("/etc/dnsmasq.conf", "cname=www.cible.invalid,ailleurs.invalid"),
            ("/etc/unbound/unbound.conf.d/x.conf", "  local-data: \"www.cible.invalid. A 203.0.113.9\""),
            ("/etc/unbound/unbound.conf", "local-zone: cible.invalid. redirect"),
            ("/etc/systemd/resolved.conf", "Domains=~cible.invalid"),
        ];
        for (path, text) in rules {
            let folder = tempfile::tempdir().unwrap();
            put(folder.path(), path, &format!("# rien\n{text}\n"));
            let named = |host: &str| fact(&world_at(folder.path()), &Etude::default().naming(host).asked());
            let fact = named("www.cible.invalid");
            assert_eq!(fact.outcome, Outcome::Deviation, "{text}");
            assert_eq!(fact.data["rules"][0]["line"], 2, "{text}");
            assert_eq!(named("www.autre-cible.invalid").outcome, Outcome::Ok, "{text}");
        }
    }

    #[test]
    fn a_general_forwarder_is_no_rule_about_a_name_and_other_sources_are_told() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "/etc/unbound/unbound.conf", "forward-zone:\n name: \".\"\n");
        put(folder.path(), "/etc/nsswitch.conf", "hosts: files wins [!UNAVAIL=return] dns\n");
        let fact = fact(&world_at(folder.path()), &Etude::default().naming("www.cible.invalid").asked());
        assert_eq!((fact.outcome, &fact.data["other_sources"]), (Outcome::Ok, &json!(["wins"])));
    }
}

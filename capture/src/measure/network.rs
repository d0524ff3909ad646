//! The network as this machine sees it: interfaces, routes, resolvers, proxies, tunnels, the hosts file.
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::Ipv4Addr;
use std::process::Command;

use dossier::{Outcome, Sha256Digest, op};
use serde_json::{Value, json};

use super::Fact;
use crate::scenario::{Action, Scenario, Telechargement};

/// Environment variables that name a proxy.
const PROXY_VARIABLES: &[&str] = &[
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "ftp_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "FTP_PROXY",
    "NO_PROXY",
    "auto_proxy",
];
/// Folders where an administrator can impose settings on the browser.
pub(super) const POLICIES: &[&str] = &[
    "/etc/chromium/policies/managed",
    "/etc/chromium/policies/recommended",
    "/etc/chromium-browser/policies/managed",
    "/etc/opt/chrome/policies/managed",
];

pub(super) fn facts(scenario: &Scenario, end: bool) -> Vec<Fact> {
    let suffix = if end { "-fin" } else { "" };
    let mut facts = vec![network(suffix), proxy(), tunnel()];
    if !end {
        facts.push(resolvers());
        facts.push(hosts(scenario));
        let why = "Les règles du pare-feu ne sont pas relevées par cette version.";
        facts.push(Fact::not_done(op::MEASURE_FIREWALL, why));
        let why = "Aucun service extérieur n'est interrogé par cette version pour connaître l'adresse publique.";
        facts.push(Fact::not_done(op::MEASURE_PUBLIC_ADDRESS, why));
    }
    facts
}

/// The names of the interfaces.
fn interfaces() -> Vec<String> {
    let Ok(folder) = fs::read_dir("/sys/class/net") else { return Vec::new() };
    let names: BTreeSet<String> = folder.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.into_iter().collect()
}

fn attribute(interface: &str, name: &str) -> Option<String> {
    fs::read_to_string(format!("/sys/class/net/{interface}/{name}")).ok().map(|t| t.trim().to_owned())
}

/// `loopback`, `wifi`, `tunnel`, `virtual` or `wired`.
fn kind(interface: &str) -> &'static str {
    let at = |name: &str| std::path::Path::new(&format!("/sys/class/net/{interface}/{name}")).exists();
    let hardware = attribute(interface, "type").unwrap_or_default();
    if hardware == "772" {
        "loopback"
    } else if at("wireless") || at("phy80211") {
        "wifi"
    } else if is_tunnel(interface, &hardware) {
        "tunnel"
    } else if at("device") {
        "wired"
    } else {
        "virtual"
    }
}

/// Point-to-point links, TUN/TAP devices, WireGuard and the names VPN programs use (ARPHRD numbers of `if_arp.h`).
fn is_tunnel(interface: &str, hardware: &str) -> bool {
    let file = format!("/sys/class/net/{interface}/tun_flags");
    let named = ["tun", "tap", "wg", "ppp", "ipsec", "tailscale", "nordlynx", "proton"];
    std::path::Path::new(&file).exists()
        || matches!(hardware, "512" | "768" | "769" | "776" | "778" | "65534")
        || named.iter().any(|prefix| interface.starts_with(prefix))
}

fn network(suffix: &str) -> Fact {
    let addresses = addresses();
    let list: Vec<Value> = interfaces()
        .iter()
        .map(|name| {
            json!({
                "name": name, "mac": attribute(name, "address"), "kind": kind(name),
                "addresses": addresses.get(name).cloned().unwrap_or_default(),
            })
        })
        .collect();
    let data = json!({
        "interfaces": list, "routes": routes(), "neighbours": neighbours(),
        "how": "/sys/class/net, « ip -j addr » ou /proc/net/fib_trie et /proc/net/if_inet6, /proc/net/route, /proc/net/arp",
    });
    let raw = serde_json::to_vec_pretty(&data).unwrap_or_default();
    Fact::new(op::MEASURE_NETWORK, Outcome::Ok, data).with(&format!("reseau{suffix}.json"), "application/json", raw)
}

/// Addresses by interface: from `ip`, or for IPv6 from /proc and for IPv4 from the routes when `ip` is not there.
fn addresses() -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let output = Command::new("ip").args(["-j", "addr"]).output().ok().filter(|o| o.status.success());
    if let Some(Value::Array(links)) = output.and_then(|o| serde_json::from_slice(&o.stdout).ok()) {
        for link in links {
            let Some(name) = link.get("ifname").and_then(Value::as_str) else { continue };
            let entries = link.get("addr_info").and_then(Value::as_array).into_iter().flatten();
            let texts = entries.filter_map(|a| a.get("local").and_then(Value::as_str)).map(str::to_owned);
            all.entry(name.to_owned()).or_default().extend(texts);
        }
        return all;
    }
    for line in fs::read_to_string("/proc/net/if_inet6").unwrap_or_default().lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if let [hex, _, _, _, _, name] = fields[..]
            && let Ok(number) = u128::from_str_radix(hex, 16)
        {
            all.entry(name.to_owned()).or_default().push(std::net::Ipv6Addr::from(number).to_string());
        }
    }
    let mut local = BTreeSet::new();
    let mut last = None;
    for line in fs::read_to_string("/proc/net/fib_trie").unwrap_or_default().lines() {
        let line = line.trim();
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse::<Ipv4Addr>().ok();
        } else if line.contains("/32 host LOCAL") {
            local.extend(last);
        }
    }
    // The table of routes does not tie a local address to its interface.
    all.entry("(IPv4)".into()).or_default().extend(local.iter().map(ToString::to_string));
    all
}

fn routes() -> Vec<String> {
    let address = |hex: &str| u32::from_str_radix(hex, 16).ok().map(|n| Ipv4Addr::from(n.swap_bytes()));
    let table = fs::read_to_string("/proc/net/route").unwrap_or_default();
    let one = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [name, destination, gateway, _, _, _, _, mask, ..] = fields[..] else { return None };
        let (to, via, mask) = (address(destination)?, address(gateway)?, address(mask)?);
        Some(format!("{to}/{} via {via} dev {name}", u32::from(mask).count_ones()))
    };
    table.lines().skip(1).filter_map(one).collect()
}

fn neighbours() -> Vec<String> {
    let table = fs::read_to_string("/proc/net/arp").unwrap_or_default();
    let one = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [address, _, _, mac, _, name] = fields[..] else { return None };
        Some(format!("{address} {mac} dev {name}"))
    };
    table.lines().skip(1).filter_map(one).collect()
}

fn resolvers() -> Fact {
    let text = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let values = |key: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|l| l.trim().strip_prefix(key));
        lines.flat_map(str::split_whitespace).map(str::to_owned).collect()
    };
    let data = json!({"servers": values("nameserver"), "search": values("search"), "how": "/etc/resolv.conf"});
    Fact::new(op::MEASURE_RESOLVERS, Outcome::Ok, data)
}

/// The browser is started with a direct connection forced and an environment emptied: what the machine says besides is
/// told, and is a deviation only when it could take effect.
fn proxy() -> Fact {
    let environment: BTreeMap<&str, String> = PROXY_VARIABLES
        .iter()
        .filter_map(|name| {
            std::env::var(name).ok().filter(|v| !v.is_empty()).map(|value| (*name, without_login(&value)))
        })
        .collect();
    let policy: Vec<String> =
        policies().into_iter().filter(|(_, text)| text.contains("Proxy")).map(|(p, _)| p).collect();
    let direct = policy.is_empty();
    let data = json!({
        "environment": environment, "browser_flag": "--no-proxy-server", "policy": policy, "pac": Value::Null,
        "effective": if direct { "direct" } else { "stratégie imposée" },
        "environment_passed": false,
        "how": "variables d'environnement (retirées au lancement du navigateur), commutateur du navigateur, dossiers de stratégies",
    });
    Fact::judged(op::MEASURE_PROXY, direct, data)
}

/// A proxy's address may hold a login: it is not journalled.
fn without_login(value: &str) -> String {
    match (value.find("://"), value.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            format!("{}(identifiants)@{}", &value[..scheme + 3], &value[at + 1..])
        }
        _ => value.to_owned(),
    }
}

/// Policy files: path and text.
pub(super) fn policies() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in POLICIES {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries.flatten().filter(|e| e.path().extension().is_some_and(|x| x == "json")) {
            let text = fs::read_to_string(entry.path()).unwrap_or_default();
            found.push((entry.path().display().to_string(), text));
        }
    }
    found.sort();
    found
}

fn tunnel() -> Fact {
    let tunnels: Vec<String> = interfaces().into_iter().filter(|name| kind(name) == "tunnel").collect();
    let data = json!({"interfaces": tunnels, "how": "/sys/class/net : type de liaison, tun_flags, nom"});
    Fact::judged(op::MEASURE_TUNNEL, tunnels.is_empty(), data)
}

fn hosts(scenario: &Scenario) -> Fact {
    let bytes = fs::read("/etc/hosts").unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|l| l.split('#').next().unwrap_or("").split_whitespace().collect())
        .filter(|fields: &Vec<&str>| fields.len() >= 2)
        .collect();
    let named: BTreeSet<String> = lines.iter().flat_map(|f| f.iter().skip(1)).map(|n| n.to_ascii_lowercase()).collect();
    let wanted: BTreeSet<String> = scenario
        .etapes
        .iter()
        .filter_map(|etape| match &etape.action {
            Action::Aller(url) | Action::Telecharger(Telechargement::Adresse(url)) => url.host_str().map(str::to_owned),
            _ => None,
        })
        .collect();
    let targets: Vec<&String> = wanted.intersection(&named).collect();
    let data = json!({
        "entries": lines.len(), "sha256": Sha256Digest::of(&bytes), "targets": targets, "how": "/etc/hosts",
    });
    let good = targets.is_empty();
    Fact::judged(op::MEASURE_HOSTS, good, data).with("hosts.txt", "text/plain", bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_of_a_proxy_is_not_told() {
        assert_eq!(without_login("http://u:secret@p:3128"), "http://(identifiants)@p:3128");
        assert_eq!(without_login("http://p:3128"), "http://p:3128");
    }

    #[test]
    fn a_target_named_in_the_hosts_file_is_a_deviation() {
        let local = Scenario::for_url("http://localhost/", None).unwrap();
        assert_eq!(hosts(&local).outcome, Outcome::Deviation);
        let other = Scenario::for_url("http://exemple.invalid/", None).unwrap();
        assert_eq!(hosts(&other).outcome, Outcome::Ok);
    }

    #[test]
    fn loopback_is_seen_and_is_no_tunnel() {
        assert!(interfaces().contains(&"lo".to_owned()));
        assert_eq!(kind("lo"), "loopback");
    }
}

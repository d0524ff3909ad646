//! Which name servers this machine uses, and by which way its programs come to them.
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use dossier::{Outcome, op};
use serde_json::{Value, json};

use super::asking::shown;
use super::transcript::Transcript;
use super::wire::Asker;
use crate::{Fact, World};

/// How long a program of the system may take.
const LOCAL: Duration = Duration::from_secs(2);
/// The configuration every program of the system reads (resolv.conf(5)).
const RESOLV: &str = "/etc/resolv.conf";
/// The same file as it is kept by those who write it: the servers behind a local relay.
const BEHIND: &[(&str, &str)] = &[
    ("/run/systemd/resolve/resolv.conf", "systemd-resolved"),
    ("/run/NetworkManager/no-stub-resolv.conf", "NetworkManager"),
    ("/run/NetworkManager/resolv.conf", "NetworkManager"),
    ("/run/resolvconf/resolv.conf", "resolvconf"),
    ("/run/dnsmasq/resolv.conf", "dnsmasq"),
];
/// What decides in which order a name is looked for (nsswitch.conf(5)).
const ORDER: &str = "/etc/nsswitch.conf";
/// The most servers told.
const MOST: usize = 16;
/// The most servers asked who they are.
const SERVERS: usize = 4;
/// The browser's own resolver: our switches open no secure channel, and its profile is new.
const BROWSER: &str = "le navigateur emploie les serveurs du système ; aucun DNS chiffré (DoH) ne lui est donné par nos commutateurs, et son profil est neuf";

/// The lines of a resolv.conf that begin with `key`.
fn values(text: &str, key: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split(['#', ';']).next().unwrap_or_default().split_whitespace();
        (words.next() == Some(key)).then(|| words.map(str::to_owned).collect::<Vec<_>>())
    });
    lines.flatten().take(MOST).collect()
}

/// The servers that programs of the system ask; an address with a zone (`fe80::1%eth0`) is told but cannot be asked here.
pub(super) fn servers(world: &World) -> Vec<SocketAddr> {
    let text = world.text(RESOLV).unwrap_or_default();
    let addresses = values(&text, "nameserver").into_iter().filter_map(|server| server.parse::<IpAddr>().ok());
    addresses.map(|address| SocketAddr::new(address, 53)).collect()
}

/// The words after `hosts:` of nsswitch.conf, such as `files`, `resolve`, `[!UNAVAIL=return]`, `dns`.
pub(super) fn order(world: &World) -> Option<Vec<String>> {
    let text = world.text(ORDER)?;
    let line =
        text.lines().map(|l| l.split('#').next().unwrap_or_default().trim()).find_map(|l| l.strip_prefix("hosts:"))?;
    Some(line.split_whitespace().take(MOST).map(str::to_owned).collect())
}

/// Whether a server is this machine itself: something here answers for others.
pub(super) fn is_local(server: &str) -> bool {
    server.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Said when the measure itself was lost.
pub(super) fn lost() -> Fact {
    Fact::not_done(op::MEASURE_RESOLVERS, "La lecture des serveurs de noms n'a pas abouti.")
}

/// What the servers say of themselves: which of the machines behind their address answers.
fn identities(world: &World, asked: &[SocketAddr]) -> Vec<Value> {
    let transcript = Arc::new(Transcript::default());
    let until = Instant::now() + LOCAL;
    let one = |server: SocketAddr| {
        let asker = Asker::new(world, server, until, &transcript);
        match asker.identity() {
            Ok(said) => json!({"server": shown(server), "answers": true, "identity": said}),
            Err(why) => json!({"server": shown(server), "answers": false, "why": why}),
        }
    };
    let one = &one;
    thread::scope(|scope| {
        let running: Vec<_> = asked.iter().take(SERVERS).map(|server| scope.spawn(move || one(*server))).collect();
        running.into_iter().filter_map(|server| server.join().ok()).collect()
    })
}

/// `measure.resolvers`. `asked` are the servers that can be asked here.
pub(super) fn fact(world: &World, asked: &[SocketAddr]) -> Fact {
    let Some(text) = world.text(RESOLV) else {
        let why = "Le fichier /etc/resolv.conf ne se lit pas : les serveurs de noms de cette machine ne sont pas connus. Configurez sa résolution de noms.";
        return Fact::not_done(op::MEASURE_RESOLVERS, why);
    };
    let servers = values(&text, "nameserver");
    let local: Vec<&String> = servers.iter().filter(|s| is_local(s)).collect();
    let mut raw = format!("# {RESOLV}\n{text}\n");
    let mut behind = Vec::new();
    for (path, who) in BEHIND {
        let Some(text) = world.text(path) else { continue };
        behind.push(json!({"servers": values(&text, "nameserver"), "file": path, "by": who}));
        raw.push_str(&format!("# {path}\n{text}\n"));
    }
    let links = links(world, &mut raw);
    let order = order(world);
    let known = |list: &Value| list.as_array().is_some_and(|l| !l.is_empty());
    let relayed = !local.is_empty() && !behind.iter().any(|b| known(&b["servers"])) && links.is_empty();
    let data = json!({
        "servers": servers, "search": values(&text, "search"), "options": values(&text, "options"),
        "local_relay": local, "behind": behind, "links": links,
        "behind_why": relayed.then_some("un relais de cette machine répond, et les serveurs qu'il interroge n'ont pu être lus"),
        "seen": identities(world, asked), "order": order, "encrypted_system": encrypted(world), "encrypted_browser": false, "browser": BROWSER,
        "how": "/etc/resolv.conf, ceux de systemd-resolved et de NetworkManager, « resolvectl status », hosts: de /etc/nsswitch.conf ; chaque serveur interrogé sur son identité (id.server, RFC 4892)",
    });
    Fact::new(op::MEASURE_RESOLVERS, Outcome::Ok, data).with("resolveurs.txt", "text/plain", raw.into_bytes())
}

/// What `resolvectl` says of each link: `DNS Servers`, `Current DNS Server`, `Protocols`.
fn links(world: &World, raw: &mut String) -> Vec<Value> {
    let answer = world.run("resolvectl", &["status", "--no-pager"], LOCAL);
    let Ok(answer) = answer else { return Vec::new() };
    let text = String::from_utf8_lossy(&answer.out);
    if answer.code != Some(0) {
        return Vec::new();
    }
    raw.push_str(&format!("# resolvectl status\n{text}\n"));
    read_links(&text)
}

fn read_links(text: &str) -> Vec<Value> {
    let mut links: Vec<Value> = Vec::new();
    let mut key = String::new();
    for line in text.lines().take(1000) {
        // Keys are right-aligned: the longest begins where a heading does.
        if line == "Global" || line.starts_with("Link ") {
            links.push(json!({"link": line.trim()}));
            key.clear();
            continue;
        }
        // A list goes on under its first value, without a key; addresses hold colons, but no space after them.
        let value = match line.split_once(": ") {
            Some((name, value)) => {
                name.trim().clone_into(&mut key);
                value.trim()
            }
            None => line.trim(),
        };
        let Some(link) = links.last_mut() else { continue };
        let field = match key.as_str() {
            "DNS Servers" => "servers",
            "Current DNS Server" => "current",
            "Protocols" => "protocols",
            "DNS Domain" => "domains",
            _ => continue,
        };
        let words = value.split_whitespace().map(|w| json!(w));
        match link[field].as_array_mut() {
            Some(list) => list.extend(words.take(MOST)),
            None => link[field] = json!(words.take(MOST).collect::<Vec<_>>()),
        }
    }
    links.retain(|link| link.get("servers").is_some() || link.get("current").is_some());
    links.truncate(MOST);
    links
}

/// Whether the system's own relay encrypts its questions, by its configuration; `None` when there is no such relay.
fn encrypted(world: &World) -> Option<String> {
    let mut files = vec!["/etc/systemd/resolved.conf".to_owned()];
    files.extend(
        world.names("/etc/systemd/resolved.conf.d").into_iter().map(|n| format!("/etc/systemd/resolved.conf.d/{n}")),
    );
    let texts: Vec<String> = files.iter().filter_map(|file| world.text(file)).collect();
    let set = texts.iter().flat_map(|t| t.lines()).filter_map(|l| l.trim().strip_prefix("DNSOverTLS=")).next_back();
    match set {
        Some(set) => Some(set.trim().to_owned()),
        None if world.exists("/run/systemd/resolve") => Some("no".into()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::world_at;

    fn put(root: &std::path::Path, path: &str, text: &str) {
        let path = root.join(path.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn servers_behind_a_local_relay_are_told() {
        let folder = tempfile::tempdir().unwrap();
        put(
            folder.path(),
            RESOLV,
            "# by somebody\nnameserver 127.0.0.53 # stub\noptions edns0 trust-ad\nsearch etude.invalid\n",
        );
        put(folder.path(), "/run/systemd/resolve/resolv.conf", "nameserver 192.0.2.53\nnameserver 2001:db8::53\n");
        put(folder.path(), "/etc/systemd/resolved.conf", "[Resolve]\n#DNSOverTLS=no\nDNSOverTLS=opportunistic\n");
        put(folder.path(), ORDER, "passwd: files\nhosts:  files mdns4_minimal [NOTFOUND=return] dns # end\n");
        let fact = fact(&world_at(folder.path()), &[]);
        assert_eq!(fact.outcome, Outcome::Ok);
        assert_eq!(fact.data["servers"], json!(["127.0.0.53"]));
        assert_eq!(fact.data["local_relay"], json!(["127.0.0.53"]));
        assert_eq!(fact.data["behind"][0]["servers"], json!(["192.0.2.53", "2001:db8::53"]));
        assert_eq!(fact.data["order"], json!(["files", "mdns4_minimal", "[NOTFOUND=return]", "dns"]));
        assert_eq!(fact.data["encrypted_system"], "opportunistic");
        assert_eq!(fact.data["behind_why"], Value::Null);
        assert!(fact.evidence[0].bytes.ends_with(b"2001:db8::53\n\n"));
    }

    #[test]
    fn a_relay_whose_servers_are_hidden_is_told_and_a_machine_without_servers_too() {
        let folder = tempfile::tempdir().unwrap();
        let world = world_at(folder.path());
        assert_eq!(fact(&world, &[]).outcome, Outcome::NotDone);
        put(folder.path(), RESOLV, "nameserver ::1\nnameserver fe80::1%eth0\n");
        let fact = fact(&world, &[]);
        assert!(fact.data["behind_why"].is_string());
        assert_eq!(fact.data["servers"], json!(["::1", "fe80::1%eth0"]));
        assert_eq!(servers(&world), vec!["[::1]:53".parse().unwrap()]);
    }

    #[test]
    fn the_answer_of_resolvectl() {
        let text = "Global\n       Protocols: -LLMNR -mDNS -DNSOverTLS DNSSEC=no/unsupported\nresolv.conf mode: stub\n\nLink 2 (enp1s0)\n    Current Scopes: DNS\n         Protocols: +DefaultRoute +DNSOverTLS\nCurrent DNS Server: 192.0.2.53\n       DNS Servers: 192.0.2.53\n                    2001:db8::53\n        DNS Domain: etude.invalid\n";
        let links = read_links(text);
        assert_eq!(links.len(), 1, "{links:?}");
        assert_eq!(links[0]["link"], "Link 2 (enp1s0)");
        assert_eq!(links[0]["servers"], json!(["192.0.2.53", "2001:db8::53"]));
        assert_eq!(links[0]["current"], json!(["192.0.2.53"]));
        assert_eq!(links[0]["domains"], json!(["etude.invalid"]));
    }
}

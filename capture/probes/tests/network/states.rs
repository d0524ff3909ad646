//! Machines whose own network is not as asked: a firewall really set, a tunnel really made, a proxy really named.
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dossier::{Outcome, op};
use probes::{Sources, World};
use serde_json::{Value, json};

use crate::machines::{Ask, Machine, clock, measure};
use crate::servers;

const RULES: &str = "table inet garde {\n chain entree {\n type filter hook input priority 0; policy drop;\n \
                     iif lo accept\n tcp dport 22 drop\n }\n}\n";

#[test]
fn the_rules_of_the_firewall_are_counted_and_kept() {
    let machine = Machine::new("pare-feu");
    let facts = machine.measure(&Ask::default());
    let (outcome, data) = facts.of("measure.firewall");
    assert_eq!((outcome, &data["rules"]), ("deviation", &json!(0)), "{data}");
    machine.shell(&format!("printf '%s' '{RULES}' | nft -f -"));
    let facts = machine.measure(&Ask::default());
    let (outcome, data) = facts.of("measure.firewall");
    assert_eq!((outcome, &data["rules"]), ("ok", &json!(2)), "{data}");
    let policy = json!({"family": "inet", "table": "garde", "chain": "entree", "hook": "input", "policy": "drop"});
    assert_eq!(data["policies"], json!([policy]));
    assert!(facts.evidence("pare-feu.json").contains("\"garde\""));
}

#[test]
fn without_the_right_to_read_them_the_rules_are_not_done() {
    let machine = Machine::new("sans-droit");
    machine.shell(&format!("printf '%s' '{RULES}' | nft -f -"));
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let facts = machine.measure_as(&Ask::default(), &nobody);
    let (outcome, data) = facts.of("measure.firewall");
    assert_eq!(outcome, "not_done", "{data}");
    let why = data["why"].as_str().unwrap();
    assert!(why.contains("CAP_NET_ADMIN") && why.contains("Operation not permitted"), "{why}");
    // What needs no right is there all the same.
    assert_eq!(facts.of("measure.network").1["interfaces"][0]["name"], "lo");
}

#[test]
fn a_tunnel_that_carries_everything_is_told() {
    let machine = Machine::new("tunnel");
    let facts = machine.measure(&Ask::default());
    let (_, data) = facts.of("measure.tunnel");
    assert_eq!(data["interfaces"], json!([]), "{data}");
    machine.ip("tuntap add dev bureau0 mode tun");
    machine.ip("addr add 10.8.0.2/24 dev bureau0");
    machine.ip("link set bureau0 up");
    machine.ip("route add 0.0.0.0/1 dev bureau0");
    let facts = machine.measure(&Ask::default());
    let (outcome, data) = facts.of("measure.tunnel");
    assert_eq!((outcome, &data["interfaces"], &data["all_traffic"]), ("deviation", &json!(["bureau0"]), &json!(true)));
    assert!(data["routes"].as_array().unwrap().contains(&json!("0.0.0.0/1 dev bureau0")), "{data}");
    assert!(facts.evidence("reseau.svg").contains("bureau0 — TUNNEL"));
}

#[test]
fn the_proxy_of_the_environment_is_told_with_where_it_leads() {
    let (here, elsewhere) = (servers::echo("127.0.0.1", None), servers::echo("127.0.0.1", Some("203.0.113.50")));
    let proxy = servers::proxy(elsewhere);
    let sources = Sources { address: vec![format!("http://{here}/").parse().unwrap()], ..Sources::default() };
    let told = |environment: BTreeMap<String, String>| {
        let facts = measure(&World::at(Path::new("/"), environment, clock()), &sources, &[]);
        let fact = facts.into_iter().find(|fact| fact.op == op::MEASURE_PROXY).unwrap();
        (fact.outcome, fact.data)
    };
    let named = BTreeMap::from([("http_proxy".to_owned(), format!("http://agent:secret@{proxy}"))]);
    let (outcome, data) = told(named);
    assert_eq!(outcome, Outcome::Deviation);
    assert_eq!(data["environment"]["http_proxy"], format!("http://(identifiants)@{proxy}"));
    assert_eq!(data["measured"]["direct"]["address"], "127.0.0.1", "{data}");
    assert_eq!(data["measured"]["through_environment"]["address"], "203.0.113.50", "{data}");
    assert!(!data.to_string().contains("secret"));
    let (_, data) = told(BTreeMap::new());
    assert_eq!((&data["environment"], &data["measured"]), (&json!({}), &Value::Null));
}

#[test]
fn a_network_that_offers_a_proxy_by_name_is_told() {
    let machine = Machine::new("wpad");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("resolv.conf"), "search bureau.invalid\nnameserver 127.0.0.1\n").unwrap();
    fs::write(path("hosts"), "127.0.0.1 localhost\n127.0.0.9 wpad.bureau.invalid. wpad.bureau.invalid\n").unwrap();
    let script = format!(
        "mount --bind {} /etc/resolv.conf && mount --bind {} /etc/hosts && exec \"$@\"",
        path("resolv.conf"),
        path("hosts")
    );
    // The files are those of this process only.
    let facts = machine.measure_as(&Ask::default(), &["unshare", "--mount", "sh", "-c", &script, "sh"]);
    let (outcome, data) = facts.of("measure.proxy");
    assert_eq!(outcome, "deviation", "{data}");
    assert_eq!(data["pac"][0]["key"], "wpad.bureau.invalid", "{data}");
    assert!(data["pac"][0]["value"].as_str().unwrap().starts_with("127.0.0.9"), "{data}");
}

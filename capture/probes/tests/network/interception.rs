//! Three machines: ours, the one on the way, the site. With a relay on the way, and without.
use std::path::Path;

use crate::machines::{Ask, Machine, Server};
use crate::servers::authority;

/// Ours, the router, the site and its server.
struct Network {
    ours: Machine,
    router: Machine,
    /// Kept as long as the others.
    _site: (Server, Machine),
    keys: tempfile::TempDir,
}

fn network() -> Network {
    let (ours, router, site) = (Machine::new("nous"), Machine::new("routeur"), Machine::new("site"));
    ours.cable("eth0", &["10.9.1.2/24", "fd09:1::2/64"], (&router, "lan", &["10.9.1.1/24", "fd09:1::1/64"]));
    site.cable("eth0", &["10.9.2.2/24", "fd09:2::2/64"], (&router, "wan", &["10.9.2.1/24", "fd09:2::1/64"]));
    router.shell("echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding");
    for (machine, number) in [(&ours, 1), (&site, 2)] {
        machine.ip(&format!("route add default via 10.9.{number}.1"));
        machine.ip(&format!("-6 route add default via fd09:{number}::1"));
    }
    let keys = tempfile::tempdir().unwrap();
    authority(keys.path(), "site", "Racine publique d'essai");
    authority(keys.path(), "relais", "Racine du relais");
    let server = site.serve("site", keys.path());
    Network { ours, router, _site: (server, site), keys }
}

const ASK: Ask =
    Ask { witness: Some("http://10.9.2.2/"), origins: &["https://10.9.2.2/", "https://[fd09:2::2]/"], roots: None };

fn ask(keys: &Path) -> Ask {
    Ask { roots: Some(keys.join("site-root.pem")), ..ASK }
}

/// Deviations that are about the sites, not about this machine's own store.
fn of_sites(data: &serde_json::Value) -> Vec<String> {
    let all = data["deviations"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned());
    all.filter(|text| !text.starts_with("autorité ajoutée")).collect()
}

#[test]
fn without_a_relay_the_chain_is_that_of_the_site_and_no_field_tells_of_one() {
    let network = network();
    let facts = network.ours.measure(&ask(network.keys.path()));
    let (_, data) = facts.of("measure.interception");
    assert!(of_sites(data).is_empty(), "{data}");
    for host in data["hosts"].as_array().unwrap() {
        assert_eq!((&host["public"], &host["issuer"]), (&true.into(), &"CN=Racine publique d'essai".into()), "{host}");
    }
    assert_eq!((&data["headers"][0]["status"], &data["headers"][0]["signs"]), (&200.into(), &serde_json::json!([])));
    // The way, hop by hop, in both families.
    let (outcome, data) = facts.of("measure.route");
    assert_eq!(outcome, "ok", "{data}");
    for (at, expected) in [(0, ["10.9.1.1", "10.9.2.2"]), (1, ["fd09:1::1", "fd09:2::2"])] {
        let target = &data["targets"][at];
        let hops: Vec<&str> =
            target["hops"].as_array().unwrap().iter().map(|h| h["address"].as_str().unwrap()).collect();
        assert_eq!((hops.as_slice(), &target["traced"]), (expected.as_slice(), &true.into()), "{data}");
    }
    // The machine's own network, and its picture.
    let (_, data) = facts.of("measure.network");
    assert_eq!(data["gateways"][0]["address"], "10.9.1.1");
    assert_eq!(data["gateways"][1]["address"], "fd09:1::1");
    assert!(data["neighbours"].as_array().unwrap().iter().all(|n| n.as_str().unwrap().ends_with("dev eth0")), "{data}");
    let picture = facts.evidence("reseau.svg");
    assert!(picture.contains("10.9.1.2") && picture.contains("fd09:1::1"), "{picture}");
    let (outcome, data) = facts.of("measure.quality");
    assert_eq!((outcome, &data["answered"], &data["lost_percent"]), ("ok", &10.into(), &0.into()), "{data}");
    assert!(data["throughput_kbits"].as_u64().is_some_and(|kbits| kbits > 0), "{data}");
}

#[test]
fn a_site_whose_root_is_not_public_is_told_with_its_chain() {
    let network = network();
    // By Mozilla's roots, the site's own authority is nobody's.
    let facts = network.ours.measure(&ASK);
    let (outcome, data) = facts.of("measure.interception");
    assert_eq!(outcome, "deviation");
    assert!(of_sites(data).iter().any(|text| text.contains("Racine publique d'essai")), "{data}");
    assert!(facts.evidence("chaine-2.pem").contains("BEGIN CERTIFICATE"));
}

#[test]
fn a_relay_on_the_way_is_seen_by_its_chain_and_by_its_fields() {
    let network = network();
    let _relay = network.router.serve("relais", network.keys.path());
    let rules = "table ip nat {\n chain prerouting {\n type nat hook prerouting priority -100;\n \
                 tcp dport { 80, 443 } redirect to :8443\n }\n}\n";
    network.router.shell(&format!("printf '%s' '{rules}' | nft -f -"));
    let facts = network.ours.measure(&ask(network.keys.path()));
    let (outcome, data) = facts.of("measure.interception");
    assert_eq!(outcome, "deviation");
    let told = of_sites(data);
    assert!(told.iter().any(|t| t.starts_with("10.9.2.2 : ") && t.contains("« CN=Racine du relais »")), "{told:?}");
    assert!(told.iter().any(|t| t.contains("via : 1.1 relais ; age : 7")), "{told:?}");
    let hosts = data["hosts"].as_array().unwrap();
    assert_eq!((&hosts[0]["public"], &hosts[0]["signed_timestamps"]), (&false.into(), &false.into()));
    // The relay takes IPv4 only.
    assert_eq!(hosts[1]["public"], true, "{data}");
    let chain = probes::pem_certificates(&facts.evidence("chaine-2.pem"));
    let at = dossier::Instant::from_millisecond(1_795_000_000_000).unwrap();
    assert!(probes::public_root(&chain, at, None).is_err());
}

#[test]
fn a_line_that_loses_packets_and_a_witness_out_of_reach() {
    let network = network();
    let rules = "table ip perte {\n chain avant {\n type filter hook forward priority 0;\n \
                 tcp flags syn tcp dport 80 numgen inc mod 2 1 drop\n }\n}\n";
    network.router.shell(&format!("printf '%s' '{rules}' | nft -f -"));
    let facts = network.ours.measure(&ASK);
    let (outcome, data) = facts.of("measure.quality");
    assert_eq!(outcome, "deviation", "{data}");
    network.router.ip("link set wan down");
    let facts = network.ours.measure(&ASK);
    let (outcome, data) = facts.of("measure.quality");
    assert_eq!(outcome, "deviation");
    assert!(data["why"].as_str().unwrap().contains("n'a pas été atteint"), "{data}");
    let (outcome, data) = facts.of("measure.route");
    assert_eq!((outcome, &data["unreached"]), ("deviation", &serde_json::json!(["10.9.2.2", "fd09:2::2"])), "{data}");
}

//! Real resolvers over signed zones: honest, lying, forged, cut, unsigned and silent ones, and what is said of each.
use std::net::{SocketAddr, UdpSocket};
use std::sync::OnceLock;
use std::time::Instant;

use fixtures::{Resolver, ResolverManners, Zones};

use super::*;
use crate::ResolverAddress;
use crate::test_support::world;

struct Network {
    zones: Zones,
    honest: Resolver,
}

/// One signed root and one honest resolver for all tests.
fn network_of_tests() -> &'static Network {
    static NETWORK: OnceLock<Network> = OnceLock::new();
    NETWORK.get_or_init(|| {
        let zones = Zones::create().unwrap();
        let honest = Resolver::start(&zones, ResolverManners::Honest).unwrap();
        Network { zones, honest }
    })
}

fn sources(independent: &[SocketAddr]) -> Sources {
    Sources {
        resolvers: independent.iter().copied().map(ResolverAddress).collect(),
        dns_anchors: Some(network_of_tests().zones.dnskey().to_owned()),
        ..Sources::default()
    }
}

fn of(system: &[SocketAddr], sources: &Sources, hosts: &[&str]) -> Fact {
    let independent = sources.resolvers.iter().map(|r| r.0).collect();
    let servers = Servers { system: system.to_vec(), independent, programs: false };
    let hosts: Vec<String> = hosts.iter().map(|h| (*h).to_owned()).collect();
    measured(&world(), sources, &servers, &hosts)
}

fn start(manners: ResolverManners) -> Resolver {
    Resolver::start(&network_of_tests().zones, manners).unwrap()
}

/// `comparison` and `state` of each host.
fn said(fact: &Fact) -> Vec<(&str, &str)> {
    fact.data["hosts"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|h| (h["comparison"].as_str().unwrap_or("?"), h["state"].as_str().unwrap_or("?")))
        .collect()
}

#[test]
fn honest_answers_are_followed_from_the_root() {
    let honest = network_of_tests().honest.address();
    let short = start(ResolverManners::Short);
    let sources = sources(&[short.address()]);
    let hosts =
        ["www.essai", "alias.essai", "www.libre", "gros.essai", "rien.essai", "WWW.essai.", "127.0.0.1", "localhost"];
    let fact = of(&[honest], &sources, &hosts);
    let expected =
        [("same", "secure"), ("same", "secure"), ("same", "insecure"), ("same", "secure"), ("absent", "secure")];
    assert_eq!(said(&fact), expected, "{:#}", fact.data);
    assert_eq!(fact.outcome, Outcome::Ok);
    let host = &fact.data["hosts"][0];
    assert_eq!(host["independent"][0]["addresses"], json!(["45.76.0.10", "2620:fe::10"]));
    assert_eq!(fact.data["hosts"][1]["independent"][0]["aliases"], json!(["www.essai"]));
    assert_eq!(fact.data["hosts"][3]["independent"][0]["addresses"].as_array().unwrap().len(), 40);
    assert_eq!(fact.data["not_asked"].as_array().unwrap().len(), 2);
    assert_eq!(fact.data["servers"][1]["dnssec"], "ready");
}

#[test]
fn the_messages_are_kept_for_a_stranger() {
    let honest = network_of_tests().honest.address();
    let short = start(ResolverManners::Short);
    let fact = of(&[honest], &sources(&[short.address()]), &["gros.essai"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("noms.pcap");
    std::fs::write(&file, &fact.evidence[0].bytes).unwrap();
    let fields =
        ["-T", "fields", "-e", "udp.port", "-e", "dns.flags.truncated", "-e", "dns.qry.name", "-e", "dns.resp.type"];
    let output = std::process::Command::new("tshark").args(["-r"]).arg(&file).args(fields).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(text.lines().count() as u64, fact.data["messages"].as_u64().unwrap());
    // The key of the root with its signature, the cut answer, and the whole one.
    assert!(text.lines().any(|l| l.contains("<Root>") && l.contains("48,46")), "{text}");
    assert!(text.lines().any(|l| l.contains("True\tgros.essai") || l.contains("1\tgros.essai")), "{text}");
    assert!(text.lines().any(|l| l.matches(",1").count() >= 39), "{text}");
}

#[test]
fn a_lying_resolver_is_contradicted_where_the_domain_is_signed() {
    let lying = start(ResolverManners::Lying);
    let sources = sources(&[network_of_tests().honest.address()]);
    let fact = of(&[lying.address()], &sources, &["www.essai", "www.libre", "alias.essai"]);
    // Of an unsigned domain nothing proves the lie: both sets are told, with their networks.
    assert_eq!(
        said(&fact),
        [("contradicted", "secure"), ("different", "insecure"), ("denied", "secure")],
        "{:#}",
        fact.data
    );
    assert_eq!(fact.outcome, Outcome::Deviation);
    assert_eq!(fact.data["deviations"], json!(["www.essai", "alias.essai"]));
    assert_eq!(fact.data["different"], json!(["www.libre"]));
    assert_eq!(
        fact.data["hosts"][1]["networks"],
        json!({"system": ["45.76.66.0/24"], "independent": ["45.76.0.0/24"]})
    );
}

#[test]
fn private_addresses_and_names_nobody_else_knows_are_told() {
    let private = start(ResolverManners::Private);
    let sources = sources(&[network_of_tests().honest.address()]);
    let fact = of(&[private.address()], &sources, &["www.libre", "seul.essai"]);
    assert_eq!(said(&fact), [("private", "insecure"), ("local_only", "secure")], "{:#}", fact.data);
    assert_eq!(fact.outcome, Outcome::Deviation);
}

#[test]
fn a_record_changed_after_it_was_signed_is_bogus() {
    let honest = network_of_tests().honest.address();
    let fact = of(&[honest], &sources(&[honest]), &["faux.essai"]);
    assert_eq!(said(&fact), [("bogus", "bogus")], "{:#}", fact.data);
    assert_eq!(fact.outcome, Outcome::Deviation);
}

#[test]
fn a_resolver_of_another_root_proves_nothing_and_is_told() {
    let other = start(ResolverManners::OtherRoot);
    let fact = of(&[network_of_tests().honest.address()], &sources(&[other.address()]), &["www.essai"]);
    assert_eq!(fact.data["servers"][1]["dnssec"], "other_root");
    assert_eq!((said(&fact), fact.outcome), (vec![("bogus", "bogus")], Outcome::Deviation), "{:#}", fact.data);
}

#[test]
fn without_signatures_nothing_is_called_proved() {
    let unsigned = start(ResolverManners::Unsigned);
    let fact = of(&[network_of_tests().honest.address()], &sources(&[unsigned.address()]), &["www.essai"]);
    assert_eq!(fact.data["servers"][1]["dnssec"], "absent");
    assert_eq!((said(&fact), fact.outcome), (vec![("same", "indeterminate")], Outcome::Ok), "{:#}", fact.data);
}

#[test]
fn the_systems_own_answer_is_proved_when_nobody_else_is_asked() {
    let honest = network_of_tests().honest.address();
    let fact = of(&[honest], &sources(&[]), &["www.essai"]);
    assert_eq!((said(&fact), fact.outcome), (vec![("proved", "secure")], Outcome::Ok), "{:#}", fact.data);
    let fact = of(&[honest], &sources(&[]), &["www.libre"]);
    assert_eq!((said(&fact), fact.outcome), (vec![("system_only", "insecure")], Outcome::NotDone), "{:#}", fact.data);
    assert!(fact.data["why"].as_str().unwrap().contains("resolveurs"));
}

#[test]
fn a_digest_of_the_roots_key_is_an_anchor_too() {
    let network = network_of_tests();
    let honest = network.honest.address();
    let sources = Sources { dns_anchors: Some(network.zones.ds().to_owned()), ..sources(&[honest]) };
    assert_eq!(said(&of(&[honest], &sources, &["www.essai"])), [("same", "secure")]);
    // The keys of IANA do not sign this root.
    let iana = Sources { dns_anchors: None, ..sources };
    assert_eq!(said(&of(&[honest], &iana, &["www.essai"])), [("bogus", "bogus")]);
}

#[test]
fn a_resolver_that_never_answers_ends_in_time() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let hosts: Vec<String> = (0..60).map(|n| format!("h{n}.essai")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let fact = of(&[address], &sources(&[address]), &hosts);
    assert_eq!(fact.outcome, Outcome::NotDone);
    assert!(fact.data["why"].as_str().unwrap().contains("port 53"));
    let told = fact.data["hosts"].as_array().unwrap();
    assert_eq!((told.len(), fact.data["not_asked"].as_array().unwrap().len()), (MOST, 10));
    assert!(told.iter().all(|h| h["comparison"] == "unanswered"));
    // Many names do not make many questions: a server that says nothing is left alone.
    assert!(fact.data["messages"].as_u64().unwrap() < 60, "{}", fact.data["messages"]);
}

#[test]
fn anchors_that_cannot_be_read_are_told() {
    for wrong in [
        "",
        "; rien",
        "essai. IN DS 1 13 2 00",
        ". IN DS 1 13 1 00",
        ". IN DS 1 13 2 zz",
        ". IN A 1.2.3.4",
        ". IN DNSKEY 257",
    ] {
        assert!(Anchors::read(Some(wrong)).is_err(), "{wrong}");
    }
    assert!(Anchors::read(None).is_ok());
    let sources = Sources { dns_anchors: Some("rien".into()), ..Sources::default() };
    let fact = of(&[], &sources, &["www.essai"]);
    assert!(fact.data["why"].as_str().unwrap().contains("ancres_dns"));
}

#[test]
fn the_addresses_the_browser_used_are_looked_for_in_the_answers() {
    let honest = network_of_tests().honest.address();
    let sources = sources(&[honest]);
    let servers = Servers { system: vec![honest], independent: vec![honest], programs: false };
    let used = |host: &str, address: &str| {
        target::fact(&world(), &sources, &servers, &[(host.to_owned(), vec![address.parse().unwrap()])])
    };
    let good = used("www.essai", "45.76.0.10");
    assert_eq!((good.outcome, &good.data["hosts"][0]["used_among_answers"]), (Outcome::Ok, &json!(true)));
    let other = used("www.essai", "45.76.66.10");
    assert_eq!((other.outcome, &other.data["used_not_signed"]), (Outcome::Deviation, &json!(["www.essai"])));
    // A name that is not signed may have had that address a minute before: told, not held against anybody.
    let unsigned = used("www.libre", "45.76.66.20");
    assert_eq!((unsigned.outcome, &unsigned.data["used_not_answered"]), (Outcome::Ok, &json!(["www.libre"])));
    assert_eq!(used("127.0.0.1", "127.0.0.1").outcome, Outcome::NotDone);
    let local = of(&[honest], &sources, &["127.0.0.1", "localhost"]);
    assert_eq!((local.outcome, local.data["not_asked"].as_array().unwrap().len()), (Outcome::Ok, 2));
    assert_eq!(of(&[honest], &sources, &[]).outcome, Outcome::NotDone);
}

#[test]
fn a_local_rule_of_the_system_itself_is_seen_by_what_its_programs_get() {
    // Programs of this machine know its own name or the hosts file; no server does.
    let names: Vec<String> = world().text("/etc/hosts").unwrap_or_default().lines().map(str::to_owned).collect();
    let local = names.iter().find_map(|line| {
        let mut fields = line.split('#').next()?.split_whitespace();
        fields.next().filter(|a| a.parse::<IpAddr>().is_ok())?;
        fields.map(str::to_owned).find(|name| name != "localhost" && !name.ends_with(".localhost"))
    });
    let honest = network_of_tests().honest.address();
    let servers = Servers { system: vec![honest], independent: vec![honest], programs: true };
    let host = local.expect("this machine's own name in /etc/hosts");
    let fact = measured(&world(), &sources(&[honest]), &servers, &[host]);
    assert_eq!(said(&fact), [("local_only", "secure")], "{:#}", fact.data);
    assert_eq!(fact.data["hosts"][0]["system"][1]["server"], "système (getaddrinfo)");
}

#[test]
fn a_server_says_who_it_is_or_that_it_does_not_answer() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let servers = [network_of_tests().honest.address(), silent.local_addr().unwrap()];
    let seen = resolvers::fact(&world(), &servers).data["seen"].clone();
    assert_eq!((&seen[0]["answers"], &seen[0]["identity"]), (&json!(true), &json!("resolveur d'essai")));
    assert_eq!((&seen[1]["answers"], &seen[1]["why"]), (&json!(false), &json!("pas de réponse")));
}

#[test]
fn nobody_waits_for_longer_than_the_whole_may_take() {
    // A server that answers the first question and then never again, and one that drips octets, cannot hold the measure.
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0_u8; 512];
        if let Ok((length, from)) = socket.recv_from(&mut buffer) {
            buffer[2] |= 0x80;
            let _ = socket.send_to(&buffer[..length], from);
        }
        let _held = (socket, Instant::now());
        std::thread::park();
    });
    let hosts: Vec<String> = (0..50).map(|n| format!("h{n}.essai")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let fact = of(&[address], &sources(&[]), &hosts);
    assert_eq!(fact.outcome, Outcome::NotDone);
    let whys: Vec<&str> =
        fact.data["hosts"].as_array().unwrap().iter().filter_map(|h| h["system"][0]["why"].as_str()).collect();
    assert!(whys.iter().any(|why| why.contains("écoulé")), "{whys:?}");
}

/// Every message of a chain that leads from the root to an address, each after its length.
fn a_chain() -> Vec<Vec<u8>> {
    let honest = network_of_tests().honest.address();
    let fact = of(&[], &sources(&[honest]), &["www.essai", "rien.essai", "www.libre"]);
    let file = &fact.evidence[0].bytes;
    let (mut chain, mut at) = (Vec::new(), 24);
    while let Some(head) = file.get(at..at + 16) {
        let length = u32::from_be_bytes(head[8..12].try_into().unwrap()) as usize;
        let body = &file[at + 16..at + 16 + length];
        // The tags end with one of no number and no length; they are 52 octets between two IPv4 addresses.
        let message = &body[52..];
        if message[2] & 0x80 != 0 {
            chain.push([&u16::try_from(message.len()).unwrap().to_be_bytes(), message].concat());
        }
        at += 16 + length;
    }
    chain
}

#[test]
fn a_chain_with_any_octet_wrong_is_followed_without_a_panic() {
    let chain = a_chain();
    assert!(chain.len() > 8, "{}", chain.len());
    let whole = chain.concat();
    foreign(&whole);
    for at in (0..whole.len()).step_by(7) {
        let mut wrong = whole.clone();
        wrong[at] ^= 0x55;
        foreign(&wrong);
    }
}

proptest::proptest! {
    #[test]
    fn no_answer_makes_it_panic(octets in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
        foreign(&octets);
    }

    #[test]
    fn no_anchor_makes_it_panic(text in "\\PC{0,80}", fields in "(\\. )?(IN )?(DS|DNSKEY)( [0-9a-zA-Z+/=]{0,8}){0,5}") {
        let _ = (Anchors::read(Some(&text)), Anchors::read(Some(&fields)));
    }
}

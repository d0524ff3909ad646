//! A whole machine that is wrong about names, in namespaces of its own: its resolver lies, its hosts file is poisoned, two of
//! its programs remember. Needs the rights of the administrator.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use dossier::{FixedClock, Instant, Outcome, Software, op};
use fixtures::resolver::unpacked;
use fixtures::{Resolver, ResolverManners, Zones};
use probes::{Asked, Fact, ResolverAddress, Sources, World};
use serde_json::json;

/// Set in the copy of this test that runs inside the namespaces.
const INSIDE: &str = "CONSTAT_TEST_INSIDE";

#[test]
fn a_machine_that_is_wrong_about_names() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let this = std::env::current_exe().unwrap();
    let output = Command::new("unshare")
        .args(["--mount", "--net", "--pid", "--fork", "--mount-proc"])
        .arg(this)
        .args(["--exact", "a_machine_that_is_wrong_about_names", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .expect("unshare, of util-linux");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "inside the namespaces (root is needed to make them): {text}");
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
}

/// A folder of the system that this machine alone sees, with what it holds already.
fn over(folder: &str, work: &Path) {
    let name = folder.replace('/', "-");
    let (upper, inner) = (work.join(format!("u{name}")), work.join(format!("w{name}")));
    fs::create_dir_all(&upper).unwrap();
    fs::create_dir_all(&inner).unwrap();
    let options = format!("lowerdir={folder},upperdir={},workdir={}", upper.display(), inner.display());
    run("mount", &["-t", "overlay", "overlay", "-o", &options, folder]);
}

fn wrong_machine() {
    run("ip", &["link", "set", "lo", "up"]);
    run("mount", &["-t", "tmpfs", "none", "/run"]);
    let work = Path::new("/run/essai");
    fs::create_dir_all(work).unwrap();
    over("/usr/sbin", work);
    over("/etc", work);
    for (package, path) in [("nscd", "usr/sbin/nscd"), ("unbound", "usr/sbin/unbound-control")] {
        let to = Path::new("/").join(path);
        if unpacked(package, path) != to {
            fs::copy(unpacked(package, path), to).unwrap();
        }
    }
    fs::write("/etc/nscd.conf", "enable-cache hosts yes\npersistent hosts no\nshared hosts no\n").unwrap();
    fs::write("/etc/resolv.conf", "nameserver 127.0.0.1\n").unwrap();
    fs::write("/etc/nsswitch.conf", "hosts: files dns\n").unwrap();
    fs::write("/etc/hosts", "127.0.0.1 localhost\n45.76.66.99 piege.essai\n").unwrap();
    fs::create_dir_all("/etc/unbound").unwrap();
    for folder in ["/run/nscd", "/var/cache/nscd"] {
        fs::create_dir_all(folder).unwrap();
    }
}

fn inside() {
    wrong_machine();
    let zones = Zones::create().unwrap();
    let address = |text: &str| -> SocketAddr { text.parse().unwrap() };
    let configuration = Path::new("/etc/unbound/unbound.conf");
    let _lying = Resolver::start_at(&zones, ResolverManners::Lying, address("127.0.0.1:53"), configuration).unwrap();
    let honest = address("127.0.0.2:53");
    let _honest =
        Resolver::start_at(&zones, ResolverManners::Honest, honest, Path::new("/run/essai/honnete.conf")).unwrap();
    run("nscd", &[]);

    let start = Instant::from_millisecond(1_795_000_000_000).unwrap();
    let world = World::this_machine(Arc::new(FixedClock::new(start, Duration::ZERO)));
    let software = Software { name: "constat".into(), version: "0".into(), binary_sha256: None };
    let sources = Sources {
        resolvers: vec![ResolverAddress(honest)],
        dns_anchors: Some(zones.dnskey().to_owned()),
        ..Sources::default()
    };
    let hosts: Vec<String> = ["www.essai", "www.libre", "piege.essai"].map(str::to_owned).to_vec();
    let (origins, folders, clock) = (&[], &[], None);
    let asked = Asked { sources: &sources, hosts: &hosts, origins, place: None, software: &software, folders, clock };
    let facts = probes::before(&world, &asked, &|_| ());
    let of = |operation| -> &Fact { facts.iter().find(|fact| fact.op == operation).unwrap() };

    let resolvers = of(op::MEASURE_RESOLVERS);
    assert_eq!(resolvers.data["servers"], json!(["127.0.0.1"]));
    assert_eq!(resolvers.data["seen"][0]["identity"], "resolveur d'essai", "{:#}", resolvers.data);
    let file = of(op::MEASURE_HOSTS);
    assert_eq!((file.outcome, &file.data["targets"]), (Outcome::Deviation, &json!(["piege.essai"])), "{:#}", file.data);
    // The lies are in the configuration of the machine's own resolver too.
    assert_eq!(file.data["rule_targets"], json!(["piege.essai", "www.essai", "www.libre"]), "{:#}", file.data);

    let names = of(op::MEASURE_NAMES);
    let comparisons: Vec<&str> =
        names.data["hosts"].as_array().unwrap().iter().filter_map(|host| host["comparison"].as_str()).collect();
    assert_eq!(comparisons, ["contradicted", "different", "local_only"], "{:#}", names.data);
    assert_eq!(names.outcome, Outcome::Deviation);
    let programs = &names.data["hosts"][2]["system"][1];
    assert_eq!(programs["addresses"], json!(["45.76.66.99"]), "{:#}", names.data);

    let purged = of(op::CLEAN_DNS);
    assert_eq!((purged.outcome, &purged.data["purged"]), (Outcome::Ok, &json!(true)), "{:#}", purged.data);
    let caches: Vec<(&str, &str)> = purged.data["caches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cache| (cache["name"].as_str().unwrap(), cache["command"].as_str().unwrap()))
        .collect();
    assert_eq!(caches, [("nscd", "nscd --invalidate=hosts"), ("unbound", "unbound-control flush_zone .")]);
}

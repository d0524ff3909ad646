//! The network as this machine sees it: interfaces, routes, resolvers, proxies, tunnels, the hosts file.
use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use dossier::{Outcome, op};
use serde_json::{Value, json};

use crate::{Asked, Fact, World};

mod address;
mod diagram;
mod firewall;
mod hops;
mod interception;
mod interfaces;
mod proxy;
mod quality;
mod reach;
mod routes;
mod stun;
mod trace;
mod tunnel;

pub use interception::{NotPublic, Verified, pem_certificates, public_root, relay_signs};
pub use proxy::policies;
pub use stun::{StunAnswer, read_stun};

/// How long a program of the system may take.
const LOCAL: Duration = Duration::from_secs(3);
/// Gateways told at most.
const GATEWAYS: usize = 8;

/// What this machine says of its own network, before the first page.
pub(crate) fn local(world: &World, asked: &Asked<'_>) -> Vec<Fact> {
    thread::scope(|scope| {
        let running = [
            scope.spawn(|| network(world, asked, "")),
            scope.spawn(|| proxy::proxy(world, asked, "")),
            scope.spawn(|| tunnel::tunnel(world)),
            scope.spawn(|| firewall::firewall(world)),
        ];
        running.into_iter().filter_map(|task| task.join().ok()).collect()
    })
}

/// The same at the end.
pub(crate) fn local_again(world: &World, asked: &Asked<'_>) -> Vec<Fact> {
    vec![network(world, asked, "-fin"), proxy::proxy(world, asked, "-fin"), tunnel::tunnel(world)]
}

/// What others say of this machine: its public address, how well it reaches them, what stands between.
pub(crate) fn outside(world: &World, asked: &Asked<'_>) -> Vec<Fact> {
    thread::scope(|scope| {
        // Who provides the access is asked of the registries by the address that was found.
        let public = scope.spawn(|| {
            let fact = address::public(asked, "");
            let addresses: Vec<IpAddr> =
                ["ipv4", "ipv6"].iter().filter_map(|key| fact.data[*key].as_str()?.parse().ok()).collect();
            let provider = crate::registration::provider(world, asked.sources, &addresses);
            vec![fact, provider]
        });
        let running = [
            scope.spawn(|| quality::quality(world, asked)),
            scope.spawn(|| trace::route(asked)),
            scope.spawn(|| interception::interception(world, asked)),
        ];
        let others: Vec<Fact> = running.into_iter().filter_map(|task| task.join().ok()).collect();
        public.join().unwrap_or_default().into_iter().chain(others).collect()
    })
}

/// The same at the end.
pub(crate) fn outside_again(_world: &World, asked: &Asked<'_>) -> Vec<Fact> {
    vec![address::public(asked, "-fin")]
}

/// Interfaces, routes and neighbours, and their picture.
fn network(world: &World, asked: &Asked<'_>, suffix: &str) -> Fact {
    let routes = routes::read(world);
    let (interfaces, rest) = interfaces::read(world, &routes);
    let mut gateways: Vec<(IpAddr, String)> = Vec::new();
    for route in routes.list.iter().filter(|route| route.is_wide()) {
        let gateway = route.via.map(|via| (via, route.device.clone()));
        gateways.extend(gateway.filter(|gateway| gateways.len() < GATEWAYS && !gateways.contains(gateway)));
    }
    let told: Vec<Value> = interfaces.iter().map(interfaces::Interface::told).collect();
    let declared = &asked.sources.declared;
    let data = json!({
        "interfaces": told, "routes": routes.list.iter().map(routes::Route::told).collect::<Vec<_>>(),
        "neighbours": routes.neighbours.iter().map(routes::Neighbour::told).collect::<Vec<_>>(),
        "gateways": gateways.iter().map(|(a, d)| json!({"address": a.to_string(), "interface": d})).collect::<Vec<_>>(),
        "other_addresses": rest.iter().map(ToString::to_string).collect::<Vec<_>>(), "router": declared.router,
        "how": "/sys/class/net, « ip -j addr », « ip -j route » et « ip -j neigh », ou à défaut /proc/net (fib_trie, if_inet6, route, \
                ipv6_route, arp) ; « iw » pour le nom du réseau sans fil ; routeur déclaré par l'officier",
    });
    let asked_of_system: Vec<Value> =
        routes.raw.iter().map(|(asked, answer)| json!({"asked": asked, "answer": answer})).collect();
    let raw = serde_json::to_vec_pretty(&json!({"measure": data, "answers": asked_of_system})).unwrap_or_default();
    let name = world.line("/proc/sys/kernel/hostname").or_else(|| world.line("/etc/hostname"));
    let text = world.text("/etc/resolv.conf").unwrap_or_default();
    let servers = text.lines().filter_map(|l| l.trim().strip_prefix("nameserver")).map(|l| l.trim().to_owned());
    let svg = diagram::svg(&diagram::Picture {
        machine: name.as_deref().unwrap_or("sans nom"),
        interfaces: &interfaces,
        gateways: &gateways,
        neighbours: &routes.neighbours,
        resolvers: &servers.collect::<Vec<_>>(),
        router: declared.router.as_deref(),
        provider: declared.provider.as_deref(),
        access: declared.access.as_deref(),
    });
    let fact = Fact::new(op::MEASURE_NETWORK, Outcome::Ok, data);
    let fact = fact.with(&format!("reseau{suffix}.json"), "application/json", raw);
    fact.with(&format!("reseau{suffix}.svg"), "image/svg+xml", svg.into_bytes())
}

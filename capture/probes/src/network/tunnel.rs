//! Tunnels: interfaces, routes through them, programs that make them, IPsec policies, IPv6 carried over IPv4.
use std::net::IpAddr;

use dossier::op;
use serde_json::json;

use super::{LOCAL, interfaces, routes};
use crate::{Fact, World};

/// Programs that carry traffic elsewhere, as /proc/PID/comm names them (15 octets).
const PROGRAMS: &[&str] = &[
    "openvpn",
    "wireguard-go",
    "boringtun",
    "boringtun-cli",
    "charon",
    "charon-systemd",
    "pluto",
    "racoon",
    "iked",
    "xl2tpd",
    "pppd",
    "pptp",
    "openconnect",
    "vpnc",
    "openfortivpn",
    "tailscaled",
    "zerotier-one",
    "nordvpnd",
    "mullvad-daemon",
    "expressvpnd",
    "protonvpn",
    "proton-vpn",
    "warp-svc",
    "sshuttle",
    "tor",
    "miredo",
    "sing-box",
    "xray",
    "v2ray",
    "redsocks",
    "tun2socks",
    "hysteria",
    "ss-redir",
    "ss-local",
];
/// Ports of the machine that IPsec, L2TP, OpenVPN and WireGuard use when nothing else is said.
const PORTS: &[(u16, &str)] =
    &[(500, "IKE"), (4500, "IPsec (NAT-T)"), (1701, "L2TP"), (1194, "OpenVPN"), (51820, "WireGuard")];
const HOW: &str = "/sys/class/net (type de liaison, tun_flags, uevent, nom, état), routes de toutes les tables (« ip -j route » ou \
                   /proc/net), /proc/*/comm, /proc/net/udp et udp6, « ip xfrm policy », adresses 6to4 et Teredo";

/// Every trace of a tunnel.
pub(super) fn tunnel(world: &World) -> Fact {
    let routes = routes::read(world);
    let (all, _) = interfaces::read(world, &routes);
    let (used, idle): (Vec<_>, Vec<_>) =
        all.iter().filter(|i| i.kind == "tunnel").partition(|i| i.on || !i.addresses.is_empty());
    let name = |list: &[&interfaces::Interface]| -> Vec<String> { list.iter().map(|i| i.name.clone()).collect() };
    let tunnels = name(&used);
    let through: Vec<String> =
        routes.list.iter().filter(|r| tunnels.contains(&r.device)).map(routes::Route::told).collect();
    let wide: Vec<&routes::Route> = routes.list.iter().filter(|r| r.is_wide() && !r.device.is_empty()).collect();
    let default: Vec<String> = wide.iter().map(|r| r.told()).collect();
    let everything = wide.iter().any(|r| tunnels.contains(&r.device));
    let transition: Vec<String> = all
        .iter()
        .flat_map(|i| {
            i.addresses.iter().filter_map(move |a| carried(*a).map(|what| format!("{a} ({what}, {})", i.name)))
        })
        .collect();
    let (programs, ports, ipsec) = (programs(world), ports(world), ipsec(world));
    let good = tunnels.is_empty()
        && transition.is_empty()
        && programs.is_empty()
        && ports.is_empty()
        && ipsec.is_none_or(|count| count == 0);
    let data = json!({
        "interfaces": tunnels, "idle": name(&idle), "routes": through, "default_routes": default,
        "all_traffic": everything, "transition": transition, "programs": programs, "ports": ports,
        "ipsec_policies": ipsec, "how": HOW,
    });
    Fact::judged(op::MEASURE_TUNNEL, good, data)
}

/// An IPv6 address whose packets travel in IPv4 (RFC 3056, RFC 4380).
fn carried(address: IpAddr) -> Option<&'static str> {
    let IpAddr::V6(address) = address else { return None };
    match address.segments() {
        [0x2002, ..] => Some("6to4"),
        [0x2001, 0, ..] => Some("Teredo"),
        [_, _, _, _, 0 | 0x200, 0x5efe, _, _] => Some("ISATAP"),
        _ => None,
    }
}

fn programs(world: &World) -> Vec<String> {
    let numbers = world.names("/proc").into_iter().filter(|name| name.bytes().all(|b| b.is_ascii_digit()));
    let mut found: Vec<String> =
        numbers.filter_map(|pid| world.line(&format!("/proc/{pid}/comm"))).filter(|n| is_relay(n)).collect();
    found.sort();
    found.dedup();
    found
}

fn is_relay(name: &str) -> bool {
    // The kernel cuts a name at 15 octets.
    PROGRAMS.iter().any(|program| *program == name || (name.len() == 15 && program.starts_with(name)))
}

/// UDP sockets of those ports, whatever holds them (in the kernel for WireGuard).
fn ports(world: &World) -> Vec<String> {
    let lines = ["/proc/net/udp", "/proc/net/udp6"].map(|file| world.text(file).unwrap_or_default());
    let open = |port: u16| {
        lines.iter().flat_map(|text| text.lines().skip(1)).any(|line| {
            let mut fields = line.split_whitespace().skip(1);
            let (local, remote) = (fields.next(), fields.next());
            let number = |end: Option<&str>| end?.rsplit_once(':').and_then(|(_, p)| u16::from_str_radix(p, 16).ok());
            // A socket bound to a peer is one that asks: a random port may be one of these.
            number(local) == Some(port) && number(remote) == Some(0)
        })
    };
    PORTS.iter().filter(|(port, _)| open(*port)).map(|(port, what)| format!("{port}/udp ({what})")).collect()
}

/// Policies of IPsec in the kernel; unknown without the rights to list them.
fn ipsec(world: &World) -> Option<usize> {
    let answer = world.run("ip", &["xfrm", "policy"], LOCAL).ok().filter(|answer| answer.code == Some(0))?;
    let text = String::from_utf8_lossy(&answer.out).into_owned();
    // Policies of a socket (`socket in`…) are those of an IKE daemon's own exchanges.
    let blocks = text.split("\nsrc ").filter(|block| !block.trim().is_empty());
    Some(blocks.filter(|block| !block.contains("\tsocket ")).count())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::Ipv6Addr;

    use dossier::Outcome;
    use serde_json::Value;

    use super::*;
    use crate::test_support::world_at;

    /// Paths and texts.
    type Files<'a> = &'a [(&'a str, &'a str)];

    /// A system with these files.
    fn told(files: Files<'_>) -> (Outcome, Value) {
        let folder = tempfile::tempdir().unwrap();
        let wired = [("sys/class/net/eth0/type", "1"), ("sys/class/net/eth0/flags", "0x1003")];
        for (path, text) in wired.iter().chain(files) {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let fact = tunnel(&world_at(folder.path()));
        (fact.outcome, fact.data)
    }

    #[test]
    fn a_machine_without_any_is_as_asked() {
        let (outcome, data) = told(&[("proc/1/comm", "systemd\n")]);
        assert_eq!((outcome, &data["interfaces"]), (Outcome::Ok, &json!([])));
    }

    #[test]
    fn each_trace_of_a_tunnel_is_a_deviation() {
        let none = "0".repeat(32);
        let teredo = "200100005ef579fd0000000000000001 02 40 00 80 eth0";
        let route = "eth0 dst\nwg0 00000000 00000000 0001 0 0 0 00000080 0 0 0\n";
        let socket = format!("  sl  local_address\n   0: {none}:CA6C {none}:0000 07\n");
        let cases: [(&str, Files<'_>, &str); 6] = [
            ("interfaces", &[("sys/class/net/wg0/type", "65534"), ("sys/class/net/wg0/flags", "0x91")], "wg0"),
            (
                "interfaces",
                &[("sys/class/net/office/type", "1"), ("sys/class/net/office/tun_flags", "0x1001")],
                "office",
            ),
            ("routes", &[("sys/class/net/wg0/type", "65534"), ("proc/net/route", route)], "0.0.0.0/1 dev wg0"),
            ("programs", &[("proc/77/comm", "openvpn\n")], "openvpn"),
            ("ports", &[("proc/net/udp6", &socket)], "51820/udp (WireGuard)"),
            ("transition", &[("proc/net/if_inet6", teredo)], "2001:0:5ef5:79fd::1 (Teredo, eth0)"),
        ];
        for (field, files, expected) in cases {
            let (outcome, data) = told(files);
            assert_eq!((outcome, data[field].clone()), (Outcome::Deviation, json!([expected])), "{data}");
        }
    }

    #[test]
    fn a_device_that_a_module_left_there_carries_nothing() {
        let (outcome, data) = told(&[("sys/class/net/tunl0/type", "768"), ("sys/class/net/tunl0/flags", "0x80")]);
        assert_eq!((outcome, &data["idle"], &data["interfaces"]), (Outcome::Ok, &json!(["tunl0"]), &json!([])));
    }

    #[test]
    fn a_long_name_is_cut_by_the_kernel() {
        assert!(is_relay("openvpn") && is_relay("mullvad-daemon") && !is_relay("open") && !is_relay("bash"));
        assert_eq!(carried(Ipv6Addr::LOCALHOST.into()), None);
        assert_eq!(carried("2002:c000:201::1".parse().unwrap()), Some("6to4"));
    }
}

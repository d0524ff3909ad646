//! The routes and the neighbours of the machine, IPv4 and IPv6: from `ip`, or from /proc where it is not there.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::LOCAL;
use crate::World;

/// Lines kept at most of each list: a router's table has a million.
const MOST: usize = 512;
/// Kinds of routes of the local table (rtnetlink(7)): addresses of the machine itself, told with its interfaces.
const OWN: &[&str] = &["local", "broadcast", "anycast", "multicast"];

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Route {
    /// First address of what it leads to.
    pub(super) network: IpAddr,
    /// Length of the prefix.
    pub(super) length: u8,
    pub(super) via: Option<IpAddr>,
    /// Empty when it leads nowhere (`unreachable`…).
    pub(super) device: String,
    /// Table that is not the main one, or the kind that is not `unicast`.
    pub(super) remark: Option<String>,
}

impl Route {
    /// Whether it leads to a good part of the internet: the default, or the halves that VPN programs put over it.
    pub(super) fn is_wide(&self) -> bool {
        match self.network {
            IpAddr::V4(network) => self.length <= 1 && !network.is_multicast(),
            IpAddr::V6(network) => self.length <= 3 && !network.is_multicast(),
        }
    }

    /// Whether `address` is in what it leads to.
    pub(super) fn holds(&self, address: IpAddr) -> bool {
        let (own, other, width) = match (self.network, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (u128::from(u32::from(own)), u128::from(u32::from(other)), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => (u128::from(own), u128::from(other), 128),
            _ => return false,
        };
        let shift = u32::from(width - self.length.min(width));
        own.checked_shr(shift).unwrap_or(0) == other.checked_shr(shift).unwrap_or(0)
    }

    /// As the journal tells it.
    pub(super) fn told(&self) -> String {
        let mut text = format!("{}/{}", self.network, self.length);
        if let Some(via) = self.via {
            text.push_str(&format!(" via {via}"));
        }
        if !self.device.is_empty() {
            text.push_str(&format!(" dev {}", self.device));
        }
        if let Some(remark) = &self.remark {
            text.push_str(&format!(" ({remark})"));
        }
        text
    }
}

/// What was read, and the raw answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Routes {
    pub(super) list: Vec<Route>,
    /// Address, link address, interface, state.
    pub(super) neighbours: Vec<Neighbour>,
    /// What was asked and answered, for the evidence.
    pub(super) raw: Vec<(String, String)>,
}

/// Another machine of the local network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Neighbour {
    pub(super) address: IpAddr,
    pub(super) mac: String,
    pub(super) device: String,
}

impl Neighbour {
    /// As the journal tells it.
    pub(super) fn told(&self) -> String {
        format!("{} {} dev {}", self.address, self.mac, self.device)
    }
}

/// Reads both families.
pub(super) fn read(world: &World) -> Routes {
    let mut found = Routes::default();
    let files = [("-4", "/proc/net/route"), ("-6", "/proc/net/ipv6_route")];
    for (family, file) in files {
        let arguments = ["-j", family, "route", "show", "table", "all"];
        if let Some(routes) = answer(world, &arguments, &mut found.raw).and_then(|json| routes_of_ip(&json)) {
            found.list.extend(routes);
        } else if let Some(text) = world.text(file) {
            let read = if family == "-4" { proc_v4 } else { proc_v6 };
            found.list.extend(text.lines().filter_map(read));
            found.raw.push((file.to_owned(), text));
        }
    }
    let asked = answer(world, &["-j", "neigh"], &mut found.raw).and_then(|json| neighbours_of_ip(&json));
    found.neighbours = asked.unwrap_or_else(|| {
        let text = world.text("/proc/net/arp").unwrap_or_default();
        let neighbours = text.lines().skip(1).filter_map(arp).collect();
        found.raw.push(("/proc/net/arp".into(), text));
        neighbours
    });
    found.list.sort();
    found.list.dedup();
    found.neighbours.sort();
    found.list.truncate(MOST);
    found.neighbours.truncate(MOST);
    found
}

fn answer(world: &World, arguments: &[&str], raw: &mut Vec<(String, String)>) -> Option<Value> {
    let answer = world.run("ip", arguments, LOCAL).ok().filter(|answer| answer.code == Some(0))?;
    raw.push((format!("ip {}", arguments.join(" ")), String::from_utf8_lossy(&answer.out).into_owned()));
    // `ip` says nothing at all where a table is empty.
    if answer.out.iter().all(u8::is_ascii_whitespace) {
        return Some(Value::Array(Vec::new()));
    }
    serde_json::from_slice(&answer.out).ok()
}

fn routes_of_ip(json: &Value) -> Option<Vec<Route>> {
    let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let one = |entry: &Value| {
        let kind = text(entry, "type").unwrap_or_else(|| "unicast".into());
        if OWN.contains(&kind.as_str()) {
            return None;
        }
        let gateway = text(entry, "gateway").or_else(|| {
            let via = entry.pointer("/via/host").or_else(|| entry.pointer("/nexthops/0/gateway"));
            via.and_then(Value::as_str).map(str::to_owned)
        });
        let via = gateway.and_then(|g| g.parse::<IpAddr>().ok());
        let device = text(entry, "dev").or_else(|| Some(entry.pointer("/nexthops/0/dev")?.as_str()?.to_owned()));
        let destination = text(entry, "dst")?;
        let six = via.is_some_and(|via| via.is_ipv6()) || destination.contains(':');
        let (network, length) = destination_of(&destination, six)?;
        let table = text(entry, "table").filter(|table| table != "main").map(|table| format!("table {table}"));
        let remark = table.or_else(|| (kind != "unicast").then_some(kind));
        Some(Route { network, length, via, device: device.unwrap_or_default(), remark })
    };
    Some(json.as_array()?.iter().filter_map(one).collect())
}

fn destination_of(text: &str, six: bool) -> Option<(IpAddr, u8)> {
    if text == "default" {
        return Some(if six { (Ipv6Addr::UNSPECIFIED.into(), 0) } else { (Ipv4Addr::UNSPECIFIED.into(), 0) });
    }
    let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
    let address: IpAddr = address.parse().ok()?;
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(whole), |l| l.parse().ok())?;
    (length <= whole).then_some((address, length))
}

/// A line of /proc/net/route: words of the machine's own order, here little-endian.
fn proc_v4(line: &str) -> Option<Route> {
    let address = |hex: &str| u32::from_str_radix(hex, 16).ok().map(|n| Ipv4Addr::from(n.swap_bytes()));
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [name, destination, gateway, _, _, _, _, mask, ..] = fields[..] else { return None };
    let (to, via, mask) = (address(destination)?, address(gateway)?, address(mask)?);
    let length = u8::try_from(u32::from(mask).count_ones()).ok()?;
    let via = (!via.is_unspecified()).then_some(IpAddr::V4(via));
    Some(Route { network: to.into(), length, via, device: name.into(), remark: None })
}

/// A line of /proc/net/ipv6_route; addresses of the machine itself, of loopback and of multicast are left out.
fn proc_v6(line: &str) -> Option<Route> {
    let address = |hex: &str| u128::from_str_radix(hex, 16).ok().map(Ipv6Addr::from);
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [to, length, _, _, via, _, _, _, flags, name] = fields[..] else { return None };
    let (to, via) = (address(to)?, address(via)?);
    let length = u8::from_str_radix(length, 16).ok().filter(|length| *length <= 128)?;
    let own = u32::from_str_radix(flags, 16).ok()? & 0x8000_0000 != 0;
    if own || to.is_multicast() || name == "lo" {
        return None;
    }
    let via = (!via.is_unspecified()).then_some(IpAddr::V6(via));
    Some(Route { network: to.into(), length, via, device: name.into(), remark: None })
}

fn neighbours_of_ip(json: &Value) -> Option<Vec<Neighbour>> {
    let one = |entry: &Value| {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let (address, mac, device) = (text("dst")?.parse().ok()?, text("lladdr")?.to_owned(), text("dev")?.to_owned());
        Some(Neighbour { address, mac, device })
    };
    Some(json.as_array()?.iter().filter_map(one).collect())
}

fn arp(line: &str) -> Option<Neighbour> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [address, _, flags, mac, _, device] = fields[..] else { return None };
    // 0x0: asked for, never answered.
    if flags == "0x0" {
        return None;
    }
    Some(Neighbour { address: address.parse().ok()?, mac: mac.into(), device: device.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ip_answers() {
        let json = serde_json::json!([
            {"dst": "default", "gateway": "192.0.2.1", "dev": "eth0"},
            {"dst": "default", "gateway": "fd00::1", "dev": "eth0", "table": "51820"},
            {"dst": "198.51.100.0/24", "dev": "wg0"},
            {"type": "local", "dst": "192.0.2.2", "dev": "eth0", "table": "local"},
            {"type": "unreachable", "dst": "203.0.113.0/24"},
            {"dst": "0.0.0.0/99", "dev": "x"},
            {"dst": 4},
        ]);
        let told: Vec<String> = routes_of_ip(&json).unwrap().iter().map(Route::told).collect();
        assert_eq!(
            told,
            [
                "0.0.0.0/0 via 192.0.2.1 dev eth0",
                "::/0 via fd00::1 dev eth0 (table 51820)",
                "198.51.100.0/24 dev wg0",
                "203.0.113.0/24 (unreachable)"
            ]
        );
        assert_eq!(routes_of_ip(&Value::Null), None);
    }

    #[test]
    fn what_proc_says() {
        let line = "eth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0";
        assert_eq!(proc_v4(line).unwrap().told(), "0.0.0.0/0 via 192.0.2.1 dev eth0");
        let none = "00000000000000000000000000000000";
        let v6 =
            format!("{none} 00 {none} 00 fd000000000000000000000000000001 00000400 00000001 00000000 00000003 eth0");
        let route = proc_v6(&v6).unwrap();
        assert_eq!(route.told(), "::/0 via fd00::1 dev eth0");
        assert!(route.is_wide());
        assert_eq!(proc_v4("eth0 zz"), None);
        assert_eq!(proc_v6("zz"), None);
    }

    #[test]
    fn an_address_is_in_a_network() {
        let (network, length) = destination_of("192.0.2.0/24", false).unwrap();
        let route = Route { network, length, via: None, device: "a".into(), remark: None };
        assert!(route.holds("192.0.2.77".parse().unwrap()));
        assert!(!route.holds("192.0.3.77".parse().unwrap()));
        assert!(!route.holds("::1".parse().unwrap()));
        assert!(!route.is_wide());
        let (network, length) = destination_of("::/0", true).unwrap();
        assert!(Route { network, length, ..route }.holds("2001:db8::1".parse().unwrap()));
    }
}

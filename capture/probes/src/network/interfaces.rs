//! The interfaces of the machine: what each is, its addresses, its speed, its driver, the name of its wireless network.
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use super::LOCAL;
use super::routes::{Route, Routes};
use crate::World;

/// Interfaces told at most: a machine with containers may have hundreds.
const MOST: usize = 64;

/// One interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) name: String,
    pub(super) mac: Option<String>,
    pub(super) kind: &'static str,
    /// `up`, `down`, `unknown`, as the kernel says (`operstate`).
    pub(super) state: Option<String>,
    /// Switched on by the system (`IFF_UP`); what does not say so is taken as on.
    pub(super) on: bool,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) speed_mbits: Option<u32>,
    pub(super) duplex: Option<String>,
    pub(super) driver: Option<String>,
    pub(super) mtu: Option<u32>,
    pub(super) ssid: Option<String>,
}

impl Interface {
    /// As the journal tells it.
    pub(super) fn told(&self) -> Value {
        let addresses: Vec<String> = self.addresses.iter().map(ToString::to_string).collect();
        json!({
            "name": self.name, "mac": self.mac, "kind": self.kind, "state": self.state, "addresses": addresses,
            "speed_mbits": self.speed_mbits, "duplex": self.duplex, "driver": self.driver, "mtu": self.mtu,
            "ssid": self.ssid,
        })
    }
}

/// The names of the interfaces.
pub(super) fn names(world: &World) -> Vec<String> {
    let mut names = world.names("/sys/class/net");
    // `bonding_masters` is a file beside the folders.
    names.retain(|name| world.exists(&format!("/sys/class/net/{name}/type")));
    names.truncate(MOST);
    names
}

/// Every interface, with its addresses; beside them, local addresses that belong to none that is known.
pub(super) fn read(world: &World, routes: &Routes) -> (Vec<Interface>, Vec<IpAddr>) {
    let (mut addresses, rest) = addresses(world, &routes.list);
    let one = |name: String| {
        let attribute = |file: &str| world.line(&format!("/sys/class/net/{name}/{file}"));
        let flags = attribute("flags").and_then(|f| u32::from_str_radix(f.trim_start_matches("0x"), 16).ok());
        let kind = kind(world, &name);
        Interface {
            mac: attribute("address").filter(|mac| mac != "00:00:00:00:00:00"),
            kind,
            state: attribute("operstate"),
            on: flags.is_none_or(|flags| flags & 1 == 1),
            addresses: addresses.remove(&name).unwrap_or_default(),
            // -1 when the link is down or has no speed.
            speed_mbits: attribute("speed").and_then(|s| s.parse().ok()),
            duplex: attribute("duplex").filter(|d| d != "unknown"),
            driver: driver(world, &name),
            mtu: attribute("mtu").and_then(|m| m.parse().ok()),
            ssid: (kind == "wifi").then(|| ssid(world, &name)).flatten(),
            name,
        }
    };
    (names(world).into_iter().map(one).collect(), rest)
}

fn driver(world: &World, name: &str) -> Option<String> {
    let link = std::fs::read_link(world.path(&format!("/sys/class/net/{name}/device/driver"))).ok()?;
    link.file_name().map(|name| name.to_string_lossy().into_owned())
}

/// The name of the wireless network: `iw` tells it to anybody.
fn ssid(world: &World, name: &str) -> Option<String> {
    let answer = world.run("iw", &["dev", name, "link"], LOCAL).ok()?;
    let text = String::from_utf8_lossy(&answer.out).into_owned();
    text.lines().find_map(|line| line.trim().strip_prefix("SSID: ").map(str::to_owned))
}

/// `loopback`, `wifi`, `tunnel`, `virtual` or `wired`.
pub(super) fn kind(world: &World, name: &str) -> &'static str {
    let at = |file: &str| world.exists(&format!("/sys/class/net/{name}/{file}"));
    let hardware = world.line(&format!("/sys/class/net/{name}/type")).unwrap_or_default();
    if hardware == "772" {
        "loopback"
    } else if at("wireless") || at("phy80211") {
        "wifi"
    } else if is_tunnel(world, name, &hardware) {
        "tunnel"
    } else if at("device") {
        "wired"
    } else {
        "virtual"
    }
}

/// Point-to-point links, TUN/TAP devices, WireGuard and the names VPN programs use (ARPHRD numbers of `if_arp.h`:
/// PPP, IP in IP, IPv6 in IP, IPv6 in IPv6, GRE, no header).
fn is_tunnel(world: &World, name: &str, hardware: &str) -> bool {
    let named = ["tun", "tap", "wg", "ppp", "ipsec", "tailscale", "nordlynx", "proton", "teredo", "zt"];
    let kind = world.text(&format!("/sys/class/net/{name}/uevent")).unwrap_or_default();
    world.exists(&format!("/sys/class/net/{name}/tun_flags"))
        || kind.lines().any(|line| line == "DEVTYPE=wireguard" || line == "DEVTYPE=ppp")
        || matches!(hardware, "512" | "768" | "769" | "776" | "778" | "823" | "65534")
        || named.iter().any(|prefix| name.starts_with(prefix))
}

/// Addresses by interface: from `ip`, or for IPv6 from /proc and for IPv4 from the local table and the routes.
fn addresses(world: &World, routes: &[Route]) -> (BTreeMap<String, Vec<IpAddr>>, Vec<IpAddr>) {
    let answer = world.run("ip", &["-j", "addr"], LOCAL).ok().filter(|answer| answer.code == Some(0));
    if let Some(all) = answer.and_then(|answer| from_ip(&answer.out)) {
        return (all, Vec::new());
    }
    let mut all = from_if_inet6(&world.text("/proc/net/if_inet6").unwrap_or_default());
    let mut rest = Vec::new();
    for address in local_v4(&world.text("/proc/net/fib_trie").unwrap_or_default()) {
        match home(address, routes) {
            Some(name) => all.entry(name).or_default().insert(0, IpAddr::V4(address)),
            None => rest.push(IpAddr::V4(address)),
        }
    }
    (all, rest)
}

/// The answer of `ip -j addr`.
pub(super) fn from_ip(bytes: &[u8]) -> Option<BTreeMap<String, Vec<IpAddr>>> {
    let Ok(Value::Array(links)) = serde_json::from_slice(bytes) else { return None };
    let mut all: BTreeMap<String, Vec<IpAddr>> = BTreeMap::new();
    for link in &links {
        let Some(name) = link.get("ifname").and_then(Value::as_str) else { continue };
        let entries = link.get("addr_info").and_then(Value::as_array).into_iter().flatten();
        let local = entries.filter_map(|entry| entry.get("local").and_then(Value::as_str));
        all.entry(name.to_owned()).or_default().extend(local.filter_map(|text| text.parse::<IpAddr>().ok()));
    }
    Some(all)
}

fn from_if_inet6(text: &str) -> BTreeMap<String, Vec<IpAddr>> {
    let mut all: BTreeMap<String, Vec<IpAddr>> = BTreeMap::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if let [hex, _, _, _, _, name] = fields[..]
            && let Ok(number) = u128::from_str_radix(hex, 16)
        {
            all.entry(name.to_owned()).or_default().push(IpAddr::V6(Ipv6Addr::from(number)));
        }
    }
    all
}

fn local_v4(text: &str) -> BTreeSet<Ipv4Addr> {
    let (mut local, mut last) = (BTreeSet::new(), None);
    for line in text.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse::<Ipv4Addr>().ok();
        } else if line.contains("/32 host LOCAL") {
            local.extend(last);
        }
    }
    local
}

/// The interface whose own network holds the address: the most precise of its routes without a gateway.
fn home(address: Ipv4Addr, routes: &[Route]) -> Option<String> {
    if address.is_loopback() {
        return Some("lo".into());
    }
    let own = routes.iter().filter(|route| route.via.is_none() && route.holds(IpAddr::V4(address)));
    own.max_by_key(|route| route.length).map(|route| route.device.clone())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::test_support::{world, world_at};

    #[test]
    fn loopback_is_seen_and_is_no_tunnel() {
        assert!(names(&world()).contains(&"lo".to_owned()));
        assert_eq!(kind(&world(), "lo"), "loopback");
    }

    #[test]
    fn an_interface_is_read_from_files_alone() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for (file, text) in [("type", "1"), ("speed", "1000"), ("duplex", "full"), ("flags", "0x1003"), ("mtu", "1500")]
        {
            put(&format!("sys/class/net/eth0/{file}"), text);
        }
        put("sys/class/net/eth0/device/vendor", "0x8086");
        std::os::unix::fs::symlink("../drivers/e1000e", folder.path().join("sys/class/net/eth0/device/driver"))
            .unwrap();
        put("sys/class/net/wlan0/wireless/status", "0");
        put("sys/class/net/wlan0/type", "1");
        put("sys/class/net/wlan0/flags", "0x1002");
        put("sys/class/net/wlan0/speed", "-1");
        put("sys/class/net/bonding_masters", "");
        put("proc/net/route", "eth0 h\neth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n");
        put("proc/net/fib_trie", "  |-- 192.0.2.2\n    /32 host LOCAL\n  |-- 198.51.100.7\n    /32 host LOCAL\n");
        put("proc/net/if_inet6", "fd000000000000000000000000000002 02 40 00 80 eth0\n");
        let world = world_at(folder.path());
        let routes = crate::network::routes::read(&world);
        let (all, rest) = read(&world, &routes);
        let [wired, wifi] = &all[..] else { panic!("{all:?}") };
        assert_eq!(
            (wired.kind, wired.on, wired.speed_mbits, wired.driver.as_deref()),
            ("wired", true, Some(1000), Some("e1000e"))
        );
        let addresses: Vec<String> = wired.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["192.0.2.2", "fd00::2"]);
        assert_eq!((wifi.kind, wifi.on, wifi.speed_mbits), ("wifi", false, None));
        // An address of no network that is known.
        assert_eq!(rest, ["198.51.100.7".parse::<IpAddr>().unwrap()]);
    }

    #[test]
    fn an_answer_that_is_not_one_of_ip() {
        assert_eq!(from_ip(b"[}"), None);
        assert_eq!(
            from_ip(br#"[{"ifname":1},{"ifname":"a","addr_info":[{"local":3},{"local":"x"}]}]"#).unwrap().len(),
            1
        );
    }
}

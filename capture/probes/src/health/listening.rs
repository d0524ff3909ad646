//! Which services of this machine others can reach: the listening sockets of `/proc/net/tcp` and `tcp6` (proc_net(5)).
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::World;

/// Sockets looked at, at most.
const MOST: usize = 65_536;
/// The state of a listening socket (`TCP_LISTEN`).
const LISTEN: &str = "0A";

/// The listening sockets that are not of the loopback only, as address and port, without doubles; `None` when they cannot be read.
pub(super) fn reachable(world: &World) -> Option<Vec<(IpAddr, u16)>> {
    let tables: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"].iter().filter_map(|path| world.text(path)).collect();
    if tables.is_empty() {
        return None;
    }
    let lines = tables.iter().flat_map(|table| table.lines().skip(1)).take(MOST);
    let mut found: Vec<(IpAddr, u16)> = lines.filter_map(socket).filter(|(address, _)| !loopback(*address)).collect();
    found.sort_unstable();
    found.dedup();
    Some(found)
}

fn loopback(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback(),
        IpAddr::V6(address) => address.is_loopback() || address.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback()),
    }
}

/// `sl local_address rem_address st …`: the address as 32-bit words of the machine's own order, in hexadecimal.
fn socket(line: &str) -> Option<(IpAddr, u16)> {
    let mut fields = line.split_ascii_whitespace();
    let (address, port) = fields.nth(1)?.split_once(':')?;
    if fields.nth(1)? != LISTEN || !address.is_ascii() {
        return None;
    }
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(address.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut octets = [0_u8; 16];
            for (place, chunk) in octets.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(place * 8)?);
            }
            IpAddr::V6(Ipv6Addr::from(octets))
        }
        _ => return None,
    };
    Some((address, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{world, world_at};
    use proptest::prelude::*;

    #[test]
    fn a_socket_of_this_machine_is_seen_with_its_address() {
        let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        let hidden = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let found = reachable(&world()).unwrap();
        let port = |l: &std::net::TcpListener| l.local_addr().unwrap().port();
        assert!(found.contains(&(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port(&listener))), "{found:?}");
        assert!(!found.iter().any(|(_, p)| *p == port(&hidden)), "{found:?}");
    }

    #[test]
    fn a_system_without_these_tables_is_not_known() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(reachable(&world_at(root.path())), None);
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in ".{0,160}", hex in "[0-9A-Fé]{0,40}") {
            let _ = (socket(&line), socket(&format!("0: {hex}:0016 0:0 0A")));
        }
    }
}

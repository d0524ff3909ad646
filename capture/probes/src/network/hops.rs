//! The routers on the way to an address: UDP datagrams that live one hop more each, and the ICMP errors they cause.
//!
//! ip(7), IP_RECVERR: the kernel hands the errors of a socket to its owner, whoever he is; no raw socket is opened.
use std::collections::BTreeMap;
use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt};

/// Hops at most.
const LONGEST: u8 = 24;
/// Where traceroute(8) sends: ports that nobody listens on.
const PORT: u16 = 33434;
/// When those that are silent are asked again, and when nothing is waited for any more.
const AGAIN: Duration = Duration::from_millis(900);
const END: Duration = Duration::from_millis(2800);
/// After the host itself answered, routers before it that are silent get this much more.
const REST: Duration = Duration::from_millis(600);
const PAUSE: Duration = Duration::from_millis(5);

/// A router, or the host itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hop {
    pub(super) address: IpAddr,
    pub(super) delay_us: u64,
    /// The host itself.
    pub(super) last: bool,
}

/// One datagram's socket.
struct Probe {
    ttl: u8,
    socket: UdpSocket,
    sent: Instant,
}

/// The way to `address`: by number of hops, those that answered, up to the host. Empty when nothing could be sent.
pub(super) fn trace(address: IpAddr) -> BTreeMap<u8, Hop> {
    let started = Instant::now();
    let mut probes: Vec<Probe> = (1..=LONGEST).filter_map(|ttl| Probe::send(address, ttl)).collect();
    let mut found: BTreeMap<u8, Hop> = BTreeMap::new();
    let (mut again, mut until) = (false, started + END);
    while Instant::now() < until {
        for probe in &probes {
            if let Some(hop) = probe.answer(address) {
                found.entry(probe.ttl).or_insert(hop);
            }
        }
        if let Some(last) = found.iter().find(|(_, hop)| hop.last).map(|(ttl, _)| *ttl) {
            if (1..last).all(|ttl| found.contains_key(&ttl)) {
                break;
            }
            until = until.min(Instant::now() + REST);
        }
        if !again && started.elapsed() >= AGAIN {
            again = true;
            let silent = (1..=LONGEST).filter(|ttl| !found.contains_key(ttl));
            probes.extend(silent.filter_map(|ttl| Probe::send(address, ttl)));
        }
        thread::sleep(PAUSE);
    }
    // Farther datagrams reach the host too.
    if let Some(last) = found.iter().find(|(_, hop)| hop.last).map(|(ttl, _)| *ttl) {
        found.retain(|ttl, _| *ttl <= last);
    }
    found
}

impl Probe {
    fn send(address: IpAddr, ttl: u8) -> Option<Self> {
        let own = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(own).ok()?;
        let life = libc::c_int::from(ttl);
        if address.is_ipv4() {
            setsockopt(&socket, sockopt::Ipv4RecvErr, &true).ok()?;
            setsockopt(&socket, sockopt::Ipv4Ttl, &life).ok()?;
        } else {
            setsockopt(&socket, sockopt::Ipv6RecvErr, &true).ok()?;
            setsockopt(&socket, sockopt::Ipv6Ttl, &life).ok()?;
        }
        socket.set_nonblocking(true).ok()?;
        socket.connect(SocketAddr::new(address, PORT + u16::from(ttl))).ok()?;
        let sent = Instant::now();
        socket.send(b"constat").ok()?;
        Some(Self { ttl, socket, sent })
    }

    /// What came back, once.
    fn answer(&self, target: IpAddr) -> Option<Hop> {
        let delay_us = u64::try_from(self.sent.elapsed().as_micros()).unwrap_or(u64::MAX);
        let (mut bytes, mut control) = ([0_u8; 64], vec![0_u8; 512]);
        let mut slices = [IoSliceMut::new(&mut bytes)];
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let descriptor = self.socket.as_raw_fd();
        if let Ok(message) = recvmsg::<SockaddrStorage>(descriptor, &mut slices, Some(&mut control), flags) {
            let hop = message.cmsgs().ok()?.find_map(|control| match control {
                ControlMessageOwned::Ipv4RecvErr(error, Some(from)) => {
                    let address = Ipv4Addr::from(u32::from_be(from.sin_addr.s_addr));
                    last_v4(&error).map(|last| (IpAddr::V4(address), last))
                }
                ControlMessageOwned::Ipv6RecvErr(error, Some(from)) => {
                    let address = Ipv6Addr::from(from.sin6_addr.s6_addr);
                    last_v6(&error).map(|last| (IpAddr::V6(address), last))
                }
                _ => None,
            });
            return hop.map(|(address, last)| Hop { address, delay_us, last });
        }
        // Somebody listens on that port and answers: it is the host.
        let mut answer = [0_u8; 16];
        self.socket.recv(&mut answer).ok().map(|_| Hop { address: target, delay_us, last: true })
    }
}

/// `false` for a router (time exceeded), `true` for the host (port unreachable), nothing for another error (RFC 792).
fn last_v4(error: &libc::sock_extended_err) -> Option<bool> {
    match (error.ee_origin, error.ee_type, error.ee_code) {
        (libc::SO_EE_ORIGIN_ICMP, 11, 0) => Some(false),
        (libc::SO_EE_ORIGIN_ICMP, 3, 3) => Some(true),
        _ => None,
    }
}

/// The same in RFC 4443.
fn last_v6(error: &libc::sock_extended_err) -> Option<bool> {
    match (error.ee_origin, error.ee_type, error.ee_code) {
        (libc::SO_EE_ORIGIN_ICMP6, 3, 0) => Some(false),
        (libc::SO_EE_ORIGIN_ICMP6, 1, 4) => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_one_hop_away() {
        for address in ["127.0.0.1", "::1"] {
            let address: IpAddr = address.parse().unwrap();
            let found = trace(address);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found.get(&1).is_some_and(|hop| hop.last && hop.address == address), "{found:?}");
        }
    }
}

//! Which conversation a packet belongs to: transport and both ends, whatever the direction.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Transports that are told apart: TCP (RFC 9293) and UDP (RFC 768), by their protocol number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Transport {
    Tcp,
    Udp,
}

/// A conversation; equal for both of its directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Flow {
    pub(super) transport: Transport,
    low: SocketAddr,
    high: SocketAddr,
}

impl Flow {
    pub(super) fn new(transport: Transport, one: SocketAddr, other: SocketAddr) -> Self {
        let (one, other) = (plain(one), plain(other));
        Self { transport, low: one.min(other), high: one.max(other) }
    }

    /// Both ends, whatever the direction.
    pub(super) fn ends(&self) -> [SocketAddr; 2] {
        [self.low, self.high]
    }

    /// Whether an end is this port of the machine itself.
    pub(super) fn is_local_service(&self, port: u16) -> bool {
        let end = |end: SocketAddr| end.ip().is_loopback() && end.port() == port;
        self.transport == Transport::Tcp && (end(self.low) || end(self.high))
    }

    /// That of a packet, read from its IP header on; `None` for what has no ports: ICMP, a fragment after the first.
    pub(super) fn of(packet: &[u8]) -> Option<Self> {
        let (next, from, to, rest) = match packet.first()? >> 4 {
            4 => ipv4(packet)?,
            6 => ipv6(packet)?,
            _ => return None,
        };
        let transport = match next {
            6 => Transport::Tcp,
            17 => Transport::Udp,
            _ => return None,
        };
        let port = |at| Some(u16::from_be_bytes([*rest.get(at)?, *rest.get(at + 1)?]));
        Some(Self::new(transport, SocketAddr::new(from, port(0)?), SocketAddr::new(to, port(2)?)))
    }
}

/// IPv4 inside IPv6 is IPv4; no scope, no flow label.
pub(super) fn plain(end: SocketAddr) -> SocketAddr {
    SocketAddr::new(end.ip().to_canonical(), end.port())
}

type Parts<'a> = (u8, IpAddr, IpAddr, &'a [u8]);

/// RFC 791, section 3.1.
fn ipv4(packet: &[u8]) -> Option<Parts<'_>> {
    let length = usize::from(packet.first()? & 0x0F) * 4;
    let fragment = u16::from_be_bytes([*packet.get(6)?, *packet.get(7)?]) & 0x1FFF;
    if length < 20 || fragment != 0 {
        return None;
    }
    let address = |at: usize| {
        let octets: [u8; 4] = packet.get(at..at + 4)?.try_into().ok()?;
        Some(IpAddr::V4(Ipv4Addr::from(octets)))
    };
    Some((*packet.get(9)?, address(12)?, address(16)?, packet.get(length..)?))
}

/// RFC 8200, section 3; extension headers are passed over (section 4).
fn ipv6(packet: &[u8]) -> Option<Parts<'_>> {
    let address = |at: usize| {
        let octets: [u8; 16] = packet.get(at..at + 16)?.try_into().ok()?;
        Some(IpAddr::V6(Ipv6Addr::from(octets)))
    };
    let (from, to) = (address(8)?, address(24)?);
    let (mut next, mut rest) = (*packet.get(6)?, packet.get(40..)?);
    // Hop-by-hop, routing, destination options; a chain longer than this is not a browser's.
    for _ in 0..8 {
        match next {
            0 | 43 | 60 => {
                let length = (usize::from(*rest.get(1)?) + 1) * 8;
                next = *rest.first()?;
                rest = rest.get(length..)?;
            }
            _ => break,
        }
    }
    Some((next, from, to, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn v4(from: [u8; 4], to: [u8; 4], ports: (u16, u16), options: usize) -> Vec<u8> {
        let mut packet = vec![0; 20 + options * 4 + 20];
        packet[0] = 0x45 + u8::try_from(options).unwrap();
        packet[9] = 6;
        packet[12..16].copy_from_slice(&from);
        packet[16..20].copy_from_slice(&to);
        let at = 20 + options * 4;
        packet[at..at + 2].copy_from_slice(&ports.0.to_be_bytes());
        packet[at + 2..at + 4].copy_from_slice(&ports.1.to_be_bytes());
        packet
    }

    #[test]
    fn both_directions_are_one_conversation() {
        let (a, b) = ([192, 0, 2, 7], [198, 51, 100, 9]);
        let there = Flow::of(&v4(a, b, (40_000, 443), 2)).unwrap();
        assert_eq!(Some(there), Flow::of(&v4(b, a, (443, 40_000), 0)));
        let known = Flow::new(Transport::Tcp, "[::ffff:192.0.2.7]:40000".parse().unwrap(), SocketAddr::from((b, 443)));
        assert_eq!(there, known);
        assert_ne!(there, Flow { transport: Transport::Udp, ..there });
        assert!(!there.is_local_service(443));
        assert!(Flow::of(&v4([127, 0, 0, 1], [127, 0, 0, 1], (9, 8), 0)).unwrap().is_local_service(8));
    }

    #[test]
    fn extension_headers_are_passed_and_fragments_have_no_ports() {
        let mut packet = vec![0; 40 + 8 + 20];
        (packet[0], packet[6], packet[40]) = (0x60, 60, 17);
        packet[48..52].copy_from_slice(&[0, 53, 0x9C, 0x40]);
        assert_eq!(Flow::of(&packet).unwrap().transport, Transport::Udp);
        let mut fragment = v4([1; 4], [2; 4], (1, 2), 0);
        fragment[7] = 1;
        assert_eq!(Flow::of(&fragment), None);
    }

    proptest! {
        #[test]
        fn no_packet_makes_it_panic(packet in proptest::collection::vec(any::<u8>(), 0..120), first in any::<u8>()) {
            let mut packet = packet;
            if let Some(head) = packet.first_mut() { *head = 0x40 | first & 0x2F; }
            let _ = Flow::of(&packet);
        }
    }
}

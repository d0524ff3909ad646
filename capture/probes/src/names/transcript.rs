//! Every DNS message as it went over the network, in one file that Wireshark, tshark and any reader of pcap open.
//!
//! The messages were taken from sockets of our own, not from an interface: no IP header is invented for them. They are
//! written with the link type made for that, `LINKTYPE_WIRESHARK_UPPER_PDU` (252): each packet says by tags between which
//! addresses and ports its octets went.
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;

use dossier::Instant;

/// The most that is kept of all messages together.
const BUDGET: usize = 8 * 1024 * 1024;
/// `LINKTYPE_WIRESHARK_UPPER_PDU`.
const LINK_TYPE: u32 = 252;

/// The messages of one measure, in the order in which they went.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    packets: Vec<u8>,
    messages: u64,
    dropped: u64,
}

/// How a message travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// One datagram.
    Udp,
    /// A stream, two octets of length before the message (RFC 1035 section 4.2.2).
    Tcp,
}

impl Transcript {
    /// Adds a message that went `from` one end `to` the other; counted only when there is too much of them.
    pub(crate) fn add(&self, at: Instant, from: SocketAddr, to: SocketAddr, transport: Transport, message: &[u8]) {
        let packet = packet(at, from, to, transport, message);
        let Ok(mut kept) = self.kept.lock() else { return };
        if kept.packets.len() + packet.len() > BUDGET {
            kept.dropped += 1;
            return;
        }
        kept.messages += 1;
        kept.packets.extend_from_slice(&packet);
    }

    /// Messages kept, and messages that went beyond the budget.
    pub(crate) fn counts(&self) -> (u64, u64) {
        self.kept.lock().map_or((0, 0), |kept| (kept.messages, kept.dropped))
    }

    /// The file; `None` when no message went.
    pub(crate) fn file(&self) -> Option<Vec<u8>> {
        let kept = self.kept.lock().ok().filter(|kept| kept.messages > 0)?;
        let mut file = Vec::with_capacity(24 + kept.packets.len());
        // Microseconds, version 2.4, no offset, no stated accuracy, the longest packet.
        file.extend_from_slice(&0xa1b2_c3d4_u32.to_be_bytes());
        file.extend_from_slice(&2_u16.to_be_bytes());
        file.extend_from_slice(&4_u16.to_be_bytes());
        for word in [0, 0, 262_144, LINK_TYPE] {
            file.extend_from_slice(&word.to_be_bytes());
        }
        file.extend_from_slice(&kept.packets);
        Some(file)
    }
}

/// One record of the file: its header, the tags of `wsutil/exported_pdu_tlvs.h`, the octets.
fn packet(at: Instant, from: SocketAddr, to: SocketAddr, transport: Transport, message: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(message.len() + 64);
    let mut tag = |number: u16, value: &[u8]| {
        body.extend_from_slice(&number.to_be_bytes());
        body.extend_from_slice(&u16::try_from(value.len()).unwrap_or(0).to_be_bytes());
        body.extend_from_slice(value);
    };
    // Values are padded to four octets, as the reader wants them.
    tag(12, b"dns\0");
    for (address, v4, v6) in [(from.ip(), 20, 22), (to.ip(), 21, 23)] {
        match address {
            IpAddr::V4(a) => tag(v4, &a.octets()),
            IpAddr::V6(a) => tag(v6, &a.octets()),
        }
    }
    let kind: u32 = if transport == Transport::Tcp { 2 } else { 3 };
    tag(24, &kind.to_be_bytes());
    tag(25, &u32::from(from.port()).to_be_bytes());
    tag(26, &u32::from(to.port()).to_be_bytes());
    tag(0, b"");
    if transport == Transport::Tcp {
        body.extend_from_slice(&u16::try_from(message.len()).unwrap_or(0).to_be_bytes());
    }
    body.extend_from_slice(message);
    let length = u32::try_from(body.len()).unwrap_or(0);
    let (seconds, rest) = (at.as_millisecond().div_euclid(1000), at.as_millisecond().rem_euclid(1000));
    let mut packet = Vec::with_capacity(16 + body.len());
    for word in [u32::try_from(seconds).unwrap_or(0), u32::try_from(rest * 1000).unwrap_or(0), length, length] {
        packet.extend_from_slice(&word.to_be_bytes());
    }
    packet.extend_from_slice(&body);
    packet
}

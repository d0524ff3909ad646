//! Takes every packet of the machine from a raw socket (packet(7)), without promiscuous mode: what it sends and receives.
//!
//! The socket is cooked (`SOCK_DGRAM`): packets begin at their IP header whatever the interface, loopback and tunnels too.
use std::io::{self, IoSliceMut};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, recvmsg, setsockopt,
    socket, sockopt,
};
use nix::sys::time::{TimeSpec, TimeVal};

use super::pcapng::Link;
use super::spool::LONGEST;

/// What the kernel may hold for us: a loopback page is faster than a disk.
const QUEUE: usize = 64 * 1024 * 1024;
/// How long a wait for a packet lasts, in microseconds: then the end is looked for.
const WAIT: i64 = 50_000;

/// The socket and its buffer.
pub(super) struct RawSocket {
    socket: OwnedFd,
    buffer: Vec<u8>,
    control: Vec<u8>,
    /// Packets the kernel had no room for, as of the last packet.
    pub(super) dropped: u32,
}

/// What a wait gave.
pub(super) enum Received<'a> {
    Packet {
        at: u64,
        link: Link,
        bytes: &'a [u8],
        original: u32,
    },
    /// Nothing within the wait.
    Nothing,
}

impl RawSocket {
    /// Opens it. Without CAP_NET_RAW the error is that of the system: "Operation not permitted".
    pub(super) fn open() -> io::Result<Self> {
        let socket =
            socket(AddressFamily::Packet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, Some(SockProtocol::EthAll))?;
        // Forced with CAP_NET_ADMIN; without it, as much as the system allows.
        if setsockopt(&socket, sockopt::RcvBufForce, &QUEUE).is_err() {
            setsockopt(&socket, sockopt::RcvBuf, &QUEUE)?;
        }
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        setsockopt(&socket, sockopt::RxqOvfl, &1)?;
        setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::new(0, WAIT))?;
        let control = nix::cmsg_space!(TimeSpec, u32);
        Ok(Self { socket, buffer: vec![0; LONGEST], control, dropped: 0 })
    }

    /// One packet, or nothing for a moment.
    pub(super) fn receive(&mut self) -> io::Result<Received<'_>> {
        let mut slices = [IoSliceMut::new(&mut self.buffer)];
        // With this flag the length told is that of the packet, even when it did not fit.
        let flags = MsgFlags::MSG_TRUNC;
        let told = recvmsg::<LinkAddr>(self.socket.as_raw_fd(), &mut slices, Some(&mut self.control), flags);
        let message = match told {
            Ok(message) => message,
            // The last: an interface went down, the others go on.
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ENETDOWN) => return Ok(Received::Nothing),
            Err(error) => return Err(error.into()),
        };
        let mut at = 0;
        for control in message.cmsgs()? {
            match control {
                ControlMessageOwned::ScmTimestampns(time) => at = nanoseconds(time),
                ControlMessageOwned::RxqOvfl(dropped) => self.dropped = dropped,
                _ => {}
            }
        }
        let (length, address) = (message.bytes, message.address);
        let Some(link) = address.as_ref().map(link) else { return Ok(Received::Nothing) };
        let bytes = self.buffer.get(..length.min(LONGEST)).unwrap_or_default();
        Ok(Received::Packet { at, link, bytes, original: u32::try_from(length).unwrap_or(u32::MAX) })
    }
}

fn nanoseconds(time: TimeSpec) -> u64 {
    let part = |n: i64| u64::try_from(n).unwrap_or(0);
    part(time.tv_sec()).saturating_mul(1_000_000_000).saturating_add(part(time.tv_nsec()))
}

fn link(address: &LinkAddr) -> Link {
    let mut octets = [0; 8];
    if let Some(six) = address.addr() {
        octets[..6].copy_from_slice(&six);
    }
    Link {
        // As the kernel has it: in the order of the network.
        protocol: u16::from_be(address.protocol()),
        interface: u32::try_from(address.ifindex()).unwrap_or(0),
        hardware: address.hatype(),
        direction: address.pkttype(),
        address_length: u8::try_from(address.halen().min(6)).unwrap_or(0),
        address: octets,
    }
}

//! Packets on their way: written to a private file as they come, read back once the browser's connections are known.
//!
//! Each is a fixed head, then its octets from the IP header on; integers little-endian, the link as pcapng has it.
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use super::flow::Flow;
use super::pcapng::{LINK, Link};

/// Octets of a record's head: instant, length on the network, length kept, link.
const HEAD: usize = 16 + LINK;
/// The longest packet kept whole: more than any the kernel hands over, offloads included.
pub(super) const LONGEST: usize = 256 * 1024;

/// EtherTypes of what has conversations.
const IP: [u16; 2] = [0x0800, 0x86DD];
/// `ARPHRD_LOOPBACK`.
const LOOPBACK: u16 = 772;
/// `PACKET_OUTGOING`.
const OUTGOING: u8 = 4;

/// One packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    /// Nanoseconds since 1970, by the kernel.
    pub(super) at: u64,
    pub(super) original: u32,
    pub(super) link: Link,
    pub(super) bytes: Vec<u8>,
}

impl Packet {
    /// The conversation it belongs to, when it is of a kind that has one.
    pub(super) fn flow(&self) -> Option<Flow> {
        flow(&self.link, &self.bytes)
    }
}

fn flow(link: &Link, bytes: &[u8]) -> Option<Flow> {
    // On loopback each packet passes twice: out and in again.
    let twice = link.hardware == LOOPBACK && link.direction == OUTGOING;
    if twice || !IP.contains(&link.protocol) { None } else { Flow::of(bytes) }
}

/// What is written, within a number of octets.
pub(super) struct Spool {
    file: BufWriter<File>,
    budget: u64,
    pub(super) counts: Counts,
}

/// What passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Octets of the spool.
    pub(super) written: u64,
    /// Packets not written since the budget was spent.
    pub(super) cut: u64,
    /// Packets that are of no conversation that a browser can have; not written.
    pub(super) aside: u64,
}

impl Spool {
    pub(super) fn create(path: &Path, budget: u64) -> io::Result<Self> {
        Ok(Self { file: BufWriter::with_capacity(LONGEST, File::create(path)?), budget, counts: Counts::default() })
    }

    /// Takes one packet, unless it is of the port of the debugging interface, `own`.
    pub(super) fn take(&mut self, at: u64, link: &Link, bytes: &[u8], original: u32, own: u16) -> io::Result<()> {
        let Some(flow) = flow(link, bytes) else {
            self.counts.aside += 1;
            return Ok(());
        };
        if own != 0 && flow.is_local_service(own) {
            return Ok(());
        }
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        let octets = u64::from(length) + HEAD as u64;
        if self.counts.cut > 0 || self.counts.written + octets > self.budget {
            self.counts.cut += 1;
            return Ok(());
        }
        self.file.write_all(&at.to_le_bytes())?;
        self.file.write_all(&original.to_le_bytes())?;
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(&link.bytes())?;
        self.file.write_all(bytes)?;
        self.counts.written += octets;
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<Counts> {
        self.file.flush()?;
        Ok(self.counts)
    }
}

/// Reads a spool back, in its order; a torn end is its end.
pub(super) struct Packets(BufReader<File>);

impl Packets {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(BufReader::with_capacity(LONGEST, File::open(path)?)))
    }
}

impl Iterator for Packets {
    type Item = Packet;

    fn next(&mut self) -> Option<Packet> {
        let mut head = [0; HEAD];
        self.0.read_exact(&mut head).ok()?;
        let (at, rest) = head.split_first_chunk::<8>()?;
        let (original, rest) = rest.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let link = Link::read(rest.first_chunk::<LINK>()?);
        let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|n| *n <= LONGEST)?;
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).ok()?;
        Some(Packet { at: u64::from_le_bytes(*at), original: u32::from_le_bytes(*original), link, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn datagram(ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1];
        packet.extend(ports.0.to_be_bytes());
        packet.extend(ports.1.to_be_bytes());
        packet.extend(payload);
        packet
    }

    fn link(direction: u8) -> Link {
        Link { protocol: 0x0800, interface: 1, hardware: 772, direction, address_length: 6, address: [0; 8] }
    }

    proptest! {
        #[test]
        fn what_was_taken_is_read_back(
            payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..12), cut in 0_u64..90,
        ) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("spool");
            let mut spool = Spool::create(&path, 1 << 20).unwrap();
            let mut expected = Vec::new();
            for (i, payload) in payloads.iter().enumerate() {
                let (at, bytes) = (1_795_252_323_000_000_000 + i as u64, datagram((7, 8), payload));
                spool.take(at, &link(0), &bytes, 4000, 9).unwrap();
                expected.push(Packet { at, original: 4000, link: link(0), bytes });
            }
            let counts = spool.finish().unwrap();
            let read: Vec<Packet> = Packets::open(&path).unwrap().collect();
            prop_assert_eq!(&read, &expected);
            prop_assert_eq!(std::fs::metadata(&path).unwrap().len(), counts.written);
            // Torn: what is whole before the tear is read.
            let left = counts.written.saturating_sub(cut);
            std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(left).unwrap();
            let read: Vec<Packet> = Packets::open(&path).unwrap().collect();
            prop_assert_eq!(&expected[..read.len()], &read[..]);
        }
    }

    #[test]
    fn our_own_connection_is_not_taken_nor_anything_twice_nor_beyond_the_budget() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spool");
        let mut spool = Spool::create(&path, 2 * (HEAD as u64 + 25)).unwrap();
        let mut take = |direction, ports| spool.take(1, &link(direction), &datagram(ports, b"x"), 0, 9222).unwrap();
        take(0, (9222, 40_000));
        take(0, (40_000, 9222));
        take(OUTGOING, (80, 40_001));
        for _ in 0..4 {
            take(0, (80, 40_001));
        }
        let counts = spool.finish().unwrap();
        assert_eq!((counts.aside, counts.cut), (1, 2));
        assert_eq!(Packets::open(&path).unwrap().count(), 2);
    }
}

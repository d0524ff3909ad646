//! Writes pcapng (draft-ietf-opsawg-pcapng): one section, its interfaces, the TLS secrets, the packets. Little-endian.
//!
//! Own code because the published crates know no Decryption Secrets Block.
use std::io::{self, Write};

/// Link type of every interface: `LINKTYPE_LINUX_SLL2`, the header that Linux gives of any interface.
const LINUX_SLL2: u16 = 276;
/// A TLS key log, as `SSLKEYLOGFILE` has it.
const TLS_KEY_LOG: u32 = 0x544c_534b;

/// What stands before a packet, whatever the interface (`LINKTYPE_LINUX_SLL2`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// EtherType of what follows.
    pub(super) protocol: u16,
    /// Number of the interface on this machine.
    pub(super) interface: u32,
    /// Kind of hardware (`ARPHRD_…`).
    pub(super) hardware: u16,
    /// To us, from us, to another (`PACKET_…`).
    pub(super) direction: u8,
    /// Octets of `address` that mean something.
    pub(super) address_length: u8,
    /// Who sent it, at the level of the link.
    pub(super) address: [u8; 8],
}

/// Octets of [`Link::bytes`].
pub(super) const LINK: usize = 20;

impl Link {
    pub(super) fn bytes(&self) -> [u8; LINK] {
        let mut out = [0; LINK];
        out[0..2].copy_from_slice(&self.protocol.to_be_bytes());
        out[4..8].copy_from_slice(&self.interface.to_be_bytes());
        out[8..10].copy_from_slice(&self.hardware.to_be_bytes());
        out[10] = self.direction;
        out[11] = self.address_length;
        out[12..20].copy_from_slice(&self.address);
        out
    }

    pub(super) fn read(bytes: &[u8; LINK]) -> Self {
        let [p, q, _, _, i, j, k, l, h, g, direction, address_length, address @ ..] = *bytes;
        Self {
            protocol: u16::from_be_bytes([p, q]),
            interface: u32::from_be_bytes([i, j, k, l]),
            hardware: u16::from_be_bytes([h, g]),
            direction,
            address_length,
            address,
        }
    }
}

/// One block: type, length, body padded to 32 bits, length again (section 3.1).
fn block(out: &mut impl Write, kind: u32, body: &[&[u8]]) -> io::Result<()> {
    let length: usize = body.iter().map(|part| part.len()).sum();
    let padding = length.wrapping_neg() % 4;
    let total = u32::try_from(length + padding + 12).map_err(io::Error::other)?.to_le_bytes();
    out.write_all(&kind.to_le_bytes())?;
    out.write_all(&total)?;
    for part in body {
        out.write_all(part)?;
    }
    out.write_all(&[0; 3][..padding])?;
    out.write_all(&total)
}

/// Options (section 3.5), ended. A value too long for one is cut.
fn options(list: &[(u16, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (code, value) in list {
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX - 3);
        let value = &value[..usize::from(length)];
        out.extend(code.to_le_bytes());
        out.extend(length.to_le_bytes());
        out.extend(value);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out.extend([0; 4]);
    out
}

/// Section Header Block: the software, the system, and one comment.
pub(super) fn section(out: &mut impl Write, software: &str, system: &str, comment: &str) -> io::Result<()> {
    let mut head = Vec::new();
    head.extend(0x1A2B_3C4D_u32.to_le_bytes());
    head.extend(1_u16.to_le_bytes());
    head.extend(0_u16.to_le_bytes());
    head.extend(u64::MAX.to_le_bytes());
    let told = options(&[(1, comment.as_bytes()), (3, system.as_bytes()), (4, software.as_bytes())]);
    block(out, 0x0A0D_0D0A, &[&head, &told])
}

/// Interface Description Block; instants of its packets are in nanoseconds.
pub(super) fn interface(out: &mut impl Write, name: &str) -> io::Result<()> {
    let mut head = Vec::new();
    head.extend(LINUX_SLL2.to_le_bytes());
    head.extend([0; 2]);
    // No limit to the length of a packet.
    head.extend([0; 4]);
    block(out, 1, &[&head, &options(&[(2, name.as_bytes()), (9, &[9])])])
}

/// Decryption Secrets Block with a TLS key log; it must stand before the packets it decrypts (section 4.7).
pub(super) fn secrets(out: &mut impl Write, key_log: &[u8]) -> io::Result<()> {
    let length = u32::try_from(key_log.len()).map_err(io::Error::other)?;
    block(out, 10, &[&TLS_KEY_LOG.to_le_bytes(), &length.to_le_bytes(), key_log])
}

/// Enhanced Packet Block: `interface` is the rank of its description, `original` the length on the network.
pub(super) fn packet(
    out: &mut impl Write,
    interface: u32,
    nanoseconds: u64,
    link: &Link,
    bytes: &[u8],
    original: u32,
) -> io::Result<()> {
    let head = u32::try_from(LINK).map_err(io::Error::other)?;
    let kept = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    let high = u32::try_from(nanoseconds >> 32).map_err(io::Error::other)?;
    let low = u32::try_from(nanoseconds & u64::from(u32::MAX)).map_err(io::Error::other)?;
    let fields = [interface, high, low, kept.saturating_add(head), original.saturating_add(head)];
    let fields: Vec<u8> = fields.iter().flat_map(|f| f.to_le_bytes()).collect();
    block(out, 6, &[&fields, &link.bytes(), bytes])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The blocks of a file, each checked: type and body.
    fn blocks(mut bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
        let word = |at: &[u8]| u32::from_le_bytes(at[..4].try_into().unwrap());
        let mut out = Vec::new();
        while !bytes.is_empty() {
            let total = word(&bytes[4..]) as usize;
            assert_eq!((total % 4, word(&bytes[total - 4..]) as usize), (0, total));
            out.push((word(bytes), bytes[8..total - 4].to_vec()));
            bytes = &bytes[total..];
        }
        out
    }

    proptest! {
        #[test]
        fn every_block_has_its_length_at_both_ends(
            name in ".{0,40}", log in "[ -~\n]{0,200}", data in proptest::collection::vec(any::<u8>(), 0..200),
            at in any::<u64>(), protocol in any::<u16>(), number in any::<u32>(), address in any::<[u8; 8]>(),
        ) {
            let link = Link { protocol, interface: number, hardware: 1, direction: 4, address_length: 6, address };
            prop_assert_eq!(Link::read(&link.bytes()), link);
            let mut file = Vec::new();
            section(&mut file, &name, "Linux", &log).unwrap();
            interface(&mut file, &name).unwrap();
            secrets(&mut file, log.as_bytes()).unwrap();
            packet(&mut file, 0, at, &link, &data, 9999).unwrap();
            let all = blocks(&file);
            prop_assert_eq!(all.iter().map(|b| b.0).collect::<Vec<_>>(), [0x0A0D_0D0A, 1, 10, 6]);
            prop_assert_eq!(&all[2].1[8..8 + log.len()], log.as_bytes());
            let body = &all[3].1;
            prop_assert_eq!(&body[20..40], &link.bytes()[..]);
            prop_assert_eq!(&body[40..40 + data.len()], &data[..]);
            let high = u64::from(u32::from_le_bytes(body[4..8].try_into().unwrap()));
            let low = u64::from(u32::from_le_bytes(body[8..12].try_into().unwrap()));
            prop_assert_eq!(high << 32 | low, at);
        }
    }
}

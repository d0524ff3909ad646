//! Any octets, and real files cut or spoiled at random: always an answer within its bounds, never a panic.
#![allow(missing_docs, reason = "a test fails by panicking")]
mod common;

use common::{check, names, octets, read};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// The beginnings by which each format is told, so that random octets reach its reader.
const HEADS: &[&[u8]] = &[
    b"",
    b"%PDF-1.7\n",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\xff\xd8\xff\xe1\x40\x00Exif\0\0II\x2a\0\x08\0\0\0",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0",
    b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0",
    b"II\x2a\0\x08\0\0\0",
    b"\0\0\0\x10ftypisom\0\0\0\0",
    b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xff",
    b"OggS\0\x02",
    b"fLaC\0\0\0\x22",
    b"ID3\x04\0\0\0\0\x10\0TIT2",
    b"ID3\x02\0\x80\0\0\x10\0TT2",
    b"\xff\xfb\x90\x00",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_octets(head in select(HEADS), tail in prop::collection::vec(any::<u8>(), 0..2000)) {
        check(&read(&[head, &tail].concat()));
    }

    #[test]
    fn a_real_file_cut(name in select(names()), at in any::<Index>()) {
        let file = octets(&name);
        check(&read(&file[..at.index(file.len())]));
    }

    #[test]
    fn a_real_file_spoiled(
        name in select(names()),
        spoils in prop::collection::vec((any::<Index>(), select(vec![0, 1, 0x20, 0x7f, 0x80, 0xfe, 0xff, b'0', b'9', b'<', b'[', b'(']), 1..5_usize), 1..12),
    ) {
        let mut file = octets(&name);
        for (at, octet, count) in spoils {
            let at = at.index(file.len());
            let end = (at + count).min(file.len());
            file[at..end].fill(octet);
        }
        check(&read(&file));
    }

    #[test]
    fn a_part_of_a_real_file_put_elsewhere(name in select(names()), from in any::<Index>(), to in any::<Index>(), count in 1..200_usize) {
        let mut file = octets(&name);
        let from = from.index(file.len());
        let part = file[from..(from + count).min(file.len())].to_vec();
        let to = to.index(file.len());
        file.splice(to..to, part);
        check(&read(&file));
    }
}

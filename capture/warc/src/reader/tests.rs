//! What is read back, what is refused, and where a torn archive is cut.
use super::*;
use crate::{Body, RecordId, RecordType, WarcRecord, WarcWriter};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::Write as _;

fn member(plain: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(plain).unwrap();
    gzip.finish().unwrap()
}

const PLAIN: &[u8] = b"WARC/1.1\r\nWARC-Type: metadata\r\nContent-Length: 3\r\n\r\nabc\r\n\r\n";

/// An archive of `bodies`, with the ends of its records.
fn archive(bodies: &[Vec<u8>]) -> (Vec<u8>, Vec<u64>) {
    let mut writer = WarcWriter::new(Vec::new());
    let mut ends = Vec::new();
    for (number, body) in bodies.iter().enumerate() {
        let id = RecordId::v5(&["reader", &number.to_string()]);
        let date = "2026-11-21T09:12:03.045Z".parse().unwrap();
        let record = WarcRecord::resource(id, date, "urn:test:x", "application/octet-stream", Body::Bytes(body));
        let placed = writer.write(&record).unwrap();
        ends.push(placed.offset + placed.length);
    }
    (writer.into_inner(), ends)
}

fn read_all(bytes: &[u8], budget: Budget) -> Result<Vec<(RecordEnd, Vec<u8>)>, WarcError> {
    let mut reader = WarcReader::with_budget(bytes, budget);
    let mut records = Vec::new();
    while let Some(mut record) = reader.next_record()? {
        let mut body = Vec::new();
        let mut buffer = [0; 1000];
        loop {
            match record.read_block(&mut buffer)? {
                0 => break,
                read => body.extend_from_slice(&buffer[..read]),
            }
        }
        records.push((record.finish()?, body));
    }
    Ok(records)
}

fn fault(bytes: &[u8]) -> &'static str {
    match read_all(bytes, Budget::default()) {
        Err(WarcError::Malformed { expected, .. }) => expected,
        other => panic!("{other:?}"),
    }
}

#[test]
fn unread_records_are_skipped_and_checked() {
    let (bytes, _) = archive(&[b"first".to_vec(), vec![7; 300_000], Vec::new()]);
    let mut reader = WarcReader::new(&bytes[..]);
    let mut lengths = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        assert_eq!(record.header().record_type, RecordType::Resource);
        assert!(!record.has_gzip_extras());
        lengths.push(record.header().content_length);
    }
    assert_eq!(lengths, [5, 300_000, 0]);
    assert!(reader.next_record().unwrap().is_none());
}

#[test]
fn unsound_framing_is_refused() {
    assert_eq!(read_all(&member(PLAIN), Budget::default()).unwrap().len(), 1);
    assert_eq!(fault(PLAIN), "a whole gzip member (RFC 1952)");
    assert_eq!(fault(&[&member(PLAIN)[..], b"trailing"].concat()), "a whole gzip member (RFC 1952)");
    assert_eq!(fault(&member(&[PLAIN, PLAIN].concat())), "one record a gzip member");
    let short = PLAIN.strip_suffix(b"\r\n").unwrap();
    assert_eq!(fault(&member(short)), "two CRLF after the block");
    assert_eq!(fault(&member(&PLAIN[..PLAIN.len() - 5])), "a block as long as Content-Length");
    assert_eq!(fault(&member(&PLAIN[..20])), "a header ended by an empty line");
    assert_eq!(fault(&member(b"")), "WARC/1.1");
    assert_eq!(fault(&member(&[b"\r\n", PLAIN].concat())), "WARC/1.1");
    let mut corrupt = member(PLAIN);
    let last = corrupt.len() - 1;
    corrupt[last] ^= 1;
    assert_eq!(fault(&corrupt), "a whole gzip member (RFC 1952)");
}

#[test]
fn an_error_ends_the_reading() {
    let mut reader = WarcReader::new(&b"not gzip at all, whatever one thinks"[..]);
    assert!(reader.next_record().is_err());
    assert!(reader.next_record().unwrap().is_none());
}

#[test]
fn budgets_hold() {
    let (bytes, _) = archive(&[vec![0; 1_000_000]]);
    let default = Budget::default();
    let limited = |budget| match read_all(&bytes, budget) {
        Err(WarcError::Limit { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    assert!(read_all(&bytes, default).is_ok());
    assert_eq!(limited(Budget { decompressed: 999_999, ..default }), "the archive once decompressed");
    assert_eq!(limited(Budget { header: 20, ..default }), "the header of a record");
    let (bomb, _) = archive(&[vec![0; usize::try_from(Budget::FLOOR).unwrap() + 1]]);
    assert!(matches!(read_all(&bomb, default), Err(WarcError::Limit { what: "the ratio of compression", .. })));
}

/// Fails after some octets.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buf)? {
            0 => Err(io::Error::other("disk")),
            read => Ok(read),
        }
    }
}

#[test]
fn a_failing_disk_is_not_a_torn_archive() {
    let (bytes, _) = archive(&[b"abc".to_vec(), b"def".to_vec()]);
    for cut in 0..bytes.len() {
        assert_eq!(last_whole_member(Broken(&bytes[..cut])).unwrap_err().code(), "warc.io", "{cut}");
    }
}

#[test]
fn an_archive_is_cut_after_its_last_whole_record_wherever_it_was_torn() {
    let (bytes, ends) = archive(&[b"abc".to_vec(), Vec::new(), (0..=255).collect(), vec![9; 5000]]);
    for cut in 0..=bytes.len() {
        let expected = ends.iter().copied().filter(|end| *end <= cut as u64).max().unwrap_or(0);
        assert_eq!(last_whole_member(&bytes[..cut]).unwrap(), expected, "torn at {cut}");
        // A crash may leave a file with its length but without its bytes.
        let mut zeroed = bytes.clone();
        zeroed[cut..].fill(0);
        if cut < bytes.len() {
            let whole = last_whole_member(&zeroed[..]).unwrap();
            assert!(whole >= expected && (whole == expected || zeroed[..whole as usize] == bytes[..whole as usize]));
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 0..6),
    ) {
        let (bytes, ends) = archive(&bodies);
        let records = read_all(&bytes, Budget::default()).unwrap();
        prop_assert_eq!(records.len(), bodies.len());
        for ((end, body), (expected, position)) in records.iter().zip(bodies.iter().zip(ends)) {
            prop_assert_eq!(body, expected);
            prop_assert_eq!(end.offset + end.length, position);
            let slice = &bytes[end.offset as usize..position as usize];
            prop_assert_eq!(end.record_digest, Sha256Digest::of(slice));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), framed in any::<bool>()) {
        let bytes = if framed { member(&[b"WARC/1.1\r\n", &bytes[..]].concat()) } else { bytes };
        let _ = read_all(&bytes, Budget::default());
        let _ = last_whole_member(&bytes[..]);
    }

    #[test]
    fn a_flipped_bit_never_panics(position in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let (mut bytes, _) = archive(&[b"abc".to_vec(), vec![5; 900]]);
        let position = position.index(bytes.len());
        bytes[position] ^= 1_u8 << bit;
        let _ = read_all(&bytes, Budget::default());
    }
}

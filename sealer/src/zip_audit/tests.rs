//! Archives beyond 4 GiB, as our writer makes them: zeros are not written, so that the files take no place.
use std::fs::File;
use std::io::{self, Read as _, Seek, SeekFrom, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{Policy, audit};
use crate::source::Source;

/// A file in which zeros are left out.
struct Sparse(File);

impl Write for Sparse {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if octets.len() > 4096 && octets.iter().all(|octet| *octet == 0) {
            self.0.seek_relative(octets.len() as i64)?;
            return Ok(octets.len());
        }
        self.0.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

/// Entries of these lengths, each of zeros.
fn made(lengths: &[u64]) -> Source {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut zip = ZipWriter::new(Sparse(file.reopen().unwrap()));
    for (number, length) in lengths.iter().enumerate() {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(0o644)
            .large_file(*length >= u64::from(u32::MAX));
        zip.start_file(format!("{number}.bin"), options).unwrap();
        io::copy(&mut io::repeat(0).take(*length), &mut io::BufWriter::with_capacity(1 << 20, &mut zip)).unwrap();
    }
    zip.finish().unwrap();
    Source::file(file.path()).unwrap()
}

#[test]
fn entries_and_places_beyond_four_gibibytes() {
    let limit = u64::from(u32::MAX);
    // A long entry, then one whose place is beyond; many short ones of which the last and the directory are beyond.
    for lengths in [&[10, limit + 9, 5][..], &[limit - 1000, 2000, 3], &[limit, 1]] {
        let source = made(lengths);
        let entries = audit(&source, &Policy::INNER).unwrap_or_else(|finding| panic!("{lengths:?}: {finding:?}"));
        let found: Vec<u64> = entries.iter().map(|entry| entry.size).collect();
        assert_eq!(found, lengths);
        let last = entries.last().unwrap();
        assert!(last.data_start > limit - 1000 && last.data_start + last.compressed < source.len());
    }
}

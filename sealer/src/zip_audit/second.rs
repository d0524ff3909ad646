//! A second reader, written by other people: when it does not see the same entries at the same places, somebody could
//! be shown another archive than we were.
use std::io;

use dossier::Finding;
use rawzip::{ReaderAt, ZipArchive};

use super::{Entry, fail};
use crate::source::Source;

impl ReaderAt for Source {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.fetch(offset, buffer)
    }
}

/// Reads the archive with rawzip and compares names, offsets, sizes, methods and checksums, in order.
pub(super) fn agrees(source: &Source, entries: &[Entry]) -> Result<(), Finding> {
    let differs = |found: String| {
        let what = "Un second lecteur de zip ne voit pas les mêmes entrées.";
        fail("zip.readers_disagree", what).found(found)
    };
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    let located = ZipArchive::with_max_search_space(65_557).locate_in_reader(source.clone(), &mut buffer, source.len());
    let archive = located.map_err(|(_, e)| differs(e.to_string()))?;
    let mut expected = entries.iter();
    let mut records = archive.entries(&mut buffer);
    while let Some(record) = records.next_entry().map_err(|e| differs(e.to_string()))? {
        let same = expected.next().is_some_and(|entry| {
            record.file_path().as_bytes() == entry.name.as_bytes()
                && record.local_header_offset() == entry.header_start
                && record.compressed_size_hint() == entry.compressed
                && record.uncompressed_size_hint() == entry.size
                && record.compression_method().as_u16() == entry.method
                && record.crc32() == entry.crc32
        });
        if !same {
            return Err(differs(record.file_path().as_bytes().escape_ascii().to_string()));
        }
    }
    expected.next().map_or(Ok(()), |missing| Err(differs(missing.name.clone())))
}

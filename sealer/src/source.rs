//! Octets read at any place: a file, a buffer, or a range of either (a STORED inner zip is one).
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

/// Octets at rest, addressed from 0.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    octets: Octets,
    start: u64,
    len: u64,
}

#[derive(Clone, Debug)]
enum Octets {
    File(Arc<File>),
    Memory(Arc<Vec<u8>>),
}

impl Source {
    /// An open file; its length is taken once, and a file that shrinks later gives read errors.
    pub(crate) fn file(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(Self { octets: Octets::File(Arc::new(file)), start: 0, len: metadata.len() })
    }

    /// A buffer.
    pub(crate) fn memory(bytes: Vec<u8>) -> Self {
        let len = bytes.len() as u64;
        Self { octets: Octets::Memory(Arc::new(bytes)), start: 0, len }
    }

    /// How many octets there are.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// The octets `start..start + len`, or `None` when they are not all there.
    pub(crate) fn slice(&self, start: u64, len: u64) -> Option<Self> {
        start.checked_add(len).filter(|end| *end <= self.len)?;
        Some(Self { octets: self.octets.clone(), start: self.start + start, len })
    }

    /// Reads up to `buffer.len()` octets from `offset`.
    pub(crate) fn fetch(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(offset);
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let Some(buffer) = buffer.get_mut(..wanted) else { return Ok(0) };
        let from = self.start + offset;
        match &self.octets {
            Octets::File(file) => file.read_at(buffer, from),
            Octets::Memory(bytes) => {
                let at = usize::try_from(from).unwrap_or(usize::MAX);
                let there = bytes.get(at..at.saturating_add(wanted)).unwrap_or_default();
                buffer[..there.len()].copy_from_slice(there);
                Ok(there.len())
            }
        }
    }

    /// Exactly `len` octets from `offset`.
    pub(crate) fn exact(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let range = self.slice(offset, len as u64).ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut bytes = Vec::with_capacity(len);
        range.reader().read_to_end(&mut bytes)?;
        if bytes.len() == len { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// A reader from the first octet to the last.
    pub(crate) fn reader(&self) -> SourceReader {
        SourceReader { source: self.clone(), at: 0 }
    }
}

/// Reads an entry from its first octet to its last.
#[derive(Clone, Debug)]
pub struct SourceReader {
    source: Source,
    at: u64,
}

impl Read for SourceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.fetch(self.at, buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl io::Seek for SourceReader {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let target = match to {
            io::SeekFrom::Start(at) => Some(at),
            io::SeekFrom::End(by) => self.source.len.checked_add_signed(by),
            io::SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

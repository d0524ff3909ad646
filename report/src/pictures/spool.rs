//! Where sheets wait, packed, between the cutting of the pictures and the writing of the document.
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// A temporary file without a name: nothing is left of it after us, whatever happens.
pub(crate) struct Spool {
    file: File,
    bytes: u64,
}

/// Where a packed sheet stands in its spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    at: u64,
    /// Length in bytes.
    pub(crate) bytes: u64,
}

impl Spool {
    /// An empty one, in the system's folder of temporary files.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile()?, bytes: 0 })
    }

    /// Keeps the octets of one sheet.
    pub(crate) fn keep(&mut self, octets: &[u8]) -> io::Result<Packed> {
        self.file.write_all(octets)?;
        let packed = Packed { at: self.bytes, bytes: octets.len() as u64 };
        self.bytes += packed.bytes;
        Ok(packed)
    }

    /// Copies one sheet.
    pub(crate) fn copy(&self, packed: Packed, out: &mut dyn Write) -> io::Result<()> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(packed.at))?;
        match io::copy(&mut file.take(packed.bytes), out)? {
            copied if copied == packed.bytes => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

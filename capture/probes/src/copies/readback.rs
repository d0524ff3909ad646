//! A file read from its medium, not from memory: past the page cache where the file system allows it, else with the cache dropped.
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use dossier::{DigestWriter, Digests};
use rustix::fs::{Advice, OFlags, fadvise};

/// Read at once; a multiple of any sector.
const CHUNK: usize = 1 << 20;
/// What direct reads want memory to be aligned to, at most.
const ALIGNED: usize = 4096;

/// How a copy was read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// With `O_DIRECT`: from the medium, past the page cache.
    Direct,
    /// After `fsync` and `posix_fadvise(DONTNEED)`: the system was asked to forget its own copy. On a file system that lives in memory, or
    /// of another machine, that proves less.
    CacheDropped,
}

impl ReadBack {
    /// The word of the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::CacheDropped => "cache_dropped",
        }
    }
}

/// Length and digests of a file as its medium gives it, and how it was read; constant memory.
///
/// # Errors
/// What the system says when it cannot be read.
pub fn read_back(path: &Path) -> io::Result<(Digests, ReadBack)> {
    let direct = i32::try_from(OFlags::DIRECT.bits()).map_err(io::Error::other)?;
    if let Ok(file) = OpenOptions::new().read(true).custom_flags(direct).open(path)
        && let Ok(digests) = aligned(file)
    {
        return Ok((digests, ReadBack::Direct));
    }
    let file = File::open(path)?;
    file.sync_all()?;
    fadvise(&file, 0, None, Advice::DontNeed)?;
    Ok((dossier::digest_reader(&file)?, ReadBack::CacheDropped))
}

/// Reads to the end into memory that begins where direct reads want it to.
fn aligned(mut file: File) -> io::Result<Digests> {
    let mut memory = vec![0_u8; CHUNK + ALIGNED];
    let from = memory.as_ptr().align_offset(ALIGNED).min(ALIGNED);
    let buffer = memory.get_mut(from..from + CHUNK).ok_or(io::ErrorKind::OutOfMemory)?;
    let length = file.metadata()?.len();
    let mut sink = DigestWriter::new(io::sink());
    let mut seen = 0;
    loop {
        match file.read(buffer) {
            Ok(0) => break,
            Ok(read) => {
                sink.write_all(buffer.get(..read).unwrap_or_default())?;
                seen += read as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
        // The last part is shorter than a sector: what follows would not be aligned, and there is nothing.
        if seen >= length {
            break;
        }
    }
    let digests = sink.finish().1;
    if digests.bytes == length { Ok(digests) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

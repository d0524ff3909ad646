//! Evidence records (RFC 4998): one token over many bundles, by a tree of digests, and a record for each bundle beside it.
//!
//! Renewing a hundred bundles one by one asks for a hundred tokens each time; a tree asks for one. The bundle itself is
//! not touched. SHA-256 only: a record of another algorithm is told as not judged.
mod encoding;
mod tree;

pub(crate) use encoding::{ArchiveTimeStamp, EvidenceRecord};
pub(crate) use tree::{build, root_octets};

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Where the record of a bundle is: beside it, with `.ers` after its whole name.
pub fn record_path(bundle: &Path) -> PathBuf {
    let mut name = bundle.as_os_str().to_owned();
    name.push(".ers");
    PathBuf::from(name)
}

/// The longest record read, in octets.
const MAX_RECORD: u64 = 16 << 20;

/// The octets of the record beside `bundle`; `None` when there is none; the error says why what is there is not read.
pub(crate) fn beside(bundle: &Path) -> Result<Option<Vec<u8>>, String> {
    let file = match File::open(record_path(bundle)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let mut octets = Vec::new();
    file.take(MAX_RECORD + 1).read_to_end(&mut octets).map_err(|e| e.to_string())?;
    if octets.len() as u64 > MAX_RECORD {
        return Err(format!("plus de {MAX_RECORD} octets"));
    }
    Ok(Some(octets))
}

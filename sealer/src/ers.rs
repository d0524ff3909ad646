//! Evidence records (RFC 4998): one token over many bundles, by a tree of digests, and a record for each bundle beside it.
//!
//! Renewing a hundred bundles one by one asks for a hundred tokens each time; a tree asks for one. The bundle itself is
//! not touched. SHA-256 only: a record of another algorithm is told as not judged.
mod encoding;
mod tree;

pub(crate) use encoding::{ArchiveTimeStamp, EvidenceRecord};
pub(crate) use tree::{build, root_octets};

use std::path::{Path, PathBuf};

/// Where the record of a bundle is: beside it, with `.ers` after its whole name.
pub fn record_path(bundle: &Path) -> PathBuf {
    let mut name = bundle.as_os_str().to_owned();
    name.push(".ers");
    PathBuf::from(name)
}

/// The longest record read, in octets.
pub const MAX_RECORD: u64 = 16 << 20;

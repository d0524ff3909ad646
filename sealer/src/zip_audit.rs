//! A strict audit of a zip's raw records: readers disagree about crooked archives (duplicates, hidden entries, a second
//! directory), so an archive about which two readers could disagree is refused before anything in it is read.
//!
//! Rules: ETSI EN 319 162-1 4.2 and A.1, ISO/IEC 21320-1, and a profile narrower than both: ASCII names, no comment,
//! no data descriptor, no extra field but ZIP64 where it is needed, fixed times, and the entries, the central directory
//! and its end tile the file exactly.
mod directory;
mod local;
mod second;
#[cfg(test)]
mod tests;

use dossier::{Finding, Level};

use crate::source::Source;

/// Compression method 0.
pub(crate) const STORED: u16 = 0;
/// Compression method 8.
pub(crate) const DEFLATED: u16 = 8;

/// What an archive may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// Entries at most.
    pub(crate) max_entries: usize,
    /// Whether method 8 is refused: then every octet of the file is under a digest, padding bits included.
    pub(crate) stored_only: bool,
    /// Octets of one entry at most, once expanded.
    pub(crate) max_expanded: u64,
}

impl Policy {
    /// The outer container.
    pub(crate) const OUTER: Self =
        Self { max_entries: crate::layout::MAX_ENTRIES, stored_only: true, max_expanded: u64::MAX };
    /// The inner WACZ: our writer stores everything, so that no member can be a bomb.
    pub(crate) const INNER: Self = Self { max_entries: 64, stored_only: true, max_expanded: u64::MAX };
    /// The whole dossier of an act.
    pub(crate) const WHOLE: Self = Self { max_entries: 20_000, stored_only: true, max_expanded: u64::MAX };
}

/// One entry, both of whose headers agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) method: u16,
    pub(crate) crc32: u32,
    /// Octets once expanded.
    pub(crate) size: u64,
    /// Octets in the file.
    pub(crate) compressed: u64,
    /// Where its octets start.
    pub(crate) data_start: u64,
    /// Length of the local extra field.
    pub(crate) local_extra: u16,
    header_start: u64,
    raw: directory::Raw,
}

/// Audits a whole archive and gives its entries, in the order they stand in the file. The first fault ends the audit.
pub(crate) fn audit(source: &Source, policy: &Policy) -> Result<Vec<Entry>, Finding> {
    let directory = directory::locate(source)?;
    let mut entries = directory::read(source, &directory, policy)?;
    let mut at = 0;
    for entry in &mut entries {
        at = local::check(source, entry, at)?;
    }
    if at != directory.start {
        let what = "Des octets se trouvent entre la dernière entrée et le répertoire central.";
        return Err(fail("zip.layout", what).values(directory.start, at));
    }
    second::agrees(source, &entries)?;
    Ok(entries)
}

/// A FAIL finding of the audit.
fn fail(code: &str, what: &str) -> Finding {
    Finding::new(code, Level::Fail, what)
}

/// A finding for octets that could not be read.
fn unreadable(error: std::io::Error) -> Finding {
    fail("zip.truncated", "L'archive est tronquée ou illisible.").found(error)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|b| b.try_into().ok()).map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
}

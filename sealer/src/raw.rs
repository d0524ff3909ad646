//! The entries of a bundle by range, whatever its seal is worth: for showing a capture, never for a verdict.
//!
//! The zip's raw records are audited as for a verdict, so that an entry is where every reader finds it.
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use dossier::{Finding, Level};

use crate::source::{Source, SourceReader};
use crate::zip_audit::{self, Policy};

/// Entries of an audited zip, every one STORED. Clones share the open file.
#[derive(Clone, Debug)]
pub struct RawEntries {
    sources: BTreeMap<String, Source>,
}

impl RawEntries {
    /// The entries of the bundle at `path`. Seal, digests and manifest are not looked at: that is
    /// [`crate::verify()`]'s.
    pub fn open(path: &Path) -> Result<Self, Finding> {
        let source = Source::file(path).map_err(|error| {
            Finding::new("file.unreadable", Level::Fail, "Le fichier ne peut pas être lu.").found(error)
        })?;
        Self::of(&source, &Policy::OUTER)
    }

    pub(crate) fn from_sources(sources: BTreeMap<String, Source>) -> Self {
        Self { sources }
    }

    fn of(source: &Source, policy: &Policy) -> Result<Self, Finding> {
        let entries = zip_audit::audit(source, policy)?;
        let sources = entries.into_iter().filter_map(|e| Some((e.name, source.slice(e.data_start, e.compressed)?)));
        Ok(Self { sources: sources.collect() })
    }

    /// The entries of the zip that the entry `name` is: those of `capture.wacz`.
    pub fn inside(&self, name: &str) -> Result<Self, Finding> {
        let source = self
            .sources
            .get(name)
            .ok_or_else(|| Finding::new("bundle.missing", Level::Fail, "Une entrée obligatoire manque.").found(name))?;
        Self::of(source, &Policy::INNER)
    }

    /// How many octets an entry has; `None` when there is none of that name.
    pub fn len(&self, name: &str) -> Option<u64> {
        self.sources.get(name).map(Source::len)
    }

    /// Reads octets of an entry from `offset`; 0 at its end.
    pub fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.sources.get(name).ok_or(io::ErrorKind::NotFound)?.fetch(offset, buffer)
    }

    /// A reader over a whole entry.
    pub fn reader(&self, name: &str) -> Option<SourceReader> {
        self.sources.get(name).map(Source::reader)
    }
}

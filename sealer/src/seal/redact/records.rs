//! Which records of the archive are withheld: those asked for, and with each the others of its exchange.
use std::collections::{BTreeMap, BTreeSet};

use dossier::{Manifest, Sha256Digest};
use warc::{Budget, RecordType, WarcReader};

use super::{ExchangeChoice, RedactRequest, fate};
use crate::disclosure::{RecordFate, Secret};
use crate::seal::add_time::broken;
use crate::seal::container::{Content, NewEntry};
use crate::source::Source;
use crate::zip_audit::{self, Policy};
use crate::{SealError, layout};

/// What is known of a record without its block.
pub(super) struct Record {
    pub(super) kind: RecordType,
    pub(super) id: String,
    pub(super) url: String,
    /// `WARC-Payload-Digest`, as written.
    pub(super) payload: Option<String>,
    /// `WARC-Concurrent-To`, each.
    concurrent: Vec<String>,
    offset: u64,
    length: u64,
    pub(super) digest: Sha256Digest,
}

/// The records, and why some are withheld.
pub(super) struct Chosen {
    pub(super) archive: Source,
    pub(super) records: Vec<Record>,
    /// Record after record: the choice it is withheld by.
    pub(super) why: Vec<Option<ExchangeChoice>>,
}

impl Chosen {
    /// The gzip members that are shown, in order; neighbours in one piece.
    pub(super) fn shown(&self) -> Vec<Source> {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for (record, _) in self.records.iter().zip(&self.why).filter(|(_, why)| why.is_none()) {
            match ranges.last_mut() {
                Some((start, length)) if *start + *length == record.offset => *length += record.length,
                _ => ranges.push((record.offset, record.length)),
            }
        }
        ranges.into_iter().filter_map(|(start, length)| self.archive.slice(start, length)).collect()
    }

    /// What the list says of each record.
    pub(super) fn fates(&self, secret: &Secret) -> Vec<RecordFate> {
        let pairs = self.records.iter().zip(&self.why).zip(0_u64..);
        pairs.map(|((record, why), index)| fate(record, index, why.as_ref(), secret)).collect()
    }
}

/// Reads the archive and chooses; `None` when no exchange is asked for.
pub(super) fn choose(
    request: &RedactRequest<'_>,
    manifest: &Manifest,
    entries: &[NewEntry],
) -> Result<Option<Chosen>, SealError> {
    if request.exchanges.is_empty() {
        return Ok(None);
    }
    let Some(sealed) = manifest.disclosure else {
        return Err(SealError::NoLeaves { path: request.bundle.to_path_buf() });
    };
    let archive = archive(entries).ok_or_else(|| broken(request.bundle, layout::WACZ))?;
    let records = read(&archive)?;
    if records.len() as u64 != sealed.records {
        return Err(broken(request.bundle, layout::ARCHIVE));
    }
    let groups = groups(&records);
    let mut why: Vec<Option<ExchangeChoice>> = records.iter().map(|_| None).collect();
    for choice in request.exchanges {
        let asked = records.iter().zip(&groups).filter(|(record, _)| is_asked(&choice.what, record));
        let asked: BTreeSet<usize> = asked.map(|(_, group)| *group).collect();
        if asked.is_empty() {
            return Err(SealError::UnknownExchange { what: choice.what.clone() });
        }
        let in_it = groups.iter().zip(&mut why).filter(|(group, _)| asked.contains(group));
        in_it.for_each(|(_, why)| {
            why.get_or_insert_with(|| choice.clone());
        });
    }
    Ok(Some(Chosen { archive, records, why }))
}

/// The archive inside the package.
fn archive(entries: &[NewEntry]) -> Option<Source> {
    let package = entries.iter().find(|entry| entry.name == layout::WACZ)?;
    let Content::Source(package) = &package.content else { return None };
    let members = zip_audit::audit(package, &Policy::INNER).ok()?;
    let archive = members.iter().find(|member| member.name == layout::ARCHIVE)?;
    package.slice(archive.data_start, archive.compressed)
}

fn read(archive: &Source) -> Result<Vec<Record>, SealError> {
    let failed = |e: warc::WarcError| SealError::Archive { why: e.to_string() };
    let mut reader = WarcReader::with_budget(archive.reader(), Budget::default());
    let mut records = Vec::new();
    while let Some(record) = reader.next_record().map_err(failed)? {
        let header = record.header().clone();
        let end = record.finish().map_err(failed)?;
        records.push(Record {
            kind: header.record_type,
            id: header.id().to_owned(),
            url: header.target_uri().to_owned(),
            payload: header.get("WARC-Payload-Digest").map(str::to_owned),
            concurrent: header.all("WARC-Concurrent-To").map(str::to_owned).collect(),
            offset: end.offset,
            length: end.length,
            digest: end.record_digest,
        });
    }
    Ok(records)
}

/// The exchange of each record, by the first record of it: records that name each other are one exchange.
fn groups(records: &[Record]) -> Vec<usize> {
    let by_id: BTreeMap<&str, usize> = records.iter().zip(0..).map(|(record, at)| (record.id.as_str(), at)).collect();
    let mut parents: Vec<usize> = (0..records.len()).collect();
    for (at, record) in records.iter().enumerate() {
        for other in record.concurrent.iter().filter_map(|id| by_id.get(id.as_str())) {
            let (one, two) = (root(&parents, at), root(&parents, *other));
            if let Some(parent) = parents.get_mut(one.max(two)) {
                *parent = one.min(two);
            }
        }
    }
    (0..records.len()).map(|at| root(&parents, at)).collect()
}

fn root(parents: &[usize], mut at: usize) -> usize {
    while let Some(parent) = parents.get(at).filter(|parent| **parent != at) {
        at = *parent;
    }
    at
}

/// Whether the record is the one asked for: by its name, or by its address, alone or after what its kind puts before
/// (`urn:websocket:`, `urn:eventsource:`, `urn:early-hints:`).
fn is_asked(what: &str, record: &Record) -> bool {
    if record.kind == RecordType::Warcinfo {
        return false;
    }
    if what.starts_with("<urn:uuid:") || what.starts_with("urn:uuid:") {
        return record.id.trim_matches(['<', '>']) == what.trim_matches(['<', '>']);
    }
    let kinds = ["", "urn:websocket:", "urn:eventsource:", "urn:early-hints:"];
    let mut addresses = kinds.iter().filter_map(|before| record.url.strip_prefix(before));
    match what.strip_suffix('*') {
        Some(beginning) => addresses.any(|address| address.starts_with(beginning)),
        None => addresses.any(|address| address == what),
    }
}

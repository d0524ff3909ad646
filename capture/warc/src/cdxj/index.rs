//! An index rebuilt from the archive alone.
use std::fs::File;
use std::io::Read;
use std::path::Path;

use dossier::Instant;

use super::{CdxjEntry, RequestKey, request_key};
use crate::block::BlockFacts;
use crate::http::HttpHead;
use crate::{Budget, RecordEnd, RecordHeader, RecordType, WarcError, WarcReader, surt};

/// Indexes the archive at `path` under the name `filename` (without folder), in the order of its records.
pub fn index_warc(path: &Path, filename: &str) -> Result<Vec<CdxjEntry>, WarcError> {
    let file = File::open(path).map_err(|error| WarcError::io(format!("open {}", path.display()), error))?;
    index_reader(file, filename, Budget::default())
}

/// Indexes an archive: responses, revisits, resources, and metadata that bear an address and are not plain
/// `application/warc-fields`. A request gives its method and body to the response it stands next to.
pub fn index_reader(inner: impl Read, filename: &str, budget: Budget) -> Result<Vec<CdxjEntry>, WarcError> {
    let mut reader = WarcReader::with_budget(inner, budget);
    let mut indexer = Indexer::new(filename);
    while let Some(mut record) = reader.next_record()? {
        let facts = BlockFacts::read(&mut record)?;
        let header = record.header().clone();
        indexer.push(header, &facts, &record.finish()?);
    }
    Ok(indexer.finish())
}

/// Builds an index from records as they are read.
pub(crate) struct Indexer {
    filename: String,
    entries: Vec<CdxjEntry>,
    before: Option<Seen>,
}

impl Indexer {
    pub(crate) fn new(filename: &str) -> Self {
        Self { filename: filename.to_owned(), entries: Vec::new(), before: None }
    }

    pub(crate) fn push(&mut self, header: RecordHeader, facts: &BlockFacts, end: &RecordEnd) {
        let mut seen = Seen { entry: None, request: request_of(&header, facts), header };
        if is_indexed(&seen.header) {
            seen.entry = Some(self.entries.len());
            self.entries.push(CdxjEntry {
                filename: self.filename.clone(),
                length: end.length,
                offset: end.offset,
                record_digest: end.record_digest.labelled(),
                ..entry_of(&seen.header, facts)
            });
        }
        // A record is paired once, with the record before it.
        let before = self.before.take().filter(|before| pair(before, &seen, &mut self.entries));
        self.before = if before.is_some() { None } else { Some(seen) };
    }

    pub(crate) fn finish(self) -> Vec<CdxjEntry> {
        self.entries
    }
}

struct Seen {
    header: RecordHeader,
    /// Its place in the index.
    entry: Option<usize>,
    request: Option<RequestKey>,
}

/// Gives method and body of a request to its response; whether the two belong together.
fn pair(first: &Seen, second: &Seen, entries: &mut [CdxjEntry]) -> bool {
    let together = first.header.target_uri() == second.header.target_uri()
        && second.header.get("WARC-Concurrent-To") == Some(first.header.id());
    let (request, response) = match (first.header.record_type, second.header.record_type) {
        (RecordType::Request, RecordType::Response) => (first, second),
        (RecordType::Response, RecordType::Request) => (second, first),
        _ => return false,
    };
    if !together {
        return false;
    }
    let entry = response.entry.and_then(|place| entries.get_mut(place));
    if let (Some(key), Some(entry)) = (&request.request, entry) {
        entry.key = surt(&key.url);
        entry.method = Some(key.method.clone());
        entry.request_body.clone_from(&key.body);
    }
    true
}

fn is_indexed(header: &RecordHeader) -> bool {
    let described = header.get("Content-Type") == Some("application/warc-fields");
    match header.record_type {
        RecordType::Response | RecordType::Revisit => true,
        RecordType::Resource | RecordType::Metadata => !described && !header.target_uri().is_empty(),
        _ => false,
    }
}

fn request_of(header: &RecordHeader, facts: &BlockFacts) -> Option<RequestKey> {
    let head = facts.head.as_ref().filter(|_| header.record_type == RecordType::Request)?;
    request_key(header.target_uri(), head, &facts.request_body)
}

/// The entry, but for where the record stands.
fn entry_of(header: &RecordHeader, facts: &BlockFacts) -> CdxjEntry {
    let mime = match header.record_type {
        RecordType::Revisit => Some("warc/revisit"),
        RecordType::Response => facts.head.as_ref().and_then(|head| head.get("Content-Type")),
        _ => header.get("Content-Type"),
    };
    let essence = |text: &str| text.split([';', ' ', '\t', '\n', '\r']).next().unwrap_or("").to_owned();
    let status = facts.head.as_ref().and_then(HttpHead::status).map(|status| status.to_string());
    // The payload of a revisit is kept elsewhere: what is not stated is not known.
    let payload = || match header.record_type {
        RecordType::Revisit => None,
        _ => Some(facts.payload.unwrap_or(facts.block).labelled()),
    };
    CdxjEntry {
        key: surt(header.target_uri()),
        timestamp: cdx_timestamp(header.get("WARC-Date").unwrap_or("")),
        url: header.target_uri().to_owned(),
        mime: mime.map(essence),
        status,
        digest: header.get("WARC-Payload-Digest").map(str::to_owned).or_else(payload),
        ..CdxjEntry::default()
    }
}

/// Fourteen digits of a `WARC-Date`; a date less precise than the second is filled up with its first instant.
fn cdx_timestamp(date: &str) -> String {
    if let Ok(instant) = date.parse::<Instant>() {
        return instant.to_cdx();
    }
    let digits: String = date.chars().filter(char::is_ascii_digit).take(14).collect();
    let filler = "00000101000000";
    format!("{digits}{}", filler.get(digits.len()..).unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, RecordId, WarcRecord, WarcWriter, http};

    fn id(name: &str) -> RecordId {
        RecordId::v5(&["index", name])
    }

    fn date() -> Instant {
        "2026-11-21T09:12:03.045Z".parse().unwrap()
    }

    #[test]
    fn a_post_is_told_from_a_get_of_the_same_address() {
        let answer = http::response_head("HTTP/1.1", 200, "OK", &[("Content-Type".into(), "text/html; a=b".into())]);
        let answer = answer.unwrap();
        let mut writer = WarcWriter::new(Vec::new());
        for (name, method, body) in [("1", "GET", &b""[..]), ("2", "POST", b"a=1"), ("3", "OPTIONS", b"")] {
            let form = ("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned());
            let asked = http::request_head(method, "/", "HTTP/1.1", &[form]).unwrap();
            let (response, request) = (id(&format!("r{name}")), id(&format!("q{name}")));
            let url = "http://www.example.org/";
            let record =
                WarcRecord::http(RecordType::Response, response.clone(), date(), url, &answer, Body::Bytes(b"<p>"));
            writer.write(&record).unwrap();
            let record = WarcRecord::http(RecordType::Request, request, date(), url, &asked, Body::Bytes(body))
                .with("WARC-Concurrent-To", response.to_string());
            writer.write(&record).unwrap();
        }
        let bytes = writer.into_inner();
        let entries = index_reader(&bytes[..], "data.warc.gz", Budget::default()).unwrap();
        let keys: Vec<_> = entries.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(keys, ["org,example)/", "org,example)/?__wb_method=post&a=1", "org,example)/?__wb_method=options"]);
        assert_eq!(entries[0].mime.as_deref(), Some("text/html"));
        assert_eq!(entries[0].timestamp, "20261121091203");
        assert_eq!(entries[1].request_body.as_deref(), Some("a=1"));
        assert_eq!(entries[2].request_body, None);
        for entry in &entries {
            let slice = &bytes[entry.offset as usize..(entry.offset + entry.length) as usize];
            assert_eq!(entry.record_digest, dossier::Sha256Digest::of(slice).labelled());
            assert_eq!(entry.digest, Some(dossier::Sha256Digest::of(b"<p>").labelled()));
        }
    }

    #[test]
    fn dates_of_any_precision() {
        assert_eq!(cdx_timestamp("2016-01"), "20160101000000");
        assert_eq!(cdx_timestamp("2016-01-11T23:24:25.412030Z"), "20160111232425");
        assert_eq!(cdx_timestamp("2016"), "20160101000000");
        assert_eq!(cdx_timestamp(""), "00000101000000");
    }
}

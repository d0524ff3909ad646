//! An index rebuilt from the archive alone.
use std::fs::File;
use std::io::Read;
use std::path::Path;

use dossier::Instant;

use super::{BODY_LIMIT, CdxjEntry, RequestKey, request_key};
use crate::digest::Hasher;
use crate::http::{HttpHead, MAX_HEAD, head_length};
use crate::{Budget, Record, RecordHeader, RecordType, WarcError, WarcReader, surt};

/// Indexes the archive at `path` under the name `filename` (without folder), in the order of its records.
pub fn index_warc(path: &Path, filename: &str) -> Result<Vec<CdxjEntry>, WarcError> {
    let file = File::open(path).map_err(|error| WarcError::io(format!("open {}", path.display()), error))?;
    index_reader(file, filename, Budget::default())
}

/// Indexes an archive: responses, revisits, resources, and metadata that bear an address and are not plain
/// `application/warc-fields`. A request gives its method and body to the response it stands next to.
pub fn index_reader(inner: impl Read, filename: &str, budget: Budget) -> Result<Vec<CdxjEntry>, WarcError> {
    let mut reader = WarcReader::with_budget(inner, budget);
    let mut entries = Vec::new();
    let mut before: Option<Seen> = None;
    while let Some(mut record) = reader.next_record()? {
        let content = Content::read(&mut record)?;
        let header = record.header().clone();
        let end = record.finish()?;
        let mut seen = Seen { entry: None, request: content.request(&header), header };
        if is_indexed(&seen.header) {
            seen.entry = Some(entries.len());
            entries.push(CdxjEntry {
                filename: filename.to_owned(),
                length: end.length,
                offset: end.offset,
                record_digest: end.record_digest.labelled(),
                ..content.entry(&seen.header)
            });
        }
        // A record is paired once, with the record before it.
        before = match before.filter(|before| pair(before, &seen, &mut entries)) {
            Some(_) => None,
            None => Some(seen),
        };
    }
    Ok(entries)
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

/// What the index needs of a block.
struct Content {
    head: Option<HttpHead>,
    /// The first octets of a request's body.
    body: Vec<u8>,
    payload_digest: String,
}

impl Content {
    fn read<R: Read>(record: &mut Record<'_, R>) -> Result<Self, WarcError> {
        let is_http = record.header().is_http();
        let keep_body = record.header().record_type == RecordType::Request;
        let (mut head, mut body, mut payload) = (Vec::new(), Vec::new(), Hasher::default());
        let mut in_head = is_http;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = record.read_block(&mut buffer)?;
            let mut chunk = buffer.get(..read).unwrap_or_default();
            if chunk.is_empty() {
                break;
            }
            if in_head {
                let had = head.len();
                head.extend_from_slice(chunk);
                let Some(length) = head_length(&head) else {
                    in_head = head.len() < MAX_HEAD;
                    continue;
                };
                chunk = chunk.get(length.saturating_sub(had)..).unwrap_or_default();
                head.truncate(length);
                in_head = false;
            }
            payload.update(chunk);
            if keep_body && (body.len() as u64) < BODY_LIMIT {
                body.extend_from_slice(chunk);
            }
        }
        let head = is_http.then(|| HttpHead::parse(&head).ok()).flatten();
        Ok(Self { head, body, payload_digest: payload.finish().labelled() })
    }

    fn request(&self, header: &RecordHeader) -> Option<RequestKey> {
        let head = self.head.as_ref().filter(|_| header.record_type == RecordType::Request)?;
        request_key(header.target_uri(), head, &self.body)
    }

    /// The entry, but for where the record stands.
    fn entry(&self, header: &RecordHeader) -> CdxjEntry {
        let mime = match header.record_type {
            RecordType::Revisit => Some("warc/revisit"),
            RecordType::Response => self.head.as_ref().and_then(|head| head.get("Content-Type")),
            _ => header.get("Content-Type"),
        };
        let essence = |text: &str| text.split([';', ' ', '\t', '\n', '\r']).next().unwrap_or("").to_owned();
        let status = self.head.as_ref().and_then(HttpHead::status).map(|status| status.to_string());
        let digest = header.get("WARC-Payload-Digest").map_or_else(|| self.payload_digest.clone(), str::to_owned);
        CdxjEntry {
            key: surt(header.target_uri()),
            timestamp: cdx_timestamp(header.get("WARC-Date").unwrap_or("")),
            url: header.target_uri().to_owned(),
            mime: mime.map(essence),
            status,
            digest,
            ..CdxjEntry::default()
        }
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
            assert_eq!(entry.digest, dossier::Sha256Digest::of(b"<p>").labelled());
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

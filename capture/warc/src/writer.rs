//! Writes records, one gzip member each (annex D), every rule of the table enforced before the first byte.
use std::fs::File;
use std::io::{Read, Write};

use dossier::Sha256Digest;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

use crate::digest::{Hasher, HashingWriter};
use crate::header::breaches;
use crate::http::HttpHead;
use crate::{Body, RecordType, WarcError, WarcRecord};

/// Fields that only the writer may set.
const OWN_FIELDS: [&str; 8] = [
    "WARC-Type",
    "WARC-Record-ID",
    "WARC-Date",
    "WARC-Target-URI",
    "Content-Type",
    "Content-Length",
    "WARC-Block-Digest",
    "WARC-Payload-Digest",
];

const BUFFER: usize = 128 * 1024;

/// Where a record was put, and its digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Offset of its gzip member from the start of the archive, in octets.
    pub offset: u64,
    /// Length of its gzip member, in octets.
    pub length: u64,
    /// SHA-256 of its gzip member: the `recordDigest` of the index.
    pub record_digest: Sha256Digest,
    /// SHA-256 of its payload, when its type has one: the `digest` of the index.
    pub payload_digest: Option<Sha256Digest>,
}

/// Appends records to `W`. After a failed write the archive ends in a torn record and takes no other: cut it back
/// to [`WarcWriter::position`] (or use [`crate::last_whole_member`]) and start again with [`WarcWriter::resume`].
pub struct WarcWriter<W: Write> {
    inner: W,
    position: u64,
    torn: bool,
}

impl<W: Write> WarcWriter<W> {
    /// Writes a new archive.
    pub fn new(inner: W) -> Self {
        Self::resume(inner, 0)
    }

    /// Goes on with an archive of `position` octets, all of them whole records; `inner` must write at its end.
    pub fn resume(inner: W, position: u64) -> Self {
        Self { inner, position, torn: false }
    }

    /// Length of the archive in octets, whole records only.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The writer beneath, to flush or sync.
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    /// The writer beneath, to flush or sync; bytes written through it would break the archive.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// The writer beneath; it is not flushed.
    pub fn into_inner(self) -> W {
        self.inner
    }

    /// Writes one record. The archive is untouched when the record is refused ([`WarcError::Rule`],
    /// [`WarcError::Http`], or a body that changed before the first byte was written).
    pub fn write(&mut self, record: &WarcRecord<'_>) -> Result<Placed, WarcError> {
        if self.torn {
            return Err(WarcError::Torn { offset: self.position });
        }
        check_content(record)?;
        let digests = digest_block(record)?;
        let header = header_bytes(record, &digests)?;
        self.torn = true;
        let (length, record_digest) = self.emit(record, &header, digests.block)?;
        self.torn = false;
        let placed = Placed { offset: self.position, length, record_digest, payload_digest: digests.payload };
        self.position += length;
        Ok(placed)
    }

    fn emit(
        &mut self,
        record: &WarcRecord<'_>,
        header: &[u8],
        block: Sha256Digest,
    ) -> Result<(u64, Sha256Digest), WarcError> {
        let io = |source| WarcError::io("write a record of the archive", source);
        let sink = HashingWriter { inner: &mut self.inner, hasher: Hasher::default() };
        // No time, no name: the member depends on the record only.
        let mut gzip: GzEncoder<_> = GzBuilder::new().mtime(0).write(sink, Compression::default());
        gzip.write_all(header).map_err(io)?;
        let mut written = Hasher::default();
        each_chunk(record, |chunk| {
            written.update(chunk);
            gzip.write_all(chunk).map_err(io)
        })?;
        let (bytes, digest) = (written.bytes(), written.finish());
        if digest != block {
            return Err(changed(record, bytes, digest));
        }
        gzip.write_all(b"\r\n\r\n").map_err(io)?;
        let sink = gzip.finish().map_err(io)?;
        Ok((sink.hasher.bytes(), sink.hasher.finish()))
    }
}

struct BlockDigests {
    bytes: u64,
    block: Sha256Digest,
    payload: Option<Sha256Digest>,
}

/// First pass over the block: its length and digests, checked against those promised for a file.
fn digest_block(record: &WarcRecord<'_>) -> Result<BlockDigests, WarcError> {
    let (mut block, mut body) = (Hasher::default(), Hasher::default());
    block.update(record.http_head);
    each_body_chunk(&record.body, |chunk| {
        block.update(chunk);
        body.update(chunk);
        Ok(())
    })?;
    let (body_bytes, body_digest) = (body.bytes(), body.finish());
    if let Body::File { digests, .. } = &record.body
        && (digests.bytes != body_bytes || digests.sha256 != body_digest)
    {
        return Err(changed(record, body_bytes, body_digest));
    }
    let has_payload = match record.record_type {
        RecordType::Resource | RecordType::Conversion => true,
        RecordType::Response | RecordType::Request => !record.http_head.is_empty(),
        _ => false,
    };
    Ok(BlockDigests { bytes: block.bytes(), block: block.finish(), payload: has_payload.then_some(body_digest) })
}

fn changed(record: &WarcRecord<'_>, bytes: u64, digest: Sha256Digest) -> WarcError {
    let expected = match &record.body {
        Body::File { digests, .. } => format!("{} octets, {}", digests.bytes, digests.sha256.labelled()),
        Body::Bytes(bytes) => format!("{} octets", bytes.len()),
    };
    WarcError::BodyChanged { expected, found: format!("{bytes} octets, {}", digest.labelled()) }
}

fn each_chunk(record: &WarcRecord<'_>, mut take: impl FnMut(&[u8]) -> Result<(), WarcError>) -> Result<(), WarcError> {
    take(record.http_head)?;
    each_body_chunk(&record.body, take)
}

/// Gives the body in chunks of exactly [`BUFFER`] octets but for the last, wherever it comes from: what deflate
/// writes depends on how it is fed, and a record must depend on its content only.
fn each_body_chunk(body: &Body<'_>, mut take: impl FnMut(&[u8]) -> Result<(), WarcError>) -> Result<(), WarcError> {
    let (path, limit) = match body {
        Body::Bytes(bytes) => return bytes.chunks(BUFFER).try_for_each(take),
        Body::File { path, digests } => (path, digests.bytes),
    };
    let io = |source| WarcError::io(format!("read {}", path.display()), source);
    // One octet more than promised is enough to know that the file grew.
    let mut file = File::open(path).map_err(io)?.take(limit.saturating_add(1));
    let mut buffer = Vec::with_capacity(BUFFER);
    loop {
        buffer.clear();
        file.by_ref().take(BUFFER as u64).read_to_end(&mut buffer).map_err(io)?;
        if buffer.is_empty() {
            return Ok(());
        }
        take(&buffer)?;
    }
}

fn refused(field: &str, expected: &str, found: &str) -> WarcError {
    WarcError::Rule { field: field.into(), expected: expected.into(), found: crate::error::excerpt(found) }
}

/// Rules that bind header and block together.
fn check_content(record: &WarcRecord<'_>) -> Result<(), WarcError> {
    for (name, value) in &record.fields {
        let own = OWN_FIELDS.iter().any(|own| own.eq_ignore_ascii_case(name));
        let kept_elsewhere =
            record.record_type == RecordType::Revisit && name.eq_ignore_ascii_case("WARC-Payload-Digest");
        if own && !kept_elsewhere {
            return Err(refused(name, "set by the writer only", value));
        }
    }
    let content_type = record.content_type.as_deref().unwrap_or("");
    let is_http = content_type.split(';').next().unwrap_or("").trim() == "application/http";
    let kind = record.record_type;
    if record.http_head.is_empty() {
        let empty_revisit = kind == RecordType::Revisit && record.body.is_empty();
        return match is_http && !empty_revisit {
            true => Err(refused("Content-Type", "another type than application/http without a head", content_type)),
            false => Ok(()),
        };
    }
    if !is_http || !kind.may_hold_http() {
        return Err(refused("Content-Type", "application/http in a request, response or revisit", content_type));
    }
    let head = HttpHead::parse(record.http_head)?;
    let right = if kind == RecordType::Request { head.method().is_some() } else { head.status().is_some() };
    if !right {
        return Err(WarcError::http("head", "its start line is not of this type of record", &head.start_line));
    }
    if crate::http::head_length(record.http_head) != Some(record.http_head.len()) {
        return Err(WarcError::http("head", "goes on after its empty line", &head.start_line));
    }
    match head.get("Transfer-Encoding").filter(|_| !record.body.is_empty()) {
        // The payload digest covers the body without transfer coding: a coded body would be digested wrongly.
        Some(value) => Err(WarcError::http("head", "Transfer-Encoding over a body that has none", value)),
        None => Ok(()),
    }
}

fn header_bytes(record: &WarcRecord<'_>, digests: &BlockDigests) -> Result<Vec<u8>, WarcError> {
    let mut fields: Vec<(String, String)> = Vec::with_capacity(record.fields.len() + 8);
    let mut push = |name: &str, value: String| fields.push((name.to_owned(), value));
    push("WARC-Type", record.record_type.to_string());
    push("WARC-Record-ID", record.id.to_string());
    push("WARC-Date", record.date.to_string());
    if let Some(uri) = &record.target_uri {
        push("WARC-Target-URI", uri.clone());
    }
    for (name, value) in &record.fields {
        push(name, value.clone());
    }
    push("WARC-Block-Digest", digests.block.labelled());
    if let Some(payload) = digests.payload {
        push("WARC-Payload-Digest", payload.labelled());
    }
    if let Some(content_type) = &record.content_type {
        push("Content-Type", content_type.clone());
    }
    push("Content-Length", digests.bytes.to_string());
    if let Some(breach) = breaches(record.record_type, &fields).into_iter().next() {
        return Err(WarcError::Rule { field: breach.field, expected: breach.expected, found: breach.found });
    }
    let lines: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    Ok(format!("WARC/1.1\r\n{lines}\r\n").into_bytes())
}

/// A block of type `application/warc-fields`: `name: value` lines, for `warcinfo` and `metadata` records.
pub fn warc_fields(fields: &[(&str, &str)]) -> Result<Vec<u8>, WarcError> {
    let mut block = Vec::new();
    for (name, value) in fields {
        if !crate::header::is_token(name) || !crate::header::Form::Text.accepts(value) {
            return Err(refused(name, "a token and text on one line", value));
        }
        block.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    Ok(block)
}

#[cfg(test)]
mod tests;

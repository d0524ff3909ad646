//! What the writer writes, and what it refuses.
use super::*;
use crate::{RecordId, http};
use dossier::{Digests, Instant};
use std::io;

fn date() -> Instant {
    "2026-11-21T09:12:03.045Z".parse().unwrap()
}

fn id(name: &str) -> RecordId {
    RecordId::v5(&["test", name])
}

fn response<'a>(head: &'a [u8], body: Body<'a>) -> WarcRecord<'a> {
    WarcRecord::http(RecordType::Response, id("response"), date(), "http://example.org/a", head, body)
}

fn unzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}

#[test]
fn a_record_is_written_to_the_octet() {
    let head = http::response_head("HTTP/1.1", 200, "OK", &[("Content-Length".into(), "3".into())]).unwrap();
    let record = response(&head, Body::Bytes(b"abc")).with("WARC-IP-Address", "192.0.2.1");
    let mut writer = WarcWriter::new(Vec::new());
    let placed = writer.write(&record).unwrap();
    let bytes = writer.into_inner();
    let block = [&head[..], b"abc"].concat();
    let expected = format!(
        "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: {}\r\nWARC-Date: 2026-11-21T09:12:03.045Z\r\n\
         WARC-Target-URI: http://example.org/a\r\nWARC-IP-Address: 192.0.2.1\r\n\
         WARC-Block-Digest: {}\r\nWARC-Payload-Digest: {}\r\n\
         Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n",
        id("response"),
        Sha256Digest::of(&block).labelled(),
        Sha256Digest::of(b"abc").labelled(),
        block.len()
    );
    assert_eq!(unzip(&bytes), [expected.as_bytes(), &block, b"\r\n\r\n"].concat());
    assert_eq!(placed.offset, 0);
    assert_eq!(placed.length, bytes.len() as u64);
    assert_eq!(placed.record_digest, Sha256Digest::of(&bytes));
    assert_eq!(placed.payload_digest, Some(Sha256Digest::of(b"abc")));
}

#[test]
fn records_follow_each_other_and_a_file_gives_the_same_bytes_as_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("body");
    let body: Vec<u8> = (0..700_000_u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(&path, &body).unwrap();
    let head = http::response_head("HTTP/1.1", 200, "OK", &[]).unwrap();
    let mut writer = WarcWriter::new(Vec::new());
    let file = Body::File { path: &path, digests: Digests::of(&body) };
    let first = writer.write(&response(&head, file)).unwrap();
    let second = writer.write(&response(&head, Body::Bytes(&body))).unwrap();
    assert_eq!(second.offset, first.length);
    assert_eq!(second.record_digest, first.record_digest);
    assert_eq!(writer.position(), first.length + second.length);
    let resumed = WarcWriter::resume(Vec::new(), 77).write(&response(&head, Body::Bytes(&body))).unwrap();
    assert_eq!((resumed.offset, resumed.record_digest), (77, first.record_digest));
}

#[test]
fn a_file_that_changed_is_refused_before_the_first_octet() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("body");
    let digests = Digests::of(b"abc");
    let mut writer = WarcWriter::new(Vec::new());
    for changed in [&b"abd"[..], b"ab", b"abcd", b""] {
        std::fs::write(&path, changed).unwrap();
        let error = writer.write(&response(b"HTTP/1.1 200 \r\n\r\n", Body::File { path: &path, digests }));
        assert_eq!(error.unwrap_err().code(), "warc.body_changed");
    }
    std::fs::remove_file(&path).unwrap();
    let error = writer.write(&response(b"HTTP/1.1 200 \r\n\r\n", Body::File { path: &path, digests }));
    assert_eq!(error.unwrap_err().code(), "warc.io");
    assert_eq!((writer.position(), writer.into_inner().len()), (0, 0));
}

#[test]
fn content_that_breaks_a_rule_is_refused() {
    let code = |record: WarcRecord<'_>| {
        let mut writer = WarcWriter::new(Vec::new());
        let code = writer.write(&record).unwrap_err().code();
        assert_eq!(writer.into_inner(), b"");
        code
    };
    let head = b"HTTP/1.1 200 \r\n\r\n";
    let good = || response(head, Body::Bytes(b""));
    for own in OWN_FIELDS {
        assert_eq!(code(good().with(own, "x")), "warc.rule", "{own}");
    }
    assert_eq!(code(good().with("WARC-IP-Address", "[::1]")), "warc.rule");
    assert_eq!(code(good().with("WARC-Filename", "x")), "warc.rule");
    assert_eq!(code(good().with("X-Own", "a\r\nb: c")), "warc.rule");
    assert_eq!(code(WarcRecord { target_uri: None, ..good() }), "warc.rule");
    assert_eq!(code(WarcRecord { content_type: None, ..good() }), "warc.rule");
    assert_eq!(code(WarcRecord { http_head: b"", ..good() }), "warc.rule");
    assert_eq!(code(WarcRecord { record_type: RecordType::Resource, ..good() }), "warc.rule");
    assert_eq!(code(WarcRecord { record_type: RecordType::Request, ..good() }), "warc.http");
    assert_eq!(code(WarcRecord { http_head: b"HTTP/1.1 200 \r\n", ..good() }), "warc.http");
    assert_eq!(code(WarcRecord { http_head: b"HTTP/1.1 200 \r\n\r\nx\r\n\r\n", ..good() }), "warc.http");
    let chunked = b"HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\n\r\n";
    assert_eq!(code(response(chunked, Body::Bytes(b"abc"))), "warc.http");
    // An answer to HEAD has the header and no body.
    assert!(WarcWriter::new(Vec::new()).write(&response(chunked, Body::Bytes(b""))).is_ok());
}

#[test]
fn a_revisit_names_the_payload_kept_elsewhere() {
    let original = Sha256Digest::of(b"original").labelled();
    let record = WarcRecord {
        record_type: RecordType::Revisit,
        ..response(b"HTTP/1.1 304 Not Modified\r\n\r\n", Body::Bytes(b""))
    }
    .with("WARC-Profile", "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest")
    .with("WARC-Payload-Digest", original.clone());
    let mut writer = WarcWriter::new(Vec::new());
    assert_eq!(writer.write(&record).unwrap().payload_digest, None);
    let text = String::from_utf8(unzip(&writer.into_inner())).unwrap();
    assert_eq!(text.matches("WARC-Payload-Digest").count(), 1);
    assert!(text.contains(&original));
}

/// Takes `room` octets, then says that the disk is full.
struct Full {
    room: usize,
}

impl Write for Full {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = buf.len().min(self.room);
        self.room -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn nothing_follows_a_torn_record() {
    for room in 0..40 {
        let mut writer = WarcWriter::new(Full { room });
        let record = response(b"HTTP/1.1 200 \r\n\r\n", Body::Bytes(b"abc"));
        assert_eq!(writer.write(&record).unwrap_err().code(), "warc.disk_full");
        assert_eq!(writer.write(&record).unwrap_err().code(), "warc.torn");
        assert_eq!(writer.position(), 0);
    }
}

#[test]
fn fields_of_a_warcinfo() {
    let block = warc_fields(&[("software", "constat/0.1.0"), ("format", "WARC File Format 1.1")]).unwrap();
    assert_eq!(block, b"software: constat/0.1.0\r\nformat: WARC File Format 1.1\r\n");
    assert!(warc_fields(&[("a b", "c")]).is_err());
    assert!(warc_fields(&[("a", "c\r\nd: e")]).is_err());
    let mut writer = WarcWriter::new(Vec::new());
    writer.write(&WarcRecord::warcinfo(id("info"), date(), "data.warc.gz", &block)).unwrap();
}

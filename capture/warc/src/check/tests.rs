//! A sound archive gives no finding; each fault gives its own.
use super::*;
use crate::{Body, RecordId, WarcRecord, WarcWriter, http};
use flate2::{Compression, GzBuilder};
use proptest::prelude::*;
use std::io::Write as _;

/// One gzip member with these fields and this block.
fn member(kind: &str, more: &str, block: &[u8]) -> Vec<u8> {
    let target = if kind == "warcinfo" { "" } else { "WARC-Target-URI: http://example.org/\r\n" };
    let id = RecordId::v5(&[kind, more, &String::from_utf8_lossy(block)]);
    let digest = Sha256Digest::of(block).labelled();
    let digest = if more.contains("Block-Digest") { String::new() } else { format!("WARC-Block-Digest: {digest}\r\n") };
    let id = if more.contains("Record-ID") { String::new() } else { format!("WARC-Record-ID: {id}\r\n") };
    let header = format!(
        "WARC/1.1\r\nWARC-Type: {kind}\r\n{id}WARC-Date: 2026-11-21T09:12:03.045Z\r\n{target}{digest}{more}Content-Length: {}\r\n\r\n",
        block.len()
    );
    pack(GzBuilder::new(), &[header.as_bytes(), block, b"\r\n\r\n"].concat())
}

fn pack(builder: GzBuilder, plain: &[u8]) -> Vec<u8> {
    let mut gzip = builder.write(Vec::new(), Compression::fast());
    gzip.write_all(plain).unwrap();
    gzip.finish().unwrap()
}

fn info() -> Vec<u8> {
    member("warcinfo", "Content-Type: application/warc-fields\r\n", b"software: x\r\n")
}

fn check(records: &[Vec<u8>]) -> Vec<(String, Level)> {
    let bytes = records.concat();
    let check = check_reader(&bytes[..], "data.warc.gz", Budget::default());
    check.findings.into_iter().map(|finding| (finding.code, finding.level)).collect()
}

fn one(code: &str, level: Level) -> Vec<(String, Level)> {
    vec![(code.to_owned(), level)]
}

const HTTP: &str = "Content-Type: application/http; msgtype=response\r\n";

fn response(more: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let payload = Sha256Digest::of(body).labelled();
    let digest =
        if more.contains("Payload-Digest") { String::new() } else { format!("WARC-Payload-Digest: {payload}\r\n") };
    member("response", &format!("{HTTP}{digest}{more}"), &[head.as_bytes(), b"\r\n\r\n", body].concat())
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 3";

#[test]
fn a_sound_archive_gives_nothing() {
    assert_eq!(check(&[info(), response("", OK, b"abc")]), []);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.warc.gz");
    std::fs::write(&path, [info(), response("", OK, b"abc")].concat()).unwrap();
    let check = check_file(&path, Budget::default());
    assert_eq!((check.findings.len(), check.records), (0, 2));
    assert_eq!(check.bytes, std::fs::metadata(&path).unwrap().len());
    assert_eq!(check.entries.len(), 1);
    let missing = check_file(&folder.path().join("none"), Budget::default());
    assert_eq!((missing.findings[0].code.as_str(), missing.findings[0].level), ("warc.io", Level::Indeterminate));
}

#[test]
fn each_fault_gives_its_finding() {
    let wrong = Sha256Digest::of(b"other").labelled();
    let block = format!("WARC-Block-Digest: {wrong}\r\n");
    let payload = format!("WARC-Payload-Digest: {wrong}\r\n");
    assert_eq!(check(&[info(), response(&block, OK, b"abc")]), one("warc.block_digest", Level::Fail));
    assert_eq!(check(&[info(), response(&payload, OK, b"abc")]), one("warc.payload_digest", Level::Fail));
    let sha1 = "WARC-Block-Digest: sha1:UZY6ND6CCHXETFVJD2MSS7ZENMWF7KQ2\r\n";
    assert_eq!(check(&[info(), response(sha1, OK, b"abc")]), one("warc.digest_algorithm", Level::Indeterminate));
    let none = "X-No-Payload-Digest: 1\r\n";
    assert_eq!(check(&[info(), response(none, OK, b"abc")]), one("warc.digest_missing", Level::Warn));
    assert_eq!(check(&[info(), response("WARC-Filename: x\r\n", OK, b"abc")]), one("warc.rule", Level::Fail));
    assert_eq!(
        check(&[info(), response("", OK, b"abc"), response("", OK, b"abc")]),
        one("warc.record_id", Level::Fail)
    );
    assert_eq!(check(&[info(), response("", OK, b"abcd")]), one("warc.http_length", Level::Warn));
    assert_eq!(check(&[info(), response("", OK, b"")]), one("warc.http_length", Level::Info));
    assert_eq!(check(&[info(), response("WARC-Truncated: length\r\n", OK, b"ab")]), []);
    assert_eq!(check(&[response("", OK, b"abc")]), one("warc.warcinfo", Level::Warn));
    assert_eq!(check(&[]), one("warc.empty", Level::Fail));
    let reference = "WARC-Concurrent-To: <urn:uuid:92283950-ef2f-4d72-b224-f54c6ec90bb0>\r\n";
    assert_eq!(check(&[info(), response(reference, OK, b"abc")]), one("warc.reference", Level::Warn));
    assert_eq!(check(&[info(), b"trailing".to_vec()]), one("warc.malformed", Level::Fail));
    let named =
        pack(GzBuilder::new().filename("x"), b"WARC/1.1\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n");
    assert_eq!(check(&[named])[0], ("warc.gzip_header".to_owned(), Level::Warn));
}

#[test]
fn http_that_cannot_be_read() {
    let headless = member("response", HTTP, b"no head");
    assert_eq!(check(&[info(), headless]), one("warc.http_head", Level::Warn));
    let chunked = response("", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", b"3\r\nabc\r\n0\r\n\r\n");
    assert_eq!(check(&[info(), chunked]), []);
    let payload = format!("WARC-Payload-Digest: {}\r\n", Sha256Digest::of(b"abc").labelled());
    let chunked = response(&payload, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", b"3\r\nabc\r\n0\r\n\r\n");
    assert_eq!(check(&[info(), chunked]), one("warc.transfer_coding", Level::Indeterminate));
}

#[test]
fn a_limit_is_a_finding() {
    let bytes = [info(), response("", OK, b"abc")].concat();
    let budget = Budget { decompressed: 100, ..Budget::default() };
    let check = check_reader(&bytes[..], "x", budget);
    assert_eq!(check.findings[0].code, "warc.limit");
}

fn written() -> Vec<u8> {
    let date = "2026-11-21T09:12:03.045Z".parse().unwrap();
    let head = http::response_head("HTTP/1.1", 200, "OK", &[("Content-Length".into(), "3".into())]).unwrap();
    let asked = http::request_head("GET", "/", "HTTP/1.1", &[]).unwrap();
    let (q, r) = (RecordId::v5(&["q"]), RecordId::v5(&["r"]));
    let url = "http://example.org/";
    let mut writer = WarcWriter::new(Vec::new());
    writer.write(&WarcRecord::warcinfo(RecordId::v5(&["i"]), date, "data.warc.gz", b"software: x\r\n")).unwrap();
    writer.write(&WarcRecord::http(RecordType::Response, r.clone(), date, url, &head, Body::Bytes(b"abc"))).unwrap();
    let request = WarcRecord::http(RecordType::Request, q, date, url, &asked, Body::Bytes(b""));
    writer.write(&request.with("WARC-Concurrent-To", r.to_string())).unwrap();
    let text = Body::Bytes("é".as_bytes());
    writer.write(&WarcRecord::resource(RecordId::v5(&["t"]), date, "urn:x:y", "text/plain", text)).unwrap();
    writer.into_inner()
}

#[test]
fn what_the_writer_writes_is_without_fault() {
    let check = check_reader(&written()[..], "data.warc.gz", Budget::default());
    assert_eq!(check.findings, []);
    assert_eq!((check.records, check.entries.len()), (4, 2));
}

/// Every octet of an archive, changed in turn, changes what the check says: a finding, or another digest of the
/// record in the rebuilt index (the octets of a gzip header that mean nothing).
#[test]
fn every_flipped_octet_shows() {
    let bytes = written();
    let sound = check_reader(&bytes[..], "data.warc.gz", Budget::default());
    let mut silent = Vec::new();
    for position in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[position] ^= 1;
        let check = check_reader(&flipped[..], "data.warc.gz", Budget::default());
        if check.findings.is_empty() && check == sound {
            silent.push(position);
        }
    }
    // What is left: the text flag, time, flags and system of the gzip headers of records that no index names.
    let starts: Vec<usize> =
        bytes.windows(3).enumerate().filter(|(_, w)| *w == [0x1f, 0x8b, 8]).map(|(at, _)| at).collect();
    for position in silent {
        assert!(starts.iter().any(|start| (start + 3..start + 10).contains(&position)), "octet {position}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_checked(bytes in prop::collection::vec(any::<u8>(), 0..300), shape in 0..3) {
        let bytes = match shape {
            0 => bytes,
            1 => pack(GzBuilder::new(), &[b"WARC/1.1\r\nWARC-Type: response\r\n", &bytes[..]].concat()),
            _ => member("response", HTTP, &bytes),
        };
        let _ = check_reader(&bytes[..], "x", Budget::default());
    }
}

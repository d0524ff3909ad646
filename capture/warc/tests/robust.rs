//! The entries of the fuzz targets (`fuzz/`), as properties over random and half-sound bytes; and the road from a
//! capture's files to a package that passes every check.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::io::{Cursor, Write as _};

use dossier::{Digests, Instant};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use warc::http::{HttpHead, request_head, response_head};
use warc::{
    Body, Budget, Page, RecordId, RecordType, WaczMeta, WaczWriter, WarcRecord, WarcWriter, check_reader, check_wacz,
    index_reader, last_whole_member, read_cdxj, read_pages, request_key, surt, write_cdxj, write_pages,
};

fn small() -> Budget {
    Budget { decompressed: 1 << 24, ..Budget::default() }
}

fn archive_entry(data: &[u8]) {
    let check = check_reader(data, "data.warc.gz", small());
    let whole = last_whole_member(data).unwrap_or(0);
    assert!(whole <= data.len() as u64);
    assert!(check.bytes <= whole);
}

fn index_entry(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(entries) = read_cdxj(&text) {
        let written = write_cdxj(&entries);
        let again = read_cdxj(&written).expect("what was written is read");
        assert_eq!(write_cdxj(&again), written);
    }
    let _ = read_pages(&text);
    let _ = surt(&text);
    let mimes =
        ["application/json", "text/plain", "multipart/form-data; boundary=a", "application/x-www-form-urlencoded"];
    for mime in mimes {
        let headers = vec![("Content-Type".to_owned(), mime.to_owned())];
        let head = HttpHead { start_line: "POST / HTTP/1.1".to_owned(), headers };
        let _ = request_key("http://example.org/", &head, data);
    }
}

fn member(plain: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(plain).unwrap();
    gzip.finish().unwrap()
}

fn date() -> Instant {
    "2026-11-21T09:12:03.045Z".parse().unwrap()
}

/// An archive of exchanges, given by path, status and body.
fn archive(exchanges: &[(String, u16, Vec<u8>)]) -> Vec<u8> {
    let mut writer = WarcWriter::new(Vec::new());
    let info = RecordId::v5(&["info"]);
    writer.write(&WarcRecord::warcinfo(info, date(), "data.warc.gz", b"software: x\r\n")).unwrap();
    for (number, (path, status, body)) in exchanges.iter().enumerate() {
        let url = format!("http://example.org/{path}");
        let ids = ["response", "request"].map(|kind| RecordId::v5(&[kind, &number.to_string()]));
        let length = ("Content-Length".to_owned(), body.len().to_string());
        let head = response_head("HTTP/1.1", *status, "", &[length]).unwrap();
        let record = WarcRecord::http(RecordType::Response, ids[0].clone(), date(), &url, &head, Body::Bytes(body));
        writer.write(&record).unwrap();
        let head = request_head("GET", &format!("/{path}"), "HTTP/1.1", &[]).unwrap();
        let record = WarcRecord::http(RecordType::Request, ids[1].clone(), date(), &url, &head, Body::Bytes(b""));
        writer.write(&record.with("WARC-Concurrent-To", ids[0].to_string())).unwrap();
    }
    writer.into_inner()
}

/// A package of `archive`, its index as rebuilt from it.
fn package(archive: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.warc.gz");
    std::fs::write(&path, archive).unwrap();
    let index = write_cdxj(&warc::index_warc(&path, "data.warc.gz").unwrap());
    let page = Page { id: "1".into(), url: "http://example.org/a".into(), ts: date(), title: None, text: None };
    let mut writer = WaczWriter::new(Cursor::new(Vec::new()));
    writer.add_file("archive/data.warc.gz", &path, &Digests::of(archive)).unwrap();
    writer.add_bytes("indexes/index.cdxj", index.as_bytes()).unwrap();
    writer.add_bytes("pages/pages.jsonl", write_pages("Pages", &[page]).as_bytes()).unwrap();
    let meta = WaczMeta {
        title: "Essai".into(),
        description: None,
        created: date(),
        software: "constat/0.1.0".into(),
        main_page: Some(("http://example.org/a".into(), date())),
    };
    writer.finish(&meta, None).unwrap().0.into_inner()
}

#[test]
fn from_records_to_a_package_without_fault() {
    let archive = archive(&[("a".into(), 200, b"<p>".to_vec()), ("b?c=d".into(), 404, vec![0; 200_000])]);
    let check = check_wacz(Cursor::new(package(&archive)), Budget::default());
    let codes: Vec<_> = check.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["wacz.unsigned"]);
    assert_eq!(check.records, 5);
}

#[test]
fn a_torn_archive_cut_back_is_sound_and_can_be_gone_on_with() {
    let whole = archive(&[("a".into(), 200, b"abc".to_vec()), ("b".into(), 200, b"def".to_vec())]);
    for cut in (0..whole.len()).step_by(7) {
        let kept = usize::try_from(last_whole_member(&whole[..cut]).unwrap()).unwrap();
        let mut writer = WarcWriter::resume(whole[..kept].to_vec(), kept as u64);
        let text = Body::Bytes(b"interrupted");
        writer.write(&WarcRecord::resource(RecordId::v5(&["x"]), date(), "urn:x:y", "text/plain", text)).unwrap();
        let position = writer.position();
        let bytes = writer.into_inner();
        assert_eq!(position, bytes.len() as u64);
        let check = check_reader(&bytes[..], "data.warc.gz", Budget::default());
        assert!(check.findings.iter().all(|f| f.level < dossier::Level::Fail), "{cut}: {:?}", check.findings);
        assert_eq!(check.bytes, position);
    }
}

proptest! {
    #[test]
    fn random_archives(data in prop::collection::vec(any::<u8>(), 0..600)) {
        archive_entry(&data);
        archive_entry(&member(&data));
    }

    #[test]
    fn half_sound_archives(
        fields in "(WARC-Type: (response|warcinfo|revisit)\r\n)?(Content-Length: [0-9]{1,3}\r\n)?([A-Za-z:\r\n -]{0,40}\r\n)?",
        block in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let plain = [b"WARC/1.1\r\n", fields.as_bytes(), b"\r\n", &block, b"\r\n\r\n"].concat();
        archive_entry(&[member(&plain), member(&plain)].concat());
    }

    #[test]
    fn random_indexes(data in prop::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,120}") {
        index_entry(&data);
        index_entry(text.as_bytes());
    }

    #[test]
    fn what_is_captured_is_archived_indexed_and_without_fault(
        exchanges in prop::collection::vec(
            ("[a-z0-9/._~%-]{0,12}", 200_u16..206, prop::collection::vec(any::<u8>(), 0..2000)), 0..6),
    ) {
        let bytes = archive(&exchanges);
        let check = check_reader(&bytes[..], "data.warc.gz", Budget::default());
        prop_assert_eq!(&check.findings, &vec![]);
        prop_assert_eq!(check.entries.len(), exchanges.len());
        let index = index_reader(&bytes[..], "data.warc.gz", Budget::default()).unwrap();
        prop_assert_eq!(&index, &check.entries);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_packages(data in prop::collection::vec(any::<u8>(), 0..600), position in any::<prop::sample::Index>()) {
        let _ = check_wacz(Cursor::new(&data), small());
        let mut sound = package(&archive(&[("a".into(), 200, b"abc".to_vec())]));
        let start = position.index(sound.len());
        let end = sound.len().min(start + data.len());
        sound.splice(start..end, data);
        let _ = check_wacz(Cursor::new(sound), small());
    }
}

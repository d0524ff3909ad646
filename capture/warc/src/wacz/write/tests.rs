//! What a package is made of, and what is refused.
use super::super::test_support::{meta, sample, signer};
use super::*;
use std::io::Cursor;

#[test]
fn the_same_input_gives_the_same_bytes_and_every_rule_of_the_zip_holds() {
    let (bytes, summary) = sample(None);
    assert_eq!(sample(None).0, bytes);
    let mut zip = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert_eq!(names, ["archive/data.warc.gz", "indexes/index.cdxj", PAGES, DATAPACKAGE, DIGEST]);
    assert_eq!(summary.members.iter().map(|member| member.path.clone()).collect::<Vec<_>>(), names);
    for (number, member) in summary.members.iter().enumerate() {
        let mut file = zip.by_index(number).unwrap();
        assert_eq!(file.compression(), CompressionMethod::Stored);
        assert_eq!(file.last_modified(), Some(DateTime::DEFAULT));
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        assert_eq!((content.len() as u64, Sha256Digest::of(&content)), (member.bytes, member.sha256));
        // Local header: signature, then version, flags: no data descriptor (bit 3), no encryption, no extra field.
        let start = usize::try_from(file.header_start()).unwrap();
        let local = &bytes[start..start + 30];
        assert_eq!(&local[..4], b"PK\x03\x04");
        assert_eq!(u16::from_le_bytes([local[6], local[7]]) & 0b1001, 0);
        assert_eq!(u16::from_le_bytes([local[28], local[29]]), 0);
    }
    let mut text = String::new();
    zip.by_name(DATAPACKAGE).unwrap().read_to_string(&mut text).unwrap();
    for part in [
        "\"profile\": \"data-package\"",
        "\"wacz_version\": \"1.1.1\"",
        "\"created\": \"2026-11-21T10:00:00Z\"",
        "\"mainPageUrl\": \"http://example.org/\"",
        "\"name\": \"archive/data.warc.gz\"",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn names_that_validators_would_miss_are_refused() {
    let mut writer = WaczWriter::new(Cursor::new(Vec::new()));
    writer.add_bytes("screens/a.png", b"x").unwrap();
    for bad in ["screens/a.png", "SCREENS/A.png", "a.txt", "a/b/c.txt", "archive/a.txt", "../a.txt", DATAPACKAGE] {
        assert_eq!(writer.add_bytes(bad, b"").unwrap_err().code(), "warc.wacz", "{bad}");
    }
}

#[test]
fn a_package_without_its_parts_is_refused() {
    let all = [("archive/a.warc.gz", "a"), ("indexes/a.cdxj", ""), (PAGES, "")];
    for skipped in 0..all.len() {
        let mut writer = WaczWriter::new(Cursor::new(Vec::new()));
        for (_, (path, text)) in all.iter().enumerate().filter(|(number, _)| *number != skipped) {
            writer.add_bytes(path, text.as_bytes()).unwrap();
        }
        assert_eq!(writer.finish(&meta(), None).unwrap_err().code(), "warc.wacz");
    }
}

#[test]
fn a_file_that_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let digests = Digests::of(b"abc");
    for (number, content) in [&b"abc"[..], b"abd", b"ab", b"abcd"].iter().enumerate() {
        std::fs::write(&path, content).unwrap();
        let mut writer = WaczWriter::new(Cursor::new(Vec::new()));
        assert_eq!(writer.add_file("logs/a.txt", &path, &digests).is_ok(), number == 0);
    }
}

#[test]
fn a_signature_that_does_not_hold_is_never_written() {
    type Spoil = fn(&mut super::super::SignedData);
    let spoils: [Spoil; 6] = [
        |signed| signed.version = "0.2.0".into(),
        |signed| signed.created = "2026-11-21T10:00:01Z".into(),
        |signed| signed.hash = Sha256Digest::of(b"x").labelled(),
        |signed| signed.signature = "AAAA".into(),
        |signed| signed.public_key = signed.signature.clone(),
        |signed| signed.signature = signed.signature.chars().rev().collect(),
    ];
    for spoil in spoils {
        let mut writer = WaczWriter::new(Cursor::new(Vec::new()));
        for path in ["archive/a.warc.gz", "indexes/a.cdxj", PAGES] {
            writer.add_bytes(path, b"").unwrap();
        }
        let signer = signer(Some(spoil));
        assert_eq!(writer.finish(&meta(), Some(&signer)).unwrap_err().code(), "warc.signature");
    }
}

//! Writes a small archive of every type of record, its index and a package, for independent tools to judge:
//! `cargo run -p warc --example make_sample -- FOLDER`.
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use dossier::{Digests, Instant};
use warc::http::{for_decoded_body, request_head, response_head};
use warc::{
    Body, Page, RecordId, RecordType, WaczMeta, WaczWriter, WarcRecord, WarcWriter, index_warc, warc_fields,
    write_cdxj, write_pages,
};

/// Method, path, request type, request body, status, answer type, answer body.
type Exchange<'a> = (&'a str, &'a str, &'a str, &'a [u8], u16, &'a str, &'a [u8]);

const EXCHANGES: &[Exchange<'_>] = &[
    ("GET", "/", "", b"", 200, "text/html; charset=utf-8", b"<!doctype html><title>Essai</title><p>\xc3\xa9"),
    ("GET", "/old", "", b"", 301, "text/html", b""),
    ("GET", "/a|b?z=1&A=%C3%A9&b", "", b"", 200, "text/plain", b"odd address"),
    ("GET", "/missing", "", b"", 404, "", b"not found"),
    ("HEAD", "/", "", b"", 200, "text/html; charset=utf-8", b""),
    ("POST", "/form", "application/x-www-form-urlencoded", b"a=b+c&d=%C3%A9&e=f%26g", 200, "application/json", b"{}"),
    (
        "POST",
        "/api?x=1",
        "application/json",
        b"{\"b\":1,\"a\":[true,null,1.5,1e22,\"\xc3\xa9 x\"],\"c\":{\"b\":\"2\"}}",
        201,
        "application/json",
        b"[]",
    ),
    ("POST", "/beacon", "text/plain;charset=UTF-8", b"not json", 204, "", b""),
    ("PUT", "/file", "application/octet-stream", b"\x00\xff\x01", 200, "", b""),
    (
        "POST",
        "/upload",
        "multipart/form-data; boundary=xyz",
        b"--xyz\r\nContent-Disposition: form-data; name=\"a b\"\r\n\r\nc&d\r\n--xyz\r\nContent-Disposition: form-data; \
          name=\"f\"; filename=\"g.bin\"\r\nContent-Type: application/octet-stream\r\n\r\nxyz\r\n\r\n--xyz--\r\n",
        200,
        "text/html",
        b"ok",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: make_sample FOLDER")?);
    fs::create_dir_all(&folder)?;
    let date: Instant = "2026-11-21T09:12:03.045Z".parse()?;
    let archive = folder.join("data.warc.gz");
    write_archive(&archive, date)?;
    let index = write_cdxj(&index_warc(&archive, "data.warc.gz")?);
    let page = Page {
        id: "1".into(),
        url: "http://www.example.org/".into(),
        ts: date,
        title: Some("Essai".into()),
        text: None,
    };
    let pages = write_pages("Pages", &[page]);
    fs::write(folder.join("index.cdxj"), &index)?;
    let mut wacz = WaczWriter::new(File::create(folder.join("capture.wacz"))?);
    wacz.add_file("archive/data.warc.gz", &archive, &Digests::of(&fs::read(&archive)?))?;
    wacz.add_bytes("indexes/index.cdxj", index.as_bytes())?;
    wacz.add_bytes("pages/pages.jsonl", pages.as_bytes())?;
    wacz.add_bytes("logs/Chromium_1.txt", b"log\n")?;
    let meta = WaczMeta {
        title: "Essai".into(),
        description: None,
        created: "2026-11-21T10:00:00Z".parse()?,
        software: "constat/0.1.0".into(),
        main_page: Some(("http://www.example.org/".into(), date)),
    };
    wacz.finish(&meta, None)?;
    Ok(())
}

fn write_archive(path: &Path, date: Instant) -> Result<(), Box<dyn Error>> {
    let mut writer = WarcWriter::new(File::create(path)?);
    let info = RecordId::v5(&["sample", "info"]);
    let block = warc_fields(&[("software", "constat/0.1.0"), ("format", "WARC File Format 1.1")])?;
    writer.write(&WarcRecord::warcinfo(info.clone(), date, "data.warc.gz", &block))?;
    for (number, exchange) in EXCHANGES.iter().enumerate() {
        write_exchange(&mut writer, date, &info, &number.to_string(), exchange)?;
    }
    let first = RecordId::v5(&["sample", "response", "0"]);
    let id = |name: &str| RecordId::v5(&["sample", name]);
    let screen = WarcRecord::resource(id("screen"), date, "urn:constat:ecran:1", "image/png", Body::Bytes(b"png"));
    writer.write(&screen.with("WARC-Concurrent-To", first.to_string()))?;
    let mut facts = WarcRecord::resource(
        id("facts"),
        date,
        "http://www.example.org/",
        "application/warc-fields",
        Body::Bytes(b"fetchTimeMs: 12\r\n"),
    );
    facts.record_type = RecordType::Metadata;
    writer.write(&facts.with("WARC-Refers-To", first.to_string()))?;
    let head = response_head("HTTP/1.1", 304, "Not Modified", &[("ETag".into(), "\"1\"".into())])?;
    let revisit =
        WarcRecord::http(RecordType::Revisit, id("revisit"), date, "http://www.example.org/", &head, Body::Bytes(b""))
            .with("WARC-Profile", "http://netpreserve.org/warc/1.1/revisit/server-not-modified")
            .with("WARC-Refers-To", first.to_string())
            .with("WARC-Refers-To-Target-URI", "http://www.example.org/")
            .with("WARC-Refers-To-Date", date.to_string());
    writer.write(&revisit)?;
    let mut conversion =
        WarcRecord::resource(id("conversion"), date, "http://www.example.org/", "text/plain", Body::Bytes(b"text"));
    conversion.record_type = RecordType::Conversion;
    writer.write(&conversion.with("WARC-Refers-To", first.to_string()))?;
    Ok(())
}

fn write_exchange(
    writer: &mut WarcWriter<File>,
    date: Instant,
    info: &RecordId,
    number: &str,
    (method, target, asked_type, asked, status, answer_type, answer): &Exchange<'_>,
) -> Result<(), Box<dyn Error>> {
    let url = format!("http://www.example.org{target}");
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut headers = vec![header("Host", "www.example.org")];
    if !asked.is_empty() {
        headers.extend([header("Content-Type", asked_type), header("Content-Length", &asked.len().to_string())]);
    }
    let asked_head = request_head(method, target, "HTTP/1.1", &headers)?;
    let mut headers = vec![header("Set-Cookie", "a=1"), header("set-cookie", "b=2"), header("Content-Encoding", "br")];
    if !answer_type.is_empty() {
        headers.push(header("content-type", answer_type));
    }
    let headers = for_decoded_body(&headers, answer.len() as u64);
    let answer_head = response_head("HTTP/1.1", *status, "", &headers)?;
    let ids = ["response", "request"].map(|kind| RecordId::v5(&["sample", kind, number]));
    let mut with = |record: WarcRecord<'_>, other: &RecordId| {
        let record = record.with("WARC-IP-Address", "192.0.2.1").with("WARC-Warcinfo-ID", info.to_string());
        let record = record.with("WARC-Protocol", "h2").with("WARC-Protocol", "tls/1.3");
        writer.write(&record.with("WARC-Concurrent-To", other.to_string())).map(|_| ())
    };
    let [response, request] = ids;
    let record =
        WarcRecord::http(RecordType::Response, response.clone(), date, &url, &answer_head, Body::Bytes(answer));
    with(record, &request)?;
    let record = WarcRecord::http(RecordType::Request, request, date, &url, &asked_head, Body::Bytes(asked));
    with(record, &response)?;
    Ok(())
}

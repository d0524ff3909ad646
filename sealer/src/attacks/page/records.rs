//! Records of an archive in clear, so that one octet of them can be changed and put back in a gzip member that holds.
use dossier::Sha256Digest;

/// One record (ISO 28500 5), with the digest of its block.
fn record(kind: &str, number: u8, fields: &str, block: &str) -> Vec<u8> {
    let id = format!("<urn:uuid:00000000-0000-5000-8000-0000000000{number:02x}>");
    let digest = Sha256Digest::of(block.as_bytes()).labelled();
    format!(
        "WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: {id}\r\nWARC-Date: 2026-11-21T09:12:03.045Z\r\n{fields}\
         WARC-Block-Digest: {digest}\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
        block.len()
    )
    .into_bytes()
}

/// One of each type that a capture writes.
pub(super) fn records() -> Vec<Vec<u8>> {
    let target = format!("WARC-Target-URI: {}\r\n", crate::attacks::sample::URL);
    let of = |body: &str| format!("WARC-Payload-Digest: {}\r\n", Sha256Digest::of(body.as_bytes()).labelled());
    let http = |message: &str| format!("{target}Content-Type: application/http;msgtype={message}\r\n");
    let page = "<p>é</p>";
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nSet-Cookie: a=1\r\nContent-Length: {}\r\n\r\n{page}",
        page.len()
    );
    let asked = "POST /?q=1 HTTP/1.1\r\nHost: example.org\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n\
                 {\"a\":[1,1.5,\"x\"]}";
    let body = asked.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let pair = "WARC-Concurrent-To: <urn:uuid:00000000-0000-5000-8000-000000000001>\r\n";
    let revisit = format!(
        "{}WARC-Refers-To: <urn:uuid:00000000-0000-5000-8000-000000000001>\r\nWARC-Refers-To-Target-URI: {}\r\n\
         WARC-Profile: http://netpreserve.org/warc/1.1/revisit/identical-payload-digest\r\n{}",
        http("response"),
        crate::attacks::sample::URL,
        of(page)
    );
    vec![
        record(
            "warcinfo",
            0,
            "Content-Type: application/warc-fields\r\nWARC-Filename: data.warc.gz\r\n",
            "software: x\r\n",
        ),
        record("response", 1, &format!("{}{}", http("response"), of(page)), &answer),
        record("request", 2, &format!("{}{pair}{}", http("request"), of(body)), asked),
        record("revisit", 3, &revisit, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"),
        record("metadata", 4, &format!("{target}{pair}Content-Type: application/json\r\n"), "{\"x\":1}"),
        record("resource", 5, "WARC-Target-URI: urn:constat:text:0001\r\nContent-Type: text/plain\r\n", "un texte"),
    ]
}

/// Each record in a gzip member of its own (RFC 1952), whose octets are stored (RFC 1951 3.2.4).
pub(super) fn gzip(records: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        let length = u16::try_from(record.len()).unwrap();
        out.extend([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1]);
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(record);
        out.extend(rawzip::crc32(record).to_le_bytes());
        out.extend(u32::from(length).to_le_bytes());
    }
    out
}

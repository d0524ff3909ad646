//! Archives whose index is hard to compute: odd addresses, requests with every kind of body, every type of record.
use dossier::Instant;
use warc::{Body, RecordId, RecordType, WarcRecord, WarcWriter};

fn date() -> Instant {
    "2026-11-21T09:12:03.045Z".parse().unwrap()
}

fn writer() -> WarcWriter<Vec<u8>> {
    let mut writer = WarcWriter::new(Vec::new());
    let info = RecordId::v5(&["info"]);
    writer.write(&WarcRecord::warcinfo(info, date(), "data.warc.gz", b"software: x\r\n")).unwrap();
    writer
}

fn response(writer: &mut WarcWriter<Vec<u8>>, id: &RecordId, url: &str, status: u16, body: &[u8]) {
    let headers =
        [("Content-Type".into(), "text/html; charset=utf-8".into()), ("Content-Length".into(), body.len().to_string())];
    let head = warc::http::response_head("HTTP/1.1", status, "OK", &headers).unwrap();
    writer
        .write(&WarcRecord::http(RecordType::Response, id.clone(), date(), url, &head, Body::Bytes(body)))
        .unwrap_or_else(|e| panic!("{url}: {e}"));
}

/// A deterministic sequence of numbers below `limit`.
pub(super) fn numbers(limit: usize) -> impl FnMut() -> usize {
    let mut state = 1_u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    }
}

/// Pieces of addresses that canonical forms treat apart.
const PIECES: [&str; 40] = [
    "/",
    "//",
    "/../",
    "/./",
    "a",
    "B",
    "%7E",
    "%2525",
    "%c3%A9",
    "%",
    "?",
    "&",
    "=",
    "x=1",
    "X=2",
    "jsessionid=",
    "0123456789abcdefghijklemopqrstuv",
    "&sid=",
    "9682993c8daa2c5497996114facdc805",
    "(4hqa0555fwsecu455xqckv45)/",
    ".aspx",
    "(S(4hqa0555fwsecu455xqckv45))/",
    "cfid=12&cftoken=9",
    "&&",
    "+",
    ";",
    ":",
    "@",
    "!",
    "~",
    "'",
    "(",
    ")",
    "*",
    ",",
    "%00",
    "%0A",
    "|",
    "[",
    "]",
];

const HOSTS: [&str; 18] = [
    "www.example.org",
    "WWW3.Example.ORG:80",
    "example.org:8080",
    "user:pw@example.org",
    "example..org.",
    "127.0.0.1:4512",
    "010.0.0.1",
    "2130706433",
    "10.1",
    "0177.19",
    "[2001:db8::1]:8080",
    "xn--caf-dma.example",
    "a%0Ab.org",
    "www.",
    "1.2.3.4.5",
    "www2x.org",
    "%77ww.example.org",
    "4294967296",
];

/// Hundreds of addresses.
pub(super) fn addresses() -> Vec<u8> {
    let mut writer = writer();
    let mut number = numbers(1 << 20);
    for n in 0..600 {
        let scheme = ["http", "https", "HTTP", "ftp"][number() % 4];
        let mut url = format!("{scheme}://{}/", HOSTS[number() % HOSTS.len()]);
        (0..number() % 9).for_each(|_| url.push_str(PIECES[number() % PIECES.len()]));
        response(&mut writer, &RecordId::v5(&["address", &n.to_string()]), &url, [200, 301, 404][n % 3], b"<p>");
    }
    for (n, url) in
        ["urn:constat:screen:0001-page.png", "dns:www.example.org", "data:text/plain,x", "http:x"].iter().enumerate()
    {
        let id = RecordId::v5(&["resource", &n.to_string()]);
        writer.write(&WarcRecord::resource(id, date(), *url, "text/plain; a=b", Body::Bytes(b"x"))).unwrap();
    }
    writer.into_inner()
}

const BODIES: [(&str, &[u8]); 24] = [
    ("application/json", br#"{"type": "event", "id": 44.0, "values": [true, false, null], "s": {"type": "c", "id": "a+b&c= d"}}"#),
    ("application/json", b"{\"10\":1,\"2\":2,\"1e3\":1e3,\"a\":[1,[2,{\"a\":3}]]}"),
    ("application/json", b"[1.5e-7, 1e16, 123456789012345678, 18446744073709551615, -9223372036854775808, 1e-4, -0, 0.00001]"),
    ("application/json", b"{\"x\":1.5e-7,\"y\":1e16,\"z\":123456789012345678,\"u\":18446744073709551616,\"v\":-0,\"w\":5e-324,\"k\":1e22}"),
    ("application/json", b"{\"a\":1,\"a\":2,\"a.2_\":3,\"b\":{\"a\":4}}"),
    ("application/json", b"{\"a\":1}\n{\"a\":2}\n[\"x\"]"),
    ("application/json", b"{\"a\":1}\n"),
    ("application/json", b"{"),
    ("application/json", b"{\"\\u00e9\\ud83d\\ude00\":\"\\n\\t\xc3\xa9\"}"),
    ("application/json", b"{\"a\":\"\\ud800\"}"),
    ("application/json", b"\"alone\""),
    ("text/plain", b"{\"a\":[]}"),
    ("text/plain;charset=UTF-8", b"bonjour"),
    ("application/x-www-form-urlencoded", b"a=b+c&d=%C3%A9%zz&e=%ff"),
    ("application/x-www-form-urlencoded; charset=utf-8", b"\xff"),
    ("multipart/form-data; boundary=xyz", b"--xyz\r\nContent-Disposition: form-data; name=\"a b\"\r\n\r\nc&d\r\n--xyz\r\nContent-Disposition: form-data; name=\"f\"; filename=\"g.bin\"\r\n\r\n\xff\r\n\r\n--xyz--\r\n"),
    ("multipart/form-data; boundary=\"x y\"; z=1", b"--x y\r\ncontent-disposition : form-data;name=q\r\n\r\n1\r\n--x y--"),
    ("multipart/form-data", b"x"),
    ("multipart/form-data; boundary=xyz", b"--xyz\r\nno head\r\n--xyz--"),
    ("application/octet-stream", b"\x00\x01\xfe\xff"),
    ("", b"hello"),
    ("", b""),
    ("application/grpc-web+proto", &[0; 300]),
    ("application/json", &[b'['; 200]),
];

/// Requests of every method with every kind of body, before and after their answers.
pub(super) fn requests() -> Vec<u8> {
    let mut writer = writer();
    for (n, (mime, body)) in BODIES.iter().enumerate() {
        for (m, method) in ["POST", "PUT", "post", "GET", "OPTIONS", "PATCH"].into_iter().enumerate() {
            let name = format!("{n}-{m}");
            let url = format!("http://example.org/r{name}{}", if m % 2 == 0 { "?q=1" } else { "" });
            let (asked, answered) = (RecordId::v5(&["request", &name]), RecordId::v5(&["answer", &name]));
            let mut headers = vec![("Host".into(), "example.org".into())];
            if !mime.is_empty() {
                headers.push(("Content-Type".into(), (*mime).into()));
            }
            if m != 1 {
                headers.push(("Content-Length".into(), body.len().to_string()));
            }
            let head = warc::http::request_head(method, "/r", "HTTP/1.1", &headers).unwrap();
            let request = WarcRecord::http(RecordType::Request, asked.clone(), date(), &url, &head, Body::Bytes(body));
            if m % 3 == 2 {
                writer.write(&request).unwrap();
                let head = warc::http::response_head("HTTP/1.1", 204, "No Content", &[]).unwrap();
                let answer = WarcRecord::http(RecordType::Response, answered, date(), &url, &head, Body::Bytes(b""));
                writer.write(&answer.with("WARC-Concurrent-To", asked.as_str())).unwrap();
            } else {
                response(&mut writer, &answered, &url, 200, b"<p>");
                writer.write(&request.with("WARC-Concurrent-To", answered.as_str())).unwrap();
            }
        }
    }
    writer.into_inner()
}

/// Every type of record that a capture writes, with heads that are none and lengths that lie.
pub(super) fn kinds() -> Vec<u8> {
    let mut writer = writer();
    let url = "http://example.org/kind";
    let heads: [&[u8]; 5] = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nContent-Type: text/css ; a\r\n\r\n",
        b"HTTP/1.1 +20 x\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/2 2000\r\nX: \xe9\r\n\r\n",
        b"no head at all",
    ];
    for (n, head) in heads.iter().enumerate() {
        for (m, body) in [&b""[..], b"abc"].into_iter().enumerate() {
            let id = RecordId::v5(&["kind", &n.to_string(), &m.to_string()]);
            let record =
                WarcRecord::http(RecordType::Response, id, date(), format!("{url}{n}{m}"), head, Body::Bytes(body));
            // Our writer refuses what is no head: then there is nothing to compare.
            let _ = writer.write(&record);
        }
    }
    let metadata = WarcRecord {
        record_type: RecordType::Metadata,
        ..WarcRecord::resource(RecordId::v5(&["metadata"]), date(), url, "application/json", Body::Bytes(b"{}"))
    };
    writer.write(&metadata.with("WARC-Concurrent-To", RecordId::v5(&["nowhere"]).as_str())).unwrap();
    writer.into_inner()
}

/// An archive of these pictures, each a resource.
pub(super) fn of(pictures: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = writer();
    for (n, (media_type, bytes)) in pictures.iter().enumerate() {
        let id = RecordId::v5(&["picture", &n.to_string()]);
        let url = format!("http://example.org/picture/{n}");
        writer.write(&WarcRecord::resource(id, date(), url, media_type.as_str(), Body::Bytes(bytes))).unwrap();
    }
    writer.into_inner()
}

//! The key of a request other than GET: method and body appended to the address as arguments (IIPC guideline
//! "CDX for non-GET requests", as pywb and `cdxj-indexer` carry it out).
//!
//! Two limits: a body in AMF is taken as binary, and numbers of JSON beyond 64 bits or 15 digits may differ in their
//! last digit from what those tools write.
mod json;
mod multipart;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::http::HttpHead;

/// How much of a body is looked at when its request gives no length, and how long the appended query may be.
const NO_LENGTH: u64 = 8192;
const MAX_QUERY: usize = 4096;

/// How much of a request's body is read to make a key: more would not fit into it.
pub(crate) const BODY_LIMIT: u64 = 1024 * 1024;

/// What a request other than GET adds to the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// The address with method and body appended: its [`crate::surt()`] is the key.
    pub url: String,
    /// The method, in upper case.
    pub method: String,
    /// The body as appended, for POST and PUT.
    pub body: Option<String>,
}

/// The key of the request whose head and body these are, or `None` for a GET.
pub fn request_key(url: &str, head: &HttpHead, body: &[u8]) -> Option<RequestKey> {
    let method = head.method()?;
    if method.eq_ignore_ascii_case("GET") {
        return None;
    }
    let upper = method.to_ascii_uppercase();
    let query = matches!(upper.as_str(), "POST" | "PUT").then(|| body_query(head, body));
    let separator = if url.contains('?') { '&' } else { '?' };
    let mut key = format!("{url}{separator}__wb_method={method}");
    if let Some(query) = query.as_deref().filter(|query| !query.is_empty()) {
        key.push('&');
        key.push_str(query);
    }
    Some(RequestKey { url: key, method: upper, body: query })
}

fn body_query(head: &HttpHead, body: &[u8]) -> String {
    let length = head.get("Content-Length").and_then(|length| length.trim().parse().ok()).unwrap_or(NO_LENGTH);
    let body = usize::try_from(length).ok().and_then(|length| body.get(..length)).unwrap_or(body);
    let mime = head.get("Content-Type").unwrap_or("");
    let query = if mime.starts_with("application/x-www-form-urlencoded") {
        std::str::from_utf8(body).map_or_else(|_| binary(body), unquote_plus)
    } else if mime.starts_with("multipart/") {
        multipart::query(mime, body).unwrap_or_else(|| binary(body))
    } else if mime.starts_with("application/json") {
        json::query(body).unwrap_or_default()
    } else if mime.starts_with("text/plain") {
        json::query(body).unwrap_or_else(|| binary(body))
    } else {
        binary(body)
    };
    query.chars().take(MAX_QUERY).collect()
}

fn binary(body: &[u8]) -> String {
    format!("__wb_post_data={}", STANDARD.encode(body))
}

/// `+` is a space, percent-escapes are UTF-8.
fn unquote_plus(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                bytes.push(hex(*high).unwrap_or(0) * 16 + hex(*low).unwrap_or(0));
                rest = after;
            }
            (first, tail) => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The guideline's "percent plus encoding".
fn quote_plus(out: &mut String, bytes: &[u8]) {
    for &byte in bytes {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

/// `name=value` pairs, joined by `&`.
fn urlencode<'a>(pairs: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        quote_plus(&mut out, name);
        out.push('=');
        quote_plus(&mut out, value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(method: &str, url: &str, mime: &str, body: &[u8]) -> String {
        let headers =
            vec![("Content-Type".to_owned(), mime.to_owned()), ("Content-Length".to_owned(), body.len().to_string())];
        let head = HttpHead { start_line: format!("{method} / HTTP/1.1"), headers };
        request_key(url, &head, body).map_or_else(String::new, |key| key.url)
    }

    #[test]
    fn the_guideline_s_examples() {
        assert_eq!(key("GET", "http://example.org/", "", b""), "");
        let json = br#"{"type": "event", "id": 44.0, "values": [true, false, null],
            "source": {"type": "component", "id": "a+b&c= d", "values": [3, 4]}}"#;
        assert_eq!(
            key("POST", "http://example.org/events", "application/json", json),
            "http://example.org/events?__wb_method=POST&type=event&id=44.0&values=True&values.2_=False\
             &values.3_=None&type.2_=component&id.2_=a%2Bb%26c%3D+d&values.4_=3&values.5_=4"
        );
        assert_eq!(
            key("POST", "http://example.org/chat", "", b"hello"),
            "http://example.org/chat?__wb_method=POST&__wb_post_data=aGVsbG8="
        );
        assert_eq!(
            key("PUT", "http://example.org/?foo&", "application/json", b"{}"),
            "http://example.org/?foo&&__wb_method=PUT"
        );
        assert_eq!(
            key("OPTIONS", "http://example.org/?page=1", "", b"x"),
            "http://example.org/?page=1&__wb_method=OPTIONS"
        );
    }

    #[test]
    fn forms() {
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        assert_eq!(key("POST", "u:a", form, b"a=b+c&d=%C3%A9%zz"), "u:a?__wb_method=POST&a=b c&d=é%zz");
        assert_eq!(key("POST", "u:a", form, b"\xff"), "u:a?__wb_method=POST&__wb_post_data=/w==");
        let body = b"--xyz\r\nContent-Disposition: form-data; name=\"a b\"\r\n\r\nc&d\r\n\
            --xyz\r\nContent-Disposition: form-data; name=\"f\"; filename=\"g.bin\"\r\n\
            Content-Type: application/octet-stream\r\n\r\n\xff\r\n\r\n--xyz--\r\n";
        assert_eq!(
            key("POST", "u:a", "multipart/form-data; boundary=xyz", body),
            "u:a?__wb_method=POST&a+b=c%26d&f=%FF%0D%0A"
        );
        assert_eq!(key("POST", "u:a", "multipart/form-data", b"x"), "u:a?__wb_method=POST&__wb_post_data=eA==");
    }

    #[test]
    fn json_that_is_not_json() {
        assert_eq!(key("POST", "u:a", "application/json", b"{"), "u:a?__wb_method=POST");
        assert_eq!(key("POST", "u:a", "text/plain", b"{"), "u:a?__wb_method=POST&__wb_post_data=ew==");
        assert_eq!(key("POST", "u:a", "application/json", b"{\"a\":1}\n{\"a\":2}"), "u:a?__wb_method=POST&a=1&a.2_=2");
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(5000));
        assert_eq!(key("POST", "u:a", "application/json", long.as_bytes()).len(), "u:a?__wb_method=POST&".len() + 4096);
    }

    proptest! {
        #[test]
        fn any_body_has_a_key(
            body in prop::collection::vec(any::<u8>(), 0..300),
            mime in prop::sample::select(vec![
                "application/json", "text/plain", "multipart/form-data; boundary=a", "multipart/x; boundary=",
                "application/x-www-form-urlencoded", "",
            ]),
        ) {
            prop_assert!(key("POST", "http://a/", mime, &body).starts_with("http://a/?__wb_method=POST"));
        }
    }
}

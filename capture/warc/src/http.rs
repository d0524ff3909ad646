//! Heads of HTTP messages (RFC 9112): written from a browser's account of them, and read back.
//!
//! A browser gives names and values, not the bytes of the wire: HTTP/2 and HTTP/3 have none of this form. By the
//! convention of web archives a head is written as HTTP/1.1 and the real protocol stands in `WARC-Protocol`.
//! Nothing is dropped and nothing is escaped: what cannot be written as it is, is refused. Text beyond ASCII is
//! written in UTF-8.
use crate::WarcError;
use crate::header::is_token;

/// Names and values in order; a name may stand several times.
pub type Headers = [(String, String)];

/// The longest head read: a larger one is reported as unreadable.
pub const MAX_HEAD: usize = 1024 * 1024;

/// Start line and headers of an answer, with the empty line: `HTTP/1.1 200 OK`. The space after the status stays
/// when `reason` is empty (RFC 9112, 4). `version` is `HTTP/` digit `.` digit; `status` is 100 to 999.
pub fn response_head(version: &str, status: u16, reason: &str, headers: &Headers) -> Result<Vec<u8>, WarcError> {
    check_version(version)?;
    if !(100..=999).contains(&status) {
        return Err(WarcError::http("status", "not three digits from 100", &status.to_string()));
    }
    check_line("reason", reason)?;
    head(format!("{version} {status} {reason}"), headers)
}

/// Start line and headers of a request, with the empty line: `GET /a?b HTTP/1.1`.
/// `target` is the path and query (or `host:port` of a CONNECT, or `*`), percent-encoded.
pub fn request_head(method: &str, target: &str, version: &str, headers: &Headers) -> Result<Vec<u8>, WarcError> {
    if !is_token(method) {
        return Err(WarcError::http("method", "not a token", method));
    }
    if target.is_empty() || !target.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(WarcError::http("target", "empty, or not visible ASCII", target));
    }
    check_version(version)?;
    head(format!("{method} {target} {version}"), headers)
}

fn check_version(version: &str) -> Result<(), WarcError> {
    let digits = version.strip_prefix("HTTP/").unwrap_or("").as_bytes();
    match digits {
        [major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit() => Ok(()),
        _ => Err(WarcError::http("version", "not HTTP/digit.digit", version)),
    }
}

fn check_line(part: &'static str, text: &str) -> Result<(), WarcError> {
    match text.contains(['\r', '\n', '\0']) {
        true => Err(WarcError::http(part, "holds CR, LF or NUL", text)),
        false => Ok(()),
    }
}

fn head(start: String, headers: &Headers) -> Result<Vec<u8>, WarcError> {
    let mut bytes = start.into_bytes();
    bytes.extend_from_slice(b"\r\n");
    for (name, value) in headers {
        if name.starts_with(':') {
            return Err(WarcError::http("name", "is a pseudo header of HTTP/2 or HTTP/3", name));
        }
        if !is_token(name) {
            return Err(WarcError::http("name", "not a token", name));
        }
        check_line("value", value)?;
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    Ok(bytes)
}

/// Separates values that a browser's debugging interface joined with line feeds (`Set-Cookie`), in order.
pub fn split_joined(headers: &Headers) -> Vec<(String, String)> {
    headers.iter().flat_map(|(name, value)| value.split('\n').map(move |part| (name.clone(), part.into()))).collect()
}

/// The headers of an answer whose body is stored decoded, `stored_len` octets long: `Content-Encoding`,
/// `Transfer-Encoding` and a `Content-Length` of other than `stored_len` get the prefix `x-orig-`, so that no
/// reader decodes twice and no value is lost; a true `Content-Length` is added at the end when none is left.
pub fn for_decoded_body(headers: &Headers, stored_len: u64) -> Vec<(String, String)> {
    let stored = stored_len.to_string();
    let coded = ["content-encoding", "transfer-encoding"];
    let mut has_length = false;
    let mut kept = Vec::with_capacity(headers.len() + 1);
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        let true_length = lower == "content-length" && value.trim() == stored && !has_length;
        has_length |= true_length;
        let rename = coded.contains(&lower.as_str()) || (lower == "content-length" && !true_length);
        kept.push((if rename { format!("x-orig-{lower}") } else { name.clone() }, value.clone()));
    }
    if !has_length {
        kept.push(("Content-Length".into(), stored));
    }
    kept
}

/// A head that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpHead {
    /// The first line, without its end.
    pub start_line: String,
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
}

impl HttpHead {
    /// Parses a head, the empty line included. Text that is not UTF-8 is read as Latin-1.
    pub fn parse(bytes: &[u8]) -> Result<Self, WarcError> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|&b| char::from(b)).collect(),
        };
        let bad = |why| WarcError::http("head", why, &text);
        let lines = text.strip_suffix("\r\n\r\n").ok_or_else(|| bad("does not end with an empty line"))?;
        let mut lines = lines.split("\r\n");
        let start_line = lines.next().unwrap_or("").to_owned();
        check_line("head", &start_line)?;
        if start_line.split(' ').count() < 2 {
            return Err(bad("its first line is not a start line"));
        }
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            check_line("head", line)?;
            let (name, value) = line.split_once(':').ok_or_else(|| bad("a line is not name: value"))?;
            if !is_token(name) {
                return Err(bad("a name is not a token"));
            }
            headers.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
        }
        Ok(Self { start_line, headers })
    }

    /// The status of an answer.
    pub fn status(&self) -> Option<u16> {
        let rest = self.start_line.strip_prefix("HTTP/")?;
        let status = rest.split(' ').nth(1)?;
        (status.len() == 3).then(|| status.parse().ok()).flatten()
    }

    /// The method of a request.
    pub fn method(&self) -> Option<&str> {
        let method = self.start_line.split(' ').next()?;
        (!self.start_line.starts_with("HTTP/") && is_token(method)).then_some(method)
    }

    /// The first value of a header, its name compared without case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Length of the head at the start of `block`, the empty line included; `None` when it does not end there.
pub(crate) fn head_length(block: &[u8]) -> Option<usize> {
    block.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn heads_are_exact() {
        let head = response_head("HTTP/1.1", 200, "", &pairs(&[("a", "b"), ("Set-Cookie", "c"), ("set-cookie", "d")]));
        assert_eq!(head.unwrap(), b"HTTP/1.1 200 \r\na: b\r\nSet-Cookie: c\r\nset-cookie: d\r\n\r\n");
        let head = request_head("POST", "/a?b=c", "HTTP/1.1", &[]).unwrap();
        assert_eq!(head, b"POST /a?b=c HTTP/1.1\r\n\r\n");
    }

    #[test]
    fn injection_and_pseudo_headers_are_refused() {
        for (name, value) in [
            (":method", "GET"),
            ("a b", "c"),
            ("", "c"),
            ("a", "b\r\nc: d"),
            ("a", "b\nc"),
            ("a", "b\0"),
            ("a\r\nb", "c"),
            ("a:", "b"),
        ] {
            assert!(response_head("HTTP/1.1", 200, "OK", &pairs(&[(name, value)])).is_err(), "{name:?} {value:?}");
        }
        assert!(response_head("HTTP/1.1", 0, "", &[]).is_err());
        assert!(response_head("HTTP/1.1", 200, "O\r\nK", &[]).is_err());
        assert!(response_head("h2", 200, "", &[]).is_err());
        assert!(request_head("G ET", "/", "HTTP/1.1", &[]).is_err());
        assert!(request_head("GET", "/a b", "HTTP/1.1", &[]).is_err());
        assert!(request_head("GET", "/é", "HTTP/1.1", &[]).is_err());
    }

    #[test]
    fn decoded_bodies_keep_every_value() {
        let given = pairs(&[("Content-Encoding", "br"), ("content-length", "10"), ("Transfer-Encoding", "chunked")]);
        let expected = pairs(&[
            ("x-orig-content-encoding", "br"),
            ("x-orig-content-length", "10"),
            ("x-orig-transfer-encoding", "chunked"),
            ("Content-Length", "42"),
        ]);
        assert_eq!(for_decoded_body(&given, 42), expected);
        let plain = pairs(&[("content-length", "42")]);
        assert_eq!(for_decoded_body(&plain, 42), plain);
    }

    #[test]
    fn joined_values_are_separated() {
        let split = split_joined(&pairs(&[("set-cookie", "a=1\nb=2"), ("x", "y")]));
        assert_eq!(split, pairs(&[("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x", "y")]));
    }

    proptest! {
        #[test]
        fn a_head_written_is_read_back(
            status in 100_u16..1000,
            headers in prop::collection::vec(("[a-zA-Z0-9-]{1,20}", "[^\r\n\0]{0,40}"), 0..8),
        ) {
            let bytes = response_head("HTTP/1.1", status, "Fine", &headers).unwrap();
            prop_assert_eq!(head_length(&bytes), Some(bytes.len()));
            let head = HttpHead::parse(&bytes).unwrap();
            prop_assert_eq!(head.status(), Some(status));
            let trimmed: Vec<_> =
                headers.into_iter().map(|(n, v)| (n, v.trim_matches([' ', '\t']).to_owned())).collect();
            prop_assert_eq!(head.headers, trimmed);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = HttpHead::parse(&bytes);
        }
    }
}

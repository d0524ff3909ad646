//! The structure of a message that comes back (RFC 5322, RFC 2045, RFC 2046), read from foreign bytes: headers, parts and
//! their transfer encodings, nothing more. Every loop is bounded, and what does not parse is left out.
use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Headers read of one part.
const MAX_HEADERS: usize = 400;
/// Octets kept of one header's value.
const MAX_VALUE: usize = 8 * 1024;
/// Parts of one message.
const MAX_PARTS: usize = 64;
/// How deep a part may lie.
const MAX_DEPTH: usize = 6;

/// Header fields in their order: names in lower case, values unfolded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers(Vec<(String, String)>);

impl Headers {
    /// Reads fields up to the first empty line; gives what follows it.
    pub(crate) fn read(bytes: &[u8]) -> (Self, &[u8]) {
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (line, after) = next_line(rest);
            rest = after;
            if line.is_empty() {
                break;
            }
            let text = String::from_utf8_lossy(line);
            if text.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut().filter(|(_, value)| value.len() + text.len() < MAX_VALUE) {
                    value.push(' ');
                    value.push_str(text.trim());
                }
            } else if let Some((name, value)) = text.split_once(':') {
                let word = !name.is_empty() && name.trim_end().bytes().all(|b| b.is_ascii_graphic());
                if word && fields.len() < MAX_HEADERS {
                    let value: String = value.trim().chars().take(MAX_VALUE).collect();
                    fields.push((name.trim_end().to_ascii_lowercase(), value));
                }
            }
        }
        (Self(fields), rest)
    }

    /// The first value of `name` (lower case).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Every value of `name` (lower case).
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Whether nothing was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A part that holds no other part of a multipart.
#[derive(Clone, Debug)]
pub(crate) struct Leaf<'a> {
    /// `type/subtype`, lower case; `text/plain` when it is not said.
    pub(crate) kind: String,
    /// The content, its transfer encoding undone.
    pub(crate) body: Cow<'a, [u8]>,
}

/// A whole message.
#[derive(Clone, Debug)]
pub(crate) struct Parsed<'a> {
    /// Its own headers.
    pub(crate) headers: Headers,
    /// `type/subtype` of the whole, lower case.
    pub(crate) kind: String,
    /// The parameters of its type, names in lower case.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Its parts, in order, however nested.
    pub(crate) leaves: Vec<Leaf<'a>>,
}

/// Reads a message. Never fails: bytes that are no message give no header and one part.
pub(crate) fn parse(bytes: &[u8]) -> Parsed<'_> {
    let (headers, body) = Headers::read(bytes);
    let (kind, parameters) = content_type(headers.get("content-type").unwrap_or(""));
    let mut leaves = Vec::new();
    collect(&headers, body, 0, &mut leaves);
    Parsed { headers, kind, parameters, leaves }
}

fn collect<'a>(headers: &Headers, body: &'a [u8], depth: usize, leaves: &mut Vec<Leaf<'a>>) {
    if leaves.len() >= MAX_PARTS {
        return;
    }
    let (kind, parameters) = content_type(headers.get("content-type").unwrap_or(""));
    let boundary = parameters.get("boundary").filter(|b| !b.is_empty() && b.len() <= 200);
    if let (true, Some(boundary), true) = (kind.starts_with("multipart/"), boundary, depth < MAX_DEPTH) {
        for part in split(body, boundary.as_bytes()) {
            let (headers, body) = Headers::read(part);
            collect(&headers, body, depth + 1, leaves);
        }
        return;
    }
    let encoding = headers.get("content-transfer-encoding").unwrap_or("").to_ascii_lowercase();
    let body = match encoding.as_str() {
        "base64" => Cow::Owned(base64_lenient(body)),
        "quoted-printable" => Cow::Owned(quoted_printable(body)),
        _ => Cow::Borrowed(body),
    };
    leaves.push(Leaf { kind, body });
}

/// The line at the head, without its end, and what follows it. `CRLF` and a lone `LF` both end a line.
pub(crate) fn next_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match bytes.iter().position(|b| *b == b'\n') {
        Some(at) => (bytes.get(..at).unwrap_or_default(), bytes.get(at + 1..).unwrap_or_default()),
        None => (bytes, &[][..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

/// The parts between the lines of a boundary (RFC 2046, 5.1.1); a missing last line is forgiven.
fn split<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut start: Option<usize> = None;
    let mut rest = body;
    while !rest.is_empty() && parts.len() < MAX_PARTS {
        let at = body.len() - rest.len();
        let (line, after) = next_line(rest);
        rest = after;
        let Some(tail) = line.strip_prefix(b"--").and_then(|l| l.strip_prefix(boundary)) else { continue };
        let (last, blank) = match tail.strip_prefix(b"--") {
            Some(blank) => (true, blank),
            None => (false, tail),
        };
        if !blank.iter().all(|b| matches!(b, b' ' | b'\t')) {
            continue;
        }
        if let Some(from) = start.take() {
            parts.push(without_end(body.get(from..at).unwrap_or_default()));
        }
        if last {
            return parts;
        }
        start = Some(body.len() - rest.len());
    }
    if let (Some(from), true) = (start, parts.len() < MAX_PARTS) {
        parts.push(body.get(from..).unwrap_or_default());
    }
    parts
}

/// The end of line before a boundary belongs to the boundary.
fn without_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

/// `type/subtype` in lower case, and the parameters (RFC 2045, 5.1; continuations of RFC 2231 are not read).
fn content_type(value: &str) -> (String, BTreeMap<String, String>) {
    let mut parameters = BTreeMap::new();
    let (kind, mut rest) = value.split_once(';').unwrap_or((value, ""));
    while !rest.is_empty() && parameters.len() < 16 {
        let Some((name, after)) = rest.split_once('=') else { break };
        let name = name.trim().trim_start_matches(';').trim().to_ascii_lowercase();
        let after = after.trim_start();
        let (value, tail) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let (value, tail) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), tail)
            }
        };
        parameters.entry(name).or_insert(value);
        rest = tail.trim_start().trim_start_matches(';');
    }
    let kind = kind.trim().to_ascii_lowercase();
    let kind = if kind.contains('/') { kind } else { "text/plain".to_owned() };
    (kind, parameters)
}

/// The text of a quoted string after its opening mark, and what follows its closing one.
fn unquote(text: &str) -> (String, &str) {
    let mut out = String::new();
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => {
                out.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (out, text.get(at + 1..).unwrap_or("")),
            _ => out.push(c),
        }
    }
    (out, "")
}

fn base64_lenient(body: &[u8]) -> Vec<u8> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let letters: Vec<u8> =
        body.iter().copied().filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).collect();
    let whole = letters.len() - usize::from(letters.len() % 4 == 1);
    GeneralPurpose::new(&STANDARD, config).decode(letters.get(..whole).unwrap_or_default()).unwrap_or_default()
}

/// RFC 2045, 6.7; an escape that is none stays as it is.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'=' {
            out.push(*first);
            continue;
        }
        let soft = after.strip_prefix(b"\r\n").or_else(|| after.strip_prefix(b"\n"));
        let digits = after.first_chunk::<2>().and_then(|pair| hex::decode(pair).ok());
        match (soft, digits) {
            (Some(next), _) => rest = next,
            (None, Some(octet)) => {
                out.extend(octet);
                rest = after.get(2..).unwrap_or_default();
            }
            (None, None) => out.push(b'='),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_are_read_whatever_the_ends_of_line() {
        let text = "Subject: a\n b\nContent-Type: Multipart/Report; report-type=delivery-status;\n boundary=\"x \\\" y\"\n\n\
                    avant\n--x \" y\n\nun\n--x \" y \nContent-Type: text/a\nContent-Transfer-Encoding: base64\n\nZGV1\neA\n\
                    --x \" y\nContent-Type: text/b\nContent-Transfer-Encoding: Quoted-Printable\n\ntr=6Fi=\ns =zz\n--x \" y--\naprès";
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let parsed = parse(text.as_bytes());
            assert_eq!((parsed.headers.get("subject"), parsed.kind.as_str()), (Some("a b"), "multipart/report"));
            assert_eq!(parsed.parameters["report-type"], "delivery-status");
            let leaves: Vec<(&str, &[u8])> = parsed.leaves.iter().map(|l| (l.kind.as_str(), &*l.body)).collect();
            assert_eq!(leaves, [("text/plain", &b"un"[..]), ("text/a", b"deux"), ("text/b", b"trois =zz")]);
        }
    }

    #[test]
    fn nesting_and_counts_are_bounded() {
        let mut text = String::new();
        for depth in 0..40 {
            text.push_str(&format!("Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n"));
        }
        assert_eq!(parse(text.as_bytes()).leaves.len(), 1);
        let many = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(10_000));
        assert_eq!(parse(many.as_bytes()).leaves.len(), MAX_PARTS);
        let headers = "a: b\n".repeat(10_000);
        assert_eq!(Headers::read(headers.as_bytes()).0.0.len(), MAX_HEADERS);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn any_structure_is_read_without_panic(text in "([-=;:\"\\\\ \r\nbx/]|Content-Type|multipart/x|boundary=|base64){0,80}") {
            let parsed = parse(text.as_bytes());
            prop_assert!(parsed.leaves.len() <= MAX_PARTS);
        }
    }
}

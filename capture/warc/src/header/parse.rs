//! A record's header as bytes, parsed once into fields whose framing can be relied on.
use crate::RecordType;
use crate::error::excerpt;

use super::form::is_token;

/// The header of a record that was read: its framing is sound, its rules are still to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// Its type.
    pub record_type: RecordType,
    /// Length of the block in octets.
    pub content_length: u64,
    /// Every field, in order, folded lines joined by one space.
    pub fields: Vec<(String, String)>,
}

impl RecordHeader {
    /// The first value of a field, its name compared without case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// `WARC-Record-ID`, or nothing.
    pub fn id(&self) -> &str {
        self.get("WARC-Record-ID").unwrap_or("")
    }

    /// `WARC-Target-URI`, or nothing.
    pub fn target_uri(&self) -> &str {
        self.get("WARC-Target-URI").unwrap_or("")
    }

    /// Whether the block is an HTTP message (`application/http`).
    pub fn is_http(&self) -> bool {
        let essence = self.get("Content-Type").unwrap_or("").split(';').next().unwrap_or("").trim();
        essence.eq_ignore_ascii_case("application/http") && self.record_type.may_hold_http()
    }
}

/// Why bytes are not a header: what was expected, what was found.
pub(crate) struct HeaderFault {
    pub(crate) expected: &'static str,
    pub(crate) found: String,
}

fn fault(expected: &'static str, found: &[u8]) -> HeaderFault {
    HeaderFault { expected, found: excerpt(&String::from_utf8_lossy(found)) }
}

/// Parses a header, from `WARC/1.1` to the empty line included.
pub(crate) fn parse_header(bytes: &[u8]) -> Result<RecordHeader, HeaderFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| fault("a header in UTF-8", bytes))?;
    let body = text.strip_prefix("WARC/1.1\r\n").ok_or_else(|| fault("WARC/1.1", bytes))?;
    let body = body.strip_suffix("\r\n\r\n").ok_or_else(|| fault("an empty line after the fields", bytes))?;
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in body.split("\r\n") {
        if line.contains(['\r', '\n', '\0']) {
            return Err(fault("lines ended by CRLF", line.as_bytes()));
        }
        if line.starts_with([' ', '\t']) {
            let (_, value) = fields.last_mut().ok_or_else(|| fault("a named field", line.as_bytes()))?;
            value.push(' ');
            value.push_str(line.trim_matches([' ', '\t']));
            continue;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| fault("name: value", line.as_bytes()))?;
        if !is_token(name) {
            return Err(fault("a field name (token)", line.as_bytes()));
        }
        fields.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
    }
    framed(fields)
}

fn framed(fields: Vec<(String, String)>) -> Result<RecordHeader, HeaderFault> {
    let only = |name: &'static str, expected| {
        let mut values = fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            (None, _) => Err(fault(expected, b"none")),
            _ => Err(fault(expected, b"several")),
        }
    };
    let length = only("Content-Length", "one Content-Length")?;
    let kind = only("WARC-Type", "one WARC-Type")?;
    let content_length = Some(length)
        .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| fault("Content-Length in decimal digits", length.as_bytes()))?;
    let record_type = kind.parse().map_err(|_| fault("a record type of the standard", kind.as_bytes()))?;
    Ok(RecordHeader { record_type, content_length, fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<RecordHeader, String> {
        parse_header(text.as_bytes()).map_err(|fault| fault.expected.to_owned())
    }

    #[test]
    fn the_standard_s_warcinfo_is_read() {
        let header = parse(
            "WARC/1.1\r\nWARC-Type: warcinfo\r\nWARC-Date: 2006-09-19T17:20:14Z\r\n\
             WARC-Record-ID: <urn:uuid:d7ae5c10-e6b3-4d27-967d-34780c58ba39>\r\n\
             Content-Type: application/warc-fields\r\ncontent-length: 381\r\nX-Folded: a\r\n  b\r\n\r\n",
        )
        .unwrap();
        assert_eq!((header.record_type, header.content_length), (RecordType::Warcinfo, 381));
        assert_eq!(header.get("x-folded"), Some("a b"));
    }

    #[test]
    fn unsound_framing_is_refused() {
        let base = "WARC-Type: response\r\nContent-Length: 1\r\n";
        for bad in [
            String::new(),
            format!("WARC/1.0\r\n{base}\r\n"),
            format!("WARC/1.1\n{base}\r\n"),
            format!("WARC/1.1\r\n{base}"),
            format!("WARC/1.1\r\n{base}Content-Length: 1\r\n\r\n"),
            format!("WARC/1.1\r\n{base}a b: c\r\n\r\n"),
            format!("WARC/1.1\r\n{base}no colon\r\n\r\n"),
            format!("WARC/1.1\r\n{base}X: a\rb\r\n\r\n"),
            format!("WARC/1.1\r\n folded\r\n{base}\r\n"),
            "WARC/1.1\r\nWARC-Type: response\r\nContent-Length: +1\r\n\r\n".into(),
            "WARC/1.1\r\nWARC-Type: response\r\nContent-Length: 99999999999999999999\r\n\r\n".into(),
            "WARC/1.1\r\nWARC-Type: other\r\nContent-Length: 1\r\n\r\n".into(),
            "WARC/1.1\r\nContent-Length: 1\r\n\r\n".into(),
        ] {
            assert!(parse(&bad).is_err(), "{bad}");
        }
    }
}

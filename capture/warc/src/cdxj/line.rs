//! One line of an index, written and read.
use std::fmt::Write as _;

use serde::Deserialize;

use crate::WarcError;

/// One record of the index. Numbers are written as strings, as the replay tools do; both forms are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CdxjEntry {
    /// Sort key ([`crate::surt()`]), the method and the body of a request other than GET included.
    pub key: String,
    /// Fourteen digits, UTC.
    pub timestamp: String,
    /// Address captured, as in `WARC-Target-URI`.
    pub url: String,
    /// Media type of the payload, without parameters; `warc/revisit` for a revisit.
    pub mime: Option<String>,
    /// HTTP status, three digits.
    pub status: Option<String>,
    /// Digest of the payload, `sha256:HEX`; none for a revisit that states none.
    pub digest: Option<String>,
    /// Length of the gzip member in octets.
    pub length: u64,
    /// Offset of the gzip member in octets.
    pub offset: u64,
    /// Name of the archive file, without folder.
    pub filename: String,
    /// SHA-256 of the gzip member, `sha256:HEX`.
    pub record_digest: String,
    /// The request's body as it stands in the key, for POST and PUT.
    pub request_body: Option<String>,
    /// The request's method, when it is not GET.
    pub method: Option<String>,
}

impl CdxjEntry {
    /// The line, without its end.
    pub fn to_line(&self) -> String {
        let (length, offset) = (self.length.to_string(), self.offset.to_string());
        let fields = [
            ("url", Some(self.url.as_str())),
            ("mime", self.mime.as_deref()),
            ("status", self.status.as_deref()),
            ("digest", self.digest.as_deref()),
            ("length", Some(&length)),
            ("offset", Some(&offset)),
            ("filename", Some(&self.filename)),
            ("recordDigest", Some(&self.record_digest)),
            ("requestBody", self.request_body.as_deref()),
            ("method", self.method.as_deref()),
        ];
        let mut line = format!("{} {} {{", self.key, self.timestamp);
        let mut separator = "";
        for (name, value) in fields.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            line.push_str(separator);
            push_json(&mut line, name);
            line.push_str(": ");
            push_json(&mut line, value);
            separator = ", ";
        }
        line.push('}');
        line
    }

    /// Reads a line; `number` (from 1) is for the error.
    pub fn parse(line: &str, number: u64) -> Result<Self, WarcError> {
        let bad = |why: String| WarcError::Cdxj { line: number, why };
        let mut parts = line.splitn(3, ' ');
        let (Some(key), Some(timestamp), Some(json)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad("not key, timestamp and object".into()));
        };
        let digits = timestamp.len() == 14 || timestamp.len() == 17;
        if key.is_empty() || !digits || !timestamp.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad("the timestamp is not 14 or 17 digits".into()));
        }
        let raw: RawEntry = serde_json::from_str(json).map_err(|error| bad(error.to_string()))?;
        let number_of = |value: Text, name: &str| match value.0.bytes().all(|b| b.is_ascii_digit()) {
            true => value.0.parse::<u64>().map_err(|_| bad(format!("{name} is not a length"))),
            false => Err(bad(format!("{name} is not a number"))),
        };
        Ok(Self {
            key: key.into(),
            timestamp: timestamp.into(),
            url: raw.url,
            mime: raw.mime,
            status: raw.status.map(|status| status.0),
            digest: raw.digest,
            length: number_of(raw.length, "length")?,
            offset: number_of(raw.offset, "offset")?,
            filename: raw.filename,
            record_digest: raw.record_digest.unwrap_or_default(),
            request_body: raw.request_body,
            method: raw.method,
        })
    }
}

/// A string, or a number taken as its decimal text.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self(text)),
            serde_json::Value::Number(number) => Ok(Self(number.to_string())),
            _ => Err(serde::de::Error::custom("expected a string or a number")),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    url: String,
    mime: Option<String>,
    status: Option<Text>,
    digest: Option<String>,
    length: Text,
    offset: Text,
    filename: String,
    record_digest: Option<String>,
    request_body: Option<String>,
    method: Option<String>,
}

/// A JSON string in ASCII, escaped as the reference tools escape it.
fn push_json(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// The whole index: lines sorted as bytes, equal lines once, each ended by a line feed.
pub fn write_cdxj(entries: &[CdxjEntry]) -> String {
    let mut lines: Vec<String> = entries.iter().map(CdxjEntry::to_line).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.into_iter().map(|line| line + "\n").collect()
}

/// Reads a whole index. An empty line, or lines that are not sorted, are errors.
pub fn read_cdxj(text: &str) -> Result<Vec<CdxjEntry>, WarcError> {
    let mut entries = Vec::new();
    let mut before = "";
    for (line, number) in text.lines().zip(1_u64..) {
        if line.as_bytes() < before.as_bytes() {
            return Err(WarcError::Cdxj { line: number, why: "the lines are not sorted".into() });
        }
        entries.push(CdxjEntry::parse(line, number)?);
        before = line;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry() -> CdxjEntry {
        CdxjEntry {
            key: "org,example)/".into(),
            timestamp: "20261121091203".into(),
            url: "http://example.org/".into(),
            mime: Some("text/html".into()),
            status: Some("200".into()),
            digest: Some("sha256:aa".into()),
            length: 10,
            offset: 20,
            filename: "data.warc.gz".into(),
            record_digest: "sha256:bb".into(),
            request_body: None,
            method: None,
        }
    }

    #[test]
    fn a_line_is_exact() {
        assert_eq!(
            entry().to_line(),
            "org,example)/ 20261121091203 {\"url\": \"http://example.org/\", \"mime\": \"text/html\", \
             \"status\": \"200\", \"digest\": \"sha256:aa\", \"length\": \"10\", \"offset\": \"20\", \
             \"filename\": \"data.warc.gz\", \"recordDigest\": \"sha256:bb\"}"
        );
    }

    #[test]
    fn numbers_are_read_in_both_forms() {
        let line = "k 20261121091203 {\"url\":\"u\",\"status\":200,\"length\":1,\"offset\":\"2\",\"filename\":\"f\"}";
        let entry = CdxjEntry::parse(line, 1).unwrap();
        assert_eq!((entry.status.as_deref(), entry.length, entry.offset), (Some("200"), 1, 2));
    }

    #[test]
    fn broken_lines_are_refused() {
        for bad in [
            "",
            "k",
            "k 20261121091203",
            "k 2026 {}",
            " 20261121091203 {}",
            "k 20261121091203 {}",
            "k 20261121091203 {\"url\":\"u\",\"length\":\"-1\",\"offset\":\"2\",\"filename\":\"f\"}",
            "k 20261121091203 {\"url\":\"u\",\"length\":\"\",\"offset\":\"2\",\"filename\":\"f\"}",
            "k 20261121091203 {\"url\":\"u\",\"length\":[],\"offset\":\"2\",\"filename\":\"f\"}",
        ] {
            assert_eq!(CdxjEntry::parse(bad, 7).unwrap_err().code(), "warc.cdxj", "{bad}");
        }
        let sorted = write_cdxj(&[entry(), CdxjEntry { key: "org,a)/".into(), ..entry() }]);
        let reversed: String = sorted.lines().rev().map(|line| format!("{line}\n")).collect();
        assert!(matches!(read_cdxj(&reversed), Err(WarcError::Cdxj { line: 2, .. })));
    }

    proptest! {
        #[test]
        fn an_index_written_is_sorted_and_read_back(
            rows in prop::collection::vec(("[!-~]{1,12}", "\\PC{0,20}", any::<u64>(), any::<bool>()), 0..20),
        ) {
            let entries: Vec<_> = rows
                .into_iter()
                .map(|(key, url, offset, get)| CdxjEntry {
                    key,
                    url,
                    offset,
                    method: (!get).then(|| "POST".into()),
                    request_body: (!get).then(|| "a=\u{1F600}\n".into()),
                    ..entry()
                })
                .collect();
            let text = write_cdxj(&entries);
            prop_assert!(text.is_ascii() || entries.iter().any(|e| !e.key.is_ascii()));
            let read = read_cdxj(&text).unwrap();
            prop_assert_eq!(write_cdxj(&read), text);
            for entry in &entries {
                prop_assert!(read.contains(entry));
            }
        }

        #[test]
        fn any_line_is_read_or_refused(line in "\\PC{0,100}") {
            let _ = CdxjEntry::parse(&line, 1);
            let _ = CdxjEntry::parse(&format!("k 20261121091203 {line}"), 1);
        }
    }
}

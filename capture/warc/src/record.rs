//! A record to write: its type, its name, and where its bytes come from.
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use dossier::{Digests, Instant};
use uuid::Uuid;

use crate::WarcError;
use crate::error::excerpt;

/// The eight record types of ISO 28500:2017, clause 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordType {
    /// Describes the records that follow (6.2).
    Warcinfo,
    /// What a server answered (6.3).
    Response,
    /// A resource without its protocol (6.4).
    Resource,
    /// What was asked (6.5).
    Request,
    /// About another record (6.6).
    Metadata,
    /// Content archived before (6.7).
    Revisit,
    /// Another form of a record (6.8).
    Conversion,
    /// The next segment of a record too large for one file (6.9).
    Continuation,
}

impl RecordType {
    /// All of them, in the order of the standard.
    pub const ALL: [Self; 8] = [
        Self::Warcinfo,
        Self::Response,
        Self::Resource,
        Self::Request,
        Self::Metadata,
        Self::Revisit,
        Self::Conversion,
        Self::Continuation,
    ];

    /// The name as it stands in `WARC-Type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warcinfo => "warcinfo",
            Self::Response => "response",
            Self::Resource => "resource",
            Self::Request => "request",
            Self::Metadata => "metadata",
            Self::Revisit => "revisit",
            Self::Conversion => "conversion",
            Self::Continuation => "continuation",
        }
    }

    /// Whether the block of such a record may hold an HTTP message.
    pub const fn may_hold_http(self) -> bool {
        matches!(self, Self::Response | Self::Request | Self::Revisit)
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RecordType {
    type Err = WarcError;

    fn from_str(text: &str) -> Result<Self, WarcError> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| WarcError::Rule {
            field: "WARC-Type".into(),
            expected: "one of the eight record types".into(),
            found: excerpt(text),
        })
    }
}

/// The name of a record: `<urn:uuid:…>`, brackets included, as it stands in `WARC-Record-ID`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordId(String);

impl RecordId {
    /// The name made of `uuid` (RFC 9562).
    pub fn new(uuid: Uuid) -> Self {
        Self(format!("<urn:uuid:{uuid}>"))
    }

    /// A name that depends on `parts` only (UUID version 5, RFC 9562 5.5): the same parts give the same name.
    /// Parts are joined with their lengths, so that no two different lists collide.
    pub fn v5(parts: &[&str]) -> Self {
        let joined: String = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
        Self::new(Uuid::new_v5(&Uuid::NAMESPACE_URL, joined.as_bytes()))
    }

    /// The name, brackets included.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({})", self.0)
    }
}

impl FromStr for RecordId {
    type Err = WarcError;

    /// Accepts `<urn:uuid:…>` in the hyphenated lower-case form only.
    fn from_str(text: &str) -> Result<Self, WarcError> {
        let uuid = text.strip_prefix("<urn:uuid:").and_then(|rest| rest.strip_suffix('>'));
        let parsed = uuid.and_then(|uuid| Uuid::try_parse(uuid).ok()).map(Self::new);
        parsed.filter(|id| id.0 == text).ok_or_else(|| WarcError::Rule {
            field: "WARC-Record-ID".into(),
            expected: "<urn:uuid:…>".into(),
            found: excerpt(text),
        })
    }
}

/// Where the bytes after the HTTP head come from.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// From memory.
    Bytes(&'a [u8]),
    /// From a file, streamed: memory stays constant whatever its size. The record is refused
    /// when the file no longer has these digests.
    File {
        /// Where it is.
        path: &'a Path,
        /// Length and digests of its bytes, computed while it was received.
        digests: Digests,
    },
}

impl Body<'_> {
    /// Length in octets.
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { digests, .. } => digests.bytes,
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One record to write. `WARC-Type`, `WARC-Record-ID`, `WARC-Date`, `WARC-Target-URI`, `Content-Type`,
/// `Content-Length` and the digests are written by [`crate::WarcWriter`] and may not stand in `fields`;
/// the one exception is the `WARC-Payload-Digest` of a revisit, which names bytes kept elsewhere.
#[derive(Clone, Debug)]
pub struct WarcRecord<'a> {
    /// Its type.
    pub record_type: RecordType,
    /// Its name.
    pub id: RecordId,
    /// When the capture began; every record of one exchange bears the same.
    pub date: Instant,
    /// The address captured: absolute, percent-encoded, without fragment for `http` and `https`.
    pub target_uri: Option<String>,
    /// Media type of the block (`application/http; msgtype=response`).
    pub content_type: Option<String>,
    /// Further fields, in order: `WARC-IP-Address`, `WARC-Concurrent-To`, `WARC-Protocol`, `WARC-Truncated`…
    pub fields: Vec<(String, String)>,
    /// Start line and headers with the empty line that ends them (see [`crate::http`]), or nothing.
    pub http_head: &'a [u8],
    /// What follows the head.
    pub body: Body<'a>,
}

impl<'a> WarcRecord<'a> {
    /// A record of an HTTP message: `application/http; msgtype=request` or `response`.
    pub fn http(
        record_type: RecordType,
        id: RecordId,
        date: Instant,
        target_uri: impl Into<String>,
        http_head: &'a [u8],
        body: Body<'a>,
    ) -> Self {
        let message = if record_type == RecordType::Request { "request" } else { "response" };
        Self {
            record_type,
            id,
            date,
            target_uri: Some(target_uri.into()),
            content_type: Some(format!("application/http; msgtype={message}")),
            fields: Vec::new(),
            http_head,
            body,
        }
    }

    /// A `warcinfo` whose block is `application/warc-fields`, written with [`crate::warc_fields`].
    pub fn warcinfo(id: RecordId, date: Instant, filename: &str, block: &'a [u8]) -> Self {
        Self {
            record_type: RecordType::Warcinfo,
            id,
            date,
            target_uri: None,
            content_type: Some("application/warc-fields".into()),
            fields: vec![("WARC-Filename".into(), filename.into())],
            http_head: &[],
            body: Body::Bytes(block),
        }
    }

    /// A `resource`: a thing kept for itself, under a `urn:`, `dns:` or other address.
    pub fn resource(
        id: RecordId,
        date: Instant,
        target_uri: impl Into<String>,
        media_type: impl Into<String>,
        body: Body<'a>,
    ) -> Self {
        Self {
            record_type: RecordType::Resource,
            id,
            date,
            target_uri: Some(target_uri.into()),
            content_type: Some(media_type.into()),
            fields: Vec::new(),
            http_head: &[],
            body,
        }
    }

    /// The same record with one field more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stable_and_do_not_collide() {
        assert_eq!(RecordId::v5(&["a", "b"]), RecordId::v5(&["a", "b"]));
        assert_ne!(RecordId::v5(&["a", "b"]), RecordId::v5(&["ab"]));
        assert_ne!(RecordId::v5(&["a", "1:b"]), RecordId::v5(&["a1:", "b"]));
        let id = RecordId::v5(&["x"]);
        assert_eq!(id.as_str().parse::<RecordId>().unwrap(), id);
        for bad in ["", "urn:uuid:1", "<urn:uuid:1>", &id.as_str().to_uppercase()] {
            assert!(bad.parse::<RecordId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn types_round_trip() {
        for kind in RecordType::ALL {
            assert_eq!(kind.as_str().parse::<RecordType>().unwrap(), kind);
        }
        assert!("Response".parse::<RecordType>().is_err());
    }
}

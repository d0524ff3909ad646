//! What can go wrong while writing or reading an archive; each error has a stable code.
use std::io;

/// An error about a WARC, a CDXJ or a WACZ. [`WarcError::code`] is what scripts rely on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WarcError {
    /// A record breaks a rule of ISO 28500:2017.
    #[error("record refused, {field}: expected {expected}, found {found:?}")]
    Rule {
        /// The field at fault.
        field: String,
        /// What the standard asks.
        expected: String,
        /// What was given.
        found: String,
    },
    /// A start line or a header of an HTTP message cannot be written without changing its meaning.
    #[error("HTTP message refused, {part}: {why} in {found:?}")]
    Http {
        /// `method`, `target`, `version`, `status`, `reason`, `name`, `value` or `head`.
        part: &'static str,
        /// The rule it breaks.
        why: &'static str,
        /// What was given, cut to 200 characters.
        found: String,
    },
    /// A body kept in a file is not, or no longer, the one its digests name.
    #[error("the body changed since it was hashed: expected {expected}, found {found}")]
    BodyChanged {
        /// Length and digest promised.
        expected: String,
        /// Length and digest read.
        found: String,
    },
    /// An earlier write failed half-way: nothing may follow the torn record.
    #[error("the archive ends in a torn record: nothing can be written after offset {offset}")]
    Torn {
        /// Length of the archive up to its last whole record.
        offset: u64,
    },
    /// The bytes are not a WARC, or not a strict one.
    #[error("not a strict WARC at offset {offset}: expected {expected}, found {found}")]
    Malformed {
        /// Offset in the file of the gzip member concerned.
        offset: u64,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// A budget was exceeded while reading.
    #[error("limit exceeded at offset {offset}: {what} is limited to {limit}")]
    Limit {
        /// Offset in the file of the gzip member concerned.
        offset: u64,
        /// Which budget.
        what: &'static str,
        /// Its value.
        limit: u64,
    },
    /// A line of a CDXJ index is not one.
    #[error("CDXJ refused at line {line}: {why}")]
    Cdxj {
        /// Line number, from 1.
        line: u64,
        /// Why.
        why: String,
    },
    /// A package (WACZ) cannot be written as asked, or is not one.
    #[error("WACZ refused, {member}: {why}")]
    Wacz {
        /// The member concerned.
        member: String,
        /// Why.
        why: String,
    },
    /// The signature of a package could not be made, or does not verify.
    #[error("signature of the WACZ refused: {why}")]
    Signature {
        /// Why.
        why: String,
    },
    /// The disk is full.
    #[error("no space left while writing {what}")]
    DiskFull {
        /// What was being written.
        what: String,
    },
    /// Any other failure of the system.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was being done.
        action: String,
        /// What the system said.
        source: io::Error,
    },
}

impl WarcError {
    /// The stable code, the same in every language.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rule { .. } => "warc.rule",
            Self::Http { .. } => "warc.http",
            Self::BodyChanged { .. } => "warc.body_changed",
            Self::Torn { .. } => "warc.torn",
            Self::Malformed { .. } => "warc.malformed",
            Self::Limit { .. } => "warc.limit",
            Self::Cdxj { .. } => "warc.cdxj",
            Self::Wacz { .. } => "warc.wacz",
            Self::Signature { .. } => "warc.signature",
            Self::DiskFull { .. } => "warc.disk_full",
            Self::Io { .. } => "warc.io",
        }
    }

    /// Every code this enum can give: the message table is checked against it.
    pub const CODES: &'static [&'static str] = &[
        "warc.rule",
        "warc.http",
        "warc.body_changed",
        "warc.torn",
        "warc.malformed",
        "warc.limit",
        "warc.cdxj",
        "warc.wacz",
        "warc.signature",
        "warc.disk_full",
        "warc.io",
    ];

    /// Wraps a failure of the system; a full disk or an exhausted quota gets its own variant.
    pub fn io(action: impl Into<String>, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { what: action.into() },
            _ => Self::Io { action: action.into(), source },
        }
    }

    pub(crate) fn http(part: &'static str, why: &'static str, found: &str) -> Self {
        Self::Http { part, why, found: excerpt(found) }
    }

    pub(crate) fn wacz(member: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Wacz { member: member.into(), why: why.into() }
    }
}

/// The first 200 characters of foreign text, so that a message stays a message.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once() {
        let mut codes = WarcError::CODES.to_vec();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), WarcError::CODES.len());
        let full = WarcError::io("write", io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.code(), "warc.disk_full");
        assert!(WarcError::CODES.contains(&full.code()));
    }
}

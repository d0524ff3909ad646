//! The forms a field's value may take (ISO 28500:2017, clause 5).
use std::net::IpAddr;

use dossier::Instant;

use crate::digest::Labelled;

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `<uri>`, without white space.
    BracketedUri,
    /// An absolute address in visible ASCII, without `<` and `>`. The characters `{}|\^` and the backquote are
    /// let through beyond RFC 3986: browsers send them as they are (WHATWG URL), and an index must find them.
    Uri,
    /// `algorithm:value`.
    LabelledDigest,
    /// Decimal digits.
    Number,
    /// W3CDTF in UTC, 1 to 9 decimals of a second at most.
    Date,
    /// `type/subtype` with parameters.
    MediaType,
    /// An address in canonical text (RFC 5952 for IPv6), without brackets.
    Ip,
    /// One of the two profiles of clause 6.7.
    Profile,
    /// One of the four reasons of 5.13.
    Truncation,
    /// One of the eight types.
    Type,
    /// Any text on one line.
    Text,
}

/// The two profiles of revisits (6.7.2, 6.7.3).
const PROFILES: [&str; 2] = [
    "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
    "http://netpreserve.org/warc/1.1/revisit/server-not-modified",
];

impl Form {
    /// Whether `value` has this form.
    pub fn accepts(self, value: &str) -> bool {
        match self {
            Self::BracketedUri => {
                value.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).is_some_and(is_absolute_uri)
            }
            Self::Uri => is_absolute_uri(value),
            Self::LabelledDigest => Labelled::parse(value) != Labelled::Bad,
            Self::Number => !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()),
            Self::Date => is_w3c_date(value),
            Self::MediaType => is_media_type(value),
            Self::Ip => value.parse::<IpAddr>().is_ok_and(|ip| ip.to_string() == value),
            Self::Profile => PROFILES.contains(&value),
            Self::Truncation => matches!(value, "length" | "time" | "disconnect" | "unspecified"),
            Self::Type => value.parse::<crate::RecordType>().is_ok(),
            Self::Text => !value.chars().any(|c| c.is_control() && c != '\t'),
        }
    }

    /// What a message says was expected.
    pub fn describe(self) -> &'static str {
        match self {
            Self::BracketedUri => "<uri>",
            Self::Uri => "an absolute URI in ASCII, without < and >",
            Self::LabelledDigest => "algorithm:value",
            Self::Number => "decimal digits",
            Self::Date => "a UTC date, YYYY-MM-DDThh:mm:ss.sssZ",
            Self::MediaType => "a media type",
            Self::Ip => "a canonical IP address",
            Self::Profile => "a profile of WARC/1.1",
            Self::Truncation => "length, time, disconnect or unspecified",
            Self::Type => "one of the eight record types",
            Self::Text => "text on one line",
        }
    }
}

/// `token` of RFC 2616 2.2, RFC 9110 5.6.2.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

fn is_absolute_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut letters = scheme.bytes();
    letters.next().is_some_and(|b| b.is_ascii_alphabetic())
        && letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        && !rest.is_empty()
        && rest.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>' && b != b'"')
}

/// `2016`, `2016-01`, `2016-01-11`, `2016-01-11T23:24Z`, `…:25Z`, `…:25.412030Z`.
fn is_w3c_date(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    match shape.as_str() {
        "0000" => true,
        "0000-00" => format!("{text}-01T00:00:00Z").parse::<Instant>().is_ok(),
        "0000-00-00" => format!("{text}T00:00:00Z").parse::<Instant>().is_ok(),
        "0000-00-00T00:00Z" | "0000-00-00T00:00:00Z" => text.parse::<Instant>().is_ok(),
        longer => {
            let decimals = longer.strip_prefix("0000-00-00T00:00:00.").and_then(|rest| rest.strip_suffix('Z'));
            decimals.is_some_and(|d| (1..=9).contains(&d.len()) && d.bytes().all(|b| b == b'0'))
                && text.parse::<Instant>().is_ok()
        }
    }
}

/// `type/subtype *( OWS ";" OWS parameter )`; white space as the community's errata allow.
fn is_media_type(text: &str) -> bool {
    let mut parts = text.split(';');
    let essence = parts.next().unwrap_or("").trim_end_matches([' ', '\t']);
    let Some((kind, subtype)) = essence.split_once('/') else { return false };
    // A quoted parameter may hold a semicolon: parameters are only looked at as text on one line.
    is_token(kind) && is_token(subtype) && parts.all(|part| Form::Text.accepts(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_the_standard_and_others() {
        for good in [
            "2016-01-11T23:24:25.412030Z",
            "2016-01-11T23:24:25Z",
            "2016-01",
            "2016",
            "2016-01-11",
            "2016-01-11T23:24Z",
            "2016-01-11T23:24:25.123456789Z",
        ] {
            assert!(Form::Date.accepts(good), "{good}");
        }
        for bad in [
            "",
            "2016-13",
            "2016-01-11T23:24:25",
            "2016-01-11T23:24:25+01:00",
            "2016-01-11T23:24:25.Z",
            "2016-01-11T23:24:25.1234567890Z",
            "2016-01-11 23:24:25Z",
            "2016-02-30",
            "٢٠١٦",
        ] {
            assert!(!Form::Date.accepts(bad), "{bad}");
        }
    }

    #[test]
    fn addresses() {
        for good in ["192.0.2.1", "2001:db8::1", "::1"] {
            assert!(Form::Ip.accepts(good), "{good}");
        }
        for bad in ["[::1]", "2001:DB8::1", "2001:db8:0:0:0:0:0:1", "example.org", "192.0.2.1:80", ""] {
            assert!(!Form::Ip.accepts(bad), "{bad}");
        }
        for good in ["http://example.org/a|b?c={d}", "urn:constat:screen:1", "dns:example.org"] {
            assert!(Form::Uri.accepts(good), "{good}");
        }
        for bad in ["", "/a", "http://é.fr/", "<http://a/>", "http://a/ b", "1http://a", "http:"] {
            assert!(!Form::Uri.accepts(bad), "{bad}");
        }
    }

    #[test]
    fn media_types() {
        for good in ["text/html", "application/http; msgtype=response", "application/http;msgtype=request"] {
            assert!(Form::MediaType.accepts(good), "{good}");
        }
        for bad in ["", "text", "text/", "a b/c", "text/html; x=\r\n"] {
            assert!(!Form::MediaType.accepts(bad), "{bad}");
        }
    }
}

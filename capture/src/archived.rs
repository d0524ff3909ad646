//! What a web archive says of the snapshot it shows (Memento, RFC 7089), and of what that snapshot is made of.
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use url::Url;

use crate::archive::Exchange;

/// Answers kept of one snapshot.
const MOST: usize = 20_000;
/// Addresses named in a finding.
pub(crate) const NAMED: usize = 10;

/// An answer that came while a snapshot was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Memento {
    pub(crate) url: String,
    /// Its date, as the archive says it.
    pub(crate) at: Option<Timestamp>,
    /// `header` (`Memento-Datetime`) or `address` (fourteen digits of it).
    pub(crate) from: Option<&'static str>,
    /// The header `Link`.
    pub(crate) links: Option<String>,
    /// Whether it came over the network.
    pub(crate) on_wire: bool,
}

/// The answers since the snapshot was asked for.
#[derive(Debug, Default)]
pub(crate) struct Mementos {
    list: Vec<Memento>,
    cut: bool,
}

/// What the answers of a snapshot say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spread {
    /// Answers with a date, and without one, of the archive itself.
    pub(crate) dated: usize,
    pub(crate) undated: usize,
    /// The oldest and the newest of those with a date.
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
    /// Addresses that are not of the archive: what they brought is of today.
    pub(crate) elsewhere: BTreeSet<String>,
}

impl Mementos {
    pub(crate) fn see(&mut self, exchange: &Exchange) {
        let Some(response) = &exchange.response else { return };
        if self.list.len() >= MOST {
            self.cut = true;
            return;
        }
        let header = |wanted: &str| {
            response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str())
        };
        let said = header("memento-datetime").and_then(http_date);
        let told = address_date(&exchange.url);
        self.list.push(Memento {
            url: exchange.url.clone(),
            at: said.or(told),
            from: said.map(|_| "header").or(told.map(|_| "address")),
            links: header("link").map(str::to_owned),
            on_wire: exchange.on_wire,
        });
    }

    /// The answer of this address, the last one.
    pub(crate) fn of(&self, url: &str) -> Option<&Memento> {
        let bare = |url: &str| url.split('#').next().unwrap_or(url).to_owned();
        self.list.iter().rev().find(|memento| bare(&memento.url) == bare(url))
    }

    /// What they say together, `page` being the address of the snapshot.
    pub(crate) fn spread(&self, page: &str) -> Spread {
        let home = |url: &str| Url::parse(url).ok().and_then(|url| Some((url.host_str()?.to_owned(), url.port())));
        let here = home(page);
        let mut spread = Spread::default();
        for memento in self.list.iter().filter(|memento| memento.url.starts_with("http")) {
            match memento.at {
                _ if home(&memento.url) != here => {
                    spread.elsewhere.insert(memento.url.clone());
                }
                Some(at) => {
                    spread.dated += 1;
                    spread.first = spread.first.map_or(Some(at), |first| Some(first.min(at)));
                    spread.last = spread.last.map_or(Some(at), |last| Some(last.max(at)));
                }
                None => spread.undated += 1,
            }
        }
        spread
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.cut
    }
}

impl Spread {
    pub(crate) fn json(&self) -> Value {
        let elsewhere: Vec<&String> = self.elsewhere.iter().take(NAMED).collect();
        json!({
            "dated": self.dated, "undated": self.undated, "first": self.first.map(|at| at.to_string()),
            "last": self.last.map(|at| at.to_string()), "elsewhere": self.elsewhere.len(), "elsewhere_first": elsewhere,
        })
    }
}

/// A date of HTTP (RFC 9110 5.6.7), as `Memento-Datetime` is written.
fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

/// The fourteen digits (`AAAAMMJJhhmmss`, UTC) that archives put in the address of a snapshot.
fn address_date(url: &str) -> Option<Timestamp> {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest);
    let part = path.split('/').skip(1).find(|part| {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        digits == 14 && part.get(14..).is_some_and(|mark| mark.is_empty() || mark.ends_with('_') && mark.len() < 6)
    })?;
    let at = DateTime::strptime("%Y%m%d%H%M%S", part.get(..14)?).ok()?;
    at.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// Days between the day that was asked for and the snapshot, in UTC.
pub(crate) fn days_apart(asked: Date, at: Timestamp) -> i64 {
    let day = at.to_zoned(TimeZone::UTC).date();
    asked.until(day).map_or(0, |span| i64::from(span.get_days()).abs())
}

/// The address that a header `Link` (RFC 8288) gives for a relation.
pub(crate) fn linked(links: &str, relation: &str) -> Option<String> {
    let mut rest = links;
    while let Some((_, after)) = rest.split_once('<') {
        let (address, parameters) = after.split_once('>')?;
        let end = parameters.find(", <").or_else(|| parameters.find(",<")).unwrap_or(parameters.len());
        let (own, next) = parameters.split_at(end);
        let says = |part: &str| {
            let Some((name, value)) = part.split_once('=') else { return false };
            name.trim().eq_ignore_ascii_case("rel")
                && value.trim().trim_matches('"').split_whitespace().any(|word| word.eq_ignore_ascii_case(relation))
        };
        if own.split(';').any(says) {
            return Some(address.trim().to_owned());
        }
        rest = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_read_where_archives_write_them() {
        let at: Timestamp = "2021-05-03T11:58:07Z".parse().unwrap();
        assert_eq!(http_date("Mon, 03 May 2021 11:58:07 GMT"), Some(at));
        for url in [
            "https://web.archive.org/web/20210503115807/http://a/",
            "http://x:8080/coll/20210503115807im_/http://a/b.png",
        ] {
            assert_eq!(address_date(url), Some(at), "{url}");
        }
        for url in
            ["http://a/20210503/", "http://a/20211503115807/x", "http://20210503115807/", "http://a/202105031158070/"]
        {
            assert_eq!(address_date(url), None, "{url}");
        }
        assert_eq!(days_apart("2021-05-01".parse().unwrap(), at), 2);
        assert_eq!(days_apart("2021-06-03".parse().unwrap(), at), 31);
    }

    #[test]
    fn a_relation_is_found_in_a_link_header() {
        let links = "<http://a/?x=1,2>; rel=\"original\", <http://m/timemap/http://a/>; rel=\"timemap\"; type=\"application/link-format\",\
            <http://m/1/http://a/>; rel=\"first memento\"; datetime=\"Mon, 03 May 2021 11:58:07 GMT\"";
        assert_eq!(linked(links, "original").as_deref(), Some("http://a/?x=1,2"));
        assert_eq!(linked(links, "timemap").as_deref(), Some("http://m/timemap/http://a/"));
        assert_eq!(linked(links, "memento").as_deref(), Some("http://m/1/http://a/"));
        assert_eq!(linked(links, "timegate"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[<>;,\"=a-z0-9:/ ]{0,200}") {
            let _ = (linked(&text, "original"), address_date(&text), http_date(&text));
        }
    }
}

//! Holds the independent accounts of one browser's requests against each other: what its debugging interface told the
//! recorder, what its network service wrote in its own log (NetLog), what the archive stores, and packets when taken.
//!
//! Requests are compared hop by hop, as a multiset of method and address; what one account has and another lacks is
//! listed. Nothing here decides which account is right.
use std::collections::BTreeMap;

use dossier::{MissingReason, Sha256Digest};
use url::Url;

mod compare;
mod netlog;

pub(crate) use compare::{Comparison, compare};
pub(crate) use netlog::{NetHop, NetLog, read};

/// The most different requests compared; what comes beyond is counted.
const MOST: usize = 100_000;
/// How much of an address is kept, more than is shown: a confidential value cut in two could not be masked.
const KEPT: usize = 4_000;
/// What the network log puts after an address whose user and password it left out.
const REDACTED: &str = " (credentials redacted)";

/// One method and address, with what each account says of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(crate) method: String,
    /// Its beginning, without user, password and fragment.
    pub(crate) url: String,
    /// How often the debugging interface announced it.
    pub(crate) told: u64,
    /// How often the archive stores an answer of the network to it.
    pub(crate) stored: u64,
    /// Why the recorder says that one was not, or not wholly, stored.
    pub(crate) why: Option<(MissingReason, String)>,
    /// How often the network service began it.
    pub(crate) begun: u64,
    /// How often of these it sent a request.
    pub(crate) sent: u64,
    /// How often of these an answer came.
    pub(crate) answered: u64,
    /// Octets of bodies, as the network service counted them.
    pub(crate) octets: u64,
    /// Last status and error of the network service, and on whose behalf it asked.
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
    pub(crate) initiator: String,
}

/// The account of the recorder, to which the network's is added at the end.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    lines: BTreeMap<Sha256Digest, Line>,
    /// Requests of the debugging interface that are not compared, being too many.
    pub(crate) beyond_told: u64,
    /// The same of the network service.
    pub(crate) beyond_begun: u64,
}

impl Ledger {
    /// The debugging interface announced a request.
    pub(crate) fn asked(&mut self, method: &str, url: &str) {
        match self.line(method, url) {
            Some(line) => line.told += 1,
            None => self.beyond_told += 1,
        }
    }

    /// An answer of the network was given to the archive.
    pub(crate) fn stored(&mut self, method: &str, url: &str) {
        if let Some(line) = self.line(method, url) {
            line.stored += 1;
        }
    }

    /// The recorder says that a request is not, or not wholly, stored. That it never was on the wire says most.
    pub(crate) fn lacks(&mut self, method: &str, url: &str, reason: MissingReason, detail: Option<&str>) {
        if let Some(line) = self.line(method, url)
            && (line.why.is_none() || reason == MissingReason::NotOnTheWire)
        {
            line.why = Some((reason, detail.unwrap_or("").chars().take(200).collect()));
        }
    }

    /// The network service made a hop.
    pub(crate) fn network(&mut self, hop: NetHop) {
        let Some(line) = self.line(&hop.method, &hop.url) else {
            self.beyond_begun += 1;
            return;
        };
        line.begun += 1;
        line.sent += u64::from(hop.sent);
        line.answered += u64::from(hop.sent && hop.status.is_some());
        line.octets = line.octets.saturating_add(hop.octets);
        line.status = hop.status.or(line.status);
        line.error = hop.error.or_else(|| line.error.take());
        if line.initiator.is_empty() {
            line.initiator = hop.initiator;
        }
    }

    /// The line of a request; `None` when there are too many.
    fn line(&mut self, method: &str, url: &str) -> Option<&mut Line> {
        let bare = bare(url);
        let key = Sha256Digest::of(format!("{method}\n{bare}").as_bytes());
        if !self.lines.contains_key(&key) && self.lines.len() >= MOST {
            return None;
        }
        Some(self.lines.entry(key).or_insert_with(|| Line {
            method: method.chars().take(30).collect(),
            url: bare.chars().take(KEPT).collect(),
            ..Line::default()
        }))
    }
}

/// An address as all accounts can write it: without user, password and fragment, a socket under the scheme that opens it.
fn bare(url: &str) -> String {
    let url = url.strip_suffix(REDACTED).unwrap_or(url);
    let Ok(mut parsed) = Url::parse(url) else { return url.to_owned() };
    parsed.set_fragment(None);
    // An address without a host has no user either.
    let _ = parsed.set_username("");
    let _ = parsed.set_password(None);
    let text = String::from(parsed);
    match text.strip_prefix("ws") {
        Some(rest) if rest.starts_with("://") || rest.starts_with("s://") => format!("http{rest}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_accounts_write_one_address_the_same() {
        for url in [
            "http://user:pw@a.test/x?q=1#f",
            "http://a.test/x?q=1 (credentials redacted)",
            "ws://a.test/x?q=1",
            "http://a.test:80/x?q=1",
        ] {
            assert_eq!(bare(url), "http://a.test/x?q=1", "{url}");
        }
        assert_eq!(bare("wss://a.test/"), "https://a.test/");
        assert_eq!(bare("pas une adresse"), "pas une adresse");
    }

    #[test]
    fn too_many_requests_are_counted_and_not_kept() {
        let mut ledger = Ledger::default();
        for i in 0..MOST + 7 {
            ledger.asked("GET", &format!("http://a.test/{i}"));
        }
        ledger.asked("GET", "http://a.test/0");
        assert_eq!((ledger.lines.len(), ledger.beyond_told), (MOST, 7));
    }
}

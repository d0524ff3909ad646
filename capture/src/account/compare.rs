//! The accounts side by side: totals that must agree, and every request on which they do not.
use std::collections::BTreeMap;

use dossier::{MissingReason, Unmatched, UnmatchedClass};

use super::{Ledger, Line};
use crate::recorder::mask_all;

/// Unmatched requests listed in the report.
const LISTED: usize = 5_000;
/// How much of an address is shown.
const SHOWN: usize = 500;

/// What the accounts agree on, and what not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// In both the recorder's account and the network's.
    pub(crate) matched: u64,
    /// Of the network, unknown to the recorder.
    pub(crate) only_netlog: u64,
    /// Of these, those that were sent.
    pub(crate) only_netlog_sent: u64,
    /// Announced to the recorder, not of the network.
    pub(crate) only_cdp: u64,
    /// Why, as the recorder knows it; `unexplained` when it does not.
    pub(crate) only_cdp_by_reason: BTreeMap<String, u64>,
    /// In both, answered on the network, and no answer stored.
    pub(crate) answered_not_stored: u64,
    /// In neither list: beyond what is compared.
    pub(crate) uncompared: u64,
    /// The unmatched ones, at most [`LISTED`].
    pub(crate) unmatched: Vec<Unmatched>,
    /// Lines beyond the list.
    pub(crate) unlisted: u64,
}

impl Comparison {
    /// Masks confidential values in the addresses listed, then cuts these to what is shown.
    pub(crate) fn mask(&mut self, secrets: &[Vec<u8>]) {
        for one in &mut self.unmatched {
            for text in [&mut one.url, &mut one.why] {
                let mut bytes = std::mem::take(text).into_bytes();
                mask_all(&mut bytes, secrets);
                *text = String::from_utf8_lossy(&bytes).chars().take(SHOWN).collect();
            }
        }
    }

    /// Requests that the debugging interface announced, that never were of the network, and that nothing explains.
    pub(crate) fn unexplained(&self) -> u64 {
        self.only_cdp_by_reason.get(UNEXPLAINED).copied().unwrap_or(0)
    }
}

const UNEXPLAINED: &str = "unexplained";

/// Compares; what is unknown to the recorder comes first, then what is not stored.
pub(crate) fn compare(ledger: &Ledger) -> Comparison {
    let mut found = Comparison { uncompared: ledger.beyond_told + ledger.beyond_begun, ..Comparison::default() };
    for line in ledger.lines.values() {
        found.matched += line.told.min(line.begun);
        network_only(line, &mut found);
        let answered = line.answered.min(line.told).saturating_sub(line.stored);
        if answered > 0 {
            found.answered_not_stored += answered;
            let why = why(line).unwrap_or_else(|| "réponse reçue du réseau, non enregistrée".to_owned());
            found.unmatched.push(unmatched(line, UnmatchedClass::NotStored, answered, why));
        }
        recorder_only(line, &mut found);
    }
    found.unmatched.sort_by(|a, b| (a.class, &a.url, &a.method).cmp(&(b.class, &b.url, &b.method)));
    found.unlisted = found.unmatched.len().saturating_sub(LISTED) as u64;
    found.unmatched.truncate(LISTED);
    found
}

fn network_only(line: &Line, found: &mut Comparison) {
    let more = line.begun.saturating_sub(line.told);
    if more == 0 {
        return;
    }
    found.only_netlog += more;
    found.only_netlog_sent += more.min(line.sent);
    let by = match line.initiator.as_str() {
        "" | "not an origin" => "demandée par le navigateur lui-même, hors de toute page".to_owned(),
        origin => format!("demandée au nom de {origin}, non annoncée à l'enregistreur"),
    };
    let end = if line.sent > 0 { "envoyée" } else { "rien n'a été envoyé" };
    found.unmatched.push(unmatched(line, UnmatchedClass::OnlyNetlog, more, format!("{by} ; {end}")));
}

fn recorder_only(line: &Line, found: &mut Comparison) {
    let more = line.told.saturating_sub(line.begun);
    if more == 0 {
        return;
    }
    found.only_cdp += more;
    let name = line.why.as_ref().map_or(UNEXPLAINED, |(reason, _)| reason.as_str());
    *found.only_cdp_by_reason.entry(name.to_owned()).or_default() += more;
    let why = why(line).unwrap_or_else(|| "absente du journal du réseau, sans raison connue".to_owned());
    found.unmatched.push(unmatched(line, UnmatchedClass::OnlyCdp, more, why));
}

fn why(line: &Line) -> Option<String> {
    let (reason, detail) = line.why.as_ref()?;
    let words = match reason {
        MissingReason::Failed => "échec avant le réseau ou en chemin",
        MissingReason::Blocked => "bloquée par le navigateur",
        MissingReason::NotOnTheWire => "réponse du navigateur lui-même, sans le réseau",
        MissingReason::Evicted => "contenu que le navigateur n'avait plus",
        MissingReason::Truncated => "coupée",
        MissingReason::Pending => "encore en cours",
        MissingReason::Unparsed => "message illisible du navigateur",
        MissingReason::NotRecorded => "non enregistrée par cette version",
    };
    Some(if detail.is_empty() { words.to_owned() } else { format!("{words} : {}", detail.trim()) })
}

fn unmatched(line: &Line, class: UnmatchedClass, count: u64, why: String) -> Unmatched {
    Unmatched {
        class,
        method: line.method.clone(),
        url: line.url.clone(),
        count,
        why,
        status: line.status,
        error: line.error.clone(),
        bytes: (line.begun > 0).then_some(line.octets),
    }
}

#[cfg(test)]
mod tests {
    use super::super::NetHop;
    use super::*;

    fn hop(url: &str, sent: bool) -> NetHop {
        let status = sent.then_some(200);
        NetHop { method: "GET".into(), url: url.into(), sent, status, octets: 10, ..NetHop::default() }
    }

    #[test]
    fn each_request_falls_in_its_class() {
        let mut ledger = Ledger::default();
        for url in
            ["http://a.test/", "http://a.test/", "http://a.test/cache", "http://a.test/?", "http://a.test/perdue"]
        {
            ledger.asked("GET", url);
        }
        ledger.stored("GET", "http://a.test/");
        ledger.stored("GET", "http://a.test/");
        ledger.lacks("GET", "http://a.test/cache", MissingReason::NotOnTheWire, Some("memory cache"));
        for (url, sent) in [
            ("http://a.test/#x", true),
            ("http://a.test/", true),
            ("http://a.test/perdue", true),
            ("http://b.test/", true),
            ("http://b.test/refuse", false),
        ] {
            ledger.network(hop(url, sent));
        }
        let found = compare(&ledger);
        assert_eq!((found.matched, found.only_netlog, found.only_netlog_sent), (3, 2, 1));
        assert_eq!((found.only_cdp, found.unexplained(), found.answered_not_stored), (2, 1, 1));
        let reasons: Vec<(&str, u64)> = found.only_cdp_by_reason.iter().map(|(k, n)| (k.as_str(), *n)).collect();
        assert_eq!(reasons, [("not_on_the_wire", 1), ("unexplained", 1)]);
        let classes: Vec<UnmatchedClass> = found.unmatched.iter().map(|u| u.class).collect();
        use UnmatchedClass::{NotStored, OnlyCdp, OnlyNetlog};
        assert_eq!(classes, [OnlyNetlog, OnlyNetlog, NotStored, OnlyCdp, OnlyCdp]);
        assert_eq!((found.unmatched[0].url.as_str(), found.unmatched[0].bytes), ("http://b.test/", Some(10)));
    }

    #[test]
    fn no_confidential_value_is_left_in_what_is_listed_not_even_its_beginning() {
        let mut ledger = Ledger::default();
        ledger.asked("GET", &format!("http://a.test/{}?p=mot-de-passe", "x".repeat(480)));
        ledger.lacks(
            "GET",
            "http://a.test/?p=mot-de-passe",
            MissingReason::Failed,
            Some("http://a.test/?p=mot-de-passe"),
        );
        ledger.asked("GET", "http://a.test/?p=mot-de-passe");
        let mut found = compare(&ledger);
        found.mask(&[b"mot-de-passe".to_vec()]);
        let text = format!("{:?}", found.unmatched);
        assert!(!text.contains("mot") && text.contains("?p=****"), "{text}");
    }

    #[test]
    fn a_request_made_twice_and_told_once_is_not_matched_twice() {
        let mut ledger = Ledger::default();
        ledger.asked("GET", "http://a.test/");
        ledger.stored("GET", "http://a.test/");
        ledger.network(hop("http://a.test/", true));
        ledger.network(hop("http://a.test/", true));
        let found = compare(&ledger);
        assert_eq!((found.matched, found.only_netlog, found.answered_not_stored), (1, 1, 0));
    }
}

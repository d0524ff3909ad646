//! The statement of incompleteness, short: how much is missing and why, whether the accounts agree, where the lists are.
use std::collections::BTreeMap;

use dossier::{Incompleteness, Missing, MissingReason, Reconciliation};
use serde_json::{Value, json};

use crate::output::printable;

/// Things named one by one, of the missing and of the unmatched of each browser.
const FIRST: usize = 5;
/// How much of an address is printed.
const ADDRESS: usize = 160;
const LIST: &str = "constat.json, champ incompleteness";

/// The missing things by reason: how many, octets received and stored.
fn by_reason(stated: &Incompleteness) -> BTreeMap<MissingReason, (u64, u64, u64)> {
    let mut sums = BTreeMap::new();
    for one in all(stated) {
        let sum: &mut (u64, u64, u64) = sums.entry(one.reason).or_default();
        sum.0 = sum.0.saturating_add(1);
        sum.1 = sum.1.saturating_add(one.bytes_received.unwrap_or(0));
        sum.2 = sum.2.saturating_add(one.bytes_stored);
    }
    sums
}

fn all(stated: &Incompleteness) -> impl Iterator<Item = &Missing> {
    stated.pages.iter().flat_map(|page| &page.missing)
}

/// The statement for a program.
pub(super) fn json(stated: &Incompleteness) -> Value {
    let reasons: BTreeMap<&str, Value> = by_reason(stated)
        .into_iter()
        .map(|(reason, (count, received, stored))| {
            (reason.as_str(), json!({"count": count, "bytes_received": received, "bytes_stored": stored}))
        })
        .collect();
    let accounts: Vec<Value> = stated.reconciliations.iter().map(account).collect();
    json!({
        "requests_seen": stated.requests_seen, "exchanges_stored": stated.exchanges_stored,
        "messages_unparsed": stated.messages_unparsed, "missing": all(stated).count(), "by_reason": reasons,
        "first": all(stated).take(FIRST).collect::<Vec<_>>(), "accounts": accounts, "list": "constat.json#/incompleteness",
    })
}

fn account(one: &Reconciliation) -> Value {
    json!({
        "browser": one.browser, "agrees": one.agrees(), "requests_cdp": one.requests_cdp,
        "requests_netlog": one.requests_netlog, "packet_flows": one.packet_flows,
        "flows_unseen": one.flows_unseen, "flows_untold": one.flows_untold,
        "exchanges_stored": one.exchanges_stored, "matched": one.matched, "only_netlog": one.only_netlog,
        "only_netlog_sent": one.only_netlog_sent, "only_cdp": one.only_cdp,
        "answered_not_stored": one.answered_not_stored, "uncompared": one.uncompared, "why": one.why,
        "first": one.unmatched.get(..FIRST).unwrap_or(&one.unmatched), "report": one.report,
    })
}

/// The statement for a person, line by line; nothing in it can act on a terminal.
pub(super) fn lines(stated: &Incompleteness) -> Vec<String> {
    let mut lines = vec![format!(
        "Incomplétude : requêtes annoncées {}, échanges conservés {}, messages illisibles {}, éléments non conservés ou pas \
         en entier {}",
        stated.requests_seen,
        stated.exchanges_stored,
        stated.messages_unparsed,
        all(stated).count()
    )];
    for (reason, (count, received, stored)) in by_reason(stated) {
        lines.push(format!("  {} : {count} (octets reçus {received}, conservés {stored})", words(reason)));
    }
    for one in all(stated).take(FIRST) {
        lines.push(format!("    {} [{}]", address(&one.url), one.reason.as_str()));
    }
    if all(stated).count() > FIRST {
        lines.push(format!("    … liste entière : {LIST}"));
    }
    if stated.reconciliations.is_empty() {
        lines.push("Comptes : non rapprochés du journal du service réseau du navigateur".to_owned());
    }
    stated.reconciliations.iter().for_each(|one| compared(one, &mut lines));
    lines
}

fn compared(one: &Reconciliation, lines: &mut Vec<String>) {
    let count = |n: Option<u64>| n.map_or_else(|| "non relevé".to_owned(), |n| n.to_string());
    lines.push(format!(
        "Comptes, navigateur n° {} : interface d'observation {} ; service réseau {} ; flux de paquets {} ; archive {}",
        one.browser,
        one.requests_cdp,
        count(one.requests_netlog),
        count(one.packet_flows),
        one.exchanges_stored
    ));
    let flows = (one.flows_unseen.unwrap_or(0), one.flows_untold.unwrap_or(0));
    if flows != (0, 0) {
        lines.push(format!(
            "  connexions sans paquet {} ; connexions vers les mêmes serveurs, inconnues du navigateur {}",
            flows.0, flows.1
        ));
    }
    if let Some(why) = &one.why {
        lines.push(format!("  réserve : {}", printable(why)));
    }
    if one.agrees() {
        lines.push("  ces comptes concordent".to_owned());
    } else if one.requests_netlog.is_some() {
        lines.push(format!(
            "  communes {} ; du réseau seul {} (envoyées {}) ; annoncées sans atteindre le réseau {} ; réponses non \
             conservées {} ; non rapprochées {}",
            one.matched, one.only_netlog, one.only_netlog_sent, one.only_cdp, one.answered_not_stored, one.uncompared
        ));
    }
    for unmatched in one.unmatched.iter().take(FIRST) {
        let (url, why) = (address(&unmatched.url), printable(&unmatched.why));
        lines.push(format!("    {} {url} × {} : {why}", printable(&unmatched.method), unmatched.count));
    }
    if let Some(report) = one.report.as_ref().filter(|_| !one.unmatched.is_empty()) {
        lines.push(format!("    … liste entière : {report}"));
    }
}

fn address(url: &str) -> String {
    let cut: String = url.chars().take(ADDRESS).collect();
    let more = if cut.len() < url.len() { "…" } else { "" };
    format!("{}{more}", printable(&cut))
}

fn words(reason: MissingReason) -> &'static str {
    match reason {
        MissingReason::Failed => "échec de la requête",
        MissingReason::Blocked => "bloqué par le navigateur",
        MissingReason::NotOnTheWire => "servi sans passer par le réseau",
        MissingReason::Evicted => "contenu que le navigateur n'avait plus",
        MissingReason::Truncated => "coupé",
        MissingReason::Pending => "encore en cours",
        MissingReason::Unparsed => "message illisible du navigateur",
        MissingReason::NotRecorded => "non enregistré par cette version",
    }
}

#[cfg(test)]
mod tests {
    use dossier::{IncompletePage, Unmatched, UnmatchedClass};

    use super::*;

    fn stated() -> Incompleteness {
        let missing = |reason| Missing {
            url: format!("http://a.test/\u{1b}[31m{}", "x".repeat(300)),
            reason,
            detail: None,
            bytes_received: Some(10),
            bytes_stored: 4,
        };
        let unmatched = Unmatched {
            class: UnmatchedClass::OnlyNetlog,
            method: "GET".into(),
            url: "http://a.test/favicon.ico".into(),
            count: 1,
            why: "envoyée".into(),
            status: None,
            error: None,
            bytes: None,
        };
        Incompleteness {
            requests_seen: 9,
            exchanges_stored: 8,
            pages: vec![IncompletePage {
                step: Some(1),
                page: None,
                missing: MissingReason::ALL.into_iter().map(missing).collect(),
            }],
            reconciliations: vec![Reconciliation {
                browser: 1,
                requests_cdp: 9,
                requests_netlog: Some(10),
                matched: 9,
                only_netlog: 1,
                flows_untold: Some(2),
                unmatched: vec![unmatched],
                ..Reconciliation::default()
            }],
            ..Incompleteness::default()
        }
    }

    #[test]
    fn a_person_reads_each_reason_and_each_account() {
        let text = lines(&stated()).join("\n");
        for reason in MissingReason::ALL {
            assert!(text.contains(&format!("  {} : 1 (octets reçus 10, conservés 4)", words(reason))), "{text}");
        }
        assert!(text.contains("service réseau 10 ; flux de paquets non relevé"), "{text}");
        assert!(text.contains("inconnues du navigateur 2"), "{text}");
        assert!(text.contains("GET http://a.test/favicon.ico × 1 : envoyée"), "{text}");
        assert!(!text.contains('\u{1b}') && text.lines().all(|line| line.chars().count() < 400), "{text}");
    }

    #[test]
    fn a_program_reads_the_same() {
        let value = json(&stated());
        assert_eq!(value["missing"], 8);
        assert_eq!(value["by_reason"]["blocked"], json!({"count": 1, "bytes_received": 10, "bytes_stored": 4}));
        assert_eq!(value["accounts"][0]["agrees"], false);
        assert_eq!(value["accounts"][0]["packet_flows"], Value::Null);
    }
}

//! What the browser stopped by a rule, before or instead of telling it as a request: the page's own policy (CSP), mixed
//! content, rules of origins. It is read from the `Audits` domain; what the network's events list already is not listed
//! twice.
use std::collections::{BTreeMap, BTreeSet};

use dossier::{MissingReason, Sha256Digest};
use serde_json::Value;

use super::sockets::missing;
use super::{MissingAt, Recorder, State};
use crate::cdp::{text, whole};

/// The most issues kept from one account of what is missing to the next.
const MOST: usize = 5_000;
/// How much of an address, and of a word of the browser, is kept.
const KEPT: usize = 4_000;
const WORD: usize = 100;
/// Directives of CSP that stop no request of their own: the base of addresses, and who may frame a document (its answer
/// is told by the network's events).
const NO_REQUEST: [&str; 2] = ["frame-ancestors", "base-uri"];

/// One request that was stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stopped {
    url: String,
    /// The request of the network's events, when there is one.
    id: Option<String>,
    page: String,
    why: String,
}

/// Those not yet told.
#[derive(Debug, Default)]
pub(crate) struct Issues {
    seen: Vec<Stopped>,
    /// Beyond what is kept.
    more: u64,
    /// Requests that the network's events said were stopped, and how often each address.
    ids: BTreeSet<String>,
    urls: BTreeMap<Sha256Digest, u64>,
    /// Navigations of frames stopped before they had an address.
    unnamed: u64,
}

impl Issues {
    fn add(&mut self, stopped: Stopped) {
        match self.seen.len() < MOST {
            true => self.seen.push(stopped),
            false => self.more += 1,
        }
    }

    /// The network's events list this request as stopped; a redirect may be told under its first address.
    pub(super) fn listed<'a>(&mut self, id: &str, urls: impl Iterator<Item = &'a str>) {
        self.ids.insert(id.to_owned());
        for url in urls {
            *self.urls.entry(named(url)).or_default() += 1;
        }
    }

    /// A navigation stopped of which no request was told.
    pub(super) fn unnamed(&mut self) {
        self.unnamed += 1;
    }

    /// What only the issues told, and how many are not told by name.
    fn take(&mut self) -> (Vec<Stopped>, u64) {
        let all = std::mem::take(self);
        let mut urls = all.urls;
        let mut only = Vec::new();
        for stopped in all.seen {
            let listed = match &stopped.id {
                Some(id) if all.ids.contains(id) => true,
                _ => urls.get_mut(&named(&stopped.url)).is_some_and(|left| {
                    let known = *left > 0;
                    *left = left.saturating_sub(1);
                    known
                }),
            };
            if !listed {
                only.push(stopped);
            }
        }
        // Each navigation without a request has an issue of its own with the address, unless the browser gave none.
        let lost = all.unnamed.saturating_sub(only.len() as u64);
        (only, all.more + lost)
    }
}

impl Recorder {
    /// `Audits.issueAdded`.
    pub(super) fn issue(&self, session: Option<&str>, params: &Value) {
        let Some(mut stopped) = params.get("issue").and_then(stopped) else { return };
        let mut state = self.state();
        if let Some(id) = &stopped.id
            && state.chains.contains_key(id)
        {
            // Under way for the network's events: they will say how it ends.
            return;
        }
        if stopped.page.is_empty() {
            stopped.page = state.places.page_of(session);
        }
        state.issues.add(stopped);
    }
}

impl State {
    /// The network's events said that a rule stopped this request.
    pub(super) fn note_blocked(&mut self, id: &str, kind: &str) {
        match self.chains.get(id).and_then(|chain| Some((chain, chain.hops.back()?))) {
            Some((chain, hop)) => {
                let before = chain.redirects.iter().map(|(url, _)| url.as_str());
                self.issues.listed(id, before.chain([hop.url.as_str()]));
            }
            None if kind == "Document" => self.issues.unnamed(),
            None => {}
        }
    }

    /// Lists what the browser stopped and the network's events did not tell.
    pub(super) fn end_issues(&mut self) {
        let (only, more) = self.issues.take();
        for Stopped { url, page, why, .. } in only {
            let missing = missing(&url, MissingReason::Blocked, Some(why), 0);
            self.missing.push(MissingAt { page, missing });
        }
        if more > 0 {
            let detail = "demandes arrêtées par une règle du navigateur, dont l'adresse n'est pas connue ou n'est pas \
                          gardée";
            let url = format!("({more} autres adresses)");
            let missing = missing(&url, MissingReason::Blocked, Some(detail.to_owned()), 0);
            self.missing.push(MissingAt { page: String::new(), missing });
        }
    }
}

fn named(url: &str) -> Sha256Digest {
    let bare = url.split('#').next().unwrap_or(url);
    Sha256Digest::of(bare.chars().take(KEPT).collect::<String>().as_bytes())
}

/// The request an issue says was stopped; `None` for an issue that stopped none.
fn stopped(issue: &Value) -> Option<Stopped> {
    let code = text(issue, "/code")?;
    let details = |name: &str| issue.pointer(&format!("/details/{name}"));
    let (details, url, why) = match code {
        "ContentSecurityPolicyIssue" => policy(details("contentSecurityPolicyIssueDetails")?)?,
        "MixedContentIssue" => {
            let details = details("mixedContentIssueDetails")?;
            let blocked = text(details, "/resolutionStatus") == Some("MixedContentBlocked");
            let why = "contenu mixte : une page sûre demande une adresse qui ne l'est pas".to_owned();
            (details, text(details, "/insecureURL").filter(|_| blocked)?, why)
        }
        "CorsIssue" => {
            let details = details("corsIssueDetails")?;
            let real = details.get("isWarning").and_then(Value::as_bool) != Some(true);
            let rule = word(text(details, "/corsErrorStatus/corsError"));
            (details, text(details, "/request/url").filter(|_| real)?, format!("règle des origines (CORS : {rule})"))
        }
        "BlockedByResponseIssue" => {
            let details = details("blockedByResponseIssueDetails")?;
            let rule = word(text(details, "/reason"));
            (details, text(details, "/request/url")?, format!("règle d'isolement des origines ({rule})"))
        }
        "GenericIssue" => {
            let details = details("genericIssueDetails")?;
            let orb = text(details, "/errorType") == Some("ResponseWasBlockedByORB");
            let why = "réponse que la page ne peut employer (ORB)".to_owned();
            (details, text(details, "/request/url").filter(|_| orb)?, why)
        }
        "UserReidentificationIssue" => {
            let details = details("userReidentificationIssueDetails")?;
            let rule = word(text(details, "/type"));
            (details, text(details, "/request/url")?, format!("protection contre le pistage ({rule})"))
        }
        _ => return None,
    };
    let network = ["http://", "https://", "ws://", "wss://"].iter().any(|scheme| url.starts_with(scheme));
    network.then(|| Stopped {
        url: url.chars().take(KEPT).collect(),
        id: text(details, "/request/requestId").filter(|id| !id.is_empty()).map(str::to_owned),
        page: text(details, "/mainResourceURL").unwrap_or("").chars().take(KEPT).collect(),
        why: format!("{why}{}", place(details)),
    })
}

/// A violation of the page's policy that stopped a request.
fn policy(details: &Value) -> Option<(&Value, &str, String)> {
    let reported = details.get("isReportOnly").and_then(Value::as_bool) == Some(true);
    let kind = text(details, "/contentSecurityPolicyViolationType");
    let directive = text(details, "/violatedDirective").unwrap_or("");
    if reported || kind != Some("kURLViolation") || NO_REQUEST.contains(&directive) {
        return None;
    }
    let why = format!("politique de sécurité de la page (CSP : {})", word(Some(directive)));
    Some((details, text(details, "/blockedURL")?, why))
}

/// Where it was asked, as far as the browser says.
fn place(details: &Value) -> String {
    let at = details.get("sourceCodeLocation").or_else(|| details.get("location"));
    let Some((url, line)) = at.and_then(|at| Some((text(at, "/url")?, whole(at, "/lineNumber")?))) else {
        return String::new();
    };
    let url: String = url.chars().filter(|c| !c.is_control()).take(500).collect();
    match (url.is_empty(), line) {
        (true, _) => String::new(),
        (false, ..0) => format!(", demandé par {url}"),
        // The browser counts from 0.
        (false, line) => format!(", demandé par {url}, ligne {}", line + 1),
    }
}

/// A word of the browser, as it is.
fn word(said: Option<&str>) -> String {
    said.unwrap_or("sans précision").chars().filter(|c| !c.is_control()).take(WORD).collect()
}

/// What the browser's word for a rule means, for those told by the network's events.
pub(super) fn rule(pointer: &str, reason: &str) -> Option<&'static str> {
    Some(match reason {
        _ if pointer.starts_with("/cors") => "règle des origines",
        "csp" => "politique de sécurité de la page",
        "mixed-content" => "contenu mixte",
        "integrity" => "empreinte exigée par la page",
        "content-type" => "type de contenu refusé",
        _ if reason.starts_with("coep-") || reason.starts_with("coop-") || reason.starts_with("corp-") => {
            "règle d'isolement des origines"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn csp(url: &str, directive: &str, reported: bool) -> Value {
        json!({"code": "ContentSecurityPolicyIssue", "details": {"contentSecurityPolicyIssueDetails": {
            "blockedURL": url, "violatedDirective": directive, "isReportOnly": reported,
            "contentSecurityPolicyViolationType": "kURLViolation",
            "sourceCodeLocation": {"url": "http://a.test/s.js", "lineNumber": 2, "columnNumber": 1}}}})
    }

    #[test]
    fn an_issue_that_stopped_a_request_is_read_with_its_reason() {
        let read = stopped(&csp("http://a.test/x", "connect-src", false)).unwrap();
        assert_eq!(
            read.why,
            "politique de sécurité de la page (CSP : connect-src), demandé par http://a.test/s.js, ligne 3"
        );
        let mixed = |status: &str| {
            stopped(&json!({"code": "MixedContentIssue", "details": {"mixedContentIssueDetails": {
                "resolutionStatus": status, "insecureURL": "http://a.test/x", "mainResourceURL": "https://a.test/"}}}))
        };
        assert_eq!(mixed("MixedContentBlocked").unwrap().page, "https://a.test/");
        assert_eq!(mixed("MixedContentAutomaticallyUpgraded"), None);
        let cors = |warning: bool| {
            stopped(&json!({"code": "CorsIssue", "details": {"corsIssueDetails": {
                "corsErrorStatus": {"corsError": "DisallowedByMode"}, "isWarning": warning,
                "request": {"url": "http://b.test/", "requestId": "7.1"}}}}))
        };
        assert_eq!(cors(false).unwrap().id.as_deref(), Some("7.1"));
        assert_eq!(cors(true), None);
    }

    #[test]
    fn an_issue_that_stopped_none_is_left() {
        assert_eq!(stopped(&csp("http://a.test/x", "img-src", true)), None, "only reported");
        assert_eq!(stopped(&csp("http://a.test/", "frame-ancestors", false)), None);
        assert_eq!(stopped(&csp("data", "img-src", false)), None);
        for rubbish in
            [json!(null), json!({"code": "CorsIssue"}), json!({"code": 3}), json!({"code": "QuirksModeIssue"})]
        {
            assert_eq!(stopped(&rubbish), None, "{rubbish}");
        }
    }

    #[test]
    fn what_the_network_s_events_list_is_not_listed_again() {
        let mut issues = Issues::default();
        let one = |url: &str, id: Option<&str>| Stopped {
            url: url.into(),
            id: id.map(str::to_owned),
            page: String::new(),
            why: String::new(),
        };
        for url in ["http://a.test/deux", "http://a.test/deux", "http://a.test/jamais"] {
            issues.add(one(url, None));
        }
        issues.add(one("http://a.test/autre", Some("9.9")));
        issues.listed("1.1", ["http://a.test/deux#fin"].into_iter());
        issues.listed("9.9", ["http://b.test/"].into_iter());
        issues.unnamed();
        let (only, more) = issues.take();
        let urls: Vec<&str> = only.iter().map(|s| s.url.as_str()).collect();
        assert_eq!((urls, more), (vec!["http://a.test/deux", "http://a.test/jamais"], 0));
        issues.unnamed();
        assert_eq!(issues.take().1, 1, "a navigation without any address is counted");
        for n in 0..MOST + 3 {
            issues.add(one(&format!("http://a.test/{n}"), None));
        }
        let (only, more) = issues.take();
        assert_eq!((only.len(), more), (MOST, 3));
    }
}

//! What the installed browser says of its own debugging interface, compared with what we ask of it and read: a browser
//! that renames a message would otherwise lose evidence without a word.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dossier::{Sha256Digest, op};
use probes::Fact;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cdp::text;

mod used;

use used::{COMMANDS, EVENTS, ISSUES, OTHER_ISSUES, TYPES, UNREAD};

/// The longest wait for the description.
const WAIT: Duration = Duration::from_secs(20);
/// The longest description read.
const MOST: u64 = 32 * 1024 * 1024;

/// Compares the description the browser gives at its debugging address with what this version relies on.
pub(crate) async fn protocol_fact(websocket: &str) -> Fact {
    let how =
        "description du protocole donnée par le navigateur (/json/protocol), comparée à ce que l'outil demande et lit";
    let body = match tokio::time::timeout(WAIT, description(websocket)).await {
        Ok(Ok(body)) => body,
        Ok(Err(why)) => {
            return Fact::not_done(op::MEASURE_PROTOCOL, &format!("La description n'a pas été lue : {why}."));
        }
        Err(_) => return Fact::not_done(op::MEASURE_PROTOCOL, "Le navigateur n'a pas donné sa description."),
    };
    let Ok(told) = serde_json::from_slice::<Value>(&body) else {
        return Fact::not_done(op::MEASURE_PROTOCOL, "La description donnée par le navigateur est illisible.");
    };
    let described = Described::read(&told);
    let (mut absent, unread) = (described.absent(), described.unread());
    let (absent_issues, unread_issues) = described.issues();
    absent.extend(absent_issues);
    let digest = Sha256Digest::of(&body);
    let data = json!({
        "version": told.pointer("/version"), "sha256": digest, "bytes": body.len(),
        "commands": COMMANDS.len(), "events": EVENTS.len(), "absent": absent, "unread_events": unread,
        "unread_issues": unread_issues, "how": how,
    });
    let evidence = json!({"sha256": digest, "version": told.pointer("/version"), "domains": described.domains()});
    let bytes = serde_json::to_vec_pretty(&evidence).unwrap_or_default();
    let well = absent.is_empty() && unread.is_empty() && unread_issues.is_empty();
    Fact::judged(op::MEASURE_PROTOCOL, well, data).with("protocole.json", "application/json", bytes)
}

/// Reads `/json/protocol` on loopback. The browser's own server: HTTP/1.1, with a length.
async fn description(websocket: &str) -> Result<Vec<u8>, String> {
    let said = |e: std::io::Error| e.to_string();
    let address = websocket.strip_prefix("ws://").and_then(|rest| rest.split('/').next()).ok_or("adresse inconnue")?;
    let mut stream = TcpStream::connect(address).await.map_err(said)?;
    let asked = format!("GET /json/protocol HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(asked.as_bytes()).await.map_err(said)?;
    let mut answer = Vec::new();
    let mut part = vec![0; 64 * 1024];
    loop {
        if let Some(body) = whole_body(&answer) {
            return Ok(body);
        }
        let read = stream.read(&mut part).await.map_err(said)?;
        answer.extend_from_slice(part.get(..read).unwrap_or_default());
        if read == 0 || answer.len() as u64 > MOST {
            return Err("réponse incomplète".into());
        }
    }
}

/// The body of an answer, once all of it is there.
fn whole_body(answer: &[u8]) -> Option<Vec<u8>> {
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(answer.get(..end)?).ok()?;
    let lengths = head.lines().filter_map(|l| l.split_once(':'));
    let length: usize =
        lengths.filter(|(n, _)| n.eq_ignore_ascii_case("content-length")).find_map(|(_, v)| v.trim().parse().ok())?;
    answer.get(end..end.checked_add(length)?).map(<[u8]>::to_vec)
}

/// Names of the messages of the domains we use.
struct Described {
    /// `Domain.command` to the names of what it takes and gives.
    commands: BTreeMap<String, BTreeSet<String>>,
    events: BTreeMap<String, BTreeSet<String>>,
    types: BTreeMap<String, BTreeSet<String>>,
    /// Values of `Audits.InspectorIssueCode`.
    issues: BTreeSet<String>,
}

impl Described {
    fn read(told: &Value) -> Self {
        let mut described = Self {
            commands: BTreeMap::new(),
            events: BTreeMap::new(),
            types: BTreeMap::new(),
            issues: BTreeSet::new(),
        };
        let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        for domain in list(told, "domains") {
            let name = text(&domain, "/domain").unwrap_or("").to_owned();
            let mut note = |kind: &str, id: &str, parts: &[&str]| {
                let into = match kind {
                    "commands" => &mut described.commands,
                    "events" => &mut described.events,
                    _ => &mut described.types,
                };
                for one in list(&domain, kind) {
                    let fields = parts.iter().flat_map(|part| list(&one, part));
                    let names = fields.filter_map(|f| text(&f, "/name").map(str::to_owned)).collect();
                    into.insert(format!("{name}.{}", text(&one, id).unwrap_or("")), names);
                }
            };
            note("commands", "/name", &["parameters", "returns"]);
            note("events", "/name", &["parameters"]);
            note("types", "/id", &["properties"]);
            let codes = list(&domain, "types").into_iter().filter(|t| text(t, "/id") == Some("InspectorIssueCode"));
            for code in codes.flat_map(|code| list(&code, "enum")).filter_map(|code| code.as_str().map(str::to_owned)) {
                described.issues.insert(code);
            }
        }
        described
    }

    /// What we rely on and the browser does not have: `Network.requestWillBeSent`, `Network.Response#protocol`.
    fn absent(&self) -> Vec<String> {
        let mut absent = Vec::new();
        for (used, known) in [(COMMANDS, &self.commands), (EVENTS, &self.events), (TYPES, &self.types)] {
            for (name, fields) in used {
                match known.get(*name) {
                    None => absent.push((*name).to_owned()),
                    Some(has) => {
                        let lacking = fields.iter().filter(|field| !has.contains(**field));
                        absent.extend(lacking.map(|field| format!("{name}#{field}")));
                    }
                }
            }
        }
        absent
    }

    /// Events of the network that the browser has and we neither read nor know to leave out.
    fn unread(&self) -> Vec<&str> {
        let ours = |name: &str| EVENTS.iter().any(|(used, _)| *used == name) || UNREAD.contains(&name);
        let network = |name: &&String| name.starts_with("Network.") || name.starts_with("Fetch.");
        self.events.keys().filter(network).map(String::as_str).filter(|name| !ours(name)).collect()
    }

    /// Issues we read and the browser does not have, and those it has and we neither read nor know to leave out.
    fn issues(&self) -> (Vec<String>, Vec<String>) {
        let absent = ISSUES
            .iter()
            .filter(|code| !self.issues.contains(**code))
            .map(|code| format!("Audits.InspectorIssueCode#{code}"));
        let ours = |code: &str| ISSUES.contains(&code) || OTHER_ISSUES.contains(&code);
        (absent.collect(), self.issues.iter().filter(|code| !ours(code)).cloned().collect())
    }

    /// The messages of the domains we use, by name, as evidence.
    fn domains(&self) -> Value {
        let used: BTreeSet<&str> =
            COMMANDS.iter().chain(EVENTS).filter_map(|(name, _)| name.split('.').next()).collect();
        let of = |known: &BTreeMap<String, BTreeSet<String>>| -> Value {
            let ours = known.iter().filter(|(name, _)| name.split('.').next().is_some_and(|d| used.contains(d)));
            json!(ours.collect::<BTreeMap<_, _>>())
        };
        json!({"commands": of(&self.commands), "events": of(&self.events)})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_lacks_or_adds_is_named() {
        let told = json!({"domains": [{"domain": "Network", "events": [
            {"name": "requestWillBeSent", "parameters": [{"name": "requestId"}]}, {"name": "novelty"},
        ], "commands": [{"name": "enable"}]}]});
        let described = Described::read(&told);
        let absent = described.absent();
        assert!(absent.contains(&"Network.requestWillBeSent#request".to_owned()), "{absent:?}");
        assert!(absent.contains(&"Network.loadingFinished".to_owned()));
        assert!(absent.contains(&"Network.enable#maxTotalBufferSize".to_owned()));
        assert!(!absent.contains(&"Network.requestWillBeSent#requestId".to_owned()));
        assert_eq!(described.unread(), ["Network.novelty"]);
        let told = json!({"domains": [{"domain": "Audits", "types": [
            {"id": "InspectorIssueCode", "enum": ["CorsIssue", "CookieIssue", "NoveltyIssue"]},
        ]}]});
        let (absent, unread) = Described::read(&told).issues();
        assert!(
            absent.contains(&"Audits.InspectorIssueCode#MixedContentIssue".to_owned())
                && absent.len() == ISSUES.len() - 1
        );
        assert_eq!(unread, ["NoveltyIssue"]);
    }

    #[test]
    fn a_body_is_read_by_its_length_only() {
        assert_eq!(whole_body(b"HTTP/1.1 200 OK\r\nContent-Length:2\r\n\r\n{}x"), Some(b"{}".to_vec()));
        assert_eq!(whole_body(b"HTTP/1.1 200 OK\r\nContent-Length:3\r\n\r\n{}"), None);
        assert_eq!(whole_body(b"HTTP/1.1 200 OK\r\n\r\n{}"), None);
        assert_eq!(whole_body(b"HTTP/1.1 200 OK\r\nContent-Length:18446744073709551615\r\n\r\n{}"), None);
    }
}

//! Reads Chromium's own network log line by line, in bounded memory, whole or cut short by the end of the browser.
//!
//! Source: Chromium `net/log/file_net_log_observer.h`: a first line of constants, then one event a line. Names of events
//! and their numbers differ between versions, so they are taken from the constants of the very file.
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};

use serde::Deserialize;
use serde_json::{Deserializer, Value};

/// The longest line read; a longer one is counted as unread.
const LINE: u64 = 8 * 1024 * 1024;
/// Octets of a log read at most.
const WHOLE: u64 = 4 * 1024 * 1024 * 1024;
/// Requests under way at the same time that are followed.
const OPEN: usize = 50_000;
const START: &str = "URL_REQUEST_START_JOB";
const ALIVE: &str = "REQUEST_ALIVE";
const ANSWER: &str = "HTTP_TRANSACTION_READ_RESPONSE_HEADERS";
const OCTETS: &str = "URL_REQUEST_JOB_FILTERED_BYTES_READ";
/// A request leaves: HTTP/1, HTTP/2, HTTP/3.
const SEND: [&str; 3] = [
    "HTTP_TRANSACTION_SEND_REQUEST_HEADERS",
    "HTTP_TRANSACTION_HTTP2_SEND_REQUEST_HEADERS",
    "HTTP_TRANSACTION_QUIC_SEND_REQUEST_HEADERS",
];

/// One request of the network service, or one hop of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NetHop {
    pub(crate) method: String,
    pub(crate) url: String,
    /// Whether the head of a request was handed to a connection.
    pub(crate) sent: bool,
    pub(crate) status: Option<u16>,
    /// The network service's own name of the error.
    pub(crate) error: Option<String>,
    /// Octets of the body, after content decoding.
    pub(crate) octets: u64,
    /// The origin on whose behalf it was asked; `not an origin` for the browser itself.
    pub(crate) initiator: String,
}

/// What was read of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NetLog {
    /// Octets read.
    pub(crate) bytes: u64,
    pub(crate) events: u64,
    /// Lines that are no event we can read, or that are too long.
    pub(crate) unread: u64,
    /// Whether the browser finished it.
    pub(crate) finished: bool,
    /// Whether it was longer than what is read, or held more requests at once than are followed.
    pub(crate) cut: bool,
    /// Hops of the network's own schemes.
    pub(crate) hops: u64,
    /// Of these, those that sent a request.
    pub(crate) sent: u64,
}

#[derive(Deserialize)]
struct Event {
    source: Source,
    #[serde(rename = "type")]
    kind: u64,
    phase: u64,
    #[serde(default)]
    params: Option<Params>,
}

#[derive(Deserialize)]
struct Source {
    id: u64,
    #[serde(rename = "type")]
    kind: u64,
}

/// Other events give other values the same names: each is looked at for what it is.
#[derive(Default, Deserialize)]
struct Params {
    #[serde(default)]
    url: Value,
    #[serde(default)]
    method: Value,
    #[serde(default)]
    initiator: Value,
    #[serde(default)]
    net_error: Value,
    #[serde(default)]
    byte_count: Value,
    #[serde(default)]
    headers: Value,
}

#[derive(Default, Deserialize)]
struct Constants {
    #[serde(default, rename = "logEventTypes")]
    events: BTreeMap<String, u64>,
    #[serde(default, rename = "logSourceType")]
    sources: BTreeMap<String, u64>,
    #[serde(default, rename = "netError")]
    errors: BTreeMap<String, i64>,
}

/// Reads a log. `line` gets each line as it is, its line feed included; `hop` each hop, when it is over.
///
/// # Errors
/// Those of `log` and of `line`. Whatever the file holds is no error.
pub(crate) fn read(
    mut log: impl BufRead,
    mut line: impl FnMut(&[u8]) -> io::Result<()>,
    hop: impl FnMut(NetHop),
) -> io::Result<NetLog> {
    let mut reader = Reader { constants: Names::default(), open: BTreeMap::new(), found: NetLog::default(), hop };
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let read = log.by_ref().take(LINE).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            break;
        }
        reader.found.bytes += read as u64;
        line(&bytes)?;
        reader.line(&bytes);
        if reader.found.bytes >= WHOLE {
            reader.found.cut = true;
            break;
        }
    }
    let left: Vec<u64> = reader.open.keys().copied().collect();
    left.into_iter().for_each(|id| reader.end(id));
    Ok(reader.found)
}

/// The numbers of this file.
#[derive(Default)]
struct Names {
    request: Option<u64>,
    start: Option<u64>,
    alive: Option<u64>,
    answer: Option<u64>,
    octets: Option<u64>,
    send: Vec<u64>,
    errors: BTreeMap<i64, String>,
}

struct Reader<F> {
    constants: Names,
    /// Source to its hop under way.
    open: BTreeMap<u64, NetHop>,
    found: NetLog,
    hop: F,
}

impl<F: FnMut(NetHop)> Reader<F> {
    fn line(&mut self, bytes: &[u8]) {
        let text = bytes.trim_ascii();
        if self.constants.request.is_none()
            && let Some(rest) = text.strip_prefix(b"{\"constants\":")
        {
            match first::<Constants>(rest) {
                Some(constants) => self.constants = Names::of(constants),
                None => self.found.unread += 1,
            }
            return;
        }
        let text = text.strip_prefix(b"\"events\":").map_or(text, |rest| rest.trim_ascii());
        let text = text.strip_prefix(b"[").unwrap_or(text);
        let text = text.strip_prefix(b",").unwrap_or(text);
        match text.first() {
            Some(b'{') => match first::<Event>(text) {
                Some(event) => {
                    self.found.finished |= text.ends_with(b"],");
                    self.found.events += 1;
                    self.event(event);
                }
                None => self.found.unread += 1,
            },
            Some(b']') => self.found.finished = true,
            // The state at the end, and the last brace.
            Some(b'"' | b'}') if self.found.finished => {}
            None => {}
            Some(_) => self.found.unread += 1,
        }
    }

    fn event(&mut self, event: Event) {
        let names = &self.constants;
        let kind = Some(event.kind);
        if names.request != Some(event.source.kind) {
            return;
        }
        let id = event.source.id;
        let begins = event.phase == 1;
        let params = event.params.unwrap_or_default();
        if kind == names.start && begins {
            self.end(id);
            self.begin(id, &params);
            return;
        }
        if kind == names.alive && !begins {
            self.fail(id, &params);
            self.end(id);
        } else if kind == names.start {
            self.fail(id, &params);
        } else if let Some(hop) = self.open.get_mut(&id) {
            if names.send.contains(&event.kind) {
                hop.sent = true;
            } else if kind == names.answer {
                hop.status = status(&params.headers).or(hop.status);
            } else if kind == names.octets {
                hop.octets = hop.octets.saturating_add(params.byte_count.as_u64().unwrap_or(0));
            }
        }
    }

    fn begin(&mut self, id: u64, params: &Params) {
        let word = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let url = word(&params.url);
        let network = ["http://", "https://", "ws://", "wss://"].iter().any(|scheme| url.starts_with(scheme));
        if !network {
            return;
        }
        if self.open.len() >= OPEN {
            self.found.cut = true;
            return;
        }
        let initiator = word(&params.initiator).chars().take(200).collect();
        self.open.insert(id, NetHop { method: word(&params.method), url, initiator, ..NetHop::default() });
    }

    fn fail(&mut self, id: u64, params: &Params) {
        let Some(number) = params.net_error.as_i64().filter(|n| *n < 0) else { return };
        let name = self.constants.errors.get(&number).cloned().unwrap_or_else(|| number.to_string());
        if let Some(hop) = self.open.get_mut(&id) {
            hop.error = Some(name);
        }
    }

    fn end(&mut self, id: u64) {
        if let Some(hop) = self.open.remove(&id) {
            self.found.hops += 1;
            self.found.sent += u64::from(hop.sent);
            (self.hop)(hop);
        }
    }
}

impl Names {
    fn of(constants: Constants) -> Self {
        let event = |name: &str| constants.events.get(name).copied();
        Self {
            request: constants.sources.get("URL_REQUEST").copied(),
            start: event(START),
            alive: event(ALIVE),
            answer: event(ANSWER),
            octets: event(OCTETS),
            send: SEND.iter().filter_map(|name| event(name)).collect(),
            errors: constants.errors.into_iter().map(|(name, number)| (number, name)).collect(),
        }
    }
}

/// The first JSON value of some octets; what follows it is not looked at.
fn first<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    Deserializer::from_slice(bytes).into_iter::<T>().next()?.ok()
}

/// The status of a head, given as a list of lines.
fn status(headers: &Value) -> Option<u16> {
    headers.as_array()?.first()?.as_str()?.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests;

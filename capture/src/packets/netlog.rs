//! The connections of the browser, both ends of each, as its own network log (NetLog) tells them.
//!
//! The log is read here and not kept: it names every address and is already in what the recorder keeps.
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;

use super::flow::{Flow, Transport, plain};
use crate::cdp::{text, whole};

/// The longest line read; the events wanted are far shorter, and the first line holds every name of the format.
const LINE: u64 = 4 * 1024 * 1024;
/// The most connections of one browser.
const CONNECTIONS: usize = 200_000;

/// What the log told.
#[derive(Debug, Default)]
pub(super) struct Connections {
    pub(super) flows: BTreeSet<Flow>,
    /// The far ends of those over TCP.
    pub(super) servers: BTreeSet<SocketAddr>,
    /// Whether the log is there from its beginning to its end: the last events of a browser that was killed are not.
    pub(super) whole: bool,
}

/// Numbers of the events, which change from one version to the next.
#[derive(Default)]
struct Numbers {
    connect: Option<i64>,
    udp_connect: Option<i64>,
    udp_local: Option<i64>,
}

/// Reads the log at `path`; one that is missing or broken gives what could be read.
pub(super) fn connections(path: &Path) -> Connections {
    File::open(path).ok().and_then(|file| read(BufReader::new(file)).ok()).unwrap_or_default()
}

fn read(mut log: impl BufRead) -> io::Result<Connections> {
    let mut out = Connections::default();
    let mut numbers = Numbers::default();
    // Remote end of the UDP sockets whose own end is not told yet.
    let mut asked: BTreeMap<i64, SocketAddr> = BTreeMap::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        if log.by_ref().take(LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(out);
        }
        let Ok(said) = std::str::from_utf8(&line) else { continue };
        let said = said.trim_end().trim_end_matches(',');
        // The last event closes the list, and nothing of what follows is an event.
        out.whole |= said.starts_with('{') && said.ends_with("}]");
        let said = said.strip_suffix(']').unwrap_or(said);
        if said.starts_with("{\"constants\":") {
            numbers = numbers_of(&format!("{said}}}"));
        } else if said.contains("ddress\":\"") && out.flows.len() < CONNECTIONS {
            let event: Value = serde_json::from_str(said).unwrap_or_default();
            out.servers.extend(server(&event, &numbers).map(plain));
            out.flows.extend(flow(&event, &numbers, &mut asked));
        }
    }
}

fn numbers_of(constants: &str) -> Numbers {
    let constants: Value = serde_json::from_str(constants).unwrap_or_default();
    let number = |name: &str| constants.pointer(&format!("/constants/logEventTypes/{name}")).and_then(Value::as_i64);
    Numbers {
        connect: number("TCP_CONNECT"),
        udp_connect: number("UDP_CONNECT"),
        udp_local: number("UDP_LOCAL_ADDRESS"),
    }
}

/// An end that an event gives.
fn end(event: &Value, key: &str) -> Option<SocketAddr> {
    text(event, key)?.parse().ok()
}

/// The far end of a connection over TCP.
fn server(event: &Value, numbers: &Numbers) -> Option<SocketAddr> {
    (numbers.connect.is_some() && whole(event, "/type") == numbers.connect)
        .then(|| end(event, "/params/remote_address"))
        .flatten()
}

fn flow(event: &Value, numbers: &Numbers, asked: &mut BTreeMap<i64, SocketAddr>) -> Option<Flow> {
    let end = |key| end(event, key);
    let kind = whole(event, "/type")?;
    if Some(kind) == numbers.connect {
        return Some(Flow::new(Transport::Tcp, end("/params/local_address")?, end("/params/remote_address")?));
    }
    let source = whole(event, "/source/id")?;
    if Some(kind) == numbers.udp_connect && asked.len() < CONNECTIONS {
        asked.insert(source, end("/params/address")?);
    } else if Some(kind) == numbers.udp_local {
        return Some(Flow::new(Transport::Udp, end("/params/address")?, asked.remove(&source)?));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = r#"{"constants":{"logEventTypes":{"TCP_CONNECT":51,"UDP_CONNECT":96,"UDP_LOCAL_ADDRESS":97}},
"events": [
{"params":{"local_address":"127.0.0.1:48126","remote_address":"127.0.0.1:42295"},"phase":2,"source":{"id":90,"type":10},"time":"1","type":51},
{"params":{"local_address":"127.0.0.1:1","remote_address":"no address"},"phase":2,"source":{"id":91},"type":51},
{"params":{"address":"10.0.0.53:53"},"phase":1,"source":{"id":22},"type":96},
{"params":{"address":"192.0.2.2:33217"},"phase":0,"source":{"id":22},"type":97},
{"params":{"address":"192.0.2.2:33218"},"phase":0,"source":{"id":23},"type":97}],
"polledData": [{"address":"x"}]
}
"#;

    #[test]
    fn both_ends_of_each_connection_are_read() {
        let read = |log: &str| read(log.as_bytes()).unwrap();
        let end = |a: &str| a.parse().unwrap();
        let told = read(LOG);
        let tcp = Flow::new(Transport::Tcp, end("127.0.0.1:42295"), end("127.0.0.1:48126"));
        let udp = Flow::new(Transport::Udp, end("192.0.2.2:33217"), end("10.0.0.53:53"));
        assert_eq!(told.flows, BTreeSet::from([tcp, udp]));
        assert_eq!(told.servers, BTreeSet::from([end("127.0.0.1:42295")]));
        assert!(told.whole && !read(LOG.split("}],").next().unwrap()).whole);
    }

    #[test]
    fn a_torn_log_gives_what_it_has() {
        for cut in 0..LOG.len() {
            assert!(read(&LOG.as_bytes()[..cut]).unwrap().flows.len() <= 2);
        }
    }
}

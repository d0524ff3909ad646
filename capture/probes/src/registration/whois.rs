//! WHOIS: one line asked over TCP, text as the answer (RFC 3912), with the referrals that lead to the registry that knows.
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::{Object, Record, Registered, is_special};

/// How long all exchanges together may take.
const WAIT: Duration = Duration::from_secs(4);
/// The most octets of an answer.
const LIMIT: u64 = 64 * 1024;
/// How many times an answer may send to another server.
const REFERRALS: usize = 2;
const PORT: u16 = 43;

/// Asks `server`, then those it refers to.
pub(super) fn ask(server: &str, object: &Object) -> Result<Registered, String> {
    let until = Instant::now() + WAIT;
    let (mut server, mut raw, mut last) = (server.to_owned(), Vec::new(), None);
    let mut asked = Vec::new();
    let mut reason = String::new();
    let mut first_is_public = None;
    for _ in 0..=REFERRALS {
        asked.push(server.clone());
        match exchange(&server, object, until, first_is_public) {
            Ok((answer, public)) => {
                first_is_public.get_or_insert(public);
                raw.extend_from_slice(format!("% {server}\r\n").as_bytes());
                raw.extend_from_slice(&answer);
                raw.extend_from_slice(b"\r\n");
                let answer = String::from_utf8_lossy(&answer).into_owned();
                let next = referral(&answer).filter(|next| !asked.contains(next));
                let record = read(&answer, object);
                if !record.fields.is_empty() {
                    last = Some((record, server.clone()));
                }
                match next {
                    Some(next) => server = next,
                    None => break,
                }
            }
            Err(why) => {
                reason = why;
                break;
            }
        }
    }
    match last {
        Some((record, server)) => Ok(Registered { record, protocol: "WHOIS", server, media_type: "text/plain", raw }),
        None if reason.is_empty() => Err("le registre ne connaît pas cet objet".into()),
        None => Err(reason),
    }
}

/// `host`, `host:port`, `[v6]:port`.
fn parts(server: &str) -> Option<(String, u16)> {
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.parse().ok()?),
        _ => (server, PORT),
    };
    let host = host.trim_matches(['[', ']']);
    let bracketed = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    url::Host::parse(&bracketed).ok()?;
    Some((host.to_owned(), port))
}

/// The addresses of a server; the system's own resolution has no deadline, so it is given one.
fn addresses(server: &str, until: Instant) -> Result<Vec<SocketAddr>, String> {
    let (host, port) =
        parts(server).ok_or_else(|| format!("« {} » n'est pas un serveur WHOIS", super::shortened(server)))?;
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let found = (host.as_str(), port).to_socket_addrs().map(|all| all.take(4).collect::<Vec<_>>());
        let _ = send.send(found);
    });
    let found = receive.recv_timeout(until.saturating_duration_since(Instant::now()));
    found.map_err(|_| "le nom du serveur n'est pas résolu à temps".to_owned())?.map_err(|e| e.to_string())
}

/// One question. A public server may not send us to a machine that is not of the internet.
fn exchange(
    server: &str,
    object: &Object,
    until: Instant,
    from_public: Option<bool>,
) -> Result<(Vec<u8>, bool), String> {
    let left = || {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err("pas de réponse à temps".to_owned()) } else { Ok(left) }
    };
    let mut reason = "le serveur n'a pas d'adresse".to_owned();
    for address in addresses(server, until)? {
        let public = !is_special(address.ip());
        if from_public == Some(true) && !public {
            return Err("le registre renvoie vers une machine qui n'est pas sur l'internet".into());
        }
        let mut stream = match TcpStream::connect_timeout(&address, left()?) {
            Ok(stream) => stream,
            Err(why) => {
                reason = why.to_string();
                continue;
            }
        };
        stream.set_write_timeout(Some(left()?)).map_err(|e| e.to_string())?;
        stream.write_all(format!("{}\r\n", object.text()).as_bytes()).map_err(|e| e.to_string())?;
        let mut answer = Vec::new();
        let mut part = [0_u8; 4096];
        loop {
            stream.set_read_timeout(Some(left()?)).map_err(|e| e.to_string())?;
            match stream.read(&mut part) {
                Ok(0) => return Ok((answer, public)),
                Ok(count) => answer.extend_from_slice(part.get(..count).unwrap_or_default()),
                Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                    return Err("pas de réponse à temps".into());
                }
                Err(e) => return Err(e.to_string()),
            }
            if answer.len() as u64 > LIMIT {
                return Err(format!("réponse de plus de {LIMIT} octets"));
            }
        }
    }
    Err(reason)
}

/// The lines `key: value` of an answer, keys in lower case. Comments begin with `%` or `#`.
fn pairs(answer: &str) -> impl Iterator<Item = (String, &str)> {
    let lines = answer.lines().take(4000).map(str::trim).filter(|line| !line.starts_with(['%', '#', '>']));
    lines.filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        let value = value.trim();
        (!value.is_empty() && key.len() <= 60).then(|| (key.trim().to_ascii_lowercase(), value))
    })
}

/// Where an answer says that more is known: `refer:` (IANA), `ReferralServer:` (ARIN), `Registrar WHOIS Server:`.
fn referral(answer: &str) -> Option<String> {
    let keys = ["refer", "referralserver", "whois", "registrar whois server"];
    let found = pairs(answer).find(|(key, _)| keys.contains(&key.as_str())).map(|(_, value)| value)?;
    let server = found.strip_prefix("whois://").unwrap_or(found).trim_end_matches('/');
    parts(server).map(|_| server.to_owned())
}

/// What an answer says; each registry has keys of its own, the first that says something counts.
pub(super) fn read(answer: &str, object: &Object) -> Record {
    let mut record = Record::default();
    for (key, value) in pairs(answer) {
        let one = || Some(value.to_owned());
        match (object, key.as_str()) {
            (Object::Domain(_), "domain name" | "domain") => record.set("name", Some(value.to_ascii_lowercase())),
            (Object::Domain(_), "registrar" | "sponsoring registrar" | "registrar name") => {
                record.set("registrar", one())
            }
            (Object::Domain(_), "creation date" | "created" | "registered on" | "registration date") => {
                record.set("registered", one());
            }
            (
                Object::Domain(_),
                "registry expiry date" | "expiry date" | "expiration date" | "registrar registration expiration date",
            ) => {
                record.set("expires", one());
            }
            (_, "updated date" | "last-update" | "last-modified" | "changed" | "last updated" | "updated") => {
                record.set("changed", one());
            }
            (Object::Domain(_), "domain status" | "status" | "eppstatus") => {
                record.add("statuses", value.split_whitespace().next().unwrap_or_default());
            }
            (Object::Domain(_), "name server" | "nserver" | "nameserver") => {
                record.add("name_servers", &value.split_whitespace().next().unwrap_or_default().to_ascii_lowercase());
            }
            (Object::Domain(_), "registrant organization" | "registrant name" | "registrant" | "holder-c") => {
                record.set("registrant", one());
            }
            (Object::Domain(_), "dnssec") => record.set("signed", one()),
            (Object::Address(_), "netname") => record.set("network", one()),
            (Object::Address(_), "inetnum" | "inet6num" | "netrange" | "cidr") => record.set("range", one()),
            (Object::Address(_), "org-name" | "orgname" | "organisation" | "organization" | "owner") => {
                record.set("holder", one())
            }
            (Object::Address(_), "descr") => record.set("description", one()),
            (Object::Address(_), "country") => record.set("country", one()),
            (Object::Address(_), "origin" | "originas" | "aut-num") => record.add("asn", &value.to_ascii_uppercase()),
            _ => {}
        }
    }
    // A name repeated, or a date, is not a registration.
    let says = ["registrar", "registered", "registrant", "name_servers", "network", "range", "holder"];
    if !says.iter().any(|field| record.fields.contains_key(field)) {
        record.fields.clear();
    }
    record
}

/// What is done with an answer, without a server.
pub(super) fn read_foreign(answer: &str, object: &Object) {
    let _ = (referral(answer), read(answer, object));
}

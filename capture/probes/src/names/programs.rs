//! What programs of this machine get for a name: the system's own way, with all its local rules (getaddrinfo(3)).
use std::collections::BTreeSet;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use hickory_net::proto::rr::Name;

use super::asking::Account;
use super::found::{Found, plain};

/// How long one name may take.
const WAIT: Duration = Duration::from_secs(4);

/// Who says it.
const WHO: &str = "système (getaddrinfo)";

/// Asks the system for `name` until `until` at most. The call cannot be given up: its thread is left to end by itself.
pub(super) fn ask(name: &Name, until: Instant) -> Account {
    let host = plain(name);
    let (send, receive) = mpsc::channel();
    let asked = thread::Builder::new().spawn(move || {
        let found =
            (host.as_str(), 0).to_socket_addrs().map(|all| all.map(|a| a.ip()).take(64).collect::<BTreeSet<IpAddr>>());
        let _ = send.send(found);
    });
    let wait = until.saturating_duration_since(Instant::now()).min(WAIT);
    let said = match asked.map(|_| receive.recv_timeout(wait)) {
        Ok(Ok(Ok(addresses))) => Ok(Found { addresses, code: "NOERROR".into(), ..Found::default() }),
        // An unknown name and a failure are one answer to a program.
        Ok(Ok(Err(why))) => Err(format!("le système ne donne pas d'adresse : {why}")),
        Ok(Err(_)) => Err("le système n'a pas répondu à temps".into()),
        Err(why) => Err(why.to_string()),
    };
    Account { who: WHO.into(), said, state: None, why: None }
}

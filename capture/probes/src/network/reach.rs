//! Names looked up and connections opened within a deadline: the system's own resolver has none.
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use url::{Host, Url};

/// Which addresses are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    V4,
    V6,
}

impl Family {
    pub(super) const BOTH: [Self; 2] = [Self::V4, Self::V6];

    /// As the journal tells it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }

    pub(super) fn has(self, address: SocketAddr) -> bool {
        address.is_ipv4() == (self == Self::V4)
    }
}

/// The addresses of a host as the system resolves it, within `deadline`. A thread is left behind by a silent resolver, until
/// the system gives up.
pub(super) fn lookup(host: &str, port: u16, deadline: Duration) -> Result<Vec<SocketAddr>, String> {
    let bare = host.trim_matches(['[', ']']).to_owned();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let found = (bare.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        let _ = sender.send(found.map_err(|_| "le nom n'a pas d'adresse connue".to_owned()));
    });
    let found = receiver.recv_timeout(deadline).map_err(|_| "nom non résolu dans le délai".to_owned())??;
    if found.is_empty() { Err("nom sans adresse".into()) } else { Ok(found) }
}

/// A connection to the first address that answers, and that address.
pub(super) fn connect(addresses: &[SocketAddr], deadline: Duration) -> Result<(TcpStream, SocketAddr), String> {
    let mut last = "aucune adresse".to_owned();
    // A host of many addresses does not take the time of many.
    for address in addresses.iter().take(2) {
        match TcpStream::connect_timeout(address, deadline) {
            Ok(stream) => return Ok((stream, *address)),
            Err(error) => last = format!("{address} : {}", said(&error)),
        }
    }
    Err(last)
}

/// Why a connection was not made, in French where the case is usual.
pub(super) fn said(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "pas de réponse dans le délai".into(),
        ErrorKind::ConnectionRefused => "connexion refusée".into(),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "aucune route ne mène à cette adresse".into(),
        _ => error.to_string(),
    }
}

/// Host and port of an http(s) address.
pub(super) fn end(url: &Url) -> Option<(String, u16)> {
    let host = match url.host()? {
        Host::Ipv6(address) => address.to_string(),
        other => other.to_string(),
    };
    Some((host, url.port_or_known_default()?))
}

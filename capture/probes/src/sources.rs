//! Whom the probes may ask outside this machine, and what the officer declares of it: given by the étude, never by a page.
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use url::{Host, Url};

/// Everything the probes may ask. Empty: nothing outside is asked, and each measure says so.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Time servers: names or addresses, with a port when it is not 123.
    pub time_servers: Vec<String>,
    /// How long a session may last without a measure of the clock; `None` for ten minutes.
    pub clock_every: Option<Duration>,
    /// Services that tell the public address.
    pub address: Vec<AddressSource>,
    /// Resolvers that are not those of the system, to compare names with.
    pub resolvers: Vec<ResolverAddress>,
    /// DNSSEC trust anchors as DS or DNSKEY records of the root (RFC 4034 presentation form); `None` for IANA's.
    pub dns_anchors: Option<String>,
    /// Base of an RDAP service (RFC 9082), such as `https://rdap.example/`, that answers or redirects for all.
    pub rdap: Option<Url>,
    /// A WHOIS server (RFC 3912), `host` or `host:port`, asked where RDAP does not answer.
    pub whois: Option<String>,
    /// Root certificates (DER) that count as public instead of Mozilla's: for an étude d'essai whose sites have their own.
    pub roots: Option<Vec<Vec<u8>>>,
    /// A neutral host that shows that the machine is on the internet, and how well it reaches it.
    pub witness: Option<Url>,
    /// The antivirus engine.
    pub antivirus: Antivirus,
    /// What the officer declares.
    pub declared: Declared,
}

/// What no machine can measure, as the officer declares it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// The internet access provider, by the contract.
    pub provider: Option<String>,
    /// The kind of access: fibre, mobile…
    pub access: Option<String>,
    /// Make and model of the router.
    pub router: Option<String>,
    /// Who operates the machine when it is virtual or distant.
    pub operator: Option<String>,
    /// Whose machine it is.
    pub owner: Option<Owner>,
}

/// Whose machine the operations are made on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The officer's office.
    Office,
    /// Who asks for the constat.
    Client,
    /// Somebody else, in the officer's words.
    ThirdParty(String),
}

/// Where the antivirus engine is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Antivirus {
    /// The daemon's socket where Debian puts it when it is there, else the program `clamscan`.
    #[default]
    Usual,
    /// `clamd` on this socket.
    Clamd(PathBuf),
    /// The program `clamscan`, with the signatures of this folder, or the usual ones.
    Clamscan(Option<PathBuf>),
}

/// A service that tells the address it is asked from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressSource {
    /// STUN over UDP (RFC 8489): `stun:host` or `stun:host:port`.
    Stun {
        /// Name or address.
        host: String,
        /// 3478 when it is not said.
        port: u16,
    },
    /// An HTTP service whose answer is the address, as text or as the member `ip` or `address` of a JSON object.
    Http(Url),
}

/// A resolver: an address, port 53 when it is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResolverAddress(pub SocketAddr);

/// What is wrong with a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Not a service of the public address.
    #[error("« {0} » n'est ni stun:hôte[:port] ni une adresse http(s)")]
    Address(String),
    /// Not an address of a resolver.
    #[error("« {0} » n'est pas l'adresse IP d'un résolveur (9.9.9.9, 9.9.9.9:53, [2620:fe::fe]:53)")]
    Resolver(String),
}

impl AddressSource {
    /// The host asked, for the journal.
    pub fn name(&self) -> String {
        match self {
            Self::Stun { host, port } => format!("stun:{host}:{port}"),
            Self::Http(url) => url.to_string(),
        }
    }
}

impl FromStr for AddressSource {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let wrong = || SourceError::Address(text.to_owned());
        if let Some(rest) = text.strip_prefix("stun:") {
            // A bracketed IPv6 address holds colons; any other part after a colon is a port.
            let (host, port) = match rest.rsplit_once(':') {
                Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| wrong())?),
                _ => (rest, 3478),
            };
            Host::parse(host).map_err(|_| wrong())?;
            return Ok(Self::Stun { host: host.trim_matches(['[', ']']).to_owned(), port });
        }
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => Ok(Self::Http(url)),
            _ => Err(wrong()),
        }
    }
}

impl FromStr for ResolverAddress {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let bare = |text: &str| text.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53));
        let found = text.parse::<SocketAddr>().or_else(|_| bare(text.trim_matches(['[', ']'])));
        found.map(Self).map_err(|_| SourceError::Resolver(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_the_public_address() {
        let stun = |text: &str| match text.parse() {
            Ok(AddressSource::Stun { host, port }) => (host, port),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(stun("stun:stun.exemple.invalid"), ("stun.exemple.invalid".into(), 3478));
        assert_eq!(stun("stun:127.0.0.1:19302"), ("127.0.0.1".into(), 19302));
        assert_eq!(stun("stun:[::1]:5"), ("::1".into(), 5));
        assert_eq!(stun("stun:[::1]"), ("::1".into(), 3478));
        assert!("https://ip.exemple.invalid/".parse::<AddressSource>().is_ok());
        for bad in ["", "stun:", "stun:a:port", "ftp://a/", "ip.exemple.invalid"] {
            assert!(bad.parse::<AddressSource>().is_err(), "{bad}");
        }
    }

    #[test]
    fn resolvers() {
        let read = |text: &str| text.parse::<ResolverAddress>().map(|r| r.0.to_string());
        assert_eq!(read("192.0.2.1").unwrap(), "192.0.2.1:53");
        assert_eq!(read("192.0.2.1:5353").unwrap(), "192.0.2.1:5353");
        assert_eq!(read("2001:db8::1").unwrap(), "[2001:db8::1]:53");
        assert_eq!(read("[2001:db8::1]:53").unwrap(), "[2001:db8::1]:53");
        assert!(read("resolveur.invalid").is_err());
    }
}

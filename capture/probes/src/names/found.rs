//! What one DNS message says of a name: its addresses, by which other names, for how long.
use std::collections::BTreeSet;
use std::net::IpAddr;

use hickory_net::proto::op::{Message, ResponseCode};
use hickory_net::proto::rr::{Name, RData};

/// What a message says of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Addresses.
    pub(crate) addresses: BTreeSet<IpAddr>,
    /// Other names that led to them, in order.
    pub(crate) aliases: Vec<String>,
    /// The response code, as its mnemonic.
    pub(crate) code: String,
    /// The shortest time to live, in seconds.
    pub(crate) ttl: Option<u32>,
}

/// The most addresses taken from one answer.
const MOST: usize = 64;
/// The most aliases followed in one answer.
const ALIASES: usize = 16;

impl Found {
    /// Reads what a message says of `name`: its addresses, or those of the name it is an alias of. What the message holds of
    /// other names is left aside: nobody asked for it.
    pub(crate) fn read(message: &Message, name: &Name) -> Self {
        let mut found = Self { code: code(message.metadata.response_code), ..Self::default() };
        let mut owner = name.clone();
        for _ in 0..=ALIASES {
            let mut alias = None;
            for record in message.answers.iter().filter(|r| r.name == owner) {
                match &record.data {
                    RData::A(a) if found.addresses.len() < MOST => _ = found.addresses.insert(IpAddr::V4(a.0)),
                    RData::AAAA(a) if found.addresses.len() < MOST => _ = found.addresses.insert(IpAddr::V6(a.0)),
                    RData::CNAME(to) => alias = Some(to.0.clone()),
                    _ => continue,
                }
                found.ttl = Some(found.ttl.map_or(record.ttl, |ttl| ttl.min(record.ttl)));
            }
            let Some(next) = alias.filter(|_| found.aliases.len() < ALIASES) else { break };
            found.aliases.push(plain(&next));
            owner = next;
        }
        found
    }
}

/// A name without its last dot.
pub(crate) fn plain(name: &Name) -> String {
    let text = name.to_lowercase().to_ascii();
    text.strip_suffix('.').filter(|text| !text.is_empty()).unwrap_or(&text).to_owned()
}

fn code(code: ResponseCode) -> String {
    match code {
        ResponseCode::NoError => "NOERROR".into(),
        ResponseCode::NXDomain => "NXDOMAIN".into(),
        ResponseCode::ServFail => "SERVFAIL".into(),
        ResponseCode::Refused => "REFUSED".into(),
        ResponseCode::FormErr => "FORMERR".into(),
        ResponseCode::NotImp => "NOTIMP".into(),
        other => format!("RCODE{}", u16::from(other)),
    }
}

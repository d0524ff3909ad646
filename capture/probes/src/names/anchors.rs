//! The trust anchors of DNSSEC: IANA's, or those that the étude gives (RFC 4034 presentation form).
use std::str::FromStr as _;

use hickory_net::proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS};
use hickory_net::proto::dnssec::{Algorithm, DigestType, TrustAnchors};
use hickory_net::proto::rr::{Name, RData, Record};

/// Where the trust begins: keys of the root, or digests of them.
#[derive(Clone)]
pub(crate) struct Anchors {
    keys: TrustAnchors,
    digests: Vec<DS>,
}

impl Anchors {
    /// IANA's, as the validator holds them, when `text` is `None`; else the DS and DNSKEY records of the root it holds, one a
    /// line (RFC 4034 sections 2.2 and 5.3). What is wrong with it is a French sentence.
    pub(crate) fn read(text: Option<&str>) -> Result<Self, String> {
        let Some(text) = text else { return Ok(Self { keys: TrustAnchors::default(), digests: Vec::new() }) };
        let mut anchors = Self { keys: TrustAnchors::empty(), digests: Vec::new() };
        for line in text.lines() {
            let line = line.split(';').next().unwrap_or_default();
            let fields: Vec<&str> = line.split_whitespace().collect();
            let wrong = || format!("« {} » n'est ni un DS ni un DNSKEY de la racine", line.trim());
            let kind = fields.iter().position(|f| f.eq_ignore_ascii_case("DS") || f.eq_ignore_ascii_case("DNSKEY"));
            match (fields.first(), kind) {
                (None, _) => {}
                (Some(&"."), Some(at)) if fields.get(at).is_some_and(|f| f.eq_ignore_ascii_case("DS")) => {
                    let rest = fields.get(at + 1..).unwrap_or_default();
                    anchors.digests.push(digest(rest).ok_or_else(wrong)?);
                }
                (Some(&"."), Some(at)) => {
                    let rest = fields.get(at + 1..).unwrap_or_default().join(" ");
                    let read = TrustAnchors::from_str(&format!(". 0 IN DNSKEY {rest}\n")).map_err(|_| wrong())?;
                    anchors.keys.insert(read.get(0).ok_or_else(wrong)?);
                }
                _ => return Err(wrong()),
            }
        }
        if anchors.keys.is_empty() && anchors.digests.is_empty() {
            return Err("aucun DS ni DNSKEY de la racine".into());
        }
        Ok(anchors)
    }

    /// The keys to trust, among those a server gives for the root when only digests of them are held.
    pub(crate) fn trusted(&self, given: &[Record]) -> TrustAnchors {
        let mut keys = self.keys.clone();
        for key in given.iter().filter_map(key_of) {
            let known = self.digests.iter().any(|digest| matches!(digest.covers(&Name::root(), key), Ok(true)));
            if known {
                keys.insert(key.public_key());
            }
        }
        keys
    }
}

impl Anchors {
    /// Trusts every key: the fuzzer must come behind the first door.
    pub(crate) fn all(given: &[Record]) -> TrustAnchors {
        let mut keys = TrustAnchors::empty();
        for key in given.iter().filter_map(key_of) {
            keys.insert(key.public_key());
        }
        keys
    }
}

/// A DS by its fields; SHA-1 (type 1) proves nothing any more.
fn digest(fields: &[&str]) -> Option<DS> {
    let [tag, algorithm, kind, hex @ ..] = fields else { return None };
    let kind = DigestType::from(kind.parse::<u8>().ok()?);
    let length = match kind {
        DigestType::SHA256 => 32,
        DigestType::SHA384 => 48,
        _ => return None,
    };
    let hex: Vec<u8> = hex.concat().into_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let octets: Vec<u8> = hex.chunks(2).map(pair).collect::<Option<_>>()?;
    let algorithm = Algorithm::from_u8(algorithm.parse().ok()?);
    (octets.len() == length).then(|| DS::new(tag.parse().unwrap_or(0), algorithm, kind, octets))
}

fn key_of(record: &Record) -> Option<&DNSKEY> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::DNSKEY(key)) if record.name.is_root() => Some(key),
        _ => None,
    }
}

//! One POST of JSON over TLS: deadline, bounded answer, no redirect, no proxy, no second try.
use std::io::Read as _;

use secrecy::ExposeSecret as _;
use secrecy::zeroize::Zeroizing;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::tls::{Certificate as TlsCertificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::RemoteSettings;
use super::messages::Refusal;
use crate::SealError;
use crate::keys::{KeyError, Secret};

/// The longest answer read, in octets: certificates and a signature stay under 100 kB.
const MAX_ANSWER: u64 = 1024 * 1024;
/// Room for a request, so that no copy of a secret is left behind by growth.
const REQUEST_ROOM: usize = 16 * 1024;

/// A connection to the service: its address, its roots, its bearer token.
pub(super) struct Client {
    agent: ureq::Agent,
    base: String,
    bearer: Secret,
}

impl Client {
    /// Nothing is sent yet.
    pub(super) fn new(settings: &RemoteSettings, bearer: Secret) -> Result<Self, SealError> {
        let bad = |why: &str| SealError::Key { what: "signature service".into(), why: why.to_owned() };
        if !settings.url.starts_with("https://") {
            return Err(bad("the address does not start with https://"));
        }
        let mut tls = TlsConfig::builder();
        if let Some(pem) = &settings.tls_roots {
            let roots: Vec<TlsCertificate<'static>> = parse_pem(pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if roots.is_empty() {
                return Err(bad("no TLS root in the file given"));
            }
            tls = tls.root_certs(RootCerts::new_with_certs(&roots));
        }
        let agent = ureq::Agent::config_builder()
            .tls_config(tls.build())
            .https_only(true)
            .timeout_global(Some(settings.deadline))
            .max_redirects(0)
            // A connection kept open may be closed by the service as it is used again, and nothing is asked twice.
            .max_idle_connections(0)
            .http_status_as_error(false)
            .proxy(None)
            .build()
            .new_agent();
        Ok(Self { agent, base: settings.url.trim_end_matches('/').to_owned(), bearer })
    }

    /// One route of the API.
    pub(super) fn call<Q: Serialize, A: DeserializeOwned>(
        &self,
        route: &'static str,
        question: &Q,
    ) -> Result<A, KeyError> {
        let mut body = Zeroizing::new(Vec::with_capacity(REQUEST_ROOM));
        serde_json::to_writer(&mut *body, question).map_err(|e| wrong(route, e.to_string()))?;
        let bearer = Zeroizing::new(format!("Bearer {}", self.bearer.expose_secret()));
        let unreachable = |e: String| KeyError::Unreachable { why: format!("{route} : {}", printable(&e)) };
        let response = self
            .agent
            .post(format!("{}/{route}", self.base))
            .header("Content-Type", "application/json")
            .header("Accept", "application/json")
            .header("Authorization", bearer.as_str())
            .send(body.as_slice());
        let mut response = response.map_err(|e| unreachable(e.to_string()))?;
        let status = response.status().as_u16();
        let mut text = Zeroizing::new(Vec::with_capacity(REQUEST_ROOM));
        let read = response.body_mut().as_reader().take(MAX_ANSWER + 1).read_to_end(&mut text);
        read.map_err(|e| unreachable(e.to_string()))?;
        if text.len() as u64 > MAX_ANSWER {
            return Err(wrong(route, format!("longer than {MAX_ANSWER} octets")));
        }
        match status {
            // Not the parser's own words: they may quote what was read, and an answer can hold the SAD.
            200 => serde_json::from_slice(&text)
                .map_err(|e| wrong(route, format!("JSON {:?}, octet {}", e.classify(), e.column()))),
            400..=499 => Err(KeyError::Refused { route, why: refusal(status, &text) }),
            _ => Err(wrong(route, format!("HTTP {status}"))),
        }
    }
}

fn wrong(route: &str, why: String) -> KeyError {
    KeyError::Answer { why: format!("{route} : {}", printable(&why)) }
}

/// The service's own words, made harmless.
fn refusal(status: u16, text: &[u8]) -> String {
    let Ok(told) = serde_json::from_slice::<Refusal>(text) else { return format!("HTTP {status}") };
    printable(&format!("HTTP {status}, {} {}", told.error, told.error_description))
}

/// At most 200 characters, none of which controls a terminal.
pub(super) fn printable(text: &str) -> String {
    let harmless = |c: &char| {
        !c.is_control() && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(harmless).take(200).collect::<String>().trim().to_owned()
}

//! Certificates of the connections, as the browser saw them: chains kept in PEM, leaf first.
use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{Instant, Sha256Digest};
use serde_json::{Value, json};

use crate::archive::{ExchangeBody, Resource};
use crate::cdp::{text, whole};

/// The certificates (DER) of a list of base64 texts inside an answer.
pub(crate) fn chain(answer: &Value, pointer: &str) -> Vec<Vec<u8>> {
    let list = answer.pointer(pointer).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).filter_map(|c| BASE64_STANDARD.decode(c).ok()).collect()
}

/// The facts of a `Network.SecurityDetails`, with the digest of the leaf when the chain is known.
pub(crate) fn facts(security: &Value, chain: &[Vec<u8>]) -> Value {
    let date = |pointer| whole(security, pointer).and_then(|s| Instant::from_millisecond(s.saturating_mul(1000)));
    json!({
        "subject": text(security, "/subjectName"), "issuer": text(security, "/issuer"),
        "valid_from": date("/validFrom"), "valid_to": date("/validTo"),
        "sha256": chain.first().map(|leaf| Sha256Digest::of(leaf)),
        "names": security.get("sanList"),
    })
}

/// `net/certificats.json`: origin to chain, each certificate in PEM with its digest.
pub(crate) fn document(chains: &BTreeMap<String, Vec<Vec<u8>>>) -> Vec<u8> {
    let all: BTreeMap<&String, Vec<Value>> = chains
        .iter()
        .map(|(origin, chain)| {
            let one = |der: &Vec<u8>| json!({"sha256": Sha256Digest::of(der), "pem": pem(der)});
            (origin, chain.iter().map(one).collect())
        })
        .collect();
    serde_json::to_vec_pretty(&all).unwrap_or_default()
}

/// A chain in PEM, leaf first (RFC 8555, 9.1: `application/pem-certificate-chain`).
pub(crate) fn pem_chain(chain: &[Vec<u8>]) -> Vec<u8> {
    chain.iter().map(|der| pem(der)).collect::<String>().into_bytes()
}

/// The chain of a connection as a resource of the archive, with what the browser's verification gave.
pub(crate) fn resource(
    origin: &str,
    chain: &[Vec<u8>],
    date: Instant,
    mut facts: Vec<(&'static str, String)>,
) -> Resource {
    facts.push(("certificates", chain.len().to_string()));
    if let Some(leaf) = chain.first() {
        facts.push(("leafSha256", Sha256Digest::of(leaf).to_string()));
    }
    Resource {
        url: format!("urn:certificate:{origin}"),
        media_type: "application/pem-certificate-chain".into(),
        date,
        body: ExchangeBody::Bytes(Arc::new(pem_chain(chain))),
        truncated: None,
        of: None,
        facts,
        page: String::new(),
    }
}

/// What the browser's verification of a certificate gave, by its own words (`Network.SecurityDetails`).
pub(crate) fn accepted(security: &Value, state: &str) -> Vec<(&'static str, String)> {
    let word = |pointer: &str| text(security, pointer).unwrap_or("").to_owned();
    vec![
        ("validation", "accepted by the browser for this connection".to_owned()),
        ("securityState", state.to_owned()),
        ("subject", word("/subjectName")),
        ("issuer", word("/issuer")),
        ("certificateTransparency", word("/certificateTransparencyCompliance")),
        ("tlsProtocol", word("/protocol")),
        ("tlsCipher", word("/cipher")),
        (
            "how",
            "Network.getCertificate and Network.Response.securityDetails of the browser's own connection".to_owned(),
        ),
    ]
}

fn pem(der: &[u8]) -> String {
    let encoded = BASE64_STANDARD.encode(der);
    let mut out = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in encoded.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str("-----END CERTIFICATE-----\n");
    out
}

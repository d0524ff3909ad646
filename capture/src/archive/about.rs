//! What is told of an exchange beside its bytes: in which form its body is stored, how long it was on the wire, who asked,
//! over which connection, and whether it holds secrets of the person who browsed.
use warc::http::for_decoded_body;

use super::Exchange;
use super::records::one_line;
use super::tls;
use crate::recorder::{Headers, Response};

/// Request headers that identify or authenticate a person.
const SENSITIVE_REQUEST: &[&str] = &["authorization", "cookie", "proxy-authorization"];
/// The same in answers.
const SENSITIVE_RESPONSE: &[&str] = &["set-cookie", "www-authenticate", "authentication-info"];

/// The fields of the metadata record of an exchange, in their order.
pub(super) fn fields(exchange: &Exchange) -> Vec<(&'static str, String)> {
    let mut fields = vec![("resourceType", exchange.kind.clone())];
    fields.push(("via", one_line(&exchange.page)));
    fields.extend(exchange.facts.iter().map(|(name, value)| (*name, one_line(value))));
    lengths(exchange, &mut fields);
    if exchange.redacted {
        let told = "confidential value typed by the operator, masked with asterisks";
        fields.push(("requestRedacted", told.to_owned()));
    }
    fields.push(("sensitive", sensitive(exchange)));
    if let Some(response) = &exchange.response {
        fields.extend(response.connection.iter().cloned());
        fields.extend(tls::facts(response));
        if let Some(source) = response.source {
            fields.push(("source", source.to_owned()));
        }
        if !response.is_from_network() {
            let told = "what the page was given by the browser itself; not an answer of the network";
            fields.push(("synthetic", told.to_owned()));
        }
    }
    fields
        .push(("earlyHints", if exchange.hints.is_empty() { String::new() } else { exchange.hints.len().to_string() }));
    fields.push(("failure", exchange.failure.as_deref().map(one_line).unwrap_or_default()));
    fields.retain(|(_, value)| !value.is_empty());
    fields
}

/// The form of the stored body and its lengths.
fn lengths(exchange: &Exchange, fields: &mut Vec<(&'static str, String)>) {
    let told = |length: Option<u64>| length.map(|n| n.to_string()).unwrap_or_default();
    fields.push(("encodedDataLength", told(exchange.encoded_length)));
    let Some(response) = &exchange.response else { return };
    let coding = response.header("content-encoding").map(one_line).unwrap_or_default();
    let stored = exchange.body.len();
    let form = match (stored, exchange.reencoded, coding.is_empty() || coding.eq_ignore_ascii_case("identity")) {
        (0, ..) => "none",
        (_, true, _) => "text-converted-to-utf-8",
        (_, false, true) => "as-sent",
        (_, false, false) => "content-decoded",
    };
    fields.push(("bodyForm", form.to_owned()));
    fields.push(("bodyLength", stored.to_string()));
    // What the body took on the wire, with the framing of chunks when there is one.
    fields.push(("encodedBodyLength", told(exchange.wire_body)));
    fields.push(("contentEncoding", coding));
    fields.push(("transferEncoding", response.header("transfer-encoding").map(one_line).unwrap_or_default()));
}

/// Names of the headers that hold secrets, each with its side.
fn sensitive(exchange: &Exchange) -> String {
    let named = |headers: &Headers, list: &[&str], side: &str| -> Vec<String> {
        let mut names: Vec<String> = list
            .iter()
            .filter(|name| headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)))
            .map(|name| format!("{side} {name}"))
            .collect();
        names.dedup();
        names
    };
    let mut all = named(&exchange.request_headers, SENSITIVE_REQUEST, "request");
    if exchange.facts.iter().any(|(name, _)| *name == "addressWithCredentials") {
        all.insert(0, "address".to_owned());
    }
    if let Some(response) = &exchange.response {
        all.extend(named(&response.headers, SENSITIVE_RESPONSE, "response"));
    }
    all.join(", ")
}

/// The headers of an answer as they are stored: those that no longer hold of the stored body are renamed.
pub(super) fn stored_headers(exchange: &Exchange, response: &Response, clean: Headers) -> Headers {
    let bodiless = exchange.method == "HEAD" || matches!(response.status, 100..=199 | 204 | 205 | 304);
    if bodiless { clean } else { for_decoded_body(&clean, exchange.body.len()) }
}

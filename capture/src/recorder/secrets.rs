//! A confidential value typed by the officer is not given to the court nor to the other side: it is masked in the stored
//! requests, octet for octet, and the record says so.
use url::form_urlencoded::byte_serialize;

use crate::archive::{Exchange, ExchangeBody};
use crate::steps::SHORTEST;

/// The forms in which a browser sends a text: as it is, as a form field, inside JSON.
pub(crate) fn forms(secrets: &[String]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for secret in secrets.iter().filter(|s| !s.is_empty()) {
        all.push(secret.clone().into_bytes());
        all.push(byte_serialize(secret.as_bytes()).collect::<String>().into_bytes());
        let json = serde_json::Value::from(secret.as_str()).to_string();
        all.push(json.trim_matches('"').as_bytes().to_vec());
    }
    // The longest first: a form may hold another.
    all.sort_by_key(|form| std::cmp::Reverse(form.len()));
    all.dedup();
    all
}

/// The same, and those in which a document holds a text: with the references of HTML. Those shorter than `shortest` octets are left
/// out.
pub(crate) fn page_forms(secrets: &[String], shortest: usize) -> Vec<Vec<u8>> {
    let escaped = |secret: &String| {
        let text = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\u{a0}', "&nbsp;");
        [text.replace('"', "&quot;"), text.replace('\'', "&#39;"), text]
    };
    let mut all = forms(secrets);
    all.extend(forms(&secrets.iter().flat_map(escaped).collect::<Vec<_>>()));
    all.retain(|form| form.len() >= shortest);
    all.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    all.dedup();
    all
}

/// The same, as texts.
pub(crate) fn page_texts(secrets: &[String], shortest: usize) -> Vec<String> {
    page_forms(secrets, shortest).into_iter().filter_map(|form| String::from_utf8(form).ok()).collect()
}

/// Masks the secrets in what was asked; true when there was one.
pub(super) fn redact(exchange: &mut Exchange, secrets: &[Vec<u8>]) -> bool {
    let mut found = false;
    for secret in secrets {
        found |= mask(&mut exchange.request_body, secret);
        for (_, value) in &mut exchange.request_headers {
            let mut bytes = value.clone().into_bytes();
            if mask(&mut bytes, secret) {
                found = true;
                *value = String::from_utf8_lossy(&bytes).into_owned();
            }
        }
    }
    exchange.redacted = found;
    found
}

/// Whether the answer, as it is held in memory, gives a confidential value back. Values of a few octets are in any answer.
pub(super) fn holds(exchange: &Exchange, secrets: &[Vec<u8>]) -> bool {
    let ExchangeBody::Bytes(body) = &exchange.body else { return false };
    let long = secrets.iter().filter(|secret| secret.len() >= SHORTEST);
    long.into_iter().any(|secret| body.windows(secret.len()).any(|window| window == secret.as_slice()))
}

/// Masks every secret in some octets; true when there was one.
pub(crate) fn mask_all(bytes: &mut [u8], secrets: &[Vec<u8>]) -> bool {
    secrets.iter().fold(false, |found, secret| mask(bytes, secret) | found)
}

fn mask(bytes: &mut [u8], secret: &[u8]) -> bool {
    let mut found = false;
    let mut at = 0;
    while let Some(window) = bytes.get_mut(at..at + secret.len()) {
        if window == secret {
            window.fill(b'*');
            found = true;
            at += secret.len();
        } else {
            at += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_masked_in_place() {
        let forms = forms(&["mot secret\"".into()]);
        for sent in ["a=mot secret\"&b", "a=mot+secret%22&b", "{\"a\":\"mot secret\\\"\"}"] {
            let mut bytes = sent.as_bytes().to_vec();
            assert!(forms.iter().fold(false, |found, form| mask(&mut bytes, form) | found), "{sent}");
            assert_eq!(bytes.len(), sent.len());
            assert!(!String::from_utf8(bytes).unwrap().contains("secret"));
        }
        assert!(!mask(&mut b"rien".to_vec(), b"longer than it"));
    }

    #[test]
    fn what_a_document_holds_is_masked_too() {
        let forms = page_forms(&["a<b&\"c\"d".into(), "court".into()], 6);
        for held in [r#"value="a&lt;b&amp;&quot;c&quot;d""#, r#"{"v":"a<b&\"c\"d"}"#, "a&lt;b&amp;\"c\"d"] {
            assert!(mask_all(&mut held.as_bytes().to_vec(), &forms), "{held}");
        }
        assert!(!mask_all(&mut b"trop court".to_vec(), &forms));
    }
}

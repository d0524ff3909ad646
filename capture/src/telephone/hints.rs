//! The hints of a telephone in the first request of a window that its page does not hold (`noopener`).
//!
//! Its headers are written before any command can reach it: measured on Chromium 156, that request alone says the workstation's
//! hints beside the telephone's agent. It waits for us, and goes on with the hints that every other request has.
use serde_json::{Value, json};

use crate::cdp::text;

/// The headers of a paused request with the hints that were declared; `None` when they are those already.
pub(super) fn corrected(headers: &Value, metadata: &Value, version: &str) -> Option<Vec<Value>> {
    let mut changed = false;
    let all = headers.as_object()?.iter().map(|(name, said)| {
        let value = match value(&name.to_ascii_lowercase(), metadata, version) {
            Some(value) if said.as_str() != Some(&value) => {
                changed = true;
                json!(value)
            }
            _ => said.clone(),
        };
        json!({"name": name, "value": value})
    });
    let all: Vec<Value> = all.collect();
    changed.then_some(all)
}

/// The value of a hint (User-Agent Client Hints, section 3; structured fields: RFC 9651).
fn value(name: &str, metadata: &Value, version: &str) -> Option<String> {
    let string = |key: &str| text(metadata, key).map(quoted);
    match name {
        "sec-ch-ua" => list(metadata, "brands"),
        "sec-ch-ua-full-version-list" => list(metadata, "fullVersionList"),
        "sec-ch-ua-full-version" => Some(quoted(version)),
        "sec-ch-ua-mobile" => Some("?1".into()),
        "sec-ch-ua-wow64" => Some("?0".into()),
        "sec-ch-ua-platform" => string("/platform"),
        "sec-ch-ua-platform-version" => string("/platformVersion"),
        "sec-ch-ua-model" => string("/model"),
        "sec-ch-ua-arch" => string("/architecture"),
        "sec-ch-ua-bitness" => string("/bitness"),
        "sec-ch-ua-form-factors" => string("/formFactors/0"),
        _ => None,
    }
}

fn list(metadata: &Value, key: &str) -> Option<String> {
    let brands = metadata.get(key)?.as_array()?;
    let one =
        |brand: &Value| Some(format!("{};v={}", quoted(text(brand, "/brand")?), quoted(text(brand, "/version")?)));
    let told: Option<Vec<String>> = brands.iter().map(one).collect();
    told.map(|told| told.join(", "))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hints_change_and_only_when_they_differ() {
        let metadata = json!({
            "platform": "Android", "model": "A \"B\"", "formFactors": ["Mobile"],
            "brands": [{"brand": "Not:A-Brand", "version": "8"}, {"brand": "Chromium", "version": "156"}],
        });
        let sent = json!({
            "Accept": "*/*", "sec-ch-ua": "\"Not:A-Brand\";v=\"8\", \"Chromium\";v=\"156\"", "sec-ch-ua-mobile": "?0",
            "Sec-CH-UA-Platform": "\"Linux\"", "sec-ch-ua-model": "\"\"",
        });
        let all = corrected(&sent, &metadata, "156.0.1.2").unwrap();
        let of = |name: &str| all.iter().find(|h| h["name"] == name).map(|h| h["value"].as_str().unwrap().to_owned());
        assert_eq!(
            (of("sec-ch-ua-mobile").unwrap(), of("Sec-CH-UA-Platform").unwrap()),
            ("?1".into(), "\"Android\"".into())
        );
        assert_eq!((of("Accept").unwrap(), of("sec-ch-ua-model").unwrap()), ("*/*".into(), "\"A \\\"B\\\"\"".into()));
        assert_eq!(all.len(), 5);
        let right: Value = all.iter().map(|h| (h["name"].as_str().unwrap().to_owned(), h["value"].clone())).collect();
        assert!(corrected(&right, &metadata, "156.0.1.2").is_none());
        assert!(corrected(&Value::Null, &metadata, "1").is_none());
    }
}

//! What is told of the TLS of a connection, in the names of the registries.
use serde_json::Value;

use crate::cdp::text;
use crate::recorder::Response;

/// Facts of the connection, for the metadata record: keys of `Network.SecurityDetails`, values as the browser gives them.
pub(super) fn facts(response: &Response) -> Vec<(&'static str, String)> {
    let Some(security) = response.security.as_ref().filter(|_| response.is_from_network()) else { return Vec::new() };
    let word = |pointer: &str| text(security, pointer).unwrap_or("").to_owned();
    let mut facts = vec![
        ("tlsProtocol", word("/protocol")),
        ("tlsKeyExchange", word("/keyExchange")),
        ("tlsKeyExchangeGroup", word("/keyExchangeGroup")),
        ("tlsCipher", word("/cipher")),
        ("tlsMac", word("/mac")),
        ("tlsCertificateTransparency", word("/certificateTransparencyCompliance")),
    ];
    if let Some(scheme) = security.get("serverSignatureAlgorithm").and_then(Value::as_u64) {
        facts.push(("tlsServerSignatureAlgorithm", format!("0x{scheme:04x}")));
    }
    if let Some(hello) = security.get("encryptedClientHello").and_then(Value::as_bool) {
        facts.push(("tlsEncryptedClientHello", hello.to_string()));
    }
    facts.push(("securityState", response.security_state.clone()));
    facts
}

/// The version as `WARC-Protocol` wants it: `tls/1.3`.
pub(super) fn version(security: &Value) -> Option<String> {
    text(security, "/protocol")?.strip_prefix("TLS ").map(|version| format!("tls/{version}"))
}

/// The name of the cipher suite in the IANA registry, when the browser's account leaves no doubt.
pub(super) fn cipher_suite(security: &Value) -> Option<String> {
    let cipher = text(security, "/cipher")?;
    let hash = match cipher {
        "AES_128_GCM" | "CHACHA20_POLY1305" => "SHA256",
        "AES_256_GCM" => "SHA384",
        // The older ciphers (CBC) are named by their own code of integrity.
        _ => match text(security, "/mac")? {
            "HMAC-SHA1" => "SHA",
            "HMAC-SHA256" => "SHA256",
            "HMAC-SHA384" => "SHA384",
            _ => return None,
        },
    };
    match (text(security, "/protocol")?, text(security, "/keyExchange").unwrap_or("")) {
        ("TLS 1.3", _) => Some(format!("TLS_{cipher}_{hash}")),
        ("TLS 1.2", exchange @ ("ECDHE_RSA" | "ECDHE_ECDSA" | "RSA")) => {
            Some(format!("TLS_{exchange}_WITH_{cipher}_{hash}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn suites_have_the_names_of_the_registry() {
        let suite = |protocol: &str, exchange: &str, cipher: &str| {
            cipher_suite(&json!({"protocol": protocol, "keyExchange": exchange, "cipher": cipher}))
        };
        assert_eq!(suite("TLS 1.3", "", "AES_128_GCM").as_deref(), Some("TLS_AES_128_GCM_SHA256"));
        assert_eq!(suite("TLS 1.3", "", "CHACHA20_POLY1305").as_deref(), Some("TLS_CHACHA20_POLY1305_SHA256"));
        let old = suite("TLS 1.2", "ECDHE_RSA", "AES_256_GCM");
        assert_eq!(old.as_deref(), Some("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"));
        assert_eq!(suite("TLS 1.2", "", "AES_128_GCM"), None);
        assert_eq!(suite("TLS 1.3", "", "AES_128_CBC"), None);
    }
}

//! The header fields that relays add to what passes through them.

/// Fields told at most, and characters of each.
const MOST: usize = 20;
const LONGEST: usize = 200;
/// Whole names.
const NAMES: &[&str] =
    &["via", "age", "forwarded", "x-real-ip", "x-cache", "x-cache-lookup", "x-cache-hits", "x-cache-status"];
/// Beginnings of names.
const BEGINNINGS: &[&str] =
    &["x-forwarded-", "proxy-", "x-proxy-", "x-squid-", "x-bluecoat-", "x-iws-", "x-wily-", "x-wap-", "x-nokia-"];

/// The fields that tell of a relay: `Via` and `Age` (RFC 9110, 7.6.3; RFC 9111, 5.1), `Warning` 110 to 199 and 214
/// (RFC 7234, 5.5), `Forwarded` (RFC 7239), and the usual names of caches and proxies. Names compare without case.
///
/// A site may add them itself, by its own cache: they are signs, not proofs. Each is told as `nom : valeur`.
pub fn relay_signs(headers: &[(String, String)]) -> Vec<String> {
    let told = headers.iter().filter(|(name, value)| is_sign(&name.to_ascii_lowercase(), value));
    let one = |(name, value): &(String, String)| {
        let value: String = value.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        format!("{} : {value}", name.to_ascii_lowercase())
    };
    told.take(MOST).map(one).collect()
}

fn is_sign(name: &str, value: &str) -> bool {
    if name == "warning" {
        // 299 is a message of the site to its callers.
        let code = value.trim().split(' ').next().and_then(|code| code.parse::<u16>().ok());
        return code.is_some_and(|code| code < 200 || code == 214);
    }
    NAMES.contains(&name) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn signs(fields: &[(&str, &str)]) -> Vec<String> {
        relay_signs(&fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>())
    }

    #[test]
    fn what_relays_add_and_what_sites_say() {
        let found = signs(&[
            ("Via", "1.1 relais (squid/5.7)"),
            ("age", "12"),
            ("X-Cache", "HIT from relais"),
            ("X-Forwarded-For", "192.0.2.2"),
            ("Warning", "110 relais \"Response is stale\""),
            ("Proxy-Connection", "keep-alive"),
            ("Warning", "299 - \"Deprecated API\""),
            ("Content-Type", "text/html"),
            ("Server", "nginx"),
        ]);
        assert_eq!(found.len(), 6);
        assert_eq!(found[0], "via : 1.1 relais (squid/5.7)");
        assert!(signs(&[("content-type", "text/html"), ("vary", "age")]).is_empty());
    }

    proptest! {
        #[test]
        fn no_field_panics(name in ".{0,40}", value in ".{0,300}") {
            prop_assert!(signs(&[(&name, &value)]).len() <= 1);
        }
    }
}

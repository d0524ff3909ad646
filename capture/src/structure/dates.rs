//! Machine-readable dates a page declares: `<time>`, `meta`, JSON-LD, `Last-Modified`. What the page says, never more.
use serde_json::{Value, json};

/// A date as the page writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// `time`, `meta`, `json-ld`, `http`, `document`.
    pub(crate) source: &'static str,
    /// The property, as the page names it; with its type for JSON-LD (`NewsArticle.datePublished`).
    pub(crate) name: String,
    /// The value, not interpreted.
    pub(crate) value: String,
    /// What is displayed beside it, for `<time>`.
    pub(crate) shown: Option<String>,
}

/// The deepest JSON-LD that is looked into, and the most dates of one script.
const DEEP: usize = 40;
const MOST: usize = 200;

impl Found {
    pub(crate) fn new(source: &'static str, name: &str, value: &str) -> Self {
        let value = value.chars().take(300).collect();
        Self { source, name: name.chars().take(200).collect(), value, shown: None }
    }

    pub(crate) fn json(&self, frame: usize) -> Value {
        json!({
            "label": super::DISPLAYED, "frame": frame, "source": self.source, "name": self.name, "value": self.value,
            "shown": self.shown,
        })
    }
}

/// Whether a property names a date: Open Graph (`article:published_time`), Dublin Core, schema.org and their like.
fn is_date(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit([':', '.', '_', '-']).next().unwrap_or(&name);
    name.contains("date") || last == "time" || name.ends_with("time") || last == "modified" || last == "published"
}

/// The date a `meta` element declares.
pub(crate) fn of_meta(name: &str, content: &str) -> Option<Found> {
    (is_date(name) && !content.is_empty() && content.bytes().any(|b| b.is_ascii_digit()))
        .then(|| Found::new("meta", name, content))
}

/// The dates of a JSON-LD script; none when it is not JSON.
pub(crate) fn of_json_ld(script: &str) -> Vec<Found> {
    let Ok(value) = serde_json::from_str::<Value>(script) else { return Vec::new() };
    let mut found = Vec::new();
    collect(&value, "", DEEP, &mut found);
    found
}

fn collect(value: &Value, of: &str, deep: usize, found: &mut Vec<Found>) {
    if deep == 0 || found.len() >= MOST {
        return;
    }
    match value {
        Value::Array(list) => list.iter().for_each(|one| collect(one, of, deep - 1, found)),
        Value::Object(map) => {
            let of = map.get("@type").and_then(Value::as_str).unwrap_or(of);
            for (key, one) in map {
                match one {
                    Value::String(text) if is_date(key) => {
                        let name = if of.is_empty() { key.clone() } else { format!("{of}.{key}") };
                        found.push(Found::new("json-ld", &name, text));
                    }
                    _ => collect(one, of, deep - 1, found),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_dates_of_an_article_are_found_as_written() {
        let script = r#"{"@graph":[{"@type":"NewsArticle","datePublished":"2026-03-04T05:06:07+01:00","author":
            {"@type":"Person","birthDate":"1980-01-02"},"name":"3"},{"dateModified":"hier"}]}"#;
        let found: Vec<_> = of_json_ld(script).into_iter().map(|f| (f.name, f.value)).collect();
        let expected = [
            ("Person.birthDate", "1980-01-02"),
            ("NewsArticle.datePublished", "2026-03-04T05:06:07+01:00"),
            ("dateModified", "hier"),
        ];
        assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(of_meta("article:published_time", "2026-01-01").unwrap().source, "meta");
        assert!(of_meta("dcterms.modified", "2026-01-01").is_some());
        assert!(of_meta("viewport", "width=3").is_none() && of_meta("date", "").is_none());
        assert!(of_json_ld("{").is_empty() && of_json_ld(&"[".repeat(5000)).is_empty());
    }

    proptest! {
        #[test]
        fn any_script_is_read_without_panic(script in ".{0,300}") {
            let _ = of_json_ld(&script);
        }
    }
}

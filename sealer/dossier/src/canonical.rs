//! The only serializer whose output is hashed: canonical JSON (RFC 8785), and the strict parser that goes with it.
//!
//! Departure from RFC 8785, on the strict side: numbers are integers within ±(2^53 - 1); anything else is refused,
//! so that no two parsers can disagree about a value.
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::DossierError;

const MAX_INTEGER: i64 = (1 << 53) - 1;
const MAX_DEPTH: usize = 64;

/// Canonical bytes of any serializable value.
pub fn to_canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, DossierError> {
    let value = serde_json::to_value(value).map_err(|e| DossierError::Json { why: e.to_string() })?;
    canonical_bytes(&value)
}

/// Canonical bytes of a JSON value: keys sorted by UTF-16 code unit, no space, integers only.
pub fn canonical_bytes(value: &Value) -> Result<Vec<u8>, DossierError> {
    let mut out = Vec::with_capacity(256);
    write_value(value, &mut out, 0)?;
    Ok(out)
}

fn write_value(value: &Value, out: &mut Vec<u8>, depth: usize) -> Result<(), DossierError> {
    if depth > MAX_DEPTH {
        return Err(DossierError::Json { why: format!("nested deeper than {MAX_DEPTH}") });
    }
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => match number.as_i64() {
            Some(n) if n.abs() <= MAX_INTEGER => out.extend_from_slice(n.to_string().as_bytes()),
            _ => return Err(DossierError::Json { why: format!("number {number} is not an integer within 2^53") }),
        },
        Value::String(text) => write_string(text, out)?,
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_value(item, out, depth + 1)?;
            }
            out.push(b']');
        }
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            out.push(b'{');
            for (i, (key, item)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_string(key, out)?;
                out.push(b':');
                write_value(item, out, depth + 1)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn write_string(text: &str, out: &mut Vec<u8>) -> Result<(), DossierError> {
    serde_json::to_writer(out, text).map_err(|e| DossierError::Json { why: e.to_string() })
}

/// Parses JSON and refuses what parsers disagree about: duplicate keys, floats, integers beyond 2^53, lone
/// surrogates, a byte order mark, anything after the value, nesting deeper than 64.
pub fn parse_strict(bytes: &[u8]) -> Result<Value, DossierError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict(0)
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|e| DossierError::Json { why: e.to_string() })?;
    Ok(value)
}

struct Strict(usize);

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.0 > MAX_DEPTH {
            return Err(de::Error::custom(format!("nested deeper than {MAX_DEPTH}")));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value without duplicate keys or floats")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > MAX_INTEGER as u64 {
            return Err(E::custom(format!("integer {value} beyond 2^53")));
        }
        Ok(Value::from(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(E::custom(format!("integer {value} beyond 2^53"))),
        }
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Err(E::custom(format!("number {value} is not an integer")))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Strict(self.0 + 1))? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let value = access.next_value_seed(Strict(self.0 + 1))?;
            if map.contains_key(&key) {
                return Err(de::Error::custom(format!("duplicate key {key:?}")));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn rfc_8785_order_and_escapes() {
        // The key order example of RFC 8785, 3.2.3.
        let value = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        let text = String::from_utf8(canonical_bytes(&value).unwrap()).unwrap();
        assert_eq!(text, "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}");
        let value = json!("\u{1}\u{8}\t\n\u{c}\r\"\\/\u{7f}é");
        assert_eq!(canonical_bytes(&value).unwrap(), "\"\\u0001\\b\\t\\n\\f\\r\\\"\\\\/\u{7f}é\"".as_bytes());
    }

    #[test]
    fn what_parsers_disagree_about_is_refused() {
        for bad in [
            &b"{\"a\":1,\"a\":2}"[..],
            b"1.5",
            b"1.0",
            b"1e3",
            b"-0",
            b"9007199254740992",
            b"18446744073709551615",
            b"\xef\xbb\xbf1",
            b"1 2",
            b"{} {}",
            b"\"\\ud800\"",
            b"\"\xff\"",
            b"[1,]",
            b"",
            b"nul",
            b"01",
        ] {
            assert!(parse_strict(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        assert!(parse_strict(deep.as_bytes()).is_err());
        assert!(canonical_bytes(&json!(0.5)).is_err());
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::from),
            ".{0,12}".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                prop::collection::btree_map(".{0,6}", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_form_round_trips(value in value()) {
            let bytes = canonical_bytes(&value).unwrap();
            let back = parse_strict(&bytes).unwrap();
            prop_assert_eq!(&back, &value);
            prop_assert_eq!(canonical_bytes(&back).unwrap(), bytes);
        }

        #[test]
        fn strict_parser_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_strict(&bytes);
        }
    }
}

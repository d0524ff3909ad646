//! A JSON body as arguments: every leaf under the name nearest to it, repeated names numbered.
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// JSON with the order of its members kept: the numbering of repeated names depends on it.
enum Json {
    /// A leaf as text, in the spelling of the reference tool (`True`, `None`, `44.0`).
    Leaf(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// The arguments that `body` becomes, or `None` when neither it nor each of its lines is JSON.
pub(super) fn query(body: &[u8]) -> Option<String> {
    let mut leaves = Leaves::default();
    match serde_json::from_slice::<Json>(body) {
        Ok(json) => leaves.add(json, ""),
        Err(_) if body.contains(&b'\n') => {
            for line in body.split(|b| *b == b'\n') {
                leaves.add(serde_json::from_slice(line).ok()?, "");
            }
        }
        Err(_) => return None,
    }
    Some(super::urlencode(leaves.list.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()))))
}

#[derive(Default)]
struct Leaves {
    list: Vec<(String, String)>,
    /// Where each written name stands in the list.
    places: BTreeMap<String, usize>,
    repeats: BTreeMap<String, u32>,
}

impl Leaves {
    /// A name that is taken gets a number; a numbered name that a body uses itself is overwritten, as the reference
    /// tool does.
    fn put(&mut self, name: &str, value: String) {
        let name = if self.places.contains_key(name) {
            let count = self.repeats.entry(name.to_owned()).or_insert(1);
            *count += 1;
            format!("{name}.{count}_")
        } else {
            name.to_owned()
        };
        match self.places.get(&name).and_then(|&place| self.list.get_mut(place)) {
            Some(leaf) => leaf.1 = value,
            None => {
                self.places.insert(name.clone(), self.list.len());
                self.list.push((name, value));
            }
        }
    }

    fn add(&mut self, json: Json, name: &str) {
        match json {
            Json::Object(members) => {
                for (name, value) in members {
                    self.add(value, &name);
                }
            }
            Json::List(values) => {
                for value in values {
                    self.add(value, name);
                }
            }
            Json::Leaf(value) if !name.is_empty() => self.put(name, value),
            Json::Leaf(_) => {}
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Leaf(if value { "True" } else { "False" }.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Leaf(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Leaf(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Leaf(float_text(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Leaf(value.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Leaf("None".into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object: Vec<(String, Json)> = Vec::new();
        let mut places = BTreeMap::<String, usize>::new();
        while let Some((name, value)) = members.next_entry::<String, Json>()? {
            // A repeated member keeps its first place and its last value.
            match places.get(&name).and_then(|&place| object.get_mut(place)) {
                Some(slot) => slot.1 = value,
                None => {
                    places.insert(name.clone(), object.len());
                    object.push((name, value));
                }
            }
        }
        Ok(Json::Object(object))
    }
}

/// The shortest text that reads back as `value`, in Python's spelling: an exponent below 1e-4 and from 1e16 on, of
/// two digits at least and signed; `.0` otherwise when whole.
fn float_text(value: f64) -> String {
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let Ok(exponent) = exponent.parse::<i32>() else { return scientific };
    if value != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{value}");
    if plain.contains('.') { plain } else { format!("{plain}.0") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_spelled_as_python_does() {
        for (value, text) in [
            (44.0, "44.0"),
            (0.1, "0.1"),
            (1e22, "1e+22"),
            (1.5e-7, "1.5e-07"),
            (123_456_789.125, "123456789.125"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-0.0, "-0.0"),
            (1e300, "1e+300"),
        ] {
            assert_eq!(float_text(value), text);
        }
    }

    #[test]
    fn order_and_repeats() {
        assert_eq!(query(br#"{"b":1,"a":[1,{"b":2}],"b":3}"#).unwrap(), "b=3&a=1&b.2_=2");
        assert_eq!(query(br#"{"a.2_":1,"b":[{"a":2},{"a":3}]}"#).unwrap(), "a.2_=3&a=2");
        assert_eq!(query(b"[1,2]").unwrap(), "");
        assert_eq!(query(b"1").unwrap(), "");
        assert!(query(b"").is_none());
        assert!(query("[".repeat(100_000).as_bytes()).is_none());
    }
}

//! What a rule may ask of one field: a path into the data of a line, and the value it must hold.
use serde::Deserialize;
use serde_json::{Map, Value};

/// A path into JSON: keys joined by dots; `*` goes through every element of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath(Vec<String>);

impl FieldPath {
    /// Parses `interfaces.*.addresses`: 1 to 6 parts of lower-case letters, digits and `_`, or `*`; no `*` first.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<String> = text.split('.').map(str::to_owned).collect();
        let good = |p: &String| {
            p == "*" || (!p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'))
        };
        (parts.len() <= 6 && parts.iter().all(good) && parts.first().is_some_and(|p| p != "*")).then_some(Self(parts))
    }

    /// The first key: the field of the line's data.
    pub fn head(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// The path as written.
    pub fn as_text(&self) -> String {
        self.0.join(".")
    }

    /// Every value at the path; none when a key is missing.
    pub fn resolve<'a>(&self, data: &'a Map<String, Value>) -> Vec<&'a Value> {
        let mut found: Vec<&Value> = data.get(self.head()).into_iter().collect();
        for part in self.0.iter().skip(1) {
            found = found.into_iter().flat_map(|value| children(value, part)).collect();
        }
        found
    }
}

fn children<'a>(value: &'a Value, part: &str) -> Vec<&'a Value> {
    match (part, value) {
        ("*", Value::Array(items)) => items.iter().collect(),
        (key, Value::Object(map)) => map.get(key).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// What the values at a path must be. Every variant but `Absent` and `Empty` fails when there is no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// All equal to this.
    Equals(Value),
    /// All among these.
    OneOf(Vec<Value>),
    /// There, and empty: null, "", an empty list, an object whose values are all empty.
    Empty,
    /// There, and nothing: 0, `false`, an empty list, an empty object. Null is not nothing: it was not measured.
    Nothing,
    /// There, and none of them empty. `false` and 0 are not empty.
    NonEmpty,
    /// Not there, or null.
    Absent,
    /// All integers, at least this.
    Minimum(i64),
    /// All integers, at most this.
    Maximum(i64),
    /// All lists or objects, with at least this many members.
    SizeMinimum(usize),
    /// At least one value, and at most this many different ones.
    DistinctMaximum(usize),
    /// All text, none holding this.
    Without(String),
}

/// A field and what is expected of it, with the French words for a failure.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "RawTest")]
pub struct FieldTest {
    /// Where.
    pub field: FieldPath,
    /// What.
    pub expects: Expect,
    /// French words for what is wrong when it does not hold; the value found is added.
    pub otherwise: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTest {
    champ: String,
    vaut: Option<toml::Value>,
    parmi: Option<Vec<toml::Value>>,
    vide: Option<bool>,
    rien: Option<bool>,
    non_vide: Option<bool>,
    absent: Option<bool>,
    minimum: Option<i64>,
    maximum: Option<i64>,
    taille_minimum: Option<usize>,
    distincts_maximum: Option<usize>,
    sans_texte: Option<String>,
    sinon: Option<String>,
}

impl TryFrom<RawTest> for FieldTest {
    type Error = String;

    fn try_from(raw: RawTest) -> Result<Self, String> {
        let field = FieldPath::parse(&raw.champ).ok_or_else(|| format!("not a field path: {:?}", raw.champ))?;
        let yes = |flag: Option<bool>, expect: Expect| match flag {
            None => Ok(None),
            Some(true) => Ok(Some(expect)),
            Some(false) => Err(format!("{}: only `true` has a meaning here", raw.champ)),
        };
        let scalars = |values: Vec<toml::Value>| values.into_iter().map(scalar).collect::<Result<Vec<_>, _>>();
        let all = [
            raw.vaut.map(scalar).transpose()?.map(Expect::Equals),
            raw.parmi.map(scalars).transpose()?.map(Expect::OneOf),
            yes(raw.vide, Expect::Empty)?,
            yes(raw.rien, Expect::Nothing)?,
            yes(raw.non_vide, Expect::NonEmpty)?,
            yes(raw.absent, Expect::Absent)?,
            raw.minimum.map(Expect::Minimum),
            raw.maximum.map(Expect::Maximum),
            raw.taille_minimum.map(Expect::SizeMinimum),
            raw.distincts_maximum.map(Expect::DistinctMaximum),
            raw.sans_texte.map(Expect::Without),
        ];
        let mut given = all.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(expects), None) => Ok(Self { field, expects, otherwise: raw.sinon }),
            _ => Err(format!("{}: exactly one expectation is needed", raw.champ)),
        }
    }
}

fn scalar(value: toml::Value) -> Result<Value, String> {
    match value {
        toml::Value::String(text) => Ok(Value::String(text)),
        toml::Value::Integer(number) => Ok(Value::from(number)),
        toml::Value::Boolean(flag) => Ok(Value::Bool(flag)),
        other => Err(format!("only text, integers and booleans can be compared, not {other}")),
    }
}

/// Whether a value says nothing: null, "", [], or an object whose values all say nothing.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Null | Value::String(_) => false,
    }
}

impl FieldTest {
    /// Whether the data of a line holds what is expected.
    pub fn holds(&self, data: &Map<String, Value>) -> bool {
        let values = self.field.resolve(data);
        let every = |test: &dyn Fn(&Value) -> bool| !values.is_empty() && values.iter().all(|v| test(v));
        match &self.expects {
            Expect::Equals(expected) => every(&|v| v == expected),
            Expect::OneOf(expected) => every(&|v| expected.contains(v)),
            Expect::Empty => every(&is_empty),
            Expect::Nothing => every(&is_nothing),
            Expect::NonEmpty => every(&|v| !is_empty(v)),
            Expect::Absent => values.iter().all(|v| v.is_null()),
            Expect::Minimum(least) => every(&|v| v.as_i64().is_some_and(|n| n >= *least)),
            Expect::Maximum(most) => every(&|v| v.as_i64().is_some_and(|n| n <= *most)),
            Expect::SizeMinimum(least) => every(&|v| size(v).is_some_and(|n| n >= *least)),
            Expect::DistinctMaximum(most) => {
                let mut texts: Vec<String> = values.iter().map(ToString::to_string).collect();
                texts.sort();
                texts.dedup();
                !texts.is_empty() && texts.len() <= *most
            }
            Expect::Without(text) => every(&|v| v.as_str().is_some_and(|t| !t.contains(text.as_str()))),
        }
    }

    /// What is wrong, in French, with the value found.
    pub(crate) fn fault(&self, data: &Map<String, Value>) -> String {
        let values = self.field.resolve(data);
        let found = match values.as_slice() {
            [] => "non relevé".to_owned(),
            [one] => one.to_string(),
            many => many.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        };
        let found = crate::template::one_line(&found, 120);
        match &self.otherwise {
            Some(words) => format!("{words} ({} : {found})", self.field.as_text()),
            None => format!("le champ « {} » ne porte pas la valeur attendue ({found})", self.field.as_text()),
        }
    }
}

fn size(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::Object(map) => Some(map.len()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn test(text: &str) -> FieldTest {
        toml::from_str(text).unwrap()
    }

    fn holds(test_text: &str, data: Value) -> bool {
        let Value::Object(map) = data else { panic!("not an object") };
        test(test_text).holds(&map)
    }

    #[test]
    fn a_missing_field_never_satisfies_but_absence() {
        for expectation in [
            "vaut = \"direct\"",
            "parmi = [1]",
            "vide = true",
            "rien = true",
            "non_vide = true",
            "minimum = 0",
            "maximum = 0",
            "taille_minimum = 0",
            "distincts_maximum = 9",
            "sans_texte = \"x\"",
        ] {
            assert!(!holds(&format!("champ = \"a\"\n{expectation}"), json!({"b": 1})), "{expectation}");
        }
        assert!(holds("champ = \"a\"\nabsent = true", json!({"b": 1})));
        assert!(!holds("champ = \"a\"\nabsent = true", json!({"a": 0})));
    }

    #[test]
    fn values_are_compared_strictly() {
        assert!(holds("champ = \"cookies\"\nvaut = 0", json!({"cookies": 0})));
        assert!(!holds("champ = \"cookies\"\nvaut = 0", json!({"cookies": "0"})));
        assert!(!holds("champ = \"cookies\"\nvaut = 0", json!({"cookies": null})));
        assert!(holds(
            "champ = \"environment\"\nvide = true",
            json!({"environment": {"http_proxy": null, "no_proxy": ""}})
        ));
        assert!(!holds(
            "champ = \"environment\"\nvide = true",
            json!({"environment": {"http_proxy": "http://p:3128"}})
        ));
        assert!(!holds("champ = \"x\"\nvide = true", json!({"x": false})));
        assert!(holds("champ = \"x\"\nnon_vide = true", json!({"x": false})));
    }

    #[test]
    fn a_star_goes_through_lists() {
        let data = json!({"answers": [{"address": "192.0.2.1"}, {"address": "192.0.2.1"}]});
        assert!(holds("champ = \"answers.*.address\"\ndistincts_maximum = 1", data.clone()));
        let two = json!({"answers": [{"address": "192.0.2.1"}, {"address": "192.0.2.2"}]});
        assert!(!holds("champ = \"answers.*.address\"\ndistincts_maximum = 1", two));
        assert!(holds("champ = \"answers\"\ntaille_minimum = 2", data));
    }

    #[test]
    fn a_test_with_no_or_two_expectations_is_refused() {
        for bad in [
            "champ = \"a\"",
            "champ = \"a\"\nminimum = 1\nmaximum = 2",
            "champ = \"a\"\nvide = false",
            "champ = \"A b\"\nvide = true",
            "champ = \"\"\nvide = true",
            "champ = \"a\"\nvaut = 1.5",
        ] {
            assert!(toml::from_str::<FieldTest>(bad).is_err(), "{bad}");
        }
    }
}

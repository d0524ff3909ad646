//! French sentences with holes, filled with the values of a journal line: nothing in a proof is typed by hand.
use std::collections::BTreeMap;

use dossier::Instant;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use crate::expect::{FieldPath, is_empty};

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    /// As it is; a list as its members.
    Plain,
    /// Through the vocabulary of the norm (`direct` is « directe »).
    French,
    /// « vide » when empty, else the JSON text.
    Emptiness,
    /// Number of members of a list.
    Count,
    /// Microseconds as signed milliseconds.
    Milliseconds,
    /// Octets as mebibytes.
    Mebibytes,
    /// First 16 digits of a digest.
    Short,
    /// As it is, the same value once.
    Distinct,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Hole(FieldPath, Filter),
    /// Legal time of the line.
    At,
}

/// A sentence with holes: `{field}`, `{field|filter}`, `{@heure}` for the line's legal time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

impl Template {
    /// Parses a sentence, or says which hole is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let (hole, tail) = after.split_once('}').ok_or_else(|| format!("a hole is not closed: {text:?}"))?;
            pieces.push(parse_hole(hole)?);
            rest = tail;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// The fields it reads.
    pub fn fields(&self) -> impl Iterator<Item = &FieldPath> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Hole(path, _) => Some(path),
            Piece::Text(_) | Piece::At => None,
        })
    }

    /// The sentence for the data of one line written at `at`; a value that is not there is written « non relevé ».
    pub fn fill(&self, data: &Map<String, Value>, at: Instant, vocabulary: &BTreeMap<String, String>) -> String {
        let part = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::At => at.legal_time().strftime("%d/%m/%Y à %H:%M:%S (UTC%:z)").to_string(),
            Piece::Hole(path, filter) => {
                let values = path.resolve(data);
                if values.is_empty() {
                    return "non relevé".to_owned();
                }
                let mut written: Vec<String> = values.iter().map(|v| write_value(v, *filter, vocabulary)).collect();
                if *filter == Filter::Distinct {
                    written.dedup();
                }
                written.join(", ")
            }
        };
        one_line(&self.0.iter().map(part).collect::<String>(), 600)
    }
}

/// Foreign values (a title, an address) may be of any length and hold line breaks, terminal escapes or marks that turn
/// the direction of writing; a proof is one line of a table.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let hostile = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut chars = text.chars().map(|c| if hostile(c) { '\u{fffd}' } else { c });
    let kept: String = chars.by_ref().take(most).collect();
    if chars.next().is_some() { kept + "…" } else { kept }
}

fn parse_hole(hole: &str) -> Result<Piece, String> {
    if hole == "@heure" {
        return Ok(Piece::At);
    }
    let (path, filter) = hole.split_once('|').unwrap_or((hole, ""));
    let filter = match filter {
        "" => Filter::Plain,
        "fr" => Filter::French,
        "vide" => Filter::Emptiness,
        "nombre" => Filter::Count,
        "ms" => Filter::Milliseconds,
        "mio" => Filter::Mebibytes,
        "court" => Filter::Short,
        "distinct" => Filter::Distinct,
        other => return Err(format!("unknown filter {other:?} in {{{hole}}}")),
    };
    let path = FieldPath::parse(path).ok_or_else(|| format!("not a field path in {{{hole}}}"))?;
    Ok(Piece::Hole(path, filter))
}

fn write_value(value: &Value, filter: Filter, vocabulary: &BTreeMap<String, String>) -> String {
    match filter {
        Filter::Plain | Filter::Distinct => plain(value),
        Filter::French => {
            let text = plain(value);
            vocabulary.get(&text).cloned().unwrap_or(text)
        }
        Filter::Emptiness if is_empty(value) => "vide".to_owned(),
        Filter::Emptiness => value.to_string(),
        Filter::Count => match value {
            Value::Array(items) => items.len().to_string(),
            Value::Object(map) => map.len().to_string(),
            other => plain(other),
        },
        Filter::Milliseconds => value.as_i64().map_or_else(|| plain(value), signed_milliseconds),
        Filter::Mebibytes => value.as_u64().map_or_else(|| plain(value), |n| format!("{} Mio", n / (1024 * 1024))),
        Filter::Short => plain(value).chars().take(16).collect(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "non relevé".to_owned(),
        Value::Bool(true) => "oui".to_owned(),
        Value::Bool(false) => "non".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.trim().is_empty() => "vide".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "aucun".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(_) => value.to_string(),
    }
}

/// Microseconds to `+12,300 ms`: integers only, so that the text is the same on every machine.
fn signed_milliseconds(us: i64) -> String {
    let sign = if us < 0 { '-' } else { '+' };
    let magnitude = us.unsigned_abs();
    format!("{sign}{},{:03} ms", magnitude / 1000, magnitude % 1000)
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn holes_are_filled_from_the_line_and_from_nothing_else() {
        let vocabulary = BTreeMap::from([("direct".to_owned(), "directe".to_owned())]);
        let at: Instant = "2026-11-21T09:12:03.045Z".parse().unwrap();
        let fill = |text: &str, data: Value| {
            let Value::Object(data) = data else { panic!("not an object") };
            Template::parse(text).unwrap().fill(&data, at, &vocabulary)
        };
        assert_eq!(fill("connexion {effective|fr}", json!({"effective": "direct"})), "connexion directe");
        assert_eq!(fill("écart {offset_us|ms}", json!({"offset_us": -12_300})), "écart -12,300 ms");
        assert_eq!(fill("{environment|vide}", json!({"environment": {"http_proxy": null}})), "vide");
        assert_eq!(fill("{servers}", json!({"servers": ["192.0.2.1", "192.0.2.2"]})), "192.0.2.1, 192.0.2.2");
        assert_eq!(fill("{a.b}", json!({"a": 1})), "non relevé");
        assert_eq!(fill("{@heure}", json!({})), "21/11/2026 à 10:12:03 (UTC+01:00)");
        assert_eq!(fill("{title}", json!({"title": "a\n\u{1b}[2Jb\u{202e}"})), "a\u{fffd}\u{fffd}[2Jb\u{fffd}");
        assert_eq!(fill("{a.*.b|distinct}", json!({"a": [{"b": 1}, {"b": 1}]})), "1");
    }

    #[test]
    fn wrong_holes_are_refused() {
        for bad in ["{", "{a", "{a|nope}", "{}", "{A}", "{a b}"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }
}

//! The signature fields of a revision and their values, read where they stand in the file.
use std::collections::BTreeSet;
use std::ops::Range;

use dossier::Instant;

use super::pdf::{Dict, Lex, Object, PdfFile, xref_entry};

/// Fields of a form at most, and how deep they nest.
const MAX_FIELDS: usize = 1000;
const MAX_DEPTH: usize = 16;
/// The longest Contents, in octets.
pub(super) const MAX_CONTENTS: usize = 4 << 20;

/// A signature field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) name: String,
    pub(super) dict: Dict,
    /// The object of its value.
    pub(super) value: Option<u32>,
}

impl Field {
    /// The numbers of its rectangle, as written.
    pub(super) fn rect(&self) -> Vec<f64> {
        self.dict
            .get("Rect")
            .and_then(Object::array)
            .unwrap_or_default()
            .iter()
            .filter_map(super::pages::float)
            .collect()
    }
}

/// A signature dictionary.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) dict: Dict,
    /// Contents, and where it stands with its brackets.
    pub(super) contents: Vec<u8>,
    pub(super) gap: Range<usize>,
}

/// The signature fields of `revision`, and whether the form could be read whole.
pub(super) fn list(file: &PdfFile<'_>, revision: usize) -> (Vec<Field>, bool) {
    let mut found = Vec::new();
    let Some((_, catalog)) = file.catalog(revision) else { return (found, false) };
    if catalog.get("AcroForm").is_none() {
        return (found, true);
    }
    let form = file.value(&catalog, "AcroForm", revision);
    let Some(form) = form.as_deref().and_then(Object::dict) else { return (found, false) };
    let Some(fields) = file.value(form, "Fields", revision) else { return (found, form.get("Fields").is_none()) };
    let Some(items) = fields.array() else { return (found, false) };
    let mut seen = BTreeSet::new();
    let whole = items.iter().all(|item| one(file, revision, item, "", None, 0, &mut seen, &mut found));
    (found, whole)
}

#[expect(clippy::too_many_arguments, reason = "a walk with what it inherits")]
fn one(
    file: &PdfFile<'_>,
    revision: usize,
    item: &Object,
    above: &str,
    kind: Option<&Object>,
    depth: usize,
    seen: &mut BTreeSet<u32>,
    found: &mut Vec<Field>,
) -> bool {
    let Some(number) = item.reference() else { return false };
    if depth > MAX_DEPTH || seen.len() >= MAX_FIELDS || !seen.insert(number) {
        return false;
    }
    let object = file.get(number, revision);
    let Some(dict) = object.as_deref().and_then(Object::dict) else { return false };
    let own = file.value(dict, "T", revision).and_then(|t| t.text());
    let name = match (&own, above) {
        (None, _) => above.to_owned(),
        (Some(own), "") => own.clone(),
        (Some(own), above) => format!("{above}.{own}"),
    };
    let kind = dict.get("FT").or(kind);
    let kids = file.value(dict, "Kids", revision);
    if let Some(kids) = kids.as_deref().and_then(Object::array) {
        let below =
            |kid: &Object| file.follow(kid, revision).is_some_and(|k| k.dict().is_some_and(|d| d.get("T").is_some()));
        if kids.iter().any(below) {
            return kids.iter().all(|kid| one(file, revision, kid, &name, kind, depth + 1, seen, found));
        }
    }
    if kind == Some(&Object::name("Sig")) {
        let value = dict.reference("V");
        let readable = dict.get("V").is_none() || value.is_some();
        found.push(Field { number, name, dict: dict.clone(), value });
        return readable;
    }
    true
}

/// The signature dictionary `number`, which must stand in the file itself, with Contents written as one hexadecimal
/// string.
pub(super) fn value(file: &PdfFile<'_>, number: u32, revision: usize) -> Option<Value> {
    let offset = xref_entry(file, number, revision)?;
    let mut lex = Lex::new(file.octets, offset);
    lex.header().ok()?;
    lex.skip();
    let (mut dict, mut contents) = (Dict::default(), None);
    lex.entries(0, &mut |key, object, from, to| {
        if key == b"Contents" {
            contents = Some((object.clone(), from..to));
        }
        dict.0.push((key, object));
    })
    .ok()?;
    let (Object::Text(contents), gap) = contents? else { return None };
    let written = file.octets.get(gap.clone())?;
    let digits = written.strip_prefix(b"<")?.strip_suffix(b">")?;
    let (lower, upper) = (digits.iter().any(u8::is_ascii_lowercase), digits.iter().any(u8::is_ascii_uppercase));
    let plain = digits.iter().all(u8::is_ascii_hexdigit) && digits.len() % 2 == 0 && !(lower && upper);
    (plain && contents.len() <= MAX_CONTENTS).then_some(Value { dict, contents, gap })
}

/// The DER value at the beginning of Contents, when nothing but zeros follows it.
pub(super) fn der(contents: &[u8]) -> Option<&[u8]> {
    let element = crate::asn1::Der::new(contents).next("Contents").ok()?;
    let (der, rest) = contents.split_at_checked(element.whole.len())?;
    rest.iter().all(|octet| *octet == 0).then_some(der)
}

/// A date of a PDF (ISO 32000-1, 7.9.4), such as `D:20261121100312+01'00'`.
pub(super) fn date(text: &str) -> Option<Instant> {
    let text = text.strip_prefix("D:")?;
    let digits = text.get(..14).filter(|d| d.bytes().all(|c| c.is_ascii_digit()))?;
    let zone = match text.get(14..)? {
        "" | "Z" | "Z00'00'" | "Z00'00" => "Z".to_owned(),
        other => {
            let parts: Vec<&str> = other.get(1..)?.trim_end_matches('\'').split('\'').collect();
            let [hours, minutes] = parts.as_slice() else { return None };
            format!("{}{hours}:{minutes}", other.get(..1)?)
        }
    };
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-{}T{}:{}:{}{zone}", part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 12), part(12, 14))
        .parse()
        .ok()
}

/// The same, written.
pub(super) fn date_text(at: Instant) -> String {
    format!("D:{}+00'00'", at.to_cdx())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_they_are_written() {
        let at: Instant = "2026-11-21T10:03:12Z".parse().unwrap();
        assert_eq!(date(&date_text(at)), Some(at));
        for written in ["D:20261121110312+01'00'", "D:20261121110312+01'00", "D:20261121100312Z", "D:20261121100312"] {
            assert_eq!(date(written), Some(at), "{written}");
        }
        for wrong in ["20261121100312", "D:2026", "D:20269921100312Z", "D:20261121100312+1", "D:é0261121100312", ""] {
            assert_eq!(date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_zeros_follow_a_value() {
        assert_eq!(der(&[0x30, 1, 5, 0, 0]), Some(&[0x30, 1, 5][..]));
        assert_eq!(der(&[0x30, 1, 5, 0, 1]), None);
        assert_eq!(der(&[0x30, 9]), None);
    }
}

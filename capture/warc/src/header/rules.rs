//! Which field may, must or must not stand in which record: the standard's clauses 5 and 6 as one table.
use super::form::{Form, is_token};
use crate::RecordType::{self, Continuation, Conversion, Metadata, Request, Resource, Response, Revisit, Warcinfo};
use crate::error::excerpt;

/// The rules of one field.
#[derive(Clone, Copy, Debug)]
pub struct FieldRule {
    /// Its name; compared without case.
    pub name: &'static str,
    /// The form of its value.
    pub form: Form,
    /// Whether it may stand more than once.
    pub repeatable: bool,
    /// The types that must have it.
    pub required: &'static [RecordType],
    /// The types that must not have it.
    pub forbidden: &'static [RecordType],
    /// Where the standard says so.
    pub clause: &'static str,
}

const ALL: &[RecordType] = &RecordType::ALL;
const NONE: &[RecordType] = &[];
const NO_PAYLOAD: &[RecordType] = &[Warcinfo, Metadata];
const NOT_CAPTURED: &[RecordType] = &[Warcinfo, Conversion, Continuation];
const ALL_BUT_WARCINFO: &[RecordType] = &[Response, Resource, Request, Metadata, Revisit, Conversion, Continuation];
const ALL_BUT_REVISIT: &[RecordType] = &[Warcinfo, Response, Resource, Request, Metadata, Conversion, Continuation];
const ALL_BUT_CONTINUATION: &[RecordType] = &[Warcinfo, Response, Resource, Request, Metadata, Revisit, Conversion];

const fn rule(
    name: &'static str,
    form: Form,
    required: &'static [RecordType],
    forbidden: &'static [RecordType],
    clause: &'static str,
) -> FieldRule {
    FieldRule { name, form, repeatable: false, required, forbidden, clause }
}

const fn repeatable(rule: FieldRule) -> FieldRule {
    FieldRule { repeatable: true, ..rule }
}

/// Every field ISO 28500:2017 defines, and `WARC-Protocol`, which by convention may be repeated.
pub const FIELD_RULES: &[FieldRule] = &[
    rule("WARC-Record-ID", Form::BracketedUri, ALL, NONE, "5.2"),
    rule("Content-Length", Form::Number, ALL, NONE, "5.3"),
    rule("WARC-Date", Form::Date, ALL, NONE, "5.4"),
    rule("WARC-Type", Form::Type, ALL, NONE, "5.5"),
    rule("Content-Type", Form::MediaType, NONE, NONE, "5.6"),
    repeatable(rule("WARC-Concurrent-To", Form::BracketedUri, NONE, NOT_CAPTURED, "5.7")),
    rule("WARC-Block-Digest", Form::LabelledDigest, NONE, NONE, "5.8"),
    rule("WARC-Payload-Digest", Form::LabelledDigest, NONE, NO_PAYLOAD, "5.9"),
    rule("WARC-IP-Address", Form::Ip, NONE, NOT_CAPTURED, "5.10"),
    rule("WARC-Refers-To", Form::BracketedUri, NONE, &[Warcinfo, Response, Resource, Request, Continuation], "5.11"),
    rule("WARC-Refers-To-Target-URI", Form::Uri, NONE, ALL_BUT_REVISIT, "5.12"),
    rule("WARC-Refers-To-Date", Form::Date, NONE, ALL_BUT_REVISIT, "5.13"),
    rule(
        "WARC-Target-URI",
        Form::Uri,
        &[Response, Resource, Request, Revisit, Conversion, Continuation],
        &[Warcinfo],
        "5.14",
    ),
    rule("WARC-Truncated", Form::Truncation, NONE, NONE, "5.15"),
    rule("WARC-Warcinfo-ID", Form::BracketedUri, NONE, &[Warcinfo], "5.16"),
    rule("WARC-Filename", Form::Text, NONE, ALL_BUT_WARCINFO, "5.17"),
    rule("WARC-Profile", Form::Profile, &[Revisit], ALL_BUT_REVISIT, "5.18"),
    rule("WARC-Identified-Payload-Type", Form::MediaType, NONE, NO_PAYLOAD, "5.19"),
    rule("WARC-Segment-Number", Form::Number, &[Continuation], NONE, "5.20"),
    rule("WARC-Segment-Origin-ID", Form::BracketedUri, &[Continuation], ALL_BUT_CONTINUATION, "5.21"),
    rule("WARC-Segment-Total-Length", Form::Number, NONE, ALL_BUT_CONTINUATION, "5.22"),
    repeatable(rule("WARC-Protocol", Form::Text, NONE, NONE, "convention")),
];

/// One rule broken by one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The field at fault.
    pub field: String,
    /// What is asked.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// Whether the standard says *shall* (or must); *should* otherwise.
    pub shall: bool,
}

impl Breach {
    fn shall(field: &str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { field: excerpt(field), expected: expected.into(), found: found.into(), shall: true }
    }

    fn should(field: &str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { shall: false, ..Self::shall(field, expected, found) }
    }
}

/// Every rule that the fields of a record of type `kind` break, in the order of the table.
pub fn breaches(kind: RecordType, fields: &[(String, String)]) -> Vec<Breach> {
    let mut found = Vec::new();
    for (name, value) in fields {
        if !is_token(name) {
            found.push(Breach::shall(name, "a field name (token)", excerpt(name)));
        }
        if !Form::Text.accepts(value) {
            found.push(Breach::shall(name, Form::Text.describe(), excerpt(value)));
        }
    }
    for rule in FIELD_RULES {
        check_rule(rule, kind, fields, &mut found);
    }
    check_unknown_repeats(fields, &mut found);
    check_combinations(kind, fields, &mut found);
    found
}

fn check_rule(rule: &FieldRule, kind: RecordType, fields: &[(String, String)], found: &mut Vec<Breach>) {
    let values: Vec<&str> = values(fields, rule.name).collect();
    if values.is_empty() && rule.required.contains(&kind) {
        found.push(Breach::shall(rule.name, format!("present in a {kind} record ({})", rule.clause), "absent"));
    }
    if !values.is_empty() && rule.forbidden.contains(&kind) {
        found.push(Breach::shall(rule.name, format!("absent from a {kind} record ({})", rule.clause), "present"));
    }
    if values.len() > 1 && !rule.repeatable {
        found.push(Breach::shall(rule.name, "at most once (5.1)", format!("{} times", values.len())));
    }
    for value in values {
        if !rule.form.accepts(value) {
            found.push(Breach::shall(rule.name, rule.form.describe(), excerpt(value)));
        }
    }
}

/// 5.1: no field may be repeated, but where the standard says so; that binds extension fields too.
fn check_unknown_repeats(fields: &[(String, String)], found: &mut Vec<Breach>) {
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for (name, _) in fields {
        *seen.entry(name.to_ascii_lowercase()).or_default() += 1;
    }
    for (name, count) in seen {
        let known = FIELD_RULES.iter().any(|rule| rule.name.eq_ignore_ascii_case(&name));
        if count > 1 && !known {
            found.push(Breach::shall(&name, "at most once (5.1)", format!("{count} times")));
        }
    }
}

fn check_combinations(kind: RecordType, fields: &[(String, String)], found: &mut Vec<Breach>) {
    let get = |name| values(fields, name).next();
    let empty = get("Content-Length").is_none_or(|length| length.bytes().all(|b| b == b'0'));
    if !empty && kind != Continuation && get("Content-Type").is_none() {
        found.push(Breach::should("Content-Type", "present when the block is not empty (5.6)", "absent"));
    }
    if get("WARC-Profile").is_some_and(|profile| profile.ends_with("/identical-payload-digest"))
        && get("WARC-Payload-Digest").is_none()
    {
        found.push(Breach::shall("WARC-Payload-Digest", "present with this profile (6.7.2)", "absent"));
    }
    if let Some(number) = get("WARC-Segment-Number") {
        let number = number.trim_start_matches('0');
        let right = if kind == Continuation { !matches!(number, "" | "1") } else { number == "1" };
        if !right {
            let expected = if kind == Continuation { "2 or more (5.20)" } else { "1 (5.20)" };
            found.push(Breach::shall("WARC-Segment-Number", expected, excerpt(number)));
        }
    }
    let target = get("WARC-Target-URI").unwrap_or("");
    if kind.may_hold_http() && target.starts_with("http") && target.contains('#') {
        found.push(Breach::should("WARC-Target-URI", "an address without fragment", excerpt(target)));
    }
    if kind.may_hold_http() && (target.starts_with("about:") || target.starts_with("blob:")) {
        found.push(Breach::should("WARC-Target-URI", "an address of the network", excerpt(target)));
    }
}

fn values<'a>(fields: &'a [(String, String)], name: &'a str) -> impl Iterator<Item = &'a str> {
    fields.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests;

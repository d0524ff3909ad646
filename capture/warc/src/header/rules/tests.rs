//! Every rule of the table, broken once; and the records of the standard's annexes, which break none.
use super::*;

const ID: &str = "<urn:uuid:92283950-ef2f-4d72-b224-f54c6ec90bb0>";
const PROFILE: &str = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";

/// A value of the right form for `rule`.
fn good_value(rule: &FieldRule, kind: RecordType) -> String {
    match rule.form {
        Form::BracketedUri => ID.into(),
        Form::Uri => "http://www.archive.org/images/logoc.jpg".into(),
        Form::LabelledDigest => "sha1:UZY6ND6CCHXETFVJD2MSS7ZENMWF7KQ2".into(),
        Form::Number if rule.name == "WARC-Segment-Number" && kind == Continuation => "2".into(),
        Form::Number if rule.name == "WARC-Segment-Number" => "1".into(),
        Form::Number => "0".into(),
        Form::Date => "2016-09-19T17:20:24.045Z".into(),
        Form::MediaType => "image/jpeg".into(),
        Form::Ip => "207.241.233.58".into(),
        Form::Profile => PROFILE.into(),
        Form::Truncation => "length".into(),
        Form::Type => kind.as_str().into(),
        Form::Text => "h2".into(),
    }
}

/// The fields a record of type `kind` must have, each with a good value.
fn minimal(kind: RecordType) -> Vec<(String, String)> {
    let mut fields: Vec<_> = FIELD_RULES
        .iter()
        .filter(|rule| rule.required.contains(&kind))
        .map(|rule| (rule.name.to_owned(), good_value(rule, kind)))
        .collect();
    if kind == Revisit {
        fields.push(("WARC-Payload-Digest".into(), "sha1:CCHXETFVJD2MUZY6ND6SS7ZENMWF7KQ2".into()));
    }
    fields
}

fn faults(kind: RecordType, fields: &[(String, String)]) -> Vec<String> {
    breaches(kind, fields).into_iter().map(|breach| breach.field).collect()
}

#[test]
fn the_smallest_record_of_each_type_breaks_nothing() {
    for kind in RecordType::ALL {
        assert_eq!(breaches(kind, &minimal(kind)), [], "{kind}");
    }
}

#[test]
fn each_required_field_is_missed() {
    for kind in RecordType::ALL {
        for rule in FIELD_RULES.iter().filter(|rule| rule.required.contains(&kind)) {
            let mut fields = minimal(kind);
            fields.retain(|(name, _)| name != rule.name);
            assert!(faults(kind, &fields).contains(&rule.name.to_owned()), "{kind} without {}", rule.name);
        }
    }
}

#[test]
fn each_forbidden_field_is_seen() {
    for kind in RecordType::ALL {
        for rule in FIELD_RULES.iter().filter(|rule| !rule.required.contains(&kind)) {
            let mut fields = minimal(kind);
            fields.retain(|(name, _)| name != rule.name);
            fields.push((rule.name.to_uppercase(), good_value(rule, kind)));
            let seen = faults(kind, &fields).contains(&rule.name.to_owned());
            assert_eq!(seen, rule.forbidden.contains(&kind), "{kind} with {}", rule.name);
        }
    }
}

#[test]
fn each_field_is_repeated() {
    for rule in FIELD_RULES {
        let kind = RecordType::ALL.into_iter().find(|kind| !rule.forbidden.contains(kind)).unwrap();
        let mut fields = minimal(kind);
        fields.retain(|(name, _)| name != rule.name);
        fields.push((rule.name.into(), good_value(rule, kind)));
        fields.push((rule.name.to_lowercase(), good_value(rule, kind)));
        assert_eq!(faults(kind, &fields).is_empty(), rule.repeatable, "{}", rule.name);
    }
    let mut fields = minimal(Response);
    fields.push(("X-Own".into(), "1".into()));
    assert_eq!(faults(Response, &fields), [""; 0]);
    fields.push(("x-own".into(), "2".into()));
    assert_eq!(faults(Response, &fields), ["x-own"]);
}

#[test]
fn each_form_is_broken() {
    for rule in FIELD_RULES {
        let kind = RecordType::ALL.into_iter().find(|kind| !rule.forbidden.contains(kind)).unwrap();
        let mut fields = minimal(kind);
        fields.retain(|(name, _)| name != rule.name);
        fields.push((rule.name.into(), "\u{1}".into()));
        assert!(faults(kind, &fields).contains(&rule.name.to_owned()), "{}", rule.name);
    }
}

#[test]
fn rules_between_fields() {
    let with = |kind, name: &str, value: &str| {
        let mut fields = minimal(kind);
        fields.retain(|(n, _)| n != name);
        fields.push((name.into(), value.into()));
        breaches(kind, &fields)
    };
    let no_type = with(Response, "Content-Length", "12");
    assert_eq!((no_type.len(), no_type[0].shall), (1, false));
    assert_eq!(with(Continuation, "Content-Length", "12"), []);
    assert_eq!(with(Continuation, "WARC-Segment-Number", "1").len(), 1);
    assert_eq!(with(Response, "WARC-Segment-Number", "2").len(), 1);
    assert_eq!(with(Response, "WARC-Target-URI", "http://a/#b").len(), 1);
    assert_eq!(with(Resource, "WARC-Target-URI", "http://a/#b"), []);
    assert_eq!(with(Request, "WARC-Target-URI", "blob:http://a/1").len(), 1);
    let mut revisit = minimal(Revisit);
    revisit.retain(|(name, _)| name != "WARC-Payload-Digest");
    assert_eq!(faults(Revisit, &revisit), ["WARC-Payload-Digest"]);
    for (_, value) in &mut revisit {
        *value = value.replace("identical-payload-digest", "server-not-modified");
    }
    assert_eq!(faults(Revisit, &revisit), [""; 0]);
}

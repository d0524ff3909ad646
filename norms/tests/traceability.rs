//! From a requirement to its proof and back: each is proven by lines that a session writes, and falls when any of them is wrong.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the failure")]
#[path = "support/journal.rs"]
mod support;

use dossier::{Outcome, op};
use norms::{Condition, Exigence, Expect, FieldTest, Norm, Origin, StatusKind, check};
use serde_json::{Map, Value, json};
use support::{Line, full, journal, telephone};

/// Requirements that no line of a session proves, each with where it is proven instead, or why it is not. A rule that begins
/// to measure one must leave this list.
const ELSEWHERE: &[(&str, &str)] = &[
    ("Z67-ORG-05", "opinion words are looked for in the act's own text"),
    ("Z67-CAP-09", "derivatives are made after the session"),
    ("Z67-NAV-05", "no page of the sample session is behind a panel"),
    ("Z67-NAV-06", "without an account it has no object in the sample session"),
    ("Z67-POST-01", "copies come after the seal"),
    ("Z67-POST-02", "the link with the act is checked on the act"),
    ("Z67-POST-03", "custody comes after the seal"),
    ("Z67-POST-04", "the deposit is the officer's"),
    ("Z67-POST-05", "a third party verifies"),
];

fn norm() -> Norm {
    Norm::nf_z67_147().unwrap()
}

fn state(lines: &[Line], id: &str) -> StatusKind {
    check(&norm(), &journal(lines), None).row(id).unwrap().status.kind()
}

fn stands(kind: StatusKind) -> bool {
    matches!(kind, StatusKind::Met | StatusKind::Declared)
}

/// The sample session with what makes a requirement applicable that has no object in it: packets taken, a telephone declared.
fn session() -> Vec<Line> {
    let mut lines = full();
    let at = |lines: &[Line], wanted: &dossier::Operation| lines.iter().position(|line| line.0 == *wanted).unwrap();
    let begin = json!({"interfaces": ["eth0"], "budget": 1_000_000, "how": "AF_PACKET"});
    let place = at(&lines, &op::BROWSER_START);
    lines.insert(place, (op::PACKETS, Outcome::Begin, begin));
    let end = json!({"path": "net/paquets.pcapng", "packets": 12, "bytes": 3400, "kernel_drops": 0});
    let place = at(&lines, &op::BROWSER_STOP);
    lines.insert(place, (op::PACKETS, Outcome::Ok, end));
    let film = json!({"sound": true, "segments": 4, "seconds": 41, "milliseconds": 41_000, "gaps": 0, "last": "ab12"});
    lines.insert(place, (op::FILM_RECORDING, Outcome::Ok, film));
    let place = at(&lines, &op::MEASURE_DISPLAY);
    lines.insert(place, telephone());
    lines
}

#[test]
fn every_requirement_is_proven_by_a_session_or_said_to_be_proven_elsewhere() {
    let lines = session();
    let result = check(&norm(), &journal(&lines), None);
    let mut wrong = Vec::new();
    for row in &result.rows {
        let listed = ELSEWHERE.iter().any(|(id, _)| *id == row.id.as_str());
        let kind = row.status.kind();
        if stands(kind) == listed && kind != StatusKind::NotApplicable {
            wrong.push(format!("{} : {kind:?}, {}", row.id, row.status.reason().unwrap_or_default()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_requirement_that_stands_falls_when_any_of_its_lines_is_missing_undone_or_wrong() {
    let (norm, lines) = (norm(), session());
    let result = check(&norm, &journal(&lines), None);
    let (mut tried, mut effective) = (0, 0);
    let mut wrong = Vec::new();
    for exigence in norm.exigences() {
        let id = exigence.id.as_str();
        if !stands(result.row(id).unwrap().status.kind()) {
            continue;
        }
        effective += 1;
        for (what, mutant) in mutants(exigence, &lines) {
            tried += 1;
            if stands(state(&mutant, id)) {
                wrong.push(format!("{id} still stands: {what}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 150 && effective > 45, "{tried} ways for {effective} requirements");
}

/// Every way in which the lines that one requirement reads can be wrong, with its description.
fn mutants(exigence: &Exigence, lines: &[Line]) -> Vec<(String, Vec<Line>)> {
    let mut all = Vec::new();
    for condition in exigence.regle.conditions.iter().filter(|c| c.origin == Origin::Journal && !c.absence) {
        let operation = condition.ligne.as_ref().unwrap();
        let considered = |line: &Line| line.0 == *operation && passes(condition, line);
        let without: Vec<Line> = lines.iter().filter(|line| !considered(line)).cloned().collect();
        all.push((format!("no line {operation}"), without));
        if !condition.tolerer && condition.issue == [Outcome::Ok] {
            let undone = |line: &Line| match considered(line) {
                true => (line.0.clone(), Outcome::NotDone, json!({"why": "essai"})),
                false => line.clone(),
            };
            all.push((format!("{operation} not done"), lines.iter().map(undone).collect()));
        }
        for test in &condition.champs {
            let spoil = |line: &Line| match considered(line) {
                true => (line.0.clone(), line.1, spoiled(&line.2, test)),
                false => line.clone(),
            };
            let name = test.field.as_text();
            all.push((format!("{operation}: {name} is not {:?}", test.expects), lines.iter().map(spoil).collect()));
        }
    }
    all
}

fn passes(condition: &Condition, line: &Line) -> bool {
    let Value::Object(data) = &line.2 else { return false };
    condition.issue.contains(&line.1) && condition.filtre.iter().all(|test| test.holds(data))
}

/// The data with a value at the field that the test refuses.
fn spoiled(data: &Value, test: &FieldTest) -> Value {
    let bad = match &test.expects {
        Expect::Equals(Value::Bool(flag)) => json!(!flag),
        Expect::Equals(Value::Number(number)) => json!(number.as_i64().unwrap() + 7),
        Expect::Equals(_) | Expect::OneOf(_) => json!("autre"),
        Expect::Empty | Expect::Nothing => json!(["présent"]),
        Expect::NonEmpty => Value::Null,
        Expect::Absent => json!("présent"),
        Expect::Minimum(least) => json!(least - 1),
        Expect::Maximum(most) => json!(most + 1),
        Expect::SizeMinimum(0) => Value::Null,
        Expect::SizeMinimum(_) => json!([]),
        Expect::DistinctMaximum(_) => Value::Null,
        Expect::Without(text) => json!(format!("x {text} y")),
    };
    let path = test.field.as_text();
    let parts: Vec<&str> = path.split('.').collect();
    let mut data = data.clone();
    if matches!(test.expects, Expect::DistinctMaximum(_)) {
        differ(&mut data, &parts, &mut 0);
    } else {
        put(&mut data, &parts, &bad);
    }
    data
}

fn put(value: &mut Value, parts: &[&str], bad: &Value) {
    let Some((first, rest)) = parts.split_first() else {
        *value = bad.clone();
        return;
    };
    match (*first, value) {
        ("*", Value::Array(items)) => items.iter_mut().for_each(|item| put(item, rest, bad)),
        (key, Value::Object(map)) => put(map.entry(key).or_insert_with(|| Value::Object(Map::new())), rest, bad),
        _ => {}
    }
}

/// Every value at the path becomes another.
fn differ(value: &mut Value, parts: &[&str], count: &mut u32) {
    let Some((first, rest)) = parts.split_first() else {
        *count += 1;
        *value = json!(format!("valeur {count}"));
        return;
    };
    match (*first, value) {
        ("*", Value::Array(items)) => items.iter_mut().for_each(|item| differ(item, rest, count)),
        (key, Value::Object(map)) => {
            if let Some(inner) = map.get_mut(key) {
                differ(inner, rest, count);
            }
        }
        _ => {}
    }
}

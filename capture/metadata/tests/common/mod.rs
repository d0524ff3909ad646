//! What the tests share: the files made by real tools, and one way to read them.
#![allow(dead_code, reason = "each test binary uses its part")]
use std::fs;
use std::io::Cursor;
use std::path::PathBuf;

use metadata::{Declared, Value};

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/files")
}

/// The names of the files made by tools.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .expect("the folder of files")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .filter(|name| !name.ends_with(".py") && !name.ends_with(".md"))
        .collect();
    names.sort();
    assert!(names.len() >= 30, "{names:?}");
    names
}

pub(crate) fn octets(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn read(octets: &[u8]) -> Declared {
    metadata::read(&mut Cursor::new(octets), octets.len() as u64)
}

/// A value as one text.
pub(crate) fn text(declared: &Declared, key: &str) -> Option<String> {
    declared.get(key).map(|value| match value {
        Value::Text(text) | Value::Date(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::List(items) => items.join(" | "),
    })
}

/// What any reading keeps to, whatever the file.
pub(crate) fn check(declared: &Declared) {
    assert!(declared.facts.len() <= 300 && declared.cut.len() <= 50);
    let clean = |text: &str| assert!(text.chars().count() <= 2000 && !text.chars().any(char::is_control), "{text:?}");
    for fact in &declared.facts {
        match &fact.value {
            Value::Text(text) | Value::Date(text) => clean(text),
            Value::List(items) => {
                assert!(items.len() <= 200);
                items.iter().for_each(|item| clean(item));
            }
            Value::Number(_) => {}
        }
    }
    declared.cut.iter().for_each(|why| clean(why));
}

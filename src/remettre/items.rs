//! The first items of a list that a gathering read, line by line and bounded: a list may be hostile, and long.
use std::io::{BufRead, BufReader, Read};

use serde_json::Value;

/// Items shown of one list.
const SHOWN: usize = 200;
/// The longest line that is read.
const LONGEST: u64 = 1 << 20;

/// What is shown of a list.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// The first items.
    pub(super) shown: Vec<Value>,
    /// Whether there are more.
    pub(super) more: bool,
}

/// Reads the first items; a line that cannot be read ends the list, and is told as more.
pub(super) fn read(source: impl Read) -> Items {
    let mut source = BufReader::new(source);
    let mut items = Items::default();
    loop {
        let mut line = Vec::new();
        let read = source.by_ref().take(LONGEST).read_until(b'\n', &mut line);
        if matches!(read, Ok(0)) {
            return items;
        }
        let item = serde_json::from_slice::<Value>(&line).map(short);
        match item {
            Ok(item) if read.is_ok() && items.shown.len() < SHOWN => items.shown.push(item),
            _ => {
                items.more = true;
                return items;
            }
        }
    }
}

/// The fields that are shown, and no other: a line may hold the whole markup of an item.
fn short(mut item: Value) -> Value {
    if let Value::Object(fields) = &mut item {
        fields.retain(|name, _| ["n", "auteur", "date", "texte"].contains(&name.as_str()));
    }
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_bounded_whatever_they_hold() {
        let line = "{\"n\":1,\"texte\":\"a\",\"html\":\"<p>\"}\n";
        let all = read(line.repeat(3).as_bytes());
        assert_eq!((all.shown.len(), all.more), (3, false));
        assert_eq!(all.shown[0], serde_json::json!({"n": 1, "texte": "a"}));
        let many = read(line.repeat(500).as_bytes());
        assert_eq!((many.shown.len(), many.more), (SHOWN, true));
        let endless = read(std::io::repeat(b'[').take(50 << 20));
        assert!(endless.shown.is_empty() && endless.more);
    }
}

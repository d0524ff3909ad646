//! Counts the items that the network brought, from the answers themselves: what the page received and did not show is then known.
//!
//! Answers in JSON are read beside the recorder, on a thread of their own; only identifiers are kept.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use url::Url;

use crate::archive::{Exchange, ExchangeBody};
use crate::cdp::lock;

/// The largest answer that is read, in octets.
const LARGEST: u64 = 16 * 1024 * 1024;
/// The most identifiers of a document, and the deepest value.
const MOST: usize = 500_000;
const DEEPEST: usize = 24;

/// What an object is told by.
const NAMES: &[&str] =
    &["id", "_id", "uuid", "pk", "shortcode", "id_str", "rest_id", "comment_id", "post_id", "tid", "pid", "urn", "@id"];
/// What says that it is something people wrote.
const WORDS: &[&str] = &[
    "text",
    "texte",
    "full_text",
    "content",
    "contenu",
    "body",
    "message",
    "caption",
    "description",
    "comment",
    "commentaire",
    "raw",
    "cooked",
];

/// Answers of one kind: from one address, at one place in the value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) ids: BTreeSet<String>,
    pub(crate) answers: u64,
}

/// Address without its question, and JSON pointer with `*` for places in lists, to what came there.
pub(crate) type Groups = BTreeMap<(String, String), Group>;

#[derive(Debug, Default)]
struct Shared {
    groups: Mutex<Groups>,
    waiting: AtomicU64,
    /// Answers that could not be read: too large, or no JSON in spite of their type.
    unread: AtomicU64,
}

/// The count, while a session runs.
#[derive(Debug)]
pub(crate) struct Tally {
    shared: Arc<Shared>,
    sender: Sender<(String, Arc<Vec<u8>>)>,
}

impl Tally {
    /// Starts counting.
    pub(crate) fn start() -> std::io::Result<Self> {
        let (sender, receiver) = channel::<(String, Arc<Vec<u8>>)>();
        let shared = Arc::new(Shared::default());
        let here = Arc::clone(&shared);
        std::thread::Builder::new().name("constat-compte".into()).spawn(move || {
            for (address, body) in receiver {
                match serde_json::from_slice::<Value>(&body) {
                    Ok(value) => note(&mut lock(&here.groups), &address, &value),
                    Err(_) => {
                        here.unread.fetch_add(1, Ordering::SeqCst);
                    }
                }
                here.waiting.fetch_sub(1, Ordering::SeqCst);
            }
        })?;
        Ok(Self { shared, sender })
    }

    /// Takes an answer into account, when it is JSON.
    pub(crate) fn see(&self, exchange: &Exchange) {
        let Some(response) = &exchange.response else { return };
        if !response.media_type.to_ascii_lowercase().contains("json") || !(200..300).contains(&response.status) {
            return;
        }
        let address = place(&exchange.url);
        match &exchange.body {
            ExchangeBody::Bytes(bytes) if bytes.len() as u64 <= LARGEST => {
                self.shared.waiting.fetch_add(1, Ordering::SeqCst);
                if self.sender.send((address, Arc::clone(bytes))).is_err() {
                    self.shared.waiting.fetch_sub(1, Ordering::SeqCst);
                }
            }
            ExchangeBody::None => {}
            _ => {
                self.shared.unread.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    /// Whether some answers are still being read.
    pub(crate) fn is_busy(&self) -> bool {
        self.shared.waiting.load(Ordering::SeqCst) > 0
    }

    /// What was counted since the last time it was taken, and how many answers could not be read.
    pub(crate) fn take(&self) -> (Groups, u64) {
        (std::mem::take(&mut *lock(&self.shared.groups)), self.shared.unread.swap(0, Ordering::SeqCst))
    }
}

fn place(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut url) => {
            url.set_query(None);
            url.set_fragment(None);
            url.to_string()
        }
        Err(_) => url.chars().take(500).collect(),
    }
}

/// Adds the identifiers of what people wrote. A list of what is to be seen, not a recursion: the value is as deep as its sender wants.
fn note(groups: &mut Groups, address: &str, value: &Value) {
    let mut room = MOST.saturating_sub(groups.values().map(|g| g.ids.len()).sum());
    let mut met = BTreeSet::new();
    let mut left = vec![(value, String::new(), 0)];
    while let Some((value, pointer, depth)) = left.pop() {
        if depth > DEEPEST || room == 0 {
            continue;
        }
        match value {
            Value::Array(list) => left.extend(list.iter().map(|one| (one, format!("{pointer}/*"), depth + 1))),
            Value::Object(object) => {
                let says = WORDS.iter().any(|word| object.get(*word).is_some_and(|v| v.is_string() || v.is_object()));
                let named = NAMES.iter().find_map(|name| Some((name, identifier(object.get(*name)?)?)));
                if says && let Some((name, id)) = named {
                    let at = (address.to_owned(), format!("{pointer}/{name}"));
                    let group = groups.entry(at.clone()).or_default();
                    group.answers += u64::from(met.insert(at));
                    room -= usize::from(group.ids.insert(id));
                }
                left.extend(object.iter().map(|(key, one)| (one, format!("{pointer}/{key}"), depth + 1)));
            }
            _ => {}
        }
    }
}

fn identifier(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() && text.len() <= 300 => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The last part of a key or identifier, which an address and an identifier of the same item share.
pub(crate) fn tail(key: &str) -> &str {
    let end = key.trim_end_matches('/');
    end.rsplit(['/', '#', '=', '_', ':', '-', '?', '&']).next().filter(|part| !part.is_empty()).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_people_wrote_is_counted_where_it_stands() {
        let answer = json!({"page": 2, "items": [
            {"id": 7, "text": "un", "replies": [{"id": "r1", "text": "deux", "author": {"id": 99, "name": "Ada"}}]},
            {"id": 8, "text": "trois"}, {"id": 8, "text": "trois"}, {"id": 9, "image": "rien d'écrit"},
        ]});
        let mut groups = Groups::new();
        note(&mut groups, "http://a/api", &answer);
        let at =
            |pointer: &str| groups.get(&("http://a/api".to_owned(), pointer.to_owned())).cloned().unwrap_or_default();
        assert_eq!(at("/items/*/id").ids, BTreeSet::from(["7".to_owned(), "8".to_owned()]));
        assert_eq!(at("/items/*/replies/*/id").ids, BTreeSet::from(["r1".to_owned()]));
        assert_eq!(groups.len(), 2);
        assert_eq!(at("/items/*/id").answers, 1);
    }

    #[test]
    fn an_address_and_an_identifier_meet_at_their_end() {
        for (key, wanted) in [
            ("http://a/p/1042", "1042"),
            ("comment-12", "12"),
            ("http://a/f?t=3#p77", "p77"),
            ("urn:li:activity:5/", "5"),
            ("a", "a"),
        ] {
            assert_eq!(tail(key), wanted);
        }
    }

    proptest! {
        #[test]
        fn any_value_is_walked(text in "[\\[\\]{}\",:a-z0-9]{0,200}") {
            if let Ok(value) = serde_json::from_str::<Value>(&text) { note(&mut Groups::new(), "a", &value); }
        }
    }
}

//! The items that `recueillir` gathered, matched by their key: which came, which went, which say something else.
use std::collections::BTreeMap;

use dossier::Artefact;
use serde::Serialize;
use serde_json::Value;

use super::facts::Gathered;
use super::run::Run;
use super::texts::shortened;

/// Items of one gathering, and octets of its lists, read at most.
const MOST_ITEMS: usize = 200_000;
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// Items told of each kind; all are counted.
const MOST_TOLD: usize = 2_000;
/// Characters told of a text.
const LONGEST_TEXT: usize = 4_000;

/// An item, as its line tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Item {
    #[serde(rename = "cle")]
    pub(super) key: String,
    pub(super) n: u64,
    pub(super) auteur: String,
    pub(super) date: String,
    pub(super) texte: String,
}

/// The items of one side.
#[derive(Debug, Default)]
pub(super) struct Items {
    by_key: BTreeMap<String, Item>,
    /// Lines that are no item, lines whose key an earlier one has, and whether some were left unread.
    unread: usize,
    twice: usize,
    cut: bool,
}

/// What differs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ItemsDifference {
    pub(super) before: Gathered,
    pub(super) after: Gathered,
    pub(super) appeared_count: usize,
    pub(super) vanished_count: usize,
    pub(super) changed_count: usize,
    pub(super) appeared: Vec<Item>,
    pub(super) vanished: Vec<Item>,
    pub(super) changed: Vec<ItemChange>,
    /// What keeps the lists from being compared wholly, in words.
    pub(super) reserves: Vec<String>,
}

/// An item that says something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct ItemChange {
    #[serde(rename = "cle")]
    pub(super) key: String,
    pub(super) before: Item,
    pub(super) after: Item,
}

impl Items {
    /// Reads the lists of a gathering.
    pub(super) fn read(run: &Run, lists: &[Artefact]) -> Result<Self, String> {
        let (mut items, mut room) = (Self::default(), MOST_BYTES);
        for list in lists {
            if list.digests.bytes > room {
                items.cut = true;
                break;
            }
            room -= list.digests.bytes;
            items.add(&run.read(list, MOST_BYTES)?);
        }
        Ok(items)
    }

    fn add(&mut self, bytes: &[u8]) {
        for line in bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            if self.by_key.len() >= MOST_ITEMS {
                self.cut = true;
                return;
            }
            match serde_json::from_slice::<Value>(line).ok().as_ref().and_then(item) {
                None => self.unread += 1,
                Some(item) if self.by_key.contains_key(&item.key) => self.twice += 1,
                Some(item) => {
                    self.by_key.insert(item.key.clone(), item);
                }
            }
        }
    }

    fn reserves(&self, side: &str) -> Vec<String> {
        let told = |n: usize, what: &str| (n > 0).then(|| format!("{side} : {n} {what}"));
        let cut = format!("{side} : la liste est trop longue, ce qui en dépasse n'est pas comparé");
        [
            told(self.unread, "ligne(s) de la liste ne sont pas lisibles"),
            told(self.twice, "publication(s) ont la clé d'une autre : seule la première est comparée"),
            self.cut.then_some(cut),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn item(line: &Value) -> Option<Item> {
    let text = |key: &str| line.get(key).and_then(Value::as_str).map(plain).unwrap_or_default();
    let texte = text("texte");
    Some(Item {
        key: line.get("cle")?.as_str()?.to_owned(),
        n: line.get("n").and_then(Value::as_u64).unwrap_or(0),
        auteur: text("auteur"),
        date: text("date"),
        texte: if texte.is_empty() { text("affiche") } else { texte },
    })
}

/// Words and single spaces: how a page breaks its lines is not what it says.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Compares the items of two gatherings. An author and a text count; a date does not, it may be written « 3 h ».
pub(super) fn difference(before: (&Items, Gathered), after: (&Items, Gathered)) -> ItemsDifference {
    let (old, new) = (&before.0.by_key, &after.0.by_key);
    let alone = |ours: &BTreeMap<String, Item>, theirs: &BTreeMap<String, Item>| {
        let mut items: Vec<Item> = ours.values().filter(|item| !theirs.contains_key(&item.key)).cloned().collect();
        items.sort_by(|a, b| (a.n, &a.key).cmp(&(b.n, &b.key)));
        (items.len(), items.into_iter().take(MOST_TOLD).map(short).collect::<Vec<_>>())
    };
    let said = |item: &Item| (item.auteur.clone(), item.texte.clone());
    let pairs = new.values().filter_map(|after| Some((old.get(&after.key)?, after)));
    let mut changed: Vec<(&Item, &Item)> = pairs.filter(|(a, b)| said(a) != said(b)).collect();
    changed.sort_by_key(|(_, after)| after.n);
    let told = |(a, b): &(&Item, &Item)| ItemChange {
        key: shortened(&a.key, LONGEST_TEXT),
        before: short((*a).clone()),
        after: short((*b).clone()),
    };
    let (appeared_count, appeared) = alone(new, old);
    let (vanished_count, vanished) = alone(old, new);
    let mut reserves = before.0.reserves("avant");
    reserves.extend(after.0.reserves("après"));
    ItemsDifference {
        before: before.1,
        after: after.1,
        appeared_count,
        vanished_count,
        changed_count: changed.len(),
        appeared,
        vanished,
        changed: changed.iter().take(MOST_TOLD).map(told).collect(),
        reserves,
    }
}

fn short(item: Item) -> Item {
    let cut = |text: &str| shortened(text, LONGEST_TEXT);
    Item { key: cut(&item.key), n: item.n, auteur: cut(&item.auteur), date: cut(&item.date), texte: cut(&item.texte) }
}

impl ItemsDifference {
    /// Whether nothing changed: neither an item, nor what the site counts, nor why the gathering ended.
    pub(super) fn is_empty(&self) -> bool {
        let counted = |g: &Gathered| (g.collected, g.counter, g.reason.clone());
        let items = self.appeared_count + self.vanished_count + self.changed_count;
        items == 0 && counted(&self.before) == counted(&self.after)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn items(lines: &str) -> Items {
        let mut items = Items::default();
        items.add(lines.as_bytes());
        items
    }

    fn gathered(n: i64) -> Gathered {
        Gathered { collected: n, reason: "end".into(), counter: Some(n), counter_text: None }
    }

    #[test]
    fn items_are_matched_by_their_key() {
        let before = items(
            "{\"cle\":\"a\",\"n\":1,\"texte\":\"un\\n mot\",\"date\":\"1 h\"}\n{\"cle\":\"b\",\"n\":2,\"texte\":\"deux\"}\n",
        );
        let after = items(
            "{\"cle\":\"c\",\"n\":1,\"texte\":\"trois\"}\n{\"cle\":\"a\",\"n\":2,\"texte\":\"un mot\",\"date\":\"2 h\"}\n",
        );
        let found = difference((&before, gathered(2)), (&after, gathered(2)));
        assert_eq!((found.appeared_count, found.vanished_count, found.changed_count), (1, 1, 0));
        assert_eq!((found.appeared[0].key.as_str(), found.vanished[0].key.as_str()), ("c", "b"));
        let changed = items("{\"cle\":\"a\",\"texte\":\"\",\"affiche\":\"autre\"}\nrien\n[]\n{\"cle\":\"a\"}\n");
        let found = difference((&before, gathered(2)), (&changed, gathered(1)));
        assert_eq!((found.changed_count, found.vanished_count), (1, 1));
        assert_eq!(
            (found.changed[0].before.texte.as_str(), found.changed[0].after.texte.as_str()),
            ("un mot", "autre")
        );
        assert_eq!(found.reserves.len(), 2, "{:?}", found.reserves);
    }

    #[test]
    fn a_counter_alone_is_a_change() {
        let one = items("{\"cle\":\"a\"}");
        assert!(difference((&one, gathered(1)), (&one, gathered(1))).is_empty());
        assert!(!difference((&one, gathered(1)), (&one, gathered(2))).is_empty());
    }

    proptest! {
        #[test]
        fn any_octets_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut items = Items::default();
            items.add(&bytes);
            let _ = difference((&items, gathered(0)), (&items, gathered(0)));
        }
    }
}

//! What was seen of each item: on which pictures, how much of it; and the line that tells it once it has left the window.
use serde_json::{Value, json};

use crate::cdp::{text, whole};

/// How often the text of one item may change while it is looked at, each time told.
const REVISIONS: usize = 8;
/// How many rows of pixels at an edge may lack before an item is called cut: borders and shadows are not drawn to the row.
const EDGE: i64 = 3;

/// What one look at the window gave.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// The items in sight, from top to bottom as the document has them.
    pub(crate) items: Vec<Sighted>,
    /// Items met so far in the document.
    pub(crate) known: u64,
    /// Items and elements of the document now.
    pub(crate) dom: u64,
    pub(crate) nodes: u64,
    /// What the window still waits for.
    pub(crate) waiting: u64,
    /// Items in sight that one answer had no room for.
    pub(crate) untold: u64,
    /// The part of the window that shows the feed: what is fixed above and below is left out. CSS pixels.
    pub(crate) band: (i64, i64),
    /// How far the feed is scrolled, how much of it is in sight, and how tall it is.
    pub(crate) scroll: i64,
    pub(crate) client: i64,
    pub(crate) height: i64,
    /// The whole answer, for what is asked seldom.
    pub(crate) answer: Value,
}

/// An item in sight.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sighted {
    pub(crate) key: String,
    /// Where it stands in the window, in CSS pixels.
    pub(crate) top: i64,
    pub(crate) bottom: i64,
    pub(crate) left: i64,
    pub(crate) width: i64,
    /// Rows of the window in which something else is drawn over it.
    pub(crate) hidden: Vec<(i64, i64)>,
    /// What it says, when it is new or has changed.
    pub(crate) data: Option<Value>,
}

impl Look {
    pub(crate) fn read(answer: Value) -> Option<Self> {
        let get = |pointer| whole(&answer, pointer);
        let count = |pointer| get(pointer).and_then(|n| u64::try_from(n).ok());
        let items = answer.get("items")?.as_array()?.iter().filter_map(sighted).collect();
        Some(Self {
            items,
            known: count("/known")?,
            dom: count("/dom")?,
            nodes: count("/nodes")?,
            waiting: count("/waiting")?,
            untold: count("/untold").unwrap_or(0),
            band: (get("/top")?, get("/bottom")?),
            scroll: get("/scroll")?,
            client: get("/client")?,
            height: get("/height")?,
            answer,
        })
    }

    /// Whether the same items stand at the same places.
    pub(crate) fn same_places(&self, other: &Self) -> bool {
        let places = |look: &Self| look.items.iter().map(|i| (i.key.clone(), i.top, i.bottom)).collect::<Vec<_>>();
        places(self) == places(other)
    }

    /// How far to move down so that what is cut at the bottom is whole next time, and nothing is passed over.
    pub(crate) fn stride(&self) -> i64 {
        let (top, bottom) = self.band;
        let room = (bottom - top).max(40);
        // What a corner of the page hides is brought up too; under a panel that hides everything, nothing would be gained.
        let some_seen = self.items.iter().any(|item| item.hidden.is_empty());
        let hides = |item: &Sighted| some_seen && !item.hidden.is_empty() && item.top > top + 8;
        let lacking = self.items.iter().filter(|item| item.bottom > bottom + EDGE || hides(item));
        let cut = lacking.map(|item| item.top).min();
        match cut {
            // Taller than the window: by pieces that overlap.
            Some(at) if at <= top + 8 => room - 40.min(room / 4),
            Some(at) => (at - top - 4).max(1),
            None => {
                let end = self.items.iter().map(|item| item.bottom).max().unwrap_or(bottom);
                (end.min(bottom) - top - 8).max(room / 2)
            }
        }
    }

    /// Whether nothing is below what is in sight.
    pub(crate) fn at_end(&self) -> bool {
        self.scroll + self.client + 1 >= self.height
    }
}

fn sighted(one: &Value) -> Option<Sighted> {
    let get = |pointer| whole(one, pointer);
    Some(Sighted {
        key: text(one, "/key")?.chars().take(4000).collect(),
        top: get("/top")?,
        bottom: get("/bottom")?,
        left: get("/left")?,
        width: get("/width")?,
        hidden: one.get("hidden").and_then(Value::as_array).into_iter().flatten().filter_map(rows).collect(),
        data: one.get("data").cloned(),
    })
}

fn rows(pair: &Value) -> Option<(i64, i64)> {
    Some((whole(pair, "/0")?, whole(pair, "/1")?))
}

/// What is left of some rows without others.
fn without((from, to): (i64, i64), hidden: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut left = vec![(from, to)];
    for (first, last) in hidden {
        left = left
            .into_iter()
            .flat_map(|(from, to)| [(from, to.min(*first)), (from.max(*last), to)])
            .filter(|(from, to)| from < to)
            .collect();
    }
    left
}

/// An item from the first time it was in sight.
#[derive(Debug)]
pub(crate) struct Seen {
    /// From 1, in the order in which they came in sight.
    pub(crate) n: u32,
    data: Value,
    first: Value,
    revisions: Vec<Value>,
    height: i64,
    /// Rows seen, from the top of the item.
    rows: Vec<(i64, i64)>,
    views: Vec<Value>,
}

impl Seen {
    pub(crate) fn new(n: u32, data: Value, at: Value) -> Self {
        Self { n, data, first: at, revisions: Vec::new(), height: 0, rows: Vec::new(), views: Vec::new() }
    }

    /// Its text changed since it was read: both are kept.
    pub(crate) fn changed(&mut self, data: Value, at: &Value) {
        let said = |data: &Value| data.get("affiche").cloned().unwrap_or(Value::Null);
        if said(&self.data) == said(&data) {
            return;
        }
        if self.revisions.len() < REVISIONS {
            self.revisions.push(json!({"jusqu_a": at, "affiche": said(&self.data)}));
        }
        let texte = |data: &Value| data.get("texte").cloned().unwrap_or(Value::Null);
        let again = texte(&self.data) != texte(&data);
        self.data = data;
        // What was pictured said something else; a counter or a button beside it is no matter.
        if again {
            self.rows.clear();
        }
    }

    /// It stands on a picture: at `frame`, whose band is `band`. Scale is pixels of the picture for one CSS pixel.
    pub(crate) fn pictured(&mut self, at: &Sighted, band: (i64, i64), frame: &Value) {
        self.height = at.bottom - at.top;
        let (from, to) = (at.top.max(band.0), at.bottom.min(band.1));
        if from >= to {
            return;
        }
        let seen = without((from, to), &at.hidden);
        self.rows.extend(seen.into_iter().map(|(from, to)| (from - at.top, to - at.top)));
        let mut view = frame.clone();
        view["x"] = json!(at.left);
        view["y"] = json!(from);
        view["largeur"] = json!(at.width);
        view["hauteur"] = json!(to - from);
        self.views.push(view);
    }

    /// Whether every row of it stands on a picture.
    pub(crate) fn is_whole(&self) -> bool {
        let mut rows = self.rows.clone();
        rows.sort_unstable();
        let mut reached = 0;
        for (from, to) in rows {
            if from > reached + EDGE {
                return false;
            }
            reached = reached.max(to);
        }
        !self.rows.is_empty() && reached + EDGE >= self.height
    }

    /// What its line says of a field.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.data.get(field).and_then(Value::as_str).is_some_and(|value| !value.trim().is_empty())
    }

    /// Who may read it, as the page says.
    pub(crate) fn audience(&self) -> Option<String> {
        let said = text(&self.data, "/audience")?.split_whitespace().collect::<Vec<_>>().join(" ");
        (!said.is_empty()).then(|| said.chars().take(200).collect())
    }

    /// Whether nothing but its content tells it from others.
    pub(crate) fn is_by_content(&self) -> bool {
        text(&self.data, "/cle").is_some_and(|key| key.starts_with("contenu:"))
    }

    /// Its line in the list.
    pub(crate) fn line(&self) -> Vec<u8> {
        let mut line = self.data.clone();
        line["n"] = json!(self.n);
        line["vue_a"] = self.first.clone();
        line["entiere"] = json!(self.is_whole());
        line["images"] = json!(self.views);
        line["revisions"] = json!(self.revisions);
        let mut bytes = line.to_string().into_bytes();
        bytes.push(b'\n');
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn item(top: i64, bottom: i64) -> Sighted {
        Sighted { key: "k".into(), top, bottom, left: 0, width: 100, hidden: Vec::new(), data: None }
    }

    fn look(items: Vec<Sighted>, scroll: i64) -> Look {
        Look {
            items,
            known: 0,
            dom: 0,
            nodes: 0,
            waiting: 0,
            untold: 0,
            band: (50, 800),
            scroll,
            client: 800,
            height: 100_000,
            answer: Value::Null,
        }
    }

    #[test]
    fn what_is_cut_at_the_bottom_comes_next() {
        assert_eq!(look(vec![item(60, 300), item(310, 700), item(710, 1000)], 0).stride(), 710 - 50 - 4);
        // Taller than the window: less than a window further.
        assert_eq!(look(vec![item(40, 3000)], 0).stride(), 710);
        assert_eq!(look(vec![item(60, 300)], 0).stride(), 375);
    }

    #[test]
    fn what_is_drawn_over_an_item_is_not_seen_of_it() {
        assert_eq!(without((0, 100), &[]), [(0, 100)]);
        assert_eq!(without((0, 100), &[(20, 30), (90, 120)]), [(0, 20), (30, 90)]);
        assert_eq!(without((10, 20), &[(0, 100)]), []);
        let hidden = |rows: &[(i64, i64)], top, bottom| Sighted { hidden: rows.to_vec(), ..item(top, bottom) };
        let mut seen = Seen::new(1, json!({}), json!(0));
        seen.pictured(&hidden(&[(300, 700)], 60, 460), (50, 800), &json!({}));
        assert!(!seen.is_whole());
        seen.pictured(&hidden(&[(300, 700)], -140, 260), (50, 800), &json!({}));
        assert!(seen.is_whole(), "two views make it whole");
        // A bubble in a corner: what it hides comes up; a panel over everything: the way goes on as without it.
        let bubble = look(vec![item(60, 300), hidden(&[(600, 790)], 310, 780)], 0);
        assert_eq!(bubble.stride(), 310 - 50 - 4);
        let panel = look(vec![hidden(&[(0, 800)], 60, 300), hidden(&[(0, 800)], 310, 780)], 0);
        assert_eq!(panel.stride(), 780 - 50 - 8);
    }

    #[test]
    fn a_change_of_text_is_kept_and_pictured_again() {
        let mut seen = Seen::new(1, json!({"affiche": "avant", "texte": "avant", "cle": "a"}), json!(0));
        seen.pictured(&item(60, 300), (50, 800), &json!({}));
        assert!(seen.is_whole());
        seen.changed(json!({"affiche": "après", "texte": "après", "cle": "a"}), &json!(1));
        assert!(!seen.is_whole());
        let line: Value = serde_json::from_slice(&seen.line()).unwrap();
        assert_eq!(line["revisions"][0]["affiche"], "avant");
        assert_eq!(line["affiche"], "après");
    }

    proptest! {
        /// Items of any height, scrolled by strides, are all seen whole.
        #[test]
        fn strides_pass_over_nothing(heights in prop::collection::vec(5_i64..2500, 1..60)) {
            let mut seen: Vec<Seen> = heights.iter().map(|_| Seen::new(1, json!({}), json!(0))).collect();
            let total: i64 = heights.iter().sum::<i64>() + 60;
            let (mut scroll, mut stops) = (0, 0);
            loop {
                let mut at = 60 - scroll;
                let mut items = Vec::new();
                for (i, height) in heights.iter().enumerate() {
                    let one = item(at, at + height);
                    at += height;
                    if one.bottom > 51 && one.top < 799 {
                        seen[i].pictured(&one, (50, 800), &json!({}));
                        items.push(one);
                    }
                }
                if scroll + 800 >= total || stops > 1000 { break; }
                let stride = look(items, scroll).stride();
                prop_assert!(stride > 0);
                scroll = (scroll + stride).min(total - 800).max(scroll);
                stops += 1;
            }
            for one in &seen { prop_assert!(one.is_whole()); }
        }
    }
}

//! Links and text of closed shadow trees, which no script may enter: read from the snapshot of the document that the
//! browser gives (`DOMSnapshot.captureSnapshot`), with their place as laid out.
use std::collections::BTreeMap;

use serde_json::{Value, json};
use url::Url;

/// The most nodes of one document that are looked at.
const NODES: usize = 500_000;
/// Trees kept of one document, and links of one.
const TREES: usize = 500;
const LINKS: usize = 10_000;
/// The longest text of a tree, and of a link, in characters.
const TEXT: usize = 20_000;
const LINK: usize = 300;
/// The longest address.
const ADDRESS: usize = 2_000;

/// What one document holds in closed trees.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Closed {
    /// Its frame, as the browser names it.
    pub(super) frame: String,
    /// `{text, href, x, y, width, height, shown, shadow: "closed"}`.
    pub(super) links: Vec<Value>,
    /// `{host, text}`: the host's element, and what is laid out in its tree.
    pub(super) trees: Vec<Value>,
    /// There were more.
    pub(super) more: bool,
}

/// The closed trees of every document of a snapshot.
pub(super) fn read(snapshot: &Value) -> Vec<Closed> {
    let strings = snapshot.get("strings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let documents = snapshot.get("documents").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    documents.iter().map(|document| Nodes::of(document, strings).closed()).collect()
}

/// One document, its tables by node.
struct Nodes<'s> {
    document: &'s Value,
    strings: &'s [Value],
    count: usize,
    /// Whether the document has more nodes than are looked at.
    more: bool,
    /// Node to its place in the table of layout.
    laid: BTreeMap<usize, usize>,
    /// Node to the closed tree it stands in, by the host's node.
    hosts: BTreeMap<usize, usize>,
}

impl<'s> Nodes<'s> {
    fn of(document: &'s Value, strings: &'s [Value]) -> Self {
        let list = |pointer: &str| document.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len);
        let all = list("/nodes/parentIndex");
        let count = all.min(NODES);
        let mut nodes =
            Self { document, strings, count, more: all > count, laid: BTreeMap::new(), hosts: BTreeMap::new() };
        for at in 0..list("/layout/nodeIndex").min(NODES) {
            if let Some(node) = nodes.index("/layout/nodeIndex", at) {
                nodes.laid.entry(node).or_insert(at);
            }
        }
        nodes.find_hosts();
        nodes
    }

    /// A parent stands before its children: one pass tells of each node whether it is in a closed tree.
    fn find_hosts(&mut self) {
        let mut kinds = BTreeMap::new();
        let path = "/nodes/shadowRootType";
        let marked = self.document.pointer(&format!("{path}/index")).and_then(Value::as_array).map_or(0, Vec::len);
        for at in 0..marked.min(NODES) {
            let node = self.index(&format!("{path}/index"), at);
            if let (Some(node), Some(kind)) = (node, self.string(&format!("{path}/value"), at)) {
                kinds.insert(node, kind);
            }
        }
        for node in 0..self.count {
            let Some(parent) = self.index("/nodes/parentIndex", node) else { continue };
            if let Some(host) = self.hosts.get(&parent).copied() {
                self.hosts.insert(node, host);
            } else if kinds.get(&node) == Some(&"closed") && kinds.get(&parent) != Some(&"user-agent") {
                self.hosts.insert(node, parent);
            }
        }
    }

    fn index(&self, pointer: &str, at: usize) -> Option<usize> {
        let value = self.document.pointer(pointer)?.get(at)?.as_i64()?;
        usize::try_from(value).ok()
    }

    fn string(&self, pointer: &str, at: usize) -> Option<&'s str> {
        self.strings.get(self.index(pointer, at)?)?.as_str()
    }

    fn attribute(&self, node: usize, name: &str) -> Option<&'s str> {
        let list = self.document.pointer("/nodes/attributes")?.get(node)?.as_array()?;
        let word = |value: &Value| self.strings.get(usize::try_from(value.as_i64()?).ok()?)?.as_str();
        let pair = list.chunks_exact(2).find(|pair| pair.first().and_then(word) == Some(name))?;
        pair.get(1).and_then(word)
    }

    /// The text a node lays out.
    fn laid_text(&self, node: usize) -> Option<&'s str> {
        self.string("/layout/text", *self.laid.get(&node)?).filter(|text| !text.trim().is_empty())
    }

    fn closed(&self) -> Closed {
        let frame = self.document.get("frameId").and_then(Value::as_i64).and_then(|n| usize::try_from(n).ok());
        let frame = frame.and_then(|n| self.strings.get(n)?.as_str()).unwrap_or("").to_owned();
        let mut closed = Closed { frame, more: self.more, ..Closed::default() };
        let mut texts: BTreeMap<usize, String> = BTreeMap::new();
        for (node, host) in &self.hosts {
            let tree = texts.entry(*host).or_default();
            if let Some(text) = self.laid_text(*node) {
                closed.more |= !append(tree, text, TEXT);
            }
            let name = self.string("/nodes/nodeName", *node).unwrap_or("").to_ascii_lowercase();
            if matches!(name.as_str(), "a" | "area") && closed.links.len() < LINKS {
                closed.links.extend(self.link(*node));
            }
        }
        closed.more |= texts.len() > TREES || closed.links.len() >= LINKS;
        closed.trees =
            texts.into_iter().take(TREES).map(|(host, text)| json!({"host": self.named(host), "text": text})).collect();
        closed
    }

    /// The host's element: tag and identifier.
    fn named(&self, node: usize) -> String {
        let tag = self.string("/nodes/nodeName", node).unwrap_or("").to_ascii_lowercase();
        let id = self.attribute(node, "id").map(|id| format!("#{id}")).unwrap_or_default();
        format!("{tag}{id}").chars().filter(|c| !c.is_control()).take(200).collect()
    }

    fn link(&self, node: usize) -> Option<Value> {
        let written = self.attribute(node, "href").or_else(|| self.attribute(node, "xlink:href"))?;
        let base = self.document.get("baseURL").and_then(Value::as_i64).and_then(|n| usize::try_from(n).ok());
        let base = base.and_then(|n| Url::parse(self.strings.get(n)?.as_str()?).ok());
        // As the page would resolve it (URL, "encoding-parsing"); what is no address stays as written.
        let href = match base.as_ref().map_or_else(|| Url::parse(written), |base| base.join(written)) {
            Ok(url) => String::from(url),
            Err(_) => written.to_owned(),
        };
        let bounds = self.laid.get(&node).and_then(|at| self.document.pointer("/layout/bounds")?.get(*at)?.as_array());
        let side = |n: usize| bounds.and_then(|b| b.get(n)?.as_f64()).map(f64::round);
        Some(json!({
            "text": self.text_under(node), "href": href.chars().take(ADDRESS).collect::<String>(), "x": side(0), "y": side(1),
            "width": side(2), "height": side(3), "shown": bounds.is_some(), "shadow": "closed",
        }))
    }

    /// What is laid out under a node: its descendants follow it at once.
    fn text_under(&self, node: usize) -> String {
        let mut under = String::new();
        let mut inside = std::collections::BTreeSet::from([node]);
        for next in node..self.count {
            let within = next == node || self.index("/nodes/parentIndex", next).is_some_and(|p| inside.contains(&p));
            if !within {
                break;
            }
            inside.insert(next);
            if let Some(text) = self.laid_text(next)
                && self.string("/nodes/nodeName", next) == Some("#text")
                && !append(&mut under, text, LINK)
            {
                break;
            }
        }
        under.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Adds a piece of text; false when it does not fit.
fn append(to: &mut String, text: &str, most: usize) -> bool {
    let room = most.saturating_sub(to.chars().count());
    to.extend(text.chars().take(room));
    if !to.ends_with(char::is_whitespace) {
        to.push(' ');
    }
    text.chars().count() <= room
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn links_of_a_closed_tree_are_read_and_those_of_an_open_one_are_left() {
        // <div#h> closed: <p>Texte</p><a href=lien.html>un <b>deux</b></a>; <div> open: <a href=/x>
        let strings = [
            "http://a.test/",
            "F1",
            "DIV",
            "id",
            "h",
            "closed",
            "P",
            "#text",
            "Texte",
            "A",
            "href",
            "lien.html",
            "un ",
            "B",
            "deux",
            "open",
            "/x",
            "BODY",
        ];
        let snapshot = json!({"strings": strings, "documents": [{
            "baseURL": 0, "frameId": 1,
            "nodes": {
                "parentIndex": [-1, 0, 1, 2, 1, 4, 4, 6, 0, 8],
                "nodeName": [17, 2, 6, 7, 9, 7, 13, 7, 2, 9],
                "attributes": [[], [3, 4], [], [], [10, 11], [], [], [], [], [10, 16]],
                "shadowRootType": {"index": [2, 3, 4, 5, 6, 7, 9], "value": [5, 5, 5, 5, 5, 5, 15]},
            },
            "layout": {"nodeIndex": [3, 4, 5, 7], "text": [8, -1, 12, 14], "bounds": [[0, 0, 1, 1], [8, 50.4, 57.3, 17], [], []]},
        }]});
        let read = read(&snapshot);
        assert_eq!(read[0].frame, "F1");
        assert_eq!(read[0].trees, [json!({"host": "div#h", "text": "Texte un deux "})]);
        assert_eq!(
            read[0].links,
            [json!({"text": "un deux", "href": "http://a.test/lien.html", "x": 8.0, "y": 50.0, "width": 57.0,
                "height": 17.0, "shown": true, "shadow": "closed"})]
        );
    }

    proptest! {
        #[test]
        fn tables_that_do_not_fit_are_read_without_panic(
            parents in prop::collection::vec(-3_i64..9, 0..9), marks in prop::collection::vec(-2_i64..9, 0..9),
        ) {
            let snapshot = json!({"strings": ["closed", "A", "href", "x"], "documents": [{
                "baseURL": 7, "frameId": -1,
                "nodes": {"parentIndex": parents, "nodeName": marks, "attributes": [marks, marks],
                    "shadowRootType": {"index": marks, "value": marks}},
                "layout": {"nodeIndex": marks, "text": parents, "bounds": [marks]},
            }]});
            prop_assert_eq!(read(&snapshot).len(), 1);
            let none = read(&json!({"documents": 3}));
            prop_assert!(none.is_empty());
        }
    }
}

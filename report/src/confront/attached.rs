//! The files attached to a PDF (ISO 32000-1, 7.11.4 and 7.9.6), read under bounds.
use std::collections::BTreeMap;

use lopdf::{Dictionary, Document, Object};

/// The longest attachment read from a PDF, in octets.
const MAX_BYTES: usize = 256 * 1024 * 1024;
/// How many nodes of the name tree of attachments are visited.
const MAX_NODES: usize = 1000;

/// The octets of the attachment of that name.
pub(crate) fn named(document: &Document, name: &str) -> Option<Vec<u8>> {
    let file = specifications(document)?.remove(name.as_bytes())?;
    content(document, file)
}

/// Every attachment with its octets; `None` when one cannot be read, or two have the same name.
pub(super) fn all(document: &Document) -> Option<BTreeMap<Vec<u8>, Vec<u8>>> {
    specifications(document)?.into_iter().map(|(name, file)| Some((name, content(document, file)?))).collect()
}

/// The file specifications by name; `None` when two have the same name, or there are too many.
fn specifications(document: &Document) -> Option<BTreeMap<Vec<u8>, &Dictionary>> {
    let mut found = BTreeMap::new();
    let Some(names) = entry(document, document.catalog().ok()?, b"Names") else { return Some(found) };
    let mut queue: Vec<&Dictionary> = entry(document, names, b"EmbeddedFiles").into_iter().collect();
    let mut visited = 0;
    while let Some(node) = queue.pop() {
        visited += 1;
        if visited > MAX_NODES {
            return None;
        }
        let list = |key: &[u8]| node.get(key).ok().and_then(|o| document.dereference(o).ok()?.1.as_array().ok());
        for kid in list(b"Kids").into_iter().flatten() {
            queue.extend(dictionary(document, kid));
        }
        for pair in list(b"Names").into_iter().flatten().collect::<Vec<_>>().chunks_exact(2) {
            let [name, specification] = pair else { continue };
            let name = text(name.as_str().ok()?);
            if found.insert(name, dictionary(document, specification)?).is_some() {
                return None;
            }
        }
    }
    Some(found)
}

/// A name as octets of ASCII, whether it was written so or in UTF-16 (7.9.2.2).
fn text(octets: &[u8]) -> Vec<u8> {
    match octets {
        [0xfe, 0xff, rest @ ..] => rest.chunks_exact(2).map(|pair| if pair[0] == 0 { pair[1] } else { b'?' }).collect(),
        _ => octets.to_vec(),
    }
}

fn content(document: &Document, specification: &Dictionary) -> Option<Vec<u8>> {
    let files = entry(document, specification, b"EF")?;
    let object = files.get(b"F").or_else(|_| files.get(b"UF")).ok()?;
    let stream = document.dereference(object).ok()?.1.as_stream().ok()?;
    stream.get_plain_content_with_limit(MAX_BYTES).ok()
}

fn entry<'a>(document: &'a Document, from: &'a Dictionary, key: &[u8]) -> Option<&'a Dictionary> {
    dictionary(document, from.get(key).ok()?)
}

fn dictionary<'a>(document: &'a Document, object: &'a Object) -> Option<&'a Dictionary> {
    document.dereference(object).ok()?.1.as_dict().ok()
}

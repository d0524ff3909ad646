//! The digest of a part of a PDF by what it means: references followed, numbers of objects left out, so that the same page
//! has the same digest in a file that was saved otherwise.
use std::collections::BTreeMap;

use dossier::Sha256Digest;
use lopdf::{Dictionary, Document, Object, ObjectId};

/// How deep objects may hold each other.
const DEPTH: usize = 64;
/// How many objects are followed in a file.
const BUDGET: usize = 4_000_000;
/// The longest stream unpacked, in octets.
const MAX_STREAM: usize = 512 * 1024 * 1024;
/// What points back to the tree of pages, or to the structure: it says where an object stands, not what it is.
const LEFT_OUT: [&[u8]; 8] = [b"Parent", b"P", b"StructParents", b"StructParent", b"Annots", b"Tabs", b"Length", b"Pg"];

/// Digests of the objects of one file.
pub(super) struct Graph<'a> {
    document: &'a Document,
    known: BTreeMap<ObjectId, Sha256Digest>,
    left: usize,
}

/// A page that something leads to: its number says which.
fn page(number: u32) -> Sha256Digest {
    Sha256Digest::of(format!("page {number}").as_bytes())
}

impl<'a> Graph<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        let known = document.get_pages().into_iter().map(|(number, id)| (id, page(number))).collect();
        Self { document, known, left: BUDGET }
    }

    /// The digest of an object. What is too deep, too long or points to nothing has the digest of that fact.
    pub(super) fn of(&mut self, object: &Object) -> Sha256Digest {
        self.at(object, 0)
    }

    fn at(&mut self, object: &Object, depth: usize) -> Sha256Digest {
        if depth > DEPTH || self.left == 0 {
            return Sha256Digest::of(b"too deep or too many");
        }
        self.left -= 1;
        let text = match object {
            Object::Reference(id) => return self.referred(*id, depth),
            Object::Null => "null".to_owned().into_bytes(),
            Object::Boolean(value) => format!("bool {value}").into_bytes(),
            Object::Integer(value) => format!("number {value}").into_bytes(),
            Object::Real(value) => number(*value),
            Object::Name(name) => [b"name ", name.as_slice()].concat(),
            Object::String(text, _) => [b"string ", text.as_slice()].concat(),
            Object::Array(items) => {
                let digests = items.iter().map(|item| self.at(item, depth + 1).to_hex());
                format!("array {}", digests.collect::<Vec<_>>().join(" ")).into_bytes()
            }
            Object::Dictionary(dictionary) => self.dictionary(dictionary, &[], depth),
            Object::Stream(stream) => {
                let plain = stream.get_plain_content_with_limit(MAX_STREAM);
                let packing: &[&[u8]] = if plain.is_ok() { &[b"Filter", b"DecodeParms"] } else { &[] };
                let octets = Sha256Digest::of(plain.as_deref().unwrap_or(&stream.content));
                let dictionary = Sha256Digest::of(&self.dictionary(&stream.dict, packing, depth));
                format!("stream {dictionary} {octets}").into_bytes()
            }
        };
        Sha256Digest::of(&text)
    }

    fn dictionary(&mut self, dictionary: &Dictionary, packing: &[&[u8]], depth: usize) -> Vec<u8> {
        let mut entries: Vec<(&[u8], &Object)> =
            dictionary.iter().map(|(key, value)| (key.as_slice(), value)).collect();
        entries.retain(|(key, _)| !LEFT_OUT.contains(key) && !packing.contains(key));
        entries.sort_by_key(|(key, _)| *key);
        let mut text = b"dictionary".to_vec();
        for (key, value) in entries {
            text.push(b' ');
            text.extend_from_slice(key);
            text.extend_from_slice(self.at(value, depth + 1).to_hex().as_bytes());
        }
        text
    }

    fn referred(&mut self, id: ObjectId, depth: usize) -> Sha256Digest {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        // A reference to what is being followed: the place is told, the circle is not walked again.
        self.known.insert(id, Sha256Digest::of(b"circle"));
        let document = self.document;
        let digest = match document.get_object(id) {
            Ok(object) => self.at(object, depth + 1),
            Err(_) => Sha256Digest::of(b"nothing"),
        };
        self.known.insert(id, digest);
        digest
    }
}

/// A number as PDF writers write it: an integer when it is one.
fn number(value: f32) -> Vec<u8> {
    if value.fract() == 0.0 && value.abs() < 1e9 {
        format!("number {value:.0}").into_bytes()
    } else {
        format!("number {value}").into_bytes()
    }
}

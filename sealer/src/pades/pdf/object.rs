//! The objects of a PDF (ISO 32000-1, 7.3), compared by what they say.
use std::ops::Range;

/// An object. Two are equal when they say the same; a real number is kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    Null,
    Bool(bool),
    Int(i64),
    Real(Vec<u8>),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Object>),
    Dict(Dict),
    Ref(u32, u16),
    Stream(Stream),
}

/// A stream: its dictionary, and where its octets are: in the file, or in memory while it is being made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) dict: Dict,
    pub(crate) data: Range<usize>,
}

/// A dictionary, in the order of the file; no key twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dict(pub(crate) Vec<(Vec<u8>, Object)>);

impl Dict {
    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Object> {
        self.0.iter().find(|(k, _)| k == key.as_bytes()).map(|(_, value)| value)
    }

    /// Sets a key, in its place or at the end.
    pub(crate) fn set(&mut self, key: &str, value: Object) {
        match self.0.iter_mut().find(|(k, _)| k == key.as_bytes()) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.as_bytes().to_vec(), value)),
        }
    }

    /// The same without a key.
    pub(crate) fn without(&self, keys: &[&str]) -> Self {
        Self(self.0.iter().filter(|(k, _)| !keys.iter().any(|key| key.as_bytes() == k)).cloned().collect())
    }

    /// Whether both hold the same keys with the same values, in any order.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().all(|(k, v)| other.0.iter().any(|(k2, v2)| k == k2 && v == v2))
    }

    /// Whether the value of `key` is the name `name`.
    pub(crate) fn is(&self, key: &str, name: &str) -> bool {
        self.name(key) == Some(name.as_bytes())
    }

    pub(crate) fn name(&self, key: &str) -> Option<&[u8]> {
        match self.get(key) {
            Some(Object::Name(name)) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn int(&self, key: &str) -> Option<i64> {
        match self.get(key) {
            Some(Object::Int(number)) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn reference(&self, key: &str) -> Option<u32> {
        self.get(key).and_then(Object::reference)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|(key, _)| key.as_slice())
    }
}

impl Object {
    /// A name.
    pub(crate) fn name(text: &str) -> Self {
        Self::Name(text.as_bytes().to_vec())
    }

    /// The dictionary of a dictionary or of a stream.
    pub(crate) fn dict(&self) -> Option<&Dict> {
        match self {
            Self::Dict(dict) => Some(dict),
            Self::Stream(stream) => Some(&stream.dict),
            _ => None,
        }
    }

    pub(crate) fn array(&self) -> Option<&[Object]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The number of the object referred to.
    pub(crate) fn reference(&self) -> Option<u32> {
        match self {
            Self::Ref(number, _) => Some(*number),
            _ => None,
        }
    }

    /// Calls `each` on every reference inside.
    pub(crate) fn references(&self, each: &mut dyn FnMut(u32)) {
        match self {
            Self::Ref(number, _) => each(*number),
            Self::Array(items) => items.iter().for_each(|item| item.references(each)),
            Self::Dict(dict) | Self::Stream(Stream { dict, .. }) => {
                dict.0.iter().for_each(|(_, value)| value.references(each));
            }
            _ => {}
        }
    }

    /// A text string as text (UTF-16BE with its mark, UTF-8 with its mark, else as Latin-1), at most 500 characters.
    pub(crate) fn text(&self) -> Option<String> {
        let Self::Text(octets) = self else { return None };
        let text: String = match octets.as_slice() {
            [0xfe, 0xff, rest @ ..] => {
                let units = rest.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair));
                char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).take(500).collect()
            }
            [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).chars().take(500).collect(),
            other => other.iter().take(500).map(|octet| char::from(*octet)).collect(),
        };
        Some(text)
    }
}

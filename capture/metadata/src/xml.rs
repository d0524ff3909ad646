//! XML read as it streams by: names with their namespace, attributes, texts; depth and size bounded, no document type, no entity.
use std::io::BufRead;
use std::ops::ControlFlow;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// The deepest element read.
const DEPTH: usize = 200;
/// The most namespaces declared at one time, attributes of an element, events of a document.
const NAMESPACES: usize = 128;
const ATTRIBUTES: usize = 64;
const EVENTS: usize = 4_000_000;
/// The most characters kept of a namespace's address.
const SPACE: usize = 200;
/// The most characters kept of the text of an element.
const TEXT: usize = 8192;

/// An element: the address of its namespace, its local name, its attributes by local name.
#[derive(Debug, Default, Clone)]
pub(crate) struct Element {
    pub(crate) space: String,
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String, String)>,
}

impl Element {
    /// The attribute of that local name, whatever its namespace.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(_, local, _)| local == name).map(|(_, _, value)| value.as_str())
    }
}

/// What comes by. The stack given with it ends with the element itself.
pub(crate) enum Step<'t> {
    Open,
    /// The text directly inside the element, told when it ends, blanks around it removed.
    Close(&'t str),
}

/// Reads a document from end to end, or until `visit` breaks. The error says in French why the rest was not read.
pub(crate) fn walk(
    source: &mut dyn BufRead,
    visit: &mut dyn FnMut(&[Element], Step<'_>) -> ControlFlow<()>,
) -> Result<(), String> {
    let mut reader = Reader::from_reader(source);
    reader.config_mut().expand_empty_elements = true;
    let mut state = Walk::default();
    let mut buffer = Vec::new();
    for _ in 0..EVENTS {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer).map_err(|error| format!("XML mal formé ({error})"))?;
        match event {
            Event::Start(tag) => {
                state.open(&tag)?;
                if visit(&state.stack, Step::Open).is_break() {
                    return Ok(());
                }
            }
            Event::End(_) => {
                let text = state.texts.pop().unwrap_or_default();
                if visit(&state.stack, Step::Close(text.trim())).is_break() {
                    return Ok(());
                }
                state.close();
            }
            Event::Text(text) => state.add(&text.xml_content(XmlVersion::default())),
            Event::CData(text) => state.add(&text.into_inner()),
            Event::GeneralRef(reference) => state.refer(&reference),
            Event::DocType(_) => return Err("un type de document (DTD) est présent".to_owned()),
            Event::Eof if state.stack.is_empty() => return Ok(()),
            Event::Eof => return Err("le XML s'arrête avant sa fin".to_owned()),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    Err(format!("plus de {EVENTS} éléments et textes"))
}

#[derive(Default)]
struct Walk {
    stack: Vec<Element>,
    texts: Vec<String>,
    /// Prefixes declared: depth, prefix, address.
    spaces: Vec<(usize, String, String)>,
}

impl Walk {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        if self.stack.len() >= DEPTH {
            return Err(format!("plus de {DEPTH} niveaux d'éléments"));
        }
        let mut attributes = Vec::new();
        // Looking for attributes given twice would be quadratic.
        for attribute in tag.attributes().with_checks(false).take(ATTRIBUTES) {
            let Ok(attribute) = attribute else { continue };
            let name: &str = attribute.key.as_ref();
            let value = attribute.normalized_value(XmlVersion::default()).unwrap_or_default();
            let value: String = value.chars().take(TEXT).collect();
            let (prefix, local) = split(name);
            if name == "xmlns" || prefix == "xmlns" {
                if self.spaces.len() >= NAMESPACES {
                    return Err(format!("plus de {NAMESPACES} espaces de noms"));
                }
                let declared = if name == "xmlns" { "" } else { local };
                // It is copied for each name that it qualifies.
                let value = value.chars().take(SPACE).collect();
                self.spaces.push((self.stack.len(), declared.to_owned(), value));
            } else {
                attributes.push((prefix.to_owned(), local.to_owned(), value));
            }
        }
        for (prefix, _, _) in &mut attributes {
            *prefix = if prefix.is_empty() { String::new() } else { self.space(prefix) };
        }
        let name = tag.name();
        let (prefix, local) = split(name.as_ref());
        self.stack.push(Element { space: self.space(prefix), name: local.chars().take(200).collect(), attributes });
        self.texts.push(String::new());
        Ok(())
    }

    fn space(&self, prefix: &str) -> String {
        self.spaces.iter().rev().find(|(_, p, _)| p == prefix).map(|(_, _, uri)| uri.clone()).unwrap_or_default()
    }

    fn close(&mut self) {
        self.stack.pop();
        let depth = self.stack.len();
        while self.spaces.last().is_some_and(|(at, _, _)| *at >= depth) {
            self.spaces.pop();
        }
    }

    fn add(&mut self, more: &str) {
        if let Some(text) = self.texts.last_mut()
            && text.len() < TEXT
        {
            text.extend(more.chars().take(TEXT));
        }
    }

    /// The five entities of XML and characters by number; another is left as it is written.
    fn refer(&mut self, reference: &quick_xml::events::BytesRef<'_>) {
        let name: String = reference.xml_content(XmlVersion::default()).into_owned();
        let known = match name.as_str() {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => reference.resolve_char_ref().ok().flatten(),
        };
        match known {
            Some(c) => self.add(c.encode_utf8(&mut [0; 4])),
            None => self.add(&format!("&{name};")),
        }
    }
}

fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(xml: &str) -> (Vec<String>, Result<(), String>) {
        let mut told = Vec::new();
        let end = walk(&mut xml.as_bytes(), &mut |stack, step| {
            if let (Some(last), Step::Close(text)) = (stack.last(), step) {
                told.push(format!("{}|{}|{text}", last.space, last.name));
            }
            ControlFlow::Continue(())
        });
        (told, end)
    }

    #[test]
    fn names_are_read_through_their_prefixes() {
        let (told, end) =
            told("<a xmlns='u:a' xmlns:p='u:p'><p:b>x &amp; &#233;<![CDATA[<]]></p:b><b xmlns='u:c'/></a>");
        assert_eq!(told, ["u:p|b|x & é<", "u:c|b|", "u:a|a|"]);
        assert_eq!(end, Ok(()));
    }

    #[test]
    fn bombs_are_refused() {
        let lol = "<!DOCTYPE l [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><l>&b;</l>";
        assert_eq!(told(lol).1, Err("un type de document (DTD) est présent".into()));
        assert_eq!(told("<l>&b;</l>").0, ["|l|&b;"]);
        let deep = "<a>".repeat(100_000);
        assert!(told(&deep).1.is_err_and(|why| why.contains("niveaux")));
        let spaces: String = (0..1000).map(|n| format!(" xmlns:n{n}='u'")).collect();
        let many: String = (0..40).map(|n| format!(" xmlns:n{n}='u'")).collect();
        assert!(told(&format!("<a{spaces}></a>")).1.is_ok(), "only the first attributes are read");
        assert!(told(&format!("<a{many}>").repeat(5)).1.is_err_and(|why| why.contains("espaces de noms")));
        assert_eq!(told("<a>x").1, Err("le XML s'arrête avant sa fin".into()));
    }
}

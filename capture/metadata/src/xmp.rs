//! XMP (ISO 16684-1): the few properties that say who, when and with what.
use std::ops::ControlFlow;

use crate::dates;
use crate::declared::Sheet;
use crate::keys::{self, Key};
use crate::xml::{self, Element, Step};

/// The longest packet read.
pub(crate) const PACKET: usize = 4 << 20;

const DC: &str = "http://purl.org/dc/elements/1.1/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const PDF: &str = "http://ns.adobe.com/pdf/1.3/";
const MM: &str = "http://ns.adobe.com/xap/1.0/mm/";
const EVENT: &str = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#";
const PDFA: &str = "http://www.aiim.org/pdfa/ns/id/";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/// Each property with its key, and that of the same thing told elsewhere in the file.
const TEXTS: [(&str, &str, Key, Option<Key>); 10] = [
    (DC, "title", keys::XMP_TITLE, Some(keys::TITLE)),
    (DC, "creator", keys::XMP_AUTHOR, Some(keys::AUTHOR)),
    (DC, "description", keys::XMP_SUBJECT, Some(keys::SUBJECT)),
    (PDF, "Keywords", keys::XMP_KEYWORDS, Some(keys::KEYWORDS)),
    (DC, "subject", keys::XMP_KEYWORDS, Some(keys::KEYWORDS)),
    (XMP, "CreatorTool", keys::XMP_CREATOR, Some(keys::CREATOR)),
    (PDF, "Producer", keys::XMP_PRODUCER, Some(keys::PRODUCER)),
    (DC, "rights", keys::COPYRIGHT, None),
    (MM, "DocumentID", keys::XMP_DOCUMENT, None),
    (MM, "InstanceID", keys::XMP_INSTANCE, None),
];
const DATES: [(&str, Key, Option<Key>); 3] = [
    ("CreateDate", keys::XMP_CREATED, Some(keys::CREATED)),
    ("ModifyDate", keys::XMP_MODIFIED, Some(keys::MODIFIED)),
    ("MetadataDate", keys::XMP_METADATA_DATE, None),
];

/// A property: namespace, name, values.
type Property = (String, String, Vec<String>);

/// Notes what the packet says, but what was noted already from elsewhere in the file with the same value.
pub(crate) fn read(packet: &[u8], sheet: &mut Sheet) {
    let packet = packet.strip_prefix(b"\xef\xbb\xbf").unwrap_or(packet);
    let mut packet = packet.strip_suffix(b"\0").unwrap_or(packet);
    while let Some(shorter) = packet.strip_suffix(b"\0") {
        packet = shorter;
    }
    if !sheet.first("XMP") {
        return;
    }
    sheet.yes(keys::XMP, true);
    let (properties, history, end) = properties(packet);
    if let Err(why) = end {
        sheet.cut(format!("XMP : {why}."));
    }
    let all = |space: &str, name: &str| {
        let found = properties.iter().find(|(s, n, _)| s == space && n == name);
        found.map(|(_, _, values)| values.clone()).unwrap_or_default()
    };
    for (space, name, key, same) in TEXTS {
        let text = all(space, name).join(", ");
        let known = same.and_then(|same| sheet.noted(same)).is_some_and(|noted| noted == text.trim());
        if !known && !sheet.has(key) {
            sheet.text(key, &text);
        }
    }
    for (name, key, same) in DATES {
        let date = all(XMP, name).join(", ");
        let noted = same.and_then(|same| sheet.noted(same)).and_then(dates::pdf_as_iso);
        if noted.as_deref() != Some(dates::xmp_as_iso(&date).as_str()) {
            sheet.date(key, &date);
        }
    }
    let part = all(PDFA, "part").join(" ");
    if !part.is_empty() {
        sheet.text(keys::XMP_PDFA, &format!("PDF/A-{part}{}", all(PDFA, "conformance").join(" ").to_lowercase()));
    }
    sheet.list(keys::XMP_HISTORY, &history);
}

/// Properties of `rdf:Description` (as elements or as attributes), and the events of the history.
fn properties(packet: &[u8]) -> (Vec<Property>, Vec<String>, Result<(), String>) {
    let mut found: Vec<Property> = Vec::new();
    let mut history: Vec<Vec<(String, String)>> = Vec::new();
    let mut packet = packet;
    let end = xml::walk(&mut packet, &mut |stack, step| {
        let Some((last, above)) = stack.split_last() else { return ControlFlow::Continue(()) };
        let event = stack.iter().any(|element| element.space == MM && element.name == "History");
        match step {
            Step::Open => {
                if event && last.space == RDF && last.name == "li" && history.len() < 1000 {
                    history.push(Vec::new());
                }
                for (space, name, value) in &last.attributes {
                    if space == EVENT {
                        note_event(&mut history, name, value);
                    } else if is_description(last) && space != RDF && !event {
                        add(&mut found, space, name, value);
                    }
                }
            }
            Step::Close(text) if event && last.space == EVENT => note_event(&mut history, &last.name, text),
            Step::Close(text) if !event && !text.is_empty() => {
                // Of an alternative or a list, the property is the element above the container.
                let owner = above.iter().rposition(is_description).and_then(|at| stack.get(at + 1));
                if let Some(owner) = owner {
                    add(&mut found, &owner.space, &owner.name, text);
                }
            }
            Step::Close(_) => {}
        }
        ControlFlow::Continue(())
    });
    (found, history.iter().map(|event| event_line(event)).collect(), end)
}

fn is_description(element: &Element) -> bool {
    element.space == RDF && element.name == "Description"
}

fn add(found: &mut Vec<Property>, space: &str, name: &str, value: &str) {
    let known = found.iter().position(|(s, n, _)| s == space && n == name);
    match known {
        Some(at) => {
            if let Some((_, _, values)) = found.get_mut(at).filter(|(_, _, values)| values.len() < 100) {
                values.push(value.to_owned());
            }
        }
        None if found.len() < 500 => found.push((space.to_owned(), name.to_owned(), vec![value.to_owned()])),
        None => {}
    }
}

fn note_event(history: &mut [Vec<(String, String)>], name: &str, value: &str) {
    if let Some(event) = history.last_mut()
        && event.len() < 20
    {
        event.push((name.to_owned(), value.to_owned()));
    }
}

fn event_line(event: &[(String, String)]) -> String {
    let wanted = ["when", "action", "softwareAgent"];
    let parts = wanted.iter().filter_map(|name| event.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str()));
    parts.collect::<Vec<_>>().join(", ")
}

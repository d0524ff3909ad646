//! XML of a trusted list as a tree, within limits: UTF-8, no document type (so no entity of its own), and helpers that
//! read an element's children strictly.
use roxmltree::{Document, Node, ParsingOptions};

use super::ListError;

/// The longest list read, in octets; the longest national list published is under 5 MiB.
pub(super) const MAX_LEN: usize = 32 << 20;
/// Nodes (elements, texts, comments) read at most.
const MAX_NODES: u32 = 2_000_000;
/// How deep elements may stand; a list needs about 20.
const MAX_DEPTH: usize = 64;

pub(super) const NS_TSL: &str = "http://uri.etsi.org/02231/v2#";
pub(super) const NS_TSL_MORE: &str = "http://uri.etsi.org/02231/v2/additionaltypes#";
pub(super) const NS_SERVICE_EXTENSION: &str = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#";
pub(super) const NS_DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
pub(super) const NS_XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
const NS_XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Parses `octets`.
pub(super) fn parse(octets: &[u8]) -> Result<Document<'_>, ListError> {
    let fault = |why: String| ListError::Xml { why };
    if octets.len() > MAX_LEN {
        return Err(fault(format!("longer than {MAX_LEN} octets")));
    }
    let text = std::str::from_utf8(octets).map_err(|_| fault("not UTF-8".into()))?;
    check_declaration(text).map_err(fault)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|e| fault(e.to_string()))?;
    check_depth(&document).map_err(fault)?;
    Ok(document)
}

/// The declaration, when there is one, must say UTF-8: the tree is read as such.
fn check_declaration(text: &str) -> Result<(), String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(rest) = text.strip_prefix("<?xml ") else { return Ok(()) };
    let declaration = rest.split_once("?>").map_or("", |(declaration, _)| declaration);
    let Some((_, encoding)) = declaration.split_once("encoding") else { return Ok(()) };
    let value: String = encoding.chars().filter(|c| !"=\"' \t\r\n".contains(*c)).collect();
    if value.to_ascii_lowercase().starts_with("utf-8") { Ok(()) } else { Err(format!("encoding {value:.20}")) }
}

fn check_depth(document: &Document<'_>) -> Result<(), String> {
    let mut depth = 0_usize;
    let mut node = document.root();
    loop {
        if let Some(child) = node.first_child() {
            depth += 1;
            if depth > MAX_DEPTH {
                return Err(format!("elements deeper than {MAX_DEPTH}"));
            }
            node = child;
            continue;
        }
        loop {
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            let Some(parent) = node.parent() else { return Ok(()) };
            depth = depth.saturating_sub(1);
            node = parent;
        }
    }
}

/// Whether `node` is the element `name` of `namespace`.
pub(super) fn is(node: Node<'_, '_>, namespace: &str, name: &str) -> bool {
    node.is_element() && node.tag_name().namespace() == Some(namespace) && node.tag_name().name() == name
}

/// The child elements of that name.
pub(super) fn children<'a, 'i: 'a>(
    parent: Node<'a, 'i>,
    namespace: &'a str,
    name: &'a str,
) -> impl Iterator<Item = Node<'a, 'i>> + 'a {
    parent.children().filter(move |node| is(*node, namespace, name))
}

/// The one child element of that name, if there is one; two are refused.
pub(super) fn optional<'a, 'i: 'a>(
    parent: Node<'a, 'i>,
    namespace: &'a str,
    name: &'a str,
) -> Result<Option<Node<'a, 'i>>, ListError> {
    let mut found = children(parent, namespace, name);
    let first = found.next();
    match found.next() {
        Some(_) => Err(ListError::structure(format!("{name} twice in {}", parent.tag_name().name()))),
        None => Ok(first),
    }
}

/// The one child element of that name, which must be there.
pub(super) fn one<'a, 'i: 'a>(
    parent: Node<'a, 'i>,
    namespace: &'a str,
    name: &'a str,
) -> Result<Node<'a, 'i>, ListError> {
    optional(parent, namespace, name)?
        .ok_or_else(|| ListError::structure(format!("no {name} in {}", parent.tag_name().name())))
}

/// The text of an element without elements inside. A comment may cut it in several: they are one text, as they are for
/// the signature.
pub(super) fn text(node: Node<'_, '_>) -> Result<String, ListError> {
    let mut text = String::new();
    for child in node.children() {
        if child.is_text() {
            text.push_str(child.text().unwrap_or_default());
        } else if child.is_element() {
            return Err(ListError::structure(format!("an element inside {}", node.tag_name().name())));
        }
    }
    Ok(text.trim().to_owned())
}

/// The text in French, else in English, else the first, of the multilingual children `name`.
pub(super) fn in_french(parent: Node<'_, '_>, name: &str) -> Result<Option<String>, ListError> {
    let mut best: Option<(u8, String)> = None;
    for child in children(parent, NS_TSL, name) {
        let rank = match child.attribute((NS_XML, "lang")).unwrap_or_default().to_ascii_lowercase().as_str() {
            "fr" => 0,
            "en" => 1,
            _ => 2,
        };
        if best.as_ref().is_none_or(|(known, _)| rank < *known) {
            best = Some((rank, text(child)?));
        }
    }
    Ok(best.map(|(_, text)| text))
}

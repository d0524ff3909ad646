//! Exclusive XML Canonicalization 1.0, without comments (W3C Recommendation, 18 July 2002), of a document or of the
//! subtree of one element, with an element left out when the signature is enveloped (XML Signature, 6.6.4).
use std::collections::BTreeMap;

use roxmltree::{Attribute, Document, Node, NodeId, NodeType};

use super::ListError;

const NS_XML: &str = "http://www.w3.org/XML/1998/namespace";

/// The canonical form of the whole document, less the subtree `without`.
pub(super) fn document(document: &Document<'_>, without: Option<NodeId>) -> Result<Vec<u8>, ListError> {
    let mut writer = Writer { text: document.input_text(), without, out: Vec::new() };
    let mut after_root = false;
    for node in document.root().children() {
        match node.node_type() {
            NodeType::Element => {
                writer.element(node, &BTreeMap::new())?;
                after_root = true;
            }
            NodeType::PI if after_root => {
                writer.out.push(b'\n');
                writer.instruction(node)?;
            }
            NodeType::PI => {
                writer.instruction(node)?;
                writer.out.push(b'\n');
            }
            _ => {}
        }
    }
    Ok(writer.out)
}

/// The canonical form of the subtree of `element`, less the subtree `without`.
pub(super) fn subtree(element: Node<'_, '_>, without: Option<NodeId>) -> Result<Vec<u8>, ListError> {
    let mut writer = Writer { text: element.document().input_text(), without, out: Vec::new() };
    writer.element(element, &BTreeMap::new())?;
    Ok(writer.out)
}

struct Writer<'i> {
    text: &'i str,
    without: Option<NodeId>,
    out: Vec<u8>,
}

/// The namespaces that an output ancestor declares, by prefix; the default one has the empty prefix.
type Rendered = BTreeMap<String, String>;

impl Writer<'_> {
    /// Recursion goes as deep as the document, which is bounded.
    fn element(&mut self, node: Node<'_, '_>, above: &Rendered) -> Result<(), ListError> {
        if self.without == Some(node.id()) {
            return Ok(());
        }
        let qualified = name_at(self.text, node.range().start + 1)?.to_owned();
        let attributes = self.attributes(node)?;
        let mut rendered = above.clone();
        self.out.push(b'<');
        self.out.extend_from_slice(qualified.as_bytes());
        for (prefix, uri) in used(node, &qualified, &attributes) {
            let known = rendered.get(&prefix).map_or("", String::as_str);
            // `xmlns=""` is written only where an ancestor written has another default (3, item 3.3).
            if prefix == "xml" || (known == uri && (rendered.contains_key(&prefix) || uri.is_empty())) {
                continue;
            }
            self.out.extend_from_slice(if prefix.is_empty() { b" xmlns" } else { b" xmlns:" });
            self.out.extend_from_slice(prefix.as_bytes());
            self.value(&uri);
            rendered.insert(prefix, uri);
        }
        for (name, attribute) in &attributes {
            self.out.push(b' ');
            self.out.extend_from_slice(name.as_bytes());
            self.value(attribute.value());
        }
        self.out.push(b'>');
        for child in node.children() {
            match child.node_type() {
                NodeType::Element => self.element(child, &rendered)?,
                NodeType::Text => self.escaped(child.text().unwrap_or_default()),
                NodeType::PI => self.instruction(child)?,
                _ => {}
            }
        }
        self.out.extend_from_slice(b"</");
        self.out.extend_from_slice(qualified.as_bytes());
        self.out.push(b'>');
        Ok(())
    }

    /// The attributes with their names as written, by namespace and then by local name.
    fn attributes<'a, 'i>(&self, node: Node<'a, 'i>) -> Result<Vec<(String, Attribute<'a, 'i>)>, ListError> {
        let mut found = Vec::new();
        for attribute in node.attributes() {
            found.push((name_at(self.text, attribute.range().start)?.to_owned(), attribute));
        }
        found.sort_by(|(_, a), (_, b)| {
            (a.namespace().unwrap_or(""), a.name()).cmp(&(b.namespace().unwrap_or(""), b.name()))
        });
        Ok(found)
    }

    fn value(&mut self, value: &str) {
        self.out.extend_from_slice(b"=\"");
        for c in value.chars() {
            match c {
                '&' => self.out.extend_from_slice(b"&amp;"),
                '<' => self.out.extend_from_slice(b"&lt;"),
                '"' => self.out.extend_from_slice(b"&quot;"),
                '\t' => self.out.extend_from_slice(b"&#x9;"),
                '\n' => self.out.extend_from_slice(b"&#xA;"),
                '\r' => self.out.extend_from_slice(b"&#xD;"),
                c => self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        self.out.push(b'"');
    }

    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.extend_from_slice(b"&amp;"),
                '<' => self.out.extend_from_slice(b"&lt;"),
                '>' => self.out.extend_from_slice(b"&gt;"),
                '\r' => self.out.extend_from_slice(b"&#xD;"),
                c => self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }

    fn instruction(&mut self, node: Node<'_, '_>) -> Result<(), ListError> {
        let Some(instruction) = node.pi() else { return Ok(()) };
        let value = instruction.value.unwrap_or_default();
        if value.contains('\r') {
            // A parser would have to turn it into a line feed; the tree here holds it as written.
            return Err(ListError::signature("a carriage return in a processing instruction"));
        }
        self.out.extend_from_slice(b"<?");
        self.out.extend_from_slice(instruction.target.as_bytes());
        if !value.is_empty() {
            self.out.push(b' ');
            self.out.extend_from_slice(value.as_bytes());
        }
        self.out.extend_from_slice(b"?>");
        Ok(())
    }
}

/// The namespaces visibly used by an element (its own prefix and those of its attributes), by prefix.
fn used(node: Node<'_, '_>, qualified: &str, attributes: &[(String, Attribute<'_, '_>)]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let prefix = qualified.split_once(':').map_or("", |(prefix, _)| prefix);
    found.insert(prefix.to_owned(), node.tag_name().namespace().unwrap_or("").to_owned());
    for (name, attribute) in attributes {
        if let Some((prefix, _)) = name.split_once(':') {
            found.insert(prefix.to_owned(), attribute.namespace().unwrap_or(NS_XML).to_owned());
        }
    }
    found
}

/// The qualified name that begins at `start` of the text: the tree keeps namespaces, the canonical form keeps prefixes.
fn name_at(text: &str, start: usize) -> Result<&str, ListError> {
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.find(|c: char| c.is_ascii_whitespace() || "=/>".contains(c)).unwrap_or(rest.len());
    match rest.get(..end) {
        Some(name) if !name.is_empty() => Ok(name),
        _ => Err(ListError::Xml { why: "a name that is not where the parser says".into() }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::super::xml;

    fn ours(text: &str) -> String {
        let document = xml::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{e}: {text}"));
        String::from_utf8(super::document(&document, None).unwrap()).unwrap()
    }

    /// What libxml2 gives for the same octets; it keeps comments, so that none is given to it.
    fn theirs(text: &str) -> String {
        let mut child = Command::new("xmllint")
            .args(["--exc-c14n", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    }

    #[test]
    fn chosen_documents_as_libxml2_writes_them() {
        for text in [
            "<?un deux?><a/>\n<?trois?>",
            "<a xmlns='urn:a' xmlns:b='urn:b' b:z='1' y='2' b:x='3'><b:c xmlns=''><d/></b:c><e xmlns='urn:a'/></a>",
            "<a xmlns='urn:a'><b xmlns=''><c xmlns='urn:a'><d xmlns=''/></c></b></a>",
            "<p:a xmlns:p='urn:1'><p:b xmlns:p='urn:2'><p:c xmlns:p='urn:1'/></p:b></p:a>",
            "<a xmlns:p='urn:1' xmlns:q='urn:1' p:b='1' q:c='2'><p:b/><q:b/></a>",
            "<a b=\"&lt;&amp;&gt;&quot;&apos;&#x9;&#xA;&#xD;\t\n'\">&lt;&amp;&gt;\"'&#xD;&#x9;\r\n\r]]<![CDATA[<&>]]></a>",
            "<a xml:lang='fr' xml:space='preserve'><b xml:lang='en'/></a>",
            "<a><?x?><?y   z ?></a>",
            "\u{feff}<a>é\u{1f600}</a>",
        ] {
            assert_eq!(ours(text), theirs(text), "{text}");
        }
    }

    #[test]
    fn comments_leave_no_trace() {
        assert_eq!(ours("<!-- a --><a>x<!-- b -->y</a><!-- c -->"), "<a>xy</a>");
    }

    #[test]
    fn what_is_enveloped_is_left_out_and_a_subtree_keeps_its_namespaces() {
        let document = xml::parse(b"<a xmlns:p='urn:p'>1<p:b>2</p:b>3</a>").unwrap();
        let inner = document.root_element().first_element_child().unwrap();
        assert_eq!(super::document(&document, Some(inner.id())).unwrap(), b"<a>13</a>");
        assert_eq!(super::subtree(inner, None).unwrap(), b"<p:b xmlns:p=\"urn:p\">2</p:b>");
    }

    /// A document of elements and attributes with prefixes bound anew here and there.
    fn element() -> impl Strategy<Value = String> {
        let prefix = prop::sample::select(vec!["", "p:", "q:"]);
        let uri = prop::sample::select(vec!["urn:1", "urn:2"]);
        let bound = (uri.clone(), uri.clone(), prop::option::of(prop::sample::select(vec!["", "urn:1", "urn:3"])));
        let head = (prefix.clone(), prefix, prop::option::of(bound), "[a-z &\t]{0,4}");
        let leaf = head.clone().prop_map(|head| write(head, ""));
        leaf.prop_recursive(4, 24, 4, move |inner| {
            (head.clone(), prop::collection::vec(inner, 0..4))
                .prop_map(|(head, inside)| write(head, &inside.join("x\r\n")))
        })
    }

    type Head = (&'static str, &'static str, Option<(&'static str, &'static str, Option<&'static str>)>, String);

    fn write((prefix, attribute, bound, value): Head, inside: &str) -> String {
        let declared = bound.map_or_else(String::new, |(p, q, default)| {
            let default = default.map_or_else(String::new, |uri| format!(" xmlns='{uri}'"));
            format!(" xmlns:q='{q}'{default} xmlns:p='{p}'")
        });
        let value = value.replace('&', "&amp;");
        format!("<{prefix}e{declared} z='{value}' {attribute}b='1'>{inside}</{prefix}e>")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn any_document_as_libxml2_writes_it(inside in element()) {
            let text = format!("<r xmlns:p='urn:1' xmlns:q='urn:2'>{inside}</r>");
            prop_assert_eq!(ours(&text), theirs(&text), "{}", text);
        }
    }
}

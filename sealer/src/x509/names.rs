//! Names in certificates, and constraints on them (RFC 5280 4.2.1.6, 4.2.1.10).
//!
//! A constraint on a kind of name this code does not compare refuses every name of that kind: on the strict side.
use crate::asn1::{Der, DerError, Element, Tag};

/// Names or subtrees read at most.
const MAX: usize = 64;

/// A general name, as far as constraints need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GeneralName {
    /// A directory name: its RDNs, each normalised.
    Directory(Vec<Vec<u8>>),
    /// A DNS name, in lower case.
    Dns(String),
    /// A mailbox, in lower case.
    Mail(String),
    /// Any other kind, by its tag.
    Other(u8),
}

impl GeneralName {
    /// Reads a GeneralNames SEQUENCE.
    pub(crate) fn list(value: &[u8], limit: usize) -> Result<Vec<Self>, DerError> {
        let names = Der::one(value, Tag::SEQUENCE, "GeneralNames")?.inside().all(limit, "GeneralNames")?;
        names.iter().map(Self::read).collect()
    }

    fn read(element: &Element<'_>) -> Result<Self, DerError> {
        let text = || String::from_utf8_lossy(element.content).to_ascii_lowercase();
        Ok(match element.tag {
            tag if tag == Tag::context_primitive(1) => Self::Mail(text()),
            tag if tag == Tag::context_primitive(2) => Self::Dns(text()),
            tag if tag == Tag::context(4) => Self::Directory(directory(element.content)?),
            Tag(other) => Self::Other(other),
        })
    }

    /// Whether the two are names of one kind.
    fn same_kind(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(a), Self::Other(b)) => a == b,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    /// Whether this name is inside the subtree of `base`; `None` when this kind is not compared.
    fn is_inside(&self, base: &Self) -> Option<bool> {
        match (self, base) {
            (Self::Directory(name), Self::Directory(base)) => Some(name.starts_with(base)),
            (Self::Dns(name), Self::Dns(base)) => Some(below(name, base)),
            (Self::Mail(name), Self::Mail(base)) if base.contains('@') => Some(name == base),
            (Self::Mail(name), Self::Mail(base)) => {
                let host = name.rsplit_once('@').map_or("", |(_, host)| host);
                Some(if base.starts_with('.') { host.ends_with(base.as_str()) } else { host == base })
            }
            _ => None,
        }
    }
}

fn below(name: &str, base: &str) -> bool {
    base.is_empty() || name == base || name.strip_suffix(base).is_some_and(|rest| rest.ends_with('.'))
}

/// The RDNs of a Name, normalised for comparison: string values in lower case, with single inner spaces, whatever their
/// string type (RFC 5280 7.1, without the whole of stringprep: names that only differ there are held different).
pub(crate) fn directory(name: &[u8]) -> Result<Vec<Vec<u8>>, DerError> {
    let rdns = Der::one(name, Tag::SEQUENCE, "Name")?.inside().all(MAX, "Name")?;
    rdns.iter().map(normalised).collect()
}

fn normalised(rdn: &Element<'_>) -> Result<Vec<u8>, DerError> {
    let mut parts = Vec::new();
    for attribute in rdn.inside().all(MAX, "RelativeDistinguishedName")? {
        let mut inside = attribute.inside();
        let id = inside.expect(Tag::OID, "attribute type")?;
        let value = inside.next("attribute value")?;
        // UTF8String, PrintableString, IA5String.
        let text = matches!(value.tag, Tag(0x0c | 0x13 | 0x16));
        let content = match std::str::from_utf8(value.content) {
            Ok(read) if text => read.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase().into_bytes(),
            _ => value.whole.to_vec(),
        };
        parts.push([id.whole, &[0, u8::from(text)], &content].concat());
    }
    parts.sort();
    Ok(parts.concat())
}

/// Name constraints of an authority.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameConstraints {
    permitted: Vec<GeneralName>,
    excluded: Vec<GeneralName>,
}

impl NameConstraints {
    /// Reads the extension.
    pub(crate) fn read(value: &[u8]) -> Result<Self, DerError> {
        let mut parts = Der::one(value, Tag::SEQUENCE, "NameConstraints")?.inside();
        let permitted = parts.optional(Tag::context(0), "permittedSubtrees")?.map(|e| subtrees(&e)).transpose()?;
        let excluded = parts.optional(Tag::context(1), "excludedSubtrees")?.map(|e| subtrees(&e)).transpose()?;
        parts.end("NameConstraints")?;
        Ok(Self { permitted: permitted.unwrap_or_default(), excluded: excluded.unwrap_or_default() })
    }

    /// Whether `name` respects the constraints.
    pub(crate) fn allow(&self, name: &GeneralName) -> bool {
        let excluded = self.excluded.iter().filter(|base| name.same_kind(base));
        let mut permitted = self.permitted.iter().filter(|base| name.same_kind(base)).peekable();
        let free = permitted.peek().is_none();
        let kept_out = excluded.map(|base| name.is_inside(base)).any(|inside| inside != Some(false));
        !kept_out && (free || permitted.any(|base| name.is_inside(base) == Some(true)))
    }
}

fn subtrees(list: &Element<'_>) -> Result<Vec<GeneralName>, DerError> {
    let mut found = Vec::new();
    for subtree in list.inside().all(MAX, "GeneralSubtrees")? {
        let mut parts = Der::one(subtree.whole, Tag::SEQUENCE, "GeneralSubtree")?.inside();
        found.push(GeneralName::read(&parts.next("base")?)?);
        // RFC 5280 4.2.1.10: minimum is 0 (left out) and maximum is absent.
        parts.end("GeneralSubtree")?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::{context, oid, sequence, set_of, tlv, utf8_string};

    fn name(parts: &[&str]) -> Vec<u8> {
        let rdn = |text: &&str| set_of(&[sequence(&[&oid(crate::oid::AT_COMMON_NAME), &utf8_string(text)])]);
        sequence(&parts.iter().map(rdn).collect::<Vec<_>>().iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    fn constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> NameConstraints {
        let list = |number, bases: &[Vec<u8>]| {
            let trees: Vec<u8> = bases.iter().flat_map(|base| sequence(&[base])).collect();
            if bases.is_empty() { Vec::new() } else { context(number, &trees) }
        };
        NameConstraints::read(&sequence(&[&list(0, permitted), &list(1, excluded)])).unwrap()
    }

    #[test]
    fn subtrees_of_each_kind() {
        let directory = |parts: &[&str]| GeneralName::Directory(super::directory(&name(parts)).unwrap());
        let dns = |text: &str| GeneralName::Dns(text.into());
        let base_dns = tlv(Tag::context_primitive(2), b"Example.org");
        let c = constraints(&[context(4, &name(&["FR", "Étude  A"])), base_dns], &[]);
        assert!(c.allow(&directory(&["fr", "étude a", "x"])));
        assert!(!c.allow(&directory(&["fr", "étude b"])) && !c.allow(&directory(&["fr"])));
        assert!(c.allow(&dns("www.example.org")) && c.allow(&dns("example.org")));
        assert!(!c.allow(&dns("badexample.org")));
        assert!(c.allow(&GeneralName::Mail("a@b.c".into())), "no constraint on mailboxes");
        let c = constraints(&[], &[tlv(Tag::context_primitive(1), b".b.c"), tlv(Tag::context_primitive(7), b"1234")]);
        assert!(!c.allow(&GeneralName::Mail("a@x.b.c".into())) && c.allow(&GeneralName::Mail("a@b.c".into())));
        assert!(!c.allow(&GeneralName::Other(0x87)), "what is not compared is refused");
    }
}

//! Reading DER: every element knows its content and the whole of its original octets.
use const_oid::ObjectIdentifier;

/// A tag octet (class, constructed bit and number).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag(pub(crate) u8);

impl Tag {
    pub(crate) const BOOLEAN: Self = Self(0x01);
    pub(crate) const INTEGER: Self = Self(0x02);
    pub(crate) const BIT_STRING: Self = Self(0x03);
    pub(crate) const OCTET_STRING: Self = Self(0x04);
    pub(crate) const NULL: Self = Self(0x05);
    pub(crate) const OID: Self = Self(0x06);
    pub(crate) const UTF8_STRING: Self = Self(0x0c);
    pub(crate) const ENUMERATED: Self = Self(0x0a);
    pub(crate) const UTC_TIME: Self = Self(0x17);
    pub(crate) const GENERALIZED_TIME: Self = Self(0x18);
    pub(crate) const SEQUENCE: Self = Self(0x30);
    pub(crate) const SET: Self = Self(0x31);

    /// `[n]` constructed: EXPLICIT, or IMPLICIT over a SEQUENCE or SET.
    pub(crate) const fn context(number: u8) -> Self {
        Self(0xa0 | number)
    }

    /// `[n]` primitive: IMPLICIT over a primitive type.
    pub(crate) const fn context_primitive(number: u8) -> Self {
        Self(0x80 | number)
    }
}

/// Why octets are not the DER expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct DerError(pub(crate) String);

fn fault<T>(why: impl Into<String>) -> Result<T, DerError> {
    Err(DerError(why.into()))
}

/// One element: its tag, its content and its whole encoding, as slices of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: Tag,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// A reader over the content.
    pub(crate) fn inside(&self) -> Der<'a> {
        Der { rest: self.content }
    }

    /// The content of an INTEGER as minimal big-endian octets without sign octet; negative integers are refused.
    pub(crate) fn unsigned(&self) -> Result<&'a [u8], DerError> {
        match self.content {
            [] => fault("empty INTEGER"),
            [0] => Ok(&[0]),
            [0, rest @ ..] if rest[0] >= 0x80 => Ok(rest),
            [0, ..] => fault("INTEGER with a superfluous zero"),
            [first, ..] if *first >= 0x80 => fault("negative INTEGER"),
            content => Ok(content),
        }
    }

    /// The same as a number.
    pub(crate) fn small(&self) -> Result<u64, DerError> {
        let octets = self.unsigned()?;
        if octets.len() > 8 {
            return fault("INTEGER too large");
        }
        Ok(octets.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    }

    /// The content as an object identifier.
    pub(crate) fn oid(&self) -> Result<ObjectIdentifier, DerError> {
        ObjectIdentifier::from_bytes(self.content).map_err(|e| DerError(format!("OBJECT IDENTIFIER: {e}")))
    }
}

/// A cursor over DER octets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Der<'a> {
    rest: &'a [u8],
}

impl<'a> Der<'a> {
    /// Reads from the first octet.
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    /// Reads `octets` as exactly one element of tag `tag`: nothing may follow.
    pub(crate) fn one(octets: &'a [u8], tag: Tag, what: &str) -> Result<Element<'a>, DerError> {
        let mut der = Self::new(octets);
        let element = der.expect(tag, what)?;
        der.end(what)?;
        Ok(element)
    }

    /// Whether everything was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next tag, without reading it.
    pub(crate) fn peek(&self) -> Option<Tag> {
        self.rest.first().map(|b| Tag(*b))
    }

    /// Refuses octets left over.
    pub(crate) fn end(&self, what: &str) -> Result<(), DerError> {
        if self.rest.is_empty() { Ok(()) } else { fault(format!("{what}: {} octets too many", self.rest.len())) }
    }

    /// The next element, whatever its tag.
    pub(crate) fn next(&mut self, what: &str) -> Result<Element<'a>, DerError> {
        let input = self.rest;
        let [tag, first, after @ ..] = input else { return fault(format!("{what}: cut")) };
        if tag & 0x1f == 0x1f {
            return fault(format!("{what}: tag of several octets"));
        }
        let (length, header) = match *first {
            short @ 0..=0x7f => (usize::from(short), 2),
            0x80 => return fault(format!("{what}: indefinite length (BER)")),
            long => {
                let count = usize::from(long & 0x7f);
                let Some(octets) = after.get(..count).filter(|_| count <= 4) else {
                    return fault(format!("{what}: length of {count} octets"));
                };
                let length = octets.iter().fold(0_usize, |n, b| n << 8 | usize::from(*b));
                if length < 0x80 || octets.first() == Some(&0) {
                    return fault(format!("{what}: length not in its shortest form"));
                }
                (length, 2 + count)
            }
        };
        let Some(whole) = header.checked_add(length).and_then(|end| input.get(..end)) else {
            return fault(format!("{what}: {length} octets announced, {} there", input.len().saturating_sub(header)));
        };
        self.rest = &input[whole.len()..];
        Ok(Element { tag: Tag(*tag), content: &whole[header..], whole })
    }

    /// The next element, which must have tag `tag`.
    pub(crate) fn expect(&mut self, tag: Tag, what: &str) -> Result<Element<'a>, DerError> {
        match self.peek() {
            Some(found) if found == tag => self.next(what),
            Some(found) => fault(format!("{what}: tag {:#04x} expected, {:#04x} found", tag.0, found.0)),
            None => fault(format!("{what}: missing")),
        }
    }

    /// The next element if it has tag `tag`.
    pub(crate) fn optional(&mut self, tag: Tag, what: &str) -> Result<Option<Element<'a>>, DerError> {
        if self.peek() == Some(tag) { self.next(what).map(Some) } else { Ok(None) }
    }

    /// A BOOLEAN that is left out when false (`DEFAULT FALSE`).
    pub(crate) fn flag(&mut self, what: &str) -> Result<bool, DerError> {
        match self.optional(Tag::BOOLEAN, what)?.map(|e| e.content) {
            None => Ok(false),
            Some([0xff]) => Ok(true),
            Some(_) => fault(format!("{what}: not DER")),
        }
    }

    /// The elements left, at most `limit` of them.
    pub(crate) fn all(mut self, limit: usize, what: &str) -> Result<Vec<Element<'a>>, DerError> {
        let mut elements = Vec::new();
        while !self.is_empty() {
            if elements.len() == limit {
                return fault(format!("{what}: more than {limit} elements"));
            }
            elements.push(self.next(what)?);
        }
        Ok(elements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_der_is_refused() {
        for bad in [
            &[0x30, 0x80, 0, 0][..],
            &[0x30, 0x81, 0x01, 0],
            &[0x30, 0x82, 0, 0x80],
            &[0x30, 2, 0],
            &[0x1f, 0x81, 1, 0],
            &[0x30],
            &[],
            &[0x30, 0x85, 0, 0, 0, 0, 1, 0],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert!(Der::new(bad).next("x").is_err(), "{bad:02x?}");
        }
        assert!(Der::one(&[5, 0, 0], Tag(5), "x").is_err());
        for bad in [&[2, 0][..], &[2, 1, 0x80], &[2, 2, 0, 1]] {
            assert!(Der::new(bad).next("x").unwrap().unsigned().is_err(), "{bad:02x?}");
        }
        assert_eq!(Der::new(&[2, 2, 0, 0x80]).next("x").unwrap().small(), Ok(128));
    }

    proptest! {
        #[test]
        fn never_panics_and_keeps_the_octets(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut der = Der::new(&bytes);
            let mut kept = Vec::new();
            while let Ok(element) = der.next("x") {
                kept.extend_from_slice(element.whole);
                let _ = (element.unsigned(), element.oid(), element.small());
            }
            prop_assert!(bytes.starts_with(&kept));
        }
    }
}

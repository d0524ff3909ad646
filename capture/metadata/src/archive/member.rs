//! Members of a document, inflated under two budgets: each one's, and that of all.
use std::io::{BufReader, Read};
use std::ops::ControlFlow;

use flate2::read::DeflateDecoder;

use super::{Archive, Entry};
use crate::input::{Input, cut, le};
use crate::xml::{self, Element, Step};

/// The most octets that one member may inflate to, and all of them.
const MEMBER: u64 = 32 << 20;
const ALL: u64 = 128 << 20;

/// The members of an archive and what may still be inflated.
pub(crate) struct Members<'e> {
    archive: &'e Archive,
    left: u64,
}

/// Why a member was not read to its end.
type Refusal = String;

impl<'e> Members<'e> {
    pub(crate) fn new(archive: &'e Archive) -> Self {
        Self { archive, left: ALL }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'e str> + use<'e> {
        self.archive.entries.iter().map(|entry| entry.name.as_str())
    }

    pub(crate) fn find(&self, name: &str) -> Option<&'e Entry> {
        self.archive.entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    /// Reads a member as XML. The error says in French why the rest was not read.
    pub(crate) fn xml(
        &mut self,
        input: &mut Input<'_>,
        name: &str,
        visit: &mut dyn FnMut(&[Element], Step<'_>) -> ControlFlow<()>,
    ) -> Result<(), Refusal> {
        let told = |why: &str| format!("{name} : {why}.");
        let most = MEMBER.min(self.left);
        let packed = self.open(input, name).map_err(|why| told(&why))?;
        let mut counted = Counted { inner: packed, left: most, passed: false };
        let end = xml::walk(&mut BufReader::new(&mut counted), visit);
        let (left, passed) = (counted.left, counted.passed);
        self.left -= most - left;
        if passed {
            return Err(told(&format!("se décompresse à plus de {} Mio", most >> 20)));
        }
        end.map_err(|why| told(&why))
    }

    /// A short member that must not be compressed: the declaration of a document's type.
    pub(crate) fn stored_text(&mut self, input: &mut Input<'_>, name: &str) -> Option<String> {
        let mut text = Vec::new();
        self.open(input, name).ok()?.take(256).read_to_end(&mut text).ok()?;
        String::from_utf8(text).ok()
    }

    fn open<'i, 'a>(&self, input: &'i mut Input<'a>, name: &str) -> Result<Box<dyn Read + 'i>, Refusal> {
        let entry = self.find(name).ok_or("absent")?;
        if entry.encrypted() {
            return Err("chiffré".to_owned());
        }
        let head = input.array::<30>(entry.local).filter(|head| head.starts_with(b"PK\x03\x04"));
        let head = head.ok_or("son en-tête manque")?;
        let skipped = 30 + le(cut(&head, 26, 2)) + le(cut(&head, 28, 2));
        let place = entry.local.checked_add(skipped).ok_or("son en-tête ment")?;
        let part = input.part(place, entry.packed);
        match entry.method {
            0 => Ok(Box::new(part)),
            8 => Ok(Box::new(DeflateDecoder::new(part))),
            other => Err(format!("méthode de compression {other} non lue")),
        }
    }
}

struct Counted<R> {
    inner: R,
    left: u64,
    passed: bool,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(into)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => {
                self.left = left;
                Ok(count)
            }
            None => {
                self.left = 0;
                self.passed = true;
                Err(std::io::Error::other("budget"))
            }
        }
    }
}

//! The revisions of a file, oldest first, and its objects as each revision shows them.
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::lex::{Lex, Why};
use super::object::{Dict, Object, Stream};
use super::xref::{self, Entry, Section};
use super::{MAX_FILE, MAX_OBJECTS, MAX_REVISIONS, flate};

/// Why a file cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PdfFault {
    /// Not a PDF.
    #[error("ce n'est pas un PDF")]
    NotPdf,
    /// Too long.
    #[error("plus de {MAX_FILE} octets")]
    TooLong,
    /// The structure breaks a rule.
    #[error("à l'octet {at} : {why}")]
    Structure {
        /// Where.
        at: usize,
        /// What.
        why: &'static str,
    },
}

/// One revision: its octets, its table, its trailer.
#[derive(Clone, Debug)]
pub(crate) struct Revision {
    pub(crate) start: usize,
    pub(crate) section: Section,
}

/// An object read where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) number: u32,
    pub(crate) generation: u16,
    pub(crate) object: Object,
    pub(crate) end: usize,
}

/// The octets of an object stream, and where each object begins in them.
type Unpacked = (Vec<u8>, Vec<(u32, usize)>);

/// Octets read or inflated at most, beside a multiple of the file's length.
const BUDGET: u64 = 256 << 20;

/// What was read once, or could not be.
type Kept<K, V> = RefCell<BTreeMap<K, Option<Rc<V>>>>;

/// A file whose chain of revisions could be followed.
pub(crate) struct PdfFile<'a> {
    pub(crate) octets: &'a [u8],
    pub(crate) revisions: Vec<Revision>,
    /// Octets after the last revision.
    pub(crate) tail: usize,
    /// Objects read, by the revision that put them there and their number.
    objects: Kept<(usize, u32), Object>,
    /// Object streams unpacked, by their place.
    unpacked: Kept<usize, Unpacked>,
    /// Octets that may still be read or inflated: objects can be laid one inside the other, and streams swell.
    budget: Cell<u64>,
}

impl<'a> PdfFile<'a> {
    /// Follows the chain from the last `startxref` back.
    pub(crate) fn read(octets: &'a [u8]) -> Result<Self, PdfFault> {
        if octets.len() > MAX_FILE {
            return Err(PdfFault::TooLong);
        }
        if !(octets.starts_with(b"%PDF-1.") || octets.starts_with(b"%PDF-2.")) {
            return Err(PdfFault::NotPdf);
        }
        let structure = |at, why| PdfFault::Structure { at, why };
        let eof = rfind(octets, b"%%EOF").ok_or(structure(octets.len(), "« %%EOF » absent"))?;
        let word = rfind(octets.get(..eof).unwrap_or_default(), b"startxref");
        let word = word.ok_or(structure(eof, "« startxref » absent"))?;
        let mut lex = Lex::new(octets, word + b"startxref".len());
        lex.spaces();
        let mut next = lex.digits().and_then(|n| usize::try_from(n).ok());
        if next.is_none() {
            return Err(structure(word, "« startxref » mal écrit"));
        }
        let mut sections: Vec<Section> = Vec::new();
        while let Some(at) = next {
            let section = xref::read(octets, at)?;
            let later = sections.last().map_or(octets.len(), |later| later.at);
            if section.end > later || sections.len() >= MAX_REVISIONS {
                return Err(structure(at, "chaîne de révisions mal ordonnée ou trop longue"));
            }
            next = section.prev;
            sections.push(section);
        }
        sections.reverse();
        let mut start = 0;
        let mut revisions = Vec::new();
        for section in sections {
            let end = section.end;
            revisions.push(Revision { start, section });
            start = end;
        }
        if revisions.iter().map(|r: &Revision| r.section.entries.len()).sum::<usize>() > MAX_OBJECTS {
            return Err(structure(octets.len(), "trop d'objets"));
        }
        let (objects, unpacked) = (RefCell::default(), RefCell::default());
        let budget = Cell::new(BUDGET + 16 * octets.len() as u64);
        Ok(Self { octets, revisions, tail: octets.len() - start, objects, unpacked, budget })
    }

    /// The index of the last revision.
    pub(crate) fn last(&self) -> usize {
        self.revisions.len().saturating_sub(1)
    }

    /// The trailer of a revision.
    pub(crate) fn trailer(&self, revision: usize) -> Option<&Dict> {
        self.revisions.get(revision).map(|r| &r.section.trailer)
    }

    /// Where `number` is, as `revision` shows it, and which revision put it there.
    pub(crate) fn entry(&self, number: u32, revision: usize) -> Option<(usize, Entry)> {
        let mut shown = self.revisions.get(..=revision)?.iter().enumerate().rev();
        shown.find_map(|(at, r)| r.section.entries.get(&number).map(|entry| (at, *entry)))
    }

    /// The numbers in use in `revision`.
    pub(crate) fn numbers(&self, revision: usize) -> Vec<u32> {
        let mut found = BTreeMap::new();
        for r in self.revisions.iter().take(revision + 1) {
            for (number, entry) in &r.section.entries {
                found.insert(*number, *entry != Entry::Free);
            }
        }
        found.into_iter().filter(|(_, used)| *used).map(|(number, _)| number).collect()
    }

    /// The object `number` as `revision` shows it; `None` when it is free, absent or unreadable.
    pub(crate) fn get(&self, number: u32, revision: usize) -> Option<Rc<Object>> {
        let (by, entry) = self.entry(number, revision)?;
        if let Some(known) = self.objects.borrow().get(&(by, number)) {
            return known.clone();
        }
        let object = match entry {
            Entry::Free => None,
            Entry::At { offset, generation } => self
                .begins(offset, number, generation)
                .then(|| self.read_at(offset, by).ok())
                .flatten()
                .map(|read| read.object),
            Entry::Inside { stream, index } => self.inside(stream, index, number, by),
        };
        let object = object.map(Rc::new);
        self.objects.borrow_mut().insert((by, number), object.clone());
        object
    }

    /// What `object` says, references followed.
    pub(crate) fn follow(&self, object: &Object, revision: usize) -> Option<Rc<Object>> {
        let mut found = Rc::new(object.clone());
        for _ in 0..8 {
            let Object::Ref(number, _) = *found else { return Some(found) };
            found = self.get(number, revision)?;
        }
        None
    }

    /// The value of a key, references followed.
    pub(crate) fn value(&self, dict: &Dict, key: &str, revision: usize) -> Option<Rc<Object>> {
        self.follow(dict.get(key)?, revision)
    }

    /// The catalog as `revision` shows it, with its number.
    pub(crate) fn catalog(&self, revision: usize) -> Option<(u32, Dict)> {
        let number = self.trailer(revision)?.reference("Root")?;
        let dict = self.get(number, revision)?.dict()?.clone();
        dict.is("Type", "Catalog").then_some((number, dict))
    }

    /// The octets of a stream as the file holds them.
    pub(crate) fn raw(&self, stream: &Stream) -> &'a [u8] {
        self.octets.get(stream.data.clone()).unwrap_or_default()
    }

    /// The octets of a stream, decoded when its filter is known here.
    pub(crate) fn data(&self, stream: &Stream) -> Option<Vec<u8>> {
        let plain = flate::decode(&stream.dict, self.raw(stream))?;
        self.spend(plain.len()).then_some(plain)
    }

    /// Whether that many octets may still be read.
    fn spend(&self, octets: usize) -> bool {
        let left = self.budget.get().checked_sub(octets as u64);
        self.budget.set(left.unwrap_or(0));
        left.is_some()
    }

    /// The indirect object that begins at `offset`; lengths are looked up as `revision` shows them.
    pub(crate) fn read_at(&self, offset: usize, revision: usize) -> Result<Read, Why> {
        if self.budget.get() == 0 {
            return Err("trop à lire pour un seul fichier");
        }
        let mut lex = Lex::new(self.octets, offset);
        let read = read_object(self.octets, &mut lex, &|number| self.length(number, revision));
        self.spend(lex.at().saturating_sub(offset));
        read
    }

    /// The same where no length may be an indirect object: a cross-reference stream.
    pub(super) fn read_direct(octets: &[u8], offset: usize) -> Result<Read, Why> {
        read_object(octets, &mut Lex::new(octets, offset), &|_| None)
    }

    /// Whether the object of that number begins there.
    fn begins(&self, offset: usize, number: u32, generation: u16) -> bool {
        Lex::new(self.octets, offset).header() == Ok((number, generation))
    }

    /// An integer that stands alone: never through a stream, so that no length leads in a circle.
    fn length(&self, number: u32, revision: usize) -> Option<usize> {
        let (_, Entry::At { offset, .. }) = self.entry(number, revision)? else { return None };
        let read = Self::read_direct(self.octets, offset).ok().filter(|read| read.number == number)?;
        if let Object::Int(length) = read.object { usize::try_from(length).ok() } else { None }
    }

    fn inside(&self, stream: u32, index: u32, number: u32, revision: usize) -> Option<Object> {
        let (by, Entry::At { offset, .. }) = self.entry(stream, revision)? else { return None };
        let known = self.unpacked.borrow().get(&offset).cloned();
        let unpacked = match known {
            Some(known) => known?,
            None => {
                let fresh = self.unpack(offset, by).map(Rc::new);
                self.unpacked.borrow_mut().insert(offset, fresh.clone());
                fresh?
            }
        };
        let (named, at) = *unpacked.1.get(usize::try_from(index).ok()?)?;
        (named == number).then(|| Lex::new(&unpacked.0, at).object().ok())?
    }

    fn unpack(&self, offset: usize, revision: usize) -> Option<Unpacked> {
        let Object::Stream(stream) = self.read_at(offset, revision).ok()?.object else { return None };
        if !stream.dict.is("Type", "ObjStm") || stream.dict.get("Extends").is_some() {
            return None;
        }
        let plain = self.data(&stream)?;
        let count = usize::try_from(stream.dict.int("N")?).ok()?;
        let first = usize::try_from(stream.dict.int("First")?).ok()?;
        let mut lex = Lex::new(&plain, 0);
        let mut places = Vec::new();
        for _ in 0..count {
            lex.spaces();
            let number = u32::try_from(lex.digits()?).ok()?;
            lex.spaces();
            places.push((number, first.checked_add(usize::try_from(lex.digits()?).ok()?)?));
        }
        Some((plain, places))
    }
}

fn read_object<'a>(octets: &'a [u8], lex: &mut Lex<'a>, length: &dyn Fn(u32) -> Option<usize>) -> Result<Read, Why> {
    let (number, generation) = lex.header()?;
    let mut object = lex.object()?;
    lex.skip();
    if let Object::Dict(dict) = &object
        && lex.keyword("stream")
    {
        let data = stream_data(octets, dict, lex, length)?;
        object = Object::Stream(Stream { dict: dict.clone(), data });
        lex.skip();
    }
    if !lex.keyword("endobj") {
        return Err("« endobj » attendu");
    }
    Ok(Read { number, generation, object, end: lex.at() })
}

fn stream_data<'a>(
    octets: &'a [u8],
    dict: &Dict,
    lex: &mut Lex<'a>,
    length: &dyn Fn(u32) -> Option<usize>,
) -> Result<Range<usize>, Why> {
    if !(lex.take(b"\r\n") || lex.take(b"\n")) {
        return Err("« stream » mal terminé");
    }
    let length = match dict.get("Length") {
        Some(Object::Int(length)) => usize::try_from(*length).ok(),
        Some(Object::Ref(number, _)) => length(*number),
        _ => None,
    };
    let from = lex.at();
    let to = length.and_then(|l| from.checked_add(l)).filter(|to| *to <= octets.len()).ok_or("longueur d'un flux")?;
    *lex = Lex::new(octets, to);
    let _ = lex.take(b"\r\n") || lex.take(b"\n") || lex.take(b"\r");
    if lex.keyword("endstream") { Ok(from..to) } else { Err("« endstream » attendu") }
}

/// Where `word` occurs last.
fn rfind(octets: &[u8], word: &[u8]) -> Option<usize> {
    octets.windows(word.len()).rposition(|window| window == word)
}

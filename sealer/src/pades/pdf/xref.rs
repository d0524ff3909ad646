//! One cross-reference section (ISO 32000-1, 7.5.4 and 7.5.8), and the end of its revision.
use std::collections::BTreeMap;

use super::MAX_OBJECTS;
use super::file::{PdfFault, PdfFile};
use super::lex::{Lex, is_space};
use super::object::{Dict, Object, Stream};

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Free,
    At { offset: usize, generation: u16 },
    Inside { stream: u32, index: u32 },
}

/// One section, with its trailer.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) at: usize,
    /// The end of the revision: after `%%EOF` and its end of line.
    pub(crate) end: usize,
    pub(crate) entries: BTreeMap<u32, Entry>,
    pub(crate) trailer: Dict,
    pub(crate) prev: Option<usize>,
    /// Whether it is a stream.
    pub(crate) is_stream: bool,
    /// Where the stream beside a hybrid table is.
    pub(crate) beside: Option<usize>,
}

/// Reads the section at `at`, which must be followed by its own `startxref` and `%%EOF`.
pub(crate) fn read(octets: &[u8], at: usize) -> Result<Section, PdfFault> {
    let mut lex = Lex::new(octets, at);
    let mut section = if lex.keyword("xref") { table(octets, at, lex)? } else { stream(octets, at)? };
    if let Some(Object::Int(beside)) = section.trailer.get("XRefStm").filter(|_| !section.is_stream) {
        let beside = usize::try_from(*beside).map_err(|_| fault(at, "XRefStm"))?;
        let more = stream(octets, beside)?;
        for (number, entry) in more.entries {
            match section.entries.get(&number) {
                None | Some(Entry::Free) => {
                    section.entries.insert(number, entry);
                }
                Some(same) if *same == entry => {}
                Some(_) => return Err(fault(beside, "les deux tables de références se contredisent")),
            }
        }
        section.beside = Some(beside);
    }
    section.prev = match section.trailer.get("Prev") {
        None => None,
        Some(Object::Int(prev)) => Some(usize::try_from(*prev).map_err(|_| fault(at, "Prev"))?),
        Some(_) => return Err(fault(at, "Prev")),
    };
    section.end = end(octets, section.end, at)?;
    Ok(section)
}

fn fault(at: usize, why: &'static str) -> PdfFault {
    PdfFault::Structure { at, why }
}

/// After a section: `startxref`, its place, `%%EOF` and one end of line.
fn end(octets: &[u8], from: usize, section: usize) -> Result<usize, PdfFault> {
    let mut lex = Lex::new(octets, from);
    lex.spaces();
    if !lex.keyword("startxref") {
        return Err(fault(lex.at(), "« startxref » attendu"));
    }
    lex.spaces();
    if lex.digits() != Some(section as u64) {
        return Err(fault(lex.at(), "« startxref » désigne une autre table"));
    }
    lex.spaces();
    if !lex.take(b"%%EOF") {
        return Err(fault(lex.at(), "« %%EOF » attendu"));
    }
    let _ = lex.take(b"\r\n") || lex.take(b"\n") || lex.take(b"\r");
    Ok(lex.at())
}

fn table<'a>(octets: &'a [u8], at: usize, mut lex: Lex<'a>) -> Result<Section, PdfFault> {
    let mut entries = BTreeMap::new();
    loop {
        lex.spaces();
        if lex.keyword("trailer") {
            break;
        }
        let (first, count) = (lex.digits(), {
            lex.spaces();
            lex.digits()
        });
        let (Some(first), Some(count)) = (first, count) else { return Err(fault(lex.at(), "table de références")) };
        lex.spaces();
        if entries.len() as u64 + count > MAX_OBJECTS as u64 {
            return Err(fault(lex.at(), "trop d'objets"));
        }
        for index in 0..count {
            let entry = octets.get(lex.at()..lex.at() + 20).and_then(line);
            let number = u32::try_from(first + index).ok();
            let (Some(entry), Some(number)) = (entry, number) else { return Err(fault(lex.at(), "ligne de la table")) };
            if entries.insert(number, entry).is_some() {
                return Err(fault(lex.at(), "objet deux fois dans la table"));
            }
            lex = Lex::new(octets, lex.at() + 20);
        }
    }
    let trailer = match lex.object().map_err(|why| fault(lex.at(), why))? {
        Object::Dict(dict) => dict,
        _ => return Err(fault(lex.at(), "trailer")),
    };
    Ok(Section { at, end: lex.at(), entries, trailer, prev: None, is_stream: false, beside: None })
}

/// `nnnnnnnnnn ggggg n` and two octets of end of line.
fn line(octets: &[u8]) -> Option<Entry> {
    let (place, rest) = (octets.get(..10)?, octets.get(10..)?);
    let (generation, kind, tail) = (rest.get(1..6)?, *rest.get(7)?, rest.get(8..10)?);
    let number = |digits: &[u8]| {
        digits.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(digits).ok()?.parse::<usize>().ok())?
    };
    let (offset, generation) = (number(place)?, u16::try_from(number(generation)?).ok()?);
    if rest.first() != Some(&b' ') || rest.get(6) != Some(&b' ') || !tail.iter().all(|c| is_space(*c)) {
        return None;
    }
    match kind {
        b'n' => Some(Entry::At { offset, generation }),
        b'f' => Some(Entry::Free),
        _ => None,
    }
}

fn stream(octets: &[u8], at: usize) -> Result<Section, PdfFault> {
    let read = PdfFile::read_direct(octets, at).map_err(|why| fault(at, why))?;
    let (end, Object::Stream(Stream { dict, data })) = (read.end, read.object) else {
        return Err(fault(at, "table de références attendue"));
    };
    if !dict.is("Type", "XRef") {
        return Err(fault(at, "table de références attendue"));
    }
    let raw = octets.get(data).ok_or_else(|| fault(at, "flux"))?;
    let plain = super::flate::decode(&dict, raw).ok_or_else(|| fault(at, "flux de références illisible"))?;
    let entries = rows(&dict, &plain).ok_or_else(|| fault(at, "flux de références mal formé"))?;
    Ok(Section { at, end, entries, trailer: dict, prev: None, is_stream: true, beside: None })
}

fn rows(dict: &Dict, plain: &[u8]) -> Option<BTreeMap<u32, Entry>> {
    let numbers = |key: &str| -> Option<Vec<usize>> {
        let number = |o: &Object| if let Object::Int(n) = o { usize::try_from(*n).ok() } else { None };
        dict.get(key)?.array()?.iter().map(number).collect()
    };
    let widths = numbers("W")?;
    let [w0, w1, w2] = *widths.as_slice() else { return None };
    let width = w0.checked_add(w1)?.checked_add(w2)?;
    if w0 > 8 || w1 > 8 || w2 > 8 || width == 0 {
        return None;
    }
    let index = match dict.get("Index") {
        None => vec![0, usize::try_from(dict.int("Size")?).ok()?],
        Some(_) => numbers("Index")?,
    };
    let mut rows = plain.chunks_exact(width);
    if !rows.remainder().is_empty() || plain.len() / width > MAX_OBJECTS {
        return None;
    }
    let mut entries = BTreeMap::new();
    for pair in index.as_chunks::<2>().0 {
        for number in pair[0]..pair[0].checked_add(pair[1])? {
            let row = rows.next()?;
            let field = |from: usize, to: usize| -> Option<usize> {
                row.get(from..to)?.iter().try_fold(0_usize, |sum, c| sum.checked_mul(256)?.checked_add(usize::from(*c)))
            };
            let kind = if w0 == 0 { 1 } else { field(0, w0)? };
            let (second, third) = (field(w0, w0 + w1)?, field(w0 + w1, width)?);
            let entry = match kind {
                0 => Entry::Free,
                1 => Entry::At { offset: second, generation: u16::try_from(third).ok()? },
                2 => Entry::Inside { stream: u32::try_from(second).ok()?, index: u32::try_from(third).ok()? },
                _ => return None,
            };
            if entries.insert(u32::try_from(number).ok()?, entry).is_some() {
                return None;
            }
        }
    }
    (rows.next().is_none() && index.len() % 2 == 0).then_some(entries)
}

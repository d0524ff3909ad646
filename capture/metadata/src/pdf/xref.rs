//! Cross-references: tables are looked up where they stand, streams are kept inflated; a broken file is searched through.
use std::collections::BTreeMap;

use super::object::{Dict, Lexer, Obj};
use crate::input::{Input, be};

/// The most objects found by searching, and the longest file searched.
const FOUND: usize = 200_000;
const SEARCHED: u64 = 64 << 20;

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Place {
    At(u64),
    In { stream: u32, index: usize },
    Free,
}

/// Numbers `first..first + count` of one section.
#[derive(Debug)]
pub(super) enum Section {
    Table { first: u32, count: u32, at: u64, width: u64 },
    Stream { first: u32, count: u32, octets: std::rc::Rc<Vec<u8>>, from: usize, widths: [usize; 3] },
    Found(BTreeMap<u32, u64>),
}

impl Section {
    /// Where this section says the object is, when it says anything of it.
    pub(super) fn look(&self, input: &mut Input<'_>, number: u32) -> Option<Place> {
        match self {
            Self::Found(found) => found.get(&number).map(|at| Place::At(*at)),
            Self::Table { first, count, at, width } => {
                let index = number.checked_sub(*first).filter(|index| index < count)?;
                let entry = input.array::<18>(at.checked_add(u64::from(index).checked_mul(*width)?)?)?;
                let offset = std::str::from_utf8(entry.get(..10)?).ok()?.trim().parse().ok()?;
                Some(if entry.last() == Some(&b'n') { Place::At(offset) } else { Place::Free })
            }
            Self::Stream { first, count, octets, from, widths } => {
                let index = number.checked_sub(*first).filter(|index| index < count)? as usize;
                let [kind, second, third] = *widths;
                let at = index.checked_mul(kind + second + third)?.checked_add(*from)?;
                let entry = octets.get(at..at.checked_add(kind + second + third)?)?;
                let (a, rest) = entry.split_at_checked(kind)?;
                let (b, c) = rest.split_at_checked(second)?;
                Some(match if kind == 0 { 1 } else { be(a) } {
                    1 => Place::At(be(b)),
                    2 => Place::In { stream: u32::try_from(be(b)).ok()?, index: usize::try_from(be(c)).ok()? },
                    _ => Place::Free,
                })
            }
        }
    }

    /// The numbers it speaks of: the first, and how many.
    pub(super) fn range(&self) -> (u32, u32) {
        match self {
            Self::Table { first, count, .. } | Self::Stream { first, count, .. } => (*first, *count),
            Self::Found(found) => (0, found.last_key_value().map_or(0, |(last, _)| last.saturating_add(1))),
        }
    }
}

/// The subsections of a table at `place`, after the word `xref`; the place of the trailer is given back.
pub(super) fn table(input: &mut Input<'_>, place: u64) -> Option<(Vec<Section>, u64)> {
    let (mut sections, mut place) = (Vec::new(), place);
    while sections.len() < 10_000 {
        let window = input.up_to(place, 512);
        let mut lexer = Lexer::new(&window);
        match lexer.object().ok()? {
            Obj::Word(word) if word == b"trailer" => return Some((sections, place + lexer.at as u64)),
            Obj::Int(first) => {
                let Ok(Obj::Int(count)) = lexer.object() else { return None };
                let (first, count) = (u32::try_from(first).ok()?, u32::try_from(count).ok()?);
                let rest = window.get(lexer.at..)?;
                let blanks = rest.iter().take_while(|c| c.is_ascii_whitespace()).count();
                let at = place + (lexer.at + blanks) as u64;
                // Some writers end their entries with one octet instead of two.
                let tail = input.up_to(at, 20);
                let width = if count > 0 && tail.get(19).is_some_and(u8::is_ascii_digit) { 19 } else { 20 };
                place = at.checked_add(u64::from(count).checked_mul(width)?)?;
                sections.push(Section::Table { first, count, at, width });
            }
            _ => return None,
        }
    }
    None
}

/// The sections of a cross-reference stream.
pub(super) fn stream(dict: &Dict, octets: Vec<u8>) -> Option<Vec<Section>> {
    let Some(Obj::Array(widths)) = dict.get("W") else { return None };
    let width = |at: usize| match widths.get(at) {
        Some(Obj::Int(width @ 0..=8)) => usize::try_from(*width).ok(),
        _ => None,
    };
    let widths = [width(0)?, width(1)?, width(2)?];
    let long = widths.iter().sum::<usize>();
    let numbers: Vec<i64> = match dict.get("Index") {
        Some(Obj::Array(index)) => {
            index.iter().filter_map(|n| if let Obj::Int(n) = n { Some(*n) } else { None }).take(20_000).collect()
        }
        _ => vec![0, dict.int("Size")?],
    };
    let octets = std::rc::Rc::new(octets);
    let (mut sections, mut from) = (Vec::new(), 0_usize);
    for pair in numbers.chunks_exact(2) {
        let [first, count] = pair else { continue };
        let (first, count) = (u32::try_from(*first).ok()?, u32::try_from(*count).ok()?);
        // No more than there are.
        let there = octets.len().saturating_sub(from).checked_div(long)?;
        let count = count.min(u32::try_from(there).unwrap_or(u32::MAX));
        sections.push(Section::Stream { first, count, octets: octets.clone(), from, widths });
        from += count as usize * long;
    }
    Some(sections)
}

/// What a search through the file gives: objects by number, the last of each, and the trailers' places.
pub(super) struct Search {
    pub(super) found: BTreeMap<u32, u64>,
    pub(super) trailers: Vec<u64>,
    pub(super) whole: bool,
}

/// Looks for `N G obj` and `trailer` at the beginnings of lines.
pub(super) fn search(input: &mut Input<'_>) -> Search {
    let mut search = Search { found: BTreeMap::new(), trailers: Vec::new(), whole: input.length() <= SEARCHED };
    let (mut place, step) = (0, 64 * 1024);
    // Windows overlap, so that nothing is missed between two.
    while place < input.length().min(SEARCHED) {
        let window = input.up_to(place, step + 32);
        if window.is_empty() {
            break;
        }
        for at in 0..window.len().min(step) {
            let begins =
                at == 0 || window.get(at - 1).is_some_and(|c| c.is_ascii_whitespace() || matches!(c, b'j' | b'>'));
            let Some(rest) = window.get(at..).filter(|_| begins) else { continue };
            if rest.starts_with(b"trailer") && search.trailers.len() < 1000 {
                search.trailers.push(place + at as u64 + 7);
            } else if let Some(number) = object_number(rest) {
                if search.found.len() < FOUND {
                    search.found.insert(number, place + at as u64);
                } else {
                    search.whole = false;
                }
            }
        }
        place += step as u64;
    }
    search
}

fn object_number(octets: &[u8]) -> Option<u32> {
    let mut lexer = Lexer::new(octets.get(..octets.len().min(32))?);
    if !octets.first()?.is_ascii_digit() {
        return None;
    }
    let Obj::Int(number) = lexer.object().ok()? else { return None };
    let Obj::Int(_) = lexer.object().ok()? else { return None };
    let rest = octets.get(lexer.at..)?.trim_ascii_start();
    rest.starts_with(b"obj").then(|| u32::try_from(number).ok()).flatten()
}

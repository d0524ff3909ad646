//! The central directory of a ZIP file, read record by record.
use crate::input::{Input, cut, le};

/// The most entries kept, and the most octets of names.
const ENTRIES: usize = 100_000;
const NAMES: usize = 8 << 20;
/// The end record and the longest comment.
const TAIL: u64 = 22 + 65_535;

/// A file of the archive, as the directory declares it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) flags: u64,
    pub(crate) method: u64,
    pub(crate) time: u64,
    pub(crate) date: u64,
    pub(crate) packed: u64,
    pub(crate) size: u64,
    pub(crate) local: u64,
}

impl Entry {
    pub(crate) fn encrypted(&self) -> bool {
        self.flags & 1 != 0
    }
}

/// What the directory says.
#[derive(Debug)]
pub(crate) struct Archive {
    pub(crate) entries: Vec<Entry>,
    /// How many entries the end record declares.
    pub(crate) count: u64,
    pub(crate) comment: String,
    /// Why the list is not whole.
    pub(crate) cut: Option<String>,
}

struct End {
    at: u64,
    count: u64,
    size: u64,
    offset: u64,
    comment: String,
}

impl Archive {
    pub(crate) fn open(input: &mut Input<'_>) -> Result<Self, String> {
        let end = find_end(input).ok_or("La fin de l'archive ZIP manque : aucune entrée n'est lue.")?;
        // What stands before the archive moves all its offsets.
        let start =
            end.at.checked_sub(end.size).ok_or("Le répertoire de l'archive ZIP se dit plus long qu'il n'y a place.")?;
        let shift = start.saturating_sub(end.offset);
        let mut archive = Self { entries: Vec::new(), count: end.count, comment: end.comment, cut: None };
        let (mut place, mut names) = (start, 0);
        while place < end.at {
            if archive.entries.len() >= ENTRIES || names > NAMES {
                let most = archive.entries.len();
                archive.cut = Some(format!("Archive ZIP : les {most} premières entrées sont lues."));
                return Ok(archive);
            }
            let Some((entry, length)) = read_entry(input, place, shift) else {
                archive.cut = Some(format!(
                    "Le répertoire de l'archive ZIP est illisible après {} entrée(s).",
                    archive.entries.len()
                ));
                return Ok(archive);
            };
            names += entry.name.len();
            archive.entries.push(entry);
            place += length;
        }
        if archive.entries.len() as u64 != archive.count {
            archive.cut = Some(format!(
                "L'archive ZIP déclare {} entrée(s), son répertoire en donne {}.",
                archive.count,
                archive.entries.len()
            ));
        }
        Ok(archive)
    }
}

fn find_end(input: &mut Input<'_>) -> Option<End> {
    let from = input.length().saturating_sub(TAIL);
    let tail = input.up_to(from, usize::try_from(TAIL).ok()?);
    let place = tail.windows(4).rposition(|at| at == b"PK\x05\x06")?;
    let record = tail.get(place..)?;
    if record.len() < 22 {
        return None;
    }
    let number = |at: usize, count: usize| le(cut(record, at, count));
    let comment = decode(cut(record, 22, usize::try_from(number(20, 2)).ok()?), false);
    let end =
        End { at: from + place as u64, count: number(10, 2), size: number(12, 4), offset: number(16, 4), comment };
    if end.count == 0xffff || end.size == 0xffff_ffff || end.offset == 0xffff_ffff {
        return Some(wide_end(input, end.at, &end.comment).unwrap_or(end));
    }
    Some(end)
}

/// The ZIP64 end record, where the locator before the end record says it is.
fn wide_end(input: &mut Input<'_>, end: u64, comment: &str) -> Option<End> {
    let locator = input.array::<20>(end.checked_sub(20)?)?;
    if locator.get(..4)? != b"PK\x06\x07" {
        return None;
    }
    let at = le(cut(&locator, 8, 8));
    let record = input.array::<56>(at)?;
    (record.get(..4)? == b"PK\x06\x06").then(|| End {
        at,
        count: le(cut(&record, 32, 8)),
        size: le(cut(&record, 40, 8)),
        offset: le(cut(&record, 48, 8)),
        comment: comment.to_owned(),
    })
}

fn read_entry(input: &mut Input<'_>, place: u64, shift: u64) -> Option<(Entry, u64)> {
    let head = input.array::<46>(place)?;
    if head.get(..4)? != b"PK\x01\x02" {
        return None;
    }
    let number = |at: usize, count: usize| le(cut(&head, at, count));
    let (name, extra, comment) = (number(28, 2), number(30, 2), number(32, 2));
    let octets = input.at(place + 46, usize::try_from(name + extra).ok()?)?;
    let (name_octets, extra_octets) = octets.split_at_checked(usize::try_from(name).ok()?)?;
    let mut entry = Entry {
        name: decode(name_octets, number(8, 2) & 0x800 != 0),
        flags: number(8, 2),
        method: number(10, 2),
        time: number(12, 2),
        date: number(14, 2),
        packed: number(20, 4),
        size: number(24, 4),
        local: number(42, 4),
    };
    widen(&mut entry, extra_octets);
    entry.local = entry.local.saturating_add(shift);
    Some((entry, 46 + name + extra + comment))
}

/// Sizes and offset that do not fit in 32 bits are in the extra field 1.
fn widen(entry: &mut Entry, mut extra: &[u8]) {
    while let Some((head, rest)) = extra.split_at_checked(4) {
        let length = usize::from(u16::from_le_bytes([
            cut(head, 2, 1).first().copied().unwrap_or(0),
            cut(head, 3, 1).first().copied().unwrap_or(0),
        ]));
        let Some((mut field, rest)) = rest.split_at_checked(length) else { return };
        if le(cut(head, 0, 2)) == 1 {
            for slot in [&mut entry.size, &mut entry.packed, &mut entry.local] {
                if *slot == 0xffff_ffff
                    && let Some((number, rest)) = field.split_at_checked(8)
                {
                    *slot = le(number);
                    field = rest;
                }
            }
        }
        extra = rest;
    }
}

/// A name is in UTF-8 when it says so or is; otherwise in the code page of the first PC.
fn decode(octets: &[u8], utf8: bool) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) if utf8 => String::from_utf8_lossy(octets).into_owned(),
        Err(_) => octets
            .iter()
            .map(|octet| match octet.checked_sub(128) {
                None => char::from(*octet),
                Some(high) => CP437.chars().nth(usize::from(high)).unwrap_or(char::REPLACEMENT_CHARACTER),
            })
            .collect(),
    }
}

const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_are_read_in_their_code_page() {
        assert_eq!(CP437.chars().count(), 128);
        assert_eq!(decode(b"\x82t\x82.txt", false), "été.txt");
        assert_eq!(decode("été".as_bytes(), false), "été");
    }
}

//! The finished PDF: what the typesetter made, octet for octet, with each sheet in the place of what stood for it, and the
//! table of positions (ISO 32000-1, 7.5.4) written anew. Sheets are copied one at a time.
use std::io::{self, Write};

use dossier::{DigestWriter, Digests};

use super::place::number_of;
use super::{Packed, Spool};

/// A sheet to put in: its size in pixels and where it is kept, packed as PNG rows (predictor 15).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Put {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) packed: Packed,
}

/// Puts sheets into a document.
pub(crate) struct Weaver<'a> {
    pub(crate) sheets: &'a [Put],
    pub(crate) spool: &'a Spool,
}

/// Knows how far the writing is.
struct Counted<'a> {
    inner: DigestWriter<&'a mut dyn Write>,
    at: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(octets)?;
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A document of the typesetter that is not made as expected.
fn unexpected(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the typesetter's PDF: {what}"))
}

impl Weaver<'_> {
    /// Writes the document; gives its length and digests. Every sheet must be asked for by the layout once or more.
    pub(crate) fn write(&self, pdf: &[u8], out: &mut dyn Write) -> io::Result<Digests> {
        let table = Table::read(pdf)?;
        let mut out = Counted { inner: DigestWriter::new(out), at: 0 };
        let mut positions = vec![0_u64; table.offsets.len()];
        let mut put = vec![false; self.sheets.len()];
        let mut order: Vec<usize> = (0..table.offsets.len()).filter(|n| table.offsets[*n] > 0).collect();
        order.sort_by_key(|n| table.offsets[*n]);
        let start = order.first().map_or(table.at, |n| table.offsets[*n]);
        out.write_all(slice(pdf, 0, start)?)?;
        for (i, object) in order.iter().enumerate() {
            let from = table.offsets[*object];
            let to = order.get(i + 1).map_or(table.at, |next| table.offsets[*next]);
            let octets = slice(pdf, from, to)?;
            positions[*object] = out.at;
            match image(octets) {
                Some((head, number)) => {
                    let sheet = self.sheets.get(number as usize).ok_or_else(|| unexpected("a sheet that is none"))?;
                    put[number as usize] = true;
                    self.sheet(head, *sheet, &mut out)?;
                }
                None => out.write_all(octets)?,
            }
        }
        if put.contains(&false) {
            return Err(unexpected("a sheet that the layout left out"));
        }
        let at = out.at;
        write!(out, "xref\n0 {}\n0000000000 65535 f\r\n", positions.len())?;
        for position in positions.iter().skip(1) {
            write!(out, "{position:010} 00000 n\r\n")?;
        }
        out.write_all(slice(pdf, table.trailer, table.startxref)?)?;
        write!(out, "startxref\n{at}\n%%EOF")?;
        out.flush()?;
        Ok(out.inner.finish().1)
    }

    fn sheet(&self, head: Head<'_>, sheet: Put, out: &mut dyn Write) -> io::Result<()> {
        let Put { width, height, packed } = sheet;
        let (start, space) = (head.start, head.color_space);
        write!(
            out,
            "{start}<</Length {}/Type/XObject/Subtype/Image/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors 3/BitsPerComponent 8\
             /Columns {width}>>/Width {width}/Height {height}/ColorSpace {space}/BitsPerComponent 8>>\nstream\n",
            packed.bytes
        )?;
        self.spool.copy(packed, out)?;
        out.write_all(b"\nendstream\nendobj\n")
    }
}

/// The parts of an image object that stay.
struct Head<'a> {
    /// `12 0 obj` and the line break.
    start: &'a str,
    /// `7 0 R`.
    color_space: &'a str,
}

/// The head of an image object that stands for a sheet, and the number of that sheet.
fn image(object: &[u8]) -> Option<(Head<'_>, u32)> {
    let end = find(object, b"stream\n")?;
    let text = std::str::from_utf8(object.get(..end)?).ok()?;
    let open = text.find("<<")?;
    if !text.contains("/Subtype/Image") || !text.contains("/Filter/FlateDecode") || !text.contains("/Width 2/Height 1/")
    {
        return None;
    }
    let length: usize = text.get(text.find("/Length ")? + 8..)?.split('/').next()?.trim().parse().ok()?;
    let from = end + b"stream\n".len();
    let number = number_of(object.get(from..from.checked_add(length)?)?)?;
    let space = text.get(text.find("/ColorSpace ")? + 12..)?;
    let color_space = space.get(..space.find('R')? + 1)?;
    Some((Head { start: text.get(..open)?, color_space }, number))
}

/// The classic table of a file with one revision.
struct Table {
    /// Where the table begins.
    at: usize,
    /// Where the trailer begins, and the last `startxref`.
    trailer: usize,
    startxref: usize,
    /// Position of each object; 0 for none.
    offsets: Vec<usize>,
}

impl Table {
    fn read(pdf: &[u8]) -> io::Result<Self> {
        let startxref = rfind(pdf, b"startxref").ok_or_else(|| unexpected("no startxref"))?;
        let text = |from: usize, to: usize| {
            std::str::from_utf8(slice(pdf, from, to)?).map_err(|_| unexpected("a table that is no text"))
        };
        let at: usize = text(startxref + 9, pdf.len())?
            .lines()
            .find_map(|line| line.trim().parse().ok())
            .ok_or_else(|| unexpected("no position of the table"))?;
        let trailer = at + find(slice(pdf, at, startxref)?, b"trailer").ok_or_else(|| unexpected("no trailer"))?;
        let mut lines = text(at, trailer)?.lines();
        let count = match (lines.next(), lines.next().and_then(|line| line.strip_prefix("0 "))) {
            (Some("xref"), Some(count)) => count.trim().parse::<usize>().map_err(|_| unexpected("a count"))?,
            _ => return Err(unexpected("a table in parts")),
        };
        let offset = |line: &str| match line.split_whitespace().collect::<Vec<_>>()[..] {
            [offset, "00000", "n"] => offset.parse().ok(),
            [_, _, "f"] => Some(0),
            _ => None,
        };
        let offsets: Option<Vec<usize>> = lines.map(offset).collect();
        match offsets {
            Some(offsets) if offsets.len() == count => Ok(Self { at, trailer, startxref, offsets }),
            _ => Err(unexpected("a line of the table")),
        }
    }
}

fn slice(octets: &[u8], from: usize, to: usize) -> io::Result<&[u8]> {
    octets.get(from..to).ok_or_else(|| unexpected("a position outside the file"))
}

fn find(octets: &[u8], what: &[u8]) -> Option<usize> {
    octets.windows(what.len()).position(|window| window == what)
}

fn rfind(octets: &[u8], what: &[u8]) -> Option<usize> {
    octets.windows(what.len()).rposition(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_made_as_expected_is_refused() {
        let spool = Spool::new().unwrap();
        let weaver = Weaver { sheets: &[], spool: &spool };
        for pdf in [&b""[..], b"startxref", b"%PDF-1.7\nxref\n0 9\ntrailer\nstartxref\n9\n%%EOF", b"startxref\n99999\n"]
        {
            let error = weaver.write(pdf, &mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
        }
    }
}

//! The file, read by windows: every place and length is held against the file's, and all that is read is counted.
use std::io::{Read, Seek, SeekFrom};

/// What is read at once when less is asked, so that neighbours need no second call.
const BLOCK: usize = 16 * 1024;
/// The longest window.
pub(crate) const WINDOW: usize = 16 << 20;
/// All that may be read of a file.
const MOST: u64 = 256 << 20;

/// What can be read at a place.
pub(crate) trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// A file and what may still be read of it.
pub(crate) struct Input<'a> {
    file: &'a mut dyn Source,
    length: u64,
    left: u64,
    block: Vec<u8>,
    block_at: u64,
    trouble: Option<String>,
}

impl<'a> Input<'a> {
    pub(crate) fn new(file: &'a mut dyn Source, length: u64) -> Self {
        Self { file, length, left: MOST, block: Vec::new(), block_at: 0, trouble: None }
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Why reading ended, when it did: a failure of the disk, or too much asked.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.clone()
    }

    /// Exactly `count` octets at `place`, or nothing.
    pub(crate) fn at(&mut self, place: u64, count: usize) -> Option<&[u8]> {
        let end = place.checked_add(count as u64)?;
        if end > self.length || count > WINDOW {
            return None;
        }
        let held = self.block_at <= place && end <= self.block_at + self.block.len() as u64;
        if !held {
            self.fill(place, count);
        }
        let from = usize::try_from(place.checked_sub(self.block_at)?).ok()?;
        self.block.get(from..from.checked_add(count)?)
    }

    /// So many octets as there are at `place`, `count` at most.
    pub(crate) fn up_to(&mut self, place: u64, count: usize) -> Vec<u8> {
        let there = self.length.saturating_sub(place).min(count.min(WINDOW) as u64);
        let there = usize::try_from(there).unwrap_or(0);
        self.at(place, there).map(<[u8]>::to_vec).unwrap_or_default()
    }

    pub(crate) fn array<const N: usize>(&mut self, place: u64) -> Option<[u8; N]> {
        self.at(place, N).and_then(|octets| octets.try_into().ok())
    }

    /// A reader of `count` octets from `place`.
    pub(crate) fn part(&mut self, place: u64, count: u64) -> Part<'_, 'a> {
        let end = place.saturating_add(count).min(self.length);
        Part { input: self, place, end }
    }

    fn fill(&mut self, place: u64, count: usize) {
        let there = usize::try_from(self.length - place).unwrap_or(usize::MAX);
        let wanted = count.max(BLOCK).min(there);
        self.block.clear();
        self.block_at = place;
        if self.left < wanted as u64 {
            self.trouble.get_or_insert_with(|| {
                format!("Plus de {} Mio ont été lus du fichier : la lecture s'arrête là.", MOST >> 20)
            });
            return;
        }
        self.left -= wanted as u64;
        // A long window is not kept for a short one.
        if self.block.capacity() > 1 << 20 && wanted <= BLOCK {
            self.block = Vec::new();
        }
        let read = self
            .file
            .seek(SeekFrom::Start(place))
            .and_then(|_| Read::take(&mut self.file, wanted as u64).read_to_end(&mut self.block));
        let why = match read {
            Ok(read) if read == wanted => return,
            Ok(read) => format!("le fichier s'arrête à l'octet {}", place + read as u64),
            Err(error) => {
                self.block.clear();
                error.to_string()
            }
        };
        self.trouble.get_or_insert_with(|| format!("Le fichier n'a pas pu être lu à l'octet {place} : {why}."));
    }
}

/// A part of the file, read from its beginning to its end.
pub(crate) struct Part<'i, 'a> {
    input: &'i mut Input<'a>,
    place: u64,
    end: u64,
}

impl Read for Part<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.place)).unwrap_or(usize::MAX);
        let count = into.len().min(left).min(BLOCK);
        let Some(octets) = self.input.at(self.place, count) else { return Ok(0) };
        if let Some(target) = into.get_mut(..count) {
            target.copy_from_slice(octets);
        }
        self.place += count as u64;
        Ok(count)
    }
}

/// Big-endian number of up to eight octets.
pub(crate) fn be(octets: &[u8]) -> u64 {
    octets.iter().take(8).fold(0, |number, octet| number << 8 | u64::from(*octet))
}

/// Little-endian number of up to eight octets.
pub(crate) fn le(octets: &[u8]) -> u64 {
    octets.iter().take(8).rev().fold(0, |number, octet| number << 8 | u64::from(*octet))
}

/// The octets of `from..from + count`, or none when they are not all there.
pub(crate) fn cut(octets: &[u8], from: usize, count: usize) -> &[u8] {
    from.checked_add(count).and_then(|end| octets.get(from..end)).unwrap_or_default()
}

/// Octets as the text they most likely are: UTF-8, else Latin-1.
pub(crate) fn text(octets: &[u8]) -> String {
    let octets = octets.split(|octet| *octet == 0).next().unwrap_or_default();
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) => latin1(octets),
    }
}

pub(crate) fn latin1(octets: &[u8]) -> String {
    octets.iter().map(|octet| char::from(*octet)).collect()
}

/// UTF-16, of either order.
pub(crate) fn utf16(octets: &[u8], little: bool) -> String {
    let units = octets.chunks_exact(2).map(|pair| (if little { le(pair) } else { be(pair) }) as u16);
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_window_never_passes_the_end() {
        let mut file = Cursor::new((0..=255).cycle().take(100_000).collect::<Vec<u8>>());
        let mut input = Input::new(&mut file, 100_000);
        assert_eq!(input.at(99_999, 1).map(<[u8]>::len), Some(1));
        assert!(input.at(99_999, 2).is_none());
        assert!(input.at(u64::MAX, 2).is_none());
        assert_eq!(input.up_to(99_990, 100).len(), 10);
        assert_eq!(input.array::<2>(256), Some([0, 1]));
        assert!(input.trouble().is_none());
    }

    #[test]
    fn a_file_shorter_than_announced_is_told() {
        let mut file = Cursor::new(vec![7; 10]);
        let mut input = Input::new(&mut file, 1000);
        assert_eq!(input.at(0, 10).map(<[u8]>::len), Some(10));
        assert!(input.at(5, 10).is_none());
        assert!(input.trouble().is_some_and(|why| why.contains("s'arrête à l'octet 10")));
    }

    #[test]
    fn what_is_read_is_counted() {
        let mut file = Cursor::new(vec![0; WINDOW]);
        let mut input = Input::new(&mut file, WINDOW as u64);
        for _ in 0..64 {
            let _ = input.at(0, WINDOW - 1);
            let _ = input.at(1, WINDOW - 1);
        }
        assert!(input.trouble().is_some_and(|why| why.contains("256 Mio")));
    }
}

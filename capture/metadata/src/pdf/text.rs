//! Text strings of a PDF (ISO 32000-2, 7.9.2.2): UTF-16, UTF-8 or PDFDocEncoding.
use crate::input::utf16;

/// The characters that PDFDocEncoding has its own way at 0x18 and at 0x80; the others are those of Latin-1.
const LOW: &str = "˘ˇˆ˙˝˛˚˜";
const HIGH: &str = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž\u{FFFD}€";

pub(super) fn decode(octets: &[u8]) -> String {
    match octets {
        [0xfe, 0xff, rest @ ..] => untagged(&utf16(rest, false)),
        [0xff, 0xfe, rest @ ..] => utf16(rest, true),
        [0xef, 0xbb, 0xbf, rest @ ..] => untagged(&String::from_utf8_lossy(rest)),
        octets => octets.iter().map(|octet| character(*octet)).collect(),
    }
}

fn character(octet: u8) -> char {
    let of =
        |table: &str, first: u8| table.chars().nth(usize::from(octet - first)).unwrap_or(char::REPLACEMENT_CHARACTER);
    match octet {
        0x18..=0x1f => of(LOW, 0x18),
        0x80..=0xa0 => of(HIGH, 0x80),
        other => char::from(other),
    }
}

/// Language tags stand between two escape characters.
fn untagged(text: &str) -> String {
    text.split('\u{1b}').enumerate().filter(|(at, _)| at % 2 == 0).map(|(_, part)| part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_encodings() {
        assert_eq!(LOW.chars().count(), 8);
        assert_eq!(HIGH.chars().count(), 33);
        assert_eq!(decode(b"\xe9t\xe9 \xa0\x80"), "été €•");
        assert_eq!(decode(b"\xfe\xff\0\x1b\0f\0r\0\x1b\0\xe9"), "é");
        assert_eq!(decode("\u{feff}é".as_bytes()), "é");
    }
}

//! EXIF 2.32 and TIFF 6.0: only the fields that say who, when, where and with what are fetched, each under a bound.
use std::collections::BTreeSet;

use crate::declared::Sheet;
use crate::input::{Input, be, cut, le, text, utf16};
use crate::keys::{self, Key};

/// The most directories, entries of one, octets of a value.
const DIRECTORIES: usize = 16;
const ENTRIES: usize = 4096;
const VALUE: u64 = 8192;
/// The most values kept: a field given a thousand times is not kept a thousand times.
const VALUES: usize = 200;

const EXIF: u64 = 0x8769;
const GPS: u64 = 0x8825;

/// Which directory an entry was in.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Main,
    Thumbnail,
    Exif,
    Gps,
}

/// Octets of a TIFF block inside the file.
struct Block<'i, 'a> {
    input: &'i mut Input<'a>,
    start: u64,
    length: u64,
    little: bool,
}

struct Value {
    of: Of,
    tag: u64,
    kind: u64,
    octets: Vec<u8>,
    little: bool,
}

impl Block<'_, '_> {
    fn octets(&mut self, at: u64, count: u64) -> Option<Vec<u8>> {
        if at.checked_add(count)? > self.length {
            return None;
        }
        self.input.at(self.start.checked_add(at)?, usize::try_from(count).ok()?).map(<[u8]>::to_vec)
    }

    fn number(&mut self, at: u64, count: u64) -> Option<u64> {
        let octets = self.octets(at, count)?;
        Some(if self.little { le(&octets) } else { be(&octets) })
    }
}

/// Reads the EXIF block of `length` octets at `start`.
pub(super) fn read(input: &mut Input<'_>, start: u64, length: u64, sheet: &mut Sheet) {
    if sheet.first("EXIF") {
        let values = values(input, start, length, sheet);
        note(&values, sheet);
    }
}

/// Reads a TIFF file, which is one such block.
pub(super) fn tiff(input: &mut Input<'_>, sheet: &mut Sheet) {
    let length = input.length();
    let values = values(input, 0, length, sheet);
    for (tag, key) in [(0x100, keys::WIDTH), (0x101, keys::HEIGHT), (0x102, keys::DEPTH)] {
        if let Some(number) = find(&values, Of::Main, tag).and_then(Value::whole) {
            sheet.number(key, number);
        }
    }
    let pages =
        values.iter().filter(|value| value.tag == 0x100 && matches!(value.of, Of::Main | Of::Thumbnail)).count();
    sheet.number(keys::PAGES, pages as u64);
    note(&values, sheet);
}

fn values(input: &mut Input<'_>, start: u64, length: u64, sheet: &mut Sheet) -> Vec<Value> {
    let mut block = Block { input, start, length, little: false };
    match block.octets(0, 4).as_deref() {
        Some(b"II\x2a\0") => block.little = true,
        Some(b"MM\0\x2a") => {}
        _ => {
            sheet.cut("EXIF : l'en-tête est illisible.");
            return Vec::new();
        }
    }
    let mut values = Vec::new();
    let mut seen = BTreeSet::new();
    let mut next: Vec<(u64, Of)> = block.number(4, 4).map(|at| (at, Of::Main)).into_iter().collect();
    while let Some((at, of)) = next.pop() {
        if !seen.insert(at) || seen.len() > DIRECTORIES {
            sheet.cut("EXIF : ses répertoires tournent en rond ou sont trop nombreux.");
            break;
        }
        if directory(&mut block, at, of, &mut values, &mut next).is_none() {
            sheet.cut("EXIF : un répertoire ou une valeur sort du bloc ; le reste n'est pas lu.");
        }
    }
    values
}

/// One directory; nothing when it passes the end of the block.
fn directory(
    block: &mut Block<'_, '_>,
    at: u64,
    of: Of,
    values: &mut Vec<Value>,
    next: &mut Vec<(u64, Of)>,
) -> Option<()> {
    let count = block.number(at, 2)?;
    let mut whole = Some(());
    for index in 0..count.min(ENTRIES as u64) {
        let entry = at + 2 + index * 12;
        let (tag, kind, many) = (block.number(entry, 2)?, block.number(entry + 2, 2)?, block.number(entry + 4, 4)?);
        let link = match tag {
            EXIF if of == Of::Main => Some(Of::Exif),
            GPS if of == Of::Main => Some(Of::Gps),
            _ => None,
        };
        if let Some(link) = link {
            next.push((block.number(entry + 8, 4)?, link));
            continue;
        }
        if !wanted(of, tag) || values.len() >= VALUES {
            continue;
        }
        let length = many.checked_mul(size(kind))?;
        let place = if length <= 4 { entry + 8 } else { block.number(entry + 8, 4)? };
        match block.octets(place, length.min(VALUE)) {
            Some(octets) => values.push(Value { of, tag, kind, octets, little: block.little }),
            None => whole = None,
        }
    }
    let after = block.number(at + 2 + count * 12, 4).unwrap_or(0);
    if after != 0 && matches!(of, Of::Main | Of::Thumbnail) {
        next.insert(0, (after, Of::Thumbnail));
    }
    whole
}

fn size(kind: u64) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 => 4,
        5 | 10 | 12 => 8,
        _ => 1,
    }
}

fn wanted(of: Of, tag: u64) -> bool {
    match of {
        Of::Gps => matches!(tag, 1..=7 | 0x1d),
        Of::Thumbnail => matches!(tag, 0x100 | 0x201),
        Of::Main => {
            matches!(tag, 0x100..=0x102 | 0x201) || texts().any(|(o, t, _)| o == of && t == tag) || tag == 0x112
        }
        Of::Exif => {
            texts().any(|(o, t, _)| o == of && t == tag)
                || matches!(tag, 0x9003 | 0x9004 | 0x9010..=0x9012 | 0x9286 | 0x9290..=0x9292)
        }
    }
}

/// The fields that are plain texts.
fn texts() -> impl Iterator<Item = (Of, u64, Key)> {
    [
        (Of::Main, 0x10e, keys::DESCRIPTION),
        (Of::Main, 0x10f, keys::MAKE),
        (Of::Main, 0x110, keys::MODEL),
        (Of::Exif, 0xa431, keys::SERIAL),
        (Of::Exif, 0xa430, keys::OWNER),
        (Of::Exif, 0xa434, keys::LENS),
        (Of::Main, 0x131, keys::SOFTWARE),
        (Of::Main, 0x13c, keys::HOST),
        (Of::Main, 0x13b, keys::ARTIST),
        (Of::Main, 0x8298, keys::COPYRIGHT),
        (Of::Main, 0x132, keys::EXIF_DATE),
    ]
    .into_iter()
}

fn find(values: &[Value], of: Of, tag: u64) -> Option<&Value> {
    values.iter().find(|value| value.of == of && value.tag == tag)
}

impl Value {
    fn text(&self) -> String {
        text(&self.octets).trim().to_owned()
    }

    fn read(&self, octets: &[u8]) -> u64 {
        if self.little { le(octets) } else { be(octets) }
    }

    fn whole(&self) -> Option<u64> {
        let count = usize::try_from(size(self.kind)).ok()?;
        (self.octets.len() >= count && count <= 4).then(|| self.read(cut(&self.octets, 0, count)))
    }

    /// Fractions, as two whole numbers each.
    fn fractions(&self) -> Vec<(u64, u64)> {
        self.octets.chunks_exact(8).map(|pair| (self.read(cut(pair, 0, 4)), self.read(cut(pair, 4, 4)))).collect()
    }
}

fn note(values: &[Value], sheet: &mut Sheet) {
    for (of, tag, key) in texts() {
        let Some(value) = find(values, of, tag) else { continue };
        if key.key == keys::EXIF_DATE.key {
            sheet.date(key, &dated(values, value, 0x9010, 0x9290));
        } else {
            sheet.text(key, &value.text());
        }
    }
    for (tag, zone, fraction, key) in
        [(0x9003, 0x9011, 0x9291, keys::EXIF_ORIGINAL), (0x9004, 0x9012, 0x9292, keys::EXIF_DIGITIZED)]
    {
        if let Some(value) = find(values, Of::Exif, tag) {
            sheet.date(key, &dated(values, value, zone, fraction));
        }
    }
    if let Some(comment) = find(values, Of::Exif, 0x9286) {
        sheet.text(keys::COMMENT, &commented(comment));
    }
    if let Some(orientation) = find(values, Of::Main, 0x112).and_then(Value::whole) {
        sheet.text(keys::ORIENTATION, &turned(orientation));
    }
    if values.iter().any(|value| value.tag == 0x201) {
        sheet.yes(keys::THUMBNAIL, true);
    }
    gps(values, sheet);
}

/// A date with the fraction and the offset that stand apart from it.
fn dated(values: &[Value], date: &Value, zone: u64, fraction: u64) -> String {
    let part = |tag: u64| find(values, Of::Exif, tag).map(Value::text).filter(|text| !text.is_empty());
    let fraction = part(fraction).map(|fraction| format!(".{fraction}")).unwrap_or_default();
    format!("{}{fraction}{}", date.text(), part(zone).unwrap_or_default())
}

fn commented(value: &Value) -> String {
    let Some((encoding, rest)) = value.octets.split_at_checked(8) else { return String::new() };
    match encoding {
        b"UNICODE\0" => utf16(rest, value.little),
        _ => text(rest),
    }
}

fn turned(orientation: u64) -> String {
    let how = match orientation {
        1 => "droite",
        2 => "en miroir",
        3 => "tournée de 180°",
        4 => "en miroir, tournée de 180°",
        5 => "en miroir, tournée de 270°",
        6 => "tournée de 90°",
        7 => "en miroir, tournée de 90°",
        8 => "tournée de 270°",
        _ => "valeur inconnue",
    };
    format!("{orientation} ({how})")
}

fn gps(values: &[Value], sheet: &mut Sheet) {
    for (tag, key) in [(2, keys::GPS_LATITUDE), (4, keys::GPS_LONGITUDE)] {
        if let Some(value) = find(values, Of::Gps, tag) {
            let side = find(values, Of::Gps, tag - 1).map(Value::text).unwrap_or_default();
            let parts: Vec<String> =
                value.fractions().into_iter().map(decimal).zip(["°", "′", "″"]).map(|(n, unit)| n + unit).collect();
            sheet.text(key, &format!("{} {side}", parts.join(" ")));
        }
    }
    if let Some(height) = find(values, Of::Gps, 6).and_then(|value| value.fractions().into_iter().next()) {
        let below = find(values, Of::Gps, 5).and_then(Value::whole) == Some(1);
        sheet.text(keys::GPS_ALTITUDE, &format!("{}{}", if below { "-" } else { "" }, decimal(height)));
    }
    if let Some(date) = find(values, Of::Gps, 0x1d) {
        let clock = find(values, Of::Gps, 7).map(|value| {
            let parts: Vec<String> =
                value.fractions().into_iter().map(|part| format!("{:0>2}", decimal(part))).collect();
            format!(" {}", parts.join(":"))
        });
        sheet.date(keys::GPS_DATE, &format!("{}{}", date.text(), clock.unwrap_or_default()));
    }
}

/// A fraction in decimals, six at most; a denominator of zero is shown.
fn decimal((above, below): (u64, u64)) -> String {
    if below == 0 {
        return format!("{above}/0");
    }
    let millionths = above.saturating_mul(1_000_000).saturating_add(below / 2) / below;
    let (whole, part) = (millionths / 1_000_000, format!("{:06}", millionths % 1_000_000));
    let part = part.trim_end_matches('0');
    if part.is_empty() { whole.to_string() } else { format!("{whole}.{part}") }
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn fractions_are_exact_to_the_millionth() {
        assert_eq!(decimal((48, 1)), "48");
        assert_eq!(decimal((245, 100)), "2.45");
        assert_eq!(decimal((1, 3)), "0.333333");
        assert_eq!(decimal((1, 0)), "1/0");
        assert_eq!(decimal((2_999_999_999, 3_000_000_000)), "1");
    }
}

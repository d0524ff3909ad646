//! ID3v2.2 to 2.4 and ID3v1: the text frames.
use super::tags::Tags;
use crate::declared::Sheet;
use crate::input::{Input, be, cut, latin1, utf16};
use crate::keys;

/// The longest tag read.
const TAG: usize = 4 << 20;
/// The most frames.
const FRAMES: usize = 2000;

/// Reads the tag at `start`; gives where it ends.
pub(super) fn read(input: &mut Input<'_>, start: u64, tags: &mut Tags, sheet: &mut Sheet) -> u64 {
    let Some(head) = input.array::<10>(start).filter(|head| head.starts_with(b"ID3")) else { return start };
    let [_, _, _, version, minor, flags, ..] = head;
    let length = syncsafe(cut(&head, 6, 4));
    let end = start + 10 + length + if flags & 0x10 != 0 { 10 } else { 0 };
    sheet.text(keys::VERSION, &format!("ID3v2.{version}.{minor}"));
    if !(2..=4).contains(&version) {
        sheet.cut(format!("ID3 : version {version} non lue."));
        return end;
    }
    let mut octets = input.up_to(start + 10, usize::try_from(length).unwrap_or(TAG).min(TAG));
    if (octets.len() as u64) < length {
        sheet.cut("ID3 : l'étiquette est incomplète ou trop longue ; le début en est lu.");
    }
    if flags & 0x80 != 0 && version < 4 {
        octets = synchronised(&octets);
    }
    let mut from = 0;
    if flags & 0x40 != 0 && version > 2 {
        let size = cut(&octets, 0, 4);
        from = usize::try_from(if version == 4 { syncsafe(size) } else { be(size) + 4 }).unwrap_or(0);
    }
    frames(octets.get(from..).unwrap_or_default(), version, tags, sheet);
    end
}

fn frames(mut octets: &[u8], version: u8, tags: &mut Tags, sheet: &mut Sheet) {
    let name = if version == 2 { 3 } else { 4 };
    let head = if version == 2 { 6 } else { 10 };
    for _ in 0..FRAMES {
        let Some((start, rest)) = octets.split_at_checked(head) else { return };
        let id = cut(start, 0, name);
        // Zeros after the last frame.
        if !id.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) {
            return;
        }
        let size = cut(start, name, name);
        let size = usize::try_from(if version == 4 { syncsafe(size) } else { be(size) }).unwrap_or(usize::MAX);
        let flags = be(cut(start, 8, 2));
        let Some((body, rest)) = rest.split_at_checked(size) else {
            sheet.cut("ID3 : une trame ment sur sa longueur ; les suivantes ne sont pas lues.");
            return;
        };
        octets = rest;
        // Compressed or encrypted.
        let sealed = (version == 4 && flags & 0x0c != 0) || (version == 3 && flags & 0xc0 != 0);
        if sealed {
            sheet.cut("ID3 : une trame compressée ou chiffrée n'est pas lue.");
            continue;
        }
        // In 2.4 each frame may be written so that no octets look like sound, and have its length before it.
        let mut plain = body.to_vec();
        if version == 4 && flags & 0x01 != 0 {
            plain = plain.get(4..).unwrap_or_default().to_vec();
        }
        if version == 4 && flags & 0x02 != 0 {
            plain = synchronised(&plain);
        }
        frame(&latin1(id), &plain, tags, sheet);
    }
}

fn frame(id: &str, body: &[u8], tags: &mut Tags, sheet: &mut Sheet) {
    let Some((encoding, rest)) = body.split_first() else { return };
    match id {
        "APIC" | "PIC" => sheet.mark(keys::COVER),
        "TXXX" | "TXX" => {
            let parts = strings(*encoding, rest);
            let name = parts.first().map_or("TXXX", String::as_str).to_owned();
            tags.note(&name, &parts.get(1..).unwrap_or_default().join(", "), sheet);
        }
        "COMM" | "COM" => {
            let parts = strings(*encoding, rest.get(3..).unwrap_or_default());
            tags.note(id, parts.get(1..).unwrap_or_default().join(", ").as_str(), sheet);
        }
        id if id.starts_with('T') => tags.note(id, &strings(*encoding, rest).join(", "), sheet),
        id if id.starts_with('W') && id != "WXXX" && id != "WXX" => tags.note(id, &latin1(body), sheet),
        _ => {}
    }
}

/// The texts of a frame, which zeros separate.
fn strings(encoding: u8, octets: &[u8]) -> Vec<String> {
    let text = match encoding {
        0 => latin1(octets),
        1 | 2 => {
            let little = octets.starts_with(b"\xff\xfe");
            utf16(octets, little)
        }
        _ => String::from_utf8_lossy(octets).into_owned(),
    };
    // A mark before each text of the frame says again in which order its octets are.
    let parts: Vec<&str> = text.split('\0').map(|part| part.trim_start_matches('\u{feff}')).collect();
    let last = parts.iter().rposition(|part| !part.is_empty()).map_or(0, |at| at + 1);
    parts.iter().take(last).map(|part| (*part).to_owned()).collect()
}

fn syncsafe(octets: &[u8]) -> u64 {
    octets.iter().fold(0, |number, octet| number << 7 | u64::from(octet & 0x7f))
}

/// A zero after each 0xff was put there by the writer.
fn synchronised(octets: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(octets.len());
    let mut before = 0;
    for octet in octets {
        if !(before == 0xff && *octet == 0) {
            plain.push(*octet);
        }
        before = *octet;
    }
    plain
}

/// The tag of 128 octets at the end of the file.
pub(super) fn old(input: &mut Input<'_>, tags: &mut Tags, sheet: &mut Sheet) -> bool {
    let Some(place) = input.length().checked_sub(128) else { return false };
    let Some(tag) = input.array::<128>(place).filter(|tag| tag.starts_with(b"TAG")) else { return false };
    if !sheet.has(keys::VERSION) {
        sheet.text(keys::VERSION, "ID3v1");
        for (name, from, count) in
            [("title", 3, 30), ("artist", 33, 30), ("album", 63, 30), ("date", 93, 4), ("comment", 97, 30)]
        {
            tags.note(name, &crate::input::text(cut(&tag, from, count)), sheet);
        }
    }
    true
}

//! JPEG (ISO/IEC 10918-1): segments up to the first scan.
use super::exif;
use crate::declared::Sheet;
use crate::input::{Input, be, cut, text};
use crate::{keys, xmp};

pub(super) fn read(input: &mut Input<'_>, sheet: &mut Sheet) {
    let mut place = 2;
    let mut comments = Vec::new();
    for _ in 0..2000 {
        let Some(head) = input.array::<4>(place) else {
            sheet.cut("JPEG : le fichier s'arrête avant l'image.");
            break;
        };
        let [0xff, marker, _, _] = head else {
            sheet.cut(format!("JPEG : aucun segment à l'octet {place}."));
            break;
        };
        // Fill octets before a marker, and markers that stand alone.
        if marker == 0xff || matches!(marker, 0x01 | 0xd0..=0xd7) {
            place += if marker == 0xff { 1 } else { 2 };
            continue;
        }
        let length = be(cut(&head, 2, 2));
        if matches!(marker, 0xd9 | 0xda) {
            break;
        }
        if length < 2 || place + 2 + length > input.length() {
            sheet.cut(format!("JPEG : le segment à l'octet {place} ment sur sa longueur."));
            break;
        }
        segment(input, marker, place + 4, length - 2, &mut comments, sheet);
        place += 2 + length;
    }
    sheet.list(keys::COMMENT, &comments);
}

fn segment(input: &mut Input<'_>, marker: u8, place: u64, length: u64, comments: &mut Vec<String>, sheet: &mut Sheet) {
    let head = input.up_to(place, usize::try_from(length.min(64)).unwrap_or(0));
    match marker {
        0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf if head.len() >= 6 => {
            sheet.number(keys::HEIGHT, be(cut(&head, 1, 2)));
            sheet.number(keys::WIDTH, be(cut(&head, 3, 2)));
            sheet.number(keys::DEPTH, be(cut(&head, 0, 1)));
            let colour = match head.get(5) {
                Some(1) => "niveaux de gris".to_owned(),
                Some(count) => format!("{count} composantes"),
                None => String::new(),
            };
            sheet.text(keys::COLOUR, &colour);
        }
        0xe1 if head.starts_with(b"Exif\0") => exif::read(input, place + 6, length.saturating_sub(6), sheet),
        0xe1 if head.starts_with(b"http://ns.adobe.com/xap/1.0/\0") => {
            let packet = input.up_to(place + 29, usize::try_from(length.saturating_sub(29)).unwrap_or(0));
            xmp::read(&packet, sheet);
        }
        0xed if head.starts_with(b"Photoshop 3.0\0") => sheet.yes(keys::IPTC, true),
        0xe2 if head.starts_with(b"ICC_PROFILE\0") && !sheet.has(keys::PROFILE) => sheet.text(keys::PROFILE, "ICC"),
        0xfe => comments.push(text(&input.up_to(place, usize::try_from(length).unwrap_or(0)))),
        _ => {}
    }
}

//! WebP (RFC 9649): chunks of a RIFF file.
use super::{MANY, exif};
use crate::declared::Sheet;
use crate::input::{Input, cut, le};
use crate::{keys, xmp};

pub(super) fn read(input: &mut Input<'_>, sheet: &mut Sheet) {
    let mut place = 12;
    let mut frames = 0_u64;
    for _ in 0..MANY {
        if place >= input.length() {
            break;
        }
        let Some(head) = input.array::<8>(place) else {
            sheet.cut("WebP : le fichier s'arrête au milieu d'un bloc.");
            break;
        };
        let (kind, length) = (cut(&head, 0, 4).to_vec(), le(cut(&head, 4, 4)));
        let body = place + 8;
        if body + length > input.length() {
            sheet.cut(format!("WebP : le bloc à l'octet {place} ment sur sa longueur."));
            break;
        }
        match kind.as_slice() {
            b"ANMF" => frames += 1,
            b"EXIF" => {
                let skipped = if input.up_to(body, 6) == b"Exif\0\0" { 6 } else { 0 };
                exif::read(input, body + skipped, length.saturating_sub(skipped), sheet);
            }
            b"XMP " => {
                let packet = input.up_to(body, usize::try_from(length).unwrap_or(0).min(xmp::PACKET));
                xmp::read(&packet, sheet);
            }
            b"ICCP" => sheet.text(keys::PROFILE, "ICC"),
            kind => size(input, kind, body, sheet),
        }
        place = body + length + length % 2;
    }
    if frames > 0 {
        sheet.number(keys::FRAMES, frames);
    }
}

fn size(input: &mut Input<'_>, kind: &[u8], body: u64, sheet: &mut Sheet) {
    let head = input.up_to(body, 14);
    let number = |at: usize, count: usize| le(cut(&head, at, count));
    let (width, height, colour) = match kind {
        b"VP8X" if head.len() >= 10 => (number(4, 3) + 1, number(7, 3) + 1, ""),
        b"VP8 " if head.len() >= 10 => (number(6, 2) & 0x3fff, number(8, 2) & 0x3fff, "avec perte"),
        b"VP8L" if head.len() >= 5 => ((number(1, 4) & 0x3fff) + 1, (number(1, 4) >> 14 & 0x3fff) + 1, "sans perte"),
        b"ANIM" if head.len() >= 6 => {
            sheet.number(keys::LOOPS, number(4, 2));
            return;
        }
        _ => return,
    };
    if !sheet.has(keys::WIDTH) {
        sheet.number(keys::WIDTH, width);
        sheet.number(keys::HEIGHT, height);
    }
    if !sheet.has(keys::CODEC) {
        sheet.text(keys::CODEC, colour);
    }
}

//! GIF 87a and 89a: blocks from first to last, to count the frames and read the comments.
use super::MANY;
use crate::declared::Sheet;
use crate::input::{Input, cut, le, text};
use crate::{keys, xmp};

/// The longest comment or packet kept.
const LONGEST: usize = 1 << 20;

pub(super) fn read(input: &mut Input<'_>, sheet: &mut Sheet) {
    let Some(head) = input.array::<13>(0) else {
        sheet.cut("GIF : l'en-tête est incomplet.");
        return;
    };
    sheet.text(keys::VERSION, &text(cut(&head, 3, 3)));
    sheet.number(keys::WIDTH, le(cut(&head, 6, 2)));
    sheet.number(keys::HEIGHT, le(cut(&head, 8, 2)));
    let mut place = 13 + palette(le(cut(&head, 10, 1)));
    let (mut frames, mut comments) = (0_u64, Vec::new());
    // All the little blocks of all the pictures.
    let mut left = MANY * 20;
    let mut whole = false;
    while left > 0 {
        left -= 1;
        let Some([kind]) = input.array::<1>(place) else { break };
        let next = match kind {
            0x3b => {
                whole = true;
                break;
            }
            0x2c => {
                frames += 1;
                let Some(picture) = input.array::<10>(place) else { break };
                skip(input, place + 11 + palette(le(cut(&picture, 9, 1))), &mut left)
            }
            0x21 => extension(input, place, &mut left, &mut comments, sheet),
            _ => None,
        };
        let Some(next) = next else { break };
        place = next;
    }
    if !whole {
        sheet.cut("GIF : le fichier n'a pas pu être suivi jusqu'à sa fin.");
    }
    sheet.number(keys::FRAMES, frames);
    sheet.list(keys::COMMENT, &comments);
}

/// The octets of the colour table that the flags announce.
fn palette(flags: u64) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Passes over little blocks up to the empty one.
fn skip(input: &mut Input<'_>, mut place: u64, left: &mut usize) -> Option<u64> {
    while *left > 0 {
        *left -= 1;
        let [length] = input.array::<1>(place)?;
        place += 1 + u64::from(length);
        if length == 0 {
            return Some(place);
        }
    }
    None
}

fn extension(
    input: &mut Input<'_>,
    place: u64,
    left: &mut usize,
    comments: &mut Vec<String>,
    sheet: &mut Sheet,
) -> Option<u64> {
    let [_, label] = input.array::<2>(place)?;
    let first = input.up_to(place + 2, 19);
    let next = skip(input, place + 2, left)?;
    match label {
        0xfe if comments.len() < 100 => comments.push(text(&gather(input, place + 2, next))),
        0xff if first.starts_with(b"\x0bNETSCAPE2.0\x03\x01") => sheet.number(keys::LOOPS, le(cut(&first, 14, 2))),
        // The packet stands uncut where blocks should be, a trailer of 258 octets ends it.
        0xff if first.starts_with(b"\x0bXMP DataXMP") => {
            let length = usize::try_from(next.saturating_sub(place + 14 + 258)).unwrap_or(0);
            xmp::read(&input.up_to(place + 14, length.min(LONGEST)), sheet);
        }
        _ => {}
    }
    Some(next)
}

fn gather(input: &mut Input<'_>, mut place: u64, end: u64) -> Vec<u8> {
    let mut gathered = Vec::new();
    while place < end && gathered.len() < LONGEST {
        let Some([length]) = input.array::<1>(place) else { break };
        gathered.extend(input.up_to(place + 1, usize::from(length)));
        place += 1 + u64::from(length);
    }
    gathered
}

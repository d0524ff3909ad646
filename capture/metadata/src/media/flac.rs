//! FLAC (RFC 9639) and the comments that it shares with Vorbis and Opus.
use super::MANY;
use super::tags::Tags;
use crate::declared::Sheet;
use crate::input::{Input, be, cut, le};
use crate::keys;

/// The longest block of comments read.
const COMMENTS: u64 = 1 << 20;

/// Reads the metadata blocks from `place` on.
pub(super) fn read(input: &mut Input<'_>, place: u64, sheet: &mut Sheet) {
    let mut place = place;
    for _ in 0..MANY {
        let Some(head) = input.array::<4>(place) else {
            sheet.cut("FLAC : le fichier s'arrête avant le son.");
            return;
        };
        let (kind, length) = (be(cut(&head, 0, 1)), be(cut(&head, 1, 3)));
        let body = place + 4;
        if body + length > input.length() {
            sheet.cut(format!("FLAC : le bloc à l'octet {place} ment sur sa longueur."));
            return;
        }
        match kind & 0x7f {
            0 => info(&input.up_to(body, 34), sheet),
            4 if length <= COMMENTS => comments(&input.up_to(body, usize::try_from(length).unwrap_or(0)), sheet),
            4 => sheet.cut("FLAC : les commentaires sont trop longs ; ils ne sont pas lus."),
            6 => sheet.mark(keys::COVER),
            _ => {}
        }
        if kind & 0x80 != 0 {
            return;
        }
        place = body + length;
    }
}

/// Rate, channels, depth and number of samples, packed in 64 bits.
fn info(octets: &[u8], sheet: &mut Sheet) {
    if octets.len() < 18 {
        return;
    }
    let packed = be(cut(octets, 10, 8));
    let (rate, samples) = (packed >> 44, packed & 0xf_ffff_ffff);
    sheet.text(keys::CODEC, "FLAC");
    sheet.number(keys::SAMPLE_RATE, rate);
    sheet.number(keys::CHANNELS, (packed >> 41 & 7) + 1);
    sheet.number(keys::DEPTH, (packed >> 36 & 0x1f) + 1);
    if rate > 0 && samples > 0 {
        sheet.number(keys::DURATION, samples * 1000 / rate);
    }
}

/// Vorbis comments: the maker, then `NAME=value`, each after its length.
pub(super) fn comments(octets: &[u8], sheet: &mut Sheet) {
    let mut tags = Tags::default();
    let Some((maker, rest)) = counted(octets) else { return };
    sheet.text(keys::WRITING, &String::from_utf8_lossy(maker));
    let mut left = rest.get(4..).unwrap_or_default();
    for _ in 0..le(cut(rest, 0, 4)).min(2000) {
        let Some((comment, after)) = counted(left) else {
            sheet.cut("Commentaires Vorbis : l'un ment sur sa longueur ; les suivants ne sont pas lus.");
            break;
        };
        left = after;
        let comment = String::from_utf8_lossy(comment);
        match comment.split_once('=') {
            Some((name, _)) if name.eq_ignore_ascii_case("METADATA_BLOCK_PICTURE") => sheet.mark(keys::COVER),
            Some((name, value)) => tags.note(name, value, sheet),
            None => {}
        }
    }
    tags.finish(sheet);
}

fn counted(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::try_from(le(octets.get(..4)?)).ok()?;
    octets.get(4..)?.split_at_checked(length)
}

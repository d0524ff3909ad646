//! WAV and RF64 (EBU Tech 3285): form of the sound, texts of RIFF and of broadcast.
use super::tags::Tags;
use super::{MANY, id3};
use crate::declared::Sheet;
use crate::input::{Input, cut, le, text};
use crate::keys;

/// The longest list of texts read.
const LIST: u64 = 1 << 20;

pub(super) fn read(input: &mut Input<'_>, sheet: &mut Sheet) {
    let mut tags = Tags::default();
    let (mut place, mut rate, mut long) = (12, 0, None);
    for _ in 0..MANY {
        if place >= input.length() {
            break;
        }
        let Some(head) = input.array::<8>(place) else { break };
        let (kind, length) = (cut(&head, 0, 4).to_vec(), le(cut(&head, 4, 4)));
        let body = place + 8;
        let start = input.up_to(body, usize::try_from(length.min(LIST)).unwrap_or(0));
        let mut end = body + length;
        match kind.as_slice() {
            b"fmt " => rate = form(&start, sheet),
            b"ds64" => long = Some(le(cut(&start, 8, 8))),
            b"data" => {
                // Beyond 4 GiB the true length is in the chunk before.
                let size = if length == 0xffff_ffff { long.unwrap_or(length) } else { length };
                if let Some(duration) = size.saturating_mul(1000).checked_div(rate) {
                    sheet.number(keys::DURATION, duration);
                }
                end = body.saturating_add(size);
            }
            b"LIST" if start.starts_with(b"INFO") => list(start.get(4..).unwrap_or_default(), &mut tags, sheet),
            b"bext" => broadcast(&start, sheet),
            b"id3 " | b"ID3 " if sheet.first("ID3") => {
                id3::read(input, body, &mut tags, sheet);
            }
            _ => {}
        }
        if end > input.length() {
            sheet.cut(format!("WAV : le bloc à l'octet {place} dépasse la fin du fichier."));
            break;
        }
        place = end + end % 2;
    }
    tags.finish(sheet);
}

/// Notes the form of the sound; gives the octets a second.
fn form(octets: &[u8], sheet: &mut Sheet) -> u64 {
    let number = |at: usize, count: usize| le(cut(octets, at, count));
    let codec = match number(0, 2) {
        1 => "PCM".to_owned(),
        3 => "PCM à virgule flottante".to_owned(),
        6 => "A-law".to_owned(),
        7 => "µ-law".to_owned(),
        0xfffe => "étendu".to_owned(),
        other => format!("0x{other:04x}"),
    };
    sheet.text(keys::CODEC, &codec);
    sheet.number(keys::CHANNELS, number(2, 2));
    sheet.number(keys::SAMPLE_RATE, number(4, 4));
    sheet.number(keys::DEPTH, number(14, 2));
    number(8, 4)
}

fn list(mut octets: &[u8], tags: &mut Tags, sheet: &mut Sheet) {
    while let Some((head, rest)) = octets.split_at_checked(8) {
        let length = usize::try_from(le(cut(head, 4, 4))).unwrap_or(usize::MAX);
        let Some((value, rest)) = rest.split_at_checked(length) else { return };
        tags.note(&text(cut(head, 0, 4)), &text(value), sheet);
        octets = rest.get(length % 2..).unwrap_or_default();
    }
}

fn broadcast(octets: &[u8], sheet: &mut Sheet) {
    sheet.text(keys::DESCRIPTION, &text(cut(octets, 0, 256)));
    sheet.text(keys::ORIGINATOR, &text(cut(octets, 256, 32)));
    let (date, clock) = (text(cut(octets, 320, 10)), text(cut(octets, 330, 8)));
    sheet.date(keys::CREATED, &format!("{date} {clock}"));
}

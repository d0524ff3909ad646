//! PNG (ISO/IEC 15948): chunks from first to last; the pixels are passed over.
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::{MANY, exif};
use crate::declared::Sheet;
use crate::input::{Input, be, cut, latin1};
use crate::keys::{self, Key};
use crate::xmp;

/// The longest text chunk read, and the most that all inflate to.
const TEXT: u64 = 4 << 20;
/// The most texts.
const TEXTS: usize = 500;

pub(super) fn read(input: &mut Input<'_>, sheet: &mut Sheet) {
    let mut place = 8;
    let mut others = Vec::new();
    let mut left = TEXT;
    for _ in 0..MANY {
        let Some(head) = input.array::<8>(place) else {
            sheet.cut("PNG : le fichier s'arrête avant sa fin.");
            break;
        };
        let (length, kind) = (be(cut(&head, 0, 4)), cut(&head, 4, 4));
        let Some(next) = place.checked_add(12 + length).filter(|next| *next <= input.length()) else {
            sheet.cut(format!("PNG : le bloc à l'octet {place} ment sur sa longueur."));
            break;
        };
        match kind {
            b"IEND" => break,
            b"eXIf" => exif::read(input, place + 8, length, sheet),
            b"tEXt" | b"zTXt" | b"iTXt" if length > TEXT => sheet.cut("PNG : un texte trop long n'est pas lu."),
            b"tEXt" | b"zTXt" | b"iTXt" => {
                let octets = input.up_to(place + 8, usize::try_from(length).unwrap_or(0));
                if let Some((keyword, text)) = texted(kind, &octets, &mut left, sheet) {
                    note(&keyword, &text, &mut others, sheet);
                }
            }
            _ => short(input, kind, place + 8, sheet),
        }
        place = next;
    }
    sheet.list(keys::TEXTS, &others);
}

fn short(input: &mut Input<'_>, kind: &[u8], place: u64, sheet: &mut Sheet) {
    let octets = input.up_to(place, 80);
    let number = |at: usize, count: usize| be(cut(&octets, at, count));
    match kind {
        b"IHDR" if octets.len() >= 13 => {
            sheet.number(keys::WIDTH, number(0, 4));
            sheet.number(keys::HEIGHT, number(4, 4));
            sheet.number(keys::DEPTH, number(8, 1));
            sheet.text(keys::COLOUR, colour(number(9, 1)));
        }
        b"tIME" if octets.len() >= 7 => {
            let (year, month, day) = (number(0, 2), number(2, 1), number(3, 1));
            let (hour, minute, second) = (number(4, 1), number(5, 1), number(6, 1));
            sheet.date(keys::PIXEL_DATE, &format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"));
        }
        b"acTL" if octets.len() >= 8 => {
            sheet.number(keys::FRAMES, number(0, 4));
            sheet.number(keys::LOOPS, number(4, 4));
        }
        b"iCCP" => {
            let name = octets.split(|octet| *octet == 0).next().unwrap_or_default();
            sheet.text(keys::PROFILE, &latin1(name));
        }
        b"sRGB" => sheet.text(keys::PROFILE, "sRGB"),
        _ => {}
    }
}

fn colour(kind: u64) -> &'static str {
    match kind {
        0 => "niveaux de gris",
        2 => "rouge, vert, bleu",
        3 => "palette",
        4 => "niveaux de gris et transparence",
        6 => "rouge, vert, bleu et transparence",
        _ => "inconnue",
    }
}

/// The keyword and the text of one of the three kinds of text chunks.
fn texted(kind: &[u8], octets: &[u8], left: &mut u64, sheet: &mut Sheet) -> Option<(String, String)> {
    let end = octets.iter().position(|octet| *octet == 0)?;
    let (keyword, rest) = octets.split_at_checked(end)?;
    let (keyword, rest) = (latin1(keyword), rest.get(1..)?);
    let text = match kind {
        b"tEXt" => latin1(rest),
        b"zTXt" => latin1(&inflate(rest.get(1..)?, left, sheet)?),
        _ => {
            let compressed = rest.first() == Some(&1);
            // Language and translated keyword come before the text.
            let mut parts = rest.get(2..)?.splitn(3, |octet| *octet == 0);
            let text = parts.nth(2)?;
            let inflated = if compressed { inflate(text, left, sheet)? } else { text.to_vec() };
            String::from_utf8_lossy(&inflated).into_owned()
        }
    };
    Some((keyword, text))
}

fn inflate(octets: &[u8], left: &mut u64, sheet: &mut Sheet) -> Option<Vec<u8>> {
    let mut inflated = Vec::new();
    let end = ZlibDecoder::new(octets).take(*left + 1).read_to_end(&mut inflated);
    match left.checked_sub(inflated.len() as u64) {
        Some(now) => *left = now,
        None => {
            *left = 0;
            sheet.cut(format!(
                "PNG : les textes se décompressent à plus de {} Mio ; le reste n'est pas lu.",
                TEXT >> 20
            ));
            return None;
        }
    }
    end.is_ok().then_some(inflated)
}

fn note(keyword: &str, text: &str, others: &mut Vec<String>, sheet: &mut Sheet) {
    let known: Option<Key> = match keyword {
        "Title" => Some(keys::TITLE),
        "Author" => Some(keys::AUTHOR),
        "Description" => Some(keys::DESCRIPTION),
        "Copyright" => Some(keys::COPYRIGHT),
        "Software" => Some(keys::SOFTWARE),
        "Comment" => Some(keys::COMMENT),
        "Creation Time" => {
            sheet.date(keys::CREATED, text);
            return;
        }
        "XML:com.adobe.xmp" => {
            xmp::read(text.as_bytes(), sheet);
            return;
        }
        _ => None,
    };
    match known {
        Some(key) => sheet.text(key, text),
        None if others.len() < TEXTS => {
            others.push(format!("{keyword} = {}", text.chars().take(1000).collect::<String>()));
        }
        None => {}
    }
}

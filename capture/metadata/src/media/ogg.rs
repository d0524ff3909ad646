//! Ogg (RFC 3533): the first packets of each stream, and the place of the last page.
use super::flac;
use crate::declared::Sheet;
use crate::input::{Input, be, cut, le};
use crate::keys;

/// The most pages looked at, and the most octets of the first packets.
const PAGES: usize = 300;
const PACKETS: usize = 1 << 20;
/// The longest page.
const PAGE: u64 = 65_307;

struct Stream {
    serial: u64,
    /// The first packets, each ended or not.
    packets: Vec<Vec<u8>>,
    whole: usize,
}

pub(super) fn read(input: &mut Input<'_>, sheet: &mut Sheet) -> &'static str {
    let mut streams: Vec<Stream> = Vec::new();
    let (mut place, mut held) = (0, 0);
    for _ in 0..PAGES {
        let Some(page) = page(input, place) else { break };
        if streams.iter().all(|stream| stream.serial != page.serial) {
            if page.flags & 2 == 0 || streams.len() > 32 {
                break;
            }
            streams.push(Stream { serial: page.serial, packets: vec![Vec::new()], whole: 0 });
        }
        if let Some(stream) = streams.iter_mut().find(|stream| stream.serial == page.serial && stream.whole < 2) {
            held += stream.take(&input.up_to(page.body, page.length), &page.laces);
        }
        place = page.body + page.length as u64;
        if streams.iter().all(|stream| stream.whole >= 2) || held > PACKETS {
            break;
        }
    }
    if held > PACKETS {
        sheet.cut("Ogg : les commentaires sont trop longs ; ils ne sont pas lus en entier.");
    }
    if streams.is_empty() {
        sheet.cut("Ogg : la première page est illisible.");
    }
    let mut lines = Vec::new();
    for stream in &streams {
        lines.push(stream.note(input, sheet));
    }
    sheet.list(keys::TRACKS, &lines);
    let film = lines.iter().any(|line| line.starts_with("image"));
    let opus = lines.iter().any(|line| line.starts_with("son, Opus"));
    if film {
        "ogv"
    } else if opus {
        "opus"
    } else {
        "ogg"
    }
}

struct Page {
    flags: u64,
    granule: u64,
    serial: u64,
    laces: Vec<u8>,
    body: u64,
    length: usize,
}

fn page(input: &mut Input<'_>, place: u64) -> Option<Page> {
    let head = input.array::<27>(place).filter(|head| head.starts_with(b"OggS"))?;
    let laces = input.at(place + 27, usize::from(*head.last()?))?.to_vec();
    let body = place + 27 + laces.len() as u64;
    let length = laces.iter().map(|lace| usize::from(*lace)).sum();
    let number = |at: usize, count: usize| le(cut(&head, at, count));
    Some(Page { flags: number(5, 1), granule: number(6, 8), serial: number(14, 4), laces, body, length })
}

impl Stream {
    /// Adds a page to the packets; gives how many octets were kept.
    fn take(&mut self, body: &[u8], laces: &[u8]) -> usize {
        let (mut from, mut kept) = (0, 0);
        for lace in laces {
            let part = cut(body, from, usize::from(*lace));
            from += usize::from(*lace);
            if self.whole >= 2 {
                break;
            }
            if let Some(packet) = self.packets.last_mut() {
                packet.extend_from_slice(part);
                kept += part.len();
            }
            // A lace under 255 ends its packet.
            if *lace < 255 {
                self.whole += 1;
                self.packets.push(Vec::new());
            }
        }
        kept
    }

    /// Notes what the packets say; gives a line on the stream.
    fn note(&self, input: &mut Input<'_>, sheet: &mut Sheet) -> String {
        let empty = Vec::new();
        let first = self.packets.first().unwrap_or(&empty);
        let second = self.packets.get(1).unwrap_or(&empty);
        let number = |at: usize, count: usize| le(cut(first, at, count));
        let (line, rate, skipped, prefix) = if first.starts_with(b"\x01vorbis") {
            (format!("son, Vorbis, {} canal(aux), {} Hz", number(11, 1), number(12, 4)), number(12, 4), 0, 7)
        } else if first.starts_with(b"OpusHead") {
            (format!("son, Opus, {} canal(aux), {} Hz", number(9, 1), number(12, 4)), 48_000, number(10, 2), 8)
        } else if first.starts_with(b"\x7fFLAC") {
            ("son, FLAC".to_owned(), be(cut(first, 27, 3)) >> 4, 0, 4)
        } else if first.starts_with(b"\x80theora") {
            (format!("image, Theora, {} × {} pixels", be(cut(first, 14, 3)), be(cut(first, 17, 3))), 0, 0, 7)
        } else if first.starts_with(b"Speex   ") {
            (format!("son, Speex, {} canal(aux), {} Hz", number(48, 4), number(36, 4)), number(36, 4), 0, 0)
        } else {
            return "autre".to_owned();
        };
        flac::comments(second.get(prefix..).unwrap_or_default(), sheet);
        if rate > 0
            && !sheet.has(keys::DURATION)
            && let Some(last) = self.last(input)
        {
            sheet.number(keys::DURATION, last.saturating_sub(skipped).saturating_mul(1000) / rate);
        }
        line
    }

    /// The place in samples that the last page of this stream gives.
    fn last(&self, input: &mut Input<'_>) -> Option<u64> {
        let from = input.length().saturating_sub(2 * PAGE);
        let tail = input.up_to(from, usize::try_from(2 * PAGE).ok()?);
        let places: Vec<u64> =
            tail.windows(4).enumerate().filter(|(_, at)| *at == b"OggS").map(|(at, _)| from + at as u64).collect();
        // No more than pages of the shortest kind could be.
        places.iter().rev().take(2000).find_map(|place| {
            let page = page(input, *place)?;
            (page.serial == self.serial && page.granule != u64::MAX).then_some(page.granule)
        })
    }
}

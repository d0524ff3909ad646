//! MP4, MOV, M4A (ISO/IEC 14496-12, QuickTime): boxes, walked with a stack of places rather than by calling oneself.
use super::MANY;
use super::tags::Tags;
use crate::declared::Sheet;
use crate::input::{Input, be, cut, latin1, text};
use crate::{dates, keys};

/// The deepest boxes followed, and the longest tag read.
const DEPTH: usize = 10;
const TAG: u64 = 64 * 1024;
/// The most tracks.
const TRACKS: usize = 500;

/// Boxes that hold boxes.
const HOLDERS: [&[u8; 4]; 8] = [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"edts", b"ilst"];

#[derive(Default)]
struct Track {
    kind: String,
    codec: String,
    size: Option<(u64, u64)>,
    sound: Option<(u64, u64)>,
    duration: Option<u64>,
    language: String,
    name: String,
    created: Option<String>,
    modified: Option<String>,
}

#[derive(Default)]
struct Film {
    tracks: Vec<Track>,
    tags: Tags,
    /// Names of the `keys` box, by which an `ilst` of QuickTime is numbered.
    names: Vec<String>,
    fragmented: bool,
    header: bool,
}

/// Where boxes are still to be read: from, to, kind of the box that holds them, depth.
type Left = (u64, u64, [u8; 4], usize);

pub(super) fn read(input: &mut Input<'_>, sheet: &mut Sheet) -> &'static str {
    let format = brand(input, sheet);
    let mut film = Film::default();
    let mut left: Vec<Left> = vec![(0, input.length(), *b"file", 0)];
    let mut boxes = 0;
    while let Some((place, end, holder, depth)) = left.pop() {
        if end.saturating_sub(place) < 8 {
            continue;
        }
        boxes += 1;
        if boxes > MANY {
            sheet.cut(format!("MP4 : plus de {MANY} boîtes ; les suivantes ne sont pas lues."));
            break;
        }
        let Some((kind, body, next)) = header(input, place, end) else {
            sheet.cut(format!("MP4 : la boîte à l'octet {place} ment sur sa longueur ; ce qui suit n'est pas lu."));
            continue;
        };
        left.push((next, end, holder, depth));
        if let Some(inner) = film.look(input, &kind, &holder, body, next, sheet)
            && depth < DEPTH
        {
            left.push((inner, next, kind, depth + 1));
        }
    }
    film.finish(&format, sheet);
    match format.as_str() {
        "qt" => "mov",
        "M4A" | "M4B" => "m4a",
        "heic" | "heix" | "mif1" | "msf1" => "heif",
        "avif" | "avis" => "avif",
        brand if brand.starts_with("3g") => "3gp",
        _ => "mp4",
    }
}

fn brand(input: &mut Input<'_>, sheet: &mut Sheet) -> String {
    let head = input.up_to(0, 12);
    if cut(&head, 4, 4) != b"ftyp" {
        return "qt".to_owned();
    }
    let brand = latin1(cut(&head, 8, 4)).trim().to_owned();
    sheet.text(keys::BRAND, &brand);
    brand
}

/// Kind, beginning of the content, end: a length of 0 goes to the end, of 1 is in 64 bits.
fn header(input: &mut Input<'_>, place: u64, end: u64) -> Option<([u8; 4], u64, u64)> {
    let head = input.array::<8>(place)?;
    let kind = cut(&head, 4, 4).try_into().ok()?;
    let (body, length) = match be(cut(&head, 0, 4)) {
        0 => (place + 8, end - place),
        1 => (place + 16, be(&input.array::<8>(place + 8)?)),
        length => (place + 8, length),
    };
    let next = place.checked_add(length)?;
    (next >= body && next <= end).then_some((kind, body, next))
}

impl Film {
    /// Reads a box; gives where the boxes inside begin when there are some to read.
    fn look(
        &mut self,
        input: &mut Input<'_>,
        kind: &[u8; 4],
        holder: &[u8; 4],
        body: u64,
        end: u64,
        sheet: &mut Sheet,
    ) -> Option<u64> {
        if holder == b"ilst" {
            self.item(input, kind, body, end, sheet);
            return None;
        }
        if HOLDERS.contains(&kind) {
            if kind == b"trak" && self.tracks.len() < TRACKS {
                self.tracks.push(Track::default());
            }
            return Some(body);
        }
        match kind {
            // In MP4 four octets of version come first, in QuickTime none do.
            b"meta" => return Some(if cut(&input.up_to(body, 8), 4, 4) == b"hdlr" { body } else { body + 4 }),
            b"mvhd" => self.film_header(input, body, sheet),
            b"moof" => self.fragmented = true,
            b"keys" => self.name_keys(input, body, end),
            b"uuid" if input.up_to(body, 16) == XMP => {
                let count = usize::try_from(end - body).unwrap_or(0).saturating_sub(16);
                crate::xmp::read(&input.up_to(body + 16, count.min(crate::xmp::PACKET)), sheet);
            }
            [0xa9, ..] if holder == b"udta" => self.user_text(input, kind, body, end, sheet),
            _ => self.of_track(input, kind, holder, body, end),
        }
        None
    }

    fn film_header(&mut self, input: &mut Input<'_>, body: u64, sheet: &mut Sheet) {
        let Some(times) = times(input, body) else { return };
        if std::mem::replace(&mut self.header, true) {
            return;
        }
        if let Some(date) = dates::from_1904(times.created) {
            sheet.date(keys::CREATED, &date);
        }
        if let Some(date) = dates::from_1904(times.modified) {
            sheet.date(keys::MODIFIED, &date);
        }
        if let Some(duration) = times.milliseconds() {
            sheet.number(keys::DURATION, duration);
        }
    }

    fn of_track(&mut self, input: &mut Input<'_>, kind: &[u8; 4], holder: &[u8; 4], body: u64, end: u64) {
        let Some(track) = self.tracks.last_mut() else { return };
        match (holder, kind) {
            (b"trak", b"tkhd") => {
                let wide = input.array::<1>(body) == Some([1]);
                let at = body + if wide { 88 } else { 76 };
                if let Some(size) = input.array::<8>(at) {
                    // Fixed point, of which the whole part counts.
                    let size = (be(cut(&size, 0, 2)), be(cut(&size, 4, 2)));
                    track.size = Some(size).filter(|(width, height)| *width > 0 && *height > 0);
                }
            }
            (b"mdia", b"mdhd") => {
                let Some(times) = times(input, body) else { return };
                track.created = dates::from_1904(times.created);
                track.modified = dates::from_1904(times.modified);
                track.duration = times.milliseconds();
                track.language = language(be(&input.up_to(times.end, 2)));
            }
            (b"mdia", b"hdlr") => {
                track.kind = latin1(&input.up_to(body + 8, 4));
                let name =
                    input.up_to(body + 24, usize::try_from((end - body).min(256)).unwrap_or(0).saturating_sub(24));
                // QuickTime puts a length before the name.
                let counted = name.first().is_some_and(|length| usize::from(*length) + 1 == name.len() && *length > 0);
                track.name = text(name.get(usize::from(counted)..).unwrap_or_default());
            }
            (b"stbl", b"stsd") => {
                let entry = input.up_to(body + 8, 44);
                track.codec = latin1(cut(&entry, 4, 4)).trim().to_owned();
                if track.kind == "soun" && entry.len() >= 36 {
                    track.sound = Some((be(cut(&entry, 24, 2)), be(cut(&entry, 32, 2))));
                }
            }
            _ => {}
        }
    }

    /// A text of QuickTime: length, language, text.
    fn user_text(&mut self, input: &mut Input<'_>, kind: &[u8; 4], body: u64, end: u64, sheet: &mut Sheet) {
        let octets = input.up_to(body, usize::try_from((end - body).min(TAG)).unwrap_or(0));
        let length = usize::try_from(be(cut(&octets, 0, 2))).unwrap_or(0);
        self.tags.note(&latin1(kind), &text(cut(&octets, 4, length)), sheet);
    }

    fn name_keys(&mut self, input: &mut Input<'_>, body: u64, end: u64) {
        let mut place = body + 8;
        while place + 8 <= end && self.names.len() < 1000 {
            let Some(head) = input.array::<8>(place) else { return };
            let length = be(cut(&head, 0, 4));
            if length < 8 || place + length > end {
                return;
            }
            let name = input.up_to(place + 8, usize::try_from((length - 8).min(512)).unwrap_or(0));
            self.names.push(text(&name));
            place += length;
        }
    }

    /// An item of `ilst`: its name by kind, by number, or in boxes of its own; its value in a `data` box.
    fn item(&mut self, input: &mut Input<'_>, kind: &[u8; 4], body: u64, end: u64, sheet: &mut Sheet) {
        if kind == b"covr" {
            sheet.mark(keys::COVER);
            return;
        }
        let number = usize::try_from(be(kind)).ok().and_then(|number| number.checked_sub(1));
        let mut name = number.and_then(|at| self.names.get(at)).cloned().unwrap_or_else(|| latin1(kind));
        let mut place = body;
        for _ in 0..8 {
            let Some((kind, body, next)) =
                (end.saturating_sub(place) >= 8).then(|| header(input, place, end)).flatten()
            else {
                return;
            };
            let octets = input.up_to(body, usize::try_from((next - body).min(TAG)).unwrap_or(0));
            match &kind {
                b"name" => name = text(cut(&octets, 4, octets.len().saturating_sub(4))),
                b"data" if be(cut(&octets, 0, 4)) == 1 => {
                    self.tags.note(&name, &String::from_utf8_lossy(octets.get(8..).unwrap_or_default()), sheet);
                }
                _ => {}
            }
            place = next;
        }
    }

    fn finish(self, brand: &str, sheet: &mut Sheet) {
        if !self.header && !["heic", "heix", "mif1", "msf1", "avif", "avis"].contains(&brand) {
            sheet.cut("MP4 : l'en-tête du film (moov) manque ou n'a pas été atteint.");
        }
        if self.fragmented {
            sheet.yes(keys::FRAGMENTED, true);
        }
        let lines: Vec<String> = self.tracks.iter().map(Track::line).collect();
        sheet.list(keys::TRACKS, &lines);
        let of = |date: fn(&Track) -> Option<String>| {
            let mut dates: Vec<String> = self.tracks.iter().filter_map(date).collect();
            dates.dedup();
            dates
        };
        sheet.list(keys::TRACK_CREATED, &of(|track| track.created.clone()));
        sheet.list(keys::TRACK_MODIFIED, &of(|track| track.modified.clone()));
        sheet.list(keys::TRACK_HANDLERS, &self.tracks.iter().map(|track| track.name.as_str()).collect::<Vec<_>>());
        self.tags.finish(sheet);
    }
}

impl Track {
    fn line(&self) -> String {
        let kind = match self.kind.as_str() {
            "vide" => "image",
            "soun" => "son",
            "text" | "sbtl" | "subt" => "texte",
            "tmcd" => "code temporel",
            other => other,
        };
        let mut line = format!("{kind}, {}", self.codec);
        if let Some((width, height)) = self.size {
            line += &format!(", {width} × {height} pixels");
        }
        if let Some((channels, rate)) = self.sound {
            line += &format!(", {channels} canal(aux), {rate} Hz");
        }
        if let Some(duration) = self.duration {
            line += &format!(", {duration} ms");
        }
        if !matches!(self.language.as_str(), "und" | "") {
            line += &format!(", langue {}", self.language);
        }
        line
    }
}

struct Times {
    created: u64,
    modified: u64,
    scale: u64,
    duration: u64,
    end: u64,
}

impl Times {
    fn milliseconds(&self) -> Option<u64> {
        let unknown = self.duration == u64::MAX || self.duration == u64::from(u32::MAX);
        (!unknown)
            .then(|| u64::try_from(u128::from(self.duration) * 1000 / u128::from(self.scale.max(1))).ok())
            .flatten()
    }
}

fn times(input: &mut Input<'_>, body: u64) -> Option<Times> {
    let wide = input.array::<1>(body)? == [1];
    let octets = input.up_to(body + 4, if wide { 28 } else { 16 });
    let number = |at: usize, count: usize| be(cut(&octets, at, count));
    if wide {
        (octets.len() == 28).then(|| Times {
            created: number(0, 8),
            modified: number(8, 8),
            scale: number(16, 4),
            duration: number(20, 8),
            end: body + 32,
        })
    } else {
        (octets.len() == 16).then(|| Times {
            created: number(0, 4),
            modified: number(4, 4),
            scale: number(8, 4),
            duration: number(12, 4),
            end: body + 20,
        })
    }
}

/// Three letters of five bits.
fn language(packed: u64) -> String {
    let letter = |shift: u64| u8::try_from((packed >> shift & 0x1f) + 0x60).ok().filter(u8::is_ascii_lowercase);
    match (letter(10), letter(5), letter(0)) {
        (Some(a), Some(b), Some(c)) => latin1(&[a, b, c]),
        _ => String::new(),
    }
}

/// The box that holds an XMP packet (ISO 16684-3).
const XMP: [u8; 16] = [0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8, 0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac];

//! Matroska and WebM (RFC 9559): headers, tracks, tags, files attached; clusters are passed over.
use super::MANY;
use super::elements::{Element, element};
use super::tags::Tags;
use crate::declared::Sheet;
use crate::input::Input;
use crate::{dates, keys};

const HEADER: u64 = 0x1a45_dfa3;
const SEGMENT: u64 = 0x1853_8067;
const CLUSTER: u64 = 0x1f43_b675;
const TRACK: u64 = 0xae;
const SIMPLE_TAG: u64 = 0x67c8;
/// Elements that hold elements we read: Info, Tracks, TrackEntry, Video, Audio, Tags, Tag, SimpleTag, Attachments, AttachedFile.
const HOLDERS: [u64; 11] =
    [HEADER, 0x1549_a966, 0x1654_ae6b, TRACK, 0xe0, 0xe1, 0x1254_c367, 0x7373, SIMPLE_TAG, 0x1941_a469, 0x61a7];
/// The deepest elements followed, the most tracks and names.
const DEPTH: usize = 12;
const NAMES: usize = 500;

#[derive(Default)]
struct Track {
    kind: u64,
    codec: String,
    width: u64,
    height: u64,
    rate: f64,
    channels: u64,
    language: String,
    name: String,
}

#[derive(Default)]
struct Film {
    kind: String,
    scale: Option<u64>,
    duration: f64,
    tracks: Vec<Track>,
    files: Vec<String>,
    tags: Vec<(String, String)>,
}

pub(super) fn read(input: &mut Input<'_>, sheet: &mut Sheet) -> &'static str {
    let mut film = Film::default();
    // From, to, depth: a stack of places rather than calls.
    let mut left: Vec<(u64, u64, usize)> = vec![(0, input.length(), 0)];
    let mut count = 0;
    while let Some((place, end, depth)) = left.pop() {
        if place >= end {
            continue;
        }
        count += 1;
        let Some(found) = element(input, place, end).filter(|_| count <= MANY) else {
            sheet.cut(format!(
                "Matroska : l'élément à l'octet {place} ment sur sa longueur ou est de trop ; ce qui suit n'est pas lu."
            ));
            continue;
        };
        let known = found.id == SEGMENT || HOLDERS.contains(&found.id);
        if found.open && !known {
            // Where it ends is not written: only its content would tell.
            let what = if found.id == CLUSTER { "un groupe d'images" } else { "un élément" };
            sheet.cut(format!("Matroska : {what} sans longueur à l'octet {place} ; ce qui suit n'est pas lu."));
            continue;
        }
        left.push((found.end, end, depth));
        if known && depth < DEPTH {
            film.begin(found.id);
            left.push((found.body, found.end, depth + 1));
        } else {
            film.look(input, &found, sheet);
        }
    }
    film.finish(sheet)
}

impl Film {
    fn begin(&mut self, id: u64) {
        if id == TRACK && self.tracks.len() < NAMES {
            self.tracks.push(Track::default());
        }
        if id == SIMPLE_TAG && self.tags.len() < NAMES {
            self.tags.push(Default::default());
        }
    }

    fn look(&mut self, input: &mut Input<'_>, found: &Element, sheet: &mut Sheet) {
        match found.id {
            0x4282 => self.kind = found.text(input),
            0x002a_d7b1 => self.scale = Some(found.number(input)),
            0x4489 => self.duration = found.real(input),
            0x4461 => {
                if let Some(date) = dates::from_2001(found.signed(input)) {
                    sheet.date(keys::CREATED, &date);
                }
            }
            0x4d80 => sheet.text(keys::MUXING, &found.text(input)),
            0x5741 => sheet.text(keys::WRITING, &found.text(input)),
            0x7ba9 => sheet.text(keys::TITLE, &found.text(input)),
            0x466e if self.files.len() < NAMES => self.files.push(found.text(input)),
            0x45a3 => {
                if let Some((name, _)) = self.tags.last_mut() {
                    *name = found.text(input);
                }
            }
            0x4487 => {
                if let Some((_, value)) = self.tags.last_mut() {
                    *value = found.text(input);
                }
            }
            _ => self.of_track(input, found),
        }
    }

    fn of_track(&mut self, input: &mut Input<'_>, found: &Element) {
        let Some(track) = self.tracks.last_mut() else { return };
        match found.id {
            0x83 => track.kind = found.number(input),
            0x86 => track.codec = found.text(input),
            0xb0 => track.width = found.number(input),
            0xba => track.height = found.number(input),
            0xb5 => track.rate = found.real(input),
            0x9f => track.channels = found.number(input),
            0x0022_b59c => track.language = found.text(input),
            0x536e => track.name = found.text(input),
            _ => {}
        }
    }

    fn finish(self, sheet: &mut Sheet) -> &'static str {
        // In nanoseconds a unit, a million when it is not said.
        let milliseconds = self.duration * self.scale.unwrap_or(1_000_000) as f64 / 1e6;
        if (1.0..1e15).contains(&milliseconds) {
            sheet.number(keys::DURATION, milliseconds.round() as u64);
        }
        sheet.list(keys::TRACKS, &self.tracks.iter().map(Track::line).collect::<Vec<_>>());
        sheet.list(keys::TRACK_HANDLERS, &self.tracks.iter().map(|track| track.name.as_str()).collect::<Vec<_>>());
        if !self.files.is_empty() {
            sheet.number(keys::EMBEDDED, self.files.len() as u64);
            sheet.list(keys::EMBEDDED_NAMES, &self.files);
        }
        let mut tags = Tags::default();
        for (name, value) in &self.tags {
            tags.note(name, value, sheet);
        }
        tags.finish(sheet);
        if self.kind == "webm" { "webm" } else { "mkv" }
    }
}

impl Track {
    fn line(&self) -> String {
        let kind = match self.kind {
            1 => "image",
            2 => "son",
            17 => "texte",
            _ => "autre",
        };
        let mut line = format!("{kind}, {}", self.codec);
        if self.width > 0 {
            line += &format!(", {} × {} pixels", self.width, self.height);
        }
        if self.rate > 0.0 && self.rate < 1e9 {
            line += &format!(", {} canal(aux), {} Hz", self.channels.max(1), self.rate.round());
        }
        if !matches!(self.language.as_str(), "und" | "") {
            line += &format!(", langue {}", self.language);
        }
        line
    }
}

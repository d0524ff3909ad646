//! MP3 (ISO/IEC 11172-3): tags, the first frame, and what its encoder wrote in it.
use super::id3;
use super::tags::Tags;
use crate::declared::Sheet;
use crate::input::{Input, be, cut, latin1};
use crate::keys;

/// How far the first frame is looked for.
const SEARCHED: usize = 64 * 1024;

/// What the four octets of a frame's head say.
struct Frame {
    version: &'static str,
    layer: u8,
    bitrate: u64,
    rate: u64,
    channels: u64,
    samples: u64,
    length: u64,
}

const LAYER_1: [u64; 15] = [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
const LAYER_2: [u64; 15] = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const LAYER_3: [u64; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const LOW_1: [u64; 15] = [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
const LOW: [u64; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

fn frame(octets: &[u8]) -> Option<Frame> {
    let [0xff, second, third, fourth] = *octets else { return None };
    let layer = 4 - (second >> 1 & 3);
    let (index, speed) = (usize::from(third >> 4), usize::from(third >> 2 & 3));
    if second & 0xe0 != 0xe0 || layer == 4 || index == 0 {
        return None;
    }
    let version = second >> 3 & 3;
    let halved = match version {
        3 => 1,
        2 => 2,
        0 => 4,
        _ => return None,
    };
    let table = match (version, layer) {
        (3, 1) => LAYER_1,
        (3, 2) => LAYER_2,
        (3, _) => LAYER_3,
        (_, 1) => LOW_1,
        _ => LOW,
    };
    let (bitrate, rate) = (*table.get(index)?, [44_100, 48_000, 32_000].get(speed)? / halved);
    let padding = u64::from(third >> 1 & 1);
    let samples = match (layer, version) {
        (1, _) => 384,
        (3, 2 | 0) => 576,
        _ => 1152,
    };
    let length =
        if layer == 1 { (12_000 * bitrate / rate + padding) * 4 } else { samples * 125 * bitrate / rate + padding };
    let name = ["MPEG 2.5", "", "MPEG 2", "MPEG 1"].get(usize::from(version))?;
    let channels = if fourth >> 6 == 3 { 1 } else { 2 };
    Some(Frame { version: name, layer, bitrate, rate, channels, samples, length })
}

/// Whether two frames follow one another at the beginning: one head alone is four octets that chance gives.
pub(crate) fn is_mpeg_audio(head: &[u8]) -> bool {
    let Some(first) = frame(cut(head, 0, 4)) else { return false };
    let Ok(next) = usize::try_from(first.length) else { return false };
    match head.get(next..) {
        Some(rest) if rest.len() >= 4 => frame(cut(rest, 0, 4)).is_some(),
        _ => first.layer == 3 && next > 0,
    }
}

pub(super) fn read(input: &mut Input<'_>, sheet: &mut Sheet) {
    let mut tags = Tags::default();
    let start = id3::read(input, 0, &mut tags, sheet);
    id3::old(input, &mut tags, sheet);
    let near = input.up_to(start, SEARCHED);
    let first = (0..near.len()).find(|at| near.get(*at..).is_some_and(is_mpeg_audio));
    match first.and_then(|at| frame(cut(&near, at, 4)).map(|found| (at, found))) {
        Some((at, found)) => {
            sheet.text(keys::CODEC, &format!("{}, couche {}", found.version, found.layer));
            sheet.number(keys::BITRATE, found.bitrate);
            sheet.number(keys::SAMPLE_RATE, found.rate);
            sheet.number(keys::CHANNELS, found.channels);
            let count = usize::try_from(found.length.max(256)).unwrap_or(256);
            encoder(near.get(at..).map_or(&[][..], |rest| rest.get(..count).unwrap_or(rest)), &found, sheet);
        }
        None => sheet.cut("MP3 : aucune trame de son n'a été trouvée."),
    }
    tags.finish(sheet);
}

/// The frame that Xing's and LAME's encoders write first: number of frames, name of the encoder.
fn encoder(octets: &[u8], frame: &Frame, sheet: &mut Sheet) {
    let Some(at) = octets.windows(4).take(64).position(|at| at == b"Xing" || at == b"Info") else { return };
    let flags = be(cut(octets, at + 4, 4));
    if flags & 1 != 0 {
        let frames = be(cut(octets, at + 8, 4));
        sheet.number(keys::DURATION, frames * frame.samples * 1000 / frame.rate.max(1));
    }
    let mut after = at + 8;
    for (flag, size) in [(1, 4), (2, 4), (4, 100), (8, 4)] {
        after += if flags & flag != 0 { size } else { 0 };
    }
    let name = latin1(cut(octets, after, 9));
    if name.starts_with(|c: char| c.is_ascii_uppercase()) {
        let key = if sheet.has(keys::ENCODER) { keys::WRITING } else { keys::ENCODER };
        sheet.text(key, name.trim_matches(|c: char| c == '\0' || c == 'U' && name.ends_with("UUU")));
    }
}

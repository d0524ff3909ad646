//! Sound and film: dates, duration, tracks, tags.
mod ebml;
mod elements;
mod flac;
mod id3;
mod mp3;
mod mp4;
mod ogg;
mod tags;
mod wav;

pub(crate) use mp3::is_mpeg_audio;

use crate::declared::Sheet;
use crate::input::Input;
use crate::sniff::Media;

/// The most boxes, elements, blocks or frames followed.
const MANY: usize = 100_000;

pub(crate) fn read(input: &mut Input<'_>, media: Media, sheet: &mut Sheet) -> &'static str {
    match media {
        Media::Mp4 => mp4::read(input, sheet),
        Media::Ebml => ebml::read(input, sheet),
        Media::Mp3 => {
            mp3::read(input, sheet);
            "mp3"
        }
        Media::Ogg => ogg::read(input, sheet),
        Media::Flac => {
            flac::read(input, 4, sheet);
            "flac"
        }
        Media::Wav => {
            wav::read(input, sheet);
            "wav"
        }
    }
}

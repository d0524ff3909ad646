//! Pictures: size, colour, and what the camera or the program wrote beside the pixels.
mod exif;
mod gif;
mod jpeg;
mod png;
mod webp;

use crate::declared::Sheet;
use crate::input::Input;
use crate::sniff::Picture;

/// The most segments, chunks or blocks followed.
const MANY: usize = 200_000;

pub(crate) fn read(input: &mut Input<'_>, picture: Picture, sheet: &mut Sheet) -> &'static str {
    match picture {
        Picture::Jpeg => {
            jpeg::read(input, sheet);
            "jpeg"
        }
        Picture::Png => {
            png::read(input, sheet);
            "png"
        }
        Picture::Gif => {
            gif::read(input, sheet);
            "gif"
        }
        Picture::Webp => {
            webp::read(input, sheet);
            "webp"
        }
        Picture::Tiff => {
            exif::tiff(input, sheet);
            "tiff"
        }
    }
}

//! Plates (« planches »): the pictures of the window taken on the way down a feed, one under the other, a grey bar between them.
//!
//! Each view is the window as it was, uncut: nothing is put together as a page that never stood so. Memory holds the views of
//! one plate, compressed.
use std::io::Write;

use dossier::{Instant, Sha256Digest};
use serde_json::{Value, json};

use crate::screens::{Stitch, Tile};

/// Views of one plate.
pub(crate) const VIEWS: usize = 20;
/// Height of the bar between two views, in pixels of the picture, and its grey.
const BAR: u32 = 8;
const GREY: [u8; 4] = [128, 128, 128, 255];

/// A picture of the window, before it stands on a plate.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) png: Vec<u8>,
    pub(crate) at: Instant,
    pub(crate) scroll: i64,
    /// Whether the items stood still while it was taken.
    pub(crate) still: bool,
}

/// The views that wait for their plate.
#[derive(Debug, Default)]
pub(crate) struct Plates {
    frames: Vec<Frame>,
    /// Plates made before.
    pub(crate) made: u32,
    /// Views taken before those that wait.
    before: u32,
}

/// A plate ready to be made.
#[derive(Debug)]
pub(crate) struct Plate {
    frames: Vec<Frame>,
    first: u32,
    pub(crate) number: u32,
}

impl Plates {
    /// Adds a view; its number, from 1 in the feed, the number of its plate, and its rank there, from 0.
    pub(crate) fn add(&mut self, frame: Frame) -> (u32, u32, usize) {
        self.frames.push(frame);
        let rank = self.frames.len() - 1;
        (self.taken(), self.made + 1, rank)
    }

    /// Views taken so far.
    pub(crate) fn taken(&self) -> u32 {
        self.before + u32::try_from(self.frames.len()).unwrap_or(u32::MAX)
    }

    /// A plate, when one is full; with `last`, whatever waits.
    pub(crate) fn ready(&mut self, last: bool) -> Option<Plate> {
        if self.frames.is_empty() || (self.frames.len() < VIEWS && !last) {
            return None;
        }
        let first = self.before + 1;
        self.before = self.taken();
        self.made += 1;
        Some(Plate { frames: std::mem::take(&mut self.frames), first, number: self.made })
    }
}

impl Plate {
    /// When its first view was taken.
    pub(crate) fn taken_at(&self) -> Option<Instant> {
        self.frames.first().map(|frame| frame.at)
    }

    /// Writes the plate; gives the writer back, the facts of its views, and the digest of its pixels. Takes time.
    pub(crate) fn write<W: Write + Send + 'static>(self, writer: W, exif: &[u8]) -> Result<(W, Value), String> {
        let first = self.frames.first().ok_or("planche vide")?;
        let (width, height) = size(&first.png)?;
        let count = u32::try_from(self.frames.len()).map_err(|e| e.to_string())?;
        let total = height.checked_add(BAR).and_then(|h| h.checked_mul(count)).ok_or("planche trop haute")? - BAR;
        let mut stitch = Stitch::new(writer, width, total, exif)?;
        let bar = Tile { width, height: BAR, pixels: GREY.repeat((width * BAR) as usize) };
        let mut views = Vec::new();
        for (rank, frame) in (0..).zip(&self.frames) {
            let tile = Tile::decode(&frame.png)?;
            if (tile.width, tile.height) != (width, height) {
                return Err(format!("vue de {}x{} px au lieu de {width}x{height}", tile.width, tile.height));
            }
            if rank > 0 {
                stitch.add(&bar)?;
            }
            views.push(json!({
                "view": self.first + rank, "y": rank * (height + BAR), "height": height, "taken_at": frame.at,
                "scroll": frame.scroll, "still": frame.still, "pixels_sha256": tile.digest(),
            }));
            stitch.add(&tile)?;
        }
        let (writer, pixels): (W, Sha256Digest) = stitch.finish()?;
        Ok((writer, json!({"width": width, "height": total, "bar": BAR, "views": views, "pixels_sha256": pixels})))
    }
}

/// Width and height of a PNG, from its head.
fn size(png: &[u8]) -> Result<(u32, u32), String> {
    let reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().map_err(|e| e.to_string())?;
    Ok((reader.info().width, reader.info().height))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(shade: u8) -> Frame {
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, 3, 2);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&[shade; 6]).unwrap();
        let at = Instant::from_millisecond(1_795_252_323_000).unwrap();
        Frame { png, at, scroll: i64::from(shade), still: true }
    }

    #[test]
    fn views_stand_one_under_the_other() {
        let mut plates = Plates::default();
        assert_eq!(plates.add(view(1)), (1, 1, 0));
        assert_eq!(plates.add(view(2)), (2, 1, 1));
        assert!(plates.ready(false).is_none());
        let plate = plates.ready(true).unwrap();
        let (png, facts) = plate.write(Vec::new(), b"II*\0\x08\0\0\0\0\0\0\0\0\0").unwrap();
        let whole = Tile::decode(&png).unwrap();
        assert_eq!((whole.width, whole.height), (3, 2 + 8 + 2));
        let row = |y: usize| whole.pixels[y * 12];
        assert_eq!((row(0), row(1), row(2), row(9), row(10), row(11)), (1, 1, 128, 128, 2, 2));
        assert_eq!(facts["views"][1]["y"], 10);
        assert_eq!(facts["views"][1]["view"], 2);
        assert_eq!(plates.add(view(3)), (3, 2, 0), "numbers go on");
    }

    #[test]
    fn a_view_of_another_size_is_refused() {
        let mut plates = Plates::default();
        plates.add(view(1));
        let mut other = view(2);
        other.png = {
            let mut png = Vec::new();
            let mut encoder = png::Encoder::new(&mut png, 2, 2);
            encoder.set_color(png::ColorType::Grayscale);
            encoder.write_header().unwrap().write_image_data(&[0; 4]).unwrap();
            png
        };
        plates.add(other);
        assert!(plates.ready(true).unwrap().write(Vec::new(), &[]).is_err());
    }
}

//! One tile: decoded, named by the digest of its pixels, and told blank when it has one colour only.
use std::io::Cursor;

use dossier::{Instant, Sha256Digest};
use serde_json::{Value, json};

/// A decoded tile: 8-bit RGBA, row after row.
pub(crate) struct Tile {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u8>,
}

/// What the map of tiles says of one.
#[derive(Clone, Debug)]
pub(crate) struct TileFacts {
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// When the browser was asked for it.
    pub(crate) taken_at: Instant,
    pub(crate) sha256: Sha256Digest,
    pub(crate) blank: bool,
    pub(crate) content: Option<bool>,
    pub(crate) retried: bool,
}

impl TileFacts {
    pub(crate) fn json(&self) -> Value {
        json!({
            "x": 0, "y": self.y, "width": self.width, "height": self.height, "taken_at": self.taken_at,
            "pixels_sha256": self.sha256, "blank": self.blank,
            "content": self.content, "retried": self.retried,
        })
    }
}

impl Tile {
    /// Decodes a PNG.
    pub(crate) fn decode(png: &[u8]) -> Result<Self, String> {
        let mut decoder = png::Decoder::new(Cursor::new(png));
        decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
        let mut reader = decoder.read_info().map_err(|e| e.to_string())?;
        let size = reader.output_buffer_size().ok_or("taille de tuile excessive")?;
        let mut pixels = vec![0; size];
        let info = reader.next_frame(&mut pixels).map_err(|e| e.to_string())?;
        pixels.truncate(info.buffer_size());
        if info.color_type == png::ColorType::GrayscaleAlpha {
            pixels = pixels.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect();
        }
        Ok(Self { width: info.width, height: info.height, pixels })
    }

    /// Whether every pixel is the same.
    pub(crate) fn is_blank(&self) -> bool {
        self.is_blank_from(0)
    }

    /// Whether every pixel is the same, from a row on.
    pub(crate) fn is_blank_from(&self, row: u32) -> bool {
        let pixels = self.pixels.get(row as usize * self.width as usize * 4..).unwrap_or_default();
        let Some(first) = pixels.first_chunk::<4>() else { return true };
        pixels.chunks_exact(4).all(|pixel| pixel == first)
    }

    /// Digest of the decoded pixels, RGBA.
    pub(crate) fn digest(&self) -> Sha256Digest {
        Sha256Digest::of(&self.pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(color: png::ColorType, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, 2, 1);
        encoder.set_color(color);
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        out
    }

    #[test]
    fn every_colour_type_becomes_rgba() {
        for (color, data) in [(png::ColorType::Rgb, vec![9; 6]), (png::ColorType::Grayscale, vec![9; 2])] {
            let tile = Tile::decode(&png(color, &data)).unwrap();
            assert_eq!(tile.pixels, [9, 9, 9, 255, 9, 9, 9, 255], "{color:?}");
            assert!(tile.is_blank());
        }
        let tile = Tile::decode(&png(png::ColorType::Rgb, &[1, 2, 3, 1, 2, 4])).unwrap();
        assert!(!tile.is_blank());
        assert!(Tile::decode(b"rubbish").is_err());
    }
}

//! Writes a PNG of any height tile by tile, in constant memory.
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use dossier::Sha256Digest;
use sha2::{Digest as _, Sha256};

use crate::cdp::lock;

use super::tile::Tile;

/// A writer that can be taken back from the encoder.
struct Shared<W>(Arc<Mutex<Option<W>>>);

impl<W: Write> Write for Shared<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match lock(&self.0).as_mut() {
            Some(inner) => inner.write(buf),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        match lock(&self.0).as_mut() {
            Some(inner) => inner.flush(),
            None => Ok(()),
        }
    }
}

/// A picture being written from top to bottom.
pub(crate) struct Stitch<W: Write + Send + 'static> {
    inner: Arc<Mutex<Option<W>>>,
    stream: png::StreamWriter<'static, Shared<W>>,
    hash: Sha256,
    width: u32,
    left: u32,
}

impl<W: Write + Send + 'static> Stitch<W> {
    /// Starts a picture of exactly `width` by `height` pixels, with an `eXIf` chunk before its pixels.
    pub(crate) fn new(inner: W, width: u32, height: u32, exif: &[u8]) -> Result<Self, String> {
        let inner = Arc::new(Mutex::new(Some(inner)));
        let mut encoder = png::Encoder::new(Shared(Arc::clone(&inner)), width, height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        // Measured on a page of 12,193 px: 92 ms and 3.9 MB, against 855 ms and 2.0 MB for `Balanced`.
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header().map_err(|e| e.to_string())?;
        writer.write_chunk(png::chunk::ChunkType(*b"eXIf"), exif).map_err(|e| e.to_string())?;
        let stream = writer.into_stream_writer_with_size(256 * 1024).map_err(|e| e.to_string())?;
        Ok(Self { inner, stream, hash: Sha256::new(), width, left: height })
    }

    /// Adds a tile below those before; its rows beyond the height of the picture are not written.
    pub(crate) fn add(&mut self, tile: &Tile) -> Result<(), String> {
        if tile.width != self.width {
            return Err(format!("tuile large de {} px au lieu de {}", tile.width, self.width));
        }
        let rows = tile.height.min(self.left);
        let bytes = rows as usize * self.width as usize * 4;
        let pixels = tile.pixels.get(..bytes).ok_or("tuile incomplète")?;
        self.hash.update(pixels);
        self.stream.write_all(pixels).map_err(|e| e.to_string())?;
        self.left -= rows;
        Ok(())
    }

    /// Ends the picture and gives the writer back, with the digest of its pixels (RGBA).
    pub(crate) fn finish(self) -> Result<(W, Sha256Digest), String> {
        if self.left != 0 {
            return Err(format!("il manque {} rangées de pixels", self.left));
        }
        self.stream.finish().map_err(|e| e.to_string())?;
        let writer = lock(&self.inner).take().ok_or("image sans destination")?;
        Ok((writer, Sha256Digest::from_bytes(self.hash.finalize().into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn tiles_come_back_as_one_picture(width in 1_u32..40, heights in prop::collection::vec(1_u32..30, 1..6)) {
            let total: u32 = heights.iter().sum();
            let mut stitch = Stitch::new(Vec::new(), width, total, b"II*\0\x08\0\0\0\0\0\0\0\0\0").unwrap();
            let mut all: Vec<u8> = Vec::new();
            for (i, height) in heights.iter().enumerate() {
                let pixels: Vec<u8> = (0..width * height * 4).map(|n| (n as usize * 7 + i) as u8).collect();
                all.extend(&pixels);
                stitch.add(&Tile { width, height: *height, pixels }).unwrap();
            }
            let (png, digest) = stitch.finish().unwrap();
            let tile = Tile::decode(&png).unwrap();
            prop_assert_eq!((tile.width, tile.height), (width, total));
            prop_assert_eq!(digest, Sha256Digest::of(&all));
            prop_assert_eq!(tile.pixels, all);
        }
    }

    #[test]
    fn a_picture_that_lacks_rows_is_refused() {
        let mut stitch = Stitch::new(Vec::new(), 1, 3, &[]).unwrap();
        stitch.add(&Tile { width: 1, height: 2, pixels: vec![0; 8] }).unwrap();
        assert!(stitch.finish().is_err());
    }
}

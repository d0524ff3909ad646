//! How far two pictures are apart, pixel by pixel, row after row in constant memory; and a picture of where.
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Up to this difference of a channel, of 255, the eye does not see a pixel as another one.
pub const TOLERANCE: u8 = 16;
/// The widest picture read.
const WIDEST: u32 = 32_768;

/// The measure. Pixels that only one of the two pictures has count as different and as visible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureMeasure {
    /// Width and height of the picture captured.
    pub captured: (u32, u32),
    /// Width and height of the picture replayed.
    pub replayed: (u32, u32),
    /// Pixels of the smallest rectangle that holds both.
    pub pixels: u64,
    /// Pixels whose colour is not exactly the same.
    pub different: u64,
    /// The same, in millionths of `pixels`, rounded up: 0 means none.
    pub different_ppm: u32,
    /// Pixels of which a channel differs by more than [`TOLERANCE`].
    pub visible: u64,
    /// The same, in millionths of `pixels`, rounded up.
    pub visible_ppm: u32,
}

/// Compares two PNG pictures. When they differ, `difference` is written: what is the same is grey, what differs a little is
/// yellow, what differs visibly is red, what only one of them has is blue.
pub fn compare_pictures(captured: &Path, replayed: &Path, difference: &Path) -> Result<PictureMeasure, String> {
    let (mut a, mut b) = (Rows::open(captured)?, Rows::open(replayed)?);
    let (width, height) = (a.width.max(b.width), a.height.max(b.height));
    let mut measure = PictureMeasure {
        captured: (a.width, a.height),
        replayed: (b.width, b.height),
        pixels: u64::from(width) * u64::from(height),
        different: 0,
        different_ppm: 0,
        visible: 0,
        visible_ppm: 0,
    };
    let mut out = Picture::create(difference, width, height)?;
    let mut line = vec![0; width as usize * 3];
    for _ in 0..height {
        compare_rows(a.next()?, b.next()?, &mut line, &mut measure);
        out.row(&line)?;
    }
    out.finish()?;
    if measure.different == 0 {
        fs::remove_file(difference).map_err(|e| e.to_string())?;
    }
    measure.different_ppm = ppm(measure.different, measure.pixels);
    measure.visible_ppm = ppm(measure.visible, measure.pixels);
    Ok(measure)
}

fn ppm(part: u64, whole: u64) -> u32 {
    let ppm = (u128::from(part) * 1_000_000).div_ceil(u128::from(whole.max(1)));
    u32::try_from(ppm).unwrap_or(u32::MAX)
}

/// Counts one row, and draws it.
fn compare_rows(a: &[u8], b: &[u8], line: &mut [u8], measure: &mut PictureMeasure) {
    let (mut a, mut b) = (a.chunks_exact(4), b.chunks_exact(4));
    for out in line.chunks_exact_mut(3) {
        let colour = match (a.next(), b.next()) {
            (Some(a), Some(b)) if a == b => {
                let grey = 160 + (u16::from(a[0]) + u16::from(a[1]) + u16::from(a[2])) / 9;
                [u8::try_from(grey).unwrap_or(u8::MAX); 3]
            }
            (Some(a), Some(b)) => {
                measure.different += 1;
                if a.iter().zip(b).any(|(x, y)| x.abs_diff(*y) > TOLERANCE) {
                    measure.visible += 1;
                    [205, 0, 0]
                } else {
                    [250, 205, 0]
                }
            }
            _ => {
                measure.different += 1;
                measure.visible += 1;
                [0, 90, 220]
            }
        };
        out.copy_from_slice(&colour);
    }
}

/// The rows of a PNG, as 8-bit RGBA, from top to bottom.
pub(super) struct Rows {
    reader: png::Reader<BufReader<File>>,
    pub(super) width: u32,
    pub(super) height: u32,
    row: Vec<u8>,
}

impl Rows {
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let wrong = |e: String| format!("{} : {e}", path.display());
        let file = File::open(path).map_err(|e| wrong(e.to_string()))?;
        let mut decoder = png::Decoder::new(BufReader::new(file));
        decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
        let reader = decoder.read_info().map_err(|e| wrong(e.to_string()))?;
        let info = reader.info();
        if info.interlaced || info.width > WIDEST {
            return Err(wrong("image entrelacée ou trop large".into()));
        }
        let (width, height) = (info.width, info.height);
        Ok(Self { reader, width, height, row: Vec::new() })
    }

    /// The next row; empty below the last.
    pub(super) fn next(&mut self) -> Result<&[u8], String> {
        self.row.clear();
        if let Some(row) = self.reader.next_row().map_err(|e| e.to_string())? {
            self.row.extend_from_slice(row.data());
            if self.reader.output_color_type().0 == png::ColorType::GrayscaleAlpha {
                self.row = row_of_grey(&self.row);
            }
        }
        Ok(&self.row)
    }
}

fn row_of_grey(row: &[u8]) -> Vec<u8> {
    row.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect()
}

/// A picture being written row by row.
pub(super) struct Picture {
    stream: png::StreamWriter<'static, BufWriter<File>>,
}

impl Picture {
    pub(super) fn create(path: &Path, width: u32, height: u32) -> Result<Self, String> {
        let file = File::create(path).map_err(|e| format!("{} : {e}", path.display()))?;
        let mut encoder = png::Encoder::new(BufWriter::new(file), width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let writer = encoder.write_header().map_err(|e| e.to_string())?;
        let stream = writer.into_stream_writer().map_err(|e| e.to_string())?;
        Ok(Self { stream })
    }

    pub(super) fn row(&mut self, row: &[u8]) -> Result<(), String> {
        self.stream.write_all(row).map_err(|e| e.to_string())
    }

    pub(super) fn finish(self) -> Result<(), String> {
        self.stream.finish().map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(folder: &Path, name: &str, width: u32, pixels: &[[u8; 3]]) -> std::path::PathBuf {
        let path = folder.join(name);
        let mut out = Picture::create(&path, width, u32::try_from(pixels.len()).unwrap() / width).unwrap();
        out.row(&pixels.concat()).unwrap();
        out.finish().unwrap();
        path
    }

    #[test]
    fn the_same_pixels_leave_no_picture_of_a_difference() {
        let folder = tempfile::tempdir().unwrap();
        let a = picture(folder.path(), "a.png", 2, &[[9, 9, 9]; 6]);
        let measure = compare_pictures(&a, &a, &folder.path().join("d.png")).unwrap();
        assert_eq!((measure.pixels, measure.different, measure.visible), (6, 0, 0));
        assert!(!folder.path().join("d.png").exists());
    }

    #[test]
    fn small_and_visible_differences_and_other_sizes_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let a = picture(folder.path(), "a.png", 2, &[[9, 9, 9], [9, 9, 9], [0, 0, 0], [0, 0, 0]]);
        let b =
            picture(folder.path(), "b.png", 2, &[[9, 9, 25], [9, 9, 26], [0, 0, 0], [0, 0, 0], [1, 1, 1], [1, 1, 1]]);
        let measure = compare_pictures(&a, &b, &folder.path().join("d.png")).unwrap();
        assert_eq!((measure.captured, measure.replayed), ((2, 2), (2, 3)));
        assert_eq!((measure.pixels, measure.different, measure.visible), (6, 4, 3));
        assert_eq!((measure.different_ppm, measure.visible_ppm), (666_667, 500_000));
        let mut rows = Rows::open(&folder.path().join("d.png")).unwrap();
        assert_eq!(rows.next().unwrap(), [250, 205, 0, 255, 205, 0, 0, 255]);
        assert_eq!(rows.next().unwrap(), [160, 160, 160, 255, 160, 160, 160, 255]);
        assert_eq!(rows.next().unwrap(), [0, 90, 220, 255, 0, 90, 220, 255]);
        assert_eq!(rows.next().unwrap(), [0_u8; 0]);
    }

    #[test]
    fn one_pixel_of_many_is_never_rounded_to_none() {
        assert_eq!(ppm(1, 10_000_000), 1);
        assert_eq!((ppm(0, 0), ppm(3, 3)), (0, 1_000_000));
    }

    #[test]
    fn rubbish_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.png");
        fs::write(&path, b"rubbish").unwrap();
        assert!(compare_pictures(&path, &path, &folder.path().join("d.png")).is_err());
    }
}

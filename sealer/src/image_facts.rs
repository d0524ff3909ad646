//! Facts of a picture: size, a digest of its pixels, and the EXIF fields, read row by row in constant memory.
use std::collections::BTreeMap;
use std::io::{BufRead, Seek};

use dossier::{ImageFacts, Sha256Digest};
use png::{ColorType, Decoder, Limits, Transformations};
use sha2::{Digest as _, Sha256};

/// The media type of the pictures that are measured.
pub(crate) const PNG: &str = "image/png";
/// Pixels at most: a page of 1,280 by 600,000 CSS pixels at scale 2 is within it.
const MAX_PIXELS: u64 = 3_200_000_000;
/// Memory the decoder may take, beside one row.
const MAX_BYTES: usize = 64 << 20;
/// EXIF fields kept at most, and the longest text of one.
const MAX_FIELDS: usize = 256;
const MAX_TEXT: usize = 2000;

/// Decodes a PNG (ISO/IEC 15948) and measures it; the text says why a picture is not measured.
pub(crate) fn measure(mut picture: impl BufRead + Seek) -> Result<ImageFacts, String> {
    let exif = exif_fields(&mut picture);
    picture.rewind().map_err(|e| e.to_string())?;
    let mut decoder = Decoder::new_with_limits(picture, Limits { bytes: MAX_BYTES });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|e| e.to_string())?;
    let (width, height) = (reader.info().width, reader.info().height);
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(format!("{width} x {height} pixels, more than {MAX_PIXELS}"));
    }
    if reader.info().animation_control.is_some() {
        return Err("an animated picture".into());
    }
    let (color, _) = reader.output_color_type();
    let mut hash = Sha256::new();
    let mut rgba = Vec::with_capacity(width as usize * 4);
    if reader.info().interlaced {
        // Rows come pass by pass: the whole picture is needed, within the decoder's own limit.
        let size = reader.output_buffer_size().filter(|s| *s <= MAX_BYTES).ok_or("an interlaced picture, too large")?;
        let mut pixels = vec![0; size];
        reader.next_frame(&mut pixels).map_err(|e| e.to_string())?;
        to_rgba(color, &pixels, &mut rgba)?;
        hash.update(&rgba);
    } else {
        let mut rows = 0_u32;
        while let Some(row) = reader.next_row().map_err(|e| e.to_string())? {
            to_rgba(color, row.data(), &mut rgba)?;
            hash.update(&rgba);
            rows += 1;
        }
        if rows != height {
            return Err(format!("{rows} rows of {height}"));
        }
    }
    reader.finish().map_err(|e| e.to_string())?;
    Ok(ImageFacts { width, height, pixels_sha256: Sha256Digest::from_bytes(hash.finalize().into()), exif })
}

/// Eight-bit RGBA of one row, whatever its colour type once expanded.
fn to_rgba(color: ColorType, row: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    out.clear();
    match color {
        ColorType::Rgba => out.extend_from_slice(row),
        ColorType::Rgb => row.as_chunks::<3>().0.iter().for_each(|[r, g, b]| out.extend([*r, *g, *b, 255])),
        ColorType::Grayscale => row.iter().for_each(|y| out.extend([*y, *y, *y, 255])),
        ColorType::GrayscaleAlpha => row.as_chunks::<2>().0.iter().for_each(|[y, a]| out.extend([*y, *y, *y, *a])),
        ColorType::Indexed => return Err("a palette that was not expanded".into()),
    }
    Ok(())
}

/// The fields of the eXIf chunk, by tag name; none when there is none or it cannot be read. EXIF is never evidence by
/// itself: it is kept because readers of the picture see it.
pub(crate) fn exif_fields(picture: &mut (impl BufRead + Seek)) -> BTreeMap<String, String> {
    let Ok(found) = exif::Reader::new().read_from_container(picture) else { return BTreeMap::new() };
    let text = |field: &exif::Field| match &field.value {
        exif::Value::Ascii(parts) => {
            parts.iter().map(|p| String::from_utf8_lossy(p).into_owned()).collect::<Vec<_>>().join(" ")
        }
        _ => field.display_value().to_string(),
    };
    let clean = |text: String| text.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect();
    found.fields().take(MAX_FIELDS).map(|field| (field.tag.to_string(), clean(text(field)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn picture(color: ColorType, pixels: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, 2, 2);
        encoder.set_color(color);
        encoder.write_header().unwrap().write_image_data(pixels).unwrap();
        out
    }

    #[test]
    fn the_same_pixels_give_the_same_digest_whatever_the_encoding() {
        let rgb = measure(Cursor::new(picture(ColorType::Rgb, &[9; 12]))).unwrap();
        let rgba = measure(Cursor::new(picture(ColorType::Rgba, &[9, 9, 9, 255].repeat(4)))).unwrap();
        let gray = measure(Cursor::new(picture(ColorType::Grayscale, &[9; 4]))).unwrap();
        assert_eq!((rgb.width, rgb.height), (2, 2));
        assert_eq!(rgb, rgba);
        assert_eq!(rgb, gray);
        assert_eq!(rgb.pixels_sha256, Sha256Digest::of(&[9, 9, 9, 255].repeat(4)));
    }

    #[test]
    fn cut_or_foreign_bytes_are_an_error() {
        let whole = picture(ColorType::Rgb, &[1; 12]);
        for end in 0..whole.len() - 12 {
            assert!(measure(Cursor::new(&whole[..end])).is_err(), "{end}");
        }
        assert!(measure(Cursor::new(b"GIF89a")).is_err());
    }
}

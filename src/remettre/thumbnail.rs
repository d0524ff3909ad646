//! A small picture of a capture, made row after row: a page may be two million pixels tall, and is never held whole.
use std::io::{BufRead, Seek, Write};

/// How wide it is at most, and how tall before it is cut.
pub(super) const WIDEST: u32 = 480;
pub(super) const TALLEST: u32 = 640;
/// The widest picture that is read.
const WIDEST_SOURCE: u32 = 32_768;

/// What was made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Thumbnail {
    /// Width and height of the small picture.
    pub(super) size: (u32, u32),
    /// Width and height of the picture itself.
    pub(super) of: (u32, u32),
    /// Whether rows at the bottom are not shown.
    pub(super) cut: bool,
}

/// Reads the first rows of a PNG that are shown, and writes them smaller, each pixel the mean of those it stands for.
pub(super) fn make(source: impl BufRead + Seek, target: impl Write) -> Result<Thumbnail, String> {
    let mut decoder = png::Decoder::new(source);
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().map_err(|e| e.to_string())?;
    let of = (reader.info().width, reader.info().height);
    if reader.info().interlaced || of.0 > WIDEST_SOURCE {
        return Err("image entrelacée ou trop large".into());
    }
    let width = of.0.min(WIDEST);
    let whole = u64::from(of.1) * u64::from(width) / u64::from(of.0.max(1));
    let height = u32::try_from(whole.clamp(1, u64::from(TALLEST))).unwrap_or(TALLEST);
    let thumbnail = Thumbnail { size: (width, height), of, cut: whole > u64::from(TALLEST) };
    let mut encoder = png::Encoder::new(target, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|e| e.to_string())?;
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    let mut read = 0_u32;
    let grey = reader.output_color_type().0 == png::ColorType::GrayscaleAlpha;
    for y in 0..height {
        // Rows of the source from this one on to the one where the next row of the small picture begins.
        let end = last_of(y, width, of).max(read + 1);
        let mut sums = vec![[0_u64; 4]; width as usize];
        while read < end {
            let row = reader.next_row().map_err(|e| e.to_string())?.ok_or("image coupée")?;
            add(&mut sums, row.data(), of.0, grey);
            read += 1;
        }
        pixels.extend(
            sums.iter().flat_map(|sum| [0, 1, 2].map(|i| u8::try_from(sum[i] / sum[3].max(1)).unwrap_or(u8::MAX))),
        );
    }
    writer.write_image_data(&pixels).map_err(|e| e.to_string())?;
    writer.finish().map_err(|e| e.to_string())?;
    Ok(thumbnail)
}

/// The row of the source where row `y + 1` begins.
fn last_of(y: u32, width: u32, of: (u32, u32)) -> u32 {
    let at = u64::from(y + 1) * u64::from(of.0) / u64::from(width.max(1));
    u32::try_from(at.min(u64::from(of.1))).unwrap_or(u32::MAX)
}

/// Adds a row to the means; what is transparent is on white, as a browser shows it.
fn add(sums: &mut [[u64; 4]], row: &[u8], width: u32, grey: bool) {
    let small = sums.len() as u64;
    let step = if grey { 2 } else { 4 };
    for (x, pixel) in (0_u64..).zip(row.chunks_exact(step)) {
        let place = usize::try_from(x * small / u64::from(width.max(1))).unwrap_or(usize::MAX);
        let Some(sum) = sums.get_mut(place) else { continue };
        let [r, g, b, a] = match *pixel {
            [l, a] => [l, l, l, a],
            [r, g, b, a] => [r, g, b, a],
            _ => continue,
        };
        for (channel, value) in [r, g, b].into_iter().enumerate() {
            sum[channel] += (u64::from(value) * u64::from(a) + 255 * u64::from(255 - a)) / 255;
        }
        sum[3] += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn picture(width: u32, height: u32, colour: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(png::ColorType::Rgb);
        let data: Vec<u8> =
            (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| colour(x, y)).collect();
        encoder.write_header().unwrap().write_image_data(&data).unwrap();
        out
    }

    fn decoded(octets: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut reader = png::Decoder::new(Cursor::new(octets)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        (reader.info().width, reader.info().height, pixels)
    }

    #[test]
    fn a_long_page_is_cut_at_its_top_and_says_so() {
        // The first 1707 rows (640 of the small one) are red, the rest is blue.
        let source = picture(1280, 4000, |_, y| if y < 1707 { [200, 0, 0] } else { [0, 0, 200] });
        let mut out = Vec::new();
        let made = make(Cursor::new(source), &mut out).unwrap();
        assert_eq!(made, Thumbnail { size: (480, 640), of: (1280, 4000), cut: true });
        let (width, height, pixels) = decoded(&out);
        assert_eq!((width, height), (480, 640));
        assert!(pixels.chunks_exact(3).all(|p| p == [200, 0, 0]), "no row below the cut is shown");
    }

    #[test]
    fn a_small_picture_is_left_as_large_as_it_is() {
        let source = picture(3, 2, |x, y| [u8::try_from(x * 40 + y).unwrap(), 7, 9]);
        let mut out = Vec::new();
        assert_eq!(make(Cursor::new(source), &mut out).unwrap(), Thumbnail { size: (3, 2), of: (3, 2), cut: false });
        assert_eq!(decoded(&out).2, [0, 7, 9, 40, 7, 9, 80, 7, 9, 1, 7, 9, 41, 7, 9, 81, 7, 9]);
    }

    #[test]
    fn what_is_no_picture_is_no_panic() {
        for octets in [&b""[..], b"\x89PNG\r\n\x1a\n", &[0; 400]] {
            assert!(make(Cursor::new(octets.to_vec()), Vec::new()).is_err());
        }
        let source = picture(900, 900, |_, _| [1, 2, 3]);
        assert!(make(Cursor::new(source[..source.len() / 2].to_vec()), Vec::new()).is_err());
    }
}

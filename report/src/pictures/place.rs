//! What stands for a sheet while the pages are laid out: a picture of two pixels that says which sheet it is.
use std::io::Write;

/// The first pixel; the second holds the number.
const MARK: [u8; 3] = [0xC5, 0x0A, 0x57];

/// The most sheets a document may have: what three octets count.
pub(crate) const MOST: u32 = 1 << 24;

/// The picture (PNG, two pixels, RGB) that stands for sheet `number`, below [`MOST`].
pub(crate) fn holder(number: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 2, 1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels(number))?;
    writer.finish()?;
    Ok(out)
}

fn pixels(number: u32) -> [u8; 6] {
    let [_, high, middle, low] = number.to_be_bytes();
    [MARK[0], MARK[1], MARK[2], high, middle, low]
}

/// The number of the sheet that a packed stream of samples stands for.
pub(crate) fn number_of(stream: &[u8]) -> Option<u32> {
    let mut samples = Vec::new();
    let mut unpacked = flate2::write::ZlibDecoder::new(Bounded(&mut samples));
    unpacked.write_all(stream).ok()?;
    unpacked.finish().ok()?;
    match samples[..] {
        [a, b, c, high, middle, low] if [a, b, c] == MARK => Some(u32::from_be_bytes([0, high, middle, low])),
        _ => None,
    }
}

/// Takes six octets and no more: any other picture is none of ours.
struct Bounded<'a>(&'a mut Vec<u8>);

impl Write for Bounded<'_> {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + octets.len() > 6 {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        self.0.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

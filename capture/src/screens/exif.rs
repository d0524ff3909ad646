//! The `eXIf` chunk of our pictures (PNG third edition, 11.3.4.5): when, with what, from which address.
use dossier::Instant;
use exif::experimental::Writer;
use exif::{Field, In, Tag, Value};

/// What the chunk says.
#[derive(Clone, Debug)]
pub(crate) struct PictureFacts {
    /// When the picture was taken.
    pub(crate) taken_at: Instant,
    /// The address shown.
    pub(crate) url: String,
    /// Software and version.
    pub(crate) software: String,
    /// Pixels for one CSS pixel, in each direction.
    pub(crate) density: u32,
}

impl PictureFacts {
    /// The TIFF block of the chunk. Times are French legal time, with their offset.
    pub(crate) fn exif(&self) -> Result<Vec<u8>, exif::Error> {
        let local = self.taken_at.legal_time();
        let date = local.strftime("%Y:%m:%d %H:%M:%S").to_string();
        let offset = local.strftime("%:z").to_string();
        let milliseconds = format!("{:03}", self.taken_at.as_millisecond().rem_euclid(1000));
        let ascii = |tag, text: &str| {
            // EXIF text is ASCII: an address is percent-encoded already, anything else loses its accents.
            let bytes: Vec<u8> =
                text.chars().map(|c| if c.is_ascii() && !c.is_control() { c as u8 } else { b'?' }).collect();
            Field { tag, ifd_num: In::PRIMARY, value: Value::Ascii(vec![bytes]) }
        };
        let mut comment = b"ASCII\0\0\0".to_vec();
        comment.extend(self.url.bytes().filter(u8::is_ascii));
        let fields = [
            ascii(Tag::ImageDescription, &self.url),
            ascii(Tag::Software, &self.software),
            ascii(Tag::DateTimeOriginal, &date),
            ascii(Tag::OffsetTimeOriginal, &offset),
            ascii(Tag::SubSecTimeOriginal, &milliseconds),
            Field { tag: Tag::UserComment, ifd_num: In::PRIMARY, value: Value::Undefined(comment, 0) },
        ];
        // A CSS pixel is the 96th of an inch (CSS Values 4, 6.2): one to one is what is taken for granted.
        let dense = if self.density > 1 { resolution(self.density) } else { Vec::new() };
        let mut writer = Writer::new();
        for field in fields.iter().chain(&dense) {
            writer.push_field(field);
        }
        let mut out = std::io::Cursor::new(Vec::new());
        writer.write(&mut out, false)?;
        Ok(out.into_inner())
    }
}

/// Pixels of the picture an inch of the page, in each direction (TIFF 6.0, section 8).
fn resolution(density: u32) -> Vec<Field> {
    let inch = || Value::Rational(vec![exif::Rational { num: 96 * density, denom: 1 }]);
    let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
    vec![
        field(Tag::XResolution, inch()),
        field(Tag::YResolution, inch()),
        field(Tag::ResolutionUnit, Value::Short(vec![2])),
    ]
}

/// Puts the `eXIf` chunk before the first `IDAT` of a PNG; the pixels are not touched. `None` when it is not a PNG.
pub(crate) fn with_exif(png: &[u8], exif: &[u8]) -> Option<Vec<u8>> {
    let mut at = 8;
    loop {
        let length = u32::from_be_bytes(png.get(at..at + 4)?.try_into().ok()?) as usize;
        if png.get(at + 4..at + 8)? == b"IDAT" {
            break;
        }
        at = at.checked_add(length)?.checked_add(12)?;
    }
    let mut out = Vec::with_capacity(png.len() + exif.len() + 12);
    out.extend_from_slice(png.get(..at)?);
    out.extend(u32::try_from(exif.len()).ok()?.to_be_bytes());
    out.extend_from_slice(b"eXIf");
    out.extend_from_slice(exif);
    out.extend(crc(b"eXIf", exif).to_be_bytes());
    out.extend_from_slice(png.get(at..)?);
    Some(out)
}

/// The CRC of a PNG chunk (PNG, annex D), over its type and data.
fn crc(kind: &[u8], data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in kind.iter().chain(data) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chunk_is_read_back_and_the_pixels_stay() {
        let facts = PictureFacts {
            taken_at: "2026-11-21T09:12:03.045Z".parse().unwrap(),
            url: "http://exemple.fr/".into(),
            software: "constat 0.1.0".into(),
            density: 3,
        };
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, 2, 1);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&[1, 2, 3, 4, 5, 6]).unwrap();
        let marked = with_exif(&png, &facts.exif().unwrap()).unwrap();
        let read = exif::Reader::new().read_from_container(&mut std::io::Cursor::new(&marked)).unwrap();
        let field = |tag| read.get_field(tag, In::PRIMARY).unwrap().display_value().to_string();
        assert_eq!(field(Tag::DateTimeOriginal), "2026-11-21 10:12:03");
        assert!(field(Tag::OffsetTimeOriginal).contains("+01:00"));
        assert_eq!((field(Tag::XResolution), field(Tag::YResolution)), ("288".into(), "288".into()));
        assert_eq!(field(Tag::ResolutionUnit), "inch");
        let mut reader = png::Decoder::new(std::io::Cursor::new(&marked)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, [1, 2, 3, 4, 5, 6]);
        assert!(with_exif(b"not a picture", &[]).is_none());
    }
}

//! A screenshot cut into sheets that fit a page: row by row, lossless, at quiet rows, in bounded memory.
use std::io::{self, Cursor};

use png::{BitDepth, ColorType, Compression, Transformations};

/// The widest picture laid out, in pixels.
const MAX_WIDTH: u32 = 16_384;
/// A picture that is decoded at once because its rows are interlaced: at most this many bytes.
const MAX_INTERLACED: usize = 256 * 1024 * 1024;
/// The most sheets one picture may take; the rest is named, and stays in the file.
const MAX_SHEETS: usize = 300;
/// Rows printed twice when no quiet row was found near a cut.
const OVERLAP: u32 = 24;
/// The shortest run of equal rows taken for a gap between two contents.
const QUIET_ROWS: usize = 8;
/// Width and height of the room for a picture on a sheet, in millimetres: upright, and turned.
const ROOM_MM: (u32, u32) = (176, 232);
const TURNED_MM: (u32, u32) = (262, 150);
/// From this width on, in points of the page, a picture is set on a turned sheet: upright, its text would be too small.
const WIDE: u32 = 1500;
/// A picture is never set larger than at 96 pixels an inch: no invented pixel.
const MM_PER_1000_PIXELS: u32 = 265;

/// A picture ready for layout.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// Width in pixels.
    pub(crate) width: u32,
    /// Height in pixels.
    pub(crate) height: u32,
    /// Width on the page.
    pub(crate) width_mm: u32,
    /// Set on turned sheets.
    pub(crate) turned: bool,
    /// Rank of its first sheet among those of the document, once it has one.
    pub(crate) first: usize,
    /// The sheets, top to bottom.
    pub(crate) sheets: Vec<Sheet>,
    /// Rows that were not laid out because there are too many.
    pub(crate) rows_left_out: u32,
}

/// One sheet: rows `first` to `last`, counted from 1; the `repeated` first ones are also on the sheet before.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    /// First row.
    pub(crate) first: u32,
    /// Last row.
    pub(crate) last: u32,
    /// Rows repeated from the sheet before.
    pub(crate) repeated: u32,
}

impl Sheet {
    /// How many rows it has, the repeated ones too.
    pub(crate) fn rows(&self) -> u32 {
        self.last + 1 - self.first
    }
}

/// The rows of each sheet, 8-bit RGB, packed as a PNG packs them.
pub(crate) type Rows = Vec<Vec<u8>>;

/// Cuts a PNG into sheets. Alpha is laid on white, 16-bit samples are cut to 8: the file keeps the whole. The error says why
/// the picture is refused.
pub(crate) fn split(bytes: &[u8]) -> Result<(Picture, Rows), String> {
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: MAX_INTERLACED });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|e| e.to_string())?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width > MAX_WIDTH {
        return Err(format!("{width} pixels wide; at most {MAX_WIDTH} are laid out"));
    }
    let (color, depth) = reader.output_color_type();
    if depth != BitDepth::Eight {
        return Err(format!("samples of {depth:?} bits"));
    }
    // A picture taken at a scale is laid out as large as what it shows, with finer points.
    let points = (width / density(reader.info().exif_metadata.as_deref())).max(1);
    let turned = points > WIDE;
    let room_mm = if turned { TURNED_MM } else { ROOM_MM };
    let width_mm = (points * MM_PER_1000_PIXELS / 1000).clamp(1, room_mm.0);
    let full = rows_of_a_sheet(width, width_mm, room_mm.1);
    // A picture over several sheets starts on a new page, under the text of its step: room is left for that text. A turned
    // sheet has no text beside its caption.
    let room = if height > full && !turned { (full * 18 / 25).max(1) } else { full };
    let mut cutter = Cutter::new(width, height, (room, full));
    if reader.info().interlaced {
        let size = reader.output_buffer_size().filter(|size| *size <= MAX_INTERLACED);
        let mut pixels = vec![0; size.ok_or("an interlaced picture too large to decode")?];
        let info = reader.next_frame(&mut pixels).map_err(|e| e.to_string())?;
        for row in pixels.chunks_exact(info.line_size).take(height as usize) {
            cutter.push(&rgb(row, color)?)?;
        }
    } else {
        while !cutter.full() {
            let Some(row) = reader.next_row().map_err(|e| e.to_string())? else { break };
            cutter.push(&rgb(row.data(), color)?)?;
        }
    }
    let (sheets, rows, rows_left_out) = cutter.finish()?;
    Ok((Picture { width, height, width_mm, turned, first: 0, sheets, rows_left_out }, rows))
}

/// Pixels to a point of the page, each way, by the resolution that the picture states (96 to the inch is one); 1 when it states
/// none, or one that no capture has.
fn density(exif: Option<&[u8]>) -> u32 {
    let read = exif.and_then(|bytes| exif::Reader::new().read_raw(bytes.to_vec()).ok());
    let field = read.as_ref().and_then(|read| read.get_field(exif::Tag::XResolution, exif::In::PRIMARY));
    match field.map(|field| &field.value) {
        Some(exif::Value::Rational(values)) => match values.first() {
            Some(value) if value.denom > 0 && (96..=960).contains(&(value.num / value.denom)) => {
                value.num / value.denom / 96
            }
            _ => 1,
        },
        _ => 1,
    }
}

fn rows_of_a_sheet(width: u32, width_mm: u32, room_mm: u32) -> u32 {
    (u64::from(width) * u64::from(room_mm) / u64::from(width_mm)).clamp(1, 1 << 20) as u32
}

/// A row as 8-bit RGB.
fn rgb(row: &[u8], color: ColorType) -> Result<Vec<u8>, String> {
    let over_white = |sample: u8, alpha: u8| {
        let (sample, alpha) = (u32::from(sample), u32::from(alpha));
        u8::try_from((sample * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(255)
    };
    Ok(match color {
        ColorType::Rgb => row.to_vec(),
        ColorType::Grayscale => row.iter().flat_map(|s| [*s, *s, *s]).collect(),
        ColorType::Rgba => row
            .chunks_exact(4)
            .flat_map(|p| [over_white(p[0], p[3]), over_white(p[1], p[3]), over_white(p[2], p[3])])
            .collect(),
        ColorType::GrayscaleAlpha => row.chunks_exact(2).flat_map(|p| [over_white(p[0], p[1]); 3]).collect(),
        ColorType::Indexed => return Err("a palette that was not expanded".into()),
    })
}

/// Gathers rows and cuts when a sheet is full.
struct Cutter {
    width: u32,
    height: u32,
    /// Rows of the sheet being filled, and of those after it.
    room: u32,
    next_room: u32,
    rows: Vec<u8>,
    /// For each row gathered: whether it repeats the row above, so that nothing starts or ends there.
    quiet: Vec<bool>,
    above: Vec<u8>,
    first: u32,
    repeated: u32,
    sheets: Vec<Sheet>,
    packed: Rows,
}

impl Cutter {
    fn new(width: u32, height: u32, (room, next_room): (u32, u32)) -> Self {
        let (rows, quiet, above, sheets) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { width, height, room, next_room, rows, quiet, above, first: 1, repeated: 0, sheets, packed: Rows::new() }
    }

    fn stride(&self) -> usize {
        self.width as usize * 3
    }

    fn full(&self) -> bool {
        self.sheets.len() >= MAX_SHEETS
    }

    fn push(&mut self, row: &[u8]) -> Result<(), String> {
        if self.full() {
            return Ok(());
        }
        if row.len() != self.stride() {
            return Err(format!("a row of {} bytes, {} were expected", row.len(), self.stride()));
        }
        self.rows.extend_from_slice(row);
        self.quiet.push(self.above == row);
        self.above.clear();
        self.above.extend_from_slice(row);
        // One row more than the room: a picture that just fits is not cut.
        if self.quiet.len() as u32 > self.room { self.cut() } else { Ok(()) }
    }

    /// Cuts inside the longest quiet run of the last eighth; when none is quiet, at the end, and repeats some rows.
    fn cut(&mut self) -> Result<(), String> {
        let room = self.room as usize;
        let window = room - room / 8;
        let quiet = longest_quiet_run(self.quiet.get(window..room).unwrap_or(&[]));
        let (keep, repeated) = match quiet {
            Some(offset) => (window + offset + 1, 0),
            None => (room, (OVERLAP as usize).min(room / 2)),
        };
        self.emit(keep)?;
        let dropped = keep - repeated;
        self.rows.drain(..dropped * self.stride());
        self.quiet.drain(..dropped);
        self.first += dropped as u32;
        self.repeated = repeated as u32;
        self.room = self.next_room;
        Ok(())
    }

    fn emit(&mut self, rows: usize) -> Result<(), String> {
        let data = self.rows.get(..rows * self.stride()).ok_or("fewer rows than announced")?;
        self.packed.push(pack(self.width, rows as u32, data).map_err(|e| e.to_string())?);
        let (first, repeated) = (self.first, self.repeated);
        self.sheets.push(Sheet { first, last: first + rows as u32 - 1, repeated });
        Ok(())
    }

    fn finish(mut self) -> Result<(Vec<Sheet>, Rows, u32), String> {
        if !self.full() && !self.quiet.is_empty() {
            self.emit(self.quiet.len())?;
        }
        let last = self.sheets.last().map_or(0, |sheet| sheet.last);
        if last < self.height && !self.full() {
            return Err(format!("{} rows announced, {last} found", self.height));
        }
        Ok((self.sheets, self.packed, self.height.saturating_sub(last)))
    }
}

/// The middle of the longest run of rows that repeat each other; the upright strokes of letters make short runs too,
/// which do not count.
fn longest_quiet_run(quiet: &[bool]) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    let mut start = 0;
    for end in 0..=quiet.len() {
        if quiet.get(end) == Some(&true) {
            continue;
        }
        if end - start >= QUIET_ROWS && best.is_none_or(|(from, to)| end - start >= to - from) {
            best = Some((start, end));
        }
        start = end + 1;
    }
    best.map(|(from, to)| from + (to - from) / 2)
}

/// The rows as the data of a PNG (its `IDAT` chunks put together): what a PDF takes as `FlateDecode` with predictor 15.
fn pack(width: u32, height: u32, rgb: &[u8]) -> io::Result<Vec<u8>> {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, width, height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgb)?;
    writer.finish()?;
    let mut packed = Vec::with_capacity(png.len());
    let mut rest = png.get(8..).unwrap_or(&[]);
    while let Some(([a, b, c, d, kind @ ..], after)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        if kind == b"IDAT" {
            packed.extend_from_slice(after.get(..length).unwrap_or(&[]));
        }
        rest = after.get(length + 4..).unwrap_or(&[]);
    }
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Lines of "text" of 16 rows every 40, on white.
    fn page(width: u32, height: u32, noisy: bool) -> Vec<u8> {
        let mut rgb = Vec::with_capacity((width * height * 3) as usize);
        for y in 0..height {
            for x in 0..width {
                let ink = noisy || y % 40 < 16;
                let value = if ink { ((x * 7 + y * 13) % 251) as u8 } else { 255 };
                rgb.extend_from_slice(&[value, value, value.wrapping_add(u8::from(ink))]);
            }
        }
        rgb
    }

    /// A sheet's rows, from what the document holds of it.
    fn unpacked(picture: &Picture, sheet: &Sheet, packed: &[u8]) -> Vec<u8> {
        let mut png =
            encode(picture.width, sheet.rows(), &vec![0; (picture.width * sheet.rows() * 3) as usize]).unwrap();
        // The same header, other rows.
        png.truncate(33);
        let mut chunk = |kind: &[u8], data: &[u8]| {
            let named = [kind, data].concat();
            png.extend((data.len() as u32).to_be_bytes());
            png.extend(&named);
            png.extend(crc(&named).to_be_bytes());
        };
        chunk(b"IDAT", packed);
        chunk(b"IEND", b"");
        let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        pixels
    }

    fn crc(octets: &[u8]) -> u32 {
        let mut crc = flate2::Crc::new();
        crc.update(octets);
        crc.sum()
    }

    fn encode(width: u32, height: u32, rgb: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(ColorType::Rgb);
        encoder.write_header()?.write_image_data(rgb)?;
        Ok(out)
    }

    fn rebuilt((picture, rows): &(Picture, Rows)) -> Vec<u8> {
        let stride = picture.width as usize * 3;
        let sheets = picture.sheets.iter().zip(rows);
        sheets.flat_map(|(s, rows)| unpacked(picture, s, rows)[s.repeated as usize * stride..].to_vec()).collect()
    }

    #[test]
    fn a_tall_page_is_cut_at_quiet_rows_and_loses_nothing() {
        let rgb = page(640, 8000, false);
        let cut = split(&encode(640, 8000, &rgb).unwrap()).unwrap();
        let picture = &cut.0;
        assert!(picture.sheets.len() > 5 && picture.rows_left_out == 0);
        for sheet in &picture.sheets[..picture.sheets.len() - 1] {
            assert_eq!(sheet.repeated, 0);
            assert!(sheet.last % 40 >= 16, "cut inside a line of text, at row {}", sheet.last);
        }
        assert_eq!(rebuilt(&cut), rgb);
    }

    #[test]
    fn a_page_without_quiet_rows_repeats_some() {
        let rgb = page(640, 3000, true);
        let cut = split(&encode(640, 3000, &rgb).unwrap()).unwrap();
        let picture = &cut.0;
        assert!(picture.sheets[1].repeated == OVERLAP);
        assert_eq!(picture.sheets[1].first + OVERLAP, picture.sheets[0].last + 1);
        assert_eq!(rebuilt(&cut), rgb);
    }

    #[test]
    fn a_wide_picture_is_turned() {
        let rgb = page(1920, 300, false);
        let cut = split(&encode(1920, 300, &rgb).unwrap()).unwrap();
        assert!(cut.0.turned && cut.0.width_mm == TURNED_MM.0);
        assert_eq!(rebuilt(&cut), rgb);
    }

    /// The EXIF of a picture: one field, the resolution (TIFF 6.0, big-endian), `dots` to the inch.
    fn resolution(dots: u32) -> Vec<u8> {
        let head = [b"MM\0*".as_slice(), &8_u32.to_be_bytes(), &1_u16.to_be_bytes()].concat();
        let field = [&0x011A_u16.to_be_bytes()[..], &5_u16.to_be_bytes(), &1_u32.to_be_bytes(), &26_u32.to_be_bytes()];
        [head, field.concat(), 0_u32.to_be_bytes().to_vec(), dots.to_be_bytes().to_vec(), 1_u32.to_be_bytes().to_vec()]
            .concat()
    }

    #[test]
    fn a_picture_taken_at_a_scale_is_laid_out_as_large_as_what_it_shows() {
        for (dots, expected) in [(96, 1), (192, 2), (288, 3), (0, 1), (72, 1), (100_000, 1)] {
            assert_eq!(density(Some(&resolution(dots))), expected, "{dots}");
        }
        assert_eq!((density(None), density(Some(b"MM\0*"))), (1, 1));
        let mut out = Vec::new();
        let mut info = png::Info::with_size(1920, 300);
        (info.color_type, info.bit_depth) = (png::ColorType::Rgb, BitDepth::Eight);
        info.exif_metadata = Some(resolution(288).into());
        let mut writer = png::Encoder::with_info(&mut out, info).unwrap().write_header().unwrap();
        writer.write_image_data(&page(1920, 300, false)).unwrap();
        writer.finish().unwrap();
        let (picture, _) = split(&out).unwrap();
        assert!(!picture.turned && picture.width_mm == 640 * MM_PER_1000_PIXELS / 1000, "{}", picture.width_mm);
    }

    #[test]
    fn what_is_too_tall_stops_and_says_how_much_is_left() {
        let rgb = vec![255; 16 * 300_000 * 3];
        let (picture, _) = split(&encode(16, 300_000, &rgb).unwrap()).unwrap();
        let last = picture.sheets.last().unwrap().last;
        assert_eq!(picture.sheets.len(), MAX_SHEETS);
        assert_eq!(last + picture.rows_left_out, 300_000);
    }

    #[test]
    fn alpha_is_laid_on_white() {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, 2, 1);
        encoder.set_color(ColorType::Rgba);
        encoder.write_header().unwrap().write_image_data(&[10, 20, 30, 0, 10, 20, 30, 255]).unwrap();
        assert_eq!(rebuilt(&split(&out).unwrap()), [255, 255, 255, 10, 20, 30]);
    }

    #[test]
    fn a_truncated_picture_is_refused() {
        let png = encode(64, 64, &page(64, 64, true)).unwrap();
        assert!(split(&png[..png.len() / 2]).is_err());
        assert!(split(b"not a picture").is_err());
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0_usize..200, value: u8) {
            let _ = split(&bytes);
            let mut png = encode(5, 7, &page(5, 7, true)).unwrap();
            if let Some(byte) = png.get_mut(at) {
                *byte = value;
            }
            let _ = split(&png);
        }
    }
}

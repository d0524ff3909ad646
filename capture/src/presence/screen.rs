//! The officer's screen under X11: its size, its picture, and how long ago it was last touched.
use std::time::Duration;

use x11rb::connection::Connection as _;
use x11rb::protocol::screensaver::ConnectionExt as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, ImageOrder, Window};
use x11rb::rust_connection::RustConnection;

/// A connection to the display.
pub(crate) struct Screen {
    pub(super) connection: RustConnection,
    pub(super) root: Window,
    pub(super) depth: u8,
    pub(crate) width: u32,
    pub(crate) height: u32,
    masks: [u32; 3],
}

/// A picture of the screen: rows of red, green, blue, one octet each.
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgb: Vec<u8>,
}

impl Screen {
    /// Opens the display of that name (`:0`).
    pub(crate) fn open(name: &str) -> Result<Self, String> {
        let (connection, number) = RustConnection::connect(Some(name)).map_err(|e| format!("{name} : {e}"))?;
        let setup = connection.setup();
        let screen = setup.roots.get(number).ok_or("écran absent")?;
        let visual = screen.allowed_depths.iter().flat_map(|d| &d.visuals).find(|v| v.visual_id == screen.root_visual);
        let visual = visual.ok_or("format de pixels inconnu")?;
        let masks = [visual.red_mask, visual.green_mask, visual.blue_mask];
        let (root, depth) = (screen.root, screen.root_depth);
        let (width, height) = (u32::from(screen.width_in_pixels), u32::from(screen.height_in_pixels));
        Ok(Self { root, depth, width, height, masks, connection })
    }

    /// How long ago keyboard or pointer were last used, by the screen saver extension.
    pub(crate) fn idle(&self) -> Option<Duration> {
        let answer = self.connection.screensaver_query_info(self.root).ok()?.reply().ok()?;
        Some(Duration::from_millis(answer.ms_since_user_input.into()))
    }

    /// Everything the screen shows, at one instant: the server answers one request whole.
    pub(crate) fn picture(&self) -> Result<Pixels, String> {
        let (width, height) = (narrow(self.width), narrow(self.height));
        let asked = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, u32::MAX);
        let image = asked.map_err(|e| e.to_string())?.reply().map_err(|e| e.to_string())?;
        let least_first = self.connection.setup().image_byte_order == ImageOrder::LSB_FIRST;
        let pixels = u64::from(self.width) * u64::from(self.height);
        if image.data.len() as u64 != pixels * 4 {
            return Err(format!("{} octets pour {pixels} pixels", image.data.len()));
        }
        let mut rgb = Vec::with_capacity(image.data.len() / 4 * 3);
        for pixel in image.data.as_chunks::<4>().0 {
            let value = if least_first { u32::from_le_bytes(*pixel) } else { u32::from_be_bytes(*pixel) };
            rgb.extend(self.masks.map(|mask| part(value, mask)));
        }
        Ok(Pixels { width: self.width, height: self.height, rgb })
    }
}

/// The eight highest bits of what a mask selects.
fn part(value: u32, mask: u32) -> u8 {
    if mask == 0 {
        return 0;
    }
    let selected = (value & mask) >> mask.trailing_zeros();
    let bits = mask.count_ones();
    let eight = if bits >= 8 { selected >> (bits - 8) } else { selected << (8 - bits) };
    u8::try_from(eight & 0xFF).unwrap_or(0)
}

/// A length as X11 writes it.
pub(super) fn narrow(length: u32) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

impl Pixels {
    /// The picture as a PNG.
    pub(crate) fn png(&self) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header().map_err(|e| e.to_string())?;
        writer.write_image_data(&self.rgb).map_err(|e| e.to_string())?;
        writer.finish().map_err(|e| e.to_string())?;
        Ok(out)
    }

    /// How many colours a rectangle has: 0 to 2, or 3 for any more.
    pub(crate) fn colours(&self, x: u32, y: u32, width: u32, height: u32) -> usize {
        let mut seen: Vec<&[u8]> = Vec::new();
        for row in y..y.saturating_add(height).min(self.height) {
            for column in x..x.saturating_add(width).min(self.width) {
                let at = (row as usize * self.width as usize + column as usize) * 3;
                let Some(pixel) = self.rgb.get(at..at + 3) else { continue };
                if !seen.contains(&pixel) {
                    seen.push(pixel);
                }
                if seen.len() > 2 {
                    return seen.len();
                }
            }
        }
        seen.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_by_their_masks() {
        assert_eq!(part(0x0012_3456, 0x00FF_0000), 0x12);
        assert_eq!(part(0b11111 << 11, 0b11111 << 11), 0b1111_1000);
        assert_eq!(part(0x3FF, 0x3FF), 0xFF);
    }

    #[test]
    fn the_png_holds_the_pixels() {
        let pixels = Pixels { width: 2, height: 1, rgb: vec![1, 2, 3, 4, 5, 6] };
        let png = pixels.png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
        let mut read = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut read).unwrap();
        assert_eq!(read, pixels.rgb);
        assert_eq!((pixels.colours(0, 0, 2, 1), pixels.colours(1, 0, 9, 9)), (2, 1));
    }
}

//! Pictures of pages for the synthetic dossiers: drawn here, so that no test needs a file.

/// A picture that looks like a page: a banner, a photograph, lines of grey text with blank rows between them.
pub fn page(width: u32, height: u32) -> Vec<u8> {
    let ink = |x: u32, y: u32| -> [u8; 3] {
        let margin = width / 16;
        let inside = x >= margin && x < width - margin;
        match y {
            0..=63 => [28, 44, 70],
            100..=379 if inside => [(90 + x * 120 / width) as u8, (120 + y / 4) as u8, 150],
            y if y >= 400
                && inside
                && y % 26 < 11
                && !(x / 7 + y / 26 * 5).is_multiple_of(9)
                && x < width - margin - (y / 26 * 37) % 300.min(width / 3 + 1) =>
            {
                let shade = if (x * 5 + y) % 7 < 4 { 70 } else { 140 };
                [shade, shade, shade]
            }
            _ => [255, 255, 255],
        }
    };
    let pixels: Vec<u8> = (0..height).flat_map(|y| (0..width).flat_map(move |x| ink(x, y))).collect();
    encode(width, height, &pixels)
}

fn encode(width: u32, height: u32, rgb: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(rgb).unwrap();
    writer.finish().unwrap();
    out
}

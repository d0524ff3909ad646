//! Pictures of every kind: each tag of EXIF with values of each type, each container, each form of PNG.
use std::io::Cursor;

use exif::experimental::Writer;
use exif::{Context, Field, In, Rational, SRational, Tag, Value};
use png::{BitDepth, ColorType, Encoder};

fn tiff(tag: Tag, value: Value, little: bool) -> Option<Vec<u8>> {
    let field = Field { tag, ifd_num: In::PRIMARY, value };
    let mut out = Cursor::new(Vec::new());
    let mut writer = Writer::new();
    writer.push_field(&field);
    writer.write(&mut out, little).ok()?;
    Some(out.into_inner())
}

fn values() -> Vec<Value> {
    let ascii = |text: &[u8]| Value::Ascii(vec![text.to_vec()]);
    let ratio = |num, denom| Rational { num, denom };
    let mut values = vec![
        Value::Byte(vec![2, 3, 0, 1]),
        Value::Ascii(vec![b"deux".to_vec(), b"mots".to_vec()]),
        Value::Ascii(vec!["é \"cité\" \u{1}".into(), b"\xff".to_vec()]),
        Value::Long(vec![70_000]),
        Value::Rational(vec![ratio(1, 3), ratio(50, 1), ratio(28, 10), ratio(7, 0)]),
        Value::Rational(vec![ratio(1, 250)]),
        Value::Rational(vec![ratio(0, 1)]),
        Value::Rational(vec![ratio(u32::MAX, 1), ratio(1, u32::MAX), ratio(9, 7)]),
        Value::Rational(vec![ratio(3, u32::MAX)]),
        Value::Rational(vec![ratio(5, 2), ratio(12, 1), ratio(0, 7)]),
        Value::SRational(vec![SRational { num: -1, denom: 3 }, SRational { num: i32::MIN, denom: 1 }]),
        Value::SRational(vec![SRational { num: 5, denom: -1 }]),
        Value::SByte(vec![-1, 5]),
        Value::SShort(vec![-300]),
        Value::SLong(vec![i32::MIN]),
        Value::Float(vec![1.5e-7, 0.1, 16_777_216.0, f32::MAX, f32::MIN_POSITIVE]),
        Value::Double(vec![1e22, -0.0, 5e-324, f64::NAN, f64::INFINITY, 0.1]),
        Value::Undefined(b"0232".to_vec(), 0),
        Value::Undefined(b"0230".to_vec(), 0),
        Value::Undefined(vec![1, 2, 3, 0], 0),
        Value::Undefined(b"ASCII\0\0\0a \"b\"\\\x07".to_vec(), 0),
        Value::Undefined(vec![3], 0),
        Value::Undefined(vec![], 0),
        Value::Short(vec![1, 2, 3]),
        Value::Short(vec![2, 1]),
        Value::Short(vec![4, 4, 9, 8]),
    ];
    let texts: [&[u8]; 11] = [
        b"2026:11:21 09:12:03",
        b"2026:11:21 09:12:03 and more",
        b"    :  :     :  :  ",
        b"2026:11:21",
        b"N",
        b"n",
        b"A",
        b"K",
        b"T",
        b"2",
        b"",
    ];
    values.extend(texts.into_iter().map(ascii));
    values.extend((0..26).map(|n| Value::Short(vec![n])));
    values.extend([255, 32_773, 65_535, 0x59].map(|n| Value::Short(vec![n])));
    values
}

/// Every tag that has a name, and some that have none, with every value.
pub(super) fn exif() -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    for (context, numbers) in [
        (Context::Tiff, 0x100..0x8900),
        (Context::Exif, 0x8200..0xa600),
        (Context::Gps, 0..0x30),
        (Context::Interop, 0..0x1010),
    ] {
        let mut unknown = 0;
        for number in numbers {
            let tag = Tag(context, number);
            let pointer = [Tag::ExifIFDPointer, Tag::GPSInfoIFDPointer, Tag::InteropIFDPointer].contains(&tag);
            unknown += usize::from(tag.description().is_none());
            if pointer || (tag.description().is_none() && unknown > 1) {
                continue;
            }
            for (n, value) in values().into_iter().enumerate() {
                out.extend(tiff(tag, value, n % 2 == 0).map(|bytes| ("image/tiff".to_owned(), bytes)));
            }
        }
    }
    out
}

/// One block in each container, whole and cut.
pub(super) fn containers() -> Vec<(String, Vec<u8>)> {
    let block = tiff(Tag::Model, Value::Ascii(vec![b"Objectif".to_vec()]), true).unwrap();
    let u16 = |n: usize| (n as u16).to_be_bytes();
    let u32 = |n: usize| (n as u32).to_be_bytes();
    let segment = [b"Exif\0\0", &block[..]].concat();
    let jpeg = [b"\xff\xd8\xff\xe0\0\x04JF\xff\xff\xe1", &u16(segment.len() + 2)[..], &segment, b"\xff\xd9"].concat();
    let chunk =
        |name: &[u8], body: &[u8]| [name, &(body.len() as u32).to_le_bytes(), body, &b"\0"[..body.len() % 2]].concat();
    let chunks = [chunk(b"VP8X", &[0; 9]), chunk(b"EXIF", &block)].concat();
    let webp = [b"RIFF", &(chunks.len() as u32 + 4).to_le_bytes()[..], b"WEBP", &chunks].concat();
    let item = |name: &[u8], body: &[u8]| [&u32(body.len() + 8)[..], name, body].concat();
    let infe = item(b"infe", &[&[2, 0, 0, 0, 0, 1, 0, 0][..], b"Exif\0"].concat());
    let iinf = item(b"iinf", &[&[0, 0, 0, 0, 0, 1][..], &infe].concat());
    let data = [&[0, 0, 0, 0][..], &block].concat();
    let iloc =
        item(b"iloc", &[&[1, 0, 0, 0, 0x44, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1][..], &u32(0), &u32(data.len())].concat());
    let meta = item(b"meta", &[&[0; 4][..], &iinf, &iloc, &item(b"idat", &data)].concat());
    let heif = [item(b"ftyp", b"avif\0\0\0\0avifmif1"), meta].concat();
    let mut out = Vec::new();
    for (media_type, whole) in [
        ("image/jpeg", jpeg),
        ("image/webp", webp),
        ("image/avif", heif),
        ("image/tiff", block),
        ("", crate::attacks::sample::png_with_exif(3, "x")),
    ] {
        for cut in [0, 1, 7, 20, 40] {
            let media_type = if media_type.is_empty() { "application/octet-stream" } else { media_type };
            out.push((media_type.to_owned(), whole[..whole.len() - cut.min(whole.len())].to_vec()));
        }
    }
    out.push(("image/gif".into(), b"GIF89a".to_vec()));
    out
}

/// Each colour type at each depth, with and without transparency, plain and damaged.
pub(super) fn pixels() -> Vec<(&'static str, Vec<u8>)> {
    let forms: [(&str, ColorType, BitDepth, &[u8]); 17] = [
        ("g1.png", ColorType::Grayscale, BitDepth::One, &[]),
        ("g2.png", ColorType::Grayscale, BitDepth::Two, &[]),
        ("g4t.png", ColorType::Grayscale, BitDepth::Four, &[0, 5]),
        ("g8.png", ColorType::Grayscale, BitDepth::Eight, &[]),
        ("g8t.png", ColorType::Grayscale, BitDepth::Eight, &[0, 7]),
        ("g16.png", ColorType::Grayscale, BitDepth::Sixteen, &[]),
        ("g16t.png", ColorType::Grayscale, BitDepth::Sixteen, &[7, 14]),
        ("ga8.png", ColorType::GrayscaleAlpha, BitDepth::Eight, &[]),
        ("ga16.png", ColorType::GrayscaleAlpha, BitDepth::Sixteen, &[]),
        ("c8.png", ColorType::Rgb, BitDepth::Eight, &[]),
        ("c8t.png", ColorType::Rgb, BitDepth::Eight, &[0, 0, 0, 7, 0, 14]),
        ("c16.png", ColorType::Rgb, BitDepth::Sixteen, &[]),
        ("a8.png", ColorType::Rgba, BitDepth::Eight, &[]),
        ("a16.png", ColorType::Rgba, BitDepth::Sixteen, &[]),
        ("p2.png", ColorType::Indexed, BitDepth::Two, &[]),
        ("p4t.png", ColorType::Indexed, BitDepth::Four, &[9, 0, 128]),
        ("p8.png", ColorType::Indexed, BitDepth::Eight, &[]),
    ];
    let (width, height) = (13, 21);
    let mut out: Vec<(&str, Vec<u8>)> = forms
        .into_iter()
        .map(|(name, color, depth, transparency)| {
            let mut bytes = Vec::new();
            let mut encoder = Encoder::new(&mut bytes, width, height);
            encoder.set_color(color);
            encoder.set_depth(depth);
            if color == ColorType::Indexed {
                encoder.set_palette((0..768).map(|n| (n * 5 % 256) as u8).collect::<Vec<_>>());
            }
            if !transparency.is_empty() {
                encoder.set_trns(transparency.to_vec());
            }
            let samples = color.samples() * width as usize * depth as usize;
            let data: Vec<u8> = (0..samples.div_ceil(8) * height as usize).map(|n| (n * 7 % 251) as u8).collect();
            encoder.write_header().unwrap().write_image_data(&data).unwrap();
            (name, bytes)
        })
        .collect();
    let plain = crate::attacks::sample::png(9);
    let flipped = |at: usize| {
        let mut bytes = plain.clone();
        bytes[at] ^= 1;
        bytes
    };
    let end = plain.len();
    out.push(("x-coupe.png", plain[..end - 1].to_vec()));
    out.push(("x-idat.png", flipped(end - 20)));
    out.push(("x-entete.png", flipped(30)));
    out.push(("x-iend.png", flipped(end - 1)));
    out.push(("x-suite.png", [&plain[..], b"reste"].concat()));
    out.sort_by(|a, b| a.0.cmp(b.0));
    out
}

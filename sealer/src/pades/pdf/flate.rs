//! Streams that hold structure (cross-references, objects): FlateDecode, with the PNG predictors, within a bound.
use std::io::Read as _;

use flate2::read::ZlibDecoder;

use super::object::{Dict, Object};

/// The longest such stream once decoded, in octets.
const MAX: u64 = 64 << 20;

/// The octets of a stream whose filter is none or FlateDecode; `None` for everything else.
pub(crate) fn decode(dict: &Dict, raw: &[u8]) -> Option<Vec<u8>> {
    let parameters = match (dict.get("Filter"), dict.get("DecodeParms")) {
        (None, None) => return Some(raw.to_vec()),
        (Some(Object::Name(name)), parameters) if name == b"FlateDecode" => parameters.cloned(),
        (Some(Object::Array(names)), parameters) if names.as_slice() == [Object::name("FlateDecode")] => {
            match parameters {
                Some(Object::Array(list)) => list.first().cloned(),
                other => other.cloned(),
            }
        }
        _ => return None,
    };
    let mut plain = Vec::new();
    ZlibDecoder::new(raw).take(MAX + 1).read_to_end(&mut plain).ok()?;
    if plain.len() as u64 > MAX {
        return None;
    }
    let none = Dict::default();
    let parameters = match &parameters {
        None | Some(Object::Null) => &none,
        Some(Object::Dict(dict)) => dict,
        _ => return None,
    };
    match parameters.int("Predictor").unwrap_or(1) {
        1 => Some(plain),
        10..=15 => unpredict(&plain, usize::try_from(parameters.int("Columns").unwrap_or(1)).ok()?),
        _ => None,
    }
}

/// PNG rows of one octet a sample (ISO/IEC 15948, 9.2).
fn unpredict(plain: &[u8], columns: usize) -> Option<Vec<u8>> {
    if columns == 0 || columns > 1 << 16 {
        return None;
    }
    let mut out: Vec<u8> = Vec::with_capacity(plain.len());
    let mut above = vec![0_u8; columns];
    for row in plain.chunks(columns + 1) {
        let (kind, row) = row.split_first()?;
        let mut now: Vec<u8> = Vec::with_capacity(columns);
        for (at, octet) in row.iter().enumerate() {
            let left = at.checked_sub(1).and_then(|at| now.get(at)).copied().unwrap_or(0);
            let up = above.get(at).copied().unwrap_or(0);
            let corner = at.checked_sub(1).and_then(|at| above.get(at)).copied().unwrap_or(0);
            let add = match kind {
                0 => 0,
                1 => left,
                2 => up,
                3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
                4 => paeth(left, up, corner),
                _ => return None,
            };
            now.push(octet.wrapping_add(add));
        }
        out.extend_from_slice(&now);
        now.resize(columns, 0);
        above = now;
    }
    Some(out)
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let guess = a + b - c;
    let (pa, pb, pc) = ((guess - a).abs(), (guess - b).abs(), (guess - c).abs());
    if pa <= pb && pa <= pc {
        left
    } else if pb <= pc {
        up
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn dict(predictor: i64, columns: i64) -> Dict {
        let parameters = [(b"Predictor".to_vec(), Object::Int(predictor)), (b"Columns".to_vec(), Object::Int(columns))];
        let mut dict = Dict::default();
        dict.set("Filter", Object::name("FlateDecode"));
        dict.set("DecodeParms", Object::Dict(Dict(parameters.to_vec())));
        dict
    }

    #[test]
    fn rows_of_every_predictor() {
        // None, left, above, both, and Paeth, over columns of two.
        let rows = packed(&[0, 1, 2, 1, 1, 1, 2, 1, 1, 3, 1, 1, 4, 1, 1]);
        assert_eq!(decode(&dict(15, 2), &rows), Some(vec![1, 2, 1, 2, 2, 3, 2, 3, 3, 4]));
        assert_eq!(decode(&dict(1, 2), &packed(b"abc")).as_deref(), Some(&b"abc"[..]));
        assert_eq!(decode(&dict(15, 2), &packed(&[9, 1, 2])), None);
        assert_eq!(decode(&dict(2, 2), &packed(b"abc")), None);
    }

    #[test]
    fn a_stream_that_swells_is_given_up() {
        let bomb = packed(&vec![0; (MAX + 1) as usize]);
        assert!(bomb.len() < 1 << 20);
        assert_eq!(decode(&dict(1, 1), &bomb), None);
    }
}

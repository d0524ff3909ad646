//! Streams of a PDF: inflated under a bound, predictors undone.
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::object::{Dict, Obj};
use crate::input::cut;

/// Undoes the filters of a stream; the error says in French why it was not read.
pub(super) fn decode(raw: Vec<u8>, dict: &Dict, most: usize) -> Result<Vec<u8>, String> {
    let filters: Vec<&[u8]> = match dict.get("Filter") {
        None | Some(Obj::Null) => Vec::new(),
        Some(Obj::Name(name)) => vec![name],
        Some(Obj::Array(names)) => names
            .iter()
            .filter_map(|name| if let Obj::Name(name) = name { Some(name.as_slice()) } else { None })
            .collect(),
        Some(_) => return Err("filtre de flux illisible".to_owned()),
    };
    match filters.as_slice() {
        [] => Ok(raw),
        [b"FlateDecode" | b"Fl"] => {
            let inflated = inflate(&raw, most)?;
            let parameters = match dict.get("DecodeParms").or(dict.get("DP")) {
                Some(Obj::Dict(parameters)) => parameters.clone(),
                Some(Obj::Array(all)) => all.first().cloned().unwrap_or_default().into_dict(),
                _ => Dict::default(),
            };
            predict(inflated, &parameters)
        }
        other => {
            let names: Vec<_> = other.iter().take(4).map(|name| String::from_utf8_lossy(name)).collect();
            Err(format!("filtre de flux non lu ({})", names.join(", ")))
        }
    }
}

/// What could be inflated is kept: a stream that is cut is still read up to there.
fn inflate(raw: &[u8], most: usize) -> Result<Vec<u8>, String> {
    let mut inflated = Vec::new();
    let end = ZlibDecoder::new(raw).take(most as u64 + 1).read_to_end(&mut inflated);
    if inflated.len() > most {
        return Err(format!("flux qui se décompresse à plus de {} Mio", most >> 20));
    }
    match end {
        Err(_) if inflated.is_empty() => Err("flux compressé illisible".to_owned()),
        _ => Ok(inflated),
    }
}

fn predict(octets: Vec<u8>, parameters: &Dict) -> Result<Vec<u8>, String> {
    let number = |key: &str, otherwise: i64| usize::try_from(parameters.int(key).unwrap_or(otherwise)).unwrap_or(0);
    let predictor = number("Predictor", 1);
    if predictor < 2 {
        return Ok(octets);
    }
    let bits = number("Colors", 1).checked_mul(number("BitsPerComponent", 8));
    let row = bits.and_then(|bits| bits.checked_mul(number("Columns", 1))).map(|bits| bits.div_ceil(8));
    let (Some(bits), Some(row @ 1..=65_536)) = (bits, row) else { return Err("prédicteur hors bornes".to_owned()) };
    if predictor < 10 {
        return Err("prédicteur TIFF non lu".to_owned());
    }
    Ok(unfilter(&octets, row, bits.div_ceil(8).max(1)))
}

/// Undoes the row filters of PNG.
fn unfilter(octets: &[u8], row: usize, step: usize) -> Vec<u8> {
    let mut plain: Vec<u8> = Vec::with_capacity(octets.len());
    let mut above = vec![0; row];
    for line in octets.chunks(row + 1) {
        let Some((filter, line)) = line.split_first() else { break };
        let mut now = vec![0_u8; row];
        for (at, octet) in line.iter().enumerate() {
            let left = at.checked_sub(step).map_or(0, |left| byte(&now, left));
            let corner = at.checked_sub(step).map_or(0, |left| byte(&above, left));
            let up = byte(&above, at);
            let guess = match filter {
                1 => left,
                2 => up,
                3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
                4 => paeth(left, up, corner),
                _ => 0,
            };
            if let Some(slot) = now.get_mut(at) {
                *slot = octet.wrapping_add(guess);
            }
        }
        plain.extend_from_slice(cut(&now, 0, line.len()));
        above = now;
    }
    plain
}

fn byte(octets: &[u8], at: usize) -> u8 {
    octets.get(at).copied().unwrap_or(0)
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(up) - i16::from(corner);
    let far = |octet: u8| (guess - i16::from(octet)).abs();
    if far(left) <= far(up) && far(left) <= far(corner) {
        left
    } else if far(up) <= far(corner) {
        up
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_unfiltered() {
        assert_eq!(unfilter(&[1, 1, 1, 1, 2, 1, 1, 1, 4, 0, 0, 0], 3, 1), [1, 2, 3, 2, 3, 4, 2, 3, 4]);
        assert_eq!(unfilter(&[3, 4, 4], 2, 1), [4, 6]);
    }

    #[test]
    fn bounds_are_kept() {
        use std::io::Write;
        let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        bomb.write_all(&vec![0; 4 << 20]).unwrap();
        assert!(inflate(&bomb.finish().unwrap(), 1 << 20).is_err_and(|why| why.contains("1 Mio")));
    }
}

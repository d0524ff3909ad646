//! What a screen says of itself: the base block of EDID 1.3 and 1.4 (VESA E-EDID).

/// The fields that name a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edid {
    /// Three letters of the register of makers (UEFI PNP).
    pub(super) maker: String,
    /// Its name.
    pub(super) name: Option<String>,
    /// Its serial number, as text, else as number.
    pub(super) serial: Option<String>,
    /// The mode it prefers, in pixels.
    pub(super) preferred: Option<(u16, u16)>,
    /// Year of making.
    pub(super) year: u16,
}

const HEADER: [u8; 8] = [0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0];

/// Reads the first block; `None` when it is not one, or its checksum is wrong.
pub(super) fn read(octets: &[u8]) -> Option<Edid> {
    let block = octets.first_chunk::<128>()?;
    if block[..8] != HEADER || block.iter().fold(0_u8, |sum, octet| sum.wrapping_add(*octet)) != 0 {
        return None;
    }
    let packed = u16::from_be_bytes([block[8], block[9]]);
    let letter =
        |shift: u16| char::from(b'A' + u8::try_from((packed >> shift & 0x1f).saturating_sub(1).min(25)).unwrap_or(0));
    let number = u32::from_le_bytes([block[12], block[13], block[14], block[15]]);
    let mut edid = Edid {
        maker: [10, 5, 0].map(letter).iter().collect(),
        name: None,
        serial: (number != 0).then(|| number.to_string()),
        preferred: None,
        year: 1990 + u16::from(block[17]),
    };
    for descriptor in block[54..126].chunks_exact(18) {
        match *descriptor {
            [0, 0, 0, 0xfc, _, ref text @ ..] => edid.name = words(text),
            [0, 0, 0, 0xff, _, ref text @ ..] => edid.serial = words(text).or(edid.serial),
            // A detailed timing: width and height are 12 bits wide, their high parts in the fifth and eighth octets.
            [low, high, width, _, upper, height, _, tall, ..] if (low, high) != (0, 0) && edid.preferred.is_none() => {
                edid.preferred = Some((
                    u16::from(width) | u16::from(upper >> 4) << 8,
                    u16::from(height) | u16::from(tall >> 4) << 8,
                ));
            }
            _ => {}
        }
    }
    Some(edid)
}

/// Text ended by a line feed and filled with spaces.
fn words(text: &[u8]) -> Option<String> {
    let text = text.split(|octet| *octet == b'\n').next().unwrap_or_default();
    let text: String = text.iter().filter(|o| o.is_ascii_graphic() || **o == b' ').map(|o| char::from(*o)).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A screen « Dell U2415 » of 1920 by 1200.
    pub(in crate::machine) fn sample() -> [u8; 128] {
        let mut block = [0_u8; 128];
        block[..8].copy_from_slice(&HEADER);
        // « DEL ».
        block[8..10].copy_from_slice(&[0x10, 0xac]);
        block[17] = 30;
        block[54..62].copy_from_slice(&[0x28, 0x3c, 0x80, 0xa0, 0x70, 0xb0, 0x23, 0x40]);
        block[72..90].copy_from_slice(b"\0\0\0\xff\0CN0X1234\n    ");
        block[90..108].copy_from_slice(b"\0\0\0\xfc\0DELL U2415\n  ");
        block[127] = block[..127].iter().fold(0_u8, |sum, octet| sum.wrapping_sub(*octet));
        block
    }

    #[test]
    fn a_screen_says_who_it_is() {
        let edid = read(&sample()).unwrap();
        assert_eq!(
            (edid.maker.as_str(), edid.name.as_deref(), edid.serial.as_deref()),
            ("DEL", Some("DELL U2415"), Some("CN0X1234"))
        );
        assert_eq!((edid.preferred, edid.year), (Some((1920, 1200)), 2020));
        let mut wrong = sample();
        wrong[100] ^= 1;
        assert_eq!(read(&wrong), None);
    }

    proptest! {
        #[test]
        fn no_block_makes_it_panic(drawn in prop::collection::vec(any::<u8>(), 0..140)) {
            let _ = read(&drawn);
            let mut block = sample();
            for (place, octet) in drawn.iter().enumerate().take(119) {
                block[8 + place] = *octet;
            }
            block[127] = 0;
            block[127] = block[..127].iter().fold(0_u8, |sum, octet| sum.wrapping_sub(*octet));
            prop_assert!(read(&block).is_some());
        }
    }
}

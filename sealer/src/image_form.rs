//! The one form of the pictures made here: a chunk that changes their look (gAMA, iCCP), another image beside, a thumbnail
//! or octets after the end have no place in it.
use std::io::{BufRead, BufReader, Read, Seek};

use dossier::ArtefactKind;

/// Where a PNG begins (ISO/IEC 15948, 5.2).
const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// The longest block of EXIF read, in octets.
const MAX_EXIF: u32 = 1 << 20;

/// Whether pictures of this kind are written by a capture, in this form.
pub(crate) const fn applies(kind: ArtefactKind) -> bool {
    matches!(
        kind,
        ArtefactKind::ScreenshotViewport
            | ArtefactKind::ScreenshotPage
            | ArtefactKind::ScreenshotArea
            | ArtefactKind::ScreenshotFeed
            | ArtefactKind::ScreenshotElement
            | ArtefactKind::ScreenshotDesktop
    )
}

/// `IHDR`, at most one `eXIf` without a thumbnail, `IDAT` once or more, `IEND`, the end of the file; the error says what
/// stands there instead.
pub(crate) fn check(picture: impl Read + Seek) -> Result<(), String> {
    let mut picture = BufReader::new(picture);
    let mut start = [0; 8];
    read(&mut picture, &mut start)?;
    if start != SIGNATURE {
        return Err("pas un PNG".into());
    }
    let mut before = *b"    ";
    loop {
        let (length, kind) = head(&mut picture)?;
        let allowed = match &before {
            b"    " => kind == *b"IHDR",
            b"IHDR" => matches!(&kind, b"eXIf" | b"IDAT"),
            b"eXIf" => kind == *b"IDAT",
            _ => matches!(&kind, b"IDAT" | b"IEND"),
        };
        if !allowed {
            return Err(format!("{} après {}", kind.escape_ascii(), before.escape_ascii()));
        }
        if kind == *b"eXIf" {
            check_exif(&mut picture, length)?;
        } else {
            picture.seek_relative(i64::from(length)).map_err(|e| e.to_string())?;
        }
        read(&mut picture, &mut [0; 4])?;
        if kind == *b"IEND" {
            let after = picture.fill_buf().map_err(|e| e.to_string())?;
            return if length == 0 && after.is_empty() { Ok(()) } else { Err("des octets après la fin".into()) };
        }
        before = kind;
    }
}

/// The length and the type of a chunk (5.3).
fn head(picture: &mut impl Read) -> Result<(u32, [u8; 4]), String> {
    let (mut length, mut kind) = ([0; 4], [0; 4]);
    read(picture, &mut length)?;
    read(picture, &mut kind)?;
    Ok((u32::from_be_bytes(length), kind))
}

/// The block has one directory: a second one is that of a thumbnail (Exif 2.32, 4.5.2; TIFF 6.0, section 2).
fn check_exif(picture: &mut impl Read, length: u32) -> Result<(), String> {
    let mut block = vec![0; usize::try_from(length.min(MAX_EXIF)).unwrap_or_default()];
    read(picture, &mut block)?;
    match next_directory(&block) {
        _ if length > MAX_EXIF => Err("un bloc EXIF trop long".into()),
        Some(0) => Ok(()),
        Some(_) => Err("un second répertoire dans l'EXIF (une vignette)".into()),
        None => Err("un bloc EXIF qui ne se lit pas".into()),
    }
}

/// Where the directory after the first is; 0 for nowhere.
fn next_directory(block: &[u8]) -> Option<u32> {
    let order: fn([u8; 4]) -> u32 = match block.first_chunk()? {
        b"MM\0*" => u32::from_be_bytes,
        b"II*\0" => u32::from_le_bytes,
        _ => return None,
    };
    let long = |at: usize| block.get(at..)?.first_chunk().map(|octets| order(*octets));
    let first = usize::try_from(long(4)?).ok()?;
    let count: [u8; 2] = *block.get(first..)?.first_chunk()?;
    // Two octets as four: the other half is nothing.
    let fields =
        if block.starts_with(b"M") { order([0, 0, count[0], count[1]]) } else { order([count[0], count[1], 0, 0]) };
    long(first.checked_add(2)?.checked_add(usize::try_from(fields).ok()?.checked_mul(12)?)?)
}

fn read(picture: &mut impl Read, octets: &mut [u8]) -> Result<(), String> {
    picture.read_exact(octets).map_err(|_| "la fin du fichier avant IEND".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    const BLOCK: [u8; 26] = *b"MM\0*\0\0\0\x08\0\x01\x01\x10\0\x02\0\0\0\x04abc\0\0\0\0\0";

    fn made(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut out = SIGNATURE.to_vec();
        for (kind, content) in chunks {
            out.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
            out.extend(*kind);
            out.extend(*content);
            // Checksums are the decoder's to check.
            out.extend([0; 4]);
        }
        out
    }

    #[test]
    fn one_form_and_no_other() {
        let (ihdr, exif, idat, iend) =
            ((b"IHDR", &b"x"[..]), (b"eXIf", &BLOCK[..]), (b"IDAT", &b"yy"[..]), (b"IEND", &b""[..]));
        for good in [&[ihdr, idat, iend][..], &[ihdr, exif, idat, idat, iend]] {
            assert_eq!(check(Cursor::new(made(good))), Ok(()));
        }
        let mut thumbnail = BLOCK;
        thumbnail[25] = 8;
        let little = *b"II*\0\x08\0\0\0\0\0\0\0\0\0";
        assert_eq!(check(Cursor::new(made(&[ihdr, (b"eXIf", &little), idat, iend]))), Ok(()));
        for (chunks, why) in [
            (&[ihdr, (b"gAMA", &b"1234"[..]), idat, iend][..], "gAMA après IHDR"),
            (&[ihdr, (b"iCCP", b"x"), idat, iend], "iCCP après IHDR"),
            (&[ihdr, (b"acTL", b"x"), idat, iend], "acTL après IHDR"),
            (&[ihdr, idat, exif, iend], "eXIf après IDAT"),
            (&[ihdr, exif, exif, idat, iend], "eXIf après eXIf"),
            (&[ihdr, idat, (b"tEXt", b"a\0b"), iend], "tEXt après IDAT"),
            (&[ihdr, idat, iend, iend], "des octets après la fin"),
            (&[ihdr, idat, (b"IEND", b"x")], "des octets après la fin"),
            (&[idat, iend], "IDAT après     "),
            (&[ihdr, iend], "IEND après IHDR"),
            (&[ihdr, idat], "la fin du fichier avant IEND"),
            (&[ihdr, (b"eXIf", &thumbnail), idat, iend], "un second répertoire dans l'EXIF (une vignette)"),
            (&[ihdr, (b"eXIf", &BLOCK[..20]), idat, iend], "un bloc EXIF qui ne se lit pas"),
        ] {
            assert_eq!(check(Cursor::new(made(chunks))), Err(why.to_owned()));
        }
        assert!(check(Cursor::new(b"GIF89a..")).is_err());
    }
}

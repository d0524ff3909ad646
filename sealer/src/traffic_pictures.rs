//! Pictures found in the recorded traffic: digest of the octets received and the EXIF they carry, read the same way at
//! sealing and at verification.
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use dossier::{Sha256Digest, TrafficPicture, TrafficPictures};
use sha2::{Digest as _, Sha256};
use warc::{Budget, Record, RecordEnd, RecordType, WarcReader, http::HttpHead};

use crate::image_facts;

/// The most pictures listed; those beyond are counted.
const LISTED: usize = 20_000;
/// The longest picture whose EXIF is read, in octets: the block may stand at the very end.
const LONGEST: u64 = 64 << 20;
/// The longest head of an answer.
const HEAD: usize = 256 << 10;

/// Lists the pictures of an archive, in its order, and calls `ended` at the end of every record, pictures or not. An
/// archive that cannot be read to its end gives those before: that it is broken is told by its own check.
pub(crate) fn list(archive: impl Read, mut ended: impl FnMut(RecordType, &RecordEnd)) -> TrafficPictures {
    let mut reader = WarcReader::with_budget(archive, Budget::default());
    let mut all = TrafficPictures::default();
    while let Ok(Some(mut record)) = reader.next_record() {
        if look(&mut record, &mut all).is_err() {
            break;
        }
        let kind = record.header().record_type;
        let Ok(end) = record.finish() else { break };
        ended(kind, &end);
    }
    all
}

/// Adds the picture that the record holds, if any.
fn look<R: Read>(record: &mut Record<'_, R>, all: &mut TrafficPictures) -> std::io::Result<()> {
    let header = record.header().clone();
    let http = header.record_type == RecordType::Response && header.is_http();
    if !http && header.record_type != RecordType::Resource {
        return Ok(());
    }
    let head = if http { read_head(record)? } else { None };
    let told = match &head {
        Some(head) => head.get("content-type"),
        None => header.get("Content-Type"),
    };
    let media_type = told.unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let told = media_type.starts_with("image/");
    let (octets, bytes, sha256) = read_payload(record, told)?;
    if bytes == 0 || !(told || is_picture(&octets)) {
        return Ok(());
    }
    all.found += 1;
    if all.listed.len() < LISTED {
        let whole = octets.len() as u64 == bytes && is_picture(&octets);
        all.listed.push(TrafficPicture {
            record: header.id().to_owned(),
            url: header.target_uri().to_owned(),
            media_type,
            bytes,
            sha256,
            exif: if whole { exif_of(octets) } else { BTreeMap::new() },
            exif_read: whole,
        });
    }
    Ok(())
}

/// The head of the answer, its empty line included.
fn read_head(record: &mut impl Read) -> std::io::Result<Option<HttpHead>> {
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD {
        if record.read(&mut octet)? == 0 {
            return Ok(None);
        }
        head.extend(octet);
    }
    Ok(HttpHead::parse(&head).ok())
}

/// The beginning of the payload, its whole length, and its digest when it is `told` a picture or begins as one.
fn read_payload(record: &mut impl Read, told: bool) -> std::io::Result<(Vec<u8>, u64, Sha256Digest)> {
    let (mut kept, mut bytes, mut hash) = (Vec::new(), 0_u64, Sha256::new());
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = record.read(&mut buffer)?;
        let part = buffer.get(..read).unwrap_or_default();
        if part.is_empty() {
            return Ok((kept, bytes, Sha256Digest::from_bytes(hash.finalize().into())));
        }
        bytes += read as u64;
        let maybe = kept.len() < 16 || is_picture(&kept);
        if told || maybe {
            hash.update(part);
        }
        // What is no picture by its first octets and grows is not kept: a film is not held in memory.
        if bytes <= LONGEST && maybe {
            kept.extend_from_slice(part);
        }
    }
}

/// Whether the first octets are those of a format that carries EXIF: JPEG, PNG, TIFF, WebP, HEIF and AVIF.
fn is_picture(octets: &[u8]) -> bool {
    let at = |from: usize, text: &[u8]| octets.get(from..from + text.len()) == Some(text);
    at(0, &[0xff, 0xd8, 0xff])
        || at(0, b"\x89PNG\r\n\x1a\n")
        || at(0, b"II*\0")
        || at(0, b"MM\0*")
        || (at(0, b"RIFF") && at(8, b"WEBP"))
        || (at(4, b"ftyp") && (at(8, b"avif") || at(8, b"heic") || at(8, b"mif1") || at(8, b"heix")))
}

/// The EXIF of a picture in memory.
fn exif_of(octets: Vec<u8>) -> BTreeMap<String, String> {
    image_facts::exif_fields(&mut Cursor::new(octets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAGIC: [&[u8]; 6] =
        [b"\xff\xd8\xff\xe1", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x18ftypheic"];

    proptest! {
        #[test]
        fn hostile_pictures_give_fields_or_none(magic in 0_usize..6, rest in prop::collection::vec(any::<u8>(), 0..400)) {
            let octets = [MAGIC[magic], &rest].concat();
            prop_assert!(is_picture(&octets));
            let fields = exif_of(octets);
            prop_assert!(fields.len() <= 256);
        }
    }

    #[test]
    fn an_archive_that_breaks_gives_what_stands_before() {
        assert!(list(&b"no gzip"[..], |_, _| {}).is_empty());
        assert!(!is_picture(b"GIF89a") && !is_picture(b"") && !is_picture(b"RIFF\0\0\0\0WAVE"));
    }
}

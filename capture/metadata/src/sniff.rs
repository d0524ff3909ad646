//! Tells the format of a file from its first octets; the name is never looked at.
use crate::input::{Input, cut};

/// What reads the file.
pub(crate) enum Family {
    /// A PDF whose header is at that place.
    Pdf(u64),
    Zip,
    Picture(Picture),
    Media(Media),
    Empty,
    Unknown,
}

/// A picture's format.
#[derive(Clone, Copy)]
pub(crate) enum Picture {
    Jpeg,
    Png,
    Gif,
    Webp,
    Tiff,
}

/// A sound's or a film's format.
#[derive(Clone, Copy)]
pub(crate) enum Media {
    Mp4,
    Ebml,
    Mp3,
    Ogg,
    Flac,
    Wav,
}

pub(crate) fn family(input: &mut Input<'_>) -> Family {
    let head = input.up_to(0, 1024);
    if head.is_empty() {
        return Family::Empty;
    }
    let is = |at: usize, octets: &[u8]| cut(&head, at, octets.len()) == octets;
    if is(0, b"%PDF-") {
        return Family::Pdf(0);
    }
    if is(0, b"PK\x03\x04") || is(0, b"PK\x05\x06") || is(0, b"PK\x07\x08PK") {
        return Family::Zip;
    }
    if let Some(picture) = picture(&is) {
        return Family::Picture(picture);
    }
    if let Some(media) = media(&is, &head) {
        return Family::Media(media);
    }
    // Readers take a PDF whose header is in the first 1024 octets.
    head.windows(5).position(|at| at == b"%PDF-").map_or(Family::Unknown, |at| Family::Pdf(at as u64))
}

fn picture(is: &dyn Fn(usize, &[u8]) -> bool) -> Option<Picture> {
    if is(0, b"\xff\xd8\xff") {
        Some(Picture::Jpeg)
    } else if is(0, b"\x89PNG\r\n\x1a\n") {
        Some(Picture::Png)
    } else if is(0, b"GIF87a") || is(0, b"GIF89a") {
        Some(Picture::Gif)
    } else if is(0, b"RIFF") && is(8, b"WEBP") {
        Some(Picture::Webp)
    } else if is(0, b"II\x2a\0") || is(0, b"MM\0\x2a") {
        Some(Picture::Tiff)
    } else {
        None
    }
}

fn media(is: &dyn Fn(usize, &[u8]) -> bool, head: &[u8]) -> Option<Media> {
    if [&b"ftyp"[..], b"moov", b"mdat", b"wide", b"free", b"skip"].iter().any(|kind| is(4, kind)) {
        Some(Media::Mp4)
    } else if is(0, b"\x1a\x45\xdf\xa3") {
        Some(Media::Ebml)
    } else if is(0, b"OggS") {
        Some(Media::Ogg)
    } else if is(0, b"fLaC") {
        Some(Media::Flac)
    } else if (is(0, b"RIFF") || is(0, b"RF64")) && is(8, b"WAVE") {
        Some(Media::Wav)
    } else if is(0, b"ID3") || crate::media::is_mpeg_audio(head) {
        Some(Media::Mp3)
    } else {
        None
    }
}

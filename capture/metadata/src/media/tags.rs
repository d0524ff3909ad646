//! Tags under the names that each format gives them, under one key.
use crate::declared::Sheet;
use crate::keys::{self, Key};

/// The most tags of a file.
const MANY: usize = 1000;

/// Tags gathered: those without a key of their own are listed together.
#[derive(Default)]
pub(super) struct Tags {
    others: Vec<String>,
}

impl Tags {
    pub(super) fn note(&mut self, name: &str, value: &str, sheet: &mut Sheet) {
        let value = value.trim_matches(|c: char| c == '\0' || c.is_whitespace());
        if value.is_empty() {
            return;
        }
        match known(name) {
            Some(Tag::Text(key)) if !sheet.has(key) => sheet.text(key, value),
            Some(Tag::Date(key)) if !sheet.has(key) => sheet.date(key, value),
            _ if self.others.len() < MANY => {
                self.others.push(format!("{name} = {}", value.chars().take(1000).collect::<String>()));
            }
            _ => {}
        }
    }

    pub(super) fn finish(self, sheet: &mut Sheet) {
        sheet.list(keys::TAGS, &self.others);
    }
}

enum Tag {
    Text(Key),
    Date(Key),
}

/// Names of ID3v2, of MP4, of Vorbis comments, of Matroska and of RIFF.
fn known(name: &str) -> Option<Tag> {
    let name = name.to_lowercase();
    let name = name.strip_prefix("com.apple.quicktime.").unwrap_or(&name);
    Some(match name {
        "tit2" | "tt2" | "©nam" | "title" | "inam" | "titl" => Tag::Text(keys::TITLE),
        "tpe1" | "tp1" | "©art" | "artist" | "iart" | "auth" | "author" => Tag::Text(keys::AUTHOR),
        "talb" | "tal" | "©alb" | "album" | "iprd" => Tag::Text(keys::ALBUM),
        "tcon" | "tco" | "©gen" | "genre" | "ignr" => Tag::Text(keys::GENRE),
        "comm" | "com" | "©cmt" | "comment" | "icmt" => Tag::Text(keys::COMMENT),
        "desc" | "dscp" | "description" => Tag::Text(keys::DESCRIPTION),
        "tcop" | "tcr" | "cprt" | "©cpy" | "copyright" | "icop" => Tag::Text(keys::COPYRIGHT),
        "tsse" | "tss" | "©too" | "encoder" | "isft" => Tag::Text(keys::ENCODER),
        "tenc" | "ten" | "©enc" | "encoded_by" | "encodedby" => Tag::Text(keys::ENCODED_BY),
        "©mak" | "make" => Tag::Text(keys::MAKE),
        "©mod" | "model" => Tag::Text(keys::MODEL),
        "©swr" | "software" => Tag::Text(keys::SOFTWARE),
        "©xyz" | "location.iso6709" | "location" => Tag::Text(keys::LOCATION),
        "tdrc" | "tyer" | "tye" | "tdrl" | "©day" | "date" | "icrd" | "creationdate" | "date_released" => {
            Tag::Date(keys::DATE)
        }
        "creation_time" => Tag::Date(keys::CREATED),
        _ => return None,
    })
}

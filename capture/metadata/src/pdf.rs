//! PDF (ISO 32000-2): read object by object where the cross-references say they are, so that a file of any size is read.
mod document;
mod object;
mod stream;
mod sweep;
mod text;
mod xref;

use document::Document;
use object::{Dict, Obj};

use crate::declared::Sheet;
use crate::input::Input;
use crate::{dates, keys, xmp};

/// Reads the PDF whose header is at `start`.
pub(crate) fn read(input: &mut Input<'_>, start: u64, sheet: &mut Sheet) -> &'static str {
    let head = input.up_to(start + 5, 8);
    let written: Vec<u8> = head.into_iter().take_while(|c| c.is_ascii_digit() || *c == b'.').collect();
    let mut document = Document::open(input, start);
    let trailer = document.trailer.clone();
    let catalog = trailer.get("Root").cloned().map(|root| document.resolve(&root)).unwrap_or_default();
    let catalog = catalog.into_dict();
    // The catalogue may say a later version than the header.
    match catalog.get("Version") {
        Some(Obj::Name(later)) if *later != written => sheet.text(keys::VERSION, &String::from_utf8_lossy(later)),
        _ => sheet.text(keys::VERSION, &String::from_utf8_lossy(&written)),
    }
    let encryption = trailer.get("Encrypt").cloned().map(|encrypt| document.resolve(&encrypt).into_dict());
    sheet.yes(keys::ENCRYPTED, encryption.is_some());
    pages(&mut document, &catalog, sheet);
    match &encryption {
        Some(encryption) => {
            cipher(encryption, sheet);
            sheet.cut("PDF chiffré : les textes qu'il contient (titre, auteur, dates, noms) ne sont pas lus.");
        }
        None => info(&mut document, &trailer, sheet),
    }
    let clear = encryption.as_ref().is_none_or(|dict| matches!(dict.get("EncryptMetadata"), Some(Obj::Bool(false))));
    match catalog.get("Metadata").cloned() {
        Some(_) if !clear => sheet.yes(keys::XMP, true),
        Some(metadata) => match document.stream(&metadata, xmp::PACKET) {
            Ok(packet) => xmp::read(&packet, sheet),
            Err(why) => sheet.cut(format!("XMP : {why}.")),
        },
        None => {}
    }
    sweep::read(&mut document, encryption.is_some(), sheet);
    for why in document.cut {
        sheet.cut(why);
    }
    "pdf"
}

fn pages(document: &mut Document<'_, '_>, catalog: &Dict, sheet: &mut Sheet) {
    let root = catalog.get("Pages").cloned().map(|pages| document.resolve(&pages).into_dict()).unwrap_or_default();
    let count = root.get("Count").cloned().map(|count| document.resolve(&count));
    match count {
        Some(Obj::Int(count)) if count >= 0 => sheet.number(keys::PAGES, count.unsigned_abs()),
        _ => sheet.cut("Le nombre de pages n'a pas pu être lu."),
    }
}

fn cipher(encryption: &Dict, sheet: &mut Sheet) {
    let number = |key: &str| match encryption.get(key) {
        Some(Obj::Int(number)) => number.to_string(),
        _ => "?".to_owned(),
    };
    let filter = match encryption.get("Filter") {
        Some(Obj::Name(name)) => String::from_utf8_lossy(name).into_owned(),
        _ => "?".to_owned(),
    };
    sheet.text(keys::ENCRYPTION, &format!("{filter}, V {}, R {}", number("V"), number("R")));
}

/// The information dictionary.
fn info(document: &mut Document<'_, '_>, trailer: &Dict, sheet: &mut Sheet) {
    let Some(info) = trailer.get("Info").cloned() else { return };
    let known = [
        ("Title", keys::TITLE),
        ("Author", keys::AUTHOR),
        ("Subject", keys::SUBJECT),
        ("Keywords", keys::KEYWORDS),
        ("Creator", keys::CREATOR),
        ("Producer", keys::PRODUCER),
    ];
    let info = document.resolve(&info).into_dict();
    let mut others = Vec::new();
    for (key, value) in info.iter().take(200) {
        let value = match document.resolve(value) {
            Obj::Str(octets) => text::decode(&octets),
            Obj::Name(octets) => String::from_utf8_lossy(&octets).into_owned(),
            _ => continue,
        };
        match key.as_slice() {
            b"CreationDate" => sheet.date(keys::CREATED, &value),
            b"ModDate" => sheet.date(keys::MODIFIED, &value),
            key => match known.iter().find(|(name, _)| name.as_bytes() == key) {
                Some((_, known)) => sheet.text(*known, &value),
                None => others.push(format!("{} = {value}", String::from_utf8_lossy(key))),
            },
        }
    }
    sheet.list(keys::OTHER_INFO, &others);
    for key in [keys::CREATED, keys::MODIFIED] {
        if sheet.noted(key).is_some_and(|date| dates::pdf_as_iso(date).is_none()) {
            sheet.cut(format!(
                "« {} » : la date n'a pas la forme d'une date de PDF ; elle est donnée telle quelle.",
                key.label
            ));
        }
    }
}

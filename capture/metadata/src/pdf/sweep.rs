//! One pass over the objects of a PDF: signatures, files inside, scripts, wherever they hang.
use std::collections::BTreeSet;

use super::document::Document;
use super::object::{Dict, Obj};
use super::text;
use super::xref::Place;
use crate::declared::Sheet;
use crate::keys;

/// The most objects looked at.
const OBJECTS: usize = 200_000;
/// The most names remembered.
const NAMES: usize = 1000;

#[derive(Default)]
struct Found {
    signatures: u64,
    files: u64,
    names: Vec<String>,
    javascript: bool,
    /// Objects that could not be read: of them nothing may be said.
    unread: u64,
}

/// Looks at each object once, in its last version.
pub(super) fn read(document: &mut Document<'_, '_>, encrypted: bool, sheet: &mut Sheet) {
    let mut found = Found::default();
    let mut packs = BTreeSet::new();
    let mut seen = 0;
    let mut ranges = document.ranges();
    ranges.sort_unstable();
    let mut next = 0;
    for (first, count) in ranges {
        for number in first.max(next)..first.saturating_add(count) {
            next = number.saturating_add(1);
            seen += 1;
            if seen > OBJECTS || document.worn() {
                break;
            }
            match document.place(number) {
                Some(Place::In { stream, .. }) => {
                    packs.insert(stream);
                }
                Some(Place::At(_)) => match document.load(number) {
                    Some(loaded) => found.look(document, &loaded.obj, encrypted),
                    None => found.unread += 1,
                },
                Some(Place::Free) | None => {}
            }
        }
    }
    for stream in packs {
        let packed = if encrypted || document.worn() { None } else { document.packed(stream) };
        let Some(packed) = packed else {
            found.unread += 1;
            continue;
        };
        for (number, at) in &packed.objects {
            seen += 1;
            if seen > 2 * OBJECTS || document.worn() {
                break;
            }
            // An object whose last version is elsewhere counts there.
            if matches!(document.place(*number), Some(Place::In { stream: here, .. }) if here == stream)
                && let Some(loaded) = document.unpack(&packed, *at)
            {
                found.look(document, &loaded.obj, encrypted);
            }
        }
    }
    found.tell(seen > OBJECTS || document.worn() || document.searched, sheet);
}

impl Found {
    /// What was found; that there is none is said only when all was looked at.
    fn tell(self, cut: bool, sheet: &mut Sheet) {
        let what = "signatures, fichiers joints et JavaScript n'ont pas été cherchés partout";
        if cut {
            sheet.cut(format!("PDF abîmé ou trop fourni : {what}."));
        }
        if self.unread > 0 {
            sheet.cut(format!("{} objet(s) ou groupe(s) d'objets du PDF illisibles : {what}.", self.unread));
        }
        let whole = !cut && self.unread == 0;
        if whole || self.signatures > 0 {
            sheet.number(keys::SIGNATURES, self.signatures);
        }
        if whole || self.files > 0 {
            sheet.number(keys::EMBEDDED, self.files);
        }
        sheet.list(keys::EMBEDDED_NAMES, &self.names);
        if whole || self.javascript {
            sheet.yes(keys::JAVASCRIPT, self.javascript);
        }
    }

    /// Every dictionary of the object, those inside others too.
    fn look(&mut self, document: &mut Document<'_, '_>, obj: &Obj, encrypted: bool) {
        let mut left = vec![obj];
        while let Some(obj) = left.pop() {
            match obj {
                Obj::Array(items) => left.extend(items),
                Obj::Dict(dict) => {
                    self.dict(document, dict, encrypted);
                    left.extend(dict.iter().map(|(_, value)| value));
                }
                _ => {}
            }
        }
    }

    fn dict(&mut self, document: &mut Document<'_, '_>, dict: &Dict, encrypted: bool) {
        let has = |key: &str| dict.get(key).is_some_and(|value| *value != Obj::Null);
        // What the norm asks of a signature, whatever else it leaves out.
        if has("ByteRange") && has("Contents") && has("Filter") {
            self.signatures += 1;
        }
        self.javascript |= dict.is("S", "JavaScript") || has("JavaScript");
        if has("EF") {
            self.files += 1;
            let name = dict.get("UF").or(dict.get("F")).cloned();
            if let (Some(name), false) = (name, encrypted)
                && let Obj::Str(name) = document.resolve(&name)
                && self.names.len() < NAMES
            {
                self.names.push(text::decode(&name));
            }
        }
    }
}

//! ZIP (APPNOTE 6.3.10): what its central directory says, and the few members that documents are made of.
mod directory;
mod member;

pub(crate) use directory::{Archive, Entry};
pub(crate) use member::Members;

use crate::declared::{ITEMS, Sheet};
use crate::input::Input;
use crate::{dates, keys, office};

/// Reads a ZIP file, or the document that it is.
pub(crate) fn read(input: &mut Input<'_>, sheet: &mut Sheet) -> &'static str {
    let archive = match Archive::open(input) {
        Ok(archive) => archive,
        Err(why) => {
            sheet.cut(why);
            return "zip";
        }
    };
    if let Some(why) = &archive.cut {
        sheet.cut(why.clone());
    }
    let mut members = Members::new(&archive);
    if let Some(format) = office::read(input, &mut members, sheet) {
        sheet.number(keys::ENTRIES, archive.count);
        oddities(&archive, sheet);
        return format;
    }
    sheet.number(keys::ENTRIES, archive.count);
    let total = archive.entries.iter().fold(0, |sum: u64, entry| sum.saturating_add(entry.size));
    sheet.number(keys::DECLARED_SIZE, total);
    let names: Vec<String> = archive.entries.iter().take(ITEMS + 1).map(line).collect();
    sheet.list(keys::ENTRY_NAMES, names.get(..ITEMS).unwrap_or(&names));
    if names.len() > ITEMS {
        sheet.cut(format!("« {} » : les {ITEMS} premières sont données.", keys::ENTRY_NAMES.label));
    }
    oddities(&archive, sheet);
    sheet.text(keys::COMMENT, &archive.comment);
    match members.stored_text(input, "mimetype").as_deref().map(str::trim) {
        Some("application/epub+zip") => "epub",
        _ => "zip",
    }
}

fn line(entry: &Entry) -> String {
    // The name is what may be long: it must not push the rest out.
    let name: String = entry.name.chars().take(400).collect();
    format!("{name}, {} octets, {}", entry.size, dates::from_dos(entry.date, entry.time))
}

/// What a reader of a ZIP file would be misled by.
fn oddities(archive: &Archive, sheet: &mut Sheet) {
    let encrypted = archive.entries.iter().filter(|entry| entry.encrypted()).count();
    if encrypted > 0 {
        sheet.number(keys::ENCRYPTED_ENTRIES, encrypted as u64);
    }
    let escaping: Vec<&str> =
        archive.entries.iter().map(|entry| entry.name.as_str()).filter(|name| leaves(name)).collect();
    sheet.list(keys::ESCAPING, &escaping);
    let mut names: Vec<&str> = archive.entries.iter().map(|entry| entry.name.as_str()).collect();
    names.sort_unstable();
    let mut twice: Vec<&str> =
        names.windows(2).filter_map(|pair| pair.first().filter(|name| Some(*name) == pair.get(1)).copied()).collect();
    twice.dedup();
    sheet.list(keys::DUPLICATES, &twice);
}

/// Whether an extractor that believes the name would write outside its folder, on any system.
fn leaves(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':') && name.starts_with(|c: char| c.is_ascii_alphabetic());
    name.starts_with(['/', '\\']) || drive || name.split(['/', '\\']).any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use super::leaves;

    #[test]
    fn names_that_leave_the_folder() {
        for name in ["../a", "a/../../b", "/etc/passwd", "C:\\a", "..\\a", "\\\\host\\a", ".."] {
            assert!(leaves(name), "{name}");
        }
        for name in ["a", "a..b/c", "...", "a/b", "é:"] {
            assert!(!leaves(name), "{name}");
        }
    }
}

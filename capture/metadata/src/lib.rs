//! What a file says of itself: author, dates, software, pages, entries, camera, duration. Declared, never taken for true.
//!
//! [`read`] tells the format from the content, never from the name, and gives what the file declares. The file is hostile:
//! it is read by windows, every length is held against what is left, what is inflated is counted, no depth is followed by
//! calling oneself, and what was not read is told in [`Declared::cut`] rather than being an error.

mod archive;
mod dates;
mod declared;
mod image;
mod input;
mod keys;
mod media;
mod office;
mod pdf;
mod sniff;
mod xml;
mod xmp;

use std::io::{Read, Seek};

use declared::Sheet;
pub use declared::{Declared, Fact, Value};
use input::Input;
use sniff::Family;

/// Reads what `file`, of `length` octets, says of itself. A broken file is told in [`Declared::cut`].
pub fn read(file: &mut (impl Read + Seek), length: u64) -> Declared {
    let mut input = Input::new(file, length);
    let mut sheet = Sheet::default();
    let format = match sniff::family(&mut input) {
        Family::Pdf(start) => pdf::read(&mut input, start, &mut sheet),
        Family::Zip => archive::read(&mut input, &mut sheet),
        Family::Picture(picture) => image::read(&mut input, picture, &mut sheet),
        Family::Media(media) => media::read(&mut input, media, &mut sheet),
        Family::Empty => {
            sheet.cut("Le fichier est vide.");
            "inconnu"
        }
        Family::Unknown => unknown(&mut input, &mut sheet),
    };
    if let Some(trouble) = input.trouble() {
        sheet.cut(trouble);
    }
    sheet.into_declared(format)
}

fn unknown(input: &mut Input<'_>, sheet: &mut Sheet) -> &'static str {
    let first = input.up_to(0, 16);
    let hex: Vec<String> = first.iter().map(|octet| format!("{octet:02x}")).collect();
    sheet.text(keys::FIRST_OCTETS, &hex.join(" "));
    "inconnu"
}

//! PDF as far as a signature needs it (ISO 32000-1, 7.5): which octets make each revision, where each object stands, and
//! what a later revision changed. A reader of our own, because merged readers forget the revisions, and because the file
//! is hostile: every octet is accounted for, and everything is bounded.
mod file;
mod flate;
mod lex;
mod object;
mod scan;
mod write;
mod xref;

pub(crate) use file::{PdfFault, PdfFile};
pub(crate) use lex::Lex;
pub(crate) use object::{Dict, Object, Stream};
pub(crate) use scan::{Strange, scan};
pub(crate) use write::{Increment, literal, write_object};
pub(crate) use xref::Entry;

/// Where the object `number` begins in the file, when it is no part of an object stream.
pub(crate) fn xref_entry(file: &PdfFile<'_>, number: u32, revision: usize) -> Option<usize> {
    match file.entry(number, revision)?.1 {
        Entry::At { offset, .. } => Some(offset),
        _ => None,
    }
}

/// The longest file read, in octets.
pub(crate) const MAX_FILE: usize = 1 << 30;
/// Objects of a file at most.
const MAX_OBJECTS: usize = 1_000_000;
/// Revisions of a file at most.
const MAX_REVISIONS: usize = 64;

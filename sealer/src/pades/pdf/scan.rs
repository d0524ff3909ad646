//! Every octet of a revision accounted for: whole objects that its table lists at that very place, and nothing else.
use std::collections::BTreeSet;

use super::file::PdfFile;
use super::lex::Lex;
use super::xref::Entry;

/// What a revision holds that its table does not explain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Strange {
    /// Octets that are no object.
    Garbage { at: usize, why: &'static str },
    /// An object that the table does not list there.
    Unlisted { at: usize, number: u32 },
    /// An object number twice.
    Twice { at: usize, number: u32 },
    /// The table names a place where that object is not.
    Elsewhere { number: u32, offset: usize },
}

/// Reads a revision from its beginning to its table.
pub(crate) fn scan(file: &PdfFile<'_>, revision: usize) -> Vec<Strange> {
    let Some(this) = file.revisions.get(revision) else { return Vec::new() };
    let (mut at, until) = (this.start, this.section.at);
    let (mut strange, mut met, mut numbers) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    // The table itself is an object when it is a stream, and so is the one beside a hybrid table.
    if this.section.is_stream {
        met.insert(until);
    }
    loop {
        let mut lex = Lex::new(file.octets, at);
        lex.skip();
        at = lex.at();
        if at >= until {
            break;
        }
        match file.read_at(at, revision) {
            Ok(read) if read.end <= until => {
                let listed = Entry::At { offset: at, generation: read.generation };
                if !numbers.insert(read.number) {
                    strange.push(Strange::Twice { at, number: read.number });
                } else if this.section.entries.get(&read.number) == Some(&listed) || this.section.beside == Some(at) {
                    met.insert(at);
                } else {
                    strange.push(Strange::Unlisted { at, number: read.number });
                }
                at = read.end;
            }
            Ok(_) => {
                strange.push(Strange::Garbage { at, why: "un objet déborde sur la table" });
                break;
            }
            Err(why) => {
                strange.push(Strange::Garbage { at, why });
                break;
            }
        }
    }
    for (number, entry) in &this.section.entries {
        if let Entry::At { offset, .. } = entry
            && !met.contains(offset)
        {
            strange.push(Strange::Elsewhere { number: *number, offset: *offset });
        }
    }
    strange.truncate(50);
    strange
}

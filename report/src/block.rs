//! The text before any layout: numbered blocks of simple nodes, serialised to the data the template reads.
use serde::Serialize;

use crate::Langue;

/// How a run of text is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SpanKind {
    /// Our own words.
    Plain,
    /// A value from the evidence or from the officer, set as text.
    Value,
    /// Words of a page, of a person or of a log: italic, between guillemets.
    Quote,
    /// An address, a path, a digest: monospace, may break anywhere.
    Mono,
    /// A command to be copied: monospace, breaks at its spaces only.
    Command,
    /// Stressed.
    Strong,
    /// The number of pages, known after layout only.
    Pages,
}

/// A run of text. It never holds markup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Span {
    /// How it is set.
    pub(crate) k: SpanKind,
    /// The text.
    pub(crate) t: String,
}

/// Text with the journal lines it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    /// The text.
    pub(crate) spans: Vec<Span>,
    /// `seq` of the journal lines.
    pub(crate) marks: Vec<u64>,
}

/// A row of a table of facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Fact {
    /// What it is.
    pub(crate) label: String,
    /// Its value.
    pub(crate) value: Line,
    /// Whether it departs from what is asked, or was not measured.
    pub(crate) state: State,
}

/// How a fact or an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// Nothing to say.
    Plain,
    /// Departs from what is asked, failed, or was not done.
    Apart,
}

/// How loud a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Weight {
    /// Must be seen before anything else.
    Loud,
    /// Must be seen.
    Firm,
}

/// One sheet of a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct SheetRef {
    /// Name of the picture in the virtual file system of the typesetter.
    pub(crate) file: String,
    /// Its size in pixels: what the layout sees is not the picture itself.
    pub(crate) width: u32,
    pub(crate) rows: u32,
    /// Caption.
    pub(crate) caption: Vec<Span>,
    /// Text for those who cannot see it (PDF/UA-1, 7.3).
    pub(crate) alt: String,
    /// Continued from the sheet before.
    pub(crate) from_before: bool,
    /// Continued on the next sheet.
    pub(crate) goes_on: bool,
}

/// A node of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub(crate) enum Node {
    /// A heading; level 1 is the block's own.
    Heading { level: u8, text: String },
    /// What follows starts on a new sheet.
    NewSheet,
    /// A paragraph.
    Para(Line),
    /// A paragraph set apart: verbatim words.
    Verbatim(Line),
    /// Something left to the officer.
    Gap { label: String, hint: String },
    /// Label and value, row by row.
    Facts { rows: Vec<Fact> },
    /// Numbered operations.
    List { items: Vec<Fact> },
    /// A list without numbers.
    Bullets { items: Vec<Vec<Span>> },
    /// A table. `kinds` gives the set of each column: `text`, `mono`, `number` or `digest`.
    Table { caption: String, widths: Vec<String>, kinds: Vec<String>, head: Vec<String>, rows: Vec<Vec<Vec<Span>>> },
    /// A notice.
    Notice { weight: Weight, title: String, line: Line },
    /// A picture over one or several sheets, set upright or turned. `width_mm` is that of the layout.
    Figure { width_mm: u32, turned: bool, sheets: Vec<SheetRef> },
    /// The place of a signature.
    Signature { title: String, lines: Vec<String> },
}

/// One of the 22 blocks of a procès-verbal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Block {
    /// Its rank, 0 to 21.
    pub(crate) n: u8,
    /// Its stable name.
    pub(crate) id: &'static str,
    /// Its content.
    pub(crate) nodes: Vec<Node>,
}

/// The left column of the first page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Column {
    /// The office's stamp.
    pub(crate) stamp: Vec<String>,
    /// What the document is, line by line.
    pub(crate) act: Vec<String>,
    /// ORIGINAL, EXPÉDITION…
    pub(crate) copy: Option<String>,
    /// Label and value under the act: reference, code, handler.
    pub(crate) marks: Vec<(String, String)>,
    /// Title of the cost box, and its rows.
    pub(crate) cost_title: String,
    /// Label and amount; empty when the cost is left to the officer.
    pub(crate) cost: Vec<(String, String)>,
    /// What to print instead.
    pub(crate) cost_gap: String,
    /// The bundle's digest as a code: what it says, for those who cannot see it, and its caption. Empty: no code.
    pub(crate) qr_alt: String,
    pub(crate) qr_caption: String,
}

/// What every page needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Meta {
    /// The language of the document.
    pub(crate) lang: Langue,
    /// Printed title.
    pub(crate) title: String,
    /// Line under it.
    pub(crate) subtitle: String,
    /// `arrete-2023` or `libre`.
    pub(crate) profile: String,
    /// Title of the table of contents.
    pub(crate) contents: String,
    /// Title in the PDF metadata.
    pub(crate) pdf_title: String,
    /// Author in the PDF metadata.
    pub(crate) author: String,
    /// Description in the PDF metadata.
    pub(crate) description: String,
    /// Reference, code and initials, at the foot of every page.
    pub(crate) running: String,
    /// Mark on every page, when the keys are test keys.
    pub(crate) trial_mark: Option<String>,
    /// Said at the head of every page of a translation.
    pub(crate) translation: Option<String>,
    /// `page {page} sur {total}`, with these two words to replace.
    pub(crate) page_of: String,
    /// `j.`
    pub(crate) journal_mark: String,
    /// « à compléter par l'officier »
    pub(crate) gap_title: String,
    /// The tag of what departs from what is asked.
    pub(crate) apart: String,
    /// « suite »
    pub(crate) goes_on: String,
    /// « suite de la capture »
    pub(crate) from_before: String,
}

/// The whole document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Document {
    /// For every page.
    pub(crate) meta: Meta,
    /// First page.
    pub(crate) column: Column,
    /// The blocks in order.
    pub(crate) blocks: Vec<Block>,
    /// The files attached; their octets are in the typesetter's world under the same names.
    pub(crate) attachments: Vec<Attached>,
}

/// A file attached to the document (PDF/A-3, ISO 19005-3, 6.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Attached {
    pub(crate) name: String,
    pub(crate) media_type: String,
    /// `source`, `data`, `alternative` or `supplement`.
    pub(crate) relationship: &'static str,
    pub(crate) description: String,
}

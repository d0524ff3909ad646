//! `affirmations.json`, attached to every procès-verbal: each sentence, figure, digest and quotation of it with the lines
//! of the journal and the files it comes from, and the commands that would show it false.
use std::collections::BTreeMap;

use dossier::{Artefact, JournalEntry, Outcome, Sha256Digest};
use serde::{Deserialize, Serialize};

use crate::block::{Document, Fact, Line, Node, Span, SpanKind};
use crate::{Langue, ReportInput};

/// Name of the attachment.
pub(crate) const NAME: &str = "affirmations.json";
/// The form of the list.
const FORMAT: &str = "constat-affirmations/1";

/// Every claim of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claims {
    pub(crate) format: String,
    /// What comes before the commands.
    pub(crate) preparer: String,
    pub(crate) affirmations: Vec<Claim>,
}

/// Where a claim comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    /// Lines of the journal that the session wrote of what it did and measured.
    Mesure,
    /// Lines of the journal that hold what was declared.
    Declare,
    /// The officer's own draft.
    Officier,
    /// A file of the bundle: its name, its length, its digest, its pixels.
    Piece,
    /// Words of the product that claim no fact of the session.
    Formule,
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    /// Block and rank: `14-0023`.
    pub(crate) id: String,
    /// The title or the label it stands under.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) intitule: String,
    /// The text as printed, without its marks.
    pub(crate) texte: String,
    pub(crate) origine: Origin,
    /// Words reproduced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) citations: Vec<String>,
    /// Lines of the journal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) journal: Vec<LineRef>,
    /// Files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) pieces: Vec<FileRef>,
    /// Commands; what they print is said after `→`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) refuter: Vec<String>,
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineRef {
    pub(crate) seq: u64,
    pub(crate) operation: String,
    /// SHA-256 of the line without its line feed.
    pub(crate) sha256: Sha256Digest,
}

/// A file of the bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileRef {
    pub(crate) fichier: String,
    pub(crate) octets: u64,
    pub(crate) sha256: Sha256Digest,
}

/// Lists the claims of a document.
pub(crate) fn of(document: &Document, input: &ReportInput<'_>) -> Claims {
    let mut list = List::new(input, document.meta.lang);
    for block in &document.blocks {
        list.block = block.n;
        list.rank = 0;
        for node in &block.nodes {
            list.node(node);
        }
    }
    let preparer = format!("unzip {} -d scelle && cd scelle", quoted(&input.bundle.file_name));
    Claims { format: FORMAT.to_owned(), preparer, affirmations: list.claims }
}

/// A run of text as it is printed: the template puts quotations between the marks of the language. The number of pages is
/// known later.
fn printed(span: &Span, langue: Langue) -> String {
    match span.k {
        SpanKind::Quote => langue.quoted(&span.t),
        SpanKind::Pages => "§n".to_owned(),
        _ => span.t.clone(),
    }
}

/// A name as one word of a shell.
fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\'', "'\\''"))
}

struct List<'a> {
    langue: Langue,
    journal: &'a [JournalEntry],
    files: BTreeMap<&'a str, &'a Artefact>,
    /// Digests of lines already taken: a line serves many claims.
    lines: BTreeMap<u64, Option<LineRef>>,
    block: u8,
    rank: u32,
    claims: Vec<Claim>,
}

impl<'a> List<'a> {
    fn new(input: &ReportInput<'a>, langue: Langue) -> Self {
        let files = input.manifest.artefacts.iter().map(|a| (a.path.as_str(), a)).collect();
        let (lines, claims) = (BTreeMap::new(), Vec::new());
        Self { langue, journal: input.journal.entries(), files, lines, block: 0, rank: 0, claims }
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Heading { text, .. } => self.plain(text),
            Node::Para(line) | Node::Verbatim(line) => self.line("", line),
            Node::Facts { rows } | Node::List { items: rows } => self.facts(rows),
            Node::Bullets { items } => items.iter().for_each(|spans| self.spans("", spans, &[])),
            Node::Table { rows, .. } => {
                for row in rows {
                    let spans: Vec<Span> = row.iter().flatten().cloned().collect();
                    self.spans("", &spans, &[]);
                }
            }
            Node::Notice { title, line, .. } => self.line(title, line),
            Node::Figure { sheets, .. } => sheets.iter().for_each(|sheet| self.spans("", &sheet.caption, &[])),
            Node::Gap { label, hint } => [label, hint].into_iter().for_each(|text| self.plain(text)),
            Node::Signature { title, lines } => {
                self.plain(title);
                lines.iter().for_each(|line| self.plain(line));
            }
            Node::NewSheet => {}
        }
    }

    fn facts(&mut self, rows: &[Fact]) {
        for row in rows {
            self.line(&row.label, &row.value);
        }
    }

    fn plain(&mut self, text: &str) {
        self.spans("", &[Span { k: SpanKind::Plain, t: text.to_owned() }], &[]);
    }

    fn line(&mut self, label: &str, line: &Line) {
        self.spans(label, &line.spans, &line.marks);
    }

    fn spans(&mut self, label: &str, spans: &[Span], marks: &[u64]) {
        self.rank += 1;
        let (intitule, texte) =
            (label.to_owned(), spans.iter().map(|span| printed(span, self.langue)).collect::<String>());
        let quotes = spans.iter().filter(|span| span.k == SpanKind::Quote);
        let citations: Vec<String> = quotes.map(|span| span.t.clone()).filter(|text| !text.is_empty()).collect();
        let journal: Vec<LineRef> = marks.iter().filter_map(|seq| self.line_ref(*seq)).collect();
        let pieces: Vec<FileRef> = spans.iter().filter_map(|span| self.file_ref(&span.t)).collect();
        let told = spans.iter().any(|span| !matches!(span.k, SpanKind::Plain | SpanKind::Strong | SpanKind::Pages));
        let origine = self.origin(&journal, !pieces.is_empty(), told);
        let id = format!("{:02}-{:04}", self.block, self.rank);
        let refuter = commands(&journal, &pieces);
        self.claims.push(Claim { id, intitule, texte, origine, citations, journal, pieces, refuter });
    }

    fn origin(&self, journal: &[LineRef], pieces: bool, told: bool) -> Origin {
        let outcome = |line: &LineRef| self.entry(line.seq).map(|entry| entry.outcome);
        if journal.iter().any(|line| outcome(line) == Some(Outcome::Declared)) {
            Origin::Declare
        } else if !journal.is_empty() {
            Origin::Mesure
        } else if pieces {
            Origin::Piece
        } else if told {
            Origin::Officier
        } else {
            Origin::Formule
        }
    }

    fn entry(&self, seq: u64) -> Option<&'a JournalEntry> {
        self.journal.get(usize::try_from(seq).ok()?).filter(|entry| entry.seq == seq)
    }

    fn line_ref(&mut self, seq: u64) -> Option<LineRef> {
        let entry = self.entry(seq);
        let make = || {
            let line = entry?.to_line().ok()?;
            Some(LineRef { seq, operation: entry?.op.to_string(), sha256: Sha256Digest::of(&line) })
        };
        self.lines.entry(seq).or_insert_with(make).clone()
    }

    fn file_ref(&self, text: &str) -> Option<FileRef> {
        let artefact = self.files.get(text)?;
        let (octets, sha256) = (artefact.digests.bytes, artefact.digests.sha256);
        Some(FileRef { fichier: artefact.path.to_string(), octets, sha256 })
    }
}

/// What shows a claim false: the line says something else, or the file is another one.
fn commands(journal: &[LineRef], pieces: &[FileRef]) -> Vec<String> {
    let line = |line: &LineRef| {
        let n = line.seq + 1;
        format!("sed -n '{n}p' journal.jsonl | tee /dev/stderr | tr -d '\\n' | sha256sum → {}", line.sha256)
    };
    let file = |file: &FileRef| format!("sha256sum {} → {}", quoted(&file.fichier), file.sha256);
    journal.iter().map(line).chain(pieces.iter().map(file)).collect()
}

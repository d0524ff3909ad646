//! Where blocks are written: sentences by key, values made printable, gaps counted, the first wording fault kept.
use std::cell::{Cell, RefCell};

use dossier::JournalEntry;
use serde_json::Value;

use crate::block::{Fact, Line, Node, Span, SpanKind, State, Weight};
use crate::checks::Check;
use crate::facts::{Facts, Words, value_text};
use crate::glyphs::Glyphs;
use crate::pictures::Pictures;
use crate::wording::Wording;
use crate::{DraftInput, Langue, ReportError, ReportInput};

/// The longest foreign value printed, in characters.
const LIMIT: usize = 1200;

/// What every block is written from.
pub(crate) struct Desk<'a> {
    pub(crate) input: &'a ReportInput<'a>,
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) pictures: &'a Pictures,
    /// Empty while the checks themselves look at the text.
    pub(crate) checks: &'a [Check],
    pub(crate) draft: &'a DraftInput,
    /// The language of the text, which the checks of a translation read in French.
    pub(crate) langue: Langue,
    wording: &'a Wording,
    glyphs: &'a Glyphs,
    words: Words,
    gaps: Cell<u32>,
    fault: RefCell<Option<ReportError>>,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(
        input: &'a ReportInput<'a>,
        facts: &'a Facts<'a>,
        (pictures, checks): (&'a Pictures, &'a [Check]),
        draft: &'a DraftInput,
        (wording, glyphs): (&'a Wording, &'a Glyphs),
    ) -> Self {
        let (gaps, fault) = (Cell::new(0), RefCell::new(None));
        let words = Words::default();
        let langue = wording.langue();
        let mut desk = Self { input, facts, pictures, checks, draft, langue, wording, glyphs, words, gaps, fault };
        desk.words = Words {
            langue,
            yes: desk.text("chapitre.oui", &[]),
            no: desk.text("chapitre.non", &[]),
            absent: desk.text("chapitre.absent", &[]),
            nothing: desk.text("chapitre.neant", &[]),
        };
        desk
    }

    /// Whether an officer attended.
    pub(crate) fn attended(&self) -> bool {
        self.input.manifest.session.attended
    }

    /// `constat` or `releve`, the two kinds of document.
    pub(crate) fn kind(&self) -> &'static str {
        if self.attended() { "constat" } else { "releve" }
    }

    /// A foreign value, printable.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.glyphs.clean(text, LIMIT, self.langue)
    }

    /// A sentence with its places filled.
    pub(crate) fn say(&self, key: &str, args: &[(&str, String)]) -> Vec<Span> {
        self.say_with(key, &|name| args.iter().find(|(arg, _)| *arg == name).map(|(_, value)| value.clone()))
    }

    fn say_with(&self, key: &str, fill: &dyn Fn(&str) -> Option<String>) -> Vec<Span> {
        self.wording.spans(key, fill, &|text| self.clean(text)).unwrap_or_else(|fault| {
            self.fault.borrow_mut().get_or_insert(fault);
            Vec::new()
        })
    }

    /// The same as one string.
    pub(crate) fn text(&self, key: &str, args: &[(&str, String)]) -> String {
        self.say(key, args).into_iter().map(|span| span.t).collect()
    }

    /// Whether there is a sentence of that key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.wording.has(key)
    }

    /// A journal value as text of the language, not yet cleaned.
    pub(crate) fn value(&self, key: &str, value: &Value) -> String {
        let told = format!("objet.{key}");
        match value {
            // A list of records whose sentence is known: one sentence a record.
            Value::Array(items) if self.has(&told) && items.iter().all(Value::is_object) && !items.is_empty() => {
                let record = |item: &Value| -> String {
                    let fill = |name: &str| Some(self.value(name, item.get(name).unwrap_or(&Value::Null)));
                    self.say_with(&told, &fill).into_iter().map(|span| span.t).collect()
                };
                self.langue.list(&items.iter().map(record).collect::<Vec<_>>())
            }
            Value::String(text) => self.own_word(&format!("valeur.{key}.{text}")).unwrap_or_else(|| text.clone()),
            Value::Null => self.own_word(&format!("vide.{key}")).unwrap_or_else(|| self.words.absent.clone()),
            _ => value_text(key, value, &self.words),
        }
    }

    /// A sentence without places, if there is one of that key.
    fn own_word(&self, key: &str) -> Option<String> {
        self.has(key).then(|| self.text(key, &[]))
    }

    /// French words of the program in the language of the text; words it has no translation of stay French.
    pub(crate) fn translated(&self, french: &str) -> String {
        self.own_word(&format!("mots.{french}")).unwrap_or_else(|| french.to_owned())
    }

    /// The sentence of that key, which only translations have, else words that are French already.
    pub(crate) fn else_french(&self, key: &str, french: &str) -> String {
        self.own_word(key).unwrap_or_else(|| french.to_owned())
    }

    /// A number of things, in figures.
    pub(crate) fn count(&self, n: u64) -> String {
        self.langue.grouped(i64::try_from(n).unwrap_or(i64::MAX))
    }

    /// A field of a journal line as text of the language; absent fields say so.
    pub(crate) fn field(&self, entry: &JournalEntry, key: &str) -> String {
        self.value(key, entry.data.get(key).unwrap_or(&Value::Null))
    }

    /// The sentence of a journal line under `prefix`: by operation and outcome, else the general one. Fields absent
    /// from the line are said to be absent.
    pub(crate) fn entry_line(&self, prefix: &str, entry: &JournalEntry) -> Line {
        let own = format!("{prefix}.{}.{}", entry.op, entry.outcome.as_str());
        let general = format!("{prefix}.generique.{}", entry.outcome.as_str());
        let key = if self.has(&own) { own } else { general };
        let data =
            || entry.data.iter().map(|(k, v)| format!("{k} = {}", self.value(k, v))).collect::<Vec<_>>().join(", ");
        let spans = self.say_with(&key, &|name| match name {
            "op" => Some(entry.op.to_string()),
            "data" => Some(data()),
            "state" => Some(self.state_word(entry.text("state").unwrap_or(""))),
            // A `why` is a sentence of its own; nothing is better than « non relevé » after a period.
            "why" => Some(entry.text("why").unwrap_or("").to_owned()),
            "at" | "begin" | "end" => {
                entry.text(name).and_then(|text| self.instant(text)).or_else(|| Some(self.field(entry, name)))
            }
            "date_asked" => {
                entry.text(name).and_then(|text| self.langue.day_asked(text)).or_else(|| Some(self.field(entry, name)))
            }
            _ => Some(self.field(entry, name)),
        });
        Line { spans, marks: vec![entry.seq] }
    }

    /// An instant of the journal as the act writes instants.
    fn instant(&self, text: &str) -> Option<String> {
        text.parse::<dossier::Instant>().ok().map(|at| self.langue.moment(at))
    }

    /// The word for a session's state.
    pub(crate) fn state_word(&self, state: &str) -> String {
        let key = format!("etat.{state}");
        if self.has(&key) { self.text(&key, &[]) } else { state.to_owned() }
    }

    /// The number of gaps written so far.
    pub(crate) fn gaps(&self) -> u32 {
        self.gaps.get()
    }

    /// The first wording fault, if any.
    pub(crate) fn into_fault(self) -> Option<ReportError> {
        self.fault.into_inner()
    }
}

/// Writes the nodes of one block.
pub(crate) struct Pen<'d, 'a> {
    pub(crate) desk: &'d Desk<'a>,
    pub(crate) nodes: Vec<Node>,
}

impl<'d, 'a> Pen<'d, 'a> {
    pub(crate) fn new(desk: &'d Desk<'a>) -> Self {
        Self { desk, nodes: Vec::new() }
    }

    pub(crate) fn heading(&mut self, level: u8, key: &str, args: &[(&str, String)]) {
        let text = self.desk.text(key, args);
        self.nodes.push(Node::Heading { level, text });
    }

    pub(crate) fn para(&mut self, key: &str, args: &[(&str, String)], marks: &[u64]) {
        let spans = self.desk.say(key, args);
        self.nodes.push(Node::Para(Line { spans, marks: marks.to_vec() }));
    }

    pub(crate) fn verbatim(&mut self, key: &str, args: &[(&str, String)], marks: &[u64]) {
        let spans = self.desk.say(key, args);
        self.nodes.push(Node::Verbatim(Line { spans, marks: marks.to_vec() }));
    }

    /// A visible gap: `key.absent…` says what is missing, `help` how to fill it.
    pub(crate) fn gap(&mut self, label: &str, help: &str, args: &[(&str, String)]) {
        self.desk.gaps.set(self.desk.gaps.get() + 1);
        let (label, hint) = (self.desk.text(label, args), self.desk.text(help, args));
        self.nodes.push(Node::Gap { label, hint });
    }

    /// A notice: sentences `key.titre` and `key.texte`.
    pub(crate) fn notice(&mut self, weight: Weight, key: &str, args: &[(&str, String)]) {
        self.notice_of(weight, &format!("{key}.titre"), &format!("{key}.texte"), args, &[]);
    }

    pub(crate) fn notice_of(
        &mut self,
        weight: Weight,
        title: &str,
        text: &str,
        args: &[(&str, String)],
        marks: &[u64],
    ) {
        let title = self.desk.text(title, args);
        let spans = self.desk.say(text, args);
        self.nodes.push(Node::Notice { weight, title, line: Line { spans, marks: marks.to_vec() } });
    }

    pub(crate) fn facts(&mut self, rows: Vec<Fact>) {
        if !rows.is_empty() {
            self.nodes.push(Node::Facts { rows });
        }
    }
}

/// A row of facts whose label is a sentence.
pub(crate) fn fact(desk: &Desk<'_>, label: &str, kind: SpanKind, value: &str, marks: &[u64]) -> Fact {
    let spans = vec![Span { k: kind, t: desk.clean(value) }];
    Fact { label: desk.text(label, &[]), value: Line { spans, marks: marks.to_vec() }, state: State::Plain }
}

/// A cell of a table.
pub(crate) fn cell(desk: &Desk<'_>, kind: SpanKind, value: &str) -> Vec<Span> {
    vec![Span { k: kind, t: desk.clean(value) }]
}

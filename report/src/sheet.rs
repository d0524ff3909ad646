//! Where the small documents are written (verdict, receipt): sentences by key, foreign values made printable.
use crate::block::{Fact, Line, Node, Span, SpanKind, State};
use crate::glyphs::{Glyphs, Trust};
use crate::{Langue, Presentation, ReportError};

/// The longest foreign value printed, in characters.
const LIMIT: usize = 1200;

/// Sentences by key, values made printable.
pub(crate) struct Sheet<'a> {
    presentation: &'a Presentation,
    glyphs: Glyphs,
}

impl<'a> Sheet<'a> {
    /// With these words, and as much of the fonts as is trusted.
    pub(crate) fn new(presentation: &'a Presentation, trust: Trust) -> Self {
        Self { presentation, glyphs: Glyphs::of(&crate::fonts::all(), trust) }
    }

    /// A foreign value, printable.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.glyphs.clean(text, LIMIT, Langue::Fr)
    }

    /// A sentence with its places filled.
    pub(crate) fn say(&self, key: &str, args: &[(&str, String)]) -> Result<Vec<Span>, ReportError> {
        let fill = |name: &str| args.iter().find(|(arg, _)| *arg == name).map(|(_, value)| value.clone());
        self.presentation.wording(Langue::Fr).spans(key, &fill, &|text| self.clean(text))
    }

    /// The same as one string.
    pub(crate) fn text(&self, key: &str, args: &[(&str, String)]) -> Result<String, ReportError> {
        Ok(self.say(key, args)?.into_iter().map(|span| span.t).collect())
    }

    /// A heading of the first level.
    pub(crate) fn heading(&self, key: &str) -> Result<Node, ReportError> {
        Ok(Node::Heading { level: 1, text: self.text(key, &[])? })
    }

    /// A paragraph.
    pub(crate) fn para(&self, key: &str, args: &[(&str, String)]) -> Result<Node, ReportError> {
        Ok(Node::Para(line(self.say(key, args)?)))
    }

    /// A row of a table of facts whose label is a sentence.
    pub(crate) fn fact(&self, label: &str, spans: Vec<Span>, apart: bool) -> Result<Fact, ReportError> {
        let state = if apart { State::Apart } else { State::Plain };
        Ok(Fact { label: self.text(label, &[])?, value: line(spans), state })
    }

    /// A foreign value as one run of text.
    pub(crate) fn span(&self, kind: SpanKind, text: &str) -> Vec<Span> {
        vec![Span { k: kind, t: self.clean(text) }]
    }
}

/// Text that comes from no journal line.
pub(crate) fn line(spans: Vec<Span>) -> Line {
    Line { spans, marks: Vec::new() }
}

/// A number of things, in figures.
pub(crate) fn count(n: u64) -> String {
    Langue::Fr.grouped(i64::try_from(n).unwrap_or(i64::MAX))
}

//! The sentences, read from `text/LANGUAGE/*.toml`, which a lawyer can review without reading Rust.
//!
//! A sentence holds places `{name}`, or `{name|set}` with `set` one of `value`, `quote`, `mono`, `strong`, and `pages`
//! for the number of pages, known after layout; what fills them is data and is never read as a sentence again.
//! `{name?singulier|pluriel}` chooses our own words by the number that fills `name`.
use std::collections::BTreeMap;

use crate::block::{Span, SpanKind};
use crate::{Langue, ReportError};

/// Gives the value of a place of a sentence, by its name.
pub(crate) type Fill<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Every sentence of a language by its dotted key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wording {
    langue: Langue,
    sentences: BTreeMap<String, String>,
}

impl Wording {
    /// No sentence yet.
    pub(crate) fn in_language(langue: Langue) -> Self {
        Self { langue, sentences: BTreeMap::new() }
    }

    /// Adds the sentences of one TOML file; a later file replaces sentences of an earlier one.
    pub(crate) fn read(&mut self, file: &str, text: &str) -> Result<(), ReportError> {
        let table: toml::Table = text
            .parse()
            .map_err(|e: toml::de::Error| ReportError::Presentation { path: file.to_owned(), why: e.to_string() })?;
        self.add("", &table)
    }

    fn add(&mut self, prefix: &str, table: &toml::Table) -> Result<(), ReportError> {
        for (key, value) in table {
            let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match value {
                toml::Value::String(sentence) => {
                    parse(sentence).map_err(|why| ReportError::Wording { key: key.clone(), why })?;
                    self.sentences.insert(key, sentence.clone());
                }
                toml::Value::Table(inner) => self.add(&key, inner)?,
                other => {
                    let why = format!("a sentence was expected, found {}", other.type_str());
                    return Err(ReportError::Wording { key, why });
                }
            }
        }
        Ok(())
    }

    /// Whether there is a sentence of that key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.sentences.contains_key(key)
    }

    /// The sentence with its places filled, as runs of text. `clean` makes a foreign value printable.
    pub(crate) fn spans(
        &self,
        key: &str,
        fill: Fill<'_>,
        clean: &dyn Fn(&str) -> String,
    ) -> Result<Vec<Span>, ReportError> {
        let fault = |why: String| ReportError::Wording { key: key.to_owned(), why };
        let sentence = self.sentences.get(key).ok_or_else(|| fault("no such sentence".into()))?;
        let mut spans = Vec::new();
        for piece in parse(sentence).map_err(fault)? {
            match piece {
                Piece::Words(words) => spans.push(Span { k: SpanKind::Plain, t: self.langue.typography(&words) }),
                Piece::Choice(name, one, many) => {
                    let value = fill(&name).ok_or_else(|| fault(format!("nothing fills the place {{{name}}}")))?;
                    let words = if self.asks_plural(&value) { many } else { one };
                    spans.push(Span { k: SpanKind::Plain, t: self.langue.typography(&words) });
                }
                Piece::Place(name, kind) => {
                    let value = fill(&name).ok_or_else(|| fault(format!("nothing fills the place {{{name}}}")))?;
                    spans.push(Span { k: kind, t: clean(&value) });
                }
            }
        }
        Ok(spans)
    }

    /// Whether the number in a value asks for the plural.
    fn asks_plural(&self, value: &str) -> bool {
        let digits: String = value.chars().filter(char::is_ascii_digit).collect();
        digits.parse::<u64>().map_or(digits.len() > 18, |n| self.langue.is_plural(n))
    }

    /// Its language.
    pub(crate) fn langue(&self) -> Langue {
        self.langue
    }

    /// The keys, in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.sentences.keys().map(String::as_str)
    }
}

/// What a translation is compared by.
#[cfg(test)]
impl Wording {
    /// The places of a sentence with how each is set, sorted.
    pub(crate) fn places(&self, key: &str) -> Vec<String> {
        let pieces = parse(&self.sentences[key]).unwrap().into_iter();
        let mut places: Vec<String> = pieces
            .filter_map(|piece| match piece {
                Piece::Place(name, kind) => Some(format!("{name} {kind:?}")),
                _ => None,
            })
            .collect();
        places.sort();
        places
    }

    /// The numbers that a sentence chooses words by.
    pub(crate) fn choices(&self, key: &str) -> std::collections::BTreeSet<String> {
        let pieces = parse(&self.sentences[key]).unwrap().into_iter();
        pieces.filter_map(|piece| if let Piece::Choice(name, ..) = piece { Some(name) } else { None }).collect()
    }

    /// The words of a sentence, its places left out.
    pub(crate) fn words(&self, key: &str) -> String {
        let pieces = parse(&self.sentences[key]).unwrap().into_iter();
        let words = pieces.map(|piece| match piece {
            Piece::Words(words) => words,
            Piece::Choice(_, one, many) => format!("{one} {many}"),
            Piece::Place(..) => "…".to_owned(),
        });
        words.collect()
    }
}

enum Piece {
    Words(String),
    Place(String, SpanKind),
    Choice(String, String, String),
}

fn parse(sentence: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = sentence;
    while let Some((words, after)) = rest.split_once('{') {
        if !words.is_empty() {
            pieces.push(Piece::Words(words.to_owned()));
        }
        let (place, next) = after.split_once('}').ok_or("a place is not closed by }")?;
        rest = next;
        if let Some((name, words)) = place.split_once('?') {
            let (one, many) =
                words.split_once('|').ok_or("a choice needs its singular and its plural, with | between")?;
            pieces.push(Piece::Choice(name_of(name)?, one.to_owned(), many.to_owned()));
            continue;
        }
        let (name, set) = place.split_once('|').unwrap_or((place, "value"));
        pieces.push(Piece::Place(name_of(name)?, kind(set)?));
    }
    if !rest.is_empty() {
        pieces.push(Piece::Words(rest.to_owned()));
    }
    Ok(pieces)
}

fn name_of(name: &str) -> Result<String, String> {
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit()) {
        return Err(format!("place {name:?}: a name in lower-case letters was expected"));
    }
    Ok(name.to_owned())
}

fn kind(set: &str) -> Result<SpanKind, String> {
    match set {
        "value" => Ok(SpanKind::Value),
        "quote" => Ok(SpanKind::Quote),
        "mono" => Ok(SpanKind::Mono),
        "strong" => Ok(SpanKind::Strong),
        "pages" => Ok(SpanKind::Pages),
        other => Err(format!("{other:?}: one of value, quote, mono, strong, pages was expected")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wording(text: &str) -> Wording {
        let mut wording = Wording::default();
        wording.read("test.toml", text).unwrap();
        wording
    }

    #[test]
    fn places_are_filled_with_data_and_never_read_again() {
        let w = wording("[a]\nb = \"Je saisis {url|mono} : « rien ».\"");
        let spans = w.spans("a.b", &|_| Some("{x} #strong".into()), &str::to_owned).unwrap();
        assert_eq!(spans[1], Span { k: SpanKind::Mono, t: "{x} #strong".into() });
        assert_eq!(spans[2].t, "\u{a0}: «\u{a0}rien\u{a0}».");
    }

    #[test]
    fn words_follow_their_number() {
        let w = wording("a = \"{n} {n?ligne lue|lignes lues}\"");
        let text = |n: &str| -> String {
            let spans = w.spans("a", &|_| Some(n.to_owned()), &str::to_owned).unwrap();
            spans.into_iter().map(|span| span.t).collect()
        };
        assert_eq!(text("0"), "0 ligne lue");
        assert_eq!(text("une (1)"), "une (1) ligne lue");
        assert_eq!(text("1\u{a0}000"), "1\u{a0}000 lignes lues");
    }

    #[test]
    fn faults_name_the_key() {
        let mut w = Wording::default();
        for bad in ["a = \"{x\"", "a = \"{X}\"", "a = \"{x|loud}\"", "a = \"{x?un}\"", "a = 1"] {
            assert_eq!(w.read("t", bad).unwrap_err().code(), "report.wording", "{bad}");
        }
        let w = wording("a = \"{x}\"");
        assert_eq!(w.spans("a", &|_| None, &str::to_owned).unwrap_err().code(), "report.wording");
        assert_eq!(w.spans("b", &|_| None, &str::to_owned).unwrap_err().code(), "report.wording");
    }
}

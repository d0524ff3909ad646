//! Reads a TOML table key by key and remembers where each one is: an unknown key is refused, never skipped.
use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ScenarioError;

/// The text of a scenario, to turn offsets into lines.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// Line and column, from 1, of a byte offset.
    fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset.min(self.text.len())).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }

    pub(super) fn error(&self, offset: usize, key: impl Into<String>) -> ScenarioError {
        ScenarioError::new(self.name, self.position(offset), key)
    }
}

/// A value, with its place and its dotted key.
pub(super) struct Item<'a, 'i> {
    pub(super) source: Source<'a>,
    pub(super) key: String,
    pub(super) offset: usize,
    /// Bytes of the value itself, to take a secret out of the annexed copy.
    pub(super) span: Range<usize>,
    value: &'a DeValue<'i>,
}

impl<'a, 'i> Item<'a, 'i> {
    pub(super) fn wrong(&self, expected: impl Into<String>) -> ScenarioError {
        self.source.error(self.offset, &self.key).values(expected, describe(self.value))
    }

    pub(super) fn text(&self) -> Result<&'a str, ScenarioError> {
        match self.value {
            DeValue::String(text) if !text.trim().is_empty() => Ok(text.as_ref()),
            _ => Err(self.wrong("un texte non vide entre guillemets")),
        }
    }

    pub(super) fn boolean(&self) -> Result<bool, ScenarioError> {
        self.value.as_bool().ok_or_else(|| self.wrong("true ou false"))
    }

    /// An integer within bounds, both included.
    pub(super) fn integer(&self, low: u64, high: u64) -> Result<u64, ScenarioError> {
        self.value
            .as_integer()
            .and_then(|i| i64::from_str_radix(i.as_str(), i.radix()).ok())
            .and_then(|i| u64::try_from(i).ok())
            .filter(|i| (low..=high).contains(i))
            .ok_or_else(|| self.wrong(format!("un nombre entier de {low} à {high}")))
    }

    pub(super) fn is_text(&self) -> bool {
        self.value.is_str()
    }

    /// The value as a table whose keys are among `allowed`.
    pub(super) fn table(&self, allowed: &[&str]) -> Result<Section<'a, 'i>, ScenarioError> {
        match self.value {
            DeValue::Table(table) => Section::new(self.source, &self.key, self.offset, table, allowed),
            _ => Err(self.wrong(format!("une table avec les clés {}", allowed.join(", ")))),
        }
    }

    /// The value as a table of texts, none of them empty.
    pub(super) fn texts(&self) -> Result<BTreeMap<String, String>, ScenarioError> {
        let DeValue::Table(table) = self.value else { return Err(self.wrong("une table de textes")) };
        let one = |(name, value): (&'a Spanned<std::borrow::Cow<'i, str>>, &'a Spanned<DeValue<'i>>)| {
            let key = format!("{}.{}", self.key, name.get_ref());
            let (offset, span) = (value.span().start, value.span());
            let item = Item { source: self.source, key, offset, span, value: value.get_ref() };
            match item.text()?.trim() {
                "" => Err(item.wrong("un texte")),
                text => Ok((name.get_ref().to_string(), text.to_owned())),
            }
        };
        table.iter().map(one).collect()
    }

    /// The value as an array of tables.
    pub(super) fn items(&self) -> Result<Vec<Item<'a, 'i>>, ScenarioError> {
        let DeValue::Array(array) = self.value else {
            return Err(self.wrong(format!("une suite de tables [[{}]]", self.key)));
        };
        let item = |(i, value): (usize, &'a Spanned<DeValue<'i>>)| Item {
            source: self.source,
            key: format!("{}[{}]", self.key, i + 1),
            offset: value.span().start,
            span: value.span(),
            value: value.get_ref(),
        };
        Ok(array.iter().enumerate().map(item).collect())
    }
}

/// What a value is, in French, for the error.
fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) if text.is_empty() => "un texte vide".into(),
        DeValue::String(text) => format!("« {text} »"),
        DeValue::Integer(i) => i.as_str().to_owned(),
        DeValue::Float(f) => f.as_str().to_owned(),
        DeValue::Boolean(b) => b.to_string(),
        DeValue::Datetime(d) => d.to_string(),
        DeValue::Array(_) => "une liste".into(),
        DeValue::Table(_) => "une table".into(),
    }
}

/// A table whose keys are all known.
pub(super) struct Section<'a, 'i> {
    source: Source<'a>,
    key: String,
    offset: usize,
    items: BTreeMap<&'a str, Item<'a, 'i>>,
}

impl<'a, 'i> Section<'a, 'i> {
    pub(super) fn new(
        source: Source<'a>,
        key: &str,
        offset: usize,
        table: &'a DeTable<'i>,
        allowed: &[&str],
    ) -> Result<Self, ScenarioError> {
        let mut items = BTreeMap::new();
        for (name, value) in table {
            let dotted = if key.is_empty() { name.get_ref().to_string() } else { format!("{key}.{}", name.get_ref()) };
            let at = name.span().start;
            if !allowed.contains(&name.get_ref().as_ref()) {
                let found = format!("« {} »", name.get_ref());
                return Err(source.error(at, dotted).values(format!("une des clés {}", allowed.join(", ")), found));
            }
            let item = Item { source, key: dotted, offset: at, span: value.span(), value: value.get_ref() };
            items.insert(name.get_ref().as_ref(), item);
        }
        Ok(Self { source, key: key.to_owned(), offset, items })
    }

    pub(super) fn get(&self, key: &str) -> Option<&Item<'a, 'i>> {
        self.items.get(key)
    }

    pub(super) fn error(&self, expected: impl Into<String>, found: impl Into<String>) -> ScenarioError {
        self.source.error(self.offset, &self.key).values(expected, found)
    }

    /// A text that must be there.
    pub(super) fn required(&self, key: &str) -> Result<String, ScenarioError> {
        match self.get(key) {
            Some(item) => item.text().map(str::to_owned),
            None => Err(self.error(format!("la clé « {key} »"), "rien")),
        }
    }

    /// A text that may be there.
    pub(super) fn optional(&self, key: &str) -> Result<Option<String>, ScenarioError> {
        self.get(key).map(|item| item.text().map(str::to_owned)).transpose()
    }

    /// An integer that may be there, within bounds.
    pub(super) fn number(&self, key: &str, low: u64, high: u64) -> Result<Option<u64>, ScenarioError> {
        self.get(key).map(|item| item.integer(low, high)).transpose()
    }

    /// The keys present among `keys`.
    pub(super) fn present<'k>(&self, keys: &[&'k str]) -> Vec<&'k str> {
        keys.iter().copied().filter(|key| self.items.contains_key(key)).collect()
    }
}

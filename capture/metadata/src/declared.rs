//! The facts a file gives of itself, bounded and cleaned so that they can be journalled and printed.
use serde::Serialize;

use crate::keys::Key;

/// The most characters kept of one text.
const TEXT: usize = 2000;
/// The most characters kept of one text of a list.
const ITEM: usize = 500;
/// The most texts of a list.
pub(crate) const ITEMS: usize = 200;
/// The most facts of a file, and the most reasons.
const FACTS: usize = 300;
const CUTS: usize = 50;
/// The greatest integer that every reader of JSON reads the same (RFC 8259, 6).
const EXACT: u64 = (1 << 53) - 1;

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Declared {
    /// The format, told from the content: `pdf`, `docx`, `zip`, `jpeg`, `mp4`…; `inconnu` when none is recognised.
    pub format: &'static str,
    /// What the file declares, in the order of reading.
    pub facts: Vec<Fact>,
    /// In French: what was not read, and why.
    pub cut: Vec<String>,
}

impl Declared {
    /// The value of the first fact of that key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.facts.iter().find(|fact| fact.key == key).map(|fact| &fact.value)
    }
}

/// One thing that a file declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// Stable name, in snake case.
    pub key: &'static str,
    /// The same in French, for a reader.
    pub label: &'static str,
    /// What is declared.
    pub value: Value,
}

/// What is declared. In JSON: a text, a number, or a list of texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A text, bounded, without control characters. A number beyond 2^53 is one.
    Text(String),
    /// A whole number.
    Number(u64),
    /// A date, as the file writes it; one that the file holds as a count of seconds is given in UTC (RFC 3339).
    Date(String),
    /// Several texts.
    List(Vec<String>),
}

/// What is noted while a file is read.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    facts: Vec<Fact>,
    cut: Vec<String>,
    begun: Vec<&'static str>,
}

impl Sheet {
    /// Whether this is the first time that this part of the file is met: one that is there a thousand times is read once.
    pub(crate) fn first(&mut self, part: &'static str) -> bool {
        if self.begun.contains(&part) {
            self.cut(format!("{part} : présent plusieurs fois, le premier est lu."));
            return false;
        }
        self.begun.push(part);
        true
    }

    pub(crate) fn into_declared(self, format: &'static str) -> Declared {
        Declared { format, facts: self.facts, cut: self.cut }
    }

    /// Notes what was not read, once.
    pub(crate) fn cut(&mut self, why: impl Into<String>) {
        let why = clean(&why.into(), TEXT).text;
        if self.cut.len() < CUTS && !self.cut.contains(&why) {
            self.cut.push(why);
        }
    }

    pub(crate) fn text(&mut self, key: Key, text: &str) {
        if let Some(text) = self.cleaned(key, text, TEXT) {
            self.push(key, Value::Text(text));
        }
    }

    pub(crate) fn date(&mut self, key: Key, text: &str) {
        if let Some(text) = self.cleaned(key, text, ITEM) {
            self.push(key, Value::Date(text));
        }
    }

    pub(crate) fn number(&mut self, key: Key, number: u64) {
        self.push(key, if number > EXACT { Value::Text(number.to_string()) } else { Value::Number(number) });
    }

    pub(crate) fn yes(&mut self, key: Key, yes: bool) {
        self.push(key, Value::Text(if yes { "oui" } else { "non" }.to_owned()));
    }

    /// Notes that a thing is there, once.
    pub(crate) fn mark(&mut self, key: Key) {
        if !self.has(key) {
            self.yes(key, true);
        }
    }

    /// Notes a list, unless it is empty.
    pub(crate) fn list<S: AsRef<str>>(&mut self, key: Key, texts: &[S]) {
        let kept: Vec<String> =
            texts.iter().take(ITEMS).filter_map(|text| self.cleaned(key, text.as_ref(), ITEM)).collect();
        if texts.len() > ITEMS {
            self.cut(format!("« {} » : {} sur {} sont donnés.", key.label, ITEMS, texts.len()));
        }
        if !kept.is_empty() {
            self.push(key, Value::List(kept));
        }
    }

    pub(crate) fn has(&self, key: Key) -> bool {
        self.facts.iter().any(|fact| fact.key == key.key)
    }

    /// The text noted under that key.
    pub(crate) fn noted(&self, key: Key) -> Option<&str> {
        self.facts.iter().find(|fact| fact.key == key.key).and_then(|fact| match &fact.value {
            Value::Text(text) | Value::Date(text) => Some(text.as_str()),
            Value::Number(_) | Value::List(_) => None,
        })
    }

    fn cleaned(&mut self, key: Key, text: &str, most: usize) -> Option<String> {
        let cleaned = clean(text, most);
        if cleaned.removed {
            self.cut(format!("« {} » : des caractères de commande sont retirés.", key.label));
        }
        if cleaned.shortened {
            self.cut(format!("« {} » : le texte est coupé à {most} caractères.", key.label));
        }
        (!cleaned.text.is_empty()).then_some(cleaned.text)
    }

    fn push(&mut self, key: Key, value: Value) {
        if self.facts.len() >= FACTS {
            self.cut(format!("Plus de {FACTS} indications : les suivantes ne sont pas données."));
        } else {
            self.facts.push(Fact { key: key.key, label: key.label, value });
        }
    }
}

struct Clean {
    text: String,
    removed: bool,
    shortened: bool,
}

/// Blanks become one space; control characters, and those that turn the direction of a line or are not seen, are removed.
fn clean(text: &str, most: usize) -> Clean {
    let mut cleaned = Clean { text: String::new(), removed: false, shortened: false };
    let mut blank = false;
    for (kept, c) in text.trim_matches(|c: char| c.is_whitespace() || c == '\0').chars().enumerate() {
        if kept >= most {
            cleaned.shortened = true;
            break;
        }
        if matches!(c, '\t' | '\n' | '\r') {
            blank = true;
        } else if unseen(c) {
            cleaned.removed = true;
        } else {
            if std::mem::take(&mut blank) {
                cleaned.text.push(' ');
            }
            cleaned.text.push(c);
        }
    }
    cleaned
}

fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    #[test]
    fn a_text_that_would_turn_a_line_is_cleaned_and_told() {
        let mut sheet = Sheet::default();
        sheet.text(keys::TITLE, "\u{202E}fdp.exe\r\n\ta\u{0}b\u{7}");
        let declared = sheet.into_declared("pdf");
        assert_eq!(declared.get("title"), Some(&Value::Text("fdp.exe ab".into())));
        assert_eq!(declared.cut, ["« Titre » : des caractères de commande sont retirés."]);
    }

    #[test]
    fn long_texts_lists_and_numbers_are_bounded() {
        let mut sheet = Sheet::default();
        sheet.text(keys::TITLE, &"é".repeat(5000));
        sheet.list(keys::KEYWORDS, &vec!["a".repeat(900); 300]);
        sheet.number(keys::PAGES, u64::MAX);
        for _ in 0..1000 {
            sheet.number(keys::PAGES, 1);
        }
        let declared = sheet.into_declared("pdf");
        assert_eq!(declared.facts.len(), FACTS);
        let Some(Value::Text(title)) = declared.get("title") else { panic!("no title") };
        assert_eq!(title.chars().count(), TEXT);
        let Some(Value::List(words)) = declared.get("keywords") else { panic!("no keywords") };
        assert_eq!((words.len(), words[0].len()), (ITEMS, ITEM));
        assert_eq!(declared.get("pages"), Some(&Value::Text(u64::MAX.to_string())));
        assert_eq!(declared.cut.len(), 4, "{:?}", declared.cut);
    }
}

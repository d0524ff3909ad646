//! Reads one object at a place of the file (ISO 32000-1, 7.2 and 7.3). One writing is admitted for each thing where the
//! standard leaves readers a choice: no key twice in a dictionary, no unbalanced string, hexadecimal digits only.
use super::object::{Dict, Object};

/// How deep arrays and dictionaries nest at most.
const MAX_DEPTH: usize = 64;
/// Elements of one object at most.
const MAX_ELEMENTS: usize = 2_000_000;

/// A position in octets.
#[derive(Clone, Debug)]
pub(crate) struct Lex<'a> {
    octets: &'a [u8],
    at: usize,
    elements: usize,
}

/// Where reading stopped, and why.
pub(crate) type Why = &'static str;

pub(crate) fn is_space(octet: u8) -> bool {
    matches!(octet, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(octet: u8) -> bool {
    matches!(octet, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'a> Lex<'a> {
    pub(crate) fn new(octets: &'a [u8], at: usize) -> Self {
        Self { octets, at, elements: 0 }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    fn peek(&self) -> Option<u8> {
        self.octets.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.octets.get(self.at..).unwrap_or_default()
    }

    /// Over white space and comments.
    pub(crate) fn skip(&mut self) {
        while let Some(octet) = self.peek() {
            if octet == b'%' {
                while self.peek().is_some_and(|c| c != b'\n' && c != b'\r') {
                    self.at += 1;
                }
            } else if is_space(octet) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// Over white space alone.
    pub(crate) fn spaces(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// Exactly these octets.
    pub(crate) fn take(&mut self, word: &[u8]) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// A keyword, ended by white space, a delimiter or the end.
    pub(crate) fn keyword(&mut self, word: &str) -> bool {
        let after = self.octets.get(self.at + word.len()).copied();
        after.is_none_or(|c| is_space(c) || is_delimiter(c)) && self.take(word.as_bytes())
    }

    /// Digits alone, as a number.
    pub(crate) fn digits(&mut self) -> Option<u64> {
        let length = self.rest().iter().take(19).take_while(|c| c.is_ascii_digit()).count();
        let number = std::str::from_utf8(self.rest().get(..length)?).ok()?.parse().ok()?;
        self.at += length;
        (!self.peek().is_some_and(|c| c.is_ascii_digit())).then_some(number)
    }

    /// `N G obj`: the two numbers.
    pub(crate) fn header(&mut self) -> Result<(u32, u16), Why> {
        let number = self.digits().and_then(|n| u32::try_from(n).ok()).ok_or("numéro d'objet attendu")?;
        self.spaces();
        let generation = self.digits().and_then(|n| u16::try_from(n).ok()).ok_or("génération attendue")?;
        self.spaces();
        if self.keyword("obj") { Ok((number, generation)) } else { Err("« obj » attendu") }
    }

    /// The next object, white space and comments before it left out.
    pub(crate) fn object(&mut self) -> Result<Object, Why> {
        self.value(0)
    }

    fn value(&mut self, depth: usize) -> Result<Object, Why> {
        self.elements += 1;
        if depth > MAX_DEPTH || self.elements > MAX_ELEMENTS {
            return Err("objet trop profond ou trop grand");
        }
        self.skip();
        match self.peek().ok_or("fin inattendue")? {
            b'/' => self.name().map(Object::Name),
            b'(' => self.literal().map(Object::Text),
            b'<' if self.rest().starts_with(b"<<") => self.dict(depth).map(Object::Dict),
            b'<' => self.hexadecimal().map(Object::Text),
            b'[' => self.array(depth),
            b'+' | b'-' | b'.' | b'0'..=b'9' => self.number(),
            _ if self.keyword("true") => Ok(Object::Bool(true)),
            _ if self.keyword("false") => Ok(Object::Bool(false)),
            _ if self.keyword("null") => Ok(Object::Null),
            _ => Err("objet inattendu"),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Object, Why> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip();
            if self.take(b"]") {
                return Ok(Object::Array(items));
            }
            items.push(self.value(depth + 1)?);
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Dict, Why> {
        let mut found = Vec::new();
        self.entries(depth, &mut |key, value, _, _| found.push((key, value)))?;
        Ok(Dict(found))
    }

    /// Reads a dictionary, giving each key, its value, and where the value begins and ends.
    pub(crate) fn entries(
        &mut self,
        depth: usize,
        each: &mut dyn FnMut(Vec<u8>, Object, usize, usize),
    ) -> Result<(), Why> {
        if !self.take(b"<<") {
            return Err("dictionnaire attendu");
        }
        let mut keys = std::collections::BTreeSet::new();
        loop {
            self.skip();
            if self.take(b">>") {
                return Ok(());
            }
            let key = self.name()?;
            if !keys.insert(key.clone()) {
                return Err("clé répétée dans un dictionnaire");
            }
            self.skip();
            let from = self.at;
            let value = self.value(depth + 1)?;
            each(key, value, from, self.at);
        }
    }

    pub(crate) fn name(&mut self) -> Result<Vec<u8>, Why> {
        if !self.take(b"/") {
            return Err("nom attendu");
        }
        let mut name = Vec::new();
        while let Some(octet) = self.peek().filter(|c| !is_space(*c) && !is_delimiter(*c)) {
            self.at += 1;
            if octet == b'#' {
                let digits = self.rest().get(..2).and_then(|d| std::str::from_utf8(d).ok()).ok_or("nom mal écrit")?;
                name.push(u8::from_str_radix(digits, 16).map_err(|_| "nom mal écrit")?);
                self.at += 2;
            } else {
                name.push(octet);
            }
        }
        Ok(name)
    }

    fn literal(&mut self) -> Result<Vec<u8>, Why> {
        self.at += 1;
        let (mut text, mut open) = (Vec::new(), 1_usize);
        loop {
            let octet = self.peek().ok_or("chaîne sans fin")?;
            self.at += 1;
            match octet {
                b'(' => open += 1,
                b')' if open == 1 => return Ok(text),
                b')' => open -= 1,
                b'\\' => {
                    self.escape(&mut text)?;
                    continue;
                }
                b'\r' => {
                    self.take(b"\n");
                    text.push(b'\n');
                    continue;
                }
                _ => {}
            }
            text.push(octet);
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), Why> {
        let octet = self.peek().ok_or("chaîne sans fin")?;
        self.at += 1;
        match octet {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\n' => {}
            b'\r' => {
                self.take(b"\n");
            }
            b'0'..=b'7' => {
                let mut value = u32::from(octet - b'0');
                for _ in 0..2 {
                    let Some(digit) = self.peek().filter(|c| (b'0'..=b'7').contains(c)) else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                text.push((value & 0xff) as u8);
            }
            other => text.push(other),
        }
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<Vec<u8>, Why> {
        self.at += 1;
        let (mut text, mut half) = (Vec::new(), None);
        loop {
            let octet = self.peek().ok_or("chaîne sans fin")?;
            self.at += 1;
            let digit = match octet {
                b'>' => break,
                b'0'..=b'9' => octet - b'0',
                b'a'..=b'f' => octet - b'a' + 10,
                b'A'..=b'F' => octet - b'A' + 10,
                c if is_space(c) => continue,
                _ => return Err("chaîne hexadécimale mal écrite"),
            };
            half = match half {
                None => Some(digit),
                Some(high) => {
                    text.push(high << 4 | digit);
                    None
                }
            };
        }
        text.extend(half.map(|high| high << 4));
        Ok(text)
    }

    fn number(&mut self) -> Result<Object, Why> {
        let from = self.at;
        let length = self.rest().iter().take_while(|c| matches!(c, b'+' | b'-' | b'.' | b'0'..=b'9')).count();
        let written = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        let text = std::str::from_utf8(written).map_err(|_| "nombre mal écrit")?;
        if !self.peek().is_none_or(|c| is_space(c) || is_delimiter(c)) {
            return Err("nombre mal écrit");
        }
        let Ok(number) = text.parse::<i64>() else {
            text.parse::<f64>().map_err(|_| "nombre mal écrit")?;
            return Ok(Object::Real(written.to_vec()));
        };
        if !written.first().is_some_and(u8::is_ascii_digit) {
            return Ok(Object::Int(number));
        }
        // `12 0 R`: two numbers and a letter; anything else leaves the first number alone.
        let after = self.at;
        self.spaces();
        let generation = self.digits().and_then(|n| u16::try_from(n).ok());
        self.spaces();
        match (u32::try_from(number), generation) {
            (Ok(number), Some(generation)) if self.at > from && self.keyword("R") => {
                Ok(Object::Ref(number, generation))
            }
            _ => {
                self.at = after;
                Ok(Object::Int(number))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Object, Why> {
        let mut lex = Lex::new(text.as_bytes(), 0);
        let object = lex.object()?;
        lex.skip();
        if lex.at() == text.len() { Ok(object) } else { Err("reste") }
    }

    #[test]
    fn every_kind_of_object() {
        let text = |octets: &[u8]| Object::Text(octets.to_vec());
        for (written, said) in [
            ("null", Object::Null),
            (" true % oui\n", Object::Bool(true)),
            ("-12", Object::Int(-12)),
            ("+.5", Object::Real(b"+.5".to_vec())),
            ("/A#42c", Object::Name(b"ABc".to_vec())),
            ("(a(b)\\)\\101\\n\\\nc)", text(b"a(b))A\nc")),
            ("<4a4B 5>", text(b"JKP")),
            ("12 0 R", Object::Ref(12, 0)),
            ("[1 0 2 0 R]", Object::Array(vec![Object::Int(1), Object::Int(0), Object::Ref(2, 0)])),
        ] {
            assert_eq!(read(written), Ok(said), "{written}");
        }
        let dict = read("<</A 1/B[<</C()>>]>>").unwrap();
        assert_eq!(dict.dict().and_then(|dict| dict.int("A")), Some(1));
    }

    #[test]
    fn what_readers_disagree_about_is_refused() {
        for written in ["<</A 1/A 2>>", "(a", "<4g>", "<</A>>", "[1", "/A#4", "1.2.3", "12ab", "nul", "<</A 1", ")", ""]
        {
            assert!(read(written).is_err(), "{written}");
        }
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert!(read(&deep).is_err());
    }
}

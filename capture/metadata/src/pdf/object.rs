//! Objects of a PDF, read from a window of octets with a stack of its own: depth and number are bounded.

/// The deepest arrays and dictionaries, and the most objects of one window.
const DEPTH: usize = 64;
const MANY: usize = 200_000;

/// A direct object.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Obj {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    /// A real number: none is needed.
    Real,
    Name(Vec<u8>),
    Str(Vec<u8>),
    Array(Vec<Obj>),
    Dict(Dict),
    Ref(u32),
    /// `obj`, `stream`, `endobj`, `R`…
    Word(Vec<u8>),
}

impl Obj {
    pub(super) fn into_dict(self) -> Dict {
        if let Self::Dict(dict) = self { dict } else { Dict::default() }
    }
}

/// A dictionary in the order of the file; the first of a key given twice counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Dict(Vec<(Vec<u8>, Obj)>);

impl Dict {
    pub(super) fn get(&self, key: &str) -> Option<&Obj> {
        self.0.iter().find(|(name, _)| name == key.as_bytes()).map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Vec<u8>, &Obj)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub(super) fn int(&self, key: &str) -> Option<i64> {
        if let Some(Obj::Int(number)) = self.get(key) { Some(*number) } else { None }
    }

    pub(super) fn is(&self, key: &str, name: &str) -> bool {
        matches!(self.get(key), Some(Obj::Name(found)) if found == name.as_bytes())
    }

    /// The same with another value under `key`.
    pub(super) fn with(mut self, key: &str, value: Obj) -> Dict {
        self.0.retain(|(name, _)| name != key.as_bytes());
        self.0.push((key.as_bytes().to_vec(), value));
        self
    }

    /// Adds what another trailer says and this one does not, of what is looked for in a trailer.
    pub(super) fn complete(&mut self, other: &Dict) {
        for key in ["Root", "Info", "Encrypt"] {
            if let (None, Some(value)) = (self.get(key), other.get(key)) {
                self.0.push((key.as_bytes().to_vec(), value.clone()));
            }
        }
    }
}

/// Why no object was read.
#[derive(Debug, PartialEq)]
pub(super) enum Stop {
    /// The window ends before the object does.
    Short,
    /// This is no object, or one too deep or too long.
    Bad,
}

enum Frame {
    Array(Vec<Obj>),
    Dict(Vec<Obj>),
}

/// Reads objects one after the other.
pub(super) struct Lexer<'o> {
    octets: &'o [u8],
    pub(super) at: usize,
    left: usize,
}

impl<'o> Lexer<'o> {
    pub(super) fn new(octets: &'o [u8]) -> Self {
        Self { octets, at: 0, left: MANY }
    }

    /// The next object; two numbers before `R` are a reference.
    pub(super) fn object(&mut self) -> Result<Obj, Stop> {
        let mut stack: Vec<Frame> = Vec::new();
        loop {
            self.left = self.left.checked_sub(1).ok_or(Stop::Bad)?;
            self.blanks();
            let complete = match self.peek().ok_or(Stop::Short)? {
                b'[' => {
                    self.at += 1;
                    stack.push(Frame::Array(Vec::new()));
                    None
                }
                b'<' if self.ahead(1).ok_or(Stop::Short)? == b'<' => {
                    self.at += 2;
                    stack.push(Frame::Dict(Vec::new()));
                    None
                }
                b']' => match stack.pop() {
                    Some(Frame::Array(items)) => {
                        self.at += 1;
                        Some(Obj::Array(items))
                    }
                    _ => return Err(Stop::Bad),
                },
                b'>' => match stack.pop() {
                    Some(Frame::Dict(items)) if self.ahead(1).ok_or(Stop::Short)? == b'>' => {
                        self.at += 2;
                        Some(Obj::Dict(pairs(items)))
                    }
                    _ => return Err(Stop::Bad),
                },
                _ => Some(self.simple()?),
            };
            if stack.len() > DEPTH {
                return Err(Stop::Bad);
            }
            let Some(complete) = complete else { continue };
            match stack.last_mut() {
                None => return Ok(complete),
                Some(Frame::Array(items) | Frame::Dict(items)) => match complete {
                    Obj::Word(word) if word == b"R" => refer(items)?,
                    Obj::Word(_) => return Err(Stop::Bad),
                    other => items.push(other),
                },
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.octets.get(self.at).copied()
    }

    fn ahead(&self, by: usize) -> Option<u8> {
        self.octets.get(self.at + by).copied()
    }

    fn blanks(&mut self) {
        while let Some(octet) = self.peek() {
            match octet {
                b'%' => {
                    while self.peek().is_some_and(|c| c != b'\n' && c != b'\r') {
                        self.at += 1;
                    }
                }
                octet if blank(octet) => self.at += 1,
                _ => return,
            }
        }
    }

    fn simple(&mut self) -> Result<Obj, Stop> {
        match self.peek().ok_or(Stop::Short)? {
            b'/' => {
                self.at += 1;
                Ok(Obj::Name(unescape(self.token()?)))
            }
            b'(' => self.string(),
            b'<' => self.hexadecimal(),
            b')' | b'{' | b'}' => Err(Stop::Bad),
            _ => Ok(word(self.token()?)),
        }
    }

    /// What stands before the next blank or delimiter; at the end of the window more may follow.
    fn token(&mut self) -> Result<&'o [u8], Stop> {
        let rest = self.octets.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|c| blank(*c) || b"()<>[]{}/%".contains(c)).ok_or(Stop::Short)?;
        self.at += length;
        Ok(rest.get(..length).unwrap_or_default())
    }

    fn string(&mut self) -> Result<Obj, Stop> {
        self.at += 1;
        let (mut text, mut open) = (Vec::new(), 0_usize);
        loop {
            let octet = self.peek().ok_or(Stop::Short)?;
            self.at += 1;
            match octet {
                b'(' => open += 1,
                b')' if open == 0 => return Ok(Obj::Str(text)),
                b')' => open -= 1,
                b'\\' => {
                    self.escape(&mut text)?;
                    continue;
                }
                _ => {}
            }
            text.push(octet);
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), Stop> {
        let octet = self.peek().ok_or(Stop::Short)?;
        self.at += 1;
        match octet {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\r' => self.at += usize::from(self.peek() == Some(b'\n')),
            b'\n' => {}
            b'0'..=b'7' => {
                let mut number = u32::from(octet - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    number = number * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                text.push((number & 0xff) as u8);
            }
            other => text.push(other),
        }
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<Obj, Stop> {
        let rest = self.octets.get(self.at + 1..).unwrap_or_default();
        let length = rest.iter().position(|c| *c == b'>').ok_or(Stop::Short)?;
        self.at += length + 2;
        let digits: Vec<u8> = rest.iter().take(length).filter_map(|c| hex(*c)).collect();
        Ok(Obj::Str(digits.chunks(2).map(join).collect()))
    }
}

/// Two digits as an octet; one that is missing is zero.
fn join(pair: &[u8]) -> u8 {
    let high = pair.first().copied().unwrap_or(0);
    high << 4 | pair.get(1).copied().unwrap_or(0)
}

fn blank(octet: u8) -> bool {
    matches!(octet, 0 | 9 | 10 | 12 | 13 | 32)
}

fn hex(octet: u8) -> Option<u8> {
    char::from(octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn pairs(items: Vec<Obj>) -> Dict {
    let mut dict = Vec::new();
    let mut items = items.into_iter();
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        if let Obj::Name(key) = key {
            dict.push((key, value));
        }
    }
    Dict(dict)
}

/// The two numbers before `R` become a reference.
fn refer(items: &mut Vec<Obj>) -> Result<(), Stop> {
    let (Some(Obj::Int(_)), Some(Obj::Int(number))) = (items.pop(), items.pop()) else { return Err(Stop::Bad) };
    items.push(Obj::Ref(u32::try_from(number).map_err(|_| Stop::Bad)?));
    Ok(())
}

fn word(token: &[u8]) -> Obj {
    let text = std::str::from_utf8(token).unwrap_or("");
    match text {
        "true" => Obj::Bool(true),
        "false" => Obj::Bool(false),
        "null" => Obj::Null,
        text if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) => {
            text.parse().map_or(Obj::Real, Obj::Int)
        }
        _ => Obj::Word(token.to_vec()),
    }
}

fn unescape(name: &[u8]) -> Vec<u8> {
    let (mut text, mut rest) = (Vec::new(), name);
    while let Some((first, after)) = rest.split_first() {
        let pair = after.first().and_then(|c| hex(*c)).zip(after.get(1).and_then(|c| hex(*c)));
        match pair.filter(|_| *first == b'#') {
            Some((high, low)) => {
                text.push(high << 4 | low);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                text.push(*first);
                rest = after;
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read() {
        let dict = Lexer::new(b"<</A(x\\(y\\)\\101(z))/B#20C[1 0 R -2 .5 <4a4>]/D<</E null>>>> ")
            .object()
            .unwrap()
            .into_dict();
        assert_eq!(dict.get("A"), Some(&Obj::Str(b"x(y)A(z)".to_vec())));
        let array = vec![Obj::Ref(1), Obj::Int(-2), Obj::Real, Obj::Str(vec![0x4a, 0x40])];
        assert_eq!(dict.get("B C"), Some(&Obj::Array(array)));
    }

    #[test]
    fn what_ends_too_soon_is_told_from_what_is_false() {
        assert_eq!(Lexer::new(b"<</A (x").object(), Err(Stop::Short));
        assert_eq!(Lexer::new(b"12").object(), Err(Stop::Short));
        assert_eq!(Lexer::new(b"] ").object(), Err(Stop::Bad));
        assert_eq!(Lexer::new(b"[<< ] ").object(), Err(Stop::Bad));
        assert_eq!(Lexer::new(&b"[".repeat(100_000)).object(), Err(Stop::Bad));
        assert_eq!(Lexer::new(&[b"[".as_slice(), &b"0 ".repeat(MANY)].concat()).object(), Err(Stop::Bad));
    }
}

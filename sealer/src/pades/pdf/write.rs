//! Writes an increment (ISO 32000-1, 7.5.6): new objects, a table of the form the file has, a trailer that names the one
//! before. The octets of the file are never touched.
use std::collections::BTreeMap;

use super::file::PdfFile;
use super::object::{Dict, Object};

/// An increment being made over a file.
pub(crate) struct Increment {
    /// Where the increment begins: the length of the file.
    base: usize,
    prev: usize,
    stream_form: bool,
    trailer: Dict,
    next: u32,
    objects: BTreeMap<u32, Vec<u8>>,
}

impl Increment {
    /// An increment over the last revision of `file`, which has no octet after it.
    pub(crate) fn over(file: &PdfFile<'_>) -> Option<Self> {
        let last = &file.revisions.get(file.last())?.section;
        let trailers = file.revisions.iter().map(|r| r.section.trailer.int("Size").unwrap_or(0));
        let listed = file.revisions.iter().filter_map(|r| r.section.entries.keys().next_back().copied()).max()?;
        let size = u32::try_from(trailers.max()?).ok()?.max(listed.checked_add(1)?);
        Some(Self {
            base: file.octets.len(),
            prev: last.at,
            stream_form: last.is_stream,
            trailer: last.trailer.clone(),
            next: size,
            objects: BTreeMap::new(),
        })
    }

    /// A number nobody has.
    pub(crate) fn number(&mut self) -> u32 {
        let number = self.next;
        self.next += 1;
        number
    }

    /// Puts an object, new or instead of the one of that number (generation 0).
    pub(crate) fn put(&mut self, number: u32, object: &Object) {
        let mut body = Vec::new();
        write_object(object, &mut body);
        self.objects.insert(number, body);
    }

    /// Puts a stream; its length is set here.
    pub(crate) fn put_stream(&mut self, number: u32, dict: &Dict, data: &[u8]) {
        let mut dict = dict.clone();
        dict.set("Length", Object::Int(data.len() as i64));
        let mut body = Vec::new();
        write_object(&Object::Dict(dict), &mut body);
        body.extend_from_slice(b"\nstream\n");
        body.extend_from_slice(data);
        body.extend_from_slice(b"\nendstream");
        self.objects.insert(number, body);
    }

    /// Puts a body written by the caller.
    pub(crate) fn put_raw(&mut self, number: u32, body: Vec<u8>) {
        self.objects.insert(number, body);
    }

    /// The octets to append, and where in the whole file the body of `of` begins. The second identifier of the file becomes `id`.
    pub(crate) fn finish(mut self, id: &[u8], of: Option<u32>, ends_line: bool) -> (Vec<u8>, Option<usize>) {
        let mut out = Vec::new();
        if !ends_line {
            out.push(b'\n');
        }
        let (mut places, mut place) = (BTreeMap::new(), None);
        for (number, body) in &self.objects {
            places.insert(*number, self.base + out.len());
            out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
            if of == Some(*number) {
                place = Some(self.base + out.len());
            }
            out.extend_from_slice(body);
            out.extend_from_slice(b"\nendobj\n");
        }
        let at = self.base + out.len();
        let own = self.stream_form.then(|| self.number());
        if let Some(own) = own {
            places.insert(own, at);
        }
        let mut trailer = self.trailer_dict(id);
        match own {
            None => {
                out.extend_from_slice(b"xref\n");
                out.extend_from_slice(table(&places).as_bytes());
                out.extend_from_slice(b"trailer\n");
                write_object(&Object::Dict(trailer), &mut out);
            }
            Some(own) => {
                let data = rows(&places, &mut trailer);
                out.extend_from_slice(format!("{own} 0 obj\n").as_bytes());
                write_object(&Object::Dict(trailer), &mut out);
                out.extend_from_slice(b"\nstream\n");
                out.extend_from_slice(&data);
                out.extend_from_slice(b"\nendstream\nendobj");
            }
        }
        out.extend_from_slice(format!("\nstartxref\n{at}\n%%EOF\n").as_bytes());
        (out, place)
    }

    fn trailer_dict(&self, id: &[u8]) -> Dict {
        let mut trailer = Dict::default();
        for key in ["Root", "Info", "ID"] {
            if let Some(value) = self.trailer.get(key) {
                trailer.set(key, value.clone());
            }
        }
        if let Some(Object::Array(ids)) = self.trailer.get("ID")
            && let [first, _] = ids.as_slice()
        {
            trailer.set("ID", Object::Array(vec![first.clone(), Object::Text(id.to_vec())]));
        }
        trailer.set("Size", Object::Int(i64::from(self.next)));
        trailer.set("Prev", Object::Int(self.prev as i64));
        trailer
    }
}

/// Runs of numbers that follow each other.
fn runs(places: &BTreeMap<u32, usize>) -> Vec<Vec<(u32, usize)>> {
    let mut runs: Vec<Vec<(u32, usize)>> = Vec::new();
    for (number, place) in places {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|(last, _)| last + 1 == *number) => run.push((*number, *place)),
            _ => runs.push(vec![(*number, *place)]),
        }
    }
    runs
}

fn table(places: &BTreeMap<u32, usize>) -> String {
    let mut text = String::new();
    for run in runs(places) {
        let first = run.first().map_or(0, |(number, _)| *number);
        text.push_str(&format!("{first} {}\n", run.len()));
        run.iter().for_each(|(_, place)| text.push_str(&format!("{place:010} 00000 n \n")));
    }
    text
}

fn rows(places: &BTreeMap<u32, usize>, trailer: &mut Dict) -> Vec<u8> {
    let (mut data, mut index) = (Vec::new(), Vec::new());
    for run in runs(places) {
        index.push(Object::Int(run.first().map_or(0, |(number, _)| i64::from(*number))));
        index.push(Object::Int(run.len() as i64));
        for (_, place) in run {
            data.push(1);
            data.extend_from_slice(&(place as u64).to_be_bytes()[3..]);
            data.push(0);
        }
    }
    trailer.set("Type", Object::name("XRef"));
    trailer.set("W", Object::Array([1, 5, 1].map(Object::Int).to_vec()));
    trailer.set("Index", Object::Array(index));
    trailer.set("Length", Object::Int(data.len() as i64));
    data
}

/// Writes an object; a stream is written as a reference to nothing and never asked for.
pub(crate) fn write_object(object: &Object, out: &mut Vec<u8>) {
    match object {
        Object::Null | Object::Stream(_) => out.extend_from_slice(b"null"),
        Object::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Object::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Object::Real(written) => out.extend_from_slice(written),
        Object::Name(name) => write_name(name, out),
        Object::Text(text) => out.extend_from_slice(&hex_string(text)),
        Object::Ref(number, generation) => out.extend_from_slice(format!("{number} {generation} R").as_bytes()),
        Object::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                write_object(item, out);
            }
            out.push(b']');
        }
        Object::Dict(dict) => {
            out.extend_from_slice(b"<<");
            for (key, value) in &dict.0 {
                write_name(key, out);
                out.push(b' ');
                write_object(value, out);
                out.push(b'\n');
            }
            out.extend_from_slice(b">>");
        }
    }
}

fn write_name(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for octet in name {
        if octet.is_ascii_graphic() && !b"()<>[]{}/%#".contains(octet) {
            out.push(*octet);
        } else {
            out.extend_from_slice(format!("#{octet:02X}").as_bytes());
        }
    }
}

/// A string in hexadecimal.
fn hex_string(octets: &[u8]) -> Vec<u8> {
    let mut out = vec![b'<'];
    out.extend_from_slice(hex::encode(octets).as_bytes());
    out.push(b'>');
    out
}

/// A text string: UTF-16BE with its mark unless it is plain ASCII.
pub(crate) fn literal(text: &str) -> Object {
    if text.is_ascii() && text.bytes().all(|c| c.is_ascii_graphic() || c == b' ') {
        return Object::Text(text.as_bytes().to_vec());
    }
    let units = text.encode_utf16().flat_map(u16::to_be_bytes);
    Object::Text([0xfe, 0xff].into_iter().chain(units).collect())
}

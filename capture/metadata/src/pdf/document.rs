//! A PDF opened: its trailer, and its objects fetched one by one under a budget of work.
use std::rc::Rc;

use super::object::{Dict, Lexer, Obj, Stop};
use super::stream;
use super::xref::{self, Place, Section};
use crate::input::{Input, WINDOW};

/// The first window of an object, and the longest.
const FIRST: usize = 1024;
const LONGEST: usize = 1 << 20;
/// The most octets looked at to read objects, and inflated, of a whole file.
const WORK: usize = 192 << 20;
/// The most octets that a stream of objects or of cross-references inflates to.
pub(super) const INFLATED: usize = 16 << 20;
/// The most sections of cross-references: one for each time the file was saved.
const SECTIONS: usize = 20_000;
/// The most references followed from one object to the next.
const HOPS: usize = 16;

/// An object, and where its stream begins when it has one.
#[derive(Debug, Clone, Default)]
pub(super) struct Loaded {
    pub(super) obj: Obj,
    pub(super) stream: Option<u64>,
}

/// The objects of a stream: number and place of each, and the octets.
pub(super) struct Packed {
    pub(super) objects: Vec<(u32, usize)>,
    pub(super) octets: Vec<u8>,
}

/// An open PDF.
pub(super) struct Document<'i, 'a> {
    input: &'i mut Input<'a>,
    /// What stands before the header moves all offsets, in most files.
    start: u64,
    sections: Vec<Section>,
    pub(super) trailer: Dict,
    pub(super) cut: Vec<String>,
    work: usize,
    kept: Option<(u32, Rc<Packed>)>,
    /// Whether objects were looked for one by one: those inside streams are then not found.
    pub(super) searched: bool,
}

impl<'i, 'a> Document<'i, 'a> {
    pub(super) fn open(input: &'i mut Input<'a>, start: u64) -> Self {
        let mut document = Self {
            input,
            start,
            sections: Vec::new(),
            trailer: Dict::default(),
            cut: Vec::new(),
            work: WORK,
            kept: None,
            searched: false,
        };
        if document.follow().is_none() || document.root().get("Pages").is_none() {
            document.search();
        }
        document
    }

    fn root(&mut self) -> Dict {
        self.trailer.get("Root").cloned().map(|root| self.resolve(&root).into_dict()).unwrap_or_default()
    }

    /// Follows the cross-references from the last to the first.
    fn follow(&mut self) -> Option<()> {
        let from = self.input.length().saturating_sub(2048);
        let tail = self.input.up_to(from, 2048);
        let last = tail.windows(9).rposition(|at| at == b"startxref")?;
        let mut lexer = Lexer::new(tail.get(last + 9..)?);
        let Ok(Obj::Int(place)) = lexer.object() else { return None };
        let mut next = vec![u64::try_from(place).ok()?];
        let mut seen = std::collections::BTreeSet::new();
        while let Some(place) = next.pop() {
            if !seen.insert(place) || self.sections.len() > SECTIONS {
                self.cut.push("Les références du PDF tournent en rond ou sont trop nombreuses.".to_owned());
                break;
            }
            let dict = self.section(place).or_else(|| self.section(place.checked_add(self.start)?))?;
            for key in ["Prev", "XRefStm"] {
                next.extend(dict.int(key).and_then(|place| u64::try_from(place).ok()));
            }
            self.trailer.complete(&dict);
        }
        Some(())
    }

    fn section(&mut self, place: u64) -> Option<Dict> {
        let window = self.input.up_to(place, 64);
        let blanks = window.iter().take_while(|c| c.is_ascii_whitespace()).count();
        if window.get(blanks..)?.starts_with(b"xref") {
            let (sections, trailer) = xref::table(self.input, place + blanks as u64 + 4)?;
            self.sections.extend(sections);
            return Some(self.parse(trailer)?.0.into_dict());
        }
        let loaded = self.load_at(place, None)?;
        let dict = loaded.obj.clone().into_dict();
        if !dict.is("Type", "XRef") {
            return None;
        }
        let octets = self.decode(&loaded, INFLATED).ok()?;
        self.sections.extend(xref::stream(&dict, octets)?);
        Some(dict)
    }

    /// The cross-references are of no use: the objects are looked for one by one.
    fn search(&mut self) {
        self.cut.push("Les références du PDF sont abîmées : ses objets ont été cherchés un à un.".to_owned());
        self.searched = true;
        let found = xref::search(self.input);
        if !found.whole {
            self.cut.push("PDF trop grand ou trop fourni : tous ses objets n'ont pas été cherchés.".to_owned());
        }
        let places: Vec<u64> = found.found.values().copied().collect();
        self.sections = vec![Section::Found(found.found)];
        let mut trailer = Dict::default();
        for place in found.trailers.iter().rev() {
            if let Some((obj, _)) = self.parse(*place) {
                trailer.complete(&obj.into_dict());
            }
        }
        if trailer.get("Root").is_none() {
            for place in places {
                let Some(dict) = self.load_at(place, None).map(|loaded| loaded.obj.into_dict()) else { continue };
                if dict.is("Type", "XRef") && dict.get("Root").is_some() {
                    trailer.complete(&dict);
                }
            }
        }
        self.trailer = trailer;
        self.kept = None;
    }

    /// Every number that has an object, as far as the sections say.
    pub(super) fn ranges(&self) -> Vec<(u32, u32)> {
        self.sections.iter().map(Section::range).collect()
    }

    pub(super) fn worn(&self) -> bool {
        self.work == 0
    }

    pub(super) fn place(&mut self, number: u32) -> Option<Place> {
        // A file saved twenty thousand times would make each look-up long.
        self.work = self.work.saturating_sub(self.sections.len());
        let Self { sections, input, .. } = self;
        sections.iter().find_map(|section| section.look(input, number))
    }

    /// The object of that number; nothing when it is not where it should be.
    pub(super) fn load(&mut self, number: u32) -> Option<Loaded> {
        match self.place(number)? {
            Place::Free => None,
            Place::At(place) => {
                let shifted = place.checked_add(self.start);
                self.load_at(place, Some(number)).or_else(|| self.load_at(shifted?, Some(number)))
            }
            Place::In { stream, index } => {
                let packed = self.packed(stream)?;
                let right = packed.objects.get(index).filter(|(found, _)| *found == number);
                let (_, at) = right.or_else(|| packed.objects.iter().find(|(found, _)| *found == number))?;
                self.unpack(&packed, *at)
            }
        }
    }

    pub(super) fn unpack(&mut self, packed: &Packed, at: usize) -> Option<Loaded> {
        let octets = packed.octets.get(at..)?;
        let mut lexer = Lexer::new(octets.get(..LONGEST).unwrap_or(octets));
        let obj = lexer.object();
        // What fails may have been looked through to its end.
        let looked = if obj.is_ok() { lexer.at } else { octets.len().min(LONGEST) };
        self.work = self.work.saturating_sub(looked + 64);
        Some(Loaded { obj: obj.ok()?, stream: None })
    }

    /// The stream of objects of that number, which may not be itself in one.
    pub(super) fn packed(&mut self, number: u32) -> Option<Rc<Packed>> {
        if let Some((kept, packed)) = &self.kept
            && *kept == number
        {
            return Some(packed.clone());
        }
        let Place::At(_) = self.place(number)? else { return None };
        let loaded = self.load(number)?;
        let Obj::Dict(dict) = &loaded.obj else { return None };
        let (count, first) = (dict.int("N")?, usize::try_from(dict.int("First")?).ok()?);
        let mut octets =
            self.decode(&loaded, INFLATED).map_err(|why| self.tell(format!("Flux d'objets : {why}."))).ok()?;
        // The last object ends with the stream.
        octets.push(b' ');
        let mut objects = Vec::new();
        let mut lexer = Lexer::new(octets.get(..first)?);
        for _ in 0..count {
            let Ok(Obj::Int(number)) = lexer.object() else { break };
            // The last number may end with the head.
            let place = match lexer.object() {
                Ok(Obj::Int(place)) => usize::try_from(place).ok(),
                _ => octets.get(lexer.at..first).and_then(|t| std::str::from_utf8(t).ok()?.trim().parse().ok()),
            };
            let (Ok(number), Some(place)) = (u32::try_from(number), place) else { break };
            objects.push((number, first.saturating_add(place)));
        }
        let packed = Rc::new(Packed { objects, octets });
        self.kept = Some((number, packed.clone()));
        Some(packed)
    }

    fn tell(&mut self, why: String) {
        if self.cut.len() < 20 && !self.cut.contains(&why) {
            self.cut.push(why);
        }
    }

    /// The object itself, or that which it refers to.
    pub(super) fn resolve(&mut self, obj: &Obj) -> Obj {
        let mut obj = obj.clone();
        for _ in 0..HOPS {
            let Obj::Ref(number) = obj else { return obj };
            obj = self.load(number).map(|loaded| loaded.obj).unwrap_or_default();
        }
        Obj::Null
    }

    /// The octets of a stream that is referred to.
    pub(super) fn stream(&mut self, reference: &Obj, most: usize) -> Result<Vec<u8>, String> {
        let Obj::Ref(number) = reference else { return Err("flux absent".to_owned()) };
        let loaded = self.load(*number).ok_or("flux absent")?;
        self.decode(&loaded, most)
    }

    fn decode(&mut self, loaded: &Loaded, most: usize) -> Result<Vec<u8>, String> {
        let (Obj::Dict(dict), Some(place)) = (&loaded.obj, loaded.stream) else { return Err("flux absent".to_owned()) };
        let length = dict.get("Length").cloned().map(|length| self.length(&length)).unwrap_or_default();
        let Obj::Int(length) = length else { return Err("longueur de flux illisible".to_owned()) };
        let length = usize::try_from(length).ok().filter(|length| *length <= WINDOW.min(self.work));
        let length = length.ok_or("flux trop long")?;
        let raw = self.input.up_to(place, length);
        let mut dict = dict.clone();
        // What is said elsewhere of the filters is fetched first.
        if let Some(Obj::Ref(_)) = dict.get("Filter") {
            let filter = dict.get("Filter").cloned().map(|filter| self.length(&filter));
            dict = dict.with("Filter", filter.unwrap_or_default());
        }
        let octets = stream::decode(raw, &dict, most);
        self.work = self.work.saturating_sub(length + octets.as_ref().map_or(most, Vec::len));
        octets
    }

    /// A reference in a stream's own dictionary: never followed into a stream of objects, which would need another length.
    fn length(&mut self, obj: &Obj) -> Obj {
        let Obj::Ref(number) = obj else { return obj.clone() };
        let Some(Place::At(place)) = self.place(*number) else { return Obj::Null };
        let shifted = place.saturating_add(self.start);
        let loaded = self.load_at(place, Some(*number)).or_else(|| self.load_at(shifted, Some(*number)));
        loaded.map(|loaded| loaded.obj).unwrap_or_default()
    }

    /// Reads `N G obj …` at a place; with `wanted` the number must be that one.
    fn load_at(&mut self, place: u64, wanted: Option<u32>) -> Option<Loaded> {
        let head = self.input.up_to(place, 48);
        let mut lexer = Lexer::new(&head);
        let Ok(Obj::Int(number)) = lexer.object() else { return None };
        let Ok(Obj::Int(_)) = lexer.object() else { return None };
        if wanted.is_some_and(|wanted| i64::from(wanted) != number) {
            return None;
        }
        let blanks = head.get(lexer.at..)?.iter().take_while(|c| c.is_ascii_whitespace()).count();
        let after = lexer.at + blanks;
        if !head.get(after..)?.starts_with(b"obj") {
            return None;
        }
        let (obj, end) = self.parse(place + after as u64 + 3)?;
        let stream = if matches!(obj, Obj::Dict(_)) { self.stream_place(end) } else { None };
        Some(Loaded { obj, stream })
    }

    fn stream_place(&mut self, end: u64) -> Option<u64> {
        let after = self.input.up_to(end, 64);
        let blanks = after.iter().take_while(|c| c.is_ascii_whitespace()).count();
        let rest = after.get(blanks..)?.strip_prefix(b"stream")?;
        let line =
            if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n") || rest.starts_with(b"\r")) };
        Some(end + (blanks + 6 + line) as u64)
    }

    /// One object at a place, in a window that grows until it holds it.
    fn parse(&mut self, place: u64) -> Option<(Obj, u64)> {
        let mut size = FIRST;
        loop {
            let mut window = self.input.up_to(place, size);
            if self.work < window.len() {
                self.work = 0;
                return None;
            }
            let all = window.len() < size;
            if all {
                // The file may end with its last object.
                window.push(b' ');
            }
            let mut lexer = Lexer::new(&window);
            let read = lexer.object();
            let looked = if read.is_ok() { lexer.at } else { window.len() };
            self.work = self.work.saturating_sub(looked);
            match read {
                Ok(obj) => return Some((obj, place + lexer.at as u64)),
                Err(Stop::Short) if !all && size < LONGEST => size *= 4,
                Err(_) => return None,
            }
        }
    }
}

//! What one revision changes of the one before. After a signature only these are admitted: a signature field with its
//! widget, its appearance and its place in the structure; a signature or a document timestamp in a field; pieces of the
//! security store. Every object of the revision must be explained by one of them.
mod form;
mod structure;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::pdf::{Dict, Entry, Object, PdfFile};
use super::{active, pages};

/// What was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Added {
    Signature,
    Stamp,
    EmptyField,
    Store,
}

/// Something that is not admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    pub(super) found: String,
}

/// A widget that shows something.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) page: Option<u32>,
    pub(super) rect: [f64; 4],
}

/// The result for one revision.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) added: BTreeSet<Added>,
    pub(super) shown: Vec<Shown>,
    pub(super) faults: Vec<Fault>,
}

/// What no new object may hold: content that comes and goes, and files.
const FORBIDDEN: [&str; 6] = ["OC", "OCGs", "OCProperties", "EF", "OpenAction", "A"];
const MAX_FAULTS: usize = 40;

/// Compares revision `new` with the one before.
pub(super) fn check(file: &PdfFile<'_>, new: usize) -> Changes {
    let mut walk = Walk {
        file,
        old: new.saturating_sub(1),
        new,
        explained: BTreeSet::new(),
        widgets: BTreeMap::new(),
        references: None,
        result: Changes::default(),
    };
    walk.trailers();
    walk.catalog();
    walk.pages();
    walk.structure();
    walk.leftovers();
    walk.result.faults.truncate(MAX_FAULTS);
    walk.result
}

struct Walk<'f, 'a> {
    file: &'f PdfFile<'a>,
    old: usize,
    new: usize,
    explained: BTreeSet<u32>,
    /// The new widgets, each with its page.
    widgets: BTreeMap<u32, Option<u32>>,
    /// How often each object is referred to in the old revision.
    references: Option<BTreeMap<u32, usize>>,
    result: Changes,
}

impl Walk<'_, '_> {
    fn fault(&mut self, code: &'static str, found: impl Into<String>) {
        self.result.faults.push(Fault { code, found: found.into() });
    }

    fn was(&self, number: u32) -> Option<Rc<Object>> {
        self.file.get(number, self.old)
    }

    fn is(&self, number: u32) -> Option<Rc<Object>> {
        self.file.get(number, self.new)
    }

    fn touched(&self, number: u32) -> bool {
        self.file.revisions.get(self.new).is_some_and(|r| r.section.entries.contains_key(&number))
    }

    fn existed(&self, number: u32) -> bool {
        !matches!(self.file.entry(number, self.old), None | Some((_, Entry::Free)))
    }

    fn is_new(&self, number: u32) -> bool {
        self.touched(number) && !self.existed(number)
    }

    /// Whether one place alone of the old revision refers to that object: what is shared is never changed.
    fn sole(&mut self, number: u32) -> bool {
        let (file, old) = (self.file, self.old);
        let counted = self.references.get_or_insert_with(|| {
            let mut counted = BTreeMap::new();
            for number in file.numbers(old) {
                if let Some(object) = file.get(number, old) {
                    object.references(&mut |to| *counted.entry(to).or_insert(0) += 1);
                }
            }
            counted
        });
        counted.get(&number).copied().unwrap_or(0) <= 1
    }

    fn trailers(&mut self) {
        let (Some(was), Some(is)) = (self.file.trailer(self.old), self.file.trailer(self.new)) else { return };
        let first = |trailer: &Dict| trailer.get("ID").and_then(Object::array).and_then(|ids| ids.first().cloned());
        for key in ["Root", "Info", "Encrypt"] {
            if was.get(key) != is.get(key) {
                self.fault("pv.sig.trailer", key);
            }
        }
        if first(was) != first(is) {
            self.fault("pv.sig.trailer", "ID");
        }
    }

    fn catalog(&mut self) {
        let (Some((number, was)), Some((_, is))) = (self.file.catalog(self.old), self.file.catalog(self.new)) else {
            return self.fault("pv.sig.change", "catalogue");
        };
        const OWN: [&str; 4] = ["AcroForm", "Perms", "DSS", "Extensions"];
        if !was.without(&OWN).same(&is.without(&OWN)) {
            self.fault("pv.sig.change", "catalogue");
        }
        self.explained.insert(number);
        self.form(&was, &is);
        if was.get("Perms") != is.get("Perms") {
            let set = was.get("Perms").is_none() && self.result.added.contains(&Added::Signature);
            self.fault(if set { "pv.sig.certified_late" } else { "pv.sig.certified" }, "Perms");
        }
        if let Some(store) = is.get("DSS") {
            let before = self.explained.len();
            self.store(store, 0);
            if self.explained.len() > before || was.get("DSS") != is.get("DSS") {
                self.result.added.insert(Added::Store);
            }
        }
        if was.get("DSS").is_some() && is.get("DSS").is_none() {
            self.fault("pv.sig.change", "DSS");
        }
        if let Some(extensions) = is.get("Extensions") {
            self.harmless(extensions, 0);
        }
    }

    /// The security store: its dictionaries and lists may change, its pieces may only be added.
    fn store(&mut self, object: &Object, depth: usize) {
        if depth > 8 {
            return self.fault("pv.sig.change", "DSS");
        }
        match object {
            Object::Ref(number, _) if self.touched(*number) && !self.explained.contains(number) => {
                let changed = self.existed(*number);
                if changed && (matches!(self.was(*number).as_deref(), Some(Object::Stream(_))) || !self.sole(*number)) {
                    return self.fault("pv.sig.change", format!("DSS, objet {number}"));
                }
                self.explained.insert(*number);
                if let Some(object) = self.is(*number) {
                    self.store(&object, depth + 1);
                }
            }
            Object::Array(items) => items.iter().for_each(|item| self.store(item, depth + 1)),
            Object::Dict(dict) => dict.0.iter().for_each(|(_, value)| self.store(value, depth + 1)),
            Object::Stream(stream) => {
                let known = [b"Length".as_slice(), b"Filter", b"DecodeParms", b"Type"];
                if !stream.dict.keys().all(|key| known.contains(&key)) {
                    self.fault("pv.sig.change", "DSS : flux inattendu");
                }
            }
            _ => {}
        }
    }

    /// New objects that hang on what is admitted: followed, and refused when they hold what acts or what is optional.
    fn harmless(&mut self, object: &Object, depth: usize) {
        if depth > 32 {
            return self.fault("pv.sig.change", "objets trop imbriqués");
        }
        match object {
            Object::Ref(number, _) => {
                if self.is_new(*number)
                    && self.explained.insert(*number)
                    && let Some(object) = self.is(*number)
                {
                    self.harmless(&object, depth + 1);
                }
            }
            Object::Array(items) => items.iter().for_each(|item| self.harmless(item, depth + 1)),
            _ => {
                let Some(dict) = object.dict() else { return };
                let forbidden = dict.keys().find(|key| FORBIDDEN.iter().any(|f| f.as_bytes() == *key));
                let forbidden = forbidden.map(|key| String::from_utf8_lossy(key).into_owned());
                if let Some(what) = forbidden.or_else(|| active::within(object, 0)) {
                    self.fault("pv.sig.change", what);
                }
                dict.0.iter().for_each(|(_, value)| self.harmless(value, depth + 1));
            }
        }
    }

    /// A page: new widgets at the end of its annotations, and nothing else.
    fn pages(&mut self) {
        let touched: Vec<u32> = self.touched_numbers().filter(|number| self.existed(*number)).collect();
        for number in touched {
            let (was, is) = (self.was(number), self.is(number));
            let Some(was) = was.as_deref().and_then(Object::dict).filter(|dict| dict.is("Type", "Page")) else {
                continue;
            };
            let Some(is) = is.as_deref().and_then(Object::dict) else {
                self.fault("pv.sig.pages", format!("objet {number}"));
                continue;
            };
            self.explained.insert(number);
            let tabs = was.get("Tabs").is_none() && is.is("Tabs", "S");
            let own: &[&str] = if tabs { &["Annots", "Tabs"] } else { &["Annots"] };
            if !was.without(own).same(&is.without(own)) {
                self.fault("pv.sig.pages", format!("page changée (objet {number})"));
            }
            match self.additions(was.get("Annots"), is.get("Annots")) {
                None => self.fault("pv.sig.annotation", format!("page (objet {number})")),
                Some(added) => added.iter().for_each(|item| self.annotation(number, item)),
            }
        }
        let lists: Vec<(Object, u32)> = pages::all(self.file, self.old)
            .unwrap_or_default()
            .into_iter()
            .filter(|page| !self.touched(*page))
            .filter_map(|page| Some((self.was(page)?.dict()?.get("Annots")?.clone(), page)))
            .collect();
        for (annotations, page) in lists {
            if annotations.reference().is_some_and(|number| self.touched(number)) {
                match self.additions(Some(&annotations), Some(&annotations)) {
                    None => self.fault("pv.sig.annotation", format!("page (objet {page})")),
                    Some(added) => added.iter().for_each(|item| self.annotation(page, item)),
                }
            }
        }
        if pages::all(self.file, self.old) != pages::all(self.file, self.new) {
            self.fault("pv.sig.pages", "liste des pages");
        }
    }

    fn annotation(&mut self, page: u32, item: &Object) {
        let own = item.reference().and_then(|number| self.widgets.get(&number));
        if !own.is_some_and(|own| own.is_none_or(|own| own == page)) {
            self.fault("pv.sig.annotation", format!("annotation ajoutée à la page (objet {page})"));
        }
    }

    /// What `new` has after all that `old` has; `None` when something of `old` changed. A list that is an object of its own
    /// and changed is explained here.
    fn additions(&mut self, old: Option<&Object>, new: Option<&Object>) -> Option<Vec<Object>> {
        let items = |value: Option<&Object>, revision| -> Option<Vec<Object>> {
            let Some(value) = value else { return Some(Vec::new()) };
            match self.file.follow(value, revision)?.as_ref() {
                Object::Array(list) => Some(list.clone()),
                Object::Null => Some(Vec::new()),
                _ => Some(vec![value.clone()]),
            }
        };
        let (was, is) = (items(old, self.old)?, items(new, self.new)?);
        if let Some(number) = new.and_then(Object::reference)
            && self.touched(number)
            && matches!(self.is(number).as_deref(), Some(Object::Array(_)))
        {
            if self.existed(number) && old.and_then(Object::reference) != Some(number) {
                return None;
            }
            self.explain_changed(number);
        }
        is.strip_prefix(was.as_slice()).map(<[Object]>::to_vec)
    }

    /// An object that may change as long as nothing else uses it.
    fn explain_changed(&mut self, number: u32) {
        if self.existed(number) && !self.sole(number) {
            return self.fault("pv.sig.change", format!("objet {number} partagé"));
        }
        self.explained.insert(number);
    }

    fn touched_numbers(&self) -> impl Iterator<Item = u32> + use<'_> {
        self.file.revisions.get(self.new).into_iter().flat_map(|r| r.section.entries.keys().copied())
    }

    /// Everything else that the revision holds.
    fn leftovers(&mut self) {
        let left: Vec<u32> = self.touched_numbers().filter(|number| !self.explained.contains(number)).collect();
        for number in left {
            let entry = self.file.entry(number, self.new).map(|(_, entry)| entry);
            let (was, is) = (self.was(number), self.is(number));
            let kind = |object: &Option<Rc<Object>>, name: &str| {
                object.as_ref().is_some_and(|o| o.dict().is_some_and(|d| d.is("Type", name)))
            };
            if entry == Some(Entry::Free) {
                if self.existed(number) {
                    self.fault("pv.sig.change", format!("objet {number} supprimé"));
                }
            } else if !self.existed(number) {
                // Its own table, and the streams its objects are in.
                if !kind(&is, "XRef") && !kind(&is, "ObjStm") {
                    self.fault("pv.sig.unexplained", format!("objet {number}"));
                }
            } else if was.is_none() || was != is {
                let stream = matches!(was.as_deref(), Some(Object::Stream(_)));
                let code = match () {
                    () if kind(&was, "Pages") || kind(&was, "Page") => "pv.sig.pages",
                    () if kind(&was, "Annot") => "pv.sig.annotation",
                    () if stream || kind(&was, "Font") => "pv.sig.content",
                    () => "pv.sig.change",
                };
                self.fault(code, format!("objet {number} changé"));
            }
        }
    }
}

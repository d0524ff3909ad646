//! A signature field as a new revision: field and widget, its place in the structure tree (PDF/UA-1, 7.18.4), and the
//! signature dictionary with room for what is signed afterwards (ISO 32000-1, 12.7.4.5 and 12.8.1).
use std::ops::Range;

use super::edit::{Edit, broken};
use super::pdf::{Dict, Object, PdfFile, literal, write_object};
use super::{PadesError, Visible, appearance, pages};

/// What to make.
pub(super) struct FieldPlan<'p> {
    /// Name of the field.
    pub(super) name: String,
    /// What a screen reader says of it.
    pub(super) tooltip: String,
    /// The signature dictionary but ByteRange and Contents.
    pub(super) value: Dict,
    /// Octets kept for Contents.
    pub(super) room: usize,
    /// Where it is shown; `None` shows nothing.
    pub(super) visible: Option<&'p Visible<'p>>,
    /// The access permission of a certification (ISO 32000-1, 12.8.2.2).
    pub(super) certify: Option<u8>,
}

/// A file ready to be signed.
pub(super) struct Prepared {
    pub(super) octets: Vec<u8>,
    /// The octets that nothing covers: Contents with its brackets.
    gap: Range<usize>,
}

impl Prepared {
    /// What is signed.
    pub(super) fn covered(&self) -> Vec<u8> {
        let (before, after) = (self.octets.get(..self.gap.start), self.octets.get(self.gap.end..));
        [before.unwrap_or_default(), after.unwrap_or_default()].concat()
    }

    /// The file with its signature.
    pub(super) fn filled(mut self, contents: &[u8]) -> Result<Vec<u8>, PadesError> {
        let text = hex::encode(contents);
        let place = self.gap.start + 1..self.gap.start + 1 + text.len();
        if place.end >= self.gap.end {
            return Err(PadesError::Room { needed: contents.len() });
        }
        if let Some(slots) = self.octets.get_mut(place) {
            slots.copy_from_slice(text.as_bytes());
        }
        Ok(self.octets)
    }
}

/// Prints, and may not be moved (ISO 32000-1, 12.5.3): bits 3 and 8.
const FLAGS: i64 = 4 + 128;
/// Width of each number of ByteRange.
const WIDTH: usize = 10;

/// Makes the revision.
pub(super) fn prepare(file: &PdfFile<'_>, plan: &FieldPlan<'_>, id: &[u8]) -> Result<Prepared, PadesError> {
    let mut edit = Edit::new(file)?;
    let page = pages::number(file, plan.visible.map_or(0, |visible| visible.page.saturating_sub(1)))?;
    let value = edit.increment.number();
    let field = edit.increment.number();
    let mut widget = Dict::default();
    for (key, name) in [("Type", "Annot"), ("Subtype", "Widget"), ("FT", "Sig")] {
        widget.set(key, Object::name(name));
    }
    widget.set("T", literal(&plan.name));
    widget.set("TU", literal(&plan.tooltip));
    widget.set("V", Object::Ref(value, 0));
    widget.set("F", Object::Int(FLAGS));
    widget.set("P", Object::Ref(page, 0));
    match plan.visible {
        None => widget.set("Rect", Object::Array(nowhere(file, page))),
        Some(visible) => {
            let shown = appearance::make(file, page, visible)?;
            let stream = edit.increment.number();
            edit.increment.put_stream(stream, &shown.dict, &shown.content);
            widget.set("Rect", Object::Array(shown.rect.to_vec()));
            widget.set("AP", Object::Dict(Dict(vec![(b"N".to_vec(), Object::Ref(stream, 0))])));
        }
    }
    // Outside the page a widget is no part of what is read (PDF/UA-1, 7.18.1), and the structure stays as it was signed.
    if plan.visible.is_some() {
        structure(&mut edit, field, page, &mut widget)?;
    }
    edit.set(field, widget);
    annotation(&mut edit, page, field)?;
    form(&mut edit, field, plan.certify.map(|_| value))?;
    let body = value_body(plan);
    let (ranges, contents) = (body.ranges, body.contents.clone());
    edit.increment.put_raw(value, body.octets);
    let (mut octets, place) = edit.finish(id, Some(value));
    let place = place.ok_or_else(|| broken("signature"))?;
    let gap = place + contents.start..place + contents.end;
    let after = octets.len() - gap.end;
    let numbers = format!("[0 {} {} {after}]", gap.start, gap.end);
    let slot = octets.get_mut(place + ranges..place + ranges + numbers.len()).ok_or_else(|| broken("ByteRange"))?;
    slot.copy_from_slice(numbers.as_bytes());
    Ok(Prepared { octets, gap })
}

/// A rectangle without width nor height, below and left of the page.
fn nowhere(file: &PdfFile<'_>, page: u32) -> Vec<Object> {
    let [left, bottom, ..] = pages::shown(file, page, file.last()).unwrap_or_default();
    let (x, y) = (Object::Int(left.floor() as i64 - 10), Object::Int(bottom.floor() as i64 - 10));
    vec![x.clone(), y.clone(), x, y]
}

struct Body {
    octets: Vec<u8>,
    /// Where ByteRange is written.
    ranges: usize,
    /// Where Contents is, with its brackets.
    contents: Range<usize>,
}

/// The signature dictionary, with spaces where ByteRange goes and zeros where Contents goes.
fn value_body(plan: &FieldPlan<'_>) -> Body {
    let mut octets = b"<<".to_vec();
    for (key, value) in &plan.value.0 {
        write_object(&Object::Name(key.clone()), &mut octets);
        octets.push(b' ');
        write_object(value, &mut octets);
        octets.push(b'\n');
    }
    if let Some(permission) = plan.certify {
        let text = format!(
            "/Reference [<</Type /SigRef /TransformMethod /DocMDP /TransformParams <</Type /TransformParams /P \
             {permission} /V /1.2>>>>]\n"
        );
        octets.extend_from_slice(text.as_bytes());
    }
    octets.extend_from_slice(b"/ByteRange ");
    let ranges = octets.len();
    octets.extend(std::iter::repeat_n(b' ', 4 * (WIDTH + 1) + 2));
    octets.extend_from_slice(b"\n/Contents ");
    let from = octets.len();
    octets.push(b'<');
    octets.extend(std::iter::repeat_n(b'0', plan.room * 2));
    octets.push(b'>');
    let contents = from..octets.len();
    octets.extend_from_slice(b">>");
    Body { octets, ranges, contents }
}

/// The widget among the annotations of its page, read in the order of the structure.
fn annotation(edit: &mut Edit<'_, '_>, page: u32, field: u32) -> Result<(), PadesError> {
    let mut dict = edit.dict(page)?;
    edit.append(&mut dict, "Annots", &[Object::Ref(field, 0)])?;
    if dict.get("Tabs").is_none() {
        dict.set("Tabs", Object::name("S"));
    }
    edit.set(page, dict);
    Ok(())
}

/// The field in the form; with `certified`, the permissions of the document.
fn form(edit: &mut Edit<'_, '_>, field: u32, certified: Option<u32>) -> Result<(), PadesError> {
    let root = edit.root()?;
    let mut catalog = edit.dict(root)?;
    let reference = catalog.get("AcroForm").and_then(Object::reference);
    let mut form = match (catalog.get("AcroForm"), reference) {
        (_, Some(number)) => edit.dict(number)?,
        (Some(Object::Dict(dict)), _) => dict.clone(),
        (None, _) => Dict::default(),
        _ => return Err(broken("AcroForm")),
    };
    if form.get("XFA").is_some() {
        return Err(PadesError::Active { what: "formulaire XFA".into() });
    }
    edit.append(&mut form, "Fields", &[Object::Ref(field, 0)])?;
    form.set("SigFlags", Object::Int(3));
    match reference {
        Some(number) => edit.set(number, form),
        None => {
            let number = edit.add(form);
            catalog.set("AcroForm", Object::Ref(number, 0));
        }
    }
    if let Some(value) = certified {
        catalog.set("Perms", Object::Dict(Dict(vec![(b"DocMDP".to_vec(), Object::Ref(value, 0))])));
    }
    edit.set(root, catalog);
    Ok(())
}

/// A `Form` element that holds the widget, at the end of the document; nothing in a file without structure.
fn structure(edit: &mut Edit<'_, '_>, field: u32, page: u32, widget: &mut Dict) -> Result<(), PadesError> {
    let root = edit.root()?;
    let Some(tree) = edit.dict(root)?.get("StructTreeRoot").cloned() else { return Ok(()) };
    let tree = tree.reference().ok_or_else(|| broken("StructTreeRoot"))?;
    let mut top = edit.dict(tree)?;
    let parent = document(edit, &top).unwrap_or(tree);
    let reference = Dict(vec![
        (b"Type".to_vec(), Object::name("OBJR")),
        (b"Obj".to_vec(), Object::Ref(field, 0)),
        (b"Pg".to_vec(), Object::Ref(page, 0)),
    ]);
    let element = Dict(vec![
        (b"Type".to_vec(), Object::name("StructElem")),
        (b"S".to_vec(), Object::name("Form")),
        (b"P".to_vec(), Object::Ref(parent, 0)),
        (b"Pg".to_vec(), Object::Ref(page, 0)),
        (b"K".to_vec(), Object::Array(vec![Object::Dict(reference)])),
    ]);
    let element = edit.add(element);
    let key = parent_key(edit, &mut top, element)?;
    widget.set("StructParent", Object::Int(key));
    if parent == tree {
        edit.append(&mut top, "K", &[Object::Ref(element, 0)])?;
    }
    edit.set(tree, top);
    if parent != tree {
        let mut dict = edit.dict(parent)?;
        edit.append(&mut dict, "K", &[Object::Ref(element, 0)])?;
        edit.set(parent, dict);
    }
    Ok(())
}

/// The element `Document` at the top of the tree.
fn document(edit: &Edit<'_, '_>, top: &Dict) -> Option<u32> {
    let kids = edit.file.value(top, "K", edit.file.last())?;
    let first = match (&*kids, top.get("K")) {
        (Object::Array(items), _) => items.first()?.reference()?,
        (_, Some(Object::Ref(number, _))) => *number,
        _ => return None,
    };
    let dict = edit.dict(first).ok()?;
    dict.is("S", "Document").then_some(first)
}

/// Enters `element` in the parent tree, under the key it gives.
fn parent_key(edit: &mut Edit<'_, '_>, top: &mut Dict, element: u32) -> Result<i64, PadesError> {
    let reference = top.get("ParentTree").and_then(Object::reference);
    let mut tree = match (top.get("ParentTree"), reference) {
        (_, Some(number)) => edit.dict(number)?,
        (Some(Object::Dict(dict)), _) => dict.clone(),
        (None, _) => Dict::default(),
        _ => return Err(broken("ParentTree")),
    };
    let last = highest(edit, &tree, 0).unwrap_or(-1);
    let key = top.int("ParentTreeNextKey").unwrap_or(0).max(last + 1);
    let pair = [Object::Int(key), Object::Ref(element, 0)];
    if tree.get("Kids").is_some() {
        let mut leaf = Dict::default();
        leaf.set("Limits", Object::Array(vec![Object::Int(key); 2]));
        leaf.set("Nums", Object::Array(pair.to_vec()));
        let leaf = edit.add(leaf);
        edit.append(&mut tree, "Kids", &[Object::Ref(leaf, 0)])?;
    } else {
        edit.append(&mut tree, "Nums", &pair)?;
    }
    match reference {
        Some(number) => edit.set(number, tree),
        None => top.set("ParentTree", Object::Dict(tree)),
    }
    top.set("ParentTreeNextKey", Object::Int(key + 1));
    Ok(key)
}

/// The highest key of a number tree.
fn highest(edit: &Edit<'_, '_>, node: &Dict, depth: usize) -> Option<i64> {
    if depth > 16 {
        return None;
    }
    let last = edit.file.last();
    let own = edit.file.value(node, "Nums", last).and_then(|nums| {
        let keys = nums.array()?.iter().step_by(2);
        keys.filter_map(|key| if let Object::Int(key) = key { Some(*key) } else { None }).max()
    });
    let kids = edit.file.value(node, "Kids", last);
    let below = kids.as_deref().and_then(Object::array).unwrap_or_default().iter().filter_map(|kid| {
        let kid = edit.file.follow(kid, last)?;
        highest(edit, kid.dict()?, depth + 1)
    });
    own.into_iter().chain(below).max()
}

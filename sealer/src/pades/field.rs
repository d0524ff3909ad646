//! A signature field as a new revision: field and widget, places kept for other signatures, and the signature dictionary with room for what is signed afterwards (ISO 32000-1, 12.7.4.5 and 12.8.1).
use std::ops::Range;

use super::edit::{Edit, broken};
use super::pdf::{Dict, Object, PdfFile, literal, write_object};
use super::tree::structure;
use super::{Look, PadesError, Place, appearance, fields, pages};

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
    /// Where it is shown; `None` shows nothing, unless a place was kept for it.
    pub(super) place: Option<Place>,
    /// What is shown there.
    pub(super) look: Option<&'p Look<'p>>,
    /// The access permission of a certification (ISO 32000-1, 12.8.2.2).
    pub(super) certify: Option<u8>,
    /// The places kept for signatures to come, by their roles.
    pub(super) reserve: &'p [(String, Place)],
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
    let value = edit.increment.number();
    let (present, _) = fields::list(file, file.last());
    match present.iter().find(|field| field.name == plan.name) {
        Some(kept) => {
            let mut widget = edit.dict(kept.number)?;
            widget.set("V", Object::Ref(value, 0));
            let rect: Vec<f64> = kept.rect();
            if let (Ok(rect), Some(look)) = (<[f64; 4]>::try_from(rect), plan.look)
                && rect[2] - rect[0] > 1.0
                && rect[3] - rect[1] > 1.0
            {
                show(&mut edit, &mut widget, look, rect)?;
            }
            edit.set(kept.number, widget);
        }
        None => {
            let field = add(&mut edit, &plan.name, &plan.tooltip, plan.place.as_ref(), plan.look, Some(value))?;
            form(&mut edit, field, plan.certify.map(|_| value))?;
        }
    }
    for (role, place) in plan.reserve {
        let tooltip = format!("Place de la signature électronique : {role}");
        let field = add(&mut edit, role, &tooltip, Some(place), None, None)?;
        form(&mut edit, field, None)?;
    }
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

/// A field with its widget on its page, and in the structure when it shows.
fn add(
    edit: &mut Edit<'_, '_>,
    name: &str,
    tooltip: &str,
    place: Option<&Place>,
    look: Option<&Look<'_>>,
    value: Option<u32>,
) -> Result<u32, PadesError> {
    let file = edit.file;
    let page = pages::number(file, place.map_or(1, |place| place.page))?;
    let field = edit.increment.number();
    let mut widget = Dict::default();
    for (key, name) in [("Type", "Annot"), ("Subtype", "Widget"), ("FT", "Sig")] {
        widget.set(key, Object::name(name));
    }
    widget.set("T", literal(name));
    widget.set("TU", literal(tooltip));
    if let Some(value) = value {
        widget.set("V", Object::Ref(value, 0));
    }
    widget.set("F", Object::Int(FLAGS));
    widget.set("P", Object::Ref(page, 0));
    match place {
        // Outside the page a widget is no part of what is read (PDF/UA-1, 7.18.1), and the structure stays as it was signed.
        None => widget.set("Rect", Object::Array(nowhere(file, page))),
        Some(place) => {
            let rect = appearance::rectangle(file, page, place)?;
            widget.set("Rect", Object::Array(rect.map(appearance::real).to_vec()));
            match look {
                Some(look) => show(edit, &mut widget, look, rect)?,
                // PDF/A asks every widget that has a size for an appearance (ISO 19005-3, 6.3.3).
                None => show(edit, &mut widget, &Look { lines: Vec::new(), font: &[] }, rect)?,
            }
            structure(edit, field, page, &mut widget)?;
        }
    }
    edit.set(field, widget);
    annotation(edit, page, field)?;
    Ok(field)
}

/// Gives a widget its appearance.
fn show(edit: &mut Edit<'_, '_>, widget: &mut Dict, look: &Look<'_>, rect: [f64; 4]) -> Result<(), PadesError> {
    let shown = appearance::make(look, rect)?;
    let stream = edit.increment.number();
    edit.increment.put_stream(stream, &shown.dict, &shown.content);
    widget.set("AP", Object::Dict(Dict(vec![(b"N".to_vec(), Object::Ref(stream, 0))])));
    Ok(())
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

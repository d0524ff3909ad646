//! The pages of a file, in order.
use std::collections::BTreeSet;

use super::pdf::{Dict, Object, PdfFile};
use super::{PadesError, Place};

/// Pages of a file at most.
const MAX: usize = 100_000;

/// The objects of all pages, as `revision` shows them; `None` when the tree is broken.
pub(super) fn all(file: &PdfFile<'_>, revision: usize) -> Option<Vec<u32>> {
    let (_, catalog) = file.catalog(revision)?;
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    let mut waiting = vec![catalog.reference("Pages")?];
    while let Some(number) = waiting.pop() {
        if !seen.insert(number) || seen.len() > MAX {
            return None;
        }
        let object = file.get(number, revision)?;
        let dict = object.dict()?;
        if dict.is("Type", "Page") {
            found.push(number);
            continue;
        }
        let kids = file.value(dict, "Kids", revision)?;
        waiting.extend(kids.array()?.iter().rev().filter_map(Object::reference));
    }
    Some(found)
}

/// The object of a page, counted from one.
pub(super) fn number(file: &PdfFile<'_>, page: usize) -> Result<u32, PadesError> {
    let all = all(file, file.last()).ok_or_else(|| super::edit::broken("arbre des pages"))?;
    let index = if page == Place::LAST_PAGE { all.len() } else { page };
    let found = index.checked_sub(1).and_then(|index| all.get(index)).copied();
    found.ok_or(PadesError::Page { asked: page, pages: all.len() })
}

/// The page's box as it is shown: left, bottom, right, top, inherited if need be.
pub(super) fn shown(file: &PdfFile<'_>, page: u32, revision: usize) -> Option<[f64; 4]> {
    let of = |key| inherited(file, page, key, revision);
    let found = of("CropBox").or_else(|| of("MediaBox"))?;
    let numbers: Option<Vec<f64>> = found.array()?.iter().map(float).collect();
    let [x0, y0, x1, y1] = numbers?.try_into().ok()?;
    Some([x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)])
}

/// Whether the page is shown turned.
pub(super) fn is_turned(file: &PdfFile<'_>, page: u32, revision: usize) -> bool {
    !matches!(inherited(file, page, "Rotate", revision), None | Some(Object::Int(0)))
}

fn inherited(file: &PdfFile<'_>, page: u32, key: &str, revision: usize) -> Option<Object> {
    let mut number = page;
    for _ in 0..32 {
        let object = file.get(number, revision)?;
        let dict: &Dict = object.dict()?;
        if let Some(value) = file.value(dict, key, revision) {
            return Some((*value).clone());
        }
        number = dict.reference("Parent")?;
    }
    None
}

/// A number, whole or not.
pub(super) fn float(object: &Object) -> Option<f64> {
    match object {
        Object::Int(number) => Some(*number as f64),
        Object::Real(written) => std::str::from_utf8(written).ok()?.parse().ok(),
        _ => None,
    }
}

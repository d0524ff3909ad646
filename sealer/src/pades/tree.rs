//! Where a visible signature field stands in the structure tree of a tagged PDF (PDF/UA-1, 7.18.4).
use super::PadesError;
use super::edit::{Edit, broken};
use super::pdf::{Dict, Object};

/// A `Form` element that holds the widget, at the end of the document; nothing in a file without structure.
pub(super) fn structure(edit: &mut Edit<'_, '_>, field: u32, page: u32, widget: &mut Dict) -> Result<(), PadesError> {
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
        (b"K".to_vec(), Object::Dict(reference)),
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

//! What acts by itself in a PDF: scripts, programs started, forms sent, sounds and films. A signed act holds none of it.
use super::pdf::{Object, PdfFile};

/// Kinds of action that do more than go somewhere in the document or follow a link (ISO 32000-1, 12.6.4).
const ACTIONS: [&str; 12] = [
    "JavaScript",
    "Launch",
    "SubmitForm",
    "ResetForm",
    "ImportData",
    "Rendition",
    "Movie",
    "Sound",
    "Hide",
    "SetOCGState",
    "RichMediaExecute",
    "GoToE",
];
/// How deep objects are looked into.
const DEPTH: usize = 64;

/// What a revision holds of it, in words; the first met.
pub(super) fn found(file: &PdfFile<'_>, revision: usize) -> Option<String> {
    file.numbers(revision).into_iter().find_map(|number| {
        let object = file.get(number, revision)?;
        within(&object, 0).map(|what| format!("{what} (objet {number})"))
    })
}

/// What an object holds of it.
pub(super) fn within(object: &Object, depth: usize) -> Option<String> {
    if depth > DEPTH {
        return Some("des objets trop imbriqués".into());
    }
    match object {
        Object::Array(items) => items.iter().find_map(|item| within(item, depth + 1)),
        Object::Dict(dict) | Object::Stream(super::pdf::Stream { dict, .. }) => {
            let action = dict.name("S").map(String::from_utf8_lossy).filter(|name| ACTIONS.contains(&name.as_ref()));
            // `S` names the kind of other things too: an action has what its kind asks for, or says its type.
            if let Some(name) = action.filter(|name| name == "JavaScript" || !is_structure(dict)) {
                return Some(format!("une action « {name} »"));
            }
            if dict.get("AA").is_some() {
                return Some("des actions déclenchées d'elles-mêmes".into());
            }
            if dict.get("JS").is_some() || dict.get("JavaScript").is_some() {
                return Some("du JavaScript".into());
            }
            dict.0.iter().find_map(|(_, value)| within(value, depth + 1))
        }
        _ => None,
    }
}

fn is_structure(dict: &super::pdf::Dict) -> bool {
    dict.is("Type", "StructElem") || dict.get("Pg").is_some()
}

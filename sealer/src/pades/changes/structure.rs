//! The structure tree of a tagged PDF: a new `Form` element for each new widget, its entry in the parent tree, nothing else.
use super::Walk;
use crate::pades::pdf::{Dict, Object};

/// Keys of a new element.
const ELEMENT_KEYS: [&str; 8] = ["Type", "S", "P", "Pg", "K", "Alt", "T", "Lang"];

impl Walk<'_, '_> {
    /// Checks what the revision changes of the structure.
    pub(super) fn structure(&mut self) {
        let Some((_, catalog)) = self.file.catalog(self.old) else { return };
        let tree = catalog.reference("StructTreeRoot");
        if let Some(number) = tree.filter(|number| self.touched(*number)) {
            self.top(number);
        } else if let Some(top) = tree.and_then(|number| self.was(number)) {
            let parents = top.dict().and_then(|dict| dict.get("ParentTree")).cloned();
            self.parents(parents.as_ref(), parents.as_ref(), 0);
        }
        let elements: Vec<u32> = self.touched_numbers().filter(|number| self.existed(*number)).collect();
        for number in elements {
            let (was, is) = (self.was(number), self.is(number));
            let Some(was) = was.as_deref().and_then(Object::dict).filter(|dict| dict.is("Type", "StructElem")) else {
                continue;
            };
            self.explained.insert(number);
            let Some(is) = is.as_deref().and_then(Object::dict) else {
                self.fault("pv.sig.structure", format!("objet {number}"));
                continue;
            };
            self.children(number, was, is, &["K"]);
        }
    }

    fn top(&mut self, number: u32) {
        let (was, is) = (self.was(number), self.is(number));
        self.explained.insert(number);
        let (Some(was), Some(is)) = (was.as_deref().and_then(Object::dict), is.as_deref().and_then(Object::dict))
        else {
            return self.fault("pv.sig.structure", format!("objet {number}"));
        };
        self.children(number, was, is, &["K", "ParentTree", "ParentTreeNextKey"]);
        self.parents(was.get("ParentTree"), is.get("ParentTree"), 0);
    }

    /// The children of an element: new ones at the end, each the element of a new widget.
    fn children(&mut self, number: u32, was: &Dict, is: &Dict, own: &[&str]) {
        if !was.without(own).same(&is.without(own)) {
            self.fault("pv.sig.structure", format!("objet {number}"));
        }
        match self.additions(was.get("K"), is.get("K")) {
            None => self.fault("pv.sig.structure", format!("objet {number}")),
            Some(added) => added.iter().for_each(|item| self.element(item)),
        }
    }

    fn element(&mut self, item: &Object) {
        let number = item.reference().filter(|number| self.is_new(*number));
        let object = number.and_then(|number| self.is(number));
        let (Some(number), Some(dict)) = (number, object.as_deref().and_then(Object::dict)) else {
            return self.fault("pv.sig.structure", "élément ajouté");
        };
        let known = dict.keys().all(|key| ELEMENT_KEYS.iter().any(|known| known.as_bytes() == key));
        let kids = match dict.get("K") {
            Some(Object::Array(items)) => items.clone(),
            Some(Object::Dict(one)) => vec![Object::Dict(one.clone())],
            _ => Vec::new(),
        };
        let widget = |kid: &Object| {
            let one = kid.dict().filter(|dict| dict.is("Type", "OBJR"));
            one.and_then(|dict| dict.reference("Obj")).is_some_and(|number| self.widgets.contains_key(&number))
        };
        if !known || !dict.is("S", "Form") || kids.is_empty() || !kids.iter().all(widget) {
            return self.fault("pv.sig.structure", format!("objet {number}"));
        }
        self.explained.insert(number);
    }

    /// A node of the parent tree: new pairs, or new nodes, at the end.
    fn parents(&mut self, was: Option<&Object>, is: Option<&Object>, depth: usize) {
        if depth > 16 {
            return self.fault("pv.sig.structure", "ParentTree");
        }
        let number = is.and_then(Object::reference);
        if was.and_then(Object::reference) != number {
            return self.fault("pv.sig.structure", "ParentTree");
        }
        let old = was.and_then(|was| self.file.follow(was, self.old));
        let new = is.and_then(|is| self.file.follow(is, self.new));
        let none = Dict::default();
        let (old, new) = (
            old.as_deref().and_then(Object::dict).unwrap_or(&none).clone(),
            new.as_deref().and_then(Object::dict).unwrap_or(&none).clone(),
        );
        let changed = number.is_none_or(|number| self.touched(number));
        if changed {
            const OWN: [&str; 3] = ["Nums", "Kids", "Limits"];
            if !old.without(&OWN).same(&new.without(&OWN)) {
                self.fault("pv.sig.structure", "ParentTree");
            }
            if let Some(number) = number {
                self.explain_changed(number);
            }
        }
        match self.additions(old.get("Nums"), new.get("Nums")) {
            None => self.fault("pv.sig.structure", "ParentTree"),
            Some(added) => self.pairs(&added),
        }
        let Some(kids) = self.additions(old.get("Kids"), new.get("Kids")) else {
            return self.fault("pv.sig.structure", "ParentTree");
        };
        kids.iter().for_each(|kid| self.leaf(kid));
        let present = old.get("Kids").and_then(|kids| self.file.follow(kids, self.old));
        for kid in present.as_deref().and_then(Object::array).unwrap_or_default() {
            if kid.reference().is_none_or(|number| self.touched(number)) {
                self.parents(Some(kid), Some(kid), depth + 1);
            }
        }
    }

    /// Keys and the elements of new widgets, which are explained elsewhere.
    fn pairs(&mut self, added: &[Object]) {
        let sound = added.len().is_multiple_of(2)
            && added.as_chunks::<2>().0.iter().all(|[key, element]| {
                matches!(key, Object::Int(_)) && element.reference().is_some_and(|number| self.is_new(number))
            });
        if !sound {
            self.fault("pv.sig.structure", "ParentTree");
        }
    }

    fn leaf(&mut self, kid: &Object) {
        let number = kid.reference().filter(|number| self.is_new(*number));
        let object = number.and_then(|number| self.is(number));
        let (Some(number), Some(dict)) = (number, object.as_deref().and_then(Object::dict)) else {
            return self.fault("pv.sig.structure", "ParentTree");
        };
        self.explained.insert(number);
        if !dict.without(&["Nums", "Limits"]).0.is_empty() {
            self.fault("pv.sig.structure", "ParentTree");
        }
        let pairs = dict.get("Nums").and_then(Object::array).unwrap_or_default().to_vec();
        self.pairs(&pairs);
    }
}

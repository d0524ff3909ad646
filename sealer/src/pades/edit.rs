//! The objects an increment changes: each is taken once, as the last revision shows it, and written once.
use std::collections::BTreeMap;

use super::PadesError;
use super::pdf::{Dict, Increment, Object, PdfFile};

/// An increment with the objects it changes.
pub(super) struct Edit<'f, 'a> {
    pub(super) file: &'f PdfFile<'a>,
    pub(super) increment: Increment,
    changed: BTreeMap<u32, Dict>,
    arrays: BTreeMap<u32, Vec<Object>>,
}

impl<'f, 'a> Edit<'f, 'a> {
    pub(super) fn new(file: &'f PdfFile<'a>) -> Result<Self, PadesError> {
        let increment = Increment::over(file).ok_or_else(|| broken("trailer"))?;
        Ok(Self { file, increment, changed: BTreeMap::new(), arrays: BTreeMap::new() })
    }

    /// The dictionary of that number, as it will be.
    pub(super) fn dict(&self, number: u32) -> Result<Dict, PadesError> {
        if let Some(dict) = self.changed.get(&number) {
            return Ok(dict.clone());
        }
        match self.file.get(number, self.file.last()).as_deref() {
            Some(Object::Dict(dict)) => Ok(dict.clone()),
            _ => Err(broken(&format!("objet {number}"))),
        }
    }

    /// Changes a dictionary.
    pub(super) fn set(&mut self, number: u32, dict: Dict) {
        self.changed.insert(number, dict);
    }

    /// A new dictionary.
    pub(super) fn add(&mut self, dict: Dict) -> u32 {
        let number = self.increment.number();
        self.changed.insert(number, dict);
        number
    }

    /// Appends to the array that is the value of `key` in `dict`: there, or in the object it refers to. A single value
    /// becomes an array.
    pub(super) fn append(&mut self, dict: &mut Dict, key: &str, items: &[Object]) -> Result<(), PadesError> {
        let present = dict.get(key).cloned();
        match present {
            None | Some(Object::Null) => dict.set(key, Object::Array(items.to_vec())),
            Some(Object::Array(mut list)) => {
                list.extend_from_slice(items);
                dict.set(key, Object::Array(list));
            }
            Some(Object::Ref(number, generation)) => {
                let pending = self.arrays.get(&number).cloned();
                let list = match pending {
                    Some(list) => Some(list),
                    None => match self.file.get(number, self.file.last()).as_deref() {
                        Some(Object::Array(list)) => Some(list.clone()),
                        Some(_) => None,
                        None => return Err(broken(key)),
                    },
                };
                match list {
                    Some(mut list) => {
                        list.extend_from_slice(items);
                        self.arrays.insert(number, list);
                    }
                    None => {
                        let mut list = vec![Object::Ref(number, generation)];
                        list.extend_from_slice(items);
                        dict.set(key, Object::Array(list));
                    }
                }
            }
            Some(single) => {
                let mut list = vec![single];
                list.extend_from_slice(items);
                dict.set(key, Object::Array(list));
            }
        }
        Ok(())
    }

    /// The catalog's number.
    pub(super) fn root(&self) -> Result<u32, PadesError> {
        self.file.catalog(self.file.last()).map(|(number, _)| number).ok_or_else(|| broken("catalogue"))
    }

    /// The whole file with the increment, and where the body of the object `of` begins.
    pub(super) fn finish(mut self, id: &[u8], of: Option<u32>) -> (Vec<u8>, Option<usize>) {
        for (number, dict) in std::mem::take(&mut self.changed) {
            self.increment.put(number, &Object::Dict(dict));
        }
        for (number, list) in std::mem::take(&mut self.arrays) {
            self.increment.put(number, &Object::Array(list));
        }
        let ends_line = matches!(self.file.octets.last(), Some(b'\n' | b'\r'));
        let (more, place) = self.increment.finish(id, of, ends_line);
        ([self.file.octets, &more].concat(), place)
    }
}

/// A structure that is not what it should be.
pub(super) fn broken(what: &str) -> PadesError {
    PadesError::Broken { why: format!("{what} : structure inattendue") }
}

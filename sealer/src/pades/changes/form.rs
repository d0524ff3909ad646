//! The form: signature fields at its end, signatures in fields that had none, and nothing else.
use super::{Added, Shown, Walk};
use crate::pades::fields;
use crate::pades::pdf::{Dict, Object};

/// Keys a new signature field may have, its widget merged in.
const FIELD_KEYS: [&str; 18] = [
    "Type",
    "Subtype",
    "FT",
    "T",
    "TU",
    "TM",
    "V",
    "F",
    "Ff",
    "Rect",
    "P",
    "AP",
    "StructParent",
    "MK",
    "DA",
    "Lock",
    "SV",
    "Border",
];
/// Keys of an appearance stream.
const APPEARANCE_KEYS: [&str; 10] =
    ["Type", "Subtype", "FormType", "BBox", "Matrix", "Resources", "Length", "Filter", "DecodeParms", "Group"];
impl Walk<'_, '_> {
    /// The form: new fields at the end, flags, and nothing else.
    pub(super) fn form(&mut self, was: &Dict, is: &Dict) {
        let dict = |dict: &Dict, revision| {
            self.file.value(dict, "AcroForm", revision).and_then(|form| form.dict().cloned()).unwrap_or_default()
        };
        let (old, new) = (dict(was, self.old), dict(is, self.new));
        if let Some(number) = is.reference("AcroForm").filter(|number| self.touched(*number)) {
            self.explain_changed(number);
        }
        const OWN: [&str; 2] = ["Fields", "SigFlags"];
        if !old.without(&OWN).same(&new.without(&OWN)) {
            self.fault("pv.sig.field", "AcroForm");
        }
        for field in fields::list(self.file, self.old).0 {
            if self.touched(field.number) {
                self.filled(&field);
            }
        }
        match self.additions(old.get("Fields"), new.get("Fields")) {
            None => self.fault("pv.sig.field", "Fields"),
            Some(added) => added.iter().for_each(|item| self.field(item)),
        }
    }

    /// A field that was there: only a signature may come into one that had none.
    fn filled(&mut self, field: &fields::Field) {
        let Some(new) = self.is(field.number) else { return self.fault("pv.sig.field", &field.name) };
        let Some(new) = new.dict() else { return self.fault("pv.sig.field", &field.name) };
        if new.same(&field.dict) {
            self.explained.insert(field.number);
            return;
        }
        let same = field.dict.without(&["V", "AP"]).same(&new.without(&["V", "AP"]));
        if field.value.is_some() || !same {
            return self.fault("pv.sig.field", format!("champ « {} » changé", field.name));
        }
        self.explained.insert(field.number);
        self.signed(new);
        if let Some(appearance) = new.get("AP").filter(|appearance| field.dict.get("AP") != Some(*appearance)) {
            self.appearance(field.number, appearance);
        }
    }

    /// A new signature field.
    fn field(&mut self, item: &Object) {
        let Some(number) = item.reference().filter(|number| self.is_new(*number)) else {
            return self.fault("pv.sig.field", "champ d'une révision antérieure, ou sans objet");
        };
        let object = self.is(number);
        let Some(dict) = object.as_deref().and_then(Object::dict) else {
            return self.fault("pv.sig.field", format!("objet {number}"));
        };
        let known = dict.keys().all(|key| FIELD_KEYS.iter().any(|known| known.as_bytes() == key));
        if !known || !dict.is("FT", "Sig") || !dict.is("Subtype", "Widget") {
            return self.fault("pv.sig.field", format!("objet {number} : ce n'est pas un champ de signature admis"));
        }
        self.explained.insert(number);
        let page = dict.reference("P");
        self.widgets.insert(number, page);
        let dict = dict.clone();
        self.signed(&dict);
        for key in ["Lock", "SV", "MK"] {
            if let Some(value) = dict.get(key) {
                self.harmless(value, 0);
            }
        }
        let rect = fields::Field { number, name: String::new(), dict: dict.clone(), value: None }.rect();
        match <[f64; 4]>::try_from(rect) {
            Ok(rect) if (rect[0] - rect[2]).abs() < 0.001 || (rect[1] - rect[3]).abs() < 0.001 => {}
            Ok(rect) => {
                let name = dict.get("T").and_then(Object::text).unwrap_or_default();
                self.result.shown.push(Shown { name, page, rect });
            }
            Err(_) => self.fault("pv.sig.field", format!("objet {number} : Rect")),
        }
        if let Some(appearance) = dict.get("AP") {
            self.appearance(number, appearance);
        }
    }

    fn signed(&mut self, field: &Dict) {
        let Some(value) = field.get("V") else {
            self.result.added.insert(Added::EmptyField);
            return;
        };
        let number = value.reference().filter(|number| self.is_new(*number));
        let object = number.and_then(|number| self.is(number));
        let (Some(number), Some(dict)) = (number, object.as_deref().and_then(Object::dict)) else {
            return self.fault("pv.sig.field", "signature reprise d'une révision antérieure");
        };
        let stamp = dict.is("SubFilter", "ETSI.RFC3161");
        self.result.added.insert(if stamp { Added::Stamp } else { Added::Signature });
        self.explained.insert(number);
        for (_, value) in &dict.0 {
            self.harmless(value, 0);
        }
    }

    /// The appearance of a new widget: one stream of its own, and what it needs.
    fn appearance(&mut self, field: u32, appearance: &Object) {
        let normal = match appearance {
            Object::Dict(dict) if dict.keys().eq([b"N".as_slice()]) => dict.reference("N"),
            _ => None,
        };
        let Some(number) = normal.filter(|number| self.is_new(*number)) else {
            return self.fault("pv.sig.field", format!("objet {field} : apparence"));
        };
        let object = self.is(number);
        let dict = object.as_deref().and_then(Object::dict);
        let known = |dict: &Dict| dict.keys().all(|key| APPEARANCE_KEYS.iter().any(|known| known.as_bytes() == key));
        match dict.filter(|dict| dict.is("Subtype", "Form") && known(dict)) {
            None => self.fault("pv.sig.field", format!("objet {number} : apparence")),
            Some(dict) => {
                self.explained.insert(number);
                dict.0.iter().for_each(|(_, value)| self.harmless(value, 0));
            }
        }
    }
}

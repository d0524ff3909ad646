//! The form of the file around the signatures: every octet explained, no signature that no field shows, the permissions of
//! a certification, and what could have been prepared before signing.
use std::collections::BTreeSet;

use dossier::Level;

use super::value::{Signed, What};
use crate::pades::active;
use crate::pades::fields::Field;
use crate::pades::pdf::{Dict, Entry, Object, PdfFile, Strange, scan};
use crate::pades::report::Sink;

/// Every revision accounted for, nothing after the last.
pub(super) fn check(file: &PdfFile<'_>, sink: &mut Sink) {
    if file.tail > 0 {
        sink.fail("pv.sig.tail", "Des octets suivent la fin du PDF.", format!("{} octets", file.tail));
    }
    for (index, revision) in file.revisions.iter().enumerate() {
        let place = |what: String| format!("révision {} : {what}", index + 1);
        if revision.section.trailer.get("Encrypt").is_some() {
            sink.fail("pv.sig.encrypted", "Le PDF est chiffré : il n'est pas jugé.", place("Encrypt".into()));
        }
        if revision.section.beside.is_some() {
            let what =
                "Une table de références est double (hybride) : deux lecteurs peuvent ne pas voir le même document.";
            sink.add("pv.sig.hybrid", Level::Warn, what, place("XRefStm".into()));
        }
        for strange in scan(file, index) {
            tell(&strange, index, sink);
        }
    }
    if file.catalog(file.last()).is_none() {
        sink.fail("pv.sig.structure", "Le PDF n'a pas de catalogue lisible.", "Root");
    }
}

fn tell(strange: &Strange, index: usize, sink: &mut Sink) {
    let revision = index + 1;
    match strange {
        Strange::Garbage { at, why } => {
            let what = "Des octets du fichier ne sont d'aucun objet.";
            sink.fail("pv.sig.garbage", what, format!("révision {revision}, octet {at} : {why}"));
        }
        Strange::Twice { at, number } => {
            let what = "Un objet est défini deux fois dans la même révision.";
            sink.fail("pv.sig.twice", what, format!("révision {revision}, octet {at} : objet {number}"));
        }
        Strange::Elsewhere { number, offset } => {
            let what = "La table de références désigne un endroit où l'objet n'est pas.";
            sink.fail("pv.sig.elsewhere", what, format!("révision {revision}, objet {number}, octet {offset}"));
        }
        Strange::Unlisted { at, number } => {
            let what = "Le fichier contient un objet que sa table de références ne montre pas.";
            // In the first revision its author may have left it there: it shows nothing.
            let level = if index == 0 { Level::Warn } else { Level::Fail };
            sink.add("pv.sig.hidden", level, what, format!("révision {revision}, octet {at} : objet {number}"));
        }
    }
}

/// Signatures, and signature fields, that the form does not show: in any revision.
pub(super) fn strays(file: &PdfFile<'_>, fields: &[Field], sink: &mut Sink) {
    let values: BTreeSet<u32> = fields.iter().filter_map(|field| field.value).collect();
    let shown: BTreeSet<u32> = fields.iter().map(|field| field.number).collect();
    for (index, revision) in file.revisions.iter().enumerate() {
        for (number, entry) in &revision.section.entries {
            if *entry == Entry::Free {
                continue;
            }
            let object = file.get(*number, index);
            let Some(object) = object else {
                let what = "Un objet du PDF est illisible.";
                sink.fail("pv.sig.unreadable", what, format!("révision {}, objet {number}", index + 1));
                continue;
            };
            let Some(dict) = object.dict() else { continue };
            let signature = dict.get("ByteRange").is_some()
                || dict.is("Type", "Sig")
                || dict.is("Type", "DocTimeStamp")
                || (dict.get("SubFilter").is_some() && dict.get("Contents").is_some());
            if signature && !values.contains(number) || dict.is("FT", "Sig") && !shown.contains(number) {
                let what = "Le fichier contient une signature qu'aucun champ ne montre.";
                sink.fail("pv.sig.stray", what, format!("révision {}, objet {number}", index + 1));
            }
        }
    }
}

/// The certification of a document.
pub(super) struct Certification {
    pub(super) field: String,
    pub(super) permission: u8,
}

/// Reads the certification that the catalog names: the first signature, and the permission it states.
pub(super) fn certification(file: &PdfFile<'_>, signed: &[Signed], sink: &mut Sink) -> Option<Certification> {
    let last = file.last();
    let (_, catalog) = file.catalog(last)?;
    let stated = |signed: &Signed| permission(file, &signed.dict);
    let wrong = "Le document se dit certifié par autre chose que sa première signature.";
    let perms = file.value(&catalog, "Perms", last);
    let Some(perms) = perms.as_deref().and_then(Object::dict).filter(|perms| perms.get("DocMDP").is_some()) else {
        for own in signed.iter().filter(|signed| stated(signed).is_some()) {
            sink.fail(
                "pv.sig.certification",
                "Une signature certifie le document, et le catalogue ne le dit pas.",
                &own.field,
            );
        }
        return None;
    };
    let named = perms.reference("DocMDP");
    let first = signed.first().filter(|signed| Some(signed.value) == named && !matches!(signed.what, What::Stamp(_)));
    let Some(first) = first else {
        sink.fail("pv.sig.certification", wrong, "Perms");
        return None;
    };
    if signed.iter().skip(1).any(|other| stated(other).is_some()) {
        sink.fail("pv.sig.certification", wrong, "deux certifications");
    }
    let Some(permission) = stated(first) else {
        sink.fail("pv.sig.certification", "La certification ne dit pas ce qu'elle admet.", &first.field);
        return None;
    };
    Some(Certification { field: first.field.clone(), permission })
}

/// The permission that a signature states (ISO 32000-1, 12.8.2.2): 2 when it leaves it out.
fn permission(file: &PdfFile<'_>, dict: &Dict) -> Option<u8> {
    let last = file.last();
    let references = file.value(dict, "Reference", last)?;
    let one = references.array()?.iter().find_map(|item| {
        let reference = file.follow(item, last)?;
        reference.dict().filter(|dict| dict.is("TransformMethod", "DocMDP")).cloned()
    })?;
    let parameters = file.value(&one, "TransformParams", last);
    match parameters.as_deref().and_then(Object::dict).and_then(|dict| dict.get("P")) {
        None => Some(2),
        Some(Object::Int(permission)) => u8::try_from(*permission).ok().filter(|p| (1..=3).contains(p)).or(Some(1)),
        Some(_) => Some(1),
    }
}

/// What could have been prepared before signing, as the first signed revision shows it: told, never proven wrong.
pub(super) fn prepared(file: &PdfFile<'_>, signed: usize, sink: &mut Sink) {
    let Some((_, catalog)) = file.catalog(signed) else { return };
    if catalog.get("OCProperties").is_some() {
        let what = "Le document signé a du contenu facultatif : ce qui se voit dépend du lecteur.";
        sink.add("pv.sig.optional", Level::Warn, what, "OCProperties");
    }
    if let Some(found) = active::found(file, signed) {
        let what = "Le document signé contient ce qui agit de soi-même.";
        sink.add("pv.sig.active", Level::Warn, what, found);
    }
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<u32> = Vec::new();
    for key in ["Root", "Info"] {
        waiting.extend(file.trailer(signed).and_then(|trailer| trailer.reference(key)));
    }
    while let Some(number) = waiting.pop() {
        if reached.insert(number)
            && let Some(object) = file.get(number, signed)
        {
            object.references(&mut |to| waiting.push(to));
        }
    }
    let unused: Vec<u32> = file.numbers(signed).into_iter().filter(|number| !reached.contains(number)).collect();
    let telling = unused.into_iter().filter(|number| {
        let object = file.get(*number, signed);
        let plain = |dict: &Dict| !dict.is("Type", "XRef") && !dict.is("Type", "ObjStm");
        object.is_some_and(|object| object.dict().is_some_and(plain))
    });
    let telling: Vec<String> = telling.take(20).map(|number| number.to_string()).collect();
    if !telling.is_empty() {
        let what = "Le document signé contient des objets que rien n'emploie : ils pourraient avoir été préparés pour prendre la \
                    place d'autres.";
        sink.add("pv.sig.unused", Level::Warn, what, format!("objets {}", telling.join(", ")));
    }
}

/// Two signatures shown one over the other.
pub(super) fn overlays(file: &PdfFile<'_>, signed: &[Signed], sink: &mut Sink) {
    let last = file.last();
    let mut places: Vec<(String, u32, [f64; 4])> = Vec::new();
    for field in crate::pades::fields::list(file, last).0 {
        let rect = field.rect();
        let (Ok(r), Some(page)) = (<[f64; 4]>::try_from(rect), field.dict.reference("P")) else { continue };
        let r = [r[0].min(r[2]), r[1].min(r[3]), r[0].max(r[2]), r[1].max(r[3])];
        if r[2] - r[0] < 0.001 || r[3] - r[1] < 0.001 || !signed.iter().any(|s| s.field == field.name) {
            continue;
        }
        for (name, on, other) in &places {
            let apart = r[0] >= other[2] || other[0] >= r[2] || r[1] >= other[3] || other[1] >= r[3];
            if *on == page && !apart {
                let what = "Deux signatures visibles se recouvrent.";
                sink.fail("pv.sig.overlay", what, format!("{name}, {}", field.name));
            }
        }
        places.push((field.name, page, r));
    }
}

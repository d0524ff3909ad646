//! Verifies the signatures of a PDF, offline: the form of the file, each signature over its octets, what came after it,
//! then time, certificates and their states.
mod form;
mod state;
mod trust;
mod value;

use dossier::{Finding, Instant, Level};

use super::changes::{self, Added};
use super::fields::{self, Field};
use super::pdf::PdfFile;
use super::report::{RevisionFacts, RevisionKind, SignatureFacts, Sink};
use super::{PadesReport, dss};
use crate::{TrustAnchors, Verdict};
use value::Signed;

/// Verifies the signatures of the PDF `octets`, trusting `anchors` only, as at instant `at`. Never an error: a broken file
/// is a finding.
pub fn verify(octets: &[u8], anchors: &TrustAnchors, at: Instant) -> PadesReport {
    let mut sink = Sink::default();
    let file = match PdfFile::read(octets) {
        Ok(file) => file,
        Err(fault) => {
            sink.fail("pv.sig.structure", "Le PDF ne peut pas être suivi de révision en révision.", fault);
            return conclude(sink, Vec::new(), Vec::new(), Vec::new(), None);
        }
    };
    let last = file.last();
    form::check(&file, &mut sink);
    let (fields, whole) = fields::list(&file, last);
    if !whole {
        let what = "Le formulaire qui porte les signatures est mal formé.";
        sink.fail("pv.sig.form", what, "AcroForm");
    }
    form::strays(&file, &fields, &mut sink);
    let mut signed = read_all(&file, &fields, &mut sink);
    signed.sort_by_key(|signed| signed.revision);
    for pair in signed.windows(2) {
        if let [first, second] = pair
            && first.revision == second.revision
        {
            let what = "Deux signatures se disent de la même révision.";
            sink.fail("pv.sig.byte_range", what, format!("{}, {}", first.field, second.field));
        }
    }
    let first = signed.first().map(|signed| signed.revision);
    let certification = form::certification(&file, &signed, &mut sink);
    let revisions = revisions(&file, &signed, first, certification.as_ref().map(|c| c.permission), &mut sink);
    if let Some(first) = first {
        form::prepared(&file, first, &mut sink);
    } else {
        let what = "Ce PDF ne porte aucune signature.";
        sink.add("pv.sig.none", Level::Indeterminate, what, "aucun champ de signature rempli");
    }
    let store = dss::Store::read(&file, last);
    for unreadable in &store.unreadable {
        let what = "Une donnée jointe pour contrôler les signatures plus tard est illisible : elle est ignorée.";
        sink.add("pv.sig.store", Level::Warn, what, unreadable);
    }
    let (mut signatures, stamps) = trust::judge(&file, &signed, &store, anchors, at, &mut sink);
    for facts in &mut signatures {
        let own = certification.as_ref().filter(|c| c.field == facts.field);
        facts.certification = own.map(|c| c.permission);
    }
    let before = first.map(|first| file.revisions.get(first).map_or(0, |r| r.start as u64));
    conclude(sink, signatures, stamps, revisions, before)
}

fn conclude(
    sink: Sink,
    signatures: Vec<SignatureFacts>,
    stamps: Vec<super::DocumentStamp>,
    revisions: Vec<RevisionFacts>,
    signed_prefix_len: Option<u64>,
) -> PadesReport {
    let findings = sink.into_findings();
    let worst = findings.iter().map(|finding: &Finding| finding.level).max();
    let verdict = match worst {
        Some(Level::Fail) => Verdict::Fail,
        Some(Level::Indeterminate) => Verdict::Indeterminate,
        _ => Verdict::Pass,
    };
    PadesReport { verdict, signatures, stamps, revisions, signed_prefix_len, findings }
}

/// Every value of a signature field, as far as it can be read.
fn read_all(file: &PdfFile<'_>, fields: &[Field], sink: &mut Sink) -> Vec<Signed> {
    let mut found: Vec<Signed> = Vec::new();
    for field in fields {
        if fields.iter().filter(|other| other.name == field.name).count() > 1 {
            sink.fail("pv.sig.form", "Deux champs de signature portent le même nom.", &field.name);
        }
        let Some(number) = field.value else { continue };
        if fields.iter().filter(|other| other.value == Some(number)).count() > 1 {
            sink.fail("pv.sig.form", "Deux champs désignent la même signature.", &field.name);
        }
        found.extend(value::read(file, field, number, sink));
    }
    found
}

/// What each revision adds, and whether it may: before the first signature it is told, after it is proven wrong.
fn revisions(
    file: &PdfFile<'_>,
    signed: &[Signed],
    first: Option<usize>,
    permission: Option<u8>,
    sink: &mut Sink,
) -> Vec<RevisionFacts> {
    let mut all = Vec::new();
    for (index, revision) in file.revisions.iter().enumerate() {
        let own = signed.iter().find(|signed| signed.revision == index);
        let mut kind = if index == 0 { RevisionKind::Document } else { RevisionKind::Other };
        if index > 0 {
            let mut changes = changes::check(file, index);
            let after = first.is_some_and(|first| index > first);
            if first == Some(index) {
                // The first signature may certify.
                changes.faults.retain(|fault| fault.code != "pv.sig.certified_late");
            }
            for fault in &changes.faults {
                let place = format!("révision {} : {}", index + 1, fault.found);
                if after {
                    sink.fail(fault.code, sentence(fault.code), place);
                } else {
                    let what = "Une révision antérieure à la signature, ou celle qui la porte, change autre chose que le \
                                champ de signature.";
                    sink.add("pv.sig.before", Level::Warn, what, format!("{place} [{}]", fault.code));
                }
            }
            let adds = |what| changes.added.contains(&what);
            kind = match () {
                () if !changes.faults.is_empty() => RevisionKind::Other,
                () if adds(Added::Signature) => RevisionKind::Signature,
                () if adds(Added::Stamp) => RevisionKind::Timestamp,
                () if adds(Added::Store) => RevisionKind::Store,
                () if adds(Added::EmptyField) => RevisionKind::Field,
                () => RevisionKind::Other,
            };
            if after {
                later(&changes, kind, permission, index, sink);
            }
        }
        let field = own.map(|signed| signed.field.clone());
        all.push(RevisionFacts { len: revision.section.end as u64, kind, field });
    }
    form::overlays(file, signed, sink);
    all
}

/// What a later revision may not add, or only with a word.
fn later(changes: &changes::Changes, kind: RevisionKind, permission: Option<u8>, index: usize, sink: &mut Sink) {
    if permission == Some(1)
        && (changes.added.contains(&Added::Signature) || changes.added.contains(&Added::EmptyField))
    {
        let what = "Une signature certifie le document sans rien admettre ensuite, et un champ y a été ajouté.";
        sink.fail("pv.sig.certified", what, format!("révision {}", index + 1));
    }
    if kind == RevisionKind::Other && changes.faults.is_empty() {
        let what = "Une révision postérieure à la signature n'ajoute rien que ce contrôle reconnaisse.";
        sink.add("pv.sig.empty", Level::Warn, what, format!("révision {}", index + 1));
    }
    for shown in &changes.shown {
        let empty = changes.added.contains(&Added::EmptyField);
        let what = if empty {
            "Un champ visible, sans signature, a été posé sur une page après la signature."
        } else {
            "Une signature ajoutée après la première est visible : regardez ce qu'elle recouvre."
        };
        let level = if empty { Level::Fail } else { Level::Warn };
        let page = shown.page.map(|page| format!("page (objet {page})")).unwrap_or_default();
        sink.add("pv.sig.overlay", level, what, format!("« {} », {page}, {:?}", shown.name, shown.rect));
    }
}

/// What a change that is not admitted means.
fn sentence(code: &str) -> &'static str {
    match code {
        "pv.sig.pages" => "Après la signature, une page a été ajoutée, ôtée, déplacée ou changée.",
        "pv.sig.annotation" => "Après la signature, une annotation a été ajoutée ou changée.",
        "pv.sig.content" => "Après la signature, le contenu d'un objet signé a été remplacé.",
        "pv.sig.field" => "Après la signature, un champ a été ajouté ou changé autrement que pour signer.",
        "pv.sig.structure" => "Après la signature, la structure du document a été changée.",
        "pv.sig.trailer" => "Après la signature, ce que le fichier dit de lui-même a été changé.",
        "pv.sig.certified" | "pv.sig.certified_late" => {
            "Après la signature, les permissions de la certification ont changé."
        }
        "pv.sig.unexplained" => "Après la signature, un objet a été ajouté sans lien avec une signature.",
        _ => "Après la signature, le document a été changé.",
    }
}

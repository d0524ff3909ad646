//! What stands beside a receipt: the documents it speaks of, the procedure sheet, and what nothing binds to it.
use dossier::{Digests, Finding, Level};

use super::form::{Content, Form};
use super::pieces::Pieces;
use super::{DocumentFate, ReceiptKind};
use crate::verify::Report;

/// The procedure sheet.
const PROCEDURE: &str = "procedure.json";
/// The receipt drawn for people.
const VIEW: &str = "avis.pdf";

/// Compares the documents with their digests, and tells what is judged by nothing.
pub(super) fn check(kind: ReceiptKind, pieces: &Pieces, form: &Form, report: &mut Report) -> DocumentFate {
    let own: Vec<String> = ["", ".p7s", ".tst", ".point", ".etats"].map(|end| format!("{}{end}", kind.file())).into();
    let mut others: Vec<(String, Option<Digests>)> = Vec::new();
    for name in pieces.names() {
        if !own.contains(&name) && name != PROCEDURE {
            let digests = pieces.digests(&name);
            others.push((name, digests));
        }
    }
    let mut fate = DocumentFate::Aucun;
    for document in form.documents() {
        let found = fate_of(document, &mut others, report);
        fate = match (fate, found) {
            (DocumentFate::Autre, _) | (_, DocumentFate::Autre) => DocumentFate::Autre,
            (DocumentFate::Absent, _) | (_, DocumentFate::Absent) => DocumentFate::Absent,
            (_, found) => found,
        };
    }
    procedure(pieces, form, report);
    if let Some(at) = others.iter().position(|(name, _)| name == VIEW) {
        others.remove(at);
        let what = "Une vue lisible (avis.pdf) est jointe : elle n'est pas jugée, seul le fichier signé fait foi.";
        report.add(Finding::new("receipt.view", Level::Info, what));
    }
    if !others.is_empty() {
        let what = "Des fichiers joints ne sont liés au récépissé par rien : ils ne sont pas jugés.";
        let names: Vec<String> = others.into_iter().map(|(name, _)| name).collect();
        report.add(Finding::new("receipt.stray", Level::Warn, what).found(names.join(", ")));
    }
    fate
}

fn fate_of(document: &Content, others: &mut Vec<(String, Option<Digests>)>, report: &mut Report) -> DocumentFate {
    let expected = Digests { bytes: document.size, sha256: document.sha256, sha512: document.sha512 };
    if let Some(at) = others.iter().position(|(_, digests)| *digests == Some(expected)) {
        let (name, _) = others.remove(at);
        // The office's own signature of the act, beside it: of another kind, judged elsewhere.
        others.retain(|(other, _)| *other != format!("{name}.p7s"));
        let what = "Le document joint est, octet pour octet, celui dont le récépissé porte l'empreinte.";
        report.add(Finding::new("receipt.document_same", Level::Info, what).found(name));
        return DocumentFate::Identique;
    }
    if let Some(at) = others.iter().position(|(name, _)| *name == document.name) {
        let (_, digests) = others.remove(at);
        let what = "Le document joint n'est pas celui dont le récépissé porte l'empreinte.";
        let found = digests.map_or_else(String::new, |digests| digests.sha256.to_hex());
        report.fail("receipt.document", what, document.sha256, found);
        return DocumentFate::Autre;
    }
    let what = "Le document n'est pas joint : le récépissé n'en porte que l'empreinte.";
    report.add(Finding::new("receipt.document_absent", Level::Info, what).found(&document.name));
    DocumentFate::Absent
}

/// The sheet must be the one whose digest is signed; an announced one that is not there is told.
fn procedure(pieces: &Pieces, form: &Form, report: &mut Report) {
    let found = pieces.digests(PROCEDURE).map(|digests| digests.sha256);
    match (form.procedure(), found) {
        (Some(expected), Some(found)) if expected == found => {}
        (Some(expected), None) => {
            let what = "La fiche de procédure que le récépissé annonce n'est pas jointe.";
            report.add(Finding::new("receipt.procedure_absent", Level::Warn, what).found(expected));
        }
        (Some(expected), Some(found)) => {
            let what = "La fiche de procédure jointe n'est pas celle que le récépissé annonce.";
            report.fail("receipt.procedure", what, expected, found);
        }
        (None, Some(found)) => {
            let what = "Une fiche de procédure est jointe, que le récépissé n'annonce pas : elle n'est pas jugée.";
            report.add(Finding::new("receipt.stray", Level::Warn, what).found(found));
        }
        (None, None) => {}
    }
}

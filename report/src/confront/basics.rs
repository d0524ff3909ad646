//! What can be asked of any procès-verbal, that of a copy too: the manifest attached is the one sealed, the digest printed is
//! the bundle's.
use dossier::{Finding, Level, Sha256Digest};
use lopdf::Document;

use super::attached::named;
use super::translation;
use crate::record::{self, Record};

/// Findings about the PDF `pdf`: `Fail` when its attached `constat.json` is not the one of digest `manifest`, or when it
/// does not print the digest `bundle`. A file that is no PDF is a finding too.
pub fn check_pv(pdf: &[u8], manifest: Sha256Digest, bundle: Sha256Digest) -> Vec<Finding> {
    let document = match Document::load_mem(pdf) {
        Ok(document) => document,
        Err(error) => {
            let what = "Le procès-verbal n'est pas un PDF lisible.";
            return vec![Finding::new("pv.unreadable", Level::Fail, what).found(error)];
        }
    };
    let mut findings = Vec::new();
    match named(&document, "constat.json") {
        None => {
            let what = "Le procès-verbal n'a pas le manifeste « constat.json » en pièce jointe.";
            findings.push(Finding::new("pv.attachment_missing", Level::Fail, what));
        }
        Some(bytes) => {
            let found = Sha256Digest::of(&bytes);
            if found != manifest {
                let what = "Le manifeste joint au procès-verbal n'est pas celui du scellé.";
                findings.push(Finding::new("pv.attachment", Level::Fail, what).values(manifest, found));
            }
        }
    }
    if !printed(&document).contains(&bundle.to_hex()) {
        let what = "Le procès-verbal n'imprime pas l'empreinte de ce scellé.";
        findings.push(Finding::new("pv.bundle_digest", Level::Fail, what).values(bundle, "absente du texte"));
    }
    if findings.is_empty() {
        let what = "Le procès-verbal joint le manifeste du scellé et imprime son empreinte.";
        findings.push(Finding::new("pv.agrees", Level::Info, what));
        let record = named(&document, record::NAME).and_then(|bytes| Record::read(&bytes).ok());
        if record.is_some_and(|record| !record.langue.is_act()) {
            translation::told(&mut findings);
        }
    }
    findings
}

/// The text of every page without white space: a digest may be cut over lines.
fn printed(document: &Document) -> String {
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    let mut text = String::new();
    for page in pages {
        // A page whose text cannot be read prints nothing we can vouch for.
        text.push_str(&document.extract_text(&[page]).unwrap_or_default());
    }
    text.retain(|c| !c.is_whitespace());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pdf_is_a_finding() {
        let digest = Sha256Digest::ZERO;
        for bytes in [&b""[..], b"%PDF-1.7\n", b"not a pdf", &[0xff; 100]] {
            let findings = check_pv(bytes, digest, digest);
            assert!(findings.iter().any(|f| f.level == Level::Fail), "{findings:?}");
        }
    }
}

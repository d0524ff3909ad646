//! Confronts a procès-verbal with the bundle it speaks of: the manifest attached is the one sealed, the digest printed is
//! the bundle's. Deeper checks, sentence by sentence, are not made here.
use dossier::{Finding, Level, Sha256Digest};
use lopdf::{Dictionary, Document, Object};

/// The longest manifest read from a PDF, in octets.
const MAX_MANIFEST: usize = 64 * 1024 * 1024;
/// How many nodes of the name tree of attachments are visited.
const MAX_NODES: usize = 1000;

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
    match attached(&document) {
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

/// The bytes of the attachment named `constat.json` (ISO 32000-1, 7.11.4 and 7.9.6).
fn attached(document: &Document) -> Option<Vec<u8>> {
    let names = entry(document, document.catalog().ok()?, b"Names")?;
    let root = entry(document, names, b"EmbeddedFiles")?;
    let mut queue = vec![root];
    let mut visited = 0;
    while let Some(node) = queue.pop() {
        visited += 1;
        if visited > MAX_NODES {
            return None;
        }
        let list = |key: &[u8]| node.get(key).ok().and_then(|o| document.dereference(o).ok()?.1.as_array().ok());
        for kid in list(b"Kids").into_iter().flatten() {
            queue.extend(dictionary(document, kid));
        }
        for pair in list(b"Names").into_iter().flatten().collect::<Vec<_>>().chunks_exact(2) {
            let [name, specification] = pair else { continue };
            if name.as_str().is_ok_and(|n| n.ends_with(b"constat.json")) {
                return content(document, dictionary(document, specification)?);
            }
        }
    }
    None
}

fn content(document: &Document, specification: &Dictionary) -> Option<Vec<u8>> {
    let files = entry(document, specification, b"EF")?;
    let object = files.get(b"F").or_else(|_| files.get(b"UF")).ok()?;
    let stream = document.dereference(object).ok()?.1.as_stream().ok()?;
    stream.get_plain_content_with_limit(MAX_MANIFEST).ok()
}

fn entry<'a>(document: &'a Document, from: &'a Dictionary, key: &[u8]) -> Option<&'a Dictionary> {
    dictionary(document, from.get(key).ok()?)
}

fn dictionary<'a>(document: &'a Document, object: &'a Object) -> Option<&'a Dictionary> {
    document.dereference(object).ok()?.1.as_dict().ok()
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

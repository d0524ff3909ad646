//! The index of the archive (CDXJ) and the list of its pages, written when the dossier is closed.
use dossier::{Instant, Sha256Digest};
use serde_json::json;

/// One answer of the archive.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) url: String,
    pub(crate) method: String,
    /// Media type of the request's body.
    pub(crate) request_type: Option<String>,
    /// Start of the request's body: part of the key of a POST.
    pub(crate) request_body: Vec<u8>,
    pub(crate) date: Instant,
    pub(crate) status: u16,
    pub(crate) media_type: String,
    pub(crate) digest: Sha256Digest,
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) record_digest: Sha256Digest,
}

/// A page of the archive.
#[derive(Clone, Debug)]
pub(crate) struct PageEntry {
    pub(crate) url: String,
    /// The date of the answer that brought its document.
    pub(crate) date: Instant,
    pub(crate) title: String,
    pub(crate) text: String,
}

/// `indexes/index.cdxj`.
pub(crate) fn cdxj(lines: &[Line]) -> Vec<u8> {
    let mut out: Vec<String> = lines
        .iter()
        .map(|line| {
            let mut entry = json!({
                "url": line.url, "digest": line.digest.labelled(), "mime": line.media_type, "filename": "data.warc.gz",
                "offset": line.offset.to_string(), "length": line.length.to_string(),
                "status": line.status.to_string(), "recordDigest": line.record_digest.labelled(),
            });
            if line.method != "GET" {
                entry["method"] = json!(line.method);
            }
            format!("{} {} {entry}\n", warc::surt(&line.url), line.date.to_cdx())
        })
        .collect();
    out.sort();
    out.concat().into_bytes()
}

/// `pages/pages.jsonl`.
pub(crate) fn pages(pages: &[PageEntry], title: &str) -> Vec<u8> {
    let mut out = json!({"format": "json-pages-1.0", "id": "pages", "title": title}).to_string();
    out.push('\n');
    for (i, page) in pages.iter().enumerate() {
        let line = json!({
            "id": format!("p{:04}", i + 1), "url": page.url, "ts": page.date, "title": page.title, "text": page.text,
        });
        out.push_str(&line.to_string());
        out.push('\n');
    }
    out.into_bytes()
}

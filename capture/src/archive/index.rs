//! The index of the archive (CDXJ) and the list of its pages, made of the bytes on disk when the dossier is closed.
use std::path::Path;

use dossier::Instant;
use warc::{Page, WarcError};

use super::ARCHIVE;

/// A page of the archive.
#[derive(Clone, Debug)]
pub(crate) struct PageEntry {
    pub(crate) url: String,
    /// The date of the answer that brought its document.
    pub(crate) date: Instant,
    pub(crate) title: String,
    pub(crate) text: String,
}

/// `indexes/index.cdxj` of the dossier at `root`.
pub(crate) fn cdxj(root: &Path) -> Result<Vec<u8>, WarcError> {
    let entries = warc::index_warc(&root.join(ARCHIVE), "data.warc.gz")?;
    Ok(warc::write_cdxj(&entries).into_bytes())
}

/// `pages/pages.jsonl`.
pub(crate) fn pages(pages: &[PageEntry], title: &str) -> Vec<u8> {
    let page = |(i, page): (usize, &PageEntry)| Page {
        id: format!("p{:04}", i + 1),
        url: page.url.clone(),
        ts: page.date,
        title: Some(page.title.clone()).filter(|t| !t.is_empty()),
        text: Some(page.text.clone()).filter(|t| !t.is_empty()),
    };
    let pages: Vec<Page> = pages.iter().enumerate().map(page).collect();
    warc::write_pages(title, &pages).into_bytes()
}

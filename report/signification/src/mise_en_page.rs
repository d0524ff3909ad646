//! The wall between this crate and whoever lays pages out: the files of a receipt in, the same receipt as a document for people out.
use std::collections::BTreeMap;

/// The receipt drawn for people, beside its files (row D06). It proves nothing: the signed file does.
pub const AVIS_FILE: &str = "avis.pdf";

/// Draws documents for people. Like the seal, it is the root's: this crate lays nothing out.
pub trait MiseEnPage {
    /// Draws a receipt, given its files by name as they leave the store. Everything shown is read from the signed octets, and the
    /// files are attached to the document; the same files give the same octets.
    ///
    /// # Errors
    ///
    /// Why it could not be drawn: a text without secrets.
    fn avis(&self, files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, String>;
}

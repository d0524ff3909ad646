//! What a PDF says of itself: how many pages, since when, of which formats. Declared by the file; its conformity is not judged here.
use std::path::Path;

use dossier::Instant;
use lopdf::Document;

use crate::exit::Exit;
use crate::failure::Failure;

/// The longest metadata that is read.
const LONGEST: usize = 4 << 20;

/// The facts of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) pages: usize,
    /// `xmp:CreateDate`.
    pub(super) created: Option<Instant>,
    /// `PDF 1.7`, and what it declares to follow: `PDF/A-3b (ISO 19005-3)`, `PDF/UA-1 (ISO 14289-1)`.
    pub(super) formats: Vec<String>,
}

/// Reads the facts of the PDF at `path`.
pub(super) fn facts(path: &Path) -> Result<Facts, Failure> {
    let document = Document::load(path)
        .map_err(|e| Failure::new("minutier.document", Exit::Usage, format!("{} : {e}", path.display())))?;
    let metadata = metadata(&document).unwrap_or_default();
    let mut formats = vec![format!("PDF {}", document.version)];
    let value = |name: &str| tag(&metadata, name);
    if let Some((part, level)) = archival(&metadata) {
        formats.push(format!("PDF/A-{part}{level} (ISO 19005-{part})"));
    }
    if let Some(part) = value("pdfuaid:part") {
        formats.push(format!("PDF/UA-{part} (ISO 14289-{part})"));
    }
    let created = value("xmp:CreateDate").and_then(|at| at.parse::<jiff::Timestamp>().ok()).map(Instant::new);
    Ok(Facts { pages: document.get_pages().len(), created, formats })
}

/// Part and level of PDF/A that metadata declare, such as `3` and `b`.
fn archival(metadata: &str) -> Option<(&str, String)> {
    let (part, level) = (tag(metadata, "pdfaid:part")?, tag(metadata, "pdfaid:conformance")?);
    Some((part, level.to_lowercase()))
}

/// What a PDF declares in metadata that lie in it uncompressed, such as `PDF/A-3b`; of several packets the last. No object is read,
/// nothing is unpacked: a file may come from anybody.
pub(crate) fn archival_of(octets: &[u8]) -> Option<String> {
    const BEGIN: &[u8] = b"<?xpacket begin";
    let at = octets.windows(BEGIN.len()).rposition(|window| window == BEGIN)?;
    let packet = octets.get(at..octets.len().min(at.saturating_add(LONGEST)))?;
    let packet = String::from_utf8_lossy(packet);
    let packet = packet.split("<?xpacket end").next()?;
    archival(packet).map(|(part, level)| format!("PDF/A-{part}{level}"))
}

/// The XMP packet of the catalogue.
fn metadata(document: &Document) -> Option<String> {
    let object = document.catalog().ok()?.get(b"Metadata").ok()?;
    let stream = document.dereference(object).ok()?.1.as_stream().ok()?;
    let octets = stream.get_plain_content_with_limit(LONGEST).ok()?;
    Some(String::from_utf8_lossy(&octets).into_owned())
}

/// The short value of an element, or of the attribute of that name.
fn tag<'a>(metadata: &'a str, name: &str) -> Option<&'a str> {
    let element = metadata.split_once(&format!("<{name}>")).map(|(_, rest)| (rest, '<'));
    let attribute = || metadata.split_once(&format!("{name}=\"")).map(|(_, rest)| (rest, '"'));
    let (rest, end) = element.or_else(attribute)?;
    let value = rest.split(end).next()?;
    let simple = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '+' | '.');
    (value.len() <= 40 && !value.is_empty() && value.chars().all(simple)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_elements_or_attributes_and_simple() {
        let xmp = "<pdfaid:part>3</pdfaid:part><rdf:Description pdfuaid:part=\"1\"><pdfaid:conformance>B&amp;<";
        assert_eq!(tag(xmp, "pdfaid:part"), Some("3"));
        assert_eq!(tag(xmp, "pdfuaid:part"), Some("1"));
        assert_eq!(tag(xmp, "pdfaid:conformance"), None);
        assert_eq!(tag("", "x"), None);
    }

    #[test]
    fn c04_the_last_packet_in_clear_is_read_and_nothing_else() {
        let packet = |part: &str| {
            format!(
                "<?xpacket begin=\"\"?><pdfaid:part>{part}</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance><?xpacket end=\"w\"?>"
            )
        };
        let file =
            [b"%PDF-1.7 \xff", packet("1").as_bytes(), b"\xfe", packet("3").as_bytes(), b"pdfaid:part=\"9\""].concat();
        assert_eq!(archival_of(&file).as_deref(), Some("PDF/A-3b"));
        assert_eq!(archival_of(b"%PDF-1.7 <pdfaid:part>3</pdfaid:part>"), None, "no packet");
        assert_eq!(archival_of(packet("3</pdfaid:part><x>").replace("conformance", "x").as_bytes()), None);
        assert_eq!(archival_of(b""), None);
    }

    #[test]
    fn what_is_no_pdf_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "pas un PDF").unwrap();
        assert_eq!(facts(file.path()).unwrap_err().code(), "minutier.document");
    }
}

//! Writes a manifest. Every value written needs no escape: names are ASCII without `%`, `&`, `<` or quotes.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{AsicManifest, NS_ASIC, NS_DSIG, SHA256};

/// The octets of the manifest. The same manifest always gives the same octets.
pub(crate) fn write(manifest: &AsicManifest) -> Vec<u8> {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str(&format!("<asic:ASiCManifest xmlns:asic=\"{NS_ASIC}\" xmlns:ds=\"{NS_DSIG}\">\n"));
    xml.push_str(&format!(
        "<asic:SigReference URI=\"{}\" MimeType=\"{}\"/>\n",
        escape(&manifest.protector),
        escape(&manifest.protector_type)
    ));
    for file in &manifest.files {
        xml.push_str(&format!("<asic:DataObjectReference URI=\"{}\"", escape(&file.name)));
        if let Some(media_type) = &file.media_type {
            xml.push_str(&format!(" MimeType=\"{}\"", escape(media_type)));
        }
        if file.root_file {
            xml.push_str(" Rootfile=\"true\"");
        }
        xml.push_str(&format!(
            ">\n<ds:DigestMethod Algorithm=\"{SHA256}\"/>\n<ds:DigestValue>{}</ds:DigestValue>\n</asic:DataObjectReference>\n",
            STANDARD.encode(file.sha256.as_bytes())
        ));
    }
    xml.push_str("</asic:ASiCManifest>\n");
    xml.into_bytes()
}

fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

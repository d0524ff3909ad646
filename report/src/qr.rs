//! The digest of the bundle as a QR code (ISO/IEC 18004), so that a reader on paper need not type sixty-four digits.
use dossier::Sha256Digest;
use qrcode::{Color, EcLevel, QrCode};

/// Name of the picture in the typesetter's world.
pub(crate) const NAME: &str = "qr.svg";

/// What the code says: `constat:REFERENCE:sha256:DIGEST`.
pub(crate) fn text(reference: &str, bundle: Sha256Digest) -> String {
    format!("constat:{reference}:sha256:{bundle}")
}

/// The code as a drawing (SVG), with the quiet zone of four modules that readers need; `None` when the text is too long.
pub(crate) fn svg(text: &str) -> Option<String> {
    const QUIET: usize = 4;
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (i, module) in code.to_colors().into_iter().enumerate() {
        if module == Color::Dark {
            path += &format!("M{} {}h1v1h-1z", i % width + QUIET, i / width + QUIET);
        }
    }
    let side = width + 2 * QUIET;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" width=\"{side}\" height=\"{side}\">\
         <path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

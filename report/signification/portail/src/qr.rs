//! A text as a QR code (ISO/IEC 18004), drawn as SVG here: no picture is fetched, no script draws it.
use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Modules of blank around the code.
const MARGE: usize = 4;

/// The SVG, or nothing for a text that is too long for any code.
pub(crate) fn svg(texte: &str, titre: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(texte, EcLevel::M).ok()?;
    let (width, modules) = (code.width(), code.to_colors());
    let side = width + 2 * MARGE;
    let mut path = String::new();
    for (place, _) in modules.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        let _ = write!(path, "M{} {}h1v1h-1z", place % width + MARGE, place / width + MARGE);
    }
    let titre = maud::html! { (titre) }.into_string();
    Some(format!(
        "<svg class=\"qr\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"{titre}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_drawn_without_script() {
        let drawn = svg("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP", "Clé \"<à viser>").unwrap();
        assert!(drawn.starts_with("<svg") && drawn.ends_with("</svg>"));
        assert!(!drawn.contains("<script") && !drawn.contains("<à"));
        assert!(svg(&"x".repeat(10_000), "").is_none());
    }
}

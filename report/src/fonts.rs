//! The fonts embedded in every document; licences beside them in `assets/fonts/`. The typesetter files the condensed
//! face (`TeX Gyre Heros Cn`) under its family, `TeX Gyre Heros`.
use std::sync::LazyLock;

use typst::foundations::Bytes;
use typst::text::Font;

static FILES: [&[u8]; 7] = [
    include_bytes!("../assets/fonts/texgyreheroscn-regular.otf"),
    include_bytes!("../assets/fonts/texgyreheroscn-bold.otf"),
    include_bytes!("../assets/fonts/texgyreheroscn-italic.otf"),
    include_bytes!("../assets/fonts/texgyreheroscn-bolditalic.otf"),
    include_bytes!("../assets/fonts/DejaVuSansMono.ttf"),
    include_bytes!("../assets/fonts/DejaVuSans.ttf"),
    include_bytes!("../assets/fonts/DroidSansFallback.ttf"),
];

static FONTS: LazyLock<Vec<Font>> =
    LazyLock::new(|| FILES.iter().flat_map(|file| Font::iter(Bytes::new(*file))).collect());

/// Every embedded font, in a fixed order.
pub(crate) fn all() -> Vec<Font> {
    FONTS.clone()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_file_is_a_font_of_the_family_the_template_names() {
        let families: BTreeSet<String> =
            super::all().iter().map(|font| font.info().family.as_str().to_owned()).collect();
        let expected = ["TeX Gyre Heros", "DejaVu Sans Mono", "DejaVu Sans", "Droid Sans Fallback"];
        assert_eq!(families, expected.iter().map(|f| (*f).to_owned()).collect());
        assert_eq!(super::all().len(), 7);
    }
}

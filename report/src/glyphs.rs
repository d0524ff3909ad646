//! Foreign text made printable: what no font draws, and what would change the reading of its neighbours, is shown as
//! `⟨U+XXXX⟩` instead of being drawn, dropped or obeyed.
use std::collections::BTreeSet;

use typst::text::Font;

use crate::Langue;

/// How much of the fonts' repertoire is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Every character that one of the fonts draws.
    Fonts,
    /// Latin only: for a text whose shaping failed (a mark that no font combines with its base).
    LatinOnly,
}

/// The characters the embedded fonts draw.
pub(crate) struct Glyphs {
    covered: BTreeSet<u32>,
    trust: Trust,
}

impl Glyphs {
    /// The repertoire of `fonts`.
    pub(crate) fn of(fonts: &[Font], trust: Trust) -> Self {
        let covered = fonts.iter().flat_map(|font| font.info().coverage.iter()).collect();
        Self { covered, trust }
    }

    /// `text` as it can be printed: at most `limit` characters, line breaks as spaces. A longer text is cut, and says
    /// how long it was, in the language of the document.
    pub(crate) fn clean(&self, text: &str, limit: usize, langue: Langue) -> String {
        let mut out = String::with_capacity(text.len().min(limit * 4));
        for c in text.chars().take(limit) {
            match c {
                '\n' | '\r' | '\t' => out.push(' '),
                c if self.prints(c) => out.push(c),
                c => out.push_str(&format!("⟨U+{:04X}⟩", c as u32)),
            }
        }
        let total = text.chars().count();
        if total > limit {
            out.push_str(&format!(" […] ({})", langue.cut(total)));
        }
        out
    }

    fn prints(&self, c: char) -> bool {
        let code = c as u32;
        let latin = (0x20..0x7f).contains(&code) || (0xa0..0x180).contains(&code) && code != 0xad;
        if latin || matches!(c, '’' | '‘' | '“' | '”' | '–' | '—' | '…' | '•' | '€' | 'œ' | 'Œ') {
            return true;
        }
        self.trust == Trust::Fonts && !deceives(c) && self.covered.contains(&code)
    }
}

/// Characters that change how others read without showing, or that mean nothing outside one machine.
fn deceives(c: char) -> bool {
    matches!(c as u32,
        0..=0x1f | 0x7f..=0x9f | 0xad
        // Combining marks stack without end and may hide what they cover: shown apart.
        | 0x300..=0x36f | 0x483..=0x489 | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f
        // Invisible letters, joiners, direction marks, separators, selectors.
        | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x2000..=0x200f | 0x2028..=0x202e
        | 0x205f..=0x206f | 0x2800 | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xffff
        // Private use, tags, selectors of the other planes, non-characters.
        | 0xe000..=0xf8ff | 0x1d173..=0x1d17a | 0xe0000..=0x10ffff)
        || (c as u32) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glyphs(trust: Trust) -> Glyphs {
        Glyphs::of(&crate::fonts::all(), trust)
    }

    #[test]
    fn what_deceives_or_has_no_glyph_is_shown_by_its_number() {
        let g = glyphs(Trust::Fonts);
        assert_eq!(g.clean("a\u{202e}b\u{0}c\u{200b}", 99, Langue::Fr), "a⟨U+202E⟩b⟨U+0000⟩c⟨U+200B⟩");
        assert_eq!(g.clean("œuvre à 5 € — « l’été »", 99, Langue::Fr), "œuvre à 5 € — « l’été »");
        assert_eq!(g.clean("日本 Ωж", 99, Langue::Fr), "日本 Ωж");
        assert_eq!(g.clean("\u{1f9ff}", 99, Langue::Fr), "⟨U+1F9FF⟩");
        assert_eq!(g.clean("a\r\nb\tc", 99, Langue::Fr), "a  b c");
        assert_eq!(glyphs(Trust::LatinOnly).clean("é日", 99, Langue::Fr), "é⟨U+65E5⟩");
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let g = glyphs(Trust::Fonts);
        let text = "x".repeat(100_000);
        assert_eq!(g.clean(&text, 3, Langue::Fr), "xxx […] (coupé : 100000 caractères en tout)");
        assert_eq!(g.clean(&text, 3, Langue::En), "xxx […] (cut: 100000 characters in all)");
    }
}

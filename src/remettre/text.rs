//! Words that came from a page or from a person, made harmless for a reader: escaped, invisible signs shown, length bounded.

/// How much of an address is shown.
pub(super) const ADDRESS: usize = 600;
/// How much of a title, of a sentence, of a name is shown.
pub(super) const SENTENCE: usize = 400;
/// How much of a person's own words, or of an item of a feed, is shown.
pub(super) const WORDS: usize = 4_000;

/// Whether a sign acts on what stands around it, or cannot be seen: it is shown by its number instead.
fn is_hidden(c: char) -> bool {
    let acts = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}');
    let unseen =
        matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{2028}' | '\u{2029}' | '\u{3164}');
    let strange = matches!(c, '\u{fff9}'..='\u{fffc}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    c.is_control() || acts || unseen || strange
}

/// The number of a sign: `U+202E`.
fn number(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

/// At most `most` characters of `text`, and how many it had when some are left out.
fn bounded(text: &str, most: usize) -> (&str, Option<usize>) {
    match text.char_indices().nth(most) {
        Some((cut, _)) => (text.get(..cut).unwrap_or(""), Some(text.chars().count())),
        None => (text, None),
    }
}

/// The text for a page: nothing in it is markup, nor turns the text around it.
pub(super) fn html(text: &str, most: usize) -> String {
    let (kept, cut) = bounded(text, most);
    let mut out = String::with_capacity(kept.len() + 16);
    out.push_str("<bdi>");
    for c in kept.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("<br>"),
            '\t' => out.push(' '),
            c if is_hidden(c) => out.push_str(&format!("<span class=\"signe\">{}</span>", number(c))),
            c => out.push(c),
        }
    }
    if let Some(all) = cut {
        out.push_str(&format!("<span class=\"coupe\">… coupé ici : {all} caractères en tout</span>"));
    }
    out.push_str("</bdi>");
    out
}

/// A sentence of ours for a page: its French signs stay with their words at the end of a line.
pub(super) fn sentence(text: &str, most: usize) -> String {
    let told = html(text, most).replace("« ", "«\u{a0}");
    [" :", " ;", " ?", " !", " »"].iter().fold(told, |told, sign| told.replace(sign, &sign.replace(' ', "\u{a0}")))
}

/// The same without markup, for the value of an attribute of ours.
pub(super) fn attribute(text: &str, most: usize) -> String {
    plain(text, most)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// The text for a file that is read as text: one line, nothing in it acts on a terminal.
pub(super) fn plain(text: &str, most: usize) -> String {
    let (kept, cut) = bounded(text, most);
    let mut out = String::with_capacity(kept.len());
    for c in kept.chars() {
        match c {
            '\n' | '\t' => out.push(' '),
            c if is_hidden(c) => out.push_str(&format!("[{}]", number(c))),
            c => out.push(c),
        }
    }
    if let Some(all) = cut {
        out.push_str(&format!("… (coupé : {all} caractères en tout)"));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_is_shown_and_hidden_signs_are_numbered() {
        let told = html("<script>alert('x')</script>\u{202e}gpj.exe & \"q\"", 400);
        assert_eq!(
            told,
            "<bdi>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;<span class=\"signe\">U+202E</span>gpj.exe &amp; &quot;q&quot;</bdi>"
        );
        assert_eq!(plain("a\u{1b}[31m\u{2066}b\nc", 50), "a[U+001B][31m[U+2066]b c");
        assert_eq!(html("مرحبا", 9), "<bdi>مرحبا</bdi>");
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let told = html(&"é".repeat(10_000), 400);
        assert_eq!(told.matches('é').count(), 400 + "coupé".matches('é').count());
        assert!(told.contains("10000 caractères en tout"), "{told}");
    }

    proptest! {
        #[test]
        fn nothing_leaves_its_place(text in any::<String>(), most in 0_usize..60) {
            let told = html(&text, most);
            let inside = told.replace("<bdi>", "").replace("</bdi>", "").replace("<br>", "")
                .replace("<span class=\"signe\">", "").replace("<span class=\"coupe\">", "").replace("</span>", "");
            prop_assert!(!inside.contains('<') && !inside.contains('"'), "{told}");
            prop_assert!(!told.chars().any(is_hidden), "{told}");
            let attribute = attribute(&text, most);
            prop_assert!(!attribute.contains(['<', '"', '\n']) && !attribute.chars().any(is_hidden));
        }
    }
}

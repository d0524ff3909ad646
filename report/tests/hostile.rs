//! Pages write what they want in titles and addresses: it must come out as text, or as visible escapes, and the
//! document must stay PDF/A-3b and PDF/UA-1 (the typesetter refuses to write one that is not).
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]
#[path = "common/reading.rs"]
mod reading;
#[path = "common/synthetic.rs"]
mod synthetic;

use proptest::prelude::*;
use reading::flat;
use synthetic::{Plan, page, synthetic};

fn with_title(title: &str) -> String {
    let plan = Plan { title: title.into(), pictures: vec![page(320, 200)], ..Plan::default() };
    flat(&synthetic(&plan).draw_up(None).unwrap_or_else(|e| panic!("{title:?}: {e}")).pdf)
}

#[test]
fn markup_comes_out_as_text() {
    let hostile = r##"#pagebreak() *x* $x^2$ #image("a.png") <lab> @ref `c` = h \ // /* "##;
    assert!(with_title(hostile).contains(hostile.trim()));
    let code = "#{read(\"/etc/passwd\")} #eval(\"1\") {titre} §p §n";
    assert!(with_title(code).contains(code));
}

#[test]
fn what_hides_is_shown() {
    let text = with_title("facture\u{202e}fdp.exe\u{0}\u{200b}\u{feff}fin");
    assert!(text.contains("facture⟨U+202E⟩fdp.exe⟨U+0000⟩⟨U+200B⟩⟨U+FEFF⟩fin"), "{text}");
}

#[test]
fn other_scripts_and_emoji_are_printed_or_shown_by_number() {
    assert!(with_title("日本語の商品 简体中文").contains("日本語の商品"));
    assert!(with_title("Лампа Φως").contains("Лампа Φως"));
    assert!(with_title("lampe \u{1f9ff} 👨‍👩‍👧 fin").contains("⟨U+1F9FF⟩"));
    // Arabic, Hebrew, Thai, combining marks: whatever comes out, the document is made.
    for title in ["مصباح معماري", "מנורה", "โคมไฟ", "Z̷̢͎a̵͓l̴g̸o", "நிலா", "e\u{301}", "\u{e9}", "ﷺ"]
    {
        with_title(title);
    }
}

#[test]
fn a_title_of_100_kb_is_cut_and_says_so() {
    let text = with_title(&"A".repeat(100_000));
    assert!(text.contains("coupé : 100000 caractères en tout"));
    let text = with_title(&"mot ".repeat(25_000));
    assert!(text.contains("coupé : 100000 caractères en tout"));
}

#[test]
fn a_long_address_stays_on_the_page_and_whole() {
    let url = format!("https://exemple.test/{}?q={}", "a/".repeat(200), "0123456789".repeat(60));
    let plan = Plan { url: url.clone(), redirects: vec![], pictures: vec![page(320, 200)], ..Plan::default() };
    let act = synthetic(&plan).draw_up(None).unwrap();
    let text = flat(&act.pdf).replace(' ', "");
    assert!(text.contains(&url), "the address is copied without loss:\n{text}");
    let widest = reading::text(&act.pdf).lines().map(|line| line.chars().count()).max();
    assert!(widest < Some(260), "{widest:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]
    #[test]
    fn any_title_gives_a_document(title in "\\PC{0,60}", other in proptest::collection::vec(any::<char>(), 0..40)) {
        with_title(&title);
        with_title(&other.into_iter().collect::<String>());
    }
}

//! The table as printed, for one fixed journal: a change of a rule or of a word is seen here.
//!
//! To accept a change: `NORMS_GOLDEN=write cargo test -p norms --test golden`, then read the difference.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the failure")]
#[path = "support/journal.rs"]
mod support;

use std::path::Path;

use norms::{Norm, check};

fn compare(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("NORMS_GOLDEN").is_some_and(|v| v == "write") {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    for (n, (e, f)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(f, e, "{name}, line {}", n + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "{name}: number of lines");
}

#[test]
fn the_table_of_a_full_session() {
    let result = check(&Norm::nf_z67_147().unwrap(), &support::journal(&support::full()), None);
    compare("session.txt", &result.render_text(100));
}

#[test]
fn the_table_without_a_dossier() {
    compare("exigences.txt", &Norm::nf_z67_147().unwrap().render_text(100));
}

#[test]
fn no_line_is_wider_than_asked() {
    let norm = Norm::nf_z67_147().unwrap();
    let result = check(&norm, &support::journal(&support::full()), None);
    for width in [60, 80, 132] {
        for line in result.render_text(width).lines().chain(norm.render_text(width).lines()) {
            let long_word = line.split_whitespace().any(|w| w.chars().count() > width / 2);
            assert!(line.chars().count() <= width || long_word, "{width}: {line}");
            assert_eq!(line, line.trim_end());
        }
    }
}

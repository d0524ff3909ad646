//! The whole text of two documents, compared with what a reviewer accepted; `CONSTAT_BLESS=1` rewrites it.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]
#[path = "common/reading.rs"]
mod reading;
#[path = "common/synthetic.rs"]
mod synthetic;

use std::path::Path;

use dossier::SessionState;
use synthetic::{Plan, draft, synthetic};

fn compare(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("CONSTAT_BLESS").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if let Some(n) = expected.lines().zip(found.lines()).position(|(a, b)| a != b) {
        let line = |text: &str| text.lines().nth(n).unwrap_or("").to_owned();
        panic!("{name}, line {}:\nexpected {}\nfound    {}", n + 1, line(&expected), line(found));
    }
    assert_eq!(expected.len(), found.len(), "{name}: one text is longer; CONSTAT_BLESS=1 rewrites it");
}

/// `CONSTAT_LOOK=FOLDER` keeps the documents, for the eye and for other judges.
fn keep(name: &str, pdf: &[u8]) {
    if let Some(folder) = std::env::var_os("CONSTAT_LOOK") {
        std::fs::write(Path::new(&folder).join(name), pdf).unwrap();
    }
}

#[test]
fn an_attended_constat_reads_as_accepted() {
    let act = synthetic(&Plan::default()).draw_up(Some(&draft())).unwrap();
    keep("constat.pdf", &act.pdf);
    compare("constat.txt", &reading::text(&act.pdf));
}

#[test]
fn a_courtesy_translation_of_the_same_constat_reads_as_accepted() {
    let act = synthetic(&Plan::default()).translated(Some(&draft())).unwrap();
    keep("constat-en.pdf", &act.pdf);
    compare("constat-en.txt", &reading::text(&act.pdf));
}

#[test]
fn an_unattended_trial_that_was_cut_reads_as_accepted() {
    let plan = Plan {
        attended: false,
        essai: true,
        timestamped: false,
        parties: false,
        missing: 40,
        state: SessionState::Interrupted,
        ..Plan::default()
    };
    keep("releve-en.pdf", &synthetic(&plan).translated(None).unwrap().pdf);
    let act = synthetic(&plan).draw_up(None).unwrap();
    keep("releve.pdf", &act.pdf);
    compare("releve.txt", &reading::text(&act.pdf));
}

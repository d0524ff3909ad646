//! The page on whole dossiers of an act: every attack, rare shape and changed bit gets our answer, part by part, and our French sentences.
use std::process::Command;

use serde_json::Value;

use super::super::vectors::WHOLE_FOLDER;
use super::node;
use super::receipts::{SAID, codes, facts};

#[test]
fn d08_the_page_judges_whole_dossiers_as_we_do() {
    let work = tempfile::tempdir().unwrap();
    let run = Command::new(std::env::current_exe().unwrap())
        .arg("attacks::whole::")
        .env(WHOLE_FOLDER, work.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    node("tests/drive.mjs", work.path());
    let read =
        |name: String| -> Value { serde_json::from_slice(&std::fs::read(work.path().join(name)).unwrap()).unwrap() };
    let (mut count, mut differences) = (0, Vec::new());
    for file in std::fs::read_dir(work.path()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let Some(name) = name.strip_suffix(".asice") else { continue };
        let (ours, theirs) = (read(format!("{name}.json")), read(format!("{name}.page.json")));
        count += 1;
        if !agree(&ours, &theirs) {
            differences.push(format!("{name}\n  ours {ours}\n  page {theirs}"));
        }
    }
    assert!(differences.is_empty(), "{} of {count} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(count > 150, "only {count} vectors: are they written down?");
}

/// Of a file that is not taken for a dossier, the answer and the findings alone; else everything that both say.
fn agree(ours: &Value, theirs: &Value) -> bool {
    let same = |a: &Value, b: &Value, keys: &[&str]| keys.iter().all(|key| a[*key] == b[*key]);
    let judged = |a: &Value, b: &Value| codes(a) == codes(b) && facts(a) == facts(b);
    let each = |list: &str, keys: &[&str]| {
        let (ours, theirs) = (ours[list].as_array().unwrap(), theirs[list].as_array().unwrap());
        ours.len() == theirs.len()
            && ours.iter().zip(theirs).all(|(a, b)| a["name"] == b["name"] && same(a, b, keys) && judged(a, b))
    };
    if ours["object"].is_null() {
        return codes(ours) == codes(theirs) && same(ours, theirs, &["object", "verdict"]);
    }
    judged(ours, theirs)
        && same(ours, theirs, &["object", "verdict", "sha256", "manifest", "files", "attests", "limits"])
        && each("receipts", &SAID)
        && each("parts", &["verdict", "lines"])
}

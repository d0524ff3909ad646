//! Rules of the repository as tests: who may depend on whom, file length, first lines, one reader of the system time.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking, and reads the time it needs")]
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 500;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every `.rs` file of the product, with its path from the root.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["src", "tests", "capture", "sealer", "report", "norms", "fixtures", "benches"] {
        walk(&root().join(folder), &mut found);
    }
    found.sort();
    let sources: Vec<_> = found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    assert!(sources.len() > 50, "found only {} sources: is the test looking in the right place?", sources.len());
    sources
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|n| n != "target" && n != "node_modules") {
                walk(&path, found);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn manifest(folder: &str) -> toml::Table {
    fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap().parse().unwrap()
}

fn keys(table: &toml::Table, section: &str) -> BTreeSet<String> {
    table.get(section).and_then(|s| s.as_table()).map(|s| s.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn packages_depend_only_on_what_the_architecture_allows() {
    let allowed: BTreeMap<&str, (&str, &[&str])> = BTreeMap::from([
        ("dossier", ("sealer/dossier", &[][..])),
        ("warc", ("capture/warc", &["dossier"][..])),
        ("metadata", ("capture/metadata", &[][..])),
        ("norms", ("norms", &["dossier"][..])),
        ("probes", ("capture/probes", &["dossier"][..])),
        ("capture", ("capture", &["dossier", "metadata", "probes", "warc"][..])),
        ("sealer", ("sealer", &["dossier", "warc"][..])),
        ("report", ("report", &["dossier", "norms", "sealer"][..])),
        ("signification", ("report/signification", &["dossier", "sealer"][..])),
        ("signification-portail", ("report/signification/portail", &["dossier", "signification"][..])),
        ("signification-postgres", ("report/signification/postgres", &["dossier", "signification"][..])),
        ("fixtures", ("fixtures", &[][..])),
    ]);
    let ours: BTreeSet<&str> = allowed.keys().copied().collect();
    for (name, (folder, may)) in &allowed {
        let table = manifest(folder);
        assert_eq!(table["package"]["name"].as_str(), Some(*name));
        for dependency in keys(&table, "dependencies") {
            if ours.contains(dependency.as_str()) {
                assert!(may.contains(&dependency.as_str()), "{name} may not depend on {dependency}");
            }
        }
    }
}

#[test]
fn every_dependency_is_justified_in_one_line() {
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let table = manifest(".");
    let workspace = table["workspace"].as_table().unwrap();
    let own = [
        "capture",
        "dossier",
        "fixtures",
        "metadata",
        "norms",
        "probes",
        "report",
        "sealer",
        "signification",
        "signification-portail",
        "signification-postgres",
        "warc",
    ];
    for dependency in keys(workspace, "dependencies") {
        if !own.contains(&dependency.as_str()) {
            assert!(
                architecture.contains(&format!("| `{dependency}` |")),
                "{dependency} has no line in ARCHITECTURE.md"
            );
        }
    }
}

#[test]
fn files_are_short_and_say_why_they_exist() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!("{name}: {lines} lines, at most {LONGEST_FILE}"));
        }
        if !text.starts_with("//! ") {
            wrong.push(format!("{name}: the first line does not say why the file exists"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_system_time_is_read_in_one_place() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        // Fixtures stand in for the outside world, tests make their own instants; the product takes a Clock.
        let outside = name.starts_with("fixtures/") || name.contains("/tests/") || name.starts_with("tests/");
        if outside || name == "src/clock.rs" {
            continue;
        }
        for call in ["SystemTime::now", "Timestamp::now", "Zoned::now"] {
            if text.contains(call) {
                wrong.push(format!("{name} calls {call}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_ignored_and_nothing_is_left_to_do() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        if name == "tests/tidy.rs" {
            continue;
        }
        for mark in ["#[ignore", "todo!(", "unimplemented!(", "TODO", "FIXME"] {
            if text.contains(mark) {
                wrong.push(format!("{name} holds {mark}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

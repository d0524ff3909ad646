//! Mistakes of the person at the keyboard and failures of the machine: two lines, a stable code, the right exit code.
use std::fs;

use super::support::{Bench, text, world};

fn refused(bench: &Bench, scenario: &str) -> super::support::Answer {
    let path = bench.scenario("faux.toml", scenario);
    let dossiers = bench.dossiers();
    bench.run(&["capturer", text(&path), "--dossiers", text(&dossiers)])
}

#[test]
fn a_malformed_scenario_names_file_line_key_and_what_was_expected() {
    let bench = Bench::new();
    for (scenario, line, key) in [
        ("[dossier]\nreference = \"A\"\n[[etape]]\nalller = \"http://x/\"\n", "ligne 4", "alller"),
        ("[dossier]\nreference = 12\n[[etape]]\naller = \"http://x/\"\n", "ligne 2", "reference"),
        ("[dossier]\n[[etape]]\naller = \"pas une adresse\"\n", "ligne 3", "aller"),
        ("[dossier]\n[[etape]]\naller = \"http://x/\"\ncapturer = \"x\"\n", "ligne 2", "etape"),
        ("[[etape]\n", "ligne 1", ""),
        ("", "ligne 1", "dossier"),
        ("[dossier]\n", "ligne", "etape"),
    ] {
        let answer = refused(&bench, scenario).expect_error(2, "scenario.invalid");
        for part in ["faux.toml", line, key, "attendu"] {
            assert!(answer.stderr.contains(part), "{part:?} is missing for {scenario:?}: {}", answer.stderr);
        }
    }
    assert_eq!(fs::read_dir(bench.dossiers()).unwrap().count(), 0, "nothing is created for a refused scenario");
}

#[test]
fn usage_mistakes_exit_with_two() {
    let bench = Bench::new();
    bench.run(&[]).expect(2);
    bench.run(&["capturer"]).expect_error(2, "cli.usage_missing");
    bench.run(&["inconnu"]).expect_error(2, "cli.usage_verb");
    bench.run(&["capturer", "--inconnue"]).expect_error(2, "cli.usage_unknown");
    bench.run(&["verifier", "/n/existe/pas.asice"]).expect_error(2, "cli.no_file");
    bench.run(&["index", "lister", "--dossiers", "/n/existe/pas"]).expect_error(2, "cli.no_folder");
    let dossiers = bench.dossiers();
    bench
        .run(&["capturer", "http://127.0.0.1:1/", "--dossiers", text(&dossiers), "--reference", "../dehors"])
        .expect_error(2, "dossier.reference");
    bench
        .run(&["capturer", "/n/existe/pas.toml", "--dossiers", text(&dossiers)])
        .expect_error(2, "scenario.unreadable");
    bench.run(&["--help"]).expect(0);
}

#[test]
fn a_reference_serves_once() {
    let bench = Bench::new();
    fs::create_dir(bench.dossiers().join("PRIS")).unwrap();
    let url = world().sites.base();
    bench.capture(&url, "PRIS").expect_error(2, "dossier.exists");
}

#[test]
fn no_browser_is_a_failure_of_the_environment() {
    let bench = Bench::new();
    let dossiers = bench.dossiers();
    let url = world().sites.base();
    bench
        .run(&["capturer", &url, "--dossiers", text(&dossiers), "--navigateur", "/n/existe/pas"])
        .expect_error(3, "capture.no_browser");
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let bench = Bench::new();
    let url = world().sites.base();
    // The kernel's own file systems refuse new folders to everybody, root included.
    bench.run(&["capturer", &url, "--dossiers", "/proc/constat"]).expect_error(3, "dossier.io");
}

#[test]
fn a_broken_configuration_is_told_with_its_line() {
    let bench = Bench::new();
    let dossiers = bench.dossiers();
    let file = bench.path("fausse.toml");
    fs::write(&file, "[etude]\nnom = \"x\"\nresidense = \"y\"\n").unwrap();
    let url = world().sites.base();
    let answer = bench
        .run(&["capturer", &url, "--dossiers", text(&dossiers), "--etude", text(&file)])
        .expect_error(2, "etude.invalid");
    assert!(answer.stderr.contains("ligne 3"), "{}", answer.stderr);
}

#[test]
fn a_full_disk_loses_nothing_that_was_journalled() {
    let bench = Bench::new();
    let mount = bench.path("petit-disque");
    fs::create_dir(&mount).unwrap();
    let url = format!("{}/reseau/p/1042", world().sites.base());
    // A mount namespace of its own: the small disk disappears with the process, and no right is needed outside it.
    let script = format!(
        "mount -t tmpfs -o size=500k tmpfs {mount} && {binary} capturer {url} --dossiers {mount} --reference PLEIN; \
         code=$?; cp {mount}/PLEIN/journal.jsonl {out}; exit $code",
        mount = text(&mount),
        binary = env!("CARGO_BIN_EXE_constat"),
        out = text(&bench.path("journal-sauve.jsonl")),
    );
    // Root needs no user namespace, and in a changed root directory the system would refuse it one.
    let root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let user: &[&str] = if root { &[] } else { &["--user", "--map-root-user"] };
    let output = std::process::Command::new("unshare")
        .args(user)
        .args(["--mount", "sh", "-c", &script])
        .env("CONSTAT_ETUDE", bench.path("etude.toml"))
        .output()
        .unwrap();
    let answer = super::support::Answer::from(output);
    answer.expect_error(3, "dossier.disk_full");
    let journal = fs::File::open(bench.path("journal-sauve.jsonl")).unwrap();
    let (journal, _) = dossier::Journal::read(journal).expect("the chain holds up to the last whole line");
    assert!(journal.entries().len() > 10);
}

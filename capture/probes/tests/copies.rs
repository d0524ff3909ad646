//! Copies of a bundle on real file systems: a small one that fills up, a stick, a copy whose octets change, a copier that is killed, a file in the way.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use dossier::{Digests, FixedClock, Instant, Software};
use probes::World;
use probes::copies::{Act, By, CopyError, check_copy, copy_bundle, history, note_access, read_back};

/// Where a test runs itself again in namespaces of its own; holds the folder of the parts.
const INSIDE: &str = "CONSTAT_TEST_COPIES";

fn world() -> World {
    let start = Instant::from_millisecond(1_795_000_000_000).unwrap();
    World::at(Path::new("/"), BTreeMap::new(), Arc::new(FixedClock::new(start, Duration::from_millis(5))))
}

fn software() -> Software {
    Software { name: "constat".into(), version: "0".into(), binary_sha256: None }
}

/// A bundle of `length` octets.
fn bundle(folder: &Path, length: usize) -> PathBuf {
    let path = folder.join("2026-0142.asice");
    let octets: Vec<u8> = (0..length).map(|at| u8::try_from((at * 31 + at / 4096) % 251).unwrap()).collect();
    fs::write(&path, octets).unwrap();
    path
}

fn copied(bundle: &Path, folder: &Path) -> Result<probes::copies::Copied, CopyError> {
    let software = software();
    copy_bundle(&world(), bundle, folder, By { declared: Some("Me Martin"), software: &software })
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Runs the test of this name again, as root of mounts of its own, after `prepare` (`$1` is `folder`).
fn inside(test: &str, prepare: &str, folder: &Path) {
    let script = format!("set -e; {prepare}; shift; exec \"$@\"");
    let output = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-c", &script, "sh"])
        .arg(folder)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "this test mounts file systems, as root: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_copy_is_the_same_is_read_only_and_is_told() {
    let (office, stick) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bundle = bundle(office.path(), 5_000_001);
    let made = copied(&bundle, stick.path()).unwrap();
    assert_eq!(fs::read(&made.path).unwrap(), fs::read(&bundle).unwrap());
    assert_eq!((names(stick.path()), made.read_only, made.line), (vec!["2026-0142.asice".to_owned()], true, 1));
    assert_eq!(made.digests, Digests::of(&fs::read(&bundle).unwrap()));
    let software = software();
    let by = By { declared: None, software: &software };
    note_access(&world(), &bundle, Act::Opened, "rejeu", by).unwrap();
    assert_eq!(check_copy(&world(), &bundle, &made.path, by).unwrap().line, 3);
    let told = history(&bundle).unwrap();
    let acts: Vec<&str> = told.entries.iter().map(|entry| entry.line["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["copied", "opened", "verified"]);
    let line = &told.entries[0].line;
    assert_eq!((line["result"].as_str(), line["by"]["declared"].as_str()), (Some("ok"), Some("Me Martin")));
    assert_eq!(
        (line["bundle"]["sha256"].as_str(), line["bundle"]["bytes"].as_u64()),
        (Some(made.digests.sha256.to_hex().as_str()), Some(5_000_001))
    );
    assert!(line["to"]["medium"]["filesystem"].is_string() && line["to"]["medium"]["free_bytes"].is_u64(), "{line}");
}

#[test]
fn a_file_in_the_way_stays_as_it_is() {
    let (office, stick) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bundle = bundle(office.path(), 1000);
    fs::write(stick.path().join("2026-0142.asice"), "autre").unwrap();
    assert!(matches!(copied(&bundle, stick.path()), Err(CopyError::InTheWay { .. })));
    assert_eq!(fs::read(stick.path().join("2026-0142.asice")).unwrap(), b"autre");
    // Not even a link that leads nowhere is taken for a free name; nor is the bundle copied over itself.
    fs::remove_file(stick.path().join("2026-0142.asice")).unwrap();
    std::os::unix::fs::symlink("/absent", stick.path().join("2026-0142.asice")).unwrap();
    assert!(matches!(copied(&bundle, stick.path()), Err(CopyError::InTheWay { .. })));
    assert!(matches!(copied(&bundle, office.path()), Err(CopyError::InTheWay { .. })));
    assert!(matches!(copied(&bundle, &office.path().join("absent")), Err(CopyError::Folder { .. })));
    let told = history(&bundle).unwrap();
    assert!(
        told.entries.iter().all(|entry| entry.line["result"] == "failed" && entry.line["code"] == "copier.in_the_way")
    );
    assert_eq!((told.entries.len(), names(stick.path())), (3, vec!["2026-0142.asice".to_owned()]));
}

#[test]
fn a_flipped_octet_on_the_copy_is_found() {
    let (office, stick) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bundle = bundle(office.path(), 3_000_000);
    let made = copied(&bundle, stick.path()).unwrap();
    let mut rights = fs::metadata(&made.path).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut rights, 0o644);
    fs::set_permissions(&made.path, rights).unwrap();
    let mut file = fs::OpenOptions::new().read(true).write(true).open(&made.path).unwrap();
    let mut octet = [0];
    file.seek(SeekFrom::Start(2_999_999)).unwrap();
    file.read_exact(&mut octet).unwrap();
    file.seek(SeekFrom::Start(2_999_999)).unwrap();
    file.write_all(&[octet[0] ^ 1]).unwrap();
    drop(file);
    assert_ne!(read_back(&made.path).unwrap().0, made.digests);
    let software = software();
    let found = check_copy(&world(), &bundle, &made.path, By { declared: None, software: &software });
    assert!(matches!(found, Err(CopyError::Differs { expected, .. }) if expected == made.digests.sha256), "{found:?}");
    let told = history(&bundle).unwrap();
    assert_eq!(
        (told.entries[1].line["act"].as_str(), told.entries[1].line["code"].as_str()),
        (Some("verified"), Some("copier.differs"))
    );
}

#[test]
fn a_journal_that_was_changed_is_refused_and_a_cut_line_is_not_lost() {
    let (office, stick, other) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bundle = bundle(office.path(), 1000);
    copied(&bundle, stick.path()).unwrap();
    let software = software();
    let by = By { declared: None, software: &software };
    note_access(&world(), &bundle, Act::Opened, "rejeu", by).unwrap();
    let journal = history(&bundle).unwrap().path;
    let whole = fs::read_to_string(&journal).unwrap();
    // A writer that was cut off: the next line names what stands there.
    fs::write(&journal, format!("{whole}{{\"act\":\"copi")).unwrap();
    assert_eq!(copied(&bundle, other.path()).unwrap().line, 3);
    let told = history(&bundle).unwrap();
    assert_eq!((told.entries.len(), told.entries[2].line.is_null()), (4, true));
    fs::write(&journal, whole.replace("Me Martin", "Me Durand")).unwrap();
    assert!(matches!(history(&bundle), Err(CopyError::Journal { line: 2, .. })));
    let third = tempfile::tempdir().unwrap();
    assert!(matches!(copied(&bundle, third.path()), Err(CopyError::Journal { .. })));
    assert!(names(third.path()).is_empty());
    // A line taken out of the middle.
    let second = whole.lines().nth(1).unwrap();
    fs::write(&journal, format!("{second}\n")).unwrap();
    assert!(matches!(history(&bundle), Err(CopyError::Journal { line: 1, .. })));
}

#[test]
fn two_copies_at_once_take_their_turn() {
    let office = tempfile::tempdir().unwrap();
    let bundle = bundle(office.path(), 100_000);
    let sticks: Vec<_> = (0..6).map(|_| tempfile::tempdir().unwrap()).collect();
    std::thread::scope(|scope| {
        for stick in &sticks {
            scope.spawn(|| copied(&bundle, stick.path()).unwrap());
        }
    });
    assert_eq!(history(&bundle).unwrap().entries.len(), 6);
}

#[test]
fn a_medium_that_is_full_keeps_nothing() {
    let Some(parts) = std::env::var_os(INSIDE) else {
        let parts = tempfile::tempdir().unwrap();
        fs::create_dir(parts.path().join("plein")).unwrap();
        inside("a_medium_that_is_full_keeps_nothing", "mount -t tmpfs -o size=4m tmpfs \"$1/plein\"", parts.path());
        return;
    };
    let (office, full) = (tempfile::tempdir().unwrap(), PathBuf::from(parts).join("plein"));
    let bundle = bundle(office.path(), 5 << 20);
    assert!(matches!(copied(&bundle, &full), Err(CopyError::Space { needed: 5_242_880, .. })));
    // A medium that fills up while it is written to: the bundle grows after it was measured.
    let grown = fs::File::open("/dev/zero").unwrap().take(3 << 20);
    let mut other = fs::File::create(full.join("autre")).unwrap();
    std::io::copy(&mut { grown }, &mut other).unwrap();
    assert!(matches!(copied(&bundle, &full), Err(CopyError::Space { .. })));
    assert_eq!(names(&full), ["autre"]);
    let told = history(&bundle).unwrap();
    assert_eq!((told.entries.len(), told.entries[1].line["code"].as_str()), (2, Some("copier.space")));
    assert_eq!(told.entries[1].line["to"]["medium"]["filesystem"], "tmpfs");
}

#[test]
fn a_stick_is_told_and_read_past_the_cache() {
    let Some(parts) = std::env::var_os(INSIDE) else {
        let parts = tempfile::tempdir().unwrap();
        fs::create_dir(parts.path().join("cle")).unwrap();
        fs::File::create(parts.path().join("image")).unwrap().set_len(32 << 20).unwrap();
        let prepare = "mkfs.ext4 -q \"$1/image\"; mount -o loop \"$1/image\" \"$1/cle\"";
        inside("a_stick_is_told_and_read_past_the_cache", prepare, parts.path());
        return;
    };
    let office = tempfile::tempdir().unwrap();
    let bundle = bundle(office.path(), 3_000_001);
    let made = copied(&bundle, &PathBuf::from(parts).join("cle")).unwrap();
    assert_eq!(made.read_back.as_str(), "direct");
    assert_eq!((made.medium["filesystem"].as_str(), made.medium["remote"].as_bool()), (Some("ext4"), Some(false)));
    assert!(made.medium["source"].as_str().unwrap().starts_with("/dev/loop"), "{}", made.medium);
}

#[test]
fn a_copier_that_is_killed_leaves_nothing_that_looks_whole() {
    if let Some(parts) = std::env::var_os(INSIDE) {
        let parts = PathBuf::from(parts);
        let _ = copied(&parts.join("2026-0142.asice"), &parts.join("cle"));
        return;
    }
    let parts = tempfile::tempdir().unwrap();
    let stick = parts.path().join("cle");
    fs::create_dir(&stick).unwrap();
    // Sparse: long to copy, quick to make.
    let bundle = parts.path().join("2026-0142.asice");
    fs::File::create(&bundle).unwrap().set_len(600 << 20).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_copier_that_is_killed_leaves_nothing_that_looks_whole"])
        .env(INSIDE, parts.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Killed once it writes.
    while names(&stick).is_empty() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let left = names(&stick);
    assert!(left.iter().all(|name| name.starts_with('.') && name.ends_with(".partiel")), "{left:?}");
    assert_eq!(left.len(), 1, "it was to be killed half way: {left:?}");
    assert!(history(&bundle).unwrap().entries.is_empty());
    // The next copy takes its own name, beside what was left.
    fs::File::options().write(true).open(&bundle).unwrap().set_len(1 << 20).unwrap();
    copied(&bundle, &stick).unwrap();
    assert!(names(&stick).contains(&"2026-0142.asice".to_owned()));
}

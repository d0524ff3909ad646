//! A real clamd with a signature of the EICAR file, in bases of chosen dates; a real clamscan in a mount namespace; and nothing at all.
use std::process::Command;

use dossier::Outcome;
use fixtures::{AntivirusDaemon, clamav};

use super::*;
use crate::test_support::{world, world_at};
use crate::{SCAN_LIMIT, Sources, scan_file};

/// The clock of the tests says the 18th of November 2026.
const FRESH: &str = "2026-11-16 10:00:00";
const OLD: &str = "2026-10-01 10:00:00";

fn asking(daemon: &AntivirusDaemon) -> Sources {
    Sources { antivirus: Antivirus::Clamd(daemon.socket()), ..Sources::default() }
}

/// What the engine says when only these folders are searched, and not the folder of this test.
fn only(root: &Path, asked: &Antivirus, folder: &Path) -> Fact {
    fact(&world_at(root), asked, &[folder.to_path_buf()])
}

#[test]
fn a_daemon_says_what_it_is_and_finds_what_is_there() {
    let daemon = AntivirusDaemon::start(FRESH, "").unwrap();
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir_all(folder.path().join("profil/cache")).unwrap();
    fs::write(folder.path().join("profil/sain.txt"), "rien").unwrap();
    let asked = Antivirus::Clamd(daemon.socket());
    let clean = only(root.path(), &asked, folder.path());
    assert_eq!((clean.outcome, clean.data["verdict"].as_str()), (Outcome::Ok, Some("clean")), "{clean:#?}");
    assert_eq!(
        (clean.data["engine"].as_str(), clean.data["signatures"].as_str()),
        (Some("ClamAV"), Some("base 27400 du 2026-11-16"))
    );
    assert_eq!((clean.data["signatures_age_days"].as_i64(), clean.data["searched"].as_u64()), (Some(2), Some(1)));
    fs::write(folder.path().join("profil/cache/f_0001"), clamav::eicar()).unwrap();
    let found = only(root.path(), &asked, folder.path());
    assert_eq!((found.outcome, found.data["verdict"].as_str()), (Outcome::Deviation, Some("found")), "{found:#?}");
    assert!(found.data["found"][0]["path"].as_str().unwrap().ends_with("profil/cache/f_0001"));
    assert!(found.data["found"][0]["name"].as_str().unwrap().starts_with("Eicar-Test-Signature"));
    assert!(String::from_utf8_lossy(&found.evidence[0].bytes).contains("Eicar-Test-Signature"));
}

#[test]
fn old_signatures_depart() {
    let daemon = AntivirusDaemon::start(OLD, "").unwrap();
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("sain"), "rien").unwrap();
    let fact = only(root.path(), &Antivirus::Clamd(daemon.socket()), folder.path());
    assert_eq!((fact.outcome, fact.data["verdict"].as_str()), (Outcome::Deviation, Some("clean")), "{fact:#?}");
    assert!(fact.data["departures"][0].as_str().unwrap().contains("signatures vieilles de 48 jours"), "{fact:#?}");
    let scan = scan_file(&world(), &asking(&daemon), &folder.path().join("sain"));
    assert_eq!((scan.outcome, scan.data["verdict"].as_str()), (Outcome::Deviation, Some("clean")), "{scan:#?}");
}

#[test]
fn one_file_is_searched_after_its_download() {
    let daemon = AntivirusDaemon::start(FRESH, "StreamMaxLength 1M").unwrap();
    let (sources, folder) = (asking(&daemon), tempfile::tempdir().unwrap());
    let path = |name: &str| folder.path().join(name);
    let scan = |name: &str| scan_file(&world(), &sources, &path(name));
    fs::write(path("eicar.com"), clamav::eicar()).unwrap();
    let found = scan("eicar.com");
    assert_eq!((found.outcome, found.data["bytes"].as_u64()), (Outcome::Deviation, Some(68)), "{found:#?}");
    assert_eq!(found.data["sha256"], "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f");
    assert!(found.data["name"].as_str().unwrap().starts_with("Eicar"));
    fs::write(path("vide"), "").unwrap();
    assert_eq!(scan("vide").outcome, Outcome::Ok);
    let not_done = |fact: &Fact, word: &str| {
        assert_eq!((fact.outcome, fact.data["verdict"].as_str()), (Outcome::NotDone, Some("not_done")), "{fact:#?}");
        assert!(fact.data["why"].as_str().unwrap().contains(word), "{word}: {fact:#?}");
    };
    // More than the daemon takes: it breaks the stream off, and its own word is told.
    fs::write(path("long"), vec![7_u8; 3 << 20]).unwrap();
    not_done(&scan("long"), "StreamMaxLength");
    fs::File::create(path("immense")).unwrap().set_len(SCAN_LIMIT + 1).unwrap();
    not_done(&scan("immense"), "100 Mio");
    std::os::unix::fs::symlink(path("vide"), path("lien")).unwrap();
    not_done(&scan("lien"), "ordinaire");
    not_done(&scan("absent"), "n'a pas été cherché");
    drop(daemon);
    not_done(&scan("vide"), "clamd");
}

#[test]
fn without_an_engine_nothing_is_claimed() {
    let root = tempfile::tempdir().unwrap();
    let fact = fact(&world_at(root.path()), &Antivirus::Usual, &[]);
    assert_eq!(fact.outcome, Outcome::NotDone);
    assert!(fact.data["why"].as_str().unwrap().contains("clamscan"), "{fact:?}");
    // A socket whose daemon is gone, and no program either: both are told.
    fs::create_dir_all(root.path().join("run/clamav")).unwrap();
    fs::write(root.path().join("run/clamav/clamd.ctl"), "").unwrap();
    let dead = super::fact(&world_at(root.path()), &Antivirus::Usual, &[]);
    let why = dead.data["why"].as_str().unwrap();
    assert!(why.contains("clamd.ctl") && why.contains("clamscan"), "{why}");
    let silent = std::os::unix::net::UnixListener::bind(root.path().join("clamd.ctl")).unwrap();
    let deaf = super::fact(&world_at(root.path()), &Antivirus::Clamd(root.path().join("clamd.ctl")), &[]);
    assert_eq!(deaf.outcome, Outcome::NotDone);
    drop(silent);
}

/// Where the test runs itself again, with the programs unpacked by the installation over `/usr`.
const INSIDE: &str = "CONSTAT_TEST_AVEC_CLAMSCAN";

#[test]
fn the_program_does_where_there_is_no_daemon() {
    if std::env::var_os(INSIDE).is_none() {
        let overlay = r#"mount -t overlay overlay -o lowerdir="$1/usr:/usr" /usr && shift && exec "$@""#;
        let name = "health::antivirus::tests::the_program_does_where_there_is_no_daemon";
        let status = Command::new("unshare")
            .args(["--mount", "--propagation", "private", "sh", "-c", overlay, "sh"])
            .arg(clamav::unpacked())
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(INSIDE, "1")
            .status()
            .unwrap();
        assert!(status.success(), "this test mounts a file system: it must be run by root");
        return;
    }
    let (folder, base) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    clamav::signatures(base.path(), FRESH).unwrap();
    fs::write(folder.path().join("sain: a.txt"), "rien").unwrap();
    fs::write(folder.path().join("e.com"), clamav::eicar()).unwrap();
    let sources = Sources { antivirus: Antivirus::Clamscan(Some(base.path().to_path_buf())), ..Sources::default() };
    let found = scan_file(&world(), &sources, &folder.path().join("e.com"));
    assert_eq!((found.outcome, found.data["verdict"].as_str()), (Outcome::Deviation, Some("found")), "{found:#?}");
    assert_eq!(found.data["signatures"], "base 27400 du 2026-11-16");
    let clean = scan_file(&world(), &sources, &folder.path().join("sain: a.txt"));
    assert_eq!((clean.outcome, clean.data["verdict"].as_str()), (Outcome::Ok, Some("clean")), "{clean:#?}");
    let search =
        by_program(&world(), Some(base.path()), &[folder.path().join("e.com"), folder.path().join("sain: a.txt")]);
    assert_eq!((search.searched, search.found.len(), search.failed), (2, 1, None));
    // Without signatures the program refuses, and that is not taken for « nothing found ».
    let empty = tempfile::tempdir().unwrap();
    let refused = by_program(&world(), Some(empty.path()), &[folder.path().join("e.com")]);
    assert_eq!((refused.searched, refused.failed.is_some()), (0, true));
}

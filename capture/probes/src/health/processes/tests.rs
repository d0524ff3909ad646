//! Processes made of files: remote control, another browser, a stranger; and real processes of this machine under such names.
use std::fs;
use std::path::Path;

use dossier::Outcome;
use proptest::prelude::*;

use super::*;
use crate::test_support::{world, world_at};

fn process_file(root: &Path, id: u32, parent: u32, name: &str) {
    let folder = root.join(format!("proc/{id}"));
    fs::create_dir_all(&folder).unwrap();
    let rest = "S 1 1 1 0 -1 4194560 1 1 0 0 1 1 0 0 20 0 1 0 12345 1 1";
    let (state, rest) = rest.split_once(' ').unwrap();
    fs::write(folder.join("stat"), format!("{id} ({name}) {state} {parent} {}\n", rest.split_once(' ').unwrap().1))
        .unwrap();
    fs::write(folder.join("status"), "Name:\tx\nUid:\t1000\t1000\t1000\t1000\n").unwrap();
    fs::write(folder.join("cmdline"), "x\0--password=secret\0").unwrap();
}

fn system(root: &Path, more: &[(u32, u32, &str)]) -> Fact {
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::write(root.join("etc/passwd"), "root:x:0:0::/root:/bin/sh\nofficier:x:1000:1000::/home/o:/bin/sh\n").unwrap();
    for (id, parent, name) in
        [(1, 0, "systemd"), (2, 0, "kthreadd"), (9, 2, "kworker/0:1"), (50, 1, "sshd")].iter().chain(more)
    {
        process_file(root, *id, *parent, name);
    }
    fs::write(root.join("proc/stat"), "cpu 1 2\nbtime 1794990000\n").unwrap();
    fact(&world_at(root))
}

#[test]
fn a_quiet_machine_and_its_strangers() {
    let root = tempfile::tempdir().unwrap();
    let quiet = system(root.path(), &[]);
    assert_eq!(quiet.outcome, Outcome::Ok, "{quiet:?}");
    assert_eq!((quiet.data["count"].as_u64(), quiet.data["kernel_threads"].as_u64()), (Some(2), Some(2)));
    let strange = system(root.path(), &[(70, 1, "enregistreur"), (71, 1, "a (b) c")]);
    assert_eq!((strange.outcome, strange.data["not_admitted_count"].as_u64()), (Outcome::Ok, Some(2)));
    assert_eq!(strange.data["not_admitted"][1]["name"], "enregistreur");
    assert_eq!(strange.data["not_admitted"][0]["name"], "a (b) c");
    let raw = String::from_utf8(strange.evidence[0].bytes.clone()).unwrap();
    assert!(raw.contains("officier") && !raw.contains("secret"), "{raw}");
    assert!(raw.contains("2026-11-18T08:22:03"), "{raw}");
}

#[test]
fn remote_control_and_another_browser_depart() {
    for (more, word) in [
        (&[(80, 1, "x11vnc")][..], "prise en main"),
        (&[(80, 50, "sshd")], "prise en main"),
        (&[(80, 50, "sshd-session")], "prise en main"),
        (&[(80, 1, "teamviewerd")], "prise en main"),
        (&[(80, 1, "firefox-esr")], "navigateur"),
    ] {
        let root = tempfile::tempdir().unwrap();
        let fact = system(root.path(), more);
        assert_eq!(fact.outcome, Outcome::Deviation, "{more:?}");
        assert!(fact.data["departures"][0].as_str().unwrap().contains(word), "{fact:?}");
    }
}

#[test]
fn a_session_from_elsewhere_departs() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("run/systemd/sessions")).unwrap();
    fs::write(
        root.path().join("run/systemd/sessions/4"),
        "USER=officier\nREMOTE=1\nREMOTE_HOST=192.0.2.8\nCLASS=user\nSTATE=active\n",
    )
    .unwrap();
    let fact = system(root.path(), &[]);
    assert_eq!((fact.outcome, fact.data["remote"][0]["host"].as_str()), (Outcome::Deviation, Some("192.0.2.8")));
}

#[test]
fn a_real_process_under_such_a_name_is_seen_and_nothing_of_its_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("x11vnc");
    fs::copy("/bin/sleep", &program).unwrap();
    let mut child = std::process::Command::new(&program).arg("300.0004711").spawn().unwrap();
    let list = processes(&world()).0;
    let seen = list.get(&child.id()).cloned();
    // As if someone else had started it: our own children are not told.
    let what = seen.as_ref().and_then(|process| controls(process, &list));
    let _ = child.kill();
    let _ = child.wait();
    assert_eq!((seen.map(|process| process.name), what), (Some("x11vnc".to_owned()), Some("VNC (x11vnc)")));
    let fact = fact(&world());
    assert_ne!(fact.outcome, Outcome::NotDone);
    assert!(!String::from_utf8_lossy(&fact.evidence[0].bytes).contains("0004711"));
}

proptest! {
    #[test]
    fn no_line_of_stat_makes_it_panic(line in ".{0,120}", name in ".{0,16}") {
        let _ = read_stat(&line);
        let whole = format!("12 ({name}) S 7 1 1 0 -1 4194560 1 1 0 0 1 1 0 0 20 0 1 0 12345 1 1");
        let (_, parent, ticks) = read_stat(&whole).unwrap();
        prop_assert_eq!((parent, ticks), (7, 12_345));
    }
}

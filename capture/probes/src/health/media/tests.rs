//! Systems made of files, with a stick, a disc, a share, a full recycle bin; and this one, with a real listening service.
use std::fs;
use std::path::Path;

use dossier::Outcome;

use super::*;
use crate::test_support::{world, world_at};

const ROOT: &str = "22 1 8:2 / / rw,relatime - ext4 /dev/sda2 rw\n";

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn clean(root: &Path) {
    write(root, "proc/self/mountinfo", ROOT);
    write(root, "proc/net/tcp", "  sl  local_address rem_address   st\n   0: 0100007F:0016 00000000:0000 0A 0\n");
    write(root, "sys/block/sda/size", "1000\n");
    write(root, "sys/block/sda/dev", "8:0\n");
    write(root, "sys/block/sda/sda2/dev", "8:2\n");
    write(root, "sys/block/sda/removable", "0\n");
}

/// What departs when `change` was made to a clean system.
fn departures(change: impl Fn(&Path)) -> Vec<String> {
    let root = tempfile::tempdir().unwrap();
    clean(root.path());
    change(root.path());
    let home = [("HOME".to_owned(), "/home/officier".to_owned())].into();
    let fact = fact(&World::at(root.path(), home, world().clock));
    let said: Vec<String> = serde_json::from_value(fact.data["departures"].clone()).unwrap();
    assert_eq!(fact.outcome == Outcome::Deviation, !said.is_empty(), "{fact:?}");
    assert_eq!(fact.evidence[0].name, "media.json");
    said
}

#[test]
fn a_clean_machine_and_each_departure() {
    assert!(departures(|_| ()).is_empty());
    let one = |change: fn(&Path), word: &str| {
        let said = departures(change);
        assert!(said.len() == 1 && said[0].contains(word), "{word}: {said:?}");
    };
    one(
        |root| {
            write(root, "sys/block/sdb/size", "31116288\n");
            write(root, "sys/block/sdb/removable", "1\n");
        },
        "support amovible présent : 1",
    );
    one(
        |root| {
            write(root, "sys/devices/pci0000:00/usb1/1-2/block/sdc/size", "2000\n");
            std::os::unix::fs::symlink("../devices/pci0000:00/usb1/1-2/block/sdc", root.join("sys/block/sdc")).unwrap();
        },
        "support amovible présent : 1",
    );
    one(
        |root| {
            write(root, "sys/block/sr0/size", "1464800\n");
            write(root, "sys/block/sr0/dev", "11:0\n");
            write(root, "run/udev/data/b11:0", "E:ID_CDROM=1\nE:ID_CDROM_MEDIA=1\n");
        },
        "disque dans un lecteur optique",
    );
    one(
        |root| write(root, "proc/self/mountinfo", &format!("{ROOT}50 22 7:0 / /media/o/CLE rw - vfat /dev/loop0 rw\n")),
        "volume monté",
    );
    one(
        |root| {
            write(root, "proc/self/mountinfo", &format!("{ROOT}50 22 0:50 / /srv/pieces rw - nfs4 nas:/pieces rw\n"))
        },
        "partage du réseau",
    );
    one(|root| write(root, "proc/net/tcp", "sl\n 0: 00000000:01BD 00000000:0000 0A 0\n"), "service de partage");
    one(|root| write(root, "etc/exports", "# rien\n/srv *(ro)\n"), "service de partage");
    one(|root| write(root, "home/officier/.local/share/Trash/files/lettre.odt", ""), "corbeille non vide : 1");
}

#[test]
fn an_empty_drive_and_a_stick_that_holds_the_system_do_not_depart() {
    let said = departures(|root| {
        write(root, "sys/block/sr0/size", "2097151\n");
        write(root, "sys/block/sr0/dev", "11:0\n");
        write(root, "run/udev/data/b11:0", "E:ID_CDROM=1\n");
        write(root, "sys/block/sda/removable", "1\n");
        write(root, "sys/block/sdb/removable", "1\n");
        write(root, "sys/block/sdb/size", "0\n");
    });
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn the_bin_of_a_volume_is_that_of_this_user() {
    let user = rustix::process::getuid().as_raw();
    let said = departures(|root| {
        write(root, &format!(".Trash-{user}/files/a"), "");
        write(root, &format!(".Trash-{}/files/b", user + 1), "");
    });
    assert_eq!(said, ["corbeille non vide : 1 élément(s)"]);
}

#[test]
fn logins_are_left_out_of_shares() {
    assert_eq!(without_login("//serveur/partage"), "//serveur/partage");
    assert_eq!(without_login("jean:secret@serveur:/home"), "serveur:/home");
    assert_eq!(without_login("https://jean:secret@nuage.invalid/dav"), "https://nuage.invalid/dav");
    assert_eq!(without_login("/dev/sda1"), "/dev/sda1");
}

#[test]
fn without_a_list_of_mounts_nothing_is_claimed() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(fact(&world_at(root.path())).outcome, Outcome::NotDone);
}

#[test]
fn this_machine_is_listed() {
    let fact = fact(&world());
    assert_ne!(fact.outcome, Outcome::NotDone);
    assert_eq!(fact.data["sharing_known"], true);
}

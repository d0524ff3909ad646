//! Machines made of files: a PC whose serial is root's, a board with a device tree, a virtual one, one that says nothing.
use std::fs;
use std::path::Path;

use dossier::{Outcome, op};

use crate::test_support::{Etude, world, world_at};
use crate::{Fact, World};

fn write(root: &Path, path: &str, text: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn measured(world: &World) -> Vec<Fact> {
    super::facts(world, &Etude::default().asked())
}

fn pc(root: &Path) {
    for (name, text) in [
        ("sys_vendor", "LENOVO\n"),
        ("product_name", "21CBCTO1WW\n"),
        ("product_version", "ThinkPad X1 Carbon Gen 10\n"),
        ("product_serial", "To be filled by O.E.M.\n"),
        ("chassis_serial", "PF3ABCDE\n"),
        ("chassis_type", "10\n"),
        ("bios_vendor", "LENOVO\n"),
        ("bios_version", "N3AET80W (1.45)\n"),
        ("bios_date", "03/14/2026\n"),
    ] {
        write(root, &format!("sys/class/dmi/id/{name}"), text);
    }
    let cpu =
        |n: u32| format!("processor\t: {n}\nmodel name\t: 12th Gen Intel(R) Core(TM) i7-1260P\nflags\t\t: fpu vme\n\n");
    write(root, "proc/cpuinfo", format!("{}{}", cpu(0), cpu(1)));
    write(root, "proc/meminfo", "MemTotal:       16384000 kB\nMemFree: 1 kB\n");
    for cpu in 0..2 {
        write(root, &format!("sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id"), "0\n");
        write(root, &format!("sys/devices/system/cpu/cpu{cpu}/topology/core_id"), "4\n");
    }
    write(root, "sys/block/nvme0n1/size", "1000215216\n");
    write(root, "sys/block/nvme0n1/device/model", "SAMSUNG MZVL2512HCJQ\n");
    write(root, "sys/block/loop0/size", "8\n");
    write(root, "sys/bus/pci/devices/0000:00:02.0/class", "0x030000\n");
    write(root, "sys/bus/pci/devices/0000:00:02.0/vendor", "0x8086\n");
    write(root, "sys/bus/pci/devices/0000:00:02.0/device", "0x46a6\n");
    write(root, "usr/share/misc/pci.ids", "8086  Intel Corporation\n\t46a6  Alder Lake-P GT2\n");
    write(root, "sys/class/net/wlp0s20f3/device/vendor", "0x8086\n");
    write(root, "sys/class/net/wlp0s20f3/address", "00:00:5e:00:53:01\n");
    write(root, "sys/class/net/lo/address", "00:00:00:00:00:00\n");
    write(root, "sys/class/drm/card0-HDMI-A-1/status", "connected\n");
    write(root, "sys/class/drm/card0-HDMI-A-1/modes", "1920x1200\n1280x720\n");
    write(root, "sys/class/drm/card0-HDMI-A-1/edid", super::edid::tests::sample());
    write(root, "sys/class/drm/card0-DP-1/status", "disconnected\n");
}

#[test]
fn a_pc_is_described_and_a_placeholder_is_no_serial_number() {
    let root = tempfile::tempdir().unwrap();
    pc(root.path());
    let fact = measured(&world_at(root.path())).remove(0);
    assert_eq!((&fact.op, fact.outcome), (&op::MEASURE_MACHINE, Outcome::Ok));
    let data = &fact.data;
    assert_eq!((data["maker"].as_str(), data["model"].as_str()), (Some("LENOVO"), Some("21CBCTO1WW")));
    assert_eq!((data["serial"].as_str(), data["serial_from"].as_str()), (Some("PF3ABCDE"), Some("DMI chassis_serial")));
    assert_eq!((data["cores"]["threads"].as_u64(), data["cores"]["cores"].as_u64()), (Some(2), Some(1)));
    assert_eq!(data["memory_bytes"], 16_384_000_u64 * 1024);
    assert_eq!(
        (data["disks"].as_array().unwrap().len(), data["disks"][0]["bytes"].as_u64()),
        (1, Some(512_110_190_592))
    );
    assert_eq!(data["graphics"][0]["model"], "Intel Corporation Alder Lake-P GT2");
    assert_eq!(
        (data["network_cards"].as_array().unwrap().len(), data["network_cards"][0]["mac"].as_str()),
        (1, Some("00:00:5e:00:53:01"))
    );
    assert_eq!(data["screens"].as_array().unwrap().len(), 1);
    assert_eq!(
        (data["screens"][0]["name"].as_str(), data["screens"][0]["preferred"].as_str()),
        (Some("DELL U2415"), Some("1920x1200"))
    );
    assert_eq!(
        (data["chassis"].as_str(), data["firmware"]["version"].as_str()),
        (Some("ordinateur portable"), Some("N3AET80W (1.45)"))
    );
    assert_eq!(fact.evidence[0].name, "machine.json");
}

#[test]
fn a_board_is_described_by_its_device_tree() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0");
    write(root.path(), "proc/device-tree/serial-number", "10000000abcdef01\0");
    write(root.path(), "proc/device-tree/compatible", "raspberrypi,4-model-b\0brcm,bcm2711\0");
    write(root.path(), "proc/cpuinfo", "processor\t: 0\nHardware\t: BCM2835\n");
    let data = measured(&world_at(root.path())).remove(0).data;
    assert_eq!((data["maker"].as_str(), data["serial"].as_str()), (Some("raspberrypi"), Some("10000000abcdef01")));
    assert_eq!(
        (data["model"].as_str(), data["processor"].as_str()),
        (Some("Raspberry Pi 4 Model B Rev 1.4"), Some("BCM2835"))
    );
}

#[test]
fn a_machine_that_says_nothing_is_not_guessed() {
    let root = tempfile::tempdir().unwrap();
    let facts = measured(&world_at(root.path()));
    assert_eq!(facts[0].outcome, Outcome::NotDone);
    assert!(facts[1].data["last_update"].is_null() && facts[1].data["name"].is_null());
    assert_eq!((facts[2].outcome, facts[2].data["kind"].as_str()), (Outcome::Ok, Some("none")));
    let ours = measured(&world());
    assert!(ours[0].data["memory_bytes"].as_u64().unwrap() > 0, "{:?}", ours[0]);
    assert!(!ours[3].data["publisher"].as_str().unwrap().is_empty());
    assert!(ours[3].data["binary"].as_str().unwrap().contains("probes"));
}

#[test]
fn the_system_and_its_last_update_by_the_log_of_apt() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "etc/os-release", "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\n");
    write(root.path(), "proc/sys/kernel/osrelease", "6.1.0-28-amd64\n");
    write(root.path(), "proc/uptime", "3600.25 7000.00\n");
    write(root.path(), "etc/timezone", "Europe/Paris\n");
    let begun = "Start-Date: 2026-11-20  10:00:00\nUpgrade: libc6:amd64 (2.36-9, 2.36-10)\n";
    let ended = "\nStart-Date: 2026-11-18  09:11:59\nCommandline: apt upgrade\nUpgrade: openssl:amd64 (3.0.15-1, 3.0.16-1), curl:amd64 (7.88.1-10, 7.88.1-11)\nEnd-Date: 2026-11-18  09:12:30\n\n";
    write(root.path(), "var/log/apt/history.log", format!("{ended}{begun}"));
    write(root.path(), "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", [6, 0, 0, 0, 1]);
    let data = measured(&world_at(root.path())).remove(1).data;
    // The entry of the twentieth is not finished.
    assert_eq!(data["last_update"], "2026-11-18T09:12:30.000Z");
    assert_eq!(data["last_update_packages"][1], "curl:amd64 (7.88.1-10, 7.88.1-11)");
    assert_eq!((data["last_update_count"].as_u64(), data["secure_boot"]["state"].as_bool()), (Some(2), Some(true)));
    assert_eq!((data["time_zone"].as_str(), data["uptime_seconds"].as_u64()), (Some("Europe/Paris"), Some(3600)));
    assert!(data["pending"].is_null());
    fs::remove_file(root.path().join("var/log/apt/history.log")).unwrap();
    write(
        root.path(),
        "var/log/dpkg.log",
        "2026-11-18 09:12:29 status installed curl:amd64 7.88.1-11\n2026-11-18 09:12:31 status half-configured x:amd64 1\n",
    );
    let data = measured(&world_at(root.path())).remove(1).data;
    assert_eq!(
        (data["last_update"].as_str(), data["last_update_packages"][0].as_str()),
        (Some("2026-11-18T09:12:29.000Z"), Some("curl:amd64 7.88.1-11"))
    );
}

#[test]
fn what_is_virtual_is_said_and_its_operator_is_declared() {
    for (path, text) in [
        ("sys/class/dmi/id/sys_vendor", "QEMU\n"),
        ("proc/cpuinfo", "flags : fpu hypervisor\n"),
        (".dockerenv", ""),
        ("proc/1/cgroup", "0::/docker/abc\n"),
        ("proc/1/environ", "PATH=/bin\0container=lxc\0"),
        ("sys/hypervisor/type", "xen\n"),
    ] {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), path, text);
        let fact = measured(&world_at(root.path())).remove(2);
        assert_eq!(fact.outcome, Outcome::Deviation, "{path}: {fact:?}");
    }
    let root = tempfile::tempdir().unwrap();
    let environment = [("SSH_CONNECTION".to_owned(), "192.0.2.7 50000 192.0.2.8 22".to_owned())].into();
    let distant = World::at(root.path(), environment, world().clock);
    let mut etude = Etude::default();
    etude.sources.declared.operator = Some("Hébergeur SAS".into());
    let fact = super::facts(&distant, &etude.asked()).remove(2);
    assert_eq!((fact.outcome, fact.data["operator"].as_str()), (Outcome::Declared, Some("Hébergeur SAS")));
    assert!(fact.data["kind"].as_str().unwrap().contains("session distante SSH"));
}

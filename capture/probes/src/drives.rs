//! The drives of a system: `/sys/block`, and what udev knows of them.
use std::fs;

use serde_json::{Value, json};

use crate::World;
use crate::mounts::Mount;

/// Layers between a mount and its drive, at most: encryption, volumes, arrays.
const LAYERS: usize = 6;
/// Drives looked at, at most.
const MOST: usize = 256;
/// What the kernel says of an optical drive whose disc it has not read: 0x1fffff blocks (drivers/scsi/sr.c).
const UNREAD_DISC: u64 = 0x1f_ffff;

/// A drive with a medium of its own, or for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Drive {
    /// Its name under `/dev`.
    pub(crate) name: String,
    /// `major:minor` of the drive and of its partitions.
    devices: Vec<String>,
    /// Maker and model.
    pub(crate) model: Option<String>,
    /// Its serial number, where anyone may read it.
    pub(crate) serial: Option<String>,
    /// In octets.
    pub(crate) bytes: u64,
    /// Whether it turns.
    pub(crate) rotational: Option<bool>,
    /// Whether it, or its medium, is made to be taken away.
    pub(crate) removable: bool,
    /// Whether it reads discs.
    pub(crate) optical: bool,
    /// Whether a medium is in it; `None` when that cannot be told without asking the drive.
    pub(crate) medium: Option<bool>,
    /// Whether the medium can be written once only (udev's words for CD-R, DVD±R, BD-R).
    pub(crate) write_once: Option<bool>,
}

impl Drive {
    /// For a journal line.
    pub(crate) fn told(&self, holds_system: bool) -> Value {
        json!({
            "name": self.name, "model": self.model, "serial": self.serial, "bytes": self.bytes, "rotational": self.rotational,
            "removable": self.removable, "optical": self.optical, "medium": self.medium, "write_once": self.write_once,
            "holds_system": holds_system,
        })
    }
}

/// The drives of `world`, in the order of their names: no loop, no memory, no assembly of others.
pub(crate) fn drives(world: &World) -> Vec<Drive> {
    const MADE_UP: &[&str] = &["loop", "ram", "zram", "dm-", "md", "nbd", "zd"];
    let names = world.names("/sys/block").into_iter().filter(|name| !MADE_UP.iter().any(|kind| name.starts_with(kind)));
    names.take(MOST).map(|name| drive(world, name)).collect()
}

/// The drive that a mount lies on, through encryption and volumes (`slaves` in `/sys/class/block`); `None` for memory, shares, arrays of several.
pub(crate) fn under<'a>(world: &World, drives: &'a [Drive], mount: &Mount) -> Option<&'a Drive> {
    let holding = |device: &str| drives.iter().find(|drive| drive.devices.iter().any(|own| own == device));
    if let Some(drive) = holding(&mount.device) {
        return Some(drive);
    }
    // Btrfs and FUSE have a number of their own: their source names the block device, perhaps by a link.
    let source = mount.source.strip_prefix("/dev/")?;
    let real = fs::canonicalize(world.path(&mount.source)).ok();
    let mut name =
        real.and_then(|path| Some(path.file_name()?.to_str()?.to_owned())).unwrap_or_else(|| source.to_owned());
    for _ in 0..LAYERS {
        // A name, not a path: it comes from the system, and stays one step below /sys/class/block.
        if name.contains('/') {
            return None;
        }
        if let Some(drive) = world.line(&format!("/sys/class/block/{name}/dev")).and_then(|device| holding(&device)) {
            return Some(drive);
        }
        let mut slaves = world.names(&format!("/sys/class/block/{name}/slaves"));
        let below = slaves.pop()?;
        if !slaves.is_empty() {
            return None;
        }
        name = below;
    }
    None
}

fn drive(world: &World, name: String) -> Drive {
    let at = format!("/sys/block/{name}");
    let line = |file: &str| world.line(&format!("{at}/{file}"));
    let device = line("dev");
    // udev(7) keeps what it learnt of a block device under its number.
    let udev = device.as_deref().and_then(|d| world.text(&format!("/run/udev/data/b{d}"))).unwrap_or_default();
    let known = |key: &str| udev.lines().find_map(|line| line.strip_prefix("E:")?.strip_prefix(key)?.strip_prefix('='));
    let parts = world.names(&at).into_iter().filter(|part| part.starts_with(&name));
    let partitions = parts.filter_map(|part| world.line(&format!("{at}/{part}/dev")));
    let place = fs::read_link(world.path(&at)).map(|link| link.to_string_lossy().into_owned()).unwrap_or_default();
    // SCSI type 5 is a reader of discs.
    let optical = name.starts_with("sr") || line("device/type").as_deref() == Some("5");
    let card = name.starts_with("mmcblk") && line("device/type").as_deref() == Some("SD");
    let blocks = line("size").and_then(|size| size.parse::<u64>().ok()).unwrap_or(0);
    let medium = if optical {
        match known("ID_CDROM_MEDIA") {
            Some("1") => Some(true),
            _ if blocks == UNREAD_DISC && udev.is_empty() => None,
            _ => Some(blocks != UNREAD_DISC && blocks > 0 && udev.is_empty()),
        }
    } else {
        Some(blocks > 0)
    };
    let words: Vec<String> =
        ["device/vendor", "device/model", "device/name"].iter().filter_map(|file| line(file)).collect();
    let once = ["CD_R", "DVD_R", "DVD_PLUS_R", "DVD_PLUS_R_DL", "BD_R"];
    Drive {
        devices: device.into_iter().chain(partitions).collect(),
        model: (!words.is_empty()).then(|| words.join(" ")),
        serial: line("device/serial").or_else(|| known("ID_SERIAL_SHORT").map(str::to_owned)),
        bytes: blocks.saturating_mul(512),
        rotational: line("queue/rotational").map(|said| said == "1"),
        removable: optical || card || line("removable").as_deref() == Some("1") || place.contains("/usb"),
        write_once: (optical && medium == Some(true))
            .then(|| once.iter().any(|kind| known(&format!("ID_CDROM_MEDIA_{kind}")) == Some("1"))),
        optical,
        medium,
        name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::world_at;

    #[test]
    fn an_encrypted_stick_is_found_under_its_mount() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for (name, device) in [("sda", "8:0"), ("sdb", "8:16")] {
            write(&format!("sys/block/{name}/dev"), device);
            write(&format!("sys/block/{name}/size"), "100");
            write(&format!("sys/block/{name}/removable"), if name == "sdb" { "1" } else { "0" });
        }
        write("sys/block/sdb/sdb1/dev", "8:17");
        write("sys/class/block/sdb1/dev", "8:17");
        write("sys/class/block/dm-0/dev", "253:0");
        write("sys/class/block/dm-0/slaves/sdb1", "");
        write("dev/dm-0", "");
        fs::create_dir_all(root.path().join("dev/mapper")).unwrap();
        std::os::unix::fs::symlink("../dm-0", root.path().join("dev/mapper/luks-1")).unwrap();
        let world = world_at(root.path());
        let drives = drives(&world);
        let found = |device: &str, source: &str| {
            let mount = Mount {
                device: device.into(),
                point: "/m".into(),
                options: "rw".into(),
                kind: "ext4".into(),
                source: source.into(),
            };
            under(&world, &drives, &mount).map(|drive| drive.name.clone())
        };
        assert_eq!(found("253:0", "/dev/mapper/luks-1").as_deref(), Some("sdb"));
        assert_eq!(found("8:17", "/dev/sdb1").as_deref(), Some("sdb"));
        assert_eq!(found("0:45", "/dev/sdb1").as_deref(), Some("sdb"));
        assert_eq!(found("0:46", "tmpfs"), None);
        assert_eq!(found("0:47", "/dev/../etc/passwd"), None);
    }
}

//! What is known of the medium a copy lies on: its file system, its drive, whether it is removable or can be written once only.
use std::path::Path;

use rustix::fs::statvfs;
use serde_json::{Value, json};

use crate::World;
use crate::drives::{drives, under};
use crate::mounts::{holding, mounts};

/// The facts; what the system does not say is null.
pub(super) fn facts(world: &World, folder: &Path) -> Value {
    let place = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    let mounts = mounts(world).unwrap_or_default();
    let mount = holding(&mounts, &place);
    let drives = drives(world);
    let drive = mount.and_then(|mount| under(world, &drives, mount));
    let room = statvfs(&place).ok();
    let octets = |blocks: u64, size: u64| blocks.saturating_mul(size).min((1 << 53) - 1);
    json!({
        "mount": mount.map(|m| &m.point), "filesystem": mount.map(|m| &m.kind), "source": mount.map(|m| &m.source),
        "remote": mount.map(crate::mounts::Mount::is_remote), "device": drive.map(|d| &d.name), "model": drive.and_then(|d| d.model.as_ref()),
        "serial": drive.and_then(|d| d.serial.as_ref()), "removable": drive.map(|d| d.removable), "optical": drive.map(|d| d.optical),
        "write_once": drive.map(|d| d.write_once.unwrap_or(false)),
        "free_bytes": room.as_ref().map(|r| octets(r.f_bavail, r.f_frsize)), "total_bytes": room.map(|r| octets(r.f_blocks, r.f_frsize)),
    })
}

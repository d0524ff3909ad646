//! The operating system (Z67-PRE-02): its name and version, its last updates, how it was started, since when, and its time zone.
use std::fs;

use dossier::{Outcome, op};
use serde_json::{Value, json};

use super::updates;
use crate::{Fact, World};

/// The variable of the firmware that says it (UEFI 2.10, section 3.3), after four octets of attributes.
const SECURE_BOOT: &str = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
const HOW: &str = "/etc/os-release, /proc/sys/kernel, journaux d'apt et de dpkg (à défaut date de /var/lib/dpkg/status), variable SecureBoot du \
                   micrologiciel, /proc/uptime, /etc/localtime";

/// The system, its updates and its state.
pub(super) fn fact(world: &World) -> Fact {
    let release = world.text("/etc/os-release").or_else(|| world.text("/usr/lib/os-release")).unwrap_or_default();
    let field = |name: &str| {
        let value = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.trim().trim_matches(['"', '\'']).to_owned()).filter(|value| !value.is_empty())
    };
    let updates = updates::updates(world);
    let uptime = world.line("/proc/uptime").and_then(|text| text.split(['.', ' ']).next()?.parse::<u64>().ok());
    let now = world.clock.now();
    let started = uptime.and_then(|seconds| {
        let ago = i64::try_from(seconds).ok()?.checked_mul(1000)?;
        dossier::Instant::from_millisecond(now.as_millisecond().checked_sub(ago)?)
    });
    let data = json!({
        "name": field("NAME"), "version": field("VERSION").or_else(|| field("VERSION_ID")).or_else(|| field("BUILD_ID")),
        "point_release": world.line("/etc/debian_version"),
        "kernel": world.line("/proc/sys/kernel/osrelease"), "kernel_build": world.line("/proc/sys/kernel/version"),
        "last_update": updates.last, "last_update_from": updates.from, "last_update_packages": updates.packages,
        "last_update_count": updates.count, "lists_refreshed": updates.refreshed, "pending": updates.pending,
        "restart_needed": world.exists("/run/reboot-required") || world.exists("/var/run/reboot-required"),
        "secure_boot": secure_boot(world), "uptime_seconds": uptime, "started_at": started, "time_zone": time_zone(world), "how": HOW,
    });
    let raw = json!({"os_release": release, "data": data, "last_entry": updates.entry});
    let raw = serde_json::to_vec_pretty(&raw).unwrap_or_default();
    Fact::new(op::MEASURE_SYSTEM, Outcome::Ok, data).with("system.json", "application/json", raw)
}

/// Whether the firmware checks what it starts: `state` true or false, else null with `why`.
fn secure_boot(world: &World) -> Value {
    let unknown = |why: &str| json!({"state": null, "why": why});
    if !world.exists("/sys/firmware/efi") {
        return unknown("démarrage sans UEFI, ou machine qui ne montre pas son micrologiciel");
    }
    match world.bytes(SECURE_BOOT).as_deref() {
        Some([_, _, _, _, state]) => json!({"state": *state == 1}),
        Some(_) => unknown("variable SecureBoot d'une forme inconnue"),
        None => unknown("variable SecureBoot absente ou illisible"),
    }
}

/// The zone of the session when its environment names one, else that of the machine.
fn time_zone(world: &World) -> Option<String> {
    let link = || {
        let target = fs::read_link(world.path("/etc/localtime")).ok()?;
        Some(target.to_string_lossy().split_once("zoneinfo/")?.1.to_owned())
    };
    world.variable("TZ").map(str::to_owned).or_else(link).or_else(|| world.line("/etc/timezone"))
}

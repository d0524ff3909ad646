//! Whether the machine is virtual, in a container, or driven from elsewhere (Z67-PRE-14), and who operates it, as declared.
use std::time::Duration;

use dossier::{Outcome, op};
use serde_json::json;

use crate::health::own_remote_session;
use crate::{Fact, World};

/// How long `systemd-detect-virt` may take.
const WAIT: Duration = Duration::from_secs(2);
/// Makers and models that hypervisors show.
const MAKERS: &[&str] = &[
    "QEMU",
    "VMware",
    "innotek",
    "VirtualBox",
    "Xen",
    "Amazon EC2",
    "Google",
    "Parallels",
    "Bochs",
    "OpenStack",
    "KVM",
    "Hyper-V",
    "Virtual Machine",
    "BHYVE",
    "Nutanix",
    "DigitalOcean",
    "Hetzner",
    "Scaleway",
    "OVHcloud",
    "Alibaba Cloud",
    "OpenVZ",
];
/// Words of the control groups of a container.
const GROUPS: &[&str] = &["docker", "lxc", "kubepods", "containerd", "libpod", "machine.slice/machine-", "garden"];
const HOW: &str = "/proc/cpuinfo, /sys/hypervisor, /sys/class/dmi/id, /proc/device-tree, /proc/1/cgroup et environnement du premier processus, \
                   marques de conteneur, systemd-detect-virt, variables SSH_CONNECTION et XRDP_SESSION";

/// A hypervisor or a container, by what each leaves visible.
pub(super) fn fact(world: &World, operator: Option<&str>) -> Fact {
    let mut seen: Vec<String> = Vec::new();
    let cpuinfo = world.text("/proc/cpuinfo").unwrap_or_default();
    let mut flags = cpuinfo.lines().filter(|line| line.starts_with("flags")).flat_map(str::split_whitespace);
    if flags.any(|flag| flag == "hypervisor") {
        seen.push("hyperviseur (drapeau du processeur)".into());
    }
    if let Some(kind) = world.line("/sys/hypervisor/type") {
        seen.push(format!("hyperviseur {kind}"));
    }
    for name in ["sys_vendor", "product_name", "board_vendor", "bios_vendor", "chassis_vendor"] {
        let said = world.line(&format!("/sys/class/dmi/id/{name}")).unwrap_or_default();
        // A PC of the maker of Hyper-V is told by its model, not by its maker.
        if MAKERS.iter().any(|known| said.contains(known)) {
            seen.push(format!("matériel « {said} » ({name})"));
        }
    }
    if world.exists("/proc/device-tree/hypervisor") {
        seen.push("hyperviseur (arborescence de périphériques)".into());
    }
    seen.extend(containers(world));
    let detected = ["--vm", "--container"].map(|kind| detect(world, kind));
    for (kind, said) in ["machine virtuelle", "conteneur"].iter().zip(&detected) {
        if let Some(said) = said.as_deref().filter(|said| *said != "none") {
            seen.push(format!("{kind} {said} (systemd-detect-virt)"));
        }
    }
    let remote = own_remote_session(world);
    if let Some(session) = &remote {
        seen.push(format!("session distante {} ({})", session.line, session.by));
    }
    seen.dedup();
    let kind = if seen.is_empty() { "none".to_owned() } else { seen.join(", ") };
    let data = json!({
        "kind": kind, "seen": seen, "remote_session": remote.map(|session| session.told()), "operator": operator,
        "operator_is": operator.map(|_| "déclaré par l'officier"), "detect_virt": {"vm": detected[0], "container": detected[1]}, "how": HOW,
    });
    // That it is virtual is measured; who operates it can only be said.
    let outcome = match (seen.is_empty(), operator.is_some()) {
        (true, _) => Outcome::Ok,
        (false, true) => Outcome::Declared,
        (false, false) => Outcome::Deviation,
    };
    Fact::new(op::MEASURE_VIRTUALISATION, outcome, data)
}

/// The marks of a container.
fn containers(world: &World) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for mark in ["/.dockerenv", "/run/.containerenv", "/run/systemd/container", "/run/host/container-manager"] {
        if world.exists(mark) {
            seen.push(format!("conteneur ({mark})"));
        }
    }
    let groups = world.text("/proc/1/cgroup").unwrap_or_default();
    if let Some(word) = GROUPS.iter().find(|word| groups.contains(*word)) {
        seen.push(format!("conteneur {word} (/proc/1/cgroup)"));
    }
    // Only its owner may read it: `container=` names the manager (systemd's container interface).
    let first = world.bytes("/proc/1/environ").unwrap_or_default();
    let manager = first.split(|octet| *octet == 0).find_map(|variable| variable.strip_prefix(b"container="));
    if let Some(manager) = manager.filter(|manager| !manager.is_empty()) {
        let manager: String =
            String::from_utf8_lossy(manager).chars().filter(|c| c.is_ascii_graphic()).take(40).collect();
        seen.push(format!("conteneur {manager} (environnement du premier processus)"));
    }
    if world.exists("/proc/vz") && !world.exists("/proc/bc") {
        seen.push("conteneur OpenVZ (/proc/vz)".into());
    }
    seen
}

/// What `systemd-detect-virt` says; `None` when there is no such program, or it does not answer.
fn detect(world: &World, kind: &str) -> Option<String> {
    let answer = world.run("systemd-detect-virt", &[kind], WAIT).ok()?;
    let said = String::from_utf8_lossy(&answer.out).trim().to_owned();
    Some(said).filter(|said| !said.is_empty() && said.len() < 64)
}

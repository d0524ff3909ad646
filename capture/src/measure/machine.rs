//! The machine, its system, its clock, and this program.
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use dossier::{Instant, Outcome, Software, op};
use serde_json::{Value, json};

use super::Fact;
use crate::scenario::Scenario;

/// A one-line file of the system; `None` when it cannot be read or says nothing.
fn line(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}

pub(super) fn facts(scenario: &Scenario, software: &Software) -> Vec<Fact> {
    let mut facts = vec![machine(), system(), virtualisation(), own_software(software)];
    facts.push(match &scenario.lieu {
        Some(place) => Fact::new(op::MEASURE_PLACE, Outcome::Declared, json!({"place": place})),
        None => Fact::not_done(op::MEASURE_PLACE, "Le lieu des opérations n'a pas été déclaré dans le scénario."),
    });
    let why = "Aucun moteur antivirus n'est interrogé par cette version.";
    facts.push(Fact::not_done(op::MEASURE_ANTIVIRUS, why));
    facts
}

fn machine() -> Fact {
    let dmi = |name: &str| line(&format!("/sys/class/dmi/id/{name}"));
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = cpuinfo
        .lines()
        .find(|l| l.starts_with("model name"))
        .and_then(|l| l.split_once(':'))
        .map(|(_, name)| name.trim().to_owned());
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = meminfo
        .lines()
        .find_map(|l| l.strip_prefix("MemTotal:"))
        .and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<u64>().ok())
        .map(|kib| kib * 1024);
    let (maker, model, serial) = (dmi("sys_vendor"), dmi("product_name"), dmi("product_serial"));
    let measured = maker.is_some() || model.is_some() || processor.is_some();
    let data = json!({
        "maker": maker, "model": model, "serial": serial, "processor": processor, "memory_bytes": memory,
        "how": "/sys/class/dmi/id, /proc/cpuinfo, /proc/meminfo",
    });
    if !measured {
        return Fact::not_done(op::MEASURE_MACHINE, "Le système ne décrit pas le matériel (ni DMI ni /proc/cpuinfo).");
    }
    let raw = serde_json::to_vec_pretty(&data).unwrap_or_default();
    Fact::new(op::MEASURE_MACHINE, Outcome::Ok, data).with("machine.json", "application/json", raw)
}

fn system() -> Fact {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let field = |name: &str| {
        let value = release.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.trim_matches('"').to_owned())
    };
    let data = json!({
        "name": field("NAME"), "version": field("VERSION").or_else(|| field("VERSION_ID")),
        "kernel": line("/proc/sys/kernel/osrelease"), "last_update": last_update(),
        "how": "/etc/os-release, /proc/sys/kernel/osrelease, date de modification de /var/lib/dpkg/status",
    });
    Fact::new(op::MEASURE_SYSTEM, Outcome::Ok, data)
}

/// When the package database last changed.
fn last_update() -> Option<Instant> {
    let modified = fs::metadata("/var/lib/dpkg/status").ok()?.modified().ok()?;
    let since = modified.duration_since(UNIX_EPOCH).ok()?;
    Instant::from_millisecond(i64::try_from(since.as_millis()).ok()?)
}

/// A hypervisor or a container, by what each leaves visible.
fn virtualisation() -> Fact {
    let mut seen: Vec<String> = Vec::new();
    if fs::read_to_string("/proc/cpuinfo")
        .unwrap_or_default()
        .lines()
        .any(|l| l.starts_with("flags") && l.split_whitespace().any(|flag| flag == "hypervisor"))
    {
        seen.push("hyperviseur (drapeau du processeur)".into());
    }
    if let Some(kind) = line("/sys/hypervisor/type") {
        seen.push(format!("hyperviseur {kind}"));
    }
    let vendor = line("/sys/class/dmi/id/sys_vendor").unwrap_or_default();
    for known in ["QEMU", "VMware", "innotek", "Xen", "Amazon EC2", "Google", "Microsoft Corporation"] {
        if vendor.contains(known) {
            seen.push(format!("fabricant {vendor}"));
        }
    }
    for mark in ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"] {
        if Path::new(mark).exists() {
            seen.push(format!("conteneur ({mark})"));
        }
    }
    let kind = if seen.is_empty() { "none".to_owned() } else { seen.join(", ") };
    let data = json!({
        "kind": kind,
        "how": "/proc/cpuinfo, /sys/hypervisor/type, /sys/class/dmi/id/sys_vendor, marques de conteneur",
    });
    Fact::judged(op::MEASURE_VIRTUALISATION, seen.is_empty(), data)
}

fn own_software(software: &Software) -> Fact {
    let data = json!({
        "name": software.name, "version": software.version, "binary_sha256": software.binary_sha256,
        "publisher": Value::Null, "purpose": "capture de pages web par l'interface de mise au point du navigateur",
    });
    Fact::new(op::MEASURE_SOFTWARE, Outcome::Ok, data)
}

//! The hardware (Z67-PRE-01): what DMI or the device tree, the kernel and the buses say; what root alone may read is told as unread.
use std::io::ErrorKind;

use dossier::{Outcome, op};
use serde_json::{Value, json};

use super::{pci, screens};
use crate::drives::drives;
use crate::{Fact, World};

/// Serial numbers that makers leave in place of one.
const PLACEHOLDERS: &[&str] = &[
    "0",
    "00000000",
    "0123456789",
    "123456789",
    "chassis serial number",
    "default string",
    "empty",
    "n/a",
    "na",
    "none",
    "not applicable",
    "not available",
    "not specified",
    "o.e.m.",
    "serial number",
    "system serial number",
    "to be filled by o.e.m.",
    "unknown",
    "invalid",
];
const HOW: &str = "/sys/class/dmi/id ou /proc/device-tree, /proc/cpuinfo, /proc/meminfo, /sys/block, /sys/bus/pci/devices (noms de pci.ids), \
                   /sys/class/net, /sys/class/drm et EDID des écrans";

/// What is read of the machine's own description, and what could not be.
struct Reader<'a> {
    world: &'a World,
    unread: Vec<String>,
}

impl Reader<'_> {
    /// One field of `/sys/class/dmi/id`; one that is there and may not be read is remembered.
    fn dmi(&mut self, name: &str) -> Option<String> {
        let path = format!("/sys/class/dmi/id/{name}");
        match std::fs::File::open(self.world.path(&path)) {
            Err(e) if e.kind() == ErrorKind::PermissionDenied => {
                self.unread.push(format!("{path} : lisible par l'administrateur seul"));
                None
            }
            _ => self.world.line(&path).filter(|text| meant(text)),
        }
    }

    /// One property of the device tree: text ended by a zero.
    fn tree(&self, name: &str) -> Option<String> {
        let octets = self.world.bytes(&format!("/proc/device-tree/{name}"))?;
        let text = octets.split(|octet| *octet == 0).next().map(|text| String::from_utf8_lossy(text).trim().to_owned());
        text.filter(|text| meant(text))
    }
}

/// Whether a field says something.
fn meant(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    !text.is_empty() && !PLACEHOLDERS.contains(&text.as_str())
}

/// The hardware, or that the system does not describe it.
pub(super) fn fact(world: &World) -> Fact {
    let mut reader = Reader { world, unread: Vec::new() };
    // « raspberrypi,4-model-b » names its maker before the comma.
    let compatible = reader.tree("compatible").and_then(|text| Some(text.split_once(',')?.0.to_owned()));
    let maker = reader.dmi("sys_vendor").or_else(|| reader.dmi("board_vendor")).or(compatible);
    let model = reader.dmi("product_name").or_else(|| reader.dmi("board_name")).or_else(|| reader.tree("model"));
    let serials = ["product_serial", "chassis_serial", "board_serial"];
    let serial = serials.iter().find_map(|name| Some((reader.dmi(name)?, format!("DMI {name}"))));
    let serial = serial.or_else(|| Some((reader.tree("serial-number")?, "device-tree serial-number".to_owned())));
    let firmware = json!({
        "maker": reader.dmi("bios_vendor"), "version": reader.dmi("bios_version"), "date": reader.dmi("bios_date"),
    });
    let version = reader.dmi("product_version");
    let cpuinfo = world.text("/proc/cpuinfo").unwrap_or_default();
    let processor = processor(&cpuinfo).or_else(|| reader.tree("cpus/cpu@0/compatible"));
    if maker.is_none() && model.is_none() && processor.is_none() {
        let why = "Le système ne décrit pas le matériel (ni DMI, ni arborescence de périphériques, ni /proc/cpuinfo).";
        return Fact::not_done(op::MEASURE_MACHINE, why);
    }
    let disks: Vec<Value> = drives(world).iter().filter(|d| !d.optical && d.bytes > 0).map(|d| d.told(false)).collect();
    let (serial, serial_from) = serial.unzip();
    let data = json!({
        "maker": maker, "model": model, "model_version": version, "serial": serial, "serial_from": serial_from,
        "chassis": reader.dmi("chassis_type").and_then(|kind| chassis(&kind)), "firmware": firmware,
        "processor": processor, "cores": cores(world, &cpuinfo), "architecture": std::env::consts::ARCH,
        "memory_bytes": memory(world), "disks": disks, "graphics": pci::graphics(world), "network_cards": pci::network_cards(world),
        "screens": screens::screens(world), "unread": reader.unread, "how": HOW,
    });
    let raw = serde_json::to_vec_pretty(&data).unwrap_or_default();
    Fact::new(op::MEASURE_MACHINE, Outcome::Ok, data).with("machine.json", "application/json", raw)
}

/// The name of the first processor: `model name` on PC, `Model` or `Hardware` on others.
fn processor(cpuinfo: &str) -> Option<String> {
    let field = |name: &str| {
        let mut lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        lines
            .find(|(key, _)| key.trim() == name)
            .map(|(_, value)| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    ["model name", "Hardware", "cpu model", "cpu", "Model"].iter().find_map(|name| field(name))
}

/// Processors that run, and cores when the kernel tells threads apart.
fn cores(world: &World, cpuinfo: &str) -> Value {
    let threads =
        cpuinfo.lines().filter(|line| line.split(':').next().is_some_and(|key| key.trim() == "processor")).count();
    let cpus = world.names("/sys/devices/system/cpu");
    let numbered = cpus
        .iter()
        .filter(|n| n.strip_prefix("cpu").is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit())));
    let place = |cpu: &String| {
        let read = |name: &str| world.line(&format!("/sys/devices/system/cpu/{cpu}/topology/{name}"));
        Some((read("physical_package_id")?, read("core_id")?))
    };
    let cores: std::collections::BTreeSet<_> = numbered.filter_map(place).collect();
    json!({"threads": threads, "cores": (!cores.is_empty()).then_some(cores.len())})
}

fn memory(world: &World) -> Option<u64> {
    let meminfo = world.text("/proc/meminfo")?;
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    total.trim().trim_end_matches("kB").trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The kinds of SMBIOS (DSP0134, 7.4.1) that a capture is done on.
fn chassis(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "3" | "4" | "5" | "6" | "7" | "15" | "16" => "ordinateur de bureau",
        "8" | "9" | "10" | "14" | "31" | "32" => "ordinateur portable",
        "11" => "appareil de poche",
        "13" => "ordinateur tout-en-un",
        "17" | "23" | "28" | "29" => "serveur",
        "30" => "tablette",
        "35" | "36" => "ordinateur compact",
        _ => return None,
    })
}

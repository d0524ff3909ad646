//! Graphics and network cards: the PCI bus by `/sys`, with names of the `pci.ids` database when the system has it.
use std::fs;

use serde_json::{Value, json};

use crate::World;

/// Devices looked at, at most.
const MOST: usize = 512;
/// Where distributions put the names.
const NAMES: &[&str] = &["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids", "/usr/share/pci.ids"];

/// Display controllers (PCI class 03).
pub(super) fn graphics(world: &World) -> Vec<Value> {
    let ids = NAMES.iter().find_map(|path| world.text(path));
    let devices = world.names("/sys/bus/pci/devices").into_iter().take(MOST);
    let cards = devices.filter(|slot| {
        world.line(&format!("/sys/bus/pci/devices/{slot}/class")).is_some_and(|class| class.starts_with("0x03"))
    });
    cards.map(|slot| card(world, &format!("/sys/bus/pci/devices/{slot}"), &slot, ids.as_deref())).collect()
}

/// Network interfaces that have a device of their own.
pub(super) fn network_cards(world: &World) -> Vec<Value> {
    let ids = NAMES.iter().find_map(|path| world.text(path));
    let names = world.names("/sys/class/net").into_iter().take(MOST);
    let real = names.filter(|name| world.exists(&format!("/sys/class/net/{name}/device")));
    real.map(|name| {
        let at = format!("/sys/class/net/{name}");
        let mut told = card(world, &format!("{at}/device"), &name, ids.as_deref());
        if let Some(told) = told.as_object_mut() {
            told.insert("mac".into(), json!(world.line(&format!("{at}/address"))));
            told.insert(
                "wireless".into(),
                json!(world.exists(&format!("{at}/wireless")) || world.exists(&format!("{at}/phy80211"))),
            );
        }
        told
    })
    .collect()
}

fn card(world: &World, at: &str, name: &str, ids: Option<&str>) -> Value {
    let id =
        |file: &str| world.line(&format!("{at}/{file}")).and_then(|text| text.strip_prefix("0x").map(str::to_owned));
    let (vendor, device) = (id("vendor"), id("device"));
    let named = ids.zip(vendor.as_deref()).and_then(|(ids, vendor)| model(ids, vendor, device.as_deref()));
    let driver = fs::read_link(world.path(&format!("{at}/driver"))).ok();
    let driver = driver.and_then(|link| link.file_name().map(|name| name.to_string_lossy().into_owned()));
    json!({"name": name, "vendor_id": vendor, "device_id": device, "model": named, "driver": driver})
}

/// `pci.ids`: a maker's line begins at the margin, its devices' lines with one tab.
fn model(ids: &str, vendor: &str, device: Option<&str>) -> Option<String> {
    let mut lines = ids.lines().skip_while(|line| line.strip_prefix(vendor).is_none_or(|rest| !rest.starts_with(' ')));
    let maker = lines.next()?.strip_prefix(vendor)?.trim();
    let own = lines.take_while(|line| line.starts_with('\t') || line.starts_with('#') || line.is_empty());
    let named = device.and_then(|device| {
        own.filter_map(|line| line.strip_prefix('\t')?.strip_prefix(device))
            .find(|rest| rest.starts_with(' '))
            .map(str::trim)
    });
    Some(named.map_or_else(|| maker.to_owned(), |named| format!("{maker} {named}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_database() {
        let ids = "# x\n8086  Intel Corporation\n\t0046  Core Processor\n\t\t103c 1711  Note\n\t46a6  Alder Lake-P GT2\n10de  NVIDIA\n\t46a6  Autre\n";
        assert_eq!(model(ids, "8086", Some("46a6")).unwrap(), "Intel Corporation Alder Lake-P GT2");
        assert_eq!(model(ids, "8086", Some("ffff")).unwrap(), "Intel Corporation");
        assert_eq!(model(ids, "10de", Some("46a6")).unwrap(), "NVIDIA Autre");
        assert_eq!(model(ids, "1af4", None), None);
    }
}

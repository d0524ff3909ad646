//! The connected screens and their modes: `/sys/class/drm`, and what each screen says of itself (EDID).
use serde_json::{Value, json};

use super::edid;
use crate::World;

/// Connectors looked at, and modes listed of each, at most.
const MOST: usize = 64;

/// The screens that are connected.
pub(super) fn screens(world: &World) -> Vec<Value> {
    let connectors = world.names("/sys/class/drm").into_iter().take(MOST);
    connectors.filter_map(|name| screen(world, &name)).collect()
}

fn screen(world: &World, connector: &str) -> Option<Value> {
    let at = format!("/sys/class/drm/{connector}");
    if world.line(&format!("{at}/status"))? != "connected" {
        return None;
    }
    let modes = world.text(&format!("{at}/modes")).unwrap_or_default();
    let modes: Vec<&str> = modes.lines().take(MOST).collect();
    let own = world.bytes(&format!("{at}/edid")).and_then(|octets| edid::read(&octets));
    let enabled = world.line(&format!("{at}/enabled")).map(|said| said == "enabled");
    Some(json!({
        "connector": connector, "enabled": enabled, "modes": modes, "name": own.as_ref().and_then(|e| e.name.clone()),
        "maker": own.as_ref().map(|e| e.maker.clone()), "serial": own.as_ref().and_then(|e| e.serial.clone()),
        "preferred": own.as_ref().and_then(|e| e.preferred.map(|(width, height)| format!("{width}x{height}"))),
        "made": own.as_ref().map(|e| e.year),
    }))
}

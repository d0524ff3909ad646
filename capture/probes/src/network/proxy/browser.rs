//! What an administrator imposes on the browser about proxies: its policies, and the options that its wrapper adds.
use serde_json::Value;

use super::Setting;
use crate::World;

/// Folders where an administrator can impose settings on the browser.
const POLICIES: &[&str] = &[
    "/etc/chromium/policies/managed",
    "/etc/chromium/policies/recommended",
    "/etc/chromium-browser/policies/managed",
    "/etc/chromium-browser/policies/recommended",
    "/etc/opt/chrome/policies/managed",
    "/etc/opt/chrome/policies/recommended",
];
/// Policies of Chromium that set a proxy; `ProxySettings` holds the others.
const KEYS: &[&str] = &[
    "ProxyMode",
    "ProxyServer",
    "ProxyServerMode",
    "ProxyPacUrl",
    "ProxyPacMandatory",
    "ProxyBypassList",
    "ProxySettings",
    "ProxyOverrideRules",
];
/// Switches of Chromium that set one.
const SWITCHES: &[&str] = &["--proxy-server", "--proxy-pac-url", "--proxy-auto-detect"];

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Browser {
    /// Policies that set a proxy.
    pub(super) imposed: Vec<Setting>,
    /// Policies that force the direct connection.
    pub(super) direct: Vec<Setting>,
    /// Policy files that are not the JSON we read: the browser may read more (comments).
    pub(super) unreadable: Vec<String>,
    /// Options in the files of the wrapper.
    pub(super) flags: Vec<Setting>,
}

/// Policy files: path and text.
pub fn policies(world: &World) -> Vec<(String, String)> {
    let files = POLICIES.iter().flat_map(|folder| {
        let names = world.names(folder).into_iter().filter(|name| name.ends_with(".json"));
        names.map(move |name| format!("{folder}/{name}"))
    });
    let mut found: Vec<_> = files.map(|path| (path.clone(), world.text(&path).unwrap_or_default())).collect();
    found.sort();
    found
}

pub(super) fn read(world: &World) -> Browser {
    let mut browser = Browser::default();
    for (path, text) in policies(world) {
        match serde_json::from_str(&text) {
            Ok(Value::Object(policies)) => {
                for (key, value) in policies.iter().filter(|(key, _)| KEYS.contains(&key.as_str())) {
                    let told = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    let list = if is_direct(key, value) { &mut browser.direct } else { &mut browser.imposed };
                    list.push(Setting::new(&path, key, &told));
                }
            }
            _ => browser.unreadable.push(path),
        }
    }
    let wrapper = world.names("/etc/chromium.d").into_iter().map(|name| format!("/etc/chromium.d/{name}"));
    for path in wrapper.chain(["/etc/default/chromium".into(), "/etc/chromium-browser/default".into()]) {
        let text = world.text(&path).unwrap_or_default();
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            for switch in SWITCHES.iter().filter(|switch| line.contains(*switch)) {
                browser.flags.push(Setting::new(&path, switch, line));
            }
        }
    }
    browser
}

fn is_direct(key: &str, value: &Value) -> bool {
    match key {
        "ProxyMode" => value == "direct",
        // 0: never use a proxy.
        "ProxyServerMode" => value == 0,
        "ProxySettings" => {
            value.as_object().is_some_and(|settings| settings.get("ProxyMode").is_some_and(|m| m == "direct"))
        }
        _ => false,
    }
}

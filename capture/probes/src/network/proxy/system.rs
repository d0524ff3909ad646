//! What the system tells its programs about proxies: files of variables, and the settings of GNOME and KDE.
use std::time::Duration;

use super::{Setting, VARIABLES};
use crate::World;

const LOCAL: Duration = Duration::from_secs(2);
/// Files of variables, and folders of them.
const FILES: &[&str] =
    &["/etc/environment", "/etc/profile", "/etc/bash.bashrc", "/etc/security/pam_env.conf", "/etc/systemd/system.conf"];
const FOLDERS: &[&str] = &[
    "/etc/profile.d",
    "/etc/environment.d",
    "/usr/lib/environment.d",
    "/etc/systemd/system.conf.d",
    "/etc/systemd/user.conf.d",
];

/// Every setting that names a proxy.
pub(super) fn settings(world: &World) -> Vec<Setting> {
    let mut found = variables(world);
    found.extend(gnome(world));
    found.extend(kde(world));
    found.sort();
    found.dedup();
    found
}

fn variables(world: &World) -> Vec<Setting> {
    let home = world.variable("HOME").map(|home| format!("{home}/.config/environment.d"));
    let folders = FOLDERS.iter().map(|folder| (*folder).to_owned()).chain(home);
    let inside =
        folders.flat_map(|folder| world.names(&folder).into_iter().map(move |name| format!("{folder}/{name}")));
    let own = world.variable("HOME").map(|home| format!("{home}/.pam_environment"));
    let files = FILES.iter().map(|file| (*file).to_owned()).chain(inside).chain(own);
    files.flat_map(|file| assignments(&file, &world.text(&file).unwrap_or_default())).collect()
}

/// `name=value`, `export name=value`, `DefaultEnvironment="name=value"`, `name DEFAULT=value` (pam_env).
fn assignments(file: &str, text: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        for name in VARIABLES {
            // A bypass list without a proxy is none.
            if name.eq_ignore_ascii_case("no_proxy") {
                continue;
            }
            let ends =
                |before: &str| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == '{');
            let value = line.match_indices(name).filter(|(at, _)| ends(&line[..*at])).find_map(|(at, _)| {
                let after = &line[at + name.len()..];
                let pam = after
                    .trim_start()
                    .strip_prefix("DEFAULT=")
                    .or_else(|| after.trim_start().strip_prefix("OVERRIDE="));
                after.strip_prefix('=').or(pam)
            });
            let value = value.map(|value| value.split([';', ' ']).next().unwrap_or("").trim_matches(['"', '\'']));
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                found.push(Setting::new(file, name, value));
            }
        }
    }
    found
}

/// `org.gnome.system.proxy`: `gsettings` where it is, and what an administrator imposes by key files (dconf(7)).
fn gnome(world: &World) -> Vec<Setting> {
    let mut found = Vec::new();
    let ask = |schema: &str, key: &str| {
        let answer = world.run("gsettings", &["get", schema, key], LOCAL).ok().filter(|a| a.code == Some(0))?;
        Some(String::from_utf8_lossy(&answer.out).trim().trim_matches('\'').to_owned()).filter(|text| !text.is_empty())
    };
    let root = "org.gnome.system.proxy";
    if let Some(mode) = ask(root, "mode").filter(|mode| mode != "none") {
        found.push(Setting::new("gsettings", &format!("{root} mode"), &mode));
        let keys = [
            (root, "autoconfig-url"),
            ("org.gnome.system.proxy.http", "host"),
            ("org.gnome.system.proxy.https", "host"),
        ];
        for (schema, key) in keys {
            found.extend(ask(schema, key).map(|value| Setting::new("gsettings", &format!("{schema} {key}"), &value)));
        }
    }
    let databases = world.names("/etc/dconf/db").into_iter().filter(|name| name.ends_with(".d"));
    for folder in databases.map(|name| format!("/etc/dconf/db/{name}")) {
        for file in world.names(&folder).into_iter().map(|name| format!("{folder}/{name}")) {
            let settings = section(&world.text(&file).unwrap_or_default(), "system/proxy");
            let mode =
                settings.iter().find(|(key, _)| key == "mode").map(|(_, value)| value.trim_matches('\'').to_owned());
            if mode.is_some_and(|mode| mode != "none") {
                found.extend(settings.iter().map(|(key, value)| Setting::new(&file, key, value)));
            }
        }
    }
    found
}

/// `kioslaverc` of the user and of the system: `ProxyType` 0 is none.
fn kde(world: &World) -> Vec<Setting> {
    let own = world.variable("HOME").map(|home| format!("{home}/.config/kioslaverc"));
    let mut found = Vec::new();
    for file in own.into_iter().chain(["/etc/xdg/kioslaverc".to_owned()]) {
        let settings = section(&world.text(&file).unwrap_or_default(), "Proxy Settings");
        let kind = settings.iter().find(|(key, _)| key == "ProxyType").map(|(_, value)| value.as_str());
        if kind.is_some_and(|kind| kind != "0") {
            let told = settings.iter().filter(|(_, value)| !value.is_empty());
            found.extend(told.map(|(key, value)| Setting::new(&file, key, value)));
        }
    }
    found
}

/// The keys of one section of a file of `[section]` and `key=value`.
fn section(text: &str, name: &str) -> Vec<(String, String)> {
    let (mut inside, mut found) = (false, Vec::new());
    for line in text.lines().map(str::trim) {
        if let Some(title) = line.strip_prefix('[') {
            inside = title.split(']').next() == Some(name);
        } else if let Some((key, value)) = line.split_once('=').filter(|_| inside) {
            found.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_a_file_sets_a_variable() {
        let read = |line: &str| assignments("f", line).into_iter().map(|s| (s.key, s.value)).collect::<Vec<_>>();
        let expected = [("http_proxy".to_owned(), "http://p:1".to_owned())];
        for line in [
            "http_proxy=http://p:1",
            "export http_proxy='http://p:1'; export other=1",
            "http_proxy DEFAULT=http://p:1",
            "DefaultEnvironment=A=1 \"http_proxy=http://p:1\"",
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
        for line in
            ["# http_proxy=http://p:1", "my_http_proxy=x", "http_proxy=", "no_proxy=localhost", "echo $http_proxy"]
        {
            assert_eq!(read(line), [], "{line}");
        }
    }
}
